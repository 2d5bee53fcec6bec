// Random numbers: seeded ones that give the same paper again on every machine, and secret ones for tokens and seeds.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace base {

// splitmix64 (Steele, Lea, Flood 2014): small, the same everywhere, good enough to shuffle; never for secrets.
class seeded_random {
 public:
  explicit seeded_random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }

  // Uniform in [0, bound), without the bias of a plain remainder; bound > 0.
  std::uint64_t below(std::uint64_t bound) {
    const std::uint64_t limit = ~std::uint64_t{0} - ~std::uint64_t{0} % bound;
    std::uint64_t drawn = next();
    while (drawn >= limit) drawn = next();
    return drawn % bound;
  }

  template <class T>
  void shuffle(std::vector<T>& items) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }

 private:
  std::uint64_t state_;
};

// From the operating system's generator (libsodium).
std::uint64_t secret_number();
std::string secret_bytes(std::size_t count);

}  // namespace base
