/* An optimizer as it was written for the first release of ABI 2: a walk along one number after the other, with a step
 * that shrinks where nothing is won. */
#include <hillock/abi.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const hk_option options[] = {
    {"shrink", HK_NUMBER, 0, "1", 0.5, 0.1, 0.9, NULL, NULL, "what is left of the step after a round in vain"}};

typedef struct walk {
  hk_search search;
  double shrink, step, least;
  double *best, *x;
  const double** rows;
  uint64_t asked;
  uint32_t turn, won;
} walk;

static hk_status open(const hk_search* search, const hk_values* values, const hk_host* host, void** self,
                      hk_error* error) {
  (void)host;
  walk* w = calloc(1, sizeof *w);
  const size_t n = search->n ? search->n : 1;
  if (w) w->best = calloc(n, sizeof(double)), w->x = calloc(n, sizeof(double)), w->rows = calloc(n, sizeof(double*));
  if (!w || !w->best || !w->x || !w->rows) {
    strcpy(error->message, "there is no memory");
    return HK_FAILED;
  }
  memcpy(&w->search, search, search->size < sizeof w->search ? search->size : sizeof w->search);
  w->shrink = values->values[0].number, w->step = 0.25, w->least = INFINITY;
  for (uint32_t k = 0; k < search->n; ++k) {
    w->best[k] = search->start ? search->start[k] : 0.5 * (search->low[k] + search->high[k]);
    w->rows[k] = &w->x[k];
  }
  *self = w;
  return HK_OK;
}
static hk_status ask(void* self, hk_asked* asked, hk_error* error) {
  (void)error;
  walk* w = self;
  asked->count = w->asked < w->search.evaluations ? 1 : 0, asked->x = w->rows;
  if (asked->count == 0) return HK_OK;
  memcpy(w->x, w->best, w->search.n * sizeof(double));
  if (w->asked++ > 0) {
    const uint32_t k = w->turn / 2 % w->search.n;
    const double range = w->search.high[k] - w->search.low[k];
    w->x[k] += (w->turn % 2 ? -1 : 1) * w->step * range;
    if (w->x[k] < w->search.low[k]) w->x[k] = w->search.low[k];
    if (w->x[k] > w->search.high[k]) w->x[k] = w->search.high[k];
    ++w->turn;
  }
  return HK_OK;
}
static hk_status tell(void* self, const hk_told* told, hk_error* error) {
  (void)error;
  walk* w = self;
  if (isfinite(told->losses[0]) && told->losses[0] < w->least) {
    w->least = told->losses[0], w->won = 1;
    memcpy(w->best, w->x, w->search.n * sizeof(double));
  }
  if (w->turn == 2 * w->search.n) {
    if (!w->won) w->step *= w->shrink;
    w->turn = 0, w->won = 0;
  }
  return HK_OK;
}
static void close(void* self) {
  walk* w = self;
  free(w->best), free(w->x), free(w->rows), free(w);
}
static const hk_optimizer optimizer = {
    sizeof(hk_optimizer), sizeof(hk_option), 1, 0, options, open, ask, tell, close, NULL};
static const void* get(const char* name) { return strcmp(name, HK_OPTIMIZER) == 0 ? &optimizer : NULL; }
__attribute__((visibility("default"))) extern const hk_plugin HK_PLUGIN;
const hk_plugin HK_PLUGIN = {
    HK_ABI, sizeof(hk_plugin), HK_ROLE_OPTIMIZER, "old_optimizer", "1.0.0", "none", "a walk along the axes", get};
