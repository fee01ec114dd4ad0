/* A preset whose name has a dot in it. */
#include "model.h"

static const double values[] = {1}, start[] = {-65};
static const hk_preset presets[] = {{"slow.1", "", values, start}};
static const hk_model model = {GOOD_MODEL, .n_presets = 1, .presets = presets, .rhs = good_rhs};
MODEL_PLUGIN("preset_dotted")
