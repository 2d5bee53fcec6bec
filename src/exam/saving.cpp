// The hot path: the requests of one batch become one statement, and its rows the outcome of every answer.
#include <algorithm>
#include <map>

#include "exam/rules.hpp"
#include "exam/store.hpp"
#include "postgres/array.hpp"

namespace exam {
namespace {

// Where an answer came from. Sorted by what it names, those that name the same row of the log stand together, in the
// order in which they arrived.
struct place {
  std::int64_t attempt_id;
  int position;
  std::int64_t sequence;
  std::size_t request, index;
  auto question() const { return std::pair{attempt_id, position}; }
  auto row() const { return std::tuple{attempt_id, position, sequence}; }
};

std::vector<place> places_of(const std::vector<save_request>& requests) {
  std::vector<place> places;
  for (std::size_t r = 0; r < requests.size(); ++r)
    for (std::size_t i = 0; i < requests[r].given.size(); ++i)
      places.push_back({requests[r].attempt_id, requests[r].given[i].position, requests[r].given[i].sequence, r, i});
  std::ranges::stable_sort(places, {}, &place::row);
  return places;
}

// A row of the log that the batch names: places [begin, end) of the sorted ones.
struct logged_row {
  std::size_t begin = 0, end = 0;
  bool is_told = false;  // the statement spoke of it: its attempt takes answers
  bool inserted = false;
  std::int64_t newest_before = 0;
  std::string logged;
};

std::vector<logged_row> rows_of(const std::vector<place>& places) {
  std::vector<logged_row> rows;
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (i == 0 || places[i].row() != places[i - 1].row()) rows.push_back({.begin = i});
    rows.back().end = i + 1;
  }
  return rows;
}

struct clock_facts {
  base::time_point deadline_at, now;
};
using writable_attempts = std::map<std::int64_t, clock_facts>;

base::time_point time_of(std::int64_t us) { return base::time_point{std::chrono::microseconds{us}}; }

// A row that neither we inserted nor the statement's snapshot showed was committed by another node meanwhile.
std::string logged_answer(pqxx::transaction_base& t, const place& p) {
  return t.exec_prepared1("exam_logged_answer", p.attempt_id, p.position, p.sequence)[0].as<std::string>();
}

// The batch as the statements take it: the attempts, and the rows of the log in columns.
struct columns {
  std::string attempts, row_attempts, positions, sequences, texts;
};

columns columns_of(const std::vector<save_request>& requests, const std::vector<place>& places,
                   const std::vector<logged_row>& rows) {
  postgres::array attempts, row_attempts, positions, sequences, texts;
  for (const auto& row : rows) {
    const auto& first = places[row.begin];
    if (row.begin == 0 || places[row.begin - 1].attempt_id != first.attempt_id) attempts.add(first.attempt_id);
    row_attempts.add(first.attempt_id);
    positions.add(std::int64_t{first.position});
    sequences.add(first.sequence);
    texts.add(std::string_view(requests[first.request].given[first.index].text));
  }
  return {attempts.str(), row_attempts.str(), positions.str(), sequences.str(), texts.str()};
}

// For rows that the log does not hold yet, as nearly all are: cheap, because it tells exceptions alone. A row that is
// there already fails the whole statement with a unique_violation.
writable_attempts write_new(pqxx::transaction_base& t, const columns& batch, const std::vector<place>& places,
                            std::vector<logged_row>& rows, std::chrono::milliseconds grace) {
  writable_attempts writable;
  base::time_point now;
  for (const auto& line : t.exec_prepared("exam_save_new", batch.attempts, batch.row_attempts, batch.positions,
                                          batch.sequences, batch.texts, std::chrono::microseconds{grace}.count())) {
    const auto number = line[0].as<std::int64_t>(), value = line[1].as<std::int64_t>();
    if (number > 0)
      rows[static_cast<std::size_t>(number - 1)].newest_before = value;
    else if (number == 0)
      writable.emplace_hint(writable.end(), value, clock_facts{time_of(line[2].as<std::int64_t>()), {}});
    else
      now = time_of(value);
  }
  for (auto& facts : writable) facts.second.now = now;
  for (auto& row : rows) row.inserted = row.is_told = writable.contains(places[row.begin].attempt_id);
  return writable;
}

// For batches that hold a repetition: tells of every row whether it is new, and what the log held.
writable_attempts write_any(pqxx::transaction_base& t, const columns& batch, const std::vector<place>& places,
                            std::vector<logged_row>& rows, std::chrono::milliseconds grace) {
  writable_attempts writable;
  for (const auto& line : t.exec_prepared("exam_save", batch.attempts, batch.row_attempts, batch.positions,
                                          batch.sequences, batch.texts, std::chrono::microseconds{grace}.count())) {
    const auto number = line[0].as<std::size_t>();
    if (number == 0) {
      writable.emplace(line[1].as<std::int64_t>(),
                       clock_facts{time_of(line[2].as<std::int64_t>()), time_of(line[3].as<std::int64_t>())});
      continue;
    }
    auto& row = rows[number - 1];
    row.is_told = true;
    row.inserted = line[1].as<std::int64_t>() == 1;
    if (!line[2].is_null()) row.newest_before = line[2].as<std::int64_t>();
    if (!row.inserted) row.logged = line[3].is_null() ? logged_answer(t, places[row.begin]) : line[3].as<std::string>();
  }
  return writable;
}

writable_attempts write_log(pqxx::transaction_base& t, const std::vector<save_request>& requests,
                            const std::vector<place>& places, std::vector<logged_row>& rows,
                            std::chrono::milliseconds grace) {
  const auto batch = columns_of(requests, places, rows);
  try {
    return write_new(t, batch, places, rows, grace);
  } catch (const pqxx::unique_violation&) {  // the statement was its own transaction, so nothing of it is left
    return write_any(t, batch, places, rows, grace);
  }
}

// Hands the outcomes of one question's rows [begin, end) to the requests.
void tell(std::vector<save_request>& requests, const std::vector<place>& places, std::span<const logged_row> rows) {
  std::vector<log_entry> entries;
  for (const auto& row : rows) {
    auto& entry = entries.emplace_back(
        log_entry{.sequence = places[row.begin].sequence, .inserted = row.inserted, .logged = row.logged});
    for (std::size_t i = row.begin; i < row.end; ++i)
      entry.sent.push_back(requests[places[i].request].given[places[i].index].text);
  }
  const auto outcomes = outcomes_of(entries, rows.front().newest_before);
  for (std::size_t r = 0; r < rows.size(); ++r)
    for (std::size_t i = rows[r].begin; i < rows[r].end; ++i)
      requests[places[i].request].outcomes[places[i].index] = outcomes[r][i - rows[r].begin];
}

}  // namespace

void save(pqxx::transaction_base& t, std::vector<save_request>& requests, std::chrono::milliseconds grace) {
  const auto places = places_of(requests);
  auto rows = rows_of(places);
  const auto writable = write_log(t, requests, places, rows, grace);
  for (auto& request : requests) {
    const auto facts = writable.find(request.attempt_id);
    request.taken = facts != writable.end();
    if (!request.taken) continue;
    request.deadline_at = facts->second.deadline_at;
    request.server_time = facts->second.now;
    request.outcomes.assign(request.given.size(), outcome::saved);
  }
  for (std::size_t begin = 0, end = 0; begin < rows.size(); begin = end) {
    const auto question = places[rows[begin].begin].question();
    while (end < rows.size() && places[rows[end].begin].question() == question) ++end;
    if (rows[begin].is_told) tell(requests, places, std::span(rows).subspan(begin, end - begin));
  }
}

}  // namespace exam
