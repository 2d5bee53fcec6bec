// The bank's rules, its readers and its image, without a database.
#include "bank/bank.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <numeric>
#include <set>

#include "bank/image_builder.hpp"
#include "bank/readers/csv.hpp"
#include "bank/readers/reader.hpp"
#include "bank/rules.hpp"
#include "base/digest.hpp"
#include "http/problem.hpp"
#include "support/banks.hpp"

namespace {

using bank::origin, bank::pool;
using nlohmann::json;
using question::type;
using testing::ElementsAre, testing::IsEmpty;

// "row field code" of each complaint.
std::vector<std::string> brief(const std::vector<bank::complaint>& complaints) {
  std::vector<std::string> out;
  for (const auto& one : complaints) out.push_back(std::to_string(one.row) + " " + one.field + " " + one.code);
  return out;
}

void expect_texts(const std::vector<bank::complaint>& complaints) {
  for (const auto& one : complaints)
    for (const auto language : {http::language::en, http::language::zh}) {
      const auto text = http::message(language, "fault." + one.code, one.values);
      EXPECT_EQ(text.find_first_of("{}"), std::string::npos) << text;
      EXPECT_NE(text, "fault." + one.code);
    }
}

// --- rules

struct shares_case {
  std::vector<int> sizes;
  std::vector<int> shares;
};

TEST(shares, sum_to_the_whole_by_largest_remainder) {
  const shares_case table[] = {
      {{1}, {10000}},
      {{1, 1, 1}, {3334, 3333, 3333}},
      {{1, 2}, {3333, 6667}},
      {{0, 5}, {0, 10000}},
      {{7, 8, 15, 15, 15, 15, 15, 15, 22, 22, 23, 23, 18, 18, 18, 18, 18, 3, 4, 4, 4}, {}},
      {{}, {}},
      {{0, 0}, {0, 0}},
  };
  for (const auto& one : table) {
    const auto shares = bank::shares(one.sizes, bank::whole_weight);
    if (one.shares.size() == one.sizes.size())
      EXPECT_EQ(shares, one.shares);
    else
      EXPECT_EQ(std::accumulate(shares.begin(), shares.end(), 0), bank::whole_weight);
  }
}

TEST(levels, have_their_national_names) {
  EXPECT_EQ(bank::level_name_of(5), "五级/初级工");
  EXPECT_EQ(bank::level_name_of(1), "一级/高级技师");
  EXPECT_FALSE(bank::level_name_of(0));
  EXPECT_FALSE(bank::level_name_of(6));
}

TEST(pools, are_proposed_by_the_code_alone) {
  int secure = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto code = "Q" + std::to_string(i);
    secure += bank::pool_for(code, 40) == pool::secure;
    EXPECT_EQ(bank::pool_for(code, 40), bank::pool_for(code, 40));
    EXPECT_EQ(bank::pool_for(code, 0), pool::practice);
    EXPECT_EQ(bank::pool_for(code, 100), pool::secure);
    if (bank::pool_for(code, 20) == pool::secure) EXPECT_EQ(bank::pool_for(code, 40), pool::secure);
  }
  EXPECT_NEAR(secure, 400, 60);
  EXPECT_EQ(bank::pool_named("secure"), pool::secure);
  EXPECT_FALSE(bank::pool_named("open"));
  EXPECT_EQ(bank::name_of(pool::practice), "practice");
}

bank::batch_question sample_question() {
  bank::batch_question q{.row = 1, .code = "Q1", .point = "P1", .type = type::single_choice};
  q.content = {"题", {"甲", "乙"}, {}};
  q.key = {R"("A")", "解"};
  q.source = "书";
  return q;
}

bank::known_question known_as(const bank::batch_question& q) {
  return {7, "O", 1, 2, std::string(question::name_of(q.type)), q.pool, 3, bank::digest_of(q)};
}

TEST(decisions, tell_what_becomes_of_a_question_that_exists) {
  using enum bank::decision::outcome;
  const auto q = sample_question();
  const auto after = [&](auto change, pool had = pool::practice) {
    auto offered = q;
    change(offered);
    auto known = known_as(q);
    known.pool = had;
    return bank::decide(known, offered, "O", 1, 2);
  };
  EXPECT_EQ(after([](auto&) {}).what, same);
  EXPECT_EQ(after([](auto& o) { o.provenance = "elsewhere", o.row = 9; }).what, same);
  EXPECT_EQ(after([](auto& o) { o.content.stem = "题目"; }).what, changed);
  EXPECT_EQ(after([](auto& o) { o.key.answer = R"("B")"; }).what, changed);
  EXPECT_EQ(after([](auto& o) { o.key.explanation = ""; }).what, changed);
  EXPECT_EQ(after([](auto& o) { o.difficulty = 4; }).what, changed);
  EXPECT_EQ(after([](auto& o) { o.source = "法"; }).what, changed);
  EXPECT_EQ(after([](auto& o) { o.pool = pool::secure; }).code, "pool_one_way");
  EXPECT_EQ(after([](auto& o) { o.pool = pool::secure, o.pool_is_proposed = true; }).what, same);
  EXPECT_EQ(after([](auto& o) { o.pool_is_proposed = true; }, pool::secure).pool, pool::secure);
  EXPECT_EQ(after([](auto&) {}, pool::secure).what, moved);
  EXPECT_EQ(after([](auto& o) { o.type = type::true_false; }).code, "type_changed");
  EXPECT_EQ(bank::decide(known_as(q), q, "O", 1, 5).what, moved);
  EXPECT_EQ(bank::decide(known_as(q), q, "O", 4, 2).what, moved);
  EXPECT_EQ(bank::decide(known_as(q), q, "another", 1, 2).code, "code_taken");
}

TEST(digests, tell_apart_what_differs_in_its_parts) {
  auto one = sample_question(), other = sample_question();
  one.source = "a", one.content.stem = "bc";
  other.source = "ab", other.content.stem = "c";
  EXPECT_NE(bank::digest_of(one), bank::digest_of(other));
  bank::batch_outline o{
      .code = "O", .ranges = {{.code = "A", .name = "甲", .weight = 10000}}, .points = {{0, "A1", "点", 'X', ""}}};
  const auto digest = bank::digest_of(o);
  o.version = "2", o.ranges[0].pointer = "/elsewhere";
  EXPECT_EQ(bank::digest_of(o), digest);
  o.points[0].importance = 'Y';
  EXPECT_NE(bank::digest_of(o), digest);
}

// --- tables

struct csv_case {
  const char* what;
  std::string text;
  std::string fault;                                      // "line code", or empty
  std::vector<std::pair<std::size_t, std::string>> rows;  // line and its cells joined by |
  std::size_t uneven = 0;
};

TEST(tables, are_read_or_refused) {
  const csv_case table[] = {
      {"plain", "a,b\n1,2\n3,4\n", "", {{2, "1|2"}, {3, "3|4"}}},
      {"byte-order mark and CRLF",
       "\xEF\xBB\xBF"
       "a,b\r\n1,2\r\n",
       "",
       {{2, "1|2"}}},
      {"no line end at the end", "a,b\n1,2", "", {{2, "1|2"}}},
      {"quotes", "a,b\n\"1,\"\"x\"\"\",2\n", "", {{2, "1,\"x\"|2"}}},
      {"a line end inside quotes", "a,b\n\"1\n1\",2\n3,4\n", "", {{2, "1\n1|2"}, {4, "3|4"}}},
      {"empty lines", "a,b\n\n1,2\n\n\n3,4\n", "", {{3, "1|2"}, {6, "3|4"}}},
      {"empty cells", "a,b\n,\n", "", {{2, "|"}}},
      {"uneven rows are left out", "a,b\n1\n1,2\n1,2,3\n", "", {{3, "1|2"}}, 2},
      {"header only", "a,b\n", "", {}},
      {"nothing", "", "1 columns_expected", {}},
      {"another header", "a,c\n1,2\n", "1 columns_expected", {}},
      {"a quotation mark that stays open", "a,b\n1,2\n\"3,4\n5,6\n", "3 not_csv", {}},
      {"a quotation mark inside a cell", "a,b\n1,2\n3\"x,4\n", "3 not_csv", {}},
      {"GBK", "a,b\n\xC4\xE3,2\n", " not_utf8", {}},
  };
  for (const auto& one : table) {
    const auto read = bank::parsed_csv(one.text, {"a", "b"});
    EXPECT_EQ(read ? "" : read.error().pointer + " " + read.error().code, one.fault) << one.what;
    if (!read) continue;
    std::vector<std::pair<std::size_t, std::string>> rows;
    for (const auto& row : read->rows) rows.emplace_back(row.line, row.cells[0] + "|" + row.cells[1]);
    EXPECT_EQ(rows, one.rows) << one.what;
    EXPECT_EQ(read->uneven.size(), one.uneven) << one.what;
  }
}

// --- the project's own format

TEST(a_bundled_bank, becomes_a_batch) {
  const scratch_folder folder;
  write_bundled(folder, support_file("trade_file.json"));
  const auto batch = bank::read_batch(origin::bundled, folder.path(), {});
  EXPECT_THAT(brief(batch.refused), IsEmpty());
  EXPECT_THAT(brief(batch.rejected), IsEmpty());
  ASSERT_EQ(batch.occupations.size(), 1U);
  EXPECT_EQ(batch.occupations[0].taxonomy, "2022");
  ASSERT_EQ(batch.outlines.size(), 1U);
  const auto& outline = batch.outlines[0];
  EXPECT_EQ(outline.taxonomy, "2022");
  EXPECT_EQ(outline.level_name, "五级/初级工");
  ASSERT_EQ(outline.ranges.size(), 4U);
  EXPECT_EQ(outline.ranges[1].code, "AA");
  EXPECT_EQ(outline.ranges[1].parent, 0U);
  EXPECT_EQ(outline.ranges[1].weight, 1000);
  EXPECT_EQ(outline.points[1].importance, 'Y');
  EXPECT_EQ(outline.points[2].range, 3U);
  ASSERT_EQ(outline.questions.size(), 3U);
  EXPECT_EQ(outline.questions[0].key.answer, R"("C")");
  EXPECT_EQ(outline.questions[1].key.answer, R"(["A","C","D"])");
  EXPECT_EQ(outline.questions[1].pool, pool::secure);
  EXPECT_EQ(outline.questions[2].key.answer, "false");
  EXPECT_FALSE(outline.questions[2].pool_is_proposed);
}

TEST(a_bad_trade_file, is_refused_where_it_is_wrong) {
  const auto good = json::parse(support_file("trade_file.json"));
  for (const auto& one : json::parse(support_file("bad_trade_files.json"))) {
    const scratch_folder folder;
    write_bundled(folder, good.patch(one["patch"]).dump());
    const auto batch = bank::read_batch(origin::bundled, folder.path(), {});
    auto complaints = batch.refused;
    complaints.insert(complaints.end(), batch.rejected.begin(), batch.rejected.end());
    const auto pointer = one["pointer"].get<std::string>();
    const bool named = std::ranges::any_of(complaints, [&](const bank::complaint& c) { return c.field == pointer; });
    EXPECT_TRUE(named) << one["what"] << testing::PrintToString(brief(complaints));
    expect_texts(complaints);
    const bool of_a_question = pointer.starts_with("/questions/") && pointer.find('/', 11) != std::string::npos;
    EXPECT_EQ(batch.refused.empty(), of_a_question) << one["what"];
    if (of_a_question)
      EXPECT_EQ(batch.outlines.at(0).questions.size(), good.patch(one["patch"])["questions"].size() - 1);
  }
}

TEST(a_bad_trade_file, is_refused_when_it_is_no_json) {
  for (const auto* text : {"", "{", "[]", "7", "\xFF", "{\"trade\": }"}) {
    const scratch_folder folder;
    write_bundled(folder, text);
    const auto batch = bank::read_batch(origin::bundled, folder.path(), {});
    ASSERT_EQ(batch.refused.size(), 1U) << text;
    EXPECT_EQ(batch.refused[0].file, "trades/welder-5.json");
    expect_texts(batch.refused);
  }
}

TEST(an_occupation, is_rejected_with_its_line_and_column) {
  const scratch_folder folder;
  write_bundled(folder, support_file("trade_file.json"));
  folder.write("occupations.csv", occupations_csv +
                                      "2022,6-18-2-05,短,,6-18-02,组\n"
                                      "22,6-18-02-06,年,,6-18-02,组\n"
                                      "2022,6-18-02-07,,X,6-18-03,\n"
                                      "2022,6-18-02-04,焊工,,6-18-02,组\n"
                                      "2022,6-18-02-08\n");
  const auto batch = bank::read_batch(origin::bundled, folder.path(), {});
  EXPECT_THAT(brief(batch.rejected),
              ElementsAre("3 code occupation_code", "3 group_code group_code", "4 taxonomy taxonomy",
                          "5 group_code group_code", "5 group_name required", "5 marks occupation_marks",
                          "5 name required", "6 code code_repeated", "7  cell_count"));
  expect_texts(batch.rejected);
  EXPECT_EQ(batch.occupations.size(), 1U);
}

TEST(a_bundled_bank, is_refused_where_files_are_missing) {
  const scratch_folder folder;
  const auto batch = bank::read_batch(origin::bundled, folder.path(), {});
  EXPECT_THAT(brief(batch.refused), ElementsAre("0  file_unreadable", "0  no_files"));
}

TEST(a_bundled_bank, has_one_file_for_an_outline_and_one_name_for_a_trade) {
  const scratch_folder folder;
  write_bundled(folder, support_file("trade_file.json"));
  auto other = json::parse(support_file("trade_file.json"));
  other["trade"]["name"] = "电焊工";
  folder.write("trades/welder-6.json", other.dump());
  const auto batch = bank::read_batch(origin::bundled, folder.path(), {});
  EXPECT_THAT(brief(batch.refused), ElementsAre("0 /trade trade_differs", "0 /outline/code code_repeated"));
  EXPECT_EQ(batch.rejected.size(), 3U);  // the codes of its questions are used
}

// --- the AI trainer's bank

TEST(the_ai_trainer_bank, gives_the_kth_point_to_the_kth_question_of_each_type) {
  const scratch_folder folder;
  write_ai_trainer(folder);
  const auto batch = bank::read_batch(origin::ai_trainer, folder.path(), {.secure_percent = 100});
  EXPECT_THAT(brief(batch.refused), IsEmpty());
  EXPECT_THAT(brief(batch.rejected), IsEmpty());
  const auto& outline = batch.outlines.at(0);
  std::vector<std::string> ranges;
  for (const auto& one : outline.ranges) ranges.push_back(one.code + " " + one.name + " " + std::to_string(one.weight));
  EXPECT_THAT(ranges, ElementsAre("0 基本要求 10000", "01 职业道德 6667", "011 职业道德 1 3334", "012 职业道德 2 3333",
                                  "02 基础知识 3333", "021 基础知识 3333"));
  ASSERT_EQ(outline.questions.size(), 3U);
  const auto& [judgement, single, multiple] =
      std::tie(outline.questions[0], outline.questions[1], outline.questions[2]);
  EXPECT_EQ(judgement.code, "4-04-05-05-01.L3.0111.T01");
  EXPECT_EQ(judgement.point, "0111");
  EXPECT_EQ(judgement.key.answer, "false");
  EXPECT_TRUE(judgement.content.options.empty());
  EXPECT_EQ(single.point, "0111");
  EXPECT_EQ(single.content.options.size(), 4U);
  EXPECT_EQ(multiple.key.answer, R"(["A","B","D"])");
  EXPECT_EQ(multiple.pool, pool::secure);
  EXPECT_TRUE(multiple.pool_is_proposed);
  EXPECT_EQ(multiple.provenance, "AI-Trainer-ExamCenter data.json, id 3");
}

struct record_case {
  const char* what;
  const char* record;
  const char* complaint;
};

TEST(the_ai_trainer_bank, rejects_malformed_records_one_by_one) {
  const record_case table[] = {
      {"no object", "7", "4  object_expected"},
      {"no type", R"({"id": 4})", "4 type one_of"},
      {"another type", R"({"type": "essay"})", "4 type one_of"},
      {"no stem", R"({"type": "judge", "option_A": "正确", "option_B": "错误", "answer": "A"})", "4 question required"},
      {"a judgement with other options",
       R"({"type": "judge", "question": "x", "option_A": "错误", "option_B": "正确", "answer": "A"})",
       "4 option_A judgement_options"},
      {"a judgement with another answer",
       R"({"type": "judge", "question": "x", "option_A": "正确", "option_B": "错误", "answer": "C"})",
       "4 answer key_true_false"},
      {"a key beyond the options",
       R"({"type": "single", "question": "x", "option_A": "1", "option_B": "2", "answer": "C"})",
       "4 answer key_single_choice"},
      {"no key", R"({"type": "single", "question": "x", "option_A": "1", "option_B": "2"})",
       "4 answer key_single_choice"},
      {"an answer that is no text",
       R"({"type": "single", "question": "x", "option_A": "1", "option_B": "2", "answer": 1})",
       "4 answer key_single_choice"},
      {"options alike",
       R"({"type": "single", "question": "x", "option_A": "1", "option_B": "2", "option_C": "1", "answer": "B"})",
       "4 option_C option_repeated"},
      {"a gap in the options",
       R"({"type": "single", "question": "x", "option_A": "1", "option_B": null, "option_C": "3", "answer": "A"})",
       "4 option_B required"},
      {"no options", R"({"type": "single", "question": "x", "answer": "A"})", "4 answer key_single_choice"},
      {"one letter for a multiple choice",
       R"({"type": "multiple", "question": "x", "option_A": "1", "option_B": "2", "answer": "A"})",
       "4 answer key_too_short"},
      {"letters out of order",
       R"({"type": "multiple", "question": "x", "option_A": "1", "option_B": "2", "answer": "B;A"})",
       "4 answer key_not_canonical"},
      {"a separator too many",
       R"({"type": "multiple", "question": "x", "option_A": "1", "option_B": "2", "answer": "A;B;"})",
       "4 answer key_multiple_choice"},
      {"the same question again",
       R"({"type": "single", "question": "道德靠什么？", "option_A": "罚款", "option_B": "奖金", "option_C": "自觉", "option_D": "强制", "answer": "C"})",
       "4 question question_repeated"},
  };
  for (const auto& one : table) {
    const scratch_folder folder;
    write_ai_trainer(folder, std::string(",") + one.record);
    const auto batch = bank::read_batch(origin::ai_trainer, folder.path(), {});
    EXPECT_THAT(brief(batch.refused), IsEmpty()) << one.what;
    EXPECT_THAT(brief(batch.rejected), testing::Contains(one.complaint)) << one.what;
    EXPECT_EQ(batch.outlines.at(0).questions.size(), 3U) << one.what;
    expect_texts(batch.rejected);
  }
}

TEST(the_ai_trainer_bank, has_no_more_questions_than_points) {
  const scratch_folder folder;
  std::string more;
  for (int i = 4; i < 7; ++i) {
    const auto n = std::to_string(i);
    more += R"(,{"id": )" + n + R"(, "type": "judge", "question": ")" + n +
            R"(", "option_A": "正确", "option_B": "错误", "answer": "A"})";
  }
  write_ai_trainer(folder, more);
  const auto batch = bank::read_batch(origin::ai_trainer, folder.path(), {});
  EXPECT_THAT(brief(batch.rejected), ElementsAre("6 id no_point_left"));
  EXPECT_EQ(batch.outlines.at(0).questions.back().code, "4-04-05-05-01.L3.0211.T01");
}

TEST(the_ai_trainer_bank, is_refused_without_its_files) {
  const scratch_folder folder;
  EXPECT_FALSE(bank::read_batch(origin::ai_trainer, folder.path(), {}).refused.empty());
  folder.write("outline_l3.csv", ai_outline_csv);
  folder.write("data.json", "{}");
  EXPECT_THAT(brief(bank::read_batch(origin::ai_trainer, folder.path(), {}).refused),
              ElementsAre("0  list_of_records"));
}

// --- the amateur radio bank

TEST(the_amateur_radio_bank, becomes_a_batch_with_pictures) {
  const scratch_folder folder;
  write_amateur_radio(folder);
  const auto batch = bank::read_batch(origin::amateur_radio, folder.path(), {.secure_percent = 0});
  EXPECT_THAT(brief(batch.refused), IsEmpty());
  EXPECT_THAT(brief(batch.rejected), IsEmpty());
  const auto& outline = batch.outlines.at(0);
  std::vector<std::string> ranges, points;
  for (const auto& one : outline.ranges) ranges.push_back(one.code + " " + one.name + " " + std::to_string(one.weight));
  for (const auto& one : outline.points) points.push_back(one.code);
  EXPECT_THAT(ranges, ElementsAre("1 第1章 6000", "1.1 第1.1节 6000", "1.1.1 第1.1.1节 2000", "1.1.9 第1.1.9节 2000",
                                  "1.1.10 第1.1.10节 2000", "2 第2章 4000", "2.1 第2.1节 4000"));
  EXPECT_THAT(points, ElementsAre("1.1.1", "1.1.9", "1.1.10", "2.1"));
  EXPECT_EQ(outline.level, 0);
  EXPECT_EQ(outline.occupation_code, "");
  ASSERT_EQ(outline.questions.size(), 5U);
  const auto& two = outline.questions[1];
  EXPECT_EQ(two.code, "X-AMATEUR-RADIO.MC2-0002");
  EXPECT_EQ(two.type, type::multiple_choice);
  EXPECT_EQ(two.key.answer, R"(["A","C"])");
  EXPECT_EQ(two.content.stem, "哪些是波段，哪些不是：");
  EXPECT_NE(two.provenance.find("LY0014, LY0017"), std::string::npos);
  EXPECT_EQ(two.pool, pool::practice);
  const auto digest = base::sha256_hex(one_pixel_png);
  EXPECT_THAT(outline.questions[3].content.media, ElementsAre(digest));
  EXPECT_EQ(batch.pictures.at(digest).content_type, "image/png");
  EXPECT_EQ(batch.pictures.at(outline.questions[4].content.media.at(0)).content_type, "image/jpeg");
}

TEST(the_amateur_radio_bank, rejects_malformed_rows_one_by_one) {
  const record_case table[] = {
      {"another number of right options", "LX,1.1.1,MC1-0014,下列说法正确的是：,AB,a,b,c,d\n", "7 I right_options"},
      {"an identity of another form", "LX,1.1.1,0014,下列说法正确的是：,A,a,b,c,d\n", "7 I right_options"},
      {"no key", "LX,1.1.1,MC1-0014,下列说法正确的是：,,a,b,c,d\n", "7 I right_options"},
      {"a key beyond the options", "LX,1.1.1,MC1-0014,下列说法正确的是：,D,a,b,c,\n", "7 T key_single_choice"},
      {"a key in another order", "LX,1.1.1,MC2-0014,下列说法正确的是：,CA,a,b,c,d\n", "7 T key_not_canonical"},
      {"no stem", "LX,1.1.1,MC1-0014,,A,a,b,c,d\n", "7 Q required"},
      {"options alike", "LX,1.1.1,MC1-0014,下列说法正确的是：,A,a,b,c,b\n", "7 D option_repeated"},
      {"no path", "LX,,MC1-0014,下列说法正确的是：,A,a,b,c,d\n", "7 P point_unknown"},
      {"an identity twice", "LX,1.1.1,MC1-0001,下列说法正确的是：,A,a,b,c,d\n", "7 I code_repeated"},
      {"a question twice", "LX,1.1.1,MC1-0014,频率的单位是：,B,伏特,赫兹,安培,欧姆\n", "7 Q question_repeated"},
      {"a cell too many", "LX,1.1.1,MC1-0014,下列,说法：,A,a,b,c,d\n", "7  cell_count"},
  };
  for (const auto& one : table) {
    const scratch_folder folder;
    write_amateur_radio(folder, one.record);
    const auto batch = bank::read_batch(origin::amateur_radio, folder.path(), {});
    EXPECT_THAT(brief(batch.refused), IsEmpty()) << one.what;
    EXPECT_THAT(brief(batch.rejected), ElementsAre(one.complaint)) << one.what;
    EXPECT_EQ(batch.outlines.at(0).questions.size(), 5U) << one.what;
    expect_texts(batch.rejected);
  }
}

TEST(the_amateur_radio_bank, rejects_questions_whose_picture_is_none) {
  for (const auto* place : {"images/none.jpg", "images.csv", "../0.png", "/etc/hostname", "images", ""}) {
    const scratch_folder folder;
    write_amateur_radio(folder);
    folder.write("images.csv", "J,ImagePath\nLK0003,images/1.jpg\nLK0002," + std::string(place) + "\n");
    const auto batch = bank::read_batch(origin::amateur_radio, folder.path(), {});
    EXPECT_THAT(brief(batch.rejected), ElementsAre("5 J picture")) << place;
    EXPECT_EQ(batch.pictures.size(), 1U);
  }
}

// --- the image

std::shared_ptr<const bank::image> sample_image() {
  bank::outline outline{.outline_id = 3, .trade_id = 1, .code = "O"};
  outline.ranges = {{.range_id = 5, .code = "A", .weight = 10000, .deepest = true}};
  outline.points = {{.point_id = 8, .range_id = 5, .code = "A1", .importance = 'Y'}};
  const auto row = [](std::int64_t id, type t, const std::string& its_pool, const question::content& content,
                      const question::key& key) {
    return bank::published_row{id,
                               id + 100,
                               3,
                               8,
                               2,
                               4,
                               "Q" + std::to_string(id),
                               std::string(question::name_of(t)),
                               its_pool,
                               question::to_document(content),
                               question::to_document(key),
                               "书"};
  };
  const question::content choice{"题", {"一", "二", "三", "四"}, {}}, judgement{"句。", {}, {std::string(64, 'a')}};
  std::vector<bank::published_row> rows = {row(1, type::single_choice, "practice", choice, {R"("B")", "解"}),
                                           row(2, type::single_choice, "secure", choice, {R"("C")", "解"}),
                                           row(4, type::true_false, "practice", judgement, {"true", "是"}),
                                           row(9, type::single_choice, "practice", choice, {R"("D")", "解"})};
  return bank::image_builder::built(17, {outline}, std::move(rows));
}

TEST(an_image, finds_what_is_published) {
  const auto image = sample_image();
  EXPECT_EQ(image->release_id, 17);
  EXPECT_EQ(image->outline(3)->code, "O");
  EXPECT_EQ(image->outline(2), nullptr);
  EXPECT_EQ(image->question(4)->version_id, 104);
  EXPECT_EQ(image->question(3), nullptr);
  EXPECT_EQ(image->version(109)->question_id, 9);
  EXPECT_EQ(image->version(9), nullptr);
  EXPECT_EQ(image->question(9)->importance, 'Y');
  EXPECT_EQ(image->question(9)->range_id, 5);
  EXPECT_EQ(image->count(3, pool::practice), 3U);
  EXPECT_EQ(image->count(3, pool::secure), 1U);
  EXPECT_EQ(image->count(4, pool::secure), 0U);
  std::vector<std::int64_t> ids;
  for (const auto* one : image->questions(3, 5, type::single_choice, pool::practice)) ids.push_back(one->question_id);
  EXPECT_THAT(ids, ElementsAre(1, 9));
  EXPECT_TRUE(image->questions(3, 6, type::single_choice, pool::practice).empty());
  EXPECT_EQ(image->key_of(*image->question(2)).key.answer, R"("C")");
  EXPECT_EQ(image->key_of(*image->question(4)).source, "书");
}

TEST(an_image, has_the_practice_replies_prepared_without_keys) {
  const auto image = sample_image();
  const auto& choice = *image->question(1);
  EXPECT_EQ(choice.etag, "\"q101\"");
  auto order = choice.practice_order;
  EXPECT_EQ(order, sample_image()->question(1)->practice_order);
  std::ranges::sort(order);
  EXPECT_EQ(order, "ABCD");
  const auto body = json::parse(*choice.practice_body);
  EXPECT_EQ(body["question_id"], 1);
  EXPECT_EQ(body["version"], 2);
  EXPECT_EQ(body["type"], "single_choice");
  EXPECT_EQ(body["stem"], "题");
  ASSERT_EQ(body["options"].size(), 4U);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(body["options"][i]["letter"], std::string(1, "ABCD"[i]));
    EXPECT_EQ(body["options"][i]["text"],
              choice.content.options[static_cast<std::size_t>(choice.practice_order[i] - 'A')]);
  }
  EXPECT_EQ(body.size(), 6U);
  EXPECT_EQ(choice.practice_body->find("解"), std::string::npos);
  EXPECT_EQ(image->question(2)->practice_body, nullptr);
  const auto judgement = json::parse(*image->question(4)->practice_body);
  EXPECT_EQ(judgement["options"], json::array());
  EXPECT_EQ(judgement["media"].size(), 1U);
  EXPECT_EQ(image->question(4)->practice_order, "");
}

TEST(an_image, refuses_what_this_program_does_not_know) {
  bank::outline outline{.outline_id = 3};
  outline.points = {{.point_id = 8}};
  bank::published_row row{1, 101, 3, 8, 1, 3, "Q", "essay", "practice", "{}", "{}", ""};
  EXPECT_THROW(bank::image_builder::built(1, {outline}, {row}), std::runtime_error);
}

}  // namespace
