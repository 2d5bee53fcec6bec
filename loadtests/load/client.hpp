// One keep-alive HTTP/1.1 connection with one request under way, without a copy or an allocation a request: a load
// program must not be what is measured.
#pragma once
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "workload.hpp"

class client {
 public:
  explicit client(std::uint16_t port);  // of the loopback address; throws when nobody listens
  ~client();
  client(const client&) = delete;
  client& operator=(const client&) = delete;

  int descriptor() const { return socket_; }

  void send(std::string_view request);

  // Reads what has come. The reply once it is whole, valid until the next call; throws when the server closed.
  std::optional<reply> receive();

  std::chrono::steady_clock::time_point sent_at() const { return sent_at_; }

 private:
  std::optional<reply> whole_reply() const;

  int socket_;
  std::chrono::steady_clock::time_point sent_at_;
  std::size_t size_ = 0;
  std::array<char, 32 * 1024> buffer_;
};
