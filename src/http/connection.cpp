#include "http/connection.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>

#include "base/log.hpp"
#include "base/problem.hpp"
#include "base/random.hpp"
#include "http/parser.hpp"
#include "http/problem.hpp"

namespace http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using std::chrono::steady_clock;

constexpr std::size_t read_bytes = 4096;

std::string_view reason_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    default:
      return status < 400 ? "OK" : "Internal Server Error";
  }
}

// A request id of the proxy in front is kept, so that one id runs through all logs.
bool usable_id(std::string_view id) {
  return id.size() >= 8 && id.size() <= 64 &&
         std::ranges::all_of(id, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '-'; });
}

class connection {
 public:
  connection(connection_room& room, socket_type socket)
      : room_(room),
        socket_(std::move(socket)),
        buffer_(room.settings.header_bytes_max + room.settings.body_bytes_max) {
    beast::error_code ignored;
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    const auto remote = socket_.remote_endpoint(ignored);
    address_ = ignored ? std::string{} : remote.address().to_string();
    place_ = room.places.insert(room.places.end(), {&socket_, false, steady_clock::now() + room.settings.idle});
  }
  ~connection() { room_.places.erase(place_); }
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  runtime::awaitable<> run() {
    const parse_limits limits{room_.settings.body_bytes_max, room_.settings.header_bytes_max};
    while (!room_.stopping) {
      parser reading{request_, limits};
      const bool whole = co_await receive(reading);
      if (!whole) break;
      place_->busy = true;
      place_->deadline = steady_clock::time_point::max();  // the database's own limits bound the work
      name_request();
      const auto begin = steady_clock::now();
      const response reply = co_await room_.routes.respond(request_);
      const bool stays = reading.keep_alive() && !room_.stopping;
      const bool sent = co_await send(reply, stays, request_.method == method::head);
      place_->busy = false;
      log_request(reply, begin);
      if (!sent || !stays) break;
      place_->deadline = steady_clock::now() + room_.settings.idle;
    }
    beast::error_code ignored;
    socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  }

 private:
  // False when the client went away, was too slow, or sent what cannot be read (and was told so).
  runtime::awaitable<bool> receive(parser& reading) {
    bool begun = false;
    for (;;) {
      beast::error_code error;
      if (buffer_.size() > 0) {
        if (!std::exchange(begun, true)) place_->deadline = steady_clock::now() + room_.settings.receive;
        while (buffer_.size() > 0 && !reading.is_done() && !error) buffer_.consume(reading.put(buffer_.data(), error));
        if (reading.is_done() && !error) co_return true;
        if (error && error != beast::http::error::need_more) {
          co_await refuse(error);
          co_return false;
        }
      }
      if (reading.is_header_done() && reading.take_expectation()) {
        static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
        co_await asio::async_write(socket_, asio::buffer(go_on), asio::redirect_error(runtime::use_awaitable, error));
      }
      if (buffer_.size() == buffer_.max_size()) co_return false;
      const auto room = buffer_.prepare(std::min(read_bytes, buffer_.max_size() - buffer_.size()));
      const std::size_t bytes =
          co_await socket_.async_read_some(room, asio::redirect_error(runtime::use_awaitable, error));
      if (error) co_return false;
      buffer_.commit(bytes);
    }
  }

  runtime::awaitable<> refuse(beast::error_code error) {
    base::problem wrong{.kind = base::problem_kind::malformed, .code = "malformed_request"};
    if (error == beast::http::error::body_limit)
      wrong = {.kind = base::problem_kind::too_large,
               .code = "body_too_large",
               .values = {{"maximum", std::to_string(room_.settings.body_bytes_max)}}};
    if (error == beast::http::error::header_limit)
      wrong = {.kind = base::problem_kind::header_too_large, .code = "header_too_large"};
    name_request();
    const auto begin = steady_clock::now();
    const response reply = to_response(wrong, request_);
    co_await send(reply, false, false);
    log_request(reply, begin);
    co_await swallow_rest();
  }

  // Closing with unread bytes would reset the connection and could destroy the reply on its way: read a little more.
  runtime::awaitable<> swallow_rest() {
    beast::error_code error;
    socket_.shutdown(asio::ip::tcp::socket::shutdown_send, error);
    place_->deadline = steady_clock::now() + std::chrono::seconds{2};
    std::array<char, read_bytes> rest{};
    for (std::size_t total = 0; !error && total < 1024 * 1024;)
      total +=
          co_await socket_.async_read_some(asio::buffer(rest), asio::redirect_error(runtime::use_awaitable, error));
  }

  runtime::awaitable<bool> send(const response& reply, bool stays, bool without_body) {
    write_head(reply, stays);
    const std::string_view body = without_body || reply.status == 304 ? std::string_view{} : reply.bytes();
    const std::array<asio::const_buffer, 2> parts = {asio::buffer(head_), asio::buffer(body)};
    place_->deadline = steady_clock::now() + room_.settings.send;
    beast::error_code error;
    co_await asio::async_write(socket_, parts, asio::redirect_error(runtime::use_awaitable, error));
    co_return !error;
  }

  void write_head(const response& reply, bool stays) {
    head_.clear();
    const auto number = [this](std::size_t n) { head_.append(fmt::format_int(n).c_str()); };
    head_.append("HTTP/1.1 ");
    number(static_cast<std::size_t>(reply.status));
    head_.append(" ").append(reason_of(reply.status)).append("\r\n");
    if (!reply.content_type.empty()) head_.append("Content-Type: ").append(reply.content_type).append("\r\n");
    if (reply.status != 204 && reply.status != 304) {
      head_.append("Content-Length: ");
      number(reply.bytes().size());
      head_.append("\r\n");
    }
    bool says_caching = false;
    for (const auto& [name, value] : reply.headers) {
      head_.append(name).append(": ").append(value).append("\r\n");
      says_caching = says_caching || name == "Cache-Control";
    }
    if (!says_caching) head_.append("Cache-Control: no-store\r\n");
    head_.append("X-Content-Type-Options: nosniff\r\nX-Request-Id: ").append(request_.id).append("\r\n");
    if (!stays) head_.append("Connection: close\r\n");
    head_.append("\r\n");
  }

  void name_request() {
    const auto given = request_.header("x-request-id");
    if (usable_id(given))
      request_.id.assign(given);
    else
      fmt::format_to(std::back_inserter(request_.id), "{:016x}-{:x}-{:x}", process_number(), room_.worker_number,
                     ++room_.requests);
    request_.peer = address_;
    if (!room_.settings.behind_proxy) return;
    const auto forwarded = request_.header("x-forwarded-for");
    const auto last = forwarded.substr(forwarded.rfind(',') + 1);
    const auto begin = last.find_first_not_of(' ');
    if (begin != std::string_view::npos) request_.peer.assign(last.substr(begin));
  }

  static std::uint64_t process_number() {
    static const std::uint64_t number = base::secret_number();
    return number;
  }

  void log_request(const response& reply, steady_clock::time_point begin) {
    const bool failed = reply.status >= 500;
    if (!failed && !room_.settings.log_requests) return;
    const auto microseconds =
        std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now() - begin).count();
    base::log::write(failed ? base::log::level::warning : base::log::level::info, "request",
                     {{"request_id", std::string_view(request_.id)},
                      {"method", name_of(request_.method)},
                      {"route", request_.route.empty() ? std::string_view("-") : request_.route},
                      {"status", std::int64_t{reply.status}},
                      {"microseconds", std::int64_t{microseconds}},
                      {"bytes", static_cast<std::int64_t>(reply.bytes().size())}});
  }

  connection_room& room_;
  socket_type socket_;
  beast::flat_buffer buffer_;
  request request_;
  std::string head_;
  std::string address_;
  std::list<connection_room::place>::iterator place_;
};

}  // namespace

void connection_room::close_late() {
  const auto now = steady_clock::now();
  for (auto& place : places) {
    beast::error_code ignored;
    if (place.deadline < now) place.socket->cancel(ignored);
  }
}

void connection_room::close_idle() {
  for (auto& place : places) {
    beast::error_code ignored;
    if (!place.busy) place.socket->cancel(ignored);
  }
}

void connection_room::close_all() {
  for (auto& place : places) {
    beast::error_code ignored;
    place.socket->close(ignored);
  }
}

runtime::awaitable<> serve_connection(connection_room& room, socket_type socket) {
  connection served{room, std::move(socket)};
  co_await served.run();
}

}  // namespace http
