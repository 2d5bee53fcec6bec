// Feeds bytes to Beast's parser and fills the connection's request. Only http/*.cpp and its fuzz target include this.
#pragma once
#include <boost/beast/http/basic_parser.hpp>
#include <optional>

#include "http/message.hpp"

namespace http {

struct parse_limits {
  std::size_t body_bytes_max = 64 * 1024;
  std::size_t header_bytes_max = 8 * 1024;
};

// One request: the parser is made anew for each, the request's strings keep their memory.
class parser : public boost::beast::http::basic_parser<true> {
 public:
  parser(request& into, const parse_limits& limits);

  // True once the client waits for "100 Continue" before it sends the body; asked once.
  bool take_expectation() { return std::exchange(expects_continue_, false); }

 private:
  using error_code = boost::beast::error_code;
  using string_view = boost::beast::string_view;
  void on_request_impl(boost::beast::http::verb verb, string_view name, string_view target, int version,
                       error_code&) override;
  void on_response_impl(int, string_view, int, error_code&) override {}
  void on_field_impl(boost::beast::http::field, string_view name, string_view value, error_code&) override;
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(string_view body, error_code&) override;
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, string_view body, error_code&) override;
  void on_finish_impl(error_code&) override {}

  request& into_;
  std::size_t body_bytes_max_;
  bool expects_continue_ = false;
};

}  // namespace http
