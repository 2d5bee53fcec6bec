// What stands on a board and where: the score that orders it, its members, its period and its name. Pure functions.
#pragma once
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace ranking {

// A board is a sorted set, read in ascending order of
//   score = seconds - points * 2^31,   seconds from 2020-01-01 to when the points were reached,
// so that more points come first, then who reached them first. Redis orders equal scores by member, and members are
// person ids padded with zeros: the smaller id comes first. A score is a double, exact up to 2^53: enough for
// 4 194 303 points and until 2088. What lies beyond is held at the limit.
constexpr std::int64_t points_max = (std::int64_t{1} << 22) - 1;
std::int64_t score_of(std::int64_t points, std::int64_t reached_at);  // Unix seconds
std::int64_t points_in(std::int64_t score);

std::string member_of(std::int64_t person_id);
std::int64_t person_of(const std::string& member);

enum class period : std::uint8_t { day, week, month, all };
constexpr std::array<std::string_view, 4> period_names = {"day", "week", "month", "all"};
std::optional<period> period_named(std::string_view name);

// The periods that are current at a moment; weeks begin on Monday.
struct calendar {
  std::chrono::sys_days day, week, month;  // their first days in the platform's time zone
  std::chrono::minutes offset{0};          // of that zone from UTC
};
calendar calendar_at(base::time_point now, std::chrono::minutes offset);
std::optional<std::chrono::sys_days> first_day(const calendar& c, period p);  // nothing for `all`
base::time_point start_of(const calendar& c, std::chrono::sys_days first_day);

// Unix seconds after which nobody reads the board any more: a day after its period; 0 for never.
std::int64_t expiry_of(const calendar& c, period p);

// "board:1:all:week:2026-03-02", "board:1:7:all". Trade 0 is all trades.
constexpr std::string_view board_prefix = "board:";
std::string board_key(std::int64_t organisation_id, std::int64_t trade_id, period p, const calendar& c);

// Whether a board of that name is read at this moment.
bool is_current(std::string_view board_key, const calendar& c);

}  // namespace ranking
