#pragma once
// Neurons that are reset where a recording spikes, and nowhere else: how their voltage goes between the spikes.
#include <memory>
#include <string>
#include <vector>
#include "neuron/lanes.hpp"

namespace hillock {

/// Why a neuron cannot be reset from outside; empty if it can.
std::string why_not_forced(const NeuronSpec& spec);

/// Makes the neurons of a batch spike at the end of the steps in which these times lie. REQUIRES: they can be forced,
/// the times ascend.
void force(Lanes& lanes, const std::vector<double>& spikes_ms);

}  // namespace hillock
