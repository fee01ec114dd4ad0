// Explicit Euler, order 1. `sequential` advances the states one after the other, each with those before it already new:
// the order of the programs `figure1.m` and `net.m` of Izhikevich (2003, 2004), where u is advanced with the new v.
// Under white noise it is `euler_maruyama` without its test at the threshold.
#include <hillock/integrator.hpp>
using hillock::multiply_add, hillock::Options, hillock::Rows, hillock::System;

struct Euler {
  static constexpr auto id = "euler", version = "1.0.0", cite = "Euler (1768), Institutiones calculi integralis",
                        meaning = "explicit Euler, order 1";
  static constexpr hk_option options[] = {
      hillock::choice("update", "simultaneous|sequential", "simultaneous",
                      "all states from the old values, or one after the other in the model's order")};

  Euler(const System& f, const Options& chosen) : sequential(chosen.text("update") == "sequential"), slope(f.rows()) {}

  void step(System& f, double t, double dt, const Rows& x, Rows& next) {
    f.rhs(t, x, slope);
    axpy(next, x, dt, slope);
    if (!sequential) return;
    for (std::size_t k = 1; k < f.states(); ++k) {
      for (std::size_t j = k; j < f.states(); ++j)
        std::copy_n(x[j], f.lanes(), next[j]);  // states 0 to k-1 are new, the others old
      f.rhs(t, next, slope);
      for (std::uint32_t i = 0; i < f.lanes(); ++i) next[k][i] = multiply_add(dt, slope[k][i], x[k][i]);
    }
  }
  std::uint32_t loop() const { return sequential ? HK_EULER_SEQUENTIAL : HK_EULER; }
  bool sequential;
  Rows slope;
};
HILLOCK_INTEGRATOR(Euler)
