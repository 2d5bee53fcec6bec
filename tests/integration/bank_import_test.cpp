// Imports into a real PostgreSQL, the library that loads what they publish, and the routes that show it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>

#include "bank/import.hpp"
#include "bank/readers/reader.hpp"
#include "bank/routes.hpp"
#include "bank/store.hpp"
#include "base/digest.hpp"
#include "identity/sessions.hpp"
#include "support/banks.hpp"
#include "support/run.hpp"

namespace {

using bank::origin, bank::pool;
using nlohmann::json;
using testing::ElementsAre, testing::IsEmpty;

const std::string token(43, 't');

// A router with the bank's routes alone, and one person who is signed in without Redis.
struct desk {
  desk(boost::asio::io_context& loop, postgres::pool& database, bank::library& library, runtime::metrics& metrics,
       identity::role role)
      : redis(loop, {}, metrics),
        sessions(cache, redis, database, {.cache = std::chrono::hours{1}}),
        guard(sessions),
        router(metrics) {
    auto who = std::make_shared<identity::principal>();
    who->person_id = 1;
    who->grants = {{role, 1, "/1/"}};
    cache.listening(true);
    cache.put(token, who, identity::session_cache::clock::now());
    bank::add_routes(router, guard, database, library);
  }
  identity::session_cache cache;
  redis::client redis;
  identity::sessions sessions;
  identity::guard guard;
  http::router router;
};

class banks : public testing::Test {
 protected:
  void SetUp() override {
    const char* connection = std::getenv("GUILDHALL_TEST_DATABASE");
    if (!connection) GTEST_SKIP() << "no GUILDHALL_TEST_DATABASE: run it by tests/run integration";
    settings.connection = connection;
    database =
        std::make_unique<postgres::pool>(settings, std::vector<postgres::prepare_statements>{bank::prepare}, metrics);
    library = std::make_unique<bank::library>(*database);
    database->write_now([](pqxx::transaction_base& t) {
      t.exec("TRUNCATE occupation, trade, outline, question, question_version, media CASCADE");
    });
  }

  std::string one(const std::string& sql) {
    std::string value;
    database->write_now([&](pqxx::transaction_base& t) { value = t.exec1(sql)[0].as<std::string>(""); });
    return value;
  }

  bank::import_batch bundled(const json& patch = json::array()) {
    const scratch_folder folder;
    write_bundled(folder, json::parse(support_file("trade_file.json")).patch(patch).dump());
    return bank::read_batch(origin::bundled, folder.path(), {});
  }
  bank::import_report import(const bank::import_batch& batch) { return bank::run_import(settings, batch, "test"); }
  bank::import_report import(const json& patch) { return import(bundled(patch)); }

  std::shared_ptr<const bank::image> loaded() {
    run(loop, library->refresh());
    return library->current();
  }

  // Status and body of GET `path`, as a person who holds `role`.
  std::pair<int, json> get(const std::string& path, identity::role role = identity::role::trainer,
                           const std::string& etag = "") {
    desk one_desk{loop, *database, *library, metrics, role};
    http::request r;
    r.method = http::method::get;
    r.path = path.substr(0, path.find('?'));
    if (path.find('?') != std::string::npos) r.query = path.substr(path.find('?') + 1);
    r.add_header("Authorization", "Bearer " + token);
    if (!etag.empty()) r.add_header("If-None-Match", etag);
    reply = run(loop, one_desk.router.respond(r));
    return {reply.status, json::parse(reply.bytes(), nullptr, false)};
  }
  std::string header(std::string_view name) const {
    for (const auto& [key, value] : reply.headers)
      if (key == name) return value;
    return {};
  }

  boost::asio::io_context loop;
  runtime::metrics metrics;
  postgres::settings settings;
  std::unique_ptr<postgres::pool> database;
  std::unique_ptr<bank::library> library;
  http::response reply;
};

void expect_counts(const bank::tally& count, int created, int changed, int same) {
  EXPECT_EQ(count.created, created);
  EXPECT_EQ(count.changed, changed);
  EXPECT_EQ(count.same, same);
}

TEST_F(banks, are_imported_once) {
  const auto first = import(bundled());
  expect_counts(first.occupations, 1, 0, 0);
  expect_counts(first.outlines, 1, 0, 0);
  expect_counts(first.questions, 3, 0, 0);
  EXPECT_GT(first.release_id, 0);
  const auto again = import(bundled());
  expect_counts(again.occupations, 0, 0, 1);
  expect_counts(again.outlines, 0, 0, 1);
  expect_counts(again.questions, 0, 0, 3);
  EXPECT_EQ(again.release_id, 0);
  EXPECT_EQ(one("SELECT max(release_id) FROM bank_release"), std::to_string(first.release_id));
  EXPECT_EQ(one("SELECT sum(weight) FROM outline_range WHERE range_id IN (SELECT range_id FROM outline_point)"),
            "10000");
}

TEST_F(banks, keep_every_version_of_a_question) {
  import(bundled());
  const auto old_image = loaded();
  const auto old_id = std::stoll(
      one("SELECT question_version_id FROM question_version JOIN question USING (question_id) WHERE code LIKE '%S01'"));
  const auto report = import(json::parse(R"([{"op": "replace", "path": "/questions/0/key", "value": "D"}])"));
  expect_counts(report.questions, 0, 1, 2);
  EXPECT_EQ(one("SELECT version FROM question WHERE code LIKE '%S01'"), "2");
  const auto image = loaded();
  EXPECT_GT(image->release_id, old_image->release_id);
  EXPECT_EQ(image->version(old_id), nullptr);
  const auto& question = *image->question(old_image->version(old_id)->question_id);
  EXPECT_EQ(question.version, 2);
  EXPECT_EQ(image->key_of(question).key.answer, R"("D")");
  EXPECT_EQ(old_image->key_of(*old_image->version(old_id)).key.answer, R"("C")")
      << "an image that is in use stays as it is";
  const auto versions = run(loop, library->versions({question.version_id, old_id, question.version_id}));
  ASSERT_EQ(versions.size(), 3U);
  EXPECT_EQ(versions[1].key.answer, R"("C")");
  EXPECT_EQ(versions[2].version_id, question.version_id);
  EXPECT_THROW(run(loop, library->versions({old_id, 999999999})), std::logic_error);
  import(bundled());
  EXPECT_EQ(one("SELECT count(*) FROM question_version JOIN question USING (question_id) WHERE code LIKE '%S01'"), "3")
      << "the way back is a version too";
}

TEST_F(banks, never_make_a_practice_question_secure) {
  import(bundled());
  const auto report = import(json::parse(R"([{"op": "replace", "path": "/questions/0/pool", "value": "secure"},
                                             {"op": "replace", "path": "/questions/1/pool", "value": "practice"}])"));
  ASSERT_EQ(report.rejected.size(), 1U);
  EXPECT_EQ(report.rejected[0].code, "pool_one_way");
  EXPECT_EQ(report.rejected[0].field, "/questions/0/pool");
  expect_counts(report.questions, 0, 1, 1);
  EXPECT_EQ(one("SELECT string_agg(pool || version, ' ' ORDER BY question_id) FROM question"),
            "practice1 practice1 practice1");
}

TEST_F(banks, refuse_a_published_outline_with_another_content_and_write_nothing) {
  import(bundled());
  const auto before = one("SELECT count(*) FROM bank_release");
  auto batch = bundled(json::parse(R"([{"op": "replace", "path": "/outline/ranges/1/name", "value": "其他"},
                                       {"op": "replace", "path": "/questions/0/stem", "value": "另一题？"}])"));
  batch.occupations[0].name = "电焊工";
  const auto report = import(batch);
  ASSERT_EQ(report.refused.size(), 1U);
  EXPECT_EQ(report.refused[0].code, "outline_published");
  EXPECT_EQ(one("SELECT count(*) FROM question_version"), "3");
  EXPECT_EQ(one("SELECT name FROM occupation"), "焊工");
  EXPECT_EQ(one("SELECT count(*) FROM bank_release"), before);
}

TEST_F(banks, move_their_questions_to_a_new_version_of_the_outline) {
  import(bundled());
  const auto report = import(json::parse(R"([{"op": "replace", "path": "/outline/version", "value": "2027.1"},
                                             {"op": "replace", "path": "/outline/ranges/1/name", "value": "其他"}])"));
  expect_counts(report.outlines, 1, 0, 0);
  expect_counts(report.questions, 0, 3, 0);
  EXPECT_EQ(one("SELECT string_agg(DISTINCT outline.version, ' ') FROM question JOIN outline USING (outline_id)"),
            "2027.1");
  EXPECT_EQ(one("SELECT count(*) FROM question_version"), "3") << "the questions themselves are as they were";
  EXPECT_EQ(one("SELECT count(*) FROM outline"), "2");
}

TEST_F(banks, do_not_share_question_codes) {
  import(bundled());
  auto batch = bundled();
  batch.outlines[0].code = "other", batch.outlines[0].trade_code = "other";
  const auto report = import(batch);
  ASSERT_EQ(report.rejected.size(), 3U);
  EXPECT_EQ(report.rejected[0].code, "code_taken");
  EXPECT_EQ(one("SELECT string_agg(DISTINCT outline.code, ' ') FROM question JOIN outline USING (outline_id)"),
            "6-18-02-04-01.L5");
}

TEST_F(banks, refused_by_their_reader_are_not_written) {
  const auto report = import(json::parse(R"([{"op": "remove", "path": "/trade"}])"));
  EXPECT_FALSE(report.refused.empty());
  EXPECT_EQ(one("SELECT count(*) FROM occupation"), "0");
}

TEST_F(banks, of_other_origins_keep_the_pools_they_have) {
  const scratch_folder folder;
  write_ai_trainer(folder);
  import(bank::read_batch(origin::ai_trainer, folder.path(), {.secure_percent = 100}));
  EXPECT_EQ(one("SELECT count(*) FROM question WHERE pool = 'secure'"), "3");
  const auto again = import(bank::read_batch(origin::ai_trainer, folder.path(), {.secure_percent = 0}));
  expect_counts(again.questions, 0, 0, 3);
  EXPECT_EQ(one("SELECT count(*) FROM question WHERE pool = 'secure'"), "3");
}

TEST_F(banks, hold_the_pictures_of_accepted_questions_alone) {
  const scratch_folder folder;
  write_amateur_radio(folder, "LK0009,2.1,MC1-0009,图中的元件是：,A,电阻,电阻,电感,二极管\n");
  folder.write("images/9.png", one_pixel_png + "9");
  folder.write("images.csv", "J,ImagePath\nLK0002,images/0.png\nLK0003,images/1.jpg\nLK0009,images/9.png\n");
  const auto batch = bank::read_batch(origin::amateur_radio, folder.path(), {.secure_percent = 0});
  EXPECT_EQ(batch.pictures.size(), 3U);
  EXPECT_EQ(import(batch).pictures, 2);
  EXPECT_EQ(import(batch).release_id, 0);
  loaded();
  const auto digest = base::sha256_hex(one_pixel_png);
  EXPECT_EQ(get("/api/media/" + digest, identity::role::worker).first, 200);
  EXPECT_EQ(reply.content_type, "image/png");
  EXPECT_EQ(reply.bytes(), one_pixel_png);
  EXPECT_NE(header("Cache-Control").find("immutable"), std::string::npos);
  EXPECT_EQ(get("/api/media/" + digest, identity::role::worker, header("ETag")).first, 304);
  for (const auto& other : {base::sha256_hex("other"), std::string("x"), std::string(64, 'G')})
    EXPECT_EQ(get("/api/media/" + other).first, 404);
}

TEST_F(banks, show_occupations_page_by_page) {
  auto batch = bundled();
  batch.occupations.push_back({"2022", "6-18-01-01", "车工", "", "6-18-01", "机械冷加工人员"});
  batch.occupations.push_back({"2015", "6-18-02-04", "焊工", "L", "6-18-02", "机械热加工人员"});
  import(batch);
  const auto [status, first] = get("/api/occupations?limit=2", identity::role::worker);
  EXPECT_EQ(status, 200);
  EXPECT_EQ(first["occupations"][0]["name"], "车工");
  EXPECT_EQ(first["occupations"][1]["taxonomy"], "2015");
  const auto second = get("/api/occupations?limit=2&cursor=" + first["next_cursor"].get<std::string>()).second;
  ASSERT_EQ(second["occupations"].size(), 1U);
  EXPECT_EQ(second["occupations"][0]["taxonomy"], "2022");
  EXPECT_TRUE(second["next_cursor"].is_null());
  EXPECT_EQ(get("/api/occupations?text=6-18-01").second["occupations"].size(), 1U);
  EXPECT_EQ(get("/api/occupations?text=%E7%84%8A").second["occupations"].size(), 2U);
  EXPECT_EQ(get("/api/occupations?text=%25").second["occupations"].size(), 0U) << "no wildcards";
  EXPECT_EQ(get("/api/occupations?text=8-02").second["occupations"].size(), 0U) << "the code from its beginning";
}

TEST_F(banks, show_trades_and_outlines) {
  import(bundled());
  const auto image = loaded();
  const auto trades = get("/api/trades?limit=1", identity::role::worker).second;
  ASSERT_EQ(trades["trades"].size(), 1U);
  EXPECT_TRUE(trades["next_cursor"].is_null());
  const auto outline = trades["trades"][0]["outlines"][0];
  EXPECT_EQ(outline["questions"], 2);
  EXPECT_EQ(get("/api/trades", identity::role::worker, header("ETag")).first, 304);
  const auto after = get("/api/trades?cursor=" + std::to_string(trades["trades"][0]["trade_id"].get<int>())).second;
  EXPECT_TRUE(after["trades"].empty());
  const auto path = "/api/outlines/" + std::to_string(outline["outline_id"].get<int>());
  const auto whole = get(path, identity::role::worker).second;
  EXPECT_EQ(whole["ranges"].size(), 4U);
  EXPECT_TRUE(whole["ranges"][0]["parent_id"].is_null());
  EXPECT_EQ(whole["ranges"][1]["points"][0]["questions"], 1);
  EXPECT_EQ(whole["ranges"][2]["points"][0]["questions"], 0) << "its question is secure";
  EXPECT_EQ(whole["ranges"][0]["points"], json::array());
  for (const auto* none : {"/api/outlines/0", "/api/outlines/999999", "/api/outlines/x"})
    EXPECT_EQ(get(none).first, 404);
}

TEST_F(banks, show_keys_to_those_who_may_read_them) {
  import(bundled());
  const auto path = "/api/outlines/" + std::to_string(loaded()->outlines()[0].outline_id) + "/questions";
  const auto [status, page] = get(path + "?limit=2");
  EXPECT_EQ(status, 200);
  ASSERT_EQ(page["questions"].size(), 2U);
  EXPECT_EQ(page["questions"][1]["key"], json::parse(R"(["A", "C", "D"])"));
  EXPECT_EQ(page["questions"][1]["content"]["options"].size(), 5U);
  EXPECT_EQ(page["questions"][0]["reason"], "imported");
  EXPECT_EQ(page["questions"][0]["point"], "AA001");
  const auto rest = get(path + "?limit=2&cursor=" + page["next_cursor"].get<std::string>()).second;
  ASSERT_EQ(rest["questions"].size(), 1U);
  EXPECT_EQ(rest["questions"][0]["key"], false);
  EXPECT_TRUE(rest["next_cursor"].is_null());
  EXPECT_EQ(get(path, identity::role::worker).first, 403);
}

TEST_F(banks, refuse_queries_that_are_wrong) {
  import(bundled());
  loaded();
  for (const auto* path : {"/api/trades", "/api/occupations"}) {
    const auto [status, problem] = get(std::string(path) + "?limit=0&cursor=x&colour=red");
    EXPECT_EQ(status, 422);
    std::set<std::string> pointers;
    for (const auto& error : problem["errors"]) pointers.insert(error["pointer"]);
    EXPECT_THAT(pointers, ElementsAre("?colour", "?cursor", "?limit")) << path;
  }
}

// --- the real banks

std::filesystem::path project() { return std::filesystem::path(__FILE__).parent_path().parent_path().parent_path(); }

struct real_bank {
  origin from;
  const char* folder;
  int questions;
};

TEST_F(banks, that_are_real_are_imported_and_a_second_import_changes_nothing) {
  const real_bank real[] = {{origin::bundled, "question-bank", 480},
                            {origin::ai_trainer, "../shared/data/ai-trainer-level3", 900},
                            {origin::amateur_radio, "../shared/data/amateur-radio-cn", 1300}};
  std::string skipped;
  for (const auto& one_bank : real) {
    const auto folder = project() / one_bank.folder;
    if (!std::filesystem::exists(folder)) {
      skipped += std::string(one_bank.folder) + " ";
      continue;
    }
    const auto batch = bank::read_batch(one_bank.from, folder, {});
    EXPECT_THAT(batch.refused, IsEmpty()) << one_bank.folder;
    const auto first = import(batch), second = import(batch);
    EXPECT_GE(first.questions.created, one_bank.questions) << one_bank.folder;
    EXPECT_GT(first.release_id, 0);
    expect_counts(second.questions, 0, 0, first.questions.created);
    EXPECT_EQ(second.release_id, 0) << one_bank.folder;
  }
  const auto image = loaded();
  for (const auto& outline : image->outlines()) {
    int weight = 0;
    for (const auto& range : outline.ranges) weight += range.deepest ? range.weight : 0;
    EXPECT_EQ(weight, 10000) << outline.code;
    EXPECT_GT(image->count(outline.outline_id, pool::practice), 0U) << outline.code;
    EXPECT_GT(image->count(outline.outline_id, pool::secure), 0U) << outline.code;
  }
  if (!skipped.empty()) GTEST_SKIP() << "absent: " << skipped;
}

}  // namespace
