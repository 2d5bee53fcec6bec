#include "ranking/boards.hpp"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <utility>

namespace ranking {
namespace {

constexpr const char* watermark_key = "ranking:watermark";
constexpr const char* shown_key = "ranking:shown";  // person -> entries that the boards were computed from
constexpr const char* lock_key = "ranking:rebuilding";
constexpr const char* lock_milliseconds = "30000";
constexpr std::int64_t beside_seconds = 3600;
constexpr std::size_t rows_per_command = 500;  // keeps Redis busy for well under a millisecond

// KEYS: the hash of entries shown, then one board a row. ARGV: member, entries, score (empty: off the board), expiry.
constexpr const char* show_script =
    "for i = 2, #KEYS do "
    "  local at = (i - 2) * 4 "
    "  local member, entries, score, expiry = ARGV[at + 1], tonumber(ARGV[at + 2]), ARGV[at + 3], ARGV[at + 4] "
    "  local known = tonumber(redis.call('HGET', KEYS[1], member) or '0') "
    "  if entries >= known then "
    "    if entries > known then redis.call('HSET', KEYS[1], member, ARGV[at + 2]) end "
    "    if score == '' then redis.call('ZREM', KEYS[i], member) else redis.call('ZADD', KEYS[i], score, member) end "
    "    if expiry ~= '0' then redis.call('EXPIREAT', KEYS[i], expiry) end "
    "  end "
    "end";

constexpr const char* read_script =
    "local rank, near = redis.call('ZRANK', KEYS[1], ARGV[1]), {} "
    "if rank then near = redis.call('ZRANGE', KEYS[1], math.max(0, rank - 3), rank + 3, 'WITHSCORES') end "
    "return {redis.call('ZCARD', KEYS[1]), rank or -1, redis.call('ZRANGE', KEYS[1], 0, 99, 'WITHSCORES'), near}";

constexpr const char* advance_script =
    "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end redis.call('SET', KEYS[1], ARGV[2]) return 1";

// Each step of a rebuild that others can see asks in the same breath whether the rebuild still holds the lock.
constexpr const char* lock_guard =
    "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end redis.call('PEXPIRE', KEYS[1], ARGV[2]) ";

// KEYS: the lock, then pairs of a new board and the one in service. ARGV: token, lock time, the expiry of each pair.
constexpr const char* replace_script =
    "for i = 2, #KEYS, 2 do "
    "  if redis.call('EXISTS', KEYS[i]) == 1 then "
    "    redis.call('RENAME', KEYS[i], KEYS[i + 1]) "
    "    local expiry = ARGV[i / 2 + 2] "
    "    if expiry ~= '0' then redis.call('EXPIREAT', KEYS[i + 1], expiry) else redis.call('PERSIST', KEYS[i + 1]) end "
    "  else redis.call('UNLINK', KEYS[i + 1]) end "
    "end ";

std::string text_of(const watermark& w) {
  return w.position.transaction + ":" + std::to_string(w.position.entry) + ":" + w.token;
}

std::int64_t number_in(const redis::reply& r) {
  if (const auto* integer = r.integer()) return *integer;
  return r.text() ? std::strtoll(r.text()->c_str(), nullptr, 10) : 0;  // scores are integers in full
}

std::vector<board_row> rows_in(const redis::reply& members_and_scores, std::int64_t first_rank) {
  std::vector<board_row> rows;
  const auto& list = *members_and_scores.list();
  for (std::size_t i = 0; i + 1 < list.size(); i += 2)
    rows.push_back(
        {first_rank + static_cast<std::int64_t>(i / 2), person_of(*list[i].text()), points_in(number_in(list[i + 1]))});
  return rows;
}

// One command of the show script, filled row by row.
class show_command {
 public:
  explicit show_command(std::string shown) : shown_(std::move(shown)) {}
  bool empty() const { return boards_.empty(); }
  bool full() const { return boards_.size() >= rows_per_command; }

  void add(std::string board, const standing& s, const standing::total& total, std::int64_t expiry) {
    boards_.push_back(std::move(board));
    values_.push_back(member_of(s.person_id));
    values_.push_back(std::to_string(s.entries));
    values_.push_back(total.points > 0 ? std::to_string(score_of(total.points, total.reached_at)) : "");
    values_.push_back(std::to_string(expiry));
  }

  std::vector<std::string> take() {
    std::vector<std::string> words = {"EVAL", show_script, std::to_string(boards_.size() + 1), shown_};
    words.insert(words.end(), std::move_iterator(boards_.begin()), std::move_iterator(boards_.end()));
    words.insert(words.end(), std::move_iterator(values_.begin()), std::move_iterator(values_.end()));
    boards_.clear();
    values_.clear();
    return words;
  }

 private:
  const std::string shown_;
  std::vector<std::string> boards_, values_;
};

// Sends a row for every board; `place` may say that it stands elsewhere, and until when.
runtime::awaitable<> send_standings(redis::client& boards, std::string shown, std::vector<standing> standings,
                                    calendar c, std::function<void(std::string& key, std::int64_t& expiry)> place) {
  show_command command{std::move(shown)};
  for (const auto& s : standings) {
    for (const auto p : {period::day, period::week, period::month, period::all}) {
      const auto& total = s.totals[static_cast<std::size_t>(p)];
      if (total.reached_at == 0) continue;
      std::string key = board_key(s.organisation_id, s.trade_id, p, c);
      std::int64_t expiry = expiry_of(c, p);
      place(key, expiry);
      command.add(std::move(key), s, total, expiry);
    }
    if (command.full()) co_await boards.send(command.take());
  }
  if (!command.empty()) co_await boards.send(command.take());
}

// Every key that begins so; SCAN may give one twice.
runtime::awaitable<std::vector<std::string>> keys_like(redis::client& boards, std::string beginning) {
  std::vector<std::string> keys;
  std::string cursor = "0";
  do {
    const redis::reply answer = co_await boards.command("SCAN", cursor, "MATCH", beginning + "*", "COUNT", "1000");
    const auto& parts = *answer.list();
    cursor = *parts[0].text();
    for (const auto& key : *parts[1].list()) keys.push_back(*key.text());
  } while (cursor != "0");
  co_return keys;
}

}  // namespace

runtime::awaitable<board_page> read_board(redis::client& boards, std::string key, std::int64_t person_id) {
  const redis::reply answer = co_await boards.command("EVAL", read_script, "1", key, member_of(person_id));
  const auto& parts = *answer.list();
  const std::int64_t own = number_in(parts[1]);
  co_return board_page{number_in(parts[0]), rows_in(parts[2], 1),
                       rows_in(parts[3], std::max<std::int64_t>(0, own - 3) + 1)};
}

runtime::awaitable<std::optional<watermark>> read_watermark(redis::client& boards) {
  const redis::reply answer = co_await boards.command("GET", watermark_key);
  if (!answer.text()) co_return std::nullopt;
  const std::string& text = *answer.text();
  const auto first = text.find(':'), second = text.find(':', first + 1);
  if (second == std::string::npos) co_return std::nullopt;
  co_return watermark{{text.substr(0, first), std::strtoll(text.c_str() + first + 1, nullptr, 10)},
                      text.substr(second + 1)};
}

runtime::awaitable<bool> advance_watermark(redis::client& boards, watermark from, ledger_position to) {
  const watermark next{std::move(to), from.token};
  const redis::reply answer =
      co_await boards.command("EVAL", advance_script, "1", watermark_key, text_of(from), text_of(next));
  co_return number_in(answer) == 1;
}

runtime::awaitable<> show_standings(redis::client& boards, std::vector<standing> standings, calendar c) {
  co_await send_standings(boards, shown_key, std::move(standings), c, [](std::string&, std::int64_t&) {});
}

runtime::awaitable<bool> rebuilding::begin() {
  const redis::reply answer = co_await boards_.command("SET", lock_key, token_, "NX", "PX", lock_milliseconds);
  co_return answer.text() != nullptr;
}

runtime::awaitable<> rebuilding::give_up() { co_await if_not_overtaken("redis.call('DEL', KEYS[1]) ", {}, {}); }

runtime::awaitable<> rebuilding::if_not_overtaken(std::string script, std::vector<std::string> keys,
                                                  std::vector<std::string> values) {
  std::vector<std::string> words = {"EVAL", lock_guard + script + "return 1", std::to_string(keys.size() + 1),
                                    lock_key};
  words.insert(words.end(), std::move_iterator(keys.begin()), std::move_iterator(keys.end()));
  words.insert(words.end(), {token_, lock_milliseconds});
  words.insert(words.end(), std::move_iterator(values.begin()), std::move_iterator(values.end()));
  const redis::reply answer = co_await boards_.send(std::move(words));
  if (number_in(answer) != 1) throw runtime::unavailable("ranking: another rebuild has taken over");
}

runtime::awaitable<> rebuilding::add(std::vector<standing> standings, calendar c) {
  co_await if_not_overtaken("", {}, {});
  const auto given_up =
      std::chrono::floor<std::chrono::seconds>(base::now()).time_since_epoch().count() + beside_seconds;
  const auto place = [this, given_up](std::string& key, std::int64_t& expiry) {
    expiry_by_key_[key] = std::exchange(expiry, given_up);
    key = beside(key);
  };
  const std::string shown = beside(shown_key);
  co_await send_standings(boards_, shown, std::move(standings), c, place);
  co_await boards_.command("EXPIREAT", shown, std::to_string(given_up));
}

// Boards that were not built again are removed.
runtime::awaitable<> rebuilding::replace(std::vector<std::string> keys) {
  for (std::size_t begin = 0; begin < keys.size(); begin += rows_per_command) {
    std::vector<std::string> pairs, expiries;
    for (std::size_t i = begin; i < std::min(begin + rows_per_command, keys.size()); ++i) {
      const auto built = expiry_by_key_.find(keys[i]);
      pairs.insert(pairs.end(), {beside(keys[i]), keys[i]});
      expiries.push_back(std::to_string(built == expiry_by_key_.end() ? 0 : built->second));
    }
    co_await if_not_overtaken(replace_script, std::move(pairs), std::move(expiries));
  }
}

runtime::awaitable<> rebuilding::finish(ledger_position from) {
  co_await if_not_overtaken("redis.call('DEL', KEYS[2]) ", {watermark_key}, {});
  std::vector<std::string> keys;
  keys.reserve(expiry_by_key_.size());
  for (const auto& [key, unused] : expiry_by_key_) keys.push_back(key);
  co_await replace(keys);
  auto others = co_await board_keys(boards_);  // one that has just begun comes back when the projector has gone on
  std::erase_if(others, [this](const std::string& key) { return expiry_by_key_.contains(key); });
  co_await replace(std::move(others));
  co_await if_not_overtaken(replace_script, {beside(shown_key), shown_key}, {"0"});
  co_await if_not_overtaken("redis.call('SET', KEYS[2], ARGV[3]) redis.call('DEL', KEYS[1]) ", {watermark_key},
                            {text_of({std::move(from), token_})});
}

runtime::awaitable<std::vector<std::optional<std::int64_t>>> scores_of(redis::client& boards, std::string key,
                                                                       std::vector<std::string> members) {
  std::vector<std::string> words = {"ZMSCORE", std::move(key)};
  words.insert(words.end(), std::move_iterator(members.begin()), std::move_iterator(members.end()));
  const redis::reply answer = co_await boards.send(std::move(words));
  std::vector<std::optional<std::int64_t>> scores;
  for (const auto& score : *answer.list())
    scores.push_back(score.is_nil() ? std::nullopt : std::optional(number_in(score)));
  co_return scores;
}

runtime::awaitable<std::int64_t> persons_on(redis::client& boards, std::string key) {
  const redis::reply answer = co_await boards.command("ZCARD", key);
  co_return number_in(answer);
}

runtime::awaitable<std::vector<std::string>> board_keys(redis::client& boards) {
  co_return co_await keys_like(boards, std::string(board_prefix));
}

}  // namespace ranking
