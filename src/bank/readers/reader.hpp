// Readers turn a directory of one origin into an import_batch. A new origin is one more file and one more row in the
// table of reader.cpp.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bank/batch.hpp"
#include "bank/readers/csv.hpp"

namespace bank {

enum class origin : std::uint8_t { bundled, ai_trainer, amateur_radio };
std::string_view name_of(origin o);
std::optional<origin> origin_named(std::string_view name);
std::vector<std::string> origin_names();

struct read_options {
  int secure_percent = 60;  // for origins that have no pools
};

// Reads and checks; never throws for what stands in the files.
import_batch read_batch(origin from, const std::filesystem::path& directory, const read_options& options);

// The readers, one a file: they only translate; what holds for every origin is checked afterwards (rules.hpp).
import_batch read_bundled(const std::filesystem::path& directory, const read_options& options);
import_batch read_ai_trainer(const std::filesystem::path& directory, const read_options& options);
import_batch read_amateur_radio(const std::filesystem::path& directory, const read_options& options);

// For readers. Both complain in the batch where the file is missing or no such table, and give what there is.
std::string text_of(const std::filesystem::path& directory, const std::string& file, import_batch& batch);
std::vector<csv_row> table_of(const std::filesystem::path& directory, const std::string& file,
                              const std::vector<std::string_view>& columns, import_batch& batch);

}  // namespace bank
