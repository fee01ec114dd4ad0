#pragma once
// Many neurons that differ in a few numbers: what sweeps, fits and profiles run, as lanes of one batch.
#include <cstdint>
#include <vector>
#include "neuron/lanes.hpp"
#include "neuron/parameter.hpp"

namespace hillock {

/// Neurons that are all like `base` but for a few numbers.
struct Population {
  Neuron base;
  std::vector<Parameter> parameters;  ///< each of them `in_lanes`
  std::vector<double> values;         ///< [neuron][parameter]; NaN: as in the base
  std::size_t size = 0;               ///< neurons

  double value(std::size_t neuron, std::size_t parameter) const {
    return values[neuron * parameters.size() + parameter];
  }
  /// The specification of one neuron.
  NeuronSpec spec(std::size_t neuron) const;
};

/// What is wanted of each neuron's run.
struct RunRequest {
  std::vector<std::uint32_t> record;  ///< of the model's `recordable`, at the samples of the base; none: no samples
  SpikeDetail spikes = SpikeDetail::times;
  Hearing hear = nullptr;  ///< if set, told the samples as they come, and the trajectories keep none
};

/// Runs all of them as one batch; each has the bits that it has alone. REQUIRES: at most `batch_width` neurons,
/// of a base that does not start at rest. Throws as `simulate` does. [any thread]
std::vector<Trajectory> run(const Population& population, const RunRequest& request);

}  // namespace hillock
