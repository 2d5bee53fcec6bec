#include "exam/store.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "postgres/array.hpp"

namespace exam {
namespace {

// Times come and go as microseconds since 1970.
base::time_point time_in(const pqxx::field& f) {
  return base::time_point{std::chrono::microseconds{f.as<std::int64_t>()}};
}
std::int64_t us(base::time_point time) { return time.time_since_epoch().count(); }
std::int64_t us(std::chrono::milliseconds span) { return std::chrono::microseconds{span}.count(); }

std::string list_of(const std::vector<std::int64_t>& numbers) {
  postgres::array list;
  for (const auto number : numbers) list.add(number);
  return list.str();
}

std::string list_of(const std::vector<std::string>& texts) {
  postgres::array list;
  for (const auto& text : texts) list.add(std::string_view(text));
  return list.str();
}

const std::string blueprint_rows = R"(
  SELECT b.blueprint_id, b.organisation_id, o.path, b.outline_id, b.name, b.pool, b.pass_points,
         (extract(epoch FROM b.created_at) * 1000000)::bigint AS created_at,
         (SELECT json_agg(json_build_array(p.type, p.questions, p.points) ORDER BY p.position)
          FROM blueprint_part p WHERE p.blueprint_id = b.blueprint_id) AS parts
  FROM blueprint b JOIN organisation o ON o.organisation_id = b.organisation_id )";

const std::string sitting_columns = R"(
  s.sitting_id, s.organisation_id, o.path, s.blueprint_id, b.outline_id, s.name, s.released,
  (extract(epoch FROM s.opens_at) * 1000000)::bigint AS opens_at,
  (extract(epoch FROM s.closes_at) * 1000000)::bigint AS closes_at,
  extract(epoch FROM s.duration)::bigint AS duration,
  (SELECT sum(p.questions) FROM blueprint_part p WHERE p.blueprint_id = s.blueprint_id) AS questions )";

// Counts over thousands of candidates are fetched only where they are shown.
const std::string no_counts = ", 0 AS registered, 0 AS started, 0 AS closed ";
const std::string counts = R"(,
  (SELECT count(*) FROM registration r WHERE r.sitting_id = s.sitting_id) AS registered,
  (SELECT count(*) FROM attempt a WHERE a.sitting_id = s.sitting_id) AS started,
  (SELECT count(*) FROM attempt a WHERE a.sitting_id = s.sitting_id AND a.state = 'closed') AS closed )";

const std::string sitting_tables = R"(
  FROM sitting s JOIN organisation o ON o.organisation_id = s.organisation_id
  JOIN blueprint b ON b.blueprint_id = s.blueprint_id )";

const std::string attempt_columns = R"(
  a.attempt_id, a.sitting_id AS attempt_sitting_id, a.person_id AS attempt_person_id, a.closed_by,
  (extract(epoch FROM a.started_at) * 1000000)::bigint AS started_at,
  (extract(epoch FROM a.deadline_at) * 1000000)::bigint AS deadline_at,
  (extract(epoch FROM a.closed_at) * 1000000)::bigint AS closed_at )";

const std::string now_column = ", (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now ";

blueprint blueprint_in(const pqxx::row& row) {
  blueprint b{.blueprint_id = row["blueprint_id"].as<std::int64_t>(),
              .organisation_id = row["organisation_id"].as<std::int64_t>(),
              .organisation_path = row["path"].as<std::string>(),
              .outline_id = row["outline_id"].as<std::int64_t>(),
              .name = row["name"].as<std::string>(),
              .pool = bank::pool_named(row["pool"].as<std::string>()).value(),
              .pass_points = row["pass_points"].as<int>(),
              .created_at = time_in(row["created_at"])};
  for (const auto& p : nlohmann::json::parse(row["parts"].as<std::string>()))
    b.parts.push_back({question::type_named(p[0].get<std::string>()).value(), p[1], p[2]});
  return b;
}

sitting sitting_in(const pqxx::row& row) {
  return {.sitting_id = row["sitting_id"].as<std::int64_t>(),
          .organisation_id = row["organisation_id"].as<std::int64_t>(),
          .organisation_path = row["path"].as<std::string>(),
          .blueprint_id = row["blueprint_id"].as<std::int64_t>(),
          .outline_id = row["outline_id"].as<std::int64_t>(),
          .name = row["name"].as<std::string>(),
          .opens_at = time_in(row["opens_at"]),
          .closes_at = time_in(row["closes_at"]),
          .duration = std::chrono::seconds{row["duration"].as<std::int64_t>()},
          .released = release_named(row["released"].as<std::string>()).value(),
          .questions = row["questions"].as<int>(),
          .registered = row["registered"].as<int>(),
          .started = row["started"].as<int>(),
          .closed = row["closed"].as<int>()};
}

// Nothing where a left join found no attempt.
std::optional<attempt> attempt_in(const pqxx::row& row) {
  if (row["attempt_id"].is_null()) return {};
  attempt a{.attempt_id = row["attempt_id"].as<std::int64_t>(),
            .sitting_id = row["attempt_sitting_id"].as<std::int64_t>(),
            .person_id = row["attempt_person_id"].as<std::int64_t>(),
            .started_at = time_in(row["started_at"]),
            .deadline_at = time_in(row["deadline_at"])};
  if (row["closed_at"].is_null()) return a;
  a.closed_at = time_in(row["closed_at"]);
  a.closer =
      row["closed_by"].as<std::string>() == name_of(closed_by::candidate) ? closed_by::candidate : closed_by::deadline;
  return a;
}

template <class T>
std::optional<T> at_most_one(const pqxx::result& rows, T (*read)(const pqxx::row&)) {
  if (rows.empty()) return {};
  return read(rows[0]);
}

template <class T>
std::vector<T> all_in(const pqxx::result& rows, T (*read)(const pqxx::row&)) {
  std::vector<T> all;
  all.reserve(rows.size());
  for (const auto& row : rows) all.push_back(read(row));
  return all;
}

void prepare_blueprints(pqxx::connection& c) {
  c.prepare("exam_blueprint", blueprint_rows + "WHERE b.blueprint_id = $1");
  c.prepare("exam_created_blueprint", blueprint_rows + "WHERE b.creation_key = $1");
  c.prepare("exam_blueprints", blueprint_rows + R"(
    WHERE b.blueprint_id > $2 AND EXISTS (
      SELECT FROM unnest($1::text[]) AS reach (path) WHERE o.path ^@ reach.path OR reach.path ^@ o.path)
    ORDER BY b.blueprint_id LIMIT $3)");
  c.prepare("exam_insert_blueprint", R"(
    WITH made AS (
      INSERT INTO blueprint (organisation_id, outline_id, name, pool, pass_points, created_by, creation_key)
      VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (creation_key) DO NOTHING RETURNING blueprint_id)
    INSERT INTO blueprint_part (blueprint_id, position, type, questions, points)
    SELECT made.blueprint_id, p.position, p.type, p.questions, p.points
    FROM made CROSS JOIN unnest($8::text[], $9::int[], $10::int[]) WITH ORDINALITY
      AS p (type, questions, points, position))");
}

void prepare_sittings(pqxx::connection& c) {
  const std::string rows = "SELECT " + sitting_columns + counts + sitting_tables;
  c.prepare("exam_sitting", rows + "WHERE s.sitting_id = $1");
  c.prepare("exam_created_sitting", rows + "WHERE s.creation_key = $1");
  c.prepare("exam_sittings", rows + R"(
    WHERE s.sitting_id > $2 AND EXISTS (
      SELECT FROM unnest($1::text[]) AS reach (path) WHERE o.path ^@ reach.path)
    ORDER BY s.sitting_id LIMIT $3)");
  c.prepare("exam_insert_sitting", R"(
    INSERT INTO sitting (organisation_id, blueprint_id, opens_at, closes_at, duration, name, created_by, creation_key)
    VALUES ($1, $2, timestamptz 'epoch' + $3::bigint * interval '1 microsecond',
            timestamptz 'epoch' + $4::bigint * interval '1 microsecond', $5::bigint * interval '1 second', $6, $7, $8)
    ON CONFLICT (creation_key) DO NOTHING)");
  c.prepare("exam_lock_sitting", "SELECT FROM sitting WHERE sitting_id = $1 FOR UPDATE");
  c.prepare("exam_share_sitting", "SELECT FROM sitting WHERE sitting_id = $1 FOR SHARE");
  c.prepare("exam_release", R"(
    UPDATE sitting SET released = $2, released_at = now(), released_by = $3 WHERE sitting_id = $1 AND released <> $2)");
  c.prepare("exam_accounts", R"(
    SELECT p.person_id, p.disabled_at IS NOT NULL,
           EXISTS (SELECT FROM role_grant g WHERE g.person_id = p.person_id AND g.role = ANY ($2::text[]))
    FROM unnest($1::text[]) WITH ORDINALITY AS asked (account, place)
    LEFT JOIN person p ON p.account = lower(asked.account) ORDER BY asked.place)");
  c.prepare("exam_register", R"(
    INSERT INTO registration (sitting_id, person_id, registered_by)
    SELECT $1::bigint, p.id, $3::bigint FROM unnest($2::bigint[]) AS p (id) ORDER BY p.id ON CONFLICT DO NOTHING)");
  c.prepare("exam_candidates", "SELECT r.person_id, p.account, p.display_name, " + attempt_columns + R"(,
           n.answered, t.points, t.points_max, t.pass_points, t.passed
    FROM registration r JOIN person p ON p.person_id = r.person_id
    LEFT JOIN attempt a ON a.sitting_id = r.sitting_id AND a.person_id = r.person_id
    LEFT JOIN attempt_result t ON t.attempt_id = a.attempt_id
    LEFT JOIN LATERAL (
      SELECT count(*) FILTER (WHERE newest.answer <> 'null') AS answered
      FROM (SELECT DISTINCT ON (position) answer FROM answer_log
            WHERE attempt_id = a.attempt_id ORDER BY position DESC, sequence DESC) newest) n ON true
    WHERE r.sitting_id = $1 AND r.person_id > $2 ORDER BY r.person_id LIMIT $3)");
}

void prepare_attempts(pqxx::connection& c) {
  const std::string own = "SELECT " + sitting_columns + no_counts + ", r.person_id IS NOT NULL AS is_registered, " +
                          attempt_columns + now_column + sitting_tables;
  c.prepare("exam_now", "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint");
  c.prepare("exam_own_sitting", own + R"(
    LEFT JOIN registration r ON r.sitting_id = s.sitting_id AND r.person_id = $2
    LEFT JOIN attempt a ON a.sitting_id = s.sitting_id AND a.person_id = $2 WHERE s.sitting_id = $1)");
  c.prepare("exam_own_sittings", own + R"(
    JOIN registration r ON r.sitting_id = s.sitting_id AND r.person_id = $2
    LEFT JOIN attempt a ON a.sitting_id = s.sitting_id AND a.person_id = $2
    WHERE s.sitting_id < $1 ORDER BY s.sitting_id DESC LIMIT $3)");
  c.prepare("exam_start", R"(
    WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS now),
    made AS (
      INSERT INTO attempt (sitting_id, person_id, seed, release_id, started_at, deadline_at)
      SELECT s.sitting_id, r.person_id, $3::bigint, $4::bigint, clock.now, least(clock.now + s.duration, s.closes_at)
      FROM clock, sitting s JOIN registration r ON r.sitting_id = s.sitting_id AND r.person_id = $2
      WHERE s.sitting_id = $1 AND clock.now >= s.opens_at AND clock.now < s.closes_at
      ON CONFLICT (sitting_id, person_id) DO NOTHING RETURNING attempt_id)
    INSERT INTO attempt_question (attempt_id, position, question_version_id, option_order, points)
    SELECT made.attempt_id, q.position, q.version_id, q.option_order, q.points
    FROM made CROSS JOIN unnest($5::bigint[], $6::text[], $7::int[]) WITH ORDINALITY
      AS q (version_id, option_order, points, position))");
  c.prepare("exam_attempt", "SELECT " + attempt_columns + now_column + ", s.name, s.released, o.path, b.pass_points " +
                                sitting_tables +
                                "JOIN attempt a ON a.sitting_id = s.sitting_id WHERE a.attempt_id = $1");
  c.prepare("exam_papers", R"(
    SELECT attempt_id, position, question_version_id, option_order, points FROM attempt_question
    WHERE attempt_id = ANY ($1::bigint[]) ORDER BY attempt_id, position)");
  c.prepare("exam_newest_answers", R"(
    SELECT DISTINCT ON (attempt_id, position) attempt_id, position, sequence, answer FROM answer_log
    WHERE attempt_id = ANY ($1::bigint[]) ORDER BY attempt_id DESC, position DESC, sequence DESC)");
}

// The hot path. The row locks order saves against closing: who closes first updates the attempt and then reads the log,
// so either this statement finds the attempt closed, or the closer waits for it and finds its answers. The log that the
// subqueries see is the one before this statement. IN (...) IS TRUE makes each membership test a hash look-up, whatever
// the planner thinks of the sizes.
void prepare_saving(pqxx::connection& c) {
  // The attempts that still take answers, locked, and the rows of the batch that are theirs.
  const std::string writable_rows = R"(
    WITH writable AS MATERIALIZED (
      SELECT attempt_id, (extract(epoch FROM deadline_at) * 1000000)::bigint AS deadline FROM attempt
      WHERE attempt_id = ANY ($1::bigint[]) AND state = 'open'
        AND clock_timestamp() <= deadline_at + $6::bigint * interval '1 microsecond'
      ORDER BY attempt_id FOR SHARE),
    given AS MATERIALIZED (
      SELECT * FROM unnest($2::bigint[], $3::smallint[], $4::bigint[], $5::text[]) WITH ORDINALITY
        AS g (attempt_id, position, sequence, answer, place)
      WHERE (attempt_id IN (SELECT attempt_id FROM writable)) IS TRUE),)";
  c.prepare("exam_save_new", writable_rows + R"(
    inserted AS (
      INSERT INTO answer_log (attempt_id, position, sequence, answer) SELECT attempt_id, position, sequence, answer FROM given)
    SELECT given.place, newer.sequence, NULL::bigint FROM given CROSS JOIN LATERAL (
      SELECT l.sequence FROM answer_log l
      WHERE l.attempt_id = given.attempt_id AND l.position = given.position AND l.sequence > given.sequence
      ORDER BY l.sequence DESC LIMIT 1) newer
    UNION ALL
    SELECT 0, attempt_id, deadline FROM writable
    UNION ALL
    SELECT -1, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, NULL)");
  c.prepare("exam_save", writable_rows + R"(
    inserted AS (
      INSERT INTO answer_log (attempt_id, position, sequence, answer)
      SELECT attempt_id, position, sequence, answer FROM given
      ON CONFLICT DO NOTHING RETURNING attempt_id, position, sequence),
    told AS MATERIALIZED (
      SELECT *, ((attempt_id, position, sequence) IN (SELECT * FROM inserted)) IS TRUE AS is_new FROM given)
    SELECT place, is_new::int::bigint,
      (SELECT max(l.sequence) FROM answer_log l WHERE l.attempt_id = told.attempt_id AND l.position = told.position),
      CASE WHEN NOT is_new THEN (
        SELECT l.answer FROM answer_log l
        WHERE l.attempt_id = told.attempt_id AND l.position = told.position AND l.sequence = told.sequence) END
    FROM told
    UNION ALL
    SELECT 0, attempt_id, deadline, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint::text FROM writable)");
  c.prepare("exam_logged_answer",
            "SELECT answer FROM answer_log WHERE attempt_id = $1 AND position = $2 AND sequence = $3");
}

void prepare_closing(pqxx::connection& c) {
  const std::string closable = R"(
    SELECT a.attempt_id, b.pass_points, (extract(epoch FROM a.deadline_at) * 1000000)::bigint
    FROM attempt a JOIN sitting s ON s.sitting_id = a.sitting_id JOIN blueprint b ON b.blueprint_id = s.blueprint_id )";
  c.prepare("exam_close", R"(
    UPDATE attempt SET state = 'closed', closed_at = least(clock_timestamp(), deadline_at),
      closed_by = CASE WHEN clock_timestamp() <= deadline_at + $3::bigint * interval '1 microsecond'
                       THEN 'candidate' ELSE 'deadline' END
    WHERE attempt_id = $1 AND person_id = $2 AND state = 'open')");
  c.prepare("exam_overdue", closable + R"(
    WHERE a.state = 'open' AND a.deadline_at < statement_timestamp() - $4::bigint * interval '1 microsecond'
      AND (a.deadline_at, a.attempt_id) > (timestamptz 'epoch' + $3::bigint * interval '1 microsecond', $1)
    ORDER BY a.deadline_at, a.attempt_id LIMIT $2)");
  c.prepare("exam_close_overdue", R"(
    UPDATE attempt SET state = 'closed', closed_at = deadline_at, closed_by = 'deadline' WHERE attempt_id IN (
      SELECT attempt_id FROM attempt WHERE attempt_id = ANY ($1::bigint[]) AND state = 'open'
        AND deadline_at < statement_timestamp() - $2::bigint * interval '1 microsecond'
      ORDER BY attempt_id FOR UPDATE SKIP LOCKED)
    RETURNING attempt_id)");
  c.prepare("exam_closed", closable + R"(
    WHERE a.state = 'closed' AND a.attempt_id > $1 AND ($2::bigint IS NULL OR a.sitting_id = $2)
    ORDER BY a.attempt_id LIMIT $3)");
}

void prepare_results(pqxx::connection& c) {
  c.prepare("exam_insert_results", R"(
    INSERT INTO attempt_result (attempt_id, points, points_max, pass_points, passed)
    SELECT * FROM unnest($1::bigint[], $2::int[], $3::int[], $4::int[], $5::boolean[]))");
  c.prepare("exam_insert_marks", R"(
    INSERT INTO attempt_mark (attempt_id, position, sequence, answer, key, is_right, points, points_max, rule)
    SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::bigint[], $4::text[], $5::text[], $6::boolean[],
                         $7::int[], $8::int[], $9::text[]))");
  c.prepare("exam_delete_results", "DELETE FROM attempt_result WHERE attempt_id = ANY ($1::bigint[])");
  c.prepare("exam_delete_marks", "DELETE FROM attempt_mark WHERE attempt_id = ANY ($1::bigint[])");
  c.prepare("exam_results", R"(
    SELECT attempt_id, points, points_max, pass_points, passed FROM attempt_result
    WHERE attempt_id = ANY ($1::bigint[]))");
  c.prepare("exam_marks", R"(
    SELECT attempt_id, position, sequence, answer, key, is_right, points, points_max, rule FROM attempt_mark
    WHERE attempt_id = ANY ($1::bigint[]) ORDER BY attempt_id, position)");
  c.prepare("exam_answer_times", R"(
    SELECT m.position, (extract(epoch FROM l.received_at) * 1000000)::bigint
    FROM attempt_mark m JOIN answer_log l USING (attempt_id, position, sequence) WHERE m.attempt_id = $1)");
}

candidate_sitting candidate_sitting_in(const pqxx::row& row) {
  return {.sitting = sitting_in(row),
          .registered = row["is_registered"].as<bool>(),
          .own = attempt_in(row),
          .now = time_in(row["now"])};
}

std::vector<closable> closable_in(const pqxx::result& rows) {
  std::vector<closable> found;
  for (const auto& row : rows)
    found.push_back({row[0].as<std::int64_t>(), row[1].as<int>(), row[2].as<std::int64_t>()});
  return found;
}

}  // namespace

void prepare(pqxx::connection& c) {
  prepare_blueprints(c);
  prepare_sittings(c);
  prepare_attempts(c);
  prepare_saving(c);
  prepare_closing(c);
  prepare_results(c);
}

std::optional<blueprint> find_blueprint(pqxx::transaction_base& t, std::int64_t blueprint_id) {
  return at_most_one(t.exec_prepared("exam_blueprint", blueprint_id), blueprint_in);
}

std::optional<blueprint> created_blueprint(pqxx::transaction_base& t, const std::string& creation_key) {
  return at_most_one(t.exec_prepared("exam_created_blueprint", creation_key), blueprint_in);
}

void insert_blueprint(pqxx::transaction_base& t, const blueprint& b, const creation& c) {
  postgres::array types, questions, points;
  for (const auto& p : b.parts) {
    types.add(question::name_of(p.type));
    questions.add(std::int64_t{p.questions});
    points.add(std::int64_t{p.points});
  }
  t.exec_prepared0("exam_insert_blueprint", b.organisation_id, b.outline_id, b.name, std::string(bank::name_of(b.pool)),
                   b.pass_points, c.by, c.key, types.str(), questions.str(), points.str());
}

std::vector<blueprint> list_blueprints(pqxx::transaction_base& t, const std::vector<std::string>& reach,
                                       std::int64_t after, std::int64_t limit) {
  return all_in(t.exec_prepared("exam_blueprints", list_of(reach), after, limit), blueprint_in);
}

std::optional<sitting> find_sitting(pqxx::transaction_base& t, std::int64_t sitting_id) {
  return at_most_one(t.exec_prepared("exam_sitting", sitting_id), sitting_in);
}

std::optional<sitting> created_sitting(pqxx::transaction_base& t, const std::string& creation_key) {
  return at_most_one(t.exec_prepared("exam_created_sitting", creation_key), sitting_in);
}

void insert_sitting(pqxx::transaction_base& t, const sitting& s, const creation& c) {
  t.exec_prepared0("exam_insert_sitting", s.organisation_id, s.blueprint_id, us(s.opens_at), us(s.closes_at),
                   std::int64_t{s.duration.count()}, s.name, c.by, c.key);
}

std::vector<sitting> list_sittings(pqxx::transaction_base& t, const std::vector<std::string>& reach, std::int64_t after,
                                   std::int64_t limit) {
  return all_in(t.exec_prepared("exam_sittings", list_of(reach), after, limit), sitting_in);
}

std::optional<sitting> lock_sitting(pqxx::transaction_base& t, std::int64_t sitting_id, bool alone) {
  t.exec_prepared(alone ? "exam_lock_sitting" : "exam_share_sitting", sitting_id);
  return find_sitting(t, sitting_id);  // a new statement: it sees what was committed while this one waited
}

void set_released(pqxx::transaction_base& t, std::int64_t sitting_id, release to, std::int64_t by) {
  t.exec_prepared0("exam_release", sitting_id, std::string(name_of(to)), by);
}

std::vector<found_account> find_accounts(pqxx::transaction_base& t, const std::vector<std::string>& accounts,
                                         const std::vector<std::string>& roles) {
  std::vector<found_account> found;
  for (const auto& row : t.exec_prepared("exam_accounts", list_of(accounts), list_of(roles))) {
    auto& one = found.emplace_back();
    if (!row[0].is_null()) one = {row[0].as<std::int64_t>(), row[1].as<bool>(), row[2].as<bool>()};
  }
  return found;
}

int insert_registrations(pqxx::transaction_base& t, std::int64_t sitting_id, const std::vector<std::int64_t>& people,
                         std::int64_t by) {
  return static_cast<int>(t.exec_prepared("exam_register", sitting_id, list_of(people), by).affected_rows());
}

std::vector<candidate> list_candidates(pqxx::transaction_base& t, std::int64_t sitting_id, std::int64_t after,
                                       std::int64_t limit) {
  std::vector<candidate> all;
  for (const auto& row : t.exec_prepared("exam_candidates", sitting_id, after, limit)) {
    auto& one = all.emplace_back(candidate{.person_id = row["person_id"].as<std::int64_t>(),
                                           .account = row["account"].as<std::string>(),
                                           .display_name = row["display_name"].as<std::string>(),
                                           .own = attempt_in(row),
                                           .answered = row["answered"].as<int>()});
    if (!row["points"].is_null())
      one.score = score{row["points"].as<int>(), row["points_max"].as<int>(), row["pass_points"].as<int>(),
                        row["passed"].as<bool>()};
  }
  return all;
}

base::time_point now(pqxx::transaction_base& t) { return time_in(t.exec_prepared1("exam_now")[0]); }

std::vector<candidate_sitting> list_own_sittings(pqxx::transaction_base& t, std::int64_t person_id, std::int64_t before,
                                                 std::int64_t limit) {
  return all_in(t.exec_prepared("exam_own_sittings", before, person_id, limit), candidate_sitting_in);
}

std::optional<candidate_sitting> find_own_sitting(pqxx::transaction_base& t, std::int64_t sitting_id,
                                                  std::int64_t person_id) {
  return at_most_one(t.exec_prepared("exam_own_sitting", sitting_id, person_id), candidate_sitting_in);
}

void insert_attempt(pqxx::transaction_base& t, std::int64_t sitting_id, std::int64_t person_id, std::uint64_t seed,
                    std::int64_t release_id, const std::vector<drawn_question>& paper) {
  postgres::array versions, orders, points;
  for (const auto& q : paper) {
    versions.add(q.question->version_id);
    orders.add(std::string_view(q.option_order));
    points.add(std::int64_t{q.points});
  }
  t.exec_prepared0("exam_start", sitting_id, person_id, static_cast<std::int64_t>(seed), release_id, versions.str(),
                   orders.str(), points.str());
}

std::optional<attempt_facts> find_attempt(pqxx::transaction_base& t, std::int64_t attempt_id) {
  const auto rows = t.exec_prepared("exam_attempt", attempt_id);
  if (rows.empty()) return {};
  const auto row = rows[0];
  return attempt_facts{.attempt = attempt_in(row).value(),
                       .sitting_name = row["name"].as<std::string>(),
                       .organisation_path = row["path"].as<std::string>(),
                       .released = release_named(row["released"].as<std::string>()).value(),
                       .pass_points = row["pass_points"].as<int>(),
                       .now = time_in(row["now"])};
}

papers find_papers(pqxx::transaction_base& t, const std::vector<std::int64_t>& attempt_ids) {
  papers found;
  for (const auto& row : t.exec_prepared("exam_papers", list_of(attempt_ids))) {
    const auto attempt_id = row[0].as<std::int64_t>();
    found[attempt_id].push_back(
        {attempt_id, row[1].as<int>(), row[2].as<std::int64_t>(), row[3].as<std::string>(), row[4].as<int>()});
  }
  return found;
}

answers newest_answers(pqxx::transaction_base& t, const std::vector<std::int64_t>& attempt_ids) {
  answers found;
  for (const auto& row : t.exec_prepared("exam_newest_answers", list_of(attempt_ids)))
    found[row[0].as<std::int64_t>()].push_back({row[1].as<int>(), row[2].as<std::int64_t>(), row[3].as<std::string>()});
  for (auto& [unused, of_attempt] : found)
    std::ranges::reverse(of_attempt);  // they came by falling positions, as the index does it
  return found;
}

bool close_attempt(pqxx::transaction_base& t, std::int64_t attempt_id, std::int64_t person_id,
                   std::chrono::milliseconds grace) {
  return t.exec_prepared("exam_close", attempt_id, person_id, us(grace)).affected_rows() == 1;
}

std::vector<closable> list_overdue(pqxx::transaction_base& t, const closable& after, int limit,
                                   std::chrono::milliseconds grace) {
  return closable_in(t.exec_prepared("exam_overdue", after.attempt_id, limit, after.deadline_us, us(grace)));
}

std::vector<std::int64_t> close_overdue(pqxx::transaction_base& t, const std::vector<std::int64_t>& attempt_ids,
                                        std::chrono::milliseconds grace) {
  std::vector<std::int64_t> closed;
  for (const auto& row : t.exec_prepared("exam_close_overdue", list_of(attempt_ids), us(grace)))
    closed.push_back(row[0].as<std::int64_t>());
  return closed;
}

std::vector<closable> list_closed(pqxx::transaction_base& t, std::optional<std::int64_t> sitting_id, std::int64_t after,
                                  int limit) {
  return closable_in(t.exec_prepared("exam_closed", after, sitting_id, limit));
}

void insert_results(pqxx::transaction_base& t, const std::vector<marked_attempt>& results) {
  postgres::array ids, points, points_max, pass_points, passed;
  postgres::array attempts, positions, sequences, given, keys, right, earned, earned_max, rules;
  for (const auto& r : results) {
    ids.add(r.attempt_id), points.add(std::int64_t{r.score.points}), points_max.add(std::int64_t{r.score.points_max});
    pass_points.add(std::int64_t{r.score.pass_points}), passed.add(std::int64_t{r.score.passed});
    for (const auto& m : r.marks) {
      attempts.add(r.attempt_id), positions.add(std::int64_t{m.position});
      m.sequence ? sequences.add(*m.sequence) : sequences.add_null();
      m.answer ? given.add(std::string_view(*m.answer)) : given.add_null();
      keys.add(std::string_view(m.key)), right.add(std::int64_t{m.is_right}), rules.add(std::string_view(m.rule));
      earned.add(std::int64_t{m.points}), earned_max.add(std::int64_t{m.points_max});
    }
  }
  t.exec_prepared0("exam_insert_results", ids.str(), points.str(), points_max.str(), pass_points.str(), passed.str());
  t.exec_prepared0("exam_insert_marks", attempts.str(), positions.str(), sequences.str(), given.str(), keys.str(),
                   right.str(), earned.str(), earned_max.str(), rules.str());
}

void delete_results(pqxx::transaction_base& t, const std::vector<std::int64_t>& attempt_ids) {
  t.exec_prepared0("exam_delete_results", list_of(attempt_ids));
  t.exec_prepared0("exam_delete_marks", list_of(attempt_ids));
}

std::unordered_map<std::int64_t, marked_attempt> find_results(pqxx::transaction_base& t,
                                                              const std::vector<std::int64_t>& attempt_ids) {
  std::unordered_map<std::int64_t, marked_attempt> found;
  for (const auto& row : t.exec_prepared("exam_results", list_of(attempt_ids))) {
    auto& one = found[row[0].as<std::int64_t>()];
    one.attempt_id = row[0].as<std::int64_t>();
    one.score = {row[1].as<int>(), row[2].as<int>(), row[3].as<int>(), row[4].as<bool>()};
  }
  for (const auto& row : t.exec_prepared("exam_marks", list_of(attempt_ids))) {
    mark m{.position = row[1].as<int>(),
           .key = row[4].as<std::string>(),
           .is_right = row[5].as<bool>(),
           .points = row[6].as<int>(),
           .points_max = row[7].as<int>(),
           .rule = row[8].as<std::string>()};
    if (!row[2].is_null()) m.sequence = row[2].as<std::int64_t>();
    if (!row[3].is_null()) m.answer = row[3].as<std::string>();
    found[row[0].as<std::int64_t>()].marks.push_back(std::move(m));
  }
  return found;
}

std::unordered_map<int, base::time_point> answer_times(pqxx::transaction_base& t, std::int64_t attempt_id) {
  std::unordered_map<int, base::time_point> times;
  for (const auto& row : t.exec_prepared("exam_answer_times", attempt_id))
    times.emplace(row[0].as<int>(), time_in(row[1]));
  return times;
}

}  // namespace exam
