#include "ranking/rules.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace ranking {

using namespace std::chrono;

namespace {

constexpr int seconds_bits = 31;
constexpr std::int64_t seconds_max = (std::int64_t{1} << seconds_bits) - 1;
constexpr std::int64_t first_second = sys_seconds{sys_days{2020y / January / 1}}.time_since_epoch().count();

std::string suffix_of(period p, const calendar& c) {
  const auto name = period_names[static_cast<std::size_t>(p)];
  const auto first = first_day(c, p);
  return first ? fmt::format(":{}:{}", name, base::to_iso(*first)) : fmt::format(":{}", name);
}

}  // namespace

std::int64_t score_of(std::int64_t points, std::int64_t reached_at) {
  const auto seconds = std::clamp<std::int64_t>(reached_at - first_second, 0, seconds_max);
  return seconds - (std::clamp<std::int64_t>(points, 0, points_max) << seconds_bits);
}

std::int64_t points_in(std::int64_t score) { return -(score >> seconds_bits); }

std::string member_of(std::int64_t person_id) { return fmt::format("{:012}", person_id); }

std::int64_t person_of(const std::string& member) { return base::to_integer(member).value_or(0); }

std::optional<period> period_named(std::string_view name) {
  const auto found = std::ranges::find(period_names, name);
  if (found == period_names.end()) return {};
  return static_cast<period>(found - period_names.begin());
}

calendar calendar_at(base::time_point now, minutes offset) {
  const sys_days today = base::day_of(now, offset);
  const year_month_day date{today};
  return {today, today - (weekday{today} - Monday), sys_days{date.year() / date.month() / 1}, offset};
}

std::optional<sys_days> first_day(const calendar& c, period p) {
  switch (p) {
    case period::day:
      return c.day;
    case period::week:
      return c.week;
    case period::month:
      return c.month;
    case period::all:
      break;
  }
  return {};
}

base::time_point start_of(const calendar& c, sys_days first) { return base::time_point{first} - c.offset; }

std::int64_t expiry_of(const calendar& c, period p) {
  const auto first = first_day(c, p);
  if (!first) return 0;
  const sys_days next_month =
      sys_days{(year_month_day{c.month}.year() / year_month_day{c.month}.month() + months{1}) / 1};
  const sys_days end = p == period::day ? *first + days{1} : p == period::week ? *first + days{7} : next_month;
  return floor<seconds>(start_of(c, end + days{1}).time_since_epoch()).count();
}

std::string board_key(std::int64_t organisation_id, std::int64_t trade_id, period p, const calendar& c) {
  const std::string trade = trade_id ? std::to_string(trade_id) : "all";
  return fmt::format("{}{}:{}{}", board_prefix, organisation_id, trade, suffix_of(p, c));
}

bool is_current(std::string_view board_key, const calendar& c) {
  for (const auto p : {period::day, period::week, period::month, period::all})
    if (board_key.ends_with(suffix_of(p, c))) return true;
  return false;
}

}  // namespace ranking
