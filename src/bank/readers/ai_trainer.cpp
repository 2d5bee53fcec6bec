// The AI trainer's theory bank at level 3 (AI-Trainer-ExamCenter): outline_l3.csv with 300 points, and data.json with
// as many judgements, single and multiple choices. The k-th point belongs to the k-th question of each type.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "bank/readers/reader.hpp"
#include "bank/rules.hpp"
#include "http/json.hpp"

namespace bank {
namespace {

using nlohmann::json;

constexpr std::string_view trade_code = "4-04-05-05-01", outline_code = "4-04-05-05-01.L3";
constexpr std::string_view outline_file = "outline_l3.csv", data_file = "data.json";
const std::vector<std::string_view> columns = {"细目点代码",   "一级代码", "一级范围(章)", "二级代码",
                                               "二级范围(节)", "三级代码", "点序号",       "鉴定点名称"};
enum column : std::size_t {
  point_code,
  first_code,
  first_name,
  second_code,
  second_name,
  third_code,
  point_number,
  point_name
};
constexpr std::array<const char*, 5> option_names = {"option_A", "option_B", "option_C", "option_D", "option_E"};

struct kind {
  std::string_view name;
  question::type type;
  char letter;
};
constexpr std::array<kind, 3> kinds = {{{"judge", question::type::true_false, 'T'},
                                        {"single", question::type::single_choice, 'S'},
                                        {"multiple", question::type::multiple_choice, 'M'}}};

// Ranges by their codes; the file lists points, so a range is made when its first point comes.
class outline_reader {
 public:
  explicit outline_reader(batch_outline& into) : into_(into) {}

  void add(const csv_row& row) {
    const auto first = range(row.cells[first_code], row.cells[first_name], {});
    const auto second = range(row.cells[second_code], row.cells[second_name], first);
    const auto third = range(row.cells[third_code], "", second);
    into_.points.push_back(
        {third, row.cells[point_code], row.cells[point_name], 'X', "line " + std::to_string(row.line)});
    ++points_[third];
  }

  void finish() {
    name_third_level();
    std::vector<std::size_t> deepest;
    std::vector<int> sizes;
    for (const auto& [place, count] : points_) {
      deepest.push_back(place);
      sizes.push_back(count);
    }
    const auto weights = shares(sizes, whole_weight);
    for (std::size_t i = 0; i < deepest.size(); ++i)
      for (std::optional<std::size_t> at = deepest[i]; at; at = into_.ranges[*at].parent)
        into_.ranges[*at].weight += weights[i];
  }

 private:
  std::size_t range(const std::string& code, const std::string& name, std::optional<std::size_t> parent) {
    const auto [found, is_new] = places_.emplace(code, into_.ranges.size());
    if (is_new)
      into_.ranges.push_back({.parent = parent, .code = code, .name = name, .weight = 0, .pointer = "range " + code});
    return found->second;
  }

  // The file names two levels. The third takes the name above it, with a running number where that name has several.
  void name_third_level() {
    std::map<std::string, int> all, so_far;
    for (const auto& [place, count] : points_) ++all[into_.ranges[*into_.ranges[place].parent].name];
    for (const auto& [place, count] : points_) {
      const auto& above = into_.ranges[*into_.ranges[place].parent].name;
      into_.ranges[place].name = all[above] == 1 ? above : above + " " + std::to_string(++so_far[above]);
    }
  }

  batch_outline& into_;
  std::map<std::string, std::size_t> places_;
  std::map<std::size_t, int> points_;  // of a deepest range, in the file's order
};

std::string text_in(const json& record, const char* name) {
  const auto found = record.find(name);
  return found != record.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

// "A;C" as canonical JSON; what is no such list is left as it is, so that the check refuses it.
std::string key_of(const kind& k, const std::string& answer) {
  if (k.type == question::type::true_false)
    return answer == "A" ? "true" : answer == "B" ? "false" : http::dumped(json(answer));
  if (k.type == question::type::single_choice) return http::dumped(json(answer));
  std::vector<std::string> letters;
  for (std::size_t begin = 0, end; begin <= answer.size(); begin = end + 1) {
    end = std::min(answer.find(';', begin), answer.size());
    letters.push_back(answer.substr(begin, end - begin));
  }
  return http::dumped(json(letters));
}

class data_reader {
 public:
  data_reader(batch_outline& outline, import_batch& batch, int secure_percent)
      : outline_(outline), batch_(batch), secure_percent_(secure_percent) {}

  void add(std::size_t row, const json& record) {
    const auto name = text_in(record, "type");
    const auto of = std::ranges::find(kinds, name, &kind::name);
    if (of == kinds.end()) return reject(row, "type", "one_of", {{"allowed", "judge, single, multiple"}});
    const auto place = seen_[of->letter]++;
    if (place >= outline_.points.size()) return reject(row, "id", "no_point_left");
    batch_question made{.row = row, .point = outline_.points[place].code, .type = of->type};
    made.code = std::string(outline_code) + "." + made.point + "." + of->letter + "01";
    made.pool = pool_for(made.code, secure_percent_);
    made.pool_is_proposed = true;
    made.content.stem = text_in(record, "question");
    const auto options = options_of(record);
    if (of->type == question::type::true_false) {
      if (options != std::vector<std::string>{"正确", "错误"}) return reject(row, "option_A", "judgement_options");
    } else {
      made.content.options = options;
    }
    made.key = {key_of(*of, text_in(record, "answer")), text_in(record, "explanation")};
    made.source = "AI-Trainer-ExamCenter 题库所附答案与解析";
    made.provenance =
        "AI-Trainer-ExamCenter data.json, id " + (record.contains("id") ? record["id"].dump() : std::string("?"));
    outline_.questions.push_back(std::move(made));
  }

 private:
  static std::vector<std::string> options_of(const json& record) {
    std::vector<std::string> options;
    for (const auto* name : option_names) options.push_back(text_in(record, name));
    while (!options.empty() && options.back().empty()) options.pop_back();
    return options;
  }

  void reject(std::size_t row, std::string field, std::string code, base::message_values values = {}) {
    batch_.rejected.push_back({std::string(data_file), row, std::move(field), std::move(code), std::move(values)});
  }

  batch_outline& outline_;
  import_batch& batch_;
  const int secure_percent_;
  std::map<char, std::size_t> seen_;
};

std::string column_of(std::size_t, const std::string& pointer) {
  if (pointer == "/stem") return "question";
  if (pointer == "/key") return "answer";
  if (pointer.starts_with("/options/")) return option_names.at(std::stoul(pointer.substr(9)));
  if (pointer == "/options") return "option_A";
  return pointer.substr(1);
}

}  // namespace

import_batch read_ai_trainer(const std::filesystem::path& directory, const read_options& options) {
  import_batch batch;
  batch.field_of = column_of;
  batch_outline outline{
      .file = std::string(data_file),
      .trade_code = std::string(trade_code),
      .trade_name = "人工智能训练师",
      .taxonomy = "2022",
      .occupation_code = "4-04-05-05",
      .level = 3,
      .level_name = std::string(level_name_of(3).value()),
      .code = std::string(outline_code),
      .version = "2025",
      .name = "人工智能训练师（三级/高级工）理论知识认定要素细目表",
      .standard = "国家职业标准 人工智能训练师；来源未给出鉴定比重和重要程度：比重按鉴定点数折算，重要程度均记为 X"};
  outline_reader points{outline};
  for (const auto& row : table_of(directory, std::string(outline_file), columns, batch)) points.add(row);
  points.finish();
  const auto complaints = batch.refused.size();
  const auto text = text_of(directory, std::string(data_file), batch);
  if (batch.refused.size() > complaints) return batch;
  const auto records = http::parsed(text);
  if (!records || !records->is_array()) {
    batch.refused.push_back({std::string(data_file), 0, "", "list_of_records"});
    return batch;
  }
  data_reader questions{outline, batch, options.secure_percent};
  for (std::size_t i = 0; i < records->size(); ++i) {
    if ((*records)[i].is_object())
      questions.add(i + 1, (*records)[i]);
    else
      batch.rejected.push_back({std::string(data_file), i + 1, "", "object_expected"});
  }
  batch.outlines.push_back(std::move(outline));
  return batch;
}

}  // namespace bank
