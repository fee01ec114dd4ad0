#include "file/option_specs.hpp"

#include <utility>

namespace hillock {
namespace {

using Kind = OptionSpec::Kind;
constexpr double inf = std::numeric_limits<double>::infinity();

}  // namespace

OptionSpec number_spec(std::string name, std::string unit, double value, double low, double high, std::string meaning) {
  return {std::move(name), Kind::number, std::move(unit), value, low, high, std::move(meaning), false, {}, {}};
}

OptionSpec required_spec(std::string name, std::string unit, double low, double high, std::string meaning) {
  return {std::move(name), Kind::number, std::move(unit), 0, low, high, std::move(meaning), true, {}, {}};
}

OptionSpec integer_spec(std::string name, double value, double low, double high, std::string meaning) {
  return {std::move(name), Kind::integer, "1", value, low, high, std::move(meaning), false, {}, {}};
}

OptionSpec text_spec(std::string name, std::string value, std::string meaning) {
  return {std::move(name), Kind::text, "1", 0, -inf, inf, std::move(meaning), false, {}, std::move(value)};
}

OptionSpec choice_spec(std::string name, std::vector<std::string> choices, std::string meaning) {
  const std::string first = choices[0];
  return {std::move(name), Kind::choice, "1", 0, 0, 0, std::move(meaning), false, std::move(choices), first};
}

OptionSpec block_spec(std::string name, std::string meaning, std::vector<OptionSpec> inner) {
  return {std::move(name), Kind::block, "1", 0, -inf, inf, std::move(meaning), false, {}, {}, std::move(inner)};
}

OptionSpec needed_block_spec(std::string name, std::string meaning, std::vector<OptionSpec> inner) {
  OptionSpec spec = block_spec(std::move(name), std::move(meaning), std::move(inner));
  spec.required = true;
  return spec;
}

}  // namespace hillock
