// Accounts and organisations from the command line: how a new platform gets its first people.
#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <memory>

#include "base/digest.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "commands/commands.hpp"
#include "identity/rules.hpp"
#include "identity/store.hpp"

namespace commands {
namespace {

[[noreturn]] void fail(const std::string& why) {
  std::cerr << why << '\n';
  throw CLI::RuntimeError(1);
}

struct account_options {
  std::string account, name, organisation, role, password_file;
  bool if_absent = false;
};

struct organisation_options {
  std::string path, kinds;
};

std::unique_ptr<pqxx::connection> connect(const configuration& c) {
  auto connection = postgres::connect(c.postgres);
  identity::prepare(*connection);
  return connection;
}

// The organisation at a path of names, "province/city"; nothing where a part is missing.
std::optional<identity::organisation> at_path(pqxx::transaction_base& t, const std::string& path) {
  std::optional<identity::organisation> found;
  for (const auto& name : base::split(path, '/')) {
    found = identity::find_organisation(t, found ? found->organisation_id : 0, name);
    if (!found) return {};
  }
  return found;
}

std::string password_in(const std::string& file) {
  std::ifstream in{file};
  std::string password;
  if (!std::getline(in, password)) fail(file + ": cannot read a password from its first line");
  const auto length = base::length_of(password);
  if (length < identity::password_characters_min || length > identity::password_characters_max)
    fail(file + ": a password has 8 to 200 characters");
  return password;
}

void create_account(const configuration& c, const account_options& o) {
  const auto role = identity::role_named(o.role);
  if (!role) fail("there is no role " + o.role);
  if (!identity::is_account_name(o.account))
    fail("an account has 3 to 32 lower-case letters, digits, dots, dashes or underscores");
  const auto connection = connect(c);
  pqxx::work t{*connection};
  const auto place = at_path(t, o.organisation);
  if (!place) fail("there is no organisation " + o.organisation);
  if (o.if_absent && !t.exec_prepared("identity_credentials", o.account).empty()) {
    std::cout << "the account " << o.account << " is there already\n";
    return;
  }
  const identity::hasher hasher{c.password};
  const auto made =
      identity::insert_person(t, {.organisation_id = place->organisation_id,
                                  .account = o.account,
                                  .display_name = o.name,
                                  .password_hash = hasher.hash(password_in(o.password_file)),
                                  .first_role = *role,
                                  .creation_key = "command:" + base::to_base64url(base::secret_bytes(18))});
  if (!made) fail("the account " + o.account + " is taken");
  t.commit();
  std::cout << "created " << o.account << '\n';
}

void create_organisation(const configuration& c, const organisation_options& o) {
  const auto names = base::split(o.path, '/');
  const auto kinds = base::split(o.kinds, '/');
  if (names.size() != kinds.size()) fail("--path and --kinds must have the same number of parts");
  const auto connection = connect(c);
  pqxx::work t{*connection};
  std::optional<identity::organisation> parent;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto parent_id = parent ? parent->organisation_id : 0;
    auto found = identity::find_organisation(t, parent_id, names[i]);
    const bool fits = parent ? identity::may_stand_below(kinds[i], parent->kind) : kinds[i] == "province";
    if (!found && !fits) fail("a " + kinds[i] + " may not stand there");
    if (!found) {
      auto made =
          identity::insert_organisation(t, {.parent_id = parent_id,
                                            .kind = kinds[i],
                                            .name = names[i],
                                            .creation_key = "command:" + base::to_base64url(base::secret_bytes(18))});
      if (!made) fail("the name " + names[i] + " is taken");
      found = *made;
      std::cout << "created " << names[i] << '\n';
    }
    parent = found;
  }
  t.commit();
}

}  // namespace

void add_account_commands(CLI::App& root, settings_source settings) {
  auto account = std::make_shared<account_options>();
  auto* accounts = root.add_subcommand("account", "Accounts of people.");
  accounts->require_subcommand(1);
  auto* create = accounts->add_subcommand("create", "Create an account with its first role.");
  create->add_option("--account", account->account, "what the person signs in with")->required();
  create->add_option("--name", account->name, "the person's name")->required();
  create->add_option("--organisation", account->organisation, "path of names, such as 示范省/示范市")->required();
  create
      ->add_option("--role", account->role,
                   "worker, trainer, reviewer, examiner, proctor, centre_manager, administrator or auditor")
      ->required();
  create->add_option("--password-file", account->password_file, "file whose first line is the password")->required();
  create->add_flag("--if-absent", account->if_absent, "leave an existing account as it is");
  create->callback([settings, account] { create_account(settings(), *account); });

  auto organisation = std::make_shared<organisation_options>();
  auto* organisations = root.add_subcommand("organisation", "Organisations of the tree.");
  organisations->require_subcommand(1);
  auto* add = organisations->add_subcommand("create", "Create what is missing of a path of organisations.");
  add->add_option("--path", organisation->path, "names from the province down, such as 示范省/示范市")->required();
  add->add_option("--kinds", organisation->kinds, "their kinds, such as province/city")->required();
  add->callback([settings, organisation] { create_organisation(settings(), *organisation); });
}

}  // namespace commands
