#pragma once
// Recordings as a comparison sees them: one sweep, current in pA, voltage in mV (or normalised), spikes by a stated definition.
#include <string>
#include <vector>
#include "experiment/experiment.hpp"

namespace hillock {

struct Recording {
  std::string shown;            ///< the file as the user wrote it
  double t0_ms = 0, dt_ms = 1;  ///< sample k is at t0 + k*dt
  std::vector<double> voltage, current_pA;
  std::string unit = "mV";  ///< of the voltage; "1" if normalised
  std::string current_source;
  std::vector<double> spikes_ms;  ///< found before normalising
  double end_ms() const { return t0_ms + static_cast<double>(voltage.size()) * dt_ms; }
};

/// Reads or makes it; `current_alone`: the file need not hold a voltage. Throws Error with the place of the block for what the reader refuses, missing channels, units that are no voltage or current, an empty window.
Recording load_recording(const DataBlock& data, bool current_alone = false);

}  // namespace hillock
