#include "purpose/forecast/forecaster.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "util/interrupt.hpp"

namespace hillock {
namespace {

/// What forecasters are offered by the host: whether the user asked to stop.
int32_t stopped(void*) { return interrupted ? 1 : 0; }
const hk_stop stop_service{sizeof(hk_stop), stopped};
const void* service(void*, const char* id) { return std::strcmp(id, HK_STOP) == 0 ? &stop_service : nullptr; }
const hk_host host{sizeof(hk_host), nullptr, service};

/// A part of a series as the boundary carries it; points into the part.
struct Carried {
  explicit Carried(const SeriesPart& part) {
    for (const auto& k : part.known) known.push_back(k.data());
    series = {sizeof(hk_series),  static_cast<std::uint32_t>(known.size()), part.values.size(), part.dt_ms,
              part.values.data(), known.empty() ? nullptr : known.data()};
  }
  Carried(const Carried&) = delete;
  std::vector<const double*> known;
  hk_series series{};
};

}  // namespace

Forecaster::Forecaster(const ForecasterUse& use, std::uint64_t seed) : use_(use) {
  const BoundaryValues options = use.options.boundary();
  const hk_forecaster& face = use.plugin->forecaster();
  hk_error error{};
  void* self = nullptr;
  const PluginCall inside(*use.plugin);
  check(*use.plugin, face.open(seed, options.get(), &host, &self, &error), error, use.place);
  self_ = Opened(self, {use.plugin, face.close});
}

void Forecaster::fit(const std::vector<SeriesPart>& parts) {
  std::vector<std::unique_ptr<Carried>> carried;
  std::vector<const hk_series*> pointers;
  for (const SeriesPart& part : parts) {
    carried.push_back(std::make_unique<Carried>(part));
    pointers.push_back(&carried.back()->series);
  }
  hk_error error{};
  const PluginCall inside(*use_.plugin);
  const hk_status status =
      use_.plugin->forecaster().fit(self_.get(), static_cast<std::uint32_t>(pointers.size()), pointers.data(), &error);
  if (status != HK_OK && interrupted) throw Interrupted{};
  check(*use_.plugin, status, error, use_.place);
}

Foretold Forecaster::predict(const SeriesPart& history, std::size_t horizon,
                             const std::vector<std::span<const double>>& future, std::span<const double> levels) {
  const Carried before(history);
  std::vector<const double*> ahead;
  for (const auto& f : future) ahead.push_back(f.data());
  Foretold out;
  constexpr double unwritten = std::numeric_limits<double>::quiet_NaN();
  out.mean.assign(horizon, unwritten);
  out.low.assign(levels.size(), std::vector<double>(horizon, unwritten));
  out.high = out.low;
  std::vector<double*> low, high;
  for (auto& row : out.low) low.push_back(row.data());
  for (auto& row : out.high) high.push_back(row.data());
  hk_error error{};
  const PluginCall inside(*use_.plugin);
  const hk_status status = use_.plugin->forecaster().predict(
      self_.get(), &before.series, horizon, ahead.empty() ? nullptr : ahead.data(),
      static_cast<std::uint32_t>(levels.size()), levels.data(), out.mean.data(), low.data(), high.data(), &error);
  if (status != HK_OK && interrupted) throw Interrupted{};
  check(*use_.plugin, status, error, use_.place);
  const auto finite = [](const std::vector<double>& row) {
    return std::all_of(row.begin(), row.end(), [](double x) { return std::isfinite(x); });
  };
  bool all = finite(out.mean);
  for (const auto* rows : {&out.low, &out.high})
    for (const auto& row : *rows) all = all && finite(row);
  if (!all)
    throw Error(use_.place, fmt::format("plugin '{}' leaves numbers of its forecast out", use_.plugin->id), {},
                Exit::run_failed);
  return out;
}

std::string Forecaster::note() const {
  const PluginCall inside(*use_.plugin);
  const auto say = use_.plugin->forecaster().note;
  const char* said = say ? say(self_.get()) : nullptr;
  return said ? said : "";
}

}  // namespace hillock
