// Sessions: opaque tokens whose hashes live in Redis, and a short cache in front of them.
//
// A cached session is used without asking Redis for at most `cache_seconds`, and only while this process hears the
// notices of the others; sign-out drops it at once in this process and by notice in the others. While Redis is away,
// sessions confirmed before go on for `outage`, so that an exam survives it: nobody can sign out then anyway.
#pragma once
#include <array>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "identity/identity.hpp"
#include "postgres/pool.hpp"
#include "redis/client.hpp"

namespace identity {

struct session_settings {
  std::chrono::hours lifetime{168};
  bool secure_cookie = false;  // send the cookie over https only
  std::chrono::seconds cache{10};
  std::chrono::minutes outage{15};
};

inline constexpr std::string_view session_cookie = "guildhall_session";

// What all workers of a process share. Any thread.
class session_cache {
 public:
  using clock = std::chrono::steady_clock;
  struct entry {
    std::shared_ptr<const principal> who;
    clock::time_point confirmed_at;
  };

  std::optional<entry> find(std::string_view token) const;
  void put(std::string_view token, std::shared_ptr<const principal> who, clock::time_point now);
  void drop_token(std::string_view token);
  void drop_person(std::int64_t person_id);
  // Notices may have been missed before: entries confirmed earlier are asked for again.
  void listening(bool hears_notices);
  bool is_fresh(const entry& e, clock::time_point now, std::chrono::seconds age_max) const;
  // Counts drops: what was read before a drop must not be put in after it.
  std::uint64_t generation() const { return generation_.load(); }

 private:
  struct hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  struct shard {
    mutable std::mutex mutex;
    std::unordered_map<std::string, entry, hash, std::equal_to<>> entries;
  };
  static constexpr std::size_t shard_count = 16, entries_max = 16384;  // a shard; a full one is emptied
  shard& shard_of(std::string_view token);
  const shard& shard_of(std::string_view token) const;

  std::array<shard, shard_count> shards_;
  std::atomic<clock::time_point> listening_since_ = clock::time_point::max();
  std::atomic<std::uint64_t> generation_ = 0;
};

struct new_session {
  std::string token;
  std::shared_ptr<const principal> who;
};

// One a worker.
class sessions {
 public:
  sessions(session_cache& cache, redis::client& redis, postgres::pool& database, session_settings settings)
      : cache_(cache), redis_(redis), database_(database), settings_(settings) {}

  runtime::awaitable<new_session> create(std::int64_t person_id);
  // The person behind the request's bearer token or cookie; checks the CSRF token where the cookie is used unsafely.
  runtime::awaitable<base::result<std::shared_ptr<const principal>>> of(const http::request& r);
  // The same without waiting, for the many requests whose session is in the cache; null where it isn't.
  std::shared_ptr<const principal> cached(const http::request& r) const;
  runtime::awaitable<> end(std::string token);
  runtime::awaitable<> end_all(std::int64_t person_id);
  // Roles or facts of a person have changed: sessions go on, with the new facts.
  runtime::awaitable<> forget_facts(std::int64_t person_id);

  const session_settings& settings() const { return settings_; }

  static constexpr const char* channel = "guildhall:person-changed";

 private:
  runtime::awaitable<std::shared_ptr<const principal>> resolve(std::string token);
  runtime::awaitable<std::shared_ptr<const principal>> confirmed(std::string token);

  session_cache& cache_;
  redis::client& redis_;
  postgres::pool& database_;
  session_settings settings_;
};

std::string_view token_of(const http::request& r, bool& by_cookie);

}  // namespace identity
