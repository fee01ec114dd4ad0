/* A parameter whose name has a dot in it. */
#include "model.h"

static const hk_field params[] = {
    {"tau.m", "ms", "time constant", 1, 0.1, 2, 0}
};
static const hk_model model = {GOOD_MODEL_OF(params), .rhs = good_rhs};
MODEL_PLUGIN("param_dotted")
