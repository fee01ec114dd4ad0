#pragma once
// Recordings mapped to a range by what may be known of them: `normalise` of a purpose that holds something out.
#include <cstdint>
#include <limits>
#include <vector>

#include "data/recording.hpp"

namespace hillock {

/// What the extremes are taken from: the begin of each recording that is not held out.
struct Known {
  double part = 1;  ///< of the samples, from 0 to 1
  double length_ms = std::numeric_limits<double>::infinity();
  std::vector<std::int64_t> held_out;  ///< sweeps of which nothing is known
};

/// `load_recordings`, but with one map for all recordings, which takes the extremes of what is known to the ends of
/// `normalise`. What is not known may lie beyond them. Without `normalise` it does nothing of its own.
/// Throws Error as `load_recordings`, and if all that is known is one value.
std::vector<Recording> load_recordings(const DataBlock& data, const Known& known, Wanted wanted = Wanted::both);

}  // namespace hillock
