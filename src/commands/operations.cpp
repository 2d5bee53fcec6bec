#include "commands/operations.hpp"

#include <nlohmann/json.hpp>

#include "base/problem.hpp"
#include "http/json.hpp"

namespace commands {
namespace {

using answer = runtime::awaitable<http::response>;

answer health() { co_return http::json_response(R"({"status":"ok","version":")" GUILDHALL_VERSION R"("})"); }

runtime::awaitable<bool> answers(postgres::pool& database) {
  try {
    co_await database.read([](pqxx::transaction_base& t) { t.exec1("SELECT 1"); });
    co_return true;
  } catch (const std::exception&) {  // the pool's metrics count it
    co_return false;
  }
}

answer readiness(platform& whole, worker_room& room) {
  const bool postgres = co_await answers(whole.database);
  const bool redis = room.redis.is_connected(), draining = whole.draining;
  const bool ready = postgres && redis && !draining;
  const nlohmann::ordered_json body = {
      {"status", ready ? "ready" : "not_ready"}, {"postgres", postgres}, {"redis", redis}, {"draining", draining}};
  co_return http::json_response(http::dumped(body), ready ? 200 : 503);
}

bool is_loopback(std::string_view peer) {
  return peer.starts_with("127.") || peer == "::1" || peer.starts_with("::ffff:127.");
}

answer metrics(platform& whole, const http::request& r) {
  if (!whole.settings.metrics_public && !is_loopback(r.peer))
    throw std::bad_expected_access(base::problem{.kind = base::problem_kind::not_found, .code = "not_found"});
  co_return http::response{.content_type = "text/plain; version=0.0.4; charset=utf-8",
                           .body = whole.metrics.exposition()};
}

}  // namespace

void add_operations_routes(http::router& routes, const identity::guard& access, platform& whole, worker_room& room) {
  using enum http::method;
  routes.add(get, "/healthz", access.open([](http::request&) { return health(); }));
  routes.add(get, "/readyz", access.open([&](http::request&) { return readiness(whole, room); }));
  routes.add(get, "/metrics", access.open([&](http::request& r) { return metrics(whole, r); }));
}

}  // namespace commands
