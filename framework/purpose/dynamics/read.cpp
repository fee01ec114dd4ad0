// The purpose `dynamics`.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "experiment/reader.hpp"
#include "experiment/vocabulary.hpp"
#include "file/option_specs.hpp"
#include "neuron/signal.hpp"
#include "purpose/dynamics/dynamics.hpp"
#include "purpose/dynamics/measures.hpp"

namespace hillock {
namespace {

constexpr double inf = std::numeric_limits<double>::infinity();

/// Keys of `dynamics` and of its blocks for an input in `unit`.
std::vector<OptionSpec> over_options(const std::string& unit, double low, double high) {
  return {required_spec("from", unit, low, high, "least current"),
          required_spec("to", unit, low, high, "greatest current")};
}

std::vector<OptionSpec> f_i_options(const std::string& unit, double low, double high) {
  return {
      number_spec("from", unit, inf, low, high, "lowest level; without it, that of `over`"),
      number_spec("to", unit, inf, low, high, "highest level; without it, that of `over`"),
      integer_spec("count", 21, 2, 10'000, "levels, evenly spaced"),
      number_spec("each", "ms", inf, 1, longest_run_ms, "how long each level lasts; without it, as long as the run"),
      number_spec("discard", "ms", inf, 0, longest_run_ms,
                  "how long after each change no spike counts; without it, half of each")};
}

std::vector<OptionSpec> impedance_options(const std::string& unit, double high) {
  return {required_spec("f0", "Hz", 0, 1e4, "lowest frequency"), required_spec("f1", "Hz", 0, 1e4, "highest frequency"),
          required_spec("amplitude", unit, 0, high,
                        "half of what lies between crest and trough; small, so that the answer is linear"),
          number_spec("for", "ms", inf, 1e-6, longest_run_ms,
                      "length of the chirp, rounded up to whole turns; without it, that of the run")};
}

std::vector<OptionSpec> dynamics_options(const std::string& unit, double low, double high) {
  return {
      text_spec("of", "I", "the input that is varied; the others stay at their values at t = 0"),
      needed_block_spec("over", "its range, {from: 0, to: 2}", over_options(unit, low, high)),
      number_spec(
          "at", unit, inf, low, high,
          "the current of the table of equilibria, of the phase plane and of the impedance; without it, the input's "
          "own value at t = 0 if that lies within `over`, else its begin"),
      either_spec(
          "f_i",
          "rate against current, up and down: {from: 0, to: 2, count: 21, each: 1000 ms, discard: 500 ms}, or `none`",
          {word_spec({"none"}), block_spec("", "", f_i_options(unit, low, high))}),
      either_spec(
          "phase_plane",
          "of a model of two states: nullclines and a trajectory from the start at `at`: {v: [-80, 30]}, or `none`",
          {word_spec({"none"}), names_spec("", "", pair_spec("state", "U", -1e9, 1e9, "axis"))}),
      block_spec("impedance", "answer to a small chirp around rest at `at`: {f0: 0 Hz, f1: 100 Hz, amplitude: 1}",
                 impedance_options(unit, high))};
}

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// A block that the word `none` leaves out.
bool left_out(const OptionValues& v, const char* name) {
  return v.given(name) && v[name].node.is_scalar() && v[name].node.text == "none";
}

std::string plain(const char* unit) { return std::string_view(unit) == "1" ? std::string() : unit; }

/// The input that is varied, by name.
std::uint32_t varied_input(const Node& block, const NeuronSpec& e) {
  const hk_model& m = e.equations();
  const std::string& id = e.model.plugin->id;
  const Node* of = block.find("of");
  const std::string name = of ? read_text_value(*of, "of") : "I";
  std::vector<std::string> signals;
  for (std::uint32_t k = 0; k < m.n_inputs; ++k)
    if (m.inputs[k].kind == HK_SIGNAL) signals.emplace_back(m.inputs[k].name);
  for (std::uint32_t k = 0; k < m.n_inputs; ++k)
    if (m.inputs[k].kind == HK_SIGNAL && (name == m.inputs[k].name || (!of && signals.size() == 1))) return k;
  throw Error(of ? of->place : block.place, fmt::format("dynamics: model '{}' has no input '{}' to vary", id, name),
              suggest(name, signals));
}

std::size_t moving(const NeuronSpec& e) {
  std::size_t n = 0;
  for (std::uint32_t k = 0; k < e.equations().n_state; ++k) n += (e.simulate.clamped >> k & 1) == 0;
  return n;
}

/// Refuses a stretch that the step does not divide, or that takes too many of them.
void check_length(const char* name, double length_ms, double all_ms, double dt, const Place& place) {
  if (dt <= 0) return;
  if (!is_multiple(length_ms, dt))
    throw Error(place, fmt::format("{} = {} is no multiple of the step, {}", name, with_unit(length_ms, "ms"),
                                   with_unit(dt, "ms")));
  if (all_ms / dt > most_steps)
    throw Error(place,
                fmt::format("dynamics: {} = {} takes {:.3g} steps of {} in all, more than {:.0e}", name,
                            with_unit(length_ms, "ms"), all_ms / dt, with_unit(dt, "ms"), most_steps),
                "take fewer levels, less time or a larger step");
}

/// Reads `dynamics`: see PurposeRow.
std::shared_ptr<const Purpose> read_dynamics(ExperimentReader&, const Node&, const Node& block, Experiment& e) {
  const std::string example = "dynamics: {over: {from: 0, to: 2}}";
  expect_map(block, "dynamics", example);
  const NeuronSpec& neuron = *e.neuron;
  const hk_model& m = neuron.equations();
  const std::string& id = neuron.model.plugin->id;
  if (!neuron.model.plugin->tangent())
    throw Error(block.place,
                fmt::format("dynamics: model '{}' has no derivatives, so its equilibria cannot be followed", id));
  if (neuron.simulate.clamped & 1)
    throw Error(block.place, fmt::format("dynamics: {} is clamped, so no current moves it", m.state[0].name),
                "leave it free");
  if (neuron.simulate.window_ms)
    throw Error(neuron.simulate.place,
                "dynamics: 'window' of 'simulate' says what is measured of a run, and none is here",
                "f_i: {discard: ...} leaves out the begin of each level");
  DynamicsBlock d;
  d.place = block.place;
  d.of = varied_input(block, neuron);
  const char* unit = m.inputs[d.of].unit;
  const double low = m.inputs[d.of].low, high = m.inputs[d.of].high;
  const OptionValues v = read_options(block, dynamics_options(unit, low, high), "dynamics");
  const double dt = neuron.integrator.dt_ms;

  const auto range = [&](const OptionValues& o, const char* what) {
    if (!(o.number("to") > o.number("from")))
      throw Error(o["to"].place, fmt::format("{}: to = {} is not above from = {}", what,
                                             with_unit(o.number("to"), unit), with_unit(o.number("from"), unit)));
  };
  const OptionValues over = read_options(expect_map(v["over"].node, "over", "over: {from: 0, to: 2}"),
                                         over_options(unit, low, high), "'over' of dynamics");
  range(over, "over");
  d.from = over.number("from"), d.to = over.number("to");
  if (v.given("at")) {
    d.at = v.number("at");
    if (d.at < d.from || d.at > d.to)
      throw Error(v["at"].place, fmt::format("dynamics: at = {} lies outside 'over', {} to {}", with_unit(d.at, unit),
                                             with_unit(d.from, unit), with_unit(d.to, unit)));
  } else {
    const bool known = std::all_of(neuron.inputs[d.of].begin(), neuron.inputs[d.of].end(),
                                   [](const ShapeBlock& s) { return s.use != "file" && s.use != "noise"; });
    const Signal own(known ? neuron.inputs[d.of] : std::vector<ShapeBlock>(),
                     SignalContext{dt, neuron.simulate.for_ms, neuron.seed});
    const double value = known ? own.at(0, 0) : d.from;
    d.at = d.from <= value && value <= d.to ? value : d.from;
  }

  Node out = map_node();
  const auto number = [&](double x) { return number_node(x, plain(unit)); };
  put(out, "of", text_node(m.inputs[d.of].name));
  Node inner = map_node();
  put(inner, "from", number(d.from)), put(inner, "to", number(d.to));
  put(out, "over", std::move(inner));
  put(out, "at", number(d.at));

  static const Node nothing = map_node();
  if (left_out(v, "f_i")) {
    put(out, "f_i", text_node("none"));
  } else {
    const Node& node = v.given("f_i") ? expect_map(v["f_i"].node, "f_i", "f_i: {count: 21, each: 1000 ms}") : nothing;
    const OptionValues o = read_options(node, f_i_options(unit, low, high), "'f_i' of dynamics");
    FrequencyCurrentBlock f;
    f.place = v.given("f_i") ? node.place : block.place;
    f.from = o.given("from") ? o.number("from") : d.from, f.to = o.given("to") ? o.number("to") : d.to;
    f.count = static_cast<std::uint32_t>(o.number("count"));
    f.each_ms = o.given("each") ? o.number("each") : neuron.simulate.for_ms;
    f.discard_ms = o.given("discard") ? o.number("discard") : 0.5 * f.each_ms;
    if (!(f.to > f.from))
      throw Error(f.place,
                  fmt::format("f_i: to = {} is not above from = {}", with_unit(f.to, unit), with_unit(f.from, unit)));
    if (f.discard_ms >= f.each_ms)
      throw Error(o.given("discard") ? o["discard"].place : f.place,
                  fmt::format("discard = {} leaves nothing of each level, {}", with_unit(f.discard_ms, "ms"),
                              with_unit(f.each_ms, "ms")));
    check_length("each", f.each_ms, 2 * f.count * f.each_ms, dt, o.given("each") ? o["each"].place : f.place);
    inner = map_node();
    put(inner, "from", number(f.from)), put(inner, "to", number(f.to)), put(inner, "count", number_node(f.count));
    put(inner, "each", number_node(f.each_ms, "ms")), put(inner, "discard", number_node(f.discard_ms, "ms"));
    put(out, "f_i", std::move(inner));
    d.f_i = std::move(f);
  }

  const std::size_t n = moving(neuron);
  if (left_out(v, "phase_plane")) {
    put(out, "phase_plane", text_node("none"));
  } else if (v.given("phase_plane") || n == 2) {
    if (n != 2)
      throw Error(v["phase_plane"].place,
                  fmt::format("a phase plane has two states that move, model '{}' has {}", id, n),
                  n > 2 ? "clamp the others, or leave it out" : "leave it out");
    const Node& node = v.given("phase_plane")
                           ? expect_map(v["phase_plane"].node, "phase_plane", "phase_plane: {v: [-80, 30]}")
                           : nothing;
    std::vector<std::string> names;
    std::vector<std::uint32_t> states;
    for (std::uint32_t k = 0; k < m.n_state; ++k)
      if (!(neuron.simulate.clamped >> k & 1)) names.emplace_back(m.state[k].name), states.push_back(k);
    refuse_unknown_keys(node, names, fmt::format("the phase plane of model '{}'", id), "axis");
    PhasePlaneBlock p;
    inner = map_node();
    for (std::size_t i = 0; i < 2; ++i) {
      const Node* list = node.find(names[i]);
      p.range.emplace_back(nan, nan);
      if (!list) continue;
      if (!list->is_list() || list->items.size() != 2)
        throw Error(list->place, fmt::format("the axis '{}' is a list of two numbers, [from, to]", names[i]));
      const char* of = m.state[states[i]].unit;
      const double begin = read_number(list->items[0], names[i], of, -1e9, 1e9, "phase_plane"),
                   end = read_number(list->items[1], names[i], of, -1e9, 1e9, "phase_plane");
      if (!(end > begin))
        throw Error(list->items[1].place, fmt::format("the axis '{}' ends at {}, not above {}", names[i],
                                                      with_unit(end, of), with_unit(begin, of)));
      p.range.back() = {begin, end};
      put(inner, names[i], list_node({number_node(begin, plain(of)), number_node(end, plain(of))}, true));
    }
    put(out, "phase_plane", std::move(inner));
    d.phase_plane = std::move(p);
  }

  if (v.given("impedance")) {
    const Node& node = expect_map(v["impedance"].node, "impedance", "impedance: {f0: 0 Hz, f1: 100 Hz, amplitude: 1}");
    const OptionValues o = read_options(node, impedance_options(unit, high), "'impedance' of dynamics");
    ImpedanceBlock z{o.number("f0"), o.number("f1"), o.number("amplitude"),
                     o.given("for") ? o.number("for") : neuron.simulate.for_ms};
    if (!(z.amplitude > 0))
      throw Error(o["amplitude"].place, fmt::format("a chirp of amplitude {} moves nothing", with_unit(0, unit)));
    if (d.at - z.amplitude < low || d.at + z.amplitude > high)
      throw Error(
          o["amplitude"].place,
          fmt::format("a chirp of {} about at = {} leaves the range of '{}', {} to {}", with_unit(z.amplitude, unit),
                      with_unit(d.at, unit), m.inputs[d.of].name, fmt::format("{:.10g}", low), with_unit(high, unit)),
          "take a smaller amplitude");
    if (!(z.f1_hz > z.f0_hz))
      throw Error(o["f1"].place, fmt::format("the chirp runs up: f1 = {} is not above f0 = {}",
                                             with_unit(z.f1_hz, "Hz"), with_unit(z.f0_hz, "Hz")));
    if (dt > 0 && z.f1_hz * dt > 50)  // twenty steps a period: rk4 is then right to five digits
      throw Error(o["f1"].place,
                  fmt::format("f1 = {} has fewer than 20 steps of {} in a period", with_unit(z.f1_hz, "Hz"),
                              with_unit(dt, "ms")),
                  "take a smaller step, or a lower frequency");
    const double turns = z.for_ms * (z.f0_hz + z.f1_hz) / 2000;
    if (turns < 10)
      throw Error(o.given("for") ? o["for"].place : node.place,
                  fmt::format("a chirp of {} makes {:.3g} turns from {} to {}, too few to tell frequencies apart",
                              with_unit(z.for_ms, "ms"), turns, with_unit(z.f0_hz, "Hz"), with_unit(z.f1_hz, "Hz")),
                  "ten are needed: make it longer");
    check_length("for", dt > 0 ? std::ceil(z.for_ms / dt) * dt : z.for_ms, z.for_ms, dt, node.place);
    inner = map_node();
    put(inner, "f0", number_node(z.f0_hz, "Hz")), put(inner, "f1", number_node(z.f1_hz, "Hz"));
    put(inner, "amplitude", number(z.amplitude)), put(inner, "for", number_node(z.for_ms, "ms"));
    put(out, "impedance", std::move(inner));
    d.impedance = z;
  }
  put(e.resolved, "dynamics", std::move(out));
  return std::make_shared<const Dynamics>(std::move(d));
}

std::vector<OptionSpec> options_of_any() { return dynamics_options("U", -1e9, 1e9); }

std::vector<FoundValue> found() {
  std::vector<FoundValue> rows;
  for (const DynamicsMeasure& m : dynamics_measures()) rows.push_back({m.name, m.meaning, m.list});
  return rows;
}

}  // namespace

const PurposeRow dynamics_purpose = {
    "dynamics", "what a model does under constant inputs", false, read_dynamics, options_of_any, found};

Expectable Dynamics::expectable(const Experiment& e) const {
  Expectable can;
  can.has_measures = false;
  const hk_model& m = e.neuron->equations();
  for (const DynamicsMeasure& each : dynamics_measures())
    can.own.push_back({each.name, unit_of(each, m.state[0].unit, m.inputs[block.of].unit), each.list});
  return can;
}

}  // namespace hillock
