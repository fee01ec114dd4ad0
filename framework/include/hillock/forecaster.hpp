#pragma once
// How to write a forecaster: a class that is fitted to a series and says what follows a history, and
// HILLOCK_FORECASTER(Name).
//
//   struct Naive {
//     static constexpr auto id = "naive", version = "1.0.0", cite = "...", meaning = "...";
//     Naive(std::uint64_t seed, const Options&);   // or (seed, const Options&, const Host&)
//     // training, in pieces that do not follow one another, all of one dt
//     void fit(std::span<const TimeSeries> pieces);
//     Forecast predict(const TimeSeries& history, std::size_t horizon,
//                      const std::vector<std::span<const double>>& future, std::span<const double> levels);
//   };
//   HILLOCK_FORECASTER(Naive)
//
// It may have besides:
//     static constexpr std::uint32_t flags = HK_INTERVALS | HK_FUTURE;
//     std::string save() const;  void load(std::string_view bytes);  // what it learnt
//     std::string note() const;                                      // what a reader of the result should know
// What no forecaster can use never reaches it: numbers that are not finite, levels outside (0, 100), levels without
// HK_INTERVALS. A forecast that is not finite, or of another length than asked, is an error.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>
#include "hillock/plugin.hpp"

namespace hillock {

/// A uniformly sampled series, dt ms apart, with covariates that are known in advance.
struct TimeSeries {
  double dt = 1;
  std::span<const double> values;
  std::vector<std::span<const double>> covariates;
};

/// What follows: the mean, and for each level (per cent) the bounds of the central interval; all of them `horizon`
/// long.
struct Forecast {
  std::vector<double> mean;
  std::vector<std::vector<double>> low, high;
};

namespace [[gnu::visibility("hidden")]] detail {

template <class Forecaster> struct ForecasterBinding {
  static constexpr std::uint32_t flags = [] {
    if constexpr (requires { Forecaster::flags; }) return Forecaster::flags;
    else return 0u;
  }();
  static constexpr bool keeps = requires(Forecaster& f, const Forecaster& c, std::string_view bytes) {
    c.save();
    f.load(bytes);
  };
  struct Open {
    Forecaster forecaster;
    std::string note;
  };
  static Open& at(void* self) { return *static_cast<Open*>(self); }
  static TimeSeries series(const hk_series& s) {
    TimeSeries out;
    out.dt = s.dt;
    out.values = {s.values, s.n};
    for (std::uint32_t c = 0; c < s.n_covariates; ++c) out.covariates.emplace_back(s.covariates[c], s.n);
    return out;
  }
  static hk_status open(std::uint64_t seed, const hk_values* values, [[maybe_unused]] const hk_host* host, void** self,
                        hk_error* error) {
    return guard(error, [&] {
      const Options chosen(options_of<Forecaster>(), n_options<Forecaster>(), values);
      if constexpr (std::is_constructible_v<Forecaster, std::uint64_t, const Options&, const Host&>)
        *self = new Open{Forecaster(seed, chosen, Host(host)), {}};
      else *self = new Open{Forecaster(seed, chosen), {}};
    });
  }
  static void need_finite(std::span<const double> values, const char* where) {
    for (const double x : values)
      if (!std::isfinite(x)) throw BadInput(std::string(where) + " holds what is no finite number");
  }
  static hk_status fit(void* self, std::uint32_t n, const hk_series* const* pieces, hk_error* error) {
    return guard(error, [&] {
      std::vector<TimeSeries> training;
      for (std::uint32_t p = 0; p < n; ++p) {
        training.push_back(series(adopt(pieces[p])));
        need_finite(training.back().values, "the training part");
        for (const auto& c : training.back().covariates) need_finite(c, "a covariate of the training part");
      }
      at(self).forecaster.fit(training);
    });
  }
  static hk_status predict(void* self, const hk_series* history, std::uint64_t horizon, const double* const* future,
                           std::uint32_t n_levels, const double* levels, double* mean, hk_out low, hk_out high,
                           hk_error* error) {
    return guard(error, [&] {
      const TimeSeries before = series(adopt(history));
      need_finite(before.values, "the history");
      for (const auto& c : before.covariates) need_finite(c, "a covariate of the history");
      std::vector<std::span<const double>> ahead;
      for (std::size_t c = 0; c < before.covariates.size() && future; ++c) {
        ahead.emplace_back(future[c], horizon);
        need_finite(ahead.back(), "a covariate of the future");
      }
      for (std::uint32_t l = 0; l < n_levels; ++l)
        if (!(levels[l] > 0 && levels[l] < 100)) {
          std::array<char, 32> shown{};
          std::snprintf(shown.data(), shown.size(), "%g", levels[l]);
          throw BadInput(std::string("the level ") + shown.data() + " is asked for, and levels lie between 0 and 100");
        }
      if (n_levels > 0 && !(flags & HK_INTERVALS)) throw BadInput("it has no intervals of its own");
      const Forecast f = at(self).forecaster.predict(before, horizon, ahead, std::span<const double>(levels, n_levels));
      const auto give = [&](const std::vector<double>& from, double* to) {
        if (from.size() != horizon)
          throw std::logic_error("the forecaster gave a forecast of another length than asked");
        for (const double x : from)
          if (!std::isfinite(x)) throw std::runtime_error("the forecast leaves the finite numbers");
        std::copy(from.begin(), from.end(), to);
      };
      give(f.mean, mean);
      for (std::uint32_t l = 0; l < n_levels; ++l) {
        give(f.low.at(l), low[l]);
        give(f.high.at(l), high[l]);
      }
    });
  }
  static void close(void* self) { delete static_cast<Open*>(self); }
  static hk_status save(void* self, void* to, void (*write)(void* to, const void* bytes, std::uint64_t n),
                        hk_error* error) {
    return guard(error, [&] {
      const std::string bytes = at(self).forecaster.save();
      write(to, bytes.data(), bytes.size());
    });
  }
  static hk_status load(void* self, const void* bytes, std::uint64_t n, hk_error* error) {
    return guard(error, [&] { at(self).forecaster.load(std::string_view(static_cast<const char*>(bytes), n)); });
  }
  static const char* note([[maybe_unused]] void* self) {
    if constexpr (requires(const Forecaster& f) { f.note(); }) {
      at(self).note = at(self).forecaster.note();
      return at(self).note.c_str();
    } else {
      return "";
    }
  }
  static constexpr hk_forecaster interface = [] {
    hk_forecaster f{};
    f.size = sizeof(hk_forecaster);
    f.option_size = sizeof(hk_option);
    f.n_options = n_options<Forecaster>();
    f.flags = flags;
    f.options = options_of<Forecaster>();
    f.open = open;
    f.fit = fit;
    f.predict = predict;
    f.close = close;
    if constexpr (keeps) {
      f.save = save;
      f.load = load;
    }
    f.note = note;
    return f;
  }();
  static const void* get(const char* id) { return std::strcmp(id, HK_FORECASTER) ? nullptr : &interface; }
};

}  // namespace detail
}  // namespace hillock

/// The one line that makes a plugin of a forecaster.
#define HILLOCK_FORECASTER(C)               \
  HILLOCK_EXPORT const hk_plugin HK_PLUGIN; \
  constexpr hk_plugin HK_PLUGIN =           \
      hillock::detail::identity<C>(HK_ROLE_FORECASTER, hillock::detail::ForecasterBinding<C>::get);
