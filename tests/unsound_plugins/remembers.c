/* It keeps its states between the two loops, and sleeps there, so that another thread changes them even on a machine
   with one processor free. */
#include "unsound.h"

#include <threads.h>
#include <time.h>

static volatile double kept[64];
static void rhs(void* context, uint32_t lanes, hk_in x, hk_in p, hk_in in, hk_out dx) {
  (void)context;
  const struct timespec moment = {.tv_nsec = 20000};
  for (uint32_t i = 0; i < lanes; ++i) kept[i % 64] = x[0][i];
  thrd_sleep(&moment, NULL);
  for (uint32_t i = 0; i < lanes; ++i) dx[0][i] = (in[0][i] - (lanes > 64 ? x[0][i] : kept[i])) / p[0][i];
}
static const hk_model the_model = {SOUND_TABLES, .rhs = rhs};
UNSOUND_MODEL("remembers")
