// Hindmarsh & Rose (1984), doi:10.1098/rspb.1984.0024: v' = y - a v^3 + b v^2 - z + I,  y' = c - d v^2 - y,  z' = r (s
// (v - v_1) - z), where v is the paper's x and v_1 its x_1. Fast spiking in (v, y), switched on and off by the slow
// adaptation z. All without units; one unit of its time is time_scale.
#include <hillock/model.hpp>
using hillock::Field, hillock::Preset;

struct HindmarshRose {
  static constexpr auto id = "hindmarsh_rose", version = "1.0.0", cite = "doi:10.1098/rspb.1984.0024",
                        meaning = "bursting neuron of Hindmarsh and Rose 1984, three polynomial equations";

  template <class T> struct State   { T v, y, z; };
  template <class T> struct Params  { T a, b, c, d, r, s, v_1, time_scale; };
  template <class T> struct Derived { T rate; };
  template <class T> struct Input   { T I; };

  // clang-format off
  //                              unit  default    low   high  meaning
  static constexpr State<Field> state{
      .v          = {"1",  -1.6,     -20,    20, "membrane potential"},
      .y          = {"1", -11.8,   -5000,  5000, "recovery"},
      .z          = {"1",   0,     -1000,  1000, "adaptation"}};
  static constexpr Params<Field> params{
      .a          = {"1",   1,         0,    10, "coefficient of v^3"},
      .b          = {"1",   3,       -10,    10, "coefficient of v^2"},
      .c          = {"1",   1,       -10,    10, "constant of the recovery"},
      .d          = {"1",   5,       -20,    20, "coefficient of v^2 in the recovery"},
      .r          = {"1",   0.001,     0,     1, "rate of adaptation over rate of recovery"},
      .s          = {"1",   4,       -20,    20, "strength of adaptation"},
      .v_1        = {"1",  -1.6,     -10,    10,
                     "v at which there is no adaptation, about that of rest; (-1 - sqrt(5))/2 is rest exactly"},
      .time_scale = {"ms",  1,      1e-6,   1e6, "one unit of the model's time"}};
  static constexpr Input<Field> inputs{
      .I          = {"1",   0,      -100,   100, "injected current"}};
  // clang-format on

  template <class T> static Derived<T> derive(const Params<T>& p) { return {.rate = 1/p.time_scale}; }
  template <class T>
  static State<T> rhs(const State<T>& x, const Params<T>& p, const Derived<T>& d, const Input<T>& in) {
    const auto& [v, y, z] = x;
    const T v2 = v*v;
    return {.v = d.rate*(y - p.a*(v2*v) + p.b*v2 - z + in.I),
            .y = d.rate*(p.c - p.d*v2 - y),
            .z = d.rate*(p.r*(p.s*(v - p.v_1) - z))};
  }
  // No reset: a spike is an upward crossing of v = 1, the next one after v was below 0.
  template <class T> static T threshold(const State<T>& x, const Params<T>&) { return x.v - 1; }
  static constexpr double rearm = -1;

  // clang-format off
  static constexpr Preset presets[] = {
      {"bursting", "regular bursts, as under I = 2",
       {{"r", 0.001}, {"s", 4}, {"v_1", -1.6}}},
      {"chaotic_bursting", "bursts of irregular structure, as under I = 3.25",
       {{"r", 0.005}, {"s", 4}, {"v_1", -1.6}}},
      {"adapting", "a weak adaptation: after a step, spikes that become rarer",
       {{"r", 0.001}, {"s", 1}, {"v_1", -1.6}}}};
  // clang-format on
};
HILLOCK_MODEL(HindmarshRose)
