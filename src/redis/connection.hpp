// One hiredis connection on one event loop; client.cpp makes a new one after each loss. Only redis/ includes this.
#pragma once
#include <boost/asio/io_context.hpp>
#include <deque>
#include <functional>

#include "redis/client.hpp"

namespace redis {

class connection {
 public:
  explicit connection(boost::asio::io_context& loop);
  ~connection();
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  runtime::awaitable<> connect(const settings& s);  // AUTH and SELECT included; throws runtime::unavailable
  runtime::awaitable<> closed();                    // completes when the connection is gone
  runtime::awaitable<reply> send(std::vector<std::string> words);
  // `listening` is called when the server has confirmed all channels.
  void subscribe(const std::vector<std::string>& channels, subscriber::on_message deliver,
                 std::function<void()> listening);
  void close();
  bool is_open() const;
  // How long the oldest unanswered command has waited; zero when none does.
  std::chrono::steady_clock::duration oldest_wait() const;

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace redis
