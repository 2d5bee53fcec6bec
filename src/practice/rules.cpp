#include "practice/rules.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace practice {

int stars_for(int right, int questions, int threshold) {
  if (questions <= 0 || right * 100 < threshold * questions) return 0;
  if (right >= questions) return 3;
  return right * 100 >= 80 * questions ? 2 : 1;
}

std::string_view name_of(stage_state s) {
  switch (s) {
    case stage_state::locked:
      return "locked";
    case stage_state::open:
      return "open";
    case stage_state::passed:
      return "passed";
  }
  return "";
}

std::vector<stage_state> states_of(const std::vector<bool>& passed) {
  std::vector<stage_state> states;
  bool before = true;
  for (const bool own : passed) {
    states.push_back(own ? stage_state::passed : before ? stage_state::open : stage_state::locked);
    before = own;
  }
  return states;
}

std::vector<std::int64_t> drawn(std::vector<candidate> candidates, std::size_t wanted, base::seeded_random& random) {
  std::ranges::sort(candidates, {}, &candidate::question_id);  // the seed alone decides, not the order of arrival
  random.shuffle(candidates);
  std::vector<std::int64_t> questions;
  for (const auto level : {need::wrong_before, need::not_yet_right, need::known})
    for (const auto& c : candidates)
      if (c.need == level && questions.size() < wanted) questions.push_back(c.question_id);
  random.shuffle(questions);
  return questions;
}

std::string star_event(std::int64_t stage_id, std::int64_t person_id, int star) {
  return fmt::format("stage:{}:person:{}:stars:{}", stage_id, person_id, star);
}

}  // namespace practice
