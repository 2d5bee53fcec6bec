// What exams are made of: blueprints, sittings, attempts and their results. Points are hundredths of a point.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bank/bank.hpp"
#include "base/time.hpp"
#include "question/question.hpp"

namespace exam {

// Questions of one type stand together; each of them earns the same points.
struct part {
  question::type type = question::type::single_choice;
  int questions = 0;
  int points = 0;
  bool operator==(const part&) const = default;
};

// How papers are drawn from an outline. Immutable once it is stored.
struct blueprint {
  std::int64_t blueprint_id = 0;
  std::int64_t organisation_id = 0;
  std::string organisation_path;
  std::int64_t outline_id = 0;
  std::string name;
  bank::pool pool = bank::pool::secure;
  int pass_points = 0;
  std::vector<part> parts;
  base::time_point created_at;

  int questions() const;
  int points() const;
};

// What a sitting lets its candidates see; each step holds those before it.
enum class release : std::uint8_t { nothing, score, answers, key };
std::string_view name_of(release r);
std::optional<release> release_named(std::string_view name);

struct sitting {
  std::int64_t sitting_id = 0;
  std::int64_t organisation_id = 0;
  std::string organisation_path;
  std::int64_t blueprint_id = 0;
  std::int64_t outline_id = 0;
  std::string name;
  base::time_point opens_at, closes_at;
  std::chrono::seconds duration{0};
  release released = release::nothing;
  int questions = 0;
  int registered = 0, started = 0, closed = 0;
};

enum class closed_by : std::uint8_t { candidate, deadline };
std::string_view name_of(closed_by c);

struct attempt {
  std::int64_t attempt_id = 0;
  std::int64_t sitting_id = 0;
  std::int64_t person_id = 0;
  base::time_point started_at, deadline_at;
  std::optional<base::time_point> closed_at;  // open while there is none
  std::optional<exam::closed_by> closer;
};

// One place on a candidate's paper, as it was drawn.
struct paper_row {
  std::int64_t attempt_id = 0;
  int position = 0;
  std::int64_t version_id = 0;
  std::string option_order;
  int points = 0;
};

// Answers are canonical JSON in the letters that the candidate saw; "null" takes an answer back.
struct answer {
  int position = 0;
  std::int64_t sequence = 0;
  std::string text;
  bool operator==(const answer&) const = default;
};

// What became of an answer that a client sent.
enum class outcome : std::uint8_t { saved, repeated, superseded, conflicting };
std::string_view name_of(outcome o);

// A question of a paper, marked. Answer and key are in the letters of the question's version.
struct mark {
  int position = 0;
  std::optional<std::int64_t> sequence;  // of the answer that counted
  std::optional<std::string> answer;     // nothing: none given, or taken back
  std::string key;
  bool is_right = false;
  int points = 0, points_max = 0;
  std::string rule;
  bool operator==(const mark&) const = default;
};

struct score {
  int points = 0, points_max = 0, pass_points = 0;
  bool passed = false;
  bool operator==(const score&) const = default;
};

struct marked_attempt {
  std::int64_t attempt_id = 0;
  exam::score score;
  std::vector<mark> marks;  // in the order of the paper
  bool operator==(const marked_attempt&) const = default;

  int answered() const;
};

}  // namespace exam
