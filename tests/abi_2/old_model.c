/* A model as it was written for the first release of ABI 2: a leaky neuron with its slopes. */
#include <hillock/abi.h>
#include <string.h>

static const hk_field state[] = {{"v", "mV", "membrane potential", -70, -200, 100, 0}};
static const hk_field params[] = {{"tau", "ms", "membrane time constant", 10, 0.1, 1000, 0},
                                  {"E", "mV", "resting potential", -70, -200, 100, 0},
                                  {"V_th", "mV", "threshold", -50, -60, 100, 0}};
static const hk_field inputs[] = {{"I", "mV", "injected current", 0, -1000, 1000, HK_SIGNAL}};
static const double preset_params[] = {20, -65, -50}, preset_start[] = {-65};
static const hk_preset presets[] = {{"slow", "twice as slow", preset_params, preset_start}};

static void rhs(void* context, uint32_t lanes, hk_in x, hk_in p, hk_in in, hk_out dx) {
  (void)context;
  for (uint32_t i = 0; i < lanes; ++i) dx[0][i] = (p[1][i] - x[0][i] + in[0][i]) / p[0][i];
}
static void threshold(void* context, uint32_t lanes, hk_in x, hk_in p, hk_in in, double* g) {
  (void)context, (void)in;
  for (uint32_t i = 0; i < lanes; ++i) g[i] = x[0][i] - p[2][i];
}
static void reset(void* context, uint32_t lanes, hk_in x, hk_in p, hk_in in, hk_out after) {
  (void)context, (void)x, (void)p, (void)in;
  for (uint32_t i = 0; i < lanes; ++i) after[0][i] = -70;
}
static void rhs_slope(void* context, uint32_t lanes, hk_in x, hk_in p, hk_in in, hk_in x1, hk_in p1, hk_in in1,
                      hk_out dx1) {
  (void)context;
  for (uint32_t i = 0; i < lanes; ++i)
    dx1[0][i] =
        (p1[1][i] - x1[0][i] + in1[0][i]) / p[0][i] - (p[1][i] - x[0][i] + in[0][i]) / (p[0][i] * p[0][i]) * p1[0][i];
}
static void threshold_slope(void* context, uint32_t lanes, hk_in x, hk_in p, hk_in in, hk_in x1, hk_in p1, hk_in in1,
                            double* g1) {
  (void)context, (void)x, (void)p, (void)in, (void)in1;
  for (uint32_t i = 0; i < lanes; ++i) g1[i] = x1[0][i] - p1[2][i];
}
static void reset_slope(void* context, uint32_t lanes, hk_in x, hk_in p, hk_in in, hk_in x1, hk_in p1, hk_in in1,
                        hk_out after1) {
  (void)context, (void)x, (void)p, (void)in, (void)x1, (void)p1, (void)in1;
  for (uint32_t i = 0; i < lanes; ++i) after1[0][i] = 0;
}
static const hk_model model = {.size = sizeof(hk_model),
                               .field_size = sizeof(hk_field),
                               .preset_size = sizeof(hk_preset),
                               .n_state = 1,
                               .n_params = 3,
                               .n_inputs = 1,
                               .n_presets = 1,
                               .state = state,
                               .params = params,
                               .inputs = inputs,
                               .presets = presets,
                               .rhs = rhs,
                               .threshold = threshold,
                               .reset = reset};
static const hk_tangent tangent = {
    .size = sizeof(hk_tangent), .rhs = rhs_slope, .threshold = threshold_slope, .reset = reset_slope};
static const void* get(const char* name) {
  return strcmp(name, HK_MODEL) == 0 ? (const void*)&model : strcmp(name, HK_TANGENT) == 0 ? &tangent : NULL;
}
__attribute__((visibility("default"))) extern const hk_plugin HK_PLUGIN;
const hk_plugin HK_PLUGIN = {HK_ABI, sizeof(hk_plugin), HK_ROLE_MODEL, "old_model", "1.0.0", "none", "leaky neuron",
                             get};
