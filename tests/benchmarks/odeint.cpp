// What a user of Boost.Odeint would write for W3: the equations as a lambda, a state of fixed size, the library's own
// dense output.
#include "odeint.hpp"

#include <boost/numeric/odeint.hpp>

namespace hillock::bench {

void bare_dopri5(double tolerance, std::vector<std::array<double, 2>>& samples) {
  namespace odeint = boost::numeric::odeint;
  using State = std::array<double, 2>;
  const auto equations = [](const State& x, State& slope, double) {
    const auto [v, w] = x;
    slope = {v - v * v * v / 3 - w + 0.5, 0.08 * (v + 0.7 - 0.8 * w)};
  };
  constexpr std::size_t n = 100'000;
  samples.clear();
  samples.reserve(n + 1);
  State x{0, 0};
  odeint::integrate_n_steps(odeint::make_dense_output(tolerance, tolerance, odeint::runge_kutta_dopri5<State>()),
                            equations, x, 0.0, 0.1, n, [&](const State& at, double) { samples.push_back(at); });
}

}  // namespace hillock::bench
