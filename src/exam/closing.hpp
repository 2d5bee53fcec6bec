// How attempts end: closed by hand-in or at their deadline, marked from what was saved, and the results made again.
// A result is written in the transaction that closes its attempt, so there is never one without the other.
#pragma once
#include "exam/store.hpp"
#include "postgres/pool.hpp"

namespace exam {

// The question versions on some papers: from the image where they are published, else from PostgreSQL.
class paper_versions {
 public:
  static runtime::awaitable<paper_versions> load(const bank::library& library, const papers& of);

  question::type type(std::int64_t version_id) const;
  const question::content& content(std::int64_t version_id) const;
  // For marking, and for results whose key is released.
  const question::key& key(std::int64_t version_id) const;
  const std::string& source(std::int64_t version_id) const;

 private:
  std::shared_ptr<const bank::image> image_;
  std::unordered_map<std::int64_t, bank::question_version> older_;
};

// False where it was closed already.
runtime::awaitable<bool> hand_in(postgres::pool& database, const bank::library& library, const attempt_facts& facts,
                                 std::chrono::milliseconds grace);

// Closes every attempt whose time is up and says how many; any number of nodes may do it at once.
runtime::awaitable<int> close_overdue(postgres::pool& database, const bank::library& library,
                                      std::chrono::milliseconds grace);

struct rebuild_report {
  int attempts = 0;
  std::vector<std::int64_t> differing;
};
// Computes the results of closed attempts again from paper, log and keys; `check_only` changes nothing.
runtime::awaitable<rebuild_report> rebuild(postgres::pool& database, const bank::library& library,
                                           std::optional<std::int64_t> sitting_id, bool check_only);

}  // namespace exam
