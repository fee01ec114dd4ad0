// `start: rest`: the equilibrium under the input at t = 0, if the neuron rests there.
#include <fmt/format.h>

#include "neuron/equilibria.hpp"

namespace hillock {

std::vector<double> rest_of(const Neuron& neuron, const std::vector<double>& guess) {
  const NeuronSpec& e = *neuron.spec;
  const std::string& id = e.model.plugin->id;
  const Place& place = e.simulate.start_place;
  if (!e.model.plugin->tangent())
    throw Error(place, fmt::format("model '{}' has no derivatives, so its equilibrium is not found", id),
                "give the start by its states");
  const SteadyState equations(neuron, guess, e.equations().n_inputs);
  if (equations.size() == 0) return guess;  // nothing can move
  std::vector<double> y;
  for (const std::uint32_t k : equations.free()) y.push_back(guess[k]);
  if (!equilibrium_near(equations, 0, y))
    throw Error(place, fmt::format("start: rest: no equilibrium of model '{}' was found under the input at t = 0", id),
                "give the start by its states");
  const std::vector<double> found = equations.state(y.data());
  const std::string where =
      fmt::format("the equilibrium of model '{}' under the input at t = 0, v = {:.6g},", id, found[0]);
  if (equations.threshold(y.data(), 0) >= 0)
    throw Error(place, fmt::format("start: rest: {} lies above the threshold: it fires there", where),
                "give the start by its states, or begin with less current");
  const auto eigenvalues = eigenvalues_at(equations, y.data(), 0);
  if (eigenvalues.empty() || eigenvalues[0].real() > 1e-9)
    throw Error(place, fmt::format("start: rest: {} is not stable: the neuron does not rest there", where),
                "give the start by its states, or begin with less current");
  return found;
}

}  // namespace hillock
