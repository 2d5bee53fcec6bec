#include "exam/rules.hpp"

#include <gmock/gmock.h>

using namespace exam;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

namespace {

base::time_point at(std::string_view time) { return base::from_iso("2026-03-01T" + std::string(time) + "Z").value(); }

sitting morning() { return {.opens_at = at("08:00:00"), .closes_at = at("11:00:00"), .duration = 90min}; }

std::string code_of(const base::result<>& r) { return r ? "" : r.error().code; }

std::vector<std::string> names_in(const std::vector<std::vector<outcome>>& all) {
  std::vector<std::string> names;
  for (const auto& of_entry : all)
    for (const auto one : of_entry) names.emplace_back(name_of(one));
  return names;
}

}  // namespace

TEST(starting, is_possible_within_the_window_alone) {
  EXPECT_EQ(code_of(may_start(morning(), at("07:59:59"))), "sitting_not_open");
  EXPECT_EQ(code_of(may_start(morning(), at("08:00:00"))), "");
  EXPECT_EQ(code_of(may_start(morning(), at("10:59:59"))), "");
  EXPECT_EQ(code_of(may_start(morning(), at("11:00:00"))), "sitting_over");
  const auto early = may_start(morning(), at("07:00:00"));
  EXPECT_EQ(early.error().kind, base::problem_kind::conflict);
  EXPECT_THAT(early.error().values, testing::Contains(std::pair{"opens_at", "2026-03-01T08:00:00Z"}));
}

TEST(registering, ends_with_the_window_or_with_the_first_release) {
  EXPECT_EQ(code_of(may_register(morning(), at("07:00:00"))), "");
  EXPECT_EQ(code_of(may_register(morning(), at("10:59:59"))), "");
  EXPECT_EQ(code_of(may_register(morning(), at("11:00:00"))), "sitting_over");
  auto released = morning();
  released.released = release::score;
  EXPECT_EQ(code_of(may_register(released, at("09:00:00"))), "sitting_released");
}

TEST(releasing, waits_until_nobody_can_write_and_goes_forward_only) {
  struct row {
    std::string now;
    int registered, started, closed;
    release from, to;
    std::string expected;
  };
  using enum release;
  const row rows[] = {
      {"09:00:00", 2, 1, 0, nothing, key, "sitting_not_over"},
      {"09:00:00", 2, 1, 1, nothing, key, "sitting_not_over"},  // one may still come
      {"09:00:00", 2, 2, 2, nothing, key, ""},                  // everybody has finished
      {"09:00:00", 0, 0, 0, nothing, key, "sitting_not_over"},  // nobody is registered yet
      {"11:00:01", 2, 1, 1, nothing, key, "sitting_not_over"},  // within the grace
      {"11:00:03", 2, 1, 1, nothing, key, ""},
      {"11:00:03", 2, 1, 0, nothing, key, "sitting_not_over"},  // not closed yet
      {"12:00:00", 2, 2, 2, nothing, score, ""},
      {"12:00:00", 2, 2, 2, score, score, ""},
      {"12:00:00", 2, 2, 2, score, answers, ""},
      {"12:00:00", 2, 2, 2, key, answers, "release_backwards"},
  };
  for (const auto& r : rows) {
    auto s = morning();
    s.registered = r.registered, s.started = r.started, s.closed = r.closed, s.released = r.from;
    EXPECT_EQ(code_of(may_release(s, r.to, at(r.now), 2000ms)), r.expected)
        << r.now << ' ' << r.registered << r.started << r.closed;
  }
}

TEST(a_candidates_list, says_what_can_be_done_now) {
  const auto state = [](std::string_view now, const std::optional<attempt>& own) {
    return std::string(state_for_candidate(morning(), own, at(now), 2000ms));
  };
  attempt running{.attempt_id = 1, .deadline_at = at("09:30:00")};
  attempt closed = running;
  closed.closed_at = at("09:00:00");
  EXPECT_EQ(state("07:00:00", {}), "upcoming");
  EXPECT_EQ(state("08:00:00", {}), "open");
  EXPECT_EQ(state("11:00:00", {}), "missed");
  EXPECT_EQ(state("09:00:00", running), "running");
  EXPECT_EQ(state("09:30:01", running), "running");  // the grace
  EXPECT_EQ(state("09:30:03", running), "done");     // the closer comes in a moment
  EXPECT_EQ(state("09:00:00", closed), "done");
}

TEST(a_sitting, must_open_before_it_closes_and_not_be_past) {
  EXPECT_THAT(faults_in(morning(), at("07:00:00")), IsEmpty());
  EXPECT_THAT(faults_in(morning(), at("09:00:00")), IsEmpty());
  EXPECT_EQ(faults_in(morning(), at("11:00:00")).at(0).code, "time_is_past");
  auto wrong = morning();
  wrong.closes_at = wrong.opens_at;
  EXPECT_EQ(faults_in(wrong, at("07:00:00")).at(0).code, "closes_before_it_opens");
}

TEST(a_blueprint, has_each_type_once_and_can_be_passed) {
  using enum question::type;
  blueprint b{.pass_points = 6000, .parts = {{single_choice, 10, 500}, {true_false, 10, 500}}};
  EXPECT_EQ(b.questions(), 20);
  EXPECT_EQ(b.points(), 10000);
  EXPECT_THAT(faults_in(b), IsEmpty());
  b.pass_points = 10001;
  b.parts[1].type = single_choice;
  const auto faults = faults_in(b);
  ASSERT_EQ(faults.size(), 2u);
  EXPECT_EQ(faults[0].pointer, "/parts/1/type");
  EXPECT_EQ(faults[1].pointer, "/pass_points");
}

TEST(an_answer, is_saved_repeated_superseded_or_conflicting) {
  const auto inserted = [](std::int64_t sequence, std::vector<std::string> sent) {
    return log_entry{.sequence = sequence, .sent = std::move(sent), .inserted = true};
  };
  const auto known = [](std::int64_t sequence, std::vector<std::string> sent, std::string logged) {
    return log_entry{.sequence = sequence, .sent = std::move(sent), .logged = std::move(logged)};
  };
  const auto outcomes = [](std::vector<log_entry> entries, std::int64_t newest_before) {
    return names_in(outcomes_of(entries, newest_before));
  };
  EXPECT_THAT(outcomes({inserted(3, {"\"A\""})}, 0), ElementsAre("saved"));
  EXPECT_THAT(outcomes({inserted(3, {"\"A\""})}, 2), ElementsAre("saved"));
  EXPECT_THAT(outcomes({inserted(3, {"\"A\""})}, 7), ElementsAre("superseded"));
  EXPECT_THAT(outcomes({known(3, {"\"A\""}, "\"A\"")}, 3), ElementsAre("repeated"));
  EXPECT_THAT(outcomes({known(3, {"\"A\""}, "\"A\"")}, 9), ElementsAre("repeated"));
  EXPECT_THAT(outcomes({known(3, {"\"A\""}, "\"B\"")}, 3), ElementsAre("conflicting"));
  // Within one batch.
  EXPECT_THAT(outcomes({inserted(3, {"\"A\""}), inserted(4, {"\"B\""})}, 0), ElementsAre("superseded", "saved"));
  EXPECT_THAT(outcomes({inserted(3, {"\"A\"", "\"A\"", "\"B\""})}, 0), ElementsAre("saved", "repeated", "conflicting"));
  EXPECT_THAT(outcomes({known(3, {"\"B\"", "\"A\""}, "\"A\"")}, 3), ElementsAre("conflicting", "repeated"));
  EXPECT_THAT(outcomes({inserted(2, {"true"}), known(3, {"false"}, "true")}, 3),
              ElementsAre("superseded", "conflicting"));
  EXPECT_THAT(outcomes({inserted(2, {"null"}), inserted(5, {"null"})}, 4), ElementsAre("superseded", "saved"));
}

TEST(marking, turns_letters_back_and_adds_exact_points) {
  using enum question::type;
  const std::vector<paper_row> paper = {{9, 1, 101, "CADB", 350},
                                        {9, 2, 102, "BADC", 450},
                                        {9, 3, 103, "", 50},
                                        {9, 4, 101, "ABCD", 350},
                                        {9, 5, 103, "", 50}};
  const marking_keys keys = {
      {101, {single_choice, "\"A\""}}, {102, {multiple_choice, "[\"A\",\"C\"]"}}, {103, {true_false, "false"}}};
  const std::vector<answer> given = {{1, 4, "\"B\""}, {2, 1, "[\"B\",\"D\"]"}, {3, 2, "true"}, {4, 8, "null"}};
  const auto result = marked(paper, given, keys, 800);
  EXPECT_EQ(result.attempt_id, 9);
  EXPECT_EQ(result.score, (score{.points = 800, .points_max = 1250, .pass_points = 800, .passed = true}));
  EXPECT_EQ(result.answered(), 3);
  ASSERT_EQ(result.marks.size(), 5u);
  EXPECT_EQ(result.marks[0], (mark{.position = 1,
                                   .sequence = 4,
                                   .answer = "\"A\"",
                                   .key = "\"A\"",
                                   .is_right = true,
                                   .points = 350,
                                   .points_max = 350,
                                   .rule = "all_or_nothing"}));
  EXPECT_EQ(result.marks[1].answer, "[\"A\",\"C\"]");
  EXPECT_EQ(result.marks[1].points, 450);
  EXPECT_FALSE(result.marks[2].is_right);
  EXPECT_EQ(result.marks[3].sequence, 8) << "taken back: the trail says by which answer";
  EXPECT_FALSE(result.marks[3].answer);
  EXPECT_EQ(result.marks[3].points, 0);
  EXPECT_FALSE(result.marks[4].sequence) << "never answered";
  EXPECT_FALSE(marked(paper, given, keys, 801).score.passed);
}

TEST(a_release, shows_one_thing_after_the_other) {
  EXPECT_FALSE(view_of(release::score).answers);
  EXPECT_TRUE(view_of(release::answers).answers);
  EXPECT_FALSE(view_of(release::answers).key);
  EXPECT_TRUE(view_of(release::key).key);
  for (const auto name : {"nothing", "score", "answers", "key"}) EXPECT_EQ(name_of(release_named(name).value()), name);
  EXPECT_FALSE(release_named("everything"));
}
