// A plugin that ends the process would end it with whatever status it likes, and no word. The functions here stand in
// for those of the C library: the dynamic loader looks into the program first, so plugins find them too. What a plugin
// asks of the kernel by itself cannot be caught.
#include <dlfcn.h>
#include <unistd.h>

#include <cstdlib>

#include "host/crash.hpp"

namespace {

/// Ends the process with a sentence if a plugin asks for its end.
void refuse_plugins(const void* caller, const char* function) {
  if (const hillock::Plugin* plugin = hillock::plugin_calling_from(caller))
    hillock::end_with_words(plugin, "ended the program", function);
}

/// The function of the C library, by its name.
[[noreturn]] void call_next(const char* function, int status) {
  using Ends = void (*)(int);
  if (const auto next = reinterpret_cast<Ends>(::dlsym(RTLD_NEXT, function))) next(status);
  hillock::end_process(status);
}

}  // namespace

extern "C" {

__attribute__((visibility("default"))) void exit(int status) noexcept {
  refuse_plugins(__builtin_return_address(0), "exit");
  call_next("exit", status);
}
__attribute__((visibility("default"))) void quick_exit(int status) noexcept {
  refuse_plugins(__builtin_return_address(0), "quick_exit");
  call_next("quick_exit", status);
}
__attribute__((visibility("default"))) void _Exit(int status) noexcept {
  refuse_plugins(__builtin_return_address(0), "_Exit");
  hillock::end_process(status);
}
__attribute__((visibility("default"))) void _exit(int status) {
  refuse_plugins(__builtin_return_address(0), "_exit");
  hillock::end_process(status);
}

}  // extern "C"
