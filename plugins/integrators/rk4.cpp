// The classical Runge-Kutta method (Kutta 1901), order 4:
//   0   |
//   1/2 | 1/2
//   1/2 | 0    1/2
//   1   | 0    0    1
//   ----+-------------------
//       | 1/6  1/3  1/3  1/6
#include <hillock/integrator.hpp>
using hillock::multiply_add, hillock::Options, hillock::Rows, hillock::System;

struct Rk4 {
  static constexpr auto id = "rk4", version = "1.0.0", cite = "Kutta (1901), Z. Math. Phys. 46:435",
                        meaning = "classical Runge-Kutta, order 4";

  Rk4(const System& f, const Options&) : k1(f.rows()), k2(f.rows()), k3(f.rows()), k4(f.rows()) {}

  void step(System& f, double t, double dt, const Rows& x, Rows& next) {
    f.rhs(t, x, k1);
    axpy(next, x, 0.5 * dt, k1);
    f.rhs(t + 0.5 * dt, next, k2);
    axpy(next, x, 0.5 * dt, k2);
    f.rhs(t + 0.5 * dt, next, k3);
    axpy(next, x, dt, k3);
    f.rhs(t + dt, next, k4);
    for (std::size_t k = 0; k < f.states(); ++k)
      for (std::uint32_t i = 0; i < f.lanes(); ++i)
        next[k][i] = multiply_add((1 / 6.) * dt, k1[k][i] + 2 * (k2[k][i] + k3[k][i]) + k4[k][i], x[k][i]);
  }
  std::uint32_t loop() const { return HK_RK4; }
  Rows k1, k2, k3, k4;
};
HILLOCK_INTEGRATOR(Rk4)
