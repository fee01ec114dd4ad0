/* A parameter in a unit that nobody knows. */
#include "unsound.h"

static const hk_field params[] = {{"tau", "fortnight", "time constant", 10, 1, 100, 0}};
static const hk_model the_model = {.size = sizeof(hk_model),
                                   .field_size = sizeof(hk_field),
                                   .n_state = 1,
                                   .n_params = 1,
                                   .n_inputs = 1,
                                   .state = the_state,
                                   .params = params,
                                   .inputs = the_inputs,
                                   .rhs = sound_rhs};
UNSOUND_MODEL("strange_unit")
