// Everything `serve` runs, wired together: what a process has once, and what each worker has for itself. Nothing is
// connected or started by making it, so that `routes` can list the routes without a database.
#pragma once
#include <list>
#include <memory>

#include "bank/bank.hpp"
#include "commands/configuration.hpp"
#include "exam/service.hpp"
#include "identity/service.hpp"
#include "practice/service.hpp"
#include "ranking/service.hpp"
#include "runtime/workers.hpp"

namespace commands {

struct platform;

// What one worker has; used on its thread alone.
struct worker_room {
  worker_room(platform& whole, std::size_t index);
  worker_room(const worker_room&) = delete;
  worker_room& operator=(const worker_room&) = delete;

  boost::asio::io_context& loop;
  redis::client redis;
  identity::sessions sessions;
  identity::password_queue passwords;
  identity::service identity;
  ranking::service ranking;
  practice::service practice;
  exam::service exam;
  http::router routes;
};

struct platform {
  explicit platform(configuration settings);
  platform(const platform&) = delete;
  platform& operator=(const platform&) = delete;

  configuration settings;
  runtime::metrics metrics;
  runtime::workers workers;  // outlives whatever runs on its loops
  postgres::pool database;
  bank::library library;
  identity::hasher hasher;
  runtime::blocking_pool hashing;
  identity::session_cache session_cache;
  std::atomic<bool> draining = false;
  std::list<worker_room> rooms;
};

}  // namespace commands
