#include "neuron/spec.hpp"

#include <algorithm>

#include "hillock/random.hpp"
#include "neuron/signal.hpp"

namespace hillock {

bool fires_by_chance(const hk_model& m) {
  return std::any_of(m.inputs, m.inputs + m.n_inputs, [](const hk_field& f) { return f.kind == HK_DRAW; });
}

bool draws(const NeuronSpec& neuron) {
  return fires_by_chance(neuron.equations()) ||
         std::any_of(neuron.inputs.begin(), neuron.inputs.end(), [](const auto& terms) {
           return std::any_of(terms.begin(), terms.end(), [](const ShapeBlock& shape) {
             return shape.use == "noise" || shape.use == "ornstein_uhlenbeck";
           });
         });
}

std::uint64_t seed_of_realisation(std::uint64_t seed, std::size_t realisation) {
  if (realisation == 0) return seed;
  return static_cast<std::uint64_t>(Random(seed, stream_of("realisation")).uniform(realisation) * largest_seed);
}

}  // namespace hillock
