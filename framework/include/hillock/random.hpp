#pragma once
// Random numbers that depend on nothing but their place: the same for any order of steps, any number of threads.
// Philox 4x32-10 (Salmon et al. 2011, doi:10.1145/2063384.2063405) from Random123.
#if !__has_include(<Random123/philox.h>)
#error "hillock/random.hpp needs the headers of Random123: apt install librandom123-dev"
#endif
#include <Random123/philox.h>
#include <array>
#include <cmath>
#include <cstdint>

namespace hillock {

/// A stream of numbers found by their index. `seed` is the user's; `stream` tells apart what shares a seed (an input, a
/// purpose).
class Random {
 public:
  Random(std::uint64_t seed, std::uint64_t stream) : seed_(seed), stream_(stream) {}

  /// Two independent numbers, uniform in (0, 1), never 0 or 1.
  std::array<double, 2> uniform2(std::uint64_t index) const {
    const r123::Philox4x32::ctr_type counter = {{low(index), high(index), low(stream_), high(stream_)}};
    const r123::Philox4x32::key_type key = {{low(seed_), high(seed_)}};
    const auto r = r123::Philox4x32()(counter, key);
    return {unit(r[0], r[1]), unit(r[2], r[3])};
  }
  double uniform(std::uint64_t index) const { return uniform2(index)[0]; }
  /// Normal with mean 0 and variance 1 (Box & Muller 1958).
  double normal(std::uint64_t index) const {
    const auto [a, b] = uniform2(index);
    return std::sqrt(-2 * std::log(a)) * std::cos(6.283185307179586477 * b);
  }
  /// Exponential with mean 1.
  double exponential(std::uint64_t index) const { return -std::log(uniform(index)); }

 private:
  static std::uint32_t low(std::uint64_t x) { return static_cast<std::uint32_t>(x); }
  static std::uint32_t high(std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); }
  /// 53 bits, moved half a step off 0.
  static double unit(std::uint32_t a, std::uint32_t b) {
    const std::uint64_t bits = (std::uint64_t{a} << 32 | b) >> 12;
    return (static_cast<double>(bits) + 0.5) * 0x1p-52;
  }
  std::uint64_t seed_, stream_;
};

}  // namespace hillock
