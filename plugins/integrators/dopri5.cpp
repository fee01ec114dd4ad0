// The Runge-Kutta pair of order 5(4) of Dormand & Prince (1980), doi:10.1016/0771-050X(80)90013-3, with its dense
// output of order 4 (Hairer, Norsett & Wanner 1993, section II.6), by Boost.Odeint.
#include <boost/numeric/odeint/algebra/array_algebra.hpp>
#include <boost/numeric/odeint/stepper/runge_kutta_dopri5.hpp>
#include <hillock/adaptive.hpp>
using hillock::Equations, hillock::Options;

namespace {

template <class State> class Scheme {
 public:
  static constexpr int order = 5;
  Scheme(Equations& f, const Options&) : f_(f) {
    for (State* s : {&a_, &fa_, &b_, &fb_, &error_, &out_}) *s = hillock::zeros<State>(f.size());
  }
  void start(double t, const double* x) {
    std::copy_n(x, f_.size(), a_.begin());
    f_.rhs(t, a_, fa_);
  }
  double attempt(double t, double h, double tolerance) {
    const auto slope = [this](const State& x, State& dx, double at_t) { f_.rhs(at_t, x, dx); };
    stepper_.do_step(slope, a_, fa_, t, b_, fb_, h, error_);
    return hillock::largest_error(error_, a_, b_, tolerance);
  }
  void accept(double) {}  // the last stage is the slope at the end
  void proceed() { a_ = b_, fa_ = fb_; }
  void at(double t0, double t1, double t, double* x) {
    stepper_.calc_state(t, out_, a_, fa_, t0, b_, fb_, t1);
    std::copy_n(out_.begin(), f_.size(), x);
  }
  const double* x0() const { return a_.data(); }
  const double* f0() const { return fa_.data(); }
  const double* x1() const { return b_.data(); }
  const double* f1() const { return fb_.data(); }

 private:
  Equations& f_;
  boost::numeric::odeint::runge_kutta_dopri5<State> stepper_;
  State a_, fa_, b_, fb_, error_, out_;
};

}  // namespace

struct Dopri5 : hillock::Sized<Scheme> {
  static constexpr auto id = "dopri5", version = "1.0.0", cite = "doi:10.1016/0771-050X(80)90013-3",
                        meaning = "Dormand-Prince, order 5, adaptive step, dense output";
  using Sized::Sized;
};
HILLOCK_ADAPTIVE_INTEGRATOR(Dopri5)
