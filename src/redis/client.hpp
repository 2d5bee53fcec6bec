// Redis for one worker: one connection whose commands share writes and replies (pipelining), reconnected by itself.
// Create it, use it and destroy it on the thread of its loop. hiredis stays in the .cpp files.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "runtime/awaitable.hpp"
#include "runtime/metrics.hpp"
#include "runtime/unavailable.hpp"

namespace redis {

struct settings {
  std::string address = "127.0.0.1";  // numeric: hiredis would block on a name
  int port = 6379;
  int database = 0;
  std::string password_file;  // empty: no AUTH
  std::chrono::milliseconds command_timeout{1000};
};

struct nil {
  bool operator==(const nil&) const = default;
};
struct error_reply {
  std::string text;
  bool operator==(const error_reply&) const = default;
};

// An owned copy of one answer.
struct reply {
  std::variant<nil, std::int64_t, std::string, error_reply, std::vector<reply>> value;
  bool is_nil() const { return std::holds_alternative<nil>(value); }
  const std::string* text() const { return std::get_if<std::string>(&value); }
  const std::int64_t* integer() const { return std::get_if<std::int64_t>(&value); }
  const error_reply* error() const { return std::get_if<error_reply>(&value); }
  const std::vector<reply>* list() const { return std::get_if<std::vector<reply>>(&value); }
};

class client {
 public:
  client(boost::asio::io_context& loop, settings s, runtime::metrics& metrics);
  ~client();

  // Starts connecting, and goes on for ever after every loss, with growing pauses.
  void start();
  void stop();
  bool is_connected() const;

  // One command; the words are bytes. Throws runtime::unavailable when there is no connection, it breaks before the
  // answer, or the answer takes longer than the limit: the command may or may not have been carried out.
  // An error reply of the server is thrown as std::runtime_error.
  template <class... Words>
  runtime::awaitable<reply> command(const Words&... words) {
    std::vector<std::string> copy;
    copy.reserve(sizeof...(words));
    (copy.emplace_back(words), ...);
    return send(std::move(copy));
  }
  runtime::awaitable<reply> send(std::vector<std::string> words);

 private:
  struct state;
  std::shared_ptr<state> state_;
};

// Messages of other processes. `deliver` runs on the loop's thread; `on_gap` runs whenever messages may have been
// missed (connection lost, and again when it is back), so that caches can be dropped.
class subscriber {
 public:
  using on_message = std::function<void(std::string_view channel, std::string_view payload)>;
  subscriber(boost::asio::io_context& loop, settings s, std::vector<std::string> channels, on_message deliver,
             std::function<void(bool listening)> on_gap);
  ~subscriber();
  void start();
  void stop();

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace redis
