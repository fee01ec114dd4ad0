#pragma once
// What plugins make, ended with care; and the end of the process.
#include <memory>

#include "host/plugins.hpp"

namespace hillock {

/// Ends what a plugin's `open` made, from within a PluginCall: a crash there is the plugin's.
struct Closing {
  const Plugin* plugin = nullptr;
  void (*close)(void*) = nullptr;
  void operator()(void* self) const {
    const PluginCall inside(*plugin);
    close(self);
  }
};
using Opened = std::unique_ptr<void, Closing>;

/// Ends the process at once, from any thread or handler. The host's own way to do so: whoever calls `exit`, `_exit`,
/// `_Exit` or `quick_exit` from within a plugin ends the process with status 3 and "error: plugin 'x' ended the program
/// (exit)", once watch_for_crashes() was called.
[[noreturn]] void end_process(int status);

}  // namespace hillock
