// Small questions about UTF-8 text.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace base {

bool is_utf8(std::string_view text);

// Code points, not bytes; `text` must be UTF-8.
std::size_t length_of(std::string_view text);

// Without white space (ASCII, no-break and ideographic blanks, byte-order mark) at both ends.
std::string trimmed(std::string_view text);

std::vector<std::string> split(std::string_view text, char separator);

// The whole text as a decimal number, or nothing.
std::optional<std::int64_t> to_integer(std::string_view text);

}  // namespace base
