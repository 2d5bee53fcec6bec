#include "base/time.hpp"

#include <fmt/format.h>

namespace base {
namespace {

using namespace std::chrono;

// Reads `length` digits at `at`; -1 where something else stands.
int digits(std::string_view text, std::size_t at, std::size_t length) {
  int number = 0;
  for (std::size_t i = at; i < at + length; ++i) {
    if (i >= text.size() || text[i] < '0' || text[i] > '9') return -1;
    number = number * 10 + (text[i] - '0');
  }
  return number;
}

}  // namespace

time_point now() { return time_point_cast<microseconds>(system_clock::now()); }

std::string to_iso(sys_days day) {
  const year_month_day date{day};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

std::string to_iso(time_point time) {
  const auto day = floor<days>(time);
  const auto since = time - day;
  const auto seconds = duration_cast<std::chrono::seconds>(since);
  const auto milliseconds = duration_cast<std::chrono::milliseconds>(since - seconds).count();
  const auto fraction = milliseconds ? fmt::format(".{:03}", milliseconds) : std::string{};
  return fmt::format("{}T{:02}:{:02}:{:02}{}Z", to_iso(day), seconds.count() / 3600, seconds.count() / 60 % 60,
                     seconds.count() % 60, fraction);
}

std::optional<time_point> from_iso(std::string_view text) {
  const int year_number = digits(text, 0, 4), month_number = digits(text, 5, 2), day_number = digits(text, 8, 2);
  const int hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  if (text.size() < 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':')
    return {};
  if (year_number < 0 || month_number < 0 || day_number < 0 || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
      second < 0 || second > 59)
    return {};
  const year_month_day date{year{year_number}, month{static_cast<unsigned>(month_number)},
                            day{static_cast<unsigned>(day_number)}};
  if (!date.ok()) return {};
  auto rest = text.substr(19);
  microseconds fraction{0};
  if (rest.front() == '.') {
    rest.remove_prefix(1);
    std::int64_t unit = 100000;
    std::size_t length = 0;
    for (; length < rest.size() && rest[length] >= '0' && rest[length] <= '9'; ++length, unit /= 10)
      fraction += microseconds{(rest[length] - '0') * unit};
    if (length == 0 || length > 9) return {};
    rest.remove_prefix(length);
  }
  minutes offset{0};
  if (rest == "Z" || rest == "z") {
  } else if (rest.size() == 6 && (rest[0] == '+' || rest[0] == '-') && rest[3] == ':') {
    const int hours_off = digits(rest, 1, 2), minutes_off = digits(rest, 4, 2);
    if (hours_off < 0 || hours_off > 14 || minutes_off < 0 || minutes_off > 59) return {};
    offset = minutes{(rest[0] == '-' ? -1 : 1) * (hours_off * 60 + minutes_off)};
  } else {
    return {};
  }
  return time_point{sys_days{date}} + hours{hour} + minutes{minute} + seconds{second} + fraction - offset;
}

sys_days day_of(time_point time, minutes offset) { return floor<days>(time + offset); }

}  // namespace base
