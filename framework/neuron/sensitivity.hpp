#pragma once
// Forward sensitivities: how a run moves with a parameter, a start value, an input or the readout, through its spikes.
//
// The host presents the states x and their slopes s = dx/dtheta as one larger model, s' = f_x s + f_theta from the
// model's own tangent, so that integrators see nothing new. Where a threshold g is reached the spike moves by dt =
// -(g_x s + g_theta)/(g_x f), and the slopes jump with the state x+ = R(x):
//   s+ = R_x (s- + f- dt) + R_theta - f+ dt
// (Mueller 1995, doi:10.1016/0960-0779(94)00170-U; Hiskens & Pai 2000, doi:10.1109/81.828574). States held in a
// refractory time stand still after the reset and set out at its end, which moves by dt + dt_ref/dtheta.
#include <functional>
#include <string>
#include <vector>
#include "measure/measures.hpp"  // SpikeDetail
#include "neuron/simulate.hpp"

namespace hillock {

/// One number of an experiment by its dotted path: `model.d`, `simulate.start.v`, `simulate.clamp.w`, the heights of a
/// shape (`input.I`, `input.I.amplitude`, `input.I.1.sd`) and the phase of a sine, `drive.gain` and `drive.shift` of a
/// recorded current, `readout.scale`, `readout.shift`, `readout.series_resistance`. Slopes are per unit of that number.
struct Direction {
  std::string path;
  Place place = {};  ///< what named it, for messages
};

/// How a run moves along one direction. A number that a HK_DRAW input drew by chance stands still.
struct Slopes {
  std::vector<std::vector<double>> states;  ///< by recorded state, at the samples of the run
  std::vector<double> voltage;              ///< of what is read out, at the samples; empty if its state is not recorded
  std::vector<double> spikes_ms;            ///< of the time of each spike, ms
};

/// A run with its slopes, by direction.
struct Sensitivity {
  Trajectory run;
  std::vector<Slopes> along;
};

/// Runs neurons with their slopes along each direction; under a fixed-step scheme the runs have the bits of `simulate`.
/// Neurons are lanes of batches as there, and `done` is told each result as there. Throws Error for a model without
/// derivatives, spikes on the grid of steps (there a spike's time does not move with a number, it jumps), and a path
/// that names no number with a slope. `spikes`: whether spikes are told; if none are, those of a model without reset
/// may lie on the grid.
void simulate_slopes(const std::vector<Neuron>& neurons, const std::vector<Direction>& directions,
                     const std::function<void(std::size_t, Sensitivity)>& done,
                     SpikeDetail spikes = SpikeDetail::times);
/// Throws what `simulate_slopes` refuses, without running.
void check_slopes(const Neuron& neuron, const std::vector<Direction>& directions,
                  SpikeDetail spikes = SpikeDetail::times);
/// One neuron.
Sensitivity simulate_slopes(const Neuron& neuron, const std::vector<Direction>& directions);

}  // namespace hillock
