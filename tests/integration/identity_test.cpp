#include <boost/asio/redirect_error.hpp>

#include "base/random.hpp"
#include "identity/service.hpp"
#include "support/run.hpp"
#include "support/servers.hpp"

namespace {

using identity::role;

// One worker's share of a node; two of them stand for two processes where they have a cache each.
struct node {
  node(boost::asio::io_context& loop, const test_servers& servers, postgres::pool& database,
       const identity::hasher& hasher, runtime::blocking_pool& threads, runtime::metrics& metrics)
      : redis(loop, servers.redis, metrics),
        ear(
            loop, servers.redis, {identity::sessions::channel},
            [this](std::string_view, std::string_view text) { cache.drop_person(std::stoll(std::string(text))); },
            [this](bool listening) { cache.listening(listening); }),
        sessions(cache, redis, database, {}),
        passwords(loop, hasher, threads),
        verbs(database, redis, sessions, passwords, hasher, {.failures_per_account_and_address = 3}) {
    redis.start();
    ear.start();
  }
  identity::session_cache cache;
  redis::client redis;
  redis::subscriber ear;
  identity::sessions sessions;
  identity::password_queue passwords;
  identity::service verbs;
};

class people : public testing::Test {
 protected:
  void SetUp() override {
    SKIP_WITHOUT_SERVERS(servers);
    database = std::make_unique<postgres::pool>(servers.postgres,
                                                std::vector<postgres::prepare_statements>{identity::prepare}, metrics);
    here = std::make_unique<node>(loop, servers, *database, hasher, threads, metrics);
    there = std::make_unique<node>(loop, servers, *database, hasher, threads, metrics);
    pause();
    const auto unique = std::to_string(base::secret_number() % 1000000000);
    account = "p" + unique;
    database->write_now([&](pqxx::transaction_base& t) {
      const auto root =
          identity::insert_organisation(t, {.kind = "province", .name = "省" + unique, .creation_key = "o" + unique})
              .value();
      centre =
          identity::insert_organisation(
              t, {.parent_id = root.organisation_id, .kind = "centre", .name = "考点", .creation_key = "c" + unique})
              .value();
      person_id = identity::insert_person(t, {.organisation_id = centre.organisation_id,
                                              .account = account,
                                              .display_name = "李娜",
                                              .password_hash = hasher.hash("a long pass phrase"),
                                              .first_role = role::worker,
                                              .creation_key = "p" + unique})
                      .value();
    });
  }
  void pause() {
    runtime::timer timer{loop, std::chrono::milliseconds{150}};
    bool done = false;
    timer.async_wait([&](boost::system::error_code) { done = true, loop.stop(); });
    loop.restart();
    while (!done) loop.run(), loop.restart();
  }
  http::request bearing(const std::string& token) {
    http::request r;
    r.add_header("Authorization", "Bearer " + token);
    return r;
  }
  bool is_in(node& n, const std::string& token) { return run(loop, n.sessions.of(bearing(token))).has_value(); }

  test_servers servers;
  boost::asio::io_context loop;
  runtime::metrics metrics;
  identity::hasher hasher{{.threads = 1, .operations = 1, .memory_kib = 1024}};
  runtime::blocking_pool threads{1, 100};
  std::unique_ptr<postgres::pool> database;
  std::unique_ptr<node> here, there;
  std::string account;
  identity::organisation centre;
  std::int64_t person_id = 0;
};

TEST_F(people, sign_in_and_are_known_on_every_node) {
  const auto made = run(loop, here->verbs.sign_in(account, "a long pass phrase", "10.0.0.1"));
  ASSERT_TRUE(made);
  EXPECT_EQ(made->who->display_name, "李娜");
  EXPECT_TRUE(is_in(*here, made->token));
  EXPECT_TRUE(is_in(*there, made->token));
  EXPECT_FALSE(is_in(*there, std::string(43, 'x')));
}

TEST_F(people, who_sign_out_everywhere_are_out_on_every_node) {
  const auto one = run(loop, here->verbs.sign_in(account, "a long pass phrase", "10.0.0.1")).value();
  const auto two = run(loop, there->verbs.sign_in(account, "a long pass phrase", "10.0.0.1")).value();
  for (const auto& token : {one.token, two.token}) EXPECT_TRUE(is_in(*here, token) && is_in(*there, token));
  run(loop, here->verbs.sign_out_everywhere(person_id));
  EXPECT_FALSE(is_in(*here, one.token));
  EXPECT_FALSE(is_in(*here, two.token));
  pause();
  EXPECT_FALSE(is_in(*there, one.token));
  EXPECT_FALSE(is_in(*there, two.token));
}

TEST_F(people, who_guess_are_stopped_and_others_go_on) {
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(run(loop, here->verbs.sign_in(account, "wrong guess", "10.0.0.9")).error().code, "sign_in_failed");
  const auto stopped = run(loop, here->verbs.sign_in(account, "a long pass phrase", "10.0.0.9"));
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, "too_many_sign_ins");
  EXPECT_GT(stopped.error().retry_after.count(), 0);
  EXPECT_TRUE(run(loop, here->verbs.sign_in(account, "a long pass phrase", "10.0.0.1")));  // from elsewhere
}

TEST_F(people, unknown_ones_are_refused_with_the_same_words) {
  const auto refused = run(loop, here->verbs.sign_in("nobody-" + account, "a long pass phrase", "10.0.0.7"));
  EXPECT_EQ(refused.error().code, "sign_in_failed");
}

TEST_F(people, with_the_cookie_need_the_csrf_token_to_change_anything) {
  const auto made = run(loop, here->verbs.sign_in(account, "a long pass phrase", "10.0.0.1")).value();
  http::request r;
  r.add_header("Cookie", "guildhall_session=" + made.token);
  r.method = http::method::get;
  EXPECT_TRUE(run(loop, here->sessions.of(r)));
  r.method = http::method::post;
  EXPECT_EQ(run(loop, here->sessions.of(r)).error().code, "csrf");
  r.add_header("X-CSRF-Token", made.who->csrf_token);
  EXPECT_TRUE(run(loop, here->sessions.of(r)));
}

TEST_F(people, whose_roles_change_have_the_new_ones_at_once) {
  const auto made = run(loop, here->verbs.sign_in(account, "a long pass phrase", "10.0.0.1")).value();
  identity::principal administrator;
  administrator.person_id = person_id;
  administrator.grants.push_back({role::administrator, 1, "/"});
  EXPECT_TRUE(
      run(loop, here->verbs.change_role(administrator, person_id, role::proctor, centre.organisation_id, true)));
  EXPECT_TRUE(run(loop, here->sessions.of(bearing(made.token)))
                  .value()
                  ->may(identity::permission::watch_sittings, centre.path));
  EXPECT_TRUE(
      run(loop, here->verbs.change_role(administrator, person_id, role::proctor, centre.organisation_id, false)));
  EXPECT_FALSE(run(loop, here->sessions.of(bearing(made.token))).value()->may(identity::permission::watch_sittings));
}

TEST_F(people, who_change_their_password_sign_in_again) {
  const auto made = run(loop, here->verbs.sign_in(account, "a long pass phrase", "10.0.0.1")).value();
  EXPECT_EQ(run(loop, here->verbs.change_password(*made.who, "not it", "another phrase", "10.0.0.1")).error().code,
            "wrong_password");
  EXPECT_TRUE(run(loop, here->verbs.change_password(*made.who, "a long pass phrase", "another phrase", "10.0.0.1")));
  EXPECT_FALSE(is_in(*here, made.token));
  EXPECT_EQ(run(loop, here->verbs.sign_in(account, "a long pass phrase", "10.0.0.1")).error().code, "sign_in_failed");
  EXPECT_TRUE(run(loop, here->verbs.sign_in(account, "another phrase", "10.0.0.1")));
}

}  // namespace
