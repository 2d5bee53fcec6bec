// The project's own format: occupations.csv and one JSON file a trade and level (question-bank/FORMAT.md). What
// question-bank/schema.json tells an editor is enforced here.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "bank/readers/reader.hpp"
#include "bank/rules.hpp"
#include "base/text.hpp"
#include "http/fields.hpp"
#include "http/json.hpp"

namespace bank {
namespace {

constexpr std::size_t code_characters_max = 60, name_characters_max = 100, stem_characters_max = 4000,
                      option_characters_max = 1000, explanation_characters_max = 4000, source_characters_max = 200;
constexpr std::size_t ranges_max = 50, points_max = 200, questions_max = 5000;
constexpr int range_depth_max = 3;
constexpr std::string_view questions_pointer = "/questions/";

constexpr std::array<std::string_view, 3> types = {"single_choice", "multiple_choice", "true_false"};
constexpr std::array<std::string_view, 2> pools = {"practice", "secure"};
constexpr std::array<std::string_view, 3> importances = {"X", "Y", "Z"};

// '9' in the pattern stands for a digit, everything else for itself.
bool looks_like(std::string_view text, std::string_view pattern) {
  return std::ranges::equal(text, pattern, [](char c, char p) { return p == '9' ? c >= '0' && c <= '9' : c == p; });
}

class trade_reader {
 public:
  trade_reader(std::string file, import_batch& batch) : batch_(batch) { outline_.file = std::move(file); }

  void read(const std::string& text) {
    http::fields document{text};
    document.object("trade", [&](http::fields& from) { read_trade(from); });
    outline_.level = static_cast<int>(document.integer("level", 1, 5));
    outline_.level_name = level_name_of(outline_.level).value();
    document.object("outline", [&](http::fields& from) { read_outline(from); });
    document.list("questions", questions_max,
                  [&](http::fields& from) { outline_.questions.push_back(read_question(from)); });
    if (const auto done = document.finish(); !done && !complain(done.error())) return;
    check_codes();
    batch_.outlines.push_back(std::move(outline_));
  }

 private:
  void read_trade(http::fields& from) {
    outline_.trade_code = from.text("code", code_characters_max);
    outline_.occupation_code = from.text("occupation", code_characters_max);
    outline_.trade_name = from.text("name", name_characters_max);
    const std::string_view code = outline_.trade_code,
                           number = code.substr(std::min(code.size(), outline_.occupation_code.size()));
    if (!code.starts_with(outline_.occupation_code) || !looks_like(number, "-99")) from.fail("code", "trade_code");
    const auto known = std::ranges::find(batch_.occupations, outline_.occupation_code, &occupation::code);
    if (known == batch_.occupations.end())
      from.fail("occupation", "occupation_unknown", {{"code", outline_.occupation_code}});
    else
      outline_.taxonomy = known->taxonomy;
  }

  void read_outline(http::fields& from) {
    outline_.code = from.text("code", code_characters_max);
    outline_.version = from.text("version", code_characters_max);
    outline_.name = from.text("name", name_characters_max);
    outline_.standard = from.text("standard", source_characters_max);
    const auto expected = outline_.trade_code + ".L" + std::to_string(outline_.level);
    if (outline_.code != expected) from.fail("code", "outline_code", {{"expected", expected}});
    read_ranges(from, 1, {}, "/outline/ranges/");
  }

  void read_ranges(http::fields& from, int depth, std::optional<std::size_t> parent, const std::string& pointer) {
    std::size_t number = 0;
    from.list("ranges", ranges_max, [&](http::fields& one) {
      batch_range made{.parent = parent, .pointer = pointer + std::to_string(number++)};
      made.code = one.text("code", code_characters_max);
      made.name = one.text("name", name_characters_max);
      made.weight = static_cast<int>(one.integer("weight", 1, 100)) * 100;
      const auto place = outline_.ranges.size();
      const auto below = made.pointer;
      outline_.ranges.push_back(std::move(made));
      if (depth < range_depth_max && one.has("ranges")) return read_ranges(one, depth + 1, place, below + "/ranges/");
      read_points(one, place, below + "/points/");
    });
  }

  void read_points(http::fields& from, std::size_t range, const std::string& pointer) {
    std::size_t number = 0;
    from.list("points", points_max, [&](http::fields& one) {
      batch_point made{.range = range, .pointer = pointer + std::to_string(number++)};
      made.code = one.text("code", code_characters_max);
      made.name = one.text("name", name_characters_max);
      made.importance = one.one_of("importance", importances).front();
      outline_.points.push_back(std::move(made));
    });
  }

  batch_question read_question(http::fields& from) {
    batch_question made;
    made.row = outline_.questions.size() + 1;
    made.code = from.text("code", code_characters_max);
    made.point = from.text("point", code_characters_max);
    made.type = question::type_named(from.one_of("type", types)).value();
    made.pool = pool_named(from.one_of("pool", pools)).value();
    made.difficulty = static_cast<int>(from.integer("difficulty", 1, 5));
    made.content.stem = from.text("stem", stem_characters_max);
    if (made.type != question::type::true_false)
      made.content.options = from.texts("options", question::options_max, option_characters_max);
    made.key.answer = http::dumped(from.value("key"));
    made.key.explanation = from.text("explanation", explanation_characters_max);
    made.source = from.text("source", source_characters_max);
    made.provenance = "guildhall question-bank, " + outline_.file;
    return made;
  }

  // Faults of a question reject it, any other refuses the file. False where so much is missing that looking on would
  // only find the consequences.
  bool complain(const base::problem& wrong) {
    if (wrong.faults.empty()) batch_.refused.push_back({outline_.file, 0, "", wrong.code, wrong.values});
    bool is_whole = !wrong.faults.empty();
    std::set<std::size_t> faulty;
    for (const auto& fault : wrong.faults) {
      const auto row = row_in(fault.pointer);
      (row == 0 ? batch_.refused : batch_.rejected)
          .push_back({outline_.file, row, fault.pointer, fault.code, fault.values});
      if (row != 0)
        faulty.insert(row);
      else if (fault.code == "required" || fault.code.ends_with("_expected"))
        is_whole = false;
    }
    std::erase_if(outline_.questions, [&](const batch_question& q) { return faulty.contains(q.row); });
    return is_whole;
  }

  // The number of the question that "/questions/7/key" lies in; 0 where it lies in none.
  static std::size_t row_in(std::string_view pointer) {
    if (!pointer.starts_with(questions_pointer)) return 0;
    const auto rest = pointer.substr(questions_pointer.size());
    if (rest.find('/') == std::string_view::npos) return 0;
    return static_cast<std::size_t>(base::to_integer(rest.substr(0, rest.find('/'))).value_or(-1) + 1);
  }

  // A question's code is the outline's, its point, the letter of its type and a number of two or three digits.
  void check_codes() {
    std::erase_if(outline_.questions, [&](const batch_question& q) {
      const char letter = q.type == question::type::single_choice     ? 'S'
                          : q.type == question::type::multiple_choice ? 'M'
                                                                      : 'T';
      const auto stem = outline_.code + "." + q.point + "." + letter;
      const auto number = q.code.starts_with(stem) ? std::string_view(q.code).substr(stem.size()) : std::string_view{};
      if (looks_like(number, "99") || looks_like(number, "999")) return false;
      batch_.rejected.push_back(
          {outline_.file, q.row, batch_.field_of(q.row, "/code"), "question_code", {{"expected", stem + "01"}}});
      return true;
    });
  }

  import_batch& batch_;
  batch_outline outline_;
};

void read_occupations(const std::filesystem::path& directory, import_batch& batch) {
  const std::string file = "occupations.csv";
  constexpr std::array<std::string_view, 4> marks = {"", "L", "S", "L/S"};
  std::set<std::string> codes;
  for (auto& row :
       table_of(directory, file, {"taxonomy", "code", "name", "marks", "group_code", "group_name"}, batch)) {
    const auto before = batch.rejected.size();
    const auto fail = [&](std::string field, std::string code) {
      batch.rejected.push_back({file, row.line, std::move(field), std::move(code), {{"code", row.cells[1]}}});
    };
    occupation made{row.cells[0], row.cells[1], row.cells[2], row.cells[3], row.cells[4], row.cells[5]};
    if (!looks_like(made.taxonomy, "9999")) fail("taxonomy", "taxonomy");
    if (!looks_like(made.code, "9-99-99-99")) fail("code", "occupation_code");
    if (!codes.insert(made.taxonomy + " " + made.code).second) fail("code", "code_repeated");
    if (made.name.empty()) fail("name", "required");
    if (std::ranges::find(marks, made.marks) == marks.end()) fail("marks", "occupation_marks");
    if (made.group_code != made.code.substr(0, made.group_code.size()) || !looks_like(made.group_code, "9-99-99"))
      fail("group_code", "group_code");
    if (made.group_name.empty()) fail("group_name", "required");
    if (batch.rejected.size() == before) batch.occupations.push_back(std::move(made));
  }
}

}  // namespace

import_batch read_bundled(const std::filesystem::path& directory, const read_options&) {
  import_batch batch;
  batch.field_of = [](std::size_t row, const std::string& pointer) {
    return std::string(questions_pointer) + std::to_string(row - 1) + pointer;
  };
  read_occupations(directory, batch);
  std::vector<std::string> files;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator{directory / "trades", ignored})
    if (entry.path().extension() == ".json") files.push_back("trades/" + entry.path().filename().string());
  std::ranges::sort(files);
  if (files.empty()) batch.refused.push_back({"trades", 0, "", "no_files"});
  for (const auto& file : files) {
    const auto complaints = batch.refused.size();
    const auto text = text_of(directory, file, batch);
    if (batch.refused.size() == complaints) trade_reader{file, batch}.read(text);
  }
  return batch;
}

}  // namespace bank
