#pragma once
// How to write a forecaster: a class that is fitted to a series and says what follows a history, and HILLOCK_FORECASTER(Name).
//
//   struct Naive {
//     static constexpr auto id = "naive", version = "1.0.0", cite = "...", meaning = "...";
//     Naive(std::uint64_t seed, const Options&);
//     void fit(std::span<const Series> pieces);  // training, in pieces that do not follow one another, all of one dt
//     Forecast predict(const Series& history, std::size_t horizon, const std::vector<std::span<const double>>& future, std::span<const double> levels);
//   };
//   HILLOCK_FORECASTER(Naive)
#include <cstdint>
#include <span>
#include <vector>
#include "hillock/plugin.hpp"

namespace hillock {

/// A uniformly sampled series, dt ms apart, with covariates that are known in advance.
struct Series {
  double dt = 1;
  std::span<const double> values;
  std::vector<std::span<const double>> covariates;
};

/// What follows: the mean, and for each level (per cent) the bounds of the central interval; all of them `horizon` long.
struct Forecast {
  std::vector<double> mean;
  std::vector<std::vector<double>> low, high;
};

namespace [[gnu::visibility("hidden")]] detail {

template <class Forecaster> struct ForecasterBinding {
  static Forecaster& at(void* self) { return *static_cast<Forecaster*>(self); }
  static Series series(const hk_series& s) {
    Series out{
        s.dt, {s.values, s.n},
         {}
    };
    for (std::uint32_t c = 0; c < s.n_covariates; ++c) out.covariates.emplace_back(s.covariates[c], s.n);
    return out;
  }
  static hk_status open(std::uint64_t seed, const hk_values* values, void** self, hk_error* error) {
    return guard(error, [&] {
      *self = new Forecaster(seed, Options(options_of<Forecaster>(), n_options<Forecaster>(), values));
    });
  }
  static hk_status fit(void* self, std::uint32_t n, const hk_series* const* pieces, hk_error* error) {
    return guard(error, [&] {
      std::vector<Series> training;
      for (std::uint32_t p = 0; p < n; ++p) training.push_back(series(adopt(pieces[p])));
      at(self).fit(training);
    });
  }
  static hk_status predict(void* self, const hk_series* history, std::uint64_t horizon, const double* const* future,
                           std::uint32_t n_levels, const double* levels, double* mean, hk_out low, hk_out high,
                           hk_error* error) {
    return guard(error, [&] {
      std::vector<std::span<const double>> ahead;
      for (std::uint32_t c = 0; c < history->n_covariates && future; ++c) ahead.emplace_back(future[c], horizon);
      const Forecast f =
          at(self).predict(series(adopt(history)), horizon, ahead, std::span<const double>(levels, n_levels));
      const auto give = [&](const std::vector<double>& from, double* to) {
        if (from.size() != horizon)
          throw std::logic_error("the forecaster gave a forecast of another length than asked");
        std::copy(from.begin(), from.end(), to);
      };
      give(f.mean, mean);
      for (std::uint32_t l = 0; l < n_levels; ++l) give(f.low.at(l), low[l]), give(f.high.at(l), high[l]);
    });
  }
  static void close(void* self) { delete static_cast<Forecaster*>(self); }
  static constexpr hk_forecaster interface {
    sizeof(hk_forecaster),
        sizeof(hk_option), n_options<Forecaster>(), options_of<Forecaster>(), open, fit, predict, close
  };
  static const void* get(const char* id) { return std::strcmp(id, HK_FORECASTER) ? nullptr : &interface; }
};

}  // namespace detail
}  // namespace hillock

/// The one line that makes a plugin of a forecaster.
#define HILLOCK_FORECASTER(C)                      \
  HILLOCK_EXPORT const hk_plugin hillock_plugin_1; \
  constexpr hk_plugin hillock_plugin_1 =           \
      hillock::detail::identity<C>(HK_ROLE_FORECASTER, hillock::detail::ForecasterBinding<C>::get);
