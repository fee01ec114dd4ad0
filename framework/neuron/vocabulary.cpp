#include "neuron/vocabulary.hpp"

#include <limits>
#include <utility>

#include "file/option_specs.hpp"

namespace hillock {
namespace {

constexpr double inf = std::numeric_limits<double>::infinity();

OptionSpec times(std::string name, std::string meaning) {
  return {std::move(name), OptionSpec::Kind::list, "ms", 0, 0, longest_run_ms, std::move(meaning), false, {}, {}};
}

OptionSpec from() { return number_spec("from", "ms", 0, 0, longest_run_ms, "begin, included"); }
OptionSpec to() {
  return number_spec("to", "ms", inf, 0, longest_run_ms, "end, excluded; without it, until the end of the run");
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
  const auto height = [&](const char* name, const char* meaning) {
    return required_spec(name, unit, -1e9, 1e9, meaning);
  };
  if (shape == "constant") return {height("value", "the value")};
  if (shape == "step") return {from(), to(), height("amplitude", "height of the step")};
  if (shape == "pulses")
    return {from(),
            number_spec("every", "ms", inf, 1e-6, longest_run_ms, "from one begin to the next"),
            integer_spec("count", 1, 1, 1e7, "how many"),
            times("at", "begins, in place of from, every and count"),
            required_spec("width", "ms", 1e-6, longest_run_ms, "length of a pulse"),
            height("amplitude", "height of a pulse")};
  if (shape == "ramp")
    return {from(), required_spec("to", "ms", 0, longest_run_ms, "end, excluded"), height("start", "value at from"),
            height("end", "value reached at to")};
  if (shape == "sine")
    return {required_spec("frequency", "Hz", 0, 1e6, "frequency"),
            height("amplitude", "half of what lies between crest and trough"),
            number_spec("offset", unit, 0, -1e9, 1e9, "added throughout"),
            number_spec("phase", "1", 0, -100, 100, "phase at t = 0 in radians")};
  if (shape == "chirp")
    return {from(), required_spec("to", "ms", 0, longest_run_ms, "end, excluded"),
            required_spec("f0", "Hz", 0, 1e6, "frequency at from"),
            required_spec("f1", "Hz", 0, 1e6, "frequency at to"),
            height("amplitude", "half of what lies between crest and trough")};
  if (shape == "noise")
    return {
        number_spec("sigma", unit == "1" ? "sqrt(ms)" : unit + " sqrt(ms)", inf, 0, 1e9,
                    "root of the two-sided spectral density: <x(t) x(s)> = sigma^2 delta(t - s)"),
        number_spec("free_sd", unit, inf, 0, 1e9,
                    "in place of sigma = free_sd sqrt(2 tau): standard deviation of a membrane far from its threshold, "
                    "R free_sd"),
        number_spec("brunel", unit, inf, 0, 1e9, "in place of sigma = brunel sqrt(tau), as Brunel (2000) writes it"),
        number_spec("tau", "ms", inf, 1e-6, longest_run_ms, "time constant of the membrane, with free_sd and brunel")};
  if (shape == "ornstein_uhlenbeck")
    return {number_spec("mean", unit, 0, -1e9, 1e9, "stationary mean"),
            required_spec("sd", unit, 0, 1e9, "stationary standard deviation"),
            required_spec("tau", "ms", 1e-6, longest_run_ms, "correlation time"),
            number_spec("every", "ms", 0.1, 1e-6, longest_run_ms,
                        "from sample to sample, whatever the step of the integrator")};
  return {};
}

OptionSpec input_option() {
  return names_spec("input", "per input of the model a number, a shape, or a list of shapes that are summed",
                    items_spec("input", "",
                               either_spec("", "",
                                           {number_spec("", "U", 0, -1e9, 1e9, "the same value throughout"),
                                            part_spec("", "", "shape")})));
}

std::vector<OptionSpec> simulate_options() {
  std::vector<OptionSpec> crossing = spikes_options("U", 0, 0, true);
  crossing.insert(crossing.begin(), text_spec("of", "v", "the state that crosses"));
  return {
      required_spec("for", "ms", 1e-6, longest_run_ms, "length of the run"),
      either_spec("start",
                  "start values by state, {v: -70 mV}, or `rest`: the equilibrium under the input at the start",
                  {word_spec({"rest"}), names_spec("", "", number_spec("state", "U", 0, -inf, inf, ""))}),
      names_spec("clamp", "states that are held, {w: -0.5}", number_spec("state", "U", 0, -inf, inf, "")),
      items_spec("record", "states, observed numbers (ionic currents) and inputs that are recorded, [v, I_Na, I]",
                 text_spec("", "", "")),
      number_spec("every", "ms", 0, 0, longest_run_ms,
                  "from sample to sample; a multiple of a fixed step; without it, every step"),
      block_spec(
          "spikes",
          "another definition of a spike than the model's, by upward crossings; jumps at resets are no crossings: "
          "{of: v, threshold: 0 mV, rearm: -20 mV}",
          crossing),
      pair_spec("window", "ms", 0, longest_run_ms, "the part of the run that is measured; without it, all of it"),
      integer_spec("trials", 1, 1, most_trials,
                   "the run, or each case of a grid, so many times with noise drawn anew: with the file's seed, the "
                   "next one, and so on")};
}

std::vector<OptionSpec> spikes_options(const std::string& unit, double threshold, double rearm,
                                       bool threshold_required) {
  OptionSpec level = number_spec("threshold", unit, threshold, -1e6, 1e6, "a spike is an upward crossing of this");
  level.required = threshold_required;
  return {level, number_spec("rearm", unit, rearm, -1e6, 1e6, "the next spike counts only after a value below this")};
}

std::vector<OptionSpec> readout_options(const std::string& state_unit, const std::string& unit) {
  std::string scale = state_unit == unit ? "1" : state_unit == "1" ? unit : unit + "/" + state_unit;
  if (state_unit != unit) {  // a division holds for the next term alone: one of mV/ms in mV is mV/mV ms
    for (std::size_t i = unit.size() + 1; i < scale.size(); ++i)
      if (scale[i] == '/') scale[i] = ' ';
      else if (scale[i] == ' ' || scale[i] == '*') scale[i] = '/';
  }
  return {text_spec("of", "v", "the state or observed number that is read out"),
          number_spec("scale", scale, 1, -1e9, 1e9,
                      "factor from the state's unit to " + (unit == "1" ? std::string("none") : unit)),
          number_spec("shift", unit, 0, -1e6, 1e6, "added after scaling"),
          number_spec("series_resistance", "MOhm", 0, 0, 1e4,
                      "of the electrode: adds its voltage drop under the injected current"),
          number_spec("measurement_noise", unit, 0, 0, 1e3, "standard deviation of white noise on every sample")};
}

std::vector<OptionSpec> drive_options(const std::string& input_unit) {
  return {text_spec("of", "I", "the input that is driven"),
          number_spec("gain",
                      input_unit == "pA"  ? "1"
                      : input_unit == "1" ? "1/pA"
                                          : input_unit + "/pA",
                      1, -1e9, 1e9, "per picoampere of the recording"),
          number_spec("shift", input_unit, 0, -1e9, 1e9, "added after scaling")};
}

}  // namespace hillock
