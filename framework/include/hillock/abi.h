/* The binary contract between the host and its plugins. C11, no dependencies, never a C++ type.
 *
 * A plugin is a shared library that exports one constant, HK_PLUGIN: an identity and a lookup. Everything it can
 * do is an interface found by name, or null. The file's stem is its id (`izhikevich.so` is "izhikevich").
 *
 * Growth      Structs grow only at the end, and start with their own size: read a member only if it lies within `size`.
 *             hk_error, HK_LANES, HK_MAX_WIDTH, HK_MAX_SIDES and HK_MAX_ORDER never change within one HK_ABI.
 *             Arrays of structs travel with the size of one element. An incompatible change is a new interface name
 *             ("hillock.model/2"), served beside the old one.
 * Ownership   Strings and tables of a plugin are UTF-8, constant, and live as long as its library, which stays loaded
 * until the process ends. What `open` makes, `close` ends. Arrays passed to a function are the caller's, valid during
 *             the call unless its comment says longer.
 * Errors      Functions that can fail return an hk_status and, unless it is HK_OK, write a sentence into the caller's
 *             hk_error. No exception and no longjmp crosses the boundary, of plugins or of host callbacks.
 * Threads     [any thread]: at any time from several threads. [one thread]: one call at a time for one `self`;
 * different `self` at the same time. Host callbacks are called from the thread that called the plugin, during that
 * call. Time        ms everywhere. */
/* clang-format off */ /* the tables below are laid out by hand */
#ifndef HILLOCK_ABI_H
#define HILLOCK_ABI_H
#include <stdint.h>

#define HK_ABI 2 /* raised only by a change that no older plugin survives; it is part of the exported name */
#define HK_PLUGIN hillock_plugin_2 /* the name of the exported constant */
#define HK_SYMBOL "hillock_plugin_2"
/* An exported byte of this name and `fitzhugh_nagumo` makes that another name of the plugin */
#define HK_ALIAS_PREFIX "hillock_alias_"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- common ------------------------------------------------------------------------------------------------------ */

typedef int32_t hk_status;
enum {
  HK_OK = 0,
  HK_FAILED = 1,       /* see the message */
  HK_BAD_INPUT = 2,    /* an option, file or problem this plugin refuses: the user's to mend */
  HK_NOT_FINITE = 3,   /* of a neuron: a state is infinite or no number */
  HK_STEP_SMALL = 4,   /* of a neuron: the step needed is too small to move time */
  HK_LIMIT = 5         /* of a neuron: a limit was reached, as of steps or of spikes within one step */
};

typedef struct hk_error { char message[1000]; } hk_error; /* the caller's; one sentence, ended by 0 */

enum { HK_ROLE_MODEL = 1, HK_ROLE_INTEGRATOR = 2, HK_ROLE_OPTIMIZER = 3, HK_ROLE_FORECASTER = 4,
    HK_ROLE_RECORDING = 5 };

typedef struct hk_plugin {
  /* HK_ABI when it was compiled; the host reads these three before anything else */
  uint32_t abi, size, role;
  /* "izhikevich", "1.0.0", "doi:..." of the equations or method; "" if none */
  const char *id, *version, *cite;
  const char* meaning;                          /* one line for lists */
  const void* (*get)(const char* interface_id); /* "hillock.model/1"; null if not offered. [any thread] */
} hk_plugin;

typedef struct hk_field { /* one named number of a model: a state variable, parameter or input */
  const char *name, *unit, *meaning; /* "v", "mV", "membrane potential"; unit "1": none */
  double value, low, high;           /* default, and the range a user may set it to */
  uint32_t kind;                     /* of inputs: HK_SIGNAL or HK_DRAW; else 0 */
} hk_field;
enum {
  HK_SIGNAL = 0, /* a function of time, given by the user */
  /* a number drawn from the exponential distribution of mean 1 at the start and after each spike: what escape noise is
   * held against */
  HK_DRAW = 1
};

/* One option of a plugin, as `update: sequential` in the block that names it. A name with a dot is a key within a map
 * (`columns.time`). */
enum { HK_NUMBER = 1, HK_INTEGER = 2, HK_FLAG = 3, HK_CHOICE = 4, HK_TEXT = 5, HK_LIST = 6 /* of numbers */ };
typedef struct hk_option {
  const char* name;
  uint32_t kind, required;    /* required: 1 if it has no default */
  const char* unit;           /* of numbers and lists; "1": none */
  /* default and range of numbers, integers, flags (0 or 1) and members of lists; the default of a list is empty */
  double value, low, high;
  const char *choices, *text; /* "simultaneous|sequential" of a choice; default of choices and texts */
  const char* meaning;
} hk_option;
typedef struct hk_value { /* what the user chose for one option, in its unit */
  uint32_t kind, given;     /* given: 0 if it is the default */
  double number;            /* number, integer, flag */
  const char* text;         /* choice, text; never null */
  const double* list; uint64_t n; /* list */
} hk_value;
typedef struct hk_values { /* one for each option, in the order of the plugin's table; valid during `open` */
  uint32_t size, value_size;
  uint64_t n;
  const hk_value* values;
} hk_values;

/* A lane is one neuron of a batch. Arrays are x[field][lane]; `lanes` is a multiple of HK_LANES, rows start on 64
 * bytes. */
enum { HK_LANES = 8 };
typedef const double* const* hk_in;
typedef double* const* hk_out;

/* ---- models ------------------------------------------------------------------------------------------------------ */

#define HK_MODEL "hillock.model/1"
typedef struct hk_preset {
  const char *name, *meaning;
  const double *params, *start; /* n_params, n_state numbers; NaN: the field's default, or what `initial` says */
} hk_preset;

/* The first argument of every function of a model, here and in the interfaces below, is `context` of this struct.
 * Pure functions: no memory, clock or randomness. They allocate nothing and compute each lane by itself, with the same
 * bits in whichever lane.
 * p holds the n_params parameters, then the n_derived numbers made of them. Functions that a model does not have are
 * null. [any thread] */
typedef struct hk_model {
  uint32_t size, field_size, preset_size;
  uint32_t n_state, n_params, n_derived, n_inputs, n_presets;
  const hk_field *state, *params, *inputs; /* state 0 is the membrane potential `v`; input `I` the current */
  const hk_preset* presets;
  uint64_t held;  /* bit k: state k is frozen during the refractory time */
  double rearm;   /* of a model without reset: after a spike g has to fall below this (<= 0) before the next one */
  void* context;  /* passed to every function of the model; null for equations that are compiled */
  /* after each change of a parameter */
  void (*derive)(void* context, uint32_t lanes, hk_in p, hk_out derived);
  /* start values that depend on parameters; x: those given, else defaults. What the user gave wins over x0 */
  void (*initial)(void* context, uint32_t lanes, hk_in x, hk_in p, hk_in in, hk_out x0);
  /* dx/dt per ms. never null */
  void (*rhs)(void* context, uint32_t lanes, hk_in x, hk_in p, hk_in in, hk_out dx);
  /* a spike is where g rises through 0. null: the model has no spikes of its own */
  void (*threshold)(void* context, uint32_t lanes, hk_in x, hk_in p, hk_in in, double* g);
  /* state just after a spike. null: spikes leave the state alone */
  void (*reset)(void* context, uint32_t lanes, hk_in x, hk_in p, hk_in in, hk_out after);
  /* how long after a spike `held` states stand still and no spike happens; the host keeps the clock */
  void (*refractory)(void* context, uint32_t lanes, hk_in p, double* ms);
  /* what a recording shows at the sample of a spike, where papers draw the top of the spike */
  void (*peak)(void* context, uint32_t lanes, hk_in x, hk_in p, hk_out shown);
  /* state just after the refractory time, also if that is 0. null: nothing jumps there */
  void (*release)(void* context, uint32_t lanes, hk_in x, hk_in p, hk_in in, hk_out after);
  /* what can be recorded besides states, as ionic currents; value, low and high of these fields mean nothing */
  uint32_t n_observed;
  const hk_field* observed;
  void (*observe)(void* context, uint32_t lanes, hk_in x, hk_in p, hk_in in, hk_out observed);
} hk_model;

/* One neuron by itself, as adaptive schemes step it: x[state], p[parameter, then derived], in[input]. Null where the
 * model's own is null. [any thread] */
#define HK_SINGLE "hillock.model.single/1"
typedef struct hk_single {
  uint32_t size;
  void (*rhs)(void* context, const double* x, const double* p, const double* in, double* dx);
  double (*threshold)(void* context, const double* x, const double* p, const double* in);
  /* rhs, and its slope along one direction: x1, p1, in1 are the slopes of x, p, in */
  void (*rhs_tangent)(void* context, const double* x, const double* p, const double* in, const double* x1,
      const double* p1, const double* in1, double* dx, double* dx1);
  /* Where rhs branches: it makes n_sides comparisons of numbers that change with time, in one order, whichever way they
   * come out. 0: it has no branch, or does not tell. `sides` returns which of them hold, bit k, and how far each is
   * from turning: away[k] is below 0, or 0, where it holds, and else above, or 0. `rhs_on` is rhs with these
   * comparisons coming out as its argument says: smooth, also a little behind where one turns. */
  uint32_t n_sides;         /* at most HK_MAX_SIDES */
  uint64_t (*sides)(void* context, const double* x, const double* p, const double* in, double* away);
  void (*rhs_on)(void* context, const double* x, const double* p, const double* in, uint64_t sides, double* dx);
} hk_single;
enum { HK_MAX_SIDES = 64 };

/* The slope of each function above along one direction: x1, p1, in1 are the slopes of x, p, in. Null where the model's
 * own is null. [any thread] */
#define HK_TANGENT "hillock.model.tangent/1"
typedef struct hk_tangent {
  uint32_t size;
  void (*derive)(void* context, uint32_t lanes, hk_in p, hk_in p1, hk_out derived1);
  void (*initial)(void* context, uint32_t lanes, hk_in x, hk_in p, hk_in in, hk_in x1, hk_in p1, hk_in in1, hk_out x01);
  void (*rhs)(void* context, uint32_t lanes, hk_in x, hk_in p, hk_in in, hk_in x1, hk_in p1, hk_in in1, hk_out dx1);
  void (*threshold)(void* context, uint32_t lanes, hk_in x, hk_in p, hk_in in, hk_in x1, hk_in p1, hk_in in1,
      double* g1);
  void (*reset)(void* context, uint32_t lanes, hk_in x, hk_in p, hk_in in, hk_in x1, hk_in p1, hk_in in1,
      hk_out after1);
  void (*refractory)(void* context, uint32_t lanes, hk_in p, hk_in p1, double* ms1);
} hk_tangent;

/* The Taylor series of one neuron's solution, from the model's own equations: of degree k is what stands before t^k, t
 * from the time of the state. [any thread] */
#define HK_TAYLOR "hillock.model.taylor/1"
enum { HK_MAX_ORDER = 31 }; /* of series */
typedef struct hk_taylor {
  uint32_t size;
  uint64_t workspace; /* how many doubles `expand` needs for its own use; what they hold is nothing to the caller */
  /* Fills x[state * (order + 1) + 1..order] from x[state * (order + 1)], and, unless g is null, g[0..order] of the
   * threshold. p[parameter, then derived]; inputs are polynomials in[input * n_in + 0..n_in-1], constants if n_in is 1;
   * bit k of `frozen`: state k stands still. `sides`, if not null: how the comparisons of rhs come out, as in
   * hk_single. Returns 1 if the equations branch on something else that changes with time: then they are no one series,
   * and x and g are of no use; else 0. */
  uint32_t (*expand)(void* context, uint32_t order, const double* p, uint32_t n_in, const double* in, uint64_t frozen,
      const uint64_t* sides, double* x, double* g,
                     double* workspace);
} hk_taylor;

/* The time loops of fixed-step schemes over a model's own equations, for inputs that hold throughout each step: the
 * state stays in registers for many steps. Each has the same bits as the scheme made of the functions above.
 * [any thread] */
#define HK_STEPS "hillock.model.steps/1"
enum {
  HK_EULER = 0, HK_EULER_SEQUENTIAL = 1, HK_HALF_STEP_EULER = 2, HK_HEUN = 3, HK_RK4 = 4, HK_EXPONENTIAL_EULER = 5,
      HK_EXPONENTIAL_MIDDLE = 6,
  HK_SCHEMES = 7,
  HK_MAX_WIDTH = 64 /* lanes of a run */
};
/* Steps of up to HK_MAX_WIDTH lanes: a step of the scheme, then, where threshold >= 0 and no refractory time keeps it
 * back, a spike and the reset, which leaves what was not finite so: a state that has left the finite numbers stays
 * outside. A model without reset spikes where its threshold rises through 0 and is armed. */
typedef struct hk_run {
  uint32_t size, scheme;
  uint32_t lanes, neurons;    /* a multiple of HK_LANES; how many of them are sampled */
  double dt;
  uint64_t steps;
  hk_in p, in;                /* parameters, then derived; inputs, as far as `by_step` says nothing of them */
  hk_out x;                   /* the state, before and after */
  /* [lane] steps that are left of a refractory time, before and after; null: nothing rests, before or after spikes */
  double* resting;
  const double* rest;         /* [lane] steps of the refractory time that a spike begins */
  /* of models without reset, [lane] before and after: the threshold, and 1 if the next crossing counts, else 0; null:
   * no crossings are wanted */
  double *g, *armed;
  /* [step] bit i: lane i spiked at the end of the step. null only where g is, or without threshold */
  uint64_t* spikes;
  uint64_t first, every;      /* samples are taken at the end of step first, first + every, ..., counted from 1 */
  uint64_t n_samples;         /* how many of them, for which there is room: a loop writes no more; 0: none */
  uint32_t n_record;
  const uint32_t* record;
  double* samples;            /* samples[(sample * n_record + record) * stride + lane], at a spike what `peak` shows */
  uint64_t stride;
  const double* const* by_step; /* inputs by step, as in hk_stretch: by_step[input][step], the steps counted from 0 */
  hk_in gain, shift;            /* [input][lane] */
} hk_run;
typedef struct hk_steps {
  uint32_t size, n_schemes;   /* schemes 0 .. n_schemes - 1 are offered */
  void (*run)(void* context, const hk_run* run);
} hk_steps;

/* ---- what the host offers ---------------------------------------------------------------------------------------- */

/* Services of the host, found by name. Given to `open`; valid until `close`. */
typedef struct hk_host {
  uint32_t size;
  void* self;                                               /* first argument of every service */
  /* "hillock.host.stop/1"; null if not offered. [any thread] */
  const void* (*get)(void* self, const char* interface_id);
} hk_host;

/* Tells whether the user asked to stop. Work that lasts longer than a second asks it, and then fails with any message.
 * [any thread] */
#define HK_STOP "hillock.host.stop/1"
typedef struct hk_stop {
  uint32_t size;
  int32_t (*stopped)(void* self); /* 1 once the user asked to stop, else 0 */
} hk_stop;

/* Shows the user what happens. [any thread] */
#define HK_LOG "hillock.host.log/1"
typedef struct hk_log {
  uint32_t size;
  void (*say)(void* self, const char* line);                       /* one line of plain text, shown once */
  void (*progress)(void* self, double done, const char* activity); /* done: from 0 to 1; replaces the last progress */
} hk_log;

/* ---- integrators ------------------------------------------------------------------------------------------------- */

/* What is to be integrated: a batch of neurons of one model. Everything it points to is the host's and valid until
 * `close`. */
typedef struct hk_problem {
  uint32_t size, lanes;      /* padded to a multiple of HK_LANES */
  const hk_model* model;     /* called from the thread of `open` and `advance` alone, during those calls */
  hk_in p;                   /* parameters, then derived */
  hk_out x;                  /* the state: at the start on `open`, after each `advance` at its end */
  double t;                  /* time of the start */
  uint64_t clamped;          /* bit k: state k is held at its start; its equation and the reset leave it alone */
  /* a spike is an upward crossing of this state through watch_threshold; -1: the model's own spikes */
  int32_t watch;
  /* the next crossing only after the state was below watch_rearm <= watch_threshold */
  double watch_threshold, watch_rearm;
  uint32_t n_record;
  const uint32_t* record;    /* states that are sampled */
  void* host;                /* first argument of the callbacks */
  /* Fills in[input][0..count) for lanes lane..lane+count: inputs at `t` of the pieces of stimulus that are on at
   * `begin` <= t. */
  void (*inputs)(void* host, double begin, double t, uint32_t lane, uint32_t count, hk_out in);
  /* what counts as a spike, in order of time within a lane; see spike_counts. null: not wanted */
  void (*spike)(void* host, uint32_t lane, double t);
  /* the lane is given up at t and stays as it is; at most once a lane */
  void (*stopped)(void* host, uint32_t lane, hk_status why, double t);
  /* the model was reset, whatever is watched: HK_DRAW inputs are new from here on. null: not wanted */
  void (*reset)(void* host, uint32_t lane, double t);
  /* what else the model offers, as "hillock.model.tangent/1"; null if it does not. During `open` */
  const void* (*get)(void* host, const char* interface_id);
  /* the first `neurons` lanes are neurons; the others are copies that need not be stepped, sampled or reported */
  uint32_t neurons;
  /* White noise among the inputs: its root spectral density sigma[input][0..count) in input units times sqrt(ms) in the
   * pieces on at `begin`, 0 for inputs without, which `inputs` gives as a draw of sigma/sqrt(dt) for each step; and
   * uniform[0..count), numbers in (0, 1) drawn for the step from `begin`. Either may be null where it is not wanted.
   * null: there is no such noise. */
  void (*noise)(void* host, double begin, uint32_t lane, uint32_t count, hk_out sigma, double* uniform);
  /* Where spikes are located: the state x[state] and the inputs in[input] at the crossing, before any reset; called
   * just before `spike`. null: not wanted. */
  void (*crossing)(void* host, uint32_t lane, double t, const double* x, const double* in);
  /* Taylor coefficients about t of the same inputs of one lane, in[input * (order + 1) + 0..order]. null: the host has
   * none; needed only where inputs vary. */
  void (*input_series)(void* host, double begin, double t, uint32_t lane, uint32_t order, double* in);
  /* [neuron]: if it is there, each spike adds 1 here, and `spike` is not called. null: `spike` is called, if it is
   * there; if neither is, spikes need not be looked for, but resets are made and told */
  uint64_t* spike_counts;
  /* [lane]: how long a refractory time that began before the start still lasts, ms; 0: none runs. null: none in any */
  const double* resting;
} hk_problem;

/* One stretch of time in which no stimulus switches: shapes are smooth in it, or constant, or hold a value for each
 * step. */
typedef struct hk_stretch {
  uint32_t size, varying;   /* varying: 0 if all inputs are constant */
  double t_end;             /* where to stop exactly */
  uint64_t n_samples;       /* how many samples are wanted, for which there is room */
  /* their times, ascending, after the last end and up to t_end. null for an integrator of fixed step */
  const double* sample_t;
  /* samples[(sample * n_record + record) * neurons + lane]; NaN for a lane that has stopped */
  double* samples;
  /* For an integrator of fixed step: samples are taken at the end of step first_sample, first_sample + sample_every,
   * ..., the steps of the stretch counted from 1. All n_samples of them lie in the stretch. */
  uint64_t first_sample, sample_every;
  /* For an integrator of fixed step, where `varying` inputs change from step to step only, as a sampled current does.
   * In step s of the stretch, counted from 0, input k of a lane is gain[k][lane] * by_step[k][s] + shift[k][lane], each
   * operation rounded by itself: the bits that `inputs` gives. Lanes share the table. by_step[k] null: input k does not
   * change within the stretch. by_step null: only `inputs` tells. No shift is -0. */
  const double* const* by_step;
  hk_in gain, shift;
} hk_stretch;

#define HK_INTEGRATOR "hillock.integrator/1"
/* it has an option `dt`, takes steps from k*dt to (k+1)*dt, and the host puts stimuli and samples on that grid: it
 * tells samples by step */
enum { HK_FIXED_STEP = 1 };
typedef struct hk_integrator {
  uint32_t size, option_size, n_options, flags;
  const hk_option* options;
  hk_status (*open)(const hk_problem* problem, const hk_values* values, const hk_host* host, void** self,
                    hk_error* error); /* [any thread] */
  hk_status (*advance)(void* self, const hk_stretch* stretch, hk_error* error);                     /* [one thread] */
  void (*close)(void* self);
} hk_integrator;

/* ---- optimizers -------------------------------------------------------------------------------------------------- */

/* Minimises over a box, by ask and tell: the host evaluates the candidates of one `ask` as one batch of lanes. */
typedef struct hk_search {
  uint32_t size, n;               /* n numbers are free */
  const double *low, *high;       /* the box, finite; valid until `close` */
  const double* start;            /* a first guess within the box, or null */
  uint64_t seed, evaluations;     /* all randomness comes from the seed; how many candidates will be evaluated in all */
  /* how many losses are minimised at once; 1 except for optimizers with HK_MANY_LOSSES */
  uint32_t n_losses;
} hk_search;

enum { /* what an optimizer needs to know of a candidate besides its loss (hk_asked.wants, hk_optimizer.flags) */
  HK_GRADIENT = 1,   /* the derivative of the loss by each free number */
  /* the Gauss-Newton matrix 2 J'J of a loss that is a sum of squares, J the derivatives of its residuals; comes with
   * HK_GRADIENT */
  HK_CURVATURE = 2,
  HK_MANY_LOSSES = 4 /* flags only: minimises several losses at once */
};

typedef struct hk_asked {  /* the host sets size and zeroes the rest */
  uint32_t size, count;    /* count 0: the optimizer has finished */
  uint32_t wants;          /* HK_GRADIENT, HK_CURVATURE; each only if it is in hk_optimizer.flags */
  hk_in x;                 /* x[free][candidate], owned by the optimizer and valid until `tell`; within the box */
} hk_asked;

/* What became of the candidates, in the order asked. A candidate that failed has a loss of NaN or infinity: it is worse
 * than all others, and its gradient and curvature mean nothing. */
typedef struct hk_told {
  uint32_t size, count;
  const double* losses;    /* [candidate]; where several losses are minimised, the first */
  hk_in each;              /* each[loss][candidate]; null unless several losses are minimised */
  hk_in gradient;          /* gradient[free][candidate] if wanted, else null */
  hk_in curvature;         /* curvature[free * n + free][candidate] if wanted, else null; symmetric */
} hk_told;

#define HK_OPTIMIZER "hillock.optimizer/1"
typedef struct hk_optimizer {
  /* flags: what it may want, so that a problem that lacks it is refused first */
  uint32_t size, option_size, n_options, flags;
  const hk_option* options;
  /* [any thread] */
  hk_status (*open)(const hk_search* search, const hk_values* values, const hk_host* host, void** self,
      hk_error* error);
  hk_status (*ask)(void* self, hk_asked* asked, hk_error* error);      /* [one thread] */
  hk_status (*tell)(void* self, const hk_told* told, hk_error* error); /* [one thread] */
  void (*close)(void* self);
  /* after an `ask` of count 0: why, as "step below 1e-9"; valid until `close`. null: it never says */
  const char* (*ended)(void* self);
} hk_optimizer;

/* ---- forecasters ------------------------------------------------------------------------------------------------- */

typedef struct hk_series {
  uint32_t size, n_covariates;
  uint64_t n;
  double dt;                       /* ms between values */
  const double* values;            /* n of them */
  /* covariates[c][0..n) known in advance, as the injected current is; null if there are none */
  const double* const* covariates;
} hk_series;

enum { /* hk_forecaster.flags */
  HK_INTERVALS = 1,   /* it has intervals of its own; without it `predict` is called with no levels */
  HK_FUTURE = 2,      /* it uses the covariates of the future */
  HK_REMOTE = 4       /* it sends the series to a server */
};

#define HK_FORECASTER "hillock.forecaster/1"
typedef struct hk_forecaster {
  uint32_t size, option_size, n_options, flags;
  const hk_option* options;
  /* [any thread] */
  hk_status (*open)(uint64_t seed, const hk_values* values, const hk_host* host, void** self, hk_error* error);
  /* Training, in pieces that do not follow one another, all of one dt. [one thread] */
  hk_status (*fit)(void* self, uint32_t n, const hk_series* const* pieces, hk_error* error);
  /* What follows `history`: mean[0..horizon), and for each level in (0, 100) the central interval low[level][..],
   * high[level][..].
   * future[c][0..horizon): the covariates there, null if there are none. [one thread] */
  hk_status (*predict)(void* self, const hk_series* history, uint64_t horizon, const double* const* future,
      uint32_t n_levels,
                       const double* levels, double* mean, hk_out low, hk_out high, hk_error* error);
  void (*close)(void* self);
  /* What it learnt, as bytes for a later `load` by the same version of the plugin: another process then predicts, and
   * trains on, with the same bits.
   * `write` is called with pieces in order. Both null if it has nothing worth keeping. [one thread] */
  hk_status (*save)(void* self, void* to, void (*write)(void* to, const void* bytes, uint64_t n), hk_error* error);
  hk_status (*load)(void* self, const void* bytes, uint64_t n, hk_error* error);
  /* What a reader of the result should know of the last `fit` and `predict`, as "period 312 samples"; "" if nothing;
   * valid until the next call. null: it never says.
   * [one thread] */
  const char* (*note)(void* self);
} hk_forecaster;

/* ---- recordings -------------------------------------------------------------------------------------------------- */

enum { HK_VOLTAGE = 1, HK_CURRENT = 2, HK_OTHER = 3 };
typedef struct hk_channel { const char *name, *unit; uint32_t kind; } hk_channel;

typedef struct hk_sweep {
  uint32_t size, n_channels, channel_size;
  int64_t number;              /* as the file counts them */
  uint64_t samples;            /* of each channel, uniformly spaced */
  double t0, dt;               /* ms of the first sample and between samples */
  const char* protocol;        /* the file's own words; "" if none */
  /* as "recorded", "command", "epoch table", "stimulus series NAME"; "" if there is no current */
  const char* current_source;
  const hk_channel* channels;  /* the plugin's, valid until `close` */
} hk_sweep;

/* Readers are called from one thread at a time, all of them together: some are built on libraries that ask for it. */
#define HK_RECORDING "hillock.recording/1"
typedef struct hk_recording {
  uint32_t size, option_size, n_options;
  const char* endings;         /* "csv|txt": file endings it reads, lower case */
  const hk_option* options;
  hk_status (*open)(const char* path, const hk_values* values, const hk_host* host, void** self, hk_error* error);
  hk_status (*sweeps)(void* self, uint32_t* n, hk_error* error);
  /* the caller set sweep->size */
  hk_status (*describe)(void* self, uint32_t index, hk_sweep* sweep, hk_error* error);
  /* all of a channel, in its unit */
  hk_status (*read)(void* self, uint32_t index, uint32_t channel, double* samples, hk_error* error);
  void (*close)(void* self);
} hk_recording;

/* Offered by readers that need no file of the user, as those of an archive: where the file is that the options name,
 * fetched first if it has to be. `open` is then given that path, here with its final 0 in at most `capacity` bytes.
 * What takes long asks the host whether the user asked to stop, and then fails. `host` is valid during the call. */
#define HK_LOCATE "hillock.recording.locate/1"
typedef struct hk_locate {
  uint32_t size;
  hk_status (*locate)(const hk_values* values, const hk_host* host, char* path, uint64_t capacity, hk_error* error);
} hk_locate;

#ifdef __cplusplus
}
#endif
#endif
