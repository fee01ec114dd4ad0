/* Its slopes do not cover its threshold. */
#include "model.h"

static void threshold(void* context, uint32_t lanes, hk_in x, hk_in p, hk_in in, double* g) {
  (void)context, (void)p, (void)in;
  for (uint32_t i = 0; i < lanes; ++i) g[i] = x[0][i];
}
static void slope(void* context, uint32_t lanes, hk_in x, hk_in p, hk_in in, hk_in x1, hk_in p1, hk_in in1,
                  hk_out dx1) {
  (void)context, (void)x, (void)p1, (void)in;
  for (uint32_t i = 0; i < lanes; ++i) dx1[0][i] = (in1[0][i] - x1[0][i]) / p[0][i];
}
static const hk_model model = {GOOD_MODEL, .rhs = good_rhs, .threshold = threshold};
static const hk_tangent tangent = {.size = sizeof(hk_tangent), .rhs = slope};
static const void* get(const char* interface_id) {
  return strcmp(interface_id, HK_MODEL) == 0     ? (const void*)&model
         : strcmp(interface_id, HK_TANGENT) == 0 ? (const void*)&tangent
                                                 : NULL;
}
EXPORT const hk_plugin HK_PLUGIN = {HK_ABI, sizeof(hk_plugin), HK_ROLE_MODEL, "half_tangent", "1.0.0", "", "", get};
