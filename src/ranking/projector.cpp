// Keeps the boards in Redis equal to the ledger: follows it, builds them again, compares.
#include <fmt/format.h>

#include "base/digest.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "ranking/service.hpp"

namespace ranking {
namespace {

constexpr int entries_per_step = 1000;
constexpr int steps_per_call = 50;
constexpr int persons_per_batch = 500;
constexpr std::size_t examples_max = 20;

void differ(comparison& c, std::string what) {
  ++c.differences;
  if (c.examples.size() < examples_max) c.examples.push_back(std::move(what));
}

struct expected_board {
  std::vector<std::string> members;
  std::vector<std::int64_t> scores;
};

std::map<std::string, expected_board> expected_boards(const std::vector<standing>& standings, const calendar& c) {
  std::map<std::string, expected_board> boards;
  for (const auto& s : standings) {
    for (const auto p : {period::day, period::week, period::month, period::all}) {
      const auto& total = s.totals[static_cast<std::size_t>(p)];
      if (total.points <= 0) continue;
      auto& board = boards[board_key(s.organisation_id, s.trade_id, p, c)];
      board.members.push_back(member_of(s.person_id));
      board.scores.push_back(score_of(total.points, total.reached_at));
    }
  }
  return boards;
}

runtime::awaitable<> compare_scores(redis::client& redis, std::string key, expected_board expected, comparison& into) {
  const auto held = co_await scores_of(redis, key, expected.members);
  for (std::size_t i = 0; i < held.size(); ++i) {
    if (held[i] == expected.scores[i]) continue;
    const auto points = held[i].transform(points_in).value_or(0);
    differ(into, fmt::format("{}: person {} has {} points, the ledger says {}", key, person_of(expected.members[i]),
                             points, points_in(expected.scores[i])));
  }
}

}  // namespace

runtime::awaitable<> service::follow() {
  try {
    co_await follow_ledger();
  } catch (const std::exception& error) {
    base::log::warning("ranking_follow", {{"what", std::string_view(error.what())}});
  }
}

runtime::awaitable<> service::follow_ledger() {
  auto at = co_await read_watermark(redis_);
  if (!at) {
    co_await rebuild(true);
    co_return;
  }
  for (int step = 0; step < steps_per_call; ++step) {
    auto page = co_await entries_after(database_, at->position, entries_per_step);
    if (page.persons.empty()) co_return;
    co_await show(std::move(page.persons));
    const bool advanced = co_await advance_watermark(redis_, *at, page.last);
    if (!advanced) co_return;  // another node was faster, or a rebuild has begun anew
    at->position = page.last;
  }
}

runtime::awaitable<std::optional<rebuild_counts>> service::rebuild(bool only_where_missing) {
  rebuilding work{redis_, base::to_base64url(base::secret_bytes(12))};
  const bool alone = co_await work.begin();
  if (!alone) co_return std::nullopt;
  if (only_where_missing) {  // another node may have just finished
    const auto at = co_await read_watermark(redis_);
    if (at) {
      co_await work.give_up();
      co_return std::nullopt;
    }
  }
  const auto counts = co_await build(work);
  base::log::info("ranking_rebuilt",
                  {{"entries", counts.entries}, {"persons", counts.persons}, {"boards", counts.boards}});
  co_return counts;
}

runtime::awaitable<rebuild_counts> service::build(rebuilding& work) {
  const calendar c = current();
  const auto from = co_await settled_position(database_);  // what comes after it is shown again by the projector
  rebuild_counts counts;
  for (std::int64_t after = 0;;) {
    const auto persons = co_await persons_after(database_, after, persons_per_batch);
    if (persons.empty()) break;
    after = persons.back();
    auto standings = co_await standings_of(database_, persons, c);
    std::int64_t counted = 0;
    for (const auto& s : standings)
      if (std::exchange(counted, s.person_id) != s.person_id) counts.entries += s.entries;
    counts.persons += static_cast<std::int64_t>(persons.size());
    co_await work.add(std::move(standings), c);
  }
  counts.boards = work.boards();
  co_await work.finish(from);
  co_return counts;
}

runtime::awaitable<comparison> service::compare() {
  const calendar c = current();
  comparison found;
  std::map<std::string, std::int64_t> persons_by_board;
  for (std::int64_t after = 0;;) {
    const auto persons = co_await persons_after(database_, after, persons_per_batch);
    if (persons.empty()) break;
    after = persons.back();
    found.persons += static_cast<std::int64_t>(persons.size());
    const auto standings = co_await standings_of(database_, persons, c);
    for (auto& [key, expected] : expected_boards(standings, c)) {
      persons_by_board[key] += static_cast<std::int64_t>(expected.members.size());
      co_await compare_scores(redis_, key, expected, found);
    }
  }
  found.boards = static_cast<std::int64_t>(persons_by_board.size());
  for (const auto& [key, expected] : persons_by_board) {
    const auto held = co_await persons_on(redis_, key);
    if (held != expected) differ(found, fmt::format("{}: {} persons, the ledger says {}", key, held, expected));
  }
  const auto present = co_await board_keys(redis_);
  for (const auto& key : present)
    if (is_current(key, c) && !persons_by_board.contains(key))
      differ(found, fmt::format("{}: the ledger has no such board", key));
  co_return found;
}

}  // namespace ranking
