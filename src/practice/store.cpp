#include "practice/store.hpp"

#include <set>
#include <unordered_map>

#include "base/text.hpp"
#include "postgres/array.hpp"
#include "practice/rules.hpp"
#include "ranking/ranking.hpp"

namespace practice {
namespace {

std::string array_of(const std::vector<std::int64_t>& ids) {
  postgres::array list;
  for (const auto id : ids) list.add(id);
  return list.str();
}

std::vector<std::int64_t> ids_in(const std::string& comma_separated) {
  std::vector<std::int64_t> ids;
  for (const auto& id : base::split(comma_separated, ',')) ids.push_back(base::to_integer(id).value_or(0));
  return ids;
}

std::vector<stage_row> stage_rows(pqxx::transaction_base& t, std::int64_t outline_id) {
  std::vector<stage_row> rows;
  for (const auto& row : t.exec_prepared("practice_stages", outline_id))
    rows.push_back({row[0].as<std::int64_t>(), row[1].as<std::int64_t>(), row[2].as<int>(), row[3].as<int>()});
  return rows;
}

void prepare_answers(pqxx::connection& c) {
  // A round of answers in which no person answers a question twice. Only answers that were not there before count. The
  // runs' counts are added up by UPDATE, which waits for other transactions and sees what they wrote: whoever brings
  // the count to its end has given the last answer.
  c.prepare("practice_save_answers", R"(
    WITH fresh AS (
      INSERT INTO practice_answer
        (run_id, position, person_id, question_id, question_version_id, shown_order, answer, is_right)
      SELECT * FROM unnest($1::bigint[], $2::int[], $3::bigint[], $4::bigint[], $5::bigint[],
                           $6::text[], $7::text[], $8::boolean[])
      ON CONFLICT DO NOTHING
      RETURNING run_id, position, person_id, question_id, question_version_id, answer, is_right),
    new_count AS (
      SELECT run_id, count(*)::int AS answered, (count(*) FILTER (WHERE is_right))::int AS right_count
      FROM fresh GROUP BY run_id),
    counted AS (
      UPDATE stage_run r SET answered = r.answered + n.answered, right_count = r.right_count + n.right_count
      FROM new_count n WHERE r.run_id = n.run_id
      RETURNING r.run_id, r.answered, r.right_count),
    entered AS (
      INSERT INTO wrong_question AS w
        (person_id, question_id, wrong_count, last_answer, last_version_id, last_wrong_at)
      SELECT person_id, question_id, 1, answer, question_version_id, now()
      FROM fresh WHERE NOT is_right ORDER BY person_id, question_id
      ON CONFLICT (person_id, question_id) DO UPDATE SET
        wrong_count = w.wrong_count + 1, right_in_a_row = 0, last_answer = excluded.last_answer,
        last_version_id = excluded.last_version_id, last_wrong_at = excluded.last_wrong_at, cleared_at = NULL),
    mastered AS (
      UPDATE wrong_question w SET
        right_in_a_row = w.right_in_a_row + 1,
        cleared_at = CASE WHEN w.right_in_a_row + 1 >= $9 THEN now() END
      FROM fresh f
      WHERE f.is_right AND w.person_id = f.person_id AND w.question_id = f.question_id AND w.cleared_at IS NULL)
    SELECT run_id, f.position, c.answered, c.right_count FROM fresh f JOIN counted c USING (run_id))");
  c.prepare("practice_complete_run", R"(
    WITH run AS (
      UPDATE stage_run SET completed_at = clock_timestamp(), stars = $4, points_earned = $5 WHERE run_id = $1)
    INSERT INTO stage_progress (person_id, stage_id, stars, right_count, runs, passed_at)
    VALUES ($2, $3, $4, $6, 1, CASE WHEN $4 > 0 THEN now() END)
    ON CONFLICT (person_id, stage_id) DO UPDATE SET stars = greatest(stage_progress.stars, excluded.stars),
      right_count = greatest(stage_progress.right_count, excluded.right_count), runs = stage_progress.runs + 1,
      passed_at = coalesce(stage_progress.passed_at, excluded.passed_at)
    RETURNING passed_at IS NOT NULL)");
}

}  // namespace

void prepare(pqxx::connection& c) {
  c.prepare("practice_stages",
            "SELECT stage_id, range_id, questions, threshold_percent FROM stage WHERE outline_id = $1");
  c.prepare("practice_add_stages",
            "INSERT INTO stage (outline_id, range_id, questions, threshold_percent) "
            "SELECT $1, range_id, $3, $4 FROM unnest($2::bigint[]) AS range_id ON CONFLICT (range_id) DO NOTHING");
  c.prepare("practice_outline_of_stage", "SELECT outline_id FROM stage WHERE stage_id = $1");
  c.prepare("practice_progress",
            "SELECT stage_id, stars, right_count, runs, passed_at IS NOT NULL FROM stage_progress "
            "WHERE person_id = $1 AND stage_id IN (SELECT stage_id FROM stage WHERE outline_id = $2)");
  // What the draw has to know: "passed" for the stage before, the questions that are in the book or were answered
  // right.
  c.prepare(
      "practice_draw_facts",
      "SELECT 'passed', stage_id FROM stage_progress WHERE person_id = $1 AND stage_id = $2 AND passed_at IS NOT NULL "
      "UNION ALL SELECT 'wrong', question_id FROM wrong_question "
      "WHERE person_id = $1 AND question_id = ANY($4::bigint[]) AND cleared_at IS NULL "
      "UNION ALL SELECT 'right', question_id FROM stage_run JOIN practice_answer USING (run_id) "
      "WHERE stage_run.person_id = $1 AND stage_id = $3 AND is_right");
  c.prepare("practice_create_run",
            "INSERT INTO stage_run (person_id, stage_id, creation_key, question_ids) VALUES ($1, $2, $3, $4::bigint[]) "
            "ON CONFLICT (creation_key) DO NOTHING RETURNING run_id");
  c.prepare("practice_created_run", "SELECT run_id, stage_id FROM stage_run WHERE creation_key = $1");
  c.prepare("practice_run_facts",
            "SELECT person_id, stage_id, array_to_string(question_ids, ',') FROM stage_run WHERE run_id = $1");
  c.prepare("practice_run",
            "SELECT r.person_id, r.stage_id, array_to_string(r.question_ids, ','), r.completed_at IS NOT NULL, "
            "r.right_count, "
            "coalesce(r.stars, 0), coalesce(r.points_earned, 0), p.passed_at IS NOT NULL, "
            "a.position, a.question_version_id, a.shown_order, a.answer, a.is_right "
            "FROM stage_run r LEFT JOIN practice_answer a USING (run_id) "
            "LEFT JOIN stage_progress p ON p.person_id = r.person_id AND p.stage_id = r.stage_id "
            "WHERE r.run_id = $1 ORDER BY a.position");
  c.prepare("practice_wrong_questions",
            "SELECT question_id, wrong_count, right_in_a_row, last_answer, last_version_id, (extract(epoch FROM "
            "last_wrong_at) * 1000000)::bigint "
            "FROM wrong_question WHERE person_id = $1 AND question_id = ANY($2::bigint[]) AND question_id > $3 AND "
            "cleared_at IS NULL "
            "ORDER BY question_id LIMIT $4");
  prepare_answers(c);
}

runtime::awaitable<std::vector<stage_row>> stages_of(postgres::pool& database, std::int64_t outline_id,
                                                     std::vector<std::int64_t> ranges) {
  auto rows = co_await database.read([&](pqxx::transaction_base& t) { return stage_rows(t, outline_id); });
  std::set<std::int64_t> missing{ranges.begin(), ranges.end()};
  for (const auto& row : rows) missing.erase(row.range_id);
  if (missing.empty()) co_return rows;
  co_return co_await database.write([&](pqxx::transaction_base& t) {
    std::erase_if(ranges, [&](std::int64_t range) { return !missing.contains(range); });
    t.exec_prepared0("practice_add_stages", outline_id, array_of(ranges), questions_per_stage, threshold_percent);
    return stage_rows(t, outline_id);
  });
}

runtime::awaitable<std::optional<std::int64_t>> outline_of_stage(postgres::pool& database, std::int64_t stage_id) {
  co_return co_await database.read([&](pqxx::transaction_base& t) -> std::optional<std::int64_t> {
    const auto rows = t.exec_prepared("practice_outline_of_stage", stage_id);
    if (rows.empty()) return {};
    return rows[0][0].as<std::int64_t>();
  });
}

runtime::awaitable<std::vector<progress_row>> progress_in(postgres::pool& database, std::int64_t person_id,
                                                          std::int64_t outline_id) {
  co_return co_await database.read([&](pqxx::transaction_base& t) {
    std::vector<progress_row> rows;
    for (const auto& row : t.exec_prepared("practice_progress", person_id, outline_id))
      rows.push_back(
          {row[0].as<std::int64_t>(), row[1].as<int>(), row[2].as<int>(), row[3].as<int>(), row[4].as<bool>()});
    return rows;
  });
}

namespace {

// The questions of a new run; nothing where its stage is locked.
std::optional<std::vector<std::int64_t>> draw(pqxx::transaction_base& t, const new_run& r) {
  bool unlocked = r.stage_before == 0;
  std::unordered_map<std::int64_t, need> needs;
  for (const auto& row :
       t.exec_prepared("practice_draw_facts", r.person_id, r.stage_before, r.stage_id, array_of(r.question_ids))) {
    const std::string_view what = row[0].c_str();
    if (what == "passed")
      unlocked = true;
    else if (what == "wrong")
      needs[row[1].as<std::int64_t>()] = need::wrong_before;
    else
      needs.try_emplace(row[1].as<std::int64_t>(), need::known);
  }
  if (!unlocked) return {};
  std::vector<candidate> candidates;
  for (const auto id : r.question_ids) {
    const auto found = needs.find(id);
    candidates.push_back({id, found == needs.end() ? need::not_yet_right : found->second});
  }
  base::seeded_random random{r.seed};
  return drawn(std::move(candidates), static_cast<std::size_t>(r.questions), random);
}

base::result<created_run> create_run(pqxx::transaction_base& t, const new_run& r) {
  auto questions = draw(t, r);
  if (!questions) return base::refuse(base::problem_kind::conflict, "stage_locked");
  const auto made =
      t.exec_prepared("practice_create_run", r.person_id, r.stage_id, r.creation_key, array_of(*questions));
  if (!made.empty()) return created_run{made[0][0].as<std::int64_t>(), std::move(*questions), true};
  const auto before = t.exec_prepared1("practice_created_run", r.creation_key);
  if (before[1].as<std::int64_t>() != r.stage_id)
    return base::refuse(base::problem_kind::conflict, "idempotency_key_reused");
  return created_run{.run_id = before[0].as<std::int64_t>()};
}

}  // namespace

runtime::awaitable<base::result<created_run>> create_run(postgres::pool& database, new_run r) {
  co_return co_await database.write([&](pqxx::transaction_base& t) { return create_run(t, r); });
}

runtime::awaitable<std::optional<run_facts>> find_run_facts(postgres::pool& database, std::int64_t run_id) {
  co_return co_await database.read([&](pqxx::transaction_base& t) -> std::optional<run_facts> {
    const auto rows = t.exec_prepared("practice_run_facts", run_id);
    if (rows.empty()) return {};
    return run_facts{rows[0][0].as<std::int64_t>(), rows[0][1].as<std::int64_t>(),
                     ids_in(rows[0][2].as<std::string>())};
  });
}

runtime::awaitable<std::optional<run_row>> find_run(postgres::pool& database, std::int64_t run_id) {
  co_return co_await database.read([&](pqxx::transaction_base& t) -> std::optional<run_row> {
    const auto rows = t.exec_prepared("practice_run", run_id);
    if (rows.empty()) return {};
    const auto& first = rows[0];
    run_row run{
        .facts = {first[0].as<std::int64_t>(), first[1].as<std::int64_t>(), ids_in(first[2].as<std::string>())}};
    if (first[3].as<bool>())
      run.completed = completion{first[4].as<int>(), first[5].as<int>(), first[6].as<int>(), first[7].as<bool>()};
    for (const auto& row : rows)
      if (!row[8].is_null())
        run.answers.push_back({row[8].as<int>(), row[9].as<std::int64_t>(), row[10].as<std::string>(),
                               row[11].as<std::string>(), row[12].as<bool>()});
    return run;
  });
}

namespace {

struct count {
  int answered = 0, right = 0;
};
using place = std::pair<std::int64_t, int>;  // run and position

// The counts of those runs whose answers at these places were new.
std::map<place, count> save_round(pqxx::transaction_base& t, const std::vector<const given_answer*>& round) {
  postgres::array runs, positions, persons, questions, versions, orders, answers, rights;
  for (const auto* a : round) {
    runs.add(a->run_id);
    positions.add(std::int64_t{a->position});
    persons.add(a->person_id);
    questions.add(a->question_id);
    versions.add(a->version_id);
    orders.add(std::string_view(a->shown_order));
    answers.add(std::string_view(a->answer));
    rights.add(std::string_view(a->is_right ? "t" : "f"));
  }
  std::map<place, count> counts;
  for (const auto& row :
       t.exec_prepared("practice_save_answers", runs.str(), positions.str(), persons.str(), questions.str(),
                       versions.str(), orders.str(), answers.str(), rights.str(), right_in_a_row_to_clear))
    counts.emplace(place{row[0].as<std::int64_t>(), row[1].as<int>()}, count{row[2].as<int>(), row[3].as<int>()});
  return counts;
}

completion complete(pqxx::transaction_base& t, const given_answer& last, int right) {
  completion done{.right = right, .stars = stars_for(right, last.questions, last.threshold_percent)};
  std::vector<ranking::award> awards;
  for (int star = 1; star <= done.stars; ++star)
    awards.push_back({last.person_id, last.organisation_path, last.trade_id,
                      star_event(last.stage_id, last.person_id, star), points_per_star});
  if (!awards.empty()) done.points_earned = ranking::enter(t, awards);
  const auto passed = t.exec_prepared1("practice_complete_run", last.run_id, last.person_id, last.stage_id, done.stars,
                                       done.points_earned, right);
  done.stage_passed = passed[0].as<bool>();
  return done;
}

void save_answers(pqxx::transaction_base& t, std::vector<given_answer>& answers) {
  std::vector<given_answer*> waiting;
  for (auto& a : answers) {
    a.fresh = false;  // the transaction may be tried again
    a.completed.reset();
    waiting.push_back(&a);
  }
  while (!waiting.empty()) {
    std::vector<const given_answer*> round;
    std::vector<given_answer*> now, later;
    std::set<std::pair<std::int64_t, std::int64_t>> asked;
    for (auto* a : waiting) (asked.emplace(a->person_id, a->question_id).second ? now : later).push_back(a);
    round.assign(now.begin(), now.end());
    const auto counts = save_round(t, round);
    std::map<std::int64_t, completion> completed;
    for (auto* a : now) {
      const auto found = counts.find({a->run_id, a->position});
      a->fresh = found != counts.end();
      if (!a->fresh || found->second.answered < a->questions) continue;
      if (!completed.contains(a->run_id)) completed.emplace(a->run_id, complete(t, *a, found->second.right));
      a->completed = completed.at(a->run_id);
    }
    waiting = std::move(later);
  }
}

}  // namespace

runtime::awaitable<> save_answers(postgres::pool& database, std::vector<given_answer>& answers) {
  co_await database.write([&](pqxx::transaction_base& t) { save_answers(t, answers); });
}

runtime::awaitable<std::vector<wrong_row>> wrong_questions(postgres::pool& database, std::int64_t person_id,
                                                           std::vector<std::int64_t> question_ids, std::int64_t after,
                                                           std::int64_t limit) {
  co_return co_await database.read([&](pqxx::transaction_base& t) {
    std::vector<wrong_row> rows;
    for (const auto& row : t.exec_prepared("practice_wrong_questions", person_id, array_of(question_ids), after, limit))
      rows.push_back({row[0].as<std::int64_t>(), row[1].as<int>(), row[2].as<int>(), row[3].as<std::string>(),
                      row[4].as<std::int64_t>(),
                      base::time_point{std::chrono::microseconds{row[5].as<std::int64_t>()}}});
    return rows;
  });
}

}  // namespace practice
