// Exponential smoothing with additive errors: a level, and if asked for a trend (Holt 1957), which may be damped
// (Gardner & McKenzie 1985), and a season (Winters 1960), both additive. Smoothing parameters are those of the least
// squared errors of one step in the training part, each in [0, 1]; level and season start from the first period,
// without a season from the first value. Intervals are the analytic ones of the state-space model (Hyndman, Koehler,
// Ord & Snyder 2008, table 6.1).
#include "period.hpp"
#include "simplex.hpp"

using hillock::BadInput, hillock::Forecast, hillock::Options, hillock::TimeSeries;
using namespace hillock::forecasting;

struct ExponentialSmoothing {
  static constexpr auto id = "exponential_smoothing", version = "1.0.0", cite = "doi:10.1007/978-3-540-71918-2",
                        meaning = "exponential smoothing with additive trend and season";
  static constexpr std::uint32_t flags = HK_INTERVALS;
  static constexpr hk_option options[] = {
      hillock::choice("trend", "none|additive|damped", "none", "how the level goes on"),
      hillock::choice("season", "none|additive", "none", "whether there is a period that comes again"),
      hillock::number("period", "ms", 0, 0, 1e9, "length of a season's period; 0: found by autocorrelation")};

  ExponentialSmoothing(std::uint64_t, const Options& chosen)
      : trend_(chosen.text("trend") != "none"),
        damped_(chosen.text("trend") == "damped"),
        season_(chosen.text("season") != "none"),
        period_ms_(chosen.number("period")) {}

  void fit(std::span<const TimeSeries> pieces) {
    if (season_) need_training(pieces, 4);
    period_ = season_ ? period_of(period_ms_, pieces) : 1;
    dt_ = pieces.empty() ? 1 : pieces[0].dt;
    const std::size_t least = season_ ? 2 * period_ + 1 : 4;
    if (longest(pieces) < least)
      throw BadInput("the training part is too short: " + std::to_string(least) +
                     " values in a row are needed, and it has " + std::to_string(longest(pieces)));
    std::size_t steps = 0;
    for (const TimeSeries& piece : pieces) steps += piece.values.size() > start() ? piece.values.size() - start() : 0;
    const auto errors = [&](const Eigen::VectorXd& x) {
      double sum = 0;
      for (const TimeSeries& piece : pieces)
        if (piece.values.size() > start()) filter(piece.values, smoothing(x), &sum);
      return sum;
    };
    const Eigen::Index n = 1 + trend_ + damped_ + season_;
    Eigen::VectorXd best = Eigen::VectorXd::Constant(n, 0.3);
    for (const double from : {0.1, 0.3, 0.6, 0.9}) {
      const auto x = least_in_box(errors, Eigen::VectorXd::Constant(n, from), 0, 1, 400);
      if (errors(x) < errors(best)) best = x;
    }
    chosen_ = smoothing(best);
    sigma_ = std::sqrt(errors(best) / static_cast<double>(steps));
    fitted_ = true;
  }

  Forecast predict(const TimeSeries& history, std::size_t horizon, const Futures&,
                   std::span<const double> levels) const {
    if (!fitted_) throw std::logic_error("asked for a forecast before it was fitted");
    need_history(history, start(), history.covariates.size());
    const State s = filter(history.values, chosen_, nullptr);
    std::vector<double> mean, sd;
    double variance = 1, ahead = 0, damping = 1;
    for (std::size_t h = 0; h < horizon; ++h) {
      damping *= chosen_.phi;
      ahead += damping;
      mean.push_back(s.level + ahead * s.trend + s.season[(history.values.size() + h) % period_]);
      sd.push_back(sigma_ * std::sqrt(variance));
      const double weight = chosen_.alpha * (1 + (trend_ ? chosen_.beta * ahead : 0)) +
                            (season_ && (h + 1) % period_ == 0 ? chosen_.gamma * (1 - chosen_.alpha) : 0);
      variance += weight * weight;
    }
    return normal_forecast(mean, sd, levels);
  }

  std::string note() const {
    if (!fitted_) return "";
    std::string out = "alpha " + shown(chosen_.alpha);
    if (trend_) out += ", beta " + shown(chosen_.beta);
    if (damped_) out += ", phi " + shown(chosen_.phi);
    if (season_) out += ", gamma " + shown(chosen_.gamma) + ", " + period_note(period_, dt_);
    return out;
  }

 private:
  struct Smoothing {
    double alpha, beta, gamma, phi;
  };
  struct State {
    double level, trend;
    std::vector<double> season;  // by index modulo the period
  };
  static std::string shown(double x) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.6g", x);
    return text.data();
  }
  Smoothing smoothing(const Eigen::VectorXd& x) const {
    Eigen::Index k = 1;
    Smoothing s{x[0], 0, 0, 1};
    if (trend_) s.beta = x[k++];
    if (damped_) s.phi = 0.8 + 0.18 * x[k++];  // as is usual: less is no trend, more is no damping
    if (season_) s.gamma = x[k++];
    return s;
  }
  /// How many values the start is made of.
  std::size_t start() const { return season_ ? (trend_ ? 2 * period_ : period_) : trend_ ? 2 : 1; }
  /// The state after all values; in the error-correction form of Holt and Winters.
  State filter(std::span<const double> x, const Smoothing& a, double* squared_errors) const {
    State s{x[0], 0, std::vector<double>(period_)};
    const auto mean_of = [&](std::size_t from) {
      double sum = 0;
      for (std::size_t t = 0; t < period_; ++t) sum += x[from + t];
      return sum / static_cast<double>(period_);
    };
    if (season_) {
      const double first = mean_of(0);
      s.level = first;
      if (trend_) s.trend = (mean_of(period_) - first) / static_cast<double>(period_);
      for (std::size_t t = 0; t < period_; ++t) {
        const double along = s.trend * (static_cast<double>(t) - static_cast<double>(period_ - 1) / 2);
        s.season[t] = x[t] - first - along;
      }
      // the level where the filter begins: after the first period, or after the second
      s.level += s.trend * (static_cast<double>(start()) - 1 - static_cast<double>(period_ - 1) / 2);
    } else if (trend_) {
      s.level = x[1], s.trend = x[1] - x[0];
    }
    for (std::size_t t = start(); t < x.size(); ++t) {
      double& season = s.season[t % period_];
      const double grown = s.level + a.phi * s.trend, error = x[t] - grown - season;
      s.level = grown + a.alpha * error;
      s.trend = a.phi * s.trend + (trend_ ? a.alpha * a.beta * error : 0);
      if (season_) season += a.gamma * (1 - a.alpha) * error;
      if (squared_errors) *squared_errors += error * error;
    }
    return s;
  }

  bool trend_, damped_, season_, fitted_ = false;
  double period_ms_, dt_ = 1, sigma_ = 0;
  std::size_t period_ = 1;
  Smoothing chosen_{};
};
HILLOCK_FORECASTER(ExponentialSmoothing)
