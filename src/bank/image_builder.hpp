// Puts an image together from the published rows: every reply that many workers share is prepared here, once.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "bank/bank.hpp"

namespace bank {

// A question with its published version, as the tables have it.
struct published_row {
  std::int64_t question_id = 0, version_id = 0, outline_id = 0, point_id = 0;
  int version = 0, difficulty = 0;
  std::string code, type, pool, content, key, source;
};

class image_builder {
 public:
  // Outlines and rows in the order of their ids.
  static std::shared_ptr<const image> built(std::int64_t release_id, std::vector<outline> outlines,
                                            std::vector<published_row> rows);

 private:
  explicit image_builder(image& into) : image_(into) {}
  void take(published_row& row, const point& its_point);
  void index();
  image& image_;
};

}  // namespace bank
