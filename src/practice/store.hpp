// Stages, runs, answers and the wrong-question book in PostgreSQL.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/problem.hpp"
#include "base/time.hpp"
#include "postgres/pool.hpp"

namespace practice {

void prepare(pqxx::connection& c);

struct stage_row {
  std::int64_t stage_id = 0;
  std::int64_t range_id = 0;
  int questions = 0;  // wanted
  int threshold_percent = 0;
};

// The stages of an outline, in no order; makes those of `ranges` that are missing.
runtime::awaitable<std::vector<stage_row>> stages_of(postgres::pool& database, std::int64_t outline_id,
                                                     std::vector<std::int64_t> ranges);
runtime::awaitable<std::optional<std::int64_t>> outline_of_stage(postgres::pool& database, std::int64_t stage_id);

struct progress_row {
  std::int64_t stage_id = 0;
  int stars = 0;
  int right_count = 0;
  int runs = 0;
  bool passed = false;
};
runtime::awaitable<std::vector<progress_row>> progress_in(postgres::pool& database, std::int64_t person_id,
                                                          std::int64_t outline_id);

struct new_run {
  std::int64_t person_id = 0;
  std::int64_t stage_id = 0;
  std::int64_t stage_before = 0;  // must be passed; 0: none
  std::string creation_key;
  std::vector<std::int64_t> question_ids;  // to choose from
  int questions = 0;
  std::uint64_t seed = 0;
};
struct created_run {
  std::int64_t run_id = 0;
  std::vector<std::int64_t> question_ids;
  bool fresh = false;  // else it is the one that the key started before, and its questions are not loaded
};
runtime::awaitable<base::result<created_run>> create_run(postgres::pool& database, new_run r);

// What never changes of a run.
struct run_facts {
  std::int64_t person_id = 0;
  std::int64_t stage_id = 0;
  std::vector<std::int64_t> question_ids;  // by position
};
runtime::awaitable<std::optional<run_facts>> find_run_facts(postgres::pool& database, std::int64_t run_id);

struct saved_answer {
  int position = 0;
  std::int64_t version_id = 0;
  std::string shown_order;
  std::string answer;  // in stored letters
  bool is_right = false;
};
struct completion {
  int right = 0;
  int stars = 0;
  int points_earned = 0;
  bool stage_passed = false;  // by this run or an earlier one
};
struct run_row {
  run_facts facts;
  std::vector<saved_answer> answers;  // by position
  std::optional<completion> completed;
};
runtime::awaitable<std::optional<run_row>> find_run(postgres::pool& database, std::int64_t run_id);

// One answer on its way into the database, and what became of it.
struct given_answer {
  std::int64_t run_id = 0;
  int position = 0;
  std::int64_t person_id = 0;
  std::int64_t question_id = 0;
  std::int64_t version_id = 0;
  std::string shown_order;
  std::string answer;  // in stored letters
  bool is_right = false;
  // In case it turns out to be the last one of its run:
  int questions = 0;
  int threshold_percent = 0;
  std::int64_t stage_id = 0;
  std::int64_t trade_id = 0;
  std::string organisation_path;

  bool fresh = false;  // else the question had been answered before, and nothing was changed
  std::optional<completion> completed;
};
// In one transaction: the answers, the wrong-question book, and all that follows from a run's last answer.
runtime::awaitable<> save_answers(postgres::pool& database, std::vector<given_answer>& answers);

struct wrong_row {
  std::int64_t question_id = 0;
  int wrong_count = 0;
  int right_in_a_row = 0;
  std::string last_answer;  // in stored letters
  std::int64_t last_version_id = 0;
  base::time_point last_wrong_at;
};
// Those of `question_ids` that are in the book, in the order of their ids.
runtime::awaitable<std::vector<wrong_row>> wrong_questions(postgres::pool& database, std::int64_t person_id,
                                                           std::vector<std::int64_t> question_ids, std::int64_t after,
                                                           std::int64_t limit);

}  // namespace practice
