#include "run/recording.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "hillock/random.hpp"
#include "measure/spikes.hpp"
#include "run/simulate.hpp"
#include "util/units.hpp"

namespace hillock {
namespace {

Recording simulated(const DataBlock& data) {
  const Experiment& e = *data.run;
  const Neuron neuron = neuron_of(data.run);
  Experiment wanted = e;  // the run records what the readout needs, whatever it records for itself
  wanted.simulate->record = {e.readout.of};
  Neuron n = neuron;
  n.experiment = std::make_shared<const Experiment>(std::move(wanted));
  const Trajectory run = simulate(n);
  if (!run.ok())
    throw Error(data.place,
                fmt::format("the run of '{}' cannot be a recording: {} at t = {:.10g} ms", data.shown, run.status,
                            run.failed_at_ms),
                {}, Exit::run_failed);
  Recording r;
  r.dt_ms = n.every_ms;
  r.current_source = "simulated";
  const Signal* driven = n.inputs[e.drive.of].get();
  const Random noise(e.seed, stream_of("readout.measurement_noise"));
  const double sd = data.noise_mV.value_or(e.readout.noise_mV);
  for (std::size_t k = 0; k < run.time_ms.size(); ++k) {
    const double t = run.time_ms[k], I = driven ? driven->at(just_after_ms(e, t), t) : 0;
    r.current_pA.push_back((I - e.drive.shift) / e.drive.gain);
    r.voltage.push_back(e.readout(run.states[0][k], r.current_pA.back()) + (sd > 0 ? sd * noise.normal(k) : 0));
  }
  return r;
}

Recording read(const DataBlock& data, bool current_alone) {
  const Plugin& plugin = *data.plugin;
  const hk_recording& face = plugin.recording();
  const Inside inside(plugin);
  hk_error error{};
  void* self = nullptr;
  const BoundaryValues values = data.options.boundary();
  // the plugin's sentence names the file already
  check(plugin, face.open(data.file.c_str(), values.get(), &self, &error), error, data.place);
  const std::unique_ptr<void, void (*)(void*)> closing(self, face.close);
  std::uint32_t n = 0;
  check(plugin, face.sweeps(self, &n, &error), error, data.place);
  if (n == 0) throw Error(data.place, fmt::format("'{}' holds no sweep", data.shown));
  hk_sweep sweep{};
  sweep.size = sizeof sweep;
  check(plugin, face.describe(self, 0, &sweep, &error), error, data.place);
  Recording r;
  r.t0_ms = sweep.t0, r.dt_ms = sweep.dt;
  r.current_source = sweep.current_source ? sweep.current_source : "";
  const auto channel = [&](std::uint32_t kind, const char* what, const char* unit) {
    for (std::uint32_t c = 0; c < sweep.n_channels; ++c) {
      const auto& ch = *reinterpret_cast<const hk_channel*>(reinterpret_cast<const char*>(sweep.channels) +
                                                            std::size_t{c} * sweep.channel_size);
      if (ch.kind != kind) continue;
      const auto factor = convert(1, ch.unit, unit);
      if (!factor)
        throw Error(data.place, fmt::format("the {} '{}' of '{}' is in '{}', which is no unit of {}", what, ch.name,
                                            data.shown, ch.unit, what));
      std::vector<double> values_read(sweep.samples);
      check(plugin, face.read(self, 0, c, values_read.data(), &error), error, data.place);
      if (*factor != 1)
        for (double& x : values_read) x *= *factor;
      return values_read;
    }
    throw Error(data.place, fmt::format("'{}' has no {}", data.shown, what),
                fmt::format("name its column: data: {{columns: {{{}: ...}}}}", what));
  };
  if (!current_alone) r.voltage = channel(HK_VOLTAGE, "voltage", "mV");
  r.current_pA = channel(HK_CURRENT, "current", "pA");
  return r;
}

}  // namespace

Recording load_recording(const DataBlock& data, bool current_alone) {
  Recording r = data.run ? simulated(data) : read(data, current_alone);
  if (r.voltage.empty()) r.voltage.assign(r.current_pA.size(), 0);  // so that windows cut both alike
  r.shown = data.shown;
  if (data.window_ms) {
    const auto [from, to] = *data.window_ms;
    const auto begin = static_cast<std::size_t>(std::max(0.0, std::ceil((from - r.t0_ms) / r.dt_ms - 1e-6)));
    const auto end = static_cast<std::size_t>(
        std::clamp(std::ceil((to - r.t0_ms) / r.dt_ms - 1e-6), 0.0, static_cast<double>(r.voltage.size())));
    if (end < begin + 2)
      throw Error(
          data.window_place,
          fmt::format("the window from {} to {} ms holds {} '{}'", from, to,
                      end > begin ? "a single sample of" : "no part of", r.shown),
          fmt::format("it runs from {:.10g} to {:.10g} ms, a sample each {:.10g} ms", r.t0_ms, r.end_ms(), r.dt_ms));
    r.t0_ms += static_cast<double>(begin) * r.dt_ms;
    for (auto* channel : {&r.voltage, &r.current_pA})
      *channel = std::vector<double>(channel->begin() + static_cast<std::ptrdiff_t>(begin),
                                     channel->begin() + static_cast<std::ptrdiff_t>(end));
  }
  if (data.every > 1) {
    const std::size_t all = r.voltage.size();
    for (auto* channel : {&r.voltage, &r.current_pA}) {
      std::size_t kept = 0;
      for (std::size_t k = 0; k < channel->size(); k += data.every) (*channel)[kept++] = (*channel)[k];
      channel->resize(kept);
    }
    r.dt_ms *= data.every;
    if (r.voltage.size() < 2)
      throw Error(data.every_place,
                  fmt::format("every = {} leaves fewer than two samples of '{}'", data.every, r.shown),
                  fmt::format("it has {}", all));
  }
  r.spikes_ms = detect_spikes({r.t0_ms, r.dt_ms, r.voltage}, data.spikes);
  if (data.normalise) {
    const auto [low, high] = std::minmax_element(r.voltage.begin(), r.voltage.end());
    const double least = *low, greatest = *high;
    if (least == greatest)
      throw Error(data.normalise_place,
                  fmt::format("the voltage of '{}' is the same throughout and cannot be normalised", r.shown));
    const double scale = (data.normalise->second - data.normalise->first) / (greatest - least);
    for (double& v : r.voltage) v = data.normalise->first + scale * (v - least);
    r.unit = "1";
  }
  return r;
}

}  // namespace hillock
