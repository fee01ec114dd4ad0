// The scheme of the network program `net.m` of Izhikevich (2003), doi:10.1109/TNN.2003.820440: v in two half steps with
// the other states old, then the other states in one full step with the new v. Order 1; meant for dt = 1 ms.
#include <hillock/integrator.hpp>
using hillock::multiply_add, hillock::Options, hillock::Rows, hillock::System;

struct HalfStepEuler {
  static constexpr auto id = "half_step_euler", version = "1.0.0", cite = "doi:10.1109/TNN.2003.820440",
                        meaning = "two half steps of v, one of the rest, as in the 2003 network";

  HalfStepEuler(const System& f, const Options&) : slope(f.rows()) {}

  void step(System& f, double t, double dt, const Rows& x, Rows& next) {
    next.copy(x);
    for (int half = 0; half < 2; ++half) {
      f.rhs(t, next, slope);
      for (std::uint32_t i = 0; i < f.lanes(); ++i) next[0][i] = multiply_add(0.5 * dt, slope[0][i], next[0][i]);
    }
    f.rhs(t, next, slope);
    for (std::size_t k = 1; k < f.states(); ++k)
      for (std::uint32_t i = 0; i < f.lanes(); ++i) next[k][i] = multiply_add(dt, slope[k][i], next[k][i]);
  }
  std::uint32_t loop() const { return HK_HALF_STEP_EULER; }
  Rows slope;
};
HILLOCK_INTEGRATOR(HalfStepEuler)
