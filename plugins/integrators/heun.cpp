// Heun's method (1900), the explicit trapezoidal rule, order 2. Under white noise both stages see the same draw, and
// the scheme tends to the solution in Stratonovich's sense (Kloeden & Platen 1992, doi:10.1007/978-3-662-12616-5).
//   0 |
//   1 | 1
//   --+---------
//     | 1/2  1/2
#include <hillock/integrator.hpp>
using hillock::multiply_add, hillock::Options, hillock::Rows, hillock::System;

struct Heun {
  static constexpr auto id = "heun", version = "1.0.0", cite = "Heun (1900), Z. Math. Phys. 45:23",
                        meaning = "explicit trapezoidal rule, order 2; under white noise in the sense of Stratonovich";

  Heun(const System& f, const Options&) : k1(f.rows()), k2(f.rows()) {}

  void step(System& f, double t, double dt, const Rows& x, Rows& next) {
    f.rhs(t, x, k1);
    axpy(next, x, dt, k1);
    f.rhs(t + dt, next, k2);
    for (std::size_t k = 0; k < f.states(); ++k)
      for (std::uint32_t i = 0; i < f.lanes(); ++i) next[k][i] = multiply_add(0.5 * dt, k1[k][i] + k2[k][i], x[k][i]);
  }
  std::uint32_t loop() const { return HK_HEUN; }
  Rows k1, k2;
};
HILLOCK_INTEGRATOR(Heun)
