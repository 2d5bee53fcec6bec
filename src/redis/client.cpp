#include "redis/client.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/system/system_error.hpp>

#include "base/log.hpp"
#include "base/random.hpp"
#include "redis/connection.hpp"

namespace redis {

namespace asio = boost::asio;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds pause_min{50}, pause_max{2000};

// Sleeps between half of `pause` and all of it, so that a thousand clients do not come back at the same moment.
runtime::awaitable<> rest(asio::io_context& loop, milliseconds pause) {
  const auto half = pause.count() / 2;
  boost::system::error_code ignored;
  runtime::timer timer{loop, milliseconds{half + static_cast<std::int64_t>(base::secret_number() %
                                                                           static_cast<std::uint64_t>(half + 1))}};
  co_await timer.async_wait(asio::redirect_error(runtime::use_awaitable, ignored));
}

}  // namespace

struct client::state {
  state(asio::io_context& its_loop, settings its_settings, runtime::metrics& metrics)
      : loop(its_loop),
        options(std::move(its_settings)),
        commands(metrics.count("guildhall_redis_commands_total", "Commands sent to Redis.")),
        losses(metrics.count("guildhall_redis_losses_total", "Connections to Redis that were lost or refused.")) {}

  static runtime::awaitable<> keep_connected(std::shared_ptr<state> self) {
    for (milliseconds pause = pause_min; !self->stopping; pause = std::min(pause * 2, pause_max)) {
      self->link = std::make_unique<connection>(self->loop);
      try {
        co_await self->link->connect(self->options);
        self->ready = true;
        pause = pause_min;
        co_await self->link->closed();
      } catch (const std::exception& error) {
        base::log::warning("redis_connect", {{"what", std::string_view(error.what())}});
      }
      self->ready = false;
      if (self->stopping) co_return;
      self->losses.add();
      co_await rest(self->loop, pause);
    }
  }

  // hiredis 0.14 has no time limit of its own: a connection that owes an answer for too long is given up.
  static runtime::awaitable<> watch(std::shared_ptr<state> self) {
    while (!self->stopping) {
      boost::system::error_code ignored;
      runtime::timer tick{self->loop, self->options.command_timeout / 4};
      co_await tick.async_wait(asio::redirect_error(runtime::use_awaitable, ignored));
      if (self->link && self->link->oldest_wait() > self->options.command_timeout) self->link->close();
    }
  }

  asio::io_context& loop;
  const settings options;
  runtime::counter commands, losses;
  std::unique_ptr<connection> link;
  bool ready = false, stopping = false;
};

client::client(asio::io_context& loop, settings s, runtime::metrics& metrics)
    : state_(std::make_shared<state>(loop, std::move(s), metrics)) {}
client::~client() { stop(); }

void client::start() {
  asio::co_spawn(state_->loop, state::keep_connected(state_), asio::detached);
  asio::co_spawn(state_->loop, state::watch(state_), asio::detached);
}

void client::stop() {
  state_->stopping = true;
  if (state_->link) state_->link->close();
}

bool client::is_connected() const { return state_->ready; }

runtime::awaitable<reply> client::send(std::vector<std::string> words) {
  if (!state_->ready) throw runtime::unavailable("redis: not connected");
  state_->commands.add();
  reply answer;
  try {
    answer = co_await state_->link->send(std::move(words));
  } catch (const boost::system::system_error& error) {
    throw runtime::unavailable(std::string("redis: ") + error.what());
  }
  if (const auto* wrong = answer.error()) {
    if (wrong->text.starts_with("LOADING") || wrong->text.starts_with("READONLY"))
      throw runtime::unavailable("redis: " + wrong->text);
    throw std::runtime_error("redis: " + wrong->text);
  }
  co_return answer;
}

struct subscriber::state {
  static runtime::awaitable<> keep_listening(std::shared_ptr<state> self) {
    for (milliseconds pause = pause_min; !self->stopping; pause = std::min(pause * 2, pause_max)) {
      self->link = std::make_unique<connection>(self->loop);
      try {
        co_await self->link->connect(self->options);
        self->link->subscribe(self->channels, self->deliver, [state = self.get()] { state->on_gap(true); });
        pause = pause_min;
        co_await self->link->closed();
      } catch (const std::exception&) {  // the client's own loop logs that Redis is away
      }
      if (self->stopping) co_return;
      self->on_gap(false);
      co_await rest(self->loop, pause);
    }
  }

  asio::io_context& loop;
  const settings options;
  const std::vector<std::string> channels;
  const on_message deliver;
  const std::function<void(bool)> on_gap;
  std::unique_ptr<connection> link = nullptr;
  bool stopping = false;
};

subscriber::subscriber(asio::io_context& loop, settings s, std::vector<std::string> channels, on_message deliver,
                       std::function<void(bool)> on_gap)
    : state_(std::make_shared<state>(loop, std::move(s), std::move(channels), std::move(deliver), std::move(on_gap))) {}
subscriber::~subscriber() { stop(); }

void subscriber::start() { asio::co_spawn(state_->loop, state::keep_listening(state_), asio::detached); }

void subscriber::stop() {
  state_->stopping = true;
  if (state_->link) state_->link->close();
}

}  // namespace redis
