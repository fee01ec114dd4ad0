/* A step that may be nothing. */
#include "integrator.h"

static const hk_option options[] = {
    {"dt", HK_NUMBER, 1, "ms", 0, 0, 1, NULL, NULL, "step"}
};
EMPTY_INTEGRATOR("dt_zero", HK_FIXED_STEP, options)
