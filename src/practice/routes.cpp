#include "practice/routes.hpp"

#include <nlohmann/json.hpp>

#include "http/fields.hpp"
#include "http/json.hpp"

namespace practice {
namespace {

using http::request;
using http::response;
using nlohmann::ordered_json;
using reply = runtime::awaitable<response>;

constexpr int positions_max = 50;

ordered_json id_or_null(std::int64_t id) { return id ? ordered_json(id) : ordered_json(); }

ordered_json to_json(const feedback& f) {
  return {{"answer", ordered_json::parse(f.answer)},
          {"is_right", f.is_right},
          {"key", ordered_json::parse(f.key)},
          {"explanation", f.explanation},
          {"source", f.source}};
}

ordered_json to_json(const std::optional<outcome>& o) {
  if (!o) return {};
  return {{"right", o->result.right},
          {"questions", o->questions},
          {"passed", o->result.stars > 0},
          {"stars", o->result.stars},
          {"points_earned", o->result.points_earned},
          {"next_stage_id", id_or_null(o->next_stage_id)}};
}

ordered_json to_json(const run& r) {
  auto questions = ordered_json::array();
  for (std::size_t i = 0; i < r.question_ids.size(); ++i) {
    const auto position = static_cast<int>(i + 1);
    const auto given = r.given.find(position);
    questions.push_back({{"position", position},
                         {"question_id", r.question_ids[i]},
                         {"feedback", given == r.given.end() ? ordered_json() : to_json(given->second)}});
  }
  return {{"run_id", r.run_id},
          {"stage_id", r.stage_id},
          {"questions", std::move(questions)},
          {"outcome", to_json(r.outcome)}};
}

ordered_json to_json(const stage_progress& s, int position) {
  return {{"stage_id", s.stage.stage_id},
          {"position", position},
          {"name", s.stage.name},
          {"questions", s.stage.questions},
          {"threshold_percent", s.stage.threshold_percent},
          {"state", name_of(s.state)},
          {"stars", s.stars},
          {"best_right", s.best_right ? ordered_json(*s.best_right) : ordered_json()},
          {"runs", s.runs}};
}

ordered_json to_json(const wrong_question& w) {
  return {{"question_id", w.row.question_id},
          {"wrong_count", w.row.wrong_count},
          {"right_in_a_row", w.row.right_in_a_row},
          {"last_wrong_at", base::to_iso(w.row.last_wrong_at)},
          {"last_answer", w.last_answer ? ordered_json::parse(*w.last_answer) : ordered_json()},
          {"key", ordered_json::parse(w.key)},
          {"explanation", w.explanation},
          {"source", w.source}};
}

reply list_stages(service& verbs, request& r, const identity::principal& who) {
  const auto outline_id = http::path_number(r, "outline_id").value();
  const auto found = co_await verbs.stages(who.person_id, outline_id);
  auto stages = ordered_json::array();
  for (const auto& s : found.value()) stages.push_back(to_json(s, static_cast<int>(stages.size()) + 1));
  co_return http::json_response(http::dumped(ordered_json{{"outline_id", outline_id}, {"stages", std::move(stages)}}));
}

reply start_run(service& verbs, request& r, const identity::principal& who) {
  const auto stage_id = http::path_number(r, "stage_id").value();
  auto key = http::idempotency_key(r).value();
  const auto started = co_await verbs.start(who, stage_id, std::move(key));
  co_return http::json_response(http::dumped(to_json(started.value())), 201);
}

reply see_run(service& verbs, request& r, const identity::principal& who) {
  const auto run_id = http::path_number(r, "run_id").value();
  const auto found = co_await verbs.see_run(who.person_id, run_id);
  co_return http::json_response(http::dumped(to_json(found.value())));
}

reply answer_question(service& verbs, request& r, const identity::principal& who) {
  const auto run_id = http::path_number(r, "run_id").value();
  http::fields body{r};
  const auto position = static_cast<int>(body.integer("position", 1, positions_max));
  const auto given = body.value("answer");
  body.finish().value();
  const auto done = co_await verbs.answer(who, run_id, position, given);
  co_return http::json_response(
      http::dumped(ordered_json{{"feedback", to_json(done.value().feedback)}, {"outcome", to_json(done->outcome)}}));
}

// The hottest read of the platform: prepared bytes, no database, no JSON.
reply see_question(service& verbs, request& r) {
  const auto question_id = http::path_number(r, "question_id").value();
  const auto image = verbs.bank();
  const auto* q = image->question(question_id);
  if (!q || q->pool != bank::pool::practice)
    throw std::bad_expected_access(base::problem{.kind = base::problem_kind::not_found, .code = "not_found"});
  co_return http::cacheable(r, {.prepared = q->practice_body}, q->etag, "private, max-age=60");
}

reply list_wrong_questions(service& verbs, request& r, const identity::principal& who) {
  const auto outline_id = http::path_number(r, "outline_id").value();
  http::query_fields query{r};
  const auto limit = query.limit(), after = query.cursor();
  query.finish().value();
  const auto found = co_await verbs.wrong(who.person_id, outline_id, after, limit + 1);
  auto rows = found.value();
  const bool more = rows.size() > static_cast<std::size_t>(limit);
  if (more) rows.pop_back();
  auto questions = ordered_json::array();
  for (const auto& w : rows) questions.push_back(to_json(w));
  const auto next = more ? ordered_json(std::to_string(rows.back().row.question_id)) : ordered_json();
  co_return http::json_response(http::dumped(ordered_json{{"questions", std::move(questions)}, {"next_cursor", next}}));
}

}  // namespace

void add_routes(http::router& routes, const identity::guard& access, service& verbs) {
  using enum http::method;
  const auto add = [&](http::method verb, std::string_view pattern,
                       reply (*answer)(service&, request&, const identity::principal&)) {
    routes.add(
        verb, pattern,
        access.needs(identity::permission::practise,
                     [&verbs, answer](request& r, const identity::principal& who) { return answer(verbs, r, who); }));
  };
  add(get, "/api/practice/outlines/{outline_id}/stages", list_stages);
  add(post, "/api/practice/stages/{stage_id}/runs", start_run);
  add(get, "/api/practice/runs/{run_id}", see_run);
  add(post, "/api/practice/runs/{run_id}/answers", answer_question);
  add(get, "/api/practice/outlines/{outline_id}/wrong-questions", list_wrong_questions);
  routes.add(get, "/api/practice/questions/{question_id}",
             access.needs(identity::permission::practise,
                          [&](request& r, const identity::principal&) { return see_question(verbs, r); }));
}

}  // namespace practice
