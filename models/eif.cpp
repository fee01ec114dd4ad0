// The exponential integrate-and-fire neuron of Fourcaud-Trocme, Hansel, van Vreeswijk & Brunel (2003),
// doi:10.1523/JNEUROSCI.23-37-11628.2003: C v' = -g_L (v - E_L) + g_L Delta_T exp((v - V_T)/Delta_T) + I. A spike is
// where v diverges, cut off at v_peak; then v := v_reset, held there for t_ref. The defaults are the paper's fit of the
// `wang_buzsaki` interneuron.
#include <hillock/model.hpp>
using hillock::Field, hillock::Preset, hillock::min;

struct Eif {
  static constexpr auto id = "eif", version = "1.0.0", cite = "doi:10.1523/JNEUROSCI.23-37-11628.2003",
                        meaning = "exponential integrate-and-fire neuron with refractory time";

  template <class T> struct State   { T v; };
  template <class T> struct Params  { T C, g_L, E_L, V_T, Delta_T, v_peak, v_reset, t_ref; };
  template <class T> struct Derived { T rate, resistance, sharpness; };
  template <class T> struct Input   { T I; };

  // clang-format off
  //                              unit     default    low   high  meaning
  static constexpr State<Field> state{
      .v       = {"mV",      -65,     -200,    100, "membrane potential"}};
  static constexpr Params<Field> params{
      .C       = {"uF/cm2",    1,     0.01,    100, "membrane capacitance"},
      .g_L     = {"mS/cm2",    0.1,   1e-4,    100, "leak conductance"},
      .E_L     = {"mV",      -65,     -150,     50, "leak reversal potential"},
      .V_T     = {"mV",      -59.9,   -100,     50,
                  "v at which the slope of the current is 0; the rheobase is g_L (V_T - E_L - Delta_T)"},
      .Delta_T = {"mV",        3.48,   0.5,     50, "width of spike initiation"},
      .v_peak  = {"mV",        0,      -90,    100, "top of the spike, where v is reset"},
      .v_reset = {"mV",      -68,     -150,     50, "v after a spike"},
      .t_ref   = {"ms",        1.7,      0,    1e3, "refractory time, v held at v_reset"}};
  static constexpr Input<Field> inputs{
      .I       = {"uA/cm2",    0,    -1000,   1000, "injected current density"}};
  static constexpr State<bool> held{.v = true};
  // clang-format on

  template <class T> static Derived<T> derive(const Params<T>& p) {
    return {.rate = p.g_L/p.C, .resistance = 1/p.g_L, .sharpness = 1/p.Delta_T};
  }
  // Above v_peak, where a scheme only looks on its way to the reset, the exponential is that of v_peak: it cannot
  // overflow, and below nothing changes.
  template <class T>
  static State<T> rhs(const State<T>& x, const Params<T>& p, const Derived<T>& d, const Input<T>& in) {
    return {.v = d.rate*(p.E_L - x.v + p.Delta_T*exp(d.sharpness*(min(x.v, p.v_peak) - p.V_T)) + d.resistance*in.I)};
  }
  template <class T> static T threshold(const State<T>& x, const Params<T>& p) { return x.v - p.v_peak; }
  template <class T> static State<T> reset(const State<T>&, const Params<T>& p) { return {.v = p.v_reset}; }
  template <class T> static State<T> peak(const State<T>&, const Params<T>& p) { return {.v = p.v_peak}; }
  template <class T> static T refractory(const Params<T>& p) { return p.t_ref; }

  static constexpr Preset presets[] = {
      {"wang_buzsaki_fit", "2003: the fit of the conductance-based interneuron",
       {{"C", 1}, {"g_L", 0.1}, {"E_L", -65}, {"V_T", -59.9}, {"Delta_T", 3.48}, {"v_reset", -68}, {"t_ref", 1.7}}}};
};
HILLOCK_MODEL(Eif)
