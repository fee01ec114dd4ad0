#pragma once
// Neurons as lanes, the way models and integrators take them.
#include <functional>
#include "hillock/integrator.hpp"  // Rows
#include "run/simulate.hpp"

namespace hillock {

/// Fills in the derived constants, the rows of p behind the parameters.
void derive_constants(const Plugin& model, Rows& p);

/// The parameters of a model in every lane of a block, and the constants derived from them.
Rows parameter_rows(const ModelBlock& model);

/// The inputs of a neuron at t = 0 in every lane of a block.
Rows input_rows(const Neuron& neuron);

/// A batch of neurons as an integrator is given it: the lanes of their own model, or of a larger one made of it.
struct Lanes {
  const hk_model* model;
  Rows p, x;                                       ///< parameters and derived constants; the start
  std::vector<std::vector<const Signal*>> inputs;  ///< [input][neuron]; null: 0
  std::vector<std::uint32_t> record;               ///< states that are sampled, of which the trajectories are made
  std::uint64_t clamped;                           ///< bit k: state k is held
  std::function<const void*(const char*)> get;     ///< what else the model offers, by interface
  /// If set, told the state and the inputs where each spike lies: hk_problem.crossing.
  std::function<void(std::uint32_t lane, const double* x, const double* in)> crossing;
};

/// Neurons as they are. REQUIRES: they can be one batch.
Lanes lanes_of(const std::vector<const Neuron*>& neurons);

/// Runs one batch. REQUIRES: `lanes` are those of these neurons, and as many trajectories.
void integrate(const std::vector<const Neuron*>& neurons, Lanes& lanes, std::vector<Trajectory*> out);

/// Calls f with neurons that can be one batch, and their indices, until each had its turn. `rows`: values that are kept of a recorded state at a sample.
void for_each_batch(const std::vector<Neuron>& neurons, std::size_t rows,
                    const std::function<void(const std::vector<const Neuron*>&, const std::vector<std::size_t>&)>& f);

}  // namespace hillock
