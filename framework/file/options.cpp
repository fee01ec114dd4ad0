#include "file/options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include "util/units.hpp"

namespace hillock {
namespace {

std::string kind_of(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null: return "nothing";
    case Node::Kind::list: return "a list";
    case Node::Kind::map: return "a map";
    case Node::Kind::scalar: break;
  }
  return fmt::format("'{}'", node.text);
}

std::vector<std::string> split(std::string_view text, char by) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const auto end = std::min(text.find(by), text.size());
    parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

std::string in_unit(std::string_view unit) {
  return unit == "1" || unit.empty() ? "a number without a unit" : fmt::format("a number in {}", unit);
}

bool is_word_of_truth(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const char* word : {"yes", "no", "on", "off", "y", "n"})
    if (lower == word) return true;
  return false;
}

bool has_leading_zero(std::string_view text) {
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  return text.size() > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9';
}

const Node* find_dotted(const Node& block, std::string_view name) {
  const auto dot = name.find('.');
  const Node* node = block.find(name.substr(0, dot));
  return !node || dot == name.npos ? node : node->find(name.substr(dot + 1));
}

}  // namespace

std::string with_unit(double value, std::string_view unit) {
  return unit.empty() || unit == "1" ? fmt::format("{}", value) : fmt::format("{} {}", value, unit);
}

std::vector<OptionSpec> keys_of(const OptionSpec& spec) {
  using Kind = OptionSpec::Kind;
  if (spec.kind == Kind::block || spec.kind == Kind::part) return spec.inner;
  std::vector<OptionSpec> all;
  if (spec.kind == Kind::names || spec.kind == Kind::items || spec.kind == Kind::either)
    for (const OptionSpec& inner : spec.inner)
      for (OptionSpec& key : keys_of(inner))
        if (std::none_of(all.begin(), all.end(), [&](const OptionSpec& s) { return s.name == key.name; }))
          all.push_back(std::move(key));
  return all;
}

std::vector<OptionSpec> specs_of(const hk_option* options, std::uint32_t n, std::uint32_t element_size) {
  std::vector<OptionSpec> specs;
  for (std::uint32_t i = 0; i < n; ++i) {
    const auto& o =
        *reinterpret_cast<const hk_option*>(reinterpret_cast<const char*>(options) + std::size_t{i} * element_size);
    static constexpr OptionSpec::Kind kinds[] = {
        OptionSpec::Kind::number, OptionSpec::Kind::number, OptionSpec::Kind::integer, OptionSpec::Kind::flag,
        OptionSpec::Kind::choice, OptionSpec::Kind::text,   OptionSpec::Kind::list};
    specs.push_back({o.name, kinds[o.kind <= HK_LIST ? o.kind : 0], o.unit ? o.unit : "1", o.value, o.low, o.high,
                     o.meaning ? o.meaning : "", o.required != 0,
                     o.choices ? split(o.choices, '|') : std::vector<std::string>{}, o.text ? o.text : ""});
  }
  return specs;
}

const OptionValue& OptionValues::operator[](std::string_view name) const {
  for (std::size_t i = 0; i < specs_.size(); ++i)
    if (specs_[i].name == name) return values_[i];
  throw std::logic_error(fmt::format("option '{}' is not declared", name));
}

void OptionValues::set(std::string_view name, double number) {
  for (std::size_t k = 0; k < specs_.size(); ++k)
    if (specs_[k].name == name) values_[k].number = number, values_[k].given = true;
}

bool OptionValues::declares(std::string_view name) const {
  return std::any_of(specs_.begin(), specs_.end(), [&](const OptionSpec& s) { return s.name == name; });
}

BoundaryValues OptionValues::boundary() const {
  std::vector<hk_value> out;
  for (std::size_t i = 0; i < specs_.size(); ++i) {
    const OptionValue& v = values_[i];
    static constexpr std::uint32_t kinds[] = {HK_NUMBER, HK_INTEGER, HK_FLAG, HK_CHOICE, HK_TEXT, HK_LIST};
    const auto kind = static_cast<std::size_t>(specs_[i].kind);
    out.push_back({kind < std::size(kinds) ? kinds[kind] : 0, v.given ? 1u : 0u, v.number, v.text.c_str(),
                   v.list.data(), v.list.size()});
  }
  return BoundaryValues(std::move(out));
}

void OptionValues::write(Node& map) const {
  for (std::size_t i = 0; i < specs_.size(); ++i) {
    const OptionSpec& s = specs_[i];
    const OptionValue& v = values_[i];
    Node node;
    switch (s.kind) {
      case OptionSpec::Kind::number:
      case OptionSpec::Kind::integer:
        if (!v.given && s.required) continue;
        if (!std::isfinite(v.number)) continue;
        node = number_node(v.number, s.unit == "1" ? "" : s.unit);
        break;
      case OptionSpec::Kind::flag: node = text_node(v.number != 0 ? "true" : "false"), node.quoted = false; break;
      case OptionSpec::Kind::choice: node = text_node(v.text); break;
      case OptionSpec::Kind::text:
        if (v.text.empty()) continue;
        node = text_node(v.text), node.quoted = true;
        break;
      case OptionSpec::Kind::list: {
        if (!v.given) continue;
        std::vector<Node> items;
        for (const double x : v.list) items.push_back(number_node(x, s.unit == "1" ? "" : s.unit));
        node = list_node(std::move(items), true);
        break;
      }
      default:
        if (!v.given) continue;
        node = v.node;
        break;
    }
    const auto dot = s.name.find('.');
    if (dot == s.name.npos) {
      put(map, s.name, std::move(node));
    } else {
      const std::string outer = s.name.substr(0, dot);
      if (!map.find(outer)) put(map, outer, map_node());
      put(*map.find(outer), s.name.substr(dot + 1), std::move(node));
    }
  }
}

bool OptionValues::operator==(const OptionValues& other) const {
  if (values_.size() != other.values_.size()) return false;
  for (std::size_t i = 0; i < values_.size(); ++i) {
    const OptionValue &a = values_[i], &b = other.values_[i];
    if (specs_[i].name != other.specs_[i].name || a.number != b.number || a.text != b.text || a.list != b.list)
      return false;
  }
  return true;
}

double read_number(const Node& node, const std::string& name, const std::string& unit, double low, double high,
                   const std::string& owner) {
  if (!node.is_scalar())
    throw Error(node.place, fmt::format("'{}' of {} is {}, not {}", name, owner, in_unit(unit), kind_of(node)));
  if (node.quoted)
    throw Error(node.place, fmt::format("'{}' of {} is {}, not a text", name, owner, in_unit(unit)),
                "write it without quotes");
  // "2 nA sqrt(ms)" for "pA sqrt(ms)": the root is the same on both sides
  constexpr std::string_view root = "sqrt(ms)";
  std::string_view text = node.text, plain_unit = unit;
  if (unit.ends_with(root) && text.ends_with(root)) {
    for (std::string_view* each : {&text, &plain_unit}) {
      each->remove_suffix(root.size());
      if (each->ends_with(' ')) each->remove_suffix(1);
    }
    if (plain_unit.empty()) plain_unit = "1";
  }
  const auto quantity = parse_quantity(text);
  if (!quantity) {
    if (has_leading_zero(node.text))
      throw Error(node.place, fmt::format("the number '{}' begins with a zero", node.text),
                  "leading zeros mean octal to some readers: leave them out");
    if (is_word_of_truth(node.text))
      throw Error(node.place,
                  fmt::format("'{}' of {} is {}, not the word '{}'", name, owner, in_unit(unit), node.text));
    if (node.text.find(',') != std::string::npos)
      throw Error(node.place, fmt::format("'{}' is no number", node.text), "decimals are written with a point");
    throw Error(node.place,
                fmt::format("'{}' of {} is {}: '{}' cannot be read as one", name, owner, in_unit(unit), node.text));
  }
  double value = quantity->value;
  if (!quantity->unit.empty()) {
    if (!parse_unit(quantity->unit)) {
      // an expected unit that differs in case only is the likely mistake
      throw Error(node.place, fmt::format("unknown unit '{}'", quantity->unit),
                  unit == "1" ? std::string("this number has no unit") : fmt::format("expected {}", unit));
    }
    const auto converted = convert(value, quantity->unit, plain_unit);
    if (!converted)
      throw Error(node.place,
                  fmt::format("'{}' of {} is {}: {} cannot be converted", name, owner, in_unit(unit), quantity->unit));
    value = *converted;
  }
  if (!std::isfinite(value))
    throw Error(node.place, fmt::format("{} = {} is beyond the range of numbers", name, node.text));
  if (value < low)
    throw Error(node.place, fmt::format("{} = {} is below {}, the least that {} accepts", name, with_unit(value, unit),
                                        with_unit(low, unit), owner));
  if (value > high)
    throw Error(node.place, fmt::format("{} = {} is above {}, the most that {} accepts", name, with_unit(value, unit),
                                        with_unit(high, unit), owner));
  return value;
}

double read_number(const Node& node, const OptionSpec& spec, const std::string& owner) {
  return read_number(node, spec.name, spec.unit, spec.low, spec.high, owner);
}

double read_integer(const Node& node, const std::string& name, double low, double high, const std::string& owner) {
  const double value = read_number(node, name, "1", low, high, owner);
  if (value != std::floor(value)) throw Error(node.place, fmt::format("{} = {} is no whole number", name, value));
  return value;
}

bool read_flag(const Node& node, const std::string& name) {
  if (node.is_scalar() && !node.quoted && (node.text == "true" || node.text == "false")) return node.text == "true";
  throw Error(node.place, fmt::format("'{}' is true or false, not {}", name, kind_of(node)),
              is_word_of_truth(node.text) ? "yes, no, on and off are words here" : "");
}

std::string read_text_value(const Node& node, const std::string& name) {
  if (!node.is_scalar()) throw Error(node.place, fmt::format("'{}' is a text, not {}", name, kind_of(node)));
  return node.text;
}

std::string read_choice(const Node& node, const std::string& name, const std::vector<std::string>& choices) {
  const std::string text = read_text_value(node, name);
  if (std::find(choices.begin(), choices.end(), text) == choices.end())
    throw Error(node.place, fmt::format("'{}' is no choice for '{}'", text, name), suggest(text, choices));
  return text;
}

std::vector<std::string> read_texts(const Node& node, const std::string& name) {
  if (!node.is_list()) return {read_text_value(node, name)};
  std::vector<std::string> texts;
  for (const Node& item : node.items) texts.push_back(read_text_value(item, name));
  return texts;
}

std::pair<double, double> read_pair(const Node& node, const std::string& name, const std::string& unit,
                                    const std::string& owner) {
  if (!node.is_list() || node.items.size() != 2)
    throw Error(node.place, fmt::format("'{}' is a list of two numbers, [from, to]", name));
  const double from = read_number(node.items[0], name, unit, -1e9, 1e9, owner),
               to = read_number(node.items[1], name, unit, -1e9, 1e9, owner);
  if (!(to > from))
    throw Error(node.items[1].place, fmt::format("'{}' ends at {}, not after its begin at {}", name,
                                                 with_unit(to, unit), with_unit(from, unit)));
  return {from, to};
}

const Node& expect_map(const Node& node, const std::string& name, const std::string& example) {
  if (!node.is_map())
    throw Error(node.place, fmt::format("'{}' is a map, not {}", name, kind_of(node)),
                fmt::format("for example {}", example));
  return node;
}

void refuse_unknown_keys(const Node& map, const std::vector<std::string>& known, const std::string& owner,
                         std::string_view kind) {
  for (const Node::Entry& e : map.entries)
    if (std::find(known.begin(), known.end(), e.key) == known.end())
      throw Error(e.place, fmt::format("{} has no {} '{}'", owner, kind, e.key), suggest(e.key, known));
}

OptionValues read_options(const Node& block, std::vector<OptionSpec> specs, const std::string& owner,
                          const std::vector<std::string>& handled, std::string_view kind) {
  std::vector<std::string> known = handled;
  for (const OptionSpec& s : specs) {
    const std::string outer = s.name.substr(0, s.name.find('.'));
    if (std::find(known.begin(), known.end(), outer) == known.end()) known.push_back(outer);
  }
  refuse_unknown_keys(block, known, owner, kind);
  for (const Node::Entry& e : block.entries) {  // maps of dotted options
    std::vector<std::string> inner;
    for (const OptionSpec& s : specs)
      if (s.name.starts_with(e.key + ".")) inner.push_back(s.name.substr(e.key.size() + 1));
    if (!inner.empty())
      refuse_unknown_keys(expect_map(e.value, e.key, fmt::format("{}: {{{}: ...}}", e.key, inner[0])), inner,
                          fmt::format("'{}' of {}", e.key, owner), kind);
  }
  std::vector<OptionValue> values;
  for (const OptionSpec& s : specs) {
    OptionValue v{false, s.value, s.text, {}, {}, block.place};
    if (const Node* node = find_dotted(block, s.name)) {
      v.given = true, v.place = node->place;
      switch (s.kind) {
        case OptionSpec::Kind::number: v.number = read_number(*node, s, owner); break;
        case OptionSpec::Kind::integer: v.number = read_integer(*node, s.name, s.low, s.high, owner); break;
        case OptionSpec::Kind::flag: v.number = read_flag(*node, s.name) ? 1 : 0; break;
        case OptionSpec::Kind::choice: v.text = read_choice(*node, s.name, s.choices); break;
        case OptionSpec::Kind::text: v.text = read_text_value(*node, s.name); break;
        case OptionSpec::Kind::list:
          if (!node->is_list())
            throw Error(node->place,
                        fmt::format("'{}' of {} is a list of numbers, not {}", s.name, owner, kind_of(*node)));
          for (const Node& item : node->items) v.list.push_back(read_number(item, s, owner));
          v.node = *node;
          break;
        default: v.node = *node; break;
      }
    } else if (s.required && !block.replaced.empty()) {
      const Node* use = block.find("use");
      throw Error(block.place,
                  fmt::format("{} needs '{}': what was given to '{}' is not handed on", owner, s.name, block.replaced),
                  fmt::format("give it beside the name: {{use: {}, {}: ...}}", use ? use->text : "...", s.name));
    } else if (s.required) {
      throw Error(block.place, fmt::format("{} needs '{}'", owner, s.name),
                  s.kind == OptionSpec::Kind::number
                      ? fmt::format("{}: {}", s.name, s.meaning + (s.unit == "1" ? "" : " in " + s.unit))
                      : s.meaning);
    }
    values.push_back(std::move(v));
  }
  return {std::move(specs), std::move(values)};
}

}  // namespace hillock
