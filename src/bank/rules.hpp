// Decisions of an import as pure functions: what makes an outline or a batch sound, what a change to a question means.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bank/batch.hpp"

namespace bank {

constexpr int whole_weight = 10000;  // hundredths of a percent

// Shares of `whole` in proportion to `sizes` that sum to it exactly: largest remainder, ties to the earlier one.
std::vector<int> shares(const std::vector<int>& sizes, int whole);

// 五级/初级工 for 5 and so on; nothing outside 1 to 5.
std::optional<std::string_view> level_name_of(int level);

// The pool proposed for a question of an origin that has none: about `secure_percent` of all are secure, the same ones
// on each run, because the code alone decides.
pool pool_for(std::string_view code, int secure_percent);

// Checks all outlines and questions: faults of an outline refuse the batch, faulty and repeated questions are moved to
// the rejected ones.
void settle(import_batch& batch);

// SHA-256 of all that a published outline must keep, and of all that makes a question's version.
std::string digest_of(const batch_outline& o);
std::string digest_of(const batch_question& q);

// A question as it stands in the bank.
struct known_question {
  std::int64_t question_id = 0;
  std::string outline_code;
  std::int64_t outline_id = 0, point_id = 0;
  std::string type;
  bank::pool pool = pool::practice;
  int version = 0;
  std::string digest;
};

struct decision {
  enum class outcome : std::uint8_t { same, moved, changed, rejected } what = outcome::same;
  bank::pool pool = pool::practice;  // after the import
  std::string field, code;           // why it is rejected
};

// What becomes of a question that exists; `moved` changes its place or pool and needs no new version.
decision decide(const known_question& known, const batch_question& offered, std::string_view outline_code,
                std::int64_t outline_id, std::int64_t point_id);

}  // namespace bank
