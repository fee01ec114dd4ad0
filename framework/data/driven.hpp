#pragma once
// A neuron under the current of a recording.
#include <memory>
#include <vector>
#include "data/recording.hpp"
#include "neuron/simulate.hpp"

namespace hillock {

/// The neuron driven by the recording. Time 0 of its run is the recording's first sample; it ends at the last sample
/// before `until_ms` of the recording's own time. `current`: the samples of the recording, shared by all its neurons.
/// Throws Error where a step of the integrator is longer than a sample.
Neuron driven(const NeuronSpec& spec, const Recording& data, const std::shared_ptr<const std::vector<double>>& current,
              double until_ms);
/// The same to the end of the recording.
Neuron driven(const NeuronSpec& spec, const Recording& data, const std::shared_ptr<const std::vector<double>>& current);

}  // namespace hillock
