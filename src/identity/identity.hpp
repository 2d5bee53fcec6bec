// Who is calling, and what they may do where. The one visible place for access: permission.cpp says which roles hold
// which permission, and every route names its permission where it is declared, through `guard`.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/problem.hpp"
#include "base/time.hpp"
#include "http/router.hpp"

namespace postgres {
class pool;
}

namespace identity {

enum class role : std::uint8_t { worker, trainer, reviewer, examiner, proctor, centre_manager, administrator, auditor };
std::string_view name_of(role r);
std::optional<role> role_named(std::string_view name);
std::span<const std::pair<role, std::string_view>> all_roles();

enum class permission : std::uint8_t {
  practise,        // stages, wrong-question book
  sit_exams,       // one's own attempts
  read_bank,       // questions with their keys
  compose_papers,  // create blueprints
  read_blueprints,
  hold_sittings,   // create sittings, register candidates
  watch_sittings,  // sittings, their candidates and scores
  read_results,    // single results of other people, whole
  release_results,
  manage_people,  // accounts and roles
  manage_organisations
};
std::string_view name_of(permission p);
bool holds(role r, permission p);  // the table
std::vector<permission> all_permissions();

struct grant {
  role held;
  std::int64_t organisation_id = 0;
  std::string path;  // of the organisation: "/1/4/"
};

// The person behind a request. Immutable; shared by the requests of a session.
struct principal {
  std::int64_t person_id = 0;
  std::string account;
  std::string display_name;
  std::int64_t organisation_id = 0;
  std::string organisation_name;
  std::string organisation_path;
  std::vector<grant> grants;
  std::string csrf_token;  // what unsafe requests with the cookie must carry
  base::time_point expires_at;

  bool may(permission p) const;                              // somewhere
  bool may(permission p, std::string_view node_path) const;  // at this organisation: granted there or above
  // Refuses with 403 unless may(p, node_path).
  base::result<> require(permission p, std::string_view node_path) const;
  // The paths at which p is granted, for lists: "rows whose organisation's path starts with one of these".
  std::vector<std::string> reach(permission p) const;
};

using principal_handler = std::function<runtime::awaitable<http::response>(http::request&, const principal&)>;

class sessions;

// Makes endpoints that know their caller. Answers 401 without a session, 403 without the permission anywhere; whether
// it reaches the object's organisation is the verb's question (principal::require).
class guard {
 public:
  explicit guard(sessions& its_sessions) : sessions_(its_sessions) {}
  http::endpoint open(http::handler answer) const;           // "public"
  http::endpoint signed_in(principal_handler answer) const;  // "signed_in"
  http::endpoint needs(permission p, principal_handler answer) const;

 private:
  http::endpoint checked(std::string access, std::optional<permission> p, principal_handler answer) const;
  sessions& sessions_;
};

// A place in the tree of organisations.
struct organisation {
  std::int64_t organisation_id = 0;
  std::optional<std::int64_t> parent_id;
  std::string kind;
  std::string name;
  std::string path;
};

// For other capabilities; nothing where it does not exist.
runtime::awaitable<std::optional<organisation>> find_organisation(postgres::pool& database,
                                                                  std::int64_t organisation_id);

}  // namespace identity
