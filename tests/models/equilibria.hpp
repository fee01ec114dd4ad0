#pragma once
// Equilibria of a model and their eigenvalues, from its own equations and their tangent, through the boundary.
// Systems of a few equations gain nothing from vectors, and GCC 12 warns of Eigen's AVX-512 code.
#define EIGEN_DONT_VECTORIZE
#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <complex>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "host/harness.hpp"

namespace hillock::test {

using Numbers = std::map<std::string, double>;

/// A model under given parameters (by name) and a current I.
class Equations {
 public:
  Equations(const std::string& id, const std::string& preset, const Numbers& params, double I)
      : plugin_(plugins().load(id, HK_ROLE_MODEL)),
        m_(plugin_.model()),
        p_(m_.n_params + m_.n_derived, HK_LANES),
        in_(m_.n_inputs, HK_LANES) {
    for (std::uint32_t k = 0; k < m_.n_params; ++k) {
      double value = m_.params[k].value;
      for (std::uint32_t r = 0; r < m_.n_presets; ++r)
        if (preset == m_.presets[r].name && !std::isnan(m_.presets[r].params[k])) value = m_.presets[r].params[k];
      if (const auto given = params.find(m_.params[k].name); given != params.end()) value = given->second;
      std::fill_n(p_[k], HK_LANES, value);
    }
    hk_out all = p_;
    if (m_.derive) m_.derive(m_.context, HK_LANES, p_, all + m_.n_params);
    std::fill_n(in_[0], HK_LANES, I);
  }

  std::vector<double> rhs(const std::vector<double>& x) const {
    Rows at = spread(x), dx(m_.n_state, HK_LANES);
    m_.rhs(m_.context, HK_LANES, at, p_, in_, dx);
    return column(dx);
  }
  std::vector<double> observe(const std::vector<double>& x) const {
    Rows at = spread(x), out(m_.n_observed, HK_LANES);
    m_.observe(m_.context, HK_LANES, at, p_, in_, out);
    return column(out);
  }
  /// The start that the model makes for this potential.
  std::vector<double> initial(double v) const {
    Rows x(m_.n_state, HK_LANES), x0(m_.n_state, HK_LANES);
    std::fill_n(x[0], HK_LANES, v);
    m_.initial(m_.context, HK_LANES, x, p_, in_, x0);
    return column(x0);
  }
  /// jacobian(i, k): slope of dx_i/dt along x_k.
  Eigen::MatrixXd jacobian(const std::vector<double>& x) const {
    const Rows at = spread(x), p1(p_.fields(), HK_LANES), in1(m_.n_inputs, HK_LANES);
    Eigen::MatrixXd j(x.size(), x.size());
    for (std::size_t k = 0; k < x.size(); ++k) {
      Rows x1(x.size(), HK_LANES), dx1(x.size(), HK_LANES);
      std::fill_n(x1[k], HK_LANES, 1.0);
      plugin_.tangent()->rhs(plugin_.model().context, HK_LANES, at, p_, in_, x1, p1, in1, dx1);
      for (std::size_t i = 0; i < x.size(); ++i)
        j(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(k)) = dx1[i][0];
    }
    return j;
  }
  /// Newton's method from x.
  std::vector<double> equilibrium(std::vector<double> x) const {
    for (int step = 0; step < 100; ++step) {
      const std::vector<double> f = rhs(x);
      const Eigen::VectorXd move = jacobian(x).partialPivLu().solve(
          Eigen::Map<const Eigen::VectorXd>(f.data(), static_cast<Eigen::Index>(f.size())));
      double moved = 0;
      for (std::size_t k = 0; k < x.size(); ++k) {
        x[k] -= move[static_cast<Eigen::Index>(k)];
        moved = std::max(moved, std::abs(move[static_cast<Eigen::Index>(k)]) / (1 + std::abs(x[k])));
      }
      if (moved < 1e-13) return x;
    }
    throw std::runtime_error("no equilibrium is found");
  }

 private:
  Rows spread(const std::vector<double>& x) const {
    Rows at(x.size(), HK_LANES);
    for (std::size_t k = 0; k < x.size(); ++k) std::fill_n(at[k], HK_LANES, x[k]);
    return at;
  }
  static std::vector<double> column(const Rows& rows) {
    std::vector<double> x;
    for (std::size_t k = 0; k < rows.fields(); ++k) x.push_back(rows[k][0]);
    return x;
  }

  const Plugin& plugin_;
  const hk_model& m_;
  Rows p_, in_;
};

/// The complex eigenvalue (imaginary part > 0) with the largest real part; {NaN, 0} if all are real.
inline std::complex<double> leading_pair(const Eigen::MatrixXd& a) {
  std::complex<double> pair(std::nan(""), 0);
  for (const std::complex<double>& z : a.eigenvalues())
    if (z.imag() > 1e-9 && !(z.real() <= pair.real())) pair = z;
  return pair;
}

/// Where f changes its sign between low and high, by bisection. REQUIRES: it does.
template <class F> double sign_change(F&& f, double low, double high) {
  const bool negative = f(low) < 0;
  if (negative == (f(high) < 0)) throw std::logic_error("there is no change of sign");
  for (int step = 0; step < 200 && low < high; ++step) {
    const double middle = 0.5 * (low + high);
    if (middle == low || middle == high) break;
    ((f(middle) < 0) == negative ? low : high) = middle;
  }
  return low;
}

/// A Hopf point: where the real part of the leading pair along a branch of equilibria passes through 0.
struct Hopf {
  double I, v, omega;  ///< omega in radians per ms
};
inline Hopf hopf(const std::string& id, const std::string& preset, const Numbers& params, double low, double high,
                 std::vector<double> guess) {
  const auto at = [&](double I) {
    const Equations f(id, preset, params, I);
    const std::vector<double> x = f.equilibrium(guess);
    return std::pair(x[0], leading_pair(f.jacobian(x)));
  };
  const double I = sign_change([&](double current) { return at(current).second.real(); }, low, high);
  const auto [v, pair] = at(I);
  return {I, v, pair.imag()};
}

}  // namespace hillock::test
