// The ledger in PostgreSQL: one function a question asked of it.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "postgres/pool.hpp"
#include "ranking/rules.hpp"

namespace ranking {

// What one person has on one organisation's boards, computed from the whole ledger.
struct standing {
  std::int64_t person_id = 0;
  // How many entries the person has in all. The ledger only grows, so of two computations the one that saw more
  // entries is the newer one.
  std::int64_t entries = 0;
  std::int64_t organisation_id = 0;
  std::int64_t trade_id = 0;  // 0: all trades
  struct total {
    std::int64_t points = 0;
    std::int64_t reached_at = 0;  // Unix seconds of the newest entry; 0: no entry in the period
  };
  std::array<total, period_names.size()> totals;  // by period
};

// A place in the order in which transactions began; entries are read in it.
struct ledger_position {
  std::string transaction = "0";  // xid8
  std::int64_t entry = 0;
};

struct ledger_page {
  std::vector<std::int64_t> persons;  // of the entries, each once
  ledger_position last;               // of the last entry
};

// In the order of person ids.
runtime::awaitable<std::vector<standing>> standings_of(postgres::pool& ledger, std::vector<std::int64_t> persons,
                                                       calendar c);

// Every entry before this position has been committed or never will be.
runtime::awaitable<ledger_position> settled_position(postgres::pool& ledger);

// The next entries whose transactions, and all older ones, have ended: no entry ever appears before one of these.
runtime::awaitable<ledger_page> entries_after(postgres::pool& ledger, ledger_position after, int limit);

// Persons that have entries, in the order of their ids.
runtime::awaitable<std::vector<std::int64_t>> persons_after(postgres::pool& ledger, std::int64_t after, int limit);

runtime::awaitable<std::unordered_map<std::int64_t, std::string>> display_names(postgres::pool& database,
                                                                                std::vector<std::int64_t> persons);

}  // namespace ranking
