/* A parameter whose name is the number of an item of a list. */
#include "model.h"

static const hk_field params[] = {
    {"0", "ms", "time constant", 1, 0.1, 2, 0}
};
static const hk_model model = {GOOD_MODEL_OF(params), .rhs = good_rhs};
MODEL_PLUGIN("param_digit")
