#pragma once
// Finding, checking and loading plugins.
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>
#include "hillock/abi.h"
#include "util/error.hpp"

namespace hillock {

/// A loaded plugin. Stays loaded until the process ends; references to it stay valid. [any thread]
struct Plugin {
  std::filesystem::path path;
  std::string id, version, cite, meaning;
  std::uint32_t role = 0;
  const hk_plugin* entry = nullptr;

  /// An interface by name, as the plugin made it: read a member only if it lies within its `size`. Null if the plugin
  /// does not offer it.
  const void* get(const char* interface_id) const;
  /// The interface of its role, checked when it was loaded and copied to this host's own layout: every `size` in it is
  /// ours, what an older plugin does not know is null or 0, what a newer one adds is left out, tables have as many rows
  /// as they say. Each throws Error (run_failed) for another role.
  const hk_model& model() const;
  const hk_tangent* tangent() const;  ///< null if not offered
  const hk_integrator& integrator() const;
  const hk_optimizer& optimizer() const;
  const hk_forecaster& forecaster() const;
  const hk_recording& recording() const;
  const hk_locate* locate() const;  ///< of a reader; null if not offered

  struct Interface;  ///< the copy
  std::shared_ptr<const Interface> interface;
};

/// "model", "integrator", "optimizer", "forecaster", "recording"; "" for numbers unknown.
std::string role_name(std::uint32_t role);
/// 0 if there is no role of that name.
std::uint32_t role_of(std::string_view name);

/// A file that was found but not accepted, and why.
struct Refused {
  std::filesystem::path path;
  std::string why;
};

/// The plugins at hand: all files `*.so` in the folders of HILLOCK_PLUGIN_PATH (separated by ':'), then in the
/// program's own folder (`../lib/hillock/plugins` beside the folder of the program). Looking for files loads nothing.
/// [any thread]
class Plugins {
 public:
  /// The search path of this process. Throws Error if HILLOCK_PLUGIN_PATH names what is no folder. Empty entries of it
  /// are skipped: the current folder is searched only where it is written as '.'.
  static Plugins& instance();
  /// Files of one folder before those of the next. A file reached twice, as by two links, counts once. Folders that do
  /// not exist are empty.
  explicit Plugins(std::vector<std::filesystem::path> folders);
  ~Plugins();
  /// Another folder, after those that are there already.
  void add(const std::filesystem::path& folder);

  /// Loads the plugin of an id or alias, at most once; opens no other file, save that an alias is looked for in the
  /// symbols of all. Throws Error at `mentioned`: bad_input if there is none (with the nearest known name), if two
  /// files have that id (naming both), or if it has another role than asked for (0: any); run_failed if the file is
  /// refused (naming file and reason).
  const Plugin& load(std::string_view id, std::uint32_t role, const Place& mentioned = {});

  /// Every plugin that can be loaded, by role and id, and what was refused.
  std::vector<const Plugin*> load_all(std::vector<Refused>* refused = nullptr);

  /// The ids (file stems) that are there, sorted, without loading any.
  std::vector<std::string> ids() const;

  /// Other names of the plugin in this file, without loading it.
  std::vector<std::string> aliases(const Plugin& plugin);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Marks that this thread is inside a plugin while it lives, so that a crash can be blamed: on the plugin whose code
/// was running (an integrator calls the model by itself), else on this one. Cheap enough for every call. Lives on the
/// stack, just outside the call. At its end numbers are rounded as before it; `check` names who had changed that.
class PluginCall {
 public:
  explicit PluginCall(const Plugin& plugin);
  ~PluginCall();
  PluginCall(const PluginCall&) = delete;
  const Plugin& plugin() const { return plugin_; }

 private:
  const Plugin& plugin_;
  const PluginCall* before_;
};

/// Installs handlers for SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT that print one sentence (naming the plugin, if
/// inside one, and the note, where finished work is) and end the process with status 3: "error: plugin 'x' crashed
/// (SIGSEGV); finished cases are in results/x.unfinished".
void watch_for_crashes();
/// Gives this thread a stack of its own for the handlers, so that an overflow of its stack is reported too.
/// watch_for_crashes() does it for its thread and, from then on, PluginCall for every thread.
void watch_this_thread();
/// Makes a limit of processor time, and an allocation by `new` that fails, end the process likewise: "error: plugin 'x'
/// used up its processor time (SIGXCPU)". For processes of isolated work.
void watch_for_limits();
/// What is appended to the crash message after "; "; nothing if empty. At most 1000 bytes are kept. [one thread]
void set_crash_note(std::string_view note);

/// Throws Error (run_failed; bad_input for HK_BAD_INPUT, at `place`) unless status is HK_OK: "plugin 'x': sentence".
void check(const Plugin& plugin, hk_status status, const hk_error& error, const Place& place = {});

}  // namespace hillock
