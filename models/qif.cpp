// The quadratic integrate-and-fire neuron, the normal form of firing that begins at a saddle-node: Ermentrout & Kopell
// (1986), doi:10.1137/0146017, Latham et al. (2000), doi:10.1152/jn.2000.83.2.808; here as Fourcaud-Trocme et al.
// (2003), doi:10.1523/JNEUROSCI.23-37-11628.2003, write it beside `eif`: C v' = g_L/(2 Delta_T) (v - V_T)^2 + I - I_T.
// At v_peak a spike; then v := v_reset, held there for t_ref.
#include <hillock/model.hpp>
using hillock::Field, hillock::Preset;

struct Qif {
  static constexpr auto id = "qif", version = "1.0.0", cite = "doi:10.1152/jn.2000.83.2.808",
                        meaning = "quadratic integrate-and-fire neuron with refractory time";

  template <class T> struct State   { T v; };
  template <class T> struct Params  { T C, g_L, V_T, Delta_T, I_T, v_peak, v_reset, t_ref; };
  template <class T> struct Derived { T elastance, curvature; };
  template <class T> struct Input   { T I; };

  // clang-format off
  //                              unit     default    low   high  meaning
  static constexpr State<Field> state{
      .v       = {"mV",      -65,     -1e4,    1e4, "membrane potential"}};
  static constexpr Params<Field> params{
      .C       = {"uF/cm2",    1,     0.01,    100, "membrane capacitance"},
      .g_L     = {"mS/cm2",    0.1,      0,    100, "leak conductance of the `eif` with this curvature"},
      .V_T     = {"mV",      -59.9,   -200,    200, "v at which the current has its minimum"},
      .Delta_T = {"mV",        3.48,  0.01,    100, "width of spike initiation: the curvature is g_L/Delta_T"},
      .I_T     = {"uA/cm2",    0.162, -100,    100, "rheobase"},
      .v_peak  = {"mV",       30,     -200,    1e4, "top of the spike, where v is reset"},
      .v_reset = {"mV",      -68,     -1e4,    200, "v after a spike"},
      .t_ref   = {"ms",        1.7,      0,    1e3, "refractory time, v held at v_reset"}};
  static constexpr Input<Field> inputs{
      .I       = {"uA/cm2",    0,    -1000,   1000, "injected current density"}};
  static constexpr State<bool> held{.v = true};
  // clang-format on

  template <class T>
  static Derived<T> derive(const Params<T>& p) { return {.elastance = 1/p.C, .curvature = 0.5*p.g_L/p.Delta_T}; }
  template <class T>
  static State<T> rhs(const State<T>& x, const Params<T>& p, const Derived<T>& d, const Input<T>& in) {
    const T u = x.v - p.V_T;
    return {.v = d.elastance*(d.curvature*(u*u) + in.I - p.I_T)};
  }
  template <class T> static T threshold(const State<T>& x, const Params<T>& p) { return x.v - p.v_peak; }
  template <class T> static State<T> reset(const State<T>&, const Params<T>& p) { return {.v = p.v_reset}; }
  template <class T> static State<T> peak(const State<T>&, const Params<T>& p) { return {.v = p.v_peak}; }
  template <class T> static T refractory(const Params<T>& p) { return p.t_ref; }

  // clang-format off
  static constexpr Preset presets[] = {
      {"exponential_fit", "curvature and rheobase of the exponential neuron of 2003, `eif`",
       {{"C", 1}, {"g_L", 0.1}, {"V_T", -59.9}, {"Delta_T", 3.48}, {"I_T", 0.162}, {"v_peak", 30}, {"v_reset", -68},
        {"t_ref", 1.7}}},
      {"normalised",      "v' = v^2 + I, whose interval tends to pi/sqrt(I) as peak and reset tend to infinity",
       {{"C", 1}, {"g_L", 1}, {"V_T", 0}, {"Delta_T", 0.5}, {"I_T", 0}, {"v_peak", 100}, {"v_reset", -100},
        {"t_ref", 0}, {"v", -1}}}};
  // clang-format on
};
HILLOCK_MODEL(Qif)
