#include "ranking/service.hpp"

#include <unordered_set>

#include "base/log.hpp"
#include "base/text.hpp"

namespace ranking {
namespace {

constexpr std::chrono::seconds names_live{60};
constexpr std::size_t names_max = 50'000;

// The first id of "/1/4/9/".
std::int64_t root_of(std::string_view path) {
  return base::to_integer(path.substr(1, path.find('/', 1) - 1)).value_or(0);
}

bool may_see(const identity::principal& who, const std::string& path) {
  if (who.organisation_path.starts_with(path)) return true;
  return std::ranges::any_of(who.grants, [&](const identity::grant& g) { return path.starts_with(g.path); });
}

}  // namespace

runtime::awaitable<> show(service& boards, std::int64_t person_id) {
  try {
    co_await boards.show({person_id});
  } catch (const std::exception& error) {
    base::log::warning("ranking_show", {{"what", std::string_view(error.what())}});
  }
}

runtime::awaitable<> service::show(std::vector<std::int64_t> persons) {
  const calendar c = current();
  auto standings = co_await standings_of(database_, std::move(persons), c);
  co_await show_standings(redis_, std::move(standings), c);
}

runtime::awaitable<base::result<board>> service::find_board(const identity::principal& who, board_query q) {
  const auto place = co_await organisation(q.organisation_id.value_or(root_of(who.organisation_path)));
  if (!place) co_return base::refuse(base::problem_kind::not_found, "not_found");
  if (!may_see(who, place->path)) co_return base::refuse(base::problem_kind::forbidden, "out_of_reach");
  const calendar c = current();
  board found{
      .organisation_id = place->organisation_id, .organisation_name = place->name, .first_day = first_day(c, q.period)};
  found.page = co_await read_board(redis_, board_key(place->organisation_id, q.trade_id, q.period, c), who.person_id);
  found.names = co_await names_on(found.page);
  co_return found;
}

runtime::awaitable<std::optional<identity::organisation>> service::organisation(std::int64_t organisation_id) {
  const auto known = organisations_.find(organisation_id);
  if (known != organisations_.end() && known->second.until > base::now()) co_return known->second.value;
  auto found = co_await identity::find_organisation(database_, organisation_id);
  if (organisations_.size() >= names_max) organisations_.clear();
  if (found)
    organisations_.insert_or_assign(organisation_id,
                                    remembered<identity::organisation>{*found, base::now() + names_live});
  co_return found;
}

runtime::awaitable<std::unordered_map<std::int64_t, std::string>> service::names_on(const board_page& page) {
  const auto now = base::now();
  std::unordered_map<std::int64_t, std::string> names;
  std::unordered_set<std::int64_t> missing;
  for (const auto* rows : {&page.top, &page.neighbours}) {
    for (const auto& row : *rows) {
      const auto known = names_.find(row.person_id);
      if (known != names_.end() && known->second.until > now)
        names.emplace(row.person_id, known->second.value);
      else
        missing.insert(row.person_id);
    }
  }
  if (missing.empty()) co_return names;
  const auto fresh = co_await display_names(database_, {missing.begin(), missing.end()});
  if (names_.size() + fresh.size() > names_max) names_.clear();
  for (const auto& [person_id, name] : fresh) {
    names_.insert_or_assign(person_id, remembered<std::string>{name, now + names_live});
    names.emplace(person_id, name);
  }
  co_return names;
}

}  // namespace ranking
