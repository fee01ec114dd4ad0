/* A parameter whose default lies outside its range. */
#include "model.h"

static const hk_field params[] = {
    {"tau", "ms", "time constant", 3, 0, 2, 0}
};
static const hk_model model = {.size = sizeof(hk_model),
                               .field_size = sizeof(hk_field),
                               .n_state = 1,
                               .n_params = 1,
                               .state = good_state,
                               .params = params,
                               .rhs = good_rhs};
MODEL_PLUGIN("default_out_of_range")
