/* An optimizer that asks for candidates outside its box. */
#include "model.h"

static const double outside[] = {2};
static const double* const rows[] = {outside};
static hk_status open(const hk_search* search, const hk_values* values, const hk_host* host, void** self,
                      hk_error* error) {
  (void)search, (void)values, (void)host, (void)error;
  *self = NULL;
  return HK_OK;
}
static hk_status ask(void* self, hk_asked* asked, hk_error* error) {
  (void)self, (void)error;
  asked->count = 1, asked->x = rows;
  return HK_OK;
}
static hk_status tell(void* self, const hk_told* told, hk_error* error) {
  (void)self, (void)told, (void)error;
  return HK_OK;
}
static void close(void* self) { (void)self; }
static const hk_optimizer optimizer = {.size = sizeof(hk_optimizer),
                                       .option_size = sizeof(hk_option),
                                       .open = open,
                                       .ask = ask,
                                       .tell = tell,
                                       .close = close};
static const void* get(const char* interface_id) { return strcmp(interface_id, HK_OPTIMIZER) == 0 ? &optimizer : NULL; }
EXPORT const hk_plugin HK_PLUGIN = {HK_ABI, sizeof(hk_plugin), HK_ROLE_OPTIMIZER, "strays", "1.0.0", "", "", get};
