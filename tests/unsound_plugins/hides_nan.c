/* A voltage that is no number has slope 0. */
#include "unsound.h"

static void rhs(void* context, uint32_t lanes, hk_in x, hk_in p, hk_in in, hk_out dx) {
  (void)context;
  for (uint32_t i = 0; i < lanes; ++i) dx[0][i] = x[0][i] == x[0][i] ? (in[0][i] - x[0][i]) / p[0][i] : 0;
}
static const hk_model the_model = {SOUND_TABLES, .rhs = rhs};
UNSOUND_MODEL("hides_nan")
