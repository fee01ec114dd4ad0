/* Its slopes leave out the time constant. */
#include "unsound.h"

static void slope(void* context, uint32_t lanes, hk_in x, hk_in p, hk_in in, hk_in x1, hk_in p1, hk_in in1,
                  hk_out dx1) {
  (void)context, (void)x, (void)p, (void)in, (void)p1;
  for (uint32_t i = 0; i < lanes; ++i) dx1[0][i] = in1[0][i] - x1[0][i];
}
static const hk_model the_model = {SOUND_TABLES, .rhs = sound_rhs};
static const hk_tangent the_tangent = {.size = sizeof(hk_tangent), .rhs = slope};
static const void* get(const char* name) {
  return strcmp(name, HK_MODEL) == 0 ? (const void*)&the_model : strcmp(name, HK_TANGENT) == 0 ? &the_tangent : NULL;
}
UNSOUND_PLUGIN("wrong_slope", HK_ROLE_MODEL, "none", get)
