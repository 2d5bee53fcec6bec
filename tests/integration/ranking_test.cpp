// The ledger and the boards on a real PostgreSQL and Redis.
#include <boost/asio/redirect_error.hpp>

#include "base/random.hpp"
#include "identity/store.hpp"
#include "ranking/service.hpp"
#include "support/run.hpp"
#include "support/servers.hpp"

namespace {

using std::chrono::milliseconds;

struct person {
  std::int64_t id = 0;
  std::string path;
};

class boards : public testing::Test {
 protected:
  void SetUp() override {
    SKIP_WITHOUT_SERVERS(servers);
    database = std::make_unique<postgres::pool>(
        servers.postgres, std::vector<postgres::prepare_statements>{identity::prepare, ranking::prepare}, metrics);
    link = std::make_unique<redis::client>(loop, servers.redis, metrics);
    link->start();
    while (!link->is_connected()) run(loop, sleep(milliseconds{5}));
    unique = std::to_string(base::secret_number() % 1000000000000);
    province = organisation(0, "province");
    plant = organisation(province, "enterprise");
    team = organisation(plant, "team");
    other_plant = organisation(province, "enterprise");
    welder = trade("welder");
    fitter = trade("fitter");
    verbs = std::make_unique<ranking::service>(*database, *link, ranking::settings{});
  }

  runtime::awaitable<> sleep(milliseconds time) {
    runtime::timer timer{loop, time};
    boost::system::error_code ignored;
    co_await timer.async_wait(boost::asio::redirect_error(runtime::use_awaitable, ignored));
  }

  template <class Work>
  auto sql(Work work) {
    std::optional<std::int64_t> value;
    database->write_now([&](pqxx::transaction_base& t) { value = work(t); });
    return *value;
  }

  std::int64_t organisation(std::int64_t parent, const std::string& kind) {
    const auto name = kind + unique + "-" + std::to_string(++counter);
    return sql([&](pqxx::transaction_base& t) {
      return identity::insert_organisation(t, {.parent_id = parent, .kind = kind, .name = name, .creation_key = name})
          .value()
          .organisation_id;
    });
  }
  std::string path_of(std::int64_t organisation_id) {
    return run(loop, identity::find_organisation(*database, organisation_id))->path;
  }
  std::int64_t trade(const std::string& name) {
    return sql([&](pqxx::transaction_base& t) {
      return t
          .exec_params1(
              "INSERT INTO trade (code, taxonomy, occupation_code, name) VALUES ($1, '2022', '6', $1) RETURNING "
              "trade_id",
              name + unique)[0]
          .as<std::int64_t>();
    });
  }
  person somebody(std::int64_t organisation_id) {
    const auto account = "p" + unique + "-" + std::to_string(++counter);
    const auto id = sql([&](pqxx::transaction_base& t) {
      return t
          .exec_params1(
              "INSERT INTO person (organisation_id, account, display_name, password_hash) VALUES ($1, $2, $3, '-') "
              "RETURNING person_id",
              organisation_id, account, "工人" + std::to_string(counter))[0]
          .as<std::int64_t>();
    });
    return {id, path_of(organisation_id)};
  }
  identity::principal principal_of(const person& p) { return {.person_id = p.id, .organisation_path = p.path}; }

  // Earned at a moment of choice, and shown nowhere.
  void earn(const person& p, std::int64_t trade_id, int points, const std::string& when = "now()") {
    sql([&](pqxx::transaction_base& t) {
      t.exec_params0(
          "INSERT INTO point_entry (person_id, organisation_path, trade_id, event, points, earned_at) VALUES ($1, $2, "
          "$3, $4, $5, " +
              when + ")",
          p.id, p.path, trade_id, "event" + unique + "-" + std::to_string(++counter), points);
      return std::int64_t{0};
    });
  }
  void show(const person& p) { run(loop, ranking::show(*verbs, p.id)); }
  ranking::board see(const person& who, ranking::board_query q) {
    return run(loop, verbs->find_board(principal_of(who), q)).value();
  }
  std::vector<std::int64_t> order(const person& who, ranking::board_query q) {
    std::vector<std::int64_t> ids;
    for (const auto& row : see(who, q).page.top) ids.push_back(row.person_id);
    return ids;
  }
  std::int64_t points_of(const person& p, ranking::board_query q = {}) {
    for (const auto& row : see(p, q).page.neighbours)
      if (row.person_id == p.id) return row.points;
    return 0;
  }
  std::int64_t differences() {
    const auto found = run(loop, verbs->compare());
    for (const auto& example : found.examples) std::cout << "  " << example << '\n';
    return found.differences;
  }

  test_servers servers;
  boost::asio::io_context loop;
  runtime::metrics metrics;
  std::unique_ptr<postgres::pool> database;
  std::unique_ptr<redis::client> link;
  std::unique_ptr<ranking::service> verbs;
  std::string unique;
  int counter = 0;
  std::int64_t province = 0, plant = 0, team = 0, other_plant = 0, welder = 0, fitter = 0;
};

TEST_F(boards, count_an_event_once) {
  const auto p = somebody(team);
  const auto enter = [&](std::vector<std::string> events) {
    std::vector<ranking::award> awards;
    for (const auto& event : events) awards.push_back({p.id, p.path, welder, unique + event, 10});
    return sql([&](pqxx::transaction_base& t) { return std::int64_t{ranking::enter(t, awards)}; });
  };
  EXPECT_EQ(enter({"one"}), 10);
  EXPECT_EQ(enter({"one"}), 0);
  EXPECT_EQ(enter({"one", "two", "three"}), 20);
  show(p);
  EXPECT_EQ(points_of(p), 30);
}

TEST_F(boards, refuse_to_forget_or_change_an_entry) {
  const auto p = somebody(team);
  earn(p, welder, 10);
  EXPECT_THROW(database->write_now([](pqxx::transaction_base& t) { t.exec("UPDATE point_entry SET points = 1"); }),
               pqxx::sql_error);
  EXPECT_THROW(database->write_now([](pqxx::transaction_base& t) { t.exec("DELETE FROM point_entry"); }),
               pqxx::sql_error);
}

TEST_F(boards, order_by_points_then_time_then_person) {
  const auto a = somebody(team), b = somebody(team), c = somebody(team), d = somebody(team), e = somebody(team);
  earn(a, welder, 10, "'2026-03-01 08:00:00.9+00'");
  earn(b, welder, 10, "'2026-03-01 08:00:00.1+00'");  // the same second: by person
  earn(c, welder, 10, "'2026-03-01 07:59:59+00'");
  earn(d, welder, 20);
  earn(e, welder, 5, "'2026-02-01 08:00:00+00'");
  earn(e, welder, 5, "'2026-03-01 08:00:01+00'");  // reached its ten last
  for (const auto& p : {e, d, c, b, a}) show(p);
  EXPECT_EQ(order(a, {.organisation_id = team}), (std::vector{d.id, c.id, a.id, b.id, e.id}));
  const auto page = see(c, {.organisation_id = team}).page;
  EXPECT_EQ(page.persons, 5);
  ASSERT_EQ(page.neighbours.size(), 5U);
  EXPECT_EQ(page.neighbours[0].rank, 1);
  EXPECT_EQ(page.neighbours[1].person_id, c.id);
  EXPECT_EQ(page.neighbours[1].rank, 2);
}

TEST_F(boards, show_a_hundred_and_ones_own_neighbours_wherever_one_stands) {
  std::vector<person> all;
  for (int i = 0; i < 110; ++i) {
    all.push_back(somebody(team));
    earn(all.back(), welder, 1000 - i);
  }
  std::vector<std::int64_t> ids;
  for (const auto& p : all) ids.push_back(p.id);
  run(loop, verbs->show(ids));
  const auto found = see(all[105], {.organisation_id = team});
  EXPECT_EQ(found.page.persons, 110);
  EXPECT_EQ(found.page.top.size(), 100U);
  EXPECT_EQ(found.page.top.back().rank, 100);
  ASSERT_EQ(found.page.neighbours.size(), 7U);
  EXPECT_EQ(found.page.neighbours.front().rank, 103);
  EXPECT_EQ(found.page.neighbours[3].person_id, all[105].id);
  EXPECT_EQ(found.page.neighbours[3].rank, 106);
  EXPECT_EQ(found.names.at(all[105].id).substr(0, 6), "工人");
  EXPECT_EQ(see(all[109], {.organisation_id = team}).page.neighbours.size(), 4U);
  EXPECT_TRUE(see(somebody(team), {.organisation_id = team}).page.neighbours.empty())
      << "who has no points is on no board";
}

TEST_F(boards, count_for_every_organisation_above_and_for_the_trade) {
  const auto a = somebody(team), b = somebody(other_plant);
  earn(a, welder, 30);
  earn(a, fitter, 10);
  earn(b, welder, 20);
  show(a), show(b);
  EXPECT_EQ(order(a, {}), (std::vector{a.id, b.id})) << "the province where none is named";
  EXPECT_EQ(order(a, {.organisation_id = plant}), std::vector{a.id});
  EXPECT_EQ(points_of(a, {.organisation_id = team}), 40);
  EXPECT_EQ(points_of(a, {.organisation_id = team, .trade_id = welder}), 30);
  EXPECT_EQ(points_of(a, {.trade_id = fitter}), 10);
  EXPECT_EQ(points_of(b, {.trade_id = fitter}), 0);
}

TEST_F(boards, keep_points_where_they_were_earned_when_a_person_moves) {
  auto a = somebody(team);
  earn(a, welder, 30);
  a.path = path_of(other_plant);
  earn(a, welder, 10);
  show(a);
  EXPECT_EQ(points_of(a, {.organisation_id = other_plant}), 10);
  EXPECT_EQ(points_of(a), 40);
  const person colleague{somebody(team)};
  EXPECT_EQ(see(colleague, {.organisation_id = team}).page.top.front().points, 30);
}

TEST_F(boards, of_a_period_count_what_was_earned_in_it) {
  const auto a = somebody(team), b = somebody(team);
  const auto c = ranking::calendar_at(base::now(), ranking::settings{}.day_offset);
  const auto just_before = [&](std::chrono::sys_days day) {
    return "'" + base::to_iso(ranking::start_of(c, day) - std::chrono::seconds{1}) + "'";
  };
  const auto at_start = [&](std::chrono::sys_days day) { return "'" + base::to_iso(ranking::start_of(c, day)) + "'"; };
  earn(a, welder, 1, at_start(c.day));
  earn(a, welder, 200, just_before(std::min(c.week, c.month)));
  earn(b, welder, 3, just_before(c.day));
  show(a), show(b);
  EXPECT_EQ(points_of(a, {.period = ranking::period::day}), 1);
  EXPECT_EQ(points_of(a, {.period = ranking::period::week}), 1);
  EXPECT_EQ(points_of(a, {.period = ranking::period::month}), 1);
  EXPECT_EQ(points_of(a), 201);
  EXPECT_EQ(points_of(b, {.period = ranking::period::day}), 0);
  EXPECT_EQ(see(a, {.period = ranking::period::week}).first_day, c.week);
  const auto lives = run(loop, link->command("TTL", ranking::board_key(team, 0, ranking::period::day, c)));
  EXPECT_GT(*lives.integer(), 86400);
  EXPECT_LE(*lives.integer(), 2 * 86400);
  EXPECT_EQ(*run(loop, link->command("TTL", ranking::board_key(team, 0, ranking::period::all, c))).integer(), -1);
}

TEST_F(boards, never_go_back_to_an_older_state) {
  const auto a = somebody(team);
  const auto c = ranking::calendar_at(base::now(), ranking::settings{}.day_offset);
  earn(a, welder, 10);
  const auto late = run(loop, ranking::standings_of(*database, {a.id}, c));
  earn(a, welder, 10);
  earn(a, welder, -5);  // newer is not always more
  show(a);
  run(loop, ranking::show_standings(*link, late, c));
  EXPECT_EQ(points_of(a), 15);
  show(a), show(a);
  EXPECT_EQ(points_of(a), 15) << "again is harmless";
}

TEST_F(boards, drop_whose_points_were_all_taken_back) {
  const auto a = somebody(team);
  earn(a, welder, 10);
  show(a);
  EXPECT_EQ(see(a, {.organisation_id = team}).page.persons, 1);
  earn(a, welder, -10);
  show(a);
  EXPECT_EQ(see(a, {.organisation_id = team}).page.persons, 0);
}

TEST_F(boards, catch_up_with_what_was_not_shown) {
  run(loop, verbs->follow());
  const auto a = somebody(team), b = somebody(team);
  earn(a, welder, 10);
  run(loop, verbs->follow());
  EXPECT_EQ(points_of(a), 10);
  earn(a, welder, 10), earn(b, welder, 30);
  run(loop, verbs->follow());
  run(loop, verbs->follow());
  EXPECT_EQ(points_of(a), 20);
  EXPECT_EQ(points_of(b), 30);
}

TEST_F(boards, miss_no_entry_that_is_committed_out_of_order) {
  run(loop, verbs->follow());
  const auto a = somebody(team), b = somebody(team);
  const auto slow = postgres::connect(servers.postgres);
  pqxx::work open{*slow};
  open.exec_params0(
      "INSERT INTO point_entry (person_id, organisation_path, trade_id, event, points) VALUES ($1, $2, $3, $4, 7)",
      a.id, a.path, welder, unique + "slow");
  earn(b, welder, 30);  // begun later, committed earlier
  run(loop, verbs->follow());
  EXPECT_EQ(points_of(b), 0) << "waits for the older transaction";
  open.commit();
  run(loop, verbs->follow());
  EXPECT_EQ(points_of(a), 7);
  EXPECT_EQ(points_of(b), 30);
}

TEST_F(boards, come_back_when_redis_was_emptied) {
  const auto a = somebody(team), b = somebody(other_plant);
  earn(a, welder, 10), earn(b, fitter, 20);
  run(loop, verbs->follow());
  run(loop, link->command("FLUSHDB"));
  EXPECT_EQ(points_of(a), 0);
  run(loop, verbs->follow());
  EXPECT_EQ(points_of(a), 10);
  EXPECT_EQ(order(a, {}), (std::vector{b.id, a.id}));
  EXPECT_EQ(differences(), 0);
  earn(a, welder, 15);
  run(loop, verbs->follow());
  EXPECT_EQ(points_of(a), 25);
}

TEST_F(boards, are_compared_with_the_ledger_and_mended_by_a_rebuild) {
  const auto a = somebody(team), b = somebody(team);
  earn(a, welder, 10), earn(b, welder, 20);
  run(loop, verbs->rebuild());
  EXPECT_EQ(differences(), 0);
  const auto c = ranking::calendar_at(base::now(), ranking::settings{}.day_offset);
  const auto key = ranking::board_key(team, 0, ranking::period::all, c);
  run(loop, link->command("ZADD", key, "-99999999999", ranking::member_of(a.id)));  // wrong points
  EXPECT_EQ(run(loop, verbs->compare()).differences, 1);
  run(loop, link->command("ZADD", key, "-99999999999", ranking::member_of(999'999)));  // nobody
  run(loop, link->command("ZREM", ranking::board_key(plant, 0, ranking::period::all, c),
                          ranking::member_of(b.id)));  // missing: score and number
  run(loop, link->command("ZADD", "board:424242:all:all", "-99999999999", ranking::member_of(a.id)));  // no such board
  run(loop, link->command("ZADD", "board:1:all:day:2020-01-01", "-99999999999",
                          ranking::member_of(a.id)));  // ended: nobody reads it
  run(loop, link->command("HSET", "ranking:shown", ranking::member_of(a.id),
                          "1000000"));  // as if from a ledger that was lost
  EXPECT_EQ(run(loop, verbs->compare()).differences, 5);
  const auto counts = run(loop, verbs->rebuild());
  ASSERT_TRUE(counts);
  EXPECT_GE(counts->persons, 2);
  EXPECT_GE(counts->entries, 2);
  EXPECT_EQ(differences(), 0);
  EXPECT_GE(counts->boards, 24) << "three organisations, one trade and all, four periods";
  EXPECT_EQ(*run(loop, link->command("EXISTS", "board:1:all:day:2020-01-01", "board:424242:all:all")).integer(), 0);
  EXPECT_EQ(*run(loop, link->command("TTL", key)).integer(), -1) << "no longer on trial";
  earn(a, welder, 1);
  show(a);
  EXPECT_EQ(points_of(a), 11) << "the numbers of entries were put right too";
}

TEST_F(boards, are_rebuilt_while_points_are_being_earned) {
  std::vector<person> all;
  for (int i = 0; i < 30; ++i) {
    all.push_back(somebody(i % 2 ? team : other_plant));
    earn(all.back(), welder, 10);
  }
  run(loop, verbs->follow());
  bool done = false;
  int earned = 0;
  auto keep_earning = [&]() -> runtime::awaitable<> {
    while (!done) {
      const int i = ++earned % 30;
      const auto& p = all[static_cast<std::size_t>(i)];
      const std::vector<ranking::award> awards = {
          {p.id, p.path, i % 3 ? welder : fitter, unique + "live" + std::to_string(earned), earned % 5 == 4 ? -1 : 3}};
      co_await database->write([&](pqxx::transaction_base& t) { ranking::enter(t, awards); });
      if (earned % 4) co_await ranking::show(*verbs, p.id);  // some are left to the projector
      if (earned % 7 == 0) co_await verbs->follow();
    }
  };
  auto rebuild_often = [&]() -> runtime::awaitable<> {
    for (int rebuilt = 0; rebuilt < 10;) {
      const auto counts = co_await verbs->rebuild();
      if (counts) ++rebuilt;  // else the projector, which found no watermark, is about to see that it is back
    }
    done = true;
  };
  boost::asio::co_spawn(loop, keep_earning(), boost::asio::detached);
  run(loop, rebuild_often());
  run(loop, sleep(milliseconds{100}));  // the last points
  run(loop, verbs->follow());
  EXPECT_GT(earned, 20);
  EXPECT_EQ(differences(), 0);
}

TEST_F(boards, are_rebuilt_by_one_at_a_time_and_who_was_overtaken_gives_up) {
  run(loop, link->command("DEL", "ranking:rebuilding"));
  ranking::rebuilding slow{*link, "slow"}, fast{*link, "fast"};
  ASSERT_TRUE(run(loop, slow.begin()));
  EXPECT_FALSE(run(loop, fast.begin()));
  EXPECT_FALSE(run(loop, verbs->rebuild()));
  run(loop, link->command("DEL", "ranking:rebuilding"));  // as when its time is over
  ASSERT_TRUE(run(loop, fast.begin()));
  EXPECT_THROW(run(loop, slow.add({}, {})), runtime::unavailable);
  EXPECT_THROW(run(loop, slow.finish({})), runtime::unavailable);
  run(loop, link->command("DEL", "ranking:rebuilding"));
}

TEST_F(boards, go_back_in_the_ledger_only_by_a_rebuild) {
  run(loop, verbs->rebuild());
  const auto before = run(loop, ranking::read_watermark(*link)).value();
  earn(somebody(team), welder, 10);
  run(loop, verbs->follow());
  const auto after = run(loop, ranking::read_watermark(*link)).value();
  EXPECT_GT(std::stoll(after.position.transaction), 0);
  EXPECT_FALSE(run(loop, ranking::advance_watermark(*link, before, {"1", 1}))) << "somebody was faster";
  run(loop, verbs->rebuild());
  EXPECT_FALSE(run(loop, ranking::advance_watermark(*link, after, after.position))) << "a rebuild came between";
}

TEST_F(boards, are_for_ones_own_organisation_those_above_and_those_a_role_reaches) {
  const auto worker = somebody(team);
  const auto ask = [&](const identity::principal& who, std::int64_t organisation_id) {
    const auto found = run(loop, verbs->find_board(who, {.organisation_id = organisation_id}));
    return found ? std::string("seen") : found.error().code;
  };
  auto who = principal_of(worker);
  for (const auto id : {team, plant, province}) EXPECT_EQ(ask(who, id), "seen");
  EXPECT_EQ(ask(who, other_plant), "out_of_reach");
  EXPECT_EQ(ask(who, organisation(plant, "team")), "out_of_reach");
  EXPECT_EQ(ask(who, 999'999'999), "not_found");
  who.grants = {{identity::role::trainer, other_plant, path_of(other_plant)}};
  EXPECT_EQ(ask(who, other_plant), "seen");
  EXPECT_EQ(ask(who, organisation(other_plant, "team")), "seen");
  EXPECT_EQ(ask(who, organisation(plant, "team")), "out_of_reach");
}

TEST_F(boards, do_without_redis_what_can_be_done) {
  redis::client nowhere{loop, {.port = 1}, metrics};
  ranking::service alone{*database, nowhere, {}};
  const auto a = somebody(team);
  earn(a, welder, 10);
  EXPECT_NO_THROW(run(loop, ranking::show(alone, a.id)));
  EXPECT_NO_THROW(run(loop, alone.follow()));
  EXPECT_THROW(run(loop, alone.find_board(principal_of(a), {})), runtime::unavailable);
}

}  // namespace
