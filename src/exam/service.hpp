// The verbs of exams. One a worker, used on that worker's thread alone.
#pragma once
#include <deque>

#include "exam/closing.hpp"
#include "identity/identity.hpp"
#include "postgres/group_commit.hpp"

namespace exam {

struct settings {
  std::chrono::milliseconds grace{2000};  // for answers that were sent in time and arrive late
  std::size_t attempts_cached_max = 20000;
};

struct range_share {
  std::string code, name;
  int weight = 0, questions = 0;
};
struct composed_blueprint {
  exam::blueprint blueprint;
  std::vector<range_share> ranges;  // the deepest ones
};

struct titled_sitting {
  exam::sitting sitting;
  std::string trade_name, level_name;
};
struct own_sittings {
  std::vector<candidate_sitting> sittings;
  std::vector<titled_sitting> titled;  // beside them
  base::time_point now;
};

// What a candidate sees of a question. No key, no explanation, no source, no difficulty: they are not even here.
struct shown_question {
  int position = 0;
  question::type type = question::type::true_false;
  int points = 0;
  std::string stem;
  std::vector<std::string> options, media;
};
struct attempt_view {
  attempt_facts facts;
  std::vector<shown_question> questions;
  std::vector<answer> answers;
};

// What it takes to check an answer of one's own attempt without the database.
struct paper_shapes {
  std::int64_t person_id = 0;
  std::vector<question::shape> shapes;  // by position
};

struct hand_in_facts {
  exam::attempt attempt;
  int answered = 0, questions = 0;
};

// Answers and keys in the letters that the candidate saw.
struct result_question {
  shown_question question;
  exam::mark mark;
  std::optional<base::time_point> answered_at;
  std::string explanation, source;
};
struct result_view {
  attempt_facts facts;
  exam::score score;
  bool with_key = false;
  std::vector<result_question> questions;
};

class service {
 public:
  service(boost::asio::io_context& loop, postgres::pool& database, bank::library& library, settings its_settings,
          runtime::metrics& metrics);

  // `key` is what the client sent as Idempotency-Key.
  runtime::awaitable<base::result<composed_blueprint>> create_blueprint(const identity::principal& who, blueprint b,
                                                                        std::string key);
  runtime::awaitable<base::result<composed_blueprint>> get_blueprint(const identity::principal& who,
                                                                     std::int64_t blueprint_id);
  runtime::awaitable<std::vector<composed_blueprint>> list_blueprints(const identity::principal& who,
                                                                      std::int64_t after, std::int64_t limit);

  runtime::awaitable<base::result<titled_sitting>> create_sitting(const identity::principal& who, sitting s,
                                                                  std::string key);
  runtime::awaitable<base::result<titled_sitting>> get_sitting(const identity::principal& who, std::int64_t sitting_id);
  runtime::awaitable<std::vector<titled_sitting>> list_sittings(const identity::principal& who, std::int64_t after,
                                                                std::int64_t limit);
  struct registered_counts {
    int registered = 0, added = 0;
  };
  runtime::awaitable<base::result<registered_counts>> register_candidates(const identity::principal& who,
                                                                          std::int64_t sitting_id,
                                                                          std::vector<std::string> accounts);
  runtime::awaitable<base::result<>> release_results(const identity::principal& who, std::int64_t sitting_id,
                                                     release to);
  runtime::awaitable<base::result<std::vector<candidate>>> list_candidates(const identity::principal& who,
                                                                           std::int64_t sitting_id, std::int64_t after,
                                                                           std::int64_t limit);

  runtime::awaitable<own_sittings> list_own_sittings(const identity::principal& who, std::int64_t before,
                                                     std::int64_t limit);
  runtime::awaitable<base::result<attempt_view>> start(const identity::principal& who, std::int64_t sitting_id);
  runtime::awaitable<base::result<attempt_view>> get_attempt(const identity::principal& who, std::int64_t attempt_id);
  runtime::awaitable<base::result<std::shared_ptr<const paper_shapes>>> own_paper(const identity::principal& who,
                                                                                  std::int64_t attempt_id);
  // Answers must fit own_paper(). Completes when all of them are on disk; conflict "attempt_closed" where none is.
  runtime::awaitable<base::result<save_request>> save_answers(std::int64_t attempt_id, std::vector<answer> given);
  runtime::awaitable<base::result<hand_in_facts>> hand_in(const identity::principal& who, std::int64_t attempt_id);
  runtime::awaitable<base::result<result_view>> get_result(const identity::principal& who, std::int64_t attempt_id);

  // Call it about once a second on one worker of each node.
  runtime::awaitable<> close_overdue();

  std::chrono::milliseconds grace() const { return settings_.grace; }

 private:
  runtime::awaitable<std::shared_ptr<const bank::image>> image_with(std::int64_t outline_id);
  runtime::awaitable<std::shared_ptr<const stock>> stock_for(std::int64_t blueprint_id);
  runtime::awaitable<composed_blueprint> composed(blueprint b);
  runtime::awaitable<titled_sitting> titled(sitting s);
  runtime::awaitable<base::result<std::optional<blueprint>>> blueprint_made_before(const blueprint& b,
                                                                                   const std::string& creation_key);
  runtime::awaitable<base::result<std::optional<sitting>>> sitting_made_before(const sitting& s,
                                                                               const std::string& creation_key);
  runtime::awaitable<base::result<>> may_use_blueprint(const identity::principal& who, std::int64_t blueprint_id,
                                                       const std::string& node_path);
  runtime::awaitable<base::result<>> make_attempt(const identity::principal& who, const sitting& s);
  runtime::awaitable<attempt_view> view_attempt(std::int64_t attempt_id);
  runtime::awaitable<> commit(std::vector<save_request>& batch);
  void remember(std::int64_t attempt_id, std::shared_ptr<const paper_shapes> paper);

  postgres::pool& database_;
  bank::library& library_;
  const settings settings_;
  runtime::counter answers_saved_, closed_by_candidate_, closed_by_deadline_;
  std::unordered_map<std::int64_t, std::shared_ptr<const stock>> stocks_;  // by blueprint, of one release
  std::unordered_map<std::int64_t, std::shared_ptr<const paper_shapes>> papers_;
  std::deque<std::int64_t> papers_order_;  // the oldest first
  postgres::group_commit<save_request> saving_;
};

}  // namespace exam
