// The verbs of practice: stages, runs, answers with feedback at once, and the wrong-question book. One a worker.
#pragma once
#include <nlohmann/json_fwd.hpp>

#include "bank/bank.hpp"
#include "identity/identity.hpp"
#include "postgres/group_commit.hpp"
#include "practice/rules.hpp"
#include "practice/store.hpp"
#include "ranking/ranking.hpp"

namespace practice {

// A stage as the bank of today fills it.
struct stage {
  std::int64_t stage_id = 0;
  std::int64_t outline_id = 0;
  std::int64_t trade_id = 0;
  std::int64_t range_id = 0;
  std::int64_t stage_before = 0, stage_after = 0;  // 0: none
  std::string name;
  int questions = 0;
  int threshold_percent = 0;
};

struct stage_progress {
  practice::stage stage;
  stage_state state = stage_state::locked;
  int stars = 0;
  std::optional<int> best_right;
  int runs = 0;
};

// Letters are those in which the question was shown when it was answered.
struct feedback {
  std::string answer;  // JSON
  bool is_right = false;
  std::string key;  // JSON
  std::string explanation;
  std::string source;
};

struct outcome {
  completion result;
  int questions = 0;
  std::int64_t next_stage_id = 0;  // 0: there is none, or it is locked
};

struct run {
  std::int64_t run_id = 0;
  std::int64_t stage_id = 0;
  std::vector<std::int64_t> question_ids;
  std::map<int, feedback> given;  // by position
  std::optional<practice::outcome> outcome;
};

struct answered {
  practice::feedback feedback;
  std::optional<practice::outcome> outcome;
};

struct wrong_question {
  wrong_row row;
  std::optional<std::string> last_answer;  // JSON; nothing where it was given to an earlier version
  std::string key;                         // JSON
  std::string explanation;
  std::string source;
};

class service {
 public:
  service(boost::asio::io_context& loop, postgres::pool& database, bank::library& library, ranking::service& boards,
          runtime::metrics& metrics);

  runtime::awaitable<base::result<std::vector<stage_progress>>> stages(std::int64_t person_id, std::int64_t outline_id);
  runtime::awaitable<base::result<run>> start(const identity::principal& who, std::int64_t stage_id, std::string key);
  runtime::awaitable<base::result<run>> see_run(std::int64_t person_id, std::int64_t run_id);
  runtime::awaitable<base::result<answered>> answer(const identity::principal& who, std::int64_t run_id, int position,
                                                    const nlohmann::json& answer);
  runtime::awaitable<base::result<std::vector<wrong_question>>> wrong(std::int64_t person_id, std::int64_t outline_id,
                                                                      std::int64_t after, std::int64_t limit);

  std::shared_ptr<const bank::image> bank() const { return library_.current(); }

 private:
  using stage_list = std::shared_ptr<const std::vector<stage>>;
  struct known_stages {
    std::int64_t release_id = 0;
    stage_list stages;
  };

  runtime::awaitable<stage_list> stages_in(std::int64_t outline_id);  // empty where there is no such outline
  runtime::awaitable<std::shared_ptr<const stage>> find_stage(std::int64_t stage_id);  // null where there is none
  runtime::awaitable<std::shared_ptr<const run_facts>> facts_of(std::int64_t run_id);
  void remember(std::int64_t run_id, std::shared_ptr<const run_facts> facts);
  runtime::awaitable<run> load_run(std::int64_t run_id);  // of one that exists
  runtime::awaitable<outcome> outcome_of(completion result, std::int64_t stage_id, int questions);

  postgres::pool& database_;
  bank::library& library_;
  ranking::service& boards_;
  postgres::group_commit<given_answer> answers_;
  std::unordered_map<std::int64_t, known_stages> stages_by_outline_;
  std::unordered_map<std::int64_t, std::int64_t> outline_by_stage_;
  // What never changes of recent runs: the older half is dropped as a whole when the newer one is full.
  std::unordered_map<std::int64_t, std::shared_ptr<const run_facts>> newer_runs_, older_runs_;
};

}  // namespace practice
