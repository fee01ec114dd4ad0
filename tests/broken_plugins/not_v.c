/* Its first state is not the membrane potential. */
#include "model.h"

static const hk_field state[] = {
    {"u", "mV", "recovery", 0, -1, 1, 0}
};
static const hk_model model = {
    .size = sizeof(hk_model), .field_size = sizeof(hk_field), .n_state = 1, .state = state, .rhs = good_rhs};
MODEL_PLUGIN("not_v")
