#include "base/text.hpp"

#include <array>
#include <charconv>

namespace base {
namespace {

// How many bytes the code point at the front takes; 0 where the bytes are not UTF-8 (overlong forms and surrogates
// included).
std::size_t code_point_size(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return follows(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    if (!follows(1) || !follows(2)) return 0;
    if ((first == 0xE0 && byte(1) < 0xA0) || (first == 0xED && byte(1) > 0x9F)) return 0;
    return 3;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    if (!follows(1) || !follows(2) || !follows(3)) return 0;
    if ((first == 0xF0 && byte(1) < 0x90) || (first == 0xF4 && byte(1) > 0x8F)) return 0;
    return 4;
  }
  return 0;
}

constexpr std::array<std::string_view, 9> blanks = {" ",  "\t",       "\r",           "\n",          "\v",
                                                    "\f", "\xC2\xA0", "\xE3\x80\x80", "\xEF\xBB\xBF"};

bool drop_blank_in_front(std::string_view& text) {
  for (const auto blank : blanks) {
    if (text.starts_with(blank)) {
      text.remove_prefix(blank.size());
      return true;
    }
  }
  return false;
}

bool drop_blank_behind(std::string_view& text) {
  for (const auto blank : blanks) {
    if (text.ends_with(blank)) {
      text.remove_suffix(blank.size());
      return true;
    }
  }
  return false;
}

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t size = code_point_size(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

std::size_t length_of(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  return count;
}

std::string trimmed(std::string_view text) {
  while (drop_blank_in_front(text)) {
  }
  while (drop_blank_behind(text)) {
  }
  return std::string(text);
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0;;) {
    const std::size_t end = text.find(separator, begin);
    parts.emplace_back(text.substr(begin, end == std::string_view::npos ? end : end - begin));
    if (end == std::string_view::npos) return parts;
    begin = end + 1;
  }
}

std::optional<std::int64_t> to_integer(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return {};
  return number;
}

}  // namespace base
