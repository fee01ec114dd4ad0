// Covariance matrix adaptation: Hansen, The CMA Evolution Strategy: A Tutorial, doi:10.48550/arXiv.1604.00772, whose
// names and default strategy parameters are used, with the active update (negative weights). Restarts with growing
// populations: IPOP of Auger & Hansen (2005), doi:10.1109/CEC.2005.1554902, and BIPOP of Hansen (2009),
// doi:10.1145/1570256.1570333. Learning rates adapted to the signal-to-noise ratio: LRA-CMA-ES of Nomura, Akimoto & Ono
// (2023), doi:10.48550/arXiv.2304.03473. Beyond its walls the box is continued by its mirror image.
#define EIGEN_DONT_VECTORIZE  // the matrices are small, and GCC warns of what it makes of its own AVX-512 header
#include <Eigen/Dense>
#include <deque>

#include "common.hpp"

using namespace hillock::search;
using hillock::Options;

struct CmaEs {
  static constexpr auto id = "cma_es", version = "1.0.0", cite = "doi:10.48550/arXiv.1604.00772",
                        meaning = "samples of a normal distribution that learns scales and correlations (CMA-ES)";
  static constexpr hk_option options[] = {
      hillock::integer("population", 0, 0, 100000, "candidates of a generation; 0: 4 + 3 ln(free numbers)"),
      hillock::number("sigma", "1", 0.3, 1e-6, 1, "standard deviation at the start, in widths of the box"),
      hillock::choice(
          "restarts", "bipop|ipop|none", "bipop",
          "after convergence. ipop: with twice the population, doi:10.1109/CEC.2005.1554902; bipop: in turns "
          "with that and with small populations and steps, doi:10.1145/1570256.1570333"),
      hillock::flag("active", true, "also learn from the worse half of the candidates"),
      hillock::choice("learning_rate", "fixed|adapted", "fixed",
                      "adapted: learn as fast as the noise and the local minima allow (LRA-CMA-ES), "
                      "doi:10.48550/arXiv.2304.03473")};

  CmaEs(const Problem& problem, const Options& chosen)
      : problem_(problem),
        draws_(problem.seed, 0),
        restarts_(chosen.text("restarts")),
        active_(chosen.flag("active")),
        adapted_(chosen.text("learning_rate") == "adapted"),
        first_sigma_(chosen.number("sigma")),
        first_population_(static_cast<std::size_t>(chosen.number("population"))) {
    if (first_population_ == 0)
      first_population_ = 4 + static_cast<std::size_t>(3 * std::log(static_cast<double>(n())));
    first_population_ = std::max<std::size_t>(first_population_, 3);
    large_ = first_population_;
    begin(first_population_, first_sigma_);
    if (!problem.start.empty()) mean_ = Eigen::Map<const Eigen::VectorXd>(problem.start.data(), size());
  }

  Batch ask() {
    if (finished_) return {};
    Batch out(population_, Vector(n()));
    for (std::size_t c = 0; c < population_; ++c) {
      Eigen::VectorXd z(size());
      for (double& v : z) v = draws_.normal();
      steps_.col(static_cast<Eigen::Index>(c)) = axes_ * lengths_.cwiseProduct(z);
      for (Eigen::Index k = 0; k < size(); ++k)
        out[c][static_cast<std::size_t>(k)] = mirrored(mean_[k] + sigma_ * steps_(k, static_cast<Eigen::Index>(c)));
    }
    return out;
  }

  void tell(const Outcome& told) {
    spent_ += population_;
    const auto order = ranked(told.losses);
    if (!(told.losses[order[0]] < failed)) {  // nothing to learn from
      mean_ = random_point();
      return;
    }
    const Eigen::VectorXd old_mean = mean_;
    const double old_sigma = sigma_;
    const Eigen::MatrixXd old_c = c_;
    update(order);
    if (adapted_) adapt(old_mean, old_sigma, old_c);
    ++generation_;
    decompose();
    if (why_ = converged(told.losses, order); !why_.empty()) next_run();
  }

  std::string ended() const { return why_; }

 private:
  std::size_t n() const { return problem_.n; }
  Eigen::Index size() const { return static_cast<Eigen::Index>(problem_.n); }
  Eigen::VectorXd random_point() {
    Eigen::VectorXd x(size());
    for (double& v : x) v = draws_.uniform();
    return x;
  }

  void begin(std::size_t population, double sigma) {
    population_ = population;
    sigma_ = run_sigma_ = sigma;
    mean_ = random_point();
    c_ = axes_ = Eigen::MatrixXd::Identity(size(), size());
    lengths_ = Eigen::VectorXd::Ones(size());
    path_sigma_ = path_c_ = Eigen::VectorXd::Zero(size());
    steps_.resize(size(), static_cast<Eigen::Index>(population));
    generation_ = decomposed_ = 0;
    best_of_generation_.clear();
    medians_.clear();
    spent_ = 0;
    learning_mean_ = learning_c_ = Learning{};
    learning_mean_.average = Eigen::VectorXd::Zero(size());
    learning_c_.average = Eigen::VectorXd::Zero(size() * size());
    strategy_parameters();
  }

  /// Table 1 of the tutorial.
  void strategy_parameters() {
    const double d = static_cast<double>(n()), lambda = static_cast<double>(population_);
    weights_.resize(static_cast<Eigen::Index>(population_));
    for (Eigen::Index i = 0; i < weights_.size(); ++i)
      weights_[i] = std::log((lambda + 1) / 2) - std::log(static_cast<double>(i + 1));
    const Eigen::VectorXd positive = weights_.cwiseMax(0), negative = weights_.cwiseMin(0);
    mu_eff_ = positive.sum() * positive.sum() / positive.squaredNorm();
    const double negative_square = negative.squaredNorm();
    const double mu_eff_negative = negative_square > 0 ? negative.sum() * negative.sum() / negative_square : 0;
    c_sigma_ = (mu_eff_ + 2) / (d + mu_eff_ + 5);
    d_sigma_ = 1 + 2 * std::max(0.0, std::sqrt((mu_eff_ - 1) / (d + 1)) - 1) + c_sigma_;
    c_c_ = (4 + mu_eff_ / d) / (d + 4 + 2 * mu_eff_ / d);
    c_1_ = 2 / ((d + 1.3) * (d + 1.3) + mu_eff_);
    c_mu_ = std::min(1 - c_1_, 2 * (0.25 + mu_eff_ + 1 / mu_eff_ - 2) / ((d + 2) * (d + 2) + mu_eff_));
    expected_norm_ = std::sqrt(d) * (1 - 1 / (4 * d) + 1 / (21 * d * d));
    const double largest =
        std::min({1 + c_1_ / c_mu_, 1 + 2 * mu_eff_negative / (mu_eff_ + 2), (1 - c_1_ - c_mu_) / (d * c_mu_)});
    const double negative_sum = -negative.sum();
    for (double& w : weights_)
      if (w >= 0) w /= positive.sum();
      else w *= active_ ? std::max(largest, 0.0) / negative_sum : 0;
  }

  void update(const std::vector<std::size_t>& order) {
    const double d = static_cast<double>(n());
    Eigen::VectorXd step = Eigen::VectorXd::Zero(size());
    for (Eigen::Index i = 0; i < weights_.size(); ++i)
      if (weights_[i] > 0) step += weights_[i] * steps_.col(column(order, i));
    mean_ += sigma_ * step;
    const Eigen::VectorXd whitened = whiten(step);
    path_sigma_ = (1 - c_sigma_) * path_sigma_ + std::sqrt(c_sigma_ * (2 - c_sigma_) * mu_eff_) * whitened;
    const double decay = 1 - std::pow(1 - c_sigma_, 2 * static_cast<double>(generation_ + 1));
    const bool calm = path_sigma_.norm() / std::sqrt(decay) < (1.4 + 2 / (d + 1)) * expected_norm_;
    path_c_ = (1 - c_c_) * path_c_ + (calm ? std::sqrt(c_c_ * (2 - c_c_) * mu_eff_) : 0.0) * step;
    Eigen::MatrixXd rank_mu = Eigen::MatrixXd::Zero(size(), size());
    for (Eigen::Index i = 0; i < weights_.size(); ++i) {
      const Eigen::VectorXd y = steps_.col(column(order, i));
      double w = weights_[i];
      if (w < 0) w *= d / std::max(whiten(y).squaredNorm(), 1e-300);
      if (w != 0) rank_mu += w * y * y.transpose();
    }
    const double kept = 1 + c_1_ * (calm ? 0 : c_c_ * (2 - c_c_)) - c_1_ - c_mu_ * weights_.sum();
    c_ = kept * c_ + c_1_ * path_c_ * path_c_.transpose() + c_mu_ * rank_mu;
    sigma_ *= std::exp(std::min(1.0, c_sigma_ / d_sigma_ * (path_sigma_.norm() / expected_norm_ - 1)));
    keep_in_box();
  }
  /// A wider distribution than the box would only be mirrored about. Adapted rates widen the distribution as they fall;
  /// in a box, where noise does not grow with the distance, nothing would stop them.
  void keep_in_box() {
    const double widest = sigma_ * std::sqrt(c_.diagonal().maxCoeff()), most = adapted_ ? run_sigma_ : 1;
    if (widest > most) sigma_ *= most / widest;
  }
  static Eigen::Index column(const std::vector<std::size_t>& order, Eigen::Index i) {
    return static_cast<Eigen::Index>(order[static_cast<std::size_t>(i)]);
  }
  Eigen::VectorXd whiten(const Eigen::VectorXd& y) const {
    return axes_ * (axes_.transpose() * y).cwiseQuotient(lengths_);
  }

  /// Axes and lengths of C. Rarely enough that it costs no more than the rest.
  void decompose() {
    const double every = 1 / (10 * static_cast<double>(n()) * (c_1_ + c_mu_));
    if (!adapted_ && static_cast<double>(generation_ - decomposed_) < every) return;
    decomposed_ = generation_;
    c_ = (0.5 * (c_ + c_.transpose())).eval();
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(c_);
    axes_ = solver.eigenvectors();
    lengths_ = solver.eigenvalues().cwiseMax(1e-300).cwiseSqrt();
    degenerate_ = solver.info() != Eigen::Success || !lengths_.allFinite() ||
                  solver.eigenvalues().minCoeff() <= 1e-14 * solver.eigenvalues().maxCoeff();
  }

  /// How fast the mean, or the covariance, learns, and the moving averages from which that is found.
  struct Learning {
    double rate = 1, square = 0;
    Eigen::VectorXd average;
    /// The rate is kept above `slowest`, which the paper does not: it recovers at its own pace, so that a smaller one
    /// would not come back. REQUIRES: change is in the coordinates in which the old distribution is standard normal.
    void hear(const Eigen::VectorXd& change, double beta) {
      constexpr double alpha = 1.4, gamma = 0.1, slowest = 0.01;
      average = (1 - beta) * average + beta * change;
      square = (1 - beta) * square + beta * change.squaredNorm();
      const double signal = average.squaredNorm();
      const double ratio = (signal - beta / (2 - beta) * square) / std::max(square - signal, 1e-300);
      const double wish = std::clamp(ratio / (alpha * rate) - 1, -1.0, 1.0);
      rate = std::clamp(rate * std::exp(std::min(gamma * rate, beta) * wish), slowest, 1.0);
    }
  };

  /// Section 4 of Nomura et al.: part of the update is taken, as its signal-to-noise ratio allows.
  void adapt(const Eigen::VectorXd& old_mean, double old_sigma, const Eigen::MatrixXd& old_c) {
    const Eigen::MatrixXd old_covariance = old_sigma * old_sigma * old_c;
    const Eigen::MatrixXd change = sigma_ * sigma_ * c_ - old_covariance;
    const Eigen::VectorXd moved = mean_ - old_mean;
    const Eigen::MatrixXd inverse_root = axes_ * lengths_.cwiseInverse().asDiagonal() * axes_.transpose() / old_sigma;
    const Eigen::MatrixXd local = inverse_root * change * inverse_root / std::sqrt(2.0);
    const double rate_before = learning_mean_.rate;
    learning_mean_.hear(inverse_root * moved, 0.1);
    learning_c_.hear(Eigen::Map<const Eigen::VectorXd>(local.data(), local.size()), 0.03);
    mean_ = old_mean + learning_mean_.rate * moved;
    const Eigen::MatrixXd covariance = old_covariance + learning_c_.rate * change;
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(covariance, Eigen::EigenvaluesOnly);
    sigma_ = std::exp(solver.eigenvalues().cwiseMax(1e-300).array().log().mean() / 2);
    c_ = covariance / (sigma_ * sigma_);
    sigma_ *= rate_before / learning_mean_.rate;
    keep_in_box();
  }

  /// Section B.3 of the tutorial: why the run is at its end, or nothing.
  std::string converged(const Vector& losses, const std::vector<std::size_t>& order) {
    const double best = losses[order[0]];
    const double d = static_cast<double>(n()), lambda = static_cast<double>(population_);
    best_of_generation_.push_back(best);
    medians_.push_back(losses[order[population_ / 2]]);
    const auto horizon = static_cast<std::size_t>(10 + std::ceil(30 * d / lambda));
    while (best_of_generation_.size() > std::max<std::size_t>(horizon, 20000)) {
      best_of_generation_.pop_front();
      medians_.pop_front();
    }
    if (degenerate_ || !std::isfinite(sigma_) || !mean_.allFinite())
      return "the covariance matrix has become degenerate";
    if (best_of_generation_.size() >= horizon) {
      const auto from = best_of_generation_.end() - static_cast<std::ptrdiff_t>(horizon);
      const auto [low, high] = std::minmax_element(from, best_of_generation_.end());
      const double range = std::max(*high, losses[order.back()]) - *low;
      if (range <= 1e-13 * std::abs(*low)) return "the losses no longer differ";
      if (*high == *low && static_cast<double>(generation_) > 10 * d + static_cast<double>(horizon))
        return "the best loss no longer changes";
    }
    const double widest = sigma_ * std::max(lengths_.maxCoeff(), path_c_.cwiseAbs().maxCoeff());
    if (widest < 1e-14) return "the steps have become smaller than 1e-14 of the box";
    const Eigen::Index axis = static_cast<Eigen::Index>(generation_) % size();
    const Eigen::VectorXd along = mean_ + 0.1 * sigma_ * lengths_[axis] * axes_.col(axis);
    if (along == mean_) return "the steps have become smaller than rounding";
    if (stagnated()) return "neither the best nor the median loss has improved for long";
    if (static_cast<double>(generation_) >= 100 + 50 * (d + 3) * (d + 3) / std::sqrt(lambda) * (adapted_ ? 20 : 1))
      return "the run has had its generations";
    return {};
  }
  /// Best and median of the newest third of the generations are no better than those of the oldest.
  bool stagnated() const {
    const double d = static_cast<double>(n()), lambda = static_cast<double>(population_);
    const auto least = static_cast<std::size_t>(120 + 30 * d / lambda);
    const std::size_t all = best_of_generation_.size();
    const auto window = std::max(least, all / 5);
    if (adapted_ || all < window || all < least || all % 20 != 0) return false;
    const auto median = [](std::deque<double>::const_iterator from, std::deque<double>::const_iterator to) {
      Vector v(from, to);
      std::nth_element(v.begin(), v.begin() + static_cast<std::ptrdiff_t>(v.size() / 2), v.end());
      return v[v.size() / 2];
    };
    const auto third = static_cast<std::ptrdiff_t>(window * 3 / 10);
    const auto worse = [&](const std::deque<double>& h) {
      const auto from = h.end() - static_cast<std::ptrdiff_t>(window);
      return median(h.end() - third, h.end()) >= median(from, from + third);
    };
    return worse(best_of_generation_) && worse(medians_);
  }

  void next_run() {
    if (restarts_ == "none") {
      finished_ = true;
      return;
    }
    (small_run_ ? spent_small_ : spent_large_) += spent_;
    small_run_ = restarts_ == "bipop" && large_ > first_population_ && spent_small_ < spent_large_;
    const std::uint64_t most = std::max<std::uint64_t>(problem_.evaluations, first_population_);
    if (small_run_) {
      const double u = draws_.uniform(), v = draws_.uniform();
      const double first = static_cast<double>(first_population_);
      const double population = first * std::pow(0.5 * static_cast<double>(large_) / first, u * u);
      begin(std::max<std::size_t>(3, static_cast<std::size_t>(population)), first_sigma_ * std::pow(10, -2 * v));
    } else {
      large_ = std::min<std::uint64_t>(2 * large_, most);
      begin(large_, first_sigma_);
    }
  }

  Problem problem_;
  Draws draws_;
  std::string restarts_, why_;
  bool active_, adapted_, finished_ = false, small_run_ = false, degenerate_ = false;
  double first_sigma_;
  std::size_t first_population_, large_ = 0;
  std::uint64_t spent_ = 0, spent_small_ = 0, spent_large_ = 0;
  // of this run
  std::size_t population_ = 0, generation_ = 0, decomposed_ = 0;
  double sigma_ = 0, run_sigma_ = 0, mu_eff_ = 0, c_sigma_ = 0, d_sigma_ = 0, c_c_ = 0, c_1_ = 0, c_mu_ = 0,
         expected_norm_ = 0;
  Eigen::VectorXd mean_, lengths_, path_sigma_, path_c_, weights_;
  Eigen::MatrixXd c_, axes_, steps_;
  Learning learning_mean_, learning_c_;
  std::deque<double> best_of_generation_, medians_;
};
HILLOCK_SEARCH_METHOD(CmaEs)
