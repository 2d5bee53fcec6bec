// Something this process leans on is away or overloaded (PostgreSQL, Redis, a full queue): the client should try again.
#pragma once
#include <stdexcept>

namespace runtime {

struct unavailable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace runtime
