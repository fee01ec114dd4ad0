#pragma once
// What the signal handlers are told by the loader, and what they share with the functions that end the process; the
// rest of them is in plugins.hpp.
#include "host/opened.hpp"

namespace hillock {

/// Remembers where the code of a plugin lies: in the library that holds `symbol`. One call at a time; the plugin lives
/// on.
void watch_code(const Plugin& plugin, const void* symbol);

/// The plugin that calls from the instruction at `caller`: the owner of that code, else the one that this thread is
/// inside. Null if there is none, and in processes that a plugin has forked, which may end as they like.
const Plugin* plugin_calling_from(const void* caller);

/// Prints "error: plugin 'x' WHAT (NAME); NOTE", with what set_crash_note was told, and ends the process with status 3.
/// Without a plugin "hillock" is the subject. Safe in a signal handler; of several threads the first is heard.
[[noreturn]] void end_with_words(const Plugin* plugin, const char* what, const char* name);

/// What is said of a plugin that threw where nobody may take it.
inline constexpr const char* threw =
    "threw in rhs or another function that has to return a number: let it return NaN there";
/// For what was thrown where nobody may take it, as in the equations of a model: names the plugin and ends the process
/// as above. Returns if no plugin is at work.
void end_if_plugin_threw(const char* words);

}  // namespace hillock
