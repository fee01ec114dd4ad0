#pragma once
// The words of the blocks that make a neuron: shapes of inputs, and the keys of `simulate`, `readout` and `drive`.
#include <string>
#include <vector>
#include "file/options.hpp"

namespace hillock {

struct ShapeInfo {
  std::string name, meaning;
};
/// Shapes of inputs, in the order of the manual.
const std::vector<ShapeInfo>& shapes();
/// The options of a shape whose values are in `unit`. `file` has those of a data block and none here.
std::vector<OptionSpec> shape_options(const std::string& shape, const std::string& unit);

OptionSpec input_option();
/// Keys of `simulate`, of its `spikes`, of `readout` (from a state's unit to that of the recording) and of `drive`
/// (from pA to an input's unit). The unit "U" stands for that of a state or input that is not known.
std::vector<OptionSpec> simulate_options();
/// Largest `simulate.trials`: each is a value in the record of the experiment, which has bounds.
inline constexpr double most_trials = 10'000;
std::vector<OptionSpec> spikes_options(const std::string& unit, double threshold, double rearm,
                                       bool threshold_required);
std::vector<OptionSpec> readout_options(const std::string& state_unit, const std::string& unit);
std::vector<OptionSpec> drive_options(const std::string& input_unit);

/// Largest length of a run, most steps and most samples, so that a typing error is noticed before memory and disk are.
inline constexpr double longest_run_ms = 1e8;
inline constexpr double most_steps = 2e8, most_samples = 2e7;

}  // namespace hillock
