#pragma once
// Neurons as lanes, the way models and integrators take them.
#include <functional>
#include "hillock/system.hpp"  // Rows
#include "measure/measures.hpp"
#include "neuron/simulate.hpp"

namespace hillock {

/// Fills in the derived constants, the rows of p behind the parameters.
void derive_constants(const Plugin& model, Rows& p);

/// Gives the lanes behind the last neuron its numbers.
void pad(Rows& rows, std::uint32_t neurons);

/// The parameters of a model in every lane of a block, and the constants derived from them.
Rows parameter_rows(const ModelBlock& model);

/// The inputs of a neuron at t = 0 in every lane of a block.
Rows input_rows(const Neuron& neuron);

/// Samples of a batch, as they come.
struct NewSamples {
  std::uint64_t first = 0, count = 0;             ///< samples first, first + 1, ... of the run; sample 0 is its start
  const double* values = nullptr;                 ///< [sample][what is recorded][neuron]; NaN of one that has stopped
  double until_ms = 0;                            ///< so far the run has come
  const std::vector<Trajectory>* runs = nullptr;  ///< with the spikes up to there, and without samples
};
using Hearing = std::function<void(const NewSamples&)>;

/// What a run that goes on with another has of it besides the state.
struct Before {
  double resting_ms = 0;     ///< how long a refractory time still lasts
  std::uint64_t resets = 0;  ///< how often it was reset: what chance drew last is of that one
};

/// A batch of neurons as an integrator is given it: the lanes of their own model, or of a larger one made of it.
/// Padding lanes repeat the last neuron.
struct Lanes {
  const NeuronSpec* spec;  ///< of the first: integrator, what counts as a spike, how failures are explained
  double for_ms, every_ms;
  std::uint32_t neurons;
  const hk_model* model;
  Rows p, x;                                       ///< parameters and derived constants; the start
  std::vector<std::vector<const Signal*>> inputs;  ///< [input][neuron], or of an input one for all; null: 0
  std::vector<std::vector<double>>
      constants;                      ///< [input][neuron]: in place of a signal, numbers that do not change in time
  std::vector<std::uint64_t> seeds;   ///< [neuron]
  std::vector<std::uint32_t> record;  ///< states that are sampled, of which the trajectories are made
  std::uint64_t clamped;              ///< bit k: state k is held
  std::function<const void*(const char*)> get;  ///< what else the model offers, by interface
  /// If set, told the state and the inputs where each spike lies: hk_problem.crossing.
  std::function<void(std::uint32_t lane, const double* x, const double* in)> crossing;
  SpikeDetail spikes = SpikeDetail::times;      ///< what the trajectories tell of them
  Hearing hear = nullptr;                       ///< if set, told the samples, and the trajectories keep none
  std::shared_ptr<const void> keeps = nullptr;  ///< what of this was made for it
  /// [neuron] of the run before; after this run, of this one. Empty: no run goes on with another.
  std::vector<Before> before = {};
  double begun_ms = 0;  ///< when this run begins in the time of the first
};

/// Where the neurons of lanes start: `given[state][lane]`, or if that is NaN what the model says under its parameters
/// and inputs. REQUIRES: p is whole.
void start_lanes(Lanes& lanes, const Rows& given);

/// Neurons as they are. REQUIRES: they can be one batch.
Lanes lanes_of(const std::vector<const Neuron*>& neurons);

/// Runs one batch. Without `record` trajectories have no samples.
std::vector<Trajectory> integrate(Lanes& lanes);

/// Calls f with neurons that can be one batch, and their indices, until each had its turn. `rows`: values that are kept
/// of a recorded state at a sample.
void for_each_batch(const std::vector<Neuron>& neurons, std::size_t rows,
                    const std::function<void(const std::vector<const Neuron*>&, const std::vector<std::size_t>&)>& f);

/// How many samples a run has, the one at its start among them.
std::size_t samples_of(const Neuron& neuron);

/// How many neurons make a batch of which so many values are kept of each: as many as the memory of one thread may
/// hold.
std::size_t batch_width(double values_of_each);

}  // namespace hillock
