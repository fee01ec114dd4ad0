#include "measure/passive.hpp"

#include "measure/features.hpp"

namespace hillock {

Passive passive_membrane(const Sampled& voltage, const Sampled& current, const SpikeDefinition& spikes) {
  return passive_membrane(voltage, current, detect_spikes(voltage, spikes));
}

Passive passive_membrane(const Sampled& voltage, const Sampled& current, const std::vector<double>& spikes_ms) {
  Passive out;
  const Protocol protocol = protocol_of(current);
  const CurrentStep* step = passive_step(protocol, spikes_ms);
  if (!step) {
    out.why = protocol.steps.empty() ? "not defined: the current has no step"
                                     : "not defined: there are spikes under every step of the current";
    return out;
  }
  const PassiveResponse p = passive_response(voltage, *step);
  out.from_ms = step->from_ms, out.to_ms = step->to_ms, out.amplitude_pA = step->amplitude();
  out.voltage_base_mV = p.voltage_base, out.resistance_MOhm = p.input_resistance_MOhm;
  out.time_constant_ms = p.time_constant_ms;
  out.capacitance_pF = 1000 * out.time_constant_ms / out.resistance_MOhm;  // ms/MOhm is nF
  return out;
}

}  // namespace hillock
