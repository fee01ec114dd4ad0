#include "purpose/dynamics/measures.hpp"

#include <algorithm>
#include <cmath>

#include "util/units.hpp"

namespace hillock {

const std::vector<DynamicsMeasure>& dynamics_measures() {
  static const std::vector<DynamicsMeasure> all = {
      {"equilibria", "1", false,
       "number of equilibria at the current `at`, stable or not; those at or above the threshold of a model with reset "
       "do not exist"},
      {"equilibria_v", "v", true, "their potentials, ascending"},
      {"resting_potential", "v", false, "potential of the stable equilibrium at `at`, of several the lowest"},
      {"input_resistance", "v/I", false,
       "slope of the steady potential against the current at that equilibrium: the impedance at 0 Hz"},
      {"rheobase", "I", false,
       "where rest is lost when the current rises slowly from the low end of `over`: at a Hopf point, at a fold, or "
       "where the equilibrium reaches the threshold of a model with reset. A current that is switched on at once may "
       "fire the neuron below it"},
      {"hopf_currents", "I", true, "currents at which a pair of eigenvalues crosses the imaginary axis, ascending"},
      {"hopf_frequencies", "Hz", true, "frequency of the oscillation that begins at each of them, |eigenvalue|/(2 pi)"},
      {"hopf_lyapunov", "1", true,
       "first Lyapunov coefficient a at each of them: the amplitude r of v changes by r' = a r^3, in the unit of v per "
       "ms. Above 0 the cycle that begins there is unstable (subcritical), below 0 stable (supercritical)"},
      {"fold_currents", "I", true, "currents at which two equilibria meet and vanish, ascending"},
      {"rates_up", "Hz", true,
       "rate at each level of the rising staircase of `f_i`, of the intervals that end after `discard`: their number "
       "over the time from their first spike to their last; of a single spike without one before it on the level, 1 "
       "over the time that is measured; 0 without spikes"},
      {"rates_down", "Hz", true, "rate at each level of the falling staircase, in the order of the levels of rates_up"},
      {"onset_current", "I", false, "first level of the rising staircase with a rate above 0"},
      {"offset_current", "I", false,
       "last level of the falling staircase with a rate above 0 since its top: below onset_current where rest and "
       "firing coexist"},
      {"resonance_frequency", "Hz", false,
       "where the impedance of the linear theory is largest between f0 and f1; not defined if that is at an end"},
      {"resonance_strength", "1", false, "impedance there over that at 0 Hz"},
      {"impedance_error", "1", false,
       "largest distance between the impedance seen in the chirp and that of the linear theory, over the latter"}};
  return all;
}

const DynamicsMeasure* find_dynamics_measure(std::string_view name) {
  const auto& all = dynamics_measures();
  const auto found = std::find_if(all.begin(), all.end(), [&](const DynamicsMeasure& m) { return m.name == name; });
  return found == all.end() ? nullptr : &*found;
}

std::string unit_of(const DynamicsMeasure& m, const std::string& v_unit, const std::string& input_unit) {
  if (m.unit == "v") return v_unit;
  if (m.unit == "I") return input_unit;
  if (m.unit != "v/I") return m.unit;
  if (input_unit == "1") return v_unit;
  std::string per = input_unit;  // a division holds for the next term alone: one of mV/ms in mV is mV/mV ms
  for (char& c : per)
    if (c == '/') c = ' ';
    else if (c == ' ' || c == '*') c = '/';
  const std::string unit = v_unit + "/" + per;
  for (const char* known : {"ms", "GOhm", "MOhm"})  // mV/mV ms, mV/pA, mV/nA
    if (const auto factor = convert(1, unit, known); factor && std::abs(*factor - 1) < 1e-12) return known;
  return unit;
}

}  // namespace hillock
