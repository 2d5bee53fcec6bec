#include "postgres/pool.hpp"

#include "postgres/group_commit.hpp"
#include "support/run.hpp"
#include "support/servers.hpp"

namespace {

class database : public testing::Test {
 protected:
  void SetUp() override {
    SKIP_WITHOUT_SERVERS(servers);
    pool = std::make_unique<postgres::pool>(servers.postgres, std::vector<postgres::prepare_statements>{}, metrics);
    pool->write_now([](pqxx::transaction_base& t) {
      t.exec0("CREATE TABLE IF NOT EXISTS pool_test (n bigint PRIMARY KEY); TRUNCATE pool_test");
    });
  }
  std::int64_t count() {
    std::int64_t rows = 0;
    pool->write_now(
        [&](pqxx::transaction_base& t) { rows = t.exec1("SELECT count(*) FROM pool_test")[0].as<std::int64_t>(); });
    return rows;
  }
  test_servers servers;
  boost::asio::io_context loop;
  runtime::metrics metrics;
  std::unique_ptr<postgres::pool> pool;
};

runtime::awaitable<> insert(postgres::pool& pool, std::int64_t n) {
  co_await pool.write([&](pqxx::transaction_base& t) { t.exec_params0("INSERT INTO pool_test VALUES ($1)", n); });
}

TEST_F(database, a_failed_transaction_leaves_nothing_and_the_pool_goes_on) {
  EXPECT_THROW(run(pool->write([](pqxx::transaction_base& t) {
                 t.exec0("INSERT INTO pool_test VALUES (1)");
                 t.exec0("INSERT INTO pool_test VALUES (1)");
               })),
               pqxx::unique_violation);
  EXPECT_EQ(count(), 0);
  run(insert(*pool, 2));
  EXPECT_EQ(count(), 1);
}

TEST_F(database, connections_that_died_between_two_jobs_are_replaced_unseen) {
  for (int round = 0; round < 3; ++round) {
    run(insert(*pool, round));
    const auto other = postgres::connect(servers.postgres);
    pqxx::nontransaction killer{*other};
    killer.exec(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> "
        "pg_backend_pid()");
    run(insert(*pool, 100 + round));
  }
  EXPECT_EQ(count(), 6);
}

TEST_F(database, a_server_that_is_not_there_is_unavailable) {
  auto nowhere = servers.postgres;
  nowhere.connection = "host=127.0.0.1 port=1 dbname=x";
  postgres::pool other{nowhere, {}, metrics};
  EXPECT_THROW(run(insert(other, 1)), runtime::unavailable);
}

TEST_F(database, a_statement_that_takes_too_long_is_unavailable) {
  auto hasty = servers.postgres;
  hasty.statement_timeout = std::chrono::milliseconds{50};
  postgres::pool other{hasty, {}, metrics};
  EXPECT_THROW(run(other.read([](pqxx::transaction_base& t) { t.exec0("SELECT pg_sleep(2)"); })), runtime::unavailable);
}

TEST_F(database, a_full_queue_refuses_at_once) {
  auto narrow = servers.postgres;
  narrow.connections = 1;
  narrow.queued_max = 2;
  postgres::pool other{narrow, {}, metrics};
  int refused = 0, done = 0;
  for (int i = 0; i < 5; ++i)
    boost::asio::co_spawn(loop, insert(other, i), [&](std::exception_ptr error) {
      if (!error) return void(++done);
      try {
        std::rethrow_exception(error);
      } catch (const runtime::overloaded&) {
        ++refused;
      }
    });
  loop.run();
  EXPECT_EQ(refused, 3);
  EXPECT_EQ(done, 2);
}

struct row {
  std::int64_t n = 0;
  int batch = 0;
};

class batches : public database {
 protected:
  runtime::awaitable<> commit(std::vector<row>& rows) {
    ++commits;
    sizes.push_back(rows.size());
    co_await pool->write([&](pqxx::transaction_base& t) {
      for (auto& each : rows) {
        t.exec_params0("INSERT INTO pool_test VALUES ($1)", each.n);
        each.batch = commits;
      }
    });
  }
  runtime::awaitable<> add_one(postgres::group_commit<row>& gather, std::int64_t n, int& good, int& bad) {
    bool failed = false;
    try {
      const row done = co_await gather.add({.n = n});
      EXPECT_EQ(done.n, n);
      EXPECT_GT(done.batch, 0);
    } catch (const pqxx::sql_error&) {
      failed = true;
    }
    ++(failed ? bad : good);
  }
  int commits = 0;
  std::vector<std::size_t> sizes;
};

TEST_F(batches, gather_what_arrives_while_a_commit_is_under_way) {
  postgres::group_commit<row> gather{loop.get_executor(), 100, [this](std::vector<row>& rows) { return commit(rows); },
                                     metrics.observe("sizes", "", {1})};
  int good = 0, bad = 0;
  for (int n = 0; n < 500; ++n) boost::asio::co_spawn(loop, add_one(gather, n, good, bad), boost::asio::detached);
  loop.run();
  EXPECT_EQ(good, 500);
  EXPECT_EQ(count(), 500);
  EXPECT_LT(commits, 20);
  for (const auto size : sizes) EXPECT_LE(size, 100U);
}

TEST_F(batches, one_bad_item_does_not_fail_its_neighbours) {
  postgres::group_commit<row> gather{loop.get_executor(), 100, [this](std::vector<row>& rows) { return commit(rows); },
                                     metrics.observe("sizes", "", {1})};
  int good = 0, bad = 0;
  for (const int n : {1, 2, 3, 3, 4, 5})
    boost::asio::co_spawn(loop, add_one(gather, n, good, bad), boost::asio::detached);
  loop.run();
  EXPECT_EQ(good, 5);
  EXPECT_EQ(bad, 1);
  EXPECT_EQ(count(), 5);
}

}  // namespace
