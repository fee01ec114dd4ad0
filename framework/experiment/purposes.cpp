// The purposes of a file, and what it expects. `dynamics` has a file of its own.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "experiment/reader.hpp"
#include "experiment/vocabulary.hpp"
#include "measure/dynamics.hpp"
#include "measure/passive.hpp"

namespace hillock {
namespace {

namespace fs = std::filesystem;

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

Experiment ExperimentReader::whole(const Node& tree, const Use& use) {
  std::vector<std::string> known = names_of(top_level());
  refuse_unknown_keys(tree, known, "an experiment file");
  const Node *sweeps = tree.find("sweep"), *compares = tree.find("compare"), *dynamic = tree.find("dynamics");
  const Node::Entry* purpose = nullptr;
  for (const char* word : {"sweep", "compare", "dynamics"}) {
    const Node::Entry* entry = tree.entry(word);
    if (purpose && entry)
      throw Error(entry->place, fmt::format("a file has one purpose: '{}' or '{}', not both", purpose->key, word));
    if (entry) purpose = entry;
  }
  Experiment e;
  texts(tree, e);
  if (compares) {
    compare(tree, *compares, e);
  } else if (sweeps) {
    sweep(tree, *sweeps, e);
  } else {
    e.neuron = std::make_shared<NeuronSpec>(parts(tree, use));
    if (!dynamic)
      e.measures = measures(nullptr, {"spike_count", "mean_rate", "time_to_first_spike", "isi_mean", "isi_cv"}, false);
    Node resolved = resolved_parts(*e.neuron);
    for (Node::Entry& part : resolved.entries) put(e.resolved, part.key, part.value);
    if (dynamic) dynamics(*dynamic, e);
  }
  expectations(tree.find("expect"), e);
  if (const Node* expect = tree.find("expect")) put(e.resolved, "expect", *expect);
  e.files = files_;
  return e;
}
void inline_models(Node& tree, std::vector<fs::path>& files) {
  Node* compare = tree.find("compare");
  Node* models = compare ? compare->find("models") : nullptr;
  if (!models || !models->is_map()) return;
  for (Node::Entry& entry : models->entries) {
    if (!entry.value.is_scalar()) continue;
    const Place mentioned = entry.value.place;
    const fs::path file = entry.value.text;
    Node own = load_tree(mentioned.source ? mentioned.source->folder / file : file, mentioned, &files);
    refuse_unknown_keys(own, names_of(top_level()), "an experiment file");
    std::erase_if(own.entries, [](const Node::Entry& part) { return !is_inherited(part.key); });
    // the recording takes the place of the file's own current and length
    if (Node* simulate = own.find("simulate"))
      std::erase_if(simulate->entries, [](const Node::Entry& x) { return x.key == "for"; });
    if (Node* input = own.find("input")) {
      const Node *drive = own.find("drive"), *of = drive ? drive->find("of") : nullptr;
      std::erase_if(input->entries, [&](const Node::Entry& x) { return x.key == (of ? of->text : "I"); });
    }
    own.place = mentioned;
    entry.value = std::move(own);
  }
}

void ExperimentReader::compare(const Node& tree, const Node& block, Experiment& e) {
  for (const char* part : {"model", "input", "readout", "drive"})
    if (const Node::Entry* entry = tree.entry(part))
      throw Error(entry->place, fmt::format("under 'compare' each model has its own '{}'", part),
                  "move it to the entry of its model");
  CompareBlock c;
  c.place = block.place;
  const OptionValues v =
      read_options(expect_map(block, "compare", "compare: {data: ..., models: ...}"), compare_options(), "compare");
  c.data = data(v["data"].node);
  const Node& models = expect_map(v["models"].node, "models", "models: {lif: lif.yaml}");
  if (models.entries.empty()) throw Error(models.place, "'models' is empty: nothing to compare");
  const auto refuse_length = [](const Node* simulate) {
    if (const Node::Entry* length = simulate ? simulate->entry("for") : nullptr)
      throw Error(length->place, "under 'compare' the run is as long as the recording",
                  "leave 'for' out; data: {window: [from, to]} takes a part of the recording");
  };
  refuse_length(tree.find("simulate"));
  Use use;
  use.recorded = true;
  if (c.data->normalise) use.voltage_unit = std::string("1");
  Node resolved_models = map_node();
  for (const Node::Entry& entry : models.entries) {
    check_case_name(entry);
    Node neuron = map_node();
    neuron.place = entry.value.place;
    for (const char* part : {"seed", "integrator", "simulate"})  // what the models have in common
      if (const Node::Entry* common = tree.entry(part)) neuron.entries.push_back(*common);
    refuse_unknown_keys(expect_map(entry.value, entry.key, fmt::format("{}: {{model: {{use: lif}}}}", entry.key)),
                        {"model", "drive", "readout", "input", "integrator", "simulate", "seed"},
                        fmt::format("model entry '{}'", entry.key));
    refuse_length(entry.value.find("simulate"));
    merge(neuron, entry.value);
    Case one{entry.key, {}, std::make_shared<NeuronSpec>(parts(neuron, use))};
    Node resolved = resolved_parts(*one.run);
    if (one.run->seed != e.seed) put(resolved, "seed", number_node(static_cast<double>(one.run->seed)));
    put(resolved_models, entry.key, std::move(resolved));
    c.models.push_back(std::move(one));
  }
  if (v.given("against")) {
    c.against = v.text("against");
    std::vector<std::string> known;
    for (const Case& m : c.models) known.push_back(m.name);
    if (std::find(known.begin(), known.end(), c.against) == known.end())
      throw Error(v["against"].place, fmt::format("'against' names no model of this comparison: '{}'", c.against),
                  suggest(c.against, known));
  }
  e.measures = measures(v.given("measure") ? &v["measure"].node : nullptr,
                        {"gamma", "van_rossum", "spike_count", "isi_mean", "rmse", "subthreshold_ev"}, true);
  Node out = map_node();
  put(out, "data", resolved_data(*c.data));
  put(out, "models", std::move(resolved_models));
  if (!c.against.empty()) put(out, "against", text_node(c.against));
  if (v.given("measure")) put(out, "measure", v["measure"].node);
  put(e.resolved, "compare", std::move(out));
  e.compare = std::move(c);
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
      std::vector<OptionSpec> specs;
      for (const MeasureOption& o : info->options)
        specs.push_back({o.name, o.choices.empty() ? OptionSpec::Kind::number : OptionSpec::Kind::choice, o.unit,
                         o.value, o.low, o.high, o.meaning, false, o.choices, o.choices.empty() ? "" : o.choices[0]});
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

void ExperimentReader::expectations(const Node* block, Experiment& e) {
  if (!block) return;
  std::vector<std::string> cases;
  for (const Case& c : e.sweep ? e.sweep->cases : e.compare ? e.compare->models : std::vector<Case>{})
    cases.push_back(c.name);
  const bool numbered = e.sweep && e.sweep->combine != Combine::cases;
  if (numbered) cases = {e.sweep->name(0), e.sweep->name(e.sweep->count - 1)};  // for messages
  if (e.compare) cases.push_back("best"), cases.push_back("data");
  const std::string trace_unit = e.compare ? (e.compare->data->normalise ? "1" : "mV")
                                 : e.sweep ? e.sweep->base->readout.unit
                                           : e.neuron->readout.unit;
  for (const Node::Entry& entry : expect_map(*block, "expect", "expect: {spike_count: [18, 20]}").entries) {
    Expectation x;
    x.place = entry.place;
    x.measure = entry.key;
    std::string of_all;  // the case without the sweep
    if (const auto dot = entry.key.rfind('.'); dot != std::string::npos) {
      x.of = entry.key.substr(0, dot), x.measure = entry.key.substr(dot + 1);
      of_all = e.compare && e.compare->data->several() ? x.of.substr(0, x.of.find(".sweep_")) : x.of;
      if (cases.empty())
        throw Error(entry.place, fmt::format("'{}' names a case, and this is a single run", entry.key),
                    fmt::format("write '{}'", x.measure));
      if (numbered && !e.sweep->find(x.of))
        throw Error(entry.place, fmt::format("'expect' names no case of this file: '{}'", x.of),
                    fmt::format("they are {} to {}", cases[0], cases[1]));
      if (!numbered &&
          (std::find(cases.begin(), cases.end(), of_all) == cases.end() || (of_all == "best" && x.of != of_all)))
        throw Error(entry.place, fmt::format("'expect' names no case of this file: '{}'", x.of), suggest(x.of, cases));
    }
    const DynamicsMeasure* found = e.dynamics ? find_dynamics_measure(x.measure) : nullptr;
    if (e.dynamics && !found) {
      std::vector<std::string> all;
      for (const DynamicsMeasure& m : dynamics_measures()) all.push_back(m.name);
      throw Error(entry.place, fmt::format("'dynamics' finds no '{}'", x.measure), suggest(x.measure, all));
    }
    const auto range = [&](const std::string& unit) {
      const Node& node = entry.value;
      if (!node.is_list() || node.items.size() != 2)
        throw Error(node.place, fmt::format("'{}' is expected within [low, high]", entry.key),
                    fmt::format("for example {}: [18, 20]", entry.key));
      const double inf = std::numeric_limits<double>::infinity();
      x.low = read_number(node.items[0], entry.key, unit, -inf, inf, "expect"),
      x.high = read_number(node.items[1], entry.key, unit, -inf, inf, "expect");
      if (x.low > x.high)
        throw Error(node.place, fmt::format("[{}, {}] is an empty range: the lower bound comes first", x.low, x.high));
    };
    const auto list = [&](const std::string& unit, const char* what, const std::string& example) {
      x.list = true, x.unit = unit;
      const std::vector<OptionSpec> specs = {
          {"are",    OptionSpec::Kind::list,   unit, 0, -1e9, 1e9, what,                      true, {}, {}},
          {"within", OptionSpec::Kind::number, unit, 0, 0,    1e6, "how far each may be off", true, {}, {}}
      };
      const OptionValues v = read_options(expect_map(entry.value, x.measure, example), specs, x.measure);
      x.are = v["are"].list, x.within = v.number("within");
    };
    if (found) {
      const std::string unit =
          unit_of(*found, e.neuron->equations().state[0].unit, e.neuron->equations().inputs[e.dynamics->of].unit);
      if (found->list)
        list(unit, "all of them, in order", fmt::format("{}: {{are: [1, 2], within: 0.001}}", x.measure));
      else range(unit);
    } else if (x.measure == "spike_times") {
      if (x.of == "best")
        throw Error(entry.place, "no model is best by 'spike_times', which is no score", "name the model");
      if (e.compare && e.compare->data->several() && x.of == of_all)
        throw Error(entry.place, "spike times are those of one of the sweeps",
                    fmt::format("name it: {}.sweep_{}.spike_times", x.of.empty() ? cases[0] : x.of,
                                e.compare->data->sweep->numbers[0]));
      list("ms", "all spike times", "spike_times: {are: [13, 17], within: 0.001 ms}");
    } else {
      if (of_all == "data" && e.compare->data->passive) {
        const auto passive = std::find_if(std::begin(passive_numbers), std::end(passive_numbers),
                                          [&](const PassiveNumber& n) { return n.name == x.measure; });
        if (passive != std::end(passive_numbers)) {
          range(passive->unit);
          e.expect.push_back(std::move(x));
          continue;
        }
      }
      const MeasureInfo* info = find_measure(x.measure);
      std::vector<std::string> known = {"spike_times"};
      for (const MeasureInfo& m : hillock::measures())
        if (e.compare || !m.compares) known.push_back(m.name);
      if (!info || (info->compares && !e.compare))
        throw Error(entry.place, fmt::format("'expect' knows no measure '{}' here", x.measure),
                    suggest(x.measure, known));
      if (x.of == "best" && info->better == MeasureInfo::Better::neither)
        throw Error(entry.place, fmt::format("no model is best by '{}': it has no better and worse", x.measure));
      if (of_all == "data" && info->compares)
        throw Error(entry.place, fmt::format("'{}' compares a model with the data, so the data have none", x.measure));
      range(unit_of(*info, trace_unit));
      if (std::none_of(e.measures.begin(), e.measures.end(), [&](const MeasureUse& m) { return m.name == x.measure; }))
        e.measures.push_back({x.measure, x.measure, {}, entry.place});
    }
    e.expect.push_back(std::move(x));
  }
}

}  // namespace hillock
