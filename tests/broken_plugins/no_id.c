/* Has no name. */
#include "model.h"

static const hk_model model = {GOOD_MODEL, .rhs = good_rhs};
MODEL_PLUGIN(NULL)
