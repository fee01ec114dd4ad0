#pragma once
// Whether the user asked to stop, for whatever takes long.
#include <atomic>

namespace hillock {

/// Set by Ctrl-C.
inline std::atomic<bool> interrupted = false;
/// Thrown by what was asked to stop.
struct Interrupted {};

}  // namespace hillock
