#include "postgres/migrations.hpp"

#include <map>
#include <stdexcept>

#include "base/digest.hpp"

namespace postgres {
namespace {

std::map<std::string, std::string> applied(pqxx::transaction_base& transaction) {
  std::map<std::string, std::string> rows;
  for (const auto& row : transaction.exec("SELECT name, checksum FROM schema_migration"))
    rows.emplace(row[0].as<std::string>(), row[1].as<std::string>());
  return rows;
}

std::vector<std::pair<std::string, std::string>> missing(const std::map<std::string, std::string>& present,
                                                         const base::embedded_files& files) {
  std::vector<std::pair<std::string, std::string>> out;
  std::size_t known = 0;
  for (const auto& [name, sql] : files) {
    const auto found = present.find(std::string(name));
    if (found == present.end()) {
      out.emplace_back(name, sql);
      continue;
    }
    ++known;
    if (found->second != base::sha256_hex(sql))
      throw std::runtime_error("migration " + std::string(name) + " was changed after it had been applied");
  }
  if (known != present.size()) throw std::runtime_error("the database was migrated by a newer version of this program");
  return out;
}

}  // namespace

std::vector<std::string> migrate(const settings& s, const base::embedded_files& files) {
  settings patient = s;
  patient.statement_timeout = patient.lock_timeout = std::chrono::minutes{30};
  const auto connection = connect(patient);
  pqxx::work transaction{*connection};
  transaction.exec("SELECT pg_advisory_xact_lock(7031884611)");
  transaction.exec(
      "CREATE TABLE IF NOT EXISTS schema_migration (name text PRIMARY KEY, checksum text NOT NULL, applied_at "
      "timestamptz NOT NULL DEFAULT now())");
  std::vector<std::string> names;
  for (const auto& [name, sql] : missing(applied(transaction), files)) {
    transaction.exec(sql);
    transaction.exec_params0("INSERT INTO schema_migration (name, checksum) VALUES ($1, $2)", name,
                             base::sha256_hex(sql));
    names.push_back(name);
  }
  transaction.commit();
  return names;
}

std::vector<std::string> missing_migrations(const settings& s, const base::embedded_files& files) {
  const auto connection = connect(s);
  pqxx::nontransaction plain{*connection};
  const bool fresh = plain.exec1("SELECT to_regclass('schema_migration') IS NULL")[0].as<bool>();
  std::vector<std::string> names;
  for (const auto& [name, unused] : missing(fresh ? std::map<std::string, std::string>{} : applied(plain), files))
    names.push_back(name);
  return names;
}

}  // namespace postgres
