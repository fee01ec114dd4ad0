// Where series come from, and where they are split and forecast.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "data/driven.hpp"
#include "data/normalise.hpp"
#include "data/recording.hpp"
#include "purpose/forecast/protocol.hpp"
#include "purpose/readout.hpp"

namespace hillock {
namespace {

constexpr double inf = std::numeric_limits<double>::infinity();

bool is_constant(std::span<const double> x) {
  return std::all_of(x.begin(), x.end(), [&](double value) { return value == x[0]; });
}

void add_known(ForecastSeries& series, std::vector<double> current) {
  if (!is_constant(current)) series.known.push_back(std::move(current));  // else it tells nothing
}

ForecastSeries of_run(const ForecastBlock& block, const ForecastSource& source) {
  const Neuron neuron = neuron_of(source.neuron);
  const NeuronSpec& spec = *source.neuron;
  Trajectory trajectory = simulate(neuron);
  if (!trajectory.ok())
    throw Error(spec.simulate.place,
                fmt::format("the run that is to be forecast stopped: {}", status_of(trajectory.failure)),
                trajectory.failure->remedy, Exit::run_failed);
  CaseTrace played = read_out(neuron, std::move(trajectory), source.name);
  ForecastSeries s;
  const Column& column = played.result.columns[played.readout];
  s.name = source.name, s.dt_ms = spec.simulate.every_ms;
  s.title = column.title, s.unit = column.unit, s.values = column.values;
  s.spikes_ms = played.result.spikes_ms;
  define_spikes(s, spec);
  for (const auto& model : source.models) s.models.push_back(model ? neuron_of(model) : Neuron());
  if (!block.known_current) return s;
  for (const auto& input : neuron.inputs) {
    if (!input) continue;
    std::vector<double> current;
    for (std::size_t k = 0; k < s.values.size(); ++k)
      current.push_back(input->mean(just_after_ms(spec, s.time_ms(k)), s.time_ms(k)));
    add_known(s, std::move(current));
  }
  return s;
}

ForecastSeries of_recording(const ForecastBlock& block, const ForecastSource& source, Recording recording) {
  ForecastSeries s;
  s.name = source.name;
  if (source.data->several()) {
    const std::string sweep = fmt::format("sweep_{}", *recording.sweep);
    s.name = s.name.empty() ? sweep : fmt::format("{}_{}", s.name, sweep);
  }
  for (std::size_t k = 0; k < recording.voltage.size(); ++k)
    if (!std::isfinite(recording.voltage[k]))
      throw Error(source.data->place,
                  fmt::format("'{}' has no voltage at t = {:.10g} ms, and a forecast needs an unbroken series",
                              recording.shown, recording.t0_ms + static_cast<double>(k) * recording.dt_ms),
                  "data: {window: [from, to]} takes a part without gaps and artefacts");
  s.t0_ms = recording.t0_ms, s.dt_ms = recording.dt_ms;
  s.title = "Membrane Potential", s.unit = recording.unit;
  const auto current = std::make_shared<const std::vector<double>>(recording.current_pA);
  if (current->empty() && std::any_of(source.models.begin(), source.models.end(), [](const auto& m) { return m; }))
    throw Error(source.data->place,
                fmt::format("'{}' has no current, under which 'mechanistic' could run", recording.shown),
                "leave 'mechanistic' out");
  for (const auto& model : source.models) s.models.push_back(model ? driven(*model, recording, current) : Neuron());
  s.values = std::move(recording.voltage);
  for (const double t : recording.spikes_ms) s.spikes_ms.push_back(t - recording.t0_ms);
  s.spikes = source.data->normalise ? SpikeDefinition{inf, inf} : source.data->spikes;
  s.top = s.spikes.threshold;
  if (block.known_current && !recording.current_pA.empty()) add_known(s, std::move(recording.current_pA));
  return s;
}

/// Every sweep, with its current if the file has one. What follows the training part is not known to `normalise`.
std::vector<Recording> recordings(const ForecastBlock& block, const DataBlock& data) {
  Known known;
  if (block.train_ms > 0) known.length_ms = block.train_ms;
  else known.part = block.train_part;
  const auto has_current = [&] {
    if (data.run || !data.current_file.empty()) return true;
    const DescribedFile file = describe_recordings(data);
    return std::all_of(file.chosen.begin(), file.chosen.end(), [&](std::size_t i) {
      const auto& channels = file.sweeps[i].channels;
      return std::any_of(channels.begin(), channels.end(), [](const auto& c) { return c.kind == HK_CURRENT; });
    });
  };
  if (has_current()) try {
      return load_recordings(data, known, Wanted::both);
    } catch (const NoCurrent&) {  // the voltage can be forecast without it
    }
  return load_recordings(data, known, Wanted::voltage);
}

/// What counts as a spike in a series of that unit where nothing else is said. Nothing crosses what is infinite.
SpikeDefinition usual_spikes(const std::string& unit) {
  if (unit == "mV") return {-10, -20};
  if (unit == "1") return {1, 0};
  return {inf, inf};
}

/// The levels whose falls in the values tell the own spikes with the fewest missed and invented. Without falls at half
/// of the spikes the series is left as it is.
void find_falls(ForecastSeries& s) {
  std::vector<double> tops, bottoms;  // before and after each spike
  for (const double t : s.spikes_ms) {
    const auto k = static_cast<std::size_t>(t / s.dt_ms);
    if (k + 1 >= s.values.size()) break;
    tops.push_back(std::max(s.values[k], s.values[k - std::min<std::size_t>(k, 1)]));
    bottoms.push_back(std::min(s.values[k], s.values[k + 1]));
  }
  if (tops.empty()) return;
  std::sort(tops.begin(), tops.end()), std::sort(bottoms.begin(), bottoms.end());
  const double bottom = bottoms[bottoms.size() / 2];
  std::size_t least = s.spikes_ms.size();
  ForecastSeries tried = s;
  tried.falls = true;
  // first those midway, which a forecast crosses that blurs its spikes; higher ones where the values fall that far
  // without a spike
  for (const std::size_t of_100 : {0u, 5u, 25u})
    for (const auto& [high, low] : std::array<std::pair<double, double>, 6>{
             {{0.6, 0.3}, {0.8, 0.4}, {0.9, 0.5}, {0.98, 0.5}, {0.98, 0.1}, {0.98, 0.9}}}) {
      const double top = tops[tops.size() * of_100 / 100];
      if (top <= bottom || least == 0) continue;
      tried.spikes = {bottom + high * (top - bottom), bottom + low * (top - bottom)};
      const std::vector<double> found = spikes_in(tried, s.values);
      std::size_t matched = 0, k = 0;
      for (const double t : s.spikes_ms) {
        while (k < found.size() && found[k] < t - 1.5 * s.dt_ms) ++k;
        if (k < found.size() && found[k] <= t + 1.5 * s.dt_ms) ++matched, ++k;
      }
      const std::size_t wrong = s.spikes_ms.size() + found.size() - 2 * matched;
      if (2 * matched < s.spikes_ms.size() || wrong >= least) continue;
      least = wrong, s.falls = true, s.spikes = tried.spikes;
    }
}

}  // namespace

void define_spikes(ForecastSeries& s, const NeuronSpec& spec) {
  const auto& own = spec.simulate.spikes;
  s.spikes = usual_spikes(s.unit);
  if (own && own->state == spec.readout.of && !spec.readout.is_map()) s.spikes = {own->threshold, own->rearm};
  s.top = s.spikes.threshold;
  s.own_spikes = spec.equations().reset && !own && spec.readout.of == 0;
  if (s.own_spikes) find_falls(s);
}

std::vector<double> spikes_in(const ForecastSeries& s, std::vector<double> samples) {
  if (!s.falls) return detect_spikes({0, s.dt_ms, samples}, s.spikes);
  for (double& x : samples) x = -x;
  return detect_spikes({0, s.dt_ms, samples}, {-s.spikes.rearm, -s.spikes.threshold});
}

void lay_out(const ForecastBlock& block, std::size_t samples, ForecastSeries& s) {
  const auto ms = [&](std::size_t n) { return with_unit(static_cast<double>(n) * s.dt_ms, "ms"); };
  const std::string of = s.name.empty() ? "" : fmt::format(" of '{}'", s.name);
  s.horizon = static_cast<std::size_t>(std::llround(block.horizon_ms / s.dt_ms));
  if (s.horizon < 1)
    throw Error(block.horizon_place, fmt::format("a horizon of {} is shorter than a sample{}, {}",
                                                 with_unit(block.horizon_ms, "ms"), of, ms(1)));
  const double train = block.train_ms > 0 ? block.train_ms / s.dt_ms : block.train_part * static_cast<double>(samples);
  s.train = static_cast<std::size_t>(std::floor(train + 1e-6));
  if (s.train < 3)
    throw Error(block.train_place,
                fmt::format("the training part{} holds {} samples: nothing can be learnt from it", of, s.train),
                "take a longer one");
  if (s.train + s.horizon > samples)
    throw Error(block.horizon_place,
                s.train >= samples ? fmt::format("the training part of {} leaves nothing{} to forecast, which lasts {}",
                                                 ms(s.train), of, ms(samples))
                                   : fmt::format("a horizon of {} is longer than what follows the training part{}, {}",
                                                 ms(s.horizon), of, ms(samples - s.train)),
                "take a shorter horizon, a shorter training part or a longer run");
  const std::size_t span = samples - s.horizon - s.train;
  std::size_t n = block.origins;
  if (n == 0) {
    for (std::size_t o = s.train; o + s.horizon <= samples; o += s.horizon) s.origins.push_back(o);
    return;
  }
  if (n > span + 1)
    throw Error(block.origins_place,
                fmt::format("{} origins are more than the {} samples{} from which a forecast of {} can be scored", n,
                            span + 1, of, ms(s.horizon)),
                "take fewer, or origins: 0 for as many as fit without overlap");
  for (std::size_t k = 0; k < n; ++k) s.origins.push_back(s.train + (n == 1 ? 0 : k * span / (n - 1)));
}

std::vector<ForecastSeries> series_of(const ForecastBlock& block, const ForecastSource& source) {
  std::vector<ForecastSeries> all;
  if (source.neuron) all.push_back(of_run(block, source));
  else
    for (Recording& r : recordings(block, *source.data)) all.push_back(of_recording(block, source, std::move(r)));
  for (ForecastSeries& s : all) {
    lay_out(block, s.values.size(), s);
    s.known_current = block.known_current;
    if (block.spikes) s.spikes = *block.spikes, s.top = s.spikes.threshold, s.own_spikes = s.falls = false;
    if (is_constant(std::span(s.values).first(s.train)))
      throw Error(block.place,
                  fmt::format("the training part{} is constant: there is nothing to forecast",
                              s.name.empty() ? "" : fmt::format(" of '{}'", s.name)),
                  "take another part, or an input that moves the neuron");
  }
  return all;
}

}  // namespace hillock
