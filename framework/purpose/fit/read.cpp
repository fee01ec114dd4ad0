// The block `fit`.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "experiment/reader.hpp"
#include "experiment/vocabulary.hpp"
#include "file/option_specs.hpp"
#include "neuron/forced.hpp"
#include "purpose/fit/fit.hpp"
#include "purpose/fit/search.hpp"

namespace hillock {
namespace {

using Kind = OptionSpec::Kind;
constexpr double inf = std::numeric_limits<double>::infinity();

std::vector<OptionSpec> free_options(const std::string& unit) {
  return {{"from", Kind::number, unit, 0, -inf, inf, "least value that is tried", true, {}, {}},
          {"to", Kind::number, unit, 0, -inf, inf, "greatest value that is tried", true, {}, {}},
          {"scale",
           Kind::choice,
           "1",
           0,
           0,
           0,
           "whether equal steps or equal factors are alike to the search",
           false,
           {"linear", "logarithmic"},
           "linear"}};
}

std::vector<OptionSpec> cut_options() {
  return {{"before", Kind::number, "ms", 5, 0, 1000, "before each spike", false, {}, {}},
          {"after", Kind::number, "ms", 8, 0, 1000, "after it", false, {}, {}}};
}

OptionSpec weight_option() {
  return {"weight", Kind::number, "1", 1, 0, inf, "of this loss in the sum of several", false, {}, {}};
}

/// What `loss` may say.
OptionSpec loss_option() {
  std::vector<std::string> compare, of_a_train;
  for (const MeasureInfo& m : measures())
    if (!m.compares) of_a_train.push_back(m.name);
    else if (m.better != MeasureInfo::Better::neither) compare.push_back(m.name);
  compare.push_back("log_likelihood");
  const OptionSpec of = either_spec(
      "of",
      "measures that runs and recording should agree in; {time_to_first_spike: 5 ms} says how far apart counts as 1",
      {items_spec("", "", word_spec(of_a_train)),
       names_spec("", "", {"measure", Kind::number, "U", 0, 0, inf, "", false, {}, {}})});
  return needed(items_spec(
      "loss",
      "a measure that compares, {use: van_rossum, tau: 20 ms}; {use: features, of: [...]}; log_likelihood; a list of "
      "them with weights, or without: then their front is searched for",
      either_spec("", "",
                  {word_spec(compare), part_spec("", "", "loss", {weight_option()}),
                   block_spec("", "", {needed(word_spec({"features"}, "use")), needed(of), weight_option()})})));
}

/// "last 30 %"
double last_part(const Node& node) {
  const std::string example = "write 'last 30 %', or a list of sweeps";
  double percent = 0;
  int used = 0;
  if (!node.is_scalar() || std::sscanf(node.text.c_str(), "last %lf %%%n", &percent, &used) != 1 ||
      static_cast<std::size_t>(used) != node.text.size())
    throw Error(node.place, "'hold_out' is a last part, or a list of sweeps", example);
  if (!(percent > 0 && percent < 100))
    throw Error(node.place,
                fmt::format("'hold_out' of {:g} % leaves nothing to {}", percent, percent >= 100 ? "fit" : "score"),
                "take a part between 0 and 100 %");
  return percent / 100;
}

FreeNumber read_free(const Node::Entry& line, const NeuronSpec& neuron) {
  FreeNumber f{Parameter::at(neuron, line.key, line.place), 0, 0, false, line.place};
  if (!f.parameter.in_lanes())
    throw Error(line.place, fmt::format("'{}' cannot be free: it decides more than one number of the run", line.key),
                "free are parameters, starts, heights of inputs, drive and readout");
  if (f.parameter.kind() == Parameter::Kind::seed)
    throw Error(line.place, "'seed' cannot be free: chance is no quantity to fit");
  if (f.parameter.kind() == Parameter::Kind::start && neuron.simulate.rest)
    throw Error(line.place, fmt::format("'{}' cannot be free: the run starts at rest", line.key),
                "leave it out, or leave out start: rest");
  const OptionValues v = read_options(expect_map(line.value, line.key, line.key + ": {from: 0, to: 1}"),
                                      free_options(f.parameter.unit()), fmt::format("'{}'", line.key));
  f.from = v.number("from");
  f.to = v.number("to");
  f.logarithmic = v.text("scale") == "logarithmic";
  const std::string& unit = f.parameter.unit();
  if (!(f.from < f.to))
    throw Error(v["to"].place, fmt::format("'{}': to = {} is not above from = {}", line.key, with_unit(f.to, unit),
                                           with_unit(f.from, unit)));
  if (f.logarithmic && f.from <= 0 && f.to >= 0)
    throw Error(v["from"].place, fmt::format("'{}': a logarithmic scale holds 0", line.key),
                "take bounds on one side of 0, or scale: linear");
  for (const auto& [name, value] : {std::pair{"from", f.from}, {"to", f.to}})
    if (value < f.parameter.low() || value > f.parameter.high())
      throw Error(v[name].place,
                  fmt::format("'{}': {} = {} lies outside [{:g}, {:g}], the range of {}", line.key, name,
                              with_unit(value, unit), f.parameter.low(), f.parameter.high(), f.parameter.owner()));
  return f;
}

/// {use: features, of: [spike_count, ...]} or of: {time_to_first_spike: 5 ms, ...}
std::vector<Feature> read_features(const Node& term, const std::string& trace_unit) {
  const std::string example = "{use: features, of: [spike_count, time_to_first_spike]}";
  const Node* of = term.is_map() ? term.find("of") : nullptr;
  if (!of) throw Error(term.place, "'features' needs 'of', the measures that should agree", example);
  for (const Node::Entry& entry : term.entries)
    if (entry.key != "use" && entry.key != "of")
      throw Error(entry.place, fmt::format("'features' has no option '{}'", entry.key),
                  suggest(entry.key, {"of", "weight"}));
  std::vector<std::string> known;
  for (const MeasureInfo& m : measures())
    if (!m.compares) known.push_back(m.name);
  std::vector<Feature> all;
  const auto add = [&](const std::string& name, const Place& place) -> const MeasureInfo& {
    const MeasureInfo* info = find_measure(name);
    if (!info || info->compares)
      throw Error(place, fmt::format("there is no feature '{}'", name), suggest(name, known));
    if (std::any_of(all.begin(), all.end(), [&](const Feature& f) { return f.measure == name; }))
      throw Error(place, fmt::format("feature '{}' is listed twice", name));
    all.push_back({name, 0});
    return *info;
  };
  if (of->is_map()) {
    for (const Node::Entry& entry : of->entries) {
      const MeasureInfo& info = add(entry.key, entry.place);
      all.back().scale = read_number(entry.value, entry.key, unit_of(info, trace_unit), 0, inf, "features");
      if (all.back().scale == 0)
        throw Error(entry.value.place,
                    fmt::format("'{}' of 'features' is 0: it says how far apart counts as 1", entry.key),
                    "write a difference that matters, as 2 ms");
    }
  } else {
    const std::vector<Node> items = of->is_list() ? of->items : std::vector<Node>{*of};
    for (const Node& item : items) add(read_text_value(item, "of"), item.place);
  }
  if (all.empty()) throw Error(of->place, "'of' names no feature", example);
  return all;
}

LossTerm read_term(const Node& node, const FitBlock& fit) {
  LossTerm term;
  term.measure.place = node.place;
  term.measure.name = term.measure.label =
      node.is_map() ? use_of(node, "loss", "loss: {use: van_rossum, tau: 20 ms}").text : read_text_value(node, "loss");
  if (term.measure.name == "features") {
    term.kind = LossTerm::Kind::features;
    term.features = read_features(node, fit.data && fit.data->normalise ? "1" : "mV");
    return term;
  }
  if (term.measure.name == "log_likelihood") {
    term.kind = LossTerm::Kind::log_likelihood;
    const Plugin& model = *fit.neuron->model.plugin;
    if (!has_rate(model.model()))
      throw Error(node.place,
                  fmt::format("'log_likelihood' needs the rate at which a neuron fires, and model '{}' "
                              "tells none",
                              model.id),
                  "take gif, or loss: van_rossum");
    if (const std::string why = why_not_forced(*fit.neuron); !why.empty())
      throw Error(node.place, fmt::format("'log_likelihood' resets the neuron where the recording spikes, and {}", why),
                  "take euler with spikes: on_grid");
    return term;
  }
  term.measure = ExperimentReader::measures(&node, {}, true).at(0);
  const MeasureInfo& info = *find_measure(term.measure.name);
  if (!info.compares || info.better == MeasureInfo::Better::neither)
    throw Error(term.measure.place,
                fmt::format("'{}' cannot be a loss: it does not say how far a run is from the data", term.measure.name),
                fmt::format("{{use: features, of: [{}]}} compares it with that of the recording", term.measure.name));
  return term;
}

/// Sets terms, and whether they are weighed or searched for their front.
void read_loss(const Node& node, FitBlock& fit) {
  std::vector<Node> items = node.is_list() ? node.items : std::vector<Node>{node};
  if (items.empty()) throw Error(node.place, "'loss' is an empty list", "for example loss: van_rossum");
  const auto weight_of = [](const Node& item) { return item.is_map() ? item.find("weight") : nullptr; };
  const auto weights = std::count_if(items.begin(), items.end(), weight_of);
  for (Node& item : items) {
    for (const Node::Entry& e : item.entries)
      if (e.key != "weight" && nearest(e.key, {"weight"}) == "weight")
        throw Error(e.place, fmt::format("a loss has no option '{}'", e.key), suggest(e.key, {"weight"}));
    if (weights > 0 && items.size() > 1 && !weight_of(item))
      throw Error(item.place, "one of several losses has no 'weight'",
                  "give it one, or none of them: then their front is searched for");
    const double weight = weight_of(item) ? read_number(*weight_of(item), weight_option(), "loss") : 1;
    std::erase_if(item.entries, [](const Node::Entry& e) { return e.key == "weight"; });
    LossTerm term = read_term(item, fit);
    term.weight = weight;
    for (const LossTerm& before : fit.loss)
      if (before.measure.name == term.measure.name)
        throw Error(item.place, fmt::format("loss '{}' is listed twice", term.measure.name));
    fit.loss.push_back(std::move(term));
  }
  fit.pareto = items.size() > 1 && weights == 0;
}

/// knee, or {van_rossum: 0.3}
Pick read_pick(const Node& node, const FitBlock& fit) {
  if (!fit.pareto)
    throw Error(node.place, "'pick' takes a point of a front, and one loss or a weighted sum has none",
                "several losses without weights have one: loss: [rmse, van_rossum]");
  if (node.is_scalar() && node.text == "knee") return {};
  if (!node.is_map() || node.entries.size() != 1)
    throw Error(node.place, "'pick' is knee, or the most that one of the losses may be", "pick: {van_rossum: 0.3}");
  const Node::Entry& line = node.entries[0];
  std::vector<std::string> names;
  for (const LossTerm& term : fit.loss) names.push_back(term.measure.name);
  if (std::find(names.begin(), names.end(), line.key) == names.end())
    throw Error(line.place, fmt::format("'{}' is none of the losses", line.key), suggest(line.key, names));
  return {line.key, read_number(line.value, line.key, "1", -inf, inf, "pick")};
}

std::optional<CutSpikes> read_cut(const OptionValue& given, const FitBlock& fit) {
  CutSpikes cut;
  if (!given.given) {  // a model with a reset has no spikes of the right shape
    if (fit.neuron->equations().reset) return cut;
    return {};
  }
  const Node& node = given.node;
  if (node.is_scalar() && node.text == "none") return {};
  const OptionValues v = read_options(
      expect_map(node, "cut_spikes", "cut_spikes: {before: 5 ms, after: 8 ms}, or none"), cut_options(), "cut_spikes");
  cut.before_ms = v.number("before"), cut.after_ms = v.number("after");
  return cut;
}

/// Refuses an optimizer that wants more of the loss than there is.
void check_wants(const FitBlock& f, const Place& place) {
  const std::uint32_t flags = f.optimizer->optimizer().flags;
  const std::string optimizer = fmt::format("optimizer '{}'", f.optimizer->id);
  if (f.pareto && !(flags & HK_MANY_LOSSES))
    throw Error(f.loss_place,
                fmt::format("several losses without weights have a front, which {} does not search for", optimizer),
                "take nsga2, or give each loss its 'weight'");
  if (!(flags & HK_GRADIENT)) return;
  if (!f.exact) {
    if (flags & HK_CURVATURE)
      throw Error(place, fmt::format("{} needs the curvature of the loss, which differences do not give", optimizer),
                  "leave out derivatives: differences");
    return;
  }
  const std::string differences = "optimizer: {derivatives: differences}";
  for (const bool curved : {false, true}) {
    if (curved && !(flags & HK_CURVATURE)) continue;
    const auto serves = [&](const std::string& name) { return curved ? is_sum_of_squares(name) : has_gradient(name); };
    std::string known;
    for (const MeasureInfo& m : measures())
      if (m.compares && serves(m.name)) known += (known.empty() ? "" : ", ") + m.name;
    for (const LossTerm& term : f.loss)
      if (term.kind != LossTerm::Kind::measure || !serves(term.measure.name))
        throw Error(term.measure.place,
                    curved ? fmt::format("loss '{}' is no sum of squares, whose curvature {} needs", term.measure.name,
                                         optimizer)
                           : fmt::format("loss '{}' has no gradient, which {} needs", term.measure.name, optimizer),
                    fmt::format("take one of {}; or {}", known, curved ? "another optimizer" : differences));
  }
  if (f.align)
    throw Error(place, fmt::format("under 'align' a loss has no exact gradient, which {} needs", optimizer),
                differences);
  if (f.reset_at_data)
    throw Error(place, fmt::format("under 'reset_at: data' a loss has no exact gradient, which {} needs", optimizer),
                differences);
}

}  // namespace

std::vector<OptionSpec> search_options(bool gradient) {
  std::vector<OptionSpec> all = {
      {"evaluations", Kind::integer, "1", 10'000, 1, 1e9, "candidates that each start may try", false, {}, {}}};
  if (!gradient) return all;
  all.push_back({"derivatives",
                 Kind::choice,
                 "1",
                 0,
                 0,
                 0,
                 "of an optimizer that follows the gradient: exact, through spikes, or central differences",
                 false,
                 {"exact", "differences"},
                 "exact"});
  all.push_back({"step",
                 Kind::number,
                 "1",
                 1e-4,
                 1e-9,
                 0.5,
                 "of the differences, in parts of the range that is searched",
                 false,
                 {},
                 {}});
  return all;
}

std::vector<OptionSpec> fit_options() {
  return {
      needed(data_option("the recording, with one sweep or several")),
      needed(names_spec("free", "dotted path -> {from, to, scale}: the numbers that are searched for",
                        block_spec("dotted path", "", free_options("U")))),
      loss_option(),
      needed(part_spec("optimizer", "{use: cma_es, evaluations: 10000} and the options of that plugin", "optimizer",
                       search_options(true))),
      {"starts",
       Kind::integer,
       "1",
       5,
       1,
       10'000,
       "how often the search begins anew, from other points",
       false,
       {},
       {}},
      {"discard",
       Kind::number,
       "ms",
       0,
       0,
       longest_run_ms,
       "from the begin of each recording: nothing is scored there",
       false,
       {},
       {}},
      hold_out_option("what the fit does not see: `last 30 %` of each recording, or a list of sweeps"),
      either_spec(
          "pick", "of a front: knee, or the most that one loss may be, {van_rossum: 0.3}",
          {word_spec({"knee"}), names_spec("", "", {"loss", Kind::number, "1", 0, -inf, inf, "", false, {}, {}})}),
      either_spec("cut_spikes",
                  "losses of the voltage leave out {before: 5 ms, after: 8 ms} of the spikes of both; none: nothing. "
                  "Without it they do so if the model has a reset",
                  {word_spec({"none"}), block_spec("", "", cut_options())}),
      {"reset_at",
       Kind::choice,
       "1",
       0,
       0,
       0,
       "where the voltage that is fitted is reset: at the spikes of the model, or of the recording",
       false,
       {"model", "data"},
       "model"},
      {"align",
       Kind::flag,
       "1",
       0,
       0,
       1,
       "one offset between the spikes of runs and recordings, the median over what is fitted, is taken off",
       false,
       {},
       {}},
      {"realisations",
       Kind::integer,
       "1",
       100,
       1,
       100'000,
       "runs with other draws of a neuron in which chance has a part; losses and measures are means over them, and 100 "
       "leave a tenth of the scatter of a single run",
       false,
       {},
       {}},
      {"profile",
       Kind::integer,
       "1",
       50,
       0,
       1e6,
       "evaluations with which the others are searched again where a number is held beside its fitted value, at six "
       "places each; 0: no profiles",
       false,
       {},
       {}},
      measure_option("measures of the tables, besides those of the loss", true)};
}

HoldOut read_hold_out(const Node& node, const DataBlock& data) {
  HoldOut out;
  if (!node.is_list()) {
    out.last_part = last_part(node);
    return out;
  }
  if (!data.several())
    throw Error(node.place, "sweeps are held out of several, and the data have one",
                "hold_out: last 30 % takes a part of it, data: {sweep: [3, 5, 7]} names several");
  for (const Node& item : node.items) {
    const auto number = static_cast<std::int64_t>(read_integer(item, "hold_out", 0, 1e9, "fit"));
    const std::vector<std::int64_t>& all = data.sweep->numbers;
    const bool known = data.sweep->range ? all[0] <= number && number <= all[1]
                                         : std::find(all.begin(), all.end(), number) != all.end();
    if (!known) throw Error(item.place, fmt::format("sweep {} is held out, and is not among those of 'data'", number));
    out.sweeps.push_back(number);
  }
  if (!data.sweep->range && out.sweeps.size() >= data.sweep->numbers.size())
    throw Error(node.place, "every sweep is held out, so that none is left to fit");
  return out;
}

void check_realisations(const Node& block, bool drawn) {
  if (const Node* given = block.find("realisations"); given && !drawn)
    throw Error(given->place, "'realisations' are runs with other draws, and nothing is drawn here", "leave it out");
}

void read_scoring(FitBlock& f, const OptionValues& v) {
  f.loss_place = v["loss"].place;
  read_loss(v["loss"].node, f);
  f.cut = read_cut(v["cut_spikes"], f);
  f.align = v.number("align") != 0;
  f.reset_at_data = v.text("reset_at") == "data";
  f.reset_place = v["reset_at"].place;
  if (f.reset_at_data)
    if (const std::string why = why_not_forced(*f.neuron); !why.empty())
      throw Error(f.reset_place, fmt::format("reset_at: data: {}", why), "leave it out");
  f.discard_ms = v.number("discard");
  f.realisations = static_cast<std::uint32_t>(v.number("realisations"));
}

void read_search(FitBlock& f, const OptionValues& v) {
  const Node& free = expect_map(v["free"].node, "free", "free: {model.a: {from: 0, to: 1}}");
  if (free.entries.empty()) throw Error(free.place, "'free' is empty: nothing to fit");
  for (const Node::Entry& line : free.entries) f.free.push_back(read_free(line, *f.neuron));
  read_scoring(f, v);
  if (v.given("pick")) f.pick = read_pick(v["pick"].node, f);
  f.profile = static_cast<std::uint64_t>(v.number("profile"));
  const Node& optimizer = v["optimizer"].node;
  const Node& named = use_of(optimizer, "optimizer", "optimizer: {use: cma_es, evaluations: 10000}");
  f.optimizer = &Plugins::instance().load(named.text, HK_ROLE_OPTIMIZER, named.place);
  f.optimizer_place = optimizer.place;
  const hk_optimizer& face = f.optimizer->optimizer();
  const std::vector<OptionSpec> of_plugin = specs_of(face.options, face.n_options, face.option_size);
  std::vector<OptionSpec> specs = of_plugin;
  for (OptionSpec& common : search_options((face.flags & HK_GRADIENT) != 0)) specs.push_back(std::move(common));
  const OptionValues own = read_options(optimizer, specs, fmt::format("optimizer '{}'", f.optimizer->id), {"use"});
  f.evaluations = static_cast<std::uint64_t>(own.number("evaluations"));
  if (face.flags & HK_GRADIENT) f.exact = own.text("derivatives") == "exact", f.step = own.number("step");
  f.options = OptionValues(
      of_plugin, {own.values().begin(), own.values().begin() + static_cast<std::ptrdiff_t>(of_plugin.size())});
  f.starts = static_cast<std::uint32_t>(v.number("starts"));
  check_wants(f, named.place);
}

Node resolved_scoring(const FitBlock& f, const OptionValues& v) {
  Node out = map_node();
  put(out, "loss", v["loss"].node);
  put(out, "discard", number_node(f.discard_ms, "ms"));
  if (f.cut) {
    Node cut = map_node();
    put(cut, "before", number_node(f.cut->before_ms, "ms"));
    put(cut, "after", number_node(f.cut->after_ms, "ms"));
    put(out, "cut_spikes", std::move(cut));
  } else {
    put(out, "cut_spikes", text_node("none"));
  }
  put(out, "reset_at", text_node(f.reset_at_data ? "data" : "model"));
  Node align = text_node(f.align ? "true" : "false");
  align.quoted = false;
  put(out, "align", std::move(align));
  return out;
}

Node resolved_search(const FitBlock& f, const OptionValues& v) {
  Node out = map_node();
  Node lines = map_node();
  for (const FreeNumber& number : f.free) {
    const std::string_view unit = number.parameter.unit() == "1" ? "" : std::string_view(number.parameter.unit());
    Node line = map_node();
    put(line, "from", number_node(number.from, unit));
    put(line, "to", number_node(number.to, unit));
    put(line, "scale", text_node(number.logarithmic ? "logarithmic" : "linear"));
    put(lines, number.parameter.path(), std::move(line));
  }
  put(out, "free", std::move(lines));
  Node scoring = resolved_scoring(f, v);
  for (Node::Entry& part : scoring.entries) put(out, part.key, std::move(part.value));
  if (draws(*f.neuron)) put(out, "realisations", number_node(f.realisations));
  Node search = map_node();
  put(search, "use", text_node(f.optimizer->id));
  f.options.write(search);
  put(search, "evaluations", number_node(static_cast<double>(f.evaluations)));
  if (f.optimizer->optimizer().flags & HK_GRADIENT) {
    put(search, "derivatives", text_node(f.exact ? "exact" : "differences"));
    put(search, "step", number_node(f.step));
  }
  put(out, "optimizer", std::move(search));
  put(out, "starts", number_node(f.starts));
  if (f.pareto) put(out, "pick", v.given("pick") ? v["pick"].node : text_node("knee"));
  put(out, "profile", number_node(static_cast<double>(f.profile)));
  return out;
}

namespace {

/// Reads `fit`: see PurposeRow.
std::shared_ptr<const Purpose> read_fit(ExperimentReader& reader, const Node& tree, const Node& block, Experiment& e) {
  const OptionValues v = read_options(
      expect_map(block, "fit", "fit: {data: ..., free: ..., loss: ..., optimizer: ...}"), fit_options(), "fit");
  FitBlock f;
  f.place = block.place;
  f.data = reader.data(v["data"].node);
  if (const Node* simulate = tree.find("simulate"))
    if (const Node::Entry* length = simulate->is_map() ? simulate->entry("for") : nullptr)
      throw Error(length->place, "under 'fit' the run is as long as the recording",
                  "leave 'for' out; data: {window: [from, to]} takes a part of the recording");
  ExperimentReader::Use use;
  use.recorded = true;
  if (f.data->normalise) use.voltage_unit = std::string("1");
  f.neuron = std::make_shared<const NeuronSpec>(reader.parts(tree, use));
  check_realisations(block, draws(*f.neuron));
  read_search(f, v);
  f.hold_out_place = v["hold_out"].place;
  if (v.given("hold_out")) f.hold_out = read_hold_out(v["hold_out"].node, *f.data);
  e.measures =
      v.given("measure") ? ExperimentReader::measures(&v["measure"].node, {}, true) : std::vector<MeasureUse>();
  if (looks_at_rate(f))  // which is a row by itself
    std::erase_if(e.measures, [](const MeasureUse& m) { return m.name == "log_likelihood"; });
  const auto add = [&](const MeasureUse& one) {
    if (std::none_of(e.measures.begin(), e.measures.end(), [&](const MeasureUse& m) { return m.name == one.name; }))
      e.measures.push_back(one);
  };
  for (const LossTerm& term : f.loss) {
    if (term.kind == LossTerm::Kind::measure) add(term.measure);
    for (const Feature& feature : term.features) add({feature.measure, feature.measure, {}, term.measure.place});
  }

  Node parts = ExperimentReader::resolved_parts(*f.neuron);
  for (Node::Entry& part : parts.entries) put(e.resolved, part.key, std::move(part.value));
  Node out = map_node();
  put(out, "data", resolved_data(*f.data));
  Node search = resolved_search(f, v);
  for (Node::Entry& part : search.entries) put(out, part.key, std::move(part.value));
  if (v.given("hold_out")) put(out, "hold_out", v["hold_out"].node);
  if (v.given("measure")) put(out, "measure", v["measure"].node);
  put(e.resolved, "fit", std::move(out));
  return std::make_shared<const Fit>(std::move(f));
}

}  // namespace

const PurposeRow fit_purpose = {
    "fit", "free numbers searched for, so that runs come close to a recording", true, read_fit, fit_options, nullptr};

std::size_t FitBlock::runs() const { return draws(*neuron) ? realisations : 1; }

double FreeNumber::number(double at) const {
  if (at <= 0) return from;
  if (at >= 1) return to;
  return logarithmic ? from * std::exp(at * std::log(to / from)) : from + at * (to - from);
}

double FreeNumber::unit(double value) const {
  const double at = logarithmic ? std::log(value / from) / std::log(to / from) : (value - from) / (to - from);
  return std::clamp(at, 0.0, 1.0);
}

Expectable Fit::expectable(const Experiment&) const {
  Expectable can;
  can.cases = {"start", "train"};
  if (block.hold_out.last_part > 0 || !block.hold_out.sweeps.empty()) can.cases.push_back("held_out");
  can.trace_unit = block.data->normalise ? "1" : "mV";
  can.compares = true;
  for (const FreeNumber& number : block.free)
    can.own.push_back({number.parameter.path(), number.parameter.unit(), false, "train"});
  can.own.push_back({"loss", "1", false, "train"});
  for (const LossTerm& term : block.loss)
    if (term.kind != LossTerm::Kind::measure) can.own.push_back({term.measure.name, "1", false, "train"});
  return can;
}

}  // namespace hillock
