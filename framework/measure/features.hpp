#pragma once
// Features of a sweep: the steps of its current, what the membrane does under them, and the shape of its action
// potentials. Names are those of eFEL (doi:10.5281/zenodo.593869) where it has one; where a definition differs from
// eFEL's, it says so. eFEL resamples a trace to 0.1 ms and works on whole samples, with the stimulus as given by the
// user; here nothing is resampled, times and voltages between samples are interpolated linearly, and the stimulus is
// found in the current.
#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "measure/spikes.hpp"

namespace hillock {

// --- The current --------------------------------------------------------------------------------------------------

/// A stretch at one level that is not the first one of its sweep. Currents are in the unit of the trace, as a rule pA.
struct CurrentStep {
  double from_ms = 0, to_ms = 0;  ///< from <= t < to: the first sample at the level, and the first one after it
  double level = 0, base = 0;     ///< base: the level that the sweep begins with, its holding current
  double before_ms = 0;           ///< where the stretch before it begins
  double amplitude() const { return level - base; }
  double duration_ms() const { return to_ms - from_ms; }
};

/// A current as levels that it holds, or as something else.
struct Protocol {
  /// varying: it does not hold levels (noise, ramps, sines, pulses shorter than `shortest_step_ms`)
  enum class Kind { constant, steps, varying } kind = Kind::constant;
  double base = 0;                 ///< the level at the beginning; not for `varying`
  double mean = 0, sd = 0;         ///< over the whole sweep
  std::vector<CurrentStep> steps;  ///< in time; returns to `base` are no steps

  /// The step that features of firing belong to: the longest, of equally long ones (within 1 %) the one of the largest
  /// amplitude. null if there is none.
  const CurrentStep* stimulus() const;
};

inline constexpr double shortest_step_ms = 5;

/// Finds the steps of a current. It is looked at in medians of 1 ms; a level is left when these move by more than five
/// times their noise (from their differences, so that drift and steps do not count) and more than 1/1000 of their range.
/// What is shorter than `shortest_step_ms`, as an artefact of a spike, is no level. An edge is where two levels fit the
/// samples best, so it is exact in a command. A current is `varying` if such levels cover 9/10 of it or less, or if it
/// moves about them by more than 5 % of their range and more than its noise. Before it is called so, steps are looked for
/// in medians of 20 ms, in which one of 60 ms or more stands out by five times the smaller noise of these.
Protocol protocol_of(const Sampled& current);

/// The longest step without a spike in it, if there is one that hyperpolarises; null if every step has spikes.
const CurrentStep* passive_step(const Protocol& protocol, std::span<const double> spikes_ms);

// --- Below the threshold ------------------------------------------------------------------------------------------

/// How many time constants a step must last for the voltage to be steady at its end (within 1 %), and for its time
/// constant to be told.
inline constexpr double settled_step = 5, fitted_step = 3;

/// NaN where a thing is not defined. Voltages in mV, currents in pA.
struct PassiveResponse {
  static constexpr double none = std::numeric_limits<double>::quiet_NaN();
  /// voltage_base: mean over the last tenth of the stretch before the step (eFEL: of the time from 0 to the stimulus)
  double voltage_base = none;
  /// steady_state_voltage_stimend: mean over the last tenth of the step
  double steady_state_voltage = none;
  /// minimum_voltage, of a depolarising step the largest voltage: the extreme sample under the step
  double extreme_voltage = none;
  /// ohmic_input_resistance_vb_ssse: (steady_state_voltage - voltage_base) / amplitude, in megohms. Not
  /// defined where an exponential fits the onset of which the step lasts less than `settled_step` time constants (eFEL
  /// takes any step)
  double input_resistance_MOhm = none;
  /// time_constant: of the exponential that fits the onset best between 10 and 95 % of the largest deflection (as the
  /// Allen Cell Types Database does), see `fit_exponential`; eFEL fits hyperpolarising steps to where the slope falls
  /// below 5 mV/s. Not defined where the fit leaves more than a tenth of the deflection or ends more than a tenth of it
  /// beyond it, nor of a step shorter than `fitted_step` time constants
  double time_constant_ms = none;
  /// sag_amplitude, sag_ratio1: steady_state_voltage - extreme_voltage, and that over voltage_base - extreme_voltage.
  /// Hyperpolarising steps only, as long as for the resistance
  double sag_amplitude = none, sag_ratio = none;
};

/// What the membrane does under one step. REQUIRES: it has no spikes, else the numbers mean nothing.
PassiveResponse passive_response(const Sampled& voltage, const CurrentStep& step);
/// The mean voltage over the last tenth of the stretch before a step; NaN without samples there.
double voltage_base(const Sampled& voltage, const CurrentStep& step);
/// The mean voltage over the last tenth of a step; NaN without samples there.
double steady_state_voltage(const Sampled& voltage, const CurrentStep& step);

/// v(t) = limit + (start - limit) exp(-(t - from)/tau)
struct Exponential {
  double start = 0, limit = 0, tau_ms = 0;
  double residual = 0;  ///< root of the mean square of what it leaves
};
/// The exponential of least squares through the samples with from <= t < to; `tau` lies between a tenth of the
/// sampling interval and ten times the stretch. Long stretches are averaged to 500 points first, which keeps an exponential exact.
/// nullopt for fewer than 5 samples, and for samples that are not finite.
std::optional<Exponential> fit_exponential(const Sampled& trace, double from_ms, double to_ms);

// --- Action potentials --------------------------------------------------------------------------------------------

/// dV/dt at which an action potential begins, in mV/ms: eFEL's DerivativeThreshold.
inline constexpr double onset_slope = 10;

/// The shape of one action potential; NaN where a part of it is not defined.
struct ActionPotential {
  static constexpr double none = std::numeric_limits<double>::quiet_NaN();
  double spike_ms = 0;  ///< as detected
  /// AP_begin_time, AP_begin_voltage: the last time before the steep rise at which dV/dt crosses `onset_slope` upward,
  /// dV/dt being the central difference and linear between samples. (eFEL: the first sample that begins five with a
  /// larger dV/dt.)
  double begin_ms = none, begin_voltage = none;
  double peak_ms = none, peak_voltage = none;  ///< peak_time, peak_voltage: the largest sample
  double amplitude = none;                     ///< AP_amplitude: peak_voltage - begin_voltage
  /// AP_duration_half_width: between the two times at which the trace is halfway from begin_voltage to the peak,
  /// interpolated (eFEL: whole samples)
  double half_width_ms = none;
  /// AP_peak_upstroke, AP_peak_downstroke: extremes of dV/dt, mV/ms = V/s. The downstroke is not defined where the trace
  /// falls fastest at the last sample looked at
  double upstroke = none, downstroke = none;
  /// min_AHP_values (AHP_depth_abs): the least sample between the peak and the next spike, after the last spike up to
  /// the end. Not defined where that is the last sample looked at: there the trough is yet to come (eFEL takes it)
  double ahp_voltage = none;
};

/// One for each spike that lies in from <= t < to. Begin and peak are not defined where the trace shows no spike there,
/// as that of a model with a reset, or only its rise before the end. `spikes_ms` are those of the whole trace, ascending.
std::vector<ActionPotential> action_potentials(const Sampled& voltage, std::span<const double> spikes_ms,
                                               double from_ms, double to_ms);
/// The mean of a part over those of which it is defined; NaN if there are none.
double mean_of(std::span<const ActionPotential> all, double ActionPotential::*part);

// --- Over sweeps --------------------------------------------------------------------------------------------------

/// The answer of a cell to the stimulus of one sweep.
struct StepResponse {
  std::size_t sweep = 0;  ///< index, for the caller
  CurrentStep step;
  std::size_t spikes = 0;     ///< under the step
  double rate_hz = 0;         ///< mean_rate: spikes over the length of the step
  double first_rate_hz = 0;   ///< inv_first_ISI: 1 over the first interval; 0 for fewer than two spikes
  PassiveResponse passive{};  ///< of the step, if it has no spikes
};
StepResponse step_response(std::size_t sweep, const Sampled& voltage, const CurrentStep& step,
                           std::span<const double> spikes_ms);

/// NaN where a thing is not defined.
struct CellFeatures {
  static constexpr double none = std::numeric_limits<double>::quiet_NaN();
  /// Those of the protocol that most sweeps share: steps of one onset and length (within 1 ms and 1 %), by amplitude.
  std::vector<StepResponse> family;
  /// The least amplitude in the family with a spike that is above 0, that is above the level that the sweep begins with,
  /// by more than 1/1000 of the largest, which a rounded command may be. Spikes under hyperpolarising steps do not count.
  double rheobase_pA = none;
  bool rheobase_at_most = false;  ///< no smaller depolarising step of the family is without spikes
  /// slope of the straight line of least squares through rate against amplitude from the rheobase on, in Hz/pA
  double f_i_slope = none;
};
CellFeatures cell_features(std::vector<StepResponse> responses);

}  // namespace hillock
