/* A forecaster as it was written for the first release of ABI 2: the mean of the training part. */
#include <hillock/abi.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct mean_of {
  double mean;
  int fitted;
} mean_of;

static hk_status open(uint64_t seed, const hk_values* values, const hk_host* host, void** self, hk_error* error) {
  (void)seed, (void)values, (void)host;
  *self = calloc(1, sizeof(mean_of));
  if (*self) return HK_OK;
  strcpy(error->message, "there is no memory");
  return HK_FAILED;
}
static hk_status refuse(hk_error* error, const char* why) {
  strcpy(error->message, why);
  return HK_BAD_INPUT;
}
static hk_status fit(void* self, uint32_t n, const hk_series* const* pieces, hk_error* error) {
  double sum = 0;
  uint64_t count = 0;
  for (uint32_t k = 0; k < n; ++k)
    for (uint64_t i = 0; i < pieces[k]->n; ++i, ++count) {
      if (!isfinite(pieces[k]->values[i])) return refuse(error, "the training part holds what is no finite number");
      sum += pieces[k]->values[i];
    }
  if (count == 0) return refuse(error, "the training part is empty");
  mean_of* m = self;
  m->mean = sum / (double)count, m->fitted = 1;
  return HK_OK;
}
static hk_status predict(void* self, const hk_series* history, uint64_t horizon, const double* const* future,
                         uint32_t n_levels, const double* levels, double* mean, hk_out low, hk_out high,
                         hk_error* error) {
  (void)future, (void)levels, (void)low, (void)high;
  const mean_of* m = self;
  if (n_levels > 0) return refuse(error, "it has no intervals of its own");
  if (!m->fitted) return refuse(error, "it was not fitted");
  for (uint64_t i = 0; i < history->n; ++i)
    if (!isfinite(history->values[i])) return refuse(error, "the history holds what is no finite number");
  for (uint64_t i = 0; i < horizon; ++i) mean[i] = m->mean;
  return HK_OK;
}
static void close(void* self) { free(self); }
static const hk_forecaster forecaster = {.size = sizeof(hk_forecaster),
                                         .option_size = sizeof(hk_option),
                                         .open = open,
                                         .fit = fit,
                                         .predict = predict,
                                         .close = close};
static const void* get(const char* name) { return strcmp(name, HK_FORECASTER) == 0 ? &forecaster : NULL; }
__attribute__((visibility("default"))) extern const hk_plugin HK_PLUGIN;
const hk_plugin HK_PLUGIN = {
    HK_ABI, sizeof(hk_plugin), HK_ROLE_FORECASTER, "old_forecaster", "1.0.0", "none", "the mean", get};
