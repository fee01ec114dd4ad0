/* An option of the name of the key that names the plugin. */
#include "integrator.h"

static const hk_option options[] = {
    {"use", HK_NUMBER, 0, "1", 1, 0, 2, NULL, NULL, "order"}
};
EMPTY_INTEGRATOR("option_use", 0, options)
