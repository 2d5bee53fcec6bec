#include "identity/routes.hpp"

#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "http/fields.hpp"
#include "http/json.hpp"
#include "identity/rules.hpp"

namespace identity {
namespace {

using http::request;
using http::response;
using nlohmann::ordered_json;
using answer = runtime::awaitable<response>;

constexpr std::array<std::string_view, 2> transports = {"cookie", "bearer"};
constexpr std::array<std::string_view, 5> kinds = {"city", "county", "enterprise", "team", "centre"};

std::vector<std::string_view> role_names() {
  std::vector<std::string_view> names;
  for (const auto& [unused, name] : all_roles()) names.push_back(name);
  return names;
}

ordered_json to_json(const std::vector<grant>& grants) {
  auto rows = ordered_json::array();
  for (const auto& g : grants) rows.push_back({{"role", name_of(g.held)}, {"organisation_id", g.organisation_id}});
  return rows;
}

ordered_json to_json(const person& p) {
  return {{"person_id", p.person_id},
          {"account", p.account},
          {"display_name", p.display_name},
          {"organisation", {{"organisation_id", p.organisation_id}, {"name", p.organisation_name}}},
          {"roles", to_json(p.grants)}};
}

ordered_json to_json(const organisation& o) {
  return {{"organisation_id", o.organisation_id},
          {"parent_id", o.parent_id ? ordered_json(*o.parent_id) : ordered_json()},
          {"kind", o.kind},
          {"name", o.name}};
}

std::string session_json(const principal& who, const std::string* token) {
  const ordered_json body = {
      {"person",
       {{"person_id", who.person_id},
        {"account", who.account},
        {"display_name", who.display_name},
        {"organisation", {{"organisation_id", who.organisation_id}, {"name", who.organisation_name}}},
        {"roles", to_json(who.grants)}}},
      {"csrf_token", who.csrf_token},
      {"token", token ? ordered_json(*token) : ordered_json()},
      {"expires_at", base::to_iso(who.expires_at)}};
  return http::dumped(body);
}

std::string cookie(const session_settings& s, const std::string& token, std::chrono::seconds age) {
  return fmt::format("{}={}; Path=/; HttpOnly; SameSite=Lax; Max-Age={}{}", session_cookie, token, age.count(),
                     s.secure_cookie ? "; Secure" : "");
}

std::string own_token(const request& r) {
  bool by_cookie = false;
  return std::string(token_of(r, by_cookie));
}

// A new password is counted in characters; the faults say both limits.
std::string password(http::fields& body, std::string_view name) {
  auto text = body.text(name, password_characters_max);
  if (!text.empty() && base::length_of(text) < password_characters_min)
    body.fail(
        name, "password_length",
        {{"minimum", std::to_string(password_characters_min)}, {"maximum", std::to_string(password_characters_max)}});
  return text;
}

answer sign_in(service& verbs, request& r) {
  http::fields body{r};
  auto account = body.text("account", 32);
  auto secret = body.text("password", password_characters_max);
  const bool by_cookie = body.one_of("transport", transports) == "cookie";
  body.finish().value();
  const auto tried = co_await verbs.sign_in(std::move(account), std::move(secret), r.peer);
  const auto& made = tried.value();
  response reply = http::json_response(session_json(*made.who, by_cookie ? nullptr : &made.token), 201);
  if (by_cookie)
    reply.headers.emplace_back("Set-Cookie", cookie(verbs.session(), made.token, verbs.session().lifetime));
  co_return reply;
}

answer who_am_i(const principal& who) { co_return http::json_response(session_json(who, nullptr)); }

response signed_out(service& verbs) {
  response reply = http::no_content();
  reply.headers.emplace_back("Set-Cookie", cookie(verbs.session(), "", std::chrono::seconds{0}));
  return reply;
}

answer sign_out(service& verbs, request& r) {
  co_await verbs.sign_out(own_token(r));
  co_return signed_out(verbs);
}

answer sign_out_everywhere(service& verbs, const principal& who) {
  co_await verbs.sign_out_everywhere(who.person_id);
  co_return signed_out(verbs);
}

// Every session ends with the old password; the caller signs in again with the new one.
answer change_password(service& verbs, request& r, const principal& who) {
  http::fields body{r};
  auto current = body.text("current", password_characters_max);
  auto fresh = password(body, "new");
  if (!fresh.empty() && fresh == current) body.fail("new", "password_same");
  body.finish().value();
  const auto done = co_await verbs.change_password(who, std::move(current), std::move(fresh), r.peer);
  done.value();
  co_return signed_out(verbs);
}

answer create_organisation(service& verbs, request& r, const principal& who) {
  const auto key = http::idempotency_key(r).value();
  http::fields body{r};
  new_organisation o{.parent_id = body.integer("parent_id", 1, INT64_MAX),
                     .kind = body.one_of("kind", kinds),
                     .name = body.text("name", 100),
                     .creation_key = std::to_string(who.person_id) + ":" + key};
  body.finish().value();
  const auto made = co_await verbs.create_organisation(who, std::move(o));
  co_return http::json_response(http::dumped(to_json(made.value())), 201);
}

answer get_organisation(service& verbs, request& r, const principal& who) {
  const auto id = http::path_number(r, "organisation_id").value();
  const auto found = co_await verbs.see_organisation(who, id);
  auto body = to_json(found.value());
  body["children"] = ordered_json::array();
  for (const auto& child : co_await verbs.children(id)) body["children"].push_back(to_json(child));
  co_return http::json_response(http::dumped(body));
}

answer list_people(service& verbs, request& r, const principal& who) {
  const auto id = http::path_number(r, "organisation_id").value();
  http::query_fields query{r};
  const auto limit = query.limit();
  const auto after = query.cursor();
  query.finish().value();
  const auto people = co_await verbs.list_people(who, id, after, limit);
  auto rows = ordered_json::array();
  for (const auto& p : people.value()) rows.push_back(to_json(p));
  const bool more = std::ssize(people.value()) == limit;
  const ordered_json body = {
      {"people", rows},
      {"next_cursor", more ? ordered_json(std::to_string(people.value().back().person_id)) : ordered_json()}};
  co_return http::json_response(http::dumped(body));
}

answer create_person(service& verbs, request& r, const principal& who) {
  const auto key = http::idempotency_key(r).value();
  const auto roles = role_names();
  http::fields body{r};
  new_person p{.organisation_id = body.integer("organisation_id", 1, INT64_MAX),
               .account = body.text("account", 32),
               .display_name = body.text("display_name", 50),
               .creation_key = std::to_string(who.person_id) + ":" + key,
               .granted_by = who.person_id};
  if (!p.account.empty() && !is_account_name(p.account)) body.fail("account", "account");
  auto secret = password(body, "password");
  p.first_role = role_named(body.one_of("role", roles)).value();
  body.finish().value();
  const auto made = co_await verbs.create_person(who, std::move(p), std::move(secret), r.peer);
  co_return http::json_response(http::dumped(to_json(made.value())), 201);
}

answer change_role(service& verbs, request& r, const principal& who, bool holds_it) {
  const auto person_id = http::path_number(r, "person_id").value();
  const auto organisation_id = http::path_number(r, "organisation_id").value();
  const auto named = role_named(r.path_value("role"));
  if (!named) throw std::bad_expected_access(base::problem{.kind = base::problem_kind::not_found, .code = "not_found"});
  const auto done = co_await verbs.change_role(who, person_id, *named, organisation_id, holds_it);
  done.value();
  co_return http::no_content();
}

}  // namespace

void add_routes(http::router& routes, const guard& access, service& verbs) {
  using enum http::method;
  routes.add(post, "/api/session", access.open([&](request& r) { return sign_in(verbs, r); }));
  routes.add(get, "/api/session", access.signed_in([](request&, const principal& who) { return who_am_i(who); }));
  routes.add(del, "/api/session", access.signed_in([&](request& r, const principal&) { return sign_out(verbs, r); }));
  routes.add(del, "/api/sessions",
             access.signed_in([&](request&, const principal& who) { return sign_out_everywhere(verbs, who); }));
  routes.add(put, "/api/password",
             access.signed_in([&](request& r, const principal& who) { return change_password(verbs, r, who); }));
  routes.add(post, "/api/organisations",
             access.needs(permission::manage_organisations,
                          [&](request& r, const principal& who) { return create_organisation(verbs, r, who); }));
  routes.add(get, "/api/organisations/{organisation_id}",
             access.signed_in([&](request& r, const principal& who) { return get_organisation(verbs, r, who); }));
  routes.add(get, "/api/organisations/{organisation_id}/people",
             access.needs(permission::manage_people,
                          [&](request& r, const principal& who) { return list_people(verbs, r, who); }));
  routes.add(post, "/api/people", access.needs(permission::manage_people, [&](request& r, const principal& who) {
    return create_person(verbs, r, who);
  }));
  const std::string role_path = "/api/people/{person_id}/roles/{role}/{organisation_id}";
  routes.add(put, role_path, access.needs(permission::manage_people, [&](request& r, const principal& who) {
    return change_role(verbs, r, who, true);
  }));
  routes.add(del, role_path, access.needs(permission::manage_people, [&](request& r, const principal& who) {
    return change_role(verbs, r, who, false);
  }));
}

}  // namespace identity
