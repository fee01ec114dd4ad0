// The model with one more input, a pulse in each step that holds a spike, as its threshold.
#include "neuron/forced.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <utility>

namespace hillock {
namespace {

/// Rises to 1 in the steps in which spikes lie.
class Pulses : public Shape {
 public:
  Pulses(const std::vector<double>& spikes_ms, double dt_ms) : dt_ms_(dt_ms) {
    for (const double t : spikes_ms)
      if (const double step = std::ceil(t / dt_ms - 1e-6) - 1; step >= 0 && (steps_.empty() || step > steps_.back()))
        steps_.push_back(step);
  }
  double at(double begin, double) const override {
    return std::binary_search(steps_.begin(), steps_.end(), std::floor(begin / dt_ms_)) ? 1 : 0;
  }
  double next_edge(double after) const override {
    const double now = std::floor(after / dt_ms_);
    const auto next = std::lower_bound(steps_.begin(), steps_.end(), now);
    if (next == steps_.end()) return std::numeric_limits<double>::infinity();
    return (*next > now ? *next : now + 1) * dt_ms_;
  }

 private:
  double dt_ms_;
  std::vector<double> steps_;
};

constexpr std::size_t most_inputs = 8;

template <std::size_t input> void pulsed(void*, std::uint32_t lanes, hk_in, hk_in, hk_in in, double* g) {
  for (std::uint32_t i = 0; i < lanes; ++i) g[i] = in[input][i] - 0.5;
}
template <std::size_t... input> constexpr auto thresholds(std::index_sequence<input...>) {
  return std::array{&pulsed<input>...};
}

/// What a batch of forced neurons is made of besides the model's own.
struct Made {
  hk_model model;
  std::vector<hk_field> inputs;
  Signal pulses;
};

}  // namespace

std::string why_not_forced(const NeuronSpec& spec) {
  const hk_model& m = spec.equations();
  const OptionValues& options = spec.integrator.options;
  if (!m.reset) return fmt::format("model '{}' has no reset", spec.model.plugin->id);
  if (m.n_inputs >= most_inputs) return fmt::format("model '{}' has too many inputs", spec.model.plugin->id);
  if (spec.integrator.dt_ms == 0 || !options.declares("spikes") || options.text("spikes") != "on_grid")
    return fmt::format("integrator '{}' does not take its spikes at the end of fixed steps (spikes: on_grid)",
                       spec.integrator.plugin->id);
  return "";
}

void force(Lanes& lanes, const std::vector<double>& spikes_ms) {
  auto made = std::make_shared<Made>();
  const hk_model& own = *lanes.model;
  made->model = own;
  made->inputs.assign(own.inputs, own.inputs + own.n_inputs);
  made->inputs.push_back({"reset", "1", "where the recording spikes", 0, 0, 1, HK_SIGNAL});
  made->model.inputs = made->inputs.data();
  made->model.n_inputs = own.n_inputs + 1;
  made->model.threshold = thresholds(std::make_index_sequence<most_inputs>())[own.n_inputs];
  made->pulses.add(std::make_unique<Pulses>(spikes_ms, lanes.spec->integrator.dt_ms));
  lanes.model = &made->model;
  lanes.inputs.push_back({&made->pulses});
  lanes.constants.emplace_back();
  // of what else the model offers, the slopes of its equations are as they were; its loops know its own threshold
  lanes.get = [get = lanes.get](const char* id) { return std::strcmp(id, HK_TANGENT) == 0 ? get(id) : nullptr; };
  lanes.keeps = std::move(made);
}

}  // namespace hillock
