#pragma once
// Forecasters driven through the boundary.
#include <algorithm>
#include <memory>

#include "harness.hpp"
#include "verify/forecasting.hpp"

namespace hillock::test {

/// A forecaster that is at hand.
class Forecasting : public verify::DrivenForecaster {
 public:
  explicit Forecasting(const std::string& id, Settings settings = {}, const hk_host* host = nullptr,
                       std::uint64_t seed = 9)
      : verify::DrivenForecaster(plugins().load(id, HK_ROLE_FORECASTER), std::move(settings), host, seed) {}
};

/// Those that need no network and no model of their own.
inline std::vector<std::string> local_forecasters() {
  std::vector<std::string> out;
  for (const Plugin* p : plugins_of(HK_ROLE_FORECASTER))
    if (p->id != "timegpt" && p->id != "mechanistic") out.push_back(p->id);
  return out;
}
/// So many values of a vector, from one on.
inline Vector part(const Vector& v, std::size_t from, std::size_t n) {
  return {v.begin() + static_cast<std::ptrdiff_t>(from), v.begin() + static_cast<std::ptrdiff_t>(from + n)};
}
inline double mean_absolute_error(const Vector& a, const Vector& b) {
  double sum = 0;
  for (std::size_t k = 0; k < a.size(); ++k) sum += std::abs(a[k] - b[k]);
  return sum / static_cast<double>(a.size());
}
/// An Izhikevich neuron that fires regularly, by forward Euler at 0.25 ms, the sample at each spike shown as its peak.
inline Samples regular_spiking(std::size_t n) {
  Samples s;
  s.dt = 0.25;
  double v = -65, u = -13;
  for (std::size_t t = 0; t < n; ++t) {
    s.values.push_back(v);
    const double dv = (0.04 * (v * v) + 5 * v + 140 - u + 10) * 0.25, du = 0.02 * (0.2 * v - u) * 0.25;
    v += dv, u += du;
    if (v >= 30) s.values.back() = 30, v = -65, u += 8;
  }
  return s;
}
/// A FitzHugh-Nagumo oscillator driven by a slow random current, its covariate: held over a step of 0.2.
inline Samples driven_oscillator(std::size_t n, std::uint64_t seed) {
  Samples s;
  s.covariates.emplace_back();
  Dice dice(seed);
  double v = -1, w = -0.5, current = 0.5;
  for (std::size_t t = 0; t < n; ++t) {
    s.values.push_back(40 * v - 20);
    s.covariates[0].push_back(current);
    for (int k = 0; k < 8; ++k) {
      const double dv = v - v * v * v / 3 - w + current, dw = 0.08 * (v + 0.7 - 0.8 * w);
      v += 0.025 * dv, w += 0.025 * dw;
    }
    current += 0.05 * (0.5 - current) + dice.between(-0.15, 0.15);
  }
  return s;
}

}  // namespace hillock::test
