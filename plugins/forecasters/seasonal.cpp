// The last period, again and again (seasonal naive; Hyndman & Athanasopoulos 2021, section 5.2). The period is found by
// the autocorrelation of the training part or given. Half the width of its interval k periods ahead is a quantile of
// |x[t + k period] - x[t]| there; leads of which the training part has fewer than 20 differences take those of the
// longest that has them.
#include "period.hpp"

using hillock::BadInput, hillock::Forecast, hillock::Options, hillock::TimeSeries;
using namespace hillock::forecasting;

struct Seasonal {
  static constexpr auto id = "seasonal", version = "1.0.0", cite = "isbn:9780987507136",
                        meaning = "the last period again, its period found by autocorrelation";
  static constexpr std::uint32_t flags = HK_INTERVALS;
  static constexpr hk_option options[] = {
      hillock::number("period", "ms", 0, 0, 1e9, "length of a period; 0: found by autocorrelation")};

  Seasonal(std::uint64_t, const Options& chosen) : period_ms_(chosen.number("period")) {}

  void fit(std::span<const TimeSeries> pieces) {
    need_training(pieces, 4);
    dt_ = pieces[0].dt;
    period_ = period_of(period_ms_, pieces);
    changes_.clear();
    for (std::size_t lag = period_; changes_.size() < 1000; lag += period_) {
      std::size_t n = 0;
      for (const TimeSeries& piece : pieces) n += piece.values.size() > lag ? piece.values.size() - lag : 0;
      if (n < (changes_.empty() ? 1 : 20)) break;
      std::vector<double> changes;
      for (const TimeSeries& piece : pieces)
        for (std::size_t t = 0; t + lag < piece.values.size(); ++t)
          changes.push_back(std::abs(piece.values[t + lag] - piece.values[t]));
      std::sort(changes.begin(), changes.end());
      std::vector<double> thinned;  // a thousand quantiles say enough of millions
      for (std::size_t k = 0; n > 1000 && k <= 1000; ++k)
        thinned.push_back(quantile(changes, static_cast<double>(k) / 1000));
      changes_.push_back(n > 1000 ? thinned : changes);
    }
    if (changes_.empty())
      throw BadInput("the training part is too short: it has not one whole period of " + plural(period_, "sample"));
  }

  Forecast predict(const TimeSeries& history, std::size_t horizon, const Futures&,
                   std::span<const double> levels) const {
    if (period_ == 0) throw std::logic_error("asked for a forecast before it was fitted");
    need_history(history, period_, history.covariates.size());
    Forecast f;
    const std::size_t n = history.values.size();
    for (std::size_t h = 0; h < horizon; ++h) f.mean.push_back(history.values[n - period_ + h % period_]);
    for (const double level : levels) {
      f.low.push_back(f.mean), f.high.push_back(f.mean);
      std::vector<double> half;
      for (const std::vector<double>& changes : changes_) {
        half.push_back(quantile(changes, level / 100));
        if (half.size() > horizon / period_) break;
      }
      for (std::size_t h = 0; h < horizon; ++h) {
        const double half_width = half[std::min(h / period_, half.size() - 1)];
        f.low.back()[h] -= half_width, f.high.back()[h] += half_width;
      }
    }
    return f;
  }

  std::string note() const { return period_ ? period_note(period_, dt_) : ""; }

 private:
  double period_ms_, dt_ = 1;
  std::size_t period_ = 0;
  std::vector<std::vector<double>> changes_;  // sorted, by periods ahead
};
HILLOCK_FORECASTER(Seasonal)
