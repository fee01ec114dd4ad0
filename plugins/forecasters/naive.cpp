// The last value, for every lead time. Its interval at lead h is where x[t+h] - x[t] lay in the training part: empirical quantiles, since the differences
// of a spiking trace are bounded and far from normal, so that the sqrt(h) law of a random walk would be wrong at every lead. Leads of which the training
// part has fewer than 20 differences take those of the longest lead that has them. Quantiles as in median.
#include <algorithm>
#include <cmath>
#include <hillock/forecaster.hpp>

using hillock::BadInput, hillock::Forecast, hillock::Options, hillock::Series;

struct Naive {
  static constexpr auto id = "naive", version = "1.0.0", cite = "isbn:9780987507136",
                        meaning = "the last value, past changes as interval";

  Naive(std::uint64_t, const Options&) {}

  void fit(const Series& training) {
    if (training.values.size() < 2) throw BadInput("the training part has fewer than two values");
    training_.assign(training.values.begin(), training.values.end());
    for (const double x : training_)
      if (!std::isfinite(x)) throw BadInput("the training part holds what is no finite number");
  }

  Forecast predict(const Series& history, std::size_t horizon, const std::vector<std::span<const double>>&,
                   std::span<const double> levels) const {
    if (history.values.empty()) throw BadInput("there is no value before the forecast");
    if (training_.empty()) throw std::logic_error("asked for a forecast before it was fitted");
    const double last = history.values.back();
    Forecast f;
    f.mean.assign(horizon, last);
    f.low.assign(levels.size(), std::vector<double>(horizon));
    f.high = f.low;
    if (levels.empty()) return f;
    const std::size_t longest = training_.size() > 20 ? training_.size() - 20 : 1;
    std::vector<double> changes;
    for (std::size_t h = 0; h < horizon; ++h) {
      if (h < longest) changes = sorted_changes(h + 1);
      for (std::size_t l = 0; l < levels.size(); ++l) {
        f.low[l][h] = last + quantile(changes, 0.5 - levels[l] / 200);
        f.high[l][h] = last + quantile(changes, 0.5 + levels[l] / 200);
      }
    }
    return f;
  }

 private:
  /// x[t+lead] - x[t] over the training part; of a long one, some 2000 evenly spread.
  std::vector<double> sorted_changes(std::size_t lead) const {
    const std::size_t n = training_.size() - lead, stride = n / 2000 + 1;
    std::vector<double> out;
    for (std::size_t t = 0; t < n; t += stride) out.push_back(training_[t + lead] - training_[t]);
    std::sort(out.begin(), out.end());
    return out;
  }
  static double quantile(const std::vector<double>& sorted, double q) {
    const double at = q * static_cast<double>(sorted.size() - 1);
    const auto k = static_cast<std::size_t>(at);
    const double next = sorted[std::min(k + 1, sorted.size() - 1)];
    return sorted[k] + (at - static_cast<double>(k)) * (next - sorted[k]);
  }
  std::vector<double> training_;
};
HILLOCK_FORECASTER(Naive)
