/* Nothing moves its voltage. */
#include "unsound.h"

static void rhs(void* context, uint32_t lanes, hk_in x, hk_in p, hk_in in, hk_out dx) {
  (void)context, (void)x, (void)p, (void)in;
  for (uint32_t i = 0; i < lanes; ++i) dx[0][i] = 0;
}
static const hk_model the_model = {SOUND_TABLES, .rhs = rhs};
UNSOUND_MODEL("stands_still")
