/* A forecaster that writes all of its forecast but the last number. */
#include "model.h"

static hk_status open(uint64_t seed, const hk_values* values, const hk_host* host, void** self, hk_error* error) {
  (void)seed, (void)values, (void)host, (void)error;
  *self = NULL;
  return HK_OK;
}
static hk_status fit(void* self, uint32_t n, const hk_series* const* pieces, hk_error* error) {
  (void)self, (void)n, (void)pieces, (void)error;
  return HK_OK;
}
static hk_status predict(void* self, const hk_series* history, uint64_t horizon, const double* const* future,
                         uint32_t n_levels, const double* levels, double* mean, hk_out low, hk_out high,
                         hk_error* error) {
  (void)self, (void)history, (void)future, (void)n_levels, (void)levels, (void)low, (void)high, (void)error;
  for (uint64_t k = 0; k + 1 < horizon; ++k) mean[k] = 0;
  return HK_OK;
}
static void close(void* self) { (void)self; }
static const hk_forecaster forecaster = {.size = sizeof(hk_forecaster),
                                         .option_size = sizeof(hk_option),
                                         .open = open,
                                         .fit = fit,
                                         .predict = predict,
                                         .close = close};
static const void* get(const char* interface_id) {
  return strcmp(interface_id, HK_FORECASTER) == 0 ? &forecaster : NULL;
}
EXPORT const hk_plugin HK_PLUGIN = {HK_ABI, sizeof(hk_plugin), HK_ROLE_FORECASTER, "leaves_out", "1.0.0", "", "", get};
