// Points for other capabilities: entered into the ledger inside their own transaction, shown on the boards afterwards.
#pragma once
#include <cstdint>
#include <pqxx/transaction_base>
#include <string>

#include "runtime/awaitable.hpp"

namespace ranking {

struct award {
  std::int64_t person_id = 0;
  std::string organisation_path;  // of the person, now
  std::int64_t trade_id = 0;
  std::string event;              // counts once: the same event again earns nothing
  int points = 0;
};

// Enters the award in the caller's transaction; false where the event has counted before.
bool enter(pqxx::transaction_base& transaction, const award& a);

// Declares the prepared statements of this room's store for a new connection.
void prepare(pqxx::connection& connection);

class service;

// Brings the person's boards up to date after the caller's transaction has been committed. Never throws: what fails
// here (Redis away) is made good by the projector that follows the ledger.
runtime::awaitable<> show(service& boards, std::int64_t person_id);

}  // namespace ranking
