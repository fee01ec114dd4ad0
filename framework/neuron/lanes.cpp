#include "neuron/lanes.hpp"

#include <algorithm>
#include <cmath>

namespace hillock {

void pad(Rows& rows, std::uint32_t neurons) {
  for (std::size_t k = 0; k < rows.fields(); ++k)
    std::fill(rows[k] + neurons, rows[k] + rows.lanes(), rows[k][neurons - 1]);
}

void derive_constants(const Plugin& model, Rows& p) {
  const hk_model& m = model.model();
  if (!m.derive) return;
  std::vector<double*> derived;
  for (std::uint32_t k = 0; k < m.n_derived; ++k) derived.push_back(p[m.n_params + k]);
  const PluginCall inside(model);
  m.derive(m.context, p.lanes(), p, derived.data());
}

Rows parameter_rows(const ModelBlock& model) {
  const hk_model& m = model.plugin->model();
  Rows p(m.n_params + m.n_derived, HK_LANES);
  for (std::uint32_t k = 0; k < m.n_params; ++k) std::fill_n(p[k], HK_LANES, model.params[k]);
  derive_constants(*model.plugin, p);
  return p;
}

Rows input_rows(const Neuron& neuron) {
  const hk_model& m = neuron.spec->equations();
  Rows in(m.n_inputs, HK_LANES);
  for (std::uint32_t k = 0; k < m.n_inputs; ++k)
    std::fill_n(in[k], HK_LANES,
                neuron.inputs[k]              ? neuron.inputs[k]->mean(0, 0)
                : m.inputs[k].kind == HK_DRAW ? m.inputs[k].value
                                              : 0);
  return in;
}

void start_lanes(Lanes& l, const Rows& given) {
  const hk_model& m = *l.model;
  const SimulateBlock& s = l.spec->simulate;
  for (std::uint32_t k = 0; k < m.n_state; ++k)
    for (std::uint32_t i = 0; i < l.x.lanes(); ++i)
      l.x[k][i] = std::isfinite(given[k][i]) ? given[k][i] : m.state[k].value;
  if (m.initial) {
    Rows in(m.n_inputs, l.x.lanes()), start(m.n_state, l.x.lanes());
    for (std::uint32_t k = 0; k < m.n_inputs; ++k) {
      const auto& signals = l.inputs[k];
      for (std::uint32_t i = 0; i < l.neurons; ++i) {
        const Signal* of = signals.empty() ? nullptr : signals[signals.size() == 1 ? 0 : i];
        in[k][i] = !l.constants[k].empty()       ? l.constants[k][i]
                   : of                          ? of->mean(0, 0)
                   : m.inputs[k].kind == HK_DRAW ? m.inputs[k].value
                                                 : 0;
      }
    }
    pad(in, l.neurons);
    {
      const PluginCall inside(*l.spec->model.plugin);
      m.initial(m.context, l.x.lanes(), l.x, l.p, in, start);
    }
    for (std::uint32_t k = 0; k < m.n_state; ++k)
      for (std::uint32_t i = 0; i < l.x.lanes(); ++i)
        if (!std::isfinite(given[k][i])) l.x[k][i] = start[k][i];
  }
  for (std::uint32_t k = 0; k < m.n_state; ++k)
    if (s.clamped >> k & 1) std::fill_n(l.x[k], l.x.lanes(), s.clamp[k]);
}

}  // namespace hillock
