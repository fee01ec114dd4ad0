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

/// The gradient of `evaluate(name, run, data, options)` by the run. Where a measure has a kink (a distance of two equal
/// spike times, a largest sample that two share) it is one of its one-sided slopes, or 0 between them. Throws as
/// `evaluate` does.
Gradient gradient(std::string_view name, const ScoredWindow& run, const ScoredWindow* data = nullptr,
                  const MeasureOptions& options = {});

/// Whether a measure has a gradient where it is defined.
bool has_gradient(std::string_view name);

/// What a measure squares and sums, by the samples at which the run is compared.
struct Residuals {
  Sampled model;              ///< the run's trace
  std::vector<double> at_ms;  ///< where it is compared
  double weight = 0;          ///< of each square in the sum
  /// A trace that is scaled by its own extremes, as `legacy_minmax` does: where they lie, and what they are.
  bool scaled = false;
  double low_ms = 0, high_ms = 0, low = 0, high = 0;

  /// How they move along a direction in which the samples of the run have these slopes, times the root of the weight:
  /// twice the sum of the products of two directions is the Gauss-Newton curvature of the measure (of 1 - measure where
  /// more is better) along both.
  std::vector<double> along(std::span<const double> samples) const;
};

/// Whether a measure is made of a sum of squares.
bool is_sum_of_squares(std::string_view name);
/// Its residuals. REQUIRES: it is one, and it is defined.
Residuals residuals(std::string_view name, const ScoredWindow& run, const ScoredWindow& data,
                    const MeasureOptions& options = {});

}  // namespace hillock
