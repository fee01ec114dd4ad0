#pragma once
// The words of experiment files that are not plugins: blocks and their keys, shapes of inputs. One table serves parser,
// messages and manual. What a neuron is made of is in neuron/vocabulary.hpp, the keys of a purpose in its folder; both
// are entered here.
#include <string>
#include <string_view>
#include <vector>
#include "file/options.hpp"
#include "measure/measures.hpp"
#include "neuron/vocabulary.hpp"

namespace hillock {

/// Keys of the top level, in the order in which a resolved file has them, with their meaning and what is known of the
/// keys within. Numbers of models and inputs are in the unit "U", which stands for theirs.
const std::vector<OptionSpec>& top_level();
/// The keys of all purposes.
const std::vector<std::string>& purpose_keys();
/// Keys that a file does not inherit from its `base`: what it says of itself, and its purpose.
const std::vector<std::string>& own_keys();
bool is_inherited(std::string_view key);
/// Of these the parts of a neuron: model, readout, drive, input, integrator, simulate.
std::vector<OptionSpec> neuron_parts();
/// The key of a dotted path, as `simulate.spikes`, or the nearest to the top from which the path leads on; null if
/// there is none. Names and numbers of maps and lists are left out: `compare.models.fit`.
const OptionSpec* find_key(const std::string& path);
/// Keys that several blocks have. `compares`: there is a recording that measures may look at.
OptionSpec data_option(std::string meaning);
OptionSpec measure_option(std::string meaning, bool compares);
std::vector<OptionSpec> measure_options(const MeasureInfo& measure);
/// The key that `data` has beside the others where the recording is the run of an experiment.
OptionSpec simulated_data_option();
OptionSpec hold_out_option(std::string meaning);
OptionSpec cases_option(std::string meaning);
/// Keys of `sweep` and `file` of data, where these are maps; of a list that is expected.
std::vector<OptionSpec> sweep_range_options();
std::vector<OptionSpec> two_files_options();
std::vector<OptionSpec> list_options(const std::string& unit, const std::string& what);
/// Keys of `data`, and in it of `spikes` by slope, `passive` and `filter`.
std::vector<OptionSpec> slope_options();
std::vector<OptionSpec> passive_options();
std::vector<OptionSpec> filter_options();
std::vector<OptionSpec> data_options();

}  // namespace hillock
