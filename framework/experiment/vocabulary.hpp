#pragma once
// The words of experiment files that are not plugins: blocks and their keys, shapes of inputs. One table serves parser,
// messages and manual. What a neuron is made of is in neuron/vocabulary.hpp, the keys of a purpose in its folder; both
// are entered here.
#include <string>
#include <string_view>
#include <vector>
#include "file/options.hpp"
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
/// The key of a dotted path, as `simulate.spikes`, or the first of that name at any depth; null if there is none.
const OptionSpec* find_key(const std::string& path);
/// Keys of `data`, and in it of `spikes` by slope, `passive` and `filter`.
std::vector<OptionSpec> slope_options();
std::vector<OptionSpec> passive_options();
std::vector<OptionSpec> filter_options();
std::vector<OptionSpec> data_options();

}  // namespace hillock
