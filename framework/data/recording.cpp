#include "data/recording.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "data/read_files.hpp"
#include "hillock/random.hpp"
#include "measure/filters.hpp"
#include "measure/spikes.hpp"
#include "measure/traces.hpp"
#include "neuron/simulate.hpp"
#include "util/units.hpp"

namespace hillock {
namespace {

/// The run as a recording, with the spikes that it has itself: a neuron that is reset never crosses a threshold of
/// recordings. Where only its current is wanted, which is known without it, it is not made.
Recording simulated(const DataBlock& data, Wanted wanted_of_it) {
  const NeuronSpec& e = *data.run->neuron;
  const Neuron neuron = neuron_of(data.run->neuron);
  NeuronSpec wanted = e;  // the run records what the readout needs, whatever it records for itself
  wanted.simulate.record = {e.readout.of};
  Neuron n = neuron;
  n.spec = std::make_shared<const NeuronSpec>(std::move(wanted));
  Trajectory run;
  if (wanted_of_it == Wanted::current) {
    const double dt = e.integrator.dt_ms;
    const auto samples = static_cast<std::size_t>(std::floor(n.for_ms / n.every_ms + 1e-6)) + 1;
    run.time_ms = dt > 0 ? SampleTimes::grid(0, dt, std::max(std::llround(n.every_ms / dt), 1ll), samples)
                         : SampleTimes::grid(0, n.every_ms, 1, samples);
    run.states = {std::vector<double>(samples)};
  } else {
    run = simulate(n);
  }
  if (!run.ok())
    throw Error(data.place,
                fmt::format("the run of '{}' cannot be a recording: {}", data.shown, status_of(run.failure)),
                run.failure->remedy, Exit::run_failed);
  Recording r;
  r.dt_ms = n.every_ms;
  r.current_source = "simulated", r.spikes_ms = run.spikes_ms;
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

/// The samples of these stretches are put on a straight line between their neighbours; at an end of the sweep they hold
/// the neighbour.
void bridge(std::vector<double>& v, const std::vector<bool>& masked) {
  for (std::size_t begin = 0; begin < v.size();) {
    if (!masked[begin]) {
      ++begin;
      continue;
    }
    std::size_t end = begin;
    while (end < v.size() && masked[end]) ++end;
    const double right = end < v.size() ? v[end] : v[begin - 1], left = begin > 0 ? v[begin - 1] : right;
    for (std::size_t k = begin; k < end; ++k)
      v[k] = left + (right - left) * static_cast<double>(k + 1 - begin) / static_cast<double>(end + 1 - begin);
    begin = end;
  }
}

/// Ends a sweep with its last sample that has a number, marks what is missing before, and puts straight lines there.
/// Throws if nothing is left.
void find_gaps(Recording& r, const DataBlock& data, Wanted wanted) {
  const std::vector<double>& ends = has_voltage(wanted) ? r.voltage : r.current_pA;
  std::size_t n = ends.size();
  while (n > 0 && !std::isfinite(ends[n - 1])) --n;
  if (n < 2)
    throw Error(data.place,
                fmt::format("'{}' has no {} at any time", r.shown, has_voltage(wanted) ? "voltage" : "current"));
  for (auto* channel : {&r.voltage, &r.current_pA}) channel->resize(std::min(n, channel->size()));
  for (auto* channel : {&r.voltage, &r.current_pA}) {
    std::vector<bool> missing(channel->size());
    for (std::size_t k = 0; k < missing.size(); ++k) missing[k] = !std::isfinite((*channel)[k]);
    const auto count = std::count(missing.begin(), missing.end(), true);
    if (count == 0) continue;
    if (r.gaps.empty()) r.gaps.resize(n);
    for (std::size_t k = 0; k < missing.size(); ++k) r.gaps[k] = r.gaps[k] || missing[k];
    if (static_cast<std::size_t>(count) == missing.size())
      throw Error(data.place,
                  fmt::format("'{}' has no {} at any time", r.shown, channel == &r.voltage ? "voltage" : "current"));
    bridge(*channel, missing);
  }
}

/// Refuses a part of a sweep in which samples are missing. `hidden`: those that the artefacts hide; may be empty.
void refuse_gaps(const Recording& r, const DataBlock& data, SampleRange part, const std::vector<bool>& hidden) {
  if (r.gaps.empty()) return;
  for (std::size_t k = part.begin; k < part.end; ++k) {
    if (!r.gaps[k] || (!hidden.empty() && hidden[k])) continue;
    std::size_t end = k;
    while (end < part.end && r.gaps[end]) ++end;
    const auto at = [&](std::size_t i) { return r.t0_ms + static_cast<double>(i) * r.dt_ms; };
    const bool before = k - part.begin >= part.end - end;
    const double from = before ? at(part.begin) : at(end), to = before ? at(k) : at(part.end);
    throw Error(data.place,
                fmt::format("samples are missing in '{}' from {:.10g} to {:.10g} ms, as the reader '{}' tells", r.shown,
                            at(k), at(end), data.use),
                fmt::format(fmt::runtime(data.place.source
                                             ? "choose a part without them: data: {{window: [{:.10g} ms, {:.10g} ms]}}"
                                             : "choose a part without them: --window {:.10g} {:.10g}"),
                            from, to));
  }
}

/// Which samples lie in the artefacts.
std::vector<bool> masked(const Recording& r, const DataBlock& data) {
  std::vector<bool> in(r.voltage.size(), true);
  each_outside({r.t0_ms, r.dt_ms, r.voltage}, {0, r.voltage.size()}, data.artefacts_ms,
               [&](std::size_t k) { in[k] = false; });
  return in;
}

/// Puts NaN into the artefacts, and keeps those that have part in the recording.
void mask(Recording& r, const DataBlock& data) {
  const std::vector<bool> in = masked(r, data);
  for (std::size_t k = 0; k < in.size(); ++k)
    if (in[k]) r.voltage[k] = std::numeric_limits<double>::quiet_NaN();
  if (std::find(in.begin(), in.end(), false) == in.end())
    throw Error(data.artefacts_place, fmt::format("the artefacts leave nothing of '{}'", r.shown));
  for (const auto& [from, to] : data.artefacts_ms)
    if (to > r.t0_ms && from < r.end_ms())
      r.artefacts_ms.emplace_back(std::max(from, r.t0_ms), std::min(to, r.end_ms()));
}

void refuse_artefacts_outside(const Recording& r, const DataBlock& data) {
  for (const auto& [from, to] : data.artefacts_ms)
    if (!(to > r.t0_ms && from < r.end_ms()))
      throw Error(data.artefacts_place,
                  fmt::format("the artefact from {} to {} ms lies outside '{}'", from, to, r.shown),
                  fmt::format("it runs from {:.10g} to {:.10g} ms", r.t0_ms, r.end_ms()));
}

/// All of the sweep: what was recorded, as it is meant, with straight lines in place of the artefacts.
void clean(Recording& r, const DataBlock& data) {
  for (double& I : r.current_pA) I += data.holding_pA;
  for (double& v : r.voltage) v -= data.junction_potential_mV;
  if (!data.artefacts_ms.empty()) {
    const std::vector<bool> in = masked(r, data);
    if (std::find(in.begin(), in.end(), false) != in.end()) bridge(r.voltage, in);
  }
  if (data.cutoff_hz > 0) {
    const double half_Hz = 500 / r.dt_ms;
    if (data.cutoff_hz >= half_Hz)
      throw Error(data.filter_place,
                  fmt::format("cutoff = {} Hz is not below half the sampling rate of '{}', {:.10g} Hz", data.cutoff_hz,
                              r.shown, half_Hz));
    if (r.voltage.size() <= low_pass_padding(data.filter_order))
      throw Error(data.filter_place,
                  fmt::format("a filter of order {} needs more than {} samples, and '{}' has {}", data.filter_order,
                              low_pass_padding(data.filter_order), r.shown, r.voltage.size()));
    r.voltage = low_pass(r.voltage, r.dt_ms, data.cutoff_hz, data.filter_order);
  }
}

/// The part that is used, with its spikes, at the sampling that is asked for.
void cut(Recording& r, const DataBlock& data, Wanted wanted) {
  // resampled is the whole sweep, so that the edges of the window are none to its filter
  const std::vector<double> whole = data.resample_ms > 0 ? r.voltage : std::vector<double>();
  const double whole_t0_ms = r.t0_ms;
  if (data.window_ms) {
    const auto [from, to] = *data.window_ms;
    const SampleRange range = samples_within({r.t0_ms, r.dt_ms, r.voltage}, from, to);
    if (range.count() < 2)
      throw Error(
          data.window_place,
          fmt::format("the window from {} to {} ms holds {} '{}'", from, to,
                      range.count() > 0 ? "a single sample of" : "no part of", r.shown),
          fmt::format("it runs from {:.10g} to {:.10g} ms, a sample each {:.10g} ms", r.t0_ms, r.end_ms(), r.dt_ms));
    const double slack = sample_slack * r.dt_ms;
    r.clipped = from < r.t0_ms - slack || to > r.end_ms() + slack;
    r.t0_ms += static_cast<double>(range.begin) * r.dt_ms;
    for (auto* channel : {&r.voltage, &r.current_pA})
      *channel = std::vector<double>(channel->begin() + static_cast<std::ptrdiff_t>(range.begin),
                                     channel->begin() + static_cast<std::ptrdiff_t>(range.end));
    if (!r.gaps.empty())
      r.gaps = std::vector<bool>(r.gaps.begin() + static_cast<std::ptrdiff_t>(range.begin),
                                 r.gaps.begin() + static_cast<std::ptrdiff_t>(range.end));
  }
  if (wanted != Wanted::protocol)
    refuse_gaps(r, data, {0, r.voltage.size()}, data.artefacts_ms.empty() ? std::vector<bool>() : masked(r, data));
  r.gaps.clear();
  const std::size_t all = r.voltage.size();
  const double end_ms = r.end_ms();
  if (!data.artefacts_ms.empty()) mask(r, data);
  if (data.own_spikes) {
    std::erase_if(r.spikes_ms, [&](double t) {
      return !(r.t0_ms <= t && t < end_ms) || std::any_of(r.artefacts_ms.begin(), r.artefacts_ms.end(),
                                                          [&](const auto& a) { return a.first <= t && t < a.second; });
    });
  } else {
    r.spikes_ms = detect_spikes({r.t0_ms, r.dt_ms, r.voltage}, data.spikes);
  }
  if (data.every > 1) {
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
  if (data.resample_ms > 0) {
    const Grid grid{r.t0_ms, data.resample_ms,
                    static_cast<std::size_t>(std::ceil((end_ms - r.t0_ms) / data.resample_ms - sample_slack))};
    if (grid.samples < 2)
      throw Error(data.resample_place,
                  fmt::format("resample = {} ms leaves fewer than two samples of '{}'", data.resample_ms, r.shown),
                  fmt::format("it lasts {:.10g} ms", end_ms - r.t0_ms));
    r.voltage = resampled({whole_t0_ms, r.dt_ms, whole}, grid);
    r.current_pA = resampled_held({r.t0_ms, r.dt_ms, r.current_pA}, grid);
    r.dt_ms = grid.dt_ms;
    if (!data.artefacts_ms.empty()) r.artefacts_ms.clear(), mask(r, data);
  }
  if (data.normalise && wanted != Wanted::current) {
    double least = std::numeric_limits<double>::infinity(), greatest = -least;
    for (const double v : r.voltage)
      if (std::isfinite(v)) least = std::min(least, v), greatest = std::max(greatest, v);
    if (least == greatest)
      throw Error(data.normalise_place,
                  fmt::format("the voltage of '{}' is the same throughout and cannot be normalised", r.shown));
    const double scale = (data.normalise->second - data.normalise->first) / (greatest - least);
    for (double& v : r.voltage) v = data.normalise->first + scale * (v - least);
    r.unit = "1";
  }
}

/// The passive membrane in the whole of a sweep.
Passive passive_of(const Recording& r, const DataBlock& data) {
  Sampled voltage{r.t0_ms, r.dt_ms, r.voltage}, current{r.t0_ms, r.dt_ms, r.current_pA};
  SampleRange part{0, r.voltage.size()};
  // what lies outside the window has no part in anything, where samples are missing
  const auto& window = data.passive->window_ms || r.gaps.empty() ? data.passive->window_ms : data.window_ms;
  if (window) {
    const auto [from, to] = *window;
    const SampleRange range = samples_within(voltage, from, to);
    if (range.count() < 2)
      throw Error(data.passive->window_place,
                  fmt::format("the window of 'passive' from {} to {} ms holds {} '{}'", from, to,
                              range.count() > 0 ? "a single sample of" : "no part of", r.shown),
                  fmt::format("it runs from {:.10g} to {:.10g} ms", r.t0_ms, r.end_ms()));
    part = range;
    for (Sampled* s : {&voltage, &current})
      *s = {s->at_ms(range.begin), s->dt_ms, s->values.subspan(range.begin, range.count())};
  }
  refuse_gaps(r, data, part, {});
  return data.own_spikes ? passive_membrane(voltage, current, r.spikes_ms)
                         : passive_membrane(voltage, current, data.spikes);
}

}  // namespace

std::vector<Recording> load_recordings(const DataBlock& data, Wanted wanted) {
  std::vector<Recording> all;
  if (data.run) all.push_back(simulated(data, wanted));
  else all = read_files(data, wanted);
  for (Recording& r : all) {
    if (r.shown.empty()) r.shown = data.shown;
    if (data.holding_pA != 0 && wanted != Wanted::voltage)
      r.current_source += fmt::format(" with {} of holding", with_unit(data.holding_pA, "pA"));
    // so that windows cut both alike
    if (r.voltage.empty()) r.voltage.assign(r.current_pA.size(), 0);
    if (r.current_pA.empty()) r.current_pA.assign(r.voltage.size(), 0);
    refuse_artefacts_outside(r, data);
    find_gaps(r, data, wanted);
    clean(r, data);
    if (data.passive && !data.passive->sweep && wanted == Wanted::both) {
      r.passive = passive_of(r, data), r.passive_sweep = r.sweep;
    }
    cut(r, data, wanted);
    if (wanted == Wanted::voltage) r.current_pA.clear();
  }
  if (data.passive && data.passive->sweep && wanted == Wanted::both) {
    DataBlock other = data;
    other.sweep = SweepChoice{{*data.passive->sweep}, false}, other.sweep_place = data.passive->sweep_place;
    Recording r = std::move(read_files(other, Wanted::both).front());
    if (r.shown.empty()) r.shown = data.shown;
    refuse_artefacts_outside(r, other);
    find_gaps(r, other, Wanted::both);
    clean(r, other);
    const Passive found = passive_of(r, other);
    for (Recording& each : all) each.passive = found, each.passive_sweep = r.sweep;
  }
  return all;
}

Recording load_recording(const DataBlock& data, Wanted wanted) {
  return std::move(load_recordings(data, wanted).front());
}

ScoredWindow observed(const Recording& data) {
  return {data.t0_ms,
          data.end_ms(),
          data.spikes_ms,
          Sampled{data.t0_ms, data.dt_ms, data.voltage},
          false,
          data.artefacts_ms,
          Sampled{data.t0_ms, data.dt_ms, data.current_pA}};
}

std::string Recording::name() const { return sweep ? fmt::format("sweep {}", *sweep) : fmt::format("'{}'", shown); }

std::string clipping(const std::vector<std::string>& names) {
  return names.empty()
             ? ""
             : fmt::format("the window reaches beyond {}, of which the part within it is used", fmt::join(names, ", "));
}

std::string conditions(const DataBlock& data) {
  std::vector<std::string> done;
  if (data.junction_potential_mV != 0)
    done.push_back(fmt::format("a junction potential of {} is taken off the voltage",
                               with_unit(data.junction_potential_mV, "mV")));
  if (!data.artefacts_ms.empty()) {
    std::vector<std::string> all;
    for (const auto& [from, to] : data.artefacts_ms) all.push_back(fmt::format("{} to {} ms", from, to));
    done.push_back(fmt::format("artefacts, not scored: {}", fmt::join(all, ", ")));
  }
  if (data.cutoff_hz > 0)
    done.push_back(fmt::format("low pass without delay, halving {} Hz (Butterworth of order {}, forward and backward)",
                               data.cutoff_hz, data.filter_order));
  if (data.every > 1) done.push_back(fmt::format("one sample in {}", data.every));
  if (data.resample_ms > 0)
    done.push_back(fmt::format("resampled, band-limited, to {}", with_unit(data.resample_ms, "ms")));
  if (data.normalise)
    done.push_back(fmt::format("normalised to {} and {}", data.normalise->first, data.normalise->second));
  const bool slope = data.spikes.of == SpikeDefinition::Of::slope;
  const char* unit = slope ? "mV/ms" : "mV";
  if (data.own_spikes) {
    done.push_back("spikes are those of the run itself");
    return fmt::format("{}", fmt::join(done, "; "));
  }
  done.push_back(fmt::format("a spike is an upward crossing of {} by the {}, the next after {}",
                             with_unit(data.spikes.threshold, unit), slope ? "slope of the voltage" : "voltage",
                             with_unit(data.spikes.rearm, unit)));
  return fmt::format("{}", fmt::join(done, "; "));
}

}  // namespace hillock
