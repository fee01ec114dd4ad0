// The block `forecast`.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "experiment/reader.hpp"
#include "experiment/vocabulary.hpp"
#include "purpose/forecast/read.hpp"
#include "purpose/forecast/scores.hpp"
#include "purpose/readout.hpp"

namespace hillock {

std::vector<OptionSpec> mechanistic_options() {
  std::vector<OptionSpec> all;
  all.push_back(number_spec("pull", "1", 1, 0.001, 1,
                            "how much of the distance to the observed potential is taken back at each sample"));
  all.push_back(names_spec("change", "where the model differs from the file's own neuron, {model.a: 0.03}",
                           block_spec("dotted path", "")));
  return all;
}

namespace {

using Kind = OptionSpec::Kind;
constexpr double inf = std::numeric_limits<double>::infinity();

/// "first 70 %" as a share, or a length.
void read_train(const Node& node, ForecastBlock& f) {
  double percent = 0;
  int used = 0;
  if (node.is_scalar() && std::sscanf(node.text.c_str(), "first %lf %%%n", &percent, &used) == 1 &&
      static_cast<std::size_t>(used) == node.text.size()) {
    if (!(percent > 0 && percent < 100))
      throw Error(
          node.place,
          fmt::format("'train' of {:g} % leaves nothing to {}", percent, percent >= 100 ? "forecast" : "learn from"),
          "take a part between 0 and 100 %");
    f.train_part = percent / 100;
    return;
  }
  if (!node.is_scalar() || node.text.empty() || std::isalpha(static_cast<unsigned char>(node.text[0])))
    throw Error(node.place, "'train' is a length or a first part", "for example train: 500 ms, or train: first 70 %");
  f.train_ms = read_number(node, "train", "ms", 1e-6, longest_run_ms, "forecast");
}

std::vector<double> read_levels(const Node& node) {
  std::vector<double> levels;
  for (const Node& item : node.is_list() ? node.items : std::vector<Node>{node}) {
    const double level = read_number(item, "levels", "1", -inf, inf, "forecast");
    if (!(level > 0 && level < 100))
      throw Error(item.place, fmt::format("an interval of {:g} % cannot be: levels lie between 0 and 100", level),
                  "for example levels: [80, 90]");
    if (std::find(levels.begin(), levels.end(), level) != levels.end())
      throw Error(item.place, fmt::format("the level {:g} is listed twice", level));
    levels.push_back(level);
  }
  return levels;
}

SpikeDefinition read_spikes(const Node& node, const std::string& unit) {
  const OptionValues o = read_options(expect_map(node, "spikes", "spikes: {threshold: -10 mV, rearm: -20 mV}"),
                                      spikes_options(unit, 0, 0, true), "spikes");
  SpikeDefinition s;
  s.threshold = o.number("threshold");
  s.rearm = o.given("rearm") ? o.number("rearm") : s.threshold;
  if (s.rearm > s.threshold)
    throw Error(o["rearm"].place, fmt::format("rearm = {} lies above the threshold, {}", with_unit(s.rearm, unit),
                                              with_unit(s.threshold, unit)));
  return s;
}

/// The tree with the changes of a case, or of the model of a forecaster.
Node changed_by(const Node& tree, const Node::Entry& one, const std::string& what, bool data_too) {
  Node changed = tree;
  if (one.value.kind == Node::Kind::null) return changed;
  std::vector<Node::Entry> changes =
      expect_map(one.value, one.key, fmt::format("{}: {{model.preset: chattering}}", one.key)).entries;
  std::stable_sort(changes.begin(), changes.end(), [](const Node::Entry& a, const Node::Entry& b) {
    return rank_of_path(a.key) < rank_of_path(b.key);
  });
  for (const Node::Entry& change : changes) {
    const std::string top = change.key.substr(0, change.key.find('.'));
    const bool of_data = change.key == "forecast.data" || change.key.starts_with("forecast.data.");
    if (!(of_data && data_too) && (!is_inherited(top) || top == "base"))
      throw Error(change.place, fmt::format("{} cannot change '{}'", what, change.key),
                  fmt::format("only parts of the run (model, input, integrator, simulate, readout, drive, seed){}",
                              data_too ? ", or forecast.data" : ""));
    set_path(changed, change.key, change.value, change.place);
  }
  return changed;
}

/// The neuron of a file as the model of what is forecast: of a recording, driven by its current.
std::shared_ptr<const NeuronSpec> forecast_model(ExperimentReader& reader, const Node& tree, const DataBlock* data) {
  ExperimentReader::Use use;
  use.recorded = data != nullptr;
  if (data && data->normalise) use.voltage_unit = std::string("1");
  Node parts = tree;
  Node* simulate = data ? parts.find("simulate") : nullptr;
  if (simulate) std::erase_if(simulate->entries, [](const Node::Entry& e) { return e.key == "for"; });
  return with_readout(reader.parts(parts, use));
}

/// Forecasts that were made elsewhere, with the series that they were made of.
struct Answers {
  std::string name, series, forecasts;  ///< the row, and paths with {} for the case; empty: there is no folder
  Node resolved;
};

std::vector<OptionSpec> answers_options() {
  std::vector<OptionSpec> all;
  all.push_back(text_spec("name", "elsewhere", "of their row"));
  all.push_back(
      text_spec("folder", "", "where they are; without it there are none, and the series are those of the runs"));
  all.push_back(text_spec("series", "series_{}.csv", "the series in place of each run, {} its case"));
  all.push_back(
      text_spec("forecasts", "forecast_{}.csv",
                "times, then <name>, <name>-lo-80, <name>-hi-80, ...: a row a sample from the only origin on"));
  return all;
}

Answers read_answers(const Node& node) {
  const OptionValues o = read_options(expect_map(node, "answers", "answers: {name: timegpt, folder: DIR}"),
                                      answers_options(), "'answers' of forecast");
  Answers a;
  a.name = o.text("name"), a.resolved = map_node();
  const std::string& folder = o.text("folder");
  o.write(a.resolved);
  if (folder.empty()) return a;
  const Place& place = o["folder"].place;
  std::filesystem::path where = folder;
  if (where.is_relative() && place.source) where = place.source->folder / where;
  std::error_code none;
  if (!std::filesystem::is_directory(where, none)) throw Error(place, fmt::format("there is no folder '{}'", folder));
  put(a.resolved, "folder", text_node(std::filesystem::absolute(where, none).lexically_normal().string()));
  a.series = (where / o.text("series")).string(), a.forecasts = (where / o.text("forecasts")).string();
  return a;
}

/// A block `data` of one series of them.
Node file_of_answers(std::string path, const std::string& name, const Place& place) {
  if (const auto at = path.find("{}"); at != std::string::npos) path.replace(at, 2, name);
  Node data = map_node(), file = text_node(path);
  data.place = file.place = place;
  put(data, "file", std::move(file));
  return data;
}

/// Reads `forecast`: see PurposeRow.
std::shared_ptr<const Purpose> read_forecast(ExperimentReader& reader, const Node& tree, const Node& block,
                                             Experiment& e) {
  const OptionValues v = read_options(expect_map(block, "forecast", "forecast: {by: [{use: analog}], horizon: 50 ms}"),
                                      forecast_options(), "forecast");
  ForecastBlock f;
  f.place = block.place;
  read_protocol(v, f);
  f.origins = static_cast<std::uint32_t>(v.number("origins")), f.origins_place = v["origins"].place;
  f.train_part = 0.7, f.train_place = v["train"].place;
  if (v.given("train")) f.train_part = 0, read_train(v["train"].node, f);

  if (v.given("by")) {
    const Node& by = v["by"].node;
    for (const Node& item : by.is_list() ? by.items : std::vector<Node>{by})
      f.by.push_back(read_forecaster(item, "by", f.by, true));
    if (f.by.empty()) throw Error(by.place, "'by' is empty: no forecaster");
  } else {
    f.by.push_back(plain_forecaster("analog", block.place));
  }
  add_baselines(f);
  const bool has_models =
      std::any_of(f.by.begin(), f.by.end(), [](const ForecasterUse& use) { return use.is_model(); });
  Answers answers;
  if (v.given("answers")) {
    answers = read_answers(v["answers"].node);
    if (!answers.series.empty() && !v.given("cases"))
      throw Error(v["answers"].place, "'answers' are those of named series", "name them under 'cases'");
    if (!answers.series.empty()) {
      ForecasterUse use;
      use.name = answers.name, use.place = v["answers"].place, use.answers = answers.forecasts;
      f.by.push_back(std::move(use));
    }
  }
  Node resolved_cases = map_node();
  const auto source = [&](const std::string& name, const Node& of) {
    const Node* own = of.find("forecast");
    const Node* data = own ? own->find("data") : nullptr;
    Node of_answers;
    if (!answers.series.empty() && !name.empty()) {
      of_answers = file_of_answers(answers.series, name, v["answers"].place);
      data = &of_answers;
    }
    ForecastSource s;
    s.name = name;
    Node resolved = map_node();
    if (data) {
      if (v.given("series"))
        throw Error(v["series"].place, "of a recording the voltage is forecast", "leave 'series' out");
      s.data = reader.data(*data);
      if (has_models) resolved = ExperimentReader::resolved_parts(*forecast_model(reader, of, s.data.get()));
      put(name.empty() ? resolved_cases : resolved, name.empty() ? "data" : "forecast.data", resolved_data(*s.data));
    } else {
      s.neuron = forecast_neuron(reader, of, v);
      resolved = ExperimentReader::resolved_parts(*s.neuron);
      if (!name.empty()) put(resolved, "seed", number_node(static_cast<double>(s.neuron->seed)));
    }
    s.models = models_of(reader, of, f.by, s.neuron.get(), s.data.get());
    if (!name.empty()) put(resolved_cases, name, std::move(resolved));
    else
      for (Node::Entry& part : resolved.entries) put(e.resolved, part.key, std::move(part.value));
    f.sources.push_back(std::move(s));
  };
  if (v.given("cases")) {
    const Node& cases = expect_map(v["cases"].node, "cases", "cases: {chattering: {model.preset: chattering}}");
    if (cases.entries.empty()) throw Error(cases.place, "'cases' is empty: nothing to forecast");
    for (const Node::Entry& one : cases.entries) {
      check_case_name(one);
      source(one.key, changed_by(tree, one, "a case of a forecast", true));
    }
  } else {
    source("", tree);
  }
  if (v.given("correct")) f.correct = read_forecaster(v["correct"].node, "correct", {});
  const ForecastSource& first = f.sources[0];
  if (v.given("spikes"))
    f.spikes = read_spikes(v["spikes"].node, first.neuron            ? first.neuron->readout.unit
                                             : first.data->normalise ? std::string("1")
                                                                     : std::string("mV"));
  std::vector<std::string> known;
  for (const ForecastMeasure& m : forecast_measures(f.levels)) known.push_back(m.name);
  if (v.given("measure")) {
    for (const std::string& name : read_texts(v["measure"].node, "measure")) {
      if (std::find(known.begin(), known.end(), name) == known.end())
        throw Error(v["measure"].place, fmt::format("a forecast has no measure '{}'", name), suggest(name, known));
      f.shown.push_back(name);
    }
  } else {
    f.shown = {"mae", "mase", "skill", "subthreshold_mae", "valid_time"};
    if (!f.levels.empty())
      f.shown.push_back("coverage_" + level_name(f.levels[0])), f.shown.push_back("width_" + level_name(f.levels[0]));
  }

  Node out = map_node();
  if (v.given("cases")) put(out, "cases", std::move(resolved_cases));
  else
    for (Node::Entry& part : resolved_cases.entries) put(out, part.key, std::move(part.value));
  std::vector<Node> by;
  for (const ForecasterUse& use : f.by)
    if (use.answers.empty()) by.push_back(resolved_forecaster(use, f.by));
  if (v.given("answers")) put(out, "answers", std::move(answers.resolved));
  put(out, "by", list_node(std::move(by)));
  if (f.correct) put(out, "correct", resolved_forecaster(*f.correct, {}));
  if (v.given("series")) put(out, "series", text_node(v.text("series")));
  for (const char* text : {"train", "spikes", "measure"})
    if (v.given(text)) put(out, text, v[text].node);
  put(out, "origins", number_node(f.origins));
  put_protocol(v, f, out);
  put(e.resolved, "forecast", std::move(out));
  return std::make_shared<const Forecasts>(std::move(f));
}

std::vector<FoundValue> found() {
  std::vector<FoundValue> rows;
  for (const ForecastMeasure& m : forecast_measures({80})) rows.push_back({m.name, m.meaning});
  return rows;
}

}  // namespace

OptionSpec forecaster_spec() {
  std::vector<OptionSpec> own_neuron = mechanistic_options();
  own_neuron.insert(own_neuron.begin(), needed(word_spec({"mechanistic"}, "use")));
  const OptionSpec hybrid =
      text_spec("hybrid", "", "the `mechanistic` before it in the list, whose output is one more known quantity");
  return either_spec("", "", {part_spec("", "", "forecaster", {hybrid}), block_spec("", "", own_neuron)});
}

std::vector<OptionSpec> forecast_options() {
  std::vector<OptionSpec> all;
  all.push_back(text_spec("series", "",
                          "what of the run is forecast: a state or an observed number; without it, what is "
                          "read out"));
  all.push_back(data_option("in place of a run: a recording, whose voltage is forecast"));
  all.push_back(
      cases_option("name -> changes by dotted path, {model.preset: chattering}: a series each; also of "
                   "forecast.data"));
  all.push_back(
      items_spec("by",
                 "the forecasters, [{use: analog}, {use: autoregressive, order: 20}]; `median` and "
                 "`naive` are always among them; without it, analog. {use: mechanistic, change: "
                 "{model.a: 0.03}, pull: 1} is the file's own neuron: its state follows the potential "
                 "and it runs on under the current. {use: reservoir, hybrid: mechanistic} is told the output of that "
                 "model as one more known quantity",
                 forecaster_spec()));
  all.push_back(part_spec("correct", "a forecaster that learns the errors of each at earlier origins: {use: reservoir}",
                          "forecaster"));
  all.push_back(either_spec(
      "train", "the part from which forecasters learn: a length from the begin, 500 ms, or `first 70 %`",
      {pattern_spec("^first [0-9.]+ ?%$", "first 70 %"), number_spec("", "ms", 0, 1e-6, longest_run_ms, "")}));
  OptionSpec horizon = number_spec("horizon", "ms", 0, 1e-6, longest_run_ms, "how far each forecast reaches");
  horizon.required = true;
  all.push_back(std::move(horizon));
  all.push_back(integer_spec("origins", 0, 0, 1e6,
                             "how many forecasts are scored, evenly spread over what follows the training part; 0: as "
                             "many as fit without overlap"));
  all.push_back(block_spec(
      "answers", "forecasts that were made elsewhere, as a row beside the others: {name: timegpt, folder: DIR}",
      answers_options()));
  all.push_back(items_spec("levels", "intervals that are to hold so many per cent of the truth, [80, 90]",
                           number_spec("", "1", 0, 0, 100, "")));
  all.push_back(choice_spec("intervals", {"native", "conformal", "adaptive"},
                            "the forecaster's own where it has any (scaled, where they held more than 5 points more or "
                            "less of earlier truths than they say), else conformal; conformal: by errors at earlier "
                            "origins, at each lead; adaptive: wider after a truth outside, narrower after one inside, "
                            "which follows a neuron that changes"));
  all.push_back(number_spec("validation", "1", 0.3, 0.01, 0.9,
                            "share of the training part, its end, that is held out first: errors there choose between "
                            "forecasters, set intervals and train `correct`; then all of the part is learnt from"));
  all.push_back(integer_spec("windows", 50, 1, 10'000, "most origins in the validation part"));
  all.push_back(choice_spec("current", {"known", "unknown"},
                            "whether forecasters are told the injected current to come, as where the experimenter "
                            "controls it"));
  all.push_back(
      block_spec("spikes",
                 "what counts as a spike in series and forecast; without it, that of `data`, of `simulate`, of a "
                 "model with a reset its own spikes (and in a forecast a fall as at these), or a crossing of -10 mV "
                 "(of 1 where there is no unit)",
                 spikes_options("U", 0, 0, true)));
  std::vector<std::string> names;
  for (const ForecastMeasure& m : forecast_measures({})) names.push_back(m.name);
  all.push_back(
      items_spec("measure", "columns of the table; all measures are in summary.csv",
                 either_spec("", "", {word_spec(names), pattern_spec("^(coverage|width)_[0-9.]+$", "coverage_80")})));
  return all;
}

/// The neuron of a run, recording what is forecast.
std::shared_ptr<const NeuronSpec> forecast_neuron(ExperimentReader& reader, const Node& tree, const OptionValues& v) {
  auto neuron = std::make_shared<NeuronSpec>(reader.parts(tree, ExperimentReader::Use()));
  if (v.given("series")) {
    const std::string& of = v.text("series");
    const hk_model& m = neuron->equations();
    std::vector<std::string> names;
    for (std::uint32_t k = 0; k < m.n_state + m.n_observed; ++k) names.emplace_back(recordable(m, k).name);
    const auto found = std::find(names.begin(), names.end(), of);
    if (found == names.end())
      throw Error(v["series"].place, fmt::format("model '{}' has no '{}' to forecast", neuron->model.plugin->id, of),
                  suggest(of, names));
    const auto k = static_cast<std::uint32_t>(found - names.begin());
    if (k != neuron->readout.of) {
      neuron->readout = {};
      neuron->readout.of = k;
      neuron->readout.unit = recordable(m, k).unit;
    }
  }
  return with_readout(*neuron);
}

namespace {

/// The `mechanistic` that a hybrid names. Throws Error.
std::size_t model_of_hybrid(const Node& hybrid, const ForecasterUse& use, const std::vector<ForecasterUse>& before,
                            bool may_be_model) {
  const char* example = "for example by: [{use: mechanistic}, {use: reservoir, hybrid: mechanistic}]";
  if (!may_be_model)
    throw Error(hybrid.place, "a hybrid is told the output of a 'mechanistic' of the list 'by', and this is not in it",
                example);
  if (!use.has(HK_FUTURE))
    throw Error(hybrid.place,
                fmt::format("'{}' uses nothing that is known of the future: a model cannot help it", use.plugin->id),
                "take a forecaster that does, as 'reservoir', 'ddf' or 'lstm'");
  for (std::size_t k = 0; k < before.size(); ++k)
    if (before[k].is_model() && hybrid.is_scalar() && before[k].name == hybrid.text) return k;
  throw Error(hybrid.place, fmt::format("no 'mechanistic' of the name '{}' comes before this one", hybrid.text),
              example);
}

}  // namespace

ForecasterUse read_forecaster(const Node& node, const std::string& key, const std::vector<ForecasterUse>& before,
                              bool may_be_model) {
  const Node& named = use_of(node, key, fmt::format("{}: {{use: analog}}", key));
  ForecasterUse use;
  use.place = node.place;
  const auto numbered = [&] {
    std::size_t same = 1;
    for (const ForecasterUse& other : before)
      same += other.plugin == use.plugin && other.hybrid.has_value() == use.hybrid.has_value() ? 1 : 0;
    const std::string name = use.id() + (use.hybrid ? "_hybrid" : "");
    return same == 1 ? name : fmt::format("{}_{}", name, same);
  };
  if (named.text == "mechanistic") {
    if (key != "by" || !may_be_model)
      throw Error(named.place, "'mechanistic' forecasts the potential of the file's own neuron", "use it under 'by'");
    use.options = read_options(node, mechanistic_options(), "forecaster 'mechanistic'", {"use"});
    use.name = numbered();
    return use;
  }
  use.plugin = &Plugins::instance().load(named.text, HK_ROLE_FORECASTER, named.place);
  const hk_forecaster& face = use.plugin->forecaster();
  Node own = node;
  // paths are relative to the file that wrote them
  if (Node* folder = own.find("record"); folder && use.has(HK_REMOTE) && folder->place.source &&
                                         !folder->text.empty() && !std::filesystem::path(folder->text).is_absolute())
    folder->text = (folder->place.source->folder / folder->text).lexically_normal().string();
  use.options = read_options(own, specs_of(face.options, face.n_options, face.option_size),
                             fmt::format("forecaster '{}'", use.plugin->id), {"use", "hybrid"});
  if (const Node* hybrid = node.find("hybrid")) use.hybrid = model_of_hybrid(*hybrid, use, before, may_be_model);
  use.name = numbered();
  return use;
}

Node resolved_forecaster(const ForecasterUse& use, const std::vector<ForecasterUse>& all) {
  Node out = map_node();
  put(out, "use", text_node(use.id()));
  if (use.hybrid) put(out, "hybrid", text_node(all[*use.hybrid].name));
  use.options.write(out);
  return out;
}

std::vector<std::shared_ptr<const NeuronSpec>> models_of(ExperimentReader& reader, const Node& tree,
                                                         const std::vector<ForecasterUse>& by, const NeuronSpec* run,
                                                         const DataBlock* data) {
  std::vector<std::shared_ptr<const NeuronSpec>> models;
  for (const ForecasterUse& use : by) {
    models.emplace_back();
    if (!use.is_model()) continue;
    Node::Entry change{"change", use.place, use.options["change"].node};
    if (!use.options.given("change")) change.value = map_node();
    models.back() = forecast_model(reader, changed_by(tree, change, "the model of 'mechanistic'", false), data);
    if (models.back()->readout.of != 0 || (run && run->readout.of != 0))
      throw Error(use.place, "'mechanistic' follows the potential, and another number is forecast",
                  "readout: {of: v}, without 'series', or leave 'mechanistic' out");
    if (fires_by_chance(models.back()->equations()))
      throw Error(use.place,
                  fmt::format("'mechanistic' runs a neuron once from each origin, and chance decides when model '{}' "
                              "fires",
                              models.back()->model.plugin->id),
                  "take a model without chance, or a forecaster that learns: {use: ddf}");
  }
  return models;
}

ForecasterUse plain_forecaster(const std::string& id, const Place& place) {
  Node plain = map_node();
  plain.place = place;
  put(plain, "use", text_node(id));
  return read_forecaster(plain, "by", {});
}

void add_baselines(ForecastBlock& f) {
  for (const char* baseline : baselines)
    if (std::none_of(f.by.begin(), f.by.end(), [&](const ForecasterUse& use) { return use.id() == baseline; }))
      f.by.push_back(plain_forecaster(baseline, f.place));
}

void read_protocol(const OptionValues& v, ForecastBlock& f) {
  f.horizon_ms = v.number("horizon"), f.horizon_place = v["horizon"].place;
  f.levels = v.given("levels") ? read_levels(v["levels"].node) : std::vector<double>{80, 90};
  const std::string& kind = v.text("intervals");
  f.intervals = kind == "native" ? Intervals::native : kind == "conformal" ? Intervals::conformal : Intervals::adaptive;
  f.validation = v.number("validation");
  f.windows = static_cast<std::uint32_t>(v.number("windows"));
  f.known_current = v.text("current") == "known";
}

void put_protocol(const OptionValues& v, const ForecastBlock& f, Node& out) {
  put(out, "horizon", number_node(f.horizon_ms, "ms"));
  std::vector<Node> levels;
  for (const double level : f.levels) levels.push_back(number_node(level));
  put(out, "levels", list_node(std::move(levels), true));
  put(out, "intervals", text_node(v.text("intervals")));
  put(out, "validation", number_node(f.validation));
  put(out, "windows", number_node(f.windows));
  put(out, "current", text_node(v.text("current")));
}

const PurposeRow forecast_purpose = {
    "forecast", "what comes next, by several forecasters, from rolling origins", true, read_forecast, forecast_options,
    found};

Expectable Forecasts::expectable(const Experiment&) const {
  Expectable can;
  can.has_measures = false;
  std::vector<std::string> names;
  for (const ForecasterUse& use : block.by) {
    names.push_back(use.name);
    if (block.correct) names.push_back(corrected_name(use));
  }
  names.push_back(chosen_name);
  for (const std::string& name : names) {
    can.cases.push_back(name);
    for (const ForecastSource& s : block.sources) {
      if (!s.name.empty()) can.cases.push_back(fmt::format("{}.{}", name, s.name));
      else if (s.data && s.data->several())
        for (const std::int64_t n : s.data->sweep->numbers) can.cases.push_back(fmt::format("{}.sweep_{}", name, n));
    }
  }
  const ForecastSource& first = block.sources[0];
  const std::string unit = first.neuron ? first.neuron->readout.unit : first.data->normalise ? "1" : "mV";
  for (const ForecastMeasure& m : forecast_measures(block.levels))
    can.own.push_back(
        {m.name, m.unit == "trace" ? unit : m.unit, false, m.name == "corrected_over_raw_mae" ? chosen_name : ""});
  return can;
}

}  // namespace hillock
