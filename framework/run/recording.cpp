#include "run/recording.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "experiment/options.hpp"
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

/// A file of a recording, opened by its reader, and the sweep of it that is wanted.
class OpenFile {
 public:
  OpenFile(const DataBlock& data, const std::filesystem::path& file, const std::string& shown, const Place& place)
      : plugin_(*data.plugin), face_(plugin_.recording()), shown_(shown), place_(place), inside_(plugin_) {
    const BoundaryValues values = data.options.boundary();
    void* self = nullptr;
    // the plugin's sentence names the file already
    check(plugin_, face_.open(file.c_str(), values.get(), &self, &error_), error_, place_);
    self_.reset(self);
    self_.get_deleter() = face_.close;
    choose(data);
  }
  const hk_sweep& sweep() const { return sweep_; }
  std::string current_source() const { return sweep_.current_source ? sweep_.current_source : ""; }
  std::vector<double> channel(std::uint32_t kind, const std::string& what, const char* unit) {
    for (std::uint32_t c = 0; c < sweep_.n_channels; ++c) {
      const auto& ch = *reinterpret_cast<const hk_channel*>(reinterpret_cast<const char*>(sweep_.channels) +
                                                            std::size_t{c} * sweep_.channel_size);
      if (ch.kind != kind) continue;
      const auto factor = convert(1, ch.unit, unit);
      if (!factor)
        throw Error(place_, fmt::format("the {} '{}' of '{}' is in '{}', which is no unit of {}", what, ch.name, shown_,
                                        ch.unit, what));
      std::vector<double> samples(sweep_.samples);
      check(plugin_, face_.read(self_.get(), index_, c, samples.data(), &error_), error_, place_);
      if (*factor != 1)
        for (double& x : samples) x *= *factor;
      return samples;
    }
    bool named = false;  // by an option of the reader
    for (const OptionSpec& s : specs_of(face_.options, face_.n_options, face_.option_size))
      named = named || s.name == "columns." + what;
    throw Error(place_, fmt::format("'{}' has no {}", shown_, what),
                named ? fmt::format("name its column: data: {{columns: {{{}: ...}}}}", what)
                      : "where each has its own file: data: {file: {voltage: ..., current: ...}}");
  }

 private:
  void choose(const DataBlock& data) {
    std::uint32_t n = 0;
    check(plugin_, face_.sweeps(self_.get(), &n, &error_), error_, place_);
    if (n == 0) throw Error(place_, fmt::format("'{}' holds no sweep", shown_));
    std::int64_t first = 0, last = 0;
    for (index_ = 0; index_ < n; ++index_) {
      sweep_ = {};
      sweep_.size = sizeof sweep_;
      check(plugin_, face_.describe(self_.get(), index_, &sweep_, &error_), error_, place_);
      if (data.sweep ? sweep_.number == *data.sweep : n == 1) return;
      if (index_ == 0) first = sweep_.number;
      last = sweep_.number;
    }
    if (data.sweep)
      throw Error(data.sweep_place, fmt::format("'{}' has no sweep {}", shown_, *data.sweep),
                  n == 1 ? fmt::format("it has one, number {}", first)
                         : fmt::format("it has {}, numbers {} to {}", n, first, last));
    throw Error(place_, fmt::format("'{}' has {} sweeps, numbers {} to {}", shown_, n, first, last),
                fmt::format("say which: data: {{sweep: {}}}", first));
  }

  const Plugin& plugin_;
  const hk_recording& face_;
  std::string shown_;
  Place place_;
  Inside inside_;
  hk_error error_{};
  std::unique_ptr<void, void (*)(void*)> self_{nullptr, [](void*) {}};
  std::uint32_t index_ = 0;
  hk_sweep sweep_{};
};

Recording read(const DataBlock& data, bool current_alone) {
  Recording r;
  const auto take = [&](OpenFile& file) { r.t0_ms = file.sweep().t0, r.dt_ms = file.sweep().dt; };
  if (data.current_file.empty()) {
    OpenFile file(data, data.file, data.shown, data.place);
    take(file);
    if (!current_alone) r.voltage = file.channel(HK_VOLTAGE, "voltage", "mV");
    r.current_pA = file.channel(HK_CURRENT, "current", "pA");
    r.current_source = file.current_source();
    return r;
  }
  if (!current_alone) {
    OpenFile file(data, data.file, data.shown, data.place);
    take(file);
    r.voltage = file.channel(HK_VOLTAGE, "voltage", "mV");
  }
  OpenFile file(data, data.current_file, data.current_shown, data.current_place);
  const hk_sweep& s = file.sweep();
  if (!current_alone && (s.samples != r.voltage.size() || std::abs(s.dt - r.dt_ms) > 1e-9 * r.dt_ms ||
                         std::abs(s.t0 - r.t0_ms) > 1e-3 * r.dt_ms))
    throw Error(
        data.current_place,
        fmt::format("'{}' does not fit '{}': {} samples from {:.10g} ms, one each {:.10g} ms", data.current_shown,
                    data.shown, s.samples, s.t0, s.dt),
        fmt::format("the voltage has {} from {:.10g} ms, one each {:.10g} ms", r.voltage.size(), r.t0_ms, r.dt_ms));
  if (current_alone) take(file);
  r.current_pA = file.channel(HK_CURRENT, "current", "pA");
  r.current_source = file.current_source();
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
