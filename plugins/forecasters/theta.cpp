// The theta method (Assimakopoulos & Nikolopoulos 2000): simple exponential smoothing with a drift of half the slope of
// the series' straight line (Hyndman & Billah 2003, doi:10.1016/S0169-2070(01)00143-1). The smoothing is the one of the
// least squared errors of one step in the training part.
#include "common.hpp"
#include "simplex.hpp"

using hillock::BadInput, hillock::Forecast, hillock::Options, hillock::TimeSeries;
using namespace hillock::forecasting;

struct Theta {
  static constexpr auto id = "theta", version = "1.0.0", cite = "doi:10.1016/S0169-2070(00)00066-2",
                        meaning = "exponential smoothing with half the slope of the straight line as drift";
  static constexpr std::uint32_t flags = HK_INTERVALS;

  Theta(std::uint64_t, const Options&) {}

  void fit(std::span<const TimeSeries> pieces) {
    if (longest(pieces) < 3)
      throw BadInput("the training part is too short: 3 values in a row are needed, and it has " +
                     std::to_string(longest(pieces)));
    double products = 0, squares = 0;  // of time and value within the pieces
    std::size_t steps = 0;
    for (const TimeSeries& piece : pieces) {
      const auto n = static_cast<double>(piece.values.size());
      for (std::size_t t = 0; t < piece.values.size(); ++t) {
        const double centred = static_cast<double>(t) - (n - 1) / 2;
        products += centred * piece.values[t], squares += centred * centred;
      }
      steps += piece.values.empty() ? 0 : piece.values.size() - 1;
    }
    drift_ = products / squares / 2;
    const auto errors = [&](double alpha) {
      double sum = 0;
      for (const TimeSeries& piece : pieces) smooth(piece.values, alpha, &sum);
      return sum;
    };
    // several minima are possible: the best of a grid is refined
    double best = INFINITY;
    for (int k = 1; k <= 40; ++k)
      if (const double e = errors(k / 40.); e < best) best = e, alpha_ = k / 40.;
    const auto refined = least_in_box([&](const Eigen::VectorXd& x) { return errors(x[0]); },
                                      Eigen::VectorXd::Constant(1, alpha_ - 0.1), 1e-3, 1, 200);
    if (errors(refined[0]) < best) alpha_ = refined[0];
    sigma_ = std::sqrt(errors(alpha_) / static_cast<double>(steps));
  }

  Forecast predict(const TimeSeries& history, std::size_t horizon, const Futures&,
                   std::span<const double> levels) const {
    if (alpha_ == 0) throw std::logic_error("asked for a forecast before it was fitted");
    need_history(history, 1, history.covariates.size());
    const double level = smooth(history.values, alpha_, nullptr);
    const double lag = (1 - std::pow(1 - alpha_, static_cast<double>(history.values.size()))) / alpha_;
    std::vector<double> mean, sd;
    for (std::size_t h = 0; h < horizon; ++h) {
      mean.push_back(level + drift_ * (static_cast<double>(h) + lag));
      sd.push_back(sigma_ * std::sqrt(1 + static_cast<double>(h) * alpha_ * alpha_));
    }
    return normal_forecast(mean, sd, levels);
  }

  std::string note() const {
    std::array<char, 64> text{};
    if (alpha_ > 0) std::snprintf(text.data(), text.size(), "alpha %.6g, drift %.6g a step", alpha_, drift_);
    return text.data();
  }

 private:
  static double smooth(std::span<const double> x, double alpha, double* squared_errors) {
    double level = x.empty() ? 0 : x[0];
    for (std::size_t t = 1; t < x.size(); ++t) {
      const double error = x[t] - level;
      level += alpha * error;
      if (squared_errors) *squared_errors += error * error;
    }
    return level;
  }
  double alpha_ = 0, drift_ = 0, sigma_ = 0;
};
HILLOCK_FORECASTER(Theta)
