#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "bank/image_builder.hpp"

namespace bank {
namespace {

constexpr std::array<std::pair<pool, std::string_view>, 2> pool_names = {
    {{pool::practice, "practice"}, {pool::secure, "secure"}}};

// The schema Question of the contract.
std::shared_ptr<const std::string> practice_body(const published_question& q) {
  auto options = nlohmann::ordered_json::array();
  for (const auto& text : question::shown_options(q.content, q.practice_order))
    options.push_back({{"letter", std::string(1, static_cast<char>('A' + options.size()))}, {"text", text}});
  const nlohmann::ordered_json body = {
      {"question_id", q.question_id}, {"version", q.version}, {"type", question::name_of(q.type)},
      {"stem", q.content.stem},       {"options", options},   {"media", q.content.media}};
  return std::make_shared<const std::string>(
      body.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

template <class Value>
const Value* found(const std::unordered_map<std::int64_t, std::size_t>& places, const std::vector<Value>& all,
                   std::int64_t id) {
  const auto place = places.find(id);
  return place == places.end() ? nullptr : &all[place->second];
}

}  // namespace

std::string_view name_of(pool p) {
  for (const auto& [named, name] : pool_names)
    if (named == p) return name;
  throw std::logic_error("unknown pool");
}

std::optional<pool> pool_named(std::string_view name) {
  for (const auto& [named, its_name] : pool_names)
    if (its_name == name) return named;
  return {};
}

const outline* image::outline(std::int64_t outline_id) const {
  const auto place = std::ranges::lower_bound(outlines_, outline_id, {}, &bank::outline::outline_id);
  return place != outlines_.end() && place->outline_id == outline_id ? &*place : nullptr;
}

const published_question* image::question(std::int64_t question_id) const {
  return found(by_question_, questions_, question_id);
}

const published_question* image::version(std::int64_t version_id) const {
  return found(by_version_, questions_, version_id);
}

std::span<const published_question* const> image::questions(std::int64_t outline_id, std::int64_t range_id,
                                                            question::type t, pool p) const {
  const auto list = lists_.find({outline_id, range_id, t, p});
  return list == lists_.end() ? std::span<const published_question* const>{} : std::span{list->second};
}

std::size_t image::count(std::int64_t outline_id, pool p) const {
  std::size_t sum = 0;
  for (auto list = lists_.lower_bound({outline_id, INT64_MIN, question::type{}, pool{}}); list != lists_.end();
       ++list) {
    if (std::get<0>(list->first) != outline_id) break;
    if (std::get<pool>(list->first) == p) sum += list->second.size();
  }
  return sum;
}

const published_key& image::key_of(const published_question& q) const {
  return keys_.at(by_question_.at(q.question_id));
}

std::shared_ptr<const image> image_builder::built(std::int64_t release_id, std::vector<outline> outlines,
                                                  std::vector<published_row> rows) {
  auto made = std::make_shared<image>();
  made->release_id = release_id;
  made->outlines_ = std::move(outlines);
  std::unordered_map<std::int64_t, const point*> points;
  for (const auto& one : made->outlines_)
    for (const auto& point : one.points) points.emplace(point.point_id, &point);
  image_builder builder{*made};
  made->questions_.reserve(rows.size());
  made->keys_.reserve(rows.size());
  for (auto& row : rows) builder.take(row, *points.at(row.point_id));
  builder.index();
  return made;
}

void image_builder::take(published_row& row, const point& its_point) {
  const auto type = question::type_named(row.type);
  const auto pool = pool_named(row.pool);
  if (!type || !pool)
    throw std::runtime_error("question " + row.code + " has a type or pool that this program does not know");
  published_question made{.question_id = row.question_id,
                          .version_id = row.version_id,
                          .version = row.version,
                          .code = std::move(row.code),
                          .type = *type,
                          .pool = *pool,
                          .outline_id = row.outline_id,
                          .range_id = its_point.range_id,
                          .point_id = row.point_id,
                          .importance = its_point.importance,
                          .difficulty = row.difficulty,
                          .content = question::content_of(row.content)};
  base::seeded_random random{static_cast<std::uint64_t>(made.version_id)};
  made.practice_order = question::shuffled_order(made.shape(), random);
  made.etag = "\"q" + std::to_string(made.version_id) + "\"";
  if (made.pool == pool::practice) made.practice_body = practice_body(made);
  image_.questions_.push_back(std::move(made));
  image_.keys_.push_back({question::key_of(row.key), std::move(row.source)});
}

void image_builder::index() {
  for (std::size_t i = 0; i < image_.questions_.size(); ++i) {
    const auto& one = image_.questions_[i];
    image_.by_question_.emplace(one.question_id, i);
    image_.by_version_.emplace(one.version_id, i);
    image_.lists_[{one.outline_id, one.range_id, one.type, one.pool}].push_back(&one);
  }
}

}  // namespace bank
