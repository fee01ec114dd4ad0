#include "host/services.hpp"

#include <cstring>
#include <mutex>
#include <utility>

#include "util/interrupt.hpp"

namespace hillock {
namespace {

struct Ear {
  std::mutex mutex;
  PluginListener listener;
};
Ear& ear() {
  static Ear& the = *new Ear;  // plugins may speak until the process ends
  return the;
}

std::int32_t stopped(void*) { return interrupted ? 1 : 0; }

/// No exception crosses the boundary: what cannot be shown is not.
template <class F> void shown(F&& f) {
  try {
    const std::lock_guard lock(ear().mutex);
    f(ear().listener);
  } catch (...) { return; }
}

void say(void*, const char* line) {
  shown([&](const PluginListener& to) {
    if (to.say) to.say(line);
  });
}

void progress(void*, double done, const char* activity) {
  shown([&](const PluginListener& to) {
    if (to.progress) to.progress(done, activity);
  });
}

const hk_stop stop_service{sizeof(hk_stop), stopped};
const hk_log log_service{sizeof(hk_log), say, progress};

const void* service(void*, const char* id) {
  if (std::strcmp(id, HK_STOP) == 0) return &stop_service;
  if (std::strcmp(id, HK_LOG) == 0) return &log_service;
  return nullptr;
}

const hk_host host{sizeof(hk_host), nullptr, service};

}  // namespace

const hk_host& services() { return host; }

void hear_plugins(PluginListener listener) {
  const std::lock_guard lock(ear().mutex);
  ear().listener = std::move(listener);
}

}  // namespace hillock
