// An experiment as the program read it, every default written out.
#include <fmt/format.h>

#include <cmath>

#include "experiment/reader.hpp"

namespace hillock {
namespace {

void put_default_start(Node& start, const hk_model& m, const std::vector<double>& values) {
  for (std::uint32_t k = 0; k < m.n_state; ++k)
    if (std::isfinite(values[k]))
      put(start, m.state[k].name,
          number_node(values[k], std::string_view(m.state[k].unit) == "1" ? "" : m.state[k].unit));
}

}  // namespace

Node ExperimentReader::resolved_parts(const NeuronSpec& e) {
  Node out = map_node();
  const hk_model& m = e.equations();
  const auto number = [](double value, const char* unit) {
    return number_node(value, std::string_view(unit) == "1" ? "" : unit);
  };
  Node block = map_node();
  put(block, "use", text_node(e.model.plugin->id));
  for (std::uint32_t k = 0; k < m.n_params; ++k)
    put(block, m.params[k].name, number(e.model.params[k], m.params[k].unit));
  put(out, "model", std::move(block));

  if (e.readout.given || e.readout.is_map()) {  // a fit may have made a map of what no block says
    block = map_node();
    put(block, "of", text_node(recordable(m, e.readout.of).name));
    if (e.readout.is_map() || e.readout.unit != recordable(m, e.readout.of).unit) {
      put(block, "scale", number_node(e.readout.scale));
      put(block, "shift", number_node(e.readout.shift_mV));
      put(block, "series_resistance", number_node(e.readout.series_MOhm, "MOhm"));
      put(block, "measurement_noise", number_node(e.readout.noise_mV));
    }
    put(out, "readout", std::move(block));
  }
  if (e.drive.given || e.drive.is_map()) {
    block = map_node();
    put(block, "of", text_node(m.inputs[e.drive.of].name));
    put(block, "gain", number_node(e.drive.gain));
    put(block, "shift", number_node(e.drive.shift));
    put(out, "drive", std::move(block));
  }

  block = map_node();
  for (std::uint32_t k = 0; k < m.n_inputs; ++k) {
    std::vector<Node> terms;
    for (const ShapeBlock& s : e.inputs[k]) {
      Node term = map_node();
      put(term, "use", text_node(s.use));
      if (s.data) {
        for (Node::Entry& each : resolved_data(*s.data).entries)
          put(term, each.key == "use" ? "reader" : each.key, std::move(each.value));
      } else {
        s.options.write(term);
        if (s.use == "pulses" && s.options.given("at"))  // the other way to say when is then no option
          std::erase_if(term.entries,
                        [](const Node::Entry& x) { return x.key == "from" || x.key == "every" || x.key == "count"; });
      }
      terms.push_back(std::move(term));
    }
    // a list of one stays a list: the path of a term names its random numbers
    if (terms.size() == 1 && e.inputs[k][0].path == fmt::format("input.{}", m.inputs[k].name))
      put(block, m.inputs[k].name, std::move(terms[0]));
    else if (!terms.empty()) put(block, m.inputs[k].name, list_node(std::move(terms)));
  }
  if (!block.entries.empty()) put(out, "input", std::move(block));

  block = map_node();
  put(block, "use", text_node(e.integrator.plugin->id));
  e.integrator.options.write(block);
  put(out, "integrator", std::move(block));

  const SimulateBlock& s = e.simulate;
  block = map_node();
  if (s.for_ms > 0) put(block, "for", number_node(s.for_ms, "ms"));
  Node inner = map_node();
  put_default_start(inner, m, s.start);
  if (s.rest) put(block, "start", text_node("rest"));
  else if (!inner.entries.empty()) put(block, "start", std::move(inner));
  inner = map_node();
  put_default_start(inner, m, s.clamp);
  if (!inner.entries.empty()) put(block, "clamp", std::move(inner));
  std::vector<Node> record;
  for (const std::uint32_t k : s.record) record.push_back(text_node(recordable(m, k).name));
  for (const std::uint32_t k : s.record_inputs) record.push_back(text_node(m.inputs[k].name));
  put(block, "record", list_node(std::move(record), true));
  if (s.every_ms > 0) put(block, "every", number_node(s.every_ms, "ms"));
  if (s.spikes) {
    inner = map_node();
    put(inner, "of", text_node(m.state[s.spikes->state].name));
    put(inner, "threshold", number(s.spikes->threshold, m.state[s.spikes->state].unit));
    put(inner, "rearm", number(s.spikes->rearm, m.state[s.spikes->state].unit));
    put(block, "spikes", std::move(inner));
  }
  if (s.window_ms)
    put(block, "window",
        list_node({number_node(s.window_ms->first, "ms"), number_node(s.window_ms->second, "ms")}, true));
  put(out, "simulate", std::move(block));
  return out;
}

}  // namespace hillock
