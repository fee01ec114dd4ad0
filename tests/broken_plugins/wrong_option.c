/* An integrator with a choice whose default is none of the choices. */
#include "model.h"

static const hk_option options[] = {
    {"order", HK_CHOICE, 0, "1", 0, 0, 0, "first|second", "third", "order of the method"}
};
static hk_status open(const hk_problem* problem, const hk_values* values, const hk_host* host, void** self,
                      hk_error* error) {
  (void)problem, (void)values, (void)host, (void)error;
  *self = NULL;
  return HK_OK;
}
static hk_status advance(void* self, const hk_stretch* stretch, hk_error* error) {
  return self || stretch || error ? HK_OK : HK_FAILED;
}
static void close(void* self) { (void)self; }
static const hk_integrator integrator = {sizeof(hk_integrator), sizeof(hk_option), 1, 0, options, open, advance, close};
static const void* get(const char* interface_id) {
  return strcmp(interface_id, HK_INTEGRATOR) == 0 ? &integrator : NULL;
}
EXPORT const hk_plugin HK_PLUGIN = {HK_ABI, sizeof(hk_plugin), HK_ROLE_INTEGRATOR, "wrong_option", "1.0.0", "", "",
                                    get};
