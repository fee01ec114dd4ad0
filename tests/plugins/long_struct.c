/* A model as a newer header of the same ABI would make it: every struct has members at its end that this host does not
 * know. */
#include <hillock/abi.h>
#include <string.h>

struct new_field {
  hk_field known;
  double more[3];
};
struct new_model {
  hk_model known;
  void (*more[4])(void);
};
struct new_plugin {
  hk_plugin known;
  const char* more;
};

static const struct new_field state[] = {
    {{"v", "mV", "membrane potential", -70, -200, 100, 0}, {1, 2, 3}},
    {{"w", "1", "recovery", 0.5, 0, 1, 0},                 {4, 5, 6}}
};
static const struct new_field params[] = {
    {{"tau", "ms", "time constant", 10, 0.1, 1000, 0}, {7, 8, 9}}
};
static const struct new_field inputs[] = {
    {{"I", "mV", "injected current", 0, -1e4, 1e4, HK_SIGNAL},     {1, 1, 1}},
    {{"E", "1", "what noise is held against", 1, 0, 1e9, HK_DRAW}, {1, 1, 1}}
};

static void rhs(void* context, uint32_t lanes, hk_in x, hk_in p, hk_in in, hk_out dx) {
  (void)context;
  for (uint32_t i = 0; i < lanes; ++i) dx[0][i] = (in[0][i] - x[0][i]) / p[0][i], dx[1][i] = -x[1][i] / p[0][i];
}

static const struct new_model model = {
    .known = {.size = sizeof(struct new_model),
              .field_size = sizeof(struct new_field),
              .n_state = 2,
              .n_params = 1,
              .n_inputs = 2,
              .state = &state[0].known,
              .params = &params[0].known,
              .inputs = &inputs[0].known,
              .rhs = rhs}
};

static const void* get(const char* interface_id) { return strcmp(interface_id, HK_MODEL) == 0 ? &model : NULL; }

__attribute__((visibility("default"))) const struct new_plugin HK_PLUGIN = {
    {HK_ABI, sizeof(struct new_plugin), HK_ROLE_MODEL, "long_struct", "1.0.0", "", "a model of a newer header", get},
    "more"
};
