#include "experiment/vocabulary.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "file/option_specs.hpp"
#include "purpose/purpose.hpp"

namespace hillock {

const std::vector<OptionSpec>& top_level() {
  static const std::vector<OptionSpec> all = [] {
    std::vector<OptionSpec> keys = {
        text_spec("title", "", "what the report calls the run"),
        text_spec("source", "", "where the experiment comes from, as doi:..."),
        text_spec("note", "", "a remark for the report"),
        integer_spec("seed", 0, 0, 9007199254740991., "makes every random number of the run"),
        text_spec("base", "", "another file that this one starts from"),
        block_spec("plugins", "a folder of plugins of your own, or a list of them; relative to the file: [build]"),
        block_spec("model", "the neuron: {use: izhikevich, preset: fast_spiking, d: 8}"),
        block_spec("readout", "what is measured: a state, the voltage that a recording would have, or an ionic current",
                   readout_options("U", "mV")),
        block_spec("drive", "from the current of a recording to the model's input", drive_options("U")),
        block_spec("input", "per input of the model a shape, or a list of shapes that are summed"),
        block_spec("integrator", "the numerical scheme: {use: rk4, dt: 0.01 ms}"),
        block_spec("simulate", "the run: how long, from where, what is recorded", simulate_options())};
    for (const PurposeRow& row : purposes())
      if (*row.key) keys.push_back(block_spec(row.key, fmt::format("purpose: {}", row.meaning), row.options()));
    keys.push_back(block_spec("expect", "check: measure -> [low, high]"));
    return keys;
  }();
  return all;
}

namespace {

const OptionSpec* find_in(const std::vector<OptionSpec>& among, std::string_view path, bool at_any_depth) {
  const std::string_view step = path.substr(0, path.find('.'));
  for (const OptionSpec& s : among)
    if (s.name == step) return step.size() == path.size() ? &s : find_in(s.inner, path.substr(step.size() + 1), false);
  for (const OptionSpec& s : among)
    if (const OptionSpec* found = at_any_depth ? find_in(s.inner, path, true) : nullptr) return found;
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

const OptionSpec* find_key(const std::string& path) { return find_in(top_level(), path, true); }

std::vector<OptionSpec> slope_options() {
  return {
      required_spec("slope", "mV/ms", 1e-6, 1e6, "a spike is an upward crossing of this by the slope of the voltage"),
      number_spec("rearm", "mV/ms", 0, -1e6, 1e6, "the next spike counts only after a slope below this")};
}

std::vector<OptionSpec> passive_options() {
  return {block_spec("sweep", "the sweep with the step, by its number; without it, the one that is used"),
          block_spec("window", "where the step is looked for, [from, to]; without it, in all of the sweep")};
}

std::vector<OptionSpec> filter_options() {
  return {required_spec("cutoff", "Hz", 1e-6, 1e7, "frequency at which a sine is halved"),
          integer_spec("order", 2, 1, 12, "of the Butterworth filter, which runs twice")};
}

std::vector<OptionSpec> data_options() {
  return {
      block_spec("file",
                 "the recording, or an experiment (.yaml) whose run is the recording; {voltage: a.ibw, current: b.ibw} "
                 "where each has its own"),
      text_spec("use", "", "the reader, or `simulated`; known from the file's ending if left out"),
      block_spec("sweep",
                 "which sweep, by its number in the file; needed where there are several. A comparison also takes a "
                 "list, [3, 5, 7], or all from one to another, {from: 3, to: 9}: each is a recording of its own, and "
                 "scores are given for each and as their mean"),
      number_spec("holding", "pA", 0, -1e6, 1e6,
                  "added to the current: the holding current, where the file's current is without it"),
      number_spec("junction_potential", "mV", 0, -200, 200,
                  "liquid junction potential, of the bath against the pipette's solution: taken from the recorded "
                  "voltage, V = V recorded - junction_potential (Neher 1992, doi:10.1016/0076-6879(92)07008-C)"),
      block_spec(
          "artefacts",
          "stretches of the voltage that are not used, [[10 ms, 12 ms], [510 ms, 512 ms]]: no spike is found and "
          "nothing is scored there, of data or model; the current stays. Filter and resampling see a straight "
          "line across"),
      block_spec(
          "filter",
          "low pass without delay: {cutoff: 2 kHz, order: 2}, a Butterworth filter of that order run forward and "
          "backward over the sweep: a sine at the cutoff is halved. Beside a sharp step it swings by 3 % of it "
          "on both sides, by 7 % at order 4, which spikes by slope may take for one",
          filter_options()),
      block_spec("window", "the part that is used, [from, to] in the recording's own time"),
      integer_spec("every", 1, 1, 1e6, "takes each n-th sample"),
      number_spec(
          "resample", "ms", 0, 1e-3, 1e3,
          "in place of every: from sample to sample, by band-limited interpolation (a sinc of 32 zero crossings "
          "to each side under a Kaiser window; within 2e-4 below 85 % of half the lower rate); the current "
          "becomes its mean over each interval"),
      block_spec("normalise", "the voltage is mapped so that its extremes become these, [-1, 1]"),
      block_spec("passive",
                 "true, or {sweep: 0, window: [0 ms, 800 ms]}: voltage_base, input resistance, time constant and "
                 "capacitance of the membrane, from the step of the current without spikes in the whole sweep (or in "
                 "another, or in that window) that tells most: long enough for a steady voltage, from the holding "
                 "current, hyperpolarising, large. Hum of the mains, drift and artefacts of spikes are set aside. Time "
                 "constant of the exponential of least squares from 10 to 95 % of the largest deflection, resistance "
                 "from the last tenth of the step and of the stretch before, capacitance their quotient",
                 passive_options()),
      block_spec(
          "spikes",
          "what counts as a spike: {threshold: -10 mV, rearm: -20 mV}, an upward crossing by the voltage, or "
          "{slope: 20 mV/ms, rearm: 0 mV/ms}, by its slope; found before every, resample and normalise, at times "
          "between samples",
          spikes_options("mV", -10, -20, false))};
}

}  // namespace hillock
