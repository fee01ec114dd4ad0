#pragma once
// How this thread rounds floating-point numbers: to nearest, with denormal numbers kept. A plugin may change that, by
// itself or by what -ffast-math links into it, and every later number of the thread would differ.
#include <string>

namespace hillock {

struct Plugin;

/// Whether numbers are rounded, and small ones kept, as in a fresh process. Some nanoseconds.
bool rounds_as_usual();
/// Makes it so.
void round_as_usual();

/// Remembers, for this thread, a plugin that left it otherwise; the first is kept.
void blame_for_rounding(const Plugin& plugin);
/// The plugin that is remembered, and forgotten with that; null if there is none.
const Plugin* blamed_for_rounding();

}  // namespace hillock
