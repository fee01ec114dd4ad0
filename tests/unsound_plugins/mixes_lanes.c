/* A neuron feels the one beside it. */
#include "unsound.h"

static void rhs(void* context, uint32_t lanes, hk_in x, hk_in p, hk_in in, hk_out dx) {
  (void)context;
  for (uint32_t i = 0; i < lanes; ++i) dx[0][i] = (in[0][i] - x[0][(i + 1) % lanes]) / p[0][i];
}
static const hk_model the_model = {SOUND_TABLES, .rhs = rhs};
UNSOUND_MODEL("mixes_lanes")
