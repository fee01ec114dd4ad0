#pragma once
// Spikes of sampled traces.
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace hillock {

/// A uniformly sampled trace; sample k is at t0_ms + k * dt_ms. REQUIRES: dt_ms > 0.
struct Sampled {
  double t0_ms = 0, dt_ms = 1;
  std::span<const double> values;
  double at_ms(std::size_t k) const { return t0_ms + static_cast<double>(k) * dt_ms; }
};

/// Stretches of time, from <= t < to: ascending, apart from each other, none empty.
using Stretches = std::span<const std::pair<double, double>>;

/// What counts as a spike in a trace: an upward crossing of `threshold` (from below it to it or above), the next one
/// only after the trace has been below `rearm`.
struct SpikeDefinition {
  double threshold = -10, rearm = -20;  ///< in the unit of the trace, or that per ms; rearm <= threshold
  /// What crosses: the trace, or its slope, the difference of two samples over their distance, at the time halfway
  /// between them.
  enum class Of { trace, slope } of = Of::trace;
};

/// Times of the spikes of a trace in ms, ascending, interpolated linearly between the times at which what crosses is
/// known: exact for a straight upstroke (a parabolic one, by slope), else within dt^2/8 |v2/v1| (dt^2/6 |v3/v2| by
/// slope), vn the n-th derivative around the crossing. A trace that starts at or above `threshold` has to fall below
/// `rearm` first; so has one after a sample that is not finite. REQUIRES: rearm <= threshold.
std::vector<double> detect_spikes(const Sampled& trace, const SpikeDefinition& definition);

}  // namespace hillock
