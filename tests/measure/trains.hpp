#pragma once
// Trains for the tests of measures: by hand, and at random from a fixed seed (the same on any standard library).
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <string_view>
#include <vector>

#include "measure/measures.hpp"

namespace trains {

using Times = std::vector<double>;

/// Uniform numbers in [0, 1).
class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  double next() { return static_cast<double>(engine_() >> 11) * 0x1p-53; }
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(next() * static_cast<double>(n)); }

 private:
  std::mt19937_64 engine_;
};

/// `count` spikes in [0, to), at multiples of 1/64 ms, so that sums and differences of times are exact.
inline Times random_train(Random& random, std::size_t count, double to_ms) {
  Times t;
  for (std::size_t i = 0; i < count; ++i) t.push_back(std::floor(random.next() * to_ms * 64) / 64);
  std::sort(t.begin(), t.end());
  return t;
}

inline Times shifted(Times t, double by_ms) {
  for (double& x : t) x += by_ms;
  return t;
}

/// A trace at -65 with triangular action potentials: from -65 to 35 in 1 ms, down to -75 in 2 ms, back in 2 ms; they
/// cross -10, 0.55 ms after their beginning, at the given times.
inline std::vector<double> triangular(const Times& spikes, double dt_ms, std::size_t samples) {
  std::vector<double> v(samples, -65);
  for (const double spike : spikes)
    for (std::size_t k = 0; k < samples; ++k) {
      const double t = static_cast<double>(k) * dt_ms - (spike - 0.55);
      if (t > 0 && t <= 1) v[k] = -65 + 100 * t;
      else if (t > 1 && t <= 3) v[k] = 35 - 55 * (t - 1);
      else if (t > 3 && t <= 5) v[k] = -75 + 5 * (t - 3);
    }
  return v;
}

inline hillock::ScoredWindow spikes_only(const Times& spikes, double from_ms, double to_ms) {
  return {.from_ms = from_ms, .to_ms = to_ms, .spikes_ms = spikes, .voltage = {}};
}

/// One train in [0, 100) ms.
inline hillock::Score score(std::string_view measure, const Times& spikes,
                            const hillock::MeasureOptions& options = {}) {
  return hillock::evaluate(measure, spikes_only(spikes, 0, 100), nullptr, options);
}

/// Model and data in [0, to) ms.
inline hillock::Score score(std::string_view measure, const Times& model, const Times& data,
                            const hillock::MeasureOptions& options = {}, double to_ms = 100) {
  const auto recording = spikes_only(data, 0, to_ms);
  return hillock::evaluate(measure, spikes_only(model, 0, to_ms), &recording, options);
}

}  // namespace trains
