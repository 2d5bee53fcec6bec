#include "commands/platform.hpp"

#include "bank/routes.hpp"
#include "bank/store.hpp"
#include "commands/operations.hpp"
#include "exam/routes.hpp"
#include "exam/store.hpp"
#include "http/static_files.hpp"
#include "identity/routes.hpp"
#include "practice/routes.hpp"
#include "practice/store.hpp"
#include "ranking/routes.hpp"

namespace commands {
namespace {

constexpr int hashing_queued_max = 1000;

std::vector<postgres::prepare_statements> statements() {
  return {identity::prepare, bank::prepare, ranking::prepare, practice::prepare, exam::prepare};
}

}  // namespace

platform::platform(configuration its_settings)
    : settings(std::move(its_settings)),
      workers(settings.workers),
      database(settings.postgres, statements(), metrics),
      library(database),
      hasher(settings.password),
      hashing(settings.password.threads, hashing_queued_max) {
  for (std::size_t i = 0; i < workers.count(); ++i) rooms.emplace_back(*this, i);
}

worker_room::worker_room(platform& whole, std::size_t index)
    : loop(whole.workers.loop(index)),
      redis(loop, whole.settings.redis, whole.metrics),
      sessions(whole.session_cache, redis, whole.database, whole.settings.session),
      passwords(loop, whole.hasher, whole.hashing),
      identity(whole.database, redis, sessions, passwords, whole.hasher, whole.settings.sign_in),
      ranking(whole.database, redis, {.day_offset = whole.settings.time_offset}),
      practice(loop, whole.database, whole.library, ranking, whole.metrics),
      exam(loop, whole.database, whole.library, {.grace = whole.settings.exam_grace}, whole.metrics),
      routes(whole.metrics) {
  const identity::guard access{sessions};
  identity::add_routes(routes, access, identity);
  bank::add_routes(routes, access, whole.database, whole.library);
  practice::add_routes(routes, access, practice);
  ranking::add_routes(routes, access, ranking);
  exam::add_routes(routes, access, exam);
  add_operations_routes(routes, access, whole, *this);
  if (!whole.settings.web_folder.empty()) routes.otherwise(http::static_files(whole.settings.web_folder));
}

}  // namespace commands
