#include "bank/store.hpp"

#include <pqxx/pqxx>

#include "postgres/array.hpp"

namespace bank {

void prepare(pqxx::connection& connection) {
  connection.prepare("bank_newest_release", "SELECT coalesce(max(release_id), 0) FROM bank_release");
  connection.prepare("bank_outlines", R"(
    SELECT outline_id, trade_id, trade.code AS trade_code, trade.name AS trade_name, level, level_name, outline.code, version,
           outline.name, standard
    FROM outline JOIN trade USING (trade_id) ORDER BY outline_id)");
  connection.prepare("bank_ranges", R"(
    SELECT outline_id, range_id, parent_id, code, name, weight,
           EXISTS (SELECT FROM outline_point WHERE outline_point.range_id = outline_range.range_id) AS deepest
    FROM outline_range ORDER BY outline_id, position)");
  connection.prepare("bank_points", R"(
    SELECT outline_id, point_id, range_id, code, name, importance FROM outline_point ORDER BY outline_id, position)");
  connection.prepare("bank_published", R"(
    SELECT question_id, question_version_id, outline_id, point_id, question.version, difficulty, code, type, pool, content, key, source
    FROM question JOIN question_version USING (question_id, version) ORDER BY question_id)");
  connection.prepare("bank_versions", R"(
    SELECT question_version_id, question_id, type, content, key, source
    FROM unnest($1::bigint[]) WITH ORDINALITY AS asked (question_version_id, place)
    JOIN question_version USING (question_version_id) JOIN question USING (question_id) ORDER BY place)");
  connection.prepare("bank_occupations", R"(
    SELECT taxonomy, code, name, marks, group_code, group_name FROM occupation
    WHERE (position($1 in name) > 0 OR starts_with(code, $1)) AND (code, taxonomy) > ($2, $3)
    ORDER BY code, taxonomy LIMIT $4)");
  connection.prepare("bank_questions", R"(
    SELECT question_id, question.code, outline_point.code AS point, type, pool, difficulty, question.version, content, key, source,
           provenance, reason, (extract(epoch from question_version.created_at) * 1000000)::bigint AS created_at
    FROM question JOIN question_version USING (question_id, version) JOIN outline_point USING (point_id)
    WHERE question.outline_id = $1 AND question_id > $2 ORDER BY question_id LIMIT $3)");
  connection.prepare("bank_media", "SELECT content_type, bytes FROM media WHERE digest = $1");
}

namespace store {
namespace {

std::string text(const pqxx::row& row, const char* name) { return row[name].as<std::string>(); }
std::int64_t number(const pqxx::row& row, const char* name) { return row[name].as<std::int64_t>(); }
int small(const pqxx::row& row, const char* name) { return row[name].as<int>(); }

}  // namespace

std::int64_t newest_release(pqxx::transaction_base& transaction) {
  return transaction.exec_prepared1("bank_newest_release")[0].as<std::int64_t>();
}

std::vector<outline> outlines(pqxx::transaction_base& transaction) {
  std::vector<outline> all;
  std::unordered_map<std::int64_t, std::size_t> places;
  for (const auto& row : transaction.exec_prepared("bank_outlines")) {
    places.emplace(number(row, "outline_id"), all.size());
    all.push_back({number(row, "outline_id"),
                   number(row, "trade_id"),
                   text(row, "trade_code"),
                   text(row, "trade_name"),
                   small(row, "level"),
                   text(row, "level_name"),
                   text(row, "code"),
                   text(row, "version"),
                   text(row, "name"),
                   text(row, "standard"),
                   {},
                   {}});
  }
  const auto its_outline =
      [&](const pqxx::row& row) -> outline* {  // null for one that was imported between the statements
    const auto place = places.find(number(row, "outline_id"));
    return place == places.end() ? nullptr : &all[place->second];
  };
  for (const auto& row : transaction.exec_prepared("bank_ranges")) {
    const auto parent = row["parent_id"].is_null() ? std::optional<std::int64_t>{} : number(row, "parent_id");
    if (auto* of = its_outline(row))
      of->ranges.push_back({number(row, "range_id"), parent, text(row, "code"), text(row, "name"), small(row, "weight"),
                            row["deepest"].as<bool>()});
  }
  for (const auto& row : transaction.exec_prepared("bank_points"))
    if (auto* of = its_outline(row))
      of->points.push_back({number(row, "point_id"), number(row, "range_id"), text(row, "code"), text(row, "name"),
                            text(row, "importance").at(0)});
  return all;
}

std::vector<published_row> published(pqxx::transaction_base& transaction) {
  const auto rows = transaction.exec_prepared("bank_published");
  std::vector<published_row> all;
  all.reserve(rows.size());
  for (const auto& row : rows)
    all.push_back({number(row, "question_id"), number(row, "question_version_id"), number(row, "outline_id"),
                   number(row, "point_id"), small(row, "version"), small(row, "difficulty"), text(row, "code"),
                   text(row, "type"), text(row, "pool"), text(row, "content"), text(row, "key"), text(row, "source")});
  return all;
}

std::vector<question_version> versions(pqxx::transaction_base& transaction,
                                       const std::vector<std::int64_t>& version_ids) {
  postgres::array asked;
  for (const auto id : version_ids) asked.add(id);
  std::vector<question_version> all;
  for (const auto& row : transaction.exec_prepared("bank_versions", asked.str()))
    all.push_back({number(row, "question_version_id"), number(row, "question_id"),
                   question::type_named(text(row, "type")).value(), question::content_of(text(row, "content")),
                   question::key_of(text(row, "key")), text(row, "source")});
  if (all.size() != version_ids.size()) throw std::logic_error("a question version that was asked for does not exist");
  return all;
}

std::vector<occupation> occupations(pqxx::transaction_base& transaction, const std::string& part,
                                    const std::string& after_code, const std::string& after_taxonomy,
                                    std::int64_t limit) {
  std::vector<occupation> page;
  for (const auto& row : transaction.exec_prepared("bank_occupations", part, after_code, after_taxonomy, limit))
    page.push_back({text(row, "taxonomy"), text(row, "code"), text(row, "name"), text(row, "marks"),
                    text(row, "group_code"), text(row, "group_name")});
  return page;
}

std::vector<listed_question> questions(pqxx::transaction_base& transaction, std::int64_t outline_id, std::int64_t after,
                                       std::int64_t limit) {
  std::vector<listed_question> page;
  for (const auto& row : transaction.exec_prepared("bank_questions", outline_id, after, limit))
    page.push_back({number(row, "question_id"), small(row, "difficulty"), small(row, "version"), text(row, "code"),
                    text(row, "point"), text(row, "type"), text(row, "pool"), text(row, "content"), text(row, "key"),
                    text(row, "source"), text(row, "provenance"), text(row, "reason"),
                    base::time_point{std::chrono::microseconds{number(row, "created_at")}}});
  return page;
}

std::optional<picture> media(pqxx::transaction_base& transaction, const std::string& digest) {
  const auto rows = transaction.exec_prepared("bank_media", digest);
  if (rows.empty()) return {};
  return picture{text(rows[0], "content_type"), pqxx::binarystring{rows[0]["bytes"]}.str()};
}

}  // namespace store
}  // namespace bank
