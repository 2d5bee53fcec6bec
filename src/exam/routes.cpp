#include "exam/routes.hpp"

#include <nlohmann/json.hpp>

#include "exam/rules.hpp"
#include "http/fields.hpp"
#include "http/json.hpp"

namespace exam {
namespace {

using http::request;
using http::response;
using identity::permission;
using identity::principal;
using nlohmann::ordered_json;
using reply = runtime::awaitable<response>;

constexpr std::array<std::string_view, 2> pools = {"practice", "secure"};
constexpr std::array<std::string_view, 3> releases = {"score", "answers", "key"};
constexpr std::array types = {question::type::single_choice, question::type::multiple_choice,
                              question::type::true_false};
constexpr std::int64_t sequence_max = 9007199254740991;  // what a client's number can hold
constexpr std::int64_t positions_max = 1500;
constexpr std::size_t answers_max = 100, accounts_max = 500;

std::vector<std::string_view> type_names() {
  std::vector<std::string_view> names;
  for (const auto t : types) names.push_back(question::name_of(t));
  return names;
}

ordered_json time_json(const std::optional<base::time_point>& time) {
  return time ? ordered_json(base::to_iso(*time)) : ordered_json();
}

// Lists are read with one row more than asked for: it tells whether there is another page, and is left out.
template <class Rows, class Id>
ordered_json cut_to_page(Rows& rows, std::int64_t limit, Id id_of) {
  if (std::ssize(rows) <= limit) return {};
  rows.resize(static_cast<std::size_t>(limit));
  return std::to_string(id_of(rows.back()));
}

ordered_json to_json(const composed_blueprint& whole) {
  const auto& b = whole.blueprint;
  auto parts = ordered_json::array(), ranges = ordered_json::array();
  for (const auto& p : b.parts)
    parts.push_back({{"type", question::name_of(p.type)}, {"questions", p.questions}, {"points", p.points}});
  for (const auto& r : whole.ranges)
    ranges.push_back({{"code", r.code}, {"name", r.name}, {"weight", r.weight}, {"questions", r.questions}});
  return {{"blueprint_id", b.blueprint_id},
          {"organisation_id", b.organisation_id},
          {"outline_id", b.outline_id},
          {"name", b.name},
          {"pool", bank::name_of(b.pool)},
          {"pass_points", b.pass_points},
          {"points", b.points()},
          {"parts", parts},
          {"ranges", ranges},
          {"created_at", base::to_iso(b.created_at)}};
}

ordered_json to_json(const titled_sitting& whole) {
  const auto& s = whole.sitting;
  return {{"sitting_id", s.sitting_id},
          {"organisation_id", s.organisation_id},
          {"blueprint_id", s.blueprint_id},
          {"name", s.name},
          {"trade_name", whole.trade_name},
          {"level_name", whole.level_name},
          {"opens_at", base::to_iso(s.opens_at)},
          {"closes_at", base::to_iso(s.closes_at)},
          {"duration_seconds", s.duration.count()},
          {"released", name_of(s.released)},
          {"registered", s.registered},
          {"started", s.started},
          {"closed", s.closed}};
}

ordered_json to_json(const candidate_sitting& own, const titled_sitting& whole, std::chrono::milliseconds grace) {
  const auto& s = whole.sitting;
  return {{"sitting_id", s.sitting_id},
          {"name", s.name},
          {"trade_name", whole.trade_name},
          {"level_name", whole.level_name},
          {"opens_at", base::to_iso(s.opens_at)},
          {"closes_at", base::to_iso(s.closes_at)},
          {"duration_seconds", s.duration.count()},
          {"questions", s.questions},
          {"state", state_for_candidate(s, own.own, own.now, grace)},
          {"attempt_id", own.own ? ordered_json(own.own->attempt_id) : ordered_json()},
          {"released", name_of(s.released)}};
}

ordered_json to_json(const exam::score& s) {
  return {{"points", s.points}, {"points_max", s.points_max}, {"passed", s.passed}};
}

ordered_json closer_json(const exam::attempt& a) {
  return a.closer ? ordered_json(name_of(*a.closer)) : ordered_json();
}

std::string_view state_of(const exam::attempt& a) { return a.closed_at ? "closed" : "open"; }

ordered_json to_json(const candidate& c) {
  ordered_json own;
  if (c.own) {
    own = {{"attempt_id", c.own->attempt_id},
           {"state", state_of(*c.own)},
           {"started_at", base::to_iso(c.own->started_at)},
           {"closed_at", time_json(c.own->closed_at)},
           {"closed_by", closer_json(*c.own)},
           {"answered", c.answered},
           {"score", c.score ? to_json(*c.score) : ordered_json()}};
  }
  return {{"person_id", c.person_id}, {"account", c.account}, {"display_name", c.display_name}, {"attempt", own}};
}

ordered_json options_json(const std::vector<std::string>& options) {
  auto rows = ordered_json::array();
  for (const auto& text : options)
    rows.push_back({{"letter", std::string(1, static_cast<char>('A' + rows.size()))}, {"text", text}});
  return rows;
}

ordered_json to_json(const attempt_view& whole) {
  const auto& a = whole.facts.attempt;
  auto questions = ordered_json::array(), answers = ordered_json::array();
  for (const auto& q : whole.questions)
    questions.push_back({{"position", q.position},
                         {"type", question::name_of(q.type)},
                         {"points", q.points},
                         {"stem", q.stem},
                         {"options", options_json(q.options)},
                         {"media", q.media}});
  for (const auto& given : whole.answers)
    answers.push_back(
        {{"position", given.position}, {"sequence", given.sequence}, {"answer", ordered_json::parse(given.text)}});
  return {{"attempt_id", a.attempt_id},
          {"sitting_id", a.sitting_id},
          {"sitting_name", whole.facts.sitting_name},
          {"state", state_of(a)},
          {"started_at", base::to_iso(a.started_at)},
          {"deadline_at", base::to_iso(a.deadline_at)},
          {"server_time", base::to_iso(whole.facts.now)},
          {"closed_by", closer_json(a)},
          {"questions", questions},
          {"answers", answers}};
}

// The one reply that is written by hand: it goes out thousands of times a second, and nothing in it needs escaping.
std::string text_of(const save_request& done) {
  std::string text = R"({"outcomes":[)";
  const auto out = std::back_inserter(text);
  for (std::size_t i = 0; i < done.given.size(); ++i)
    fmt::format_to(out, R"({}{{"position":{},"sequence":{},"outcome":"{}"}})", i ? "," : "", done.given[i].position,
                   done.given[i].sequence, name_of(done.outcomes[i]));
  fmt::format_to(out, R"(],"server_time":"{}","deadline_at":"{}"}})", base::to_iso(done.server_time),
                 base::to_iso(done.deadline_at));
  return text;
}

ordered_json to_json(const result_question& one, bool with_key) {
  const auto& q = one.question;
  const auto& m = one.mark;
  ordered_json row = {{"position", q.position},
                      {"type", question::name_of(q.type)},
                      {"stem", q.stem},
                      {"options", options_json(q.options)},
                      {"media", q.media},
                      {"answer", ordered_json::parse(m.answer.value_or("null"))},
                      {"answered_at", time_json(one.answered_at)},
                      {"is_right", m.is_right},
                      {"points", m.points},
                      {"points_max", m.points_max},
                      {"rule", m.rule}};
  if (!with_key) return row;
  row["key"] = ordered_json::parse(m.key);
  row["explanation"] = one.explanation;
  row["source"] = one.source;
  return row;
}

ordered_json to_json(const result_view& whole) {
  const auto& a = whole.facts.attempt;
  auto questions = ordered_json::array();
  for (const auto& q : whole.questions) questions.push_back(to_json(q, whole.with_key));
  return {{"attempt_id", a.attempt_id},
          {"released", name_of(whole.facts.released)},
          {"closed_at", time_json(a.closed_at)},
          {"closed_by", closer_json(a)},
          {"score", to_json(whole.score)},
          {"pass_points", whole.score.pass_points},
          {"questions", questions}};
}

// ---- blueprints -----------------------------------------------------------------------------------------------------

reply create_blueprint(service& verbs, request& r, const principal& who) {
  const auto key = http::idempotency_key(r).value();
  const auto names = type_names();
  http::fields body{r};
  blueprint b{.organisation_id = body.integer("organisation_id", 1, INT64_MAX),
              .outline_id = body.integer("outline_id", 1, INT64_MAX),
              .name = body.text("name", 100),
              .pool = bank::pool_named(body.one_of("pool", pools)).value(),
              .pass_points = static_cast<int>(body.integer("pass_points", 1, 50'000'000))};
  body.list("parts", types.size(), [&](http::fields& item) {
    b.parts.push_back({question::type_named(item.one_of("type", names)).value(),
                       static_cast<int>(item.integer("questions", 1, 500)),
                       static_cast<int>(item.integer("points", 1, 100'000))});
  });
  body.finish().value();
  const auto made = co_await verbs.create_blueprint(who, std::move(b), key);
  co_return http::json_response(http::dumped(to_json(made.value())), 201);
}

reply get_blueprint(service& verbs, request& r, const principal& who) {
  const auto id = http::path_number(r, "blueprint_id").value();
  const auto found = co_await verbs.get_blueprint(who, id);
  co_return http::json_response(http::dumped(to_json(found.value())));
}

reply list_blueprints(service& verbs, request& r, const principal& who) {
  http::query_fields query{r};
  const auto limit = query.limit(), after = query.cursor();
  query.finish().value();
  auto found = co_await verbs.list_blueprints(who, after, limit + 1);
  const auto next = cut_to_page(found, limit, [](const composed_blueprint& b) { return b.blueprint.blueprint_id; });
  auto rows = ordered_json::array();
  for (const auto& b : found) rows.push_back(to_json(b));
  co_return http::json_response(http::dumped(ordered_json{{"blueprints", rows}, {"next_cursor", next}}));
}

// ---- sittings -------------------------------------------------------------------------------------------------------

reply create_sitting(service& verbs, request& r, const principal& who) {
  const auto key = http::idempotency_key(r).value();
  http::fields body{r};
  sitting s{.organisation_id = body.integer("organisation_id", 1, INT64_MAX),
            .blueprint_id = body.integer("blueprint_id", 1, INT64_MAX),
            .name = body.text("name", 100),
            .opens_at = body.time("opens_at"),
            .closes_at = body.time("closes_at"),
            .duration = std::chrono::seconds{body.integer("duration_seconds", 1, 86400)}};
  body.finish().value();
  const auto made = co_await verbs.create_sitting(who, std::move(s), key);
  co_return http::json_response(http::dumped(to_json(made.value())), 201);
}

reply get_sitting(service& verbs, request& r, const principal& who) {
  const auto id = http::path_number(r, "sitting_id").value();
  const auto found = co_await verbs.get_sitting(who, id);
  co_return http::json_response(http::dumped(to_json(found.value())));
}

reply list_sittings(service& verbs, request& r, const principal& who) {
  http::query_fields query{r};
  const auto limit = query.limit(), after = query.cursor();
  query.finish().value();
  auto found = co_await verbs.list_sittings(who, after, limit + 1);
  const auto next = cut_to_page(found, limit, [](const titled_sitting& s) { return s.sitting.sitting_id; });
  auto rows = ordered_json::array();
  for (const auto& s : found) rows.push_back(to_json(s));
  co_return http::json_response(http::dumped(ordered_json{{"sittings", rows}, {"next_cursor", next}}));
}

reply register_candidates(service& verbs, request& r, const principal& who) {
  const auto id = http::path_number(r, "sitting_id").value();
  http::fields body{r};
  auto accounts = body.texts("accounts", accounts_max, 32);
  body.finish().value();
  const auto done = co_await verbs.register_candidates(who, id, std::move(accounts));
  co_return http::json_response(
      http::dumped(ordered_json{{"registered", done.value().registered}, {"added", done->added}}));
}

reply release_results(service& verbs, request& r, const principal& who) {
  const auto id = http::path_number(r, "sitting_id").value();
  http::fields body{r};
  const auto to = release_named(body.one_of("released", releases)).value();
  body.finish().value();
  const auto done = co_await verbs.release_results(who, id, to);
  done.value();
  co_return http::no_content();
}

reply list_candidates(service& verbs, request& r, const principal& who) {
  const auto id = http::path_number(r, "sitting_id").value();
  http::query_fields query{r};
  const auto limit = query.limit(), after = query.cursor();
  query.finish().value();
  auto found = co_await verbs.list_candidates(who, id, after, limit + 1);
  const auto next = cut_to_page(found.value(), limit, [](const candidate& c) { return c.person_id; });
  auto rows = ordered_json::array();
  for (const auto& c : *found) rows.push_back(to_json(c));
  co_return http::json_response(http::dumped(ordered_json{{"candidates", rows}, {"next_cursor", next}}));
}

// ---- the candidate --------------------------------------------------------------------------------------------------

reply list_own_sittings(service& verbs, request& r, const principal& who) {
  http::query_fields query{r};
  const auto limit = query.limit(), before = query.cursor();
  query.finish().value();
  auto own = co_await verbs.list_own_sittings(who, before == 0 ? INT64_MAX : before, limit + 1);
  const auto next = cut_to_page(own.titled, limit, [](const titled_sitting& s) { return s.sitting.sitting_id; });
  auto rows = ordered_json::array();
  for (std::size_t i = 0; i < own.titled.size(); ++i)
    rows.push_back(to_json(own.sittings[i], own.titled[i], verbs.grace()));
  co_return http::json_response(
      http::dumped(ordered_json{{"sittings", rows}, {"next_cursor", next}, {"server_time", base::to_iso(own.now)}}));
}

reply start(service& verbs, request& r, const principal& who) {
  const auto id = http::path_number(r, "sitting_id").value();
  const auto begun = co_await verbs.start(who, id);
  co_return http::json_response(http::dumped(to_json(begun.value())));
}

reply get_attempt(service& verbs, request& r, const principal& who) {
  const auto id = http::path_number(r, "attempt_id").value();
  const auto found = co_await verbs.get_attempt(who, id);
  co_return http::json_response(http::dumped(to_json(found.value())));
}

// Reads one answer and checks it against its question.
answer answer_in(http::fields& item, const paper_shapes& paper) {
  answer given{.position = static_cast<int>(item.integer("position", 1, positions_max)),
               .sequence = item.integer("sequence", 1, sequence_max)};
  const auto value = item.nullable("answer");
  if (given.position > std::ssize(paper.shapes)) {
    item.fail("position", "not_on_paper", {{"maximum", std::to_string(paper.shapes.size())}});
    return given;
  }
  const auto canonical = question::canonical_answer(paper.shapes[static_cast<std::size_t>(given.position - 1)], value);
  if (!canonical) item.fail("answer", "answer_does_not_fit");
  given.text = canonical.value_or("null");
  return given;
}

reply save_answers(service& verbs, request& r, const principal& who) {
  const auto id = http::path_number(r, "attempt_id").value();
  const auto paper = co_await verbs.own_paper(who, id);
  const auto& shapes = *paper.value();
  http::fields body{r};
  std::vector<answer> given;
  body.list("answers", answers_max, [&](http::fields& item) { given.push_back(answer_in(item, shapes)); });
  body.finish().value();
  const auto done = co_await verbs.save_answers(id, std::move(given));
  co_return http::json_response(text_of(done.value()));
}

reply hand_in(service& verbs, request& r, const principal& who) {
  const auto id = http::path_number(r, "attempt_id").value();
  const auto done = co_await verbs.hand_in(who, id);
  const auto& facts = done.value();
  co_return http::json_response(http::dumped(ordered_json{{"attempt_id", id},
                                                          {"state", state_of(facts.attempt)},
                                                          {"closed_at", time_json(facts.attempt.closed_at)},
                                                          {"closed_by", closer_json(facts.attempt)},
                                                          {"answered", facts.answered},
                                                          {"questions", facts.questions}}));
}

reply get_result(service& verbs, request& r, const principal& who) {
  const auto id = http::path_number(r, "attempt_id").value();
  const auto found = co_await verbs.get_result(who, id);
  co_return http::json_response(http::dumped(to_json(found.value())));
}

using verb = reply (*)(service&, request&, const principal&);

}  // namespace

void add_routes(http::router& routes, const identity::guard& access, service& verbs) {
  using enum http::method;
  const auto with = [&verbs](verb answer) {
    return [&verbs, answer](request& r, const principal& who) { return answer(verbs, r, who); };
  };
  const std::string exams = "/api/exam";
  routes.add(post, exams + "/blueprints", access.needs(permission::compose_papers, with(create_blueprint)));
  routes.add(get, exams + "/blueprints", access.needs(permission::read_blueprints, with(list_blueprints)));
  routes.add(get, exams + "/blueprints/{blueprint_id}", access.needs(permission::read_blueprints, with(get_blueprint)));
  routes.add(post, exams + "/sittings", access.needs(permission::hold_sittings, with(create_sitting)));
  routes.add(get, exams + "/sittings", access.needs(permission::watch_sittings, with(list_sittings)));
  routes.add(get, exams + "/sittings/{sitting_id}", access.needs(permission::watch_sittings, with(get_sitting)));
  routes.add(post, exams + "/sittings/{sitting_id}/registrations",
             access.needs(permission::hold_sittings, with(register_candidates)));
  routes.add(put, exams + "/sittings/{sitting_id}/release",
             access.needs(permission::release_results, with(release_results)));
  routes.add(get, exams + "/sittings/{sitting_id}/attempts",
             access.needs(permission::watch_sittings, with(list_candidates)));
  routes.add(get, exams + "/my/sittings", access.needs(permission::sit_exams, with(list_own_sittings)));
  routes.add(post, exams + "/sittings/{sitting_id}/attempt", access.needs(permission::sit_exams, with(start)));
  routes.add(get, exams + "/attempts/{attempt_id}", access.needs(permission::sit_exams, with(get_attempt)));
  routes.add(post, exams + "/attempts/{attempt_id}/answers", access.needs(permission::sit_exams, with(save_answers)));
  routes.add(post, exams + "/attempts/{attempt_id}/hand-in", access.needs(permission::sit_exams, with(hand_in)));
  routes.add(get, exams + "/attempts/{attempt_id}/result", access.signed_in(with(get_result)));
}

}  // namespace exam
