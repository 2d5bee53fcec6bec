// What is published, as other capabilities see it: an immutable image in memory, replaced as a whole when a new
// release appears. PostgreSQL is where questions live and change (store.hpp).
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "question/question.hpp"
#include "runtime/awaitable.hpp"

namespace postgres {
class pool;
}

namespace bank {

enum class pool : std::uint8_t { practice, secure };
std::string_view name_of(pool p);
std::optional<pool> pool_named(std::string_view name);

struct point {
  std::int64_t point_id = 0;
  std::int64_t range_id = 0;  // a deepest range
  std::string code;
  std::string name;
  char importance = 'X';  // X core, Y general, Z auxiliary
};

struct range {
  std::int64_t range_id = 0;
  std::optional<std::int64_t> parent_id;
  std::string code;
  std::string name;
  int weight = 0;        // hundredths of a percent of the whole outline; the deepest ranges sum to 10 000
  bool deepest = false;  // holds points
};

struct outline {
  std::int64_t outline_id = 0;
  std::int64_t trade_id = 0;
  std::string trade_code, trade_name;
  int level = 0;           // national digit 5 (lowest) to 1; 0: the trade has no levels
  std::string level_name;  // 五级/初级工
  std::string code, version, name, standard;
  std::vector<range> ranges;  // in the outline's order, a parent before its children
  std::vector<point> points;  // in the outline's order
};

// The published version of a question. Its key is not here: image::key_of.
struct published_question {
  std::int64_t question_id = 0;
  std::int64_t version_id = 0;
  int version = 0;
  std::string code;
  question::type type = question::type::true_false;
  bank::pool pool = pool::practice;
  std::int64_t outline_id = 0;
  std::int64_t range_id = 0;
  std::int64_t point_id = 0;
  char importance = 'X';
  int difficulty = 3;
  question::content content;
  question::shape shape() const { return {type, static_cast<std::uint8_t>(content.options.size())}; }
  // Practice shows every worker the same order of options, so that the reply can be prepared once; it is drawn from
  // the version's id because imported banks often put the right options first.
  std::string practice_order;
  std::shared_ptr<const std::string>
      practice_body;  // reply of /api/practice/questions/{question_id}; practice pool only
  std::string etag;
};

struct published_key {
  question::key key;
  std::string source;
};

class image {
 public:
  std::int64_t release_id = 0;

  const bank::outline* outline(std::int64_t outline_id) const;
  std::span<const bank::outline> outlines() const { return outlines_; }
  const published_question* question(std::int64_t question_id) const;
  const published_question* version(
      std::int64_t version_id) const;  // published versions only: older ones are in the store
  // Ordered by question id, so that a draw from a seed can be repeated on the same release.
  std::span<const published_question* const> questions(std::int64_t outline_id, std::int64_t range_id, question::type t,
                                                       pool p) const;
  std::size_t count(std::int64_t outline_id, pool p) const;

  // Keys live apart from what replies are made of. Call it only to give feedback on an answer, or to mark.
  const published_key& key_of(const published_question& q) const;

 private:
  friend class image_builder;
  std::vector<bank::outline> outlines_;        // by id
  std::vector<published_question> questions_;  // by id
  std::vector<published_key> keys_;            // beside questions_
  std::unordered_map<std::int64_t, std::size_t> by_question_, by_version_;
  std::map<std::tuple<std::int64_t, std::int64_t, question::type, pool>, std::vector<const published_question*>> lists_;
};

// Any version of a question, from PostgreSQL, with its key: for marking, results and feedback on older papers.
struct question_version {
  std::int64_t version_id = 0;
  std::int64_t question_id = 0;
  question::type type = question::type::true_false;
  question::content content;
  question::key key;
  std::string source;
};

// Holds the newest image for the whole process. Any thread.
class library {
 public:
  explicit library(postgres::pool& database);
  ~library();

  std::shared_ptr<const image> current() const;

  // Loads a newer release where there is one. `serve` calls it at the start and every few seconds.
  runtime::awaitable<> refresh();

  // In the order of `version_ids`; unknown ids are a bug and throw.
  runtime::awaitable<std::vector<question_version>> versions(std::vector<std::int64_t> version_ids) const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace bank
