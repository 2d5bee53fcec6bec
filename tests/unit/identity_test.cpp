#include <gtest/gtest.h>

#include "identity/passwords.hpp"
#include "identity/rules.hpp"
#include "identity/sessions.hpp"
#include "support/run.hpp"

namespace {

using identity::permission;
using identity::role;

identity::principal holding(role r, std::string path) {
  identity::principal who;
  who.organisation_path = path;
  who.grants.push_back({r, 1, std::move(path)});
  return who;
}

TEST(permissions, are_valid_at_the_node_and_below_it_alone) {
  const auto who = holding(role::centre_manager, "/1/4/");
  EXPECT_TRUE(who.require(permission::hold_sittings, "/1/4/"));
  EXPECT_TRUE(who.require(permission::hold_sittings, "/1/4/9/"));
  EXPECT_FALSE(who.require(permission::hold_sittings, "/1/"));
  EXPECT_FALSE(who.require(permission::hold_sittings, "/1/40/"));
  EXPECT_EQ(who.require(permission::hold_sittings, "/1/5/").error().code, "out_of_reach");
  EXPECT_EQ(who.require(permission::practise, "/1/4/").error().code, "permission_missing");
}

TEST(permissions, that_touch_keys_or_results_are_never_a_workers) {
  for (const auto p : {permission::read_bank, permission::compose_papers, permission::read_blueprints,
                       permission::hold_sittings, permission::watch_sittings, permission::read_results,
                       permission::release_results, permission::manage_people, permission::manage_organisations})
    EXPECT_FALSE(identity::holds(role::worker, p)) << identity::name_of(p);
}

TEST(permissions, of_an_auditor_change_nothing) {
  for (const auto p : {permission::compose_papers, permission::hold_sittings, permission::release_results,
                       permission::manage_people, permission::manage_organisations, permission::sit_exams})
    EXPECT_FALSE(identity::holds(role::auditor, p)) << identity::name_of(p);
}

TEST(roles, are_given_by_administrators_and_within_a_centre_by_its_manager) {
  const auto administrator = holding(role::administrator, "/1/"), manager = holding(role::centre_manager, "/1/4/");
  EXPECT_TRUE(identity::may_grant(administrator, role::administrator, "/1/2/"));
  EXPECT_TRUE(identity::may_grant(manager, role::proctor, "/1/4/"));
  EXPECT_EQ(identity::may_grant(manager, role::centre_manager, "/1/4/").error().code, "role_not_grantable");
  EXPECT_EQ(identity::may_grant(manager, role::proctor, "/1/").error().code, "out_of_reach");
  EXPECT_EQ(identity::may_grant(holding(role::worker, "/1/"), role::worker, "/1/").error().code, "permission_missing");
}

TEST(roles, names_and_values_agree) {
  for (const auto& [r, name] : identity::all_roles()) {
    EXPECT_EQ(identity::name_of(r), name);
    EXPECT_EQ(identity::role_named(name), r);
  }
  EXPECT_FALSE(identity::role_named("root"));
}

TEST(organisations, stand_below_larger_ones) {
  EXPECT_TRUE(identity::may_stand_below("city", "province"));
  EXPECT_TRUE(identity::may_stand_below("team", "enterprise"));
  EXPECT_TRUE(identity::may_stand_below("centre", "city"));
  EXPECT_FALSE(identity::may_stand_below("province", "city"));
  EXPECT_FALSE(identity::may_stand_below("centre", "enterprise"));
  EXPECT_FALSE(identity::may_stand_below("team", "centre"));
}

TEST(accounts, are_short_lower_case_names) {
  for (const auto* good : {"li.na", "a1b", "worker_01", "x-y"}) EXPECT_TRUE(identity::is_account_name(good)) << good;
  for (const auto* bad : {"ab", "Li.na", ".ab", "a b", "王师傅", "a/../b", "abcdefghijklmnopqrstuvwxyz0123456"})
    EXPECT_FALSE(identity::is_account_name(bad)) << bad;
}

TEST(passwords, are_kept_as_argon2id_and_compared) {
  const identity::hasher hasher{{.threads = 1, .operations = 1, .memory_kib = 8192}};
  const auto hash = hasher.hash("correct horse");
  EXPECT_TRUE(hash.starts_with("$argon2id$"));
  EXPECT_NE(hash, hasher.hash("correct horse"));
  EXPECT_TRUE(hasher.matches(hash, "correct horse"));
  EXPECT_FALSE(hasher.matches(hash, "correct horsf"));
  EXPECT_FALSE(hasher.matches(hasher.decoy(), ""));
}

TEST(passwords, of_one_flooding_address_leave_room_for_another) {
  boost::asio::io_context loop;
  const identity::hasher hasher{{.threads = 1, .operations = 1, .memory_kib = 1024}};
  runtime::blocking_pool threads{1, 1000};
  identity::password_queue queue{loop, hasher, threads};
  const auto hash = hasher.hash("x");
  int flood_done = 0, refused = 0, flood_before_other = -1;
  for (int i = 0; i < 150; ++i)
    boost::asio::co_spawn(loop, queue.matches("10.0.0.1", hash, "x"),
                          [&](std::exception_ptr, base::result<bool> answer) { answer ? ++flood_done : ++refused; });
  boost::asio::co_spawn(loop, queue.matches("10.0.0.2", hash, "x"), [&](std::exception_ptr, base::result<bool> answer) {
    EXPECT_TRUE(answer && *answer);
    flood_before_other = flood_done;
  });
  loop.run();
  EXPECT_EQ(flood_done + refused, 150);
  EXPECT_GT(refused, 0);             // the line of an address is bounded
  EXPECT_LE(flood_before_other, 4);  // the other address did not wait for the flood
}

TEST(session_cache, forgets_a_person_everywhere_at_once) {
  identity::session_cache cache;
  const auto now = identity::session_cache::clock::now();
  for (int i = 0; i < 100; ++i) {
    auto who = std::make_shared<identity::principal>();
    who->person_id = i % 2;
    cache.put("token" + std::to_string(i), who, now);
  }
  cache.drop_person(1);
  int left = 0;
  for (int i = 0; i < 100; ++i) left += cache.find("token" + std::to_string(i)).has_value();
  EXPECT_EQ(left, 50);
  EXPECT_FALSE(cache.find("token1"));
}

TEST(session_cache, trusts_nothing_from_before_it_could_hear_notices) {
  identity::session_cache cache;
  const identity::session_cache::entry early{nullptr, identity::session_cache::clock::now()};
  EXPECT_FALSE(cache.is_fresh(early, early.confirmed_at, std::chrono::seconds{10}));
  cache.listening(true);
  EXPECT_FALSE(cache.is_fresh(early, early.confirmed_at, std::chrono::seconds{10}));
  const identity::session_cache::entry later{nullptr, identity::session_cache::clock::now()};
  EXPECT_TRUE(cache.is_fresh(later, later.confirmed_at, std::chrono::seconds{10}));
  EXPECT_FALSE(cache.is_fresh(later, later.confirmed_at + std::chrono::seconds{11}, std::chrono::seconds{10}));
}

}  // namespace
