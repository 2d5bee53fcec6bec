// Stars, unlocking, and which questions a run asks.
#include "practice/rules.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace {

using practice::candidate;
using practice::need;
using practice::stage_state;

struct stars_case {
  int right, questions, threshold, stars;
};
const stars_case star_cases[] = {
    {0, 5, 60, 0},  {2, 5, 60, 0},  {3, 5, 60, 1},  {4, 5, 60, 2},    {5, 5, 60, 3},  // the usual stage
    {0, 1, 60, 0},  {1, 1, 60, 3},                                                    // ranges with few questions
    {1, 2, 60, 0},  {2, 2, 60, 3},  {1, 3, 60, 0},  {2, 3, 60, 1},    {3, 4, 60, 1},  {7, 10, 60, 1}, {8, 10, 60, 2},
    {9, 10, 60, 2}, {8, 10, 90, 0}, {9, 10, 90, 2}, {10, 10, 100, 3}, {1, 10, 10, 1},  // other thresholds
    {0, 0, 60, 0},
};

TEST(stars, begin_at_the_threshold_and_end_with_everything_right) {
  for (const auto& c : star_cases)
    EXPECT_EQ(practice::stars_for(c.right, c.questions, c.threshold), c.stars) << c.right << " of " << c.questions;
}

TEST(stages, open_one_after_another) {
  using enum stage_state;
  EXPECT_EQ(practice::states_of({}), std::vector<stage_state>{});
  EXPECT_EQ(practice::states_of({false, false, false}), (std::vector{open, locked, locked}));
  EXPECT_EQ(practice::states_of({true, false, false}), (std::vector{passed, open, locked}));
  EXPECT_EQ(practice::states_of({true, true, true}), (std::vector{passed, passed, passed}));
}

TEST(stages, stay_passed_when_a_new_one_comes_before_them) {
  using enum stage_state;
  EXPECT_EQ(practice::states_of({true, false, true, false, false}), (std::vector{passed, open, passed, open, locked}));
  EXPECT_EQ(practice::states_of({false, true}), (std::vector{open, passed}));
}

std::vector<candidate> candidates(int wrong, int not_yet, int known) {
  std::vector<candidate> all;
  for (int i = 0; i < wrong; ++i) all.push_back({100 + i, need::wrong_before});
  for (int i = 0; i < not_yet; ++i) all.push_back({200 + i, need::not_yet_right});
  for (int i = 0; i < known; ++i) all.push_back({300 + i, need::known});
  return all;
}

// How many of each need are among the questions drawn.
std::array<int, 3> drawn_by_need(const std::vector<candidate>& from, std::size_t wanted, std::uint64_t seed) {
  base::seeded_random random{seed};
  const auto questions = practice::drawn(from, wanted, random);
  EXPECT_EQ(std::set<std::int64_t>(questions.begin(), questions.end()).size(), questions.size())
      << "a question came twice";
  std::array<int, 3> counts{};
  for (const auto id : questions) ++counts[static_cast<std::size_t>(id / 100 - 1)];
  return counts;
}

TEST(a_draw, asks_wrong_ones_first_then_new_ones_then_any) {
  using counts = std::array<int, 3>;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    EXPECT_EQ(drawn_by_need(candidates(2, 10, 10), 5, seed), (counts{2, 3, 0}));
    EXPECT_EQ(drawn_by_need(candidates(9, 10, 10), 5, seed), (counts{5, 0, 0}));
    EXPECT_EQ(drawn_by_need(candidates(1, 1, 10), 5, seed), (counts{1, 1, 3}));
    EXPECT_EQ(drawn_by_need(candidates(1, 1, 1), 5, seed), (counts{1, 1, 1}));
    EXPECT_EQ(drawn_by_need({}, 5, seed), (counts{0, 0, 0}));
  }
}

TEST(a_draw, depends_on_its_seed_alone) {
  auto one = candidates(3, 20, 3), other = one;
  std::ranges::reverse(other);
  base::seeded_random a{7}, b{7}, c{8};
  const auto first = practice::drawn(one, 5, a);
  EXPECT_EQ(practice::drawn(other, 5, b), first);
  EXPECT_NE(practice::drawn(one, 5, c), first);
}

TEST(a_draw, gives_every_question_its_turn) {
  std::set<std::int64_t> seen;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    base::seeded_random random{seed};
    for (const auto id : practice::drawn(candidates(0, 20, 0), 5, random)) seen.insert(id);
  }
  EXPECT_EQ(seen.size(), 20U);
}

TEST(points, are_earned_by_events_that_tell_stage_person_and_star_apart) {
  EXPECT_EQ(practice::star_event(17, 4, 2), "stage:17:person:4:stars:2");
  EXPECT_NE(practice::star_event(1, 74, 2), practice::star_event(17, 4, 2));
}

}  // namespace
