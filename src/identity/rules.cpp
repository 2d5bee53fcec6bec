#include "identity/rules.hpp"

#include <algorithm>
#include <array>

namespace identity {
namespace {

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

constexpr std::array<std::string_view, 6> kinds = {"province", "city", "county", "enterprise", "team", "centre"};

// A place in the chain province > city > county > enterprise > team; a centre stands below any of the first three.
std::ptrdiff_t rank_of(std::string_view kind) { return std::ranges::find(kinds, kind) - kinds.begin(); }

}  // namespace

bool is_account_name(std::string_view account) {
  if (account.size() < 3 || account.size() > 32 || !is_lower_or_digit(account.front())) return false;
  return std::ranges::all_of(account, [](char c) { return is_lower_or_digit(c) || c == '.' || c == '_' || c == '-'; });
}

base::result<> may_grant(const principal& who, role r, std::string_view node_path) {
  if (const auto allowed = who.require(permission::manage_people, node_path); !allowed) return allowed;
  const bool administers = std::ranges::any_of(
      who.grants, [&](const grant& g) { return g.held == role::administrator && node_path.starts_with(g.path); });
  const bool serves_centre = r == role::worker || r == role::proctor || r == role::examiner;
  if (administers || serves_centre) return {};
  return base::refuse(base::problem_kind::forbidden, "role_not_grantable");
}

bool may_see(const principal& who, std::string_view node_path) {
  if (node_path.starts_with(who.organisation_path) || who.organisation_path.starts_with(node_path)) return true;
  return std::ranges::any_of(
      who.grants, [&](const grant& g) { return node_path.starts_with(g.path) || g.path.starts_with(node_path); });
}

bool may_stand_below(std::string_view kind, std::string_view parent_kind) {
  const auto parent = rank_of(parent_kind);
  if (parent_kind == "centre" || parent_kind == "team") return false;
  if (kind == "centre") return parent <= rank_of("county");
  return rank_of(kind) > parent;
}

}  // namespace identity
