// Text files that were built into the binary: file name and content, in the order of the names.
#pragma once
#include <string_view>
#include <utility>
#include <vector>

namespace base {

using embedded_files = std::vector<std::pair<std::string_view, std::string_view>>;

}  // namespace base
