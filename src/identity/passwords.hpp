// argon2id (libsodium), on threads of its own, so that request threads never wait for it; fair between addresses, so
// that a flood from one of them only delays itself.
#pragma once
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>

#include "base/problem.hpp"
#include "runtime/blocking_pool.hpp"

namespace identity {

struct password_settings {
  int threads = 1;
  int operations = 2;      // argon2id's time cost
  int memory_kib = 65536;  // argon2id's memory cost
};

// Shared by all workers. Blocking: call it from commands, or through password_queue.
class hasher {
 public:
  explicit hasher(password_settings s);
  std::string hash(const std::string& password) const;
  bool matches(const std::string& hash, const std::string& password) const;
  // What an unknown account is checked against, so that it takes as long as a known one.
  const std::string& decoy() const { return decoy_; }

 private:
  password_settings settings_;
  std::string decoy_;
};

// One a worker; `threads` is shared by all.
class password_queue {
 public:
  password_queue(boost::asio::io_context& loop, const hasher& its_hasher, runtime::blocking_pool& threads)
      : loop_(loop), hasher_(its_hasher), threads_(threads) {}

  // Refused with 429 when too many of this address wait already.
  runtime::awaitable<base::result<bool>> matches(std::string address, std::string hash, std::string password);
  runtime::awaitable<base::result<std::string>> hash(std::string address, std::string password);

 private:
  struct line {
    int running = 0;
    std::deque<runtime::timer*> waiting;
  };
  struct turn;
  runtime::awaitable<base::result<>> wait_for_turn(std::string address);
  void end_turn(const std::string& address);

  boost::asio::io_context& loop_;
  const hasher& hasher_;
  runtime::blocking_pool& threads_;
  std::unordered_map<std::string, line> lines_;
};

}  // namespace identity
