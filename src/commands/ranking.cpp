#include "commands/ranking.hpp"

#include <CLI/CLI.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_future.hpp>
#include <iostream>

#include "ranking/service.hpp"

namespace commands {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

// What a command needs of the platform: one loop, one connection each.
struct room {
  explicit room(const configuration& c)
      : database(c.postgres, {ranking::prepare}, metrics),
        redis(loop, c.redis, metrics),
        verbs(database, redis, {.day_offset = c.time_offset}) {}

  runtime::awaitable<> sleep(milliseconds time) {
    boost::system::error_code ignored;
    runtime::timer timer{loop, time};
    co_await timer.async_wait(asio::redirect_error(runtime::use_awaitable, ignored));
  }

  runtime::awaitable<> connect() {
    constexpr milliseconds step{20}, patience{5000};
    redis.start();
    for (milliseconds waited{0}; !redis.is_connected(); waited += step) {
      if (waited > patience) throw runtime::unavailable("redis: no connection");
      co_await sleep(step);
    }
  }

  boost::asio::io_context loop;
  runtime::metrics metrics;
  postgres::pool database;
  redis::client redis;
  ranking::service verbs;
};

using work = runtime::awaitable<int> (*)(room&);  // gives the exit code

runtime::awaitable<int> connected(room& own, work what) {
  co_await own.connect();
  co_return co_await what(own);
}

int run(const configuration& c, work what) {
  room own{c};
  auto code = asio::co_spawn(own.loop, connected(own, what), asio::use_future);
  while (code.wait_for(milliseconds{0}) != std::future_status::ready) own.loop.run_one();
  own.redis.stop();
  own.loop.poll();  // its coroutines end
  return code.get();
}

runtime::awaitable<int> rebuild(room& own) {
  const auto counts = co_await own.verbs.rebuild();
  if (!counts) {
    std::cerr << "another rebuild is under way: wait for it, or half a minute if it was killed\n";
    co_return 1;
  }
  std::cout << "rebuilt " << counts->boards << " boards from " << counts->entries << " entries of " << counts->persons
            << " persons\n";
  co_return 0;
}

// Points earned while it compares show up as differences: only those that stay count.
runtime::awaitable<int> check(room& own) {
  constexpr int tries = 3;
  for (int attempt = 1;; ++attempt) {
    const auto found = co_await own.verbs.compare();
    if (found.differences == 0) {
      std::cout << found.boards << " boards of " << found.persons << " persons agree with the ledger\n";
      co_return 0;
    }
    if (attempt == tries) {
      for (const auto& example : found.examples) std::cout << example << '\n';
      std::cout << found.differences << " differences: run `guildhall ranking rebuild`\n";
      co_return 1;
    }
    co_await own.sleep(milliseconds{2000});
  }
}

}  // namespace

void add_ranking_command(CLI::App& root, settings_source settings) {
  auto* command = root.add_subcommand("ranking", "Leaderboards in Redis, which are made from the ledger of points.");
  command->require_subcommand(1);
  const auto add = [&](const char* name, const char* description, work what) {
    command->add_subcommand(name, description)->callback([settings, what] {
      if (const int code = run(settings(), what); code != 0) throw CLI::RuntimeError(code);
    });
  };
  add("rebuild", "Build all boards again from the ledger, beside those in service, and put them in their place.",
      rebuild);
  add("check", "Compare the boards with the ledger; ends with 1 where they differ.", check);
}

}  // namespace commands
