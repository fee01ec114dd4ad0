// The leaky integrate-and-fire neuron: tau v' = -(v - E_L) + I/g_L; at V_th a spike, v := V_reset, held there for
// t_ref. Lapicque (1907); in English with a commentary: Brunel & van Rossum (2007), doi:10.1007/s00422-007-0190-0.
#include <hillock/model.hpp>
using hillock::Field, hillock::Preset;

struct Lif {
  static constexpr auto id = "lif", version = "1.0.0", cite = "doi:10.1007/s00422-007-0190-0",
                        meaning = "leaky integrate-and-fire neuron with refractory time";

  template <class T> struct State   { T v; };
  template <class T> struct Params  { T tau, E_L, g_L, V_th, V_reset, t_ref; };
  template <class T> struct Derived { T rate, resistance; };
  template <class T> struct Input   { T I; };

  // clang-format off
  //                              unit   default    low    high  meaning
  static constexpr State<Field> state{
      .v       = {"mV",   -70,   -500,    500, "membrane potential"}};
  static constexpr Params<Field> params{
      .tau     = {"ms",    10,   1e-3,    1e4, "membrane time constant"},
      .E_L     = {"mV",   -70,   -500,    500, "resting potential"},
      .g_L     = {"nS",    25,   1e-6,    1e6, "leak conductance"},
      .V_th    = {"mV",   -55,   -500,    500, "threshold"},
      .V_reset = {"mV",   -70,   -500,    500, "v after a spike"},
      .t_ref   = {"ms",     2,      0,    1e4, "refractory time, v held at V_reset"}};
  static constexpr Input<Field> inputs{
      .I       = {"pA",     0,   -1e9,    1e9, "injected current"}};
  static constexpr State<bool> held{.v = true};
  // clang-format on

  template <class T> static Derived<T> derive(const Params<T>& p) { return {.rate = 1/p.tau, .resistance = 1/p.g_L}; }
  template <class T>
  static State<T> rhs(const State<T>& x, const Params<T>& p, const Derived<T>& d, const Input<T>& in) {
    return {.v = d.rate*(p.E_L - x.v + d.resistance*in.I)};
  }
  template <class T> static T threshold(const State<T>& x, const Params<T>& p) { return x.v - p.V_th; }
  template <class T> static State<T> reset(const State<T>&, const Params<T>& p) { return {.v = p.V_reset}; }
  template <class T> static T refractory(const Params<T>& p) { return p.t_ref; }
  template <class T> static State<T> initial(const State<T>&, const Params<T>& p) { return {.v = p.E_L}; }

  // clang-format off
  static constexpr Preset presets[] = {
      {"iaf_psc_delta", "defaults of NEST's model of that name",
       {{"tau", 10}, {"E_L", -70}, {"g_L", 25}, {"V_th", -55}, {"V_reset", -70}, {"t_ref", 2}}},
      {"brunel_2000",
       "excitatory and inhibitory neurons of Brunel (2000), doi:10.1023/A:1008925309027, threshold and "
       "reset above rest",
       {{"tau", 20}, {"E_L", 0}, {"g_L", 1}, {"V_th", 20}, {"V_reset", 10}, {"t_ref", 2}}}};
  // clang-format on
};
HILLOCK_MODEL(Lif)
