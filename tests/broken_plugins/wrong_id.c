/* Calls itself by another name than its file. */
#include "model.h"

static const hk_model model = {GOOD_MODEL, .rhs = good_rhs};
MODEL_PLUGIN("somebody_else")
