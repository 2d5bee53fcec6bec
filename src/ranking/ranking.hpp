// Points for other capabilities: entered into the ledger inside their own transaction, shown on the boards afterwards.
#pragma once
#include <cstdint>
#include <pqxx/transaction_base>
#include <span>
#include <string>

#include "runtime/awaitable.hpp"

namespace ranking {

struct award {
  std::int64_t person_id = 0;
  std::string organisation_path;  // of the person, now
  std::int64_t trade_id = 0;
  std::string event;  // counts once: the same event again earns nothing
  int points = 0;     // not 0; below 0 takes back what was given wrongly
};

// Enters the awards in the caller's transaction; the points of those whose event had not counted before. One person's
// awards that may be entered by two transactions at once must come in the same order, or the two may block each other.
int enter(pqxx::transaction_base& transaction, std::span<const award> awards);

// Declares the prepared statements of this room's store for a new connection.
void prepare(pqxx::connection& connection);

class service;

// Brings the person's boards up to date after the caller's transaction has been committed. Never throws: what fails
// here (Redis away) is made good by the projector that follows the ledger.
runtime::awaitable<> show(service& boards, std::int64_t person_id);

}  // namespace ranking
