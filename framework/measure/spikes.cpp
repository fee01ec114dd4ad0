#include "measure/spikes.hpp"

#include <cmath>

namespace hillock {

std::vector<double> detect_spikes(const Sampled& trace, const SpikeDefinition& definition) {
  std::vector<double> spikes;
  const auto& v = trace.values;
  if (v.empty()) return spikes;
  // Armed means: the last sample was below the threshold, and below `rearm` since the last spike.
  bool armed = v[0] < definition.threshold && std::isfinite(v[0]);
  for (std::size_t k = 1; k < v.size(); ++k) {
    if (!std::isfinite(v[k])) {
      armed = false;
    } else if (armed && v[k] >= definition.threshold) {
      const double part = (definition.threshold - v[k - 1]) / (v[k] - v[k - 1]);
      spikes.push_back(trace.at_ms(k - 1) + part * trace.dt_ms);
      armed = false;
    } else if (v[k] < definition.rearm) {
      armed = true;
    }
  }
  return spikes;
}

}  // namespace hillock
