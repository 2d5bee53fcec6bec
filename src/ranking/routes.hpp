// HTTP of ranking. One call a worker.
#pragma once
#include "ranking/service.hpp"

namespace ranking {

void add_routes(http::router& routes, const identity::guard& access, service& verbs);

}  // namespace ranking
