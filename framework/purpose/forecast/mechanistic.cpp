#include "purpose/forecast/mechanistic.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "neuron/lanes.hpp"
#include "purpose/readout.hpp"

namespace hillock {
namespace {

/// The potential of the model that is read out as this.
double potential_of(const ReadoutBlock& readout, double read_out) {
  return (read_out - readout.shift_mV) / readout.scale;
}

/// What a spike leaves of a state.
std::vector<double> after_reset(const NeuronSpec& spec, const std::vector<double>& state) {
  const hk_model& m = spec.equations();
  const Rows p = parameter_rows(spec.model);
  Rows x(m.n_state, HK_LANES), in(m.n_inputs, HK_LANES), after(m.n_state, HK_LANES);
  for (std::uint32_t k = 0; k < m.n_state; ++k) std::fill_n(x[k], HK_LANES, state[k]);
  for (std::uint32_t k = 0; k < m.n_inputs; ++k) std::fill_n(in[k], HK_LANES, 0.0);
  const PluginCall inside(*spec.model.plugin);
  m.reset(m.context, HK_LANES, x, p, in, after);
  std::vector<double> out;
  for (std::uint32_t k = 0; k < m.n_state; ++k) out.push_back(after[k][0]);
  return out;
}

double refractory_ms(const NeuronSpec& spec) {
  const hk_model& m = spec.equations();
  if (!m.refractory || !m.reset) return 0;
  std::vector<double> ms(HK_LANES, 0.0);
  const Rows p = parameter_rows(spec.model);
  const PluginCall inside(*spec.model.plugin);
  m.refractory(m.context, HK_LANES, p, ms.data());
  return ms[0];
}

}  // namespace

Mechanistic::Mechanistic(Neuron neuron, std::span<const double> voltage, double dt_ms,
                         std::span<const double> spikes_ms, double top, double pull, bool known_current)
    : neuron_(std::move(neuron)),
      voltage_(voltage),
      dt_ms_(dt_ms),
      spikes_ms_(spikes_ms),
      top_(top),
      pull_(pull),
      known_current_(known_current) {
  auto spec = std::make_shared<NeuronSpec>(*neuron_.spec);
  spec->readout.noise_mV = 0;  // the model itself, not its recording
  spec->simulate.rest = false;
  spec->simulate.start = start_of(neuron_);
  spec->simulate.record = {spec->readout.of}, spec->simulate.record_inputs.clear();
  neuron_.spec = spec;
  for (auto& input : neuron_.inputs)
    if (input && input->sigma() > 0) input = std::make_shared<const Signal>(input->without_noise());
  refractory_ms_ = refractory_ms(*spec);
  At begin{spec->simulate.start, 0};
  begin.state[spec->readout.of] = potential_of(spec->readout, voltage_[0]);
  at_.push_back(std::move(begin));
}

/// From where it is at sample `from` so many samples on; `at` is then the end.
Trajectory Mechanistic::run(At& at, std::size_t from, std::size_t samples, bool held_current) const {
  const double begin_ms = static_cast<double>(from) * dt_ms_;
  Neuron part = neuron_;
  auto spec = std::make_shared<NeuronSpec>(*neuron_.spec);
  spec->simulate.start = at.state;
  part.spec = spec;
  part.for_ms = static_cast<double>(samples) * dt_ms_, part.every_ms = dt_ms_;
  for (auto& input : part.inputs) {
    if (!input) continue;
    if (held_current) {  // the last that was seen
      const double last_ms = std::max(0.0, begin_ms - dt_ms_);
      Held held;
      held.values = std::make_shared<const std::vector<double>>(
          std::vector<double>{input->mean(just_after_ms(*spec, last_ms), last_ms)});
      Signal constant;
      constant.add(held);
      input = std::make_shared<const Signal>(std::move(constant));
    } else {
      input = std::make_shared<const Signal>(input->from(begin_ms));
    }
  }
  Lanes lanes = lanes_of({&part});
  lanes.before = {{at.resting_ms, 0}};
  Trajectory t = std::move(integrate(lanes)[0]);
  for (std::size_t k = 0; k < at.state.size(); ++k) at.state[k] = lanes.x[static_cast<std::uint32_t>(k)][0];
  at.resting_ms = lanes.before[0].resting_ms;
  if (neuron_.spec->readout.is_map()) t.states[0] = read_out(part, t, "").voltage();
  return t;
}

/// The state at a sample from that at the one before.
void Mechanistic::step(std::size_t sample) {
  const NeuronSpec& spec = *neuron_.spec;
  const std::uint32_t v = spec.readout.of;
  const double now = voltage_[sample], end_ms = static_cast<double>(sample) * dt_ms_;
  At at = at_.back();
  const Trajectory t = run(at, sample - 1, 1, false);
  if (!t.ok()) at = at_.back();  // it is pulled back to where the data are
  const double slack = 1e-6 * dt_ms_;
  const auto spike = std::upper_bound(spikes_ms_.begin(), spikes_ms_.end(), end_ms - dt_ms_ + slack);
  const bool in_data = spike != spikes_ms_.end() && *spike <= end_ms + slack;
  if (spec.equations().reset) {
    const bool in_model = t.ok() && !t.spikes_ms.empty();
    if (in_data) {
      if (!in_model)
        at = {after_reset(spec, at_.back().state), std::max(0.0, refractory_ms_ - std::max(0.0, end_ms - *spike))};
      at_.push_back(std::move(at));
      return;
    }
    if (in_model) at = {at_.back().state, std::max(0.0, at_.back().resting_ms - dt_ms_)};
    // within a recorded spike the model has begun anew
    if (now >= top_) {
      at_.push_back(std::move(at));
      return;
    }
  }
  at.state[v] += pull_ * (potential_of(spec.readout, now) - at.state[v]);
  at_.push_back(std::move(at));
}

std::vector<double> Mechanistic::predict(std::size_t origin, std::size_t horizon) {
  while (at_.size() < origin) step(at_.size());
  At at = at_[origin - 1];
  const Trajectory t = run(at, origin - 1, horizon, !known_current_);
  if (!t.ok())
    throw Error({},
                fmt::format("the model stopped: {}", status_of(t.failure, static_cast<double>(origin - 1) * dt_ms_)),
                t.failure->remedy, Exit::run_failed);
  return {t.states[0].begin() + 1, t.states[0].end()};
}

}  // namespace hillock
