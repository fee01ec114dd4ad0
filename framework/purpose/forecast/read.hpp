#pragma once
// Reading forecasters, and the names of their rows. Shared by the purposes that forecast.
#include <string>
#include <vector>
#include "experiment/reader.hpp"
#include "file/option_specs.hpp"
#include "purpose/forecast/forecast.hpp"

namespace hillock {

/// Keys of `forecast`.
std::vector<OptionSpec> forecast_options();
/// Of these: horizon, levels, intervals, validation, windows, current. Written out with their defaults by the other.
void read_protocol(const OptionValues& values, ForecastBlock& block);
void put_protocol(const OptionValues& values, const ForecastBlock& block, Node& out);
/// The neuron of a file, recording what `series` names.
std::shared_ptr<const NeuronSpec> forecast_neuron(ExperimentReader& reader, const Node& tree,
                                                  const OptionValues& values);

/// {use: analog, neighbours: 5}. `before`: those of the same list. `may_be_model`: `mechanistic` is no plugin. Throws
/// Error.
ForecasterUse read_forecaster(const Node& node, const std::string& key, const std::vector<ForecasterUse>& before,
                              bool may_be_model = false);
/// By forecaster: the neuron of each `mechanistic`, which is that of this tree but for what it changes; null of others.
/// `run`: the neuron that is forecast, null of a recording, which `data` is. Throws Error.
std::vector<std::shared_ptr<const NeuronSpec>> models_of(ExperimentReader& reader, const Node& tree,
                                                         const std::vector<ForecasterUse>& by, const NeuronSpec* run,
                                                         const DataBlock* data);
/// One with its defaults.
ForecasterUse plain_forecaster(const std::string& id, const Place& place);
/// Adds those baselines that are not there.
void add_baselines(ForecastBlock& block);
/// A forecaster with every default written out. `all`: the list that it is of.
Node resolved_forecaster(const ForecasterUse& use, const std::vector<ForecasterUse>& all);

/// The row of what a corrector makes of a forecaster.
inline std::string corrected_name(const ForecasterUse& use) { return use.name + "_corrected"; }
/// The row of the forecaster with the least error on the validation part.
inline constexpr const char* chosen_name = "chosen";

}  // namespace hillock
