// The subcommands: each adds itself to the command line and does its work in the callback; exit codes are thrown as
// CLI::RuntimeError.
#pragma once
#include <functional>

#include "commands/configuration.hpp"

namespace CLI {
class App;
}

namespace commands {

using settings_source = std::function<configuration()>;  // reads file and environment when a command needs them

void add_serve_command(CLI::App& root, settings_source settings);
void add_routes_command(CLI::App& root);
void add_migrate_command(CLI::App& root, settings_source settings);
void add_config_command(CLI::App& root, settings_source settings);
void add_account_commands(CLI::App& root, settings_source settings);

}  // namespace commands
