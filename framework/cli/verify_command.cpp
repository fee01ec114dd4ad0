// verify: the conformance kit, as a table.
#include <algorithm>

#include "cli/commands.hpp"
#include "util/error.hpp"
#include "verify/verify.hpp"

namespace hillock {

int verify_file(const VerifyCall& call) {
  const Verification result = verify_plugin(call);
  if (result.role.empty()) show("{}\n", call.plugin.string());
  else show("{} {} ({}): {}\n", result.id, result.version, result.role, result.meaning);
  std::size_t widest = 0, failed = 0, left_out = 0;
  for (const Verified& v : result.checks) widest = std::max(widest, v.check.size());
  for (const Verified& v : result.checks) {
    const bool bad = v.verdict == CheckVerdict::failed, none = v.verdict == CheckVerdict::not_made;
    failed += bad, left_out += none;
    show("  {}  {:<{}}  {}\n", bad ? "FAILED" : none ? "-     " : "ok    ", v.check, widest, v.tried);
    if (!v.found.empty()) show("  {:{}}{}\n", "", widest + 10, v.found);
  }
  show("{} checks: {} ok, {} failed, {} not made\n", result.checks.size(), result.checks.size() - failed - left_out,
       failed, left_out);
  return result.passed() ? static_cast<int>(Exit::good) : static_cast<int>(Exit::expectation_failed);
}

}  // namespace hillock
