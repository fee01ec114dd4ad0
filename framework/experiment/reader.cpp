#include "experiment/reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "experiment/vocabulary.hpp"
#include "util/units.hpp"

namespace hillock {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

bool is_shape(const std::string& name) {
  const auto& all = shapes();
  return std::any_of(all.begin(), all.end(), [&](const ShapeInfo& info) { return info.name == name; });
}

std::vector<std::string> names(const hk_field* fields, std::uint32_t n) {
  std::vector<std::string> all;
  for (std::uint32_t k = 0; k < n; ++k) all.emplace_back(fields[k].name);
  return all;
}

/// Names of what can be recorded of a model besides its inputs, in the order of `recordable`.
std::vector<std::string> recordable_names(const hk_model& m) {
  std::vector<std::string> all = names(m.state, m.n_state);
  for (std::uint32_t k = 0; k < m.n_observed; ++k) all.emplace_back(m.observed[k].name);
  return all;
}

/// Index of a field by name; `what` is "state" or "input".
std::uint32_t field_index(const Node& at, const std::string& name, const hk_field* fields, std::uint32_t n,
                          const std::string& model, std::string_view what) {
  for (std::uint32_t k = 0; k < n; ++k)
    if (name == fields[k].name) return k;
  throw Error(at.place, fmt::format("model '{}' has no {} '{}'", model, what, name), suggest(name, names(fields, n)));
}

/// What to take in the place of a length that is no whole number of steps.
std::string near_multiple(double length_ms, double step_ms) {
  const double near = std::max(1.0, std::round(length_ms / step_ms)) * step_ms;
  return fmt::format("take {}, or a step that divides it", with_unit(std::stod(fmt::format("{:.10g}", near)), "ms"));
}

/// The field of a model by name; null if it has none.
const hk_field* field_of(const hk_field* fields, std::uint32_t n, std::string_view name) {
  for (std::uint32_t k = 0; k < n; ++k)
    if (name == fields[k].name) return &fields[k];
  return nullptr;
}

/// The model that a number was written for, if another has taken its place.
const hk_model* written_for(const Node& node) {
  if (node.written_for.empty()) return nullptr;
  return &Plugins::instance().load(node.written_for, HK_ROLE_MODEL, node.place).model();
}

/// Refuses a bare number that was in another unit for the model that it was written for.
void refuse_other_unit(const Node& node, std::string_view name, std::string_view then, std::string_view now,
                       const std::string& model) {
  if (node.is_list())
    for (const Node& item : node.items) refuse_other_unit(item, name, then, now, model);
  if (node.written_for.empty() || then == now || !node.is_scalar() || node.quoted) return;
  const auto quantity = parse_quantity(node.text);
  if (!quantity || !quantity->unit.empty() || quantity->value == 0) return;
  const auto shown = [](std::string_view unit) {
    return unit == "1" ? std::string("without a unit") : "in " + std::string(unit);
  };
  throw Error(node.place,
              fmt::format("'{}' = {} was written for model '{}', {}; model '{}' takes it {}", name, node.text,
                          node.written_for, shown(then), model, shown(now)),
              now == "1" ? "give it anew for this model" : fmt::format("give it anew for this model, in {}", now));
}

/// The same of all numbers of a block whose unit followed from that of a field.
void refuse_other_units(const Node& block, const std::vector<OptionSpec>& then, const std::vector<OptionSpec>& now,
                        const std::string& model) {
  if (block.written_for.empty()) return;
  for (const OptionSpec& s : now)
    for (const OptionSpec& t : then)
      if (const Node* node = t.name == s.name ? block.find(s.name) : nullptr)
        refuse_other_unit(*node, s.name, t.unit, s.unit, model);
}

std::string in_words(std::string_view unit) { return unit == "1" ? "without a unit" : fmt::format("in {}", unit); }

}  // namespace

bool is_multiple(double length, double step) {
  const double n = length / step;
  return std::abs(n - std::round(n)) < 1e-6 && std::round(n) >= 1;
}

std::vector<std::string> names_of(const std::vector<OptionSpec>& specs) {
  std::vector<std::string> all;
  for (const OptionSpec& s : specs) all.push_back(s.name.substr(0, s.name.find('.')));
  return all;
}

const Node& use_of(const Node& block, const std::string& what, const std::string& example) {
  const Node* use = expect_map(block, what, example).find("use");
  if (!use) throw Error(block.place, fmt::format("'{}' needs 'use'", what), fmt::format("for example {}", example));
  if (!use->is_scalar())
    throw Error(use->place, fmt::format("'use' of '{}' is one name, not {}", what,
                                        use->is_list()  ? "a list"
                                        : use->is_map() ? "a map"
                                                        : "nothing"));
  return *use;
}

void ExperimentReader::texts(const Node& tree, Experiment& e) const {
  e.path = path_;
  e.resolved = map_node();
  for (const auto& [key, to] : {std::pair{"title", &e.title}, {"source", &e.source}, {"note", &e.note}})
    if (const Node* node = tree.find(key)) {
      *to = read_text_value(*node, key);
      put(e.resolved, key, text_node(*to));
    }
  if (std::vector<Node> folders = plugin_folders(tree); !folders.empty())
    put(e.resolved, "plugins", list_node(std::move(folders)));
  e.seed = seed(tree);
  put(e.resolved, "seed", number_node(static_cast<double>(e.seed)));
}

std::vector<Node> ExperimentReader::plugin_folders(const Node& tree) {
  std::vector<Node> out;
  const Node* written = tree.find("plugins");
  if (!written) return out;
  const std::vector<std::string> names = read_texts(*written, "plugins");
  for (std::size_t k = 0; k < names.size(); ++k) {
    const Place& place = written->is_list() ? written->items[k].place : written->place;
    const std::filesystem::path folder =
        std::filesystem::absolute((place.source ? place.source->folder : "") / std::filesystem::path(names[k]))
            .lexically_normal();
    std::error_code error;
    if (!std::filesystem::is_directory(folder, error))
      throw Error(place, fmt::format("'{}' is no folder of plugins", names[k]),
                  "name the folder that holds the plugin's library, and build it first");
    Plugins::instance().add(folder);
    out.push_back(text_node(folder.string()));
  }
  return out;
}

std::uint64_t ExperimentReader::seed(const Node& tree) const {
  const Node* node = tree.find("seed");
  return node ? static_cast<std::uint64_t>(read_integer(*node, "seed", 0, 9007199254740991., "an experiment")) : 0;
}

NeuronSpec ExperimentReader::parts(const Node& tree, const Use& use) {
  NeuronSpec e;
  plugin_folders(tree);
  e.seed = seed(tree);
  const Node* block = tree.find("model");
  if (!block) throw Error(tree.place, "there is no 'model'", "for example model: {use: izhikevich}");
  e.model = model(*block);
  block = tree.find("integrator");
  if (!block)
    throw Error(tree.place, "there is no 'integrator': results depend on it, so it is always named",
                "for example integrator: {use: rk4, dt: 0.01 ms}");
  e.integrator = integrator(*block);
  block = tree.find("simulate");
  if (!block && !use.recorded)
    throw Error(tree.place, "there is no 'simulate'", "for example simulate: {for: 1000 ms}");
  e.simulate = simulate(block, e, tree.place, use);
  maps(tree, e, use);
  inputs(tree, e, use);
  return e;
}

ModelBlock ExperimentReader::model(const Node& block) const {
  const Node& use = use_of(block, "model", "model: {use: izhikevich}");
  ModelBlock m;
  m.plugin = &Plugins::instance().load(use.text, HK_ROLE_MODEL, use.place);
  m.place = block.place;
  const hk_model& eq = m.plugin->model();
  const std::string owner = fmt::format("model '{}'", m.plugin->id);
  for (const Node::Entry& e : block.entries) {  // a state or an input among the parameters is a likely mistake
    const auto is = [&](const hk_field* f, std::uint32_t n) {
      return std::any_of(f, f + n, [&](const hk_field& x) { return e.key == x.name; });
    };
    if (is(eq.params, eq.n_params)) continue;
    if (is(eq.state, eq.n_state))
      throw Error(e.place, fmt::format("'{}' is a state of {}, not a parameter", e.key, owner),
                  fmt::format("its start: simulate: {{start: {{{}: ...}}}}", e.key));
    if (is(eq.inputs, eq.n_inputs))
      throw Error(e.place, fmt::format("'{}' is an input of {}, not a parameter", e.key, owner),
                  fmt::format("input: {{{}: ...}}", e.key));
  }
  for (std::uint32_t k = 0; k < eq.n_params; ++k) m.params.push_back(eq.params[k].value);
  m.start.assign(eq.n_state, nan);
  if (const Node* preset = block.find("preset")) {
    m.preset = read_text_value(*preset, "preset");
    std::vector<std::string> known;
    const hk_preset* found = nullptr;
    for (std::uint32_t i = 0; i < eq.n_presets; ++i) {
      known.emplace_back(eq.presets[i].name);
      if (m.preset == eq.presets[i].name) found = &eq.presets[i];
    }
    if (!found)
      throw Error(preset->place, fmt::format("{} has no preset '{}'", owner, m.preset), suggest(m.preset, known));
    for (std::uint32_t k = 0; k < eq.n_params; ++k)
      if (!std::isnan(found->params[k])) m.params[k] = found->params[k];
    for (std::uint32_t k = 0; k < eq.n_state; ++k) m.start[k] = found->start[k];
  }
  std::vector<OptionSpec> specs;
  for (std::uint32_t k = 0; k < eq.n_params; ++k) {
    const hk_field& f = eq.params[k];
    specs.push_back({f.name, OptionSpec::Kind::number, f.unit, m.params[k], f.low, f.high, f.meaning, false, {}, {}});
  }
  const OptionValues values = read_options(block, specs, owner, {"use", "preset"}, "parameter");
  for (std::uint32_t k = 0; k < eq.n_params; ++k) m.params[k] = values.values()[k].number;
  return m;
}

IntegratorBlock ExperimentReader::integrator(const Node& block) const {
  const Node& use = use_of(block, "integrator", "integrator: {use: rk4, dt: 0.01 ms}");
  IntegratorBlock i;
  i.plugin = &Plugins::instance().load(use.text, HK_ROLE_INTEGRATOR, use.place);
  i.place = block.place;
  const hk_integrator& face = i.plugin->integrator();
  i.options = read_options(block, specs_of(face.options, face.n_options, face.option_size),
                           fmt::format("integrator '{}'", i.plugin->id), {"use"});
  if (face.flags & HK_FIXED_STEP) i.dt_ms = i.options.number("dt");
  return i;
}

SimulateBlock ExperimentReader::simulate(const Node* block, const NeuronSpec& e, const Place& otherwise,
                                         const Use& use) const {
  const hk_model& m = e.equations();
  const std::string& id = e.model.plugin->id;
  SimulateBlock s;
  static const Node nothing = map_node();
  s.place = block ? block->place : otherwise;
  std::vector<OptionSpec> specs = simulate_options();
  if (use.recorded) specs[0].required = false;  // `for` is the length of the recording
  const OptionValues v =
      read_options(block ? expect_map(*block, "simulate", "simulate: {for: 1000 ms}") : nothing, specs, "simulate");
  if (v.number("trials") > 1)  // where several are good they are a sweep by now
    throw Error(v["trials"].place, "'trials' repeats a run, and here it has to be a single one", "leave it out");
  s.for_ms = v.number("for");
  s.every_ms = v.number("every");
  s.start = e.model.start, s.clamp.assign(m.n_state, nan);
  const double dt = e.integrator.dt_ms;
  if (v.given("for") && dt > 0 && !is_multiple(s.for_ms, dt))
    throw Error(v["for"].place,
                fmt::format("for = {} is no multiple of the step, {}", with_unit(s.for_ms, "ms"), with_unit(dt, "ms")),
                near_multiple(s.for_ms, dt));
  if (v.given("every")) {
    if (!(s.every_ms > 0)) throw Error(v["every"].place, "every = 0 ms: the time from sample to sample is above 0");
    if (dt > 0 && !is_multiple(s.every_ms, dt))
      throw Error(
          v["every"].place,
          fmt::format("every = {} is no multiple of the step, {}", with_unit(s.every_ms, "ms"), with_unit(dt, "ms")),
          near_multiple(s.every_ms, dt));
    if (v.given("for") && s.every_ms > s.for_ms)
      throw Error(v["every"].place, fmt::format("every = {} is longer than the run, {}", with_unit(s.every_ms, "ms"),
                                                with_unit(s.for_ms, "ms")));
  } else if (dt > 0) {
    s.every_ms = dt;
  } else if (!use.recorded) {
    s.every_ms = 0.1;
  }
  if (v.given("for") && dt > 0 && s.for_ms / dt > most_steps)
    throw Error(v["for"].place,
                fmt::format("for = {} takes {:.3g} steps of {}, more than {:.0e}", with_unit(s.for_ms, "ms"),
                            s.for_ms / dt, with_unit(dt, "ms"), most_steps),
                "take a shorter run or a larger step");
  if (v.given("for") && s.for_ms / s.every_ms > most_samples)
    throw Error(
        v[v.given("every") ? "every" : "for"].place,
        fmt::format("a sample each {} makes {:.3g} of them in {}, more than {:.0e}", with_unit(s.every_ms, "ms"),
                    s.for_ms / s.every_ms, with_unit(s.for_ms, "ms"), most_samples),
        v.given("every") ? "take a larger 'every'" : "record fewer: every: 1 ms");
  const auto state_value = [&](const Node::Entry& entry, std::vector<double>& into) {
    const std::uint32_t k = field_index(Node{Node::Kind::scalar, {}, false, entry.place, {}, {}}, entry.key, m.state,
                                        m.n_state, id, "state");
    if (const hk_model* before = written_for(entry.value))
      if (const hk_field* f = field_of(before->state, before->n_state, entry.key))
        refuse_other_unit(entry.value, entry.key, f->unit, m.state[k].unit, id);
    into[k] = read_number(entry.value, entry.key, m.state[k].unit, m.state[k].low, m.state[k].high,
                          fmt::format("model '{}'", id));
    return k;
  };
  if (v.given("start")) {
    const Node& start = v["start"].node;
    if (start.is_scalar() && start.text == "rest") {
      s.rest = true, s.start_place = start.place;
      s.start.assign(m.n_state, nan);
    } else {
      if (!start.is_map())
        throw Error(start.place, "'start' is a map of states, or the word 'rest'", "for example start: {v: -70 mV}");
      for (const Node::Entry& entry : start.entries) state_value(entry, s.start);
    }
  }
  if (v.given("clamp"))
    for (const Node::Entry& entry : expect_map(v["clamp"].node, "clamp", "clamp: {w: -0.5}").entries)
      s.clamped |= std::uint64_t{1} << state_value(entry, s.clamp);
  if (v.given("record")) {
    const Node& record = v["record"].node;
    const std::vector<std::string> of_model = recordable_names(m), inputs = names(m.inputs, m.n_inputs);
    const std::vector<std::string> wanted = read_texts(record, "record");
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const Node& at = record.is_list() ? record.items[i] : record;
      const std::string& name = wanted[i];
      if (std::find(wanted.begin(), wanted.begin() + static_cast<std::ptrdiff_t>(i), name) - wanted.begin() !=
          static_cast<std::ptrdiff_t>(i))
        throw Error(at.place, fmt::format("'{}' is recorded twice", name));
      const auto own = std::find(of_model.begin(), of_model.end(), name),
                 input = std::find(inputs.begin(), inputs.end(), name);
      if (own != of_model.end()) {
        s.record.push_back(static_cast<std::uint32_t>(own - of_model.begin()));
      } else if (input != inputs.end()) {
        s.record_inputs.push_back(static_cast<std::uint32_t>(input - inputs.begin()));
      } else {
        std::vector<std::string> known = of_model;
        known.insert(known.end(), inputs.begin(), inputs.end());
        throw Error(at.place,
                    fmt::format("model '{}' has no {} '{}'", id,
                                m.n_observed > 0 ? "state, observed number or input" : "state or input", name),
                    suggest(name, known));
      }
    }
  } else {
    s.record = {0};
  }
  if (v.given("spikes")) {
    const Node& spikes = expect_map(v["spikes"].node, "spikes", "spikes: {of: v, threshold: 0 mV}");
    SpikeBlock b;
    if (const Node* of = spikes.find("of"))
      b.state = field_index(*of, read_text_value(*of, "of"), m.state, m.n_state, id, "state");
    const std::vector<OptionSpec> level = spikes_options(m.state[b.state].unit, 0, 0, true);
    if (const hk_model* before = written_for(spikes))
      if (const hk_field* f = field_of(before->state, before->n_state, m.state[b.state].name))
        refuse_other_units(spikes, spikes_options(f->unit, 0, 0, true), level, id);
    const OptionValues o = read_options(spikes, level, "spikes", {"of"});
    b.threshold = o.number("threshold");
    // as for recordings, where the unit is theirs
    b.rearm =
        o.given("rearm") ? o.number("rearm") : b.threshold - (std::string_view(m.state[b.state].unit) == "mV" ? 10 : 0);
    if (b.rearm > b.threshold)
      throw Error(o["rearm"].place,
                  fmt::format("rearm = {} is above the threshold, {}", with_unit(b.rearm, m.state[b.state].unit),
                              with_unit(b.threshold, m.state[b.state].unit)),
                  "the trace has to fall below rearm before the next spike");
    s.spikes = b;
  }
  if (v.given("window")) {
    const Node& window = v["window"].node;
    if (use.recorded)
      throw Error(window.place, "under 'compare' what is measured is what is used of the recording",
                  "data: {window: [from, to]} takes a part of it");
    s.window_ms = read_pair(window, "window", "ms", "simulate");
    if (s.window_ms->first < 0 || s.window_ms->second > s.for_ms)
      throw Error(window.place,
                  fmt::format("the window from {:.10g} to {:.10g} ms reaches out of the run, which lasts {:.10g} ms",
                              s.window_ms->first, s.window_ms->second, s.for_ms),
                  "make the run longer, or the window narrower");
  }
  return s;
}

void ExperimentReader::maps(const Node& tree, NeuronSpec& e, const Use& use) const {
  const hk_model& m = e.equations();
  const std::string& id = e.model.plugin->id;
  const bool in_units = use.recorded || use.makes_recording;
  ReadoutBlock& r = e.readout;
  const Node* block = tree.find("readout");
  if (block) {
    expect_map(*block, "readout", "readout: {of: v, scale: 38 mV, shift: -17 mV}");
    if (const Node* of = block->find("of")) {
      const std::vector<std::string> known = recordable_names(m);
      const std::string name = read_text_value(*of, "of");
      const auto found = std::find(known.begin(), known.end(), name);
      if (found == known.end())
        throw Error(
            of->place,
            fmt::format("model '{}' has no {} '{}'", id, m.n_observed > 0 ? "state or observed number" : "state", name),
            suggest(name, known));
      r.of = static_cast<std::uint32_t>(found - known.begin());
    }
    r.given = true;
  }
  const std::string state_unit = recordable(m, r.of).unit;
  const auto scale = convert(1, state_unit, use.voltage_unit);
  const std::string recording =
      use.voltage_unit == "1" ? "the recording is normalised" : fmt::format("a recording is in {}", use.voltage_unit);
  r.scale = scale.value_or(1);
  r.unit = state_unit;
  // an observed current is no potential: outside recordings it is read out in its own unit
  const bool own_unit = !in_units && !scale && r.of >= m.n_state && state_unit != "1";
  if (block) {
    const OptionValues v =
        read_options(*block, readout_options(state_unit, own_unit ? state_unit : use.voltage_unit), "readout");
    if (v.given("scale")) r.scale = v.number("scale");
    r.shift_mV = v.number("shift"), r.series_MOhm = v.number("series_resistance"),
    r.noise_mV = v.number("measurement_noise");
    const bool in_mV = !own_unit && (v.given("shift") || v.given("series_resistance") || v.given("measurement_noise"));
    if (!own_unit && (v.given("scale") || in_mV)) r.unit = use.voltage_unit;
    if (own_unit && r.series_MOhm > 0)
      throw Error(v["series_resistance"].place,
                  fmt::format("series_resistance adds a voltage, and model '{}' has {} {}", id,
                              recordable(m, r.of).name, in_words(state_unit)),
                  "leave it out");
    if (r.series_MOhm > 0 && use.voltage_unit == "1")
      throw Error(v["series_resistance"].place, "series_resistance has no meaning for a normalised recording",
                  "leave out 'normalise' of the data, or this");
    if ((in_units || in_mV) && !scale && !v.given("scale"))
      throw Error(block->place, fmt::format("model '{}' has {} {}, {}: readout needs 'scale'", id,
                                            recordable(m, r.of).name, in_words(state_unit), recording));
  } else if (in_units && !scale) {
    throw Error(e.model.place, fmt::format("model '{}' has its potential {}, {}", id, in_words(state_unit), recording),
                "say how to read it out: readout: {of: v, scale: ..., shift: ...}");
  }
  if (in_units) r.unit = use.voltage_unit;

  DriveBlock& d = e.drive;
  block = tree.find("drive");
  d.place = block ? block->place : e.model.place;
  if (block) {
    expect_map(*block, "drive", "drive: {of: I, gain: 0.04}");
    if (m.n_inputs == 0) throw Error(block->place, fmt::format("model '{}' has no input to drive", id));
    const auto inputs = names(m.inputs, m.n_inputs);
    if (const Node* of = block->find("of"))
      d.of = field_index(*of, read_text_value(*of, "of"), m.inputs, m.n_inputs, id, "input");
    else
      d.of = static_cast<std::uint32_t>(
          std::min<std::ptrdiff_t>(std::find(inputs.begin(), inputs.end(), "I") - inputs.begin(), m.n_inputs - 1));
    if (const hk_model* before = written_for(*block))
      if (const hk_field* f = field_of(before->inputs, before->n_inputs, m.inputs[d.of].name))
        refuse_other_units(*block, drive_options(f->unit), drive_options(m.inputs[d.of].unit), id);
    const OptionValues v = read_options(*block, drive_options(m.inputs[d.of].unit), "drive");
    d.gain = v.number("gain"), d.shift = v.number("shift"), d.given = true;
    if (!v.given("gain")) {
      const auto gain = convert(1, "pA", m.inputs[d.of].unit);
      if (gain) d.gain = *gain;
      else if (in_units || r.series_MOhm > 0)
        throw Error(block->place, fmt::format("model '{}' has {} {}, the recorded current is in pA: drive needs 'gain'",
                                              id, m.inputs[d.of].name, in_words(m.inputs[d.of].unit)));
    }
    if (d.gain == 0 && (use.makes_recording || e.readout.series_MOhm > 0))
      throw Error(block->place, "gain = 0 cannot be turned round to give the current of a recording");
  } else if (in_units || r.series_MOhm > 0) {
    if (m.n_inputs == 0)
      throw Error(e.model.place, fmt::format("model '{}' has no input that a recorded current could drive", id));
    const auto inputs = names(m.inputs, m.n_inputs);
    const auto I = std::find(inputs.begin(), inputs.end(), "I");
    d.of = I == inputs.end() ? 0 : static_cast<std::uint32_t>(I - inputs.begin());
    const auto gain = convert(1, "pA", m.inputs[d.of].unit);
    if (!gain && !in_units)
      throw Error(tree.find("readout")->place,
                  fmt::format("series_resistance needs the injected current in pA, model '{}' has {} {}", id,
                              m.inputs[d.of].name, in_words(m.inputs[d.of].unit)),
                  "say how one becomes the other: drive: {of: I, gain: ...}");
    if (!gain)
      throw Error(e.model.place,
                  fmt::format("model '{}' takes {} {}, a recording's current is in pA", id, m.inputs[d.of].name,
                              in_words(m.inputs[d.of].unit)),
                  "say how one becomes the other: drive: {of: I, gain: ...}");
    d.gain = *gain;
  }
}

void ExperimentReader::inputs(const Node& tree, NeuronSpec& e, const Use& use) {
  const hk_model& m = e.equations();
  const std::string& id = e.model.plugin->id;
  e.inputs.assign(m.n_inputs, {});
  const Node* block = tree.find("input");
  if (!block) return;
  for (const Node::Entry& entry :
       expect_map(*block, "input", "input: {I: {use: step, from: 100 ms, amplitude: 10}}").entries) {
    const std::uint32_t k = field_index(Node{Node::Kind::scalar, {}, false, entry.place, {}, {}}, entry.key, m.inputs,
                                        m.n_inputs, id, "input");
    if (m.inputs[k].kind == HK_DRAW)
      throw Error(entry.place, fmt::format("'{}' of model '{}' is drawn by chance at each spike and cannot be given",
                                           entry.key, id));
    if (use.recorded && k == e.drive.of)
      throw Error(entry.place, fmt::format("under 'compare' the recorded current is the input '{}'", entry.key),
                  "leave it out; drive: {gain: ...} scales it");
    const std::string path = "input." + entry.key;
    if (const hk_model* before = written_for(entry.value))
      if (const hk_field* f = field_of(before->inputs, before->n_inputs, entry.key)) {
        const auto refuse = [&](const Node& term) {
          const Node* shape = term.find("use");
          if (term.is_scalar()) refuse_other_unit(term, path, f->unit, m.inputs[k].unit, id);
          else if (shape && shape->is_scalar() && is_shape(shape->text) && shape->text != "file")
            refuse_other_units(term, shape_options(shape->text, f->unit), shape_options(shape->text, m.inputs[k].unit),
                               id);
        };
        if (entry.value.is_list()) std::for_each(entry.value.items.begin(), entry.value.items.end(), refuse);
        else refuse(entry.value);
      }
    const Node* drive = k == e.drive.of ? tree.find("drive") : nullptr;
    const bool driven = drive && drive->find("gain");
    if (entry.value.is_list())
      for (std::size_t i = 0; i < entry.value.items.size(); ++i)
        e.inputs[k].push_back(shape(entry.value.items[i], m.inputs[k].unit, fmt::format("{}.{}", path, i), driven));
    else e.inputs[k].push_back(shape(entry.value, m.inputs[k].unit, path, driven));
    for (const ShapeBlock& s : e.inputs[k]) {
      if (s.use == "noise" && e.integrator.dt_ms == 0)
        throw Error(s.place,
                    fmt::format("noise is drawn per step of a fixed-step scheme, and '{}' chooses its steps by itself",
                                e.integrator.plugin->id),
                    "use ornstein_uhlenbeck, which has samples of its own");
      if (s.use == "file" || use.recorded) continue;
      const double dt = e.integrator.dt_ms;
      const bool pulses = s.options.declares("width"), ends = s.options.declares("to");
      const double length = pulses ? s.options.number("width")
                            : ends ? s.options.number("to") - s.options.number("from")
                                   : std::numeric_limits<double>::infinity();
      if (length < dt * (1 - 1e-6))
        throw Error(s.options[pulses ? "width" : "to"].place,
                    fmt::format("shape '{}': {} is shorter than a step, {}, and could fall between two", s.use,
                                with_unit(length, "ms"), with_unit(dt, "ms")),
                    "take a smaller step");
      const double for_ms = e.simulate.for_ms;
      const bool listed = s.options.declares("at") && s.options.given("at");
      const double begin = listed ? s.options["at"].list[0] : s.options.declares("from") ? s.options.number("from") : 0;
      if (begin >= for_ms)
        throw Error(listed ? s.options["at"].node.items[0].place : s.options["from"].place,
                    fmt::format("shape '{}' begins at {}, after the end of the run at {}", s.use,
                                with_unit(begin, "ms"), with_unit(for_ms, "ms")),
                    "make the run longer, or begin earlier");
      const auto within_run = [&](double pulse, const Place& place, const char* remedy) {
        if (pulse >= for_ms)
          throw Error(place,
                      fmt::format("shape '{}': the pulse at {} begins after the end of the run at {}", s.use,
                                  with_unit(pulse, "ms"), with_unit(for_ms, "ms")),
                      remedy);
      };
      if (listed)
        for (std::size_t i = 1; i < s.options["at"].list.size(); ++i)
          within_run(s.options["at"].list[i], s.options["at"].node.items[i].place,
                     "make the run longer, or leave this pulse out");
      else if (pulses && s.options.number("count") > 1)
        within_run(begin + (s.options.number("count") - 1) * s.options.number("every"), s.options["count"].place,
                   "make the run longer, or take fewer pulses");
      if (s.use == "ornstein_uhlenbeck" && for_ms / s.options.number("every") > most_samples)
        throw Error(s.options["every"].place,
                    fmt::format("ornstein_uhlenbeck takes {:.3g} samples in {}, more than {:.0e}",
                                for_ms / s.options.number("every"), with_unit(for_ms, "ms"), most_samples),
                    "take a larger 'every'");
    }
  }
}

ShapeBlock ExperimentReader::shape(const Node& node, const std::string& unit, const std::string& path, bool driven) {
  ShapeBlock s;
  s.path = path, s.place = node.place;
  if (node.is_scalar()) {  // a bare number is a constant
    if (!node.quoted && !node.text.empty() && std::isalpha(static_cast<unsigned char>(node.text[0])))
      throw Error(node.place, fmt::format("'{}' is a number or a shape with its options, not '{}'", path, node.text),
                  "for example I: {use: step, from: 100 ms, amplitude: 10}");
    Node block = map_node();
    block.place = node.place;
    put(block, "value", node);
    s.use = "constant";
    s.options = read_options(block, shape_options("constant", unit), "shape 'constant'");
    return s;
  }
  const Node& use = use_of(node, path, "I: {use: step, from: 100 ms, amplitude: 10}");
  s.use = use.text;
  std::vector<std::string> known;
  for (const ShapeInfo& info : shapes()) known.push_back(info.name);
  if (std::find(known.begin(), known.end(), s.use) == known.end())
    throw Error(use.place, fmt::format("there is no shape '{}'", s.use), suggest(s.use, known));
  if (s.use == "file") {
    Node block = map_node();
    block.place = node.place;
    for (const Node::Entry& e : node.entries)
      if (e.key == "reader") {
        block.entries.push_back({"use", e.place, e.value});
      } else if (e.key != "use") block.entries.push_back(e);
    if (unit != "pA" && !driven && !convert(1, "pA", unit))
      throw Error(
          node.place,
          fmt::format("the current of a recording is in pA, this input {}",
                      unit == "1" ? "has no unit" : "is in " + unit),
          "say how one becomes the other: drive: {of: " + path.substr(6, path.find('.', 6) - 6) + ", gain: ...}");
    s.data = data(block);
    if (s.data->several())
      throw Error(s.data->sweep_place, "an input takes the current of one sweep, not of several",
                  fmt::format("name one: sweep: {}", s.data->sweep->numbers[0]));
    return s;
  }
  s.options = read_options(node, shape_options(s.use, unit), fmt::format("shape '{}'", s.use), {"use"});
  if (s.options.declares("to") && s.options.number("to") <= s.options.number("from"))
    throw Error(s.options["to"].place,
                fmt::format("to = {} is not after from = {}", with_unit(s.options.number("to"), "ms"),
                            with_unit(s.options.number("from"), "ms")));
  if (s.use == "noise") {
    const auto given = [&](const char* name) { return s.options.given(name); };
    const int ways = given("sigma") + given("free_sd") + given("brunel");
    constexpr auto choice = "sigma, or free_sd with tau, or brunel with tau: see `hillock describe noise`";
    if (ways == 0) throw Error(node.place, "shape 'noise' needs its strength", choice);
    if (ways > 1)
      throw Error(s.options[given("brunel") ? "brunel" : "free_sd"].place, "shape 'noise' has its strength twice",
                  choice);
    if (given("sigma") && given("tau"))
      throw Error(s.options["tau"].place, "'tau' of shape 'noise' belongs to 'free_sd' and 'brunel', not to 'sigma'");
    if (!given("sigma") && !given("tau"))
      throw Error(node.place,
                  fmt::format("shape 'noise' needs 'tau' with '{}'", given("brunel") ? "brunel" : "free_sd"),
                  "tau: time constant of the membrane in ms");
  }
  if (s.use == "pulses") {
    if (s.options.given("at") && (s.options.given("from") || s.options.given("every") || s.options.given("count")))
      throw Error(s.options["at"].place, "pulses have either 'at', a list of begins, or 'from', 'every' and 'count'");
    if (!s.options.given("at") && s.options.number("count") > 1 && !s.options.given("every"))
      throw Error(node.place, "several pulses need 'every'", "from one begin to the next, in ms");
    if (s.options.given("every") && s.options.number("every") < s.options.number("width"))
      throw Error(s.options["every"].place,
                  fmt::format("every = {} is shorter than a pulse, {}", with_unit(s.options.number("every"), "ms"),
                              with_unit(s.options.number("width"), "ms")));
    if (s.options.given("at")) {
      const auto& at = s.options["at"].list;
      if (at.empty()) throw Error(s.options["at"].place, "'at' is an empty list of times");
      for (std::size_t i = 1; i < at.size(); ++i)
        if (at[i] < at[i - 1] + s.options.number("width"))
          throw Error(s.options["at"].node.items[i].place,
                      fmt::format("the pulse at {} begins before the one at {} has ended", with_unit(at[i], "ms"),
                                  with_unit(at[i - 1], "ms")));
    }
  }
  return s;
}

}  // namespace hillock
