#include "experiment/vocabulary.hpp"

#include <fmt/format.h>

#include "measure/measures.hpp"
#include "purpose/fit/fit.hpp"
#include "purpose/purpose.hpp"

namespace hillock {
namespace {

using Kind = OptionSpec::Kind;
constexpr double inf = std::numeric_limits<double>::infinity();

OptionSpec number(std::string name, std::string unit, double value, double low, double high, std::string meaning) {
  return {std::move(name), Kind::number, std::move(unit), value, low, high, std::move(meaning), false, {}, {}};
}
OptionSpec required(std::string name, std::string unit, double low, double high, std::string meaning) {
  return {std::move(name), Kind::number, std::move(unit), 0, low, high, std::move(meaning), true, {}, {}};
}
OptionSpec integer(std::string name, double value, double low, double high, std::string meaning) {
  return {std::move(name), Kind::integer, "1", value, low, high, std::move(meaning), false, {}, {}};
}
OptionSpec flag(std::string name, bool value, std::string meaning) {
  return {std::move(name), Kind::flag, "1", value ? 1. : 0., 0, 1, std::move(meaning), false, {}, {}};
}
OptionSpec text(std::string name, std::string value, std::string meaning) {
  return {std::move(name), Kind::text, "1", 0, -inf, inf, std::move(meaning), false, {}, std::move(value)};
}
OptionSpec block(std::string name, std::string meaning, bool needed = false, std::vector<OptionSpec> inner = {}) {
  return {std::move(name), Kind::block, "1", 0, -inf, inf, std::move(meaning), needed, {}, {}, std::move(inner)};
}
OptionSpec times(std::string name, std::string meaning) {
  return {std::move(name), Kind::list, "ms", 0, 0, longest_run_ms, std::move(meaning), false, {}, {}};
}

OptionSpec from() { return number("from", "ms", 0, 0, longest_run_ms, "begin, included"); }
OptionSpec to() {
  return number("to", "ms", inf, 0, longest_run_ms, "end, excluded; without it, until the end of the run");
}

}  // namespace

const std::vector<ShapeInfo>& shapes() {
  static const std::vector<ShapeInfo> all = {
      {"constant", "the same value throughout"},
      {"step", "amplitude while from <= t < to"},
      {"pulses", "rectangular pulses, `count` of them one `every`, or at the times of a list"},
      {"ramp", "a straight line from start to end while from <= t < to, else nothing"},
      {"sine", "offset + amplitude sin(2 pi frequency t + phase)"},
      {"chirp",
       "a sine whose frequency runs linearly from f0 to f1 while from <= t < to: sin(2 pi (f0 s + (f1 - f0) s^2/(2 (to "
       "- from)))), s = t - from"},
      {"noise",
       "white noise, drawn once per step of a fixed-step scheme and held throughout it: variance sigma^2/dt. Noise "
       "that is added has the same effect under every scheme as dt falls; where its effect depends on the state, "
       "euler_maruyama means Ito's integral, heun and rk4 Stratonovich's, and other schemes are not made for it. "
       "Spikes between two points of the grid are found by euler_maruyama alone"},
      {"ornstein_uhlenbeck",
       "coloured noise with correlation exp(-lag/tau), stationary from the start, on samples of its own that are held "
       "in between"},
      {"file", "the current of a recording, given as a data block; held between samples"}};
  return all;
}

std::vector<OptionSpec> shape_options(const std::string& shape, const std::string& unit) {
  const auto height = [&](const char* name, const char* meaning) { return required(name, unit, -1e9, 1e9, meaning); };
  if (shape == "constant") return {height("value", "the value")};
  if (shape == "step") return {from(), to(), height("amplitude", "height of the step")};
  if (shape == "pulses")
    return {from(),
            number("every", "ms", inf, 1e-6, longest_run_ms, "from one begin to the next"),
            integer("count", 1, 1, 1e7, "how many"),
            times("at", "begins, in place of from, every and count"),
            required("width", "ms", 1e-6, longest_run_ms, "length of a pulse"),
            height("amplitude", "height of a pulse")};
  if (shape == "ramp")
    return {from(), required("to", "ms", 0, longest_run_ms, "end, excluded"), height("start", "value at from"),
            height("end", "value reached at to")};
  if (shape == "sine")
    return {required("frequency", "Hz", 0, 1e6, "frequency"),
            height("amplitude", "half of what lies between crest and trough"),
            number("offset", unit, 0, -1e9, 1e9, "added throughout"),
            number("phase", "1", 0, -100, 100, "phase at t = 0 in radians")};
  if (shape == "chirp")
    return {from(), required("to", "ms", 0, longest_run_ms, "end, excluded"),
            required("f0", "Hz", 0, 1e6, "frequency at from"), required("f1", "Hz", 0, 1e6, "frequency at to"),
            height("amplitude", "half of what lies between crest and trough")};
  if (shape == "noise")
    return {number("sigma", unit + " sqrt(ms)", inf, 0, 1e9,
                   "root of the two-sided spectral density: <x(t) x(s)> = sigma^2 delta(t - s)"),
            number("free_sd", unit, inf, 0, 1e9,
                   "in place of sigma = free_sd sqrt(2 tau): standard deviation of a membrane far from its threshold, "
                   "R free_sd"),
            number("brunel", unit, inf, 0, 1e9, "in place of sigma = brunel sqrt(tau), as Brunel (2000) writes it"),
            number("tau", "ms", inf, 1e-6, longest_run_ms, "time constant of the membrane, with free_sd and brunel")};
  if (shape == "ornstein_uhlenbeck")
    return {
        number("mean", unit, 0, -1e9, 1e9, "stationary mean"),
        required("sd", unit, 0, 1e9, "stationary standard deviation"),
        required("tau", "ms", 1e-6, longest_run_ms, "correlation time"),
        number("every", "ms", 0.1, 1e-6, longest_run_ms, "from sample to sample, whatever the step of the integrator")};
  return {};
}

std::vector<OptionSpec> neuron_parts() {
  return {part_spec("model",
                    "the neuron: {use: izhikevich, preset: fast_spiking, d: 8}; parameters by the symbols of the paper",
                    "model", {text("preset", "", "the numbers of a published neuron, by name")}),
          block("readout", "what is measured: a state, the voltage that a recording would have, or an ionic current",
                false, readout_options("U", "mV")),
          block("drive", "from the current of a recording to the model's input", false, drive_options("U")),
          input_option(),
          part_spec("integrator", "the numerical scheme: {use: rk4, dt: 0.01 ms}", "integrator"),
          block("simulate", "the run: how long, from where, what is recorded", false, simulate_options())};
}

const std::vector<OptionSpec>& top_level() {
  static const std::vector<OptionSpec> all = [] {
    std::vector<OptionSpec> keys = {text("title", "", "what the report calls the run"),
                                    text("source", "", "where the experiment comes from, as doi:..."),
                                    text("note", "", "a remark for the report"),
                                    integer("seed", 0, 0, 9007199254740991., "makes every random number of the run"),
                                    text("base", "", "another file that this one starts from")};
    for (const OptionSpec& part : neuron_parts()) keys.push_back(part);
    for (const PurposeRow& row : purposes())
      if (*row.key) keys.push_back(block(row.key, fmt::format("purpose: {}", row.meaning), false, row.options()));
    keys.push_back(names_spec(
        "expect",
        "check: measure -> [low, high]; lists such as spike_times -> {are: [13, 17], within: 0.001 ms}; where there are "
        "several cases, case.measure",
        either_spec("measure", "",
                    {pair_spec("", "U", -inf, inf, "range"),
                     block("", "", false, list_options("U", "all of them, in order"))})));
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

const OptionSpec* find_key(const std::string& path) {
  static const OptionSpec file = block("", "", false, top_level());
  return find_deep(file, path);
}

OptionSpec input_option() {
  return names_spec("input", "per input of the model a number, a shape, or a list of shapes that are summed",
                    items_spec("input", "",
                               either_spec("", "",
                                           {number("", "U", 0, -1e9, 1e9, "the same value throughout"),
                                            part_spec("", "", "shape")})));
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
  return number("measurement_noise", "mV", 0, 0, 1e3, "standard deviation of white noise on every sample");
}

OptionSpec hold_out_option(std::string meaning) {
  return either_spec("hold_out", std::move(meaning),
                     {pattern_spec("^last [0-9.]+ ?%$", "last 30 %"),
                      items_spec("", "", integer("", 0, 0, 1e9, "number of a sweep"))});
}

OptionSpec cases_option(std::string meaning) {
  return names_spec("cases", std::move(meaning), names_spec("case", "", block("dotted path", "")));
}

std::vector<OptionSpec> list_options(const std::string& unit, const std::string& what) {
  return {{"are", Kind::list, unit, 0, -1e9, 1e9, what, true, {}, {}},
          needed(number("within", unit, 0, 0, 1e6, "how far each may be off"))};
}

std::vector<OptionSpec> sweep_range_options() {
  return {needed(integer("from", 0, 0, 1e9, "the first")), needed(integer("to", 0, 0, 1e9, "the last"))};
}

std::vector<OptionSpec> two_files_options() {
  return {needed(text("voltage", "", "file of the voltage")), needed(text("current", "", "file of the current"))};
}

std::vector<OptionSpec> simulate_options() {
  std::vector<OptionSpec> crossing = spikes_options("U", 0, 0, true);
  crossing.insert(crossing.begin(), text("of", "v", "the state that crosses"));
  return {
      required("for", "ms", 1e-6, longest_run_ms, "length of the run"),
      either_spec("start",
                  "start values by state, {v: -70 mV}, or `rest`: the equilibrium under the input at the start",
                  {word_spec({"rest"}), names_spec("", "", number("state", "U", 0, -inf, inf, ""))}),
      names_spec("clamp", "states that are held, {w: -0.5}", number("state", "U", 0, -inf, inf, "")),
      items_spec("record", "states, observed numbers (ionic currents) and inputs that are recorded, [v, I_Na, I]",
                 text("", "", "")),
      number("every", "ms", 0, 0, longest_run_ms,
             "from sample to sample; a multiple of a fixed step; without it, every step"),
      block("spikes",
            "another definition of a spike than the model's, by upward crossings; jumps at resets are no crossings: "
            "{of: v, threshold: 0 mV, rearm: -20 mV}",
            false, crossing),
      pair_spec("window", "ms", 0, longest_run_ms, "the part of the run that is measured; without it, all of it")};
}

std::vector<OptionSpec> spikes_options(const std::string& unit, double threshold, double rearm,
                                       bool threshold_required) {
  OptionSpec level = number("threshold", unit, threshold, -1e6, 1e6, "a spike is an upward crossing of this");
  level.required = threshold_required;
  return {level, number("rearm", unit, rearm, -1e6, 1e6, "the next spike counts only after a value below this")};
}

std::vector<OptionSpec> slope_options() {
  return {required("slope", "mV/ms", 1e-6, 1e6, "a spike is an upward crossing of this by the slope of the voltage"),
          number("rearm", "mV/ms", 0, -1e6, 1e6, "the next spike counts only after a slope below this")};
}

std::vector<OptionSpec> passive_options() {
  return {either_spec("sweep", "the sweep with the step, by its number; without it, the one that is used",
                      {integer("", 0, 0, 1e9, "")}),
          pair_spec("window", "ms", -1e9, 1e9, "where the step is looked for; without it, in all of the sweep")};
}

std::vector<OptionSpec> filter_options() {
  return {required("cutoff", "Hz", 1e-6, 1e7, "frequency at which a sine is halved"),
          integer("order", 2, 1, 12, "of the Butterworth filter, which runs twice")};
}

std::vector<OptionSpec> readout_options(const std::string& state_unit, const std::string& unit) {
  std::string scale = state_unit == unit ? "1" : state_unit == "1" ? unit : unit + "/" + state_unit;
  if (state_unit != unit) {  // a division holds for the next term alone: one of mV/ms in mV is mV/mV ms
    for (std::size_t i = unit.size() + 1; i < scale.size(); ++i)
      if (scale[i] == '/') scale[i] = ' ';
      else if (scale[i] == ' ' || scale[i] == '*') scale[i] = '/';
  }
  return {text("of", "v", "the state or observed number that is read out"),
          number("scale", scale, 1, -1e9, 1e9,
                 "factor from the state's unit to " + (unit == "1" ? std::string("none") : unit)),
          number("shift", unit, 0, -1e6, 1e6, "added after scaling"),
          number("series_resistance", "MOhm", 0, 0, 1e4,
                 "of the electrode: adds its voltage drop under the injected current"),
          number("measurement_noise", unit, 0, 0, 1e3, "standard deviation of white noise on every sample")};
}

std::vector<OptionSpec> drive_options(const std::string& input_unit) {
  return {text("of", "I", "the input that is driven"),
          number("gain",
                 input_unit == "pA"  ? "1"
                 : input_unit == "1" ? "1/pA"
                                     : input_unit + "/pA",
                 1, -1e9, 1e9, "per picoampere of the recording"),
          number("shift", input_unit, 0, -1e9, 1e9, "added after scaling")};
}

std::vector<OptionSpec> data_options() {
  return {
      either_spec("file",
                  "the recording, or an experiment (.yaml) whose run is the recording; {voltage: a.ibw, current: "
                  "b.ibw} where each has its own",
                  {text("", "", "path"), block("", "", false, two_files_options())}),
      text("use", "", "the reader, or `simulated`; known from the file's ending if left out"),
      either_spec("sweep",
                  "which sweep, by its number in the file; needed where there are several. A comparison also takes a "
                  "list, [3, 5, 7], or all from one to another, {from: 3, to: 9}: each is a recording of its own, and "
                  "scores are given for each and as their mean",
                  {items_spec("", "", integer("", 0, 0, 1e9, "number")), block("", "", false, sweep_range_options())}),
      number("holding", "pA", 0, -1e6, 1e6,
             "added to the current: the holding current, where the file's current is without it"),
      number("junction_potential", "mV", 0, -200, 200,
             "liquid junction potential, of the bath against the pipette's solution: taken from the recorded "
             "voltage, V = V recorded - junction_potential (Neher 1992, doi:10.1016/0076-6879(92)07008-C)"),
      items_spec(
          "artefacts",
          "stretches of the voltage that are not used, [[10 ms, 12 ms], [510 ms, 512 ms]]: no spike is found and "
          "nothing is scored there, of data or model; the current stays. Filter and resampling see a straight "
          "line across",
          pair_spec("", "ms", -1e9, 1e9, "")),
      block("filter",
            "low pass without delay: {cutoff: 2 kHz, order: 2}, a Butterworth filter of that order run forward and "
            "backward over the sweep: a sine at the cutoff is halved. Beside a sharp step it swings by 3 % of it "
            "on both sides, by 7 % at order 4, which spikes by slope may take for one",
            false, filter_options()),
      pair_spec("window", "ms", -1e9, 1e9, "the part that is used, in the recording's own time"),
      integer("every", 1, 1, 1e6, "takes each n-th sample"),
      number("resample", "ms", 0, 1e-3, 1e3,
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
          {flag("", false, ""), block("", "", false, passive_options())}),
      either_spec(
          "spikes",
          "what counts as a spike: {threshold: -10 mV, rearm: -20 mV}, an upward crossing by the voltage, or "
          "{slope: 20 mV/ms, rearm: 0 mV/ms}, by its slope; found before every, resample and normalise, at times "
          "between samples",
          {block("", "by the voltage", false, spikes_options("mV", -10, -20, false)),
           block("", "by its slope", false, slope_options())})};
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
                   either_spec("", "", {text("", "", "name"), std::move(one)}));
  }
  return all;
}

std::vector<OptionSpec> contender_options() {
  std::vector<OptionSpec> all;
  for (OptionSpec& part : neuron_parts()) {  // the run is as long as the recording
    if (part.name == "simulate") std::erase_if(part.inner, [](const OptionSpec& s) { return s.name == "for"; });
    all.push_back(std::move(part));
  }
  all.push_back(integer("seed", 0, 0, 9007199254740991., "of this model; without it, that of the file"));
  all.push_back(block("fit", "numbers of this model that are searched for", false, contender_fit_options()));
  return all;
}

std::vector<OptionSpec> compare_options() {
  return {
      needed(data_option("the recording")),
      needed(names_spec("models", "name -> experiment file or inline block; each may carry its own `fit`",
                        either_spec("model", "", {text("", "", "file"), block("", "", false, contender_options())}))),
      block("fit",
            "what the fits of the models have in common: free, loss, starts, discard, and `optimizer`, one or a list, "
            "of which each fits every model",
            false, contender_fit_options()),
      integer("budget", 0, 1, 1e12,
              "evaluations of all fits together: each has its part in proportion to its free numbers, and divides it "
              "among its starts; among fewer of them where each would have less than 20 for a free number. Without it "
              "each start makes the `evaluations` of its optimizer"),
      hold_out_option("what no fit sees and all are scored on: `last 30 %` of each recording, or a list of sweeps"),
      text("against", "", "the case that the others are held against"),
      measure_option("measures of the table; the first that has a better and a worse ranks it", true)};
}

std::vector<OptionSpec> dynamics_options(const std::string& unit, double low, double high) {
  return {
      text("of", "I", "the input that is varied; the others stay at their values at t = 0"),
      block("over", "its range, {from: 0, to: 2}", true, over_options(unit, low, high)),
      number("at", unit, inf, low, high,
             "the current of the table of equilibria, of the phase plane and of the impedance; without it, the input's "
             "own value at t = 0 if that lies within `over`, else its begin"),
      either_spec(
          "f_i",
          "rate against current, up and down: {from: 0, to: 2, count: 21, each: 1000 ms, discard: 500 ms}, or `none`",
          {word_spec({"none"}), block("", "", false, f_i_options(unit, low, high))}),
      either_spec(
          "phase_plane",
          "of a model of two states: nullclines and a trajectory from the start at `at`: {v: [-80, 30]}, or `none`",
          {word_spec({"none"}), names_spec("", "", pair_spec("state", "U", -1e9, 1e9, "axis"))}),
      block("impedance", "answer to a small chirp around rest at `at`: {f0: 0 Hz, f1: 100 Hz, amplitude: 1}", false,
            impedance_options(unit, high))};
}

std::vector<OptionSpec> over_options(const std::string& unit, double low, double high) {
  return {required("from", unit, low, high, "least current"), required("to", unit, low, high, "greatest current")};
}

std::vector<OptionSpec> f_i_options(const std::string& unit, double low, double high) {
  return {number("from", unit, inf, low, high, "lowest level; without it, that of `over`"),
          number("to", unit, inf, low, high, "highest level; without it, that of `over`"),
          integer("count", 21, 2, 10'000, "levels, evenly spaced"),
          number("each", "ms", inf, 1, longest_run_ms, "how long each level lasts; without it, as long as the run"),
          number("discard", "ms", inf, 0, longest_run_ms,
                 "how long after each change no spike counts; without it, half of each")};
}

std::vector<OptionSpec> impedance_options(const std::string& unit, double high) {
  return {required("f0", "Hz", 0, 1e4, "lowest frequency"), required("f1", "Hz", 0, 1e4, "highest frequency"),
          required("amplitude", unit, 0, high,
                   "half of what lies between crest and trough; small, so that the answer is linear"),
          number("for", "ms", inf, 1e-6, longest_run_ms,
                 "length of the chirp, rounded up to whole turns; without it, that of the run")};
}

std::vector<OptionSpec> sweep_options() {
  return {
      cases_option("name -> overrides by dotted path, {model.d: 8}"),
      names_spec("over", "dotted path -> list of values, or {from, to, count, scale}",
                 either_spec("dotted path", "", {items_spec("", "", block("", "")), block("", "", false, range_options())})),
      {"combine",
       OptionSpec::Kind::choice,
       "1",
       0,
       0,
       0,
       "all combinations of values, the first of all with the second of all, or each path by itself",
       false,
       {"grid", "zip", "one_at_a_time"},
       "grid"},
      measure_option("measures of the table", false),
      either_spec("traces", "which traces are kept: all, none, or the first N",
                  {word_spec({"all", "none"}), integer("", 0, 0, 1e9, "how many")})};
}

std::vector<OptionSpec> range_options() {
  return {{"from", Kind::block, "1", 0, -inf, inf, "first value", true, {}, {}},
          {"to", Kind::block, "1", 0, -inf, inf, "last value", true, {}, {}},
          {"count", Kind::integer, "1", 0, 1, most_cases, "how many values, both ends among them", true, {}, {}},
          {"scale",
           Kind::choice,
           "1",
           0,
           0,
           0,
           "steps of equal size, or of equal factors: logarithmic",
           false,
           {"linear", "logarithmic"},
           "linear"}};
}

}  // namespace hillock
