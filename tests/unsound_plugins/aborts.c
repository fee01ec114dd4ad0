/* Below -50 mV it aborts. */
#include <stdlib.h>

#include "unsound.h"

static void rhs(void* context, uint32_t lanes, hk_in x, hk_in p, hk_in in, hk_out dx) {
  sound_rhs(context, lanes, x, p, in, dx);
  if (x[0][0] < -50) abort();
}
static const hk_model the_model = {SOUND_TABLES, .rhs = rhs};
UNSOUND_MODEL("aborts")
