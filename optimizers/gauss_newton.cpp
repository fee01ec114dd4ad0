// Levenberg (1944), doi:10.1090/qam/10666, and Marquardt (1963), doi:10.1137/0111030, from the gradient g and the
// Gauss-Newton matrix H = 2 J'J: the step solves (H + lambda D) s = -g, D the diagonal of H. Lambda follows the gain as
// in Nielsen (1999), IMM-REP-1999-05. Numbers that a wall holds back do not take part. Several starts walk at once, as
// one batch.
#define EIGEN_DONT_VECTORIZE  // the matrices are small, and GCC warns of what it makes of its own AVX-512 header
#include <Eigen/Dense>

#include "descent.hpp"

using namespace hillock::search;
using hillock::Options;

namespace {

struct Rules {
  double damping = 0, tolerance = 0;
};

class Walk {
 public:
  Walk(Vector at, const Rules& rules) : at_(at), candidate_(std::move(at)), lambda_(rules.damping), rules_(&rules) {}

  std::string ended;
  double best = failed;
  const Vector& candidate() const { return candidate_; }

  void hear(double loss, const Vector& gradient, const Vector& curvature) {
    const bool first = !(best < failed);
    const double gain = first ? 1 : (best - loss) / predicted_;
    if (first && !(loss < failed)) {
      ended = "the start failed";
      return;
    }
    if (first || gain > 0) {
      const double before = best;
      best = loss;
      at_ = candidate_;
      gradient_ = gradient;
      curvature_ = curvature;
      scale_.resize(n());
      for (std::size_t k = 0; k < n(); ++k) scale_[k] = std::max(curvature[k * n() + k], scale_[k]);
      if (!first) {
        lambda_ *= std::max(1 / 3., 1 - std::pow(2 * gain - 1, 3));
        if (before - loss <= 1e-16 * std::abs(before)) ++idle_;
        else idle_ = 0;
        if (idle_ > 3) ended = "the loss no longer falls";
      }
      growth_ = 2;
    } else {
      lambda_ = std::max(lambda_, 1e-12) * growth_;
      growth_ *= 2;
    }
    step();
  }

 private:
  std::size_t n() const { return at_.size(); }

  void step() {
    // A number at a wall towards which the loss falls stays there; so does one that the step would push through another
    // wall.
    std::vector<bool> held(n());
    for (std::size_t k = 0; k < n(); ++k)
      held[k] = (at_[k] <= 0 && gradient_[k] > 0) || (at_[k] >= 1 && gradient_[k] < 0);
    candidate_ = at_;
    for (std::size_t k = 0; k < n(); ++k) candidate_[k] = at_[k];
    const auto s = solve(held);
    double most = 0;
    predicted_ = 0;
    Vector moved(n(), 0);
    for (std::size_t k = 0; k < n(); ++k) {
      candidate_[k] = clamped(at_[k] + s[k]);
      moved[k] = candidate_[k] - at_[k];
      most = std::max(most, std::abs(moved[k]));
    }
    for (std::size_t i = 0; i < n(); ++i) {
      predicted_ -= gradient_[i] * moved[i];
      for (std::size_t j = 0; j < n(); ++j) predicted_ -= 0.5 * moved[i] * curvature_[i * n() + j] * moved[j];
    }
    if (!(predicted_ > 0)) {  // the walls have bent the step uphill: a shorter one along the gradient
      double steepest = 0;
      for (std::size_t k = 0; k < n(); ++k)
        if (!held[k]) steepest = std::max(steepest, std::abs(gradient_[k]));
      predicted_ = 0;
      for (std::size_t k = 0; k < n(); ++k) {
        const double length = steepest > 0 && !held[k] ? 0.01 / steepest / growth_ : 0;
        candidate_[k] = clamped(at_[k] - length * gradient_[k]);
        predicted_ += gradient_[k] * (at_[k] - candidate_[k]);
        most = std::max(most, std::abs(candidate_[k] - at_[k]));
      }
    }
    if (most < rules_->tolerance || !(predicted_ > 0)) ended = "step below tolerance";
    else if (lambda_ > 1e30) ended = "no step lowers the loss";
  }

  Vector solve(const std::vector<bool>& held) const {
    std::vector<std::size_t> free;
    for (std::size_t k = 0; k < n(); ++k)
      if (!held[k]) free.push_back(k);
    Vector s(n(), 0);
    if (free.empty()) return s;
    const auto size = static_cast<Eigen::Index>(free.size());
    Eigen::MatrixXd h(size, size);
    Eigen::VectorXd g(size);
    for (Eigen::Index i = 0; i < size; ++i) {
      const std::size_t row = free[static_cast<std::size_t>(i)];
      g[i] = gradient_[row];
      for (Eigen::Index j = 0; j < size; ++j) h(i, j) = curvature_[row * n() + free[static_cast<std::size_t>(j)]];
      h(i, i) += lambda_ * (scale_[row] > 0 ? scale_[row] : 1);
    }
    const Eigen::VectorXd x = h.ldlt().solve(-g);
    for (Eigen::Index i = 0; i < size; ++i) s[free[static_cast<std::size_t>(i)]] = std::isfinite(x[i]) ? x[i] : 0;
    return s;
  }

  Vector at_, candidate_, gradient_, curvature_, scale_;
  double lambda_, growth_ = 2, predicted_ = 0;
  int idle_ = 0;
  const Rules* rules_;
};

}  // namespace

struct GaussNewton {
  static constexpr auto id = "gauss_newton", version = "1.0.0", cite = "doi:10.1137/0111030",
                        meaning = "Levenberg-Marquardt, for losses that are sums of squares";
  static constexpr std::uint32_t flags = HK_GRADIENT | HK_CURVATURE;
  static constexpr hk_option options[] = {
      hillock::number("damping", "1", 1e-3, 0, 1e6,
                      "lambda at the start, as a part of the curvature along each number"),
      hillock::integer("starts", 8, 1, 100000, "walks at once, as one batch"),
      hillock::number("tolerance", "1", 1e-12, 0, 1,
                      "a walk has converged when its step is below this part of the box"),
      hillock::flag("restarts", false, "a walk that has converged gives its place to a new start")};

  GaussNewton(const Problem& problem, const Options& chosen)
      : rules_(std::make_unique<const Rules>(Rules{chosen.number("damping"), chosen.number("tolerance")})),
        walks_(problem, static_cast<std::size_t>(chosen.number("starts")), chosen.flag("restarts"), *rules_) {}

  Batch ask() const { return walks_.ask(); }
  void tell(const Outcome& told) { walks_.tell(told); }
  std::uint32_t wants() const { return HK_GRADIENT | HK_CURVATURE; }
  std::string ended() const { return walks_.ended(); }

 private:
  std::unique_ptr<const Rules> rules_;  // the walks keep where it is
  Walks<Walk, Rules> walks_;
};
HILLOCK_SEARCH_METHOD(GaussNewton)
