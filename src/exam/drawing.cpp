#include "exam/drawing.hpp"

#include <algorithm>
#include <deque>
#include <numeric>

namespace exam {
namespace {

using table = std::vector<std::vector<int>>;  // [range][part]

// Fills a table whose rows and columns must have given sums, each cell at most its capacity: a flow that starts from
// what is given and grows along augmenting paths until both margins are met or no path is left.
class flow {
 public:
  flow(std::vector<int> row_sums, std::vector<int> column_sums)
      : rows_left_(std::move(row_sums)),
        columns_left_(std::move(column_sums)),
        filled_(rows_left_.size(), std::vector<int>(columns_left_.size())) {}

  void put(std::size_t row, std::size_t column, int amount) {
    filled_[row][column] += amount;
    rows_left_[row] -= amount;
    columns_left_[column] -= amount;
  }

  // Adds one unit along a shortest path within `capacity`, looking at rows and columns in the given orders.
  bool grow(const table& capacity, const std::vector<std::size_t>& row_order,
            const std::vector<std::size_t>& column_order) {
    row_before_.assign(columns_left_.size(), none);
    column_before_.assign(rows_left_.size(), none);
    row_reached_.assign(rows_left_.size(), false);
    std::deque<std::size_t> waiting;
    for (const auto row : row_order)
      if (rows_left_[row] > 0) row_reached_[row] = true, waiting.push_back(row);
    for (; !waiting.empty(); waiting.pop_front()) {
      const auto row = waiting.front();
      for (const auto column : column_order) {
        if (column_reached(column) || filled_[row][column] >= capacity[row][column]) continue;
        row_before_[column] = row;
        if (columns_left_[column] > 0) return take_path(column), true;
        for (const auto next : row_order)
          if (!row_reached_[next] && filled_[next][column] > 0)
            row_reached_[next] = true, column_before_[next] = column, waiting.push_back(next);
      }
    }
    return false;
  }

  const table& filled() const { return filled_; }
  int missing() const { return std::accumulate(rows_left_.begin(), rows_left_.end(), 0); }

  // After grow() has failed: what more questions in this cell would help. These cells are the minimum cut.
  bool is_short(std::size_t row, std::size_t column) const { return row_reached_[row] && !column_reached(column); }

 private:
  static constexpr std::size_t none = SIZE_MAX;
  bool column_reached(std::size_t column) const { return row_before_[column] != none; }

  void take_path(std::size_t column) {
    --columns_left_[column];
    for (;;) {
      const auto row = row_before_[column];
      ++filled_[row][column];
      column = column_before_[row];
      if (column == none) return void(--rows_left_[row]);
      --filled_[row][column];
    }
  }

  std::vector<int> rows_left_, columns_left_;
  table filled_;
  std::vector<std::size_t> row_before_, column_before_;
  std::vector<bool> row_reached_;
};

std::vector<std::size_t> shuffled(std::size_t count, base::seeded_random& random) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  random.shuffle(order);
  return order;
}

// Which range and part lack questions, and how many they have.
base::problem lack(const stock& s, const flow& f) {
  base::problem p{.kind = base::problem_kind::invalid, .code = "blueprint_lacks_questions"};
  const auto& parts = s.blueprint().parts;
  const auto add = [&](std::string pointer, std::string code, int need, int have, const stock::range* range) {
    base::message_values values = {{"need", std::to_string(need)}, {"have", std::to_string(have)}};
    if (range) values.insert(values.end(), {{"range", range->code}, {"name", range->name}});
    p.faults.push_back({std::move(pointer), std::move(code), std::move(values)});
  };
  for (const auto& range : s.ranges()) {
    const int have = std::accumulate(range.have.begin(), range.have.end(), 0);
    if (have < range.share) add("/parts", "range_lacks_questions", range.share, have, &range);
  }
  for (std::size_t part = 0; part < parts.size(); ++part) {
    int have = 0;
    for (const auto& range : s.ranges()) have += std::min(range.have[part], range.share);
    if (have < parts[part].questions)
      add("/parts/" + std::to_string(part), "part_lacks_questions", parts[part].questions, have, nullptr);
  }
  if (!p.faults.empty()) return p;
  // Each margin could be met alone, both together can't: the cells in the way.
  for (std::size_t row = 0; row < s.ranges().size(); ++row) {
    for (std::size_t part = 0; part < parts.size(); ++part) {
      const auto& range = s.ranges()[row];
      if (f.is_short(row, part))
        add("/parts/" + std::to_string(part), "range_lacks_of_part", range.have[part] + f.missing(), range.have[part],
            &range);
    }
  }
  return p;
}

// How many questions of each part each range gives. First no cell is further than rounding from its proportional
// share, then as far as the bank demands.
base::result<table> apportion(const stock& s, base::seeded_random& random) {
  const auto& parts = s.blueprint().parts;
  const auto& ranges = s.ranges();
  std::vector<int> rows, columns;
  for (const auto& range : ranges) rows.push_back(range.share);
  for (const auto& part : parts) columns.push_back(part.questions);
  const std::int64_t total = s.blueprint().questions();
  flow f{rows, columns};
  table have, rounded;
  for (std::size_t row = 0; row < ranges.size(); ++row) {
    have.push_back(ranges[row].have);
    rounded.emplace_back();
    for (std::size_t part = 0; part < parts.size(); ++part) {
      const std::int64_t product = std::int64_t{rows[row]} * columns[part];
      rounded[row].push_back(std::min(have[row][part], static_cast<int>((product + total - 1) / total)));
      f.put(row, part, std::min(have[row][part], static_cast<int>(product / total)));
    }
  }
  const auto row_order = shuffled(rows.size(), random);
  const auto column_order = shuffled(columns.size(), random);
  while (f.grow(rounded, row_order, column_order)) {
  }
  while (f.grow(have, row_order, column_order)) {
  }
  const bool met = f.missing() == 0 && std::accumulate(rows.begin(), rows.end(), 0) == total;
  if (!met) return std::unexpected(lack(s, f));
  return f.filled();
}

// Gives the slots of one range to its points: a point gets a second question only when each point that still could give
// one has given one; core points come first. One round is a bipartite matching: adding points in the order of
// importance along augmenting paths gives the most important ones, whatever types their questions have.
class point_choice {
 public:
  point_choice(const stock::range& range, std::vector<int> slots, base::seeded_random& random)
      : range_(range), slots_(std::move(slots)), taken_(range.points.size(), std::vector<int>(slots_.size())) {
    order_ = shuffled(range.points.size(), random);
    std::ranges::stable_sort(order_, {}, [&](std::size_t point) { return range_.points[point].importance; });
    parts_ = shuffled(slots_.size(), random);
  }

  // How many questions of each part each point gives. The range has enough for its slots, so every round fills one.
  const table& choose() {
    while (slots_left() > 0) {
      given_.assign(range_.points.size(), none);
      for (const auto point : order_) {
        if (slots_left() == 0) break;
        give(point);
      }
      for (std::size_t point = 0; point < given_.size(); ++point)
        if (given_[point] != none) ++taken_[point][given_[point]];
    }
    return taken_;
  }

 private:
  static constexpr std::size_t none = SIZE_MAX;
  int slots_left() const { return std::accumulate(slots_.begin(), slots_.end(), 0); }

  bool offers(std::size_t point, std::size_t part) const {
    return std::ssize(range_.points[point].of_part[part]) > taken_[point][part];
  }

  // Finds the new point a slot, where need be by moving points that have one to another part.
  void give(std::size_t newcomer) {
    std::vector<std::size_t> mover(slots_.size(), none);  // the point that would move into this part
    std::deque<std::size_t> waiting;
    const auto reach = [&](std::size_t point, std::size_t part) {
      if (mover[part] != none || !offers(point, part)) return;
      mover[part] = point;
      waiting.push_back(part);
    };
    for (const auto part : parts_) reach(newcomer, part);
    for (; !waiting.empty(); waiting.pop_front()) {
      auto part = waiting.front();
      if (slots_[part] > 0) {
        --slots_[part];
        while (part != none)
          std::swap(given_[mover[part]], part);  // each mover leaves its own part to the mover before
        return;
      }
      for (const auto point : order_)
        if (given_[point] == part)
          for (const auto other : parts_) reach(point, other);
    }
  }

  const stock::range& range_;
  std::vector<int> slots_;  // still to be given, by part
  table taken_;             // by earlier rounds
  std::vector<std::size_t> order_, parts_;
  std::vector<std::size_t> given_;  // in this round: the part each point gives to
};

void pick(const stock::questions& from, int count, base::seeded_random& random, stock::questions& into) {
  if (count == 1) return into.push_back(from[random.below(from.size())]);
  stock::questions left = from;
  for (; count > 0; --count) {
    const auto at = static_cast<std::size_t>(random.below(left.size()));
    into.push_back(left[at]);
    left[at] = left.back();
    left.pop_back();
  }
}

}  // namespace

std::vector<share> spread(const bank::outline& o, int questions) {
  std::vector<share> shares;
  std::int64_t weights = 0;
  for (const auto& range : o.ranges)
    if (range.deepest) shares.push_back({&range, 0}), weights += range.weight;
  if (weights == 0) return shares;
  const auto product = [&](const share& s) { return std::int64_t{questions} * s.range->weight; };
  std::vector<share*> by_remainder;
  int left = questions;
  for (auto& s : shares) {
    s.questions = static_cast<int>(product(s) / weights);
    left -= s.questions;
    by_remainder.push_back(&s);
  }
  std::ranges::sort(by_remainder, [&](const share* a, const share* b) {
    const auto key = [&](const share* s) { return std::pair{-(product(*s) % weights), -s->range->weight}; };
    return std::pair{key(a), std::string_view(a->range->code)} < std::pair{key(b), std::string_view(b->range->code)};
  });
  for (int i = 0; i < left; ++i) ++by_remainder[static_cast<std::size_t>(i)]->questions;
  return shares;
}

stock::stock(const exam::blueprint& b, const bank::outline& o, const finder& questions_of) : blueprint_(b) {
  for (const auto& [facts, questions] : spread(o, b.questions())) {
    if (questions == 0) continue;
    range made{facts->code, facts->name, questions, {}, {}};
    std::unordered_map<std::int64_t, std::size_t> place_of;
    for (const auto& p : o.points) {
      if (p.range_id != facts->range_id) continue;
      place_of.emplace(p.point_id, made.points.size());
      made.points.push_back({p.importance, std::vector<stock::questions>(b.parts.size())});
    }
    for (std::size_t part = 0; part < b.parts.size(); ++part) {
      const auto found = questions_of(facts->range_id, b.parts[part].type);
      for (const auto* q : found) made.points[place_of.at(q->point_id)].of_part[part].push_back(q);
      made.have.push_back(static_cast<int>(found.size()));
    }
    ranges_.push_back(std::move(made));
  }
}

stock::stock(const exam::blueprint& b, std::shared_ptr<const bank::image> image)
    : stock(b, *image->outline(b.outline_id), [&](std::int64_t range_id, question::type t) {
        return image->questions(b.outline_id, range_id, t, b.pool);
      }) {
  image_ = std::move(image);
}

base::result<std::vector<drawn_question>> draw(const stock& s, std::uint64_t seed) {
  base::seeded_random random{seed};
  const auto counts = apportion(s, random);
  if (!counts) return std::unexpected(counts.error());
  const auto& parts = s.blueprint().parts;
  std::vector<stock::questions> chosen(parts.size());
  for (std::size_t row = 0; row < s.ranges().size(); ++row) {
    const auto& range = s.ranges()[row];
    point_choice choice{range, (*counts)[row], random};
    const auto& of_point = choice.choose();
    for (std::size_t point = 0; point < of_point.size(); ++point)
      for (std::size_t part = 0; part < parts.size(); ++part)
        if (of_point[point][part] > 0)
          pick(range.points[point].of_part[part], of_point[point][part], random, chosen[part]);
  }
  std::vector<drawn_question> paper;
  for (std::size_t part = 0; part < parts.size(); ++part) {
    random.shuffle(chosen[part]);
    for (const auto* q : chosen[part])
      paper.push_back({q, parts[part].points, question::shuffled_order(q->shape(), random)});
  }
  return paper;
}

}  // namespace exam
