#pragma once
// The passive membrane, from one subthreshold step of the current.
#include <optional>
#include <string>

#include "measure/spikes.hpp"

namespace hillock {

/// What the step without spikes says that tells most, see `passive_step` in features.hpp. NaN where a number is not
/// defined.
struct Passive {
  std::string why;                                  ///< why there is nothing; empty if there is
  double from_ms = 0, to_ms = 0, amplitude_pA = 0;  ///< the step
  double voltage_base_mV = 0;                       ///< at the holding current before the step, see `voltage_base`
  double resistance_MOhm = 0;                       ///< steady voltage less that before the step, over the amplitude
  double time_constant_ms = 0;  ///< of the exponential of least squares from 10 to 95 % of the largest deflection
  double capacitance_pF = 0;    ///< time constant over resistance
};

/// Voltage in mV, current in pA, of one sampling. `spikes` says what a spike in the voltage is.
Passive passive_membrane(const Sampled& voltage, const Sampled& current, const SpikeDefinition& spikes);
/// The same of a voltage whose spikes are known.
Passive passive_membrane(const Sampled& voltage, const Sampled& current, const std::vector<double>& spikes_ms);

/// Its numbers by name, those of eFEL where it has one.
struct PassiveNumber {
  const char *name, *unit;
  double Passive::*value;
};
inline constexpr PassiveNumber passive_numbers[] = {
    {"voltage_base", "mV", &Passive::voltage_base_mV},
    {"ohmic_input_resistance_vb_ssse", "MOhm", &Passive::resistance_MOhm},
    {"time_constant", "ms", &Passive::time_constant_ms},
    {"capacitance", "pF", &Passive::capacitance_pF}};

}  // namespace hillock
