/* It keeps a sum of its states between the two loops, where another thread changes it. */
#include "unsound.h"

static volatile double kept[64];
static void rhs(void* context, uint32_t lanes, hk_in x, hk_in p, hk_in in, hk_out dx) {
  (void)context;
  for (uint32_t i = 0; i < lanes; ++i) kept[i % 64] = x[0][i];
  for (volatile int wait = 0; wait < 20000; ++wait) {}
  for (uint32_t i = 0; i < lanes; ++i) dx[0][i] = (in[0][i] - (lanes > 64 ? x[0][i] : kept[i])) / p[0][i];
}
static const hk_model the_model = {SOUND_TABLES, .rhs = rhs};
UNSOUND_MODEL("remembers")
