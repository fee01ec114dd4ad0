#pragma once
// The words of experiment files that are not plugins: blocks and their keys, shapes of inputs. One table serves parser,
// messages and manual.
#include <string>
#include <vector>
#include "file/options.hpp"
#include "measure/measures.hpp"

namespace hillock {

struct ShapeInfo {
  std::string name, meaning;
};
/// Shapes of inputs, in the order of the manual.
const std::vector<ShapeInfo>& shapes();
/// The options of a shape whose values are in `unit`. `file` has those of a data block and none here.
std::vector<OptionSpec> shape_options(const std::string& shape, const std::string& unit);

/// Keys of the top level, in the order in which a resolved file has them, with their meaning and what is known of the
/// keys within. Numbers of models and inputs are in the unit "U", which stands for theirs.
const std::vector<OptionSpec>& top_level();
/// Of these the parts of a neuron: model, readout, drive, input, integrator, simulate.
std::vector<OptionSpec> neuron_parts();
/// The key of a dotted path, as `simulate.spikes`, or the nearest to the top from which the path leads on; null if there
/// is none. Names and numbers of maps and lists are left out: `compare.models.fit`.
const OptionSpec* find_key(const std::string& path);
/// Keys that several blocks have. `compares`: there is a recording that measures may look at.
OptionSpec input_option();
OptionSpec data_option(std::string meaning);
OptionSpec measure_option(std::string meaning, bool compares);
std::vector<OptionSpec> measure_options(const MeasureInfo& measure);
/// The key that `data` has beside the others where the recording is the run of an experiment.
OptionSpec simulated_data_option();
OptionSpec hold_out_option(std::string meaning);
OptionSpec cases_option(std::string meaning);
/// Keys of `simulate`, `readout` (from a state's unit to that of the recording), `drive` (from pA to an input's unit),
/// `data`, `compare`, `sweep`.
std::vector<OptionSpec> simulate_options();
std::vector<OptionSpec> spikes_options(const std::string& unit, double threshold, double rearm,
                                       bool threshold_required);
/// Keys of `spikes` by slope, `passive` and `filter` in `data`.
std::vector<OptionSpec> slope_options();
std::vector<OptionSpec> passive_options();
std::vector<OptionSpec> filter_options();
std::vector<OptionSpec> readout_options(const std::string& state_unit, const std::string& unit);
std::vector<OptionSpec> drive_options(const std::string& input_unit);
std::vector<OptionSpec> data_options();
/// Keys of `sweep` and `file` of data, where these are maps; of a list that is expected.
std::vector<OptionSpec> sweep_range_options();
std::vector<OptionSpec> two_files_options();
std::vector<OptionSpec> list_options(const std::string& unit, const std::string& what);
std::vector<OptionSpec> compare_options();
/// Keys of `fit` under `compare`, and of an inline model there.
std::vector<OptionSpec> contender_fit_options();
std::vector<OptionSpec> contender_options();
std::vector<OptionSpec> sweep_options();
/// Keys of a range in `over` of a sweep.
std::vector<OptionSpec> range_options();
/// Keys of `dynamics` and of its blocks for an input in `unit`.
std::vector<OptionSpec> dynamics_options(const std::string& unit, double low = -1e9, double high = 1e9);
std::vector<OptionSpec> over_options(const std::string& unit, double low = -1e9, double high = 1e9);
std::vector<OptionSpec> f_i_options(const std::string& unit, double low = -1e9, double high = 1e9);
std::vector<OptionSpec> impedance_options(const std::string& unit, double high = 1e9);

/// Largest length of a run, most steps and most samples, so that a typing error is noticed before memory and disk are.
inline constexpr double longest_run_ms = 1e8;
inline constexpr double most_cases = 1e8;
inline constexpr double most_steps = 2e8, most_samples = 2e7;

}  // namespace hillock
