// The block `compare`.
#include <fmt/format.h>

#include <algorithm>

#include "experiment/reader.hpp"
#include "experiment/vocabulary.hpp"
#include "measure/passive.hpp"
#include "purpose/compare/compare.hpp"

namespace hillock {
namespace {

namespace fs = std::filesystem;

/// Reads `compare`: see PurposeRow.
std::shared_ptr<const Purpose> read_compare(ExperimentReader& reader, const Node& tree, const Node& block,
                                            Experiment& e) {
  for (const char* part : {"model", "input", "readout", "drive"})
    if (const Node::Entry* entry = tree.entry(part))
      throw Error(entry->place, fmt::format("under 'compare' each model has its own '{}'", part),
                  "move it to the entry of its model");
  CompareBlock c;
  c.place = block.place;
  const OptionValues v =
      read_options(expect_map(block, "compare", "compare: {data: ..., models: ...}"), compare_options(), "compare");
  c.data = reader.data(v["data"].node);
  const Node& models = expect_map(v["models"].node, "models", "models: {lif: lif.yaml}");
  if (models.entries.empty()) throw Error(models.place, "'models' is empty: nothing to compare");
  const auto refuse_length = [](const Node* simulate) {
    if (const Node::Entry* length = simulate ? simulate->entry("for") : nullptr)
      throw Error(length->place, "under 'compare' the run is as long as the recording",
                  "leave 'for' out; data: {window: [from, to]} takes a part of the recording");
  };
  refuse_length(tree.find("simulate"));
  ExperimentReader::Use use;
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
    Case one{entry.key, {}, std::make_shared<NeuronSpec>(reader.parts(neuron, use))};
    Node resolved = ExperimentReader::resolved_parts(*one.run);
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
  e.measures =
      ExperimentReader::measures(v.given("measure") ? &v["measure"].node : nullptr,
                                 {"gamma", "van_rossum", "spike_count", "isi_mean", "rmse", "subthreshold_ev"}, true);
  Node out = map_node();
  put(out, "data", resolved_data(*c.data));
  put(out, "models", std::move(resolved_models));
  if (!c.against.empty()) put(out, "against", text_node(c.against));
  if (v.given("measure")) put(out, "measure", v["measure"].node);
  put(e.resolved, "compare", std::move(out));
  return std::make_shared<const Compare>(std::move(c));
}

}  // namespace

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

const PurposeRow compare_purpose = {"compare", "models held against one recording", true, read_compare, compare_options,
                                    nullptr};

Expectable Compare::expectable(const Experiment&) const {
  Expectable can;
  for (const Case& c : block.models) can.cases.push_back(c.name);
  can.trace_unit = block.data->normalise ? "1" : "mV";
  can.compares = true;
  if (block.data->passive)
    for (const PassiveNumber& n : passive_numbers) can.of_data.push_back({n.name, n.unit, false});
  can.several_sweeps = block.data->several();
  if (can.several_sweeps) can.first_sweep = block.data->sweep->numbers[0];
  return can;
}

}  // namespace hillock
