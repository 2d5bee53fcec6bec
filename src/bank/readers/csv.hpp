// Tables of comma-separated values (RFC 4180) in UTF-8, with the line where each row begins.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/problem.hpp"

namespace bank {

struct csv_row {
  std::size_t line = 0;
  std::vector<std::string> cells;  // as many as there are columns
};

struct csv_table {
  std::vector<csv_row> rows;                                // without the header
  std::vector<std::pair<std::size_t, std::size_t>> uneven;  // line and number of cells of the rows that were left out
};

// The first row must name exactly `columns`. A byte-order mark in front is dropped. The fault that refuses the whole
// has the offending line as its pointer, "" where there is none.
std::expected<csv_table, base::fault> parsed_csv(std::string_view text, const std::vector<std::string_view>& columns);

}  // namespace bank
