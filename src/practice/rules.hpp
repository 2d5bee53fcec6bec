// What a stage gives and unlocks, and which questions a run asks. Pure functions.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/random.hpp"

namespace practice {

constexpr int questions_per_stage = 5;
constexpr int threshold_percent = 60;
constexpr int right_in_a_row_to_clear = 3;  // takes a question out of the wrong-question book
constexpr int points_per_star = 10;

// 1 from the threshold on, 2 from 80 %, 3 for everything right; 0 below the threshold.
int stars_for(int right, int questions, int threshold_percent);

enum class stage_state : std::uint8_t { locked, open, passed };
std::string_view name_of(stage_state s);

// The states of all stages of an outline, in order: a stage opens when the one before it is passed. What was passed
// stays passed, also where a new stage has come before it.
std::vector<stage_state> states_of(const std::vector<bool>& passed);

enum class need : std::uint8_t { wrong_before, not_yet_right, known };
struct candidate {
  std::int64_t question_id = 0;
  practice::need need = need::not_yet_right;
};

// Up to `wanted` distinct questions in random order: those answered wrong come before those not yet answered right,
// and these before the rest.
std::vector<std::int64_t> drawn(std::vector<candidate> candidates, std::size_t wanted, base::seeded_random& random);

// What earns points: each star of a stage once for each person, however often and in however many runs it is reached.
std::string star_event(std::int64_t stage_id, std::int64_t person_id, int star);

}  // namespace practice
