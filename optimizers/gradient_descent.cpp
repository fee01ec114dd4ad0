// Gradient descent from several starts at once: plain, with momentum (Polyak 1964, doi:10.1016/0041-5553(64)90137-5) or
// Adam (Kingma & Ba 2015, doi:10.48550/arXiv.1412.6980). Steps are found by a line search (the spectral projected
// gradient of Birgin, Martinez & Raydan 2000, doi:10.1137/S1052623497330963), are in proportion to the loss (after
// Polyak 1969, doi:10.1016/0041-5553(69)90061-5), or fixed; the gradient may be divided by its norm to a power, which
// gradients of neuron models need (Deistler et al. 2025, doi:10.1038/s41592-025-02895-w).
#include <deque>

#include "descent.hpp"

using namespace hillock::search;
using hillock::Options;

namespace {

enum class Direction { plain, momentum, adam };
enum class Steps { line_search, polyak, fixed };

struct Rules {
  Direction direction = Direction::plain;
  Steps steps = Steps::line_search;
  double rate = 0, lower_bound = 0, power = 0, momentum = 0, second_moment = 0, tolerance = 0;
  std::uint64_t longest = 0;
};

class Descent {
 public:
  Descent(Vector at, const Rules& rules)
      : rules_(&rules), at_(std::move(at)), candidate_(at_), first_moment_(at_.size(), 0), second_(at_.size(), 0) {}

  std::string ended;
  double best = failed;  // the host keeps where that was
  const Vector& candidate() const { return candidate_; }

  void hear(double loss, const Vector& gradient, const Vector&) {
    best = std::min(best, loss);
    if (++evaluations_ >= rules_->longest) ended = "the longest walk has been gone";
    if (steps_ == 0 && !(loss < failed)) {
      ended = "the start failed";
      return;
    }
    if (rules_->steps == Steps::line_search) search_line(loss, gradient);
    else step_on(loss, gradient);
  }

 private:
  std::size_t n() const { return at_.size(); }

  /// Where the walk goes from here: the negative of this is added. Updates the moments.
  Vector direction(Vector g) {
    const double length = norm(g);
    if (rules_->power > 0 && length > 0)
      for (double& v : g) v /= std::pow(length, rules_->power);
    if (rules_->direction == Direction::plain) return g;
    if (rules_->direction == Direction::momentum) {
      for (std::size_t k = 0; k < n(); ++k) first_moment_[k] = rules_->momentum * first_moment_[k] + g[k];
      return first_moment_;
    }
    Vector d(n());
    const double count = static_cast<double>(steps_ + 1);
    for (std::size_t k = 0; k < n(); ++k) {
      first_moment_[k] = rules_->momentum * first_moment_[k] + (1 - rules_->momentum) * g[k];
      second_[k] = rules_->second_moment * second_[k] + (1 - rules_->second_moment) * g[k] * g[k];
      const double mean = first_moment_[k] / (1 - std::pow(rules_->momentum, count));
      const double square = second_[k] / (1 - std::pow(rules_->second_moment, count));
      d[k] = square > 0 ? mean / std::sqrt(square) : 0;
    }
    return d;
  }

  /// Fixed steps, or steps in proportion to the loss. A step into a failure is taken back and halved.
  void step_on(double loss, const Vector& gradient) {
    if (!(loss < failed)) {
      shrunk_ /= 2;
    } else {
      at_ = candidate_;
      shrunk_ = std::min(1.0, 2 * shrunk_);
      direction_ = direction(gradient);
      const double above = std::max(loss - rules_->lower_bound, 0.0);
      length_ = rules_->rate * (rules_->steps == Steps::polyak ? above : 1.0);
    }
    ++steps_;
    candidate_ = moved(length_ * shrunk_);
    if (largest_move() < rules_->tolerance) ended = "step below tolerance";
  }

  /// Armijo's rule against the worst of the last ten losses, from the step of Barzilai & Borwein.
  void search_line(double loss, const Vector& gradient) {
    if (steps_ > 0) {
      double slope = 0;
      for (std::size_t k = 0; k < n(); ++k) slope += gradient_[k] * (candidate_[k] - at_[k]);
      if (!(loss <= *std::max_element(losses_.begin(), losses_.end()) + 1e-4 * slope)) {
        length_ *= loss < failed ? 0.3 : 0.1;
        candidate_ = moved(length_);
        if (largest_move() < rules_->tolerance) ended = "step below tolerance";
        return;
      }
    }
    double moved_square = 0, curvature = 0;
    for (std::size_t k = 0; k < n() && steps_ > 0; ++k) {
      const double s = candidate_[k] - at_[k];
      moved_square += s * s;
      curvature += s * (gradient[k] - gradient_[k]);
    }
    at_ = candidate_;
    gradient_ = gradient;
    losses_.push_back(loss);
    if (losses_.size() > 10) losses_.pop_front();
    direction_ = direction(gradient);
    if (dot(direction_, gradient) <= 0) {  // uphill
      std::fill(first_moment_.begin(), first_moment_.end(), 0.0);
      direction_ = gradient;
    }
    const double steep = norm(direction_);
    const bool plain = rules_->direction == Direction::plain && rules_->power == 0;
    if (plain && curvature > 0) length_ = moved_square / curvature;
    else if (steps_ == 0 || plain) length_ = steep > 0 ? 0.1 / steep : 0;
    else length_ *= 2;  // the other directions keep the length that has served
    length_ = std::min(length_, steep > 0 ? 2 / steep : 0.0);
    ++steps_;
    candidate_ = moved(length_);
    if (largest_move() < rules_->tolerance) ended = "step below tolerance";
  }

  Vector moved(double length) const {
    Vector x(n());
    for (std::size_t k = 0; k < n(); ++k) x[k] = clamped(at_[k] - length * direction_[k]);
    return x;
  }
  double largest_move() const {
    double most = 0;
    for (std::size_t k = 0; k < n(); ++k) most = std::max(most, std::abs(candidate_[k] - at_[k]));
    return most;
  }

  const Rules* rules_;
  Vector at_, candidate_, gradient_, direction_, first_moment_, second_;
  std::deque<double> losses_;
  double length_ = 0, shrunk_ = 1;
  std::uint64_t steps_ = 0, evaluations_ = 0;
};

}  // namespace

struct GradientDescent {
  static constexpr auto id = "gradient_descent", version = "1.0.0", cite = "doi:10.1137/S1052623497330963",
                        meaning = "downhill along exact gradients, from several starts";
  static constexpr std::uint32_t flags = HK_GRADIENT;
  static constexpr hk_option options[] = {
      hillock::choice("direction", "plain|momentum|adam", "plain",
                      "plain: the gradient; momentum: doi:10.1016/0041-5553(64)90137-5; adam: "
                      "doi:10.48550/arXiv.1412.6980"),
      hillock::choice("steps", "line_search|polyak|fixed", "line_search",
                      "line_search: doi:10.1137/S1052623497330963; polyak: `rate` times how far the loss is above "
                      "`lower_bound`, doi:10.1016/0041-5553(69)90061-5; fixed: `rate`"),
      hillock::number("rate", "1", 0.01, 1e-12, 1e6, "polyak, fixed: step length, in widths of the box"),
      hillock::number("lower_bound", "1", 0, -1e300, 1e300, "polyak: what the loss cannot fall below"),
      hillock::number("power", "1", 0, 0, 2,
                      "the gradient is divided by its norm to this power; 0.8 to 0.99 suits neuron models, "
                      "doi:10.1038/s41592-025-02895-w; 2 with polyak: Polyak's own step"),
      hillock::number("momentum", "1", 0.9, 0, 0.9999, "momentum, adam: share of the past in the direction"),
      hillock::number("second_moment", "1", 0.999, 0, 0.999999, "adam: share of the past in the squares"),
      hillock::integer("starts", 8, 1, 100000, "walks at once, as one batch"),
      hillock::integer("longest", 0, 0, 1e15, "evaluations of one walk; 0: until it has converged"),
      hillock::number("tolerance", "1", 1e-10, 0, 1,
                      "a walk has converged when its steps are below this part of the box"),
      hillock::flag("restarts", true, "a walk that has converged gives its place to a new start")};

  GradientDescent(const Problem& problem, const Options& chosen)
      : rules_(rules(chosen)),
        walks_(problem, static_cast<std::size_t>(chosen.number("starts")), chosen.flag("restarts"), *rules_) {}

  Batch ask() const { return walks_.ask(); }
  void tell(const Outcome& told) { walks_.tell(told); }
  std::uint32_t wants() const { return HK_GRADIENT; }
  std::string ended() const { return walks_.ended(); }

 private:
  static std::unique_ptr<const Rules> rules(const Options& chosen) {
    Rules r;
    const std::string &direction = chosen.text("direction"), &steps = chosen.text("steps");
    r.direction = direction == "plain"      ? Direction::plain
                  : direction == "momentum" ? Direction::momentum
                                            : Direction::adam;
    r.steps = steps == "line_search" ? Steps::line_search : steps == "polyak" ? Steps::polyak : Steps::fixed;
    r.rate = chosen.number("rate");
    r.lower_bound = chosen.number("lower_bound");
    r.power = chosen.number("power");
    r.momentum = chosen.number("momentum");
    r.second_moment = chosen.number("second_moment");
    r.tolerance = chosen.number("tolerance");
    r.longest = static_cast<std::uint64_t>(chosen.number("longest"));
    if (r.longest == 0) r.longest = std::numeric_limits<std::uint64_t>::max();
    return std::make_unique<const Rules>(r);
  }

  std::unique_ptr<const Rules> rules_;  // the walks keep where it is
  Walks<Descent, Rules> walks_;
};
HILLOCK_SEARCH_METHOD(GradientDescent)
