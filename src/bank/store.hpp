// SQL of the bank for those who read it. Writing belongs to the import alone (store_import.hpp).
#pragma once
#include <optional>
#include <pqxx/connection>
#include <pqxx/transaction_base>
#include <string>
#include <vector>

#include "bank/batch.hpp"
#include "bank/image_builder.hpp"
#include "base/time.hpp"

namespace bank {

// Declares the prepared statements of this store for a new connection.
void prepare(pqxx::connection& connection);

namespace store {

std::int64_t newest_release(pqxx::transaction_base& transaction);  // 0 where there is none
std::vector<outline> outlines(pqxx::transaction_base& transaction);
std::vector<published_row> published(pqxx::transaction_base& transaction);
std::vector<question_version> versions(pqxx::transaction_base& transaction,
                                       const std::vector<std::int64_t>& version_ids);

// In the order of code and taxonomy, after the pair given; `text` is a part of the name or the beginning of the code.
std::vector<occupation> occupations(pqxx::transaction_base& transaction, const std::string& text,
                                    const std::string& after_code, const std::string& after_taxonomy,
                                    std::int64_t limit);

struct listed_question {
  std::int64_t question_id = 0;
  int difficulty = 0, version = 0;
  std::string code, point, type, pool, content, key, source, provenance, reason;
  base::time_point created_at;
};
std::vector<listed_question> questions(pqxx::transaction_base& transaction, std::int64_t outline_id, std::int64_t after,
                                       std::int64_t limit);

std::optional<picture> media(pqxx::transaction_base& transaction, const std::string& digest);

}  // namespace store
}  // namespace bank
