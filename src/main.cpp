// The one binary: reads the command line and hands over to a command.
#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>

#include "commands/bank.hpp"
#include "commands/commands.hpp"
#include "commands/exam.hpp"
#include "commands/ranking.hpp"

int main(int argument_count, char** arguments) {
  CLI::App root{"Guildhall: skills training and certification for industrial workers."};
  root.set_version_flag("--version", GUILDHALL_VERSION);
  root.require_subcommand(1);
  std::string file = std::getenv("GUILDHALL_CONFIG") ? std::getenv("GUILDHALL_CONFIG") : "";
  root.add_option("--config", file, "file of `name = value` lines; also GUILDHALL_CONFIG");
  const auto settings = [&file] { return commands::read_configuration(file, commands::process_environment()); };
  commands::add_serve_command(root, settings);
  commands::add_migrate_command(root, settings);
  commands::add_config_command(root, settings);
  commands::add_routes_command(root);
  commands::add_account_commands(root, settings);
  commands::add_bank_command(root, [settings] { return settings().postgres; });
  commands::add_exam_command(root, [settings] { return settings().postgres; });
  commands::add_ranking_command(root, settings);
  try {
    root.parse(argument_count, arguments);
  } catch (const CLI::ParseError& error) {
    return root.exit(error);
  } catch (const commands::configuration_error& error) {
    std::cerr << "the configuration is not valid:\n" << error.what();
    return 2;
  } catch (const std::exception& error) {
    std::cerr << "guildhall: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
