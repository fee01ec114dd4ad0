/* An integrator as it was written for the first release of ABI 2: forward Euler in steps of its own of at most 1 us,
 * for models without spikes. */
#include <hillock/abi.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct euler {
  hk_problem problem;
  double t, *memory, **in, **dx;
} euler;

static hk_status open(const hk_problem* problem, const hk_values* values, const hk_host* host, void** self,
                      hk_error* error) {
  (void)values, (void)host;
  euler* e = calloc(1, sizeof *e);
  const size_t n_in = problem->model->n_inputs, n = problem->model->n_state, lanes = problem->lanes;
  if (e) {
    e->memory = aligned_alloc(64, (n_in + n) * lanes * sizeof(double));
    e->in = calloc(n_in + n, sizeof(double*));
  }
  if (!e || !e->memory || !e->in) {
    strcpy(error->message, "there is no memory");
    return HK_FAILED;
  }
  memcpy(&e->problem, problem, problem->size < sizeof e->problem ? problem->size : sizeof e->problem);
  for (size_t k = 0; k < n_in + n; ++k) e->in[k] = e->memory + k * lanes;
  e->dx = e->in + n_in, e->t = problem->t;
  *self = e;
  return HK_OK;
}
static void go(euler* e, double begin, double t_end) {
  const hk_problem* p = &e->problem;
  const double steps = ceil((t_end - e->t) * 1000), dt = steps > 0 ? (t_end - e->t) / steps : 0;
  for (double k = 0; k < steps; ++k) {
    p->inputs(p->host, begin, e->t + k * dt, 0, p->lanes, e->in);
    p->model->rhs(p->model->context, p->lanes, (hk_in)p->x, p->p, (hk_in)e->in, e->dx);
    for (uint32_t s = 0; s < p->model->n_state; ++s)
      for (uint32_t i = 0; i < p->lanes; ++i)
        if (!(p->clamped >> s & 1)) p->x[s][i] += dt * e->dx[s][i];
  }
  e->t = t_end;
}
static hk_status advance(void* self, const hk_stretch* stretch, hk_error* error) {
  (void)error;
  euler* e = self;
  const hk_problem* p = &e->problem;
  const double begin = e->t;
  for (uint64_t k = 0; k < stretch->n_samples; ++k) {
    go(e, begin, stretch->sample_t[k]);
    for (uint32_t r = 0; r < p->n_record; ++r)
      for (uint32_t i = 0; i < p->neurons; ++i)
        stretch->samples[(k * p->n_record + r) * p->neurons + i] = p->x[p->record[r]][i];
  }
  go(e, begin, stretch->t_end);
  return HK_OK;
}
static void close(void* self) {
  euler* e = self;
  free(e->memory), free(e->in), free(e);
}
static const hk_integrator integrator = {
    .size = sizeof(hk_integrator), .option_size = sizeof(hk_option), .open = open, .advance = advance, .close = close};
static const void* get(const char* name) { return strcmp(name, HK_INTEGRATOR) == 0 ? &integrator : NULL; }
__attribute__((visibility("default"))) extern const hk_plugin HK_PLUGIN;
const hk_plugin HK_PLUGIN = {
    HK_ABI, sizeof(hk_plugin), HK_ROLE_INTEGRATOR, "old_integrator", "1.0.0", "none", "forward Euler", get};
