// Exams on a real PostgreSQL, with two nodes on two threads where things happen at once.
#include <gmock/gmock.h>

#include <random>
#include <set>
#include <thread>

#include "bank/store.hpp"
#include "exam/routes.hpp"
#include "identity/sessions.hpp"
#include "identity/store.hpp"
#include "support/run.hpp"
#include "support/servers.hpp"

namespace {

using exam::outcome;
using identity::role;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using namespace std::chrono_literals;

constexpr int questions = 20;

// The exams of one node, on a loop that outlives the database's threads.
struct node {
  node(boost::asio::io_context& its_loop, postgres::pool& database, bank::library& library, runtime::metrics& metrics)
      : loop(its_loop), exams(loop, database, library, {.grace = 2s}, metrics) {}

  // Runs all to their end at the same time.
  void all(std::vector<runtime::awaitable<>> works) {
    std::exception_ptr error;
    loop.restart();
    for (auto& work : works)
      boost::asio::co_spawn(loop, std::move(work), [&](std::exception_ptr thrown) { error = thrown ? thrown : error; });
    loop.run();
    if (error) std::rethrow_exception(error);
  }

  boost::asio::io_context& loop;
  exam::service exams;
};

class exams : public testing::Test {
 protected:
  template <class Work>
  auto sql(Work work) {
    using value = std::invoke_result_t<Work&, pqxx::transaction_base&>;
    if constexpr (std::is_void_v<value>) {
      database->write_now([&](pqxx::transaction_base& t) { work(t); });
    } else {
      std::optional<value> result;
      database->write_now([&](pqxx::transaction_base& t) { result.emplace(work(t)); });
      return std::move(*result);
    }
  }
  template <class... Values>
  std::int64_t number(const char* text, Values... values) {
    return sql(
        [&](pqxx::transaction_base& t) { return t.exec_params1(text, values...)[0].template as<std::int64_t>(); });
  }

  void SetUp() override {
    SKIP_WITHOUT_SERVERS(servers);
    servers.postgres.connections = 8;
    database = std::make_unique<postgres::pool>(
        servers.postgres, std::vector<postgres::prepare_statements>{identity::prepare, bank::prepare, exam::prepare},
        metrics);
    library = std::make_unique<bank::library>(*database);
    here = std::make_unique<node>(loops[0], *database, *library, metrics);
    there = std::make_unique<node>(loops[1], *database, *library, metrics);
    unique = std::to_string(base::secret_number() % 1000000000000);
    sql([&](pqxx::transaction_base& t) { make_world(t); });
    publish();
    trainer = somebody(role::trainer, province);
    manager = somebody(role::centre_manager, centre);
    worker = somebody(role::worker, centre);
    blueprint_id = run(here->loop, here->exams.create_blueprint(trainer, wanted(), "b")).value().blueprint.blueprint_id;
  }

  // Ranges A (60 %) and B (40 %) with ten points each; a point has two single, a multiple and a judged question.
  void make_world(pqxx::transaction_base& t) {
    const auto id = [](const pqxx::row& row) { return row[0].as<std::int64_t>(); };
    province =
        identity::insert_organisation(t, {.kind = "province", .name = "省" + unique, .creation_key = "p" + unique})
            .value();
    centre =
        identity::insert_organisation(
            t,
            {.parent_id = province.organisation_id, .kind = "centre", .name = "考点一", .creation_key = "c" + unique})
            .value();
    elsewhere =
        identity::insert_organisation(
            t,
            {.parent_id = province.organisation_id, .kind = "centre", .name = "考点二", .creation_key = "d" + unique})
            .value();
    const auto trade_id = id(t.exec_params1(
        "INSERT INTO trade (code, taxonomy, occupation_code, name) VALUES ($1, '2022', '6', '焊工') RETURNING trade_id",
        unique));
    outline_id =
        id(t.exec_params1("INSERT INTO outline (trade_id, level, level_name, code, version, name, standard, digest) "
                          "VALUES ($1, 5, '五级/初级工', $2, '1', '焊工', '', '') RETURNING outline_id",
                          trade_id, unique));
    for (const auto& [code, weight] : {std::pair{"A", 6000}, {"B", 4000}}) {
      const auto range =
          id(t.exec_params1("INSERT INTO outline_range (outline_id, position, code, name, weight) VALUES ($1, $2, $3, "
                            "'范围', $4) RETURNING range_id",
                            outline_id, weight, std::string(code), weight));
      for (int i = 0; i < 10; ++i) {
        const auto point =
            id(t.exec_params1("INSERT INTO outline_point (outline_id, range_id, position, code, name, importance) "
                              "VALUES ($1, $2, $3, $4, '点', $5) RETURNING point_id",
                              outline_id, range, i, code + std::to_string(i), std::string(i < 8 ? "X" : "Y")));
        for (int one = 0; one < 2; ++one) add_question(t, point, "single_choice", R"("B")", 4);
        add_question(t, point, "multiple_choice", R"(["A","C"])", 5);
        add_question(t, point, "true_false", "true", 0);
      }
    }
  }

  void add_question(pqxx::transaction_base& t, std::int64_t point, const std::string& type, const std::string& key,
                    int options) {
    json content = {{"stem", "题干"}, {"options", json::array()}, {"media", json::array()}};
    for (int i = 0; i < options; ++i) content["options"].push_back("选项" + std::string(1, static_cast<char>('A' + i)));
    const json answer = {{"key", json::parse(key)}, {"explanation", "秘密的解析"}};
    t.exec_params0(
        "WITH made AS (INSERT INTO question (code, outline_id, point_id, type, pool, version) VALUES ($1, $2, $3, $4, "
        "'secure', 1) RETURNING question_id) "
        "INSERT INTO question_version (question_id, version, content, key, digest, difficulty, source, provenance, "
        "reason) SELECT question_id, 1, $5, $6, '', 3, '秘密的依据', '', '' FROM made",
        unique + "-" + std::to_string(++counter), outline_id, point, type, content.dump(), answer.dump());
  }

  void publish() {
    sql([](pqxx::transaction_base& t) { t.exec("INSERT INTO bank_release (reason) VALUES ('test')"); });
    run(here->loop, library->refresh());
  }

  identity::principal somebody(role r, const identity::organisation& place) {
    const auto account = "p" + unique + "-" + std::to_string(++counter);
    const auto id = sql([&](pqxx::transaction_base& t) {
      return identity::insert_person(t, {.organisation_id = place.organisation_id,
                                         .account = account,
                                         .display_name = "王师傅",
                                         .password_hash = "-",
                                         .first_role = r,
                                         .creation_key = account})
          .value();
    });
    return {.person_id = id,
            .account = account,
            .organisation_id = place.organisation_id,
            .organisation_path = place.path,
            .grants = {{r, place.organisation_id, place.path}}};
  }

  exam::blueprint wanted() const {
    using enum question::type;
    return {.organisation_id = province.organisation_id,
            .outline_id = outline_id,
            .name = "焊工五级理论",
            .pool = bank::pool::secure,
            .pass_points = 6000,
            .parts = {{single_choice, 12, 500}, {multiple_choice, 4, 500}, {true_false, 4, 500}}};
  }

  exam::sitting asked(base::time_point opens_at = base::now() - 1h,
                      base::time_point closes_at = base::now() + 1h) const {
    return {.organisation_id = centre.organisation_id,
            .blueprint_id = blueprint_id,
            .name = "三月焊工",
            .opens_at = opens_at,
            .closes_at = closes_at,
            .duration = 30min};
  }

  std::int64_t hold(const exam::sitting& s) {
    return run(here->loop, here->exams.create_sitting(manager, s, "s" + std::to_string(++counter)))
        .value()
        .sitting.sitting_id;
  }
  void enter(std::int64_t sitting_id, const identity::principal& who) {
    run(here->loop, here->exams.register_candidates(manager, sitting_id, {who.account})).value();
  }

  // An attempt that has begun.
  exam::attempt_view begun(const identity::principal& who) {
    const auto sitting_id = hold(asked());
    enter(sitting_id, who);
    return run(here->loop, here->exams.start(who, sitting_id)).value();
  }
  // A sitting with new candidates that have all begun.
  std::vector<std::int64_t> many_begun(int count) {
    const auto sitting_id = hold(asked());
    std::vector<std::int64_t> ids;
    for (int i = 0; i < count; ++i) {
      const auto who = somebody(role::worker, centre);
      enter(sitting_id, who);
      ids.push_back(run(here->loop, here->exams.start(who, sitting_id)).value().facts.attempt.attempt_id);
    }
    return ids;
  }

  std::string save(node& at, std::int64_t attempt_id, std::vector<exam::answer> given) {
    const auto done = run(at.loop, at.exams.save_answers(attempt_id, std::move(given)));
    if (!done) return done.error().code;
    std::string names;
    for (const auto one : done->outcomes) names += (names.empty() ? "" : " ") + std::string(name_of(one));
    return names;
  }
  std::string save(std::int64_t attempt_id, std::vector<exam::answer> given) {
    return save(*here, attempt_id, std::move(given));
  }

  void shift_deadline(std::int64_t attempt_id, const std::string& to) {
    sql([&](pqxx::transaction_base& t) {
      t.exec_params0(
          "UPDATE attempt SET deadline_at = clock_timestamp() + $2::interval, started_at = clock_timestamp() - "
          "interval '1 hour' WHERE attempt_id = $1",
          attempt_id, to);
    });
  }
  void shift_window(std::int64_t sitting_id, const std::string& opens, const std::string& closes) {
    sql([&](pqxx::transaction_base& t) {
      t.exec_params0(
          "UPDATE sitting SET opens_at = clock_timestamp() + $2::interval, closes_at = clock_timestamp() + "
          "$3::interval WHERE sitting_id = $1",
          sitting_id, opens, closes);
    });
  }

  exam::rebuild_report rebuilt(bool check_only) {
    return run(here->loop, exam::rebuild(*database, *library, {}, check_only));
  }

  // The right answer to a question of somebody's paper, in the letters that were shown.
  std::string right_answer(std::int64_t attempt_id, int position) {
    const auto row = sql([&](pqxx::transaction_base& t) {
      return exam::find_papers(t, {attempt_id}).at(attempt_id).at(static_cast<std::size_t>(position - 1));
    });
    const auto* q = library->current()->version(row.version_id);
    return question::to_shown_letters(library->current()->key_of(*q).key.answer, row.option_order);
  }

  test_servers servers;
  runtime::metrics metrics;
  std::array<boost::asio::io_context, 2> loops;
  std::unique_ptr<postgres::pool> database;
  std::unique_ptr<bank::library> library;
  std::unique_ptr<node> here, there;
  std::string unique;
  int counter = 0;
  identity::organisation province, centre, elsewhere;
  std::int64_t outline_id = 0, blueprint_id = 0;
  identity::principal trainer, manager, worker;
};

template <class T>
std::string code_of(const base::result<T>& r) {
  return r ? "" : r.error().code;
}

// ---- blueprints and sittings ----------------------------------------------------------------------------------------

TEST_F(exams, compose_a_blueprint_once_for_a_key) {
  const auto first = run(here->loop, here->exams.create_blueprint(trainer, wanted(), "same")).value();
  const auto again = run(there->loop, there->exams.create_blueprint(trainer, wanted(), "same")).value();
  EXPECT_EQ(first.blueprint.blueprint_id, again.blueprint.blueprint_id);
  EXPECT_EQ(first.blueprint.parts, wanted().parts);
  ASSERT_EQ(first.ranges.size(), 2u);
  EXPECT_EQ(first.ranges[0].questions + first.ranges[1].questions, questions);
  auto other = wanted();
  other.pass_points = 5000;
  EXPECT_EQ(code_of(run(here->loop, here->exams.create_blueprint(trainer, other, "same"))), "idempotency_key_reused");
  EXPECT_NE(run(here->loop, here->exams.create_blueprint(trainer, other, "another")).value().blueprint.blueprint_id,
            first.blueprint.blueprint_id);
}

TEST_F(exams, refuse_blueprints_that_the_bank_cannot_fill) {
  auto b = wanted();
  b.parts[1].questions = 50;
  const auto refused = run(here->loop, here->exams.create_blueprint(trainer, b, "x"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "blueprint_lacks_questions");
  EXPECT_EQ(refused.error().faults.at(0).pointer, "/parts/1");
  b = wanted();
  b.pool = bank::pool::practice;
  EXPECT_EQ(code_of(run(here->loop, here->exams.create_blueprint(trainer, b, "x"))), "blueprint_lacks_questions");
  b = wanted();
  b.outline_id = 999999999;
  b.pass_points = 1000000;
  EXPECT_EQ(run(here->loop, here->exams.create_blueprint(trainer, b, "x")).error().faults.size(), 2u);
}

TEST_F(exams, keep_everybody_within_their_reach) {
  const auto other_manager = somebody(role::centre_manager, elsewhere);
  const auto local_trainer = somebody(role::trainer, centre);
  EXPECT_EQ(code_of(run(here->loop, here->exams.create_blueprint(local_trainer, wanted(), "x"))), "out_of_reach");
  EXPECT_EQ(code_of(run(here->loop, here->exams.get_blueprint(manager, blueprint_id))), "")
      << "blueprints of nodes above may be used";
  auto local = wanted();
  local.organisation_id = centre.organisation_id;
  const auto local_id =
      run(here->loop, here->exams.create_blueprint(local_trainer, local, "x")).value().blueprint.blueprint_id;
  EXPECT_EQ(code_of(run(here->loop, here->exams.get_blueprint(other_manager, local_id))), "out_of_reach");
  EXPECT_EQ(code_of(run(here->loop, here->exams.get_blueprint(trainer, local_id))), "");
  const auto listed = run(here->loop, here->exams.list_blueprints(other_manager, blueprint_id - 1, 100));
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_EQ(listed[0].blueprint.blueprint_id, blueprint_id);

  const auto sitting_id = hold(asked());
  EXPECT_EQ(code_of(run(here->loop, here->exams.create_sitting(other_manager, asked(), "x"))), "out_of_reach");
  EXPECT_EQ(code_of(run(here->loop, here->exams.get_sitting(other_manager, sitting_id))), "out_of_reach");
  EXPECT_EQ(code_of(run(here->loop, here->exams.get_sitting(manager, 999999999))), "not_found");
  EXPECT_EQ(code_of(run(here->loop, here->exams.register_candidates(other_manager, sitting_id, {worker.account}))),
            "out_of_reach");
  EXPECT_EQ(code_of(run(here->loop, here->exams.release_results(other_manager, sitting_id, exam::release::key))),
            "out_of_reach");
  EXPECT_EQ(code_of(run(here->loop, here->exams.list_candidates(other_manager, sitting_id, 0, 10))), "out_of_reach");
  EXPECT_THAT(run(here->loop, here->exams.list_sittings(other_manager, 0, 100)), IsEmpty());
  EXPECT_EQ(run(here->loop, here->exams.list_sittings(manager, 0, 100)).size(), 1u);
  auto with_foreign_blueprint = asked();
  with_foreign_blueprint.organisation_id = elsewhere.organisation_id;
  with_foreign_blueprint.blueprint_id = local_id;
  EXPECT_EQ(code_of(run(here->loop, here->exams.create_sitting(other_manager, with_foreign_blueprint, "x"))),
            "out_of_reach");
}

TEST_F(exams, register_all_candidates_or_none) {
  const auto sitting_id = hold(asked());
  const auto other = somebody(role::worker, elsewhere), proctor = somebody(role::proctor, centre),
             gone = somebody(role::worker, centre);
  sql([&](pqxx::transaction_base& t) {
    t.exec_params0("UPDATE person SET disabled_at = now() WHERE person_id = $1", gone.person_id);
  });
  const auto refused =
      run(here->loop, here->exams.register_candidates(
                          manager, sitting_id, {worker.account, "no-such-account", proctor.account, gone.account}));
  ASSERT_FALSE(refused);
  std::vector<std::string> faults;
  for (const auto& fault : refused.error().faults) faults.push_back(fault.pointer + " " + fault.code);
  EXPECT_THAT(faults, ElementsAre("/accounts/1 unknown_account", "/accounts/2 account_may_not_sit",
                                  "/accounts/3 account_disabled"));
  EXPECT_EQ(run(here->loop, here->exams.get_sitting(manager, sitting_id)).value().sitting.registered, 0);
  const auto done = run(here->loop, here->exams.register_candidates(manager, sitting_id,
                                                                    {worker.account, other.account, worker.account}))
                        .value();
  EXPECT_EQ(done.added, 2);
  const auto again = run(here->loop, here->exams.register_candidates(manager, sitting_id, {worker.account})).value();
  EXPECT_EQ(again.added, 0);
  EXPECT_EQ(again.registered, 2);
}

// ---- starting -------------------------------------------------------------------------------------------------------

TEST_F(exams, start_within_the_window_and_for_the_registered_alone) {
  const auto sitting_id = hold(asked());
  EXPECT_EQ(code_of(run(here->loop, here->exams.start(worker, sitting_id))), "not_registered");
  EXPECT_EQ(code_of(run(here->loop, here->exams.start(worker, 999999999))), "not_found");
  enter(sitting_id, worker);
  shift_window(sitting_id, "1 hour", "2 hours");
  EXPECT_EQ(code_of(run(here->loop, here->exams.start(worker, sitting_id))), "sitting_not_open");
  shift_window(sitting_id, "-2 hours", "-1 second");
  EXPECT_EQ(code_of(run(here->loop, here->exams.start(worker, sitting_id))), "sitting_over");
  shift_window(sitting_id, "-1 hour", "10 minutes");
  const auto view = run(here->loop, here->exams.start(worker, sitting_id)).value();
  EXPECT_EQ(view.questions.size(), static_cast<std::size_t>(questions));
  EXPECT_LT(view.facts.attempt.deadline_at - view.facts.attempt.started_at, 10min + 1s)
      << "the window ends before the duration does";
  shift_window(sitting_id, "-2 hours", "-1 hour");
  const auto again = run(there->loop, there->exams.start(worker, sitting_id)).value();
  EXPECT_EQ(again.facts.attempt.attempt_id, view.facts.attempt.attempt_id) << "who has begun may come back";
}

TEST_F(exams, give_one_attempt_however_often_and_wherever_it_is_started) {
  for (int round = 0; round < 20; ++round) {
    const auto sitting_id = hold(asked());
    const auto who = somebody(role::worker, centre);
    enter(sitting_id, who);
    std::array<std::set<std::int64_t>, 2> seen;
    std::array<std::set<std::string>, 2> papers;
    const auto start = [&](node& at, std::size_t thread) -> runtime::awaitable<> {
      const auto view = co_await at.exams.start(who, sitting_id);
      seen[thread].insert(view.value().facts.attempt.attempt_id);
      std::string paper;
      for (const auto& q : view->questions) paper += q.stem + json(q.options).dump();
      papers[thread].insert(paper);
      EXPECT_EQ(view->questions.size(), static_cast<std::size_t>(questions));
    };
    const auto several = [&](node& at, std::size_t thread) {
      std::vector<runtime::awaitable<>> works;
      for (int i = 0; i < 4; ++i) works.push_back(start(at, thread));
      at.all(std::move(works));
    };
    std::jthread other{[&] { several(*there, 1); }};
    several(*here, 0);
    other.join();
    seen[0].merge(seen[1]), papers[0].merge(papers[1]);
    EXPECT_EQ(seen[0].size(), 1u);
    EXPECT_EQ(papers[0].size(), 1u);
    EXPECT_EQ(number("SELECT count(*) FROM attempt WHERE sitting_id = $1", sitting_id), 1);
    EXPECT_EQ(number("SELECT count(*) FROM attempt_question WHERE attempt_id = $1", *seen[0].begin()), questions);
  }
}

TEST_F(exams, draw_a_paper_that_can_be_drawn_again_from_its_seed) {
  const auto view = begun(worker);
  const auto attempt_id = view.facts.attempt.attempt_id;
  const auto seed = number("SELECT seed FROM attempt WHERE attempt_id = $1", attempt_id);
  const auto blueprint = sql([&](pqxx::transaction_base& t) { return exam::find_blueprint(t, blueprint_id).value(); });
  const auto drawn = exam::draw(exam::stock{blueprint, library->current()}, static_cast<std::uint64_t>(seed)).value();
  const auto paper = sql([&](pqxx::transaction_base& t) { return exam::find_papers(t, {attempt_id}).at(attempt_id); });
  ASSERT_EQ(drawn.size(), paper.size());
  for (std::size_t i = 0; i < drawn.size(); ++i) {
    EXPECT_EQ(drawn[i].question->version_id, paper[i].version_id);
    EXPECT_EQ(drawn[i].option_order, paper[i].option_order);
  }
}

TEST_F(exams, hide_attempts_of_others) {
  const auto attempt_id = begun(worker).facts.attempt.attempt_id;
  const auto other = somebody(role::worker, centre);
  EXPECT_EQ(code_of(run(here->loop, here->exams.get_attempt(other, attempt_id))), "not_found");
  EXPECT_EQ(code_of(run(here->loop, here->exams.own_paper(other, attempt_id))), "not_found");
  EXPECT_EQ(code_of(run(here->loop, here->exams.own_paper(worker, attempt_id))), "");
  EXPECT_EQ(code_of(run(here->loop, here->exams.own_paper(other, attempt_id))), "not_found")
      << "also where the paper is remembered";
  EXPECT_EQ(code_of(run(here->loop, here->exams.hand_in(other, attempt_id))), "not_found");
  EXPECT_EQ(code_of(run(here->loop, here->exams.get_result(other, attempt_id))), "not_found");
}

// ---- saving ---------------------------------------------------------------------------------------------------------

TEST_F(exams, tell_what_became_of_each_answer) {
  const auto id = begun(worker).facts.attempt.attempt_id;
  EXPECT_EQ(save(id, {{1, 5, "\"A\""}}), "saved");
  EXPECT_EQ(save(id, {{1, 5, "\"A\""}}), "repeated");
  EXPECT_EQ(save(*there, id, {{1, 5, "\"A\""}}), "repeated");
  EXPECT_EQ(save(id, {{1, 5, "\"B\""}}), "conflicting");
  EXPECT_EQ(save(id, {{1, 3, "\"B\""}}), "superseded");
  EXPECT_EQ(save(id, {{1, 3, "\"B\""}}), "repeated");
  EXPECT_EQ(save(id, {{1, 6, "null"}}), "saved");
  EXPECT_EQ(
      save(id, {{2, 1, "\"A\""}, {2, 2, "\"B\""}, {2, 2, "\"B\""}, {2, 2, "\"C\""}, {3, 1, "null"}, {1, 6, "null"}}),
      "superseded saved repeated conflicting saved repeated");
  EXPECT_EQ(save(id, {{2, 9007199254740991, "\"D\""}}), "saved");
  EXPECT_EQ(save(id, {{20, 1, R"(["A","C"])"}}), "saved");
  const auto view = run(there->loop, there->exams.get_attempt(worker, id)).value();
  EXPECT_THAT(view.answers, ElementsAre(exam::answer{1, 6, "null"}, exam::answer{2, 9007199254740991, "\"D\""},
                                        exam::answer{3, 1, "null"}, exam::answer{20, 1, R"(["A","C"])"}));
}

TEST_F(exams, take_no_answer_that_comes_too_late) {
  const auto id = begun(worker).facts.attempt.attempt_id;
  shift_deadline(id, "-1 second");
  EXPECT_EQ(save(id, {{1, 1, "\"A\""}}), "saved") << "the grace";
  shift_deadline(id, "-3 seconds");
  EXPECT_EQ(save(id, {{2, 1, "\"A\""}, {3, 1, "\"A\""}}), "attempt_closed");
  EXPECT_EQ(save(id, {{1, 1, "\"A\""}}), "attempt_closed");
  EXPECT_EQ(number("SELECT count(*) FROM answer_log WHERE attempt_id = $1", id), 1);
  EXPECT_EQ(run(here->loop, here->exams.hand_in(worker, id)).value().attempt.closer, exam::closed_by::deadline)
      << "the closer has not come yet";
  EXPECT_EQ(save(id, {{1, 1, "\"A\""}}), "attempt_closed");
}

// Closed, late, unknown and open attempts in one batch: each gets its own word.
TEST_F(exams, keep_the_requests_of_a_batch_apart) {
  const auto ids = many_begun(4);
  sql([&](pqxx::transaction_base& t) {
    t.exec_params0(
        "UPDATE attempt SET state = 'closed', closed_at = now(), closed_by = 'candidate' WHERE attempt_id = $1",
        ids[1]);
  });
  shift_deadline(ids[2], "-1 minute");
  std::vector<exam::save_request> batch;
  for (const auto id : {ids[0], ids[1], ids[2], ids[3], ids[0], std::int64_t{999999999}})
    batch.push_back({.attempt_id = id, .given = {{1, 1, "\"A\""}, {2, 7, "true"}}});
  batch.push_back({.attempt_id = ids[0], .given = {{1, 1, "\"B\""}, {1, 2, "\"C\""}}});
  sql([&](pqxx::transaction_base& t) { exam::save(t, batch, 2s); });
  using enum outcome;
  EXPECT_THAT(batch[0].outcomes, ElementsAre(superseded, saved));
  EXPECT_FALSE(batch[1].taken);
  EXPECT_FALSE(batch[2].taken);
  EXPECT_THAT(batch[3].outcomes, ElementsAre(saved, saved));
  EXPECT_THAT(batch[4].outcomes, ElementsAre(repeated, repeated));
  EXPECT_FALSE(batch[5].taken);
  EXPECT_THAT(batch[6].outcomes, ElementsAre(conflicting, saved));
  EXPECT_GT(batch[0].deadline_at, batch[0].server_time);
  EXPECT_EQ(number("SELECT count(*) FROM answer_log WHERE attempt_id = ANY ($1::bigint[])",
                   fmt::format("{{{},{},{}}}", ids[1], ids[2], 999999999)),
            0);
  sql([&](pqxx::transaction_base& t) {
    t.exec_params0("DELETE FROM attempt_question WHERE attempt_id = $1", ids[1]),
        t.exec_params0("DELETE FROM attempt WHERE attempt_id = $1", ids[1]);
  });
}

// Many clients of two nodes fight over the same few questions; the log decides who was right.
TEST_F(exams, agree_with_the_log_when_many_save_at_once) {
  const auto ids = many_begun(3);
  struct told {
    std::int64_t attempt_id;
    exam::answer given;
    outcome what;
  };
  std::array<std::vector<told>, 2> all;
  const auto client = [&](node& at, std::size_t thread, unsigned seed) -> runtime::awaitable<> {
    std::minstd_rand random{seed + 1};
    for (int i = 0; i < 25; ++i) {
      const auto attempt_id = ids[random() / 7 % ids.size()];
      std::vector<exam::answer> given;
      for (std::size_t n = 1 + random() / 7 % 4; n > 0; --n)
        given.push_back({static_cast<int>(1 + random() / 7 % 3), static_cast<std::int64_t>(1 + random() / 7 % 40),
                         std::string("\"") + static_cast<char>('A' + random() / 7 % 3) + '"'});
      const auto done = co_await at.exams.save_answers(attempt_id, std::move(given));
      for (std::size_t n = 0; n < done.value().given.size(); ++n)
        all[thread].push_back({attempt_id, done->given[n], done->outcomes[n]});
    }
  };
  const auto several = [&](node& at, std::size_t thread) {
    std::vector<runtime::awaitable<>> works;
    for (unsigned i = 0; i < 40; ++i) works.push_back(client(at, thread, i * 2 + static_cast<unsigned>(thread)));
    at.all(std::move(works));
  };
  std::jthread other{[&] { several(*there, 1); }};
  several(*here, 0);
  other.join();

  std::map<std::tuple<std::int64_t, int, std::int64_t>, std::string> log;
  std::map<std::pair<std::int64_t, int>, std::int64_t> newest;
  sql([&](pqxx::transaction_base& t) {
    for (const auto& row : t.exec_params(
             "SELECT attempt_id, position, sequence, answer FROM answer_log WHERE attempt_id BETWEEN $1 AND $2",
             ids.front(), ids.back())) {
      log[{row[0].as<std::int64_t>(), row[1].as<int>(), row[2].as<std::int64_t>()}] = row[3].as<std::string>();
      auto& top = newest[{row[0].as<std::int64_t>(), row[1].as<int>()}];
      top = std::max(top, row[2].as<std::int64_t>());
    }
  });
  std::map<std::tuple<std::int64_t, int, std::int64_t>, int> writers;
  std::map<outcome, int> counts;
  all[0].insert(all[0].end(), all[1].begin(), all[1].end());
  for (const auto& one : all[0]) {
    const std::tuple place{one.attempt_id, one.given.position, one.given.sequence};
    ++counts[one.what];
    ASSERT_TRUE(log.contains(place)) << "acknowledged, so in the log";
    const bool wrote = one.what == outcome::saved || one.what == outcome::superseded;
    writers[place] += wrote;
    EXPECT_EQ(one.what == outcome::conflicting, log[place] != one.given.text);
    if (wrote && one.given.sequence == newest[{one.attempt_id, one.given.position}])
      EXPECT_EQ(one.what, outcome::saved);
  }
  for (const auto& [place, count] : writers) EXPECT_EQ(count, 1) << "one writer of each row";
  EXPECT_EQ(writers.size(), log.size());
  for (const auto what : {outcome::saved, outcome::repeated, outcome::superseded, outcome::conflicting})
    EXPECT_GT(counts[what], 0) << name_of(what);
}

// ---- closing --------------------------------------------------------------------------------------------------------

TEST_F(exams, hand_in_once_and_answer_the_same_ever_after) {
  const auto id = begun(worker).facts.attempt.attempt_id;
  save(id, {{1, 1, right_answer(id, 1)},
            {2, 1, right_answer(id, 2)},
            {3, 1, "null"},
            {13, 1, right_answer(id, 13)},
            {17, 1, right_answer(id, 17)}});
  const auto first = run(here->loop, here->exams.hand_in(worker, id)).value();
  EXPECT_EQ(first.attempt.closer, exam::closed_by::candidate);
  EXPECT_EQ(first.answered, 4);
  EXPECT_EQ(first.questions, questions);
  const auto again = run(there->loop, there->exams.hand_in(worker, id)).value();
  EXPECT_EQ(again.attempt.closed_at, first.attempt.closed_at);
  EXPECT_EQ(again.answered, 4);
  EXPECT_EQ(number("SELECT points FROM attempt_result WHERE attempt_id = $1", id), 2000);
  EXPECT_EQ(save(id, {{4, 1, "\"A\""}}), "attempt_closed");
  const auto sitting_id = first.attempt.sitting_id;
  EXPECT_TRUE(run(here->loop, here->exams.start(worker, sitting_id)).value().facts.attempt.closed_at)
      << "a closed attempt can be looked at";
  EXPECT_THAT(rebuilt(true).differing, IsEmpty());
}

TEST_F(exams, hand_in_once_when_many_ask_at_once) {
  const auto id = begun(worker).facts.attempt.attempt_id;
  save(id, {{1, 1, "\"A\""}});
  std::array<std::set<base::time_point>, 2> times;
  const auto hand_in = [&](node& at, std::size_t thread) -> runtime::awaitable<> {
    const auto done = co_await at.exams.hand_in(worker, id);
    times[thread].insert(done.value().attempt.closed_at.value());
  };
  const auto several = [&](node& at, std::size_t thread) {
    std::vector<runtime::awaitable<>> works;
    for (int i = 0; i < 5; ++i) works.push_back(hand_in(at, thread));
    at.all(std::move(works));
  };
  std::jthread other{[&] { several(*there, 1); }};
  several(*here, 0);
  other.join();
  times[0].merge(times[1]);
  EXPECT_EQ(times[0].size(), 1u);
}

// An answer is either acknowledged and in the result, or refused and not in the log: never between the two.
TEST_F(exams, lose_no_acknowledged_answer_to_a_hand_in_at_the_same_moment) {
  int acknowledged = 0, refused = 0;
  for (int round = 0; round < 60; ++round) {
    const auto id = begun(worker = somebody(role::worker, centre)).facts.attempt.attempt_id;
    std::map<int, std::int64_t> newest;
    const auto client = [&](int position) -> runtime::awaitable<> {
      for (std::int64_t sequence = 1; sequence <= 200; ++sequence) {
        const auto done =
            co_await here->exams.save_answers(id, {{position, sequence, sequence % 2 ? "\"A\"" : "\"B\""}});
        if (!done) co_return void(++refused);
        newest[position] = sequence;
        ++acknowledged;
      }
    };
    std::jthread other{[&] {
      std::this_thread::sleep_for(std::chrono::microseconds{500 + round * 137 % 10000});
      if (round % 3 == 0) {
        shift_deadline(id, "-1 minute");
        while (number("SELECT count(*) FROM attempt_result WHERE attempt_id = $1", id) == 0)
          run(there->loop, there->exams.close_overdue());  // it passes over locked rows
      } else {
        run(there->loop, there->exams.hand_in(worker, id)).value();
      }
    }};
    std::vector<runtime::awaitable<>> works;
    for (int position = 1; position <= 5; ++position) works.push_back(client(position));
    here->all(std::move(works));
    other.join();
    const auto result = sql([&](pqxx::transaction_base& t) { return exam::find_results(t, {id}).at(id); });
    for (const auto& [position, sequence] : newest)
      ASSERT_EQ(result.marks.at(static_cast<std::size_t>(position - 1)).sequence, sequence) << "round " << round;
    ASSERT_EQ(number("SELECT count(*) FROM answer_log l JOIN attempt_mark m USING (attempt_id, position) WHERE "
                     "attempt_id = $1 AND l.sequence > m.sequence",
                     id),
              0);
  }
  EXPECT_GT(acknowledged, 100);
  EXPECT_GT(refused, 60);
  EXPECT_THAT(rebuilt(true).differing, IsEmpty());
}

TEST_F(exams, close_at_the_deadline_once_with_two_closers) {
  run(here->loop, here->exams.close_overdue());  // those of other tests
  const auto ids = many_begun(45);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    save(ids[i], {{1, 1, right_answer(ids[i], 1)}, {1, 2, i % 2 ? "null" : right_answer(ids[i], 1)}});
    if (i > 0) shift_deadline(ids[i], "-1 minute");
  }
  std::atomic<int> closed = 0;
  const auto close = [&](node& at) { closed += run(at.loop, exam::close_overdue(*database, *library, 2s)); };
  std::jthread other{[&] { close(*there); }};
  close(*here);
  other.join();
  EXPECT_EQ(closed + run(here->loop, exam::close_overdue(*database, *library, 2s)), 44);
  EXPECT_EQ(number("SELECT count(*) FROM attempt_result WHERE attempt_id BETWEEN $1 AND $2", ids.front(), ids.back()),
            44);
  EXPECT_EQ(number("SELECT count(*) FROM attempt_mark WHERE attempt_id BETWEEN $1 AND $2", ids.front(), ids.back()),
            44 * questions);
  EXPECT_EQ(
      number("SELECT sum(points) FROM attempt_result WHERE attempt_id BETWEEN $1 AND $2", ids.front(), ids.back()),
      22 * 500);
  EXPECT_EQ(number("SELECT count(*) FROM attempt WHERE attempt_id BETWEEN $1 AND $2 AND closed_by = 'deadline' AND "
                   "closed_at = deadline_at",
                   ids.front(), ids.back()),
            44);
  EXPECT_EQ(number("SELECT count(*) FROM attempt WHERE attempt_id = $1 AND state = 'open'", ids[0]), 1)
      << "its time is not up";
}

TEST_F(exams, close_all_they_can_when_one_attempt_is_broken) {
  const auto ids = many_begun(5);
  for (const auto id : ids) shift_deadline(id, "-1 minute");
  sql([&](pqxx::transaction_base& t) { t.exec_params0("DELETE FROM attempt_question WHERE attempt_id = $1", ids[2]); });
  EXPECT_EQ(run(here->loop, exam::close_overdue(*database, *library, 2s)), 4);
  EXPECT_EQ(number("SELECT count(*) FROM attempt WHERE attempt_id = $1 AND state = 'open'", ids[2]), 1);
  sql([&](pqxx::transaction_base& t) { t.exec_params0("DELETE FROM attempt WHERE attempt_id = $1", ids[2]); });
}

TEST_F(exams, make_lost_results_again) {
  const auto ids = many_begun(3);
  for (const auto id : ids) {
    save(id, {{1, 1, right_answer(id, 1)}, {14, 3, right_answer(id, 14)}});
    shift_deadline(id, "-1 minute");
  }
  run(here->loop, here->exams.close_overdue());
  EXPECT_THAT(rebuilt(true).differing, IsEmpty());
  const auto fingerprint = [&] {
    return sql([&](pqxx::transaction_base& t) {
      return t
          .exec1(
              "SELECT md5(string_agg(m::text, '' ORDER BY m::text)) || (SELECT md5(string_agg(r.attempt_id || ' ' || "
              "r.points || ' ' || r.passed, '' ORDER BY r.attempt_id)) FROM attempt_result r) FROM attempt_mark m")[0]
          .as<std::string>();
    });
  };
  const auto before = fingerprint();
  sql([&](pqxx::transaction_base& t) {
    t.exec_params0("DELETE FROM attempt_mark WHERE attempt_id = $1", ids[0]);
    t.exec_params0("DELETE FROM attempt_result WHERE attempt_id = $1", ids[1]);
    t.exec_params0("UPDATE attempt_mark SET points = points + 1 WHERE attempt_id = $1 AND position = 7", ids[2]);
  });
  EXPECT_THAT(rebuilt(true).differing, ElementsAre(ids[0], ids[1], ids[2]));
  EXPECT_NE(fingerprint(), before);
  EXPECT_EQ(rebuilt(false).differing.size(), 3u);
  EXPECT_EQ(fingerprint(), before);
  EXPECT_THAT(rebuilt(true).differing, IsEmpty());
}

TEST_F(exams, mark_by_the_version_that_was_on_the_paper) {
  const auto id = begun(worker).facts.attempt.attempt_id;
  const auto right = right_answer(id, 1);
  save(id, {{1, 1, right}});
  // Every question gets a new version with another key before the candidate hands in.
  sql([&](pqxx::transaction_base& t) {
    t.exec_params0(
        "WITH next AS (UPDATE question SET version = 2 WHERE outline_id = $1 RETURNING question_id) "
        "INSERT INTO question_version (question_id, version, content, key, digest, difficulty, source, provenance, "
        "reason) "
        "SELECT question_id, 2, content, replace(replace(replace(key, '\"B\"', '\"D\"'), '\"C\"', '\"D\"'), 'true', "
        "'false'), '2', 3, '新的依据', '', '' FROM question_version JOIN next USING (question_id) WHERE version = 1",
        outline_id);
  });
  publish();
  EXPECT_EQ(run(here->loop, here->exams.get_attempt(worker, id)).value().questions.size(),
            static_cast<std::size_t>(questions));
  run(here->loop, here->exams.hand_in(worker, id)).value();
  EXPECT_EQ(number("SELECT points FROM attempt_result WHERE attempt_id = $1", id), 500);
  const auto result = run(here->loop, here->exams.get_result(manager, id)).value();
  EXPECT_EQ(result.questions[0].mark.key, right);
  EXPECT_EQ(result.questions[0].source, "秘密的依据");
  EXPECT_THAT(rebuilt(true).differing, IsEmpty());
}

// ---- results --------------------------------------------------------------------------------------------------------

TEST_F(exams, release_results_step_by_step) {
  const auto view = begun(worker);
  const auto id = view.facts.attempt.attempt_id, sitting_id = view.facts.attempt.sitting_id;
  save(id, {{1, 4, right_answer(id, 1)}});
  const auto release = [&](exam::release to) {
    return code_of(run(here->loop, here->exams.release_results(manager, sitting_id, to)));
  };
  const auto seen = [&] { return run(here->loop, here->exams.get_result(worker, id)); };
  using enum exam::release;
  EXPECT_EQ(release(score), "sitting_not_over");
  EXPECT_EQ(code_of(seen()), "attempt_open");
  EXPECT_EQ(code_of(run(here->loop, here->exams.get_result(manager, id))), "attempt_open");
  run(here->loop, here->exams.hand_in(worker, id)).value();
  EXPECT_EQ(code_of(seen()), "result_not_released");
  const auto whole = run(here->loop, here->exams.get_result(manager, id)).value();
  EXPECT_EQ(whole.questions.size(), static_cast<std::size_t>(questions));
  EXPECT_EQ(whole.questions[0].explanation, "秘密的解析");
  EXPECT_EQ(whole.questions[0].mark.answer, whole.questions[0].mark.key) << "both in the letters that were shown";
  EXPECT_TRUE(whole.questions[0].answered_at);
  EXPECT_FALSE(whole.questions[1].answered_at);

  EXPECT_EQ(release(score), "");
  EXPECT_THAT(seen().value().questions, IsEmpty());
  EXPECT_EQ(seen().value().score.points, 500);
  EXPECT_EQ(release(answers), "");
  const auto without_key = seen().value();
  EXPECT_FALSE(without_key.with_key);
  for (const auto& q : without_key.questions) EXPECT_EQ(q.mark.key + q.explanation + q.source, "");
  EXPECT_EQ(release(score), "release_backwards");
  EXPECT_EQ(release(key), "");
  EXPECT_EQ(release(key), "");
  EXPECT_EQ(seen().value().questions[0].explanation, "秘密的解析");
  const auto late = somebody(role::worker, centre);
  EXPECT_EQ(code_of(run(here->loop, here->exams.register_candidates(manager, sitting_id, {late.account}))),
            "sitting_released");
}

TEST_F(exams, list_candidates_with_their_progress) {
  const auto view = begun(worker);
  const auto id = view.facts.attempt.attempt_id, sitting_id = view.facts.attempt.sitting_id;
  const auto absent = somebody(role::worker, centre);
  enter(sitting_id, absent);
  save(id, {{1, 1, "\"A\""}, {2, 1, "\"A\""}, {2, 2, "null"}, {3, 1, "\"A\""}});
  auto listed = run(here->loop, here->exams.list_candidates(manager, sitting_id, 0, 10)).value();
  ASSERT_EQ(listed.size(), 2u);
  EXPECT_EQ(listed[0].answered, 2);
  EXPECT_FALSE(listed[0].score);
  EXPECT_FALSE(listed[1].own);
  run(here->loop, here->exams.hand_in(worker, id)).value();
  listed = run(here->loop, here->exams.list_candidates(manager, sitting_id, 0, 10)).value();
  EXPECT_TRUE(listed[0].score);
  EXPECT_EQ(listed[0].answered, 2);
  EXPECT_EQ(run(here->loop, here->exams.list_candidates(manager, sitting_id, worker.person_id, 10)).value().size(), 1u);
  const auto counted = run(here->loop, here->exams.get_sitting(manager, sitting_id)).value();
  EXPECT_EQ(counted.trade_name, "焊工");
  EXPECT_EQ(counted.sitting.registered * 100 + counted.sitting.started * 10 + counted.sitting.closed, 211);
}

// ---- over HTTP ------------------------------------------------------------------------------------------------------

class exams_over_http : public exams {
 protected:
  void SetUp() override {
    exams::SetUp();
    if (IsSkipped()) return;
    link = std::make_unique<redis::client>(here->loop, servers.redis, metrics);
    link->start();
    sessions = std::make_unique<identity::sessions>(cache, *link, *database, identity::session_settings{});
    table = std::make_unique<http::router>(metrics);
    exam::add_routes(*table, identity::guard{*sessions}, here->exams);
    while (!link->is_connected()) run(here->loop, pause());
  }

  runtime::awaitable<> pause() {
    runtime::timer timer{here->loop, 5ms};
    co_await timer.async_wait(runtime::use_awaitable);
  }

  http::response ask(const identity::principal& who, http::method method, const std::string& path,
                     const json& body = {}, const std::string& key = "") {
    http::request r;
    r.method = method;
    r.path = path.substr(0, path.find('?'));
    r.query = path.find('?') == std::string::npos ? "" : path.substr(path.find('?') + 1);
    r.id = "test";
    if (!tokens.contains(who.person_id)) tokens[who.person_id] = run(here->loop, sessions->create(who.person_id)).token;
    r.add_header("authorization", "Bearer " + tokens[who.person_id]);
    if (!body.is_null())
      r.add_header("content-type", "application/json"),
          r.body = body.is_string() ? body.get<std::string>() : body.dump();
    if (!key.empty()) r.add_header("idempotency-key", key);
    return run(here->loop, table->respond(r));
  }

  std::string faults(const http::response& reply) {
    std::string found = std::to_string(reply.status);
    for (const auto& error : json::parse(reply.body).value("errors", json::array()))
      found += " " + error["pointer"].get<std::string>() + ":" + error["code"].get<std::string>();
    return found;
  }

  std::unique_ptr<redis::client> link;
  identity::session_cache cache;
  std::unique_ptr<identity::sessions> sessions;
  std::unique_ptr<http::router> table;
  std::map<std::int64_t, std::string> tokens;
};

TEST_F(exams_over_http, are_sat_from_the_blueprint_to_the_result) {
  using enum http::method;
  const json parts = {{{"type", "single_choice"}, {"questions", 6}, {"points", 500}},
                      {{"type", "true_false"}, {"questions", 4}, {"points", 250}}};
  const json blueprint = {{"organisation_id", province.organisation_id},
                          {"outline_id", outline_id},
                          {"name", "焊工"},
                          {"pool", "secure"},
                          {"pass_points", 100},
                          {"parts", parts}};
  const auto made = ask(trainer, post, "/api/exam/blueprints", blueprint, "k1");
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(json::parse(made.body)["points"], 4000);
  const json sitting = {{"organisation_id", centre.organisation_id},
                        {"blueprint_id", json::parse(made.body)["blueprint_id"]},
                        {"name", "三月"},
                        {"opens_at", base::to_iso(base::now() - 1min)},
                        {"closes_at", base::to_iso(base::now() + 1h)},
                        {"duration_seconds", 1800}};
  const auto held = ask(manager, post, "/api/exam/sittings", sitting, "k2");
  ASSERT_EQ(held.status, 201) << held.body;
  const auto place = "/api/exam/sittings/" + std::to_string(json::parse(held.body)["sitting_id"].get<int>());
  EXPECT_EQ(ask(manager, post, place + "/registrations", {{"accounts", {worker.account}}}).status, 200);
  EXPECT_EQ(json::parse(ask(worker, get, "/api/exam/my/sittings").body)["sittings"][0]["state"], "open");

  const auto paper = ask(worker, post, place + "/attempt");
  ASSERT_EQ(paper.status, 200) << paper.body;
  for (const auto* secret : {"key", "explanation", "source", "difficulty", "秘密", "code"})
    EXPECT_THAT(paper.body, Not(HasSubstr(secret)));
  const auto id = json::parse(paper.body)["attempt_id"].get<std::int64_t>();
  const auto attempt = "/api/exam/attempts/" + std::to_string(id);
  const auto saved = ask(worker, post, attempt + "/answers",
                         {{"answers",
                           {{{"position", 1}, {"sequence", 1}, {"answer", json::parse(right_answer(id, 1))}},
                            {{"position", 7}, {"sequence", 2}, {"answer", nullptr}}}}});
  ASSERT_EQ(saved.status, 200) << saved.body;
  EXPECT_EQ(json::parse(saved.body)["outcomes"][0], (json{{"position", 1}, {"sequence", 1}, {"outcome", "saved"}}));
  EXPECT_EQ(json::parse(ask(worker, get, attempt).body)["answers"].size(), 2u);
  EXPECT_EQ(json::parse(ask(worker, get, "/api/exam/my/sittings").body)["sittings"][0]["state"], "running");
  const auto handed_in = json::parse(ask(worker, post, attempt + "/hand-in").body);
  EXPECT_EQ(handed_in["answered"], 1);
  EXPECT_EQ(handed_in["closed_by"], "candidate");
  const auto late =
      ask(worker, post, attempt + "/answers", {{"answers", {{{"position", 1}, {"sequence", 9}, {"answer", "A"}}}}});
  EXPECT_EQ(late.status, 409);
  EXPECT_THAT(late.body, HasSubstr("attempt_closed"));
  EXPECT_EQ(ask(worker, get, attempt + "/result").status, 409);
  EXPECT_EQ(ask(manager, put, place + "/release", {{"released", "answers"}}).status, 204);
  const auto result = json::parse(ask(worker, get, attempt + "/result").body);
  EXPECT_EQ(result["score"], (json{{"points", 500}, {"points_max", 4000}, {"passed", true}}));
  EXPECT_FALSE(result["questions"][0].contains("key"));
  EXPECT_EQ(ask(manager, put, place + "/release", {{"released", "key"}}).status, 204);
  EXPECT_EQ(json::parse(ask(worker, get, attempt + "/result").body)["questions"][0]["key"],
            json::parse(right_answer(id, 1)));
  EXPECT_EQ(json::parse(ask(manager, get, place + "/attempts").body)["candidates"][0]["attempt"]["score"]["points"],
            500);
}

TEST_F(exams_over_http, name_every_fault_of_an_answer_and_save_nothing) {
  using enum http::method;
  const auto id = begun(worker).facts.attempt.attempt_id;
  const auto place = fmt::format("/api/exam/attempts/{}/answers", id);
  const auto said = [&](const json& body) { return faults(ask(worker, post, place, body)); };
  const json good = {{"position", 1}, {"sequence", 1}, {"answer", "A"}};
  EXPECT_EQ(said({{"answers",
                   {good,
                    {{"position", 1}, {"sequence", 0}, {"answer", "E"}},
                    {{"position", 21}, {"sequence", 1}, {"answer", "A"}},
                    {{"position", 13}, {"sequence", 1}, {"answer", "A"}}}}}),
            "422 /answers/1/sequence:range /answers/1/answer:answer_does_not_fit /answers/2/position:not_on_paper "
            "/answers/3/answer:answer_does_not_fit");
  EXPECT_EQ(said({{"answers", {{{"position", 1}, {"sequence", 1}}}}}), "422 /answers/0/answer:required");
  EXPECT_EQ(said({{"answers", {{{"position", 1.5}, {"sequence", "1"}, {"answer", "A"}, {"time", 1}}}}}),
            "422 /answers/0/position:integer_expected /answers/0/sequence:integer_expected /answers/0/time:unknown");
  EXPECT_EQ(said({{"answers", json::array()}}), "422 /answers:list_expected");
  EXPECT_EQ(said("{"), "400");
  EXPECT_EQ(number("SELECT count(*) FROM answer_log WHERE attempt_id = $1", id), 0);
  EXPECT_EQ(ask(somebody(role::worker, centre), post, place, {{"answers", {good}}}).status, 404);
  EXPECT_EQ(ask(manager, post, place, {{"answers", {good}}}).status, 403);
  EXPECT_EQ(ask(worker, post, "/api/exam/attempts/x/answers", {{"answers", {good}}}).status, 404);
}

TEST_F(exams_over_http, list_in_pages) {
  using enum http::method;
  std::vector<int> all;
  for (int i = 0; i < 3; ++i) {
    const auto sitting_id = hold(asked());
    enter(sitting_id, worker);
    all.push_back(static_cast<int>(sitting_id));
  }
  const auto pages = [&](const identity::principal& who, const std::string& path) {
    std::vector<int> ids;
    for (std::string cursor;;) {
      const auto page = json::parse(ask(who, get, path + "?limit=1" + cursor).body);
      for (const auto& row : page["sittings"]) ids.push_back(row["sitting_id"].get<int>());
      if (page["next_cursor"].is_null()) return ids;
      cursor = "&cursor=" + page["next_cursor"].get<std::string>();
    }
  };
  EXPECT_EQ(pages(manager, "/api/exam/sittings"), all);
  std::ranges::reverse(all);
  EXPECT_EQ(pages(worker, "/api/exam/my/sittings"), all);
  EXPECT_EQ(faults(ask(manager, get, "/api/exam/sittings?cursor=x&limit=0&more=1")),
            "422 ?limit:range ?cursor:cursor ?more:unknown");
}

}  // namespace
