// Structured log: one JSON object a line on standard error. Lines wait in a buffer for at most a second;
// warnings and errors go out at once. Never log secrets, answers or personal data. Any thread.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace base::log {

enum class level : std::uint8_t { debug, info, warning, error, off };

struct field {
  std::string_view name;
  std::variant<std::string_view, std::int64_t, double, bool> value;
};

void start(level lowest);
void stop();  // writes what is still in the buffer

bool enabled(level at);
void write(level at, std::string_view event, std::initializer_list<field> fields = {});

inline void debug(std::string_view event, std::initializer_list<field> fields = {}) {
  write(level::debug, event, fields);
}
inline void info(std::string_view event, std::initializer_list<field> fields = {}) {
  write(level::info, event, fields);
}
inline void warning(std::string_view event, std::initializer_list<field> fields = {}) {
  write(level::warning, event, fields);
}
inline void error(std::string_view event, std::initializer_list<field> fields = {}) {
  write(level::error, event, fields);
}

}  // namespace base::log
