#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "commands/commands.hpp"
#include "commands/platform.hpp"

namespace commands {
namespace {

void print_routes() {
  configuration settings = read_configuration("", {});
  settings.workers = 1;
  settings.password = {.threads = 1, .operations = 1, .memory_kib = 8};
  const platform whole{std::move(settings)};
  auto rows = nlohmann::ordered_json::array();
  for (const auto& route : whole.rooms.front().routes.listing())
    rows.push_back({{"method", http::name_of(route.verb)}, {"path", route.pattern}, {"access", route.access}});
  std::cout << rows.dump(2) << '\n';
}

void print_roles() {
  nlohmann::ordered_json table;
  for (const auto permission : identity::all_permissions()) {
    auto& roles = table[std::string(identity::name_of(permission))] = nlohmann::ordered_json::array();
    for (const auto& [role, name] : identity::all_roles())
      if (identity::holds(role, permission)) roles.push_back(name);
  }
  std::cout << table.dump(2) << '\n';
}

}  // namespace

void add_routes_command(CLI::App& root) {
  auto* command = root.add_subcommand("routes", "Print every route with the access it declares, as JSON.");
  auto roles = std::make_shared<bool>(false);
  command->add_flag("--roles", *roles, "print which roles hold each permission instead");
  command->callback([roles] { *roles ? print_roles() : print_routes(); });
}

}  // namespace commands
