// SQL of the import: the only writer of the bank's tables.
#pragma once
#include <map>
#include <optional>
#include <pqxx/connection>
#include <pqxx/transaction_base>
#include <string>
#include <vector>

#include "bank/batch.hpp"
#include "bank/rules.hpp"

namespace bank::store {

void prepare_import(pqxx::connection& connection);

// One import at a time: held until the transaction ends.
void lock(pqxx::transaction_base& transaction);

struct upserted {
  int created = 0, changed = 0;
};
upserted write_occupations(pqxx::transaction_base& transaction, const std::vector<occupation>& rows);

// Gives the trade's id, and whether anything was written.
std::pair<std::int64_t, bool> write_trade(pqxx::transaction_base& transaction, const batch_outline& o);

struct known_outline {
  std::int64_t outline_id = 0;
  std::string digest;
};
std::optional<known_outline> find_outline(pqxx::transaction_base& transaction, const batch_outline& o);
std::int64_t insert_outline(pqxx::transaction_base& transaction, std::int64_t trade_id, const batch_outline& o);
std::map<std::string, std::int64_t> points_of(pqxx::transaction_base& transaction,
                                              std::int64_t outline_id);  // id by code

std::map<std::string, known_question> find_questions(pqxx::transaction_base& transaction,
                                                     const std::vector<batch_question>& offered);  // by code

struct placed_question {
  const batch_question* offered = nullptr;
  std::int64_t question_id = 0;  // 0 until it is inserted
  std::int64_t outline_id = 0, point_id = 0;
  bank::pool pool = pool::practice;
  int version = 1;
};
void insert_questions(pqxx::transaction_base& transaction,
                      std::vector<placed_question>& questions);  // fills in the ids
void update_questions(pqxx::transaction_base& transaction, const std::vector<placed_question>& questions);
void insert_versions(pqxx::transaction_base& transaction, const std::vector<placed_question>& questions,
                     const std::string& reason);

bool insert_picture(pqxx::transaction_base& transaction, const std::string& digest,
                    const picture& p);  // false: it is there
std::int64_t insert_release(pqxx::transaction_base& transaction, const std::string& reason);

}  // namespace bank::store
