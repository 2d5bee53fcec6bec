#include "exam/drawing.hpp"

#include <gmock/gmock.h>

#include <numeric>
#include <set>

using namespace exam;
using question::type;
using testing::ElementsAre;
using testing::IsEmpty;

namespace {

constexpr auto single = type::single_choice, multiple = type::multiple_choice, judged = type::true_false;

// A bank made by hand: ranges with weights, points, and how many questions of each type a point has.
class hand_made_bank {
 public:
  int range(const std::string& code, int weight) {
    outline.ranges.push_back({.range_id = std::ssize(outline.ranges) + 1,
                              .code = code,
                              .name = "range " + code,
                              .weight = weight,
                              .deepest = true});
    return static_cast<int>(outline.ranges.back().range_id);
  }

  void point(int range_id, char importance, const std::map<type, int>& questions) {
    const auto point_id = std::ssize(outline.points) + 1;
    outline.points.push_back(
        {.point_id = point_id, .range_id = range_id, .code = "P" + std::to_string(point_id), .importance = importance});
    for (const auto& [t, count] : questions) {
      for (int i = 0; i < count; ++i) {
        auto q = std::make_unique<bank::published_question>();
        q->question_id = std::ssize(all_) + 1;
        q->version_id = q->question_id + 1000;
        q->type = t;
        q->range_id = range_id;
        q->point_id = point_id;
        q->importance = importance;
        if (t != judged) q->content.options = {"a", "b", "c", "d"};
        lists_[{range_id, t}].push_back(q.get());
        all_.push_back(std::move(q));
      }
    }
  }

  stock offered(std::vector<part> parts) const {
    return stock{blueprint{.parts = std::move(parts)}, outline,
                 [&](std::int64_t range_id, type t) -> std::span<const bank::published_question* const> {
                   const auto list = lists_.find({range_id, t});
                   return list == lists_.end() ? std::span<const bank::published_question* const>{}
                                               : std::span{list->second};
                 }};
  }

  bank::outline outline;

 private:
  std::vector<std::unique_ptr<bank::published_question>> all_;
  std::map<std::pair<std::int64_t, type>, stock::questions> lists_;
};

std::vector<int> counts_of(const std::vector<share>& shares) {
  std::vector<int> counts;
  for (const auto& s : shares) counts.push_back(s.questions);
  return counts;
}

std::vector<std::int64_t> ids_of(const std::vector<drawn_question>& paper) {
  std::vector<std::int64_t> ids;
  for (const auto& q : paper) ids.push_back(q.question->question_id);
  return ids;
}

// Every promise of a drawn paper at once.
void expect_sound(const stock& from, const std::vector<drawn_question>& paper) {
  std::map<std::int64_t, int> of_range, of_point;
  std::set<std::int64_t> seen;
  std::size_t at = 0;
  for (const auto& p : from.blueprint().parts)
    for (int i = 0; i < p.questions; ++i, ++at) {
      ASSERT_LT(at, paper.size());
      EXPECT_EQ(paper[at].question->type, p.type) << "parts stand together, in the blueprint's order";
      EXPECT_EQ(paper[at].points, p.points);
      EXPECT_TRUE(seen.insert(paper[at].question->question_id).second) << "no question twice";
      ++of_range[paper[at].question->range_id];
    }
  EXPECT_EQ(at, paper.size());
  std::map<std::string, int> by_code;
  for (const auto& q : paper) ++of_point[q.question->point_id];
  int total = 0;
  for (const auto& range : from.ranges()) total += range.share;
  EXPECT_EQ(total, from.blueprint().questions());
}

}  // namespace

TEST(spreading, gives_each_range_its_weight_and_the_rest_to_the_largest_remainders) {
  struct row {
    std::vector<std::pair<std::string, int>> ranges;
    int questions;
    std::vector<int> expected;
  };
  const row rows[] = {
      {{{"A", 5000}, {"B", 3000}, {"C", 2000}}, 10, {5, 3, 2}},
      {{{"A", 500}, {"B", 9500}}, 10, {0, 10}},  // 0.5 and 9.5: the tie goes to the larger weight ...
      {{{"A", 9500}, {"B", 500}}, 10, {10, 0}},
      {{{"B", 2500}, {"A", 2500}, {"C", 5000}}, 2, {0, 1, 1}},  // ... then to the smaller code
      {{{"A", 3334}, {"B", 3333}, {"C", 3333}}, 100, {34, 33, 33}},
      {{{"A", 10000}}, 7, {7}},
      {{{"A", 10000}, {"B", 0}}, 7, {7, 0}},
      {{{"A", 0}}, 7, {0}},
  };
  for (const auto& r : rows) {
    hand_made_bank bank;
    for (const auto& [code, weight] : r.ranges) bank.range(code, weight);
    EXPECT_EQ(counts_of(spread(bank.outline, r.questions)), r.expected);
  }
}

TEST(spreading, looks_at_the_deepest_ranges_alone) {
  hand_made_bank bank;
  bank.range("A", 10000);
  bank.outline.ranges.front().deepest = false;
  bank.range("AA", 6000);
  bank.range("AB", 4000);
  const auto shares = spread(bank.outline, 10);
  EXPECT_THAT(counts_of(shares), ElementsAre(6, 4));
  EXPECT_EQ(shares.front().range->code, "AA");
}

TEST(drawing, meets_the_counts_of_ranges_and_types) {
  hand_made_bank bank;
  for (const auto& [code, weight] : {std::pair{"A", 2500}, {"B", 3500}, {"C", 4000}}) {
    const int range = bank.range(code, weight);
    for (int i = 0; i < 12; ++i) bank.point(range, i < 9 ? 'X' : 'Y', {{single, 2}, {multiple, 1}, {judged, 1}});
  }
  const auto from = bank.offered({{single, 12, 100}, {multiple, 4, 200}, {judged, 4, 50}});
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const auto paper = draw(from, seed);
    ASSERT_TRUE(paper);
    expect_sound(from, *paper);
    std::map<std::int64_t, int> of_range;
    std::set<std::int64_t> points;
    for (const auto& q : *paper) ++of_range[q.question->range_id], points.insert(q.question->point_id);
    EXPECT_THAT(of_range, ElementsAre(std::pair{1, 5}, std::pair{2, 7}, std::pair{3, 8}));
    EXPECT_EQ(points.size(), 20u) << "no point twice";
  }
}

TEST(drawing, gives_the_same_paper_for_the_same_seed_and_another_for_another) {
  hand_made_bank bank;
  const int range = bank.range("A", 10000);
  for (int i = 0; i < 40; ++i) bank.point(range, 'X', {{single, 3}});
  const auto from = bank.offered({{single, 20, 100}}), again = bank.offered({{single, 20, 100}});
  const auto one = draw(from, 7).value(), same = draw(again, 7).value(), other = draw(from, 8).value();
  EXPECT_EQ(ids_of(one), ids_of(same));
  for (std::size_t i = 0; i < one.size(); ++i) EXPECT_EQ(one[i].option_order, same[i].option_order);
  EXPECT_NE(ids_of(one), ids_of(other));
}

TEST(drawing, takes_core_points_before_general_and_auxiliary_ones) {
  hand_made_bank bank;
  const int range = bank.range("A", 10000);
  for (const char importance : {'Z', 'Y', 'X', 'Y', 'X', 'Z', 'X'}) bank.point(range, importance, {{single, 2}});
  std::set<std::int64_t> general;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    std::string drawn;
    const auto from = bank.offered({{single, 4, 100}});
    for (const auto& q : draw(from, seed).value()) {
      drawn += q.question->importance;
      if (q.question->importance == 'Y') general.insert(q.question->point_id);
    }
    std::ranges::sort(drawn);
    EXPECT_EQ(drawn, "XXXY");
  }
  EXPECT_EQ(general.size(), 2u) << "chance decides between points of the same importance";
}

TEST(drawing, repeats_a_point_only_when_every_point_has_been_used) {
  hand_made_bank bank;
  const int range = bank.range("A", 10000);
  for (const char importance : {'X', 'X', 'Y', 'Z'}) bank.point(range, importance, {{single, 3}});
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const auto from = bank.offered({{single, 6, 100}});
    std::map<std::int64_t, int> of_point;
    for (const auto& q : draw(from, seed).value()) ++of_point[q.question->point_id];
    EXPECT_THAT(of_point, ElementsAre(std::pair{1, 2}, std::pair{2, 2}, std::pair{3, 1}, std::pair{4, 1}));
  }
}

TEST(drawing, finds_distinct_points_where_taking_the_first_that_fits_would_not) {
  hand_made_bank bank;
  const int range = bank.range("A", 10000);
  bank.point(range, 'X', {{single, 5}, {multiple, 5}});
  bank.point(range, 'X', {{single, 5}});
  bank.point(range, 'Y', {{single, 5}, {judged, 5}});
  bank.point(range, 'Z', {{judged, 1}, {multiple, 1}});
  const auto from = bank.offered({{single, 2, 100}, {multiple, 1, 100}, {judged, 1, 100}});
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    std::set<std::int64_t> points;
    for (const auto& q : draw(from, seed).value()) points.insert(q.question->point_id);
    EXPECT_EQ(points.size(), 4u);
  }
}

TEST(drawing, fills_a_table_that_leaves_a_single_way) {
  hand_made_bank bank;
  const int a = bank.range("A", 5000), b = bank.range("B", 3000), c = bank.range("C", 2000);
  for (int i = 0; i < 5; ++i) bank.point(a, 'X', {{single, 1}});
  for (int i = 0; i < 3; ++i) bank.point(b, 'X', {{judged, 1}, {single, 1}});
  for (int i = 0; i < 2; ++i) bank.point(c, 'X', {{multiple, 1}, {single, 1}});
  const auto from = bank.offered({{single, 5, 100}, {judged, 3, 100}, {multiple, 2, 100}});
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const auto paper = draw(from, seed);
    ASSERT_TRUE(paper);
    expect_sound(from, *paper);
  }
}

TEST(drawing, shuffles_options_and_questions_within_their_part) {
  hand_made_bank bank;
  const int range = bank.range("A", 10000);
  for (int i = 0; i < 10; ++i) bank.point(range, 'X', {{single, 1}});
  for (int i = 0; i < 10; ++i) bank.point(range, 'X', {{judged, 1}});
  const auto from = bank.offered({{single, 10, 100}, {judged, 10, 100}});
  std::set<std::int64_t> first;
  std::set<std::string> orders;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const auto paper = draw(from, seed).value();
    first.insert(paper.front().question->question_id);
    for (const auto& q : paper) {
      auto letters = q.option_order;
      std::ranges::sort(letters);
      EXPECT_EQ(letters, q.question->type == judged ? "" : "ABCD");
      if (q.question->type == single) orders.insert(q.option_order);
    }
  }
  EXPECT_EQ(first.size(), 10u);
  EXPECT_EQ(orders.size(), 24u);
}

TEST(a_blueprint_that_the_bank_cannot_fill, names_the_range_that_lacks_questions) {
  hand_made_bank bank;
  const int a = bank.range("A", 5000), b = bank.range("B", 5000);
  bank.point(a, 'X', {{single, 20}});
  bank.point(b, 'X', {{single, 2}});
  const auto refused = draw(bank.offered({{single, 10, 100}}), 1);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "blueprint_lacks_questions");
  EXPECT_EQ(refused.error().kind, base::problem_kind::invalid);
  ASSERT_EQ(refused.error().faults.size(), 2u);
  EXPECT_EQ(refused.error().faults[0].code, "range_lacks_questions");
  EXPECT_THAT(refused.error().faults[0].values, ElementsAre(std::pair{"need", "5"}, std::pair{"have", "2"},
                                                            std::pair{"range", "B"}, std::pair{"name", "range B"}));
  EXPECT_EQ(refused.error().faults[1].pointer, "/parts/0");
}

TEST(a_blueprint_that_the_bank_cannot_fill, names_the_type_that_lacks_questions) {
  hand_made_bank bank;
  const int a = bank.range("A", 5000), b = bank.range("B", 5000);
  bank.point(a, 'X', {{single, 20}, {judged, 1}});
  bank.point(b, 'X', {{single, 20}, {judged, 1}});
  const auto refused = draw(bank.offered({{single, 6, 100}, {judged, 4, 100}}), 1);
  ASSERT_FALSE(refused);
  ASSERT_EQ(refused.error().faults.size(), 1u);
  EXPECT_EQ(refused.error().faults[0].pointer, "/parts/1");
  EXPECT_EQ(refused.error().faults[0].code, "part_lacks_questions");
  EXPECT_THAT(refused.error().faults[0].values, ElementsAre(std::pair{"need", "4"}, std::pair{"have", "2"}));
}

TEST(a_blueprint_that_the_bank_cannot_fill, names_the_places_where_both_margins_cannot_be_met_together) {
  hand_made_bank bank;
  const int a = bank.range("A", 5000), b = bank.range("B", 5000);
  bank.point(a, 'X', {{single, 5}, {multiple, 5}});
  bank.point(b, 'X', {{single, 1}, {judged, 5}});
  const auto filled = draw(bank.offered({{single, 2, 100}, {multiple, 4, 100}, {judged, 4, 100}}), 1);
  EXPECT_TRUE(filled) << "one single and four multiple from A, one single and four judged from B";
  // Each range could give five and each type has enough; but B can give no more than one single and three judged.
  const auto refused = draw(bank.offered({{single, 4, 100}, {multiple, 3, 100}, {judged, 3, 100}}), 1);
  ASSERT_FALSE(refused);
  std::vector<std::string> faults;
  for (const auto& fault : refused.error().faults)
    faults.push_back(fault.pointer + " " + fault.code + " " + fault.values[2].second + " " + fault.values[0].second +
                     " for " + fault.values[1].second);
  EXPECT_THAT(faults, ElementsAre("/parts/0 range_lacks_of_part B 2 for 1", "/parts/1 range_lacks_of_part B 1 for 0"));
}

// The flow against trying every table, on small banks.
TEST(drawing, succeeds_exactly_where_a_table_exists) {
  base::seeded_random random{2024};
  int filled = 0, refused = 0;
  for (int round = 0; round < 400; ++round) {
    hand_made_bank bank;
    std::vector<std::array<int, 2>> have;
    const int ranges = 2 + static_cast<int>(random.below(2));
    for (int i = 0; i < ranges; ++i) {
      const int range =
          bank.range(std::string(1, static_cast<char>('A' + i)), 1000 + static_cast<int>(random.below(5000)));
      have.push_back({static_cast<int>(random.below(6)), static_cast<int>(random.below(6))});
      bank.point(range, 'X', {{single, have.back()[0]}, {judged, have.back()[1]}});
    }
    const int singles = 1 + static_cast<int>(random.below(5)), others = 1 + static_cast<int>(random.below(5));
    const auto from = bank.offered({{single, singles, 1}, {judged, others, 1}});
    // With two types a table is how many singles each range gives: the sums of the least and the most must enclose
    // them.
    std::map<std::string, int> share_of;
    for (const auto& r : from.ranges()) share_of[r.code] = r.share;
    int least = 0, most = 0;
    bool possible = true;
    for (int i = 0; i < ranges; ++i) {
      const auto found = share_of.find(std::string(1, static_cast<char>('A' + i)));
      const int share = found == share_of.end() ? 0 : found->second;
      const auto [s, o] = have[static_cast<std::size_t>(i)];
      possible = possible && s + o >= share;
      least += std::max(0, share - o);
      most += std::min(s, share);
    }
    possible = possible && least <= singles && singles <= most;
    const auto paper = draw(from, static_cast<std::uint64_t>(round));
    ASSERT_EQ(paper.has_value(), possible) << "round " << round;
    if (paper) expect_sound(from, *paper);
    if (!paper) EXPECT_THAT(paper.error().faults, testing::Not(IsEmpty()));
    ++(paper ? filled : refused);
  }
  EXPECT_GT(filled, 50);
  EXPECT_GT(refused, 50);
}
