// Ids of rows, one type a table, so that an attempt can't be passed where a person is meant.
#pragma once
#include <compare>
#include <cstdint>
#include <functional>

namespace base {

template <class Tag>
struct id {
  std::int64_t value = 0;
  auto operator<=>(const id&) const = default;
};

}  // namespace base

template <class Tag>
struct std::hash<base::id<Tag>> {
  std::size_t operator()(const base::id<Tag>& id) const noexcept { return std::hash<std::int64_t>{}(id.value); }
};
