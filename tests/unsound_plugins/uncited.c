/* It cites nothing. */
#include "unsound.h"

static const hk_model the_model = {SOUND_TABLES, .rhs = sound_rhs};
static const void* get(const char* name) { return strcmp(name, HK_MODEL) == 0 ? &the_model : NULL; }
UNSOUND_PLUGIN("uncited", HK_ROLE_MODEL, "", get)
