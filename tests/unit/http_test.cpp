#include <gtest/gtest.h>

#include <boost/beast/core/buffers_to_string.hpp>
#include <nlohmann/json.hpp>

#include "http/fields.hpp"
#include "http/json.hpp"
#include "http/parser.hpp"
#include "http/problem.hpp"
#include "http/router.hpp"
#include "runtime/unavailable.hpp"
#include "support/run.hpp"

namespace {

using http::request;
using http::response;

request with_body(std::string body, std::string_view type = "application/json") {
  request r;
  r.method = http::method::post;
  r.add_header("Content-Type", type);
  r.body = std::move(body);
  return r;
}

runtime::awaitable<response> say(std::string text) { co_return http::json_response(std::move(text)); }

class routes : public testing::Test {
 protected:
  routes() {
    table.add(http::method::get, "/things/{thing_id}",
              {"public", [](request& r) { return say(r.path_value("thing_id")); }});
    table.add(http::method::get, "/things/new", {"public", [](request&) { return say("new"); }});
    table.add(http::method::post, "/things/{thing_id}",
              {"public", [](request&) -> runtime::awaitable<response> { throw std::runtime_error("secret detail"); }});
    table.add(http::method::put, "/things/{thing_id}", {"public", [](request&) -> runtime::awaitable<response> {
                                                          throw runtime::unavailable("postgres: gone");
                                                        }});
  }
  response ask(http::method verb, std::string path) {
    r.clear();
    r.method = verb;
    r.path = std::move(path);
    return run(table.respond(r));
  }
  runtime::metrics metrics;
  http::router table{metrics};
  request r;
};

TEST_F(routes, a_literal_segment_wins_over_a_parameter) {
  EXPECT_EQ(ask(http::method::get, "/things/new").body, "new");
  EXPECT_EQ(ask(http::method::get, "/things/a%20b").body, "a b");
}

TEST_F(routes, unknown_paths_are_not_found) {
  for (const auto* path : {"/", "/things", "/things/", "/things/1/2", "/things/1/"})
    EXPECT_EQ(ask(http::method::get, path).status, 404) << path;
}

TEST_F(routes, a_wrong_method_names_the_right_ones) {
  const auto reply = ask(http::method::del, "/things/1");
  EXPECT_EQ(reply.status, 405);
  const auto allow = std::ranges::find(reply.headers, "Allow", &std::pair<std::string_view, std::string>::first);
  ASSERT_NE(allow, reply.headers.end());
  EXPECT_EQ(allow->second, "GET, HEAD, POST, PUT");
}

TEST_F(routes, head_uses_get) { EXPECT_EQ(ask(http::method::head, "/things/1").status, 200); }

TEST_F(routes, an_exception_becomes_500_without_its_text) {
  const auto reply = ask(http::method::post, "/things/1");
  EXPECT_EQ(reply.status, 500);
  EXPECT_EQ(reply.body.find("secret"), std::string::npos);
}

TEST_F(routes, a_world_that_is_away_becomes_503_with_a_time_to_try_again) {
  const auto reply = ask(http::method::put, "/things/1");
  EXPECT_EQ(reply.status, 503);
  EXPECT_TRUE(std::ranges::any_of(reply.headers, [](const auto& h) { return h.first == "Retry-After"; }));
}

TEST_F(routes, declaring_a_route_twice_is_a_bug) {
  EXPECT_THROW(table.add(http::method::get, "/things/new", {}), std::logic_error);
  EXPECT_THROW(table.add(http::method::get, "/things/{other}/x", {}), std::logic_error);
}

TEST(input_fields, every_wrong_field_is_listed_at_once) {
  http::fields body{
      with_body(R"({"name": "", "count": 11, "kind": "z", "when": "soon", "extra": 1, "items": [{"n": "x"}, 3]})")};
  constexpr std::array<std::string_view, 2> kinds = {"a", "b"};
  body.text("name", 5);
  body.integer("count", 1, 10);
  body.one_of("kind", kinds);
  body.time("when");
  body.text("missing", 5);
  body.list("items", 5, [](http::fields& item) { item.integer("n", 1, 2); });
  const auto done = body.finish();
  ASSERT_FALSE(done);
  std::vector<std::string> places;
  for (const auto& fault : done.error().faults) places.push_back(fault.pointer + " " + fault.code);
  EXPECT_EQ(places, (std::vector<std::string>{"/name length", "/count range", "/kind one_of", "/when time_expected",
                                              "/missing required", "/items/0/n integer_expected",
                                              "/items/1 object_expected", "/extra unknown"}));
}

TEST(input_fields, a_body_that_is_no_json_object_is_refused_whole) {
  struct row {
    std::string body;
    std::string_view type;
    base::problem_kind kind;
  };
  const row rows[] = {
      {"{", "application/json", base::problem_kind::malformed},
      {"[]", "application/json", base::problem_kind::malformed},
      {std::string(100, '[') + std::string(100, ']'), "application/json", base::problem_kind::malformed},
      {"\"\xFF\"", "application/json", base::problem_kind::malformed},
      {"{}", "text/plain", base::problem_kind::unsupported_media}};
  for (const auto& [body, type, kind] : rows) {
    const auto done = http::fields{with_body(body, type)}.finish();
    ASSERT_FALSE(done) << body;
    EXPECT_EQ(done.error().kind, kind) << body;
  }
}

TEST(input_fields, numbers_beyond_64_bits_are_out_of_range) {
  http::fields body{with_body(R"({"n": 18446744073709551615, "m": 1.5})")};
  body.integer("n", 1, 10);
  body.integer("m", 1, 10);
  const auto done = body.finish();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().faults.size(), 2U);
}

TEST(query, is_decoded_and_checked) {
  request r;
  r.query = "text=%E7%84%8A+a&limit=0&limit=3&odd=1";
  http::query_fields query{r};
  EXPECT_EQ(query.text("text", 10), "焊 a");
  query.limit();
  const auto done = query.finish();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().faults.size(), 2U);  // limit is repeated, odd is not known
}

TEST(problems, speak_the_clients_language) {
  request zh, en, other;
  zh.add_header("Accept-Language", "zh-CN,en;q=0.8");
  en.add_header("accept-language", "en-US, zh;q=0.5");
  EXPECT_EQ(zh.language(), http::language::zh);
  EXPECT_EQ(en.language(), http::language::en);
  EXPECT_EQ(other.language(), http::language::zh);
  const auto reply = http::to_response(
      {.kind = base::problem_kind::too_large, .code = "body_too_large", .values = {{"maximum", "10"}}}, en);
  EXPECT_EQ(reply.status, 413);
  EXPECT_EQ(nlohmann::json::parse(reply.body)["detail"], "The body may have at most 10 bytes.");
}

TEST(cookies, are_found_by_their_whole_name) {
  request r;
  r.add_header("Cookie", "xguildhall=1; guildhall=2;  other=3");
  EXPECT_EQ(r.cookie("guildhall"), "2");
  EXPECT_EQ(r.cookie("none"), "");
}

TEST(caching, answers_304_to_a_client_that_has_it) {
  request r;
  r.add_header("If-None-Match", "\"a\", \"b\"");
  EXPECT_EQ(http::cacheable(r, http::json_response("x"), "\"b\"", "no-cache").status, 304);
  EXPECT_EQ(http::cacheable(r, http::json_response("x"), "\"c\"", "no-cache").status, 200);
}

// Feeds the text in pieces of every size: the outcome must not depend on how it arrives.
TEST(parser, reads_a_request_in_any_pieces) {
  const std::string text = "POST /a/b?c=d HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nX-One: 1\r\n\r\nhello";
  for (std::size_t size = 1; size <= text.size(); ++size) {
    request r;
    http::parser reading{r, {}};
    std::string pending;
    for (std::size_t at = 0; at < text.size(); at += size) {
      pending += text.substr(at, size);
      boost::beast::error_code error;
      while (!pending.empty() && !reading.is_done()) {
        const auto used = reading.put(boost::asio::buffer(pending), error);
        pending.erase(0, used);
        if (error == boost::beast::http::error::need_more || used == 0) break;
        ASSERT_FALSE(error) << error.message();
      }
    }
    ASSERT_TRUE(reading.is_done()) << size;
    EXPECT_EQ(r.path, "/a/b");
    EXPECT_EQ(r.query, "c=d");
    EXPECT_EQ(r.header("x-one"), "1");
    EXPECT_EQ(r.body, "hello");
  }
}

}  // namespace
