/* A model whose functions read their numbers through the context: v decays at the rate it points to, 0.5 per ms. */
#include <hillock/abi.h>
#include <string.h>

static const hk_field state[] = {{"v", "mV", "membrane potential", 1, -200, 100, 0}};
static double rate = 0.5;

static void rhs(void* context, uint32_t lanes, hk_in x, hk_in p, hk_in in, hk_out dx) {
  (void)p, (void)in;
  for (uint32_t i = 0; i < lanes; ++i) dx[0][i] = -*(const double*)context * x[0][i];
}
static void rhs_single(void* context, const double* x, const double* p, const double* in, double* dx) {
  (void)p, (void)in;
  dx[0] = -*(const double*)context * x[0];
}
static void slope(void* context, uint32_t lanes, hk_in x, hk_in p, hk_in in, hk_in x1, hk_in p1, hk_in in1,
                  hk_out dx1) {
  (void)x, (void)p, (void)in, (void)p1, (void)in1;
  for (uint32_t i = 0; i < lanes; ++i) dx1[0][i] = -*(const double*)context * x1[0][i];
}

static const hk_model model = {.size = sizeof(hk_model),
                               .field_size = sizeof(hk_field),
                               .n_state = 1,
                               .state = state,
                               .context = &rate,
                               .rhs = rhs};
static const hk_single single = {.size = sizeof(hk_single), .rhs = rhs_single};
static const hk_tangent tangent = {.size = sizeof(hk_tangent), .rhs = slope};

static const void* get(const char* interface_id) {
  if (strcmp(interface_id, HK_MODEL) == 0) return &model;
  if (strcmp(interface_id, HK_SINGLE) == 0) return &single;
  return strcmp(interface_id, HK_TANGENT) == 0 ? &tangent : NULL;
}

__attribute__((visibility("default"))) const hk_plugin HK_PLUGIN = {
    HK_ABI, sizeof(hk_plugin), HK_ROLE_MODEL, "with_context", "1.0.0", "", "a model with a context", get};
