// The Runge-Kutta pair of order 5(4) of Dormand & Prince (1980), doi:10.1016/0771-050X(80)90013-3, with its dense output of order 4 (Hairer, Norsett &
// Wanner 1993, section II.6), by Boost.Odeint.
#include <boost/numeric/odeint/algebra/array_algebra.hpp>
#include <boost/numeric/odeint/stepper/runge_kutta_dopri5.hpp>
#include <hillock/adaptive.hpp>
using hillock::Equations, hillock::Options;

namespace {

struct Step {  // for any number of states
  virtual ~Step() = default;
  virtual void start(double t, const double* x) = 0;
  virtual double attempt(double t, double h, double tolerance) = 0;
  virtual void proceed() = 0;
  virtual void at(double t0, double t1, double t, double* x) = 0;
  double *x0 = nullptr, *f0 = nullptr, *x1 = nullptr, *f1 = nullptr;
};

template <class State> struct Sized final : Step {
  explicit Sized(Equations& equations) : f(equations) {
    for (State* s : {&a, &fa, &b, &fb, &error, &out}) *s = hillock::zeros<State>(f.size());
    x0 = a.data(), f0 = fa.data(), x1 = b.data(), f1 = fb.data();
  }
  void start(double t, const double* x) override {
    std::copy_n(x, f.size(), a.begin());
    f.rhs(t, a.data(), fa.data());
  }
  double attempt(double t, double h, double tolerance) override {
    const auto slope = [this](const State& x, State& dx, double at_t) { f.rhs(at_t, x.data(), dx.data()); };
    stepper.do_step(slope, a, fa, t, b, fb, h, error);
    return hillock::largest_error(f.size(), error.data(), a.data(), b.data(), tolerance);
  }
  void proceed() override { a = b, fa = fb; }
  void at(double t0, double t1, double t, double* x) override {
    stepper.calc_state(t, out, a, fa, t0, b, fb, t1);
    std::copy_n(out.begin(), f.size(), x);
  }
  Equations& f;
  boost::numeric::odeint::runge_kutta_dopri5<State> stepper;
  State a, fa, b, fb, error, out;
};

class Scheme {
 public:
  static constexpr int order = 5;
  Scheme(Equations& f, const Options&) : step_(hillock::make_sized<Step, Sized>(f.size(), f)) {}
  void start(double t, const double* x) { step_->start(t, x); }
  double attempt(double t, double h, double tolerance) { return step_->attempt(t, h, tolerance); }
  void accept(double) {}  // the last stage is the slope at the end
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

struct Dopri5 : hillock::Controlled<Scheme> {
  static constexpr auto id = "dopri5", version = "1.0.0", cite = "doi:10.1016/0771-050X(80)90013-3",
                        meaning = "Dormand-Prince, order 5, adaptive step, dense output";
  using Controlled::Controlled;
};
HILLOCK_ADAPTIVE_INTEGRATOR(Dopri5)
