// HTTP of exams. One call a worker.
#pragma once
#include "exam/service.hpp"
#include "http/router.hpp"

namespace exam {

void add_routes(http::router& routes, const identity::guard& access, service& verbs);

}  // namespace exam
