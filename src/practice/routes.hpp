// HTTP of practice. One call a worker.
#pragma once
#include "practice/service.hpp"

namespace practice {

void add_routes(http::router& routes, const identity::guard& access, service& verbs);

}  // namespace practice
