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
/// true or false.
OptionSpec flag_spec(std::string name, bool value = false, std::string meaning = {});
/// A map or list that its reader checks by itself.
OptionSpec block_spec(std::string name, std::string meaning, std::vector<OptionSpec> inner = {});
OptionSpec needed_block_spec(std::string name, std::string meaning, std::vector<OptionSpec> inner = {});

/// Makers of the forms.
OptionSpec pair_spec(std::string name, std::string unit, double low, double high, std::string meaning);
OptionSpec names_spec(std::string name, std::string meaning, OptionSpec each);
OptionSpec items_spec(std::string name, std::string meaning, OptionSpec each);
OptionSpec either_spec(std::string name, std::string meaning, std::vector<OptionSpec> forms);
OptionSpec part_spec(std::string name, std::string meaning, std::string role, std::vector<OptionSpec> inner = {});
/// One of a few words; none is taken if nothing is said.
OptionSpec word_spec(std::vector<std::string> words, std::string name = {}, std::string meaning = {});
/// A text that matches a regular expression, as `example`.
OptionSpec pattern_spec(std::string pattern, std::string example);
/// The same key, which has to be given.
OptionSpec needed(OptionSpec spec);

}  // namespace hillock
