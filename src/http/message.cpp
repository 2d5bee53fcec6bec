#include "http/message.hpp"

#include <algorithm>
#include <stdexcept>

namespace http {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool same_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Calls visit(part) for each part between separators.
template <class Visit>
void each_part(std::string_view text, char separator, Visit visit) {
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(separator, begin), text.size());
    visit(trim(text.substr(begin, end - begin)));
    begin = end + 1;
  }
}

// The q of "en;q=0.8" in thousandths.
int quality_of(std::string_view range) {
  const auto q = range.find("q=");
  if (q == std::string_view::npos) return 1000;
  int value = 0, unit = 1000;
  for (const char c : range.substr(q + 2)) {
    if (c == '.') continue;
    if (c < '0' || c > '9' || unit == 0) break;
    value += (c - '0') * unit;
    unit /= 10;
  }
  return value;
}

}  // namespace

std::string_view name_of(method m) {
  switch (m) {
    case method::get:
      return "GET";
    case method::head:
      return "HEAD";
    case method::post:
      return "POST";
    case method::put:
      return "PUT";
    case method::patch:
      return "PATCH";
    case method::del:
      return "DELETE";
    case method::options:
      return "OPTIONS";
    case method::other:
      break;
  }
  return "OTHER";
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape =
        text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0;
    if (escape) {
      out.push_back(static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2])));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

void request::clear() {
  path.clear();
  query.clear();
  body.clear();
  id.clear();
  route = {};
  path_values.clear();
  header_text_.clear();
  headers_.clear();
}

void request::add_header(std::string_view name, std::string_view value) {
  headers_.push_back({static_cast<std::uint32_t>(header_text_.size()), static_cast<std::uint32_t>(name.size()),
                      static_cast<std::uint32_t>(value.size())});
  header_text_.append(name).append(value);
}

std::string_view request::header(std::string_view name) const {
  const std::string_view text = header_text_;
  for (const auto& span : headers_)
    if (span.name_size == name.size() && same_ignoring_case(text.substr(span.at, span.name_size), name))
      return text.substr(span.at + span.name_size, span.value_size);
  return {};
}

std::string_view request::cookie(std::string_view name) const {
  std::string_view found;
  each_part(header("cookie"), ';', [&](std::string_view part) {
    const auto equals = part.find('=');
    if (equals != std::string_view::npos && part.substr(0, equals) == name && found.empty())
      found = part.substr(equals + 1);
  });
  return found;
}

std::vector<std::pair<std::string, std::string>> request::query_values() const {
  std::vector<std::pair<std::string, std::string>> values;
  if (query.empty()) return values;
  each_part(query, '&', [&](std::string_view part) {
    if (part.empty()) return;
    std::string plain{part};
    std::replace(plain.begin(), plain.end(), '+', ' ');
    const auto equals = std::min(plain.find('='), plain.size());
    values.emplace_back(
        percent_decoded(std::string_view(plain).substr(0, equals)),
        equals < plain.size() ? percent_decoded(std::string_view(plain).substr(equals + 1)) : std::string{});
  });
  return values;
}

std::optional<std::string> request::query_value(std::string_view name) const {
  for (auto& [key, value] : query_values())
    if (key == name) return value;
  return {};
}

const std::string& request::path_value(std::string_view name) const {
  for (const auto& [key, value] : path_values)
    if (key == name) return value;
  throw std::logic_error("the route has no {" + std::string(name) + "}");
}

http::language request::language() const {
  int zh = 0, en = 0;
  each_part(header("accept-language"), ',', [&](std::string_view range) {
    if (range.starts_with("zh") || range.starts_with('*')) zh = std::max(zh, quality_of(range));
    if (range.starts_with("en")) en = std::max(en, quality_of(range));
  });
  return en > zh ? language::en : language::zh;
}

response cacheable(const request& r, response full, std::string etag, std::string_view cache_control) {
  const bool fresh = r.header("if-none-match").find(etag) != std::string_view::npos;
  response reply = fresh ? response{.status = 304, .content_type = ""} : std::move(full);
  reply.headers.emplace_back("ETag", std::move(etag));
  reply.headers.emplace_back("Cache-Control", std::string(cache_control));
  return reply;
}

}  // namespace http
