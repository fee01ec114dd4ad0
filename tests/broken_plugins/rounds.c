/* A model that rounds upward from when it is loaded on, and again from within rhs as soon as its current is above 1. */
#include <fenv.h>

#include "model.h"

__attribute__((constructor)) static void loaded(void) { fesetround(FE_UPWARD); }
static void rhs(void* context, uint32_t lanes, hk_in x, hk_in p, hk_in in, hk_out dx) {
  if (in[0][0] > 1) fesetround(FE_UPWARD);
  good_rhs(context, lanes, x, p, in, dx);
}
static const hk_model model = {GOOD_MODEL, .rhs = rhs};
MODEL_PLUGIN("rounds")
