// A whole file: its purpose, its measures, and what it expects.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "experiment/reader.hpp"
#include "experiment/vocabulary.hpp"
#include "purpose/purpose.hpp"

namespace hillock {
namespace {

namespace fs = std::filesystem;

/// Takes `simulate.trials` out of the tree and puts seeds into its sweep, or makes one of them: trials are cases with
/// the seed of the file, the next one, and so on. Returns where they were asked for; nothing of a single one.
std::optional<Place> spread_trials(Node& tree, std::uint64_t seed) {
  Node* const simulate = tree.find("simulate");
  const Node* const trials = simulate ? simulate->find("trials") : nullptr;
  if (!trials) return {};
  const Place place = trials->place;
  const auto n = static_cast<std::size_t>(read_integer(*trials, "trials", 1, most_trials, "simulate"));
  std::erase_if(simulate->entries, [](const Node::Entry& e) { return e.key == "trials"; });
  if (n == 1) return {};
  for (const std::string& purpose : purpose_keys())
    if (purpose != "sweep" && tree.find(purpose))
      throw Error(place, fmt::format("'trials' repeats a run or the cases of a grid, and this file has '{}'", purpose),
                  "leave it out, or trials: 1; the key of fits and comparisons is 'realisations'");
  std::vector<Node> seeds;
  for (std::size_t k = 0; k < n; ++k) {
    seeds.push_back(number_node(static_cast<double>(seed + k)));
    seeds.back().place = place;
  }
  Node axis = list_node(std::move(seeds), true);
  axis.place = place;
  static const Node none = map_node();
  const Node& sweep = tree.find("sweep") ? *tree.find("sweep") : none;
  const Node *over = sweep.find("over"), *combine = sweep.find("combine");
  if (!sweep.is_map() || (over && !over->is_map())) return {};  // refused where the sweep is read
  if (sweep.find("cases") || (combine && (combine->text == "zip" || combine->text == "one_at_a_time")))
    throw Error(place, "'trials' repeats the cases of a grid, and this sweep is none",
                "leave it out, or write the sweep as a grid: sweep: {over: ...}");
  if (over && over->find("seed"))
    throw Error(place, "'trials' draws anew for each case, and so does 'sweep.over.seed'", "leave one out");
  set_path(tree, "sweep.over.seed", axis, place);
  return place;
}

bool safe_name(const std::string& name) {
  return !name.empty() && name.size() <= 80 && std::all_of(name.begin(), name.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-';
  });
}

}  // namespace

void check_case_name(const Node::Entry& e) {
  if (!safe_name(e.key))
    throw Error(e.place, fmt::format("'{}' cannot name a case", e.key),
                "at most 80 letters, digits, '_' and '-': it becomes the name of a file");
  if (e.key == "best" || e.key == "data")
    throw Error(e.place, fmt::format("'{}' cannot name a case: it has a meaning of its own", e.key),
                "choose another name");
}

Experiment ExperimentReader::whole(const Node& written, const Use& use) {
  refuse_unknown_keys(written, names_of(top_level()), "an experiment file");
  Node tree = written;
  // a recording is one run: several trials are refused where `simulate` is read
  const std::optional<Place> trials = use.makes_recording ? std::nullopt : spread_trials(tree, seed(tree));
  const PurposeRow* purpose = &purposes().front();
  const Node* block = &tree;
  for (const PurposeRow& row : purposes()) {
    const Node::Entry* entry = *row.key ? tree.entry(row.key) : nullptr;
    if (!entry) continue;
    if (*purpose->key)
      throw Error(entry->place, fmt::format("a file has one purpose: '{}' or '{}', not both", purpose->key, row.key));
    purpose = &row;
    block = &entry->value;
  }
  Experiment e;
  texts(tree, e);
  if (!purpose->own_neurons) {
    e.neuron = std::make_shared<NeuronSpec>(parts(tree, use));
    Node resolved = resolved_parts(*e.neuron);
    for (Node::Entry& part : resolved.entries) put(e.resolved, part.key, part.value);
  }
  e.purpose = purpose->read(*this, tree, *block, e);
  if (trials) {
    bool drawn = false;
    e.purpose->visit(e, {[&](const NeuronSpec& neuron) { drawn = drawn || draws(neuron); }, [](const DataBlock&) {}});
    if (!drawn) throw Error(*trials, "'trials' are runs with other draws, and nothing is drawn here", "leave it out");
  }
  expectations(tree.find("expect"), e);
  if (const Node* expect = tree.find("expect")) put(e.resolved, "expect", *expect);
  e.files = files_;
  return e;
}

std::vector<MeasureUse> ExperimentReader::measures(const Node* block, const std::vector<std::string>& otherwise,
                                                   bool with_data) {
  std::vector<MeasureUse> all;
  std::vector<std::string> known;
  for (const MeasureInfo& m : hillock::measures())
    if (with_data || !m.compares) known.push_back(m.name);
  const auto add = [&](const Node& node) {
    MeasureUse use;
    use.place = node.place;
    use.name = node.is_map() ? use_of(node, "measure", "measure: [{use: gamma, precision: 4 ms}]").text
                             : read_text_value(node, "measure");
    const MeasureInfo* info = find_measure(use.name);
    if (info && info->compares && !with_data)
      throw Error(node.place, fmt::format("measure '{}' compares with a recording, and there is none here", use.name),
                  "compare: {data: ..., models: ...} has one");
    if (!info) throw Error(node.place, fmt::format("there is no measure '{}'", use.name), suggest(use.name, known));
    if (node.is_map()) {
      const std::vector<OptionSpec> specs = measure_options(*info);
      const OptionValues v = read_options(node, specs, fmt::format("measure '{}'", use.name), {"use"});
      for (std::size_t i = 0; i < specs.size(); ++i)
        if (specs[i].choices.empty()) use.options.numbers[specs[i].name] = v.values()[i].number;
        else use.options.words[specs[i].name] = v.values()[i].text;
    }
    use.label = use.name;
    for (const MeasureUse& before : all)
      if (before.name == use.name) throw Error(node.place, fmt::format("measure '{}' is listed twice", use.name));
    all.push_back(std::move(use));
  };
  if (!block) {
    for (const std::string& name : otherwise) all.push_back({name, name, {}, {}});
  } else if (block->is_list()) {
    if (block->items.empty()) throw Error(block->place, "'measure' is an empty list");
    for (const Node& item : block->items) add(item);
  } else {
    add(*block);
  }
  return all;
}

void ExperimentReader::expectations(const Node* block, Experiment& e) const {
  if (!block) return;
  Expectable can = e.purpose->expectable(e);
  std::vector<std::string> cases = can.cases;
  if (can.compares) {
    cases.push_back("best");
    cases.push_back("data");
  }
  for (const Node::Entry& entry : expect_map(*block, "expect", "expect: {spike_count: [18, 20]}").entries) {
    Expectation x;
    x.place = entry.place;
    x.measure = entry.key;
    std::string of_all;  // the case without the sweep
    // a fitted number is named by its path, which has dots of its own
    const auto whole =
        std::find_if(can.own.begin(), can.own.end(), [&](const Expectable::Own& own) { return own.name == entry.key; });
    if (whole != can.own.end()) {
      x.of = whole->of;
    } else if (const auto dot = entry.key.rfind('.'); dot != std::string::npos) {
      x.of = entry.key.substr(0, dot);
      x.measure = entry.key.substr(dot + 1);
      of_all = can.several_sweeps ? x.of.substr(0, x.of.find(".sweep_")) : x.of;
      if (cases.empty())
        throw Error(entry.place, fmt::format("'{}' names a case, and this is a single run", entry.key),
                    fmt::format("write '{}'", x.measure));
      if (can.numbered && !e.purpose->find_case(x.of))
        throw Error(entry.place, fmt::format("'expect' names no case of this file: '{}'", x.of),
                    fmt::format("they are {} to {}", cases[0], cases[1]));
      if (!can.numbered &&
          (std::find(cases.begin(), cases.end(), of_all) == cases.end() || (of_all == "best" && x.of != of_all)))
        throw Error(entry.place, fmt::format("'expect' names no case of this file: '{}'", x.of), suggest(x.of, cases));
    }
    const auto range = [&](const std::string& unit) {
      const Node& node = entry.value;
      if (!node.is_list() || node.items.size() != 2)
        throw Error(node.place, fmt::format("'{}' is expected within [low, high]", entry.key),
                    fmt::format("for example {}: [18, 20]", entry.key));
      const double inf = std::numeric_limits<double>::infinity();
      x.low = read_number(node.items[0], entry.key, unit, -inf, inf, "expect");
      x.high = read_number(node.items[1], entry.key, unit, -inf, inf, "expect");
      if (x.low > x.high)
        throw Error(node.place, fmt::format("[{}, {}] is an empty range: the lower bound comes first", x.low, x.high));
    };
    const auto list = [&](const std::string& unit, const char* what, const std::string& example) {
      x.list = true;
      x.unit = unit;
      const OptionValues v =
          read_options(expect_map(entry.value, x.measure, example), list_options(unit, what), x.measure);
      x.are = v["are"].list;
      x.within = v.number("within");
    };
    const auto named = [&](const std::vector<Expectable::Own>& among) {
      const auto found =
          std::find_if(among.begin(), among.end(), [&](const Expectable::Own& own) { return own.name == x.measure; });
      return found == among.end() ? nullptr : &*found;
    };
    const Expectable::Own* own = of_all == "data" ? named(can.of_data) : nullptr;
    if (!own) own = named(can.own);
    if (own && own->list) {
      list(own->unit, "all of them, in order", fmt::format("{}: {{are: [1, 2], within: 0.001}}", x.measure));
    } else if (own) {
      range(own->unit);
    } else if (!can.has_measures) {
      std::vector<std::string> all;
      for (const Expectable::Own& each : can.own) all.push_back(each.name);
      throw Error(entry.place, fmt::format("'{}' finds no '{}'", e.purpose->key(), x.measure), suggest(x.measure, all));
    } else if (x.measure == "spike_times") {
      if (x.of == "best")
        throw Error(entry.place, "no model is best by 'spike_times', which is no score", "name the model");
      if (can.several_sweeps && x.of == of_all)
        throw Error(entry.place, "spike times are those of one of the sweeps",
                    fmt::format("name it: {}.sweep_{}.spike_times", x.of.empty() ? cases[0] : x.of, can.first_sweep));
      list("ms", "all spike times", "spike_times: {are: [13, 17], within: 0.001 ms}");
    } else {
      const MeasureInfo* info = find_measure(x.measure);
      std::vector<std::string> known = {"spike_times"};
      for (const MeasureInfo& m : hillock::measures())
        if (can.compares || !m.compares) known.push_back(m.name);
      if (!info || (info->compares && !can.compares))
        throw Error(entry.place, fmt::format("'expect' knows no measure '{}' here", x.measure),
                    suggest(x.measure, known));
      if (x.of == "best" && info->better == MeasureInfo::Better::neither)
        throw Error(entry.place, fmt::format("no model is best by '{}': it has no better and worse", x.measure));
      if (of_all == "data" && info->compares)
        throw Error(entry.place, fmt::format("'{}' compares a model with the data, so the data have none", x.measure));
      range(unit_of(*info, can.trace_unit));
      if (std::none_of(e.measures.begin(), e.measures.end(), [&](const MeasureUse& m) { return m.name == x.measure; }))
        e.measures.push_back({x.measure, x.measure, {}, entry.place});
    }
    e.expect.push_back(std::move(x));
  }
}

}  // namespace hillock
