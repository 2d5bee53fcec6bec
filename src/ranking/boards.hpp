// The boards in Redis. Only absolute scores are ever written, so repeating an update is harmless; and each carries the
// number of ledger entries it was computed from, so that one that arrives late never replaces a newer one.
#pragma once
#include <map>
#include <optional>
#include <vector>

#include "ranking/store.hpp"
#include "redis/client.hpp"

namespace ranking {

struct board_row {
  std::int64_t rank = 0;
  std::int64_t person_id = 0;
  std::int64_t points = 0;
};

struct board_page {
  std::int64_t persons = 0;
  std::vector<board_row> top;  // the first 100
  std::vector<board_row>
      neighbours;  // three before, the person, three behind; empty where the person is not on the board
};

// One command.
runtime::awaitable<board_page> read_board(redis::client& boards, std::string key, std::int64_t person_id);

// How far the ledger has been shown. `token` names the rebuild it goes back to: a projector that was overtaken by a
// rebuild can't put its own position over it.
struct watermark {
  ledger_position position;
  std::string token;
};
runtime::awaitable<std::optional<watermark>> read_watermark(redis::client& boards);
// False where it is no longer `from`.
runtime::awaitable<bool> advance_watermark(redis::client& boards, watermark from, ledger_position to);

// Boards under way beside those in service: their keys carry the rebuild's token and expire when it is given up.
class rebuilding {
 public:
  rebuilding(redis::client& boards, std::string token) : boards_(boards), token_(std::move(token)) {}

  // False where another rebuild is under way.
  runtime::awaitable<bool> begin();
  runtime::awaitable<> give_up();
  runtime::awaitable<> add(std::vector<standing> standings, calendar c);
  // Puts the new boards over those in service, removes what the ledger does not know, and sets the watermark. Until
  // that is done there is no watermark, so that an interrupted change leads to another rebuild.
  runtime::awaitable<> finish(ledger_position from);

  std::int64_t boards() const { return static_cast<std::int64_t>(expiry_by_key_.size()); }

 private:
  runtime::awaitable<> if_not_overtaken(std::string script, std::vector<std::string> keys,
                                        std::vector<std::string> values);
  runtime::awaitable<> replace(std::vector<std::string> keys);
  std::string beside(std::string_view key) const { return "rebuilding:" + token_ + ":" + std::string(key); }

  redis::client& boards_;
  const std::string token_;
  std::map<std::string, std::int64_t> expiry_by_key_;  // of the boards in service
};

// Shows standings on the boards in service.
runtime::awaitable<> show_standings(redis::client& boards, std::vector<standing> standings, calendar c);

// What Redis holds, for a comparison with the ledger. Nothing for a member that is not on the board.
runtime::awaitable<std::vector<std::optional<std::int64_t>>> scores_of(redis::client& boards, std::string key,
                                                                       std::vector<std::string> members);
runtime::awaitable<std::int64_t> persons_on(redis::client& boards, std::string key);
runtime::awaitable<std::vector<std::string>> board_keys(redis::client& boards);

}  // namespace ranking
