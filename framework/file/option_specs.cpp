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

OptionSpec flag_spec(std::string name, bool value, std::string meaning) {
  return {std::move(name), Kind::flag, "1", value ? 1. : 0., 0, 1, std::move(meaning), false, {}, {}};
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

namespace {

OptionSpec form(std::string name, OptionSpec::Kind kind, std::string meaning, std::vector<OptionSpec> inner) {
  OptionSpec s;
  s.name = std::move(name), s.kind = kind, s.meaning = std::move(meaning), s.inner = std::move(inner);
  return s;
}

}  // namespace

OptionSpec pair_spec(std::string name, std::string unit, double low, double high, std::string meaning) {
  OptionSpec s = form(std::move(name), OptionSpec::Kind::pair, std::move(meaning), {});
  s.unit = std::move(unit), s.low = low, s.high = high;
  return s;
}
OptionSpec names_spec(std::string name, std::string meaning, OptionSpec each) {
  return form(std::move(name), OptionSpec::Kind::names, std::move(meaning), {std::move(each)});
}
OptionSpec items_spec(std::string name, std::string meaning, OptionSpec each) {
  return form(std::move(name), OptionSpec::Kind::items, std::move(meaning), {std::move(each)});
}
OptionSpec either_spec(std::string name, std::string meaning, std::vector<OptionSpec> forms) {
  return form(std::move(name), OptionSpec::Kind::either, std::move(meaning), std::move(forms));
}
OptionSpec part_spec(std::string name, std::string meaning, std::string role, std::vector<OptionSpec> inner) {
  OptionSpec s = form(std::move(name), OptionSpec::Kind::part, std::move(meaning), std::move(inner));
  s.text = std::move(role);
  return s;
}
OptionSpec word_spec(std::vector<std::string> words, std::string name, std::string meaning) {
  OptionSpec s = form(std::move(name), OptionSpec::Kind::choice, std::move(meaning), {});
  s.choices = std::move(words);
  return s;
}
OptionSpec pattern_spec(std::string pattern, std::string example) {
  OptionSpec s = form({}, OptionSpec::Kind::text, std::move(example), {});
  s.pattern = std::move(pattern);
  return s;
}
OptionSpec needed(OptionSpec spec) {
  spec.required = true;
  return spec;
}

}  // namespace hillock
