/* Its tables have rows that end before the range. */
#include "model.h"

static const hk_model model = {.size = sizeof(hk_model),
                               .field_size = offsetof(hk_field, low),
                               .n_state = 1,
                               .state = good_state,
                               .rhs = good_rhs};
MODEL_PLUGIN("small_fields")
