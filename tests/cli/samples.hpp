#pragma once
// Experiment files that several tests start from.
#include <string>

namespace hillock::test {

/// Five spikes in 200 ms.
inline const std::string regular_spiking = R"(title: Regular spiking
model: {use: izhikevich, preset: regular_spiking}
input:
  I: {use: step, from: 20 ms, to: 180 ms, amplitude: 10}
integrator: {use: euler, dt: 0.25 ms}
simulate:
  for: 200 ms
  start: {v: -70 mV}
  record: [v, u]
expect: {spike_count: [5, 5]}
)";

/// The same neuron three times.
inline const std::string three_cases = R"(title: Three drives
model: {use: izhikevich, preset: regular_spiking}
integrator: {use: euler, dt: 0.25 ms}
simulate: {for: 100 ms}
sweep:
  cases:
    none: {}
    weak: {input.I: 5}
    strong: {input.I: 10, model.d: 4}
expect: {strong.spike_count: [3, 5]}
)";

/// A leaky cell under a step of 500 pA, as a run that others take for a recording.
inline const std::string leaky_cell = R"(model: {use: lif}
input:
  I: {use: step, from: 20 ms, to: 180 ms, amplitude: 500 pA}
integrator: {use: euler, dt: 0.1 ms}
simulate: {for: 200 ms}
)";

/// Two leaky cells on the recording of the first; `threshold` because a trace that is reset never reaches -10 mV.
inline const std::string comparison = R"(title: Fast and slow
compare:
  data: {file: cell.yaml, spikes: {threshold: -56 mV, rearm: -60 mV}}
  models:
    slow: {model: {use: lif, tau: 20 ms}}
    same: {model: {use: lif}}
  against: same
  measure: [gamma, rmse, spike_count]
integrator: {use: euler, dt: 0.1 ms}
expect: {same.gamma: [0.999, 1.001], best.gamma: [0.999, 1.001], same.rmse: [0 mV, 1e-9 mV]}
)";

}  // namespace hillock::test
