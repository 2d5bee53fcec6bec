// Times are UTC with microseconds, as PostgreSQL keeps them. Days begin in the platform's time zone (+08:00 unless
// configured).
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace base {

using time_point = std::chrono::sys_time<std::chrono::microseconds>;

time_point now();

// "2026-03-01T08:00:00Z"; with milliseconds where there are any.
std::string to_iso(time_point time);

// RFC 3339 with a zone ("Z" or "+08:00"); nothing else.
std::optional<time_point> from_iso(std::string_view text);

// The calendar day at `offset` from UTC.
std::chrono::sys_days day_of(time_point time, std::chrono::minutes offset);

// "2026-03-01"
std::string to_iso(std::chrono::sys_days day);

}  // namespace base
