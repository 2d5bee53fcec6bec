#include "identity/store.hpp"

#include <nlohmann/json.hpp>

namespace identity {
namespace {

// Roles travel as JSON beside the person, so that one statement fetches both.
constexpr const char* person_columns =
    "p.person_id, p.account, p.display_name, p.organisation_id, o.name AS organisation_name, o.path, "
    "(SELECT coalesce(json_agg(json_build_object('role', g.role, 'organisation_id', g.organisation_id, 'path', "
    "go.path) "
    "   ORDER BY g.role, g.organisation_id), '[]') "
    " FROM role_grant g JOIN organisation go USING (organisation_id) WHERE g.person_id = p.person_id) AS roles ";

constexpr const char* person_tables = " FROM person p JOIN organisation o USING (organisation_id) ";

std::vector<grant> grants_in(const std::string& text) {
  std::vector<grant> grants;
  for (const auto& row : nlohmann::json::parse(text))
    grants.push_back({role_named(row["role"].get<std::string>()).value(), row["organisation_id"], row["path"]});
  return grants;
}

person person_in(const pqxx::row& row) {
  return {.person_id = row["person_id"].as<std::int64_t>(),
          .account = row["account"].as<std::string>(),
          .display_name = row["display_name"].as<std::string>(),
          .organisation_id = row["organisation_id"].as<std::int64_t>(),
          .organisation_name = row["organisation_name"].as<std::string>(),
          .organisation_path = row["path"].as<std::string>(),
          .grants = grants_in(row["roles"].as<std::string>())};
}

organisation organisation_in(const pqxx::row& row) {
  organisation found{.organisation_id = row["organisation_id"].as<std::int64_t>(),
                     .kind = row["kind"].as<std::string>(),
                     .name = row["name"].as<std::string>(),
                     .path = row["path"].as<std::string>()};
  if (!row["parent_id"].is_null()) found.parent_id = row["parent_id"].as<std::int64_t>();
  return found;
}

std::optional<credentials> credentials_in(const pqxx::result& rows) {
  if (rows.empty()) return {};
  return credentials{rows[0][0].as<std::int64_t>(), rows[0][1].as<std::string>()};
}

}  // namespace

void prepare(pqxx::connection& c) {
  const std::string person = std::string("SELECT ") + person_columns + person_tables;
  const std::string organisation = "SELECT organisation_id, parent_id, kind, name, path FROM organisation ";
  c.prepare("identity_credentials",
            "SELECT person_id, password_hash FROM person WHERE account = $1 AND disabled_at IS NULL");
  c.prepare("identity_own_credentials",
            "SELECT person_id, password_hash FROM person WHERE person_id = $1 AND disabled_at IS NULL");
  c.prepare("identity_set_password", "UPDATE person SET password_hash = $2 WHERE person_id = $1");
  c.prepare("identity_person", person + "WHERE p.person_id = $1 AND p.disabled_at IS NULL");
  c.prepare("identity_people_below",
            person + "WHERE o.path ^@ $1 AND p.person_id > $2 AND p.disabled_at IS NULL ORDER BY p.person_id LIMIT $3");
  c.prepare("identity_insert_person",
            "INSERT INTO person (organisation_id, account, display_name, password_hash, creation_key) VALUES ($1, $2, "
            "$3, $4, $5) "
            "ON CONFLICT DO NOTHING RETURNING person_id");
  c.prepare("identity_created_person", "SELECT person_id, account FROM person WHERE creation_key = $1");
  c.prepare("identity_insert_grant",
            "INSERT INTO role_grant (person_id, role, organisation_id, granted_by) VALUES ($1, $2, $3, $4) ON CONFLICT "
            "DO NOTHING");
  c.prepare("identity_delete_grant",
            "DELETE FROM role_grant WHERE person_id = $1 AND role = $2 AND organisation_id = $3");
  c.prepare("identity_organisation", organisation + "WHERE organisation_id = $1");
  c.prepare("identity_named_organisation", organisation + "WHERE coalesce(parent_id, 0) = $1 AND name = $2");
  c.prepare("identity_created_organisation", organisation + "WHERE creation_key = $1");
  c.prepare("identity_children", organisation + "WHERE parent_id = $1 ORDER BY organisation_id LIMIT 1000");
  // The path holds the new id, so the id is drawn first.
  c.prepare(
      "identity_insert_organisation",
      "WITH drawn AS (SELECT nextval(pg_get_serial_sequence('organisation', 'organisation_id')) AS id) "
      "INSERT INTO organisation (organisation_id, parent_id, kind, name, path, creation_key) OVERRIDING SYSTEM VALUE "
      "SELECT drawn.id, nullif($1, 0), $2, $3, coalesce((SELECT path FROM organisation WHERE organisation_id = $1), "
      "'/') || drawn.id || '/', $4 "
      "FROM drawn ON CONFLICT DO NOTHING RETURNING organisation_id, parent_id, kind, name, path");
}

runtime::awaitable<std::optional<credentials>> find_credentials(postgres::pool& database, std::string account) {
  co_return co_await database.read(
      [&](pqxx::transaction_base& t) { return credentials_in(t.exec_prepared("identity_credentials", account)); });
}

runtime::awaitable<std::optional<credentials>> find_credentials(postgres::pool& database, std::int64_t person_id) {
  co_return co_await database.read([&](pqxx::transaction_base& t) {
    return credentials_in(t.exec_prepared("identity_own_credentials", person_id));
  });
}

runtime::awaitable<> set_password(postgres::pool& database, std::int64_t person_id, std::string password_hash) {
  co_await database.write(
      [&](pqxx::transaction_base& t) { t.exec_prepared0("identity_set_password", person_id, password_hash); });
}

runtime::awaitable<std::optional<person>> find_person(postgres::pool& database, std::int64_t person_id) {
  co_return co_await database.read([&](pqxx::transaction_base& t) -> std::optional<person> {
    const auto rows = t.exec_prepared("identity_person", person_id);
    if (rows.empty()) return {};
    return person_in(rows[0]);
  });
}

runtime::awaitable<std::optional<principal>> load_principal(postgres::pool& database, std::int64_t person_id) {
  auto found = co_await find_person(database, person_id);
  if (!found) co_return std::nullopt;
  co_return principal{.person_id = found->person_id,
                      .account = std::move(found->account),
                      .display_name = std::move(found->display_name),
                      .organisation_id = found->organisation_id,
                      .organisation_name = std::move(found->organisation_name),
                      .organisation_path = std::move(found->organisation_path),
                      .grants = std::move(found->grants)};
}

runtime::awaitable<std::vector<person>> people_below(postgres::pool& database, std::string path, std::int64_t after,
                                                     std::int64_t limit) {
  co_return co_await database.read([&](pqxx::transaction_base& t) {
    std::vector<person> people;
    for (const auto& row : t.exec_prepared("identity_people_below", path, after, limit))
      people.push_back(person_in(row));
    return people;
  });
}

base::result<std::int64_t> insert_person(pqxx::transaction_base& t, const new_person& p) {
  const auto made = t.exec_prepared("identity_insert_person", p.organisation_id, p.account, p.display_name,
                                    p.password_hash, p.creation_key);
  if (!made.empty()) {
    const auto person_id = made[0][0].as<std::int64_t>();
    t.exec_prepared0("identity_insert_grant", person_id, std::string(name_of(p.first_role)), p.organisation_id,
                     p.granted_by);
    return person_id;
  }
  const auto before = t.exec_prepared("identity_created_person", p.creation_key);
  if (before.empty()) return base::refuse(base::problem_kind::conflict, "account_taken");
  if (before[0][1].as<std::string>() != p.account)
    return base::refuse(base::problem_kind::conflict, "idempotency_key_reused");
  return before[0][0].as<std::int64_t>();
}

runtime::awaitable<base::result<std::int64_t>> insert_person(postgres::pool& database, new_person p) {
  co_return co_await database.write([&](pqxx::transaction_base& t) { return insert_person(t, p); });
}

runtime::awaitable<std::optional<organisation>> find_organisation(postgres::pool& database,
                                                                  std::int64_t organisation_id) {
  co_return co_await database.read([&](pqxx::transaction_base& t) -> std::optional<organisation> {
    const auto rows = t.exec_prepared("identity_organisation", organisation_id);
    if (rows.empty()) return {};
    return organisation_in(rows[0]);
  });
}

std::optional<organisation> find_organisation(pqxx::transaction_base& t, std::int64_t parent_id,
                                              const std::string& name) {
  const auto rows = t.exec_prepared("identity_named_organisation", parent_id, name);
  if (rows.empty()) return {};
  return organisation_in(rows[0]);
}

runtime::awaitable<std::vector<organisation>> children_of(postgres::pool& database, std::int64_t organisation_id) {
  co_return co_await database.read([&](pqxx::transaction_base& t) {
    std::vector<organisation> children;
    for (const auto& row : t.exec_prepared("identity_children", organisation_id))
      children.push_back(organisation_in(row));
    return children;
  });
}

base::result<organisation> insert_organisation(pqxx::transaction_base& t, const new_organisation& o) {
  const auto made = t.exec_prepared("identity_insert_organisation", o.parent_id, o.kind, o.name, o.creation_key);
  if (!made.empty()) return organisation_in(made[0]);
  const auto before = t.exec_prepared("identity_created_organisation", o.creation_key);
  if (before.empty()) return base::refuse(base::problem_kind::conflict, "organisation_name_taken");
  const auto found = organisation_in(before[0]);
  if (found.name != o.name || found.kind != o.kind || found.parent_id.value_or(0) != o.parent_id)
    return base::refuse(base::problem_kind::conflict, "idempotency_key_reused");
  return found;
}

runtime::awaitable<base::result<organisation>> insert_organisation(postgres::pool& database, new_organisation o) {
  co_return co_await database.write([&](pqxx::transaction_base& t) { return insert_organisation(t, o); });
}

runtime::awaitable<> insert_grant(postgres::pool& database, std::int64_t person_id, role r,
                                  std::int64_t organisation_id, std::int64_t granted_by) {
  co_await database.write([&](pqxx::transaction_base& t) {
    t.exec_prepared0("identity_insert_grant", person_id, std::string(name_of(r)), organisation_id, granted_by);
  });
}

runtime::awaitable<> delete_grant(postgres::pool& database, std::int64_t person_id, role r,
                                  std::int64_t organisation_id) {
  co_await database.write([&](pqxx::transaction_base& t) {
    t.exec_prepared0("identity_delete_grant", person_id, std::string(name_of(r)), organisation_id);
  });
}

}  // namespace identity
