/* An integrator of fixed step that leaves the state as it is, and does wrong what its option says. */
#include <math.h>
#include <stdlib.h>

#include "model.h"

#define WAYS "well|nan_state|no_samples|past|future|unsorted|twice|nan|crash_at_close"
static const hk_option options[] = {
    {"dt",   HK_NUMBER, 1, "ms", 0, 1e-3, 1, NULL, "",     "step"        },
    {"does", HK_CHOICE, 0, "1",  0, 0,    0, WAYS, "well", "what it does"}
};
static struct {
  const hk_problem* problem;
  const char* does;
  double t;
} self_of; /* the tests run one at a time */

static hk_status open(const hk_problem* problem, const hk_values* values, const hk_host* host, void** self,
                      hk_error* error) {
  static char does[32];
  (void)host, (void)error;
  strncpy(does, values->values[1].text, sizeof does - 1);
  self_of.problem = problem, self_of.does = does, self_of.t = problem->t;
  *self = &self_of;
  return HK_OK;
}
static hk_status advance(void* self, const hk_stretch* stretch, hk_error* error) {
  const hk_problem* p = self_of.problem;
  const double begin = self_of.t, middle = (begin + stretch->t_end) / 2;
  (void)self, (void)error;
  self_of.t = stretch->t_end;
  for (uint64_t s = 0; s < stretch->n_samples; ++s)
    for (uint32_t r = 0; r < p->n_record; ++r)
      for (uint32_t i = 0; i < p->neurons; ++i)
        if (strcmp(self_of.does, "no_samples") != 0 || s % 2 == 0)
          stretch->samples[(s * p->n_record + r) * p->neurons + i] = p->x[p->record[r]][i];
  for (uint32_t i = 0; i < p->neurons; ++i) {
    if (!strcmp(self_of.does, "nan_state")) p->x[0][i] = (double)NAN;
    if (!p->spike) continue;
    if (!strcmp(self_of.does, "well")) p->spike(p->host, i, middle);
    if (!strcmp(self_of.does, "past")) p->spike(p->host, i, begin - 5);
    if (!strcmp(self_of.does, "future")) p->spike(p->host, i, stretch->t_end + 5);
    if (!strcmp(self_of.does, "unsorted")) p->spike(p->host, i, middle + 0.1), p->spike(p->host, i, middle);
    if (!strcmp(self_of.does, "twice")) p->spike(p->host, i, middle), p->spike(p->host, i, middle);
    if (!strcmp(self_of.does, "nan")) p->spike(p->host, i, (double)NAN);
  }
  return HK_OK;
}
static void close(void* self) {
  (void)self;
  if (!strcmp(self_of.does, "crash_at_close")) abort();
}
static const hk_integrator integrator = {
    sizeof(hk_integrator), sizeof(hk_option), 2, HK_FIXED_STEP, options, open, advance, close};
static const void* get(const char* interface_id) {
  return strcmp(interface_id, HK_INTEGRATOR) == 0 ? &integrator : NULL;
}
EXPORT const hk_plugin HK_PLUGIN = {HK_ABI, sizeof(hk_plugin), HK_ROLE_INTEGRATOR, "lies", "1.0.0", "", "", get};
