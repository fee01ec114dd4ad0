// The multi-timescale adaptive threshold model of Kobayashi, Tsubo & Shinomoto (2009), doi:10.3389/neuro.10.009.2009: tau_m v' = -v + R I; the threshold
// omega + h_1 + h_2 jumps at a spike and decays with two time constants; v is not reset, and no spike follows within t_ref.
#include <hillock/model.hpp>
using hillock::Field, hillock::Preset;

struct MatDraft {
  static constexpr auto id = "mat_draft", version = "1.0.0", cite = "doi:10.3389/neuro.10.009.2009", meaning = "multi-timescale adaptive threshold";

  template <class T> struct State   { T v, h_1, h_2; };
  template <class T> struct Params  { T tau_m, R, tau_1, tau_2, alpha_1, alpha_2, omega, t_ref; };
  template <class T> struct Derived { T rate_m, rate_1, rate_2; };
  template <class T> struct Input   { T I; };

  //                              unit    default   low   high  meaning
  static constexpr State<Field> state{
      .v       = {"mV",        0,  -500,   500, "membrane potential above rest"},
      .h_1     = {"mV",        0,  -500,   500, "fast part of the threshold"},
      .h_2     = {"mV",        0,  -500,   500, "slow part of the threshold"}};
  static constexpr Params<Field> params{
      .tau_m   = {"ms",        5,   0.1,   500, "membrane time constant"},
      .R       = {"MOhm",     50,     0,  5000, "membrane resistance"},
      .tau_1   = {"ms",       10,   0.1,   1e4, "decay of h_1"},
      .tau_2   = {"ms",      200,   0.1,   1e5, "decay of h_2"},
      .alpha_1 = {"mV",       37,  -500,   500, "step of h_1 at a spike"},
      .alpha_2 = {"mV",        2,  -500,   500, "step of h_2 at a spike"},
      .omega   = {"mV",       19,  -100,   500, "threshold at rest"},
      .t_ref   = {"ms",        2,     0,   100, "time without a second spike"}};
  static constexpr Input<Field> inputs{
      .I       = {"nA",        0,  -100,   100, "injected current"}};

  template <class T> static Derived<T> derive(const Params<T>& p) { return {.rate_m = 1/p.tau_m, .rate_1 = 1/p.tau_1, .rate_2 = 1/p.tau_2}; }
  template <class T> static State<T> rhs(const State<T>& x, const Params<T>& p, const Derived<T>& d, const Input<T>& in) {
    return {.v = d.rate_m*(p.R*in.I - x.v), .h_1 = -d.rate_1*x.h_1, .h_2 = -d.rate_2*x.h_2};
  }
  template <class T> static T threshold(const State<T>& x, const Params<T>& p) { return x.v - (p.omega + x.h_1 + x.h_2); }
  template <class T> static State<T> reset(const State<T>& x, const Params<T>& p) { return {.v = x.v, .h_1 = x.h_1 + p.alpha_1, .h_2 = x.h_2 + p.alpha_2}; }
  template <class T> static T refractory(const Params<T>& p) { return p.t_ref; }

  static constexpr Preset presets[] = {
      {"regular_spiking",        "figure 3", {{"alpha_1", 37},  {"alpha_2", 2},   {"omega", 19}}},
      {"intrinsically_bursting", "figure 3", {{"alpha_1", 1.7}, {"alpha_2", 2},   {"omega", 26}}},
      {"fast_spiking",           "figure 3", {{"alpha_1", 10},  {"alpha_2", 0.2}, {"omega", 15}}},
      {"chattering",             "figure 3", {{"alpha_1", -0.5}, {"alpha_2", 0.4}, {"omega", 26}}}};
};
HILLOCK_MODEL(MatDraft)
