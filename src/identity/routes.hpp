// HTTP of identity. One call a worker.
#pragma once
#include "identity/service.hpp"

namespace identity {

void add_routes(http::router& routes, const guard& access, service& verbs);

}  // namespace identity
