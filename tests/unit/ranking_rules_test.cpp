// The order of a board, its periods, and its name.
#include "ranking/rules.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace {

using namespace std::chrono;
using namespace std::chrono_literals;
using ranking::period;

constexpr std::int64_t moment = sys_seconds{sys_days{2026y / March / 4}}.time_since_epoch().count();
constexpr minutes shanghai{480};

base::time_point at(const char* iso) { return base::from_iso(iso).value(); }
std::string day(sys_days d) { return base::to_iso(d); }

// As Redis orders members: by score, then by the member's bytes.
struct entry {
  std::int64_t person_id, points, reached_at;
  auto key() const {
    return std::pair{static_cast<double>(ranking::score_of(points, reached_at)), ranking::member_of(person_id)};
  }
};

TEST(a_board, is_ordered_by_points_then_by_who_was_first_then_by_person) {
  const std::vector<entry> expected = {
      {9, 4'000'000, moment}, {3, 50, moment},  {20, 40, moment - 1},          {1, 40, moment},
      {2, 40, moment},        {10, 40, moment}, {123'456'789'012, 40, moment}, {4, 1, moment - 9'000'000}};
  auto rows = expected;
  std::ranges::reverse(rows);
  std::ranges::sort(rows, {}, &entry::key);
  for (std::size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(rows[i].person_id, expected[i].person_id) << i;
}

TEST(a_score, gives_its_points_back) {
  for (const std::int64_t points : {std::int64_t{1}, std::int64_t{10}, std::int64_t{123'456}, ranking::points_max})
    for (const std::int64_t time : {moment, std::int64_t{0}, std::int64_t{1} << 33})
      EXPECT_EQ(ranking::points_in(ranking::score_of(points, time)), points);
}

TEST(a_score, is_exact_in_a_double_up_to_its_limits) {
  for (const std::int64_t time : {std::int64_t{0}, moment, std::int64_t{1} << 40}) {
    const auto score = ranking::score_of(ranking::points_max, time);
    EXPECT_LT(std::abs(score), std::int64_t{1} << 53);
    EXPECT_EQ(static_cast<std::int64_t>(static_cast<double>(score)), score);
  }
  EXPECT_EQ(ranking::score_of(ranking::points_max + 1, moment), ranking::score_of(ranking::points_max, moment))
      << "held at the limit";
}

TEST(a_member, is_the_person_padded_so_that_smaller_ids_come_first) {
  EXPECT_EQ(ranking::member_of(7), "000000000007");
  EXPECT_LT(ranking::member_of(9), ranking::member_of(10));
  for (const std::int64_t id : {std::int64_t{1}, std::int64_t{42}, std::int64_t{999'999'999'999}})
    EXPECT_EQ(ranking::person_of(ranking::member_of(id)), id);
}

struct calendar_case {
  const char* now;
  minutes offset;
  const char *day, *week, *month;
};
const calendar_case calendar_cases[] = {
    {"2026-03-04T12:00:00Z", shanghai, "2026-03-04", "2026-03-02", "2026-03-01"},
    {"2026-03-04T15:59:59Z", shanghai, "2026-03-04", "2026-03-02", "2026-03-01"},
    {"2026-03-04T16:00:00Z", shanghai, "2026-03-05", "2026-03-02", "2026-03-01"},  // midnight in Shanghai
    {"2026-03-01T15:59:59Z", shanghai, "2026-03-01", "2026-02-23", "2026-03-01"},  // Sunday
    {"2026-03-01T16:00:00Z", shanghai, "2026-03-02", "2026-03-02", "2026-03-01"},  // Monday
    {"2026-02-28T15:59:59Z", shanghai, "2026-02-28", "2026-02-23", "2026-02-01"},
    {"2026-02-28T16:00:00Z", shanghai, "2026-03-01", "2026-02-23", "2026-03-01"},
    {"2025-12-31T16:00:00Z", shanghai, "2026-01-01", "2025-12-29", "2026-01-01"},
    {"2026-03-04T16:00:00Z", 0min, "2026-03-04", "2026-03-02", "2026-03-01"},
    {"2026-03-02T03:00:00Z", -300min, "2026-03-01", "2026-02-23", "2026-03-01"},
};

TEST(periods, begin_at_midnight_of_the_platform_and_weeks_on_monday) {
  for (const auto& c : calendar_cases) {
    const auto calendar = ranking::calendar_at(at(c.now), c.offset);
    EXPECT_EQ(day(calendar.day), c.day) << c.now;
    EXPECT_EQ(day(calendar.week), c.week) << c.now;
    EXPECT_EQ(day(calendar.month), c.month) << c.now;
  }
  const auto calendar = ranking::calendar_at(at("2026-03-04T16:00:00Z"), shanghai);
  EXPECT_EQ(base::to_iso(ranking::start_of(calendar, calendar.day)), "2026-03-04T16:00:00Z");
}

TEST(boards, are_kept_for_a_day_after_their_period) {
  const auto expires = [](const char* now, period p) {
    return base::to_iso(base::time_point{seconds{ranking::expiry_of(ranking::calendar_at(at(now), shanghai), p)}});
  };
  EXPECT_EQ(expires("2026-03-04T12:00:00Z", period::day), "2026-03-05T16:00:00Z");
  EXPECT_EQ(expires("2026-03-04T12:00:00Z", period::week), "2026-03-09T16:00:00Z");
  EXPECT_EQ(expires("2026-03-04T12:00:00Z", period::month), "2026-04-01T16:00:00Z");
  EXPECT_EQ(expires("2025-12-15T12:00:00Z", period::month), "2026-01-01T16:00:00Z");
  EXPECT_EQ(ranking::expiry_of(ranking::calendar_at(at("2026-03-04T12:00:00Z"), shanghai), period::all), 0);
}

TEST(boards, are_named_after_organisation_trade_and_period) {
  const auto c = ranking::calendar_at(at("2026-03-04T12:00:00Z"), shanghai);
  EXPECT_EQ(ranking::board_key(1, 0, period::week, c), "board:1:all:week:2026-03-02");
  EXPECT_EQ(ranking::board_key(1, 7, period::day, c), "board:1:7:day:2026-03-04");
  EXPECT_EQ(ranking::board_key(12, 7, period::month, c), "board:12:7:month:2026-03-01");
  EXPECT_EQ(ranking::board_key(1, 0, period::all, c), "board:1:all:all");
}

TEST(boards, of_other_days_are_not_current) {
  const auto c = ranking::calendar_at(at("2026-03-04T12:00:00Z"), shanghai);
  for (const auto p : {period::day, period::week, period::month, period::all})
    EXPECT_TRUE(ranking::is_current(ranking::board_key(3, 4, p, c), c));
  for (const auto* ended : {"board:1:all:day:2026-03-03", "board:1:all:week:2026-03-04", "board:1:7:month:2026-02-01"})
    EXPECT_FALSE(ranking::is_current(ended, c)) << ended;
}

TEST(periods, have_names) {
  for (std::size_t i = 0; i < ranking::period_names.size(); ++i)
    EXPECT_EQ(ranking::period_named(ranking::period_names[i]), static_cast<period>(i));
  EXPECT_FALSE(ranking::period_named("year"));
}

}  // namespace
