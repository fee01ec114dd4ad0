/* An option whose name has a dot at its end. */
#include "integrator.h"

static const hk_option options[] = {
    {"order.", HK_NUMBER, 0, "1", 1, 0, 2, NULL, NULL, "order"}
};
EMPTY_INTEGRATOR("option_odd", 0, options)
