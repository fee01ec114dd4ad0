#include "purpose/fit/scores.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "data/driven.hpp"
#include "engine/workers.hpp"
#include "measure/statistics.hpp"
#include "neuron/forced.hpp"

namespace hillock {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

NeuronSpec with_numbers(const FitBlock& block, const std::vector<double>& numbers) {
  NeuronSpec spec = *block.neuron;
  for (std::size_t k = 0; k < numbers.size(); ++k) block.free[k].parameter.set(spec, numbers[k]);
  return spec;
}

namespace {

/// How much of the traces of realisations is held at once, in values.
constexpr std::size_t most_values = std::size_t{1} << 23;

/// Realisations `begin` to `end` of one neuron on every recording: [realisation - begin][recording].
std::vector<std::vector<CaseTrace>> realised(const NeuronSpec& spec, const std::vector<Target>& targets,
                                             const std::string& name, std::size_t begin, std::size_t end) {
  std::vector<Neuron> neurons;
  for (std::size_t r = begin; r < end; ++r) {
    NeuronSpec own = spec;
    own.seed = seed_of_realisation(spec.seed, r);
    for (const Target& t : targets) neurons.push_back(driven(own, *t.data, t.current));
  }
  std::vector<std::vector<CaseTrace>> all(end - begin, std::vector<CaseTrace>(targets.size()));
  simulate(neurons, [&](std::size_t i, Trajectory t) {
    const std::size_t of = i % targets.size();
    const Recording& data = *targets[of].data;
    const std::string title = targets.size() == 1 ? name : fmt::format("{}.sweep_{}", name, *data.sweep);
    all[i / targets.size()][of] = read_out(neurons[i], std::move(t), title, data.t0_ms);
  });
  return all;
}

/// Its runs that are reset where the recordings spike.
std::vector<CaseTrace> play_forced(const FitBlock& block, const std::vector<MeasureUse>& uses, const NeuronSpec& spec,
                                   const std::vector<Target>& targets) {
  std::vector<CaseTrace> all;
  const hk_model& m = spec.equations();
  const bool asked =
      std::any_of(uses.begin(), uses.end(), [](const MeasureUse& use) { return use.name == "log_likelihood"; });
  const bool rate = looks_at_rate(block) || (asked && has_rate(m) && why_not_forced(spec).empty());
  if (!block.reset_at_data && !rate) return all;
  NeuronSpec recording = spec;
  for (std::uint32_t k = 0; rate && k < m.n_observed; ++k)
    if (std::string_view(m.observed[k].name) == "rate") recording.simulate.record.push_back(m.n_state + k);
  for (const Target& t : targets) {
    Neuron neuron = driven(recording, *t.data, t.current);
    neuron.forced_ms = spikes_of(*t.data);
    all.push_back(read_out(neuron, simulate(neuron), "forced", t.data->t0_ms));
  }
  return all;
}

Sampled samples(const CaseTrace& p, const std::vector<double>& values, const Recording& data) {
  return {data.t0_ms, p.every_ms, values};
}

/// A run as measures and the loss look at it, in one part of a recording.
Seen seen(const FitBlock& block, const Target& target, const ScoredWindow& data, const CaseTrace& run,
          const CaseTrace* forced) {
  Seen s{data, {}};
  s.run.spikes_ms = run.result.spikes_ms;
  const CaseTrace& of_voltage = block.reset_at_data && forced ? *forced : run;
  s.run.voltage = samples(of_voltage, of_voltage.voltage(), *target.data);
  if (!forced) return s;
  for (const Column& column : forced->result.columns)
    if (column.name == "rate") s.rate = samples(*forced, column.values, *target.data);
  return s;
}

/// Scores of one part of one recording.
std::vector<MeasureValue> measured(const FitBlock& block, const std::vector<MeasureUse>& uses, const CaseTrace& run,
                                   const Seen& s, const ScoredWindow& data, const std::string& unit) {
  std::vector<MeasureValue> values = measure(uses, run.result, s.run, &data, unit);
  for (std::size_t k = 0; s.rate && run.result.ok() && k < uses.size(); ++k)
    if (uses[k].name == "log_likelihood") {
      const Score bits = log_likelihood(*s.rate, data);
      values[k].value = bits.value, values[k].why = bits.why;
    }
  if (!block.reset_at_data) return values;
  ScoredWindow reset = s.run;
  reset.spikes_ms = data.spikes_ms;
  const std::vector<MeasureValue> of_voltage = measure(uses, run.result, reset, &data, unit);
  for (std::size_t k = 0; k < uses.size(); ++k)
    if (find_measure(uses[k].name)->needs_trace) values[k] = of_voltage[k];
  return values;
}

/// By recording what a run is worth in one part of it.
std::vector<CaseResult> score_each(const FitBlock& block, const std::vector<MeasureUse>& uses,
                                   const std::vector<Target>& targets, const std::vector<CaseTrace>& runs,
                                   bool held_out, const std::vector<CaseTrace>& forced) {
  std::vector<CaseResult> rows(targets.size());
  double later = 0;
  if (block.align) {
    std::vector<std::pair<ScoredWindow, ScoredWindow>> pairs;
    for (std::size_t i = 0; i < targets.size(); ++i)
      if (targets[i].trains() && runs[i].result.ok())
        pairs.emplace_back(seen(block, targets[i], targets[i].train, runs[i], nullptr).run, targets[i].train);
    later = offset_ms(pairs);
  }
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const Target& t = targets[i];
    if (held_out ? !t.held_out : !t.trains()) continue;
    const ScoredWindow& data = held_out ? *t.held_out : t.train;
    const CaseTrace& p = runs[i];
    CaseResult& row = rows[i];
    row.name = p.result.name;
    for (const CaseTrace* run : {&p, forced.empty() ? nullptr : &forced[i]})
      if (run && row.ok()) row.failure = run->result.failure;
    Seen s = seen(block, t, data, p, forced.empty() ? nullptr : &forced[i]);
    std::vector<double> spikes = p.result.spikes_ms;
    for (double& at : spikes) at -= later;
    s.run.spikes_ms = spikes;
    const std::string stopped = row.ok() ? "" : stopped_score().why;
    std::vector<double> terms(block.loss.size(), nan);
    double sum = nan;
    if (row.ok()) {
      const Loss loss(block, data);
      terms = loss.terms(s);
      sum = loss.sum(terms);
    }
    if (!block.loss.empty()) row.measures.push_back({"loss", "1", sum, stopped});
    for (std::size_t k = 0; k < terms.size(); ++k)
      if (block.loss[k].kind != LossTerm::Kind::measure) {
        const bool likelihood = block.loss[k].kind == LossTerm::Kind::log_likelihood;
        row.measures.push_back(
            {block.loss[k].measure.name, likelihood ? "bit/spike" : "1", likelihood ? -terms[k] : terms[k], stopped});
      }
    for (MeasureValue& v : measured(block, uses, p, s, data, t.data->unit)) row.measures.push_back(std::move(v));
  }
  return rows;
}

/// Scores of one realisation in both parts.
struct Realised {
  std::vector<CaseResult> train, held_out;
};

/// The means of one part over the realisations, of measures that most of them have.
std::vector<CaseResult> mean_over(const std::vector<Realised>& all, std::vector<CaseResult> Realised::*part) {
  std::vector<CaseResult> mean = all[0].*part;
  for (std::size_t i = 0; all.size() > 1 && i < mean.size(); ++i) {
    for (const Realised& one : all)
      if (mean[i].ok()) mean[i].failure = (one.*part)[i].failure;
    for (std::size_t k = 0; k < mean[i].measures.size(); ++k) {
      std::vector<double> values;
      std::string why;
      for (const Realised& one : all) {
        const MeasureValue& v = (one.*part)[i].measures[k];
        values.push_back(v.why.empty() ? v.value : nan);
        if (why.empty()) why = v.why;
      }
      MeasureValue& v = mean[i].measures[k];
      v.value = mean_of_most(values), v.why.clear();
      if (std::isnan(v.value))
        v.why = fmt::format("{} (in {} of {} realisations)", why,
                            std::count_if(values.begin(), values.end(), [](double x) { return std::isnan(x); }),
                            values.size());
    }
  }
  return mean;
}

}  // namespace

Played play(const FitBlock& block, const std::vector<MeasureUse>& uses, const NeuronSpec& neuron,
            const std::vector<Target>& targets, const std::string& name, std::size_t threads) {
  Played out;
  const std::size_t runs = block.runs();
  double samples = 0;
  for (const Target& t : targets) samples += static_cast<double>(t.data->voltage.size());
  const std::size_t at_once =
      std::clamp<std::size_t>(static_cast<std::size_t>(static_cast<double>(most_values) / (4 * samples)), 1, runs);
  out.forced = play_forced(block, uses, neuron, targets);
  std::vector<Realised> all(runs);
  out.spikes_ms.resize(runs);
  for_all((runs + at_once - 1) / at_once, threads, [&](std::size_t group) {
    const std::size_t begin = group * at_once, end = std::min(begin + at_once, runs);
    std::vector<std::vector<CaseTrace>> traces = realised(neuron, targets, name, begin, end);
    for (std::size_t r = begin; r < end; ++r) {
      std::vector<CaseTrace>& own = traces[r - begin];
      all[r].train = score_each(block, uses, targets, own, false, out.forced);
      all[r].held_out = score_each(block, uses, targets, own, true, out.forced);
      for (const CaseTrace& trace : own) out.spikes_ms[r].push_back(trace.result.spikes_ms);
      if (r == 0) out.runs = std::move(own);
    }
  });
  out.train = mean_over(all, &Realised::train), out.held_out = mean_over(all, &Realised::held_out);
  return out;
}

CaseResult mean_score(const std::string& name, const std::vector<CaseResult>& by_recording,
                      const std::vector<MeasureUse>& uses) {
  CaseResult mean;
  mean.name = name;
  std::vector<double> n;
  for (const CaseResult& row : by_recording) {
    if (row.measures.empty()) continue;
    if (mean.ok()) mean.failure = row.failure;
    if (mean.measures.empty()) {
      mean.measures = row.measures;
      n.resize(row.measures.size(), 0);
      for (MeasureValue& v : mean.measures) v.value = 0;
    }
    for (std::size_t k = 0; k < n.size(); ++k)
      if (row.measures[k].why.empty()) mean.measures[k].value += row.measures[k].value, ++n[k];
  }
  const std::size_t own = n.size() - std::min(n.size(), uses.size());  // the loss and its terms
  for (std::size_t k = 0; k < n.size(); ++k) {
    MeasureValue& v = mean.measures[k];
    if (k < own && !mean.ok()) v.why = stopped_score().why, n[k] = 0;
    else if (n[k] > 0) v.why.clear();
    v.value = n[k] > 0 ? v.value / n[k] : nan;
  }
  return mean;
}

std::string what_is_repeated(const std::vector<Target>& targets) {
  constexpr double noise = 0.05;  // of a recorded current, as a part of the greatest there is
  std::size_t held_out = 0;
  for (const Target& t : targets) {
    if (!t.held_out) continue;
    ++held_out;
    const Recording& r = *t.data;
    const auto from = static_cast<std::ptrdiff_t>(std::lround((t.held_out->from_ms - r.t0_ms) / r.dt_ms)),
               n = static_cast<std::ptrdiff_t>(r.current_pA.size());
    // the held-out part, and as much before it
    const std::ptrdiff_t begin = std::max<std::ptrdiff_t>(0, from - (n - from));
    if (!t.trains() || from <= 0 || from >= n) return {};
    double greatest = 0;
    for (const double current : r.current_pA) greatest = std::max(greatest, std::abs(current));
    const auto [low, high] = std::minmax_element(r.current_pA.begin() + begin, r.current_pA.end());
    if (*high - *low > noise * greatest) return {};
  }
  return held_out == 0
             ? ""
             : "what is held out is the end of one constant current: it tells whether the neuron goes on as it "
               "did, and nothing of other currents; hold out a sweep of another amplitude";
}

std::string what_is_averaged(const FitBlock& block) {
  const std::size_t runs = block.runs();
  return runs > 1 ? fmt::format(
                        "means over {} realisations, or over those that have the measure, if they are most; "
                        "figures show the first",
                        runs)
                  : std::string();
}

}  // namespace hillock
