// Accepts connections on the first worker and deals them out: a connection lives and dies on one worker (one thread,
// one event loop), so nothing it touches needs a lock.
#pragma once
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <memory>

#include "http/router.hpp"
#include "runtime/awaitable.hpp"
#include "runtime/workers.hpp"

namespace http {

struct server_settings {
  std::string address = "127.0.0.1";
  unsigned short port = 8440;
  std::size_t body_bytes_max = 64 * 1024;
  std::size_t header_bytes_max = 8 * 1024;
  std::size_t connections_max = 20000;
  std::chrono::seconds idle{75};     // between two requests
  std::chrono::seconds receive{15};  // from a request's first byte to its last
  std::chrono::seconds send{30};     // for a reply
  std::chrono::seconds drain{10};    // for running requests when the server stops
  bool behind_proxy = false;         // take the client's address from the last X-Forwarded-For
  bool log_requests = true;
};

class server {
 public:
  // routers[i] is used on workers.loop(i) alone. Binds at once, so that a taken port stops the start.
  server(runtime::workers& workers, std::vector<const router*> routers, server_settings settings,
         runtime::metrics& metrics);
  ~server();

  void start();

  // Call from the main thread: stops accepting, lets running requests finish, closes idle connections at once.
  void drain();

  unsigned short port() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace http
