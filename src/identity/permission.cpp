// The table of access: which roles hold which permission. Routes name permissions, never roles.
#include <algorithm>
#include <array>
#include <initializer_list>

#include "identity/identity.hpp"

namespace identity {
namespace {

constexpr std::array<std::pair<role, std::string_view>, 8> role_names = {{{role::worker, "worker"},
                                                                          {role::trainer, "trainer"},
                                                                          {role::reviewer, "reviewer"},
                                                                          {role::examiner, "examiner"},
                                                                          {role::proctor, "proctor"},
                                                                          {role::centre_manager, "centre_manager"},
                                                                          {role::administrator, "administrator"},
                                                                          {role::auditor, "auditor"}}};

struct row {
  permission what;
  std::string_view name;
  std::initializer_list<role> held_by;
};

const row table[] = {
    {permission::practise, "practise", {role::worker}},
    {permission::sit_exams, "sit_exams", {role::worker}},
    {permission::read_bank, "read_bank", {role::trainer, role::reviewer, role::administrator, role::auditor}},
    {permission::compose_papers, "compose_papers", {role::trainer, role::administrator}},
    {permission::read_blueprints,
     "read_blueprints",
     {role::trainer, role::reviewer, role::centre_manager, role::administrator, role::auditor}},
    {permission::hold_sittings, "hold_sittings", {role::centre_manager, role::administrator}},
    {permission::watch_sittings,
     "watch_sittings",
     {role::proctor, role::centre_manager, role::administrator, role::auditor}},
    {permission::read_results, "read_results", {role::centre_manager, role::administrator, role::auditor}},
    {permission::release_results, "release_results", {role::centre_manager, role::administrator}},
    {permission::manage_people, "manage_people", {role::centre_manager, role::administrator}},
    {permission::manage_organisations, "manage_organisations", {role::administrator}},
};

const row& row_of(permission p) { return *std::ranges::find(table, p, &row::what); }

}  // namespace

std::string_view name_of(role r) {
  return std::ranges::find(role_names, r, &std::pair<role, std::string_view>::first)->second;
}

std::optional<role> role_named(std::string_view name) {
  const auto found = std::ranges::find(role_names, name, &std::pair<role, std::string_view>::second);
  if (found == role_names.end()) return {};
  return found->first;
}

std::span<const std::pair<role, std::string_view>> all_roles() { return role_names; }

std::vector<permission> all_permissions() {
  std::vector<permission> all;
  for (const auto& each : table) all.push_back(each.what);
  return all;
}

std::string_view name_of(permission p) { return row_of(p).name; }

bool holds(role r, permission p) { return std::ranges::find(row_of(p).held_by, r) != row_of(p).held_by.end(); }

bool principal::may(permission p) const {
  return std::ranges::any_of(grants, [&](const grant& g) { return holds(g.held, p); });
}

bool principal::may(permission p, std::string_view node_path) const {
  return std::ranges::any_of(grants, [&](const grant& g) { return holds(g.held, p) && node_path.starts_with(g.path); });
}

base::result<> principal::require(permission p, std::string_view node_path) const {
  if (may(p, node_path)) return {};
  return base::refuse(base::problem_kind::forbidden, may(p) ? "out_of_reach" : "permission_missing");
}

std::vector<std::string> principal::reach(permission p) const {
  std::vector<std::string> paths;
  for (const auto& g : grants)
    if (holds(g.held, p)) paths.push_back(g.path);
  return paths;
}

}  // namespace identity
