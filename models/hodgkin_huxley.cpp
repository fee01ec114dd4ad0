// Hodgkin & Huxley (1952), doi:10.1113/jphysiol.1952.sp004764, eqs. (26) and (7)-(21): the squid giant axon at 6.3
// degrees Celsius, in modern signs: v is inside minus outside with rest near -65 mV, and outward currents are positive.
// phi = 3^((temperature - 6.3)/10) speeds up the gates in other temperatures.
#include <hillock/model.hpp>
using hillock::Field, hillock::Preset, hillock::exprelr;

struct HodgkinHuxley {
  static constexpr auto id = "hodgkin_huxley", version = "1.0.0", cite = "doi:10.1113/jphysiol.1952.sp004764",
                        meaning = "squid giant axon of Hodgkin and Huxley 1952";

  template <class T> struct State    { T v, m, h, n; };
  template <class T> struct Params   { T C, g_Na, E_Na, g_K, E_K, g_L, E_L, phi; };
  template <class T> struct Derived  { T elastance; };
  template <class T> struct Input    { T I; };
  template <class T> struct Observed { T I_Na, I_K, I_L; };

  // clang-format off
  //                              unit     default    low   high  meaning
  static constexpr State<Field> state{
      .v    = {"mV",      -65,       -200,    200, "membrane potential"},
      .m    = {"1",         0.0529,     0,      1, "sodium activation; starts at its steady state"},
      .h    = {"1",         0.5961,     0,      1, "sodium inactivation; starts at its steady state"},
      .n    = {"1",         0.3177,     0,      1, "potassium activation; starts at its steady state"}};
  static constexpr Params<Field> params{
      .C    = {"uF/cm2",    1,       0.01,    100, "membrane capacitance"},
      .g_Na = {"mS/cm2",  120,          0,   1000, "sodium conductance"},
      .E_Na = {"mV",       50,       -150,    150, "sodium reversal potential"},
      .g_K  = {"mS/cm2",   36,          0,   1000, "potassium conductance"},
      .E_K  = {"mV",      -77,       -150,    150, "potassium reversal potential"},
      .g_L  = {"mS/cm2",    0.3,        0,    100, "leak conductance"},
      .E_L  = {"mV",      -54.387,   -150,    150, "leak reversal potential; programs round it to -54.4 or -54.3"},
      .phi  = {"1",         1,       1e-3,    100, "temperature factor of the gates, 3 for each 10 degrees"}};
  static constexpr Input<Field> inputs{
      .I    = {"uA/cm2",    0,      -1000,   1000, "injected current density"}};
  static constexpr Observed<Field> observed{
      .I_Na = {"uA/cm2",    0,          0,      0, "sodium current"},
      .I_K  = {"uA/cm2",    0,          0,      0, "potassium current"},
      .I_L  = {"uA/cm2",    0,          0,      0, "leak current"}};
  // clang-format on

  template <class T> struct Rates { T a_m, b_m, a_h, b_h, a_n, b_n; };
  template <class T> static Rates<T> rates(const T& v) {
    return {.a_m = exprelr(-0.1*(v + 40)),      .b_m = 4*exp((-1/18.)*(v + 65)),
            .a_h = 0.07*exp((-1/20.)*(v + 65)), .b_h = 1/(1 + exp(-0.1*(v + 35))),
            .a_n = 0.1*exprelr(-0.1*(v + 55)),  .b_n = 0.125*exp((-1/80.)*(v + 65))};
  }
  template <class T> static Observed<T> observe(const State<T>& x, const Params<T>& p) {
    const auto& [v, m, h, n] = x;
    const T n2 = n*n;
    return {.I_Na = p.g_Na*(m*m*m)*h*(v - p.E_Na), .I_K = p.g_K*(n2*n2)*(v - p.E_K), .I_L = p.g_L*(v - p.E_L)};
  }
  template <class T> static Derived<T> derive(const Params<T>& p) { return {.elastance = 1/p.C}; }
  template <class T>
  static State<T> rhs(const State<T>& x, const Params<T>& p, const Derived<T>& d, const Input<T>& in) {
    const auto& [v, m, h, n] = x;
    const auto [I_Na, I_K, I_L] = observe(x, p);
    const auto r = rates(v);
    return {.v = d.elastance*(in.I - I_Na - I_K - I_L),
            .m = p.phi*(r.a_m*(1 - m) - r.b_m*m),
            .h = p.phi*(r.a_h*(1 - h) - r.b_h*h),
            .n = p.phi*(r.a_n*(1 - n) - r.b_n*n)};
  }
  template <class T> static State<T> initial(const State<T>& x, const Params<T>&) {
    const auto r = rates(x.v);
    return {.v = x.v, .m = r.a_m/(r.a_m + r.b_m), .h = r.a_h/(r.a_h + r.b_h), .n = r.a_n/(r.a_n + r.b_n)};
  }
  // No reset: a spike is an upward crossing of 0 mV, the next one after v was below -20 mV.
  template <class T> static T threshold(const State<T>& x, const Params<T>&) { return x.v; }
  static constexpr double rearm = -20;

  // clang-format off
  static constexpr Preset presets[] = {
      {"squid",      "the axon of 1952 at 6.3 degrees Celsius",                            {{"phi", 1}}},
      {"squid_18_5", "at 18.5 degrees, the temperature of the paper's propagated spike", {{"phi", 3.820216}}}};
  // clang-format on
};
HILLOCK_MODEL(HodgkinHuxley)
