#pragma once
// Samples as they are recorded: the files of a block through its reader. Internal to data/.
#include <vector>
#include "data/recording.hpp"

namespace hillock {

inline bool has_voltage(Wanted wanted) { return wanted == Wanted::both || wanted == Wanted::voltage; }

/// Every sweep that the block asks for, in its order, before anything is done to it. REQUIRES: it names a reader.
/// Throws Error as `load_recordings`.
std::vector<Recording> read_files(const DataBlock& data, Wanted wanted);

}  // namespace hillock
