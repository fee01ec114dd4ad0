#include "run/lanes.hpp"

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
  const Inside inside(model);
  m.derive(p.lanes(), p, derived.data());
}

Rows parameter_rows(const ModelBlock& model) {
  const hk_model& m = model.plugin->model();
  Rows p(m.n_params + m.n_derived, HK_LANES);
  for (std::uint32_t k = 0; k < m.n_params; ++k) std::fill_n(p[k], HK_LANES, model.params[k]);
  derive_constants(*model.plugin, p);
  return p;
}

Rows input_rows(const Neuron& neuron) {
  const hk_model& m = neuron.experiment->equations();
  Rows in(m.n_inputs, HK_LANES);
  for (std::uint32_t k = 0; k < m.n_inputs; ++k)
    std::fill_n(in[k], HK_LANES,
                neuron.inputs[k]              ? neuron.inputs[k]->mean(0, 0)
                : m.inputs[k].kind == HK_DRAW ? m.inputs[k].value
                                              : 0);
  return in;
}

}  // namespace hillock
