#include "exam/closing.hpp"

#include "base/log.hpp"
#include "exam/rules.hpp"

namespace exam {
namespace {

constexpr int page_size = 100;          // attempts looked at in one go
constexpr std::size_t chunk_size = 20;  // attempts closed in one transaction

std::vector<std::int64_t> ids_of(std::span<const closable> some) {
  std::vector<std::int64_t> ids;
  for (const auto& one : some) ids.push_back(one.attempt_id);
  return ids;
}

runtime::awaitable<papers> load_papers(postgres::pool& database, std::vector<std::int64_t> attempt_ids) {
  co_return co_await database.read([&](pqxx::transaction_base& t) { return find_papers(t, attempt_ids); });
}

marking_keys keys_for(const papers& of, const paper_versions& versions) {
  marking_keys keys;
  for (const auto& [unused, paper] : of)
    for (const auto& row : paper)
      keys.try_emplace(row.version_id, marking_key{versions.type(row.version_id), versions.key(row.version_id).answer});
  return keys;
}

// Marks closed attempts from the log. Papers and keys never change, so they may be older than the transaction; the
// answers are read in it, after the attempts' rows were locked.
std::vector<marked_attempt> mark_all(pqxx::transaction_base& t, const std::vector<std::int64_t>& attempt_ids,
                                     std::span<const closable> facts, const papers& of, const marking_keys& keys) {
  const auto given = newest_answers(t, attempt_ids);
  std::vector<marked_attempt> results;
  for (const auto attempt_id : attempt_ids) {
    const auto found = given.find(attempt_id);
    const auto fact = std::ranges::find(facts, attempt_id, &closable::attempt_id);
    const std::span<const answer> newest = found == given.end() ? std::span<const answer>{} : found->second;
    results.push_back(marked(of.at(attempt_id), newest, keys, fact->pass_points));
  }
  return results;
}

runtime::awaitable<int> close_chunk(postgres::pool& database, std::span<const closable> chunk, const papers& of,
                                    const marking_keys& keys, std::chrono::milliseconds grace) {
  co_return co_await database.write([&](pqxx::transaction_base& t) {
    const auto closed = close_overdue(t, ids_of(chunk), grace);
    if (!closed.empty()) insert_results(t, mark_all(t, closed, chunk, of, keys));
    return static_cast<int>(closed.size());
  });
}

runtime::awaitable<int> close_page(postgres::pool& database, const bank::library& library,
                                   std::span<const closable> page, std::chrono::milliseconds grace) {
  const auto of = co_await load_papers(database, ids_of(page));
  const auto versions = co_await paper_versions::load(library, of);
  const auto keys = keys_for(of, versions);
  int closed = 0;
  for (std::size_t begin = 0; begin < page.size(); begin += chunk_size) {
    const int some =
        co_await close_chunk(database, page.subspan(begin, std::min(chunk_size, page.size() - begin)), of, keys, grace);
    closed += some;
  }
  co_return closed;
}

// One attempt that can't be closed must not keep the others open: it is named in the log, and tried again next time.
runtime::awaitable<int> close_one_by_one(postgres::pool& database, const bank::library& library,
                                         std::span<const closable> page, std::chrono::milliseconds grace) {
  int closed = 0;
  for (std::size_t i = 0; i < page.size(); ++i) {
    try {
      const int one = co_await close_page(database, library, page.subspan(i, 1), grace);
      closed += one;
    } catch (const runtime::unavailable&) {
      throw;
    } catch (const std::exception& error) {
      base::log::error("attempt_not_closed",
                       {{"attempt", page[i].attempt_id}, {"what", std::string_view(error.what())}});
    }
  }
  co_return closed;
}

// The whole page at once, or one by one where that fails.
runtime::awaitable<int> close_what_can_be(postgres::pool& database, const bank::library& library,
                                          std::span<const closable> page, std::chrono::milliseconds grace) {
  bool failed = false;
  int closed = 0;
  try {
    closed = co_await close_page(database, library, page, grace);
  } catch (const runtime::unavailable&) {
    throw;
  } catch (const std::exception&) {
    failed = true;
  }
  if (failed) closed = co_await close_one_by_one(database, library, page, grace);
  co_return closed;
}

// Which results of a page differ from what is stored; puts them right unless it only checks.
runtime::awaitable<std::vector<std::int64_t>> rebuild_page(postgres::pool& database, const bank::library& library,
                                                           std::span<const closable> page, bool check_only) {
  const auto ids = ids_of(page);
  const auto of = co_await load_papers(database, ids);
  const auto versions = co_await paper_versions::load(library, of);
  const auto keys = keys_for(of, versions);
  co_return co_await database.write([&](pqxx::transaction_base& t) {
    const auto stored = find_results(t, ids);
    std::vector<std::int64_t> differing;
    std::vector<marked_attempt> right;
    for (auto& made : mark_all(t, ids, page, of, keys)) {
      const auto before = stored.find(made.attempt_id);
      if (before != stored.end() && before->second == made) continue;
      differing.push_back(made.attempt_id);
      right.push_back(std::move(made));
    }
    if (!check_only && !right.empty()) {
      delete_results(t, differing);
      insert_results(t, right);
    }
    return differing;
  });
}

}  // namespace

runtime::awaitable<paper_versions> paper_versions::load(const bank::library& library, const papers& of) {
  paper_versions loaded;
  loaded.image_ = library.current();
  std::vector<std::int64_t> missing;
  for (const auto& [unused, paper] : of)
    for (const auto& row : paper)
      if (!loaded.image_->version(row.version_id)) missing.push_back(row.version_id);
  std::ranges::sort(missing);
  const auto repeated = std::ranges::unique(missing);
  missing.erase(repeated.begin(), repeated.end());
  if (missing.empty()) co_return loaded;
  auto older = co_await library.versions(std::move(missing));
  for (auto& version : older) loaded.older_.emplace(version.version_id, std::move(version));
  co_return loaded;
}

question::type paper_versions::type(std::int64_t version_id) const {
  const auto* published = image_->version(version_id);
  return published ? published->type : older_.at(version_id).type;
}

const question::content& paper_versions::content(std::int64_t version_id) const {
  const auto* published = image_->version(version_id);
  return published ? published->content : older_.at(version_id).content;
}

const question::key& paper_versions::key(std::int64_t version_id) const {
  const auto* published = image_->version(version_id);
  return published ? image_->key_of(*published).key : older_.at(version_id).key;
}

const std::string& paper_versions::source(std::int64_t version_id) const {
  const auto* published = image_->version(version_id);
  return published ? image_->key_of(*published).source : older_.at(version_id).source;
}

runtime::awaitable<bool> hand_in(postgres::pool& database, const bank::library& library, const attempt_facts& facts,
                                 std::chrono::milliseconds grace) {
  const std::vector<std::int64_t> ids = {facts.attempt.attempt_id};
  const std::vector<closable> closing = {{facts.attempt.attempt_id, facts.pass_points}};
  const auto of = co_await load_papers(database, ids);
  const auto versions = co_await paper_versions::load(library, of);
  const auto keys = keys_for(of, versions);
  co_return co_await database.write([&](pqxx::transaction_base& t) {
    if (!close_attempt(t, facts.attempt.attempt_id, facts.attempt.person_id, grace)) return false;
    insert_results(t, mark_all(t, ids, closing, of, keys));
    return true;
  });
}

runtime::awaitable<int> close_overdue(postgres::pool& database, const bank::library& library,
                                      std::chrono::milliseconds grace) {
  int closed = 0;
  closable last;
  for (;;) {
    const auto page =
        co_await database.read([&](pqxx::transaction_base& t) { return list_overdue(t, last, page_size, grace); });
    if (page.empty()) co_return closed;
    last = page.back();
    const int some = co_await close_what_can_be(database, library, page, grace);
    closed += some;
  }
}

runtime::awaitable<rebuild_report> rebuild(postgres::pool& database, const bank::library& library,
                                           std::optional<std::int64_t> sitting_id, bool check_only) {
  rebuild_report report;
  std::int64_t last = 0;
  for (;;) {
    const auto page =
        co_await database.read([&](pqxx::transaction_base& t) { return list_closed(t, sitting_id, last, page_size); });
    if (page.empty()) co_return report;
    last = page.back().attempt_id;
    report.attempts += static_cast<int>(page.size());
    const auto differing = co_await rebuild_page(database, library, page, check_only);
    report.differing.insert(report.differing.end(), differing.begin(), differing.end());
  }
}

}  // namespace exam
