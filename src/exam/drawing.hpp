// Draws a paper from a blueprint: pure, and the same paper again for the same seed and the same release of the bank.
//
// Questions are spread over the deepest ranges by weight (largest remainder); the counts of the types are the second
// margin of that table, filled exactly by maximum flow; within a range each point gives a question before any gives a
// second one, core points first. A blueprint that the bank can't fill is refused with the places that lack questions.
#pragma once
#include <functional>

#include "exam/exam.hpp"

namespace exam {

struct share {
  const bank::range* range = nullptr;
  int questions = 0;
};

// How many questions each deepest range gets. Ties: the larger weight, then the code.
std::vector<share> spread(const bank::outline& o, int questions);

// What a release offers a blueprint, by range, point and part. Made once for both, so that a draw costs as much as the
// paper is long, not as the bank is large.
class stock {
 public:
  using questions = std::vector<const bank::published_question*>;
  using finder =
      std::function<std::span<const bank::published_question* const>(std::int64_t range_id, question::type t)>;

  struct point {
    char importance = 'X';
    std::vector<questions> of_part;
  };
  struct range {
    std::string code, name;
    int share = 0;          // questions of the paper that come from here
    std::vector<int> have;  // questions of each part
    std::vector<point> points;
  };

  stock(const blueprint& b, std::shared_ptr<const bank::image> image);  // the outline must be in the image
  stock(const blueprint& b, const bank::outline& o, const finder& questions_of);

  const exam::blueprint& blueprint() const { return blueprint_; }
  const std::vector<range>& ranges() const { return ranges_; }
  std::int64_t release_id() const { return image_ ? image_->release_id : 0; }

 private:
  exam::blueprint blueprint_;
  std::shared_ptr<const bank::image> image_;  // owns the questions
  std::vector<range> ranges_;                 // in the outline's order
};

struct drawn_question {
  const bank::published_question* question = nullptr;  // belongs to the image
  int points = 0;
  std::string option_order;
};

// In the order of the paper; `blueprint_lacks_questions` where the bank can't fill the blueprint.
base::result<std::vector<drawn_question>> draw(const stock& s, std::uint64_t seed);

}  // namespace exam
