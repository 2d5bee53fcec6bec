#include "commands/configuration.hpp"

#include <unistd.h>

#include <boost/asio/ip/address.hpp>
#include <fstream>
#include <thread>

#include "base/text.hpp"

namespace commands {
namespace {

// False where the text does not fit.
using apply = std::function<bool(configuration&, const std::string&)>;

struct setting {
  setting_facts facts;
  std::string expects;
  apply set;
};

// Durations are set as a count of their own unit.
template <class Member>
setting number(std::string name, std::int64_t otherwise, std::int64_t min, std::int64_t max, std::string meaning,
               Member member) {
  return {{std::move(name), std::to_string(otherwise), std::move(meaning)},
          fmt::format("a number from {} to {}", min, max),
          [=](configuration& c, const std::string& text) {
            const auto value = base::to_integer(text);
            if (!value || *value < min || *value > max) return false;
            auto& place = member(c);
            place = static_cast<std::remove_reference_t<decltype(place)>>(*value);
            return true;
          }};
}

template <class Member>
setting text(std::string name, std::string otherwise, std::string meaning, Member member) {
  return {{std::move(name), std::move(otherwise), std::move(meaning)},
          "text",
          [=](configuration& c, const std::string& value) {
            member(c) = value;
            return true;
          }};
}

template <class Member>
setting flag(std::string name, bool otherwise, std::string meaning, Member member) {
  return {{std::move(name), otherwise ? "true" : "false", std::move(meaning)},
          "true or false",
          [=](configuration& c, const std::string& value) {
            member(c) = value == "true";
            return value == "true" || value == "false";
          }};
}

template <class Member>
setting address(std::string name, std::string otherwise, std::string meaning, Member member) {
  return {{std::move(name), std::move(otherwise), std::move(meaning)},
          "a numeric IP address",
          [=](configuration& c, const std::string& value) {
            boost::system::error_code error;
            boost::asio::ip::make_address(value, error);
            member(c) = value;
            return !error;
          }};
}

setting log_level() {
  return {{"log.level", "info", "lowest level that is logged"},
          "debug, info, warning, error or off",
          [](configuration& c, const std::string& value) {
            using base::log::level;
            const std::pair<const char*, level> levels[] = {{"debug", level::debug},
                                                            {"info", level::info},
                                                            {"warning", level::warning},
                                                            {"error", level::error},
                                                            {"off", level::off}};
            for (const auto& [name, at] : levels)
              if (value == name) return c.log_level = at, true;
            return false;
          }};
}

#define member(place) [](configuration& c) -> auto& { return c.place; }

std::vector<setting> http_settings() {
  return {
      address("http.address", "127.0.0.1", "address to listen on", member(http.address)),
      number("http.port", 8440, 1, 65535, "port to listen on", member(http.port)),
      number("http.workers", 0, 0, 256, "worker threads; 0: one a core", member(workers)),
      number("http.connections_max", 20000, 10, 1000000, "open connections", member(http.connections_max)),
      number("http.body_bytes_max", 65536, 1024, 16777216, "largest request body", member(http.body_bytes_max)),
      number("http.header_bytes_max", 8192, 1024, 65536, "largest request header", member(http.header_bytes_max)),
      number("http.idle_seconds", 75, 1, 3600, "until an idle connection is closed", member(http.idle)),
      number("http.receive_seconds", 15, 1, 600, "from a request's first byte to its last", member(http.receive)),
      number("http.send_seconds", 30, 1, 600, "for one reply", member(http.send)),
      number("http.drain_seconds", 10, 1, 600, "for running requests when the server stops", member(http.drain)),
      flag("http.behind_proxy", false, "take the client's address from the last X-Forwarded-For",
           member(http.behind_proxy)),
      flag("http.log_requests", true, "log every request; failures of the server are always logged",
           member(http.log_requests)),
      text("web.folder", "", "folder of the built pages; empty: none are served", member(web_folder)),
      flag("metrics.public", false, "serve /metrics to other addresses than loopback", member(metrics_public)),
      log_level(),
  };
}

std::vector<setting> store_settings() {
  return {
      text("postgres.connection", "host=127.0.0.1 dbname=guildhall user=guildhall",
           "libpq key words; a password belongs into passfile=", member(postgres.connection)),
      number("postgres.connections", 8, 1, 200, "connections, each with a thread", member(postgres.connections)),
      number("postgres.queued_max", 4096, 1, 1000000, "jobs that may wait or run; more are refused with 503",
             member(postgres.queued_max)),
      number("postgres.statement_timeout_milliseconds", 5000, 10, 600000, "for one statement",
             member(postgres.statement_timeout)),
      number("postgres.lock_timeout_milliseconds", 2000, 10, 600000, "for one lock", member(postgres.lock_timeout)),
      address("redis.address", "127.0.0.1", "address of Redis", member(redis.address)),
      number("redis.port", 6379, 1, 65535, "port of Redis", member(redis.port)),
      number("redis.database", 0, 0, 15, "database of Redis", member(redis.database)),
      text("redis.password_file", "", "file whose first line is the password of Redis; empty: none",
           member(redis.password_file)),
      number("redis.command_timeout_milliseconds", 1000, 10, 60000, "for one command", member(redis.command_timeout)),
  };
}

std::vector<setting> people_settings() {
  return {
      number("password.threads", 1, 1, 64, "threads that hash passwords", member(password.threads)),
      number("password.operations", 2, 1, 20, "time cost of argon2id", member(password.operations)),
      number("password.memory_kib", 65536, 8, 1048576, "memory cost of argon2id", member(password.memory_kib)),
      number("session.hours", 168, 1, 8760, "until a session ends", member(session.lifetime)),
      flag("session.secure_cookie", false, "send the cookie over https only; true in production",
           member(session.secure_cookie)),
      number("session.cache_seconds", 10, 0, 300, "for which a session is used without asking Redis",
             member(session.cache)),
      number("session.outage_minutes", 15, 0, 240, "for which known sessions go on while Redis is away",
             member(session.outage)),
      number("sign_in.failures_per_account_and_address", 5, 1, 1000, "within the window, then 429",
             member(sign_in.failures_per_account_and_address)),
      number("sign_in.failures_per_account", 50, 1, 100000, "within the window, then 429",
             member(sign_in.failures_per_account)),
      number("sign_in.failures_per_address", 300, 1, 1000000, "within the window, then 429",
             member(sign_in.failures_per_address)),
      number("sign_in.window_seconds", 900, 1, 86400, "for which failures are remembered", member(sign_in.window)),
      number("exam.grace_milliseconds", 2000, 0, 60000, "after the deadline, for answers that were on the way",
             member(exam_grace)),
      number("time.offset_minutes", 480, -720, 840, "from UTC, where a day begins", member(time_offset)),
  };
}

#undef member

std::vector<setting> table() {
  auto all = http_settings();
  for (auto&& each : store_settings()) all.push_back(std::move(each));
  for (auto&& each : people_settings()) all.push_back(std::move(each));
  return all;
}

std::string variable_of(const std::string& name) {
  std::string out = "GUILDHALL_";
  for (const char c : name) out += c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

// Variables of the scripts around the program.
bool is_of_scripts(const std::string& variable) {
  return variable == "GUILDHALL_HOME" || variable == "GUILDHALL_CONFIG" || variable == "GUILDHALL_URL" ||
         variable == "GUILDHALL_ACCOUNTS" || variable == "GUILDHALL_PRESET" || variable.starts_with("GUILDHALL_TEST_");
}

struct given {
  std::string name, value, where;
};

std::vector<given> read_file(const std::string& file, std::string& faults) {
  std::vector<given> values;
  std::ifstream in{file};
  if (!in) faults += file + ": cannot be read\n";
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    const auto where = fmt::format("{}:{}", file, ++number);
    const auto plain = base::trimmed(line);
    if (plain.empty() || plain.front() == '#') continue;
    const auto equals = plain.find('=');
    if (equals == std::string::npos)
      faults += where + ": `name = value` expected\n";
    else
      values.push_back({base::trimmed(plain.substr(0, equals)), base::trimmed(plain.substr(equals + 1)), where});
  }
  return values;
}

}  // namespace

std::vector<setting_facts> all_settings() {
  std::vector<setting_facts> all;
  for (const auto& each : table()) all.push_back(each.facts);
  return all;
}

std::vector<std::pair<std::string, std::string>> process_environment() {
  std::vector<std::pair<std::string, std::string>> all;
  for (char** each = environ; *each; ++each) {
    const std::string line = *each;
    const auto equals = line.find('=');
    if (equals != std::string::npos) all.emplace_back(line.substr(0, equals), line.substr(equals + 1));
  }
  return all;
}

configuration read_configuration(const std::string& file,
                                 const std::vector<std::pair<std::string, std::string>>& environment) {
  const auto settings = table();
  configuration made;
  std::string faults;
  std::vector<given> values;
  for (const auto& each : settings) values.push_back({each.facts.name, each.facts.otherwise, "default"});
  if (!file.empty())
    for (auto&& each : read_file(file, faults)) values.push_back(std::move(each));
  for (const auto& [variable, value] : environment) {
    if (!variable.starts_with("GUILDHALL_") || is_of_scripts(variable)) continue;
    const auto found =
        std::ranges::find_if(settings, [&](const setting& s) { return variable_of(s.facts.name) == variable; });
    if (found == settings.end())
      faults += variable + ": there is no such setting\n";
    else
      values.push_back({found->facts.name, value, variable});
  }
  for (const auto& [name, value, where] : values) {
    const auto found = std::ranges::find_if(settings, [&](const setting& s) { return s.facts.name == name; });
    if (found == settings.end())
      faults += fmt::format("{}: there is no setting {}\n", where, name);
    else if (!found->set(made, value))
      faults += fmt::format("{}: {} must be {}, not '{}'\n", where, name, found->expects, value);
  }
  if (!faults.empty()) throw configuration_error(faults);
  if (made.workers == 0) made.workers = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  return made;
}

}  // namespace commands
