// The request and the reply every route sees. No Beast here: only connection.cpp translates.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace http {

enum class method : std::uint8_t { get, head, post, put, patch, del, options, other };
std::string_view name_of(method m);

enum class language : std::uint8_t { zh, en };

// Belongs to its connection, which uses it again for the next request: a handler may refer to it until it has answered.
struct request {
  http::method method = method::get;
  std::string path;   // still percent-encoded, without the query
  std::string query;  // without the question mark
  std::string body;
  std::string id;                                                     // also in the reply's X-Request-Id and in the log
  std::string peer;                                                   // the client's address, without the port
  std::string_view route;                                             // the pattern that matched, for log and metrics
  std::vector<std::pair<std::string_view, std::string>> path_values;  // filled by the router, percent-decoded

  std::string_view header(std::string_view name) const;  // case-insensitive; empty where absent
  std::string_view cookie(std::string_view name) const;
  std::optional<std::string> query_value(std::string_view name) const;  // percent-decoded
  std::vector<std::pair<std::string, std::string>> query_values() const;
  const std::string& path_value(std::string_view name) const;  // the route guarantees that it exists
  http::language language() const;                             // Chinese unless Accept-Language prefers English

  void add_header(std::string_view name, std::string_view value);
  void clear();

 private:
  struct span {
    std::uint32_t at = 0, name_size = 0, value_size = 0;
  };
  std::string header_text_;
  std::vector<span> headers_;
};

struct response {
  int status = 200;
  std::string_view content_type = "application/json";  // a literal
  std::string body;
  std::shared_ptr<const std::string> prepared;  // sent instead of `body` where set: bytes that many replies share
  std::vector<std::pair<std::string_view, std::string>> headers;  // names are literals

  std::string_view bytes() const { return prepared ? std::string_view{*prepared} : std::string_view{body}; }
};

inline response json_response(std::string body, int status = 200) {
  return {.status = status, .body = std::move(body)};
}
inline response no_content() { return {.status = 204, .content_type = ""}; }

// The reply with `etag`, or 304 where the client has it already.
response cacheable(const request& r, response full, std::string etag, std::string_view cache_control);

std::string percent_decoded(std::string_view text);

}  // namespace http
