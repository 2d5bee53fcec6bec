#include <boost/asio/redirect_error.hpp>

#include "redis/client.hpp"
#include "support/run.hpp"
#include "support/servers.hpp"

namespace {

using std::chrono::milliseconds;

class redis_server : public testing::Test {
 protected:
  void SetUp() override {
    SKIP_WITHOUT_SERVERS(servers);
    link = std::make_unique<redis::client>(loop, servers.redis, metrics);
    link->start();
    run(loop, until_connected(*link));
  }
  runtime::awaitable<> sleep(milliseconds pause) {
    boost::system::error_code ignored;
    runtime::timer timer{loop, pause};
    co_await timer.async_wait(boost::asio::redirect_error(runtime::use_awaitable, ignored));
  }
  runtime::awaitable<> until_connected(redis::client& which) {
    for (int i = 0; i < 400 && !which.is_connected(); ++i) co_await sleep(milliseconds{5});
    EXPECT_TRUE(which.is_connected());
  }
  runtime::awaitable<> count_up(int& done) {
    co_await link->command("INCR", "redis_test:counter");
    ++done;
  }
  test_servers servers;
  boost::asio::io_context loop;
  runtime::metrics metrics;
  std::unique_ptr<redis::client> link;
};

TEST_F(redis_server, keeps_bytes_as_they_are) {
  const std::string bytes{"\0\r\n\xFF 题", 8};
  run(loop, link->command("SET", "redis_test:bytes", bytes));
  const auto back = run(loop, link->command("GET", "redis_test:bytes"));
  ASSERT_TRUE(back.text());
  EXPECT_EQ(*back.text(), bytes);
  EXPECT_TRUE(run(loop, link->command("GET", "redis_test:none")).is_nil());
}

TEST_F(redis_server, carries_many_commands_at_once) {
  run(loop, link->command("DEL", "redis_test:counter"));
  int done = 0;
  for (int i = 0; i < 1000; ++i) boost::asio::co_spawn(loop, count_up(done), boost::asio::detached);
  run(loop, sleep(milliseconds{500}));
  EXPECT_EQ(done, 1000);
  EXPECT_EQ(*run(loop, link->command("GET", "redis_test:counter")).text(), "1000");
}

TEST_F(redis_server, an_error_reply_is_an_exception_and_the_connection_goes_on) {
  EXPECT_THROW(run(loop, link->command("NOSUCHCOMMAND")), std::runtime_error);
  EXPECT_EQ(*run(loop, link->command("ECHO", "x")).text(), "x");
}

TEST_F(redis_server, a_lost_connection_fails_its_commands_and_comes_back) {
  redis::client killer{loop, servers.redis, metrics};
  killer.start();
  run(loop, until_connected(killer));
  EXPECT_THROW(run(loop, link->command("QUIT_BY_KILL")), std::runtime_error);
  const auto id = run(loop, link->command("CLIENT", "ID"));
  run(loop, killer.command("CLIENT", "KILL", "ID", std::to_string(*id.integer())));
  run(loop, sleep(milliseconds{20}));
  run(loop, until_connected(*link));
  EXPECT_EQ(*run(loop, link->command("ECHO", "again")).text(), "again");
}

TEST_F(redis_server, an_answer_that_takes_too_long_gives_the_connection_up) {
  auto hasty = servers.redis;
  hasty.command_timeout = milliseconds{100};
  redis::client other{loop, hasty, metrics};
  other.start();
  run(loop, until_connected(other));
  EXPECT_THROW(run(loop, other.command("BLPOP", "redis_test:never", "5")), runtime::unavailable);
}

TEST_F(redis_server, nobody_there_is_unavailable) {
  redis::client nowhere{loop, {.port = 1}, metrics};
  nowhere.start();
  run(loop, sleep(milliseconds{50}));
  EXPECT_FALSE(nowhere.is_connected());
  EXPECT_THROW(run(loop, nowhere.command("PING")), runtime::unavailable);
}

TEST_F(redis_server, a_subscriber_hears_messages_and_tells_of_gaps) {
  std::vector<std::string> heard;
  std::vector<bool> gaps;
  redis::subscriber ear{loop,
                        servers.redis,
                        {"redis_test:news"},
                        [&](std::string_view, std::string_view text) { heard.emplace_back(text); },
                        [&](bool listening) { gaps.push_back(listening); }};
  ear.start();
  run(loop, sleep(milliseconds{200}));
  ASSERT_EQ(gaps, std::vector<bool>{true});
  run(loop, link->command("PUBLISH", "redis_test:news", "one"));
  run(loop, sleep(milliseconds{50}));
  run(loop, link->command("CLIENT", "KILL", "TYPE", "pubsub"));
  run(loop, sleep(milliseconds{400}));
  EXPECT_EQ(gaps, (std::vector<bool>{true, false, true}));
  run(loop, link->command("PUBLISH", "redis_test:news", "two"));
  run(loop, sleep(milliseconds{50}));
  EXPECT_EQ(heard, (std::vector<std::string>{"one", "two"}));
}

}  // namespace
