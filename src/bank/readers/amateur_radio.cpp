// The amateur radio examination bank of 2025 in CSV form (crac-amateur-radio-exam-questions-2025-csv). Columns: J
// labels, P path in the syllabus, I "MC<number of right options>-<number>", Q stem, T key, A to D options. Pictures are
// joined on J.
#include <algorithm>

#include "bank/readers/reader.hpp"
#include "bank/rules.hpp"
#include "base/digest.hpp"
#include "base/text.hpp"
#include "http/json.hpp"

#include <nlohmann/json.hpp>

namespace bank {
namespace {

constexpr std::string_view trade_code = "X-AMATEUR-RADIO", outline_code = "X-AMATEUR-RADIO.L0";
constexpr std::string_view full_file = "full.csv", pictures_file = "images.csv";
enum column : std::size_t { labels, path, identity, stem, right, first_option, option_count = 4 };
constexpr std::size_t picture_bytes_max = 2 * 1024 * 1024;

using path_numbers = std::vector<std::int64_t>;

// "1.1.10" as numbers, so that 1.1.10 comes after 1.1.9; nothing where it is no path.
std::optional<path_numbers> numbers_of(const std::string& text) {
  path_numbers numbers;
  for (const auto& part : base::split(text, '.')) {
    const auto number = base::to_integer(part);
    if (!number || *number < 0) return {};
    numbers.push_back(*number);
  }
  return numbers;
}

std::string text_of_path(const path_numbers& numbers) {
  std::string text;
  for (const auto number : numbers) text += (text.empty() ? "" : ".") + std::to_string(number);
  return text;
}

std::string_view type_of(std::string_view bytes) {
  if (bytes.starts_with("\xFF\xD8\xFF")) return "image/jpeg";
  if (bytes.starts_with("\x89PNG\r\n\x1A\n")) return "image/png";
  return {};
}

std::vector<std::string> labels_of(const csv_row& row) {
  std::vector<std::string> out;
  for (const auto& label : base::split(row.cells[labels], ','))
    if (auto text = base::trimmed(label); !text.empty()) out.push_back(std::move(text));
  return out;
}

// The syllabus is known only from the paths of the questions: a range for each prefix, one point for each whole path,
// and weights by the number of questions.
void read_outline(const std::vector<csv_row>& rows, batch_outline& into) {
  std::map<path_numbers, int> paths;
  for (const auto& row : rows)
    if (const auto numbers = numbers_of(row.cells[path])) ++paths[*numbers];
  std::vector<int> sizes;
  for (const auto& [numbers, count] : paths) sizes.push_back(count);
  const auto weights = shares(sizes, whole_weight);
  std::map<path_numbers, std::size_t> places;
  std::size_t next = 0;
  for (const auto& [numbers, count] : paths) {
    std::optional<std::size_t> parent;
    for (std::size_t depth = 1; depth <= numbers.size(); ++depth) {
      const path_numbers prefix{numbers.begin(), numbers.begin() + static_cast<std::ptrdiff_t>(depth)};
      const auto code = text_of_path(prefix);
      const auto [place, is_new] = places.emplace(prefix, into.ranges.size());
      if (is_new)
        into.ranges.push_back({.parent = parent,
                               .code = code,
                               .name = "第" + code + (depth == 1 ? "章" : "节"),
                               .weight = 0,
                               .pointer = "range " + code});
      into.ranges[place->second].weight += weights[next];
      parent = place->second;
    }
    into.points.push_back(
        {*parent, text_of_path(numbers), into.ranges[*parent].name, 'X', "point " + text_of_path(numbers)});
    ++next;
  }
}

class question_reader {
 public:
  question_reader(const std::filesystem::path& directory, batch_outline& outline, import_batch& batch,
                  int secure_percent)
      : directory_(directory), outline_(outline), batch_(batch), secure_percent_(secure_percent) {
    for (auto& row : table_of(directory, std::string(pictures_file), {"J", "ImagePath"}, batch))
      picture_files_.emplace(std::move(row.cells[0]), std::move(row.cells[1]));
  }

  void add(const csv_row& row) {
    const auto& cells = row.cells;
    const auto& key = cells[right];
    if (!cells[identity].starts_with("MC" + std::to_string(key.size()) + "-"))
      return reject(row, "I", "right_options", {{"declared", cells[identity]}, {"given", key}});
    batch_question made{.row = row.line, .code = std::string(trade_code) + "." + cells[identity]};
    if (const auto numbers = numbers_of(cells[path])) made.point = text_of_path(*numbers);
    made.type = key.size() == 1 ? question::type::single_choice : question::type::multiple_choice;
    made.pool = pool_for(made.code, secure_percent_);
    made.pool_is_proposed = true;
    made.content.stem = cells[stem];
    made.content.options.assign(cells.begin() + first_option, cells.begin() + first_option + option_count);
    while (!made.content.options.empty() && made.content.options.back().empty()) made.content.options.pop_back();
    std::vector<std::string> letters;
    for (const char letter : key) letters.emplace_back(1, letter);
    made.key.answer = made.type == question::type::single_choice ? http::dumped(nlohmann::json(key))
                                                                 : http::dumped(nlohmann::json(letters));
    made.source = "业余无线电台操作技术能力验证题库（2025年版）";
    made.provenance = "crac-amateur-radio-exam-questions-2025-csv full.csv, " + cells[labels];
    if (!take_pictures(row, made)) return;
    outline_.questions.push_back(std::move(made));
  }

 private:
  bool take_pictures(const csv_row& row, batch_question& into) {
    for (const auto& label : labels_of(row)) {
      const auto found = picture_files_.find(label);
      if (found == picture_files_.end()) continue;
      const std::filesystem::path file = found->second;
      const bool inside = file.is_relative() && std::ranges::find(file, "..") == file.end();
      import_batch unreadable;
      const auto bytes = inside ? text_of(directory_, found->second, unreadable) : std::string{};
      const auto type = type_of(bytes);
      if (type.empty() || bytes.size() > picture_bytes_max) {
        reject(row, "J", "picture", {{"file", found->second}});
        return false;
      }
      const auto digest = base::sha256_hex(bytes);
      batch_.pictures.try_emplace(digest, picture{std::string(type), bytes});
      into.content.media.push_back(digest);
    }
    return true;
  }

  void reject(const csv_row& row, std::string field, std::string code, base::message_values values) {
    batch_.rejected.push_back({std::string(full_file), row.line, std::move(field), std::move(code), std::move(values)});
  }

  const std::filesystem::path& directory_;
  batch_outline& outline_;
  import_batch& batch_;
  const int secure_percent_;
  std::map<std::string, std::string> picture_files_;  // by label
};

std::string column_of(std::size_t, const std::string& pointer) {
  if (pointer == "/stem") return "Q";
  if (pointer == "/key") return "T";
  if (pointer == "/code") return "I";
  if (pointer == "/point") return "P";
  if (pointer.starts_with("/options/")) return std::string(1, static_cast<char>('A' + std::stoi(pointer.substr(9))));
  if (pointer == "/options") return "A";
  return pointer.substr(1);
}

}  // namespace

import_batch read_amateur_radio(const std::filesystem::path& directory, const read_options& options) {
  import_batch batch;
  batch.field_of = column_of;
  batch_outline outline{
      .file = std::string(full_file),
      .trade_code = std::string(trade_code),
      .trade_name = "业余无线电台操作技术能力验证",
      .level = 0,
      .level_name = "不分级",
      .code = std::string(outline_code),
      .version = "2025",
      .name = "业余无线电台操作技术能力验证题库（2025年版）细目表",
      .standard =
          "业余无线电台操作技术能力验证题库（2025年版）；来源未给出比重和重要程度：比重按题数折算，重要程度均记为 X"};
  const auto rows = table_of(directory, std::string(full_file), {"J", "P", "I", "Q", "T", "A", "B", "C", "D"}, batch);
  read_outline(rows, outline);
  question_reader questions{directory, outline, batch, options.secure_percent};
  for (const auto& row : rows) questions.add(row);
  batch.outlines.push_back(std::move(outline));
  return batch;
}

}  // namespace bank
