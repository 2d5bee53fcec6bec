#include "bank/rules.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <set>

#include "base/digest.hpp"

namespace bank {
namespace {

constexpr std::size_t range_depth_max = 3;
constexpr char separator = '\x1f';  // no text of a bank holds it

// Gathers what belongs to a digest, so that no two different sequences of parts look alike.
class digest {
 public:
  template <class... Part>
  void add(const Part&... part) {
    (append(part), ...);
  }
  std::string hex() const { return base::sha256_hex(text_); }

 private:
  void append(std::string_view part) { text_.append(std::to_string(part.size())).append(1, separator).append(part); }
  void append(int part) { append(std::string_view{std::to_string(part)}); }
  void append(char part) { append(std::string_view{&part, 1}); }
  std::string text_;
};

std::size_t depth_of(const batch_outline& o, std::size_t range) {
  std::size_t depth = 1;
  for (auto parent = o.ranges[range].parent; parent; parent = o.ranges[*parent].parent) ++depth;
  return depth;
}

std::string in_percent(int weight) {
  const auto fraction = weight % 100;
  return std::to_string(weight / 100) +
         (fraction == 0 ? "" : "." + std::to_string(fraction / 10) + std::to_string(fraction % 10));
}

class outline_check {
 public:
  outline_check(const batch_outline& o, std::vector<complaint>& into) : outline_(o), into_(into) {}

  void run() {
    codes_are_different();
    weights_add_up();
    points_are_in_the_deepest();
  }

 private:
  void fail(const std::string& field, std::string code, base::message_values values = {}) {
    into_.push_back({outline_.file, 0, field, std::move(code), std::move(values)});
  }

  void codes_are_different() {
    std::set<std::string_view> ranges, points;
    for (const auto& one : outline_.ranges)
      if (!ranges.insert(one.code).second) fail(one.pointer + "/code", "code_repeated", {{"code", one.code}});
    for (const auto& one : outline_.points)
      if (!points.insert(one.code).second) fail(one.pointer + "/code", "code_repeated", {{"code", one.code}});
  }

  void weights_add_up() {
    std::map<std::optional<std::size_t>, int> below = {{std::nullopt, 0}};
    for (const auto& one : outline_.ranges) below[one.parent] += one.weight;
    for (const auto& [parent, sum] : below) {
      const int expected = parent ? outline_.ranges[*parent].weight : whole_weight;
      const std::string field = parent ? outline_.ranges[*parent].pointer + "/ranges" : "/outline/ranges";
      if (sum != expected) fail(field, "weight_sum", {{"sum", in_percent(sum)}, {"expected", in_percent(expected)}});
    }
  }

  void points_are_in_the_deepest() {
    std::vector<bool> has_ranges(outline_.ranges.size()), has_points(outline_.ranges.size());
    for (const auto& one : outline_.ranges)
      if (one.parent) has_ranges[*one.parent] = true;
    for (const auto& one : outline_.points) has_points[one.range] = true;
    for (std::size_t i = 0; i < outline_.ranges.size(); ++i) {
      if (has_ranges[i] == has_points[i]) fail(outline_.ranges[i].pointer, "range_holds_either");
      if (depth_of(outline_, i) > range_depth_max) fail(outline_.ranges[i].pointer, "range_too_deep");
    }
  }

  const batch_outline& outline_;
  std::vector<complaint>& into_;
};

// Two questions are the same where stem, options and pictures are, in whatever order the options stand.
std::string sameness_of(const batch_question& q) {
  auto options = q.content.options;
  std::ranges::sort(options);
  digest all;
  all.add(q.content.stem);
  for (const auto& option : options) all.add(option);
  for (const auto& media : q.content.media) all.add(media);
  return all.hex();
}

// Takes the questions of a batch one after the other, and remembers what it has seen.
class question_check {
 public:
  explicit question_check(import_batch& batch) : batch_(batch) {}

  bool is_sound(const batch_outline& o, const std::set<std::string_view>& points, const batch_question& q) {
    bool sound = true;
    const auto fail = [&](const std::string& pointer, std::string code, base::message_values values = {}) {
      batch_.rejected.push_back({o.file, q.row, batch_.field_of(q.row, pointer), std::move(code), std::move(values)});
      sound = false;
    };
    for (auto& fault : question::faults_in(q.type, q.content, q.key)) fail(fault.pointer, fault.code, fault.values);
    if (!points.contains(q.point)) fail("/point", "point_unknown", {{"point", q.point}});
    if (!codes_.insert(q.code).second) fail("/code", "code_repeated", {{"code", q.code}});
    if (!sound) return false;
    const auto [first, is_new] = same_.emplace(o.code + separator + sameness_of(q), q.row);
    if (!is_new) fail("/stem", "question_repeated", {{"row", std::to_string(first->second)}});
    return sound;
  }

 private:
  import_batch& batch_;
  std::set<std::string> codes_;
  std::map<std::string, std::size_t> same_;
};

}  // namespace

std::vector<int> shares(const std::vector<int>& sizes, int whole) {
  const std::int64_t all = std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0});
  std::vector<int> out(sizes.size(), 0);
  if (all == 0) return out;
  std::vector<std::size_t> by_remainder(sizes.size());
  std::iota(by_remainder.begin(), by_remainder.end(), std::size_t{0});
  const auto scaled = [&](std::size_t i) { return static_cast<std::int64_t>(sizes[i]) * whole; };
  std::ranges::sort(by_remainder, {}, [&](std::size_t i) { return std::pair{-(scaled(i) % all), i}; });
  int left = whole;
  for (std::size_t i = 0; i < sizes.size(); ++i) left -= out[i] = static_cast<int>(scaled(i) / all);
  for (std::size_t i = 0; left > 0; ++i, --left) ++out[by_remainder[i]];
  return out;
}

std::optional<std::string_view> level_name_of(int level) {
  constexpr std::array<std::string_view, 5> names = {"一级/高级技师", "二级/技师", "三级/高级工", "四级/中级工",
                                                     "五级/初级工"};
  if (level < 1 || level > static_cast<int>(names.size())) return {};
  return names[static_cast<std::size_t>(level - 1)];
}

pool pool_for(std::string_view code, int secure_percent) {
  const auto number = std::stoul(base::sha256_hex(code).substr(0, 8), nullptr, 16);
  return static_cast<int>(number % 100) < secure_percent ? pool::secure : pool::practice;
}

void settle(import_batch& batch) {
  question_check check{batch};
  std::set<std::string> outlines;
  std::map<std::string, const batch_outline*> trades;
  for (auto& outline : batch.outlines) {
    outline_check{outline, batch.refused}.run();
    const auto& first = *trades.emplace(outline.trade_code, &outline).first->second;
    if (first.trade_name != outline.trade_name || first.occupation_code != outline.occupation_code)
      batch.refused.push_back({outline.file, 0, "/trade", "trade_differs", {{"code", outline.trade_code}}});
    if (!outlines.insert(outline.code).second)
      batch.refused.push_back({outline.file, 0, "/outline/code", "code_repeated", {{"code", outline.code}}});
    std::set<std::string_view> points;
    for (const auto& point : outline.points) points.insert(point.code);
    std::erase_if(outline.questions, [&](const batch_question& q) { return !check.is_sound(outline, points, q); });
  }
  std::ranges::sort(batch.rejected, {},
                    [](const complaint& one) { return std::tie(one.file, one.row, one.field, one.code); });
}

std::string digest_of(const batch_outline& o) {
  digest all;
  all.add(o.trade_code, o.level, o.level_name, o.name, o.standard);
  for (const auto& one : o.ranges)
    all.add('R', one.parent ? o.ranges[*one.parent].code : "", one.code, one.name, one.weight);
  for (const auto& one : o.points) all.add('P', o.ranges[one.range].code, one.code, one.name, one.importance);
  return all.hex();
}

std::string digest_of(const batch_question& q) {
  digest all;
  all.add(question::name_of(q.type), question::to_document(q.content), question::to_document(q.key), q.difficulty,
          q.source);
  return all.hex();
}

decision decide(const known_question& known, const batch_question& offered, std::string_view outline_code,
                std::int64_t outline_id, std::int64_t point_id) {
  using enum decision::outcome;
  const auto reject = [](std::string field, std::string code) {
    return decision{rejected, pool::practice, std::move(field), std::move(code)};
  };
  // An answer that was given is read by the question's type for ever, so a code keeps its type.
  if (known.outline_code != outline_code) return reject("/code", "code_taken");
  if (known.type != question::name_of(offered.type)) return reject("/type", "type_changed");
  const auto pool = offered.pool_is_proposed ? known.pool : offered.pool;
  if (known.pool == pool::practice && pool == pool::secure) return reject("/pool", "pool_one_way");
  if (known.digest != digest_of(offered)) return {changed, pool, {}, {}};
  const bool stays = known.pool == pool && known.outline_id == outline_id && known.point_id == point_id;
  return {stays ? same : moved, pool, {}, {}};
}

}  // namespace bank
