// FitzHugh (1961), doi:10.1016/S0006-3495(61)86902-6, and Nagumo, Arimoto & Yoshizawa (1962),
// doi:10.1109/JRPROC.1962.288235, in the form in which FitzHugh wrote it in 1969:
//   v' = v - v^3/3 - w + I,   w' = epsilon (v + a - b w).
// All without units; one unit of its time is time_scale.
#include <hillock/model.hpp>
using hillock::Field, hillock::Preset;

struct Nagumo {
  static constexpr auto id = "nagumo", version = "1.0.0", cite = "doi:10.1109/JRPROC.1962.288235",
                        meaning = "FitzHugh-Nagumo relaxation oscillator, two first-order equations";

  template <class T> struct State   { T v, w; };
  template <class T> struct Params  { T a, b, epsilon, time_scale; };
  template <class T> struct Derived { T rate; };
  template <class T> struct Input   { T I; };

  // clang-format off
  //                              unit  default   low   high  meaning
  static constexpr State<Field> state{
      .v          = {"1",  -1.2,   -50,    50, "membrane potential"},
      .w          = {"1",  -0.625, -500,  500, "recovery"}};
  static constexpr Params<Field> params{
      .a          = {"1",   0.7,    -5,     5, "shift of the recovery nullcline"},
      .b          = {"1",   0.8,    -5,     5, "decay of w"},
      .epsilon    = {"1",   0.08,    0,    10, "rate of recovery over rate of v; 1/12.5"},
      .time_scale = {"ms",  1,    1e-6,   1e6, "one unit of the model's time"}};
  static constexpr Input<Field> inputs{
      .I          = {"1",   0,    -100,   100, "injected current"}};
  // clang-format on

  template <class T> static Derived<T> derive(const Params<T>& p) { return {.rate = 1/p.time_scale}; }
  template <class T>
  static State<T> rhs(const State<T>& x, const Params<T>& p, const Derived<T>& d, const Input<T>& in) {
    const auto& [v, w] = x;
    return {.v = d.rate*(v - (1/3.)*(v*v*v) - w + in.I),
            .w = d.rate*(p.epsilon*(v + p.a - p.b*w))};
  }
  // There is no reset and no all-or-none threshold: a spike is an upward crossing of v = 1, the next one after v was
  // below 0.
  template <class T> static T threshold(const State<T>& x, const Params<T>&) { return x.v - 1; }
  static constexpr double rearm = -1;

  // clang-format off
  static constexpr Preset presets[] = {
      {"fitzhugh_1969", "the textbook values, tau = 12.5",
       {{"a", 0.7}, {"b", 0.8}, {"epsilon", 0.08}}},
      {"fitzhugh_1961", "FitzHugh's c = 3 in this form: epsilon = 1/9, tau = 9",
       {{"a", 0.7}, {"b", 0.8}, {"epsilon", 1/9.}}}};
  // clang-format on
};
HILLOCK_MODEL(Nagumo)
HILLOCK_ALIAS(fitzhugh_nagumo);
