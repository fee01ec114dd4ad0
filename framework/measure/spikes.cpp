#include "measure/spikes.hpp"

#include <cmath>

namespace hillock {

std::vector<double> detect_spikes(const Sampled& trace, const SpikeDefinition& definition) {
  const bool slope = definition.of == SpikeDefinition::Of::slope;
  const auto& v = trace.values;
  std::vector<double> spikes;
  if (v.size() < 2) return spikes;
  const auto value = [&](std::size_t k) { return slope ? (v[k + 1] - v[k]) / trace.dt_ms : v[k]; };
  const double shift = slope ? 0.5 : 0;  // of the slope's times, in samples
  // Armed means: the last value was below the threshold, and below `rearm` since the last spike.
  double before = value(0);
  bool armed = before < definition.threshold && std::isfinite(before);
  for (std::size_t k = 1; k < v.size() - (slope ? 1 : 0); ++k) {
    const double now = value(k);
    if (!std::isfinite(now)) {
      armed = false;
    } else if (armed && now >= definition.threshold) {
      const double part = (definition.threshold - before) / (now - before);
      spikes.push_back(trace.at_ms(k - 1) + (shift + part) * trace.dt_ms);
      armed = false;
    } else if (now < definition.rearm) {
      armed = true;
    }
    before = now;
  }
  return spikes;
}

}  // namespace hillock
