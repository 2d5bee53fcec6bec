// Decisions about exams, as pure functions: who may start, what becomes of an answer, how a paper is marked, what is
// shown to whom. Times come in from the database's clock.
#pragma once
#include <functional>
#include <span>
#include <unordered_map>

#include "exam/exam.hpp"

namespace exam {

// ---- blueprints and sittings ----------------------------------------------------------------------------------------
std::vector<base::fault> faults_in(const blueprint& b);
std::vector<base::fault> faults_in(const sitting& s, base::time_point now);

// For one who has not started yet: conflict "sitting_not_open" or "sitting_over".
base::result<> may_start(const sitting& s, base::time_point now);

// Candidates may be added until the window ends, and not after a result was shown to anybody.
base::result<> may_register(const sitting& s, base::time_point now);

// Only forward, only when nobody can write any more: conflict "release_backwards" or "sitting_not_over".
base::result<> may_release(const sitting& s, release to, base::time_point now, std::chrono::milliseconds grace);

// For a candidate's list: upcoming, open, running, done, missed.
std::string_view state_for_candidate(const sitting& s, const std::optional<attempt>& own, base::time_point now,
                                     std::chrono::milliseconds grace);

// ---- answers --------------------------------------------------------------------------------------------------------
// Answers of one attempt and question with one sequence number, in the order in which they arrived.
struct log_entry {
  std::int64_t sequence = 0;
  std::vector<std::string> sent;
  bool inserted = false;  // the log took the first of them
  std::string logged;     // what the log held before, where it took none
};

// The outcomes of each entry's answers. `entries` are all that one batch holds for one question, by ascending sequence;
// `newest_before` is the largest sequence that the log held before the batch, 0 for none.
std::vector<std::vector<outcome>> outcomes_of(std::span<const log_entry> entries, std::int64_t newest_before);

// ---- marking --------------------------------------------------------------------------------------------------------
struct marking_key {
  question::type type = question::type::true_false;
  std::string answer;
};
using marking_keys = std::unordered_map<std::int64_t, marking_key>;  // by version id

// `paper` of one attempt in the order of positions, `newest` the newest answer of each question.
marked_attempt marked(std::span<const paper_row> paper, std::span<const answer> newest, const marking_keys& keys,
                      int pass_points);

// ---- what may be seen -----------------------------------------------------------------------------------------------
struct view {
  bool answers = false;  // the questions with what was answered and earned
  bool key = false;
};
view view_of(release r);

}  // namespace exam
