/* A reader in plain C that spoils what it tells of its one sweep in the way that the name of the file says. It reads no
 * byte of the file. */
#include <math.h>

#include "model.h"

typedef struct reader {
  const char* spoils;
  hk_channel channels[2];
} reader;
static reader the_reader; /* readers are called from one thread at a time, and the tests open one file */

static hk_status open(const char* path, const hk_values* values, const hk_host* host, void** self, hk_error* error) {
  (void)values, (void)host, (void)error;
  static char name[64];
  const char* slash = strrchr(path, '/');
  strncpy(name, slash ? slash + 1 : path, sizeof name - 1);
  char* dot = strrchr(name, '.');
  if (dot) *dot = 0;
  the_reader = (reader){
      name, {{"Vm", "mV", HK_VOLTAGE}, {"Im", "pA", HK_CURRENT}}
  };
  if (!strcmp(name, "no_name")) the_reader.channels[1].name = NULL;
  if (!strcmp(name, "no_unit")) the_reader.channels[0].unit = NULL;
  if (!strcmp(name, "kind_0")) the_reader.channels[1].kind = 0;
  if (!strcmp(name, "kind_4")) the_reader.channels[1].kind = 4;
  *self = &the_reader;
  return HK_OK;
}
static hk_status sweeps(void* self, uint32_t* n, hk_error* error) {
  (void)self, (void)error;
  *n = 1;
  return HK_OK;
}
static hk_status describe(void* self, uint32_t index, hk_sweep* sweep, hk_error* error) {
  const reader* r = self;
  (void)index, (void)error;
  sweep->n_channels = 2, sweep->channel_size = sizeof(hk_channel), sweep->channels = r->channels;
  sweep->samples = 4, sweep->dt = 0.1;
  if (!strcmp(r->spoils, "dt_0")) sweep->dt = 0;
  if (!strcmp(r->spoils, "dt_negative")) sweep->dt = -0.1;
  if (!strcmp(r->spoils, "dt_nan")) sweep->dt = NAN;
  if (!strcmp(r->spoils, "dt_infinite")) sweep->dt = INFINITY;
  if (!strcmp(r->spoils, "t0_nan")) sweep->t0 = NAN;
  if (!strcmp(r->spoils, "samples_1")) sweep->samples = 1;
  if (!strcmp(r->spoils, "samples_many")) sweep->samples = UINT64_MAX;
  if (!strcmp(r->spoils, "no_channels")) sweep->channels = NULL;
  if (!strcmp(r->spoils, "channel_size")) sweep->channel_size = 8;
  return HK_OK;
}
static hk_status read(void* self, uint32_t index, uint32_t channel, double* samples, hk_error* error) {
  (void)self, (void)index, (void)error;
  for (int k = 0; k < 4; ++k) samples[k] = channel == 0 ? -70 : 0;
  return HK_OK;
}
static void close(void* self) { (void)self; }
static const hk_recording recording = {.size = sizeof(hk_recording),
                                       .option_size = sizeof(hk_option),
                                       .endings = "nonsense",
                                       .open = open,
                                       .sweeps = sweeps,
                                       .describe = describe,
                                       .read = read,
                                       .close = close};
static const void* get(const char* interface_id) { return strcmp(interface_id, HK_RECORDING) == 0 ? &recording : NULL; }
EXPORT const hk_plugin HK_PLUGIN = {HK_ABI, sizeof(hk_plugin), HK_ROLE_RECORDING, "tells_nonsense", "1.0.0", "", "",
                                    get};
