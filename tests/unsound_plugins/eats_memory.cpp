// Below -50 mV it takes memory without end.
#include <cstdint>
#include <cstring>
#include <vector>

extern "C" {
#include "unsound.h"
}

static void rhs(void* context, std::uint32_t lanes, hk_in x, hk_in p, hk_in in, hk_out dx) {
  sound_rhs(context, lanes, x, p, in, dx);
  static std::vector<std::vector<double>> kept;
  while (x[0][0] < -50) kept.emplace_back(1 << 20, 1.0);
}
static const hk_model the_model = [] {
  hk_model m{};
  m.size = sizeof m, m.field_size = sizeof(hk_field), m.n_state = m.n_params = m.n_inputs = 1;
  m.state = the_state, m.params = the_params, m.inputs = the_inputs, m.rhs = rhs;
  return m;
}();
static const void* get(const char* name) { return std::strcmp(name, HK_MODEL) == 0 ? &the_model : nullptr; }
extern "C" {
UNSOUND_PLUGIN("eats_memory", HK_ROLE_MODEL, "none", get)
}
