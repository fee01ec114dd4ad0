/* A step in seconds. */
#include "integrator.h"

static const hk_option options[] = {
    {"dt", HK_NUMBER, 1, "s", 0, 1e-9, 1, NULL, NULL, "step"}
};
EMPTY_INTEGRATOR("dt_in_seconds", HK_FIXED_STEP, options)
