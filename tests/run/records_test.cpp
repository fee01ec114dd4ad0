// The record of a run, `experiment.yaml` in its results: it is read again as it was written, and runs to the same bits.
#include <fmt/format.h>

#include "host/plugins.hpp"
#include "run/experiments.hpp"

using namespace hillock;
using namespace hillock::test;

TEST_SUITE("records") {
  TEST_CASE("every model under every shape of input has a record that reads back and runs to the same bits") {
    const char* shapes[] = {"{use: constant, value: 0.1}",
                            "{use: step, from: 1, to: 2, amplitude: 0.1}",
                            "{use: pulses, from: 1, every: 2, count: 2, width: 0.5, amplitude: 0.1}",
                            "{use: ramp, from: 1, to: 4, start: 0.1, end: 0.2}",
                            "{use: sine, frequency: 100, amplitude: 0.1}",
                            "{use: chirp, from: 1, to: 4, f0: 10, f1: 100, amplitude: 0.1}",
                            "{use: noise, sigma: 0.01}",
                            "{use: noise, free_sd: 0.01, tau: 5}",
                            "{use: noise, brunel: 0.01, tau: 5}",
                            "{use: ornstein_uhlenbeck, sd: 0.01, tau: 5}"};
    std::size_t tried = 0;
    for (const Plugin* plugin : Plugins::instance().load_all()) {
      if (plugin->role != HK_ROLE_MODEL) continue;
      const hk_model& m = plugin->model();
      std::vector<std::string> inputs;
      for (std::uint32_t k = 0; k < m.n_inputs; ++k)
        if (m.inputs[k].kind == HK_SIGNAL) inputs.emplace_back(m.inputs[k].name);
      for (std::size_t s = 0; s < std::size(shapes) && !inputs.empty(); ++s) {
        // each input in turn: together they are all pairs only for models of one input, and units differ by input
        const std::string& input = inputs[s % inputs.size()];
        const std::string text = fmt::format(
            "model: {{use: {}}}\nseed: 3\ninput: {{{}: {}}}\nintegrator: {{use: euler, dt: 0.05 ms}}\n"
            "simulate: {{for: 5 ms}}\n",
            plugin->id, input, shapes[s]);
        CAPTURE(text);
        const auto first = load(text);
        const std::string record = to_yaml(first->resolved);
        CAPTURE(record);
        const auto second = load(record);
        CHECK(to_yaml(second->resolved) == record);
        const Trajectory a = simulate(neuron_of(first->neuron)), b = simulate(neuron_of(second->neuron));
        CHECK(same_bits(a, b));
        ++tried;
      }
    }
    CHECK(tried > 100);
  }
}
