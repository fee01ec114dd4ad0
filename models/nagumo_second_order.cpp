// The FitzHugh-Nagumo system (see nagumo) as one second-order equation: from w = v - v^3/3 + I - v' follows
//   v'' = (1 - v^2) v' - epsilon (v + a - b (v - v^3/3 + I - v')) + I'.
// Written for s = v' - I, the slope that the cell has by itself, so that the current may jump: v' would jump with it, s
// does not. FitzHugh (1961), doi:10.1016/S0006-3495(61)86902-6; Nagumo, Arimoto & Yoshizawa (1962),
// doi:10.1109/JRPROC.1962.288235.
#include <hillock/model.hpp>
using hillock::Field, hillock::Preset;

struct NagumoSecondOrder {
  static constexpr auto id = "nagumo_second_order", version = "1.0.0", cite = "doi:10.1109/JRPROC.1962.288235",
                        meaning = "FitzHugh-Nagumo as one second-order equation";

  template <class T> struct State   { T v, s; };
  template <class T> struct Params  { T a, b, epsilon, time_scale, w_0; };
  template <class T> struct Derived { T rate; };
  template <class T> struct Input   { T I; };

  // clang-format off
  //                              unit  default   low   high  meaning
  static constexpr State<Field> state{
      .v          = {"1",  -1.2,   -50,    50, "membrane potential"},
      .s          = {"1",   0,    -5e4,   5e4, "slope of v less the injected current; starts at v - v^3/3 - w_0"}};
  static constexpr Params<Field> params{
      .a          = {"1",   0.7,    -5,     5, "shift of the recovery nullcline"},
      .b          = {"1",   0.8,    -5,     5, "decay of w"},
      .epsilon    = {"1",   0.08,    0,    10, "rate of recovery over rate of v; 1/12.5"},
      .time_scale = {"ms",  1,    1e-6,   1e6, "one unit of the model's time"},
      .w_0        = {"1",  -0.625, -500,  500, "w of the first-order system at the start, which sets s"}};
  static constexpr Input<Field> inputs{
      .I          = {"1",   0,    -100,   100, "injected current"}};
  // clang-format on

  template <class T> static Derived<T> derive(const Params<T>& p) { return {.rate = 1/p.time_scale}; }
  template <class T>
  static State<T> rhs(const State<T>& x, const Params<T>& p, const Derived<T>& d, const Input<T>& in) {
    const auto& [v, s] = x;
    const T w = v - (1/3.)*(v*v*v) - s;
    return {.v = d.rate*(s + in.I),
            .s = d.rate*((1 - v*v)*(s + in.I) - p.epsilon*(v + p.a - p.b*w))};
  }
  template <class T> static State<T> initial(const State<T>& x, const Params<T>& p) {
    return {.v = x.v, .s = x.v - (1/3.)*(x.v*x.v*x.v) - p.w_0};
  }
  template <class T> static T threshold(const State<T>& x, const Params<T>&) { return x.v - 1; }  // as in nagumo
  static constexpr double rearm = -1;

  static constexpr Preset presets[] = {
      {"fitzhugh_1969", "the textbook values, tau = 12.5", {{"a", 0.7}, {"b", 0.8}, {"epsilon", 0.08}}}};
};
HILLOCK_MODEL(NagumoSecondOrder)
