// `guildhall exam ...`: work on results from the command line.
#pragma once
#include <functional>

#include "postgres/pool.hpp"

namespace CLI {
class App;
}

namespace commands {

void add_exam_command(CLI::App& root, std::function<postgres::settings()> database);

}  // namespace commands
