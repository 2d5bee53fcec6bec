#include <CLI/CLI.hpp>
#include <iostream>

#include "commands/commands.hpp"
#include "postgres/migrations.hpp"

namespace migrations {
extern const base::embedded_files files;
}

namespace commands {

void add_migrate_command(CLI::App& root, settings_source settings) {
  auto* command =
      root.add_subcommand("migrate", "Bring the database to this version's tables; forward only, safe to repeat.");
  command->callback([settings = std::move(settings)] {
    const auto applied = postgres::migrate(settings().postgres, migrations::files);
    for (const auto& name : applied) std::cout << "applied " << name << '\n';
    if (applied.empty()) std::cout << "nothing to apply\n";
  });
}

void add_config_command(CLI::App& root, settings_source settings) {
  auto* command =
      root.add_subcommand("config", "Print every setting with its default and meaning, then check the present ones.");
  command->callback([settings = std::move(settings)] {
    for (const auto& each : all_settings())
      std::cout << "# " << each.meaning << '\n' << each.name << " = " << each.otherwise << "\n\n";
    settings();
    std::cout << "# The present configuration is valid.\n";
  });
}

}  // namespace commands
