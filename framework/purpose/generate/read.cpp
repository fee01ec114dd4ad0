// The block `generate`.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "experiment/reader.hpp"
#include "experiment/vocabulary.hpp"
#include "purpose/forecast/read.hpp"
#include "purpose/forecast/scores.hpp"
#include "purpose/generate/generate.hpp"
#include "purpose/generate/turns.hpp"
#include "purpose/readout.hpp"

namespace hillock {
namespace {

using Kind = OptionSpec::Kind;
constexpr double inf = std::numeric_limits<double>::infinity();

/// Keys of `generate.forecast`: what each turn has of those of the purpose `forecast`.
std::vector<OptionSpec> inner_options() {
  std::vector<OptionSpec> some;
  for (OptionSpec& s : forecast_options())
    for (const char* kept : {"series", "horizon", "levels", "intervals", "validation", "windows", "current"})
      if (s.name == kept) some.push_back(std::move(s));
  some.insert(
      some.begin() + 1,
      items_spec("by",
                 "the forecaster, {use: analog}, or several: the first one's errors adjust numbers and train "
                 "`correct`, the others are held against it. {use: mechanistic} is the file's own neuron as the "
                 "file has it, under the currents of the loop",
                 forecaster_spec()));
  some[1].required = true;
  return some;
}

std::vector<OptionSpec> adjust_options(const std::string& unit) {
  std::vector<OptionSpec> all;
  all.push_back(
      choice_spec("toward", {"residual_mean", "residual_mae"},
                  "what it follows: the mean of truth less forecast over the turn, or its mean absolute value"));
  all.push_back(
      number_spec("gain", "1", 0, -1e9, 1e9, "what is added, in the unit of the number, per unit of what is forecast"));
  all.push_back({"within", Kind::list, unit, 0, -inf, inf, "bounds of the number, [0, 20]", true, {}, {}});
  all[1].required = true;
  return all;
}

std::vector<OptionSpec> generate_options() {
  std::vector<OptionSpec> all;
  all.push_back(integer_spec("turns", 0, 1, 1000, "how many"));
  all.push_back(number_spec("each", "ms", 0, 1e-6, longest_run_ms, "how much is simulated in each"));
  all.push_back(block_spec("forecast",
                           "how what is simulated in a turn is forecast from the turns before; of the first turn the "
                           "second half is",
                           inner_options()));
  for (OptionSpec& needed : all) needed.required = true;
  all.push_back(
      part_spec("correct", "a forecaster that learns the errors of the first one: {use: lstm}", "forecaster"));
  all.push_back(names_spec("adjust",
                           "dotted path -> {toward, gain, within}: numbers that follow the error after each turn",
                           block_spec("dotted path", "", adjust_options("U"))));
  return all;
}

AdjustRule read_rule(const Node::Entry& line, const NeuronSpec& neuron) {
  AdjustRule rule{Parameter::at(neuron, line.key, line.place), AdjustRule::Toward::residual_mean, 0, 0, 0, line.place};
  const Parameter& p = rule.parameter;
  if (!p.in_lanes() || p.kind() == Parameter::Kind::start || p.kind() == Parameter::Kind::seed)
    throw Error(line.place, fmt::format("'{}' cannot be adjusted from turn to turn", line.key),
                "parameters, heights of inputs and readout can");
  const OptionValues v = read_options(expect_map(line.value, line.key, line.key + ": {gain: 0.1, within: [0, 20]}"),
                                      adjust_options(p.unit()), fmt::format("'{}'", line.key));
  rule.toward =
      v.text("toward") == "residual_mean" ? AdjustRule::Toward::residual_mean : AdjustRule::Toward::residual_mae;
  rule.gain = v.number("gain");
  const std::vector<double>& within = v["within"].list;
  if (within.size() != 2 || !(within[0] < within[1]))
    throw Error(v["within"].place, "'within' is a list of two numbers, the lower one first",
                "for example within: [0, 20]");
  rule.low = within[0], rule.high = within[1];
  const double own = p.get(neuron);
  if (rule.low < p.low() || rule.high > p.high())
    throw Error(v["within"].place, fmt::format("'{}': [{:g}, {:g}] leaves [{:g}, {:g}], the range of {}", line.key,
                                               rule.low, rule.high, p.low(), p.high(), p.owner()));
  if (own < rule.low || own > rule.high)
    throw Error(v["within"].place,
                fmt::format("'{}' = {} does not lie within [{:g}, {:g}]", line.key, with_unit(own, p.unit()), rule.low,
                            rule.high),
                "take bounds around it");
  return rule;
}

/// Reads `generate`: see PurposeRow.
std::shared_ptr<const Purpose> read_generate(ExperimentReader& reader, const Node& tree, const Node& block,
                                             Experiment& e) {
  const OptionValues v = read_options(expect_map(block, "generate",
                                                 "generate: {turns: 3, each: 500 ms, forecast: {by: {use: analog}, "
                                                 "horizon: 50 ms}}"),
                                      generate_options(), "generate");
  GenerateBlock g;
  g.place = block.place;
  g.turns = static_cast<std::uint32_t>(v.number("turns"));
  g.each_ms = v.number("each");
  if (g.turns * g.each_ms > longest_run_ms)
    throw Error(v["each"].place, fmt::format("{} turns of {} are longer than any run may be, {}", g.turns,
                                             with_unit(g.each_ms, "ms"), with_unit(longest_run_ms, "ms")));
  // the turns are one run, whatever length the file or its base gives
  Node whole = tree, length = number_node(g.turns * g.each_ms, "ms");
  length.place = v["each"].place;
  set_path(whole, "simulate.for", length, length.place);
  const OptionValues inner =
      read_options(expect_map(v["forecast"].node, "forecast", "forecast: {by: {use: analog}, horizon: 50 ms}"),
                   inner_options(), "'forecast' of generate");
  ForecastBlock& f = g.forecast;
  f.place = v["forecast"].place;
  try {
    f.sources.push_back({"", forecast_neuron(reader, whole, inner), nullptr, {}});
  } catch (const Error& error) {
    const bool of_length = error.place().line == length.place.line && error.place().column == length.place.column;
    if (of_length) throw said_of("the run of all turns", error);
    throw;
  }
  const NeuronSpec& neuron = *f.sources[0].neuron;
  if (!is_multiple(g.each_ms, neuron.simulate.every_ms))
    throw Error(v["each"].place, fmt::format("each = {} is no whole number of samples, one each {}",
                                             with_unit(g.each_ms, "ms"), with_unit(neuron.simulate.every_ms, "ms")));
  read_protocol(inner, f);
  const Node& by = inner["by"].node;
  for (const Node& item : by.is_list() ? by.items : std::vector<Node>{by})
    f.by.push_back(read_forecaster(item, "by", f.by, true));
  if (f.by.empty()) throw Error(by.place, "'by' is empty: no forecaster");
  const std::size_t own_forecasters = f.by.size();
  add_baselines(f);
  f.sources[0].models = models_of(reader, whole, f.by, &neuron, nullptr);
  if (v.given("correct")) f.correct = read_forecaster(v["correct"].node, "correct", {});
  if (f.horizon_ms > g.each_ms / 2)
    throw Error(f.horizon_place,
                fmt::format("a horizon of {} is longer than half a turn, which is forecast of the first: "
                            "{}",
                            with_unit(f.horizon_ms, "ms"), with_unit(g.each_ms / 2, "ms")),
                "take a shorter one, or longer turns");
  if (v.given("adjust"))
    for (const Node::Entry& line :
         expect_map(v["adjust"].node, "adjust", "adjust: {input.I: {gain: 0.1, within: [0, 20]}}").entries)
      g.adjust.push_back(read_rule(line, neuron));

  Node parts = ExperimentReader::resolved_parts(neuron);
  for (Node::Entry& part : parts.entries) put(e.resolved, part.key, std::move(part.value));
  Node out = map_node(), asked = map_node();
  put(out, "turns", number_node(g.turns));
  put(out, "each", number_node(g.each_ms, "ms"));
  if (inner.given("series")) put(asked, "series", text_node(inner.text("series")));
  std::vector<Node> asked_by;
  for (std::size_t k = 0; k < own_forecasters; ++k) asked_by.push_back(resolved_forecaster(f.by[k], f.by));
  put(asked, "by", by.is_list() ? list_node(std::move(asked_by)) : std::move(asked_by[0]));
  put_protocol(inner, f, asked);
  put(out, "forecast", std::move(asked));
  if (f.correct) put(out, "correct", resolved_forecaster(*f.correct, {}));
  if (v.given("adjust")) put(out, "adjust", v["adjust"].node);
  put(e.resolved, "generate", std::move(out));
  return std::make_shared<const Generate>(std::move(g));
}

std::vector<FoundValue> found() {
  std::vector<FoundValue> rows;
  for (const ForecastMeasure& m : turn_measures({80})) rows.push_back({m.name, m.meaning});
  return rows;
}

}  // namespace

const PurposeRow generate_purpose = {
    "generate", "a loop: simulate, forecast, correct, adjust, go on", true, read_generate, generate_options, found};

Expectable Generate::expectable(const Experiment&) const {
  Expectable can;
  can.has_measures = false;
  const auto rows = [&](const std::string& turn) {
    can.cases.push_back(turn);
    for (std::size_t f = 1; f < block.forecast.by.size(); ++f)
      can.cases.push_back(row_of_other(turn, block.forecast.by[f]));
  };
  for (std::uint32_t t = 0; t < block.turns; ++t) rows(turn_name(block, t));
  rows(all_turns);
  const std::string& unit = block.forecast.sources[0].neuron->readout.unit;
  for (const ForecastMeasure& m : turn_measures(block.forecast.levels))
    can.own.push_back({m.name, m.unit == "trace" ? unit : m.unit, false, all_turns});
  for (const AdjustRule& rule : block.adjust)
    can.own.push_back({rule.parameter.path(), rule.parameter.unit(), false, turn_name(block, block.turns - 1)});
  return can;
}

}  // namespace hillock
