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

/// One neuron on every recording, and what its runs are worth. By recording, but for `spikes_ms`.
struct Played {
  std::vector<CaseTrace> runs;  ///< from begin to end; of a neuron that draws the first realisation
  /// The same reset at the spikes of the recordings and nowhere else, where the fit or a measure looks at such runs;
  /// else empty.
  std::vector<CaseTrace> forced;
  std::vector<std::vector<std::vector<double>>> spikes_ms;  ///< [realisation][recording], in the recording's time
  /// Status, the loss with its terms that are no measures, and the measures, in what was fitted and in what was held
  /// out; no measures where there is no such part. Of a neuron that draws they are means over its realisations. Under
  /// `reset_at: data` what is said of the voltage is said of `forced`. An offset of the spikes is that of what was
  /// fitted.
  std::vector<CaseResult> train, held_out;
};

/// Runs and scores it. The bits do not depend on `threads`.
Played play(const FitBlock& block, const std::vector<MeasureUse>& uses, const NeuronSpec& neuron,
            const std::vector<Target>& targets, const std::string& name, std::size_t threads = 1);

/// The means over the recordings of one part of `Played`. `uses`: as they were played.
CaseResult mean_score(const std::string& name, const std::vector<CaseResult>& by_recording,
                      const std::vector<MeasureUse>& uses);

/// That what is held out tells nothing of other currents, where each part that is held out is the same constant current
/// as the end of what is fitted before it; else empty.
std::string what_is_repeated(const std::vector<Target>& targets);

/// What the numbers of tables and the lines of figures are where runs are repeated with other draws; else empty.
std::string what_is_averaged(const FitBlock& block);

}  // namespace hillock
