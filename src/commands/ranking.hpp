// `guildhall ranking rebuild` and `guildhall ranking check`: the boards in Redis against the ledger in PostgreSQL.
#pragma once
#include "commands/commands.hpp"

namespace commands {

void add_ranking_command(CLI::App& root, settings_source settings);

}  // namespace commands
