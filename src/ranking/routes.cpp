#include "ranking/routes.hpp"

#include <nlohmann/json.hpp>

#include "http/fields.hpp"
#include "http/json.hpp"

namespace ranking {
namespace {

using nlohmann::ordered_json;

ordered_json to_json(const board_row& row, const board& b) {
  const auto name = b.names.find(row.person_id);
  return {{"rank", row.rank},
          {"person_id", row.person_id},
          {"display_name", name == b.names.end() ? "" : name->second},
          {"points", row.points}};
}

ordered_json to_json(const std::vector<board_row>& rows, const board& b) {
  auto list = ordered_json::array();
  for (const auto& row : rows) list.push_back(to_json(row, b));
  return list;
}

ordered_json to_json(const board& b, const board_query& q, std::int64_t own_id) {
  const auto own = std::ranges::find(b.page.neighbours, own_id, &board_row::person_id);
  return {{"organisation", {{"organisation_id", b.organisation_id}, {"name", b.organisation_name}}},
          {"trade_id", q.trade_id ? ordered_json(q.trade_id) : ordered_json()},
          {"period", period_names[static_cast<std::size_t>(q.period)]},
          {"period_start", b.first_day ? ordered_json(base::to_iso(*b.first_day)) : ordered_json()},
          {"persons", b.page.persons},
          {"top", to_json(b.page.top, b)},
          {"own", own == b.page.neighbours.end() ? ordered_json() : to_json(*own, b)},
          {"neighbours", to_json(b.page.neighbours, b)}};
}

runtime::awaitable<http::response> see_board(service& verbs, http::request& r, const identity::principal& who) {
  http::query_fields query{r};
  board_query q;
  q.organisation_id = query.integer("organisation", 1, INT64_MAX);
  q.trade_id = query.integer("trade", 1, INT64_MAX).value_or(0);
  q.period = period_named(query.one_of("period", period_names).value_or("all")).value_or(period::all);
  query.finish().value();
  const auto found = co_await verbs.find_board(who, q);
  co_return http::json_response(http::dumped(to_json(found.value(), q, who.person_id)));
}

}  // namespace

void add_routes(http::router& routes, const identity::guard& access, service& verbs) {
  routes.add(
      http::method::get, "/api/rankings",
      access.signed_in([&](http::request& r, const identity::principal& who) { return see_board(verbs, r, who); }));
}

}  // namespace ranking
