#include "ranking/store.hpp"

#include <algorithm>

#include "postgres/array.hpp"
#include "ranking/ranking.hpp"

namespace ranking {
namespace {

std::string array_of(const std::vector<std::int64_t>& ids) {
  postgres::array list;
  for (const auto id : ids) list.add(id);
  return list.str();
}

standing standing_in(const pqxx::row& row) {
  standing s{.person_id = row[0].as<std::int64_t>(),
             .entries = row[1].as<std::int64_t>(),
             .organisation_id = row[2].as<std::int64_t>(),
             .trade_id = row[3].as<std::int64_t>()};
  pqxx::row::size_type column = 4;
  for (auto& total : s.totals) {
    total.points = row[column++].as<std::int64_t>();
    total.reached_at = row[column++].as<std::int64_t>();
  }
  return s;
}

}  // namespace

void prepare(pqxx::connection& c) {
  c.prepare("ranking_enter",
            "WITH entered AS ("
            "INSERT INTO point_entry (person_id, organisation_path, trade_id, event, points) "
            "SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::int[]) "
            "ON CONFLICT (event) DO NOTHING RETURNING points) "
            "SELECT coalesce(sum(points), 0) FROM entered");
  // One row for each person, organisation and trade, and one for all trades. An entry counts for every organisation on
  // the path that it carries.
  c.prepare("ranking_standings",
            "WITH entry AS ("
            "SELECT person_id, organisation_path, trade_id, points, earned_at, floor(extract(epoch FROM "
            "earned_at))::bigint AS second, "
            "count(*) OVER (PARTITION BY person_id) AS entries FROM point_entry WHERE person_id = ANY($1::bigint[])) "
            "SELECT person_id, max(entries), o.id, coalesce(trade_id, 0), "
            "coalesce(sum(points) FILTER (WHERE earned_at >= $2), 0), coalesce(max(second) FILTER (WHERE earned_at >= "
            "$2), 0), "
            "coalesce(sum(points) FILTER (WHERE earned_at >= $3), 0), coalesce(max(second) FILTER (WHERE earned_at >= "
            "$3), 0), "
            "coalesce(sum(points) FILTER (WHERE earned_at >= $4), 0), coalesce(max(second) FILTER (WHERE earned_at >= "
            "$4), 0), "
            "sum(points), max(second) "
            "FROM entry CROSS JOIN LATERAL unnest(string_to_array(trim(BOTH '/' FROM organisation_path), "
            "'/')::bigint[]) AS o(id) "
            "GROUP BY GROUPING SETS ((person_id, o.id, trade_id), (person_id, o.id)) ORDER BY person_id");
  c.prepare("ranking_settled_position", "SELECT pg_snapshot_xmin(pg_current_snapshot())::text");
  c.prepare("ranking_entries_after",
            "SELECT person_id, transaction_id::text, entry_id FROM point_entry "
            "WHERE (transaction_id, entry_id) > ($1::xid8, $2::bigint) AND transaction_id < "
            "pg_snapshot_xmin(pg_current_snapshot()) "
            "ORDER BY transaction_id, entry_id LIMIT $3");
  c.prepare("ranking_persons_after",
            "SELECT DISTINCT person_id FROM point_entry WHERE person_id > $1 ORDER BY person_id LIMIT $2");
  c.prepare("ranking_display_names", "SELECT person_id, display_name FROM person WHERE person_id = ANY($1::bigint[])");
}

int enter(pqxx::transaction_base& transaction, std::span<const award> awards) {
  postgres::array persons, paths, trades, events, points;
  for (const auto& a : awards) {
    persons.add(a.person_id);
    paths.add(a.organisation_path);
    trades.add(a.trade_id);
    events.add(a.event);
    points.add(std::int64_t{a.points});
  }
  return transaction
      .exec_prepared1("ranking_enter", persons.str(), paths.str(), trades.str(), events.str(), points.str())[0]
      .as<int>();
}

runtime::awaitable<std::vector<standing>> standings_of(postgres::pool& ledger, std::vector<std::int64_t> persons,
                                                       calendar c) {
  const auto start = [&](std::chrono::sys_days day) { return base::to_iso(start_of(c, day)); };
  co_return co_await ledger.read([&](pqxx::transaction_base& t) {
    std::vector<standing> standings;
    for (const auto& row :
         t.exec_prepared("ranking_standings", array_of(persons), start(c.day), start(c.week), start(c.month)))
      standings.push_back(standing_in(row));
    return standings;
  });
}

runtime::awaitable<ledger_position> settled_position(postgres::pool& ledger) {
  co_return co_await ledger.read([](pqxx::transaction_base& t) {
    return ledger_position{t.exec_prepared1("ranking_settled_position")[0].as<std::string>(), 0};
  });
}

runtime::awaitable<ledger_page> entries_after(postgres::pool& ledger, ledger_position after, int limit) {
  co_return co_await ledger.read([&](pqxx::transaction_base& t) {
    ledger_page page{{}, after};
    for (const auto& row : t.exec_prepared("ranking_entries_after", after.transaction, after.entry, limit)) {
      page.persons.push_back(row[0].as<std::int64_t>());
      page.last = {row[1].as<std::string>(), row[2].as<std::int64_t>()};
    }
    std::ranges::sort(page.persons);
    page.persons.erase(std::ranges::unique(page.persons).begin(), page.persons.end());
    return page;
  });
}

runtime::awaitable<std::vector<std::int64_t>> persons_after(postgres::pool& ledger, std::int64_t after, int limit) {
  co_return co_await ledger.read([&](pqxx::transaction_base& t) {
    std::vector<std::int64_t> persons;
    for (const auto& row : t.exec_prepared("ranking_persons_after", after, limit))
      persons.push_back(row[0].as<std::int64_t>());
    return persons;
  });
}

runtime::awaitable<std::unordered_map<std::int64_t, std::string>> display_names(postgres::pool& database,
                                                                                std::vector<std::int64_t> persons) {
  co_return co_await database.read([&](pqxx::transaction_base& t) {
    std::unordered_map<std::int64_t, std::string> names;
    for (const auto& row : t.exec_prepared("ranking_display_names", array_of(persons)))
      names.emplace(row[0].as<std::int64_t>(), row[1].as<std::string>());
    return names;
  });
}

}  // namespace ranking
