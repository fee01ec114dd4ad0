// The BVP model of FitzHugh (1961), doi:10.1016/S0006-3495(61)86902-6, eqs. (1)-(2): x' = c (y + x - x^3/3 + z),  y' =
// -(x - a + b y)/c. The paper follows the axon of 1952 in its signs: depolarisation is negative x, and negative z
// excites. Here v = -x and I = -z, so that a spike goes up and a positive current fires; y, a, b and c are the paper's.
// All without units; one unit of its time is time_scale. As `nagumo` (FitzHugh 1969) this is w = y, epsilon = 1/c^2,
// and c of its units of time for one of these: c = 3 is epsilon = 1/9, not 0.08.
#include <hillock/model.hpp>
using hillock::Field, hillock::Preset;

struct FitzHugh1961 {
  static constexpr auto id = "fitzhugh_1961", version = "1.0.0", cite = "doi:10.1016/S0006-3495(61)86902-6",
                        meaning = "Bonhoeffer-van der Pol model of FitzHugh 1961, v = -x, I = -z";

  template <class T> struct State   { T v, y; };
  template <class T> struct Params  { T a, b, c, time_scale; };
  template <class T> struct Derived { T fast, slow; };
  template <class T> struct Input   { T I; };

  // clang-format off
  //                              unit  default   low   high  meaning
  static constexpr State<Field> state{
      .v          = {"1",  -1.2,   -50,    50, "membrane potential; -x of the paper"},
      .y          = {"1",  -0.625, -500,  500, "recovery"}};
  static constexpr Params<Field> params{
      .a          = {"1",   0.7,    -5,     5, "shift of the recovery nullcline"},
      .b          = {"1",   0.8,    -5,     5, "decay of y"},
      .c          = {"1",   3,    0.01,   100, "rate of v; the recovery is c^2 slower"},
      .time_scale = {"ms",  1,    1e-6,   1e6, "one unit of the model's time"}};
  static constexpr Input<Field> inputs{
      .I          = {"1",   0,    -100,   100, "injected current; -z of the paper"}};
  // clang-format on

  template <class T>
  static Derived<T> derive(const Params<T>& p) { return {.fast = p.c/p.time_scale, .slow = 1/(p.c*p.time_scale)}; }
  template <class T>
  static State<T> rhs(const State<T>& x, const Params<T>& p, const Derived<T>& d, const Input<T>& in) {
    const auto& [v, y] = x;
    return {.v = d.fast*(v - (1/3.)*(v*v*v) - y + in.I),
            .y = d.slow*(v + p.a - p.b*y)};
  }
  // There is no reset and no all-or-none threshold: a spike is an upward crossing of v = 1, the next one after v was
  // below 0.
  template <class T> static T threshold(const State<T>& x, const Params<T>&) { return x.v - 1; }
  static constexpr double rearm = -1;

  static constexpr Preset presets[] = {{"bvp", "the values of the paper", {{"a", 0.7}, {"b", 0.8}, {"c", 3}}}};
};
HILLOCK_MODEL(FitzHugh1961)
