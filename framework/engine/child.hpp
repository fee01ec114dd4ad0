#pragma once
// Work done in a child process, which may crash, hang or eat all memory without harm to this one.
#include <cstddef>
#include <functional>
#include <optional>
#include <string>

namespace hillock {

/// What a child may use. 0: no limit.
struct ChildLimits {
  double cpu_s = 0;  ///< processor time; ten times as long on the clock, for work that waits and never wakes
  /// Memory that it allocates beyond what this process has already; not under sanitizers.
  std::size_t memory_bytes = 0;
  bool hear = false;  ///< what it writes to stderr is heard in place of shown
  int stops_by = 9;   ///< the signal that it gets when the user asks to stop: SIGKILL, or one that its work heeds
};

/// How a child ended.
struct ChildEnd {
  bool finished = false;  ///< the work returned
  std::string bytes;      ///< what it returned
  /// Why it did not finish, as a predicate: "crashed (SIGSEGV)", "called exit(4)", "did not end within 60 s", "wanted
  /// more memory than 4096 MB".
  std::string why;
  std::optional<int> status;  ///< with which it exited, of one that did not finish and was not killed
  std::string said;           ///< what it wrote to stderr, of one that is heard; of much the end
};

/// Calls `work` in a child process, a copy of this one as it is now, and returns what it returned. A child whose work
/// throws counts as one that exits. REQUIRES: `work` takes no lock that another thread of this process may hold: it is
/// plugins and plain computations. Throws Error (run_failed) if no process can be started, Interrupted if the user
/// asked to stop. [any thread]
ChildEnd in_child(const std::function<std::string()>& work, const ChildLimits& limits);

}  // namespace hillock
