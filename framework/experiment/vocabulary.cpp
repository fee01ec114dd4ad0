#include "experiment/vocabulary.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "file/option_specs.hpp"
#include "measure/measures.hpp"
#include "purpose/purpose.hpp"

namespace hillock {

namespace {

using Kind = OptionSpec::Kind;
constexpr double inf = std::numeric_limits<double>::infinity();

}  // namespace

std::vector<OptionSpec> neuron_parts() {
  return {
      part_spec("model",
                "the neuron: {use: izhikevich, preset: fast_spiking, d: 8}; parameters by the symbols of the paper",
                "model", {text_spec("preset", "", "the numbers of a published neuron, by name")}),
      block_spec("readout", "what is measured: a state, the voltage that a recording would have, or an ionic current",
                 readout_options("U", "mV")),
      block_spec("drive", "from the current of a recording to the model's input", drive_options("U")),
      input_option(),
      part_spec("integrator", "the numerical scheme: {use: rk4, dt: 0.01 ms}", "integrator"),
      block_spec("simulate", "the run: how long, from where, what is recorded", simulate_options())};
}

const std::vector<OptionSpec>& top_level() {
  static const std::vector<OptionSpec> all = [] {
    std::vector<OptionSpec> keys = {
        text_spec("title", "", "what the report calls the run"),
        text_spec("source", "", "where the experiment comes from, as doi:..."),
        text_spec("note", "", "a remark for the report"),
        integer_spec("seed", 0, 0, 9007199254740991., "makes every random number of the run"),
        text_spec("base", "", "another file that this one starts from"),
        items_spec("plugins", "a folder of plugins of your own, or a list of them; relative to the file: [build]",
                   text_spec("", "", "folder"))};
    for (const OptionSpec& part : neuron_parts()) keys.push_back(part);
    for (const PurposeRow& row : purposes())
      if (*row.key) keys.push_back(block_spec(row.key, fmt::format("purpose: {}", row.meaning), row.options()));
    keys.push_back(names_spec("expect",
                              "check: measure -> [low, high]; lists such as spike_times -> {are: [13, 17], within: "
                              "0.001 ms}; where there are several cases, case.measure",
                              either_spec("measure", "",
                                          {pair_spec("", "U", -inf, inf, "range"),
                                           block_spec("", "", list_options("U", "all of them, in order"))})));
    return keys;
  }();
  return all;
}

namespace {

/// What names, items and forms hold stands in the place of these.
bool is_seen_through(const OptionSpec& s) {
  return s.kind == Kind::names || s.kind == Kind::items || s.kind == Kind::either;
}

/// The key of this name of a value.
const OptionSpec* key_of(const OptionSpec& value, std::string_view name) {
  for (const OptionSpec& s : value.inner)
    if (!is_seen_through(value)) {
      if (s.name == name) return &s;
    } else if (const OptionSpec* found = key_of(s, name)) {
      return found;
    }
  return nullptr;
}

const OptionSpec* find_below(const OptionSpec& top, std::string_view path) {
  const std::string_view step = path.substr(0, path.find('.'));
  const OptionSpec* key = key_of(top, step);
  return !key || step.size() == path.size() ? key : find_below(*key, path.substr(step.size() + 1));
}

/// The same from any value within `top`, the nearest first.
const OptionSpec* find_deep(const OptionSpec& top, std::string_view path) {
  std::vector<const OptionSpec*> level = {&top};
  while (!level.empty()) {
    std::vector<const OptionSpec*> next;
    for (const OptionSpec* s : level) {
      if (const OptionSpec* found = find_below(*s, path)) return found;
      for (const OptionSpec& inner : s->inner) next.push_back(&inner);
    }
    level = std::move(next);
  }
  return nullptr;
}

}  // namespace

const std::vector<std::string>& purpose_keys() {
  static const std::vector<std::string> keys = [] {
    std::vector<std::string> all;
    for (const PurposeRow& row : purposes())
      if (*row.key) all.emplace_back(row.key);
    return all;
  }();
  return keys;
}

const std::vector<std::string>& own_keys() {
  static const std::vector<std::string> keys = [] {
    std::vector<std::string> all = purpose_keys();
    all.insert(all.end(), {"title", "source", "note", "expect"});
    return all;
  }();
  return keys;
}

bool is_inherited(std::string_view key) {
  const auto& own = own_keys();
  return std::find(own.begin(), own.end(), key) == own.end();
}

const OptionSpec* find_key(const std::string& path) {
  static const OptionSpec file = block_spec("", "", top_level());
  return find_deep(file, path);
}

OptionSpec data_option(std::string meaning) {
  return part_spec("data", std::move(meaning), "recording", data_options());
}

OptionSpec measure_option(std::string meaning, bool compares) {
  std::vector<std::string> names;
  for (const MeasureInfo& m : measures())
    if (compares || !m.compares) names.push_back(m.name);
  return items_spec(
      "measure", std::move(meaning),
      either_spec("", "", {word_spec(names), part_spec("", "", compares ? "measure" : "measure of a run")}));
}

std::vector<OptionSpec> measure_options(const MeasureInfo& measure) {
  std::vector<OptionSpec> specs;
  for (const MeasureOption& o : measure.options)
    specs.push_back({o.name, o.choices.empty() ? Kind::number : Kind::choice, o.unit, o.value, o.low, o.high, o.meaning,
                     false, o.choices, o.choices.empty() ? "" : o.choices[0]});
  return specs;
}

OptionSpec simulated_data_option() {
  return number_spec("measurement_noise", "mV", 0, 0, 1e3, "standard deviation of white noise on every sample");
}

OptionSpec hold_out_option(std::string meaning) {
  return either_spec("hold_out", std::move(meaning),
                     {pattern_spec("^last [0-9.]+ ?%$", "last 30 %"),
                      items_spec("", "", integer_spec("", 0, 0, 1e9, "number of a sweep"))});
}

OptionSpec cases_option(std::string meaning) {
  return names_spec("cases", std::move(meaning), names_spec("case", "", block_spec("dotted path", "")));
}

std::vector<OptionSpec> list_options(const std::string& unit, const std::string& what) {
  return {{"are", Kind::list, unit, 0, -1e9, 1e9, what, true, {}, {}},
          needed(number_spec("within", unit, 0, 0, 1e6, "how far each may be off"))};
}

std::vector<OptionSpec> sweep_range_options() {
  return {needed(integer_spec("from", 0, 0, 1e9, "the first")), needed(integer_spec("to", 0, 0, 1e9, "the last"))};
}

std::vector<OptionSpec> two_files_options() {
  return {needed(text_spec("voltage", "", "file of the voltage")),
          needed(text_spec("current", "", "file of the current"))};
}

std::vector<OptionSpec> slope_options() {
  return {
      required_spec("slope", "mV/ms", 1e-6, 1e6, "a spike is an upward crossing of this by the slope of the voltage"),
      number_spec("rearm", "mV/ms", 0, -1e6, 1e6, "the next spike counts only after a slope below this")};
}

std::vector<OptionSpec> passive_options() {
  return {either_spec("sweep", "the sweep with the step, by its number; without it, the one that is used",
                      {integer_spec("", 0, 0, 1e9, "")}),
          pair_spec("window", "ms", -1e9, 1e9, "where the step is looked for; without it, in all of the sweep")};
}

std::vector<OptionSpec> filter_options() {
  return {required_spec("cutoff", "Hz", 1e-6, 1e7, "frequency at which a sine is halved"),
          integer_spec("order", 2, 1, 12, "of the Butterworth filter, which runs twice")};
}

std::vector<OptionSpec> data_options() {
  return {items_spec("file",
                     "the recording, or an experiment (.yaml) whose run is the recording; {voltage: a.ibw, current: "
                     "b.ibw} where each has its own; a list of recordings, of which each is one sweep, counted from 1",
                     either_spec("", "", {text_spec("", "", "path"), block_spec("", "", two_files_options())})),
          text_spec("use", "", "the reader, or `simulated`; known from the file's ending if left out"),
          either_spec(
              "sweep",
              "which sweep, by its number in the file; needed where there are several. A comparison also takes a "
              "list, [3, 5, 7], or all from one to another, {from: 3, to: 9}: each is a recording of its own, and "
              "scores are given for each and as their mean",
              {items_spec("", "", integer_spec("", 0, 0, 1e9, "number")), block_spec("", "", sweep_range_options())}),
          number_spec("holding", "pA", 0, -1e6, 1e6,
                      "added to the current: the holding current, where the file's current is without it"),
          number_spec("junction_potential", "mV", 0, -200, 200,
                      "liquid junction potential, of the bath against the pipette's solution: taken from the recorded "
                      "voltage, V = V recorded - junction_potential (Neher 1992, doi:10.1016/0076-6879(92)07008-C)"),
          items_spec(
              "artefacts",
              "stretches of the voltage that are not used, [[10 ms, 12 ms], [510 ms, 512 ms]]: no spike is found and "
              "nothing is scored there, of data or model; the current stays. Filter and resampling see a straight "
              "line across",
              pair_spec("", "ms", -1e9, 1e9, "")),
          block_spec(
              "filter",
              "low pass without delay: {cutoff: 2 kHz, order: 2}, a Butterworth filter of that order run forward and "
              "backward over the sweep: a sine at the cutoff is halved. Beside a sharp step it swings by 3 % of it "
              "on both sides, by 7 % at order 4, which spikes by slope may take for one",
              filter_options()),
          pair_spec("window", "ms", -1e9, 1e9, "the part that is used, in the recording's own time"),
          integer_spec("every", 1, 1, 1e6, "takes each n-th sample"),
          number_spec(
              "resample", "ms", 0, 1e-3, 1e3,
              "in place of every: from sample to sample, by band-limited interpolation (a sinc of 32 zero crossings "
              "to each side under a Kaiser window; within 2e-4 below 85 % of half the lower rate); the current "
              "becomes its mean over each interval"),
          pair_spec("normalise", "1", -1e9, 1e9, "the voltage is mapped so that its extremes become these, [-1, 1]"),
          either_spec(
              "passive",
              "true, or {sweep: 0, window: [0 ms, 800 ms]}: voltage_base, input resistance, time constant and "
              "capacitance of the membrane, from the step of the current without spikes in the whole sweep (or in "
              "another, or in that window) that tells most: long enough for a steady voltage, from the holding "
              "current, hyperpolarising, large. Hum of the mains, drift and artefacts of spikes are set aside. Time "
              "constant of the exponential of least squares from 10 to 95 % of the largest deflection, resistance "
              "from the last tenth of the step and of the stretch before, capacitance their quotient",
              {flag_spec(""), block_spec("", "", passive_options())}),
          either_spec(
              "spikes",
              "what counts as a spike: {threshold: -10 mV, rearm: -20 mV}, an upward crossing by the voltage, or "
              "{slope: 20 mV/ms, rearm: 0 mV/ms}, by its slope; found before every, resample and normalise, at times "
              "between samples",
              {block_spec("", "by the voltage", spikes_options("mV", -10, -20, false)),
               block_spec("", "by its slope", slope_options())})};
}

}  // namespace hillock
