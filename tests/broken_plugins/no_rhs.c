/* Has no equations. */
#include "model.h"

static const hk_model model = {GOOD_MODEL};
MODEL_PLUGIN("no_rhs")
