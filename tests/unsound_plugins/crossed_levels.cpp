// A forecaster whose wide intervals lie within its narrow ones.
#include <hillock/forecaster.hpp>
using hillock::Forecast, hillock::Options, hillock::TimeSeries;

struct CrossedLevels {
  static constexpr auto id = "crossed_levels", version = "1.0.0", cite = "none", meaning = "turns levels round";
  static constexpr std::uint32_t flags = HK_INTERVALS;

  CrossedLevels(std::uint64_t, const Options&) {}
  void fit(std::span<const TimeSeries>) {}
  Forecast predict(const TimeSeries&, std::size_t horizon, const std::vector<std::span<const double>>&,
                   std::span<const double> levels) const {
    Forecast f;
    f.mean.assign(horizon, 0);
    for (const double level : levels)
      f.low.emplace_back(horizon, level - 100), f.high.emplace_back(horizon, 100 - level);
    return f;
  }
};
HILLOCK_FORECASTER(CrossedLevels)
