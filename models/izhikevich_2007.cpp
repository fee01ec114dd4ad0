// The simple model of Izhikevich (2007), Dynamical Systems in Neuroscience, doi:10.7551/mitpress/2526.001.0001, chapter
// 8, equations (8.5) and (8.6):
//   C v' = k (v - v_r)(v - v_t) - u + I,   u' = a (U(v) - u);   where v reaches its cut-off: v := c, u := u + d.
// U = b (v - v_r) in most cells. The special rules of the others are parameters: a slope b_low where v <= v_b (TC,
// RTN), a cubic part above v_b (FS), cut-off and reset that move with u (LTS, TC), and a ceiling of u at a spike (LTS).
// Values of the author's program, `MATLAB/izhi2007.m` of github.com/OpenSourceBrain/IzhikevichModel.
#include <hillock/model.hpp>
using hillock::Field, hillock::Preset, hillock::min, hillock::select;

struct Izhikevich2007 {
  static constexpr auto id = "izhikevich_2007", version = "1.0.0", cite = "doi:10.7551/mitpress/2526.001.0001",
                        meaning = "simple spiking neuron of Izhikevich 2007, in pF, nS and pA";

  template <class T> struct State   { T v, u; };
  template <class T> struct Params  { T C, k, v_r, v_t, v_peak, peak_u, a, b, v_b, b_low, b_cubic, c, c_u, d, u_max; };
  template <class T> struct Derived { T elastance; };
  template <class T> struct Input   { T I; };

  // clang-format off
  //                             unit      default    low   high  meaning
  static constexpr State<Field> state{
      .v       = {"mV",         -60,  -200,    100, "membrane potential; starts at v_r"},
      .u       = {"pA",           0, -1e5,     1e5, "recovery current"}};
  static constexpr Params<Field> params{
      .C       = {"pF",         100,  0.1,     1e5, "capacitance"},
      .k       = {"nS/mV",      0.7,    0,     100, "steepness of the parabola"},
      .v_r     = {"mV",         -60, -120,       0, "resting potential"},
      .v_t     = {"mV",         -40, -120,      20, "instantaneous threshold"},
      .v_peak  = {"mV",          35,  -40,     100, "cut-off of the spike"},
      .peak_u  = {"mV/pA",        0,   -1,       1, "how the cut-off moves with u"},
      .a       = {"1/ms",      0.03,   -1,      10, "rate of recovery"},
      .b       = {"nS",          -2, -100,     100, "slope of U above v_b"},
      .v_b     = {"mV",        -200, -200,     100, "where U changes"},
      .b_low   = {"nS",           0, -100,     100, "slope of U at v_b and below"},
      .b_cubic = {"nS/mV2",       0,   -1,       1, "coefficient of (v - v_b)^3 in U above v_b"},
      .c       = {"mV",         -50, -120,      20, "v after a spike"},
      .c_u     = {"mV/pA",        0,   -1,       1, "how that moves with u"},
      .d       = {"pA",         100, -1e4,     1e4, "step of u at a spike"},
      .u_max   = {"pA",         1e9,    0,     1e9, "ceiling of u at a spike"}};
  static constexpr Input<Field> inputs{
      .I       = {"pA",           0, -1e5,     1e5, "injected current"}};
  // clang-format on

  template <class T> static Derived<T> derive(const Params<T>& p) { return {.elastance = 1/p.C}; }
  template <class T>
  static State<T> rhs(const State<T>& x, const Params<T>& p, const Derived<T>& d, const Input<T>& in) {
    const auto& [v, u] = x;
    const T above = v - p.v_b, from_rest = v - p.v_r;
    const T U = select(v > p.v_b, T(p.b*from_rest + p.b_cubic*(above*above*above)), T(p.b_low*from_rest));
    return {.v = d.elastance*(p.k*from_rest*(v - p.v_t) - u + in.I),
            .u = p.a*(U - u)};
  }
  template <class T>
  static T threshold(const State<T>& x, const Params<T>& p) { return x.v - (p.v_peak + p.peak_u*x.u); }
  template <class T> static State<T> reset(const State<T>& x, const Params<T>& p) {
    return {.v = p.c + p.c_u*x.u, .u = min(T(x.u + p.d), p.u_max)};
  }
  template <class T>
  static State<T> peak(const State<T>& x, const Params<T>& p) { return {.v = p.v_peak + p.peak_u*x.u, .u = x.u}; }
  template <class T> static State<T> initial(const State<T>& x, const Params<T>& p) { return {.v = p.v_r, .u = x.u}; }

  // clang-format off
  static constexpr Preset presets[] = {
      {"regular_spiking", "figure 8.12, RS, layer 5",
       {{"C", 100}, {"k", 0.7},  {"v_r", -60}, {"v_t", -40}, {"v_peak", 35}, {"a", 0.03},  {"b", -2}, {"c", -50},
        {"d", 100}}},
      {"intrinsically_bursting", "figure 8.19, IB, layer 5",
       {{"C", 150}, {"k", 1.2},  {"v_r", -75}, {"v_t", -45}, {"v_peak", 50}, {"a", 0.01},  {"b", 5},  {"c", -56},
        {"d", 130}}},
      {"chattering", "figure 8.23, CH, cat",
       {{"C", 50},  {"k", 1.5},  {"v_r", -60}, {"v_t", -40}, {"v_peak", 25}, {"a", 0.03},  {"b", 1},  {"c", -40},
        {"d", 150}}},
      {"low_threshold_spiking", "figure 8.25, LTS",
       {{"C", 100}, {"k", 1},    {"v_r", -56}, {"v_t", -42}, {"v_peak", 40}, {"a", 0.03},  {"b", 8},  {"c", -53},
        {"d", 20}, {"peak_u", -0.1}, {"c_u", 0.04}, {"u_max", 670}}},
      {"fast_spiking", "figure 8.27, FS",
       {{"C", 20},  {"k", 1},    {"v_r", -55}, {"v_t", -40}, {"v_peak", 25}, {"a", 0.2},   {"b", 0},  {"c", -45},
        {"d", 0},  {"v_b", -55}, {"b_cubic", 0.025}}},
      {"thalamo_cortical", "figure 8.31, TC",
       {{"C", 200}, {"k", 1.6},  {"v_r", -60}, {"v_t", -50}, {"v_peak", 35}, {"a", 0.01},  {"b", 0},  {"c", -60},
        {"d", 10}, {"v_b", -65}, {"b_low", 15}, {"peak_u", 0.1}, {"c_u", -0.1}}},
      {"reticular", "figure 8.32, RTN",
       {{"C", 40},  {"k", 0.25}, {"v_r", -65}, {"v_t", -45}, {"v_peak", 0},  {"a", 0.015}, {"b", 2},  {"c", -55},
        {"d", 50}, {"v_b", -65}, {"b_low", 10}}}};
  // clang-format on
};
HILLOCK_MODEL(Izhikevich2007)
