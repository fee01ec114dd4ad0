#pragma once
// Neurons on the recordings of a fit, and their scores in what was fitted or held out. Internal to purpose/fit/ and
// purpose/compare/.
#include <string>
#include <vector>
#include "purpose/fit/search.hpp"
#include "purpose/readout.hpp"

namespace hillock {

/// The neuron of the file with other free numbers.
NeuronSpec with_numbers(const FitBlock& block, const std::vector<double>& numbers);

/// One neuron on every recording, from begin to end; by recording.
std::vector<CaseTrace> play_all(const NeuronSpec& spec, const std::vector<Target>& targets, const std::string& name);

/// The same reset at the spikes of the recordings and nowhere else, where the fit or a measure looks at such runs; else
/// empty.
std::vector<CaseTrace> play_forced(const FitBlock& block, const std::vector<MeasureUse>& uses, const NeuronSpec& spec,
                                   const std::vector<Target>& targets);

/// By recording what its run is worth in one part of it: status, the loss with its terms that are no measures, and the
/// measures; no measures where there is no such part. Under `reset_at: data` what is said of the voltage is said of
/// `forced`. An offset of the spikes is that of what was fitted.
std::vector<CaseResult> score_each(const FitBlock& block, const std::vector<MeasureUse>& uses,
                                   const std::vector<Target>& targets, const std::vector<CaseTrace>& runs,
                                   bool held_out, const std::vector<CaseTrace>& forced = {});
/// The means of it.
CaseResult score(const std::string& name, const FitBlock& block, const std::vector<MeasureUse>& uses,
                 const std::vector<Target>& targets, const std::vector<CaseTrace>& runs, bool held_out,
                 const std::vector<CaseTrace>& forced = {});

}  // namespace hillock
