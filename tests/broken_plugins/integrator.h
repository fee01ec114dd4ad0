/* An integrator that leaves the state as it is; each broken one spoils one thing. */
#include "model.h"

#define EMPTY_INTEGRATOR(id, flags, table)                                                                       \
  static hk_status open(const hk_problem* problem, const hk_values* values, const hk_host* host, void** self,    \
                        hk_error* error) {                                                                       \
    (void)problem, (void)values, (void)host, (void)error;                                                        \
    *self = NULL;                                                                                                \
    return HK_OK;                                                                                                \
  }                                                                                                              \
  static hk_status advance(void* self, const hk_stretch* stretch, hk_error* error) {                             \
    (void)self, (void)stretch, (void)error;                                                                      \
    return HK_OK;                                                                                                \
  }                                                                                                              \
  static void close(void* self) { (void)self; }                                                                  \
  static const hk_integrator integrator = {                                                                      \
      sizeof(hk_integrator), sizeof(hk_option), sizeof(table) / sizeof(table[0]), flags, table, open, advance,   \
      close};                                                                                                    \
  static const void* get(const char* interface_id) {                                                             \
    return strcmp(interface_id, HK_INTEGRATOR) == 0 ? &integrator : NULL;                                        \
  }                                                                                                              \
  EXPORT const hk_plugin HK_PLUGIN = {HK_ABI, sizeof(hk_plugin), HK_ROLE_INTEGRATOR, id, "1.0.0", "", "", get};
