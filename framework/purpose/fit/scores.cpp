#include "purpose/fit/scores.hpp"

#include <fmt/format.h>

#include <limits>

#include "run/driven.hpp"

namespace hillock {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

NeuronSpec with_numbers(const FitBlock& block, const std::vector<double>& numbers) {
  NeuronSpec spec = *block.neuron;
  for (std::size_t k = 0; k < numbers.size(); ++k) block.free[k].parameter.set(spec, numbers[k]);
  return spec;
}

std::vector<Played> play_all(const NeuronSpec& spec, const std::vector<Target>& targets, const std::string& name) {
  std::vector<Neuron> neurons;
  for (const Target& t : targets) neurons.push_back(driven(spec, *t.data, t.current));
  std::vector<Played> all(targets.size());
  simulate(neurons, [&](std::size_t i, Trajectory t) {
    const Recording& data = *targets[i].data;
    const std::string of = targets.size() == 1 ? name : fmt::format("{}.sweep_{}", name, *data.sweep);
    all[i] = play(neurons[i], std::move(t), of, data.t0_ms);
  });
  return all;
}

CaseResult score(const std::string& name, const FitBlock& block, const std::vector<MeasureUse>& uses,
                 const std::vector<Target>& targets, const std::vector<Played>& runs, bool held_out) {
  CaseResult row;
  row.name = name;
  std::vector<double> sum(uses.size(), 0.0), n(uses.size(), 0.0);
  std::vector<std::string> why(uses.size()), unit(uses.size());
  double loss = 0, parts = 0;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const Target& t = targets[i];
    if (held_out ? !t.held_out : !t.trains()) continue;
    const Observed& data = held_out ? *t.held_out : t.train;
    const Played& p = runs[i];
    if (!p.result.ok() && row.ok()) {
      row.status = p.result.status;
      row.failed_at_ms = p.result.failed_at_ms;
      row.parameters = p.result.parameters;
      row.remedy = p.result.remedy;
    }
    Observed run = data;
    run.spikes_ms = p.result.spikes_ms;
    const double every = p.result.time_ms.size() > 1 ? p.result.time_ms[1] - p.result.time_ms[0] : t.data->dt_ms;
    run.voltage = Sampled{t.data->t0_ms, every, p.voltage()};
    const std::vector<MeasureValue> values = measure(uses, p.result, run, &data, t.data->unit);
    for (std::size_t k = 0; k < uses.size(); ++k) {
      unit[k] = values[k].unit;
      if (values[k].why.empty()) {
        sum[k] += values[k].value;
        ++n[k];
      } else if (why[k].empty()) {
        why[k] = values[k].why;
      }
    }
    if (p.result.ok()) loss += loss_of(block.loss, run, data);
    ++parts;
  }
  row.measures.push_back({"loss", "1", row.ok() ? loss / parts : nan, row.ok() ? "" : stopped_score().why});
  for (std::size_t k = 0; k < uses.size(); ++k)
    row.measures.push_back({uses[k].label, unit[k], n[k] > 0 ? sum[k] / n[k] : nan, n[k] > 0 ? "" : why[k]});
  return row;
}

}  // namespace hillock
