// An autoregression on past values and as many past values of each covariate, besides its present one, by least
// squares, its order by Akaike's criterion (1974) over orders compared on the same rows. Coefficients of a process that
// would explode are shrunk until it does not: the poles all by the same factor. Intervals are those of normal noise.
#include "common.hpp"
#include "regression.hpp"

using hillock::BadInput, hillock::Forecast, hillock::Options, hillock::TimeSeries;
using namespace hillock::forecasting;

struct Autoregressive {
  static constexpr auto id = "autoregressive", version = "1.0.0", cite = "doi:10.1109/TAC.1974.1100705",
                        meaning = "linear autoregression, its order by AIC";
  static constexpr std::uint32_t flags = HK_INTERVALS | HK_FUTURE;
  static constexpr hk_option options[] = {
      hillock::integer("order", 0, 0, 1000, "how many past values; 0: as many as Akaike's criterion prefers"),
      hillock::integer("max_order", 40, 1, 1000, "the highest order that the criterion is tried on")};

  Autoregressive(std::uint64_t, const Options& chosen)
      : asked_(static_cast<Eigen::Index>(chosen.number("order"))),
        max_(static_cast<Eigen::Index>(chosen.number("max_order"))) {}

  void fit(std::span<const TimeSeries> pieces) {
    need_training(pieces, static_cast<std::size_t>(asked_) + 8);
    y_ = scale_of_values(pieces);
    c_ = scales_of_covariates(pieces);
    const auto width = static_cast<Eigen::Index>(1 + c_.size());  // columns of a lag, and of the present
    const auto longest_piece = static_cast<Eigen::Index>(longest(pieces));
    const Eigen::Index most = asked_ > 0 ? asked_ : std::min(max_, std::max<Eigen::Index>(1, longest_piece / 4));
    LeastSquares squares(width * (1 + most));
    for (const TimeSeries& piece : pieces)
      for (std::size_t t = static_cast<std::size_t>(most); t < piece.values.size(); ++t) {
        auto row = squares.row();
        fill(row, piece.values, piece.covariates, t, most);
        row[width * (1 + most)] = y_.in(piece.values[t]);
      }
    const auto n = static_cast<double>(squares.rows());
    if (n < 2 * static_cast<double>(width * (1 + (asked_ > 0 ? asked_ : 1))))
      throw BadInput("the training part is too short for an order of " + std::to_string(asked_ > 0 ? asked_ : 1));
    // as good as nothing, but collinear columns, as a constant current makes them, then have a solution
    for (Eigen::Index k = 1; k < width * (1 + most); ++k) {
      auto row = squares.row();
      row.setZero();
      row[k] = 1e-7 * std::sqrt(n);
    }
    order_ = asked_;
    double best = INFINITY;
    for (Eigen::Index p = 1; asked_ == 0 && p <= most; ++p) {
      const double aic =
          n * std::log(std::max(squares.left(width * (1 + p)) / n, 1e-300)) + 2 * static_cast<double>(width * (1 + p));
      if (aic < best) best = aic, order_ = p;
    }
    coefficients_ = squares.solve(width * (1 + order_));
    sigma_ =
        std::sqrt(squares.left(width * (1 + order_)) / std::max(1., n - static_cast<double>(width * (1 + order_))));
    Eigen::Map<Eigen::VectorXd, 0, Eigen::InnerStride<>> own(coefficients_.data() + width, order_,
                                                             Eigen::InnerStride<>(width));
    own = tame(own);
  }

  Forecast predict(const TimeSeries& history, std::size_t horizon, const Futures& future,
                   std::span<const double> levels) const {
    if (order_ == 0) throw std::logic_error("asked for a forecast before it was fitted");
    need_history(history, static_cast<std::size_t>(order_), c_.size());
    need_future(future, c_.size());
    const auto p = static_cast<std::size_t>(order_);
    std::vector<double> values(history.values.end() - order_, history.values.end());
    std::vector<std::vector<double>> covariates;
    for (std::size_t c = 0; c < c_.size(); ++c) {
      covariates.emplace_back(history.covariates[c].end() - order_, history.covariates[c].end());
      covariates.back().insert(covariates.back().end(), future[c].begin(), future[c].end());
    }
    Eigen::RowVectorXd row(coefficients_.size());
    std::vector<double> sd(horizon), psi(horizon);
    double variance = 0;
    for (std::size_t h = 0; h < horizon; ++h) {
      fill(row, values, covariates, p + h, order_);
      values.push_back(y_.out(row.dot(coefficients_)));
      psi[h] = h == 0;
      for (std::size_t k = 1; k <= std::min(h, p); ++k)
        psi[h] += coefficients_[static_cast<Eigen::Index>(k * (1 + c_.size()))] * psi[h - k];
      variance += psi[h] * psi[h];
      sd[h] = y_.sd * sigma_ * std::sqrt(variance);
    }
    return normal_forecast({values.begin() + order_, values.end()}, sd, levels);
  }

  std::string note() const { return order_ ? "order " + std::to_string(order_) : ""; }

 private:
  template <class Row, class Values, class Covariates>
  void fill(Row& row, const Values& values, const Covariates& covariates, std::size_t t, Eigen::Index order) const {
    Eigen::Index k = 0;
    for (std::size_t lag = 0; lag <= static_cast<std::size_t>(order); ++lag) {
      row[k++] = lag == 0 ? 1 : y_.in(values[t - lag]);
      for (std::size_t c = 0; c < c_.size(); ++c) row[k++] = c_[c].in(covariates[c][t - lag]);
    }
  }
  /// Whether the process x[t] = a[0] x[t-1] + a[1] x[t-2] + ... stays finite: all reflection coefficients of the
  /// step-down recursion are below 1.
  static bool is_stable(Eigen::VectorXd a) {
    for (Eigen::Index p = a.size(); p-- > 0;) {
      const double k = a[p];
      if (!(std::abs(k) < 1)) return false;
      const Eigen::VectorXd reversed = a.head(p).reverse();
      a.head(p) = (a.head(p) + k * reversed) / (1 - k * k);
    }
    return true;
  }
  /// The coefficients with their poles moved inwards by a factor.
  static Eigen::VectorXd shrunk(Eigen::VectorXd a, double factor) {
    double power = 1;
    for (double& x : a) x *= power *= factor;
    return a;
  }
  static Eigen::VectorXd tame(const Eigen::VectorXd& a) {
    if (is_stable(a)) return a;
    double low = 0, high = 1;
    for (int k = 0; k < 50; ++k) {
      const double middle = (low + high) / 2;
      (is_stable(shrunk(a, middle)) ? low : high) = middle;
    }
    return shrunk(a, low);
  }
  Eigen::Index asked_, max_, order_ = 0;
  Scale y_;
  std::vector<Scale> c_;
  Eigen::VectorXd
      coefficients_;  // a constant and the present covariates, then by lag the past value and the past covariates
  double sigma_ = 0;
};
HILLOCK_FORECASTER(Autoregressive)
