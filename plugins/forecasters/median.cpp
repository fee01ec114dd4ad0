// The median of what was seen, for every lead time, with the quantiles of what was seen as interval: the baseline that
// knows the levels of a series and nothing of its order. Quantiles by linear interpolation (Hyndman & Fan 1996,
// doi:10.1080/00031305.1996.10473566, type 7).
#include "common.hpp"

using hillock::BadInput, hillock::Forecast, hillock::Options, hillock::TimeSeries;
using hillock::forecasting::quantile;

struct Median {
  static constexpr auto id = "median", version = "1.0.0", cite = "doi:10.1080/00031305.1996.10473566",
                        meaning = "the median of the training part, its quantiles as interval";
  static constexpr std::uint32_t flags = HK_INTERVALS;

  Median(std::uint64_t, const Options&) {}

  void fit(std::span<const TimeSeries> pieces) {
    sorted_.clear();
    for (const TimeSeries& piece : pieces) sorted_.insert(sorted_.end(), piece.values.begin(), piece.values.end());
    if (sorted_.empty()) throw BadInput("the training part is empty");
    std::sort(sorted_.begin(), sorted_.end());
  }

  Forecast predict(const TimeSeries&, std::size_t horizon, const std::vector<std::span<const double>>&,
                   std::span<const double> levels) const {
    if (sorted_.empty()) throw std::logic_error("asked for a forecast before it was fitted");
    Forecast f;
    f.mean.assign(horizon, quantile(sorted_, 0.5));
    for (const double level : levels) {
      f.low.emplace_back(horizon, quantile(sorted_, 0.5 - level / 200));
      f.high.emplace_back(horizon, quantile(sorted_, 0.5 + level / 200));
    }
    return f;
  }

 private:
  std::vector<double> sorted_;
};
HILLOCK_FORECASTER(Median)
