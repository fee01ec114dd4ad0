#pragma once
// What the signal handlers are told by the loader; the rest of them is in plugins.hpp.
#include "host/plugins.hpp"

namespace hillock {

/// Remembers where the code of a plugin lies: in the library that holds `symbol`. One call at a time; the plugin lives
/// on.
void watch_code(const Plugin& plugin, const void* symbol);

}  // namespace hillock
