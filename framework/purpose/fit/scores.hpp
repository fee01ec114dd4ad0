#pragma once
// Neurons on the recordings of a fit, and their scores in what was fitted or held out. Internal to purpose/fit/ and
// purpose/compare/.
#include <string>
#include <vector>
#include "purpose/fit/search.hpp"
#include "run/run.hpp"

namespace hillock {

/// The neuron of the file with other free numbers.
NeuronSpec with_numbers(const FitBlock& block, const std::vector<double>& numbers);

/// One neuron on every recording, from begin to end; by recording.
std::vector<Played> play_all(const NeuronSpec& spec, const std::vector<Target>& targets, const std::string& name);

/// Means over the recordings of the loss and the measures in one part of them.
CaseResult score(const std::string& name, const FitBlock& block, const std::vector<MeasureUse>& uses,
                 const std::vector<Target>& targets, const std::vector<Played>& runs, bool held_out);

}  // namespace hillock
