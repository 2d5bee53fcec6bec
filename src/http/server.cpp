#include "http/server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <future>
#include <stdexcept>
#include <thread>

#include "base/log.hpp"
#include "http/connection.hpp"

namespace http {

namespace asio = boost::asio;
using acceptor_type = asio::basic_socket_acceptor<asio::ip::tcp, runtime::executor>;

struct server::state {
  state(runtime::workers& its_workers, const std::vector<const router*>& routers, server_settings its_settings)
      : workers(its_workers), settings(std::move(its_settings)), acceptor(its_workers.loop(0)) {
    for (std::size_t i = 0; i < workers.count(); ++i) rooms.emplace_back(workers.loop(i), *routers[i], settings, i);
    const asio::ip::tcp::endpoint endpoint{asio::ip::make_address(settings.address), settings.port};
    acceptor.open(endpoint.protocol());
    acceptor.set_option(asio::socket_base::reuse_address(true));
    acceptor.bind(endpoint);
    acceptor.listen(4096);
  }

  runtime::awaitable<> accept_forever() {
    for (auto room = rooms.begin();; room = std::next(room) == rooms.end() ? rooms.begin() : std::next(room)) {
      boost::system::error_code error;
      socket_type socket{room->loop};
      co_await acceptor.async_accept(socket, asio::redirect_error(runtime::use_awaitable, error));
      if (!acceptor.is_open()) co_return;
      if (error || open >= settings.connections_max) {  // no descriptors left, or full: shed, and do not spin
        socket.close(error);
        runtime::timer pause{workers.loop(0), std::chrono::milliseconds{10}};
        co_await pause.async_wait(asio::redirect_error(runtime::use_awaitable, error));
        continue;
      }
      auto& chosen = *room;
      ++open;
      auto served = serve_connection(chosen, std::move(socket));
      asio::co_spawn(chosen.loop, std::move(served), [this](std::exception_ptr) { --open; });
    }
  }

  static runtime::awaitable<> sweep(connection_room& room) {
    for (runtime::timer tick{room.loop}; !room.stopping;) {
      boost::system::error_code ignored;
      tick.expires_after(std::chrono::seconds{1});
      co_await tick.async_wait(asio::redirect_error(runtime::use_awaitable, ignored));
      room.close_late();
    }
  }

  // Runs `work` on the room's own thread and waits for it.
  template <class Work>
  static void on_thread_of(connection_room& room, Work work) {
    std::promise<void> done;
    asio::post(room.loop, [&] {
      work(room);
      done.set_value();
    });
    done.get_future().wait();
  }

  runtime::workers& workers;
  const server_settings settings;
  std::list<connection_room> rooms;
  acceptor_type acceptor;
  std::atomic<std::size_t> open = 0;
};

server::server(runtime::workers& workers, std::vector<const router*> routers, server_settings settings,
               runtime::metrics& metrics)
    : state_(std::make_unique<state>(workers, routers, std::move(settings))) {
  metrics.gauge("guildhall_http_connections", "Open connections.", {},
                [this] { return static_cast<double>(state_->open.load()); });
}

server::~server() = default;

void server::start() {
  asio::co_spawn(state_->workers.loop(0), state_->accept_forever(), asio::detached);
  for (auto& room : state_->rooms) asio::co_spawn(room.loop, state::sweep(room), asio::detached);
}

void server::drain() {
  state::on_thread_of(state_->rooms.front(), [this](connection_room&) {
    boost::system::error_code ignored;
    state_->acceptor.close(ignored);
  });
  for (auto& room : state_->rooms)
    state::on_thread_of(room, [](connection_room& r) {
      r.stopping = true;
      r.close_idle();
    });
  const auto limit = std::chrono::steady_clock::now() + state_->settings.drain;
  while (state_->open > 0 && std::chrono::steady_clock::now() < limit)
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  if (state_->open > 0)
    base::log::warning("drain_incomplete", {{"connections", static_cast<std::int64_t>(state_->open.load())}});
  for (auto& room : state_->rooms) state::on_thread_of(room, [](connection_room& r) { r.close_all(); });
}

unsigned short server::port() const { return state_->acceptor.local_endpoint().port(); }

}  // namespace http
