// SQL of exams; one function a question. All run inside the caller's transaction.
#pragma once
#include <pqxx/pqxx>
#include <unordered_map>

#include "exam/drawing.hpp"
#include "exam/exam.hpp"

namespace exam {

void prepare(pqxx::connection& connection);

// ---- blueprints -----------------------------------------------------------------------------------------------------
struct creation {
  std::int64_t by = 0;  // person
  std::string key;      // who asked and their Idempotency-Key
};

std::optional<blueprint> find_blueprint(pqxx::transaction_base& t, std::int64_t blueprint_id);
std::optional<blueprint> created_blueprint(pqxx::transaction_base& t, const std::string& creation_key);
void insert_blueprint(pqxx::transaction_base& t, const blueprint& b,
                      const creation& c);  // changes nothing where the key was used

// Those of organisations at, below or above the given paths.
std::vector<blueprint> list_blueprints(pqxx::transaction_base& t, const std::vector<std::string>& reach,
                                       std::int64_t after, std::int64_t limit);

// ---- sittings and registrations -------------------------------------------------------------------------------------
std::optional<sitting> find_sitting(pqxx::transaction_base& t, std::int64_t sitting_id);
std::optional<sitting> created_sitting(pqxx::transaction_base& t, const std::string& creation_key);
void insert_sitting(pqxx::transaction_base& t, const sitting& s, const creation& c);
std::vector<sitting> list_sittings(pqxx::transaction_base& t, const std::vector<std::string>& reach, std::int64_t after,
                                   std::int64_t limit);

// The sitting as it is once nobody else changes it: `alone` keeps out registrations and starts until the transaction
// ends.
std::optional<sitting> lock_sitting(pqxx::transaction_base& t, std::int64_t sitting_id, bool alone);
void set_released(pqxx::transaction_base& t, std::int64_t sitting_id, release to, std::int64_t by);

struct found_account {
  std::optional<std::int64_t> person_id;  // nothing: unknown
  bool disabled = false;
  bool may_sit = false;
};
std::vector<found_account> find_accounts(pqxx::transaction_base& t, const std::vector<std::string>& accounts,
                                         const std::vector<std::string>& roles);
int insert_registrations(pqxx::transaction_base& t, std::int64_t sitting_id, const std::vector<std::int64_t>& people,
                         std::int64_t by);

struct candidate {
  std::int64_t person_id = 0;
  std::string account, display_name;
  std::optional<attempt> own;
  int answered = 0;
  std::optional<exam::score> score;
};
std::vector<candidate> list_candidates(pqxx::transaction_base& t, std::int64_t sitting_id, std::int64_t after,
                                       std::int64_t limit);

base::time_point now(pqxx::transaction_base& t);

// ---- a candidate's sittings and attempts ----------------------------------------------------------------------------
struct candidate_sitting {
  exam::sitting sitting;  // without its counts
  bool registered = false;
  std::optional<attempt> own;
  base::time_point now;
};
std::vector<candidate_sitting> list_own_sittings(pqxx::transaction_base& t, std::int64_t person_id, std::int64_t before,
                                                 std::int64_t limit);
std::optional<candidate_sitting> find_own_sitting(pqxx::transaction_base& t, std::int64_t sitting_id,
                                                  std::int64_t person_id);

// Makes the attempt with its paper where the person is registered, the window is open and there is none yet.
void insert_attempt(pqxx::transaction_base& t, std::int64_t sitting_id, std::int64_t person_id, std::uint64_t seed,
                    std::int64_t release_id, const std::vector<drawn_question>& paper);

struct attempt_facts {
  exam::attempt attempt;
  std::string sitting_name, organisation_path;
  release released = release::nothing;
  int pass_points = 0;
  base::time_point now;
};
std::optional<attempt_facts> find_attempt(pqxx::transaction_base& t, std::int64_t attempt_id);

// ---- papers and answers ---------------------------------------------------------------------------------------------
using papers = std::unordered_map<std::int64_t, std::vector<paper_row>>;  // by attempt, in the order of positions
using answers = std::unordered_map<std::int64_t, std::vector<answer>>;    // the newest of each question
papers find_papers(pqxx::transaction_base& t, const std::vector<std::int64_t>& attempt_ids);
answers newest_answers(pqxx::transaction_base& t, const std::vector<std::int64_t>& attempt_ids);

// The answers of one request, with what became of them.
struct save_request {
  std::int64_t attempt_id = 0;
  std::vector<answer> given;

  bool taken = false;  // not taken: the attempt is closed or its time is up, and nothing of it is in the log
  std::vector<outcome> outcomes;
  base::time_point server_time, deadline_at;
};

// Puts all requests into the log with one statement, which must be its own transaction (postgres::pool::read). It may
// be repeated.
void save(pqxx::transaction_base& t, std::vector<save_request>& requests, std::chrono::milliseconds grace);

// ---- closing and results --------------------------------------------------------------------------------------------
// From here on no answer gets in: the row is locked until the transaction ends, and what was saved can be read.
bool close_attempt(pqxx::transaction_base& t, std::int64_t attempt_id, std::int64_t person_id,
                   std::chrono::milliseconds grace);

struct closable {
  std::int64_t attempt_id = 0;
  int pass_points = 0;
  std::int64_t deadline_us = 0;  // with the attempt's id the place to go on from
};
std::vector<closable> list_overdue(pqxx::transaction_base& t, const closable& after, int limit,
                                   std::chrono::milliseconds grace);
std::vector<std::int64_t> close_overdue(pqxx::transaction_base& t, const std::vector<std::int64_t>& attempt_ids,
                                        std::chrono::milliseconds grace);

std::vector<closable> list_closed(pqxx::transaction_base& t, std::optional<std::int64_t> sitting_id, std::int64_t after,
                                  int limit);

void insert_results(pqxx::transaction_base& t, const std::vector<marked_attempt>& results);
void delete_results(pqxx::transaction_base& t, const std::vector<std::int64_t>& attempt_ids);
std::unordered_map<std::int64_t, marked_attempt> find_results(pqxx::transaction_base& t,
                                                              const std::vector<std::int64_t>& attempt_ids);

// When each answer that counted was received, by position.
std::unordered_map<int, base::time_point> answer_times(pqxx::transaction_base& t, std::int64_t attempt_id);

}  // namespace exam
