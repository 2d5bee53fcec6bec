// Writes a batch into PostgreSQL: all of it in one transaction or nothing. The same batch again changes nothing.
#pragma once
#include <string>
#include <vector>

#include "bank/batch.hpp"

namespace postgres {
struct settings;
}

namespace bank {

struct tally {
  int created = 0, changed = 0, same = 0;
};

struct import_report {
  tally occupations, outlines, questions;
  int pictures = 0;                 // new ones
  std::int64_t release_id = 0;      // 0: nothing had to be changed, so there is no new release
  std::vector<complaint> refused;   // not empty: nothing was written
  std::vector<complaint> rejected;  // rows left out, the batch's own and those that the bank's state rules out
};

import_report run_import(const postgres::settings& database, const import_batch& batch, const std::string& reason);

}  // namespace bank
