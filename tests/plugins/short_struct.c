/* A model as an older header of the same ABI would have made it: its structs end early, and its fields know no kind.
 * What the host does not find is absent: this model has no spikes although garbage follows. */
#include <hillock/abi.h>
#include <stddef.h>
#include <string.h>

struct old_field {
  const char *name, *unit, *meaning;
  double value, low, high;
};
static const struct old_field state[] = {
    {"v", "mV", "membrane potential", -70, -200, 100},
    {"w", "1",  "recovery",           0.5, 0,    1  }
};
static const struct old_field params[] = {
    {"tau", "ms", "time constant", 10, 0.1, 1000}
};
static const struct old_field inputs[] = {
    {"I", "mV", "injected current", 0, -1e4, 1e4}
};

static void rhs(void* context, uint32_t lanes, hk_in x, hk_in p, hk_in in, hk_out dx) {
  (void)context;
  for (uint32_t i = 0; i < lanes; ++i) dx[0][i] = (in[0][i] - x[0][i]) / p[0][i], dx[1][i] = -x[1][i] / p[0][i];
}

static const hk_model model = {.size = offsetof(hk_model, threshold),
                               .field_size = sizeof(struct old_field),
                               .n_state = 2,
                               .n_params = 1,
                               .n_inputs = 1,
                               .state = (const hk_field*)(const void*)state,
                               .params = (const hk_field*)(const void*)params,
                               .inputs = (const hk_field*)(const void*)inputs,
                               .rhs = rhs,
                               .threshold = (void (*)(void*, uint32_t, hk_in, hk_in, hk_in, double*))1,
                               .reset = (void (*)(void*, uint32_t, hk_in, hk_in, hk_in, hk_out))1};

static const void* get(const char* interface_id) { return strcmp(interface_id, HK_MODEL) == 0 ? &model : NULL; }

__attribute__((visibility("default"))) const hk_plugin HK_PLUGIN = {
    HK_ABI, sizeof(hk_plugin), HK_ROLE_MODEL, "short_struct", "1.0.0", "", "a model of an older header", get};
