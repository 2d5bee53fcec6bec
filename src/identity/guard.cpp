#include "identity/sessions.hpp"

namespace identity {
namespace {

runtime::awaitable<http::response> answer_known(sessions& all, std::optional<permission> needed,
                                                const principal_handler& answer, http::request& r) {
  auto who = all.cached(r);
  if (!who) {
    const auto found = co_await all.of(r);
    who = found.value();
  }
  if (needed && !who->may(*needed))
    throw std::bad_expected_access(base::problem{.kind = base::problem_kind::forbidden, .code = "permission_missing"});
  co_return co_await answer(r, *who);
}

}  // namespace

http::endpoint guard::open(http::handler answer) const { return {"public", std::move(answer)}; }

http::endpoint guard::signed_in(principal_handler answer) const { return checked("signed_in", {}, std::move(answer)); }

http::endpoint guard::needs(permission p, principal_handler answer) const {
  return checked(std::string(name_of(p)), p, std::move(answer));
}

http::endpoint guard::checked(std::string access, std::optional<permission> p, principal_handler answer) const {
  return {std::move(access), [&all = sessions_, p, answer = std::move(answer)](http::request& r) {
            return answer_known(all, p, answer, r);
          }};
}

}  // namespace identity
