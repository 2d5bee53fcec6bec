#include "bank/routes.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "bank/store.hpp"
#include "base/text.hpp"
#include "http/fields.hpp"
#include "http/json.hpp"

namespace bank {
namespace {

using nlohmann::ordered_json;
using runtime::awaitable;

constexpr std::size_t cursor_characters_max = 100, text_characters_max = 50, digest_characters = 64;
constexpr std::string_view revalidated = "private, no-cache", for_ever = "private, max-age=31536000, immutable";

// Limit and cursor of a list whose cursor is the last id.
struct page {
  std::int64_t limit = 0, after = 0;
};

// All faults of the query, with that of the cursor where it is no such thing.
base::result<> finished(http::query_fields& query, bool cursor_is_good) {
  auto done = query.finish();
  if (cursor_is_good) return done;
  if (done) return base::refuse({base::fault{"?cursor", "cursor"}});
  done.error().faults.push_back({"?cursor", "cursor"});
  return done;
}

base::result<page> page_in(const http::request& r) {
  http::query_fields query{r};
  const auto cursor = query.text("cursor", cursor_characters_max);
  const auto after = cursor ? base::to_integer(*cursor) : std::optional<std::int64_t>{0};
  const page asked{.limit = query.limit(), .after = after.value_or(0)};
  if (const auto done = finished(query, after && *after >= 0); !done) return std::unexpected(done.error());
  return asked;
}

// One row more than the page holds was asked for: it only tells that there is a next page.
template <class Item, class Cursor>
ordered_json next_cursor(std::vector<Item>& rows, std::int64_t limit, Cursor cursor_of) {
  if (static_cast<std::int64_t>(rows.size()) <= limit) return nullptr;
  rows.pop_back();
  return cursor_of(rows.back());
}

std::string etag_of(const image& image) { return "\"r" + std::to_string(image.release_id) + "\""; }

ordered_json trade_name(const outline& o) {
  return {{"trade_id", o.trade_id}, {"code", o.trade_code}, {"name", o.trade_name}};
}

awaitable<http::response> list_occupations(postgres::pool& database, const http::request& r) {
  http::query_fields query{r};
  const auto text = query.text("text", text_characters_max).value_or("");
  const auto cursor = query.text("cursor", cursor_characters_max).value_or(":");
  const auto limit = query.limit();
  const auto colon = cursor.find(':');  // between taxonomy and code of the last one
  finished(query, colon != std::string::npos).value();
  auto rows = co_await database.read([&](pqxx::transaction_base& transaction) {
    return store::occupations(transaction, text, cursor.substr(colon + 1), cursor.substr(0, colon), limit + 1);
  });
  const auto next = next_cursor(rows, limit, [](const occupation& last) { return last.taxonomy + ":" + last.code; });
  auto items = ordered_json::array();
  for (const auto& one : rows)
    items.push_back({{"taxonomy", one.taxonomy},
                     {"code", one.code},
                     {"name", one.name},
                     {"marks", one.marks},
                     {"group_code", one.group_code},
                     {"group_name", one.group_name}});
  co_return http::json_response(http::dumped(ordered_json{{"occupations", std::move(items)}, {"next_cursor", next}}));
}

awaitable<http::response> list_trades(const library& books, const http::request& r) {
  const auto asked = page_in(r).value();
  const auto image = books.current();
  std::map<std::int64_t, std::vector<const outline*>> trades;
  for (const auto& one : image->outlines())
    if (one.trade_id > asked.after) trades[one.trade_id].push_back(&one);
  auto items = ordered_json::array();
  for (const auto& [trade_id, outlines] : trades) {
    if (static_cast<std::int64_t>(items.size()) == asked.limit) break;
    auto item = trade_name(*outlines.front());
    item["outlines"] = ordered_json::array();
    for (const auto* one : outlines)
      item["outlines"].push_back({{"outline_id", one->outline_id},
                                  {"level", one->level},
                                  {"level_name", one->level_name},
                                  {"name", one->name},
                                  {"questions", image->count(one->outline_id, pool::practice)}});
    items.push_back(std::move(item));
  }
  const bool more = trades.size() > items.size();
  const auto next =
      more ? ordered_json(std::to_string(items.back()["trade_id"].get<std::int64_t>())) : ordered_json(nullptr);
  auto reply = http::json_response(http::dumped(ordered_json{{"trades", std::move(items)}, {"next_cursor", next}}));
  co_return http::cacheable(r, std::move(reply), etag_of(*image), revalidated);
}

// The outline of the path, or a problem.
base::result<const outline*> outline_in(const image& image, const http::request& r) {
  const auto outline_id = http::path_number(r, "outline_id");
  if (!outline_id) return std::unexpected(outline_id.error());
  const auto* found = image.outline(*outline_id);
  if (!found) return base::refuse(base::problem_kind::not_found, "not_found");
  return found;
}

std::map<std::int64_t, int> practice_questions_by_point(const image& image, const outline& o) {
  std::map<std::int64_t, int> counts;
  for (const auto& range : o.ranges)
    for (const auto type : question::all_types())
      for (const auto* one : image.questions(o.outline_id, range.range_id, type, pool::practice))
        ++counts[one->point_id];
  return counts;
}

awaitable<http::response> show_outline(const library& books, const http::request& r) {
  const auto image = books.current();
  const auto& outline = *outline_in(*image, r).value();
  auto counts = practice_questions_by_point(*image, outline);
  std::map<std::int64_t, ordered_json> points;
  for (const auto& one : outline.points)
    points[one.range_id].push_back({{"point_id", one.point_id},
                                    {"code", one.code},
                                    {"name", one.name},
                                    {"importance", std::string(1, one.importance)},
                                    {"questions", counts[one.point_id]}});
  auto ranges = ordered_json::array();
  for (const auto& one : outline.ranges)
    ranges.push_back({{"range_id", one.range_id},
                      {"parent_id", one.parent_id ? ordered_json(*one.parent_id) : ordered_json(nullptr)},
                      {"code", one.code},
                      {"name", one.name},
                      {"weight", one.weight},
                      {"points", one.deepest ? std::move(points[one.range_id]) : ordered_json::array()}});
  const ordered_json body = {{"outline_id", outline.outline_id},
                             {"trade", trade_name(outline)},
                             {"level", outline.level},
                             {"level_name", outline.level_name},
                             {"code", outline.code},
                             {"version", outline.version},
                             {"name", outline.name},
                             {"standard", outline.standard},
                             {"ranges", std::move(ranges)}};
  co_return http::cacheable(r, http::json_response(http::dumped(body)), etag_of(*image), revalidated);
}

// With keys and explanations: for people who may read the bank, and for nobody else.
awaitable<http::response> list_questions(postgres::pool& database, const library& books, const http::request& r) {
  const auto outline_id = outline_in(*books.current(), r).value()->outline_id;
  const auto asked = page_in(r).value();
  auto rows = co_await database.read([&](pqxx::transaction_base& transaction) {
    return store::questions(transaction, outline_id, asked.after, asked.limit + 1);
  });
  const auto next = next_cursor(rows, asked.limit,
                                [](const store::listed_question& last) { return std::to_string(last.question_id); });
  auto items = ordered_json::array();
  for (const auto& one : rows) {
    const auto key = question::key_of(one.key);
    items.push_back({{"question_id", one.question_id},
                     {"code", one.code},
                     {"point", one.point},
                     {"type", one.type},
                     {"pool", one.pool},
                     {"difficulty", one.difficulty},
                     {"version", one.version},
                     {"content", ordered_json::parse(one.content)},
                     {"key", ordered_json::parse(key.answer)},
                     {"explanation", key.explanation},
                     {"source", one.source},
                     {"provenance", one.provenance},
                     {"reason", one.reason},
                     {"created_at", base::to_iso(one.created_at)}});
  }
  co_return http::json_response(http::dumped(ordered_json{{"questions", std::move(items)}, {"next_cursor", next}}));
}

// A picture of a secure question is as open as its digest, which nobody learns who has not been given the question.
awaitable<http::response> show_media(postgres::pool& database, const http::request& r) {
  const std::string digest = r.path_value("digest");
  const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  std::optional<picture> found;
  if (digest.size() == digest_characters && std::ranges::all_of(digest, is_hex))
    found =
        co_await database.read([&](pqxx::transaction_base& transaction) { return store::media(transaction, digest); });
  if (!found) throw std::bad_expected_access(base::problem{.kind = base::problem_kind::not_found, .code = "not_found"});
  const std::string_view type = found->content_type == "image/png" ? "image/png" : "image/jpeg";
  co_return http::cacheable(r, {.content_type = type, .body = std::move(found->bytes)}, "\"" + digest + "\"", for_ever);
}

}  // namespace

void add_routes(http::router& router, const identity::guard& guard, postgres::pool& database, library& books) {
  using identity::permission, identity::principal, http::request;
  router.add(http::method::get, "/api/occupations",
             guard.signed_in([&](request& r, const principal&) { return list_occupations(database, r); }));
  router.add(http::method::get, "/api/trades",
             guard.signed_in([&](request& r, const principal&) { return list_trades(books, r); }));
  router.add(http::method::get, "/api/outlines/{outline_id}",
             guard.signed_in([&](request& r, const principal&) { return show_outline(books, r); }));
  router.add(http::method::get, "/api/outlines/{outline_id}/questions",
             guard.needs(permission::read_bank,
                         [&](request& r, const principal&) { return list_questions(database, books, r); }));
  router.add(http::method::get, "/api/media/{digest}",
             guard.signed_in([&](request& r, const principal&) { return show_media(database, r); }));
}

}  // namespace bank
