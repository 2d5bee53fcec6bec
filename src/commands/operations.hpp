// Health, readiness and metrics of this process.
#pragma once
#include "commands/platform.hpp"

namespace commands {

void add_operations_routes(http::router& routes, const identity::guard& access, platform& whole, worker_room& room);

}  // namespace commands
