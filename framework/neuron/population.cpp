#include "neuron/population.hpp"

#include <algorithm>
#include <cmath>
#include <memory>

#include "neuron/forced.hpp"

namespace hillock {
namespace {

using Kind = Parameter::Kind;

/// Signals of the inputs of each lane: one for all where no parameter changes it, else one a lane.
class LaneSignals {
 public:
  LaneSignals(const Population& population, Lanes& lanes) : population_(population), lanes_(lanes) {
    const hk_model& m = *lanes.model;
    for (std::uint32_t k = 0; k < m.n_inputs; ++k) {
      const auto& terms = population.base.spec->inputs[k];
      if (terms.size() == 1 && terms[0].use == "constant") constants(k, terms[0].options.number("value"));
      else if (differs(k)) each(k);
      else if (population.base.inputs[k]) lanes.inputs[k] = {population.base.inputs[k].get()};
    }
  }

 private:
  bool changes(const Parameter& p, std::uint32_t input) const {
    return (p.kind() == Kind::shape || p.kind() == Kind::drive_gain || p.kind() == Kind::drive_shift) &&
           p.index() == input;
  }
  /// A seed changes every input that is drawn, and each shape may be.
  bool differs(std::uint32_t input) const {
    const bool shaped = !population_.base.spec->inputs[input].empty();
    return std::any_of(population_.parameters.begin(), population_.parameters.end(),
                       [&](const Parameter& p) { return changes(p, input) || (shaped && p.kind() == Kind::seed); });
  }
  void constants(std::uint32_t input, double value) {
    std::vector<double>& of_lane = lanes_.constants[input];
    of_lane.assign(lanes_.neurons, value);
    for (std::size_t a = 0; a < population_.parameters.size(); ++a)
      for (std::uint32_t i = 0; changes(population_.parameters[a], input) && i < lanes_.neurons; ++i)
        if (const double x = population_.value(i, a); !std::isnan(x)) of_lane[i] = x;
  }
  void each(std::uint32_t input) {
    const Neuron& base = population_.base;
    const NeuronSpec& spec = *base.spec;
    for (std::uint32_t i = 0; i < lanes_.neurons; ++i) {
      NeuronSpec own;
      own.inputs = spec.inputs;
      own.drive = spec.drive;
      bool driven = false;
      for (std::size_t a = 0; a < population_.parameters.size(); ++a) {
        const double x = population_.value(i, a);
        if (!changes(population_.parameters[a], input) || std::isnan(x)) continue;
        population_.parameters[a].set(own, x);
        driven = driven || population_.parameters[a].kind() != Kind::shape;
      }
      const SignalContext context{spec.integrator.dt_ms, spec.simulate.for_ms, lanes_.seeds[i]};
      std::vector<Held> held = base.inputs[input] ? base.inputs[input]->held() : std::vector<Held>();
      for (Held& current : held)
        if (driven) current.gain = own.drive.gain, current.shift = own.drive.shift;
      // a recorded current alone has samples that all lanes share
      made_.push_back(own.inputs[input].empty()
                          ? std::make_unique<Signal>(base.inputs[input]
                                                         ? base.inputs[input]->scaled(own.drive.gain, own.drive.shift)
                                                         : Signal())
                          : std::make_unique<Signal>(own.inputs[input], context, held));
      lanes_.inputs[input].push_back(made_.back().get());
    }
  }

  const Population& population_;
  Lanes& lanes_;
  std::vector<std::unique_ptr<const Signal>> made_;
};

}  // namespace

NeuronSpec Population::spec(std::size_t neuron) const {
  NeuronSpec own = *base.spec;
  for (std::size_t a = 0; a < parameters.size(); ++a)
    if (const double x = value(neuron, a); !std::isnan(x)) parameters[a].set(own, x);
  return own;
}

std::vector<Trajectory> run(const Population& population, const RunRequest& request) {
  const NeuronSpec& spec = *population.base.spec;
  const hk_model& m = spec.equations();
  const Plugin& plugin = *spec.model.plugin;
  const auto n = static_cast<std::uint32_t>(population.size);
  const std::uint32_t width = (n + HK_LANES - 1) / HK_LANES * HK_LANES;
  Lanes lanes{&spec,
              population.base.for_ms,
              population.base.every_ms,
              n,
              &m,
              Rows(m.n_params + m.n_derived, width),
              Rows(m.n_state, width),
              std::vector<std::vector<const Signal*>>(m.n_inputs),
              std::vector<std::vector<double>>(m.n_inputs),
              std::vector<std::uint64_t>(n, spec.seed),
              request.record,
              spec.simulate.clamped,
              [&plugin](const char* id) { return plugin.get(id); },
              nullptr,
              request.spikes,
              request.hear};
  Rows given(m.n_state, width);  // starts; NaN: not given
  for (std::uint32_t k = 0; k < m.n_params; ++k) std::fill_n(lanes.p[k], width, spec.model.params[k]);
  for (std::uint32_t k = 0; k < m.n_state; ++k) std::fill_n(given[k], width, spec.simulate.start[k]);
  for (std::size_t a = 0; a < population.parameters.size(); ++a) {
    const Parameter& p = population.parameters[a];
    for (std::uint32_t i = 0; i < n; ++i) {
      const double x = population.value(i, a);
      if (std::isnan(x)) continue;
      if (p.kind() == Kind::model) lanes.p[p.index()][i] = x;
      if (p.kind() == Kind::start) given[p.index()][i] = x;
      if (p.kind() == Kind::seed) lanes.seeds[i] = static_cast<std::uint64_t>(x);
    }
  }
  pad(lanes.p, n);
  pad(given, n);
  derive_constants(plugin, lanes.p);
  const LaneSignals signals(population, lanes);
  start_lanes(lanes, given);
  for (std::size_t a = 0; a < population.parameters.size(); ++a) {
    const Parameter& p = population.parameters[a];
    for (std::uint32_t i = 0; p.kind() == Kind::clamp && i < n; ++i)
      if (const double x = population.value(i, a); !std::isnan(x)) lanes.x[p.index()][i] = x;
  }
  pad(lanes.x, n);
  if (population.base.forced_ms) force(lanes, *population.base.forced_ms);
  return integrate(lanes);
}

}  // namespace hillock
