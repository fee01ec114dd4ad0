#pragma once
// Runs neurons: batches of lanes through an integrator plugin, time cut at the edges of their inputs.
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>
#include "neuron/signal.hpp"
#include "neuron/spec.hpp"
#include "results/failure.hpp"
#include "results/times.hpp"
#include "util/interrupt.hpp"

namespace hillock {

/// One neuron and what drives it.
struct Neuron {
  std::shared_ptr<const NeuronSpec> spec;
  std::vector<std::shared_ptr<const Signal>> inputs;  ///< by input of the model; null: 0
  double for_ms = 0, every_ms = 0;
  /// If set, it spikes at these times and no others: see neuron/forced.hpp.
  std::shared_ptr<const std::vector<double>> forced_ms = nullptr;
};

/// What became of it. Samples end where the neuron stopped.
struct Trajectory {
  SampleTimes time_ms;                      ///< 0, every, 2 every, ... up to the end
  std::vector<std::vector<double>> states;  ///< by what is recorded: states, and what the model lets observe
  std::vector<double> spikes_ms;            ///< empty where they are not told
  std::uint64_t n_spikes = 0;
  std::optional<Failure> failure;  ///< in the time of the run
  bool ok() const { return !failure; }
};

/// How far behind a time the inputs that begin there are looked up, ms: inside a step whose begin is rounded.
double just_after_ms(const NeuronSpec& spec, double t_ms);

/// A neuron with the inputs that its specification names. Reads the recordings that its inputs name.
/// `to_the_end`: a recorded current that ends before the run is refused.
Neuron neuron_of(std::shared_ptr<const NeuronSpec> spec, bool to_the_end = true);

/// Runs all of them. Neurons of one model, integrator, length and record run as lanes of one batch; each computes the
/// same bits as it would alone. `done` is told each result as its batch ends, with its index. A neuron that cannot
/// begin (no rest is found, the integrator does not take it) or whose plugin fails stops no other: its status says why.
/// Throws Interrupted if the user asked to stop.
void simulate(const std::vector<Neuron>& neurons, const std::function<void(std::size_t, Trajectory)>& done);
/// One neuron. Throws Error, with its place or naming the plugin, where it is refused.
Trajectory simulate(const Neuron& neuron);

/// Everything that `simulate` may refuse before its first step: the start, and what the integrator does not integrate.
void prepare(const Neuron& neuron);

/// Start values: defaults, what the model derives from its parameters, what was given; or the equilibrium.
std::vector<double> start_of(const Neuron& neuron);

/// The equilibrium nearest (by damped Newton steps) to the model's start under inputs held at their values at t = 0;
/// throws Error if none is found.
std::vector<double> rest_of(const Neuron& neuron, const std::vector<double>& guess);

}  // namespace hillock
