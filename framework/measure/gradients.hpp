#pragma once
// Slopes of measures by the chain rule: how a measure moves with each spike and each sample it looks at.
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "measure/measures.hpp"

namespace hillock {

/// The gradient of a measure, or why there is none: it is not defined, or it counts and so stands still and jumps.
struct Gradient {
  std::vector<double> by_spike;   ///< by spike of the run, per ms; empty if the measure looks at none
  std::vector<double> by_sample;  ///< by sample of the run's trace; empty if the measure looks at none
  std::string why = {};

  /// The slope of the measure along a direction in which spikes and samples have these slopes.
  double along(std::span<const double> spikes, std::span<const double> samples) const;
};

/// The gradient of `evaluate(name, run, data, options)` by the run. Where a measure has a kink (a distance of two equal spike times, a largest sample
/// that two share) it is one of its one-sided slopes, or 0 between them. Throws as `evaluate` does.
Gradient gradient(std::string_view name, const Observed& run, const Observed* data = nullptr,
                  const MeasureOptions& options = {});

}  // namespace hillock
