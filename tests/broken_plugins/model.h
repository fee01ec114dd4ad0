/* A good model in plain C, and the identity of a plugin; each broken plugin spoils one thing. */
#include <hillock/abi.h>
#include <stddef.h>
#include <string.h>

__attribute__((unused)) static const hk_field good_state[] = {
    {"v", "mV", "membrane potential", -70, -200, 100, 0}
};
__attribute__((unused)) static const hk_field good_params[] = {
    {"tau", "ms", "membrane time constant", 10, 0.1, 1000, 0}
};
__attribute__((unused)) static const hk_field good_inputs[] = {
    {"I", "mV", "injected current", 0, -1e4, 1e4, HK_SIGNAL}
};

__attribute__((unused)) static void good_rhs(void* context, uint32_t lanes, hk_in x, hk_in p, hk_in in, hk_out dx) {
  (void)context;
  for (uint32_t i = 0; i < lanes; ++i) dx[0][i] = (in[0][i] - x[0][i]) / p[0][i];
}

#define GOOD_MODEL GOOD_MODEL_OF(good_params)
#define GOOD_MODEL_OF(parameters)                                                                           \
  .size = sizeof(hk_model), .field_size = sizeof(hk_field), .preset_size = sizeof(hk_preset), .n_state = 1, \
  .n_params = 1, .n_inputs = 1, .state = good_state, .params = parameters, .inputs = good_inputs

#define EXPORT __attribute__((visibility("default")))
#define MODEL_PLUGIN(id)                                                                                           \
  static const void* get(const char* interface_id) { return strcmp(interface_id, HK_MODEL) == 0 ? &model : NULL; } \
  EXPORT const hk_plugin HK_PLUGIN = {HK_ABI, sizeof(hk_plugin), HK_ROLE_MODEL, id, "1.0.0", "", "", get};
