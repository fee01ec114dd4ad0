// `sweep`: the same run under other numbers, by named cases or over ranges.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <mutex>
#include <set>

#include "experiment/reader.hpp"
#include "experiment/vocabulary.hpp"
#include "file/option_specs.hpp"
#include "neuron/parameter.hpp"
#include "purpose/sweep/sweep.hpp"
#include "util/units.hpp"

namespace hillock {
namespace {

/// Largest number of cases, so that a typing error is noticed before memory is.
constexpr double most_cases = 1e8;

/// Keys of a range in `over`.
std::vector<OptionSpec> range_options() {
  OptionSpec count = integer_spec("count", 0, 1, most_cases, "how many values, both ends among them");
  count.required = true;
  return {needed_block_spec("from", "first value"), needed_block_spec("to", "last value"), count,
          choice_spec("scale", {"linear", "logarithmic"}, "steps of equal size, or of equal factors: logarithmic")};
}

std::vector<OptionSpec> sweep_options() {
  return {
      cases_option("name -> overrides by dotted path, {model.d: 8}"),
      names_spec("over", "dotted path -> list of values, or {from, to, count, scale}",
                 either_spec("dotted path", "",
                             {items_spec("", "", block_spec("", "")), block_spec("", "", range_options())})),
      choice_spec("combine", {"grid", "zip", "one_at_a_time"},
                  "all combinations of values, the first of all with the second of all, or each path by itself"),
      choice_spec("noise", {"shared", "independent"},
                  "whether every case sees the same noise, or each draws its own, by the seed and its number"),
      choice_spec("figure", {"auto", "map", "lines"},
                  "measures over two paths as suits them, as heat maps, or as a line for each name or value of one"),
      measure_option("measures of the table", false),
      either_spec("traces", "which traces are kept: all, none, or the first N",
                  {word_spec({"all", "none"}), integer_spec("", 0, 0, 1e9, "how many")})};
}

/// The piece at a dotted path; null if there is none.
template <class AnyNode> AnyNode* at_path(AnyNode& node, std::string_view path) {
  const std::string_view step = path.substr(0, path.find('.'));
  AnyNode* inner = nullptr;
  if (node.is_list()) {
    std::size_t index = 0;
    const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), index);
    if (error == std::errc{} && end == step.data() + step.size() && index < node.items.size())
      inner = &node.items[index];
  } else {
    inner = node.find(step);
  }
  return !inner || step.size() == path.size() ? inner : at_path(*inner, path.substr(step.size() + 1));
}

/// One change of a case: what is a map on both sides is laid over what is there, anything else takes its place.
void lay_over(Node& tree, const Node::Entry& change) {
  const Node* there = at_path(tree, change.key);
  if (!there || !there->is_map() || !change.value.is_map()) {
    set_path(tree, change.key, change.value, change.place);
    return;
  }
  Node merged = map_node(), over = map_node();
  merged.entries.push_back({"it", there->place, *there});
  over.entries.push_back({"it", change.place, change.value});
  merge(merged, over);
  set_path(tree, change.key, *merged.find("it"), change.place);
}

/// The changes of a case with those first that others build on: a plugin, then its preset, then numbers. Their order in
/// the file means nothing.
std::vector<Node::Entry> in_order(std::vector<Node::Entry> changes) {
  std::stable_sort(changes.begin(), changes.end(), [](const Node::Entry& a, const Node::Entry& b) {
    return rank_of_path(a.key) < rank_of_path(b.key);
  });
  return changes;
}

/// Dotted paths of the values that a change sets.
void leaves(const std::string& path, const Node& value, std::vector<std::string>& paths) {
  if (value.is_map()) {
    for (const Node::Entry& e : value.entries) leaves(fmt::format("{}.{}", path, e.key), e.value, paths);
  } else if (value.is_scalar() && std::find(paths.begin(), paths.end(), path) == paths.end()) {
    paths.push_back(path);
  }
}

/// Takes out of what one run of a sweep says what another one says differently, but for what the sweep sets: it follows
/// from that, as the sampling from the step, and each case finds its own.
void keep_common(Node& map, const Node& other, const std::vector<std::string>& set, const std::string& at) {
  std::erase_if(map.entries, [&](Node::Entry& e) {
    const std::string path = at + "." + e.key;
    if (std::any_of(set.begin(), set.end(), [&](const std::string& s) { return (path + ".").starts_with(s + "."); }))
      return false;
    const Node* there = other.find(e.key);
    if (!there) return true;
    if (!e.value.is_map() || !there->is_map()) return flow_text(e.value) != flow_text(*there);
    keep_common(e.value, *there, set, path);
    return e.value.entries.empty();
  });
}

/// Whether a list of values holds a map.
bool has_maps(const Node& values) {
  return std::any_of(values.items.begin(), values.items.end(), [](const Node& value) { return value.is_map(); });
}

/// Where --set gave a value at or below a path; nowhere if it did not.
Place set_below(const Node& node, std::string_view path) {
  if (node.place.source && node.place.source->name == "--set") {
    const std::string_view assignment = node.place.source->lines[0];
    if (assignment.substr(std::min(assignment.find_first_not_of(" \t"), assignment.size())).starts_with(path))
      return node.place;
  }
  for (const Node::Entry& e : node.entries)
    if (const Place at = set_below(e.value, path)) return at;
  for (const Node& item : node.items)
    if (const Place at = set_below(item, path)) return at;
  return {};
}

/// Files are named from the folder of the file that names them, and a record lies elsewhere. `of`: the last name of the
/// path.
void name_files_in_full(Node& node, std::string_view of) {
  if (of == "file" && node.is_scalar() && node.place.source) {
    const std::filesystem::path file = node.text;
    std::error_code none;
    if (file.is_relative())
      node.text = std::filesystem::absolute(node.place.source->folder / file, none).lexically_normal().string();
  }
  for (Node::Entry& e : node.entries) name_files_in_full(e.value, of == "file" ? of : e.key);
  for (Node& item : node.items) name_files_in_full(item, of);
}

/// The preset of a run beside the numbers that it gave: a case that changes the preset finds other starts.
void put_preset(Node& parts, const NeuronSpec& e) {
  Node& model = *parts.find("model");
  if (!e.model.preset.empty())
    model.entries.insert(model.entries.begin() + 1, {"preset", {}, text_node(e.model.preset)});
}

void refuse_other_parts(const std::string& path, const Place& place) {
  const std::string top = path.substr(0, path.find('.'));
  if (!is_inherited(top) || top == "base")
    throw Error(place, fmt::format("a case cannot change '{}'", top),
                "only parts of the run: model, input, integrator, simulate, readout, drive, seed");
}

/// A number with the unit that was written; nullopt for words.
std::optional<Quantity> quantity_of(const Node& node) {
  return node.is_scalar() && !node.quoted ? parse_quantity(node.text) : std::nullopt;
}

/// The first value of a line of `over`, which shows what its path is.
const Node& first_value(const Node::Entry& line) {
  const Node& v = line.value;
  const auto example = fmt::format("{}: [0.02, 0.1], or {}: {{from: 0.02, to: 0.1, count: 9}}", line.key, line.key);
  if (v.is_list()) {
    if (v.items.empty()) throw Error(v.place, fmt::format("'{}' has no values", line.key), "for example " + example);
    return v.items[0];
  }
  const Node* from = v.find("from");
  if (!v.is_map() || !from)
    throw Error(v.place, fmt::format("'{}' is swept over a list of values or a range", line.key),
                "for example " + example);
  return *from;
}

/// Values of a range to fifteen digits, as one would write them: 0.09, not 0.09000000000000001.
std::vector<double> range_of(double from, double to, std::size_t count, bool logarithmic) {
  std::vector<double> all(count);
  const auto last = static_cast<double>(count - 1);
  // a factor beyond the range of numbers is there as a difference of logarithms only
  const double factor = to / from, near = std::log(std::abs(from)), far = std::log(std::abs(to));
  const bool plain_factor = std::isnormal(factor);
  for (std::size_t i = 0; i < count; ++i) {
    const auto k = static_cast<double>(i);
    const double exact = !logarithmic   ? from + (to - from) * k / last
                         : plain_factor ? from * std::exp(std::log(factor) * k / last)
                                        : std::copysign(std::exp(near + (far - near) * k / last), from);
    all[i] = i == 0 ? from : i + 1 == count ? to : std::strtod(fmt::format("{:.15g}", exact).c_str(), nullptr);
  }
  return all;
}

/// Of values that are not all numbers: as they are written, blocks on one line, or by their plugin alone where that
/// tells them apart.
std::vector<std::string> words_of(const std::vector<Node>& nodes) {
  std::vector<std::string> whole, brief;
  for (const Node& node : nodes) {
    whole.push_back(node.is_scalar() ? node.text : flow_text(node));
    const Node* use = node.is_map() ? node.find("use") : nullptr;
    brief.push_back(use && use->is_scalar() ? use->text : whole.back());
  }
  return std::set(brief.begin(), brief.end()).size() == std::set(whole.begin(), whole.end()).size() ? brief : whole;
}

/// `parameter`: what the path names, if it is a number.
SweptPath read_axis(const Node::Entry& line, const std::optional<Parameter>& parameter) {
  SweptPath axis;
  axis.path = line.key, axis.place = line.place, axis.unit = "1";
  const bool in_place = parameter && parameter->in_lanes();
  const auto number = [&](const Node& node) {
    return read_number(node, parameter->name(), parameter->unit(), parameter->low(), parameter->high(),
                       parameter->owner());
  };
  // what is no number in place is checked when it is read; here it has the unit of its declaration, if it is a number
  const auto measured = [&](const Node& node) -> std::optional<Quantity> {
    auto q = quantity_of(node);
    if (!q) return std::nullopt;
    if (!parameter) return Quantity{q->value, q->unit.empty() ? "1" : q->unit};
    const auto value = q->unit.empty() ? q->value : convert(q->value, q->unit, parameter->unit());
    return value ? std::optional(Quantity{*value, parameter->unit()}) : std::nullopt;
  };
  const auto refuse_parts_of_seeds = [&](const std::vector<double>& seeds) {
    for (const double x : seeds)
      if (parameter && parameter->kind() == Parameter::Kind::seed && x != std::floor(x))
        throw Error(line.value.place, fmt::format("seed = {} is no whole number", x));
  };
  if (line.value.is_list()) {
    axis.nodes = line.value.items;
    for (const Node& node : axis.nodes) {
      if (in_place) axis.numbers.push_back(number(node)), axis.unit = parameter->unit();
      else if (const auto q = measured(node); q && (axis.numbers.empty() || q->unit == axis.unit))
        axis.numbers.push_back(q->value), axis.unit = q->unit;
    }
    if (axis.numbers.size() < axis.nodes.size()) {
      axis.numbers.clear(), axis.unit = "1";
      axis.words = words_of(axis.nodes);
    }
    refuse_parts_of_seeds(axis.numbers);
    return axis;
  }
  const std::string owner = fmt::format("the range of '{}'", line.key);
  const OptionValues v = read_options(line.value, range_options(), owner);
  const Node &from = v["from"].node, &to = v["to"].node;
  double a = 0, b = 0;
  if (in_place) {
    a = number(from), b = number(to), axis.unit = parameter->unit();
  } else {
    const auto first = quantity_of(from), last = quantity_of(to);
    if (!first || !last) throw Error((first ? to : from).place, fmt::format("{} is from one number to another", owner));
    const auto p = measured(from), q = measured(to);
    if (!p || !q || p->unit != q->unit)
      throw Error(to.place, fmt::format("{} begins in '{}' and ends in '{}'", owner, first->unit, last->unit),
                  "write both in one unit");
    a = p->value, b = q->value, axis.unit = p->unit;
  }
  axis.logarithmic = v.text("scale") == "logarithmic";
  const auto count = static_cast<std::size_t>(v.number("count"));
  if (count == 1 && a != b)
    throw Error(v["count"].place, fmt::format("{} has one value and two ends", owner), "count: 2 takes both ends");
  if (count > 1 && a == b)
    throw Error(to.place, fmt::format("{} ends where it begins, at {}", owner, with_unit(a, axis.unit)),
                "one value is a list: [" + with_unit(a, axis.unit) + "]");
  if (axis.logarithmic && !((a > 0 && b > 0) || (a < 0 && b < 0)))
    throw Error((a == 0 || (a < 0 && b > 0) ? from : to).place, fmt::format("{} is logarithmic and holds 0", owner),
                "begin and end on the same side of 0");
  axis.numbers = range_of(a, b, count, axis.logarithmic);
  refuse_parts_of_seeds(axis.numbers);
  return axis;
}

/// What the file says at the path of an axis, in the way of the axis's own values.
std::string written_as(const SweptPath& axis, const NeuronSpec& e, const Node* value) {
  if (axis.path == "model.preset") return e.model.preset.empty() ? "–" : e.model.preset;  // is resolved into numbers
  const Node* use = value && value->is_map() ? value->find("use") : nullptr;
  if (use && use->text == "constant") value = value->find("value"), use = nullptr;
  if (!value) return "–";
  if (const auto q = quantity_of(*value); q && !axis.numbers.empty()) {
    const auto number = q->unit.empty() ? q->value : convert(q->value, q->unit, axis.unit);
    if (number) return with_unit(*number, axis.unit);
  }
  if (value->is_scalar()) return value->text;
  // by its plugin alone, as the values if these are
  const bool brief = use && std::none_of(axis.words.begin(), axis.words.end(),
                                         [](const std::string& word) { return word.find('{') != std::string::npos; });
  return brief ? use->text : flow_text(*value);
}

/// The runs of `over`, as the files are read again for each.
class Variations {
 public:
  Variations(Node tree, std::vector<SweptPath> axes, std::function<NeuronSpec(const Node&)> read)
      : tree_(std::move(tree)), axes_(std::move(axes)), read_(std::move(read)) {}

  std::shared_ptr<const NeuronSpec> make(const SweepSpec::Choice& choice) const {
    const std::lock_guard lock(mutex_);  // a reader of recordings is no matter for several threads
    std::vector<Node::Entry> changes;
    for (std::size_t k = 0; k < axes_.size(); ++k)
      if (choice[k] != SweepSpec::as_written)
        changes.push_back({axes_[k].path, axes_[k].place, axes_[k].value(choice[k])});
    Node changed = tree_;
    for (const Node::Entry& change : in_order(std::move(changes))) {
      changed.place = change.value.place;
      lay_over(changed, change);
    }
    refuse_unknown_keys(changed, names_of(top_level()), "a case");
    return std::make_shared<const NeuronSpec>(read_(changed));
  }

 private:
  Node tree_;
  std::vector<SweptPath> axes_;
  std::function<NeuronSpec(const Node&)> read_;
  mutable std::mutex mutex_;
};

}  // namespace

Node SweptPath::value(std::size_t i) const {
  if (!nodes.empty()) return nodes[i];
  Node node = number_node(numbers[i], unit == "1" ? "" : unit);
  node.place = place;
  return node;
}

std::string SweptPath::text(std::size_t i) const { return numbers.empty() ? words[i] : with_unit(numbers[i], unit); }

std::string SweepSpec::name(std::size_t i) const {
  if (combine == Combine::cases) return cases[i].name;
  return fmt::format("{:0{}}", i + 1, fmt::formatted_size("{}", count));
}

std::string SweepSpec::label(std::size_t i) const {
  std::vector<std::string> values;
  for (const auto& [path, value] : swept(i))
    if (!value.empty()) values.push_back(fmt::format("{} = {}", path, value));
  const std::string shown = values.empty() ? "" : fmt::format(" ({})", fmt::join(values, ", "));
  return fmt::format("case '{}'{}", name(i), shown);
}

void SweepSpec::choose(std::size_t i, std::span<std::uint32_t> c) const {
  if (combine == Combine::grid) {
    for (std::size_t k = axes.size(); k-- > 0;)
      c[k] = static_cast<std::uint32_t>(i % axes[k].size()), i /= axes[k].size();
  } else if (combine == Combine::zip) {
    std::fill(c.begin(), c.end(), static_cast<std::uint32_t>(i));
  } else {
    std::fill(c.begin(), c.end(), as_written);
    std::size_t k = 0;
    while (i >= axes[k].size()) i -= axes[k++].size();
    c[k] = static_cast<std::uint32_t>(i);
  }
}

SweepSpec::Choice SweepSpec::choice(std::size_t i) const {
  Choice c(axes.size());
  choose(i, c);
  return c;
}

std::vector<std::pair<std::string, std::string>> SweepSpec::swept(std::size_t i) const {
  if (combine == Combine::cases) return cases[i].swept;
  std::vector<std::pair<std::string, std::string>> all;
  const Choice c = choice(i);
  for (std::size_t k = 0; k < axes.size(); ++k)
    all.emplace_back(axes[k].path, c[k] == as_written ? written[k] : axes[k].text(c[k]));
  return all;
}

std::shared_ptr<const NeuronSpec> SweepSpec::run(std::size_t i) const {
  std::shared_ptr<const NeuronSpec> one = combine == Combine::cases ? cases[i].run : make(choice(i));
  if (!independent) return one;
  auto own = std::make_shared<NeuronSpec>(*one);
  own->seed = seed_of_realisation(one->seed, i);
  return own;
}

std::optional<std::size_t> SweepSpec::find(const std::string& of) const {
  if (combine == Combine::cases) {
    for (std::size_t i = 0; i < cases.size(); ++i)
      if (cases[i].name == of) return i;
    return std::nullopt;
  }
  std::size_t i = 0;
  const auto [end, error] = std::from_chars(of.data(), of.data() + of.size(), i);
  if (error != std::errc{} || i < 1 || i > count || name(i - 1) != of) return std::nullopt;
  return i - 1;
}

namespace {

/// The file without its cases, with every default that all of them share; nullopt if with the changes as they are
/// written it does not make the same cases.
std::optional<Node> base_of(ExperimentReader& reader, const Node& cases, const Node& parts_only,
                            const std::vector<std::string>& set, const Node& resolved_cases) {
  Node base;
  try {
    const NeuronSpec alone = reader.parts(parts_only, ExperimentReader::Use());
    base = ExperimentReader::resolved_parts(alone);
    put_preset(base, alone);
  } catch (const Error&) { return std::nullopt; }  // a case brings what it lacks
  for (const Node::Entry& c : resolved_cases.entries)
    keep_common(*base.find("simulate"), *c.value.find("simulate"), set, "simulate");
  for (const Node::Entry& entry : cases.entries) {
    Node changed = base;
    if (const Node* seed = parts_only.find("seed")) put(changed, "seed", *seed);
    try {
      if (entry.value.is_map())
        for (const Node::Entry& change : in_order(entry.value.entries)) lay_over(changed, change);
      const NeuronSpec run = reader.parts(changed, ExperimentReader::Use());
      Node resolved = ExperimentReader::resolved_parts(run);
      put(resolved, "seed", number_node(static_cast<double>(run.seed)));
      if (to_yaml(resolved) != to_yaml(*resolved_cases.find(entry.key))) return std::nullopt;
    } catch (const Error&) { return std::nullopt; }
  }
  return base;
}

void read_cases(ExperimentReader& reader, const Node& cases, const Node& parts_only, SweepSpec& s, Node& out,
                Experiment& e) {
  if (cases.entries.empty()) throw Error(cases.place, "'cases' is empty: a sweep has at least one case");
  Node resolved_cases = map_node();
  std::vector<std::string> swept;  // every path that some case sets
  for (const Node::Entry& entry : cases.entries) {
    check_case_name(entry);
    Node changed = parts_only;
    changed.place = entry.place;
    Case c{entry.key, {}, nullptr};
    if (entry.value.kind != Node::Kind::null)
      for (const Node::Entry& change :
           in_order(expect_map(entry.value, entry.key, fmt::format("{}: {{model.a: 0.1}}", entry.key)).entries)) {
        refuse_other_parts(change.key, change.place);
        lay_over(changed, change);
        leaves(change.key, change.value, swept);
      }
    refuse_unknown_keys(changed, names_of(top_level()), fmt::format("case '{}'", entry.key));
    c.run = std::make_shared<NeuronSpec>(reader.parts(changed, ExperimentReader::Use()));
    Node resolved = ExperimentReader::resolved_parts(*c.run);
    put(resolved, "seed", number_node(static_cast<double>(c.run->seed)));
    put(resolved_cases, entry.key, std::move(resolved));
    s.draws = s.draws || draws(*c.run);
    s.cases.push_back(std::move(c));
  }
  // a case that leaves a path alone has the value it found there
  for (Case& c : s.cases)
    for (const std::string& path : swept) {
      if (path == "model.preset") {  // is resolved into numbers
        c.swept.emplace_back(path, c.run->model.preset.empty() ? "–" : c.run->model.preset);
        continue;
      }
      const Node* value = at_path(*resolved_cases.find(c.name), path);
      // a bare number for an input is written out as a shape
      if (const Node* use = value ? value->find("use") : nullptr; use && use->text == "constant")
        value = value->find("value");
      c.swept.emplace_back(path, value && value->is_scalar() ? value->text : "");
    }
  s.count = s.cases.size();
  s.base = s.cases[0].run;
  if (std::optional<Node> base = base_of(reader, cases, parts_only, swept, resolved_cases)) {
    for (Node::Entry& part : base->entries) put(e.resolved, part.key, std::move(part.value));
    Node changes = cases;
    for (Node::Entry& one : changes.entries)
      for (Node::Entry& change : one.value.entries)
        name_files_in_full(change.value, std::string_view(change.key).substr(change.key.rfind('.') + 1));
    put(out, "cases", std::move(changes));
  } else {
    put(out, "cases", std::move(resolved_cases));
  }
}

void read_over(const ExperimentReader& reader, const Node& over, const Node& parts_only, SweepSpec& s, Node& out,
               Experiment& e) {
  if (over.entries.empty()) throw Error(over.place, "'over' is empty: a sweep has at least one path");
  const auto read = [reader](const Node& tree) {
    ExperimentReader own = reader;
    return own.parts(tree, ExperimentReader::Use());
  };
  // the first values of all paths make a run, which shows what each path is; one at a time each makes one of its own
  std::vector<SweptPath> first;
  for (const Node::Entry& line : over.entries) {
    refuse_other_parts(line.key, line.place);
    // one at a time the cases of other paths have it; maps are laid over it; trials begin with it
    const bool replaces = s.combine != Combine::one_at_a_time && line.key != "seed" && !has_maps(line.value);
    const Node* there = replaces ? at_path(parts_only, line.key) : nullptr;
    if (const Place at = there ? set_below(*there, line.key) : Place())
      throw Error(at, fmt::format("'{}' is swept: each case has a value of its own", line.key),
                  fmt::format("write --set \"sweep.over={{{}: [...]}}\"", line.key));
    SweptPath axis;
    axis.path = line.key, axis.place = line.place, axis.nodes = {first_value(line)};
    first.push_back(std::move(axis));
  }
  const std::size_t n = first.size();
  const Variations probe(parts_only, first, read);
  const bool together = s.combine != Combine::one_at_a_time;
  s.base = probe.make(SweepSpec::Choice(n, together ? 0 : SweepSpec::as_written));
  for (std::size_t k = 0; k < n; ++k) {
    SweepSpec::Choice only(n, together ? 0 : SweepSpec::as_written);
    only[k] = 0;
    s.axes.push_back(
        read_axis(over.entries[k], Parameter::find(together ? *s.base : *probe.make(only), first[k].path)));
  }
  double cases = s.combine == Combine::grid ? 1 : 0;
  for (std::size_t k = 0; k < n; ++k) {
    const auto size = static_cast<double>(s.axes[k].size());
    if (s.combine == Combine::grid) cases *= size;
    else if (!together) cases += size;
    else if (k > 0 && size != cases)
      throw Error(over.entries[k].value.place,
                  fmt::format("zip: '{}' has {} values and '{}' has {}", s.axes[0].path, cases, s.axes[k].path, size),
                  "give all paths as many, or combine: grid");
    else cases = size;
  }
  if (cases > most_cases)
    throw Error(over.place, fmt::format("{:.3g} cases are more than {:.0e}", cases, most_cases),
                "take fewer values, or several sweeps");
  s.count = static_cast<std::size_t>(cases);
  s.make = [all = std::make_shared<const Variations>(parts_only, s.axes, read)](const SweepSpec::Choice& c) {
    return all->make(c);
  };
  Node written = ExperimentReader::resolved_parts(*s.base);
  put_preset(written, *s.base);
  s.draws = draws(*s.base);
  std::vector<std::string> set;
  for (const SweptPath& axis : s.axes) set.push_back(axis.path);
  // what is no number in place is read once for each of its values, so that none is wrong in the middle of the work
  for (std::size_t k = 0; k < n; ++k) {
    if (const auto p = Parameter::find(*s.base, s.axes[k].path); p && p->in_lanes()) continue;
    for (std::size_t i = 0; i < s.axes[k].size(); ++i) {
      SweepSpec::Choice one =
          s.combine == Combine::zip ? s.choice(i) : SweepSpec::Choice(n, together ? 0 : SweepSpec::as_written);
      one[k] = static_cast<std::uint32_t>(i);
      try {
        const std::shared_ptr<const NeuronSpec> made = s.make(one);
        s.draws = s.draws || draws(*made);
        const Node other = ExperimentReader::resolved_parts(*made);
        keep_common(*written.find("simulate"), *other.find("simulate"), set, "simulate");
      } catch (const Error& refused) {
        const SweptPath& axis = s.axes[k];
        if (!axis.nodes.empty() && axis.nodes[i].place.line == refused.place().line) throw;
        // the value may be good, and another number that was good with the others is not with it
        if (!s.refused)
          s.refused.emplace(over.entries[k].value.place,
                            fmt::format("under {} = {}: {}", axis.path, axis.text(i), refused.message()),
                            refused.hint());
      }
    }
  }
  for (const SweptPath& axis : s.axes) {
    s.written.push_back(together ? "" : written_as(axis, *s.base, at_path(written, axis.path)));
  }
  const auto as_in_file = [&](const std::string& path) {
    const std::size_t dot = path.rfind('.');
    const std::string last = path.substr(dot + 1);
    const Node* in_file = at_path(parts_only, path);
    Node* const outer = dot == std::string::npos ? &written : at_path(written, path.substr(0, dot));
    if (outer && outer->is_map())
      std::erase_if(outer->entries, [&](const Node::Entry& one) { return one.key == last; });
    if (!outer || !in_file) return;
    if (outer->is_map()) put(*outer, last, *in_file);
    Node* const there = at_path(*outer, last);
    if (!there) return;
    *there = *in_file;
    name_files_in_full(*there, last);
  };
  for (const SweptPath& axis : s.axes) {
    // a map is laid over what the file has there, not over the first value
    if (std::any_of(axis.nodes.begin(), axis.nodes.end(), [](const Node& value) { return value.is_map(); }))
      as_in_file(axis.path);
    // a bare number is in the unit of each model
    if (axis.path == "model" || axis.path == "model.use")
      for (const char* part : {"input", "drive", "readout"}) as_in_file(part);
  }
  for (const Node::Entry& part : written.entries) put(e.resolved, part.key, part.value);
  Node lines = map_node();
  for (std::size_t k = 0; k < n; ++k) {
    const SweptPath& axis = s.axes[k];
    if (!axis.nodes.empty()) {
      std::vector<Node> values = axis.nodes;
      for (Node& value : values)
        name_files_in_full(value, std::string_view(axis.path).substr(axis.path.rfind('.') + 1));
      put(lines, axis.path, list_node(std::move(values), true));
      continue;
    }
    const std::string_view unit = axis.unit == "1" ? "" : std::string_view(axis.unit);
    Node range = map_node();
    put(range, "from", number_node(axis.numbers.front(), unit));
    put(range, "to", number_node(axis.numbers.back(), unit));
    put(range, "count", number_node(static_cast<double>(axis.size())));
    put(range, "scale", text_node(axis.logarithmic ? "logarithmic" : "linear"));
    put(lines, axis.path, std::move(range));
  }
  put(out, "over", std::move(lines));
  put(out, "combine",
      text_node(s.combine == Combine::grid  ? "grid"
                : s.combine == Combine::zip ? "zip"
                                            : "one_at_a_time"));
}

/// Reads `sweep`: see PurposeRow.
std::shared_ptr<const Purpose> read_sweep(ExperimentReader& reader, const Node& tree, const Node& block,
                                          Experiment& e) {
  SweepSpec s;
  constexpr auto example = "sweep: {over: {model.a: [0.02, 0.1]}}, or sweep: {cases: {fast: {model.a: 0.1}}}";
  const OptionValues v = read_options(expect_map(block, "sweep", example), sweep_options(), "sweep");
  if (v.given("cases") == v.given("over"))
    throw Error(v.given("cases") ? v["over"].place : block.place,
                v.given("cases") ? "a sweep has 'over' or 'cases', not both" : "a sweep needs 'over' or 'cases'",
                fmt::format("for example {}", example));
  if (v.given("cases") && v.given("combine"))
    throw Error(v["combine"].place, "'combine' says how the values of 'over' make cases, and there are 'cases'",
                "leave it out");
  if (v.given("traces")) {
    const Node& traces = v["traces"].node;
    if (!traces.is_scalar() || (!traces.text.empty() && std::isalpha(static_cast<unsigned char>(traces.text[0])) &&
                                traces.text != "none" && traces.text != "all"))
      throw Error(traces.place, "'traces' is one of the words all and none, or how many traces are kept");
    if (traces.text == "none") s.traces = 0;
    else if (traces.text != "all") s.traces = static_cast<std::size_t>(read_integer(traces, "traces", 0, 1e9, "sweep"));
  }
  Node parts_only = map_node();
  parts_only.place = tree.place;
  for (const Node::Entry& entry : tree.entries)
    if (is_inherited(entry.key)) parts_only.entries.push_back(entry);
  Node out = map_node();
  if (v.given("cases")) {
    read_cases(reader, expect_map(v["cases"].node, "cases", "cases: {fast: {model.a: 0.1}}"), parts_only, s, out, e);
  } else {
    s.combine = v.text("combine") == "grid"  ? Combine::grid
                : v.text("combine") == "zip" ? Combine::zip
                                             : Combine::one_at_a_time;
    read_over(reader, expect_map(v["over"].node, "over", "over: {model.a: [0.02, 0.1]}"), parts_only, s, out, e);
  }
  e.measures =
      ExperimentReader::measures(v.given("measure") ? &v["measure"].node : nullptr,
                                 {"spike_count", "mean_rate", "time_to_first_spike", "isi_mean", "isi_cv"}, false);
  if (v.given("measure")) put(out, "measure", v["measure"].node);
  if (v.given("noise")) {
    s.independent = v.text("noise") == "independent";
    const auto swept = std::find_if(s.axes.begin(), s.axes.end(), [](const SweptPath& a) { return a.path == "seed"; });
    if (s.independent && swept != s.axes.end())
      throw Error(
          v["noise"].place,
          "'noise: independent' gives each case a seed of its own, and seeds are swept, by 'over' or by 'trials'",
          "leave one of them out");
    if (s.independent && !s.draws)
      throw Error(v["noise"].place, "'noise: independent' draws anew for each case, and nothing is drawn here",
                  "leave it out");
    put(out, "noise", text_node(v.text("noise")));
  }
  if (v.text("figure") != "auto") {
    s.drawn = v.text("figure") == "map" ? SweepData::Drawn::map : SweepData::Drawn::lines;
    const bool lines = s.drawn == SweepData::Drawn::lines;
    std::vector<const SweptPath*> long_ones;
    for (const SweptPath& axis : s.axes)
      if (axis.size() > 1) long_ones.push_back(&axis);
    if (s.combine != Combine::grid || long_ones.size() < 2 || (lines && long_ones.size() > 2))
      throw Error(
          v["figure"].place,
          fmt::format("'figure: {}' is of a grid of {}", v.text("figure"), lines ? "two paths" : "two paths or more"),
          "leave it out");
    // names are lines; of two paths of numbers the shorter one
    std::stable_sort(long_ones.begin(), long_ones.end(), [](const SweptPath* a, const SweptPath* b) {
      return std::pair(!a->numbers.empty(), a->size()) < std::pair(!b->numbers.empty(), b->size());
    });
    if (lines && long_ones[0]->size() > SweepData::most_lines)
      throw Error(v["figure"].place,
                  fmt::format("{} values of '{}' are more than {} lines", long_ones[0]->size(), long_ones[0]->path,
                              SweepData::most_lines),
                  "figure: map");
    put(out, "figure", text_node(v.text("figure")));
  }
  put(out, "traces",
      s.traces == static_cast<std::size_t>(-1) ? text_node("all") : number_node(static_cast<double>(s.traces)));
  put(e.resolved, "sweep", std::move(out));
  s.place = block.place;
  return std::make_shared<const Sweep>(std::move(s));
}

}  // namespace

const PurposeRow sweep_purpose = {"sweep",       "the same run under other numbers, by named cases or over ranges",
                                  true,          read_sweep,
                                  sweep_options, nullptr};

Expectable Sweep::expectable(const Experiment&) const {
  Expectable can;
  can.numbered = block.combine != Combine::cases;
  if (can.numbered) can.cases = {block.name(0), block.name(block.count - 1)};
  for (const Case& c : block.cases) can.cases.push_back(c.name);
  can.trace_unit = block.base->readout.unit;
  return can;
}

}  // namespace hillock
