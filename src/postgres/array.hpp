// Array literals for one parameter that carries a whole column of a batch: "{1,2,3}" and {"a","b\"c"}.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace postgres {

class array {
 public:
  void add(std::int64_t number) { next().append(std::to_string(number)); }
  void add(std::string_view text) {
    next().push_back('"');
    for (const char c : text) {
      if (c == '"' || c == '\\') text_.push_back('\\');
      text_.push_back(c);
    }
    text_.push_back('"');
  }
  void add_null() { next().append("NULL"); }
  std::string str() const { return text_ + '}'; }

 private:
  std::string& next() {
    if (text_.size() > 1) text_.push_back(',');
    return text_;
  }
  std::string text_ = "{";
};

}  // namespace postgres
