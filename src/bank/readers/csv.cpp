#include "bank/readers/csv.hpp"

#include <csv.h>

#include <algorithm>
#include <stdexcept>

#include "base/text.hpp"

namespace bank {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

// libcsv's parser; it is fed line by line, so that each row knows where it began.
class parser {
 public:
  parser() {
    if (csv_init(&state_, CSV_STRICT | CSV_STRICT_FINI) != 0) throw std::runtime_error("libcsv cannot start");
  }
  ~parser() { csv_free(&state_); }
  parser(const parser&) = delete;
  parser& operator=(const parser&) = delete;

  // The line that is no CSV, or 0.
  std::size_t run(std::string_view text) {
    std::size_t line = 0;
    bool inside = false;  // a quoted cell goes on in the next line
    while (!text.empty()) {
      const auto end = std::min(text.find('\n'), text.size() - 1) + 1;
      const auto piece = text.substr(0, end);
      ++line;
      if (!inside) begin_ = line;
      if (std::ranges::count(piece, '"') % 2 == 1) inside = !inside;
      if (csv_parse(&state_, piece.data(), piece.size(), on_cell, on_row, this) != piece.size()) return line;
      text.remove_prefix(end);
    }
    return csv_fini(&state_, on_cell, on_row, this) == 0 ? 0 : begin_;
  }

  std::vector<csv_row> rows;

 private:
  static void on_cell(void* bytes, std::size_t size, void* self) {
    static_cast<parser*>(self)->cells_.emplace_back(static_cast<const char*>(bytes), size);
  }
  static void on_row(int, void* self) {
    auto& mine = *static_cast<parser*>(self);
    mine.rows.push_back({mine.begin_, std::move(mine.cells_)});
    mine.cells_.clear();
  }

  csv_parser state_{};
  std::size_t begin_ = 1;
  std::vector<std::string> cells_;
};

std::string joined(const std::vector<std::string_view>& words) {
  std::string out;
  for (const auto word : words) out.append(out.empty() ? "" : ",").append(word);
  return out;
}

}  // namespace

std::expected<csv_table, base::fault> parsed_csv(std::string_view text, const std::vector<std::string_view>& columns) {
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  if (!base::is_utf8(text)) return std::unexpected(base::fault{"", "not_utf8"});
  parser all;
  if (const auto line = all.run(text)) return std::unexpected(base::fault{std::to_string(line), "not_csv"});
  if (all.rows.empty() || !std::ranges::equal(all.rows.front().cells, columns))
    return std::unexpected(base::fault{"1", "columns_expected", {{"columns", joined(columns)}}});
  csv_table table;
  for (std::size_t i = 1; i < all.rows.size(); ++i) {
    auto& row = all.rows[i];
    if (row.cells.size() == columns.size())
      table.rows.push_back(std::move(row));
    else
      table.uneven.emplace_back(row.line, row.cells.size());
  }
  return table;
}

}  // namespace bank
