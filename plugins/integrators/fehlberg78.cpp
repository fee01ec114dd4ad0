// The Runge-Kutta pair of order 7(8) of Fehlberg (1968), NASA TR R-287, by Boost.Odeint. The pair has no dense output of its own: where one is asked for,
// the same scheme is taken to a quarter, half and three quarters of the step, and values and slopes there and at both ends carry a polynomial of degree 9.
#include <boost/numeric/odeint/algebra/array_algebra.hpp>
#include <boost/numeric/odeint/stepper/runge_kutta_fehlberg78.hpp>
#include <hillock/adaptive.hpp>
using hillock::Equations, hillock::Options;

namespace {

struct Step {  // for any number of states
  virtual ~Step() = default;
  virtual void start(double t, const double* x) = 0;
  virtual double attempt(double t, double h, double tolerance) = 0;
  virtual void accept(double t) = 0;
  virtual void proceed() = 0;
  virtual void at(double t0, double t1, double t, double* x) = 0;
  double *x0 = nullptr, *f0 = nullptr, *x1 = nullptr, *f1 = nullptr;
};

template <class State> struct Sized final : Step {
  explicit Sized(Equations& equations) : f(equations), newton(nodes * f.size()) {
    for (State* s : {&a, &fa, &b, &fb, &error, &inner, &f_inner}) *s = hillock::zeros<State>(f.size());
    x0 = a.data(), f0 = fa.data(), x1 = b.data(), f1 = fb.data();
  }
  void slope(double t, const State& x, State& dx) { f.rhs(t, x.data(), dx.data()); }
  void start(double t, const double* x) override {
    std::copy_n(x, f.size(), a.begin());
    slope(t, a, fa);
    dense = false;
  }
  void take(double t, double h, State& to, State& err) {
    stepper.do_step([this](const State& x, State& dx, double at_t) { slope(at_t, x, dx); }, a, fa, t, to, h, err);
  }
  double attempt(double t, double h, double tolerance) override {
    dense = false;
    take(t, h, b, error);
    return hillock::largest_error(f.size(), error.data(), a.data(), b.data(), tolerance);
  }
  void accept(double t) override { slope(t, b, fb); }
  void proceed() override { a = b, fa = fb; }
  void at(double t0, double t1, double t, double* x) override {
    const double h = t1 - t0, s = (t - t0) / h;
    if (!dense) interpolate(t0, h);
    for (std::size_t k = 0; k < f.size(); ++k) {
      const double* c = newton.data() + k * nodes;
      double value = c[nodes - 1];
      for (std::size_t j = nodes - 1; j-- > 0;) value = value * (s - 0.25 * static_cast<double>(j / 2)) + c[j];
      x[k] = value;
    }
  }
  /// Newton's form on the nodes 0, 1/4, 1/2, 3/4, 1, each twice.
  void interpolate(double t0, double h) {
    const std::size_t n = f.size();
    for (std::size_t node = 0; node <= 4; ++node) {
      const double s = 0.25 * static_cast<double>(node);
      const State *x = node == 0 ? &a : node == 4 ? &b : &inner, *dx = node == 0 ? &fa : node == 4 ? &fb : &f_inner;
      if (x == &inner) take(t0, s * h, inner, error), slope(t0 + s * h, inner, f_inner);
      for (std::size_t k = 0; k < n; ++k) {
        double* c = newton.data() + k * nodes;
        c[2 * node] = (*x)[k], c[2 * node + 1] = h * (*dx)[k];
      }
    }
    for (std::size_t k = 0; k < n; ++k) {
      double* c = newton.data() + k * nodes;  // c[2i], c[2i+1]: value and slope at node i
      std::array<double, nodes> value{};
      for (std::size_t i = 0; i < nodes; ++i) value[i] = c[i / 2 * 2];
      for (std::size_t i = nodes - 1; i > 0; --i) c[i] = i % 2 ? c[i] : (value[i] - value[i - 1]) / 0.25;
      for (std::size_t order = 2; order < nodes; ++order)
        for (std::size_t i = nodes - 1; i >= order; --i)
          c[i] = (c[i] - c[i - 1]) / (0.25 * static_cast<double>(i / 2 - (i - order) / 2));
    }
    dense = true;
  }
  static constexpr std::size_t nodes = 10;
  Equations& f;
  boost::numeric::odeint::runge_kutta_fehlberg78<State> stepper;
  State a, fa, b, fb, error, inner, f_inner;
  bool dense = false;
  std::vector<double> newton;
};

class Scheme {
 public:
  static constexpr int order = 8;
  Scheme(Equations& f, const Options&) : step_(hillock::make_sized<Step, Sized>(f.size(), f)) {}
  void start(double t, const double* x) { step_->start(t, x); }
  double attempt(double t, double h, double tolerance) { return step_->attempt(t, h, tolerance); }
  void accept(double t) { step_->accept(t); }
  void proceed() { step_->proceed(); }
  void at(double t0, double t1, double t, double* x) { step_->at(t0, t1, t, x); }
  const double* x0() const { return step_->x0; }
  const double* f0() const { return step_->f0; }
  const double* x1() const { return step_->x1; }
  const double* f1() const { return step_->f1; }

 private:
  std::unique_ptr<Step> step_;
};

}  // namespace

struct Fehlberg78 : hillock::Controlled<Scheme> {
  static constexpr auto id = "fehlberg78", version = "1.0.0", cite = "Fehlberg (1968), NASA TR R-287",
                        meaning = "Fehlberg, order 8, adaptive step, for tight tolerances";
  using Controlled::Controlled;
};
HILLOCK_ADAPTIVE_INTEGRATOR(Fehlberg78)
