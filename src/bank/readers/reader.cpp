#include "bank/readers/reader.hpp"

#include <array>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "bank/rules.hpp"

namespace bank {
namespace {

struct known_origin {
  origin from;
  std::string_view name;
  import_batch (*read)(const std::filesystem::path&, const read_options&);
};

constexpr std::array<known_origin, 3> origins = {{{origin::bundled, "bundled", read_bundled},
                                                  {origin::ai_trainer, "ai-trainer", read_ai_trainer},
                                                  {origin::amateur_radio, "amateur-radio", read_amateur_radio}}};

}  // namespace

std::string_view name_of(origin o) {
  for (const auto& one : origins)
    if (one.from == o) return one.name;
  throw std::logic_error("unknown origin");
}

std::optional<origin> origin_named(std::string_view name) {
  for (const auto& one : origins)
    if (one.name == name) return one.from;
  return {};
}

std::vector<std::string> origin_names() {
  std::vector<std::string> names;
  for (const auto& one : origins) names.emplace_back(one.name);
  return names;
}

import_batch read_batch(origin from, const std::filesystem::path& directory, const read_options& options) {
  for (const auto& one : origins) {
    if (one.from != from) continue;
    auto batch = one.read(directory, options);
    settle(batch);
    return batch;
  }
  throw std::logic_error("unknown origin");
}

std::string text_of(const std::filesystem::path& directory, const std::string& file, import_batch& batch) {
  std::ifstream stream{directory / file, std::ios::binary};
  std::ostringstream text;
  text << stream.rdbuf();
  if (!stream) batch.refused.push_back({file, 0, "", "file_unreadable"});
  return text.str();
}

std::vector<csv_row> table_of(const std::filesystem::path& directory, const std::string& file,
                              const std::vector<std::string_view>& columns, import_batch& batch) {
  const auto complaints = batch.refused.size();
  const auto text = text_of(directory, file, batch);
  if (batch.refused.size() > complaints) return {};
  auto table = parsed_csv(text, columns);
  if (!table) {
    const auto line = table.error().pointer.empty() ? 0 : std::stoul(table.error().pointer);
    batch.refused.push_back({file, line, "", table.error().code, table.error().values});
    return {};
  }
  for (const auto& [line, cells] : table->uneven)
    batch.rejected.push_back({file,
                              line,
                              "",
                              "cell_count",
                              {{"cells", std::to_string(cells)}, {"columns", std::to_string(columns.size())}}});
  return std::move(table->rows);
}

}  // namespace bank
