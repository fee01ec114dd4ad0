/* A whole model in C, of which each file here spoils one thing: v' = (I - v)/tau, a spike at v = 20, v := 0 after it.
 */
#ifndef UNSOUND_H
#define UNSOUND_H
#include <hillock/abi.h>
#include <string.h>

static const hk_field the_state[] = {{"v", "mV", "membrane potential", 0, -100, 100, 0}};
static const hk_field the_inputs[] = {{"I", "mV", "injected current", 0, -100, 100, HK_SIGNAL}};
static const hk_field the_params[] = {{"tau", "ms", "time constant", 10, 1, 100, 0}};

static inline void sound_rhs(void* context, uint32_t lanes, hk_in x, hk_in p, hk_in in, hk_out dx) {
  (void)context;
  for (uint32_t i = 0; i < lanes; ++i) dx[0][i] = (in[0][i] - x[0][i]) / p[0][i];
}
static inline void sound_threshold(void* context, uint32_t lanes, hk_in x, hk_in p, hk_in in, double* g) {
  (void)context, (void)p, (void)in;
  for (uint32_t i = 0; i < lanes; ++i) g[i] = x[0][i] - 20;
}
static inline void sound_reset(void* context, uint32_t lanes, hk_in x, hk_in p, hk_in in, hk_out after) {
  (void)context, (void)x, (void)p, (void)in;
  for (uint32_t i = 0; i < lanes; ++i) after[0][i] = 0;
}

#define SOUND_TABLES                                                                                        \
  .size = sizeof(hk_model), .field_size = sizeof(hk_field), .preset_size = sizeof(hk_preset), .n_state = 1, \
  .n_params = 1, .n_inputs = 1, .state = the_state, .params = the_params, .inputs = the_inputs
#define UNSOUND_PLUGIN(id, role, cite, get)                                \
  __attribute__((visibility("default"))) extern const hk_plugin HK_PLUGIN; \
  const hk_plugin HK_PLUGIN = {HK_ABI, sizeof(hk_plugin), role, id, "1.0.0", cite, "spoilt in one way", get};
/* A model without further interfaces, made of `the_model`. */
#define UNSOUND_MODEL(id)                                                                              \
  static const void* get(const char* name) { return strcmp(name, HK_MODEL) == 0 ? &the_model : NULL; } \
  UNSOUND_PLUGIN(id, HK_ROLE_MODEL, "none", get)
#endif
