/* Below -50 mV it never returns. */
#include "unsound.h"

static volatile int turns;
static void rhs(void* context, uint32_t lanes, hk_in x, hk_in p, hk_in in, hk_out dx) {
  sound_rhs(context, lanes, x, p, in, dx);
  while (x[0][0] < -50) turns = 1;
}
static const hk_model the_model = {SOUND_TABLES, .rhs = rhs};
UNSOUND_MODEL("endless")
