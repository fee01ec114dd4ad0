#pragma once
// What the host offers to plugins: whether the user asked to stop, and a place for what they say.
#include <functional>
#include <string>
#include "hillock/abi.h"

namespace hillock {

/// Given to `open` of every plugin but models; valid until the process ends. [any thread]
const hk_host& services();

/// Who is told what plugins say. Called by one thread at a time.
struct PluginListener {
  std::function<void(const std::string& line)> say;
  std::function<void(double done, const std::string& activity)> progress;  ///< done: 0 to 1
};
/// Nobody listens until this is called.
void hear_plugins(PluginListener listener);

}  // namespace hillock
