#pragma once
// The conformance kit: everything that a plugin of a role promises through the boundary, tried. The command `verify`
// and the tests call it.
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "host/plugins.hpp"

namespace hillock {

enum class CheckVerdict { passed, failed, not_made };

/// One row of the table that `verify` prints.
struct Verified {
  std::string check;  ///< "tangent"
  std::string tried;  ///< what was done, in a line
  CheckVerdict verdict = CheckVerdict::passed;
  std::string found;  ///< figures of a check that passed; what is wrong; why it was not made. May be empty
};

struct VerifyCall {
  std::filesystem::path plugin;                   ///< a file NAME.so
  std::vector<std::filesystem::path> recordings;  ///< which the plugin reads, if it is a reader
  double seconds = 60;                            ///< processor time of one check
  std::size_t memory_MB = 4096;                   ///< of one check
  Plugins* others = nullptr;                      ///< integrators that run a model; null: those that the program finds
};

struct Verification {
  std::string id, version, role, meaning;  ///< empty if the plugin could not be loaded
  std::vector<Verified> checks;            ///< the first is that of the boundary; without it there are no others
  bool passed() const;
};

/// Tries all of it. Each check runs in a process of its own: a crash, an exit, an endless loop or runaway memory is a
/// check that failed, and the others go on. Throws Error (bad_input) if there is no such file.
Verification verify_plugin(const VerifyCall& call);

}  // namespace hillock
