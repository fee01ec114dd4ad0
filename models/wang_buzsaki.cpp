// The fast-spiking interneuron of Wang & Buzsaki (1996), doi:10.1523/JNEUROSCI.16-20-06402.1996, single compartment,
// eqs. (1)-(2) and "Model neuron": sodium current with instantaneous activation, delayed rectifier, leak. phi scales
// the gates' speed.
#include <hillock/model.hpp>
using hillock::Field, hillock::Preset, hillock::exprelr;

struct WangBuzsaki {
  static constexpr auto id = "wang_buzsaki", version = "1.0.0", cite = "doi:10.1523/JNEUROSCI.16-20-06402.1996",
                        meaning = "conductance-based fast-spiking interneuron";

  template <class T> struct State    { T v, h, n; };
  template <class T> struct Params   { T C, g_Na, E_Na, g_K, E_K, g_L, E_L, phi; };
  template <class T> struct Derived  { T elastance; };
  template <class T> struct Input    { T I; };
  template <class T> struct Observed { T I_Na, I_K, I_L; };

  // clang-format off
  //                              unit   default    low    high  meaning
  static constexpr State<Field> state{
      .v    = {"mV",      -64,    -150,    100, "membrane potential"},
      .h    = {"1",         0.78,    0,      1, "sodium inactivation; starts at its steady state"},
      .n    = {"1",         0.09,    0,      1, "potassium activation; starts at its steady state"}};
  static constexpr Params<Field> params{
      .C    = {"uF/cm2",    1,    0.01,    100, "membrane capacitance"},
      .g_Na = {"mS/cm2",   35,       0,   1000, "sodium conductance"},
      .E_Na = {"mV",       55,       0,    150, "sodium reversal potential"},
      .g_K  = {"mS/cm2",    9,       0,   1000, "potassium conductance"},
      .E_K  = {"mV",      -90,    -150,      0, "potassium reversal potential"},
      .g_L  = {"mS/cm2",    0.1,     0,    100, "leak conductance"},
      .E_L  = {"mV",      -65,    -150,      0, "leak reversal potential"},
      .phi  = {"1",         5,       0,    100, "temperature factor of the gates"}};
  static constexpr Input<Field> inputs{
      .I    = {"uA/cm2",    0,   -1000,   1000, "injected current density"}};
  static constexpr Observed<Field> observed{
      .I_Na = {"uA/cm2",    0,       0,      0, "sodium current"},
      .I_K  = {"uA/cm2",    0,       0,      0, "potassium current"},
      .I_L  = {"uA/cm2",    0,       0,      0, "leak current"}};
  // clang-format on

  template <class T> struct Rates { T a_m, b_m, a_h, b_h, a_n, b_n; };
  template <class T> static Rates<T> rates(const T& v) {
    return {.a_m = exprelr(-0.1*(v + 35)),      .b_m = 4*exp((-1/18.)*(v + 60)),
            .a_h = 0.07*exp((-1/20.)*(v + 58)), .b_h = 1/(1 + exp(-0.1*(v + 28))),
            .a_n = 0.1*exprelr(-0.1*(v + 34)),  .b_n = 0.125*exp((-1/80.)*(v + 44))};
  }
  template <class T> static Observed<T> currents(const State<T>& x, const Params<T>& p, const Rates<T>& r) {
    const auto& [v, h, n] = x;
    const T m = r.a_m/(r.a_m + r.b_m), n2 = n*n;
    return {.I_Na = p.g_Na*(m*m*m)*h*(v - p.E_Na), .I_K = p.g_K*(n2*n2)*(v - p.E_K), .I_L = p.g_L*(v - p.E_L)};
  }
  template <class T>
  static Observed<T> observe(const State<T>& x, const Params<T>& p) { return currents(x, p, rates(x.v)); }
  template <class T> static Derived<T> derive(const Params<T>& p) { return {.elastance = 1/p.C}; }
  template <class T>
  static State<T> rhs(const State<T>& x, const Params<T>& p, const Derived<T>& d, const Input<T>& in) {
    const auto& [v, h, n] = x;
    const auto r = rates(v);
    const auto [I_Na, I_K, I_L] = currents(x, p, r);
    return {.v = d.elastance*(in.I - I_Na - I_K - I_L),
            .h = p.phi*(r.a_h*(1 - h) - r.b_h*h),
            .n = p.phi*(r.a_n*(1 - n) - r.b_n*n)};
  }
  template <class T> static State<T> initial(const State<T>& x, const Params<T>&) {
    const auto r = rates(x.v);
    return {.v = x.v, .h = r.a_h/(r.a_h + r.b_h), .n = r.a_n/(r.a_n + r.b_n)};
  }
  // No reset: a spike is an upward crossing of 0 mV, the next one after v was below -20 mV.
  template <class T> static T threshold(const State<T>& x, const Params<T>&) { return x.v; }
  static constexpr double rearm = -20;

  // clang-format off
  static constexpr Preset presets[] = {
      {"fast_spiking", "1996, figure 3A, under I = 1: the afterhyperpolarisation stays above the synapses' -75 mV",
       {{"phi", 5}}},
      {"slower_gates", "1996, figure 3B, under I = 1.2",
       {{"phi", 10/3.}}},
      {"slow_gates", "1996, figure 3C, under I = 1.4: the afterhyperpolarisation falls below -75 mV",
       {{"phi", 2}}}};
  // clang-format on
};
HILLOCK_MODEL(WangBuzsaki)
