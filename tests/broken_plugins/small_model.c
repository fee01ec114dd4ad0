/* Its interface ends before the equations. */
#include "model.h"

static const hk_model model = {.size = offsetof(hk_model, rhs), .n_state = 1};
MODEL_PLUGIN("small_model")
