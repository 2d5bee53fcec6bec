#include "commands/exam.hpp"

#include <CLI/CLI.hpp>
#include <boost/asio/co_spawn.hpp>
#include <iostream>
#include <memory>

#include "bank/store.hpp"
#include "exam/closing.hpp"

namespace commands {
namespace {

struct rebuild_options {
  std::optional<std::int64_t> sitting_id;
  bool check_only = false;
};

// Where `exam rebuild` finds the bank's keys and the exam's log.
struct room {
  explicit room(postgres::settings s)
      : database(std::move(s), {bank::prepare, exam::prepare}, metrics), library(database) {}
  runtime::metrics metrics;
  postgres::pool database;
  bank::library library;
};

runtime::awaitable<exam::rebuild_report> rebuilt(room& where, rebuild_options options) {
  co_await where.library.refresh();
  co_return co_await exam::rebuild(where.database, where.library, options.sitting_id, options.check_only);
}

void rebuild(postgres::settings settings, const rebuild_options& options) {
  settings.connections = 1;
  settings.statement_timeout = std::chrono::minutes{10};
  room where{std::move(settings)};
  boost::asio::io_context loop;
  exam::rebuild_report report;
  std::exception_ptr error;
  boost::asio::co_spawn(loop, rebuilt(where, options), [&](std::exception_ptr thrown, exam::rebuild_report made) {
    error = thrown;
    report = std::move(made);
  });
  loop.run();
  if (error) std::rethrow_exception(error);
  for (const auto attempt_id : report.differing)
    std::cout << "attempt " << attempt_id << (options.check_only ? " differs\n" : " put right\n");
  std::cout << report.attempts << " closed attempts, " << report.differing.size()
            << (options.check_only ? " differ\n" : " differed\n");
  if (options.check_only && !report.differing.empty()) throw CLI::RuntimeError(1);
}

}  // namespace

void add_exam_command(CLI::App& root, std::function<postgres::settings()> database) {
  auto* exams = root.add_subcommand("exam", "Exams and their results.");
  exams->require_subcommand(1);
  auto options = std::make_shared<rebuild_options>();
  auto* command = exams->add_subcommand(
      "rebuild", "Compute the results of closed attempts again, from papers, answer log and keys.");
  command->add_option("--sitting", options->sitting_id, "only this sitting");
  command->add_flag("--check", options->check_only, "change nothing; exit with 1 where a result differs");
  command->callback([options, database = std::move(database)] { rebuild(database(), *options); });
}

}  // namespace commands
