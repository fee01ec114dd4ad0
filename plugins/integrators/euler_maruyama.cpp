// Euler-Maruyama for white noise, in Ito's sense (Maruyama 1955, doi:10.1007/BF02846028): the Euler step with a draw of
// variance sigma^2/dt. Strong order 1/2, 1 for noise that is added; weak order 1. `bridge` adds the spikes that happen
// between two grid points (Giraudo, Sacerdote & Zucca 2001, doi:10.1023/A:1012261328124); without it the error of a
// rate is of order sqrt(dt) (Gobet 2000, doi:10.1016/S0304-4149(99)00109-X).
#include <hillock/integrator.hpp>
using hillock::Options, hillock::Rows, hillock::System;

struct EulerMaruyama {
  static constexpr auto id = "euler_maruyama", version = "1.0.0", cite = "doi:10.1007/BF02846028",
                        meaning = "Euler-Maruyama for white noise, Ito, with a bridge test at the threshold";
  // On the grid each reset waits for the end of its step: half a step is lost at each spike, 2 % of a rate of 400 Hz.
  static constexpr auto spikes = "located";
  static constexpr hk_option options[] = {
      hillock::flag("bridge", true, "under noise, test whether the path met the threshold between two grid points")};

  EulerMaruyama(const System& f, const Options& chosen) : bridge(chosen.flag("bridge")), slope(f.rows()) {}

  void step(System& f, double t, double dt, const Rows& x, Rows& next) {
    f.rhs(t, x, slope);
    axpy(next, x, dt, slope);
  }
  bool bridge;
  Rows slope;
};
HILLOCK_INTEGRATOR(EulerMaruyama)
