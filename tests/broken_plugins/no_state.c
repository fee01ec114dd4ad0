/* A model of nothing. */
#include "model.h"

static const hk_model model = {.size = sizeof(hk_model), .field_size = sizeof(hk_field), .rhs = good_rhs};
MODEL_PLUGIN("no_state")
