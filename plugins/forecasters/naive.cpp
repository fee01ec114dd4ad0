// The last value, for every lead time. Its interval at lead h is where x[t+h] - x[t] lay in the training part:
// empirical quantiles, since the differences of a spiking trace are bounded and far from normal, so that the sqrt(h)
// law of a random walk would be wrong at every lead. Leads of which the training part has fewer than 20 differences
// take those of the longest lead that has them. Differences are taken within the pieces of the training part, never
// across the gap between two. Quantiles as in median.
#include "common.hpp"

using hillock::BadInput, hillock::Forecast, hillock::Options, hillock::TimeSeries;
using hillock::forecasting::quantile;

struct Naive {
  static constexpr auto id = "naive", version = "1.0.0", cite = "isbn:9780987507136",
                        meaning = "the last value, past changes as interval";
  static constexpr std::uint32_t flags = HK_INTERVALS;

  Naive(std::uint64_t, const Options&) {}

  void fit(std::span<const TimeSeries> pieces) {
    pieces_.clear();
    for (const TimeSeries& piece : pieces) pieces_.emplace_back(piece.values.begin(), piece.values.end());
    if (changes(1) == 0) throw BadInput("the training part has no two values that follow one another");
  }

  Forecast predict(const TimeSeries& history, std::size_t horizon, const std::vector<std::span<const double>>&,
                   std::span<const double> levels) const {
    if (history.values.empty()) throw BadInput("there is no value before the forecast");
    if (changes(1) == 0) throw std::logic_error("asked for a forecast before it was fitted");
    const double last = history.values.back();
    Forecast f;
    f.mean.assign(horizon, last);
    f.low.assign(levels.size(), std::vector<double>(horizon));
    f.high = f.low;
    if (levels.empty()) return f;
    std::vector<double> sorted;
    for (std::size_t h = 0; h < horizon; ++h) {
      if (h == 0 || changes(h + 1) >= 20) sorted = sorted_changes(h + 1);
      for (std::size_t l = 0; l < levels.size(); ++l) {
        f.low[l][h] = last + quantile(sorted, 0.5 - levels[l] / 200);
        f.high[l][h] = last + quantile(sorted, 0.5 + levels[l] / 200);
      }
    }
    return f;
  }

 private:
  static std::size_t changes(const std::vector<double>& piece, std::size_t lead) {
    return piece.size() > lead ? piece.size() - lead : 0;
  }
  /// How many x[t+lead] - x[t] there are in the training part.
  std::size_t changes(std::size_t lead) const {
    std::size_t n = 0;
    for (const std::vector<double>& piece : pieces_) n += changes(piece, lead);
    return n;
  }
  /// x[t+lead] - x[t] over the training part; of a long one, some 2000 evenly spread.
  std::vector<double> sorted_changes(std::size_t lead) const {
    const std::size_t stride = changes(lead) / 2000 + 1;
    std::vector<double> out;
    std::size_t t = 0;
    for (const std::vector<double>& piece : pieces_) {
      const std::size_t n = changes(piece, lead);
      for (; t < n; t += stride) out.push_back(piece[t + lead] - piece[t]);
      t -= n;  // the stride goes on in the next piece
    }
    std::sort(out.begin(), out.end());
    return out;
  }
  std::vector<std::vector<double>> pieces_;
};
HILLOCK_FORECASTER(Naive)
