#pragma once
// Spikes of sampled traces.
#include <cstddef>
#include <span>
#include <vector>

namespace hillock {

/// A uniformly sampled trace; sample k is at t0_ms + k * dt_ms. REQUIRES: dt_ms > 0.
struct Sampled {
  double t0_ms = 0, dt_ms = 1;
  std::span<const double> values;
  double at_ms(std::size_t k) const { return t0_ms + static_cast<double>(k) * dt_ms; }
};

/// What counts as a spike in a trace: an upward crossing of `threshold` (from below it to it or above), the next one
/// only after the trace has been below `rearm`.
struct SpikeDefinition {
  double threshold = -10, rearm = -20;  ///< in the unit of the trace; rearm <= threshold
};

/// Times of the spikes of a trace in ms, ascending, interpolated linearly between samples. A trace that starts at or
/// above `threshold` has to fall below `rearm` first; so has one after a sample that is not finite.
/// REQUIRES: rearm <= threshold.
std::vector<double> detect_spikes(const Sampled& trace, const SpikeDefinition& definition);

}  // namespace hillock
