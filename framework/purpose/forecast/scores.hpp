#pragma once
// How good forecasts are: measures over all origins, and errors by lead time.
#include <string>
#include <vector>
#include "purpose/forecast/protocol.hpp"

namespace hillock {

struct ForecastMeasure {
  std::string name, unit, meaning;  ///< unit "trace": that of the series
  bool higher_is_better = false;
};
/// All measures of forecasts with these levels, in the order of the manual.
std::vector<ForecastMeasure> forecast_measures(const std::vector<double>& levels);
/// "80", "97_5": a level in the name of a measure.
std::string level_name(double level);

/// Of forecasts of one series, in that order, but for `skill`, `validation_mae` and `corrected_over_raw_mae`, which
/// need more than these forecasts. REQUIRES: there are some.
std::vector<MeasureValue> forecast_scores(const ForecastSeries& series, const std::vector<Issued>& forecasts,
                                          const std::vector<double>& levels);

/// The mean absolute error at each lead.
std::vector<double> error_by_lead(const ForecastSeries& series, const std::vector<Issued>& forecasts);

/// How often intervals held the truth.
struct Coverage {
  double covered = 0, low = 0, high = 0;  ///< share in per cent; 95 % of it when origins are drawn anew in blocks
  double near_spikes = 0, between = 0;    ///< within 5 ms before and 8 ms after a spike, and elsewhere
  double width = 0;
  std::uint64_t origins = 0;  ///< with an interval
};
/// Of one level; NaN where there is none.
Coverage coverage_of(const ForecastSeries& series, const std::vector<Issued>& forecasts, std::size_t level);

/// Spikes of a forecast from `origin`, and of the truth, in ms from the first sample of the forecast.
std::vector<double> spikes_of(const ForecastSeries& series, std::uint64_t origin, const std::vector<double>& trace);
std::vector<double> true_spikes(const ForecastSeries& series, std::uint64_t origin);

}  // namespace hillock
