// The multi-timescale adaptive threshold model of Kobayashi, Tsubo & Shinomoto (2009), doi:10.3389/neuro.10.009.2009,
// with two time scales:
//   tau_m v' = -(v - E_L) + R I,   threshold theta = E_L + omega + h_1 + h_2,
//   tau_j h_j' = -h_j;   at a spike h_j := h_j + alpha_j.
// v is not reset, and no spike follows another within t_ref. omega is relative to rest, as in the paper; a spike is
// drawn to 65 mV above rest, as in the authors' program.
#include <hillock/model.hpp>
using hillock::Field, hillock::Preset;

struct Mat {
  static constexpr auto id = "mat", version = "1.0.0", cite = "doi:10.3389/neuro.10.009.2009",
                        meaning = "multi-timescale adaptive threshold, v not reset";

  template <class T> struct State    { T v, h_1, h_2; };
  template <class T> struct Params   { T tau_m, R, E_L, tau_1, tau_2, alpha_1, alpha_2, omega, t_ref; };
  template <class T> struct Derived  { T rate_m, rate_1, rate_2; };
  template <class T> struct Input    { T I; };
  template <class T> struct Observed { T theta; };

  // clang-format off
  //                              unit    default   low   high  meaning
  static constexpr State<Field> state{
      .v       = {"mV",      -65,  -500,   500, "membrane potential; starts at E_L"},
      .h_1     = {"mV",        0,  -500,   500, "fast part of the threshold"},
      .h_2     = {"mV",        0,  -500,   500, "slow part of the threshold"}};
  static constexpr Params<Field> params{
      .tau_m   = {"ms",        5,   0.1,   500, "membrane time constant"},
      .R       = {"MOhm",     50,     0,  5000, "membrane resistance"},
      .E_L     = {"mV",      -65,  -150,   100, "resting potential"},
      .tau_1   = {"ms",       10,   0.1,   1e4, "decay of h_1"},
      .tau_2   = {"ms",      200,   0.1,   1e5, "decay of h_2"},
      .alpha_1 = {"mV",       30,  -500,   500, "step of h_1 at a spike"},
      .alpha_2 = {"mV",        2,  -500,   500, "step of h_2 at a spike"},
      .omega   = {"mV",       20,  -100,   500, "threshold at rest, above E_L"},
      .t_ref   = {"ms",        2,     0,   100, "time without a second spike"}};
  static constexpr Input<Field> inputs{
      .I       = {"nA",        0,  -100,   100, "injected current"}};
  static constexpr Observed<Field> observed{
      .theta   = {"mV",        0,     0,     0, "threshold"}};
  // clang-format on

  template <class T> static Derived<T> derive(const Params<T>& p) {
    return {.rate_m = 1/p.tau_m, .rate_1 = 1/p.tau_1, .rate_2 = 1/p.tau_2};
  }
  template <class T>
  static State<T> rhs(const State<T>& x, const Params<T>& p, const Derived<T>& d, const Input<T>& in) {
    return {.v = d.rate_m*(p.E_L - x.v + p.R*in.I), .h_1 = -d.rate_1*x.h_1, .h_2 = -d.rate_2*x.h_2};
  }
  template <class T> static Observed<T> observe(const State<T>& x, const Params<T>& p) {
    return {.theta = p.E_L + p.omega + x.h_1 + x.h_2};
  }
  template <class T> static T threshold(const State<T>& x, const Params<T>& p) { return x.v - observe(x, p).theta; }
  template <class T> static State<T> reset(const State<T>& x, const Params<T>& p) {
    return {.v = x.v, .h_1 = x.h_1 + p.alpha_1, .h_2 = x.h_2 + p.alpha_2};
  }
  template <class T>
  static State<T> peak(const State<T>& x, const Params<T>& p) { return {.v = p.E_L + 65, .h_1 = x.h_1, .h_2 = x.h_2}; }
  template <class T> static T refractory(const Params<T>& p) { return p.t_ref; }
  template <class T>
  static State<T> initial(const State<T>& x, const Params<T>& p) { return {.v = p.E_L, .h_1 = x.h_1, .h_2 = x.h_2}; }

  // clang-format off
  static constexpr Preset presets[] = {
      // figure 5 B, values of the authors' program MAT_current.m and of ModelDB 226422 (NEURON)
      {"regular_spiking",        "figure 5 B, RS", {{"alpha_1", 30},   {"alpha_2", 2},   {"omega", 20}}},
      {"intrinsically_bursting", "figure 5 B, IB", {{"alpha_1", 7.5},  {"alpha_2", 1.5}, {"omega", 19}}},
      {"fast_spiking",           "figure 5 B, FS", {{"alpha_1", 10},   {"alpha_2", 0.2}, {"omega", 10}}},
      {"chattering",             "figure 5 B, CH", {{"alpha_1", -0.5}, {"alpha_2", 0.4}, {"omega", 26}}},
      {"mat2_psc_exp",
       "defaults of NEST's model of that name; a typical RS neuron in the authors' program MAT.c",
       {{"tau_m", 5}, {"R", 50}, {"E_L", -70}, {"tau_1", 10}, {"tau_2", 200}, {"alpha_1", 37}, {"alpha_2", 2},
        {"omega", 19}, {"t_ref", 2}}}};
  // clang-format on
};
HILLOCK_MODEL(Mat)
