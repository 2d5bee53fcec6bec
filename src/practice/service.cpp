#include "practice/service.hpp"

#include <nlohmann/json.hpp>

#include "base/log.hpp"

namespace practice {
namespace {

constexpr std::size_t answers_per_commit = 256;
constexpr std::size_t runs_remembered = 20'000;  // in each half

std::vector<std::int64_t> practice_questions(const bank::image& image, std::int64_t outline_id, std::int64_t range_id) {
  std::vector<std::int64_t> ids;
  for (const auto type : question::all_types())
    for (const auto* q : image.questions(outline_id, range_id, type, bank::pool::practice))
      ids.push_back(q->question_id);
  return ids;
}

// Another node may run on a newer release than this one for a moment.
const bank::published_question& published(const bank::image& image, std::int64_t question_id) {
  const auto* found = image.question(question_id);
  if (!found) throw runtime::unavailable(fmt::format("question {} is not in this node's release yet", question_id));
  return *found;
}

feedback feedback_on(const bank::image& image, const bank::published_question& q, const std::string& answer,
                     bool is_right) {
  const auto& key = image.key_of(q);
  return {.answer = question::to_shown_letters(answer, q.practice_order),
          .is_right = is_right,
          .key = question::to_shown_letters(key.key.answer, q.practice_order),
          .explanation = question::explanation_in_shown_letters(key.key.explanation, q.practice_order),
          .source = key.source};
}

feedback feedback_on(const bank::question_version& version, const saved_answer& a) {
  return {.answer = question::to_shown_letters(a.answer, a.shown_order),
          .is_right = a.is_right,
          .key = question::to_shown_letters(version.key.answer, a.shown_order),
          .explanation = question::explanation_in_shown_letters(version.key.explanation, a.shown_order),
          .source = version.source};
}

std::vector<stage> stages_from(const bank::image& image, const bank::outline& outline,
                               const std::vector<stage_row>& rows) {
  std::vector<stage> stages;
  for (const auto& range : outline.ranges) {
    const auto row = std::ranges::find(rows, range.range_id, &stage_row::range_id);
    if (!range.deepest || row == rows.end()) continue;
    const auto available = static_cast<int>(practice_questions(image, outline.outline_id, range.range_id).size());
    if (available == 0) continue;
    stages.push_back({.stage_id = row->stage_id,
                      .outline_id = outline.outline_id,
                      .trade_id = outline.trade_id,
                      .range_id = range.range_id,
                      .name = range.name,
                      .questions = std::min(row->questions, available),
                      .threshold_percent = row->threshold_percent});
  }
  for (std::size_t i = 1; i < stages.size(); ++i) {
    stages[i].stage_before = stages[i - 1].stage_id;
    stages[i - 1].stage_after = stages[i].stage_id;
  }
  return stages;
}

}  // namespace

service::service(boost::asio::io_context& loop, postgres::pool& database, bank::library& library,
                 ranking::service& boards, runtime::metrics& metrics)
    : database_(database),
      library_(library),
      boards_(boards),
      answers_(
          loop.get_executor(), answers_per_commit,
          [this](std::vector<given_answer>& batch) { return save_answers(database_, batch); },
          metrics.observe("guildhall_practice_batch_answers", "Practice answers made durable in one transaction.",
                          runtime::size_bounds)) {}

runtime::awaitable<service::stage_list> service::stages_in(std::int64_t outline_id) {
  const auto image = library_.current();
  auto& known = stages_by_outline_[outline_id];
  if (known.stages && known.release_id == image->release_id) co_return known.stages;
  const auto* outline = image->outline(outline_id);
  if (!outline) {
    stages_by_outline_.erase(outline_id);
    co_return std::make_shared<const std::vector<stage>>();
  }
  std::vector<std::int64_t> ranges;
  for (const auto& range : outline->ranges)
    if (range.deepest && !practice_questions(*image, outline_id, range.range_id).empty())
      ranges.push_back(range.range_id);
  const auto rows = co_await stages_of(database_, outline_id, std::move(ranges));
  const auto stages = std::make_shared<const std::vector<stage>>(stages_from(*image, *outline, rows));
  for (const auto& s : *stages) outline_by_stage_[s.stage_id] = outline_id;
  stages_by_outline_[outline_id] = {image->release_id, stages};
  co_return stages;
}

runtime::awaitable<std::shared_ptr<const stage>> service::find_stage(std::int64_t stage_id) {
  std::optional<std::int64_t> outline_id;
  if (const auto known = outline_by_stage_.find(stage_id); known != outline_by_stage_.end()) outline_id = known->second;
  if (!outline_id) outline_id = co_await outline_of_stage(database_, stage_id);
  if (!outline_id) co_return nullptr;
  const auto stages = co_await stages_in(*outline_id);
  const auto found = std::ranges::find(*stages, stage_id, &stage::stage_id);
  if (found == stages->end()) co_return nullptr;
  co_return std::shared_ptr<const stage>(stages, &*found);
}

runtime::awaitable<base::result<std::vector<stage_progress>>> service::stages(std::int64_t person_id,
                                                                              std::int64_t outline_id) {
  const auto all = co_await stages_in(outline_id);
  if (all->empty() && !library_.current()->outline(outline_id))
    co_return base::refuse(base::problem_kind::not_found, "not_found");
  const auto rows = co_await progress_in(database_, person_id, outline_id);
  std::vector<stage_progress> map;
  std::vector<bool> passed;
  for (const auto& s : *all) {
    const auto row = std::ranges::find(rows, s.stage_id, &progress_row::stage_id);
    const bool begun = row != rows.end();
    passed.push_back(begun && row->passed);
    map.push_back({.stage = s,
                   .stars = begun ? row->stars : 0,
                   .best_right = begun ? std::optional(row->right_count) : std::nullopt,
                   .runs = begun ? row->runs : 0});
  }
  const auto states = states_of(passed);
  for (std::size_t i = 0; i < map.size(); ++i) map[i].state = states[i];
  co_return map;
}

runtime::awaitable<base::result<run>> service::start(const identity::principal& who, std::int64_t stage_id,
                                                     std::string key) {
  const auto found = co_await find_stage(stage_id);
  if (!found) co_return base::refuse(base::problem_kind::not_found, "not_found");
  new_run wanted{.person_id = who.person_id,
                 .stage_id = stage_id,
                 .stage_before = found->stage_before,
                 .creation_key = fmt::format("{}:{}", who.person_id, key),
                 .question_ids = practice_questions(*library_.current(), found->outline_id, found->range_id),
                 .questions = found->questions,
                 .seed = base::secret_number()};
  auto created = co_await create_run(database_, std::move(wanted));
  if (!created) co_return std::unexpected(created.error());
  if (!created->fresh) co_return co_await see_run(who.person_id, created->run_id);
  remember(created->run_id,
           std::make_shared<const run_facts>(run_facts{who.person_id, stage_id, created->question_ids}));
  co_return run{.run_id = created->run_id, .stage_id = stage_id, .question_ids = std::move(created->question_ids)};
}

void service::remember(std::int64_t run_id, std::shared_ptr<const run_facts> facts) {
  if (newer_runs_.size() >= runs_remembered) {
    older_runs_ = std::move(newer_runs_);
    newer_runs_.clear();
  }
  newer_runs_.insert_or_assign(run_id, std::move(facts));
}

runtime::awaitable<std::shared_ptr<const run_facts>> service::facts_of(std::int64_t run_id) {
  for (const auto* half : {&newer_runs_, &older_runs_})
    if (const auto found = half->find(run_id); found != half->end()) co_return found->second;
  auto loaded = co_await find_run_facts(database_, run_id);
  if (!loaded) co_return nullptr;
  auto facts = std::make_shared<const run_facts>(std::move(*loaded));
  remember(run_id, facts);
  co_return facts;
}

runtime::awaitable<outcome> service::outcome_of(completion result, std::int64_t stage_id, int questions) {
  const auto its_stage = co_await find_stage(stage_id);
  co_return outcome{result, questions, its_stage && result.stage_passed ? its_stage->stage_after : 0};
}

runtime::awaitable<run> service::load_run(std::int64_t run_id) {
  const auto row = co_await find_run(database_, run_id);
  if (!row) throw std::logic_error(fmt::format("run {} has vanished", run_id));
  run found{.run_id = run_id, .stage_id = row->facts.stage_id, .question_ids = row->facts.question_ids};
  const auto image = library_.current();
  std::vector<std::int64_t> older;
  for (const auto& a : row->answers) {
    const auto* q = image->version(a.version_id);
    if (!q)
      older.push_back(a.version_id);
    else
      found.given.emplace(a.position, feedback_on(*image, *q, a.answer, a.is_right));
  }
  std::vector<bank::question_version> versions;
  if (!older.empty()) versions = co_await library_.versions(std::move(older));
  for (const auto& a : row->answers) {
    const auto version = std::ranges::find(versions, a.version_id, &bank::question_version::version_id);
    if (version != versions.end()) found.given.emplace(a.position, feedback_on(*version, a));
  }
  if (row->completed)
    found.outcome = co_await outcome_of(*row->completed, found.stage_id, static_cast<int>(found.question_ids.size()));
  co_return found;
}

runtime::awaitable<base::result<run>> service::see_run(std::int64_t person_id, std::int64_t run_id) {
  const auto facts = co_await facts_of(run_id);
  if (!facts || facts->person_id != person_id) co_return base::refuse(base::problem_kind::not_found, "not_found");
  auto found = co_await load_run(run_id);
  co_return found;
}

runtime::awaitable<base::result<answered>> service::answer(const identity::principal& who, std::int64_t run_id,
                                                           int position, const nlohmann::json& answer) {
  const auto facts = co_await facts_of(run_id);
  if (!facts || facts->person_id != who.person_id) co_return base::refuse(base::problem_kind::not_found, "not_found");
  const auto questions = static_cast<int>(facts->question_ids.size());
  if (position > questions)
    co_return base::refuse(
        {base::fault{"/position", "range", {{"minimum", "1"}, {"maximum", std::to_string(questions)}}}});
  const auto its_stage = co_await find_stage(facts->stage_id);
  if (!its_stage) throw runtime::unavailable(fmt::format("stage {} is not in this node's release", facts->stage_id));
  const auto image = library_.current();
  const auto& q = published(*image, facts->question_ids[static_cast<std::size_t>(position - 1)]);
  const auto canonical = question::canonical_answer(q.shape(), answer);
  if (!canonical || answer.is_null()) co_return base::refuse({base::fault{"/answer", "answer_shape"}});

  given_answer given{.run_id = run_id,
                     .position = position,
                     .person_id = who.person_id,
                     .question_id = q.question_id,
                     .version_id = q.version_id,
                     .shown_order = q.practice_order,
                     .answer = question::to_stored_letters(*canonical, q.practice_order),
                     .questions = questions,
                     .threshold_percent = its_stage->threshold_percent,
                     .stage_id = facts->stage_id,
                     .trade_id = its_stage->trade_id,
                     .organisation_path = who.organisation_path};
  given.is_right =
      question::marked(q.type, question::rule::all_or_nothing, image->key_of(q).key.answer, given.answer, 1).is_right;
  given = co_await answers_.add(std::move(given));
  if (!given.fresh) {  // answered before: the first answer counts
    auto before = co_await load_run(run_id);
    co_return answered{std::move(before.given.at(position)), before.outcome};
  }
  answered reply{.feedback = feedback_on(*image, q, given.answer, given.is_right)};
  if (!given.completed) co_return reply;
  if (given.completed->points_earned != 0) co_await ranking::show(boards_, who.person_id);
  reply.outcome = co_await outcome_of(*given.completed, facts->stage_id, questions);
  co_return reply;
}

runtime::awaitable<base::result<std::vector<wrong_question>>> service::wrong(std::int64_t person_id,
                                                                             std::int64_t outline_id,
                                                                             std::int64_t after, std::int64_t limit) {
  const auto image = library_.current();
  const auto* outline = image->outline(outline_id);
  if (!outline) co_return base::refuse(base::problem_kind::not_found, "not_found");
  std::vector<std::int64_t> ids;
  for (const auto& range : outline->ranges)
    for (const auto id : practice_questions(*image, outline_id, range.range_id)) ids.push_back(id);
  std::vector<wrong_question> found;
  const auto rows = co_await wrong_questions(database_, person_id, std::move(ids), after, limit);
  for (const auto& row : rows) {
    const auto& q = published(*image, row.question_id);
    const auto shown = feedback_on(*image, q, row.last_version_id == q.version_id ? row.last_answer : "null", false);
    found.push_back({.row = row, .key = shown.key, .explanation = shown.explanation, .source = shown.source});
    if (row.last_version_id == q.version_id) found.back().last_answer = shown.answer;
  }
  co_return found;
}

}  // namespace practice
