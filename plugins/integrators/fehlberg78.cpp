// The Runge-Kutta pair of order 7(8) of Fehlberg (1968), NASA TR R-287, by Boost.Odeint. The pair has no dense output
// of its own: where one is asked for, the same scheme is taken to a quarter, half and three quarters of the step, and
// values and slopes there and at both ends carry a polynomial of degree 9.
#include <boost/numeric/odeint/algebra/array_algebra.hpp>
#include <boost/numeric/odeint/stepper/runge_kutta_fehlberg78.hpp>
#include <hillock/adaptive.hpp>
using hillock::Equations, hillock::Options;

namespace {

template <class State> class Scheme {
 public:
  static constexpr int order = 8;
  Scheme(Equations& f, const Options&) : f_(f), newton_(nodes * f.size()) {
    for (State* s : {&a_, &fa_, &b_, &fb_, &error_, &inner_, &f_inner_, &halves_}) *s = hillock::zeros<State>(f.size());
  }
  void start(double t, const double* x) {
    std::copy_n(x, f_.size(), a_.begin());
    f_.rhs(t, a_, fa_);
    dense_ = false;
  }
  double attempt(double t, double h, double tolerance) {
    dense_ = false;
    take(t, h, b_, error_);
    const double own = hillock::largest_error(error_, a_, b_, tolerance);
    if (!(f_.varying() || f_.may_branch() || f_.sides()) || !(own <= 1)) return own;
    // The pair's own estimate looks at the stages at both ends alone, so it is blind to what the equations take from
    // time, and to a branch in between:
    // there two halves decide.
    take(t, 0.5 * h, inner_, error_);
    f_.rhs(t + 0.5 * h, inner_, f_inner_);
    stepper_.do_step(slope(), inner_, f_inner_, t + 0.5 * h, halves_, 0.5 * h, error_);
    for (std::size_t k = 0; k < f_.size(); ++k) error_[k] = halves_[k] - b_[k];
    return std::max(own, hillock::largest_error(error_, a_, b_, tolerance));
  }
  void accept(double t) { f_.rhs(t, b_, fb_); }
  void proceed() { a_ = b_, fa_ = fb_; }
  void at(double t0, double t1, double t, double* x) {
    const double h = t1 - t0, s = (t - t0) / h;
    if (!dense_) interpolate(t0, h);
    for (std::size_t k = 0; k < f_.size(); ++k) {
      const double* c = newton_.data() + k * nodes;
      double value = c[nodes - 1];
      for (std::size_t j = nodes - 1; j-- > 0;) value = value * (s - 0.25 * static_cast<double>(j / 2)) + c[j];
      x[k] = value;
    }
  }
  const double* x0() const { return a_.data(); }
  const double* f0() const { return fa_.data(); }
  const double* x1() const { return b_.data(); }
  const double* f1() const { return fb_.data(); }

 private:
  auto slope() {
    return [this](const State& x, State& dx, double t) { f_.rhs(t, x, dx); };
  }
  void take(double t, double h, State& to, State& error) { stepper_.do_step(slope(), a_, fa_, t, to, h, error); }
  /// Newton's form on the nodes 0, 1/4, 1/2, 3/4, 1, each twice.
  void interpolate(double t0, double h) {
    const std::size_t n = f_.size();
    for (std::size_t node = 0; node <= 4; ++node) {
      const double s = 0.25 * static_cast<double>(node);
      const State *x = node == 0   ? &a_
                       : node == 4 ? &b_
                                   : &inner_,
                  *dx = node == 0   ? &fa_
                        : node == 4 ? &fb_
                                    : &f_inner_;
      if (x == &inner_) take(t0, s * h, inner_, error_), f_.rhs(t0 + s * h, inner_, f_inner_);
      for (std::size_t k = 0; k < n; ++k) {
        double* c = newton_.data() + k * nodes;
        c[2 * node] = (*x)[k], c[2 * node + 1] = h * (*dx)[k];
      }
    }
    for (std::size_t k = 0; k < n; ++k) {
      double* c = newton_.data() + k * nodes;  // c[2i], c[2i+1]: value and slope at node i
      std::array<double, nodes> value{};
      for (std::size_t i = 0; i < nodes; ++i) value[i] = c[i / 2 * 2];
      for (std::size_t i = nodes - 1; i > 0; --i) c[i] = i % 2 ? c[i] : (value[i] - value[i - 1]) / 0.25;
      for (std::size_t degree = 2; degree < nodes; ++degree)
        for (std::size_t i = nodes - 1; i >= degree; --i)
          c[i] = (c[i] - c[i - 1]) / (0.25 * static_cast<double>(i / 2 - (i - degree) / 2));
    }
    dense_ = true;
  }
  static constexpr std::size_t nodes = 10;
  Equations& f_;
  boost::numeric::odeint::runge_kutta_fehlberg78<State> stepper_;
  State a_, fa_, b_, fb_, error_, inner_, f_inner_, halves_;
  bool dense_ = false;
  std::vector<double> newton_;
};

}  // namespace

struct Fehlberg78 : hillock::Sized<Scheme> {
  static constexpr auto id = "fehlberg78", version = "1.0.0", cite = "Fehlberg (1968), NASA TR R-287",
                        meaning = "Fehlberg, order 8, adaptive step, for tight tolerances";
  using Sized::Sized;
};
HILLOCK_ADAPTIVE_INTEGRATOR(Fehlberg78)
