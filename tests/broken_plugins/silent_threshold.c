/* A model whose threshold is no number as soon as its current is above 1. */
#include <math.h>

#include "model.h"

static void threshold(void* context, uint32_t lanes, hk_in x, hk_in p, hk_in in, double* g) {
  (void)context, (void)p;
  for (uint32_t i = 0; i < lanes; ++i) g[i] = in[0][i] > 1 ? (double)NAN : x[0][i] - 1e3;
}
static const hk_model model = {GOOD_MODEL, .rhs = good_rhs, .threshold = threshold};
MODEL_PLUGIN("silent_threshold")
