// The real servers that integration tests talk to: tests/run starts them and names them in the environment.
#pragma once
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "postgres/pool.hpp"
#include "redis/client.hpp"

struct test_servers {
  postgres::settings postgres;
  redis::settings redis;
};

// Settings of the servers; false where the environment names none, and the test should skip.
inline bool find_servers(test_servers& found) {
  const char* database = std::getenv("GUILDHALL_TEST_DATABASE");
  const char* redis = std::getenv("GUILDHALL_TEST_REDIS");
  if (!database || !redis) return false;
  const std::string place = redis;
  found.postgres.connection = database;
  found.redis.address = place.substr(0, place.find(':'));
  found.redis.port = std::stoi(place.substr(place.find(':') + 1));
  return true;
}

#define SKIP_WITHOUT_SERVERS(found) \
  if (!find_servers(found))         \
  GTEST_SKIP() << "no GUILDHALL_TEST_DATABASE and GUILDHALL_TEST_REDIS: run it by tests/run integration"
