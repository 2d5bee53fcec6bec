// The verbs of ranking. One a worker.
#pragma once
#include <chrono>

#include "base/problem.hpp"
#include "identity/identity.hpp"
#include "ranking/boards.hpp"
#include "ranking/ranking.hpp"

namespace ranking {

struct settings {
  std::chrono::minutes day_offset{480};  // of the platform's time zone from UTC: when a day begins
};

struct board_query {
  std::optional<std::int64_t> organisation_id;  // the root where absent
  std::int64_t trade_id = 0;                    // 0: all
  ranking::period period = period::all;
};

struct board {
  std::int64_t organisation_id = 0;
  std::string organisation_name;
  std::optional<std::chrono::sys_days> first_day;
  board_page page;
  std::unordered_map<std::int64_t, std::string> names;  // of everyone on the page
};

struct rebuild_counts {
  std::int64_t entries = 0, persons = 0, boards = 0;
};

// How Redis compares with the ledger; `examples` are the first few differences in words.
struct comparison {
  std::int64_t persons = 0, boards = 0, differences = 0;
  std::vector<std::string> examples = {};
};

class service {
 public:
  service(postgres::pool& database, redis::client& redis, settings s)
      : database_(database), redis_(redis), settings_(s) {}

  runtime::awaitable<base::result<board>> find_board(const identity::principal& who, board_query q);

  // Computes the persons' current standings from the ledger and shows them.
  runtime::awaitable<> show(std::vector<std::int64_t> persons);

  // The projector's step: shows whoever has earned points since the last one, wherever that was; builds everything
  // again where Redis was emptied. Call it every second; never throws. Several nodes may do so at once.
  runtime::awaitable<> follow();

  // All boards from the ledger, beside those in service; nothing where another rebuild is under way.
  runtime::awaitable<std::optional<rebuild_counts>> rebuild() { return rebuild(false); }

  // While points are being earned, differences may be those of this moment: compare again before believing them.
  runtime::awaitable<comparison> compare();

 private:
  template <class T>
  struct remembered {
    T value;
    base::time_point until;
  };
  calendar current() const { return calendar_at(base::now(), settings_.day_offset); }
  runtime::awaitable<std::optional<identity::organisation>> organisation(std::int64_t organisation_id);
  runtime::awaitable<std::unordered_map<std::int64_t, std::string>> names_on(const board_page& page);
  runtime::awaitable<> follow_ledger();
  runtime::awaitable<std::optional<rebuild_counts>> rebuild(bool only_where_missing);
  runtime::awaitable<rebuild_counts> build(rebuilding& work);

  postgres::pool& database_;
  redis::client& redis_;
  const settings settings_;
  std::unordered_map<std::int64_t, remembered<std::string>> names_;
  std::unordered_map<std::int64_t, remembered<identity::organisation>> organisations_;
};

}  // namespace ranking
