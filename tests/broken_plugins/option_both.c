/* An option that is a number and a block of others as well. */
#include "integrator.h"

static const hk_option options[] = {
    {"order.low", HK_NUMBER, 0, "1", 1, 0, 2, NULL, NULL, "lowest order"},
    {"order",     HK_NUMBER, 0, "1", 1, 0, 2, NULL, NULL, "order"       }
};
EMPTY_INTEGRATOR("option_both", 0, options)
