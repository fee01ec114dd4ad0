/* Uses a function that nobody defines. */
#include "model.h"

double nobody_defines_this(void);
static void rhs(void* context, uint32_t lanes, hk_in x, hk_in p, hk_in in, hk_out dx) {
  good_rhs(context, lanes, x, p, in, dx);
  dx[0][0] = nobody_defines_this();
}
static const hk_model model = {GOOD_MODEL, .rhs = rhs};
MODEL_PLUGIN("unresolved")
