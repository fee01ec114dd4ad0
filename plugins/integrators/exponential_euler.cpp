// Exponential Euler (Rush & Larsen 1978, doi:10.1109/TBME.1978.326270; `cnexp` of NEURON): the equation of each state
// is taken as linear in it while the others stand still, x' = f + B (x - x_n) with B = df/dx, and solved exactly:
//   x_{n+1} = x_n + f (exp(B dt) - 1)/B.
// Exact for one linear equation under constant input; else of order 1, and stable for gates of any speed. Where an
// equation is not linear in its state, B is its slope. `coefficients: middle` takes f and B in the middle of the step,
// reached by half a step of the above, order 2 (Börgers & Nectow 2013, doi:10.1137/120883657).
#include <hillock/integrator.hpp>
#include <hillock/pack.hpp>
using hillock::Options, hillock::Pack, hillock::Rows, hillock::System;

struct ExponentialEuler {
  static constexpr auto id = "exponential_euler", version = "1.0.0", cite = "doi:10.1109/TBME.1978.326270",
                        meaning = "each equation exactly, as linear in its own state, order 1 or 2";
  static constexpr hk_option options[] = {
      hillock::choice("coefficients", "start|middle", "start",
                      "linear equations as they are at the start of the step, order 1, or in its middle, order 2")};

  ExponentialEuler(const System& f, const Options& chosen)
      : middle(chosen.text("coefficients") == "middle"), slope(f.rows()), B(f.rows()), half(f.rows()) {
    if (!f.has_slopes())
      throw hillock::BadInput(
          "it needs the derivatives of the model's equations, and this model has none: use another integrator");
  }

  void step(System& f, double t, double dt, const Rows& x, Rows& next) {
    if (!middle) {
      solve(f, t, dt, x, x, next);
    } else {
      solve(f, t, 0.5 * dt, x, x, half);
      solve(f, t + 0.5 * dt, dt, half, x, next);
    }
  }

  /// One step of length dt from x by the equations as they are at `at`.
  void solve(System& f, double t, double dt, const Rows& at, const Rows& x, Rows& next) {
    f.rhs(t, at, slope);
    f.own_slopes(t, at, B);
    for (std::size_t k = 0; k < f.states(); ++k)
      for (std::uint32_t i = 0; i < f.lanes(); i += HK_LANES) {
        const Pack x_k = Pack::load(x[k] + i), B_k = Pack::load(B[k] + i), moves = dt * growth(B_k * dt);
        Pack rate = Pack::load(slope[k] + i);
        if (&at != &x) rate += B_k * (x_k - Pack::load(at[k] + i));
        Pack(x_k + moves * rate).store(next[k] + i);
      }
  }
  std::uint32_t loop() const { return middle ? HK_EXPONENTIAL_MIDDLE : HK_EXPONENTIAL_EULER; }
  bool middle;
  Rows slope, B, half;
};
HILLOCK_INTEGRATOR(ExponentialEuler)
