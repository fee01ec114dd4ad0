/* A reader that says it locates files, without the function. */
#include <string.h>

#include "model.h"

static hk_status open(const char* path, const hk_values* values, const hk_host* host, void** self, hk_error* error) {
  (void)path, (void)values, (void)host, (void)error;
  *self = NULL;
  return HK_OK;
}
static hk_status sweeps(void* self, uint32_t* n, hk_error* error) {
  (void)self, (void)error;
  *n = 0;
  return HK_OK;
}
static hk_status describe(void* self, uint32_t index, hk_sweep* sweep, hk_error* error) {
  (void)self, (void)index, (void)sweep, (void)error;
  return HK_OK;
}
static hk_status read(void* self, uint32_t index, uint32_t channel, double* samples, hk_error* error) {
  (void)self, (void)index, (void)channel, (void)samples, (void)error;
  return HK_OK;
}
static void close(void* self) { (void)self; }
static const hk_recording recording = {
    sizeof(hk_recording), sizeof(hk_option), 0, "x", NULL, open, sweeps, describe, read, close};
static const hk_locate locating = {sizeof(hk_locate), NULL};
static const void* get(const char* interface_id) {
  return strcmp(interface_id, HK_RECORDING) == 0 ? (const void*)&recording
         : strcmp(interface_id, HK_LOCATE) == 0  ? (const void*)&locating
                                                 : NULL;
}
EXPORT const hk_plugin HK_PLUGIN = {HK_ABI, sizeof(hk_plugin), HK_ROLE_RECORDING, "half_locate", "1.0.0", "", "", get};
