#include "identity/sessions.hpp"

#include "base/digest.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "identity/store.hpp"

namespace identity {
namespace {

constexpr std::size_t token_bytes = 32, token_characters = 43;

std::string session_key(std::string_view token) { return "session:" + base::sha256_hex(token); }
std::string index_key(std::int64_t person_id) { return "sessions-of:" + std::to_string(person_id); }
std::string csrf_token_of(std::string_view token) { return base::keyed_hash_hex(token, "csrf").substr(0, 32); }

bool is_unsafe(http::method m) {
  return m != http::method::get && m != http::method::head && m != http::method::options;
}

// Another site can make a browser send the cookie, but not this header.
bool lacks_csrf_token(const http::request& r, bool by_cookie, const principal& who) {
  return by_cookie && is_unsafe(r.method) && !base::equal_in_constant_time(r.header("x-csrf-token"), who.csrf_token);
}

std::int64_t seconds_since_epoch(base::time_point time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

}  // namespace

session_cache::shard& session_cache::shard_of(std::string_view token) { return shards_[hash{}(token) % shard_count]; }
const session_cache::shard& session_cache::shard_of(std::string_view token) const {
  return shards_[hash{}(token) % shard_count];
}

std::optional<session_cache::entry> session_cache::find(std::string_view token) const {
  const shard& mine = shard_of(token);
  const std::lock_guard lock{mine.mutex};
  const auto found = mine.entries.find(token);
  if (found == mine.entries.end()) return {};
  return found->second;
}

void session_cache::put(std::string_view token, std::shared_ptr<const principal> who, clock::time_point now) {
  shard& mine = shard_of(token);
  const std::lock_guard lock{mine.mutex};
  if (mine.entries.size() >= entries_max) mine.entries.clear();
  mine.entries.insert_or_assign(std::string(token), entry{std::move(who), now});
}

void session_cache::drop_token(std::string_view token) {
  ++generation_;
  shard& mine = shard_of(token);
  const std::lock_guard lock{mine.mutex};
  if (const auto found = mine.entries.find(token); found != mine.entries.end()) mine.entries.erase(found);
}

void session_cache::drop_person(std::int64_t person_id) {
  ++generation_;
  for (auto& each : shards_) {
    const std::lock_guard lock{each.mutex};
    std::erase_if(each.entries, [&](const auto& item) { return item.second.who->person_id == person_id; });
  }
}

void session_cache::listening(bool hears_notices) {
  listening_since_ = hears_notices ? clock::now() : clock::time_point::max();
}

bool session_cache::is_fresh(const entry& e, clock::time_point now, std::chrono::seconds age_max) const {
  return e.confirmed_at >= listening_since_.load(std::memory_order_relaxed) && now - e.confirmed_at <= age_max;
}

std::string_view token_of(const http::request& r, bool& by_cookie) {
  const auto authorization = r.header("authorization");
  by_cookie = authorization.empty();
  if (by_cookie) return r.cookie(session_cookie);
  constexpr std::string_view scheme = "Bearer ";
  return authorization.starts_with(scheme) ? authorization.substr(scheme.size()) : std::string_view{};
}

runtime::awaitable<new_session> sessions::create(std::int64_t person_id) {
  new_session made{.token = base::to_base64url(base::secret_bytes(token_bytes)), .who = {}};
  const auto lifetime = std::chrono::duration_cast<std::chrono::seconds>(settings_.lifetime);
  const auto expires = seconds_since_epoch(base::now() + lifetime);
  const auto key = session_key(made.token);
  const auto seconds = std::to_string(lifetime.count());
  // The index first: a session that sign-out everywhere could not find must not exist.
  co_await redis_.command("SADD", index_key(person_id), key);
  co_await redis_.command("EXPIRE", index_key(person_id), seconds);
  co_await redis_.command("SET", key, std::to_string(person_id) + " " + std::to_string(expires), "EX", seconds);
  made.who = co_await confirmed(made.token);
  if (!made.who) throw runtime::unavailable("redis: the new session is gone already");
  co_return made;
}

std::shared_ptr<const principal> sessions::cached(const http::request& r) const {
  bool by_cookie = false;
  const auto known = cache_.find(token_of(r, by_cookie));
  const bool usable = known && cache_.is_fresh(*known, session_cache::clock::now(), settings_.cache) &&
                      !lacks_csrf_token(r, by_cookie, *known->who);
  return usable ? known->who : nullptr;
}

runtime::awaitable<base::result<std::shared_ptr<const principal>>> sessions::of(const http::request& r) {
  if (auto who = cached(r)) co_return who;
  bool by_cookie = false;
  const std::string_view token = token_of(r, by_cookie);
  if (token.size() != token_characters)
    co_return base::refuse(base::problem_kind::not_authenticated, "not_authenticated");
  const auto who = co_await resolve(std::string(token));
  if (!who) co_return base::refuse(base::problem_kind::not_authenticated, "session_expired");
  if (lacks_csrf_token(r, by_cookie, *who)) co_return base::refuse(base::problem_kind::forbidden, "csrf");
  co_return who;
}

runtime::awaitable<std::shared_ptr<const principal>> sessions::resolve(std::string token) {
  const auto known = cache_.find(token);
  bool redis_away = false;
  try {
    co_return co_await confirmed(token);
  } catch (const runtime::unavailable&) {
    redis_away =
        known && session_cache::clock::now() - known->confirmed_at <= settings_.outage && !redis_.is_connected();
    if (!redis_away) throw;
  }
  co_return known->who;
}

// Asks Redis whose session it is and PostgreSQL who that is; null where there is no such session.
runtime::awaitable<std::shared_ptr<const principal>> sessions::confirmed(std::string token) {
  const auto generation = cache_.generation();
  const auto asked_at = session_cache::clock::now();
  const redis::reply stored = co_await redis_.command("GET", session_key(token));
  const auto parts = base::split(stored.text() ? *stored.text() : std::string{}, ' ');
  const auto person_id = base::to_integer(parts.front());
  const auto expires = parts.size() == 2 ? base::to_integer(parts[1]) : std::nullopt;
  std::optional<principal> loaded;
  if (person_id && expires) loaded = co_await load_principal(database_, *person_id);
  if (!loaded) {
    if (cache_.find(token)) cache_.drop_token(token);  // only then: unknown tokens must not disturb the cache
    co_return nullptr;
  }
  loaded->csrf_token = csrf_token_of(token);
  loaded->expires_at = base::time_point{std::chrono::seconds{*expires}};
  const auto who = std::make_shared<const principal>(std::move(*loaded));
  if (cache_.generation() == generation) cache_.put(token, who, asked_at);
  co_return who;
}

runtime::awaitable<> sessions::end(std::string token) {
  co_await redis_.command("DEL", session_key(token));
  const auto known = cache_.find(token);
  cache_.drop_token(token);
  if (known) co_await redis_.command("PUBLISH", channel, std::to_string(known->who->person_id));
}

runtime::awaitable<> sessions::end_all(std::int64_t person_id) {
  const redis::reply keys = co_await redis_.command("SMEMBERS", index_key(person_id));
  std::vector<std::string> words = {"DEL", index_key(person_id)};
  if (keys.list())
    for (const auto& key : *keys.list())
      if (key.text()) words.push_back(*key.text());
  co_await redis_.send(std::move(words));
  co_await forget_facts(person_id);
}

runtime::awaitable<> sessions::forget_facts(std::int64_t person_id) {
  cache_.drop_person(person_id);
  co_await redis_.command("PUBLISH", channel, std::to_string(person_id));
}

}  // namespace identity
