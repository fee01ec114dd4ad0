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

/// A loaded plugin. Stays loaded until the process ends; references to it stay valid.
struct Plugin {
  std::filesystem::path path;
  std::string id, version, cite, meaning;
  std::uint32_t role = 0;
  const hk_plugin* entry = nullptr;

  /// An interface by name; null if the plugin does not offer it.
  const void* get(const char* interface_id) const;
  /// The one interface of a role; each throws Error (run_failed) if the plugin does not offer it although it has the role.
  const hk_model& model() const;
  const hk_tangent* tangent() const;  ///< null if not offered
  const hk_integrator& integrator() const;
  const hk_optimizer& optimizer() const;
  const hk_forecaster& forecaster() const;
  const hk_recording& recording() const;
};

/// "model", "integrator", "optimizer", "forecaster", "recording"; "" for numbers unknown.
std::string role_name(std::uint32_t role);
/// 0 if there is no role of that name.
std::uint32_t role_of(std::string_view name);

/// A file that was found but not accepted, and why.
struct Refused { std::filesystem::path path; std::string why; };

/// The plugins at hand: all files `*.so` in the folders of HILLOCK_PLUGIN_PATH (separated by ':'), then in the program's own folder
/// (`../lib/hillock/plugins` beside the folder of the program). Looking for files loads nothing. [any thread]
class Plugins {
 public:
  /// The search path of this process.
  static Plugins& instance();
  explicit Plugins(std::vector<std::filesystem::path> folders);
  ~Plugins();

  /// Loads the plugin of an id or alias, at most once. Throws Error at `mentioned` with the nearest known name if there is none, two files of that
  /// id (naming both), or one that is refused (naming file and reason); and if it has another role than asked for (0: any).
  const Plugin& load(std::string_view id, std::uint32_t role, const Place& mentioned = {});

  /// Every plugin that can be loaded, by role and id, and what was refused.
  std::vector<const Plugin*> load_all(std::vector<Refused>* refused = nullptr);

  /// The ids (file stems) that are there, sorted, without loading any.
  std::vector<std::string> ids() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Marks that this thread is inside a plugin while it lives, so that a crash can be blamed: the signal handler prints its name. Cheap enough for every call.
class Inside {
 public:
  explicit Inside(const Plugin& plugin);
  ~Inside();
  Inside(const Inside&) = delete;

 private:
  const Plugin* before_;
};

/// Installs handlers for SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT that print one sentence (naming the plugin, if inside one, and `kept`, where finished work is) and end the process with status 3.
void watch_for_crashes();
/// Sentence appended to the crash message, such as "finished cases are in results/x.unfinished"; thread-safe enough for a handler (fixed buffer).
void set_crash_note(std::string_view note);

/// Throws Error (run_failed; bad_input for HK_BAD_INPUT, at `place`) unless status is HK_OK: "plugin 'x': sentence".
void check(const Plugin& plugin, hk_status status, const hk_error& error, const Place& place = {});

}  // namespace hillock
