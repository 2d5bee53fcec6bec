#include "base/log.hpp"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <cstdio>
#include <iterator>

#include "base/time.hpp"

namespace base::log {
namespace {

constexpr std::size_t buffer_bytes = 1 << 16;
std::atomic<level> lowest_level{level::info};

constexpr std::string_view name_of(level at) {
  switch (at) {
    case level::debug:
      return "debug";
    case level::info:
      return "info";
    case level::warning:
      return "warning";
    default:
      return "error";
  }
}

void append_text(fmt::memory_buffer& line, std::string_view text) {
  line.push_back('"');
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      line.push_back('\\');
      line.push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      fmt::format_to(std::back_inserter(line), "\\u{:04x}", static_cast<unsigned>(c));
    } else {
      line.push_back(c);
    }
  }
  line.push_back('"');
}

struct append_value {
  fmt::memory_buffer& line;
  void operator()(std::string_view text) const { append_text(line, text); }
  void operator()(bool value) const { fmt::format_to(std::back_inserter(line), "{}", value); }
  void operator()(std::int64_t value) const { fmt::format_to(std::back_inserter(line), "{}", value); }
  void operator()(double value) const { fmt::format_to(std::back_inserter(line), "{:.6g}", value); }
};

// The date and time down to the second are formatted once a second, not once a line.
void append_time(fmt::memory_buffer& line, time_point time) {
  thread_local std::chrono::sys_seconds formatted_second{};
  thread_local std::string formatted;
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  if (second != formatted_second || formatted.empty()) {
    formatted = to_iso(time_point{second});
    formatted.pop_back();
    formatted_second = second;
  }
  line.append(formatted);
  fmt::format_to(std::back_inserter(line), ".{:03}Z",
                 std::chrono::duration_cast<std::chrono::milliseconds>(time - second).count());
}

void append(fmt::memory_buffer& line, std::string_view text) { line.append(text.data(), text.data() + text.size()); }

spdlog::logger& logger() {
  static const auto instance = [] {
    std::setvbuf(stderr, nullptr, _IOFBF, buffer_bytes);
    auto made = std::make_shared<spdlog::logger>("guildhall", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%v");
    made->flush_on(spdlog::level::warn);
    spdlog::register_logger(made);
    return made;
  }();
  return *instance;
}

}  // namespace

void start(level lowest) {
  lowest_level = lowest;
  logger();
  spdlog::flush_every(std::chrono::seconds{1});
}

void stop() {
  logger().flush();
  spdlog::shutdown();
}

bool enabled(level at) { return at >= lowest_level.load(std::memory_order_relaxed); }

void write(level at, std::string_view event, std::initializer_list<field> fields) {
  if (!enabled(at)) return;
  fmt::memory_buffer line;
  append(line, R"({"time":")");
  append_time(line, now());
  append(line, R"(","level":")");
  append(line, name_of(at));
  append(line, R"(","event":)");
  append_text(line, event);
  for (const auto& [name, value] : fields) {
    append(line, ",\"");
    append(line, name);
    append(line, "\":");
    std::visit(append_value{line}, value);
  }
  line.push_back('}');
  logger().log(at >= level::warning ? spdlog::level::warn : spdlog::level::info,
               std::string_view{line.data(), line.size()});
}

}  // namespace base::log
