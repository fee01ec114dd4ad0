/* A parameter called as the state. */
#include "model.h"

static const hk_field params[] = {
    {"v", "ms", "time constant", 1, 0.1, 2, 0}
};
static const hk_model model = {GOOD_MODEL_OF(params), .rhs = good_rhs};
MODEL_PLUGIN("param_of_state")
