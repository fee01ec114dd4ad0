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
#include "util/units.hpp"

namespace hillock {
namespace {

/// The piece at a dotted path; null if there is none.
const Node* at_path(const Node& node, std::string_view path) {
  const std::string_view step = path.substr(0, path.find('.'));
  const Node* inner = nullptr;
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

/// The changes of a case with those first that others build on: a plugin, then its preset, then numbers. Their order in the file means nothing.
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

SweepAxis read_axis(const Node::Entry& line, const SweepSlot& slot) {
  SweepAxis axis;
  axis.path = line.key, axis.place = line.place, axis.unit = "1";
  const bool in_place = slot.kind != SweepSlot::Kind::none;
  const auto number = [&](const Node& node) {
    return read_number(node, slot.name, slot.unit, slot.low, slot.high, slot.owner);
  };
  // what is no number in place is checked when it is read; here it has the unit of its declaration, if it is a number
  const auto measured = [&](const Node& node) -> std::optional<Quantity> {
    auto q = quantity_of(node);
    if (!q) return std::nullopt;
    if (slot.unit.empty()) return Quantity{q->value, q->unit.empty() ? "1" : q->unit};
    const auto value = q->unit.empty() ? q->value : convert(q->value, q->unit, slot.unit);
    return value ? std::optional(Quantity{*value, slot.unit}) : std::nullopt;
  };
  const auto refuse_parts_of_seeds = [&](const std::vector<double>& seeds) {
    for (const double x : seeds)
      if (slot.kind == SweepSlot::Kind::seed && x != std::floor(x))
        throw Error(line.value.place, fmt::format("seed = {} is no whole number", x));
  };
  if (line.value.is_list()) {
    axis.nodes = line.value.items;
    for (const Node& node : axis.nodes) {
      if (in_place) axis.numbers.push_back(number(node)), axis.unit = slot.unit;
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
    a = number(from), b = number(to), axis.unit = slot.unit;
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
std::string written_as(const SweepAxis& axis, const Experiment& e, const Node* value) {
  if (axis.path == "model.preset") return e.model->preset.empty() ? "–" : e.model->preset;  // is resolved into numbers
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
  Variations(Node tree, std::vector<SweepAxis> axes, std::function<Experiment(const Node&)> read)
      : tree_(std::move(tree)), axes_(std::move(axes)), read_(std::move(read)) {}

  std::shared_ptr<const Experiment> make(const SweepBlock::Choice& choice) const {
    const std::lock_guard lock(mutex_);  // a reader of recordings is no matter for several threads
    std::vector<Node::Entry> changes;
    for (std::size_t k = 0; k < axes_.size(); ++k)
      if (choice[k] != SweepBlock::as_written)
        changes.push_back({axes_[k].path, axes_[k].place, axes_[k].value(choice[k])});
    Node changed = tree_;
    for (const Node::Entry& change : in_order(std::move(changes))) {
      changed.place = change.value.place;
      lay_over(changed, change);
    }
    refuse_unknown_keys(changed, names_of(top_level()), "a case");
    return std::make_shared<const Experiment>(read_(changed));
  }

 private:
  Node tree_;
  std::vector<SweepAxis> axes_;
  std::function<Experiment(const Node&)> read_;
  mutable std::mutex mutex_;
};

}  // namespace

Node SweepAxis::value(std::size_t i) const {
  if (!nodes.empty()) return nodes[i];
  Node node = number_node(numbers[i], unit == "1" ? "" : unit);
  node.place = place;
  return node;
}

std::string SweepAxis::text(std::size_t i) const { return numbers.empty() ? words[i] : with_unit(numbers[i], unit); }

std::string SweepBlock::name(std::size_t i) const {
  if (combine == Combine::cases) return cases[i].name;
  return fmt::format("{:0{}}", i + 1, fmt::formatted_size("{}", count));
}

std::string SweepBlock::label(std::size_t i) const {
  std::vector<std::string> values;
  for (const auto& [path, value] : swept(i))
    if (!value.empty()) values.push_back(fmt::format("{} = {}", path, value));
  const std::string shown = values.empty() ? "" : fmt::format(" ({})", fmt::join(values, ", "));
  return fmt::format("case '{}'{}", name(i), shown);
}

void SweepBlock::choose(std::size_t i, std::span<std::uint32_t> c) const {
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

SweepBlock::Choice SweepBlock::choice(std::size_t i) const {
  Choice c(axes.size());
  choose(i, c);
  return c;
}

std::vector<std::pair<std::string, std::string>> SweepBlock::swept(std::size_t i) const {
  if (combine == Combine::cases) return cases[i].swept;
  std::vector<std::pair<std::string, std::string>> all;
  const Choice c = choice(i);
  for (std::size_t k = 0; k < axes.size(); ++k)
    all.emplace_back(axes[k].path, c[k] == as_written ? written[k] : axes[k].text(c[k]));
  return all;
}

std::shared_ptr<const Experiment> SweepBlock::run(std::size_t i) const {
  return combine == Combine::cases ? cases[i].run : make(choice(i));
}

std::optional<std::size_t> SweepBlock::find(const std::string& of) const {
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

/// The unit that an option of a run is declared in; empty if there is no such number.
std::string declared_unit(const Experiment& e, std::string_view path) {
  const auto among = [](const std::vector<OptionSpec>& specs, std::string_view name) -> std::string {
    for (const OptionSpec& s : specs)
      if (s.name == name && (s.kind == OptionSpec::Kind::number || s.kind == OptionSpec::Kind::integer)) return s.unit;
    return "";
  };
  const auto below = [&](std::string_view block) {
    const bool inside = path.starts_with(block) && path.size() > block.size() && path[block.size()] == '.';
    return inside ? path.substr(block.size() + 1) : std::string_view();
  };
  const hk_model& m = e.equations();
  if (const auto name = below("integrator"); !name.empty()) return among(e.integrator->options.specs(), name);
  if (const auto name = below("readout"); !name.empty())
    return among(readout_options(recordable(m, e.readout.of).unit, e.readout.unit), name);
  if (const auto name = below("drive"); !name.empty()) return among(drive_options(m.inputs[e.drive.of].unit), name);
  if (const auto name = below("simulate.spikes"); !name.empty() && e.simulate->spikes)
    return among(spikes_options(m.state[e.simulate->spikes->state].unit, 0, 0, false), name);
  if (const auto name = below("simulate.clamp"); !name.empty()) {
    for (std::uint32_t k = 0; k < m.n_state; ++k)
      if (name == m.state[k].name) return m.state[k].unit;
    return "";
  }
  if (const auto name = below("simulate"); !name.empty()) return among(simulate_options(), name);
  for (const auto& terms : e.inputs)
    for (const ShapeBlock& s : terms)
      if (const auto name = below(s.path); !name.empty()) return among(s.options.specs(), name);
  return "";
}

}  // namespace

SweepSlot slot_of(const Experiment& e, const std::string& path) {
  using Kind = SweepSlot::Kind;
  const hk_model& m = e.equations();
  const auto at = [&](const hk_field* fields, std::uint32_t n, std::string_view name) {
    std::uint32_t k = 0;
    while (k < n && name != fields[k].name) ++k;
    return k;
  };
  const auto of_model = [&](Kind kind, std::uint32_t k, const hk_field& f) {
    return SweepSlot{kind, k, 0, {}, f.name, f.unit, fmt::format("model '{}'", e.model->plugin->id), f.low, f.high};
  };
  const std::string_view p(path);
  if (p == "seed") return {Kind::seed, 0, 0, {}, "seed", "1", "an experiment", 0, 9007199254740991.0};
  if (p.starts_with("model."))
    if (const std::uint32_t k = at(m.params, m.n_params, p.substr(6)); k < m.n_params)
      return of_model(Kind::parameter, k, m.params[k]);
  if (p.starts_with("simulate.start."))
    if (const std::uint32_t k = at(m.state, m.n_state, p.substr(15)); k < m.n_state && !(e.simulate->clamped >> k & 1))
      return of_model(Kind::start, k, m.state[k]);
  for (std::uint32_t k = 0; k < e.inputs.size(); ++k)
    for (std::uint32_t t = 0; t < e.inputs[k].size(); ++t) {
      const ShapeBlock& s = e.inputs[k][t];
      if (s.data || !p.starts_with(s.path)) continue;
      // what may be changed without a look at anything else: heights, not times
      constexpr std::array<std::string_view, 7> heights{"value", "amplitude", "offset", "mean",
                                                        "start", "end",       "phase"};
      const std::string_view rest = p.substr(s.path.size());
      const std::string_view option = rest.empty() && s.use == "constant" ? "value"
                                      : rest.starts_with('.')             ? rest.substr(1)
                                                                          : "";
      if (std::find(heights.begin(), heights.end(), option) == heights.end() || !s.options.declares(option)) continue;
      for (const OptionSpec& spec : s.options.specs())
        if (spec.name == option && spec.kind == OptionSpec::Kind::number)
          return {Kind::shape, k,        t, spec.name, spec.name, spec.unit, fmt::format("shape '{}'", s.use),
                  spec.low,    spec.high};
    }
  SweepSlot none;
  none.unit = declared_unit(e, p);
  return none;
}

void ExperimentReader::sweep_cases(const Node& cases, const Node& parts_only, SweepBlock& s, Node& out) {
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
    c.run = std::make_shared<Experiment>(parts(changed, Use()));
    Node resolved = resolved_parts(*c.run);
    put(resolved, "seed", number_node(static_cast<double>(c.run->seed)));
    put(resolved_cases, entry.key, std::move(resolved));
    s.cases.push_back(std::move(c));
  }
  // a case that leaves a path alone has the value it found there
  for (Case& c : s.cases)
    for (const std::string& path : swept) {
      if (path == "model.preset") {  // is resolved into numbers
        c.swept.emplace_back(path, c.run->model->preset.empty() ? "–" : c.run->model->preset);
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
  put(out, "cases", std::move(resolved_cases));
}

void ExperimentReader::sweep_over(const Node& over, const Node& parts_only, SweepBlock& s, Node& out, Experiment& e) {
  if (over.entries.empty()) throw Error(over.place, "'over' is empty: a sweep has at least one path");
  const auto read = [path = path_, files = files_](const Node& tree) {
    return ExperimentReader(path, files).parts(tree, Use());
  };
  // the first values of all paths make a run, which shows what each path is; one at a time each makes one of its own
  std::vector<SweepAxis> first;
  for (const Node::Entry& line : over.entries) {
    refuse_other_parts(line.key, line.place);
    SweepAxis axis;
    axis.path = line.key, axis.place = line.place, axis.nodes = {first_value(line)};
    first.push_back(std::move(axis));
  }
  const std::size_t n = first.size();
  const Variations probe(parts_only, first, read);
  const bool together = s.combine != Combine::one_at_a_time;
  s.base = probe.make(SweepBlock::Choice(n, together ? 0 : SweepBlock::as_written));
  for (std::size_t k = 0; k < n; ++k) {
    SweepBlock::Choice only(n, together ? 0 : SweepBlock::as_written);
    only[k] = 0;
    s.axes.push_back(read_axis(over.entries[k], slot_of(together ? *s.base : *probe.make(only), first[k].path)));
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
  s.make = [all = std::make_shared<const Variations>(parts_only, s.axes, read)](const SweepBlock::Choice& c) {
    return all->make(c);
  };
  // what is no number in place is read once for each of its values, so that none is wrong in the middle of the work
  for (std::size_t k = 0; k < n; ++k) {
    if (slot_of(*s.base, s.axes[k].path).kind != SweepSlot::Kind::none) continue;
    for (std::size_t i = 0; i < s.axes[k].size(); ++i) {
      SweepBlock::Choice one =
          s.combine == Combine::zip ? s.choice(i) : SweepBlock::Choice(n, together ? 0 : SweepBlock::as_written);
      one[k] = static_cast<std::uint32_t>(i);
      try {
        static_cast<void>(s.make(one));
      } catch (const Error& refused) {
        const SweepAxis& axis = s.axes[k];
        if (!axis.nodes.empty() && axis.nodes[i].place.line == refused.place().line) throw;
        // the value may be good, and another number that was good with the others is not with it
        if (!s.refused)
          s.refused.emplace(over.entries[k].value.place,
                            fmt::format("under {} = {}: {}", axis.path, axis.text(i), refused.message()),
                            refused.hint());
      }
    }
  }
  const Node written = resolved_parts(*s.base);
  for (const SweepAxis& axis : s.axes) {
    s.written.push_back(together ? "" : written_as(axis, *s.base, at_path(written, axis.path)));
  }
  for (const Node::Entry& part : written.entries) put(e.resolved, part.key, part.value);
  Node lines = map_node();
  for (std::size_t k = 0; k < n; ++k) {
    const SweepAxis& axis = s.axes[k];
    if (!axis.nodes.empty()) {
      put(lines, axis.path, list_node(axis.nodes, true));
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

void ExperimentReader::sweep(const Node& tree, const Node& block, Experiment& e) {
  SweepBlock s;
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
    sweep_cases(expect_map(v["cases"].node, "cases", "cases: {fast: {model.a: 0.1}}"), parts_only, s, out);
  } else {
    s.combine = v.text("combine") == "grid"  ? Combine::grid
                : v.text("combine") == "zip" ? Combine::zip
                                             : Combine::one_at_a_time;
    sweep_over(expect_map(v["over"].node, "over", "over: {model.a: [0.02, 0.1]}"), parts_only, s, out, e);
  }
  e.measures = measures(v.given("measure") ? &v["measure"].node : nullptr,
                        {"spike_count", "mean_rate", "time_to_first_spike", "isi_mean", "isi_cv"}, false);
  if (v.given("measure")) put(out, "measure", v["measure"].node);
  put(out, "traces",
      s.traces == static_cast<std::size_t>(-1) ? text_node("all") : number_node(static_cast<double>(s.traces)));
  put(e.resolved, "sweep", std::move(out));
  e.sweep = std::move(s), e.sweep_place = block.place;
}

}  // namespace hillock
