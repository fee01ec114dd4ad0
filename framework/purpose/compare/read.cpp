// The block `compare`.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>

#include "experiment/reader.hpp"
#include "experiment/vocabulary.hpp"
#include "file/option_specs.hpp"
#include "measure/passive.hpp"
#include "purpose/compare/compare.hpp"
#include "util/units.hpp"

namespace hillock {
namespace {

std::vector<std::string> passive_names() {
  std::vector<std::string> all;
  for (const PassiveNumber& n : passive_numbers) all.push_back(n.name);
  return all;
}

std::vector<OptionSpec> contender_fit_options() {
  std::vector<OptionSpec> all = fit_options();
  std::erase_if(all, [](const OptionSpec& s) {
    return s.name == "data" || s.name == "hold_out" || s.name == "measure" || s.name == "profile";
  });
  for (OptionSpec& s : all) {  // may stand in the block of all fits, or in that of one
    s.required = false;
    if (s.name != "optimizer") continue;
    OptionSpec one = s;
    one.name = one.meaning = "";
    s = items_spec("optimizer", s.meaning + "; or a list, of which each fits the model, some by their name alone",
                   either_spec("", "", {text_spec("", "", "name"), std::move(one)}));
  }
  return all;
}

std::vector<OptionSpec> contender_options() {
  std::vector<OptionSpec> all;
  for (OptionSpec& part : neuron_parts()) {  // the run is one, as long as the recording
    if (part.name == "simulate")
      std::erase_if(part.inner, [](const OptionSpec& s) { return s.name == "for" || s.name == "trials"; });
    all.push_back(std::move(part));
  }
  all.push_back(integer_spec("seed", 0, 0, 9007199254740991., "of this model; without it, that of the file"));
  all.push_back(block_spec("fit", "numbers of this model that are searched for", contender_fit_options()));
  all.push_back(names_spec("passive",
                           "of a model that is not fitted: dotted path -> number of the passive membrane of the "
                           "recording, {model.tau: time_constant}",
                           word_spec(passive_names(), "dotted path", "number of the passive membrane")));
  return all;
}

std::vector<OptionSpec> compare_options() {
  return {
      needed(data_option("the recording")),
      needed(
          names_spec("models", "name -> experiment file or inline block; each may carry its own `fit`, or `passive`",
                     either_spec("model", "", {text_spec("", "", "file"), block_spec("", "", contender_options())}))),
      block_spec(
          "fit",
          "what the fits of the models have in common: free, loss, starts, discard, and `optimizer`, one or a list, "
          "of which each fits every model; without any fit how models are scored: loss, discard, cut_spikes, "
          "reset_at, align, realisations",
          contender_fit_options()),
      integer_spec(
          "budget", 0, 1, 1e12,
          "evaluations of all fits together: each has its part in proportion to its free numbers, and divides it "
          "among its starts; among fewer of them where each would have less than 20 for a free number. Without it "
          "each start makes the `evaluations` of its optimizer"),
      hold_out_option("what no fit sees and all are scored on: `last 30 %` of each recording, or a list of sweeps"),
      text_spec("against", "", "the case that the others are held against"),
      measure_option("measures of the table; the first that has a better and a worse ranks it", true)};
}

namespace fs = std::filesystem;

/// What the comparison says for all of its fits.
constexpr std::array of_comparison{"data", "hold_out", "measure"};

/// Whether a key of `fit` says how runs are scored, which needs no search.
bool scores(std::string_view key) {
  return std::find(std::begin(of_scoring), std::end(of_scoring), key) != std::end(of_scoring);
}

/// Refuses what a fit under a comparison does not say itself.
void check_fit(const Node& fit, bool budget) {
  expect_map(fit, "fit", "fit: {free: ..., loss: ..., optimizer: ...}");
  for (const char* key : of_comparison)
    if (const Node::Entry* entry = fit.entry(key))
      throw Error(entry->place, fmt::format("under 'compare' all fits have one '{}', that of the comparison", key),
                  fmt::format("write it under 'compare', beside 'models'"));
  if (const Node::Entry* profile = fit.entry("profile"))
    throw Error(profile->place, "a comparison makes no profiles of the loss", "leave it out, or run the fit by itself");
  const Node* optimizer = fit.find("optimizer");
  if (!budget || !optimizer) return;
  for (const Node& one : optimizer->is_list() ? optimizer->items : std::vector<Node>{*optimizer})
    if (const Node::Entry* evaluations = one.is_map() ? one.entry("evaluations") : nullptr)
      throw Error(evaluations->place, "the comparison has a 'budget', which says how many evaluations a fit may make",
                  "leave 'evaluations' out, or 'budget'");
}

/// The optimizers of a fit, each as a block: "optimizer: [cma_es, {use: genetic, population: 20}]".
std::vector<Node> optimizers_of(const Node& fit) {
  const Node* given = fit.find("optimizer");
  if (!given) return {};
  std::vector<Node> all = given->is_list() ? given->items : std::vector<Node>{*given};
  if (all.empty()) throw Error(given->place, "'optimizer' is an empty list: nothing to fit with");
  std::vector<std::string> names;
  for (Node& one : all) {
    if (one.is_scalar()) {
      Node block = map_node();
      block.place = one.place;
      block.entries.push_back({"use", one.place, one});
      one = std::move(block);
    }
    names.push_back(use_of(one, "optimizer", "optimizer: {use: cma_es}").text);
    if (std::count(names.begin(), names.end(), names.back()) > 1)
      throw Error(one.place, fmt::format("optimizer '{}' is listed twice", names.back()),
                  "the cases of a comparison are named by model and optimizer");
  }
  return all;
}

/// The fits of one model, one for each optimizer, and the block with every default written out.
struct ModelFits {
  std::vector<FitBlock> fits;
  Node resolved;
  std::string loss;  ///< as it is written
};

ModelFits fits_of(const std::string& model, const Node& block, const FitBlock& start, bool budget) {
  ModelFits out;
  std::vector<OptionSpec> specs = fit_options();
  std::erase_if(specs, [](const OptionSpec& s) {
    return std::find(of_comparison.begin(), of_comparison.end(), s.name) != of_comparison.end();
  });
  const std::string owner = fmt::format("the fit of model '{}'", model);
  std::vector<Node> optimizers = optimizers_of(block), resolved;
  if (optimizers.empty())
    throw Error(block.place, fmt::format("{} needs 'optimizer'", owner),
                "one or a list, here or in the 'fit' of the comparison: optimizer: [cma_es, genetic]");
  for (Node& optimizer : optimizers) {
    Node one = block;
    put(one, "optimizer", std::move(optimizer));
    const OptionValues v = read_options(one, specs, owner);
    FitBlock fit = start;
    fit.place = block.place;
    read_search(fit, v);
    out.resolved = resolved_search(fit, v);
    std::erase_if(out.resolved.entries, [](const Node::Entry& e) { return e.key == "profile"; });
    out.loss = flow_text(v["loss"].node);
    Node search = *out.resolved.find("optimizer");
    if (budget) std::erase_if(search.entries, [](const Node::Entry& e) { return e.key == "evaluations"; });
    resolved.push_back(std::move(search));
    out.fits.push_back(std::move(fit));
  }
  put(out.resolved, "optimizer", resolved.size() == 1 ? std::move(resolved[0]) : list_node(std::move(resolved)));
  return out;
}

/// Whether a loss looks at runs that are reset where the recording spikes, which not every model allows.
bool needs_own_runs(const FitBlock& fit) {
  return fit.reset_at_data || std::any_of(fit.loss.begin(), fit.loss.end(), [](const LossTerm& term) {
           return term.kind == LossTerm::Kind::log_likelihood;
         });
}

/// passive: {model.tau: time_constant, model.g_L: ohmic_input_resistance_vb_ssse}
std::vector<FromPassive> read_passive(const Node& block, const NeuronSpec& neuron, const DataBlock& data) {
  std::vector<FromPassive> all;
  if (!data.passive)
    throw Error(block.place, "'passive' takes numbers of the passive membrane, which the data are not asked for",
                "write data: {passive: true}");
  const std::vector<std::string> known = passive_names();
  for (const Node::Entry& line : expect_map(block, "passive", "passive: {model.tau: time_constant}").entries) {
    const std::string name = read_text_value(line.value, line.key);
    const auto found = std::find(known.begin(), known.end(), name);
    if (found == known.end())
      throw Error(line.value.place, fmt::format("the passive membrane has no number '{}'", name), suggest(name, known));
    FromPassive one{Parameter::at(neuron, line.key, line.place), name};
    const std::string unit = passive_numbers[found - known.begin()].unit;
    if (!std::isfinite(passive_value(one, 1)))
      throw Error(line.value.place,
                  fmt::format("'{}' is in {}, and '{}' in {}", line.key, one.parameter.unit(), name, unit),
                  "a resistance may stand for a conductance; other units have to agree");
    all.push_back(std::move(one));
  }
  return all;
}

/// Gives every fit its part of the evaluations.
void share_budget(std::vector<Contender>& contenders, std::uint64_t budget, const Place& place) {
  constexpr std::uint64_t least = 20;  // of a start, for each free number
  std::uint64_t free = 0;
  for (const Contender& c : contenders) free += c.fit.free.size();
  for (Contender& c : contenders) {
    if (!c.fitted()) continue;
    const std::uint64_t own = c.fit.free.size(), evaluations = budget * own / free;
    c.asked_starts = c.fit.starts, c.budget_of_all_starts = least * free * c.fit.starts;
    if (evaluations == 0)
      throw Error(place, fmt::format("a budget of {} leaves no evaluation for the fit of '{}'", budget, c.name),
                  fmt::format("give at least {}", (free + own - 1) / own));
    c.fit.starts = static_cast<std::uint32_t>(
        std::clamp<std::uint64_t>(evaluations / (least * own), 1, std::uint64_t{c.fit.starts}));
    c.fit.evaluations = evaluations / c.fit.starts;
  }
}

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
  const bool budget = v.given("budget");
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

  FitBlock& all = c.scored;
  all.data = c.data;
  all.place = c.place;
  all.hold_out_place = v["hold_out"].place;
  if (v.given("hold_out")) all.hold_out = read_hold_out(v["hold_out"].node, *c.data);
  Node common = map_node();
  if (v.given("fit")) {
    common = v["fit"].node;
    check_fit(common, budget);
  }
  if (const Node* given = common.find("realisations"))
    all.realisations = static_cast<std::uint32_t>(read_integer(*given, "realisations", 1, 100'000, "fit"));

  Node resolved_models = map_node();
  std::vector<std::string> losses;
  std::size_t most_optimizers = 1;
  for (const Node::Entry& entry : models.entries) {
    check_case_name(entry);
    Node neuron = map_node();
    neuron.place = entry.value.place;
    for (const char* part : {"seed", "integrator", "simulate"})  // what the models have in common
      if (const Node::Entry* shared = tree.entry(part)) neuron.entries.push_back(*shared);
    refuse_unknown_keys(expect_map(entry.value, entry.key, fmt::format("{}: {{model: {{use: lif}}}}", entry.key)),
                        {"model", "drive", "readout", "input", "integrator", "simulate", "seed", "fit", "passive"},
                        fmt::format("model entry '{}'", entry.key));
    refuse_length(entry.value.find("simulate"));
    merge(neuron, entry.value);
    std::erase_if(neuron.entries, [](const Node::Entry& x) { return x.key == "fit" || x.key == "passive"; });
    FitBlock as_it_is = all;
    as_it_is.neuron = std::make_shared<const NeuronSpec>(reader.parts(neuron, use));
    Node resolved = ExperimentReader::resolved_parts(*as_it_is.neuron);
    if (as_it_is.neuron->seed != e.seed) put(resolved, "seed", number_node(static_cast<double>(as_it_is.neuron->seed)));
    std::vector<FromPassive> passive;
    if (const Node::Entry* given = entry.value.entry("passive")) {
      if (entry.value.find("fit"))
        throw Error(given->place, "'passive' is of a model by hand, and this one is fitted", "leave one of them out");
      passive = read_passive(given->value, *as_it_is.neuron, *c.data);
      put(resolved, "passive", given->value);
    }
    if (const Node* own = entry.value.find("fit")) {
      check_fit(*own, budget);
      const bool drawn = draws(*as_it_is.neuron);
      check_realisations(*own, drawn);
      Node fit = common;
      fit.place = own->place;
      if (!drawn) std::erase_if(fit.entries, [](const Node::Entry& x) { return x.key == "realisations"; });
      merge(fit, *own);
      ModelFits read = fits_of(entry.key, fit, as_it_is, budget);
      put(resolved, "fit", std::move(read.resolved));
      losses.push_back(read.loss);
      most_optimizers = std::max(most_optimizers, read.fits.size());
      for (FitBlock& one : read.fits) c.contenders.push_back({entry.key, entry.key, std::move(one)});
    } else {
      c.contenders.push_back({entry.key, entry.key, std::move(as_it_is)});
      c.contenders.back().passive = std::move(passive);
    }
    put(resolved_models, entry.key, std::move(resolved));
  }
  const bool drawn = std::any_of(c.contenders.begin(), c.contenders.end(),
                                 [](const Contender& one) { return draws(*one.fit.neuron); });
  check_realisations(common, drawn);
  const bool scores_alone =
      common.entry("loss") && !c.fits() &&
      std::all_of(common.entries.begin(), common.entries.end(), [](const Node::Entry& x) { return scores(x.key); });
  if (scores_alone) {
    std::vector<OptionSpec> specs = fit_options();
    std::erase_if(specs, [](const OptionSpec& s) { return !scores(s.name); });
    const OptionValues of_all = read_options(common, specs, "fit");
    for (Contender& one : c.contenders) read_scoring(one.fit, of_all);
    common = resolved_scoring(c.contenders[0].fit, of_all);
    if (!of_all.given("cut_spikes"))
      std::erase_if(common.entries, [](const Node::Entry& x) { return x.key == "cut_spikes"; });
    if (drawn) put(common, "realisations", number_node(all.realisations));
  }
  if (!c.fits() && common.entries.size() > 1 && !common.entry("loss") &&
      std::all_of(common.entries.begin(), common.entries.end(), [](const Node::Entry& x) { return scores(x.key); }))
    throw Error(v["fit"].place, "'fit' says how models by hand are scored, and its 'loss' is missing",
                "for example fit: {loss: gamma, ...}; 'realisations' alone needs none");
  // of models by hand too, without a loss
  const bool realised = common.find("realisations") && (c.fits() || common.entries.size() == 1);
  for (const char* key : {"fit", "budget"})
    if (v.given(key) && !c.fits() && !((scores_alone || realised) && key == std::string_view("fit")))
      throw Error(v[key].place, fmt::format("'{}' is of the fits, and no model has a 'fit'", key),
                  "give it to the entry of a model: fit: {free: {model.tau: {from: 5 ms, to: 40 ms}}}");
  const auto fitted = std::find_if(c.contenders.begin(), c.contenders.end(), std::mem_fn(&Contender::fitted));
  const bool one_loss = std::all_of(losses.begin(), losses.end(), [&](const std::string& l) { return l == losses[0]; });
  for (Contender& one : c.contenders) {
    if (one.fitted() && most_optimizers > 1) one.name += fmt::format(".{}", one.fit.optimizer->id);
    if (!one.fitted() && one_loss && fitted != c.contenders.end() && !needs_own_runs(fitted->fit)) {
      one.fit.loss = fitted->fit.loss;
      one.fit.cut = fitted->fit.cut;
      one.fit.align = fitted->fit.align;
    }
    all.discard_ms = std::max(all.discard_ms, one.fit.discard_ms);
  }
  if (budget) share_budget(c.contenders, static_cast<std::uint64_t>(v.number("budget")), v["budget"].place);

  if (v.given("against")) {
    c.against = v.text("against");
    std::vector<std::string> known;
    for (const Contender& one : c.contenders) known.push_back(one.name);
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
  if (scores_alone) put(out, "fit", std::move(common));
  else if (realised) {
    Node fit = map_node();
    put(fit, "realisations", number_node(all.realisations));
    put(out, "fit", std::move(fit));
  }
  if (budget) put(out, "budget", number_node(v.number("budget")));
  if (v.given("hold_out")) put(out, "hold_out", v["hold_out"].node);
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
  const Node* common = compare->find("fit");
  // what the comparison says of all fits takes the place of what a file says of its own
  const auto said = [&](const Node::Entry& x) {
    return x.key == "profile" || std::find(of_comparison.begin(), of_comparison.end(), x.key) != of_comparison.end() ||
           (common && (x.key == "optimizer" || x.key == "starts") && common->entry(x.key));
  };
  for (Node::Entry& entry : models->entries) {
    if (!entry.value.is_scalar()) continue;
    const Place mentioned = entry.value.place;
    const fs::path file = entry.value.text;
    Node own = load_tree(mentioned.source ? mentioned.source->folder / file : file, own_keys(), mentioned, &files);
    refuse_unknown_keys(own, names_of(top_level()), "an experiment file");
    std::erase_if(own.entries, [](const Node::Entry& part) { return !is_inherited(part.key) && part.key != "fit"; });
    if (Node* fit = own.find("fit"); fit && fit->is_map()) {
      std::erase_if(fit->entries, said);
      if (Node* optimizer = fit->find("optimizer"); optimizer && compare->entry("budget"))
        std::erase_if(optimizer->entries, [](const Node::Entry& x) { return x.key == "evaluations"; });
    }
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

namespace {

std::vector<FoundValue> found() {
  return {
      {"parameters", "how many numbers of the model were fitted"},
      {"evaluations", "how many candidates its fits tried"},
      {"seconds", "how long its fits took; in the table alone"},
      {"aic", "Akaike's information criterion, of a loss that is a log_likelihood: 2 k - 2 ln L"},
      {"bic", "the Bayesian information criterion, likewise: k ln(spikes) - 2 ln L"},
      {"md_star",
       "of repeated sweeps: coincidences with the model over those of data with data and model with model "
       "(doi:10.1162/NECO_a_00208); in a table of its own"},
      {"psth_ev", "of repeated sweeps: variance of the smoothed rate that the model explains; in a table of its own"}};
}

}  // namespace

const PurposeRow compare_purpose = {
    "compare", "models, as they are or fitted, held against one recording", true, read_compare, compare_options, found};

double passive_value(const FromPassive& one, double value) {
  const std::string& unit = one.parameter.unit();
  const auto of = std::find_if(std::begin(passive_numbers), std::end(passive_numbers),
                               [&](const PassiveNumber& n) { return n.name == one.of; });
  if (const auto same = convert(value, of->unit, unit)) return *same;
  return convert(1 / value, fmt::format("1/{}", of->unit), unit).value_or(std::numeric_limits<double>::quiet_NaN());
}

bool CompareBlock::fits() const {
  return std::any_of(contenders.begin(), contenders.end(), std::mem_fn(&Contender::fitted));
}

bool CompareBlock::has_loss() const {
  return std::any_of(contenders.begin(), contenders.end(), [](const Contender& c) { return !c.fit.loss.empty(); });
}

bool CompareBlock::holds_out() const { return scored.hold_out.last_part > 0 || !scored.hold_out.sweeps.empty(); }

std::vector<std::string> CompareBlock::models() const {
  std::vector<std::string> all;
  for (const Contender& c : contenders)
    if (all.empty() || all.back() != c.model) all.push_back(c.model);
  return all;
}

Expectable Compare::expectable(const Experiment&) const {
  Expectable can;
  for (const Contender& c : block.contenders) {
    can.cases.push_back(c.name);
    if (block.holds_out()) can.cases.push_back(c.name + ".train");
    if (c.fitted()) can.cases.push_back(c.name + ".median");
  }
  if (block.has_loss()) can.own.push_back({"loss", "1", false});
  if (block.fits())
    for (const char* own : {"parameters", "evaluations"}) can.own.push_back({own, "1", false});
  bool likelihood = false;
  for (const Contender& c : block.contenders)
    for (const LossTerm& term : c.fit.loss) likelihood = likelihood || term.kind == LossTerm::Kind::log_likelihood;
  if (block.fits() && likelihood)
    for (const char* own : {"aic", "bic"}) can.own.push_back({own, "1", false});
  can.trace_unit = block.data->normalise ? "1" : "mV";
  can.compares = true;
  if (block.data->passive)
    for (const PassiveNumber& n : passive_numbers) can.of_data.push_back({n.name, n.unit, false});
  can.several_sweeps = block.data->several();
  if (can.several_sweeps) can.first_sweep = block.data->sweep->numbers[0];
  return can;
}

}  // namespace hillock
