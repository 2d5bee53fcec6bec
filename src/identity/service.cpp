#include "identity/service.hpp"

#include "base/digest.hpp"
#include "base/log.hpp"
#include "identity/rules.hpp"

namespace identity {
namespace {

// Counts this attempt under every key before the password is looked at, so that many at once can't slip through;
// answers how many seconds to wait when one of the counts is beyond its limit, else 0.
constexpr const char* count_script =
    "local wait = 0 "
    "for i, key in ipairs(KEYS) do "
    "  local count = redis.call('INCR', key) "
    "  if count == 1 then redis.call('EXPIRE', key, ARGV[#ARGV]) end "
    "  if count > tonumber(ARGV[i]) then wait = math.max(wait, redis.call('TTL', key), 1) end "
    "end return wait";

// Keys carry hashes: neither accounts nor addresses stand in Redis in the clear.
std::vector<std::string> attempt_keys(const std::string& account, const std::string& address) {
  const auto key = [](std::string_view kind, const std::string& text) {
    return "sign-in:" + std::string(kind) + ":" + base::sha256_hex(text).substr(0, 32);
  };
  return {key("both", account + " " + address), key("account", account), key("address", address)};
}

std::string lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return text;
}

}  // namespace

runtime::awaitable<base::result<>> service::count_attempt(std::vector<std::string> keys) {
  std::vector<std::string> words = {"EVAL", count_script, std::to_string(keys.size())};
  words.insert(words.end(), keys.begin(), keys.end());
  for (const int limit :
       {settings_.failures_per_account_and_address, settings_.failures_per_account, settings_.failures_per_address})
    words.push_back(std::to_string(limit));
  words.push_back(std::to_string(settings_.window.count()));
  const redis::reply answer = co_await redis_.send(std::move(words));
  const std::int64_t wait = answer.integer() ? *answer.integer() : 0;
  if (wait == 0) co_return base::result<>{};
  co_return std::unexpected(base::problem{.kind = base::problem_kind::too_many_requests,
                                          .code = "too_many_sign_ins",
                                          .values = {{"seconds", std::to_string(wait)}},
                                          .retry_after = std::chrono::seconds{wait}});
}

// A right password clears its own trail and takes its attempt back from the shared counts.
runtime::awaitable<> service::forgive(std::vector<std::string> keys) {
  co_await redis_.command("DEL", keys[0]);
  co_await redis_.command(
      "EVAL", "for i, key in ipairs(KEYS) do if redis.call('EXISTS', key) == 1 then redis.call('DECR', key) end end",
      "2", keys[1], keys[2]);
}

runtime::awaitable<base::result<new_session>> service::sign_in(std::string account, std::string password,
                                                               std::string address) {
  account = lower(std::move(account));
  const auto keys = attempt_keys(account, address);
  const auto allowed = co_await count_attempt(keys);
  if (!allowed) co_return std::unexpected(allowed.error());
  const auto known = co_await find_credentials(database_, account);
  const auto matches = co_await passwords_.matches(address, known ? known->password_hash : hasher_.decoy(), password);
  if (!matches) co_return std::unexpected(matches.error());
  if (!known || !*matches) {
    base::log::info("sign_in_failed", {{"account_hash", std::string_view(keys[1])}});
    co_return base::refuse(base::problem_kind::not_authenticated, "sign_in_failed");
  }
  co_await forgive(keys);
  co_return co_await sessions_.create(known->person_id);
}

runtime::awaitable<base::result<>> service::change_password(const principal& who, std::string current,
                                                            std::string fresh, std::string address) {
  const auto keys = attempt_keys(who.account, address);
  const auto allowed = co_await count_attempt(keys);
  if (!allowed) co_return allowed;
  const auto known = co_await find_credentials(database_, who.person_id);
  if (!known) co_return base::refuse(base::problem_kind::not_authenticated, "session_expired");
  const auto matches = co_await passwords_.matches(address, known->password_hash, current);
  if (!matches) co_return std::unexpected(matches.error());
  if (!*matches) co_return base::refuse(base::problem_kind::forbidden, "wrong_password");
  co_await forgive(keys);
  const auto hashed = co_await passwords_.hash(address, fresh);
  if (!hashed) co_return std::unexpected(hashed.error());
  co_await set_password(database_, who.person_id, *hashed);
  co_await sessions_.end_all(who.person_id);
  co_return base::result<>{};
}

runtime::awaitable<base::result<organisation>> service::create_organisation(const principal& who, new_organisation o) {
  const auto parent = co_await find_organisation(database_, o.parent_id);
  if (!parent) co_return base::refuse({base::fault{"/parent_id", "unknown_organisation"}});
  if (const auto allowed = who.require(permission::manage_organisations, parent->path); !allowed)
    co_return std::unexpected(allowed.error());
  if (!may_stand_below(o.kind, parent->kind))
    co_return base::refuse({base::fault{"/kind", "kind_below", {{"kind", o.kind}, {"parent", parent->kind}}}});
  co_return co_await insert_organisation(database_, std::move(o));
}

runtime::awaitable<base::result<organisation>> service::see_organisation(const principal& who,
                                                                         std::int64_t organisation_id) {
  const auto found = co_await find_organisation(database_, organisation_id);
  if (!found) co_return base::refuse(base::problem_kind::not_found, "not_found");
  if (!may_see(who, found->path)) co_return base::refuse(base::problem_kind::forbidden, "out_of_reach");
  co_return *found;
}

runtime::awaitable<base::result<person>> service::create_person(const principal& who, new_person p,
                                                                std::string password, std::string address) {
  const auto place = co_await find_organisation(database_, p.organisation_id);
  if (!place) co_return base::refuse({base::fault{"/organisation_id", "unknown_organisation"}});
  if (const auto allowed = may_grant(who, p.first_role, place->path); !allowed)
    co_return std::unexpected(allowed.error());
  auto hashed = co_await passwords_.hash(address, std::move(password));
  if (!hashed) co_return std::unexpected(hashed.error());
  p.password_hash = std::move(*hashed);
  const auto made = co_await insert_person(database_, std::move(p));
  if (!made) co_return std::unexpected(made.error());
  const auto found = co_await find_person(database_, *made);
  if (!found) co_return base::refuse(base::problem_kind::not_found, "not_found");
  co_return *found;
}

runtime::awaitable<base::result<std::vector<person>>> service::list_people(const principal& who,
                                                                           std::int64_t organisation_id,
                                                                           std::int64_t after, std::int64_t limit) {
  const auto place = co_await find_organisation(database_, organisation_id);
  if (!place) co_return base::refuse(base::problem_kind::not_found, "not_found");
  if (const auto allowed = who.require(permission::manage_people, place->path); !allowed)
    co_return std::unexpected(allowed.error());
  co_return co_await people_below(database_, place->path, after, limit);
}

runtime::awaitable<base::result<>> service::change_role(const principal& who, std::int64_t person_id, role r,
                                                        std::int64_t organisation_id, bool holds_it) {
  const auto place = co_await find_organisation(database_, organisation_id);
  const auto whom = co_await find_person(database_, person_id);
  if (!place || !whom) co_return base::refuse(base::problem_kind::not_found, "not_found");
  if (const auto allowed = may_grant(who, r, place->path); !allowed) co_return allowed;
  if (const auto allowed = who.require(permission::manage_people, whom->organisation_path); !allowed) co_return allowed;
  if (holds_it)
    co_await insert_grant(database_, person_id, r, organisation_id, who.person_id);
  else
    co_await delete_grant(database_, person_id, r, organisation_id);
  base::log::info("role_changed", {{"by", who.person_id},
                                   {"person", person_id},
                                   {"role", name_of(r)},
                                   {"organisation", organisation_id},
                                   {"holds", holds_it}});
  co_await sessions_.forget_facts(person_id);
  co_return base::result<>{};
}

}  // namespace identity
