#pragma once
// Times of samples as a start and a step. Programs round times when they print them, keep them in single precision, or
// add a step again and again; a time that is missing, or a change of the sampling, is of another size than all of
// these.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <span>

namespace hillock::times {

/// The shortest decimal within `slack` of x, so that times of 0, 0.05, 0.1 have a step of 0.05 to the last bit.
struct Shortest {
  double value;
  int digits;
};
inline Shortest shortest(double x, double slack) {
  for (int digits = 1; digits < 13; ++digits) {
    std::array<char, 40> text{};
    const int size = std::snprintf(text.data(), text.size(), "%.*e", digits - 1, x);
    double y = x;
    std::from_chars(text.data(), text.data() + size, y);
    if (std::abs(y - x) <= slack) return {y, digits};
  }
  return {x, 17};
}

struct Grid {
  bool even = false;
  double start = 0, step = 0;              ///< in the unit of the times
  double start_slack = 0, step_slack = 0;  ///< how far off they may be
  std::size_t worst = 1;                   ///< the time that is farthest from one step after the time before
};

/// REQUIRES: at least two times, which rise. `half_digit`: half a unit of the last digit that the times were printed
/// with; 0: in full.
inline Grid grid_of(std::span<const double> t, double half_digit) {
  Grid g;
  const auto n = static_cast<double>(t.size() - 1);
  const double first = t.front(), dt = (t.back() - first) / n;
  const double largest = std::max(std::abs(first), std::abs(t.back()));
  const double rounding = 8 * 0x1p-53 * largest;  // of reading, and of k*dt
  double low = 0, high = 0, worst_step = 0;
  bool single = true;  // all are what single precision holds, as far as they were printed
  for (std::size_t k = 0; k < t.size(); ++k) {
    const double off = t[k] - (first + static_cast<double>(k) * dt);
    low = std::min(low, off), high = std::max(high, off);
    single = single &&
             std::abs(t[k] - static_cast<double>(static_cast<float>(t[k]))) <= half_digit + 0x1p-53 * std::abs(t[k]);
    if (k == 0) continue;
    const double step = std::abs(t[k] - t[k - 1] - dt);
    if (step > worst_step) worst_step = step, g.worst = k;
  }
  // Rounded one by one, the times lie within the rounding on both sides of a line. Rounding coarser than half a step
  // would hide a missing sample.
  const auto rounded_by = [&](double half) { return half <= 0.25 * dt && high - low <= 2 * half + 2 * rounding; };
  // Added up, they may drift from the line, but each step is the same within a thousandth of it.
  const bool added_up = worst_step <= 1e-3 * dt && high - low <= 0.5 * dt;
  g.even = high - low <= 2 * rounding || rounded_by(half_digit) ||
           (single && rounded_by(half_digit + 0x1p-24 * largest)) || added_up;
  g.start = first, g.step = dt;
  g.start_slack = std::max(rounding, single ? 0x1p-24 * std::abs(first) : 0);
  g.step_slack = std::max(rounding, high - low) / n;
  return g;
}

/// The step in ms, as a short decimal or as that of a short sampling rate if one lies within the slack: 30 kHz are 1/30
/// ms.
inline double tidy_step(double ms, double slack_ms) {
  const Shortest step = shortest(ms, slack_ms), rate = shortest(1 / ms, slack_ms / (ms * ms));
  return rate.digits + 1 < step.digits ? 1 / rate.value : step.value;
}

}  // namespace hillock::times
