// `guildhall serve`: starts the platform, waits for a signal, and ends in order: nothing that was acknowledged is lost.
#include <CLI/CLI.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_future.hpp>
#include <charconv>
#include <csignal>
#include <future>
#include <iostream>

#include "base/log.hpp"
#include "commands/commands.hpp"
#include "commands/platform.hpp"
#include "postgres/migrations.hpp"

namespace migrations {
extern const base::embedded_files files;
}

namespace commands {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

// Work that comes again and again on one loop until the platform drains; a failed round is logged and tried again.
class rounds {
 public:
  rounds(asio::io_context& loop, const std::atomic<bool>& draining) : loop_(loop), draining_(draining) {}

  void every(milliseconds pause, std::string name, std::function<runtime::awaitable<>()> work) {
    ++running_;
    asio::co_spawn(loop_, repeat(pause, std::move(name), std::move(work)), [this](std::exception_ptr) { --running_; });
  }

  // From another thread, after draining is set: returns when the last round has ended.
  void wait() const {
    while (running_ > 0) std::this_thread::sleep_for(milliseconds{5});
  }

 private:
  runtime::awaitable<> repeat(milliseconds pause, std::string name, std::function<runtime::awaitable<>()> work) {
    constexpr milliseconds step{50};
    while (!draining_) {
      try {
        co_await work();
      } catch (const std::exception& error) {
        base::log::warning("round_failed",
                           {{"round", std::string_view(name)}, {"what", std::string_view(error.what())}});
      }
      for (milliseconds slept{0}; slept < pause && !draining_; slept += step) {
        runtime::timer timer{loop_, step};
        boost::system::error_code ignored;
        co_await timer.async_wait(asio::redirect_error(runtime::use_awaitable, ignored));
      }
    }
  }

  asio::io_context& loop_;
  const std::atomic<bool>& draining_;
  std::atomic<int> running_ = 0;
};

template <class Work>
void on_loop(asio::io_context& loop, Work work) {
  std::promise<void> done;
  asio::post(loop, [&] {
    work();
    done.set_value();
  });
  done.get_future().wait();
}

void load_bank(platform& whole) {
  auto loaded = asio::co_spawn(whole.workers.loop(0), whole.library.refresh(), asio::use_future);
  loaded.get();
}

void check_migrations(const configuration& settings) {
  const auto missing = postgres::missing_migrations(settings.postgres, migrations::files);
  if (missing.empty()) return;
  std::cerr << "the database lacks " << missing.front() << ": run `guildhall migrate` first\n";
  throw CLI::RuntimeError(1);
}

std::unique_ptr<redis::subscriber> listen_to_notices(platform& whole) {
  auto& cache = whole.session_cache;
  auto deliver = [&cache](std::string_view, std::string_view payload) {
    std::int64_t person_id = 0;
    std::from_chars(payload.data(), payload.data() + payload.size(), person_id);
    cache.drop_person(person_id);
  };
  return std::make_unique<redis::subscriber>(whole.workers.loop(0), whole.settings.redis,
                                             std::vector<std::string>{identity::sessions::channel}, deliver,
                                             [&cache](bool listening) { cache.listening(listening); });
}

void start_rounds(rounds& background, platform& whole) {
  auto& room = whole.rooms.front();
  background.every(milliseconds{2000}, "bank_refresh", [&] { return whole.library.refresh(); });
  background.every(milliseconds{500}, "close_overdue", [&] { return room.exam.close_overdue(); });
  background.every(milliseconds{1000}, "ranking_follow", [&] { return room.ranking.follow(); });
}

// Blocks until SIGTERM or SIGINT; a second one ends the process at once.
void wait_for_signal(const sigset_t& signals) {
  int signal = 0;
  sigwait(&signals, &signal);
  base::log::info("stopping", {{"signal", std::int64_t{signal}}});
  std::signal(SIGTERM, [](int) { std::_Exit(1); });
  std::signal(SIGINT, [](int) { std::_Exit(1); });
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

void serve(configuration settings) {
  base::log::start(settings.log_level);
  std::signal(SIGPIPE, SIG_IGN);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // before any thread starts: all inherit it

  check_migrations(settings);
  platform whole{std::move(settings)};
  std::vector<const http::router*> routers;
  for (const auto& room : whole.rooms) routers.push_back(&room.routes);
  http::server server{whole.workers, routers, whole.settings.http, whole.metrics};
  whole.workers.start();
  load_bank(whole);
  const auto notices = listen_to_notices(whole);
  on_loop(whole.workers.loop(0), [&] { notices->start(); });
  for (auto& room : whole.rooms) on_loop(room.loop, [&] { room.redis.start(); });
  rounds background{whole.workers.loop(0), whole.draining};
  start_rounds(background, whole);
  server.start();
  base::log::warning("started", {{"address", std::string_view(whole.settings.http.address)},
                                 {"port", std::int64_t{server.port()}},
                                 {"workers", std::int64_t{whole.settings.workers}}});

  wait_for_signal(signals);
  whole.draining = true;
  server.drain();
  background.wait();
  on_loop(whole.workers.loop(0), [&] { notices->stop(); });
  for (auto& room : whole.rooms) on_loop(room.loop, [&] { room.redis.stop(); });
  whole.workers.stop();
  base::log::info("stopped");
  base::log::stop();
}

}  // namespace

void add_serve_command(CLI::App& root, settings_source settings) {
  auto* command = root.add_subcommand("serve", "Serve the platform until SIGTERM, which ends it in order.");
  command->callback([settings = std::move(settings)] { serve(settings()); });
}

}  // namespace commands
