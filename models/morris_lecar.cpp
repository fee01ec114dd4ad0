// Morris & Lecar (1981), doi:10.1016/S0006-3495(81)84782-0, eqs. (9) with instantaneous calcium activation: C v' = I -
// I_L - I_Ca - I_K. The presets are the three sets of Rinzel & Ermentrout (1998), "Analysis of neural excitability and
// oscillations", as in table 3.1 of Ermentrout & Terman (2010), doi:10.1007/978-0-387-87708-2.
#include <hillock/model.hpp>
using hillock::Field, hillock::Preset;

struct MorrisLecar {
  static constexpr auto id = "morris_lecar", version = "1.0.0", cite = "doi:10.1016/S0006-3495(81)84782-0",
                        meaning = "barnacle muscle fibre, two variables: calcium and potassium currents";

  template <class T> struct State    { T v, w; };
  template <class T> struct Params   { T C, g_L, E_L, g_Ca, E_Ca, g_K, E_K, V_1, V_2, V_3, V_4, phi; };
  template <class T> struct Derived  { T elastance, k_2, k_4; };
  template <class T> struct Input    { T I; };
  template <class T> struct Observed { T I_Ca, I_K, I_L; };

  // clang-format off
  //                              unit     default    low   high  meaning
  static constexpr State<Field> state{
      .v    = {"mV",      -60,       -200,    200, "membrane potential"},
      .w    = {"1",         0.015,      0,      1, "potassium activation; starts at its steady state"}};
  static constexpr Params<Field> params{
      .C    = {"uF/cm2",   20,       0.01,   1000, "membrane capacitance"},
      .g_L  = {"mS/cm2",    2,          0,    100, "leak conductance"},
      .E_L  = {"mV",      -60,       -150,    150, "leak reversal potential"},
      .g_Ca = {"mS/cm2",    4.4,        0,    100, "calcium conductance"},
      .E_Ca = {"mV",      120,       -150,    250, "calcium reversal potential"},
      .g_K  = {"mS/cm2",    8,          0,    100, "potassium conductance"},
      .E_K  = {"mV",      -84,       -150,    150, "potassium reversal potential"},
      .V_1  = {"mV",       -1.2,     -100,    100, "half-activation of calcium"},
      .V_2  = {"mV",       18,          1,    200, "slope of calcium activation"},
      .V_3  = {"mV",        2,       -100,    100, "half-activation of potassium"},
      .V_4  = {"mV",       30,          1,    200, "slope of potassium activation"},
      .phi  = {"1/ms",      0.04,       0,     10, "rate of potassium activation at V_3"}};
  static constexpr Input<Field> inputs{
      .I    = {"uA/cm2",    0,      -1e4,     1e4, "injected current density"}};
  static constexpr Observed<Field> observed{
      .I_Ca = {"uA/cm2",    0,          0,      0, "calcium current"},
      .I_K  = {"uA/cm2",    0,          0,      0, "potassium current"},
      .I_L  = {"uA/cm2",    0,          0,      0, "leak current"}};
  // clang-format on

  template <class T>
  static Derived<T> derive(const Params<T>& p) { return {.elastance = 1/p.C, .k_2 = 1/p.V_2, .k_4 = 1/p.V_4}; }
  template <class T> static Observed<T> observe(const State<T>& x, const Params<T>& p, const Derived<T>& d) {
    const auto& [v, w] = x;
    const T m = 0.5*(1 + tanh(d.k_2*(v - p.V_1)));
    return {.I_Ca = p.g_Ca*m*(v - p.E_Ca), .I_K = p.g_K*w*(v - p.E_K), .I_L = p.g_L*(v - p.E_L)};
  }
  template <class T>
  static T w_inf(const T& v, const Params<T>& p, const T& k_4) { return 0.5*(1 + tanh(k_4*(v - p.V_3))); }
  template <class T>
  static State<T> rhs(const State<T>& x, const Params<T>& p, const Derived<T>& d, const Input<T>& in) {
    const auto& [v, w] = x;
    const auto [I_Ca, I_K, I_L] = observe(x, p, d);
    return {.v = d.elastance*(in.I - I_L - I_Ca - I_K),
            .w = p.phi*cosh(0.5*d.k_4*(v - p.V_3))*(w_inf(v, p, d.k_4) - w)};
  }
  template <class T> static State<T> initial(const State<T>& x, const Params<T>& p, const Derived<T>& d) {
    return {.v = x.v, .w = w_inf(x.v, p, d.k_4)};
  }
  // No reset: a spike is an upward crossing of 0 mV, the next one after v was below -10 mV.
  template <class T> static T threshold(const State<T>& x, const Params<T>&) { return x.v; }
  static constexpr double rearm = -10;

  // clang-format off
  static constexpr Preset presets[] = {
      {"hopf", "class 2: firing begins at a Hopf bifurcation",
       {{"g_Ca", 4.4}, {"V_3", 2},  {"V_4", 30},   {"phi", 0.04}}},
      {"saddle_node", "class 1: firing begins at a saddle-node on the limit cycle (SNLC)",
       {{"g_Ca", 4},   {"V_3", 12}, {"V_4", 17.4}, {"phi", 0.067}}},
      {"homoclinic", "firing begins at a homoclinic orbit; rest and firing coexist",
       {{"g_Ca", 4},   {"V_3", 12}, {"V_4", 17.4}, {"phi", 0.23}}}};
  // clang-format on
};
HILLOCK_MODEL(MorrisLecar)
