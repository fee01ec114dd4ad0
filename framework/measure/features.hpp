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

/// A stretch at one level, other than the holding current, that follows another. Currents are in the unit of the trace,
/// as a rule pA. Voltage and current of a step are both counted from the level just before it.
struct CurrentStep {
  static constexpr double none = std::numeric_limits<double>::quiet_NaN();
  double from_ms = 0, to_ms = 0;  ///< from <= t < to: the first sample at the level, and the first one after it
  double level = 0, base = 0;     ///< base: the level just before it. Hum and drift are taken off both
  double before_ms = 0;           ///< where the stretch at `base` begins
  /// The last stretch at the holding current before the step; NaN if there is none
  double rest_from_ms = none, rest_to_ms = none;
  bool from_holding = true;  ///< `base` is the holding current
  bool returns = false;      ///< goes part of the way back to the holding current: the end of a step, not a step
  double next_ms = none;     ///< where the next step begins; NaN if there is none
  double drift_per_ms = 0;   ///< by which the current drifts besides
  double hum_ms = 0;         ///< the period of its hum; 0: none
  double amplitude() const { return level - base; }
  double duration_ms() const { return to_ms - from_ms; }
  /// Spikes before this time answer the step: its end, of a pulse `shortest_response_ms` after its onset, as the spike
  /// of a pulse comes after it; the next step ends it.
  double answered_ms() const;
};

/// A current as levels that it holds, or as something else.
struct Protocol {
  /// varying: it does not hold levels (noise, ramps, sines)
  enum class Kind { constant, steps, varying } kind = Kind::constant;
  /// The holding current: the level that the sweep comes back to most often, of equals the first; not for `varying`
  double base = 0;
  double mean = 0, sd = 0;         ///< over the whole sweep
  double hum_Hz = 0;               ///< of the mains, taken off; 0: none
  std::vector<CurrentStep> steps;  ///< in time; stretches at `base` are no steps

  /// The step that features of firing belong to: the longest depolarising one that spikes answer; if spikes answer
  /// none, the longest. Of equally long ones (within 1 %) the one farthest from the holding current. null if there is
  /// none.
  const CurrentStep* stimulus(std::span<const double> spikes_ms = {}) const;
};

/// What is shorter is a pulse; how long after its onset spikes answer a step at least.
inline constexpr double shortest_step_ms = 5, shortest_response_ms = 30;

/// Finds the steps of a current: stretches of `shortest_step_ms` or more at one level, and pulses from the holding
/// current, shorter and flat.
///
/// A jump is looked for in medians of 1 ms, as the difference of the means of 1 to 50 of them on either side: it stands
/// out by five times the usual difference (of the median, so that jumps do not count) and by more than 1/1000 of the
/// range. Hum and drift make the usual difference, so that neither is a jump. Jumps that do not last, as the artefact
/// of a spike, leave the same level on both sides, which are then one. Hum of 50 or 60 Hz with two harmonics is fitted
/// beside the levels and taken off where it is a quarter or more of what the levels leave; then jumps are looked for
/// once more. An edge is where two levels fit the samples best, so it is exact in a command.
///
/// A current is `varying` if levels cover less than 3/4 of it, if it moves within them by half of the jump to the next
/// (ramps), or about them by more than 1/10 of their range and more than its noise.
///
/// A pulse lasts at most twice `shortest_step_ms`, stands out of the samples by six times their deviation, is flat
/// within a tenth of its height, and is not followed by the opposite. Where steps have such pulses too, these are
/// artefacts of spikes, and none is a pulse.
Protocol protocol_of(const Sampled& current);

// --- Below the threshold ------------------------------------------------------------------------------------------

/// How many time constants a step must last for the voltage to be steady at its end (within 1 %), and for its time
/// constant to be told.
inline constexpr double settled_step = 5, fitted_step = 3;

/// NaN where a thing is not defined. Voltages in mV, currents in pA.
struct PassiveResponse {
  static constexpr double none = std::numeric_limits<double>::quiet_NaN();
  /// The mean voltage over the last tenth of the stretch before the step, see `voltage_before`
  double voltage_before = none;
  /// steady_state_voltage_stimend: mean over the last tenth of the step
  double steady_state_voltage = none;
  /// minimum_voltage, of a depolarising step the largest voltage: the extreme sample under the step
  double extreme_voltage = none;
  /// ohmic_input_resistance_vb_ssse: (steady_state_voltage - voltage_before) / amplitude, in megohms, the drift of the
  /// current between these two times included. Not defined where voltage and current go opposite ways; where an
  /// exponential fits the onset of which the step lasts less than `settled_step` time constants; where none fits and
  /// the step is shorter than 50 ms or still moves at its end, from the last but one tenth to the last by more than
  /// 1/20 (eFEL takes any step)
  double input_resistance_MOhm = none;
  /// time_constant: of the exponential that fits the onset best between 10 and 95 % of the largest deflection (as the
  /// Allen Cell Types Database does), see `fit_exponential`; eFEL fits hyperpolarising steps to where the slope falls
  /// below 5 mV/s. 30 ms after a spike before the step are left out. Not defined where the fit leaves more than a tenth
  /// of the deflection or ends more than a tenth of it beyond it, nor of a step shorter than `fitted_step` time
  /// constants
  double time_constant_ms = none;
  /// sag_amplitude, sag_ratio1: steady_state_voltage - extreme_voltage, and that over voltage_before - extreme_voltage.
  /// Hyperpolarising steps only, as long as for the resistance
  double sag_amplitude = none, sag_ratio = none;
};

/// What the membrane does under one step. REQUIRES: it has no spikes, else the numbers mean nothing. `spikes_ms` are
/// those of the whole trace, ascending.
PassiveResponse passive_response(const Sampled& voltage, const CurrentStep& step,
                                 std::span<const double> spikes_ms = {});

/// A step and the response to it.
struct PassiveStep {
  CurrentStep step;
  PassiveResponse response;
};
/// The step without spikes that tells most of the membrane: one that defines the resistance before one that does not,
/// then one with a time constant, from the holding current, hyperpolarising, and of the largest amplitude times root of
/// duration. Returns to the holding current do not count, nor steps from another level that has spikes. nullopt if
/// every step has spikes.
std::optional<PassiveStep> passive_step(const Sampled& voltage, const Protocol& protocol,
                                        std::span<const double> spikes_ms);

/// The mean voltage over the last tenth of the stretch just before a step (with hum, over whole periods of it), from 5
/// ms before to 50 ms after a spike left out: then the samples before these count. Where spikes leave less than that,
/// the median of the stretch. NaN without samples there.
double voltage_before(const Sampled& voltage, const CurrentStep& step, std::span<const double> spikes_ms = {});
/// voltage_base: of the last stretch at the holding current before a step; if there is none, just before the step
double voltage_base(const Sampled& voltage, const CurrentStep& step, std::span<const double> spikes_ms = {});
/// The mean voltage over the last tenth of a step; NaN without samples there.
double steady_state_voltage(const Sampled& voltage, const CurrentStep& step);

/// v(t) = limit + (start - limit) exp(-(t - from)/tau)
struct Exponential {
  double start = 0, limit = 0, tau_ms = 0;
  double residual = 0;  ///< root of the mean square of what it leaves
};
/// The exponential of least squares through the samples with from <= t < to; `tau` lies between a tenth of the
/// sampling interval and ten times the stretch. Long stretches are averaged to 500 points first, which keeps an
/// exponential exact. nullopt for fewer than 5 samples, and for samples that are not finite.
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
  /// larger dV/dt.) In noise dV/dt is the slope of the straight line through as many samples as make its deviation 0.6
  /// mV/ms, over 0.4 ms at most, and crosses more than once: the spike begins before its steepest point by the time for
  /// which dV/dt is above `onset_slope`, back to where it is below for 0.3 ms.
  double begin_ms = none, begin_voltage = none;
  double peak_ms = none, peak_voltage = none;  ///< peak_time, peak_voltage: the largest sample
  double amplitude = none;                     ///< AP_amplitude: peak_voltage - begin_voltage
  /// AP_duration_half_width: between the two times at which the trace is halfway from begin_voltage to the peak,
  /// interpolated (eFEL: whole samples)
  double half_width_ms = none;
  /// AP_peak_upstroke, AP_peak_downstroke: extremes of dV/dt, mV/ms = V/s; in noise as above, with a deviation of at
  /// most 5 mV/ms. The downstroke is not defined where the trace falls fastest at the last sample looked at
  double upstroke = none, downstroke = none;
  /// min_AHP_values (AHP_depth_abs), as eFEL defines it: the first minimum after the peak, one that the trace does not
  /// fall below for 0.2 ms, before the next spike or the end. (eFEL: in a trace resampled to 0.1 ms.) Not defined where
  /// that is the last sample looked at: there the trough is yet to come
  double ahp_voltage = none;
};

/// One for each spike that lies in from <= t < to. Begin and peak are not defined where the trace shows no spike there,
/// as that of a model with a reset, or only its rise before the end. `spikes_ms` are those of the whole trace,
/// ascending.
std::vector<ActionPotential> action_potentials(const Sampled& voltage, std::span<const double> spikes_ms,
                                               double from_ms, double to_ms);
/// The mean of a part over those of which it is defined; NaN if there are none.
double mean_of(std::span<const ActionPotential> all, double ActionPotential::*part);

// --- Over sweeps --------------------------------------------------------------------------------------------------

/// The answer of a cell to one step of one sweep.
struct StepResponse {
  std::size_t sweep = 0;  ///< index, for the caller
  CurrentStep step;
  std::size_t spikes = 0;     ///< that answer the step
  double rate_hz = 0;         ///< mean_rate: spikes over the time in which they answer it
  double first_rate_hz = 0;   ///< inv_first_ISI: 1 over the first interval; 0 for fewer than two spikes
  PassiveResponse passive{};  ///< of the step, if it has no spikes
};
StepResponse step_response(std::size_t sweep, const Sampled& voltage, const CurrentStep& step,
                           std::span<const double> spikes_ms);

/// NaN where a thing is not defined.
struct CellFeatures {
  static constexpr double none = std::numeric_limits<double>::quiet_NaN();
  /// The steps of one onset and length (within 1 ms and 1 %), one a sweep, that take the most amplitudes; of equals
  /// those with the most spikes. By amplitude.
  std::vector<StepResponse> family;
  /// The least amplitude in the family with a spike that is above 0, that is above the level before the step, by more
  /// than 1/1000 of the largest, which a rounded command may be. Spikes under hyperpolarising steps do not count.
  double rheobase_pA = none;
  bool rheobase_at_most = false;  ///< no smaller depolarising step of the family is without spikes
  /// slope of the straight line of least squares through rate against amplitude from the rheobase on, in Hz/pA
  double f_i_slope = none;
};
/// `responses` are those of all steps of all sweeps.
CellFeatures cell_features(std::vector<StepResponse> responses);

}  // namespace hillock
