#pragma once
// Two traces side by side: the samples of the data in a window, and the model's trace at their times.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "measure/spikes.hpp"

namespace hillock {

/// Samples `begin` to before `end` of a trace.
struct SampleRange {
  std::size_t begin = 0, end = 0;
  std::size_t count() const { return end - begin; }
};

/// Times closer to a sample than this part of the sampling interval are at that sample: 1020 ms is sample 400 of a
/// trace from 1000 ms in steps of 0.05 ms, whichever way the sum is rounded.
inline constexpr double sample_slack = 1e-6;

/// The samples with from <= t < to.
SampleRange samples_within(const Sampled& trace, double from_ms, double to_ms);

/// Calls f(k) for the samples of a range that are in none of these parts of the trace.
template <class F> void each_outside(const Sampled& trace, SampleRange range, Stretches unscored, F&& f) {
  if (unscored.empty()) {
    for (std::size_t k = range.begin; k < range.end; ++k) f(k);
    return;
  }
  std::size_t next = 0;
  for (std::size_t k = range.begin; k < range.end; ++k) {
    // a sample is inside from the begin to before the end, with the same slack as everywhere
    const double t = trace.at_ms(k) + sample_slack * trace.dt_ms;
    while (next < unscored.size() && unscored[next].second <= t) ++next;
    if (next == unscored.size() || t < unscored[next].first) f(k);
  }
}

/// Whether all of these samples are finite, but for those in these parts.
bool all_finite(const Sampled& trace, SampleRange range, Stretches unscored = {});

/// Where a time lies in a trace: at sample `k`, or this part of the way to the next.
struct TracePoint {
  std::size_t k = 0;
  double part = 0;
};
/// Before the first and after the last sample that sample. REQUIRES: the trace has samples.
inline TracePoint point_at(const Sampled& trace, double t_ms) {
  const double x = (t_ms - trace.t0_ms) / trace.dt_ms, last = static_cast<double>(trace.values.size() - 1);
  const double nearest = std::round(x);
  if (std::abs(x - nearest) < sample_slack || x < 0 || x > last)
    return {static_cast<std::size_t>(std::clamp(nearest, 0.0, last)), 0};
  const auto k = static_cast<std::size_t>(x);
  return {k, x - static_cast<double>(k)};
}

/// The trace at a time, linear between samples. REQUIRES: the trace has samples.
inline double value_at(const Sampled& trace, double t_ms) {
  const auto [k, part] = point_at(trace, t_ms);
  if (part == 0) return trace.values[k];
  return trace.values[k] + part * (trace.values[k + 1] - trace.values[k]);  // exact where the trace is constant
}

/// Spikes with the time around them that is not scored, spike − before <= t < spike + after.
struct SpikeCuts {
  double before_ms = 0, after_ms = 0;
  std::vector<double> spikes_ms = {};  ///< ascending
};

/// The pairs of samples to compare.
class PairedTraces {
 public:
  /// Looks at the data's samples with from <= t < to. Keeps spans of the arguments, not copies.
  PairedTraces(const Sampled& model, const Sampled& data, double from_ms, double to_ms, SpikeCuts cuts = {},
               Stretches unscored = {});

  /// Why the traces cannot be compared; empty if they can.
  const std::string& why() const { return why_; }
  /// The data's samples that are scored, those around spikes that are cut included.
  std::size_t samples() const { return samples_; }

  /// Calls f(model, data) for each pair that is not cut, in time. REQUIRES: why() is empty.
  template <class F> void each(F&& f) const {
    if (side_by_side_) {
      const std::size_t last = model_.values.size() - 1;
      for (std::size_t k = range_.begin; k < range_.end; ++k) f(model_.values[std::min(k, last)], data_.values[k]);
      return;
    }
    each_time([&](double t, double data) { f(value_at(model_, t), data); });
  }
  /// The same with f(time, data).
  template <class F> void each_time(F&& f) const {
    std::size_t next = 0;
    each_outside(data_, range_, unscored_, [&](std::size_t k) {
      const double t = data_.at_ms(k);
      while (next < cuts_.spikes_ms.size() && cuts_.spikes_ms[next] + cuts_.after_ms <= t) ++next;
      if (next < cuts_.spikes_ms.size() && cuts_.spikes_ms[next] - cuts_.before_ms <= t) return;
      f(t, data_.values[k]);
    });
  }

 private:
  Sampled model_, data_;
  SpikeCuts cuts_;
  SampleRange range_;
  Stretches unscored_;
  std::size_t samples_ = 0;
  bool side_by_side_;  ///< sample by sample: one grid, and nothing is left out
  std::string why_;
};

/// Whether a measure is told by the sum of (model - data)^2 alone: `mse` and `rmse` are.
bool is_mean_square(std::string_view measure);
/// Its value by that sum over so many samples; NaN without samples. REQUIRES: it is told by it.
double of_squares(std::string_view measure, double sum, double samples);

}  // namespace hillock
