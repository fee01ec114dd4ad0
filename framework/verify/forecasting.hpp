#pragma once
// Forecasters driven through the boundary.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "host/plugins.hpp"
#include "verify/settings.hpp"

namespace hillock::verify {

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
class DrivenForecaster {
 public:
  explicit DrivenForecaster(const Plugin& plugin, Settings settings = {}, const hk_host* host = nullptr,
                            std::uint64_t seed = 9)
      : plugin_(plugin), face_(plugin_.forecaster()) {
    const Values values(face_.options, face_.n_options, std::move(settings));
    hk_error error{};
    void* self = nullptr;
    check(plugin_, face_.open(seed, values.data(), host, &self, &error), error);
    self_ = {self, face_.close};
  }
  DrivenForecaster& fit(const std::vector<Samples>& pieces) {
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
  DrivenForecaster& load(const std::string& bytes) {
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

}  // namespace hillock::verify
