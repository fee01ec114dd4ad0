#pragma once
// Short ways to write the options that the program declares itself.
#include <string>
#include <vector>
#include "file/options.hpp"

namespace hillock {

/// A number that has `value` if nothing is said; infinity: it is left out.
OptionSpec number_spec(std::string name, std::string unit, double value, double low, double high, std::string meaning);
/// A number that must be given.
OptionSpec required_spec(std::string name, std::string unit, double low, double high, std::string meaning);
OptionSpec integer_spec(std::string name, double value, double low, double high, std::string meaning);
OptionSpec text_spec(std::string name, std::string value, std::string meaning);
/// One of several words. The first is taken if nothing is said.
OptionSpec choice_spec(std::string name, std::vector<std::string> choices, std::string meaning);
/// A map or list that its reader checks by itself.
OptionSpec block_spec(std::string name, std::string meaning, std::vector<OptionSpec> inner = {});
OptionSpec needed_block_spec(std::string name, std::string meaning, std::vector<OptionSpec> inner = {});

}  // namespace hillock
