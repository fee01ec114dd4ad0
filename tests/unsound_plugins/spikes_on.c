/* Its reset leaves it above the threshold. */
#include "unsound.h"

static void reset(void* context, uint32_t lanes, hk_in x, hk_in p, hk_in in, hk_out after) {
  (void)context, (void)x, (void)p, (void)in;
  for (uint32_t i = 0; i < lanes; ++i) after[0][i] = 25;
}
static const hk_model the_model = {SOUND_TABLES, .rhs = sound_rhs, .threshold = sound_threshold, .reset = reset};
UNSOUND_MODEL("spikes_on")
