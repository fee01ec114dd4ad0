#include "host/rounding.hpp"

#include <cfenv>
#include <utility>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace hillock {
namespace {
constinit thread_local const Plugin* blamed = nullptr;
}

bool rounds_as_usual() {
#if defined(__x86_64__)
  // all but the flags of what has happened: rounding, denormal numbers as zero, traps
  constexpr unsigned modes = 0xffc0, usual = 0x1f80;
  return (_mm_getcsr() & modes) == usual;
#elif defined(__aarch64__)
  // rounding mode, flush to zero, default NaN, traps
  constexpr unsigned long modes = 0x07f79f00;
  unsigned long control = 0;
  __asm__ volatile("mrs %0, fpcr" : "=r"(control));
  return (control & modes) == 0;
#else
  return std::fegetround() == FE_TONEAREST;
#endif
}

void round_as_usual() { std::fesetenv(FE_DFL_ENV); }

void blame_for_rounding(const Plugin& plugin) {
  if (!blamed) blamed = &plugin;
}
const Plugin* blamed_for_rounding() { return std::exchange(blamed, nullptr); }

}  // namespace hillock
