#include "data/driven.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace hillock {

Neuron driven(const NeuronSpec& spec, const Recording& data, const std::shared_ptr<const std::vector<double>>& current,
              double until_ms) {
  auto e = std::make_shared<NeuronSpec>(spec);
  const double dt = e->integrator.dt_ms;
  if (dt > data.dt_ms * (1 + 1e-6))
    throw Error(e->integrator.options["dt"].place,
                fmt::format("dt = {} is longer than from sample to sample of the recording, {}: current would be lost",
                            with_unit(dt, "ms"), with_unit(data.dt_ms, "ms")),
                "take a smaller step");
  const auto samples =
      std::min(static_cast<double>(data.voltage.size() - 1), std::ceil((until_ms - data.t0_ms) / data.dt_ms - 1e-6));
  const double length = std::max(samples, 1.0) * data.dt_ms;
  // whole steps that reach the last sample; samples not wider apart than the recording's
  const double for_ms = dt > 0 ? std::ceil(length / dt - 1e-6) * dt : length;
  if (e->simulate.every_ms == 0 || (dt > 0 && e->simulate.every_ms == dt))
    e->simulate.every_ms = dt > 0 ? std::max(1.0, std::floor(data.dt_ms / dt + 1e-6)) * dt : data.dt_ms;
  e->simulate.for_ms = for_ms;
  e->readout.noise_mV = 0;  // the amplifier's noise is the recording's
  auto& record = e->simulate.record;
  if (std::find(record.begin(), record.end(), e->readout.of) == record.end()) record.push_back(e->readout.of);
  Neuron n = neuron_of(e);
  n.for_ms = for_ms;
  n.every_ms = e->simulate.every_ms;
  auto signal = std::make_shared<Signal>();
  signal->add(Held{0, data.dt_ms, current, e->drive.gain, e->drive.shift}, {dt, for_ms, e->seed});
  n.inputs[e->drive.of] = signal;
  return n;
}

Neuron driven(const NeuronSpec& spec, const Recording& data,
              const std::shared_ptr<const std::vector<double>>& current) {
  return driven(spec, data, current, data.end_ms());
}

}  // namespace hillock
