// The adaptive exponential integrate-and-fire neuron of Brette & Gerstner (2005), doi:10.1152/jn.00686.2005, equations
// (1)-(3):
//   C v' = -g_L (v - E_L) + g_L Delta_T exp((v - V_T)/Delta_T) - w + I,
//   tau_w w' = a (v - E_L) - w;   at V_peak: v := V_r, w := w + b.
// The paper has no refractory time; other simulators have: v is held at V_r for t_ref, w runs on.
// Behind V_T v runs to infinity within C/g_L exp((V_T - v)/Delta_T). A Runge-Kutta step on the grid may leap beyond all
// numbers there: `spikes: located` and the adaptive integrators stop it at V_peak. The cell of 2005 has it at 20 mV,
// the patterns of 2008 and NEST at 0 mV: v passes from one to the other in 1e-10 ms.
#include <hillock/model.hpp>
using hillock::Field, hillock::Preset;

struct AdEx {
  static constexpr auto id = "adex", version = "1.0.0", cite = "doi:10.1152/jn.00686.2005",
                        meaning = "adaptive exponential integrate-and-fire neuron";

  template <class T> struct State   { T v, w; };
  template <class T> struct Params  { T C, g_L, E_L, V_T, Delta_T, a, tau_w, b, V_r, V_peak, t_ref; };
  template <class T> struct Derived { T elastance, sharpness, rate_w; };
  template <class T> struct Input   { T I; };

  // clang-format off
  //                             unit   default    low   high  meaning
  static constexpr State<Field> state{
      .v       = {"mV",     -70.6,   -150,    60, "membrane potential; starts at E_L"},
      .w       = {"pA",         0,   -1e5,   1e5, "adaptation current"}};
  static constexpr Params<Field> params{
      .C       = {"pF",       281,      1,   1e5, "capacitance"},
      .g_L     = {"nS",        30,      0,  1000, "leak conductance"},
      .E_L     = {"mV",     -70.6,   -150,     0, "leak reversal potential"},
      .V_T     = {"mV",     -50.4,   -100,    20, "threshold: where the slope of the exponential is g_L"},
      .Delta_T = {"mV",         2,   0.25,    20, "slope factor: sharpness of the rise of the spike"},
      .a       = {"nS",         4, -1000,   1000, "adaptation below threshold"},
      .tau_w   = {"ms",       144,    0.1,   1e4, "time constant of adaptation"},
      .b       = {"pA",      80.5,   -1e4,   1e4, "step of w at a spike"},
      .V_r     = {"mV",     -70.6,   -150,    40, "v after a spike"},
      .V_peak  = {"mV",        20,    -60,    60, "cut-off of the spike"},
      .t_ref   = {"ms",         0,      0,   100, "refractory time, v held at V_r"}};
  static constexpr Input<Field> inputs{
      .I       = {"pA",         0,   -1e5,   1e5, "injected current"}};
  static constexpr State<bool> held{.v = true, .w = false};
  // clang-format on

  template <class T> static Derived<T> derive(const Params<T>& p) {
    return {.elastance = 1/p.C, .sharpness = 1/p.Delta_T, .rate_w = 1/p.tau_w};
  }
  template <class T>
  static State<T> rhs(const State<T>& x, const Params<T>& p, const Derived<T>& d, const Input<T>& in) {
    const auto& [v, w] = x;
    return {.v = d.elastance*(p.g_L*(p.E_L - v + p.Delta_T*exp(d.sharpness*(v - p.V_T))) - w + in.I),
            .w = d.rate_w*(p.a*(v - p.E_L) - w)};
  }
  template <class T> static T threshold(const State<T>& x, const Params<T>& p) { return x.v - p.V_peak; }
  template <class T>
  static State<T> reset(const State<T>& x, const Params<T>& p) { return {.v = p.V_r, .w = x.w + p.b}; }
  template <class T> static T refractory(const Params<T>& p) { return p.t_ref; }
  template <class T> static State<T> peak(const State<T>& x, const Params<T>& p) { return {.v = p.V_peak, .w = x.w}; }
  template <class T> static State<T> initial(const State<T>& x, const Params<T>& p) { return {.v = p.E_L, .w = x.w}; }

  // clang-format off
  static constexpr Preset presets[] = {
      {"brette_gerstner_2005",     "the cell of the paper",
       {{"C", 281}, {"g_L", 30}, {"E_L", -70.6}, {"V_T", -50.4}, {"Delta_T", 2}, {"a", 4},   {"tau_w", 144},
        {"b", 80.5}, {"V_r", -70.6}, {"V_peak", 20}}},
      // Naud et al. (2008), doi:10.1007/s00422-008-0264-7, figure 4. The values of its table that fire as its figure,
      // by P. Müller, as in Brian2's examples/frompapers/Naud_et_al_2008_adex_firing_patterns.py
      {"tonic_spiking",            "Naud et al. 2008, figure 4 a, under 500 pA",
       {{"C", 200}, {"g_L", 10}, {"E_L", -70},   {"V_T", -50},   {"Delta_T", 2},
        {"a", 2},   {"tau_w", 30},  {"b", 0},    {"V_r", -58},   {"V_peak", 0}}},
      {"adaptation",               "Naud et al. 2008, figure 4 b, under 500 pA",
       {{"C", 200}, {"g_L", 12}, {"E_L", -70},   {"V_T", -50},   {"Delta_T", 2}, {"a", 2},   {"tau_w", 300},
        {"b", 60},   {"V_r", -58},   {"V_peak", 0}}},
      {"initial_burst",            "Naud et al. 2008, figure 4 c, under 400 pA",
       {{"C", 130}, {"g_L", 18}, {"E_L", -58},   {"V_T", -50},   {"Delta_T", 2}, {"a", 4},   {"tau_w", 150},
        {"b", 120},  {"V_r", -50},   {"V_peak", 0}}},
      {"regular_bursting",         "Naud et al. 2008, figure 4 d, under 210 pA",
       {{"C", 200}, {"g_L", 10}, {"E_L", -58},   {"V_T", -50},   {"Delta_T", 2}, {"a", 2},   {"tau_w", 120},
        {"b", 100},  {"V_r", -46},   {"V_peak", 0}}},
      {"delayed_accelerating",     "Naud et al. 2008, figure 4 e, under 300 pA",
       {{"C", 200}, {"g_L", 12}, {"E_L", -70},   {"V_T", -50},   {"Delta_T", 2}, {"a", -10}, {"tau_w", 300},
        {"b", 0},    {"V_r", -58},   {"V_peak", 0}}},
      {"delayed_regular_bursting", "Naud et al. 2008, figure 4 f, under 110 pA",
       {{"C", 100}, {"g_L", 10}, {"E_L", -65},   {"V_T", -50},   {"Delta_T", 2}, {"a", -10},
        {"tau_w", 90},  {"b", 30},   {"V_r", -47},   {"V_peak", 0}}},
      {"transient_spiking",        "Naud et al. 2008, figure 4 g, under 180 pA",
       {{"C", 100}, {"g_L", 10}, {"E_L", -65},   {"V_T", -50},   {"Delta_T", 2},
        {"a", 10},  {"tau_w", 90},  {"b", 100},  {"V_r", -47},   {"V_peak", 0}}},
      {"irregular_spiking",        "Naud et al. 2008, figure 4 h, under 160 pA",
       {{"C", 100}, {"g_L", 12}, {"E_L", -60},   {"V_T", -50},   {"Delta_T", 2}, {"a", -11}, {"tau_w", 130},
        {"b", 30},   {"V_r", -48},   {"V_peak", 0}}}};
  // clang-format on
};
HILLOCK_MODEL(AdEx)
