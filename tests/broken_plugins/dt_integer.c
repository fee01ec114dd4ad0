/* A step that is a whole number. */
#include "integrator.h"

static const hk_option options[] = {
    {"dt", HK_INTEGER, 1, "ms", 0, 1, 10, NULL, NULL, "step"}
};
EMPTY_INTEGRATOR("dt_integer", HK_FIXED_STEP, options)
