// Stages, runs and the wrong-question book on a real PostgreSQL and Redis, with two nodes where things happen at once.
#include <boost/asio/redirect_error.hpp>
#include <set>

#include "bank/store.hpp"
#include "base/random.hpp"
#include "identity/sessions.hpp"
#include "identity/store.hpp"
#include "practice/routes.hpp"
#include "ranking/service.hpp"
#include "support/run.hpp"
#include "support/servers.hpp"

namespace {

using nlohmann::json;
using practice::stage_state;
using std::chrono::milliseconds;

class stages : public testing::Test {
 protected:
  void SetUp() override {
    SKIP_WITHOUT_SERVERS(servers);
    database =
        std::make_unique<postgres::pool>(servers.postgres,
                                         std::vector<postgres::prepare_statements>{identity::prepare, bank::prepare,
                                                                                   ranking::prepare, practice::prepare},
                                         metrics);
    link = std::make_unique<redis::client>(loop, servers.redis, metrics);
    link->start();
    while (!link->is_connected()) run(loop, sleep(milliseconds{5}));
    library = std::make_unique<bank::library>(*database);
    boards = std::make_unique<ranking::service>(*database, *link, ranking::settings{});
    here = std::make_unique<practice::service>(loop, *database, *library, *boards, metrics);
    there = std::make_unique<practice::service>(loop, *database, *library, *boards, metrics);
    unique = std::to_string(base::secret_number() % 1000000000000);
    database->write_now([&](pqxx::transaction_base& t) { make_outline(t); });
    publish();
    worker = somebody(), other = somebody();
  }

  // Ranges: A above all; AA with seven practice questions and a secure one, AB with one, AC empty, AD with a secure
  // one, AE with two.
  void make_outline(pqxx::transaction_base& t) {
    const auto id = [](const pqxx::row& row) { return row[0].as<std::int64_t>(); };
    const auto made =
        identity::insert_organisation(t, {.kind = "province", .name = "省" + unique, .creation_key = "o" + unique})
            .value();
    organisation_id = made.organisation_id;
    trade_id = id(t.exec_params1(
        "INSERT INTO trade (code, taxonomy, occupation_code, name) VALUES ($1, '2022', '6', '焊工') RETURNING trade_id",
        unique));
    outline_id =
        id(t.exec_params1("INSERT INTO outline (trade_id, level, level_name, code, version, name, standard, digest) "
                          "VALUES ($1, 5, '五级', $2, '1', '焊工', '', '') RETURNING outline_id",
                          trade_id, unique));
    int position = 0;
    const auto range = [&](const std::string& code, std::int64_t parent) {
      return id(
          t.exec_params1("INSERT INTO outline_range (outline_id, parent_id, position, code, name, weight) VALUES ($1, "
                         "nullif($2, 0), $3, $4, $5, 2000) RETURNING range_id",
                         outline_id, parent, ++position, code, "范围" + code));
    };
    const auto root = range("A", 0);
    for (const auto* code : {"AA", "AB", "AC", "AD", "AE"})
      points[code] =
          id(t.exec_params1("INSERT INTO outline_point (outline_id, range_id, position, code, name, importance) VALUES "
                            "($1, $2, $3, $4, '点', 'X') RETURNING point_id",
                            outline_id, range(code, root), position, std::string(code) + "1"));
    for (int i = 0; i < 3; ++i) add_question(t, "AA", "single_choice", {"甲", "乙", "丙", "丁"}, "\"B\"");
    for (int i = 0; i < 2; ++i)
      add_question(t, "AA", "multiple_choice", {"甲", "乙", "丙", "丁", "戊"}, R"(["A","C"])");
    for (int i = 0; i < 2; ++i) add_question(t, "AA", "true_false", {}, "true");
    secret_question = add_question(t, "AA", "true_false", {}, "true", "secure");
    add_question(t, "AB", "true_false", {}, "false");
    add_question(t, "AD", "true_false", {}, "false", "secure");
    for (int i = 0; i < 2; ++i) add_question(t, "AE", "true_false", {}, "false");
  }

  std::int64_t add_question(pqxx::transaction_base& t, const std::string& range, const std::string& type,
                            const std::vector<std::string>& options, const std::string& key,
                            const std::string& pool = "practice") {
    const auto question_id = t.exec_params1(
                                  "INSERT INTO question (code, outline_id, point_id, type, pool, version) VALUES ($1, "
                                  "$2, $3, $4, $5, 0) RETURNING question_id",
                                  unique + "-" + std::to_string(++counter), outline_id, points.at(range), type, pool)[0]
                                 .as<std::int64_t>();
    add_version(t, question_id, options, key);
    return question_id;
  }

  void add_version(pqxx::transaction_base& t, std::int64_t question_id, const std::vector<std::string>& options,
                   const std::string& key) {
    const auto content = json{{"stem", "题干"}, {"options", options}, {"media", json::array()}}.dump();
    const auto answer = json{{"key", json::parse(key)}, {"explanation", "解析 " + key}}.dump();
    t.exec_params0(
        "WITH next AS (UPDATE question SET version = version + 1 WHERE question_id = $1 RETURNING version) "
        "INSERT INTO question_version (question_id, version, content, key, digest, difficulty, source, provenance, "
        "reason) SELECT $1, version, $2, $3, '', 3, '标准', '', '' FROM next",
        question_id, content, answer);
  }

  void publish() {
    database->write_now([](pqxx::transaction_base& t) { t.exec("INSERT INTO bank_release (reason) VALUES ('test')"); });
    run(loop, library->refresh());
  }

  identity::principal somebody() {
    const auto account = "p" + unique + "-" + std::to_string(++counter);
    std::int64_t id = 0;
    database->write_now([&](pqxx::transaction_base& t) {
      id = identity::insert_person(t, {.organisation_id = organisation_id,
                                       .account = account,
                                       .display_name = "王师傅",
                                       .password_hash = "-",
                                       .first_role = identity::role::worker,
                                       .creation_key = account})
               .value();
    });
    return {.person_id = id,
            .organisation_id = organisation_id,
            .organisation_path = "/" + std::to_string(organisation_id) + "/"};
  }

  runtime::awaitable<> sleep(milliseconds time) {
    runtime::timer timer{loop, time};
    boost::system::error_code ignored;
    co_await timer.async_wait(boost::asio::redirect_error(runtime::use_awaitable, ignored));
  }

  std::vector<practice::stage_progress> map_of(const identity::principal& who) {
    return run(loop, here->stages(who.person_id, outline_id)).value();
  }
  practice::run start(const identity::principal& who, std::int64_t stage_id) {
    return run(loop, here->start(who, stage_id, "k" + std::to_string(++counter))).value();
  }

  // In the letters that are shown.
  json right_answer(std::int64_t question_id) {
    const auto image = library->current();
    const auto* q = image->question(question_id);
    return json::parse(question::to_shown_letters(image->key_of(*q).key.answer, q->practice_order));
  }
  json wrong_answer(std::int64_t question_id) {
    const auto key = right_answer(question_id);
    if (key.is_boolean()) return !key.get<bool>();
    if (key.is_string()) return key == "A" ? "C" : "A";
    return key == json{"A", "B"} ? json{"A"} : json{"A", "B"};
  }
  practice::answered answer(const identity::principal& who, const practice::run& r, int position, bool rightly) {
    const auto question_id = r.question_ids.at(static_cast<std::size_t>(position - 1));
    const json given = rightly ? right_answer(question_id) : wrong_answer(question_id);
    return run(loop, here->answer(who, r.run_id, position, given)).value();
  }
  // Plays a whole run with so many right answers.
  practice::outcome play(const identity::principal& who, std::int64_t stage_id, int right) {
    const auto r = start(who, stage_id);
    std::optional<practice::outcome> end;
    for (int position = 1; position <= static_cast<int>(r.question_ids.size()); ++position) {
      EXPECT_FALSE(end);
      end = answer(who, r, position, position <= right).outcome;
    }
    return end.value();
  }
  std::int64_t points_of(const identity::principal& who) {
    const auto board = run(loop, boards->find_board(who, {})).value();
    for (const auto& row : board.page.neighbours)
      if (row.person_id == who.person_id) return row.points;
    return 0;
  }
  std::vector<practice::wrong_question> book_of(const identity::principal& who) {
    return run(loop, here->wrong(who.person_id, outline_id, 0, 100)).value();
  }

  // All at once; what they answer, in their order.
  std::vector<base::result<practice::answered>> at_once(
      std::vector<runtime::awaitable<base::result<practice::answered>>> work) {
    std::vector<base::result<practice::answered>> results(work.size());
    std::size_t open = work.size();
    loop.restart();
    for (std::size_t i = 0; i < work.size(); ++i)
      boost::asio::co_spawn(loop, std::move(work[i]),
                            [&, i](std::exception_ptr error, base::result<practice::answered> done) {
                              if (error) std::rethrow_exception(error);
                              results[i] = std::move(done);
                              if (--open == 0) loop.stop();
                            });
    loop.run();
    return results;
  }
  std::int64_t count(const std::string& what) {
    std::int64_t found = 0;
    database->write_now(
        [&](pqxx::transaction_base& t) { found = t.exec1("SELECT count(*) FROM " + what)[0].as<std::int64_t>(); });
    return found;
  }

  test_servers servers;
  boost::asio::io_context loop;
  runtime::metrics metrics;
  std::unique_ptr<postgres::pool> database;
  std::unique_ptr<redis::client> link;
  std::unique_ptr<bank::library> library;
  std::unique_ptr<ranking::service> boards;
  std::unique_ptr<practice::service> here, there;
  std::string unique;
  int counter = 0;
  std::int64_t organisation_id = 0, trade_id = 0, outline_id = 0, secret_question = 0;
  std::map<std::string, std::int64_t> points;
  identity::principal worker, other;
};

TEST_F(stages, are_the_deepest_ranges_that_have_practice_questions) {
  const auto map = map_of(worker);
  ASSERT_EQ(map.size(), 3U);
  const std::vector<std::string> names = {"范围AA", "范围AB", "范围AE"};
  const std::vector<int> questions = {5, 1, 2};
  for (std::size_t i = 0; i < map.size(); ++i) {
    EXPECT_EQ(map[i].stage.name, names[i]);
    EXPECT_EQ(map[i].stage.questions, questions[i]);
    EXPECT_EQ(map[i].stage.threshold_percent, 60);
    EXPECT_EQ(map[i].state, i == 0 ? stage_state::open : stage_state::locked);
    EXPECT_FALSE(map[i].best_right);
  }
  EXPECT_EQ(run(loop, here->stages(worker.person_id, 999'999'999)).error().code, "not_found");
}

TEST_F(stages, are_made_once_however_many_ask) {
  std::set<std::int64_t> ids;
  for (auto* node : {here.get(), there.get(), here.get()}) {
    const auto map = run(loop, node->stages(worker.person_id, outline_id));
    for (const auto& s : map.value()) ids.insert(s.stage.stage_id);
  }
  EXPECT_EQ(ids.size(), 3U);
}

TEST_F(stages, of_new_questions_take_their_place_in_the_outline) {
  const auto before = map_of(worker);
  play(worker, before[0].stage.stage_id, 5);
  play(worker, before[1].stage.stage_id, 1);
  database->write_now([&](pqxx::transaction_base& t) { add_question(t, "AC", "true_false", {}, "true"); });
  publish();
  const auto map = map_of(worker);
  ASSERT_EQ(map.size(), 4U);
  EXPECT_EQ(map[2].stage.name, "范围AC");
  EXPECT_EQ(map[2].state, stage_state::open);
  EXPECT_EQ(map[3].stage.stage_id, before[2].stage.stage_id);
  EXPECT_EQ(map[3].state, stage_state::locked);
}

TEST_F(stages, start_with_distinct_questions_of_their_range) {
  const auto stage_id = map_of(worker)[0].stage.stage_id;
  for (int i = 0; i < 20; ++i) {
    const auto r = start(worker, stage_id);
    EXPECT_EQ(std::set<std::int64_t>(r.question_ids.begin(), r.question_ids.end()).size(), 5U);
    EXPECT_EQ(std::ranges::count(r.question_ids, secret_question), 0);
  }
}

TEST_F(stages, start_once_for_a_key) {
  const auto map = map_of(worker);
  const auto one = run(loop, here->start(worker, map[0].stage.stage_id, "same")).value();
  const auto again = run(loop, there->start(worker, map[0].stage.stage_id, "same")).value();
  EXPECT_EQ(again.run_id, one.run_id);
  EXPECT_EQ(again.question_ids, one.question_ids);
  EXPECT_NE(run(loop, here->start(worker, map[0].stage.stage_id, "next")).value().run_id, one.run_id);
  EXPECT_NE(run(loop, here->start(other, map[0].stage.stage_id, "same")).value().run_id, one.run_id)
      << "keys belong to persons";
  for (int position = 1; position <= 5; ++position) answer(worker, one, position, true);
  EXPECT_EQ(run(loop, here->start(worker, map[1].stage.stage_id, "same")).error().code, "idempotency_key_reused");
}

TEST_F(stages, stay_locked_until_the_one_before_is_passed) {
  const auto map = map_of(worker);
  EXPECT_EQ(run(loop, here->start(worker, map[1].stage.stage_id, "a")).error().code, "stage_locked");
  EXPECT_EQ(run(loop, here->start(worker, 999'999'999, "a")).error().code, "not_found");
  const auto failed = play(worker, map[0].stage.stage_id, 2);
  EXPECT_EQ(failed.result.stars, 0);
  EXPECT_EQ(failed.next_stage_id, 0);
  EXPECT_EQ(run(loop, here->start(worker, map[1].stage.stage_id, "b")).error().code, "stage_locked");
  const auto passed = play(worker, map[0].stage.stage_id, 3);
  EXPECT_EQ(passed.result.stars, 1);
  EXPECT_EQ(passed.next_stage_id, map[1].stage.stage_id);
  EXPECT_TRUE(run(loop, here->start(worker, map[1].stage.stage_id, "c")));
  EXPECT_EQ(run(loop, here->start(other, map[1].stage.stage_id, "c")).error().code, "stage_locked")
      << "each for oneself";
  EXPECT_EQ(play(worker, map[0].stage.stage_id, 0).next_stage_id, map[1].stage.stage_id) << "what is open stays open";
  const auto after = map_of(worker);
  EXPECT_EQ(after[0].state, stage_state::passed);
  EXPECT_EQ(after[0].stars, 1);
  EXPECT_EQ(after[0].best_right, 3);
  EXPECT_EQ(after[0].runs, 3);
  EXPECT_EQ(after[1].state, stage_state::open);
}

TEST_F(stages, earn_points_for_each_star_once) {
  const auto stage_id = map_of(worker)[0].stage.stage_id;
  EXPECT_EQ(play(worker, stage_id, 3).result.points_earned, 10);
  EXPECT_EQ(play(worker, stage_id, 3).result.points_earned, 0);
  const auto best = play(worker, stage_id, 5);
  EXPECT_EQ(best.result.points_earned, 20);
  EXPECT_EQ(best.result.stars, 3);
  EXPECT_EQ(play(worker, stage_id, 4).result.points_earned, 0);
  EXPECT_EQ(points_of(worker), 30) << "and the board knows";
  EXPECT_EQ(points_of(other), 0);
}

TEST_F(stages, give_feedback_in_the_letters_that_are_shown) {
  const auto r = start(worker, map_of(worker)[0].stage.stage_id);
  for (int position = 1; position <= 5; ++position) {
    const auto question_id = r.question_ids[static_cast<std::size_t>(position - 1)];
    const bool rightly = position % 2 == 1;
    const auto reply = answer(worker, r, position, rightly);
    EXPECT_EQ(reply.feedback.is_right, rightly);
    EXPECT_EQ(json::parse(reply.feedback.key), right_answer(question_id));
    EXPECT_EQ(json::parse(reply.feedback.answer), rightly ? right_answer(question_id) : wrong_answer(question_id));
    EXPECT_EQ(reply.feedback.source, "标准");
    EXPECT_EQ(reply.outcome.has_value(), position == 5);
  }
  const auto seen = run(loop, there->see_run(worker.person_id, r.run_id)).value();
  EXPECT_EQ(seen.question_ids, r.question_ids);
  EXPECT_EQ(seen.given.size(), 5U);
  ASSERT_TRUE(seen.outcome);
  EXPECT_EQ(seen.outcome->result.right, 3);
  EXPECT_EQ(seen.outcome->result.points_earned, 10);
}

TEST_F(stages, let_the_first_answer_count) {
  const auto r = start(worker, map_of(worker)[0].stage.stage_id);
  EXPECT_FALSE(answer(worker, r, 1, false).feedback.is_right);
  const auto again = answer(worker, r, 1, true);
  EXPECT_FALSE(again.feedback.is_right);
  EXPECT_EQ(json::parse(again.feedback.answer), wrong_answer(r.question_ids[0]));
  ASSERT_EQ(book_of(worker).size(), 1U);
  EXPECT_EQ(book_of(worker)[0].row.wrong_count, 1);
  for (int position = 2; position <= 5; ++position) answer(worker, r, position, true);
  const auto last = answer(worker, r, 5, true);
  ASSERT_TRUE(last.outcome) << "the reply to the last answer was lost: it is asked for again";
  EXPECT_EQ(last.outcome->result.right, 4);
  EXPECT_EQ(last.outcome->result.stars, 2);
  EXPECT_EQ(map_of(worker)[0].runs, 1);
}

TEST_F(stages, refuse_what_is_no_answer) {
  const auto r = start(worker, map_of(worker)[0].stage.stage_id);
  const auto ask = [&](const identity::principal& who, std::int64_t run_id, int position, const json& given) {
    const auto done = run(loop, here->answer(who, run_id, position, given));
    if (done) return std::string("taken");
    return done.error().faults.empty() ? done.error().code
                                       : done.error().faults[0].pointer + " " + done.error().faults[0].code;
  };
  EXPECT_EQ(ask(other, r.run_id, 1, true), "not_found") << "somebody else's";
  EXPECT_EQ(ask(worker, 999'999'999, 1, true), "not_found");
  EXPECT_EQ(ask(worker, r.run_id, 6, true), "/position range");
  for (const json& nonsense : {json(nullptr), json(3), json("H"), json({"A", "A"}), json("a"), json::object()})
    EXPECT_EQ(ask(worker, r.run_id, 1, nonsense), "/answer answer_shape") << nonsense;
  EXPECT_EQ(run(loop, here->see_run(other.person_id, r.run_id)).error().code, "not_found");
  EXPECT_EQ(count("practice_answer WHERE run_id = " + std::to_string(r.run_id)), 0);
}

TEST_F(stages, complete_once_when_all_answers_come_at_once_to_two_nodes) {
  const auto stage_id = map_of(worker)[0].stage.stage_id;
  run(loop, there->stages(worker.person_id, outline_id));
  for (int round = 0; round < 20; ++round) {
    const auto who = somebody();
    const auto r = start(who, stage_id);
    std::vector<json> given;
    for (const auto question_id : r.question_ids)
      given.push_back(right_answer(question_id)), given.push_back(wrong_answer(question_id));
    std::vector<runtime::awaitable<base::result<practice::answered>>> work;
    for (std::size_t i = 0; i < given.size(); ++i)
      for (auto* node : {here.get(), there.get()})
        work.push_back(node->answer(who, r.run_id, static_cast<int>(i / 2 + 1), given[i]));
    const auto replies = at_once(std::move(work));
    const auto seen = run(loop, here->see_run(who.person_id, r.run_id)).value();
    ASSERT_TRUE(seen.outcome);
    int right = 0;
    for (std::size_t i = 0; i < replies.size(); ++i) {
      const auto& first = seen.given.at(static_cast<int>(i / 4 + 1));
      EXPECT_EQ(replies[i].value().feedback.answer, first.answer) << "every reply tells of the answer that counts";
      if (i % 4 == 0) right += first.is_right;
    }
    EXPECT_EQ(seen.outcome->result.right, right);
    EXPECT_EQ(map_of(who)[0].runs, 1);
    EXPECT_EQ(points_of(who), seen.outcome->result.points_earned);
    EXPECT_EQ(seen.outcome->result.points_earned, 10 * seen.outcome->result.stars);
    std::int64_t wrong = 0;
    for (const auto& w : book_of(who)) wrong += w.row.wrong_count;
    EXPECT_EQ(wrong, 5 - right);
  }
}

TEST_F(stages, give_a_star_once_when_two_runs_end_at_once) {
  const auto stage_id = map_of(worker)[0].stage.stage_id;
  for (int round = 0; round < 10; ++round) {
    const auto who = somebody();
    const std::vector<practice::run> runs = {start(who, stage_id), start(who, stage_id)};
    for (const auto& r : runs)
      for (int position = 1; position <= 4; ++position) answer(who, r, position, true);
    const auto one = right_answer(runs[0].question_ids[4]), two = right_answer(runs[1].question_ids[4]);
    std::vector<runtime::awaitable<base::result<practice::answered>>> work;
    work.push_back(here->answer(who, runs[0].run_id, 5, one));
    work.push_back((round % 2 ? here : there)->answer(who, runs[1].run_id, 5, two));
    const auto replies = at_once(std::move(work));
    EXPECT_EQ(replies[0].value().outcome->result.points_earned + replies[1].value().outcome->result.points_earned, 30);
    EXPECT_EQ(points_of(who), 30);
    EXPECT_EQ(map_of(who)[0].runs, 2);
  }
}

TEST_F(stages, ask_wrong_questions_again_first) {
  const auto stage_id = map_of(worker)[0].stage.stage_id;
  const auto r = start(worker, stage_id);
  answer(worker, r, 1, false), answer(worker, r, 2, true), answer(worker, r, 3, false);
  for (int i = 0; i < 10; ++i) {
    const auto next = start(worker, stage_id);
    EXPECT_EQ(std::ranges::count(next.question_ids, r.question_ids[0]), 1);
    EXPECT_EQ(std::ranges::count(next.question_ids, r.question_ids[1]), 0) << "four others were not yet right";
    EXPECT_EQ(std::ranges::count(next.question_ids, r.question_ids[2]), 1);
  }
}

TEST_F(stages, keep_wrong_questions_until_they_are_right_three_times_in_a_row) {
  const auto map = map_of(worker);
  play(worker, map[0].stage.stage_id, 5);
  const auto stage_id = map[1].stage.stage_id;  // one question
  const auto book = [&] {
    const auto rows = book_of(worker);
    return rows.empty() ? std::string("empty")
                        : fmt::format("{} wrong, {} right", rows[0].row.wrong_count, rows[0].row.right_in_a_row);
  };
  EXPECT_EQ(book(), "empty");
  play(worker, stage_id, 1);
  EXPECT_EQ(book(), "empty") << "what was never wrong never enters";
  const struct {
    int right;
    const char* then;
  } steps[] = {{0, "1 wrong, 0 right"},
               {1, "1 wrong, 1 right"},
               {1, "1 wrong, 2 right"},
               {0, "2 wrong, 0 right"},
               {1, "2 wrong, 1 right"},
               {1, "2 wrong, 2 right"},
               {1, "empty"},
               {1, "empty"},
               {0, "3 wrong, 0 right"},
               {1, "3 wrong, 1 right"}};
  for (const auto& step : steps) {
    play(worker, stage_id, step.right);
    EXPECT_EQ(book(), step.then);
  }
  const auto row = book_of(worker).at(0);
  EXPECT_EQ(row.last_answer, "true");
  EXPECT_EQ(row.key, "false");
  EXPECT_TRUE(book_of(other).empty());
}

TEST_F(stages, count_a_question_of_two_runs_at_once_twice) {
  const auto map = map_of(worker);
  play(worker, map[0].stage.stage_id, 5);
  const std::vector<practice::run> runs = {start(worker, map[1].stage.stage_id), start(worker, map[1].stage.stage_id),
                                           start(worker, map[1].stage.stage_id)};
  const json wrong = true;
  std::vector<runtime::awaitable<base::result<practice::answered>>> work;
  const auto plug = start(other, map[0].stage.stage_id);  // the batch that the others wait behind
  const json plugged = right_answer(plug.question_ids[0]);
  work.push_back(here->answer(other, plug.run_id, 1, plugged));
  for (const auto& r : runs) work.push_back(here->answer(worker, r.run_id, 1, wrong));
  for (const auto& done : at_once(std::move(work))) EXPECT_TRUE(done);
  EXPECT_EQ(book_of(worker).at(0).row.wrong_count, 3);
  EXPECT_EQ(map_of(worker)[1].runs, 3);
}

TEST_F(stages, judge_on_the_version_that_is_published) {
  const auto map = map_of(worker);
  play(worker, map[0].stage.stage_id, 5);
  const auto before = start(worker, map[1].stage.stage_id), open = start(worker, map[1].stage.stage_id);
  EXPECT_FALSE(answer(worker, before, 1, false).feedback.is_right);
  EXPECT_EQ(book_of(worker).at(0).last_answer, "true");
  database->write_now([&](pqxx::transaction_base& t) { add_version(t, open.question_ids[0], {}, "true"); });
  publish();
  const json now_right = true;
  EXPECT_TRUE(run(loop, here->answer(worker, open.run_id, 1, now_right)).value().feedback.is_right);
  const auto seen = run(loop, here->see_run(worker.person_id, before.run_id)).value();
  EXPECT_EQ(seen.given.at(1).key, "false") << "what was marked stays as it was marked";
  EXPECT_EQ(seen.given.at(1).explanation, "解析 false");
  const auto row = book_of(worker).at(0);
  EXPECT_EQ(row.key, "true");
  EXPECT_FALSE(row.last_answer) << "it was given to another version";
}

TEST_F(stages, show_feedback_of_older_versions_in_the_letters_of_then) {
  const auto r = start(worker, map_of(worker)[0].stage.stage_id);
  std::map<int, practice::answered> before;
  for (int position = 1; position <= 5; ++position)
    before.emplace(position, answer(worker, r, position, position % 2 == 0));
  database->write_now([&](pqxx::transaction_base& t) {
    for (const auto id : r.question_ids)
      add_version(t, id, {"一", "二", "三"}, "\"C\"");  // the type does not matter here
  });
  publish();
  const auto seen = run(loop, there->see_run(worker.person_id, r.run_id)).value();
  for (const auto& [position, then] : before) {
    EXPECT_EQ(seen.given.at(position).answer, then.feedback.answer);
    EXPECT_EQ(seen.given.at(position).key, then.feedback.key);
  }
}

TEST_F(stages, page_the_wrong_question_book) {
  const auto r = start(worker, map_of(worker)[0].stage.stage_id);
  for (int position = 1; position <= 5; ++position) answer(worker, r, position, false);
  std::vector<std::int64_t> ids;
  for (std::int64_t after = 0;;) {
    const auto rows = run(loop, here->wrong(worker.person_id, outline_id, after, 2)).value();
    if (rows.empty()) break;
    for (const auto& row : rows) ids.push_back(row.row.question_id);
    after = ids.back();
  }
  auto expected = r.question_ids;
  std::ranges::sort(expected);
  EXPECT_EQ(ids, expected);
  EXPECT_EQ(run(loop, here->wrong(worker.person_id, 999'999'999, 0, 2)).error().code, "not_found");
}

// The same through the router, signed in.
class stages_over_http : public stages {
 protected:
  void SetUp() override {
    stages::SetUp();
    if (IsSkipped()) return;
    sessions = std::make_unique<identity::sessions>(cache, *link, *database, identity::session_settings{});
    table = std::make_unique<http::router>(metrics);
    practice::add_routes(*table, identity::guard{*sessions}, *here);
    token = run(loop, sessions->create(worker.person_id)).token;
  }
  http::response ask(http::method verb, const std::string& path, const std::string& body = "",
                     std::vector<std::pair<std::string, std::string>> headers = {}) {
    http::request r;
    r.method = verb;
    r.path = path.substr(0, path.find('?'));
    r.query = path.find('?') == std::string::npos ? "" : path.substr(path.find('?') + 1);
    r.body = body;
    r.add_header("Content-Type", "application/json");
    if (!token.empty()) r.add_header("Authorization", "Bearer " + token);
    for (const auto& [name, value] : headers) r.add_header(name, value);
    return run(loop, table->respond(r));
  }
  static std::string header(const http::response& reply, std::string_view name) {
    for (const auto& [its_name, value] : reply.headers)
      if (its_name == name) return value;
    return {};
  }
  identity::session_cache cache;
  std::unique_ptr<identity::sessions> sessions;
  std::unique_ptr<http::router> table;
  std::string token;
};

TEST_F(stages_over_http, are_played_from_the_map_to_the_stars) {
  using enum http::method;
  const auto map = json::parse(ask(get, fmt::format("/api/practice/outlines/{}/stages", outline_id)).body);
  ASSERT_EQ(map["stages"].size(), 3U);
  EXPECT_EQ(map["stages"][0]["state"], "open");
  EXPECT_TRUE(map["stages"][0]["best_right"].is_null());
  const auto runs = fmt::format("/api/practice/stages/{}/runs", map["stages"][0]["stage_id"].get<int>());
  EXPECT_EQ(ask(post, runs).status, 422) << "no Idempotency-Key";
  const auto started = ask(post, runs, "", {{"Idempotency-Key", "one"}});
  EXPECT_EQ(started.status, 201);
  const auto played = json::parse(started.body);
  EXPECT_EQ(json::parse(ask(post, runs, "", {{"Idempotency-Key", "one"}}).body), played);
  const auto place = fmt::format("/api/practice/runs/{}", played["run_id"].get<int>());
  json last;
  for (const auto& q : played["questions"]) {
    const auto shown = ask(get, fmt::format("/api/practice/questions/{}", q["question_id"].get<int>()));
    EXPECT_EQ(shown.status, 200);
    EXPECT_EQ(shown.bytes().find("解析"), std::string_view::npos) << "no key before the answer";
    const json body = {{"position", q["position"]}, {"answer", right_answer(q["question_id"].get<std::int64_t>())}};
    const auto reply = ask(post, place + "/answers", body.dump());
    EXPECT_EQ(reply.status, 200);
    last = json::parse(reply.body);
    EXPECT_EQ(last["feedback"]["is_right"], true);
  }
  EXPECT_EQ(last["outcome"], (json{{"right", 5},
                                   {"questions", 5},
                                   {"passed", true},
                                   {"stars", 3},
                                   {"points_earned", 30},
                                   {"next_stage_id", map["stages"][1]["stage_id"]}}));
  EXPECT_EQ(json::parse(ask(get, place).body)["outcome"], last["outcome"]);
  EXPECT_EQ(ask(get, place + "1").status, 404);
}

TEST_F(stages_over_http, name_every_fault_of_an_answer) {
  using enum http::method;
  const auto r = start(worker, map_of(worker)[0].stage.stage_id);
  const auto place = fmt::format("/api/practice/runs/{}/answers", r.run_id);
  const auto faults = [&](const std::string& body) {
    const auto reply = ask(post, place, body);
    std::string found = std::to_string(reply.status);
    for (const auto& error : json::parse(reply.body).value("errors", json::array()))
      found += " " + error["pointer"].get<std::string>() + ":" + error["code"].get<std::string>();
    return found;
  };
  EXPECT_EQ(faults("{}"), "422 /position:required /answer:required");
  EXPECT_EQ(faults(R"({"position":1,"answer":null})"), "422 /answer:required");
  EXPECT_EQ(faults(R"({"position":0,"answer":"Z","time":1})"), "422 /position:range /time:unknown");
  EXPECT_EQ(faults(R"({"position":9,"answer":"A"})"), "422 /position:range");
  EXPECT_EQ(faults(R"({"position":1,"answer":"Z"})"), "422 /answer:answer_shape");
  EXPECT_EQ(faults("nonsense"), "400");
}

TEST_F(stages_over_http, serve_questions_from_memory) {
  using enum http::method;
  const auto image = library->current();
  const auto id = start(worker, map_of(worker)[0].stage.stage_id).question_ids[0];
  const auto path = fmt::format("/api/practice/questions/{}", id);
  const auto reply = ask(get, path);
  EXPECT_EQ(reply.prepared, image->question(id)->practice_body) << "the very bytes, not a copy";
  EXPECT_EQ(header(reply, "Cache-Control"), "private, max-age=60");
  const auto etag = header(reply, "ETag");
  const auto again = ask(get, path, "", {{"If-None-Match", etag}});
  EXPECT_EQ(again.status, 304);
  EXPECT_TRUE(again.bytes().empty());
  EXPECT_EQ(ask(get, fmt::format("/api/practice/questions/{}", secret_question)).status, 404);
  EXPECT_EQ(ask(get, "/api/practice/questions/999999999").status, 404);
  EXPECT_EQ(ask(get, "/api/practice/questions/x").status, 404);
  token.clear();
  EXPECT_EQ(ask(get, path).status, 401);
}

TEST_F(stages_over_http, list_the_wrong_question_book_in_pages) {
  using enum http::method;
  play(worker, map_of(worker)[0].stage.stage_id, 2);
  const auto path = fmt::format("/api/practice/outlines/{}/wrong-questions", outline_id);
  std::size_t seen = 0;
  std::string cursor;
  do {
    const auto page = json::parse(ask(get, path + "?limit=1" + cursor).body);
    seen += page["questions"].size();
    cursor = page["next_cursor"].is_null() ? "" : "&cursor=" + page["next_cursor"].get<std::string>();
  } while (!cursor.empty());
  EXPECT_EQ(seen, 3U);
  EXPECT_EQ(ask(get, path + "?cursor=x").status, 422);
  EXPECT_EQ(ask(get, path + "?limit=0&more=1").status, 422);
}

}  // namespace
