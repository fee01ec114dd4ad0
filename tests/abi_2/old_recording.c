/* A reader as it was written for the first release of ABI 2: bytes behind the word VOLT are millivolts, 0.1 ms apart.
 */
#include <hillock/abi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 100000 };
typedef struct tape {
  uint64_t n;
  hk_channel channel;
  signed char bytes[MOST];
} tape;

static hk_status open(const char* path, const hk_values* values, const hk_host* host, void** self, hk_error* error) {
  (void)values, (void)host;
  char head[4] = {0};
  FILE* file = fopen(path, "rb");
  tape* t = calloc(1, sizeof *t);
  if (file && t && fread(head, 1, 4, file) == 4 && memcmp(head, "VOLT", 4) == 0) t->n = fread(t->bytes, 1, MOST, file);
  if (file) fclose(file);
  if (!t || t->n == 0) {
    free(t);
    strcpy(error->message, "this is no such recording");
    return HK_BAD_INPUT;
  }
  t->channel = (hk_channel){"voltage", "mV", HK_VOLTAGE};
  *self = t;
  return HK_OK;
}
static hk_status sweeps(void* self, uint32_t* n, hk_error* error) {
  (void)self, (void)error;
  *n = 1;
  return HK_OK;
}
static hk_status describe(void* self, uint32_t index, hk_sweep* sweep, hk_error* error) {
  const tape* t = self;
  (void)index, (void)error;
  sweep->n_channels = 1, sweep->channel_size = sizeof(hk_channel), sweep->channels = &t->channel;
  sweep->samples = t->n, sweep->t0 = 0, sweep->dt = 0.1, sweep->protocol = "", sweep->current_source = "";
  return HK_OK;
}
static hk_status read(void* self, uint32_t index, uint32_t channel, double* samples, hk_error* error) {
  const tape* t = self;
  (void)index, (void)channel, (void)error;
  for (uint64_t k = 0; k < t->n; ++k) samples[k] = t->bytes[k];
  return HK_OK;
}
static void close(void* self) { free(self); }
static const hk_recording recording = {
    sizeof(hk_recording), sizeof(hk_option), 0, "volt", NULL, open, sweeps, describe, read, close};
static const void* get(const char* name) { return strcmp(name, HK_RECORDING) == 0 ? &recording : NULL; }
__attribute__((visibility("default"))) extern const hk_plugin HK_PLUGIN;
const hk_plugin HK_PLUGIN = {
    HK_ABI, sizeof(hk_plugin), HK_ROLE_RECORDING, "old_recording", "1.0.0", "", "bytes as millivolts", get};
