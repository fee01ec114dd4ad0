/* Nothing is spoilt. */
#include "unsound.h"

static const hk_model the_model = {SOUND_TABLES, .rhs = sound_rhs, .threshold = sound_threshold, .reset = sound_reset};
UNSOUND_MODEL("sound")
