/* Resets, but never spikes. */
#include "model.h"

static const hk_model model = {GOOD_MODEL, .rhs = good_rhs, .reset = good_rhs};
MODEL_PLUGIN("reset_without_threshold")
