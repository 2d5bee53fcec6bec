// One client's connection on one worker: reads requests, asks the router, writes replies. Only http/ includes this.
#pragma once
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <list>

#include "http/router.hpp"
#include "http/server.hpp"

namespace http {

using socket_type = boost::asio::basic_stream_socket<boost::asio::ip::tcp, runtime::executor>;

// What the connections of one worker share; touched on that worker's thread alone.
struct connection_room {
  struct place {
    socket_type* socket = nullptr;
    bool busy = false;  // a request is being answered
    std::chrono::steady_clock::time_point deadline;
  };

  connection_room(boost::asio::io_context& its_loop, const router& its_routes, const server_settings& its_settings,
                  std::uint64_t number)
      : loop(its_loop), routes(its_routes), settings(its_settings), worker_number(number) {}

  // Closes what has passed its deadline; once a second, instead of a timer a connection.
  void close_late();
  void close_idle();
  void close_all();

  boost::asio::io_context& loop;
  const router& routes;
  const server_settings& settings;
  const std::uint64_t worker_number;
  std::uint64_t requests = 0;
  bool stopping = false;
  std::list<place> places;
};

runtime::awaitable<> serve_connection(connection_room& room, socket_type socket);

}  // namespace http
