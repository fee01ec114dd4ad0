#include "measure/passive.hpp"

#include "measure/features.hpp"

namespace hillock {

Passive passive_membrane(const Sampled& voltage, const Sampled& current, const SpikeDefinition& definition) {
  return passive_membrane(voltage, current, detect_spikes(voltage, definition));
}

Passive passive_membrane(const Sampled& voltage, const Sampled& current, const std::vector<double>& spikes) {
  Passive out;
  const Protocol protocol = protocol_of(current);
  const auto found = passive_step(voltage, protocol, spikes);
  if (!found) {
    out.why = protocol.steps.empty() ? "not defined: the current has no step"
                                     : "not defined: there are spikes under every step of the current";
    return out;
  }
  out.from_ms = found->step.from_ms, out.to_ms = found->step.to_ms, out.amplitude_pA = found->step.amplitude();
  out.voltage_base_mV = voltage_base(voltage, found->step, spikes);
  out.resistance_MOhm = found->response.input_resistance_MOhm;
  out.time_constant_ms = found->response.time_constant_ms;
  out.capacitance_pF = 1000 * out.time_constant_ms / out.resistance_MOhm;  // ms/MOhm is nF
  return out;
}

}  // namespace hillock
