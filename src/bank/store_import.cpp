#include "bank/store_import.hpp"

#include <pqxx/pqxx>

#include "postgres/array.hpp"

namespace bank::store {

void prepare_import(pqxx::connection& connection) {
  connection.prepare("bank_import_lock", "SELECT pg_advisory_xact_lock(7031884612)");
  connection.prepare("bank_write_occupations", R"(
    INSERT INTO occupation (taxonomy, code, name, marks, group_code, group_name)
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
    ON CONFLICT (taxonomy, code) DO UPDATE
    SET name = excluded.name, marks = excluded.marks, group_code = excluded.group_code, group_name = excluded.group_name
    WHERE (occupation.name, occupation.marks, occupation.group_code, occupation.group_name)
          IS DISTINCT FROM (excluded.name, excluded.marks, excluded.group_code, excluded.group_name)
    RETURNING xmax = 0 AS created)");
  connection.prepare("bank_find_trade", "SELECT trade_id FROM trade WHERE code = $1");
  connection.prepare("bank_insert_trade", R"(
    INSERT INTO trade (code, taxonomy, occupation_code, name) VALUES ($1, $2, $3, $4) RETURNING trade_id)");
  connection.prepare("bank_update_trade", R"(
    UPDATE trade SET taxonomy = $2, occupation_code = $3, name = $4
    WHERE trade_id = $1 AND (taxonomy, occupation_code, name) IS DISTINCT FROM ($2, $3, $4))");
  connection.prepare("bank_find_outline", "SELECT outline_id, digest FROM outline WHERE code = $1 AND version = $2");
  connection.prepare("bank_insert_outline", R"(
    INSERT INTO outline (trade_id, level, level_name, code, version, name, standard, digest)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING outline_id)");
  connection.prepare("bank_insert_range", R"(
    INSERT INTO outline_range (outline_id, parent_id, position, code, name, weight)
    VALUES ($1, $2, $3, $4, $5, $6) RETURNING range_id)");
  connection.prepare("bank_insert_points", R"(
    INSERT INTO outline_point (outline_id, range_id, position, code, name, importance)
    SELECT $1, * FROM unnest($2::bigint[], $3::int[], $4::text[], $5::text[], $6::text[]))");
  connection.prepare("bank_points_of", "SELECT code, point_id FROM outline_point WHERE outline_id = $1");
  connection.prepare("bank_find_questions", R"(
    SELECT question_id, question.code, outline.code AS outline_code, outline_id, point_id, type, pool, question.version,
           question_version.digest
    FROM question JOIN question_version USING (question_id, version) JOIN outline USING (outline_id)
    WHERE question.code = ANY ($1::text[]))");
  connection.prepare("bank_insert_questions", R"(
    INSERT INTO question (code, outline_id, point_id, type, pool, version)
    SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::int[]) RETURNING code, question_id)");
  connection.prepare("bank_update_questions", R"(
    UPDATE question SET outline_id = new.outline_id, point_id = new.point_id, pool = new.pool, version = new.version
    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::int[])
         AS new (question_id, outline_id, point_id, pool, version)
    WHERE question.question_id = new.question_id)");
  connection.prepare("bank_insert_versions", R"(
    INSERT INTO question_version (question_id, version, content, key, digest, difficulty, source, provenance, reason)
    SELECT *, $9
    FROM unnest($1::bigint[], $2::int[], $3::text[], $4::text[], $5::text[], $6::smallint[], $7::text[], $8::text[]))");
  connection.prepare("bank_insert_picture",
                     "INSERT INTO media (digest, content_type, bytes) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING");
  connection.prepare("bank_insert_release", "INSERT INTO bank_release (reason) VALUES ($1) RETURNING release_id");
}

void lock(pqxx::transaction_base& transaction) { transaction.exec_prepared("bank_import_lock"); }

upserted write_occupations(pqxx::transaction_base& transaction, const std::vector<occupation>& rows) {
  postgres::array taxonomy, code, name, marks, group_code, group_name;
  for (const auto& one : rows) {
    taxonomy.add(one.taxonomy);
    code.add(one.code);
    name.add(one.name);
    marks.add(one.marks);
    group_code.add(one.group_code);
    group_name.add(one.group_name);
  }
  upserted count;
  for (const auto& row : transaction.exec_prepared("bank_write_occupations", taxonomy.str(), code.str(), name.str(),
                                                   marks.str(), group_code.str(), group_name.str()))
    ++(row["created"].as<bool>() ? count.created : count.changed);
  return count;
}

std::pair<std::int64_t, bool> write_trade(pqxx::transaction_base& transaction, const batch_outline& o) {
  const auto found = transaction.exec_prepared("bank_find_trade", o.trade_code);
  if (found.empty()) {
    const auto row =
        transaction.exec_prepared1("bank_insert_trade", o.trade_code, o.taxonomy, o.occupation_code, o.trade_name);
    return {row[0].as<std::int64_t>(), true};
  }
  const auto trade_id = found[0][0].as<std::int64_t>();
  const auto done =
      transaction.exec_prepared("bank_update_trade", trade_id, o.taxonomy, o.occupation_code, o.trade_name);
  return {trade_id, done.affected_rows() > 0};
}

std::optional<known_outline> find_outline(pqxx::transaction_base& transaction, const batch_outline& o) {
  const auto found = transaction.exec_prepared("bank_find_outline", o.code, o.version);
  if (found.empty()) return {};
  return known_outline{found[0]["outline_id"].as<std::int64_t>(), found[0]["digest"].as<std::string>()};
}

std::int64_t insert_outline(pqxx::transaction_base& transaction, std::int64_t trade_id, const batch_outline& o) {
  const auto row = transaction.exec_prepared1("bank_insert_outline", trade_id, o.level, o.level_name, o.code, o.version,
                                              o.name, o.standard, digest_of(o));
  const auto outline_id = row[0].as<std::int64_t>();
  std::vector<std::int64_t> range_ids;
  for (const auto& one : o.ranges) {
    const auto parent = one.parent ? std::optional<std::int64_t>{range_ids[*one.parent]} : std::nullopt;
    const auto made = transaction.exec_prepared1("bank_insert_range", outline_id, parent, range_ids.size() + 1,
                                                 one.code, one.name, one.weight);
    range_ids.push_back(made[0].as<std::int64_t>());
  }
  postgres::array range, position, code, name, importance;
  for (std::size_t i = 0; i < o.points.size(); ++i) {
    const auto& one = o.points[i];
    range.add(range_ids[one.range]);
    position.add(static_cast<std::int64_t>(i + 1));
    code.add(one.code);
    name.add(one.name);
    importance.add(std::string_view{&one.importance, 1});
  }
  transaction.exec_prepared0("bank_insert_points", outline_id, range.str(), position.str(), code.str(), name.str(),
                             importance.str());
  return outline_id;
}

std::map<std::string, std::int64_t> points_of(pqxx::transaction_base& transaction, std::int64_t outline_id) {
  std::map<std::string, std::int64_t> ids;
  for (const auto& row : transaction.exec_prepared("bank_points_of", outline_id))
    ids.emplace(row[0].as<std::string>(), row[1].as<std::int64_t>());
  return ids;
}

std::map<std::string, known_question> find_questions(pqxx::transaction_base& transaction,
                                                     const std::vector<batch_question>& offered) {
  postgres::array codes;
  for (const auto& one : offered) codes.add(one.code);
  std::map<std::string, known_question> known;
  for (const auto& row : transaction.exec_prepared("bank_find_questions", codes.str())) {
    known_question made{row["question_id"].as<std::int64_t>(),
                        row["outline_code"].as<std::string>(),
                        row["outline_id"].as<std::int64_t>(),
                        row["point_id"].as<std::int64_t>(),
                        row["type"].as<std::string>(),
                        pool_named(row["pool"].as<std::string>()).value(),
                        row["version"].as<int>(),
                        row["digest"].as<std::string>()};
    known.emplace(row["code"].as<std::string>(), std::move(made));
  }
  return known;
}

void insert_questions(pqxx::transaction_base& transaction, std::vector<placed_question>& questions) {
  postgres::array code, outline, point, type, pool, version;
  for (const auto& one : questions) {
    code.add(one.offered->code);
    outline.add(one.outline_id);
    point.add(one.point_id);
    type.add(question::name_of(one.offered->type));
    pool.add(name_of(one.pool));
    version.add(one.version);
  }
  std::map<std::string, std::int64_t> ids;
  for (const auto& row : transaction.exec_prepared("bank_insert_questions", code.str(), outline.str(), point.str(),
                                                   type.str(), pool.str(), version.str()))
    ids.emplace(row[0].as<std::string>(), row[1].as<std::int64_t>());
  for (auto& one : questions) one.question_id = ids.at(one.offered->code);
}

void update_questions(pqxx::transaction_base& transaction, const std::vector<placed_question>& questions) {
  postgres::array id, outline, point, pool, version;
  for (const auto& one : questions) {
    id.add(one.question_id);
    outline.add(one.outline_id);
    point.add(one.point_id);
    pool.add(name_of(one.pool));
    version.add(one.version);
  }
  transaction.exec_prepared0("bank_update_questions", id.str(), outline.str(), point.str(), pool.str(), version.str());
}

void insert_versions(pqxx::transaction_base& transaction, const std::vector<placed_question>& questions,
                     const std::string& reason) {
  postgres::array id, version, content, key, digest, difficulty, source, provenance;
  for (const auto& one : questions) {
    id.add(one.question_id);
    version.add(one.version);
    content.add(question::to_document(one.offered->content));
    key.add(question::to_document(one.offered->key));
    digest.add(digest_of(*one.offered));
    difficulty.add(one.offered->difficulty);
    source.add(one.offered->source);
    provenance.add(one.offered->provenance);
  }
  transaction.exec_prepared0("bank_insert_versions", id.str(), version.str(), content.str(), key.str(), digest.str(),
                             difficulty.str(), source.str(), provenance.str(), reason);
}

bool insert_picture(pqxx::transaction_base& transaction, const std::string& digest, const picture& p) {
  const pqxx::binarystring bytes{p.bytes};
  return transaction.exec_prepared("bank_insert_picture", digest, p.content_type, bytes).affected_rows() > 0;
}

std::int64_t insert_release(pqxx::transaction_base& transaction, const std::string& reason) {
  return transaction.exec_prepared1("bank_insert_release", reason)[0].as<std::int64_t>();
}

}  // namespace bank::store
