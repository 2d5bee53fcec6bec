// Question types: what an answer may look like, how it is marked, and what is refused in a question.
#include "question/question.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

namespace {

using nlohmann::json;
using question::type;

constexpr question::shape single{type::single_choice, 4}, multiple{type::multiple_choice, 5},
    judgement{type::true_false, 0};

struct answer_case {
  question::shape shape;
  const char* given;
  const char* canonical;  // nullptr: refused
};

const answer_case answers[] = {
    {single, R"("A")", R"("A")"},
    {single, R"("D")", R"("D")"},
    {single, "null", "null"},
    {single, R"("E")", nullptr},
    {single, R"("a")", nullptr},
    {single, R"("")", nullptr},
    {single, R"("AB")", nullptr},
    {single, R"(" A")", nullptr},
    {single, R"("Ａ")", nullptr},
    {single, R"(["A"])", nullptr},
    {single, "[]", nullptr},
    {single, "0", nullptr},
    {single, "1.5", nullptr},
    {single, "true", nullptr},
    {single, "{}", nullptr},
    {single, R"({"A":true})", nullptr},
    {multiple, R"(["A"])", R"(["A"])"},
    {multiple, R"(["A","C"])", R"(["A","C"])"},
    {multiple, R"(["C","A"])", R"(["A","C"])"},
    {multiple, R"(["E","D","C","B","A"])", R"(["A","B","C","D","E"])"},
    {multiple, "null", "null"},
    {multiple, "[]", nullptr},
    {multiple, R"(["A","A"])", nullptr},
    {multiple, R"(["A","F"])", nullptr},
    {multiple, R"(["A",null])", nullptr},
    {multiple, R"(["A",1])", nullptr},
    {multiple, R"([["A"]])", nullptr},
    {multiple, R"(["A",""])", nullptr},
    {multiple, R"("A")", nullptr},
    {multiple, R"("AC")", nullptr},
    {multiple, R"({"0":"A"})", nullptr},
    {multiple, "true", nullptr},
    {multiple, "3", nullptr},
    {judgement, "true", "true"},
    {judgement, "false", "false"},
    {judgement, "null", "null"},
    {judgement, R"("true")", nullptr},
    {judgement, R"("A")", nullptr},
    {judgement, "1", nullptr},
    {judgement, "0", nullptr},
    {judgement, "[]", nullptr},
    {judgement, "[true]", nullptr},
    {judgement, "{}", nullptr},
};

TEST(answers, become_canonical_or_are_refused) {
  for (const auto& one : answers) {
    const auto canonical = question::canonical_answer(one.shape, json::parse(one.given));
    if (one.canonical) {
      EXPECT_EQ(canonical, one.canonical) << question::name_of(one.shape.kind) << " " << one.given;
    } else {
      EXPECT_FALSE(canonical.has_value()) << question::name_of(one.shape.kind) << " " << one.given;
    }
  }
}

TEST(answers, may_use_the_letters_of_eight_options_at_most) {
  EXPECT_EQ(question::canonical_answer({type::single_choice, 8}, json("H")), R"("H")");
  EXPECT_FALSE(question::canonical_answer({type::single_choice, 8}, json("I")));
}

TEST(types, are_found_by_the_names_they_have) {
  for (const auto t : {type::single_choice, type::multiple_choice, type::true_false})
    EXPECT_EQ(question::type_named(question::name_of(t)), t);
  EXPECT_FALSE(question::type_named("essay"));
  EXPECT_FALSE(question::type_named(""));
}

struct mark_case {
  type kind;
  const char* key;
  const char* answer;
  bool is_right;
};

const mark_case marks[] = {
    {type::single_choice, R"("B")", R"("B")", true},
    {type::single_choice, R"("B")", R"("C")", false},
    {type::single_choice, R"("B")", "null", false},
    {type::multiple_choice, R"(["A","C"])", R"(["A","C"])", true},
    {type::multiple_choice, R"(["A","C"])", R"(["A"])", false},
    {type::multiple_choice, R"(["A","C"])", R"(["A","B","C"])", false},
    {type::multiple_choice, R"(["A","C"])", "null", false},
    {type::true_false, "false", "false", true},
    {type::true_false, "false", "true", false},
    {type::true_false, "false", "null", false},
};

TEST(marks, are_all_or_nothing) {
  for (const auto& one : marks) {
    const auto mark = question::marked(one.kind, question::rule::all_or_nothing, one.key, one.answer, 150);
    EXPECT_EQ(mark.is_right, one.is_right) << one.key << " " << one.answer;
    EXPECT_EQ(mark.points, one.is_right ? 150 : 0);
  }
  EXPECT_EQ(question::name_of(question::rule::all_or_nothing), "all_or_nothing");
}

TEST(documents, give_back_what_was_written) {
  const question::content content{"题干“引号”\n第二行", {"甲", "乙"}, {std::string(64, 'a')}};
  const auto document = question::to_document(content);
  EXPECT_EQ(document.find('\n'), std::string::npos);
  const auto read = question::content_of(document);
  EXPECT_EQ(read.stem, content.stem);
  EXPECT_EQ(read.options, content.options);
  EXPECT_EQ(read.media, content.media);
  for (const char* answer : {R"("B")", R"(["A","C"])", "true", "false"}) {
    const auto key = question::key_of(question::to_document(question::key{answer, "因为……"}));
    EXPECT_EQ(key.answer, answer);
    EXPECT_EQ(key.explanation, "因为……");
  }
}

TEST(orders, hold_every_option_once_and_repeat_with_their_seed) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    base::seeded_random random{seed}, again{seed};
    const auto order = question::shuffled_order(multiple, random);
    EXPECT_EQ(order, question::shuffled_order(multiple, again));
    auto sorted = order;
    std::ranges::sort(sorted);
    EXPECT_EQ(sorted, "ABCDE");
    seen.insert(order);
  }
  EXPECT_GT(seen.size(), 20U);
  base::seeded_random random{1};
  EXPECT_EQ(question::shuffled_order(judgement, random), "");
}

TEST(letters, are_exchanged_both_ways) {
  const std::string order = "CADB";  // the option shown as A is stored as C
  EXPECT_EQ(question::to_stored_letters(R"("A")", order), R"("C")");
  EXPECT_EQ(question::to_shown_letters(R"("C")", order), R"("A")");
  EXPECT_EQ(question::to_stored_letters(R"(["A","B"])", order), R"(["A","C"])");
  EXPECT_EQ(question::to_shown_letters(R"(["A","C"])", order), R"(["A","B"])");
  EXPECT_EQ(question::to_stored_letters(R"(["A","D"])", order), R"(["B","C"])");
  EXPECT_EQ(question::to_stored_letters("null", order), "null");
  EXPECT_EQ(question::to_stored_letters("true", ""), "true");
  EXPECT_EQ(question::to_shown_letters("false", ""), "false");
  for (const char letter : std::string("ABCD")) {
    const auto answer = '"' + std::string(1, letter) + '"';
    EXPECT_EQ(question::to_stored_letters(question::to_shown_letters(answer, order), order), answer);
  }
  EXPECT_EQ(question::shown_options({"", {"甲", "乙", "丙", "丁"}, {}}, order),
            (std::vector<std::string>{"丙", "甲", "丁", "乙"}));
}

struct fault_case {
  const char* what;
  type kind;
  question::content content;
  question::key key;
  std::vector<std::pair<std::string, std::string>> faults;  // pointer, code
};

const std::vector<std::string> four = {"甲", "乙", "丙", "丁"};

const fault_case faulty[] = {
    {"a good single choice", type::single_choice, {"题", four, {}}, {R"("D")", ""}, {}},
    {"a good multiple choice", type::multiple_choice, {"题", four, {}}, {R"(["A","D"])", "解"}, {}},
    {"all options right", type::multiple_choice, {"题", four, {}}, {R"(["A","B","C","D"])", "解"}, {}},
    {"a good judgement", type::true_false, {"题", {}, {}}, {"true", "解"}, {}},
    {"a picture", type::true_false, {"题", {}, {std::string(64, '0')}}, {"true", "解"}, {}},
    {"no stem", type::true_false, {"", {}, {}}, {"true", ""}, {{"/stem", "required"}}},
    {"a stem of blanks", type::true_false, {" 　", {}, {}}, {"true", ""}, {{"/stem", "required"}}},
    {"a stem too long", type::true_false, {std::string(4001, 'x'), {}, {}}, {"true", ""}, {{"/stem", "length"}}},
    {"a stem with a null character",
     type::true_false,
     {std::string("a\0b", 3), {}, {}},
     {"true", ""},
     {{"/stem", "null_character"}}},
    {"a stem in GBK", type::true_false, {"\xC4\xE3", {}, {}}, {"true", ""}, {{"/stem", "not_utf8"}}},
    {"one option", type::single_choice, {"题", {"甲"}, {}}, {R"("A")", ""}, {{"/options", "option_count"}}},
    {"nine options",
     type::single_choice,
     {"题", {"1", "2", "3", "4", "5", "6", "7", "8", "9"}, {}},
     {R"("A")", ""},
     {{"/options", "option_count"}}},
    {"an empty option", type::single_choice, {"题", {"甲", " "}, {}}, {R"("A")", ""}, {{"/options/1", "required"}}},
    {"an option twice",
     type::single_choice,
     {"题", {"甲", "乙", "甲 "}, {}},
     {R"("A")", ""},
     {{"/options/2", "option_repeated"}}},
    {"options for a judgement",
     type::true_false,
     {"题", {"对", "错"}, {}},
     {"true", ""},
     {{"/options", "options_unexpected"}}},
    {"a key beyond the options",
     type::single_choice,
     {"题", four, {}},
     {R"("E")", ""},
     {{"/key", "key_single_choice"}}},
    {"a key of the wrong type", type::single_choice, {"题", four, {}}, {"true", ""}, {{"/key", "key_single_choice"}}},
    {"a null key", type::single_choice, {"题", four, {}}, {"null", ""}, {{"/key", "key_single_choice"}}},
    {"a key that is no JSON", type::single_choice, {"题", four, {}}, {"A", ""}, {{"/key", "key_single_choice"}}},
    {"one letter for a multiple choice",
     type::multiple_choice,
     {"题", four, {}},
     {R"(["A"])", ""},
     {{"/key", "key_too_short"}}},
    {"a letter twice",
     type::multiple_choice,
     {"题", four, {}},
     {R"(["A","A"])", ""},
     {{"/key", "key_multiple_choice"}}},
    {"letters out of order",
     type::multiple_choice,
     {"题", four, {}},
     {R"(["C","A"])", ""},
     {{"/key", "key_not_canonical"}}},
    {"a letter for a judgement", type::true_false, {"题", {}, {}}, {R"("A")", ""}, {{"/key", "key_true_false"}}},
    {"no digest", type::true_false, {"题", {}, {"0.jpg"}}, {"true", ""}, {{"/media/0", "digest_expected"}}},
    {"all at once",
     type::single_choice,
     {"", {"甲", "甲"}, {}},
     {R"("C")", ""},
     {{"/stem", "required"}, {"/options/1", "option_repeated"}, {"/key", "key_single_choice"}}},
};

TEST(questions, are_refused_with_every_fault_named) {
  for (const auto& one : faulty) {
    std::vector<std::pair<std::string, std::string>> found;
    for (const auto& fault : question::faults_in(one.kind, one.content, one.key))
      found.emplace_back(fault.pointer, fault.code);
    EXPECT_EQ(found, one.faults) << one.what;
  }
}

TEST(explanation, names_options_by_the_letters_that_were_shown) {
  const std::string order = "CADB";  // shown A is stored C
  const std::pair<const char*, const char*> rows[] = {
      {"选项A正确，选项C错误。", "选项B正确，选项A错误。"},
      {"A、C 正确；B、D 错误", "B、A 正确；D、C 错误"},
      {"[选项分析]：C. 对\nD. 错", "[选项分析]：A. 对\nC. 错"},
      {"C语言、A类、P(A|B)、AI、维生素C、选项E", "C语言、A类、P(A|B)、AI、维生素C、选项E"},
  };
  for (const auto& [stored, shown] : rows) EXPECT_EQ(question::explanation_in_shown_letters(stored, order), shown);
  EXPECT_EQ(question::explanation_in_shown_letters("选项A", ""), "选项A");
}

}  // namespace
