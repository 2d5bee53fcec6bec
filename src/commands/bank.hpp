// `guildhall bank`: checks question banks and imports them.
#pragma once
#include <functional>

#include "postgres/pool.hpp"

namespace CLI {
class App;
}

namespace commands {

// `database` is asked for only by the subcommands that need it. They run in CLI11's callbacks and end with
// CLI::RuntimeError where the exit code is not 0.
void add_bank_command(CLI::App& root, std::function<postgres::settings()> database);

}  // namespace commands
