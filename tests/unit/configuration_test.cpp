#include "commands/configuration.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

namespace {

using commands::configuration_error;
using commands::read_configuration;

std::string faults_of(const std::string& file, const std::vector<std::pair<std::string, std::string>>& environment) {
  try {
    read_configuration(file, environment);
  } catch (const configuration_error& error) {
    return error.what();
  }
  return "";
}

TEST(configuration, has_documented_defaults_that_hold) {
  const auto made = read_configuration("", {{"PATH", "/bin"}, {"GUILDHALL_HOME", "x"}});
  EXPECT_EQ(made.http.port, 8440);
  EXPECT_GE(made.workers, 1);
  for (const auto& each : commands::all_settings()) EXPECT_FALSE(each.meaning.empty()) << each.name;
}

TEST(configuration, takes_the_environment_before_the_file) {
  const std::string file = testing::TempDir() + "guildhall.conf";
  std::ofstream{file} << "# a comment\nhttp.port = 9000\n\nsession.hours= 2\n";
  const auto made = read_configuration(file, {{"GUILDHALL_HTTP_PORT", "9001"}});
  EXPECT_EQ(made.http.port, 9001);
  EXPECT_EQ(made.session.lifetime, std::chrono::hours{2});
  std::remove(file.c_str());
}

TEST(configuration, names_every_wrong_setting_at_once) {
  const std::string file = testing::TempDir() + "wrong.conf";
  std::ofstream{file} << "http.port = 70000\nno equals\nnot.there = 1\n";
  const auto faults = faults_of(
      file, {{"GUILDHALL_LOG_LEVEL", "loud"}, {"GUILDHALL_HTTP_PORTT", "1"}, {"GUILDHALL_REDIS_ADDRESS", "localhost"}});
  for (const auto* expected :
       {":1: http.port must be a number from 1 to 65535, not '70000'", ":2: `name = value` expected",
        ":3: there is no setting not.there", "GUILDHALL_LOG_LEVEL: log.level must be",
        "GUILDHALL_HTTP_PORTT: there is no such setting", "redis.address must be a numeric IP address"})
    EXPECT_NE(faults.find(expected), std::string::npos) << expected << "\n" << faults;
  std::remove(file.c_str());
}

TEST(configuration, says_when_the_file_is_missing) {
  EXPECT_NE(faults_of("/nonexistent.conf", {}).find("cannot be read"), std::string::npos);
}

}  // namespace
