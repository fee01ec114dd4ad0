/* Says that it has parameters, and has no table of them. */
#include "model.h"

static const hk_model model = {.size = sizeof(hk_model),
                               .field_size = sizeof(hk_field),
                               .n_state = 1,
                               .n_params = 2,
                               .state = good_state,
                               .rhs = good_rhs};
MODEL_PLUGIN("no_table")
