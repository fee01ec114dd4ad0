// Equilibria by damped Newton steps on the model's right-hand side; the Jacobian is the model's own tangent where it has one.
#include <fmt/format.h>

// Systems of a few equations gain nothing from vectors, and GCC 12 warns of Eigen's AVX-512 code.
#define EIGEN_DONT_VECTORIZE
#include <Eigen/Dense>
#include <cmath>

#include "run/lanes.hpp"

namespace hillock {

std::vector<double> rest_of(const Neuron& neuron, const std::vector<double>& guess) {
  const Experiment& e = *neuron.experiment;
  const hk_model& m = e.equations();
  const hk_tangent* tangent = e.model->plugin->tangent();
  const Place& place = e.simulate->start_place;
  if (!tangent)
    throw Error(place,
                fmt::format("model '{}' has no derivatives, so its equilibrium is not found", e.model->plugin->id),
                "give the start by its states");
  std::vector<std::uint32_t> free;  // clamped states stay
  for (std::uint32_t k = 0; k < m.n_state; ++k)
    if (!(e.simulate->clamped >> k & 1)) free.push_back(k);
  if (free.empty()) return guess;  // nothing can move
  const auto n = static_cast<Eigen::Index>(free.size());

  Rows x(m.n_state, HK_LANES), dx(m.n_state, HK_LANES), x1(m.n_state, HK_LANES), p1(m.n_params + m.n_derived, HK_LANES),
      in1(m.n_inputs, HK_LANES), g(1, HK_LANES);
  const Rows p = parameter_rows(*e.model), in = input_rows(neuron);
  const Inside inside(*e.model->plugin);
  const auto slope = [&](const Eigen::VectorXd& at) {
    for (std::uint32_t k = 0; k < m.n_state; ++k) std::fill_n(x[k], HK_LANES, guess[k]);
    for (Eigen::Index i = 0; i < n; ++i) std::fill_n(x[free[static_cast<std::size_t>(i)]], HK_LANES, at[i]);
    m.rhs(HK_LANES, x, p, in, dx);
    Eigen::VectorXd f(n);
    for (Eigen::Index i = 0; i < n; ++i) f[i] = dx[free[static_cast<std::size_t>(i)]][0];
    return f;
  };
  Eigen::VectorXd at(n);
  for (Eigen::Index i = 0; i < n; ++i) at[i] = guess[free[static_cast<std::size_t>(i)]];
  Eigen::VectorXd f = slope(at);
  for (int iteration = 0; iteration < 200 && f.allFinite(); ++iteration) {
    Eigen::MatrixXd jacobian(n, n);
    for (Eigen::Index j = 0; j < n; ++j) {
      for (std::uint32_t k = 0; k < m.n_state; ++k)
        std::fill_n(x1[k], HK_LANES, k == free[static_cast<std::size_t>(j)] ? 1.0 : 0.0);
      tangent->rhs(HK_LANES, x, p, in, x1, p1, in1, dx);
      for (Eigen::Index i = 0; i < n; ++i) jacobian(i, j) = dx[free[static_cast<std::size_t>(i)]][0];
    }
    const Eigen::VectorXd step = jacobian.fullPivLu().solve(-f);
    if (!step.allFinite()) break;
    if (step.cwiseAbs().maxCoeff() <=
        1e-10 * (1 + at.cwiseAbs().maxCoeff())) {  // quadratic: the next would be rounding
      at += step;
      slope(at);
      const std::string where = fmt::format("the equilibrium of model '{}' under the input at t = 0, v = {:.6g},",
                                            e.model->plugin->id, x[0][0]);
      if (m.threshold && m.reset) {
        m.threshold(HK_LANES, x, p, in, g[0]);
        if (g[0][0] >= 0)
          throw Error(place, fmt::format("start: rest: {} lies above the threshold: it fires there", where),
                      "give the start by its states, or begin with less current");
      }
      if (jacobian.eigenvalues().real().maxCoeff() > 1e-9)
        throw Error(place, fmt::format("start: rest: {} is not stable: the neuron does not rest there", where),
                    "give the start by its states, or begin with less current");
      std::vector<double> found = guess;
      for (Eigen::Index i = 0; i < n; ++i) found[free[static_cast<std::size_t>(i)]] = at[i];
      return found;
    }
    double damping = 1;
    Eigen::VectorXd next = at + step, f_next = slope(next);
    while (damping > 1e-6 && !(f_next.allFinite() && f_next.norm() < f.norm()))
      damping *= 0.5, next = at + damping * step, f_next = slope(next);
    if (damping <= 1e-6) break;
    at = next, f = f_next;
  }
  throw Error(
      place,
      fmt::format("start: rest: no equilibrium of model '{}' was found under the input at t = 0", e.model->plugin->id),
      "give the start by its states", Exit::bad_input);
}

}  // namespace hillock
