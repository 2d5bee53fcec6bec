#include "exam/rules.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace exam {
namespace {

constexpr std::array<std::pair<release, std::string_view>, 4> release_names = {
    {{release::nothing, "nothing"}, {release::score, "score"}, {release::answers, "answers"}, {release::key, "key"}}};

constexpr std::string_view nothing_answered = "null";

bool everybody_has_finished(const sitting& s) { return s.registered > 0 && s.closed == s.registered; }

mark mark_of(const paper_row& row, const answer* given, const marking_key& key) {
  constexpr auto rule = question::rule::all_or_nothing;
  mark m{.position = row.position, .key = key.answer, .points_max = row.points, .rule = std::string(name_of(rule))};
  if (!given) return m;
  m.sequence = given->sequence;
  if (given->text == nothing_answered) return m;
  m.answer = question::to_stored_letters(given->text, row.option_order);
  const auto earned = question::marked(key.type, rule, key.answer, *m.answer, row.points);
  m.is_right = earned.is_right;
  m.points = earned.points;
  return m;
}

}  // namespace

int blueprint::questions() const {
  int sum = 0;
  for (const auto& p : parts) sum += p.questions;
  return sum;
}

int blueprint::points() const {
  int sum = 0;
  for (const auto& p : parts) sum += p.questions * p.points;
  return sum;
}

int marked_attempt::answered() const {
  return static_cast<int>(std::ranges::count_if(marks, [](const mark& m) { return m.answer.has_value(); }));
}

std::string_view name_of(release r) {
  return std::ranges::find(release_names, r, &std::pair<release, std::string_view>::first)->second;
}

std::optional<release> release_named(std::string_view name) {
  const auto found = std::ranges::find(release_names, name, &std::pair<release, std::string_view>::second);
  if (found == release_names.end()) return {};
  return found->first;
}

std::string_view name_of(closed_by c) { return c == closed_by::candidate ? "candidate" : "deadline"; }

std::string_view name_of(outcome o) {
  switch (o) {
    case outcome::saved:
      return "saved";
    case outcome::repeated:
      return "repeated";
    case outcome::superseded:
      return "superseded";
    case outcome::conflicting:
      return "conflicting";
  }
  throw std::logic_error("unknown outcome");
}

std::vector<base::fault> faults_in(const blueprint& b) {
  std::vector<base::fault> faults;
  for (std::size_t i = 0; i < b.parts.size(); ++i) {
    const auto first = std::ranges::find(b.parts, b.parts[i].type, &part::type);
    if (first != b.parts.begin() + static_cast<std::ptrdiff_t>(i))
      faults.push_back({"/parts/" + std::to_string(i) + "/type", "type_repeated"});
  }
  if (b.pass_points > b.points())
    faults.push_back({"/pass_points", "pass_points_too_high", {{"maximum", std::to_string(b.points())}}});
  return faults;
}

std::vector<base::fault> faults_in(const sitting& s, base::time_point now) {
  if (s.closes_at <= s.opens_at) return {{"/closes_at", "closes_before_it_opens"}};
  if (s.closes_at <= now) return {{"/closes_at", "time_is_past"}};
  return {};
}

base::result<> may_start(const sitting& s, base::time_point now) {
  const base::message_values window = {
      {"opens_at", base::to_iso(s.opens_at)}, {"closes_at", base::to_iso(s.closes_at)}, {"now", base::to_iso(now)}};
  if (now < s.opens_at) return base::refuse(base::problem_kind::conflict, "sitting_not_open", window);
  if (now >= s.closes_at) return base::refuse(base::problem_kind::conflict, "sitting_over", window);
  return {};
}

base::result<> may_register(const sitting& s, base::time_point now) {
  if (s.released != release::nothing) return base::refuse(base::problem_kind::conflict, "sitting_released");
  if (now >= s.closes_at)
    return base::refuse(base::problem_kind::conflict, "sitting_over", {{"closes_at", base::to_iso(s.closes_at)}});
  return {};
}

base::result<> may_release(const sitting& s, release to, base::time_point now, std::chrono::milliseconds grace) {
  if (to < s.released)
    return base::refuse(base::problem_kind::conflict, "release_backwards",
                        {{"released", std::string(name_of(s.released))}});
  const bool over = now > s.closes_at + grace || everybody_has_finished(s);
  if (!over || s.started != s.closed)
    return base::refuse(base::problem_kind::conflict, "sitting_not_over",
                        {{"closes_at", base::to_iso(s.closes_at)}, {"open", std::to_string(s.started - s.closed)}});
  return {};
}

std::string_view state_for_candidate(const sitting& s, const std::optional<attempt>& own, base::time_point now,
                                     std::chrono::milliseconds grace) {
  if (own) return own->closed_at || now > own->deadline_at + grace ? "done" : "running";
  if (now < s.opens_at) return "upcoming";
  return now < s.closes_at ? "open" : "missed";
}

std::vector<std::vector<outcome>> outcomes_of(std::span<const log_entry> entries, std::int64_t newest_before) {
  const std::int64_t newest = entries.empty() ? newest_before : std::max(newest_before, entries.back().sequence);
  std::vector<std::vector<outcome>> all;
  for (const auto& entry : entries) {
    auto& outcomes = all.emplace_back();
    const std::string& logged = entry.inserted ? entry.sent.front() : entry.logged;
    for (const auto& sent : entry.sent) {
      const bool is_the_one = entry.inserted && outcomes.empty();
      if (is_the_one)
        outcomes.push_back(entry.sequence < newest ? outcome::superseded : outcome::saved);
      else
        outcomes.push_back(sent == logged ? outcome::repeated : outcome::conflicting);
    }
  }
  return all;
}

marked_attempt marked(std::span<const paper_row> paper, std::span<const answer> newest, const marking_keys& keys,
                      int pass_points) {
  marked_attempt result;
  result.score.pass_points = pass_points;
  for (const auto& row : paper) {
    result.attempt_id = row.attempt_id;
    const auto given = std::ranges::find(newest, row.position, &answer::position);
    result.marks.push_back(mark_of(row, given == newest.end() ? nullptr : &*given, keys.at(row.version_id)));
    result.score.points += result.marks.back().points;
    result.score.points_max += row.points;
  }
  result.score.passed = result.score.points >= pass_points;
  return result;
}

view view_of(release r) { return {.answers = r >= release::answers, .key = r >= release::key}; }

}  // namespace exam
