#include "redis/connection.hpp"

#include <hiredis/async.h>
#include <hiredis/hiredis.h>

#include <boost/asio/append.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <fstream>
#include <optional>
#include <utility>

namespace redis {

namespace asio = boost::asio;
using boost::system::error_code;
using descriptor_type = asio::posix::basic_stream_descriptor<runtime::executor>;
using token = asio::use_awaitable_t<runtime::executor>;
using steady_clock = std::chrono::steady_clock;

namespace {

reply copy_of(const redisReply& source) {
  const auto text = [&] { return std::string(source.str, static_cast<std::size_t>(source.len)); };
  switch (source.type) {
    case REDIS_REPLY_INTEGER:
      return {std::int64_t{source.integer}};
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
      return {text()};
    case REDIS_REPLY_ERROR:
      return {error_reply{text()}};
    case REDIS_REPLY_ARRAY: {
      std::vector<reply> items;
      items.reserve(source.elements);
      for (std::size_t i = 0; i < source.elements; ++i) items.push_back(copy_of(*source.element[i]));
      return {std::move(items)};
    }
    default:
      return {nil{}};
  }
}

const error_code connection_lost = asio::error::make_error_code(asio::error::connection_reset);

std::string password_in(const std::string& file) {
  std::ifstream in{file};
  std::string password;
  if (!std::getline(in, password)) throw runtime::unavailable("redis: cannot read the password file");
  return password;
}

}  // namespace

// hiredis speaks the protocol, Asio waits on its socket. Every wait is one-shot, so hiredis' "stop waiting" hooks have
// nothing to do. A coroutine is never resumed inside a hiredis callback (it might destroy the connection): it is
// posted.
struct connection::state : std::enable_shared_from_this<connection::state> {
  using event_handler = asio::async_result<token, void(error_code)>::handler_type;
  using command_handler = asio::async_result<token, void(error_code, reply)>::handler_type;
  using event_waiter = std::optional<event_handler>;
  struct pending_command {
    command_handler complete;
  };

  explicit state(asio::io_context& its_loop) : loop(its_loop), socket(its_loop) {}

  asio::io_context& loop;
  descriptor_type socket;  // borrows hiredis' descriptor, never closes it
  redisAsyncContext* context = nullptr;
  bool waiting_to_read = false, waiting_to_write = false, connected = false;
  event_waiter on_connected, on_closed;
  subscriber::on_message deliver;
  std::function<void()> listening;
  std::size_t channels_wanted = 0;
  std::deque<steady_clock::time_point> sent_at;  // of the unanswered commands, oldest first

  static state& of(void* self) { return *static_cast<state*>(self); }

  void start(const settings& s, event_handler handler) {
    on_connected.emplace(std::move(handler));
    context = redisAsyncConnect(s.address.c_str(), s.port);
    if (!context || context->err) {
      if (context) redisAsyncFree(std::exchange(context, nullptr));
      return finish(on_connected, asio::error::connection_refused);
    }
    socket.assign(context->c.fd);
    context->data = this;
    context->ev.data = this;
    context->ev.addRead = [](void* self) { of(self).wait_to_read(); };
    context->ev.delRead = [](void*) {};
    context->ev.addWrite = [](void* self) { of(self).wait_to_write(); };
    context->ev.delWrite = [](void*) {};
    context->ev.cleanup = [](void* self) { of(self).forget_socket(); };
    redisAsyncSetConnectCallback(context,
                                 [](const redisAsyncContext* c, int status) { of(c->data).after_connect(status); });
    redisAsyncSetDisconnectCallback(context, [](const redisAsyncContext* c, int) { of(c->data).connected = false; });
  }

  void wait_to_read() {
    if (std::exchange(waiting_to_read, true)) return;
    socket.async_wait(descriptor_type::wait_read, [self = shared_from_this()](error_code error) {
      self->waiting_to_read = false;
      if (!error && self->context) redisAsyncHandleRead(self->context);
    });
  }

  void wait_to_write() {
    if (std::exchange(waiting_to_write, true)) return;
    socket.async_wait(descriptor_type::wait_write, [self = shared_from_this()](error_code error) {
      self->waiting_to_write = false;
      if (!error && self->context) redisAsyncHandleWrite(self->context);
    });
  }

  // hiredis is about to close the descriptor and free the context.
  void forget_socket() {
    context = nullptr;
    connected = false;
    if (socket.is_open()) socket.release();
    waiting_to_read = waiting_to_write = false;
    finish(on_connected, connection_lost);
    finish(on_closed, {});
  }

  void after_connect(int status) {
    connected = status == REDIS_OK;
    finish(on_connected, connected ? error_code{} : error_code{asio::error::connection_refused});
  }

  void submit(const std::vector<std::string>& words, command_handler handler) {
    auto pending = std::make_unique<pending_command>(pending_command{std::move(handler)});
    std::vector<const char*> data;
    std::vector<std::size_t> sizes;
    for (const auto& word : words) {
      data.push_back(word.data());
      sizes.push_back(word.size());
    }
    const bool queued =
        connected && redisAsyncCommandArgv(context, &state::after_reply, pending.get(), static_cast<int>(data.size()),
                                           data.data(), sizes.data()) == REDIS_OK;
    if (!queued) return finish(pending->complete, connection_lost, reply{});
    pending.release();  // after_reply owns it now
    sent_at.push_back(steady_clock::now());
  }

  static void after_reply(redisAsyncContext* c, void* answer, void* private_data) {
    const std::unique_ptr<pending_command> pending{static_cast<pending_command*>(private_data)};
    state& self = of(c->data);
    if (!self.sent_at.empty()) self.sent_at.pop_front();
    if (answer)
      self.finish(pending->complete, error_code{}, copy_of(*static_cast<redisReply*>(answer)));
    else
      self.finish(pending->complete, connection_lost, reply{});
  }

  static void after_message(redisAsyncContext* c, void* answer, void*) {
    if (!answer) return;
    const auto& message = *static_cast<redisReply*>(answer);
    const auto text = [](const redisReply& part) {
      return std::string_view(part.str, static_cast<std::size_t>(part.len));
    };
    if (message.type != REDIS_REPLY_ARRAY || message.elements != 3) return;
    state& self = of(c->data);
    const auto kind = text(*message.element[0]);
    if (kind == "message") self.deliver(text(*message.element[1]), text(*message.element[2]));
    if (kind == "subscribe" && static_cast<std::size_t>(message.element[2]->integer) == self.channels_wanted)
      self.listening();
  }

  void finish(event_waiter& waiter, error_code error) {
    if (!waiter) return;
    auto handler = std::move(*waiter);
    waiter.reset();
    asio::post(loop, asio::append(std::move(handler), error));
  }
  void finish(command_handler& handler, error_code error, reply answer) {
    asio::post(loop, asio::append(std::move(handler), error, std::move(answer)));
  }
};

connection::connection(asio::io_context& loop) : state_(std::make_shared<state>(loop)) {}
connection::~connection() { close(); }

void connection::close() {
  if (state_->context) redisAsyncFree(state_->context);
}

bool connection::is_open() const { return state_->connected; }

steady_clock::duration connection::oldest_wait() const {
  return state_->sent_at.empty() ? steady_clock::duration{} : steady_clock::now() - state_->sent_at.front();
}

runtime::awaitable<> connection::connect(const settings& s) {
  const auto self = state_;
  auto begin = [self, s](auto handler) { self->start(s, std::move(handler)); };
  try {
    co_await asio::async_initiate<const token, void(error_code)>(std::move(begin), runtime::use_awaitable);
  } catch (const boost::system::system_error& error) {
    throw runtime::unavailable(std::string("redis: ") + error.what());
  }
  std::vector<std::vector<std::string>> greetings;
  if (!s.password_file.empty()) greetings.push_back({"AUTH", password_in(s.password_file)});
  if (s.database != 0) greetings.push_back({"SELECT", std::to_string(s.database)});
  for (auto& words : greetings) {
    const reply answer = co_await send(std::move(words));
    if (answer.error()) throw runtime::unavailable("redis: " + answer.error()->text);
  }
}

runtime::awaitable<> connection::closed() {
  auto begin = [self = state_](auto handler) {
    self->on_closed.emplace(std::move(handler));
    if (!self->context) self->finish(self->on_closed, error_code{});
  };
  return asio::async_initiate<const token, void(error_code)>(std::move(begin), runtime::use_awaitable);
}

runtime::awaitable<reply> connection::send(std::vector<std::string> words) {
  auto begin = [self = state_, words = std::move(words)](auto handler) { self->submit(words, std::move(handler)); };
  return asio::async_initiate<const token, void(error_code, reply)>(std::move(begin), runtime::use_awaitable);
}

void connection::subscribe(const std::vector<std::string>& channels, subscriber::on_message deliver,
                           std::function<void()> listening) {
  state_->deliver = std::move(deliver);
  state_->listening = std::move(listening);
  state_->channels_wanted = channels.size();
  for (const auto& channel : channels)
    if (state_->context)
      redisAsyncCommand(state_->context, &state::after_message, nullptr, "SUBSCRIBE %b", channel.data(),
                        channel.size());
}

}  // namespace redis
