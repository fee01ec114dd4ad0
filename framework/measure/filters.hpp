#pragma once
// Filters of sampled traces: a low pass without delay, and other sampling rates.
#include <cstddef>
#include <span>
#include <vector>

#include "measure/spikes.hpp"

namespace hillock {

/// A Butterworth low pass of this order, run forward and then backward: no frequency is delayed, and a sine of
/// frequency f is scaled by 1/(1 + (tan(pi f dt)/tan(pi cutoff dt))^(2 order)), which is 1/2 at the cutoff.
/// Second-order sections by the bilinear transform. The trace is continued at both ends by `low_pass_padding` samples,
/// turned about its first and last one, and the sections start as if the first of these had been there for ever
/// (Gustafsson 1996, doi:10.1109/78.492552, describes the problem; the choice is that of scipy.signal.sosfiltfilt).
/// REQUIRES: 0 < cutoff_hz < 500/dt_ms; order >= 1; more than `low_pass_padding(order)` samples, all finite.
std::vector<double> low_pass(std::span<const double> samples, double dt_ms, double cutoff_hz, int order);
constexpr std::size_t low_pass_padding(int order) { return 3 * (static_cast<std::size_t>(order) + 1); }

/// A sampling rate other than that of a trace: `samples` of them from t0_ms on.
struct Grid {
  double t0_ms = 0, dt_ms = 1;
  std::size_t samples = 0;
};

/// The trace at other times, band-limited: a sinc of 32 zero crossings to each side under a Kaiser window. Sines below
/// 85 % of half the lower of the two sampling rates keep their amplitude within 2e-4 and are not delayed; above half
/// the new rate what is left is below 2e-4, so that nothing is folded down (Oppenheim and Schafer, Discrete-Time Signal
/// Processing, section 7.5). The trace is continued at its ends as by `low_pass`. The same rate gives the samples
/// themselves. REQUIRES: the trace has samples, all finite.
std::vector<double> resampled(const Sampled& trace, const Grid& grid);

/// A current that is held from each sample to the next, at another rate: its mean over each new interval, so that the
/// charge stays the same. REQUIRES: the trace has samples.
std::vector<double> resampled_held(const Sampled& trace, const Grid& grid);

}  // namespace hillock
