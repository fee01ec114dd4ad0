#pragma once
// Forecasters driven through the boundary.
#include <algorithm>
#include <memory>

#include "harness.hpp"

namespace hillock::test {

using Vector = std::vector<double>;

struct Samples {
  Vector values;
  std::vector<Vector> covariates = {};
  double dt = 0.5;
};
struct Answer {
  Vector mean;
  std::vector<Vector> low, high;
};

/// One forecaster with its options.
class Forecasting {
 public:
  explicit Forecasting(const std::string& id, Settings settings = {}, const hk_host* host = nullptr,
                       std::uint64_t seed = 9)
      : plugin_(plugins().load(id, HK_ROLE_FORECASTER)), face_(plugin_.forecaster()) {
    const Values values(face_.options, face_.n_options, std::move(settings));
    hk_error error{};
    void* self = nullptr;
    check(plugin_, face_.open(seed, values.data(), host, &self, &error), error);
    self_ = {self, face_.close};
  }
  Forecasting& fit(const std::vector<Samples>& pieces) {
    std::vector<Boundary> given(pieces.begin(), pieces.end());
    std::vector<const hk_series*> pointers;
    for (const Boundary& g : given) pointers.push_back(&g.series);
    hk_error error{};
    check(plugin_, face_.fit(self_.get(), static_cast<std::uint32_t>(pointers.size()), pointers.data(), &error), error);
    return *this;
  }
  Answer predict(const Samples& history, std::size_t horizon, const std::vector<Vector>& future = {},
                 const Vector& levels = {}) {
    const Boundary before(history);
    std::vector<const double*> ahead;
    for (const Vector& f : future) ahead.push_back(f.data());
    Answer a{Vector(horizon), std::vector<Vector>(levels.size(), Vector(horizon)),
             std::vector<Vector>(levels.size(), Vector(horizon))};
    std::vector<double*> low, high;
    for (Vector& v : a.low) low.push_back(v.data());
    for (Vector& v : a.high) high.push_back(v.data());
    hk_error error{};
    check(plugin_,
          face_.predict(self_.get(), &before.series, horizon, future.empty() ? nullptr : ahead.data(),
                        static_cast<std::uint32_t>(levels.size()), levels.data(), a.mean.data(), low.data(),
                        high.data(), &error),
          error);
    return a;
  }
  std::string save() {
    std::string out;
    hk_error error{};
    check(plugin_,
          face_.save(
              self_.get(), &out,
              [](void* to, const void* bytes, std::uint64_t n) {
                static_cast<std::string*>(to)->append(static_cast<const char*>(bytes), n);
              },
              &error),
          error);
    return out;
  }
  Forecasting& load(const std::string& bytes) {
    hk_error error{};
    check(plugin_, face_.load(self_.get(), bytes.data(), bytes.size(), &error), error);
    return *this;
  }
  std::string note() const { return face_.note(self_.get()); }
  bool keeps() const { return face_.save != nullptr; }
  std::uint32_t flags() const { return face_.flags; }

 private:
  struct Boundary {
    explicit Boundary(const Samples& s) : columns() {
      for (const Vector& c : s.covariates) columns.push_back(c.data());
      series = {sizeof(hk_series), static_cast<std::uint32_t>(columns.size()), s.values.size(), s.dt,
                s.values.data(),   columns.empty() ? nullptr : columns.data()};
    }
    Boundary(const Boundary& o) : columns(o.columns), series(o.series) {
      if (!columns.empty()) series.covariates = columns.data();
    }
    std::vector<const double*> columns;
    hk_series series{};
  };
  const Plugin& plugin_;
  const hk_forecaster& face_;
  std::unique_ptr<void, void (*)(void*)> self_{nullptr, nullptr};
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
