// The block `fit`.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "experiment/reader.hpp"
#include "experiment/vocabulary.hpp"
#include "purpose/fit/fit.hpp"

namespace hillock {
namespace {

using Kind = OptionSpec::Kind;
constexpr double inf = std::numeric_limits<double>::infinity();

std::vector<OptionSpec> free_options(const std::string& unit) {
  return {
      {"from",  Kind::number, unit, 0, -inf, inf, "least value that is tried",    true,  {}, {}},
      {"to",    Kind::number, unit, 0, -inf, inf, "greatest value that is tried", true,  {}, {}},
      {"scale",
       Kind::choice,
       "1",                         0,
       0,                                    0,
       "whether equal steps or equal factors are alike to the search",            false,
       {"linear", "logarithmic"},
       "linear"                                                                                }
  };
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
  for (const auto& [name, value] : {
           std::pair{"from", f.from},
           {"to",   f.to  }
  })
    if (value < f.parameter.low() || value > f.parameter.high())
      throw Error(v[name].place,
                  fmt::format("'{}': {} = {} lies outside [{:g}, {:g}], the range of {}", line.key, name,
                              with_unit(value, unit), f.parameter.low(), f.parameter.high(), f.parameter.owner()));
  return f;
}

std::vector<LossTerm> read_loss(const Node& node) {
  std::vector<Node> items = node.is_list() ? node.items : std::vector<Node>{node};
  std::vector<double> weights;
  for (Node& item : items) {
    const Node* weight = item.is_map() ? item.find("weight") : nullptr;
    if (items.size() > 1 && !weight)
      throw Error(item.place, "each of several losses needs its 'weight'", "for example {use: rmse, weight: 1}");
    weights.push_back(weight ? read_number(*weight, "weight", "1", 0, inf, "loss") : 1);
    std::erase_if(item.entries, [](const Node::Entry& e) { return e.key == "weight"; });
  }
  Node list = list_node(items);
  list.place = node.place;
  const std::vector<MeasureUse> uses = ExperimentReader::measures(&list, {}, true);
  std::vector<LossTerm> loss;
  for (std::size_t k = 0; k < uses.size(); ++k) {
    const MeasureInfo& info = *find_measure(uses[k].name);
    if (!info.compares || info.better == MeasureInfo::Better::neither)
      throw Error(uses[k].place,
                  fmt::format("'{}' cannot be a loss: it does not say how far a run is from the data", uses[k].name),
                  "for example van_rossum, rmse or gamma");
    loss.push_back({uses[k], weights[k]});
  }
  return loss;
}

}  // namespace

std::vector<OptionSpec> fit_options() {
  return {
      {"data",
       Kind::block,
       "1", 0,
       -inf,
       inf, "the recording, with one sweep or several",
       true, {},
       {},
       data_options()},
      {"free",
       Kind::block,
       "1", 0,
       -inf,
       inf, "dotted path -> {from, to, scale}: the numbers that are searched for",
       true, {},
       {},
       free_options("U")},
      {"loss",
       Kind::block,
       "1", 0,
       -inf,
       inf, "a measure that compares, {use: van_rossum, tau: 20 ms}, or a list of them with weights",
       true, {},
       {}},
      {"optimizer",
       Kind::block,
       "1", 0,
       -inf,
       inf, "{use: cma_es, evaluations: 10000} and the options of that plugin",
       true, {},
       {}},
      {"starts",
       Kind::integer,
       "1", 5,
       1, 10'000,
       "how often the search begins anew, from other points", false,
       {},
       {}},
      {"discard",
       Kind::number,
       "ms", 0,
       0, longest_run_ms,
       "from the begin of each recording: nothing is scored there", false,
       {},
       {}},
      {"hold_out",
       Kind::block,
       "1", 0,
       -inf,
       inf, "what the fit does not see: `last 30 %` of each recording, or a list of sweeps",
       false, {},
       {}},
      {"measure", Kind::block, "1", 0, -inf, inf, "measures of the tables, besides those of the loss", false, {}, {}}
  };
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

void read_search(FitBlock& f, const OptionValues& v) {
  if (f.neuron->simulate.rest)
    throw Error(f.neuron->simulate.start_place, "a fit computes no rest for its candidates",
                "give start values, or leave them to the model");
  const Node& free = expect_map(v["free"].node, "free", "free: {model.a: {from: 0, to: 1}}");
  if (free.entries.empty()) throw Error(free.place, "'free' is empty: nothing to fit");
  for (const Node::Entry& line : free.entries) f.free.push_back(read_free(line, *f.neuron));
  f.loss = read_loss(v["loss"].node);
  f.loss_place = v["loss"].place;
  const Node& optimizer = v["optimizer"].node;
  const Node& named = use_of(optimizer, "optimizer", "optimizer: {use: cma_es, evaluations: 10000}");
  f.optimizer = &Plugins::instance().load(named.text, HK_ROLE_OPTIMIZER, named.place);
  f.optimizer_place = optimizer.place;
  const hk_optimizer& face = f.optimizer->optimizer();
  if (face.flags != 0)
    throw Error(named.place,
                fmt::format("optimizer '{}' needs {} of the loss, which a fit does not give it", f.optimizer->id,
                            face.flags & HK_MANY_LOSSES ? "several parts" : "derivatives"),
                "take cma_es or differential_evolution");
  std::vector<OptionSpec> specs = specs_of(face.options, face.n_options, face.option_size);
  specs.push_back(
      {"evaluations", Kind::integer, "1", 10'000, 1, 1e9, "candidates that each start may try", false, {}, {}});
  const OptionValues own = read_options(optimizer, specs, fmt::format("optimizer '{}'", f.optimizer->id), {"use"});
  f.evaluations = static_cast<std::uint64_t>(own.number("evaluations"));
  std::vector<OptionSpec> of_plugin(own.specs().begin(), own.specs().end() - 1);
  std::vector<OptionValue> chosen(own.values().begin(), own.values().end() - 1);
  f.options = OptionValues(std::move(of_plugin), std::move(chosen));
  f.starts = static_cast<std::uint32_t>(v.number("starts"));
  f.discard_ms = v.number("discard");
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
  put(out, "loss", v["loss"].node);
  Node search = map_node();
  put(search, "use", text_node(f.optimizer->id));
  f.options.write(search);
  put(search, "evaluations", number_node(static_cast<double>(f.evaluations)));
  put(out, "optimizer", std::move(search));
  put(out, "starts", number_node(f.starts));
  put(out, "discard", number_node(f.discard_ms, "ms"));
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
  read_search(f, v);
  f.hold_out_place = v["hold_out"].place;
  if (v.given("hold_out")) f.hold_out = read_hold_out(v["hold_out"].node, *f.data);
  e.measures =
      v.given("measure") ? ExperimentReader::measures(&v["measure"].node, {}, true) : std::vector<MeasureUse>();
  for (const LossTerm& term : f.loss)
    if (std::none_of(e.measures.begin(), e.measures.end(),
                     [&](const MeasureUse& m) { return m.name == term.measure.name; }))
      e.measures.push_back(term.measure);

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
  return can;
}

}  // namespace hillock
