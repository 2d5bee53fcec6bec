// SQL of people, organisations and roles; one function a question. For commands there are versions on a transaction.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "identity/identity.hpp"
#include "postgres/pool.hpp"

namespace identity {

void prepare(pqxx::connection& connection);

struct credentials {
  std::int64_t person_id = 0;
  std::string password_hash;
};

struct person {
  std::int64_t person_id = 0;
  std::string account, display_name;
  std::int64_t organisation_id = 0;
  std::string organisation_name, organisation_path;
  std::vector<grant> grants;
};

struct new_person {
  std::int64_t organisation_id = 0;
  std::string account, display_name, password_hash;
  role first_role = role::worker;
  std::string creation_key;
  std::optional<std::int64_t> granted_by;
};

struct new_organisation {
  std::int64_t parent_id = 0;  // 0: the root
  std::string kind, name, creation_key;
};

// Who may sign in: nothing for unknown and disabled accounts.
runtime::awaitable<std::optional<credentials>> find_credentials(postgres::pool& database, std::string account);
runtime::awaitable<std::optional<credentials>> find_credentials(postgres::pool& database, std::int64_t person_id);
runtime::awaitable<> set_password(postgres::pool& database, std::int64_t person_id, std::string password_hash);

// With all roles; nothing for unknown and disabled people.
runtime::awaitable<std::optional<principal>> load_principal(postgres::pool& database, std::int64_t person_id);
runtime::awaitable<std::optional<person>> find_person(postgres::pool& database, std::int64_t person_id);
runtime::awaitable<std::vector<person>> people_below(postgres::pool& database, std::string path, std::int64_t after,
                                                     std::int64_t limit);

// conflict "account_taken"; the same creation key finds the person it made ("idempotency_key_reused" for another
// account).
runtime::awaitable<base::result<std::int64_t>> insert_person(postgres::pool& database, new_person p);
base::result<std::int64_t> insert_person(pqxx::transaction_base& transaction, const new_person& p);

runtime::awaitable<std::vector<organisation>> children_of(postgres::pool& database, std::int64_t organisation_id);
runtime::awaitable<base::result<organisation>> insert_organisation(postgres::pool& database, new_organisation o);
base::result<organisation> insert_organisation(pqxx::transaction_base& transaction, const new_organisation& o);
std::optional<organisation> find_organisation(pqxx::transaction_base& transaction, std::int64_t parent_id,
                                              const std::string& name);

runtime::awaitable<> insert_grant(postgres::pool& database, std::int64_t person_id, role r,
                                  std::int64_t organisation_id, std::int64_t granted_by);
runtime::awaitable<> delete_grant(postgres::pool& database, std::int64_t person_id, role r,
                                  std::int64_t organisation_id);

}  // namespace identity
