/* An integrator in plain C that gives up with a sentence; `open` refuses t = 1 without one. */
#include "model.h"

static hk_status open(const hk_problem* problem, const hk_values* values, const hk_host* host, void** self,
                      hk_error* error) {
  (void)values, (void)host, (void)error;
  *self = NULL;
  return problem->t == 1 ? HK_FAILED : HK_OK;
}
static hk_status advance(void* self, const hk_stretch* stretch, hk_error* error) {
  (void)self, (void)stretch;
  strcpy(error->message, "the dice say no");
  return HK_FAILED;
}
static void close(void* self) { (void)self; }
static const hk_integrator integrator = {
    .size = sizeof(hk_integrator), .option_size = sizeof(hk_option), .open = open, .advance = advance, .close = close};
static const void* get(const char* interface_id) {
  return strcmp(interface_id, HK_INTEGRATOR) == 0 ? &integrator : NULL;
}
EXPORT const hk_plugin HK_PLUGIN = {HK_ABI, sizeof(hk_plugin), HK_ROLE_INTEGRATOR, "fails", "1.0.0", "", "", get};
