// Durations in buckets whose width grows with the value (64 for each doubling), so that every quantile is right to 1.6
// % whatever its size, and recording costs a few instructions.
#pragma once
#include <array>
#include <bit>
#include <chrono>
#include <cstdint>

class histogram {
 public:
  void record(std::chrono::nanoseconds duration) {
    const auto value = static_cast<std::uint64_t>(duration.count());
    ++counts_[bucket_of(value < value_max ? value : value_max)];
    ++total_;
  }

  // Microseconds below which this part of the recorded durations lies; 0 where there are none.
  double quantile(double part) const {
    const auto wanted = static_cast<std::uint64_t>(part * static_cast<double>(total_));
    std::uint64_t seen = 0;
    for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) {
      seen += counts_[bucket];
      if (seen > wanted) return static_cast<double>(middle_of(bucket)) / 1000;
    }
    return 0;
  }

  std::uint64_t total() const { return total_; }

 private:
  static constexpr std::uint64_t value_max = (std::uint64_t{1} << 40) - 1;  // 18 minutes
  static constexpr unsigned detail_bits = 6;

  static std::size_t bucket_of(std::uint64_t value) {
    const auto width = static_cast<unsigned>(std::bit_width(value));
    if (width <= detail_bits) return value;
    const unsigned shift = width - detail_bits;  // the leading bit is implied by the shift
    return (std::size_t{shift} << (detail_bits - 1)) + (value >> shift);
  }
  static std::uint64_t middle_of(std::size_t bucket) {
    if (bucket < (std::size_t{1} << detail_bits)) return bucket;
    const std::size_t shift = (bucket >> (detail_bits - 1)) - 1;
    const std::uint64_t lowest = (bucket - (shift << (detail_bits - 1))) << shift;
    return lowest + (std::uint64_t{1} << shift) / 2;
  }

  std::array<std::uint64_t, 2048> counts_{};
  std::uint64_t total_ = 0;
};
