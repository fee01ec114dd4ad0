#include "measure/measures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

#include "measure/distances.hpp"
#include "measure/features.hpp"
#include "measure/statistics.hpp"
#include "measure/traces.hpp"

namespace hillock {
namespace {

/// What a measure's function sees: the spikes inside the window, and everything else as it was given.
struct Call {
  const MeasureInfo& info;
  double from_ms, to_ms, length_ms;  ///< of the window, and what is scored of it
  Stretches unscored;
  Train model, data;  ///< inside the window and scored
  const ScoredWindow& run;
  const ScoredWindow* recording;  ///< null for measures of one train
  const MeasureOptions& options;

  const MeasureOption& option(std::string_view name) const {
    return *std::find_if(info.options.begin(), info.options.end(), [&](const auto& o) { return o.name == name; });
  }
  double number(const std::string& name) const {
    const auto given = options.numbers.find(name);
    return given == options.numbers.end() ? option(name).value : given->second;
  }
  const std::string& word(const std::string& name) const {
    const auto given = options.words.find(name);
    return given == options.words.end() ? option(name).choices.front() : given->second;
  }
};

Score undefined(std::string_view why) {
  return {.value = std::numeric_limits<double>::quiet_NaN(), .why = fmt::format("not defined: {}", why)};
}
Score number(double value) { return {.value = value}; }
Score number(std::size_t value) { return {.value = static_cast<double>(value)}; }

// --- One train ----------------------------------------------------------------------------------------------------

std::vector<double> intervals(Train spikes) {
  std::vector<double> gaps;
  for (std::size_t i = 1; i < spikes.size(); ++i) gaps.push_back(spikes[i] - spikes[i - 1]);
  return gaps;
}

std::size_t spikes_of(const Call& c) { return c.run.told == SpikeDetail::number ? c.run.n_spikes : c.model.size(); }
Score spike_count(const Call& c) { return number(spikes_of(c)); }

Score mean_rate(const Call& c) { return number(1000 * static_cast<double>(spikes_of(c)) / c.length_ms); }

Score time_to_first_spike(const Call& c) {
  return c.model.empty() ? undefined("no spikes") : number(c.model.front() - c.from_ms);
}

Score time_to_last_spike(const Call& c) {
  return c.model.empty() ? undefined("no spikes") : number(c.model.back() - c.from_ms);
}

Score isi_first(const Call& c) {
  return c.model.size() < 2 ? undefined("fewer than two spikes") : number(c.model[1] - c.model[0]);
}

Score isi_last(const Call& c) {
  const std::size_t n = c.model.size();
  return n < 2 ? undefined("fewer than two spikes") : number(c.model[n - 1] - c.model[n - 2]);
}

Score inv_first_isi(const Call& c) {
  const Score interval = isi_first(c);
  return interval.why.empty() ? number(1000 / interval.value) : interval;
}

Score inv_last_isi(const Call& c) {
  const Score interval = isi_last(c);
  return interval.why.empty() ? number(1000 / interval.value) : interval;
}

Score isi_mean(const Call& c) {
  const std::size_t n = c.model.size();
  if (n < 2) return undefined("fewer than two spikes");
  return number((c.model.back() - c.model.front()) / static_cast<double>(n - 1));
}

Score isi_cv(const Call& c) {
  const bool ignored = c.word("first_interval") == "ignored";
  if (c.model.size() < (ignored ? 4 : 3))
    return undefined(ignored ? "fewer than four spikes" : "fewer than three spikes");
  const auto gaps = intervals(c.model.subspan(ignored ? 1 : 0));
  const double average = mean(gaps);
  double squares = 0;
  for (const double gap : gaps) squares += (gap - average) * (gap - average);
  return number(std::sqrt(squares / static_cast<double>(gaps.size() - 1)) / average);
}

double adaptation(Train spikes) {
  const auto gaps = intervals(spikes);
  double sum = 0;
  for (std::size_t i = 1; i < gaps.size(); ++i) sum += (gaps[i] - gaps[i - 1]) / (gaps[i] + gaps[i - 1]);
  return sum / static_cast<double>(gaps.size() - 1);
}

Score adaptation_index(const Call& c) {
  // eFEL skips round(skip * n) spikes, halves upward, and at most max_skip.
  const double wanted = std::floor(c.number("skip") * static_cast<double>(c.model.size()) + 0.5);
  const auto skipped = static_cast<std::size_t>(std::min(wanted, c.number("max_skip")));
  if (c.model.size() < skipped + 4) return undefined("fewer than four spikes after those skipped");
  return number(adaptation(c.model.subspan(skipped)));
}

Score adaptation_index_2(const Call& c) {
  if (c.model.size() < 4) return undefined("fewer than four spikes");
  return number(adaptation(c.model.subspan(1)));
}

Score burst_number(const Call& c) {
  const double factor = c.number("factor");
  auto gaps = intervals(c.model);
  if (c.word("first_interval") == "ignored" && !gaps.empty()) gaps.erase(gaps.begin());
  if (c.model.size() < 5) return number(0.0);
  // After a pause the median begins with the pause itself, as in eFEL. The interval after a pause is shorter than the
  // pause and so never a pause itself: each stretch between pauses has two spikes at least.
  std::size_t pauses = 0;
  RunningMedian usual;
  usual.add(gaps[0]);
  for (std::size_t i = 1; i + 1 < gaps.size(); ++i) {
    if (gaps[i] > factor * usual.value() && gaps[i + 1] < gaps[i] / factor) {
      ++pauses;
      usual = {};
    }
    usual.add(gaps[i]);
  }
  return number(pauses == 0 ? 0.0 : static_cast<double>(pauses + 1));
}

/// The samples of the run inside the window, or why there are none.
Score over_samples(const Call& c, double (*value)(std::span<const double>)) {
  if (!c.run.voltage) return undefined("no trace is recorded");
  const Sampled& trace = *c.run.voltage;
  const SampleRange range = samples_within(trace, c.from_ms, c.to_ms + (c.run.to_included ? 0.5 * trace.dt_ms : 0));
  std::vector<double> kept;
  if (!c.unscored.empty())
    each_outside(trace, range, c.unscored, [&](std::size_t k) { kept.push_back(trace.values[k]); });
  const std::span<const double> scored = c.unscored.empty() ? trace.values.subspan(range.begin, range.count()) : kept;
  if (scored.empty()) return undefined("no samples in the window");
  if (!std::all_of(scored.begin(), scored.end(), [](double v) { return std::isfinite(v); }))
    return undefined("the trace is not finite in the window");
  return number(value(scored));
}

Score peak(const Call& c) {
  return over_samples(c, [](std::span<const double> v) { return *std::max_element(v.begin(), v.end()); });
}

Score minimum_voltage(const Call& c) {
  return over_samples(c, [](std::span<const double> v) { return *std::min_element(v.begin(), v.end()); });
}

Score mean_voltage(const Call& c) { return over_samples(c, mean); }

/// The trace in the window, or why there is none that could be looked at.
std::string cut(const Call& c, const std::optional<Sampled>& trace, const char* what, Sampled& out) {
  if (!trace) return fmt::format("no {} is recorded", what);
  const SampleRange range = samples_within(*trace, c.from_ms, c.to_ms + (c.run.to_included ? 0.5 * trace->dt_ms : 0));
  if (range.count() == 0) return "no samples in the window";
  if (!all_finite(*trace, range)) return fmt::format("the {} is not finite in the window", what);
  out = {trace->at_ms(range.begin), trace->dt_ms, trace->values.subspan(range.begin, range.count())};
  return "";
}

/// The mean over the action potentials of the window of what is defined of them.
template <double ActionPotential::*part> Score of_action_potentials(const Call& c) {
  Sampled trace;
  if (const std::string why = cut(c, c.run.voltage, "trace", trace); !why.empty()) return undefined(why);
  if (c.model.empty()) return undefined("no spikes");
  const auto all =
      action_potentials(trace, c.model, c.from_ms, std::nextafter(c.to_ms, std::numeric_limits<double>::infinity()));
  const double value = mean_of(all, part);
  if (std::isnan(value))
    return undefined(std::isnan(mean_of(all, &ActionPotential::peak_voltage))
                         ? "the trace shows no action potential at the spikes"
                         : "the window holds no action potential far enough");
  return number(value);
}

/// The steps of the current in the window, and the voltage beside them; or why there are none.
std::string steps_of(const Call& c, Sampled& voltage, Protocol& protocol) {
  Sampled current;
  if (std::string why = cut(c, c.run.voltage, "trace", voltage); !why.empty()) return why;
  if (std::string why = cut(c, c.run.current, "current", current); !why.empty()) return why;
  protocol = protocol_of(current);
  return protocol.steps.empty() ? "the current has no step in the window" : "";
}

Score of_voltage(double value) {
  return std::isfinite(value) ? number(value) : undefined("the voltage under the step does not allow it");
}

Score voltage_base_of_stimulus(const Call& c) {
  Sampled voltage;
  Protocol protocol;
  if (const std::string why = steps_of(c, voltage, protocol); !why.empty()) return undefined(why);
  return of_voltage(voltage_base(voltage, *protocol.stimulus(c.model), c.model));
}

Score steady_voltage_of_stimulus(const Call& c) {
  Sampled voltage;
  Protocol protocol;
  if (const std::string why = steps_of(c, voltage, protocol); !why.empty()) return undefined(why);
  return of_voltage(steady_state_voltage(voltage, *protocol.stimulus(c.model)));
}

/// A feature of the step without spikes that tells most of the membrane.
template <double PassiveResponse::*part> Score of_passive_step(const Call& c) {
  Sampled voltage;
  Protocol protocol;
  if (const std::string why = steps_of(c, voltage, protocol); !why.empty()) return undefined(why);
  const auto found = passive_step(voltage, protocol, c.model);
  return found ? of_voltage(found->response.*part) : undefined("there are spikes under every step of the current");
}

// --- Two traces ---------------------------------------------------------------------------------------------------

/// Calls `value` with the paired traces, unless they cannot be compared.
template <class F> Score over_pairs(const Call& c, SpikeCuts cuts, F&& value) {
  if (!c.run.voltage) return undefined("no trace is recorded");
  if (!c.recording->voltage) return undefined("the data have no trace");
  const PairedTraces pairs(*c.run.voltage, *c.recording->voltage, c.from_ms, c.to_ms, std::move(cuts), c.unscored);
  if (!pairs.why().empty()) return {.value = std::numeric_limits<double>::quiet_NaN(), .why = pairs.why()};
  return value(pairs);
}

Score mean_square(const Call& c) {
  return over_pairs(c, {}, [&](const PairedTraces& pairs) {
    double sum = 0;
    pairs.each([&](double model, double data) { sum += (model - data) * (model - data); });
    return number(of_squares(c.info.name, sum, static_cast<double>(pairs.samples())));
  });
}

/// 1 − Σ(model − data)² / Σ(data − mean)² over the samples that are left, with the part of them.
Score explained(const PairedTraces& pairs, std::string_view none_left, std::string_view constant) {
  std::size_t left = 0;
  double sum = 0, low = std::numeric_limits<double>::infinity(), high = -low;
  pairs.each([&](double, double data) {
    ++left;
    sum += data;
    low = std::min(low, data), high = std::max(high, data);
  });
  if (left == 0) return undefined(none_left);
  if (low == high) return undefined(constant);
  const double average = sum / static_cast<double>(left);
  double error = 0, variance = 0;
  pairs.each([&](double model, double data) {
    error += (model - data) * (model - data);
    variance += (data - average) * (data - average);
  });
  return {.value = 1 - error / variance,
          .why = {},
          .scored = static_cast<double>(left) / static_cast<double>(pairs.samples())};
}

Score explained_variance(const Call& c) {
  return over_pairs(
      c, {}, [](const PairedTraces& pairs) { return explained(pairs, "", "the data are constant in the window"); });
}

Score subthreshold_ev(const Call& c) {
  SpikeCuts cuts{.before_ms = c.number("before"), .after_ms = c.number("after")};
  // All spikes, for those before the window reach into it.
  const Train data = c.recording->spikes_ms, model = c.word("cut") == "both" ? Train(c.run.spikes_ms) : Train();
  cuts.spikes_ms.resize(data.size() + model.size());
  std::merge(data.begin(), data.end(), model.begin(), model.end(), cuts.spikes_ms.begin());
  return over_pairs(c, std::move(cuts), [](const PairedTraces& pairs) {
    return explained(pairs, "no samples are left between the spikes", "the data are constant between the spikes");
  });
}

Score legacy_minmax(const Call& c) {
  return over_pairs(c, {}, [](const PairedTraces& pairs) {
    double m_low = std::numeric_limits<double>::infinity(), m_high = -m_low, d_low = m_low, d_high = m_high;
    pairs.each([&](double model, double data) {
      m_low = std::min(m_low, model), m_high = std::max(m_high, model);
      d_low = std::min(d_low, data), d_high = std::max(d_high, data);
    });
    if (d_low == d_high) return undefined("the data are constant in the window");
    if (m_low == m_high) return undefined("the model's trace is constant in the window");
    double sum = 0;
    pairs.each([&](double model, double data) {
      const double difference = 2 * ((model - m_low) / (m_high - m_low) - (data - d_low) / (d_high - d_low));
      sum += difference * difference;
    });
    return number(sum / static_cast<double>(pairs.samples()));
  });
}

// --- Two trains ---------------------------------------------------------------------------------------------------

Score gamma(const Call& c) {
  if (c.model.empty() && c.data.empty()) return undefined("neither the model nor the data have spikes");
  if (c.model.empty()) return undefined("the model has no spikes");
  if (c.data.empty()) return undefined("the data have no spikes");
  const double precision = c.number("precision"), n_m = static_cast<double>(c.model.size()),
               n_d = static_cast<double>(c.data.size());
  const std::string& whose = c.word("rate");
  const double by_chance = 2 * precision * (whose == "model" ? n_m : n_d) / c.length_ms;  // 2νΔ
  if (by_chance >= 0.5)
    return undefined(fmt::format(
        "the precision is too wide for the rate of the {} (2 · rate · precision is {:.3g}, the limit is 0.5)", whose,
        by_chance));
  // times of samples are rounded sums: 40 of 0.1 ms are 4 ms apart
  const double n_c = static_cast<double>(coincidences(c.model, c.data, precision * (1 + sample_slack)));
  return number((n_c - by_chance * n_d) / (0.5 * (n_d + n_m) * (1 - by_chance)));
}

Score van_rossum_distance(const Call& c) {
  const double squared = van_rossum(c.model, c.data, c.number("tau"));
  if (c.word("normalised") == "false") return number(squared);
  if (c.data.empty()) return undefined("normalised by the number of spikes in the data, which is 0");
  return number(squared / (static_cast<double>(c.data.size()) / 2));
}

Score victor_purpura_distance(const Call& c) { return number(victor_purpura(c.model, c.data, c.number("cost"))); }

Score isi_distance_of_trains(const Call& c) { return number(isi_distance(c.model, c.data, c.from_ms, c.to_ms)); }

/// Spikes tell no rate: who runs the model has it, see `log_likelihood` in purpose/fit/loss.hpp.
Score rate_of_a_model(const Call&) {
  return undefined("the model tells no rate, or cannot be reset where the recording spikes");
}

Score spike_count_error(const Call& c) {
  if (c.data.empty()) return undefined("relative to the number of spikes in the data, which is 0");
  const double n_m = static_cast<double>(c.model.size()), n_d = static_cast<double>(c.data.size());
  return number(std::abs(n_m - n_d) / n_d);
}

// --- The table ----------------------------------------------------------------------------------------------------

struct Measure {
  MeasureInfo info;
  Score (*evaluate)(const Call&);
};

constexpr auto efel = "eFEL, doi:10.5281/zenodo.593869";
constexpr auto kistler =
    "Kistler, Gerstner and van Hemmen 1997, doi:10.1162/neco.1997.9.5.1015; Jolivet et al. 2008, "
    "doi:10.1016/j.jneumeth.2007.11.006";
constexpr auto plain = "definition";

MeasureInfo counted(MeasureInfo info) {
  info.needs_spikes = SpikeDetail::number;
  return info;
}
MeasureInfo one_train(const char* name, const char* unit, const char* meaning, const char* source,
                      std::vector<MeasureOption> options = {}) {
  return {.name = name, .unit = unit, .meaning = meaning, .source = source, .options = std::move(options)};
}

MeasureInfo one_trace(const char* name, const char* meaning, const char* source) {
  return {.name = name,
          .unit = "trace",
          .meaning = meaning,
          .source = source,
          .needs_trace = true,
          .needs_spikes = SpikeDetail::none};
}

MeasureInfo one_shape(const char* name, const char* unit, const char* meaning) {
  return {.name = name, .unit = unit, .meaning = meaning, .source = efel, .needs_trace = true};
}

MeasureInfo one_step(const char* name, const char* unit, const char* meaning) {
  return {.name = name, .unit = unit, .meaning = meaning, .source = efel, .needs_trace = true, .needs_current = true};
}

using Better = MeasureInfo::Better;

MeasureInfo two_traces(const char* name, const char* unit, const char* meaning, const char* source, Better better,
                       std::vector<MeasureOption> options = {}) {
  return {.name = name,
          .unit = unit,
          .meaning = meaning,
          .source = source,
          .needs_trace = true,
          .compares = true,
          .better = better,
          .options = std::move(options)};
}

MeasureInfo two_trains(const char* name, const char* meaning, const char* source, Better better,
                       std::vector<MeasureOption> options = {}) {
  return {.name = name,
          .unit = "1",
          .meaning = meaning,
          .source = source,
          .compares = true,
          .better = better,
          .options = std::move(options)};
}

MeasureOption number_option(const char* name, const char* unit, double value, double low, double high,
                            const char* meaning) {
  return {.name = name, .unit = unit, .value = value, .low = low, .high = high, .meaning = meaning};
}

MeasureOption word_option(const char* name, std::vector<std::string> choices, const char* meaning) {
  return {.name = name, .unit = "1", .meaning = meaning, .choices = std::move(choices)};
}

const std::vector<Measure>& table() {
  static const std::vector<Measure> all = [] {
    const auto first_interval = word_option(
        "first_interval", {"ignored", "counted"},
        "whether the first interval counts; eFEL ignores it unless told, since many cells start with a doublet");
    return std::vector<Measure>{
        {counted(one_train("spike_count", "1", "number of spikes in the window", plain)), spike_count},
        {counted(one_train(
             "mean_rate", "Hz",
             "spikes in the window over its length (eFEL's mean_frequency divides by the time to the last spike)",
             plain)),
         mean_rate},
        {one_train("time_to_first_spike", "ms",
                   "first spike, from the start of the window; eFEL's counts from the stimulus to the top of the spike",
                   efel),
         time_to_first_spike},
        {one_train("time_to_last_spike", "ms",
                   "last spike, from the start of the window; eFEL's counts from the stimulus to the top of the spike",
                   efel),
         time_to_last_spike},
        {one_train("isi_mean", "ms", "mean of all intervals between spikes", plain), isi_mean},
        {one_train(
             "isi_cv", "1",
             "coefficient of variation of the intervals between spikes, their sample standard deviation (n - 1) over "
             "their mean; eFEL's ISI_CV",
             efel, {first_interval}),
         isi_cv},
        {one_train("isi_first", "ms", "first interval between spikes", plain), isi_first},
        {one_train("isi_last", "ms", "last interval between spikes", plain), isi_last},
        {one_train(
             "adaptation_index", "1",
             "mean of (x' - x) / (x' + x) over consecutive intervals x, x' after the first spikes are skipped: above 0 "
             "if the firing slows down; at least four spikes have to be left",
             efel,
             {number_option("skip", "1", 0.1, 0, 1, "part of the spikes that is skipped, rounded to whole spikes"),
              number_option("max_skip", "1", 2, 0, 1000, "at most so many spikes are skipped")}),
         adaptation_index},
        {one_train(
             "burst_number", "1",
             "number of bursts: of stretches of spikes with pauses between them, 0 without a pause or with fewer than "
             "five spikes. A pause is an interval longer than `factor` times the median of those since the last pause "
             "(that pause included) and followed by one shorter than the pause over `factor`. Where eFEL gives none, "
             "here it is 0; since 5.7 eFEL wants four intervals after the one ignored",
             efel,
             {number_option("factor", "1", 1.5, 1, 1000, "how much longer a pause is (eFEL's burst_factor)"),
              first_interval}),
         burst_number},
        {one_train("adaptation_index_2", "1", "the same after the first spike alone is skipped; at least four spikes",
                   efel),
         adaptation_index_2},
        {one_train("inv_first_ISI", "Hz", "1 over the first interval between spikes: the rate at the beginning", efel),
         inv_first_isi},
        {one_train("inv_last_ISI", "Hz", "1 over the last interval between spikes: the rate at the end", efel),
         inv_last_isi},
        {one_shape(
             "AP_begin_voltage", "trace",
             "voltage at which action potentials begin, mean over the spikes of the window: where dV/dt, the central "
             "difference and linear between samples, crosses 10 mV/ms upward for the last time before the steep rise; "
             "in a noisy trace dV/dt is the slope of the line through as many samples as noise asks for, 0.4 ms at "
             "most (eFEL: the first of five samples of 0.1 ms above 10 mV/ms)"),
         of_action_potentials<&ActionPotential::begin_voltage>},
        {one_shape("peak_voltage", "trace", "largest sample of action potentials, mean over the spikes of the window"),
         of_action_potentials<&ActionPotential::peak_voltage>},
        {one_shape("AP_amplitude", "trace", "peak_voltage less AP_begin_voltage, mean over the spikes of the window"),
         of_action_potentials<&ActionPotential::amplitude>},
        {one_shape("AP_duration_half_width", "ms",
                   "width of action potentials halfway from AP_begin_voltage to the peak, between samples by "
                   "interpolation; mean over the spikes of the window"),
         of_action_potentials<&ActionPotential::half_width_ms>},
        {one_shape("AP_peak_upstroke", "trace/ms",
                   "largest dV/dt of action potentials, mean over the spikes of the window"),
         of_action_potentials<&ActionPotential::upstroke>},
        {one_shape("AP_peak_downstroke", "trace/ms",
                   "least dV/dt of action potentials, mean over the spikes of the window"),
         of_action_potentials<&ActionPotential::downstroke>},
        {one_shape(
             "AHP_depth_abs", "trace",
             "first minimum of the voltage after the peak of an action potential, one that it does not fall below for "
             "0.2 ms, mean over the spikes of the window (eFEL: the same in a trace resampled to 0.1 ms; a slower, "
             "deeper trough is `minimum_voltage`)"),
         of_action_potentials<&ActionPotential::ahp_voltage>},
        {one_step(
             "voltage_base", "trace",
             "resting voltage: mean over the last tenth of the last stretch at the holding current before the "
             "stimulus, without the 50 ms after a spike. The stimulus is the longest depolarising step of the current "
             "that spikes answer, or the longest one; the holding current is what the current comes back to most often "
             "(eFEL: over the last tenth of the time from 0 to the stimulus, which the user gives, spikes included)"),
         voltage_base_of_stimulus},
        {one_step("steady_state_voltage_stimend", "trace", "mean voltage over the last tenth of the stimulus"),
         steady_voltage_of_stimulus},
        {one_step(
             "time_constant", "ms",
             "time constant of the exponential of least squares through the onset of a step without spikes from 10 to "
             "95 % of the largest deflection (eFEL: to where the slope falls below 5 mV/s). Of several steps the one "
             "that tells most: long enough for a steady voltage, from the holding current, hyperpolarising, large"),
         of_passive_step<&PassiveResponse::time_constant_ms>},
        {one_step(
             "sag_ratio1", "1",
             "sag under a hyperpolarising step without spikes: its steady voltage less the least one, over the voltage "
             "before the step less the least one (eFEL: voltage_base)"),
         of_passive_step<&PassiveResponse::sag_ratio>},
        {one_trace("peak", "largest sample in the window", plain), peak},
        {one_trace("minimum_voltage", "smallest sample in the window", plain), minimum_voltage},
        {one_trace("mean_voltage", "mean of the samples in the window", plain), mean_voltage},

        {two_traces("mse", "trace^2", "mean of (model - data)^2 over the data's samples", plain, Better::lower),
         mean_square},
        {two_traces("rmse", "trace", "square root of the mean of (model - data)^2 over the data's samples", plain,
                    Better::lower),
         mean_square},
        {two_traces(
             "explained_variance", "1",
             "1 - sum (model - data)^2 / sum (data - its mean)^2, spikes included: for smooth models only, as a trace "
             "with spikes that is 2 ms late explains a third; an offset counts as error",
             plain, Better::higher),
         explained_variance},
        {two_traces(
             "subthreshold_ev", "1",
             "1 - sum (model - data)^2 / sum (data - its mean)^2 over the data's samples that are not cut: those with "
             "spike - before <= t < spike + after are; spikes outside the window are cut around too",
             "Mensi et al. 2012, doi:10.1152/jn.00408.2011; Pozzorini et al. 2015, doi:10.1371/journal.pcbi.1004275",
             Better::higher,
             {number_option("before", "ms", 5, 0, 1000, "cut before each spike"),
              number_option("after", "ms", 8, 0, 1000, "cut after each spike"),
              word_option("cut", {"both", "data"}, "around whose spikes: of data and model, or of the data alone")}),
         subthreshold_ev},
        {two_trains("gamma",
                    "coincidence factor (Nc - 2 r D Nd) / (1/2 (Nd + Nm) (1 - 2 r D)): Nc one-to-one pairs at most D = "
                    "precision apart, r the rate in the window; 1 for equal trains, 0 as expected of chance; not "
                    "defined if 2 r D is 0.5 or more or a train is empty",
                    kistler, Better::higher,
                    {number_option("precision", "ms", 4, 0.001, 1000, "largest distance of two coincident spikes"),
                     word_option("rate", {"model", "data"}, "whose rate says how many coincidences chance makes")}),
         gamma},
        {two_trains(
             "van_rossum",
             "squared distance 1/tau times the integral of (f - g)^2, f and g the trains under exp(-t/tau): one spike "
             "against none is 1/2. The integral runs on to infinity, so that late spikes count in full",
             "van Rossum 2001, doi:10.1162/089976601300014321; Houghton and Kreuz 2012, "
             "doi:10.3109/0954898X.2012.673048",
             Better::lower,
             {number_option("tau", "ms", 10, 0.001, 1e6, "time constant of the exponential"),
              word_option("normalised", {"false", "true"},
                          "divided by half the number of the data's spikes: silence is 1")}),
         van_rossum_distance},
        {two_trains(
             "victor_purpura",
             "cheapest way to change one train to the other: 1 to add or delete a spike, `cost` per ms to move one",
             "Victor and Purpura 1996, doi:10.1152/jn.1996.76.2.1310", Better::lower,
             {number_option("cost", "1/ms", 1, 0, 1e6,
                            "of moving a spike by 1 ms; two spikes within 2/cost are moved")}),
         victor_purpura_distance},
        {two_trains(
             "isi_distance",
             "mean over the window of |x - y| / max(x, y), x and y the intervals around t. Before the first and after "
             "the last spike the interval is the longer one of the distance to the window's edge and the neighbouring "
             "interval; a train without spikes is one interval",
             "Kreuz et al. 2007, doi:10.1016/j.jneumeth.2007.05.031; edges as in PySpike, "
             "doi:10.1016/j.softx.2016.07.006",
             Better::lower),
         isi_distance_of_trains},
        {two_traces("legacy_minmax", "1",
                    "mean of (model - data)^2 after each is scaled to [-1, 1] by its own extremes in the window; blind "
                    "to scale and offset, kept to repeat older fits",
                    plain, Better::lower),
         legacy_minmax},
        {two_trains("spike_count_error", "|Nm - Nd| / Nd", plain, Better::lower), spike_count_error},
        {{.name = "log_likelihood",
          .unit = "bit/spike",
          .meaning =
              "by how many bits a spike the data's spikes are more likely at the rate of a model that is reset where "
              "the data spike than of a Poisson process; of fits and comparisons, by models that tell their rate",
          .source = "Pillow et al. 2008, doi:10.1038/nature07140; Pozzorini et al. 2015, "
                    "doi:10.1371/journal.pcbi.1004275",
          .compares = true,
          .needs_spikes = SpikeDetail::none,
          .better = Better::higher},
         rate_of_a_model},
    };
  }();
  return all;
}

const Measure* find(std::string_view name) {
  const auto found = std::find_if(table().begin(), table().end(), [&](const auto& m) { return m.info.name == name; });
  return found == table().end() ? nullptr : &*found;
}

void require(bool good, const std::string& message) {
  if (!good) throw std::invalid_argument(message);
}

void check_options(const MeasureInfo& info, const MeasureOptions& options) {
  const auto find_option = [&](const std::string& name, bool word) {
    const auto found = std::find_if(info.options.begin(), info.options.end(),
                                    [&](const auto& o) { return o.name == name && o.choices.empty() != word; });
    require(found != info.options.end(),
            fmt::format("measure '{}' has no {} '{}'", info.name, word ? "word" : "number", name));
    return found;
  };
  for (const auto& [name, value] : options.numbers) {
    const auto o = find_option(name, false);
    require(o->low <= value && value <= o->high, fmt::format("'{}' of measure '{}' is {} {}, outside [{}, {}]", name,
                                                             info.name, value, o->unit, o->low, o->high));
  }
  for (const auto& [name, value] : options.words) {
    const auto o = find_option(name, true);
    require(std::find(o->choices.begin(), o->choices.end(), value) != o->choices.end(),
            fmt::format("'{}' of measure '{}' cannot be '{}'", name, info.name, value));
  }
}

}  // namespace

const std::vector<MeasureInfo>& measures() {
  static const std::vector<MeasureInfo> all = [] {
    std::vector<MeasureInfo> infos;
    for (const auto& measure : table()) infos.push_back(measure.info);
    return infos;
  }();
  return all;
}

const MeasureInfo* find_measure(std::string_view name) {
  const Measure* found = find(name);
  return found ? &found->info : nullptr;
}

std::string unit_of(const MeasureInfo& measure, std::string_view trace_unit) {
  if (!measure.unit.starts_with("trace")) return measure.unit;
  const std::string_view rest = std::string_view(measure.unit).substr(5);  // of "trace^2", "trace/ms"
  if (trace_unit.empty() || trace_unit == "1") return rest.starts_with('/') ? fmt::format("1{}", rest) : "1";
  return fmt::format("{}{}", trace_unit, rest);
}

Score evaluate(std::string_view name, const ScoredWindow& run, const ScoredWindow* data,
               const MeasureOptions& options) {
  const Measure* measure = find(name);
  if (!measure) throw std::invalid_argument(fmt::format("there is no measure '{}'", name));
  if (!data && measure->info.compares) throw std::invalid_argument(fmt::format("measure '{}' needs data", name));
  if (run.told < measure->info.needs_spikes)
    throw std::invalid_argument(fmt::format("measure '{}' needs to know more of the spikes", name));
  check_options(measure->info, options);

  const ScoredWindow& window = measure->info.compares ? *data : run;
  const double from = window.from_ms, to = window.to_ms;
  if (!(from < to)) return undefined("the window is empty");
  if (!(window.length_ms() > 0)) return undefined("nothing of the window is scored");
  // copies only where something is left out
  std::vector<double> kept_of_model, kept_of_data;
  const auto scored = [&](const ScoredWindow& o, std::vector<double>& kept) {
    const Train inside = within(o.spikes_ms, from, to, window.to_included);
    if (window.unscored.empty()) return inside;
    kept = outside(inside, window.unscored);
    return Train(kept);
  };
  const Train of_model = scored(run, kept_of_model),
              of_data = measure->info.compares ? scored(*data, kept_of_data) : Train();
  Score score = measure->evaluate({.info = measure->info,
                                   .from_ms = from,
                                   .to_ms = to,
                                   .length_ms = window.length_ms(),
                                   .unscored = window.unscored,
                                   .model = of_model,
                                   .data = of_data,
                                   .run = run,
                                   .recording = data,
                                   .options = options});
  // Squares of huge values overflow, and intervals of no length make 0/0.
  if (score.why.empty() && !std::isfinite(score.value)) return undefined("the value is not finite");
  return score;
}

}  // namespace hillock
