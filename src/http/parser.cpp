#include "http/parser.hpp"

#include <boost/beast/http/error.hpp>

namespace http {
namespace {

namespace beast = boost::beast;

method method_of(beast::http::verb verb) {
  switch (verb) {
    case beast::http::verb::get:
      return method::get;
    case beast::http::verb::head:
      return method::head;
    case beast::http::verb::post:
      return method::post;
    case beast::http::verb::put:
      return method::put;
    case beast::http::verb::patch:
      return method::patch;
    case beast::http::verb::delete_:
      return method::del;
    case beast::http::verb::options:
      return method::options;
    default:
      return method::other;
  }
}

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

}  // namespace

parser::parser(request& into, const parse_limits& limits) : into_(into), body_bytes_max_(limits.body_bytes_max) {
  into.clear();
  eager(true);
  header_limit(static_cast<std::uint32_t>(limits.header_bytes_max));
  body_limit(limits.body_bytes_max);
}

void parser::on_request_impl(beast::http::verb verb, string_view, string_view target, int, error_code& error) {
  into_.method = method_of(verb);
  const std::string_view whole = view(target);
  if (!whole.starts_with('/')) {  // "*" and absolute forms are for proxies
    error = beast::http::error::bad_target;
    return;
  }
  const auto question_mark = std::min(whole.find('?'), whole.size());
  into_.path.assign(whole.substr(0, question_mark));
  into_.query.assign(whole.substr(std::min(question_mark + 1, whole.size())));
}

void parser::on_field_impl(beast::http::field field, string_view name, string_view value, error_code&) {
  into_.add_header(view(name), view(value));
  if (field == beast::http::field::expect && beast::iequals(value, "100-continue")) expects_continue_ = true;
}

std::size_t parser::on_body_impl(string_view body, error_code& error) {
  if (into_.body.size() + body.size() >
      body_bytes_max_) {  // Beast counts chunked bodies too, but only what it has seen
    error = beast::http::error::body_limit;
    return 0;
  }
  into_.body.append(body.data(), body.size());
  return body.size();
}

std::size_t parser::on_chunk_body_impl(std::uint64_t, string_view body, error_code& error) {
  return on_body_impl(body, error);
}

}  // namespace http
