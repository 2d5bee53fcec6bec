// Every setting of the program: from a file of `name = value` lines and from the environment, which wins
// (http.port is GUILDHALL_HTTP_PORT). `guildhall config` prints them all.
#pragma once
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "http/server.hpp"
#include "identity/passwords.hpp"
#include "identity/service.hpp"
#include "postgres/pool.hpp"
#include "redis/client.hpp"

namespace commands {

struct configuration {
  http::server_settings http;
  int workers = 0;
  postgres::settings postgres;
  redis::settings redis;
  identity::password_settings password;
  identity::session_settings session;
  identity::sign_in_settings sign_in;
  std::chrono::milliseconds exam_grace{2000};
  std::chrono::minutes time_offset{480};
  std::string web_folder;
  bool metrics_public = false;
  base::log::level log_level = base::log::level::info;
};

struct setting_facts {
  std::string name, otherwise, meaning;
};
std::vector<setting_facts> all_settings();

// Names every wrong setting, one a line.
struct configuration_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// `file` may be empty. Unknown names and values that don't fit throw configuration_error with all of them.
configuration read_configuration(const std::string& file,
                                 const std::vector<std::pair<std::string, std::string>>& environment);

std::vector<std::pair<std::string, std::string>> process_environment();

}  // namespace commands
