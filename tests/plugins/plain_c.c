/* A leaky integrate-and-fire neuron in plain C: what the boundary asks for when nothing helps. */
#include <hillock/abi.h>
#include <string.h>

enum { V, n_state };
enum { TAU, E_L, V_TH, n_params };
enum { I, n_inputs };

static const hk_field state[n_state] = {{"v", "mV", "membrane potential", -70, -200, 100, 0}};
static const hk_field params[n_params] = {{"tau", "ms", "membrane time constant", 10, 0.1, 1000, 0},
                                          {"E_L", "mV", "resting potential", -70, -200, 100, 0},
                                          {"V_th", "mV", "threshold; v restarts at E_L", -55, -200, 100, 0}};
static const hk_field inputs[n_inputs] = {{"I", "mV", "injected current times resistance", 0, -1e4, 1e4, HK_SIGNAL}};

static void rhs(void* context, uint32_t lanes, hk_in x, hk_in p, hk_in in, hk_out dx) {
  (void)context;
  for (uint32_t i = 0; i < lanes; ++i) dx[V][i] = (p[E_L][i] - x[V][i] + in[I][i]) / p[TAU][i];
}
static void threshold(void* context, uint32_t lanes, hk_in x, hk_in p, hk_in in, double* g) {
  (void)context, (void)in;
  for (uint32_t i = 0; i < lanes; ++i) g[i] = x[V][i] - p[V_TH][i];
}
static void reset(void* context, uint32_t lanes, hk_in x, hk_in p, hk_in in, hk_out after) {
  (void)context, (void)x, (void)in;
  for (uint32_t i = 0; i < lanes; ++i) after[V][i] = p[E_L][i];
}

static const hk_model model = {.size = sizeof(hk_model),
                               .field_size = sizeof(hk_field),
                               .n_state = n_state,
                               .n_params = n_params,
                               .n_inputs = n_inputs,
                               .state = state,
                               .params = params,
                               .inputs = inputs,
                               .rhs = rhs,
                               .threshold = threshold,
                               .reset = reset};

static const void* get(const char* interface_id) { return strcmp(interface_id, HK_MODEL) == 0 ? &model : NULL; }

__attribute__((visibility("default"))) const hk_plugin HK_PLUGIN = {
    HK_ABI, sizeof(hk_plugin), HK_ROLE_MODEL, "plain_c", "1.0.0", "", "leaky neuron in plain C", get};
