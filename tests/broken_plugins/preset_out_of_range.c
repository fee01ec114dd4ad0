/* A preset that sets a parameter outside its range. */
#include "model.h"

static const double values[] = {0.01}, start[] = {-65};
static const hk_preset presets[] = {{"slow", "", values, start}};
static const hk_model model = {GOOD_MODEL, .n_presets = 1, .presets = presets, .rhs = good_rhs};
MODEL_PLUGIN("preset_out_of_range")
