#include "commands/bank.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "bank/import.hpp"
#include "bank/readers/reader.hpp"
#include "http/problem.hpp"

namespace commands {
namespace {

void print(const bank::complaint& one) {
  const bool says_where = one.row == 0 || one.field.starts_with('/');  // a JSON pointer needs no row beside it
  const auto row = says_where ? std::string{} : fmt::format(":{}", one.row);
  const auto field = one.field.empty() ? std::string{} : one.field + ": ";
  fmt::print("  {}{}: {}{}\n", one.file, row, field,
             http::message(http::language::en, "fault." + one.code, one.values));
}

void print(std::string_view heading, const std::vector<bank::complaint>& complaints) {
  if (!complaints.empty()) fmt::print("{}: {}\n", heading, complaints.size());
  for (const auto& one : complaints) print(one);
}

void print(std::string_view what, const bank::tally& count) {
  fmt::print("{}: {} new, {} changed, {} as before\n", what, count.created, count.changed, count.same);
}

void check(const std::string& directory) {
  const auto batch = bank::read_batch(bank::origin::bundled, directory, {});
  print("faults", batch.refused);
  print("faults in rows", batch.rejected);
  std::size_t questions = 0;
  for (const auto& outline : batch.outlines) questions += outline.questions.size();
  fmt::print("checked {}: {} occupations, {} outlines, {} questions\n", directory, batch.occupations.size(),
             batch.outlines.size(), questions);
  if (!batch.refused.empty() || !batch.rejected.empty()) throw CLI::RuntimeError(1);
}

void import_from(const std::string& name, const std::string& directory, int secure_percent,
                 const postgres::settings& database) {
  const auto origin = bank::origin_named(name).value();
  const auto batch = bank::read_batch(origin, directory, {.secure_percent = secure_percent});
  const auto report = bank::run_import(database, batch, "import of " + name);
  print("rejected rows", report.rejected);
  if (!report.refused.empty()) {
    print("nothing was imported, faults", report.refused);
    throw CLI::RuntimeError(1);
  }
  print("occupations", report.occupations);
  print("outlines", report.outlines);
  print("questions", report.questions);
  fmt::print("pictures: {} new\n", report.pictures);
  if (report.release_id == 0)
    fmt::print("nothing changed\n");
  else
    fmt::print("published as release {}\n", report.release_id);
}

struct import_options {
  std::string from, directory;
  int secure_percent = bank::read_options{}.secure_percent;
};

}  // namespace

void add_bank_command(CLI::App& root, std::function<postgres::settings()> database) {
  auto* group = root.add_subcommand("bank", "Check and import question banks.");
  group->require_subcommand(1);

  auto* checking =
      group->add_subcommand("check", "Check a question bank in the project's own format, and name every fault.");
  const auto directory = std::make_shared<std::string>();
  checking->add_option("DIRECTORY", *directory, "The folder with occupations.csv and trades/")->required();
  checking->callback([directory] { check(*directory); });

  auto* importing = group->add_subcommand("import", "Import a bank; again, it changes only what has changed.");
  const auto options = std::make_shared<import_options>();
  importing
      ->add_option("--from", options->from,
                   "Where the bank comes from: " + CLI::detail::join(bank::origin_names(), ", "))
      ->required()
      ->check(CLI::IsMember(bank::origin_names()));
  importing
      ->add_option("--secure-percent", options->secure_percent,
                   "For banks that have no pools: how many of a hundred new questions are kept for examinations")
      ->check(CLI::Range(0, 100))
      ->capture_default_str();
  importing->add_option("DIRECTORY", options->directory, "The folder with its files")->required();
  importing->callback([options, database = std::move(database)] {
    import_from(options->from, options->directory, options->secure_percent, database());
  });
}

}  // namespace commands
