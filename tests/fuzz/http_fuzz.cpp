// Feeds bytes to the HTTP layer as a client could: to the parser in pieces of arbitrary size, then to everything that
// reads a request, and to the router with routes like the real ones. Whatever comes, a reply must come out.
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/log.hpp"
#include "http/fields.hpp"
#include "http/json.hpp"
#include "http/parser.hpp"
#include "http/problem.hpp"
#include "http/router.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

constexpr std::string_view types[] = {"single_choice", "multiple_choice", "true_false"};

base::result<std::string> read_body(const http::request& r) {
  http::fields body{r};
  std::string echo = body.text("name", 100) + body.one_of("type", types);
  echo += std::to_string(body.integer("count", 1, 500)) + base::to_iso(body.time("opens_at"));
  if (const auto note = body.optional_text("note", 10)) echo += *note;
  for (const auto& account : body.texts("accounts", 5, 32)) echo += account;
  body.list("answers", 5, [&](http::fields& item) {
    echo += std::to_string(item.integer("position", 1, 50));
    echo += http::dumped(item.value("answer"));
  });
  if (body.boolean("strict", false)) body.fail("strict", "required");
  auto finished = body.finish();
  if (!finished) return std::unexpected(finished.error());
  return echo;
}

base::result<std::string> read_query(const http::request& r) {
  http::query_fields query{r};
  std::string echo = query.text("text", 50).value_or("") + std::to_string(query.limit());
  echo += query.one_of("period", types).value_or("") + std::to_string(query.integer("trade", 1, 1000).value_or(0));
  auto finished = query.finish();
  if (!finished) return std::unexpected(finished.error());
  return echo + std::string(r.cookie("guildhall_session")) + r.query_value("text").value_or("");
}

runtime::awaitable<http::response> post(http::request& r) {
  const auto key = http::idempotency_key(r).value();
  const auto echo = read_body(r).value();
  co_return http::json_response(http::dumped(nlohmann::json{{"key", key}, {"echo", echo}}), 201);
}

runtime::awaitable<http::response> get(http::request& r) {
  const auto number = http::path_number(r, "number").value();
  const auto echo = read_query(r).value();
  co_return http::cacheable(r, http::json_response(http::dumped(nlohmann::json{{"number", number}, {"echo", echo}})),
                            "\"1\"", "no-cache");
}

struct world {
  runtime::metrics metrics;
  http::router routes{metrics};
  boost::asio::io_context loop{1};

  world() {
    base::log::start(base::log::level::off);
    routes.add(http::method::post, "/things", {"public", post});
    routes.add(http::method::get, "/things/{number}", {"public", get});
    routes.add(http::method::get, "/things/{number}/parts/{number_of_part}", {"public", get});
  }

  http::response answer(http::request& r) {
    http::response reply;
    boost::asio::co_spawn(loop, routes.respond(r), [&](const std::exception_ptr& error, http::response answered) {
      require(!error);  // the router answers everything
      reply = std::move(answered);
    });
    loop.restart();
    loop.run();
    return reply;
  }
};

void check_reply(const http::response& reply) {
  require(reply.status >= 200 && reply.status < 500);
  if (reply.content_type == "application/problem+json") {
    const auto problem = http::parsed(reply.body);
    require(problem && problem->at("status") == reply.status && !problem->at("detail").get<std::string>().empty());
  }
  for (const auto& [name, value] : reply.headers) require(value.find_first_of("\r\n") == std::string::npos);
}

// The first byte says how the rest is cut into pieces. True when a whole request came.
bool parse(http::request& r, std::string_view bytes) {
  const std::size_t piece = 1 + static_cast<unsigned char>(bytes.front());
  bytes.remove_prefix(1);
  http::parser parser{r, {.body_bytes_max = 4096, .header_bytes_max = 1024}};
  std::string waiting;
  while (!bytes.empty() || !waiting.empty()) {
    const auto taken = bytes.substr(0, piece);
    bytes.remove_prefix(taken.size());
    waiting.append(taken);
    boost::beast::error_code error;
    const std::size_t used = parser.put(boost::asio::buffer(waiting), error);
    require(used <= waiting.size());
    waiting.erase(0, used);
    parser.take_expectation();
    if (parser.is_done() && !error) return true;
    if (error && error != boost::beast::http::error::need_more) return false;
    if (taken.empty() && used == 0) return false;
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static world everything;
  if (size < 2) return 0;
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  if (const auto value = http::parsed(bytes)) require(http::parsed(http::dumped(*value)).has_value());
  http::request r;
  if (!parse(r, bytes)) return 0;
  require(r.body.size() <= 4096);
  r.id = "fuzz";
  check_reply(everything.answer(r));
  (void)r.language();
  return 0;
}
