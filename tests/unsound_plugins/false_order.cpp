// It takes steps of Euler, and says and names another scheme.
#include <hillock/integrator.hpp>
using hillock::Options, hillock::Rows, hillock::System;

struct FalseOrder {
  static constexpr auto id = "false_order", version = "1.0.0", cite = "none", meaning = "a method of order 4";

  FalseOrder(const System& f, const Options&) : slope(f.rows()) {}
  void step(System& f, double t, double dt, const Rows& x, Rows& next) {
    f.rhs(t, x, slope);
    axpy(next, x, dt, slope);
  }
  std::uint32_t loop() const { return HK_RK4; }
  Rows slope;
};
HILLOCK_INTEGRATOR(FalseOrder)
