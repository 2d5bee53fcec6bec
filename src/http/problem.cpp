#include "http/problem.hpp"

#include <map>
#include <nlohmann/json.hpp>

#include "base/embedded.hpp"
#include "http/json.hpp"

namespace messages {
extern const base::embedded_files files;
}

namespace http {
namespace {

using catalogue = std::map<std::string, std::string, std::less<>>;

// All rooms' catalogues of one language, "exam.zh.json" and the like, as one.
catalogue read(std::string_view suffix) {
  catalogue all;
  for (const auto& [file, text] : messages::files)
    if (file.ends_with(suffix)) all.merge(nlohmann::json::parse(text).get<catalogue>());
  return all;
}

const catalogue& catalogue_of(language in) {
  static const catalogue zh = read(".zh.json"), en = read(".en.json");
  return in == language::en ? en : zh;
}

}  // namespace

bool has_message(language in, const std::string& code) { return catalogue_of(in).contains(code); }

std::string message(language in, const std::string& code, const base::message_values& values) {
  const auto found = catalogue_of(in).find(code);
  if (found == catalogue_of(in).end()) return code;
  std::string text = found->second;
  for (const auto& [name, value] : values) {
    const std::string placeholder = "{" + name + "}";
    for (auto at = text.find(placeholder); at != std::string::npos; at = text.find(placeholder, at + value.size()))
      text.replace(at, placeholder.size(), value);
  }
  return text;
}

int status_of(base::problem_kind kind) {
  using enum base::problem_kind;
  switch (kind) {
    case malformed:
      return 400;
    case not_authenticated:
      return 401;
    case forbidden:
      return 403;
    case not_found:
      return 404;
    case method_not_allowed:
      return 405;
    case timed_out:
      return 408;
    case conflict:
      return 409;
    case too_large:
      return 413;
    case unsupported_media:
      return 415;
    case invalid:
      return 422;
    case too_many_requests:
      return 429;
    case header_too_large:
      return 431;
    case internal:
      return 500;
    case unavailable:
      return 503;
  }
  return 500;
}

response to_response(const base::problem& p, const request& r) {
  const language in = r.language();
  nlohmann::ordered_json body = {{"type", "/problems/" + p.code},
                                 {"title", message(in, "title." + std::to_string(status_of(p.kind)), {})},
                                 {"status", status_of(p.kind)},
                                 {"code", p.code},
                                 {"detail", message(in, "problem." + p.code, p.values)},
                                 {"request_id", r.id}};
  for (const auto& fault : p.faults)
    body["errors"].push_back({{"pointer", fault.pointer},
                              {"code", fault.code},
                              {"detail", message(in, "fault." + fault.code, fault.values)}});
  response reply{.status = status_of(p.kind), .content_type = "application/problem+json", .body = dumped(body)};
  reply.headers.emplace_back("Content-Language", in == language::en ? "en" : "zh-CN");
  if (p.retry_after.count() > 0) reply.headers.emplace_back("Retry-After", std::to_string(p.retry_after.count()));
  if (p.kind == base::problem_kind::not_authenticated) reply.headers.emplace_back("WWW-Authenticate", "Bearer");
  for (const auto& [name, value] : p.values)
    if (p.kind == base::problem_kind::method_not_allowed && name == "allowed")
      reply.headers.emplace_back("Allow", value);
  return reply;
}

}  // namespace http
