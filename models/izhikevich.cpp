// The two-variable spiking model of Izhikevich (2003), eqs. (1)-(3), doi:10.1109/TNN.2003.820440, with the special
// equations that Izhikevich (2004), doi:10.1109/TNN.2004.832719, uses in his program `figure1.m` for classes G and L
// (beta, gamma) and R (v_u, leak). Time in ms, v in mV; u and the input I are in mV/ms, as in the papers.
#include <hillock/model.hpp>
using hillock::Field, hillock::Preset;

struct Izhikevich {
  static constexpr auto id = "izhikevich", version = "1.0.0", cite = "doi:10.1109/TNN.2003.820440",
                        meaning = "simple spiking neuron of Izhikevich 2003/2004";

  template <class T> struct State  { T v, u; };
  template <class T> struct Params { T a, b, c, d, v_peak, alpha, beta, gamma, v_u, leak; };
  template <class T> struct Input  { T I; };

  // clang-format off
  //                                unit         default    low   high  meaning
  static constexpr State<Field> state{
      .v      = {"mV",            -65,   -150,   100, "membrane potential"},
      .u      = {"mV/ms",         -13,   -500,   500, "recovery; starts at b*v"}};
  static constexpr Params<Field> params{
      .a      = {"1/ms",           0.02,   -1,    10, "rate of recovery"},
      .b      = {"1/ms",           0.2,    -5,     5, "sensitivity of u to v"},
      .c      = {"mV",           -65,    -150,    50, "v after a spike"},
      .d      = {"mV/ms",          8,    -200,   200, "step of u at a spike"},
      .v_peak = {"mV",            30,     -40,   100, "top of the spike, where v is reset"},
      .alpha  = {"1/mV/ms",        0.04,    0,     1, "coefficient of v^2"},
      .beta   = {"1/ms",           5,     -20,    20, "coefficient of v; 4.1 in classes G and L of 2004"},
      .gamma  = {"mV/ms",        140,   -1000,  1000, "constant term; 108 in classes G and L of 2004"},
      .v_u    = {"mV",             0,    -150,   100, "u follows b*(v - v_u); -65 in class R of 2004"},
      .leak   = {"1",              1,       0,     1, "decay of u; 0 in class R of 2004"}};
  static constexpr Input<Field> inputs{
      .I      = {"mV/ms",          0,   -1e4,   1e4, "injected current"}};
  // clang-format on

  template <class T> static State<T> rhs(const State<T>& x, const Params<T>& p, const Input<T>& in) {
    const auto& [v, u] = x;
    return {.v = v*(p.alpha*v + p.beta) + (p.gamma - u + in.I),
            .u = p.a*(p.b*(v - p.v_u) - p.leak*u)};
  }
  template <class T> static T threshold(const State<T>& x, const Params<T>& p) { return x.v - p.v_peak; }
  template <class T> static State<T> reset(const State<T>& x, const Params<T>& p) { return {.v = p.c, .u = x.u + p.d}; }
  template <class T> static State<T> peak(const State<T>& x, const Params<T>& p) { return {.v = p.v_peak, .u = x.u}; }
  template <class T> static State<T> initial(const State<T>& x, const Params<T>& p) { return {.v = x.v, .u = p.b*x.v}; }

  // clang-format off
  static constexpr Preset presets[] = {
      // figure 2 of 2003, values of the author's program
      {"regular_spiking",          "2003, figure 2 RS",  {{"a", 0.02}, {"b", 0.2},  {"c", -65}, {"d", 8}, {"v", -63}}},
      {"intrinsically_bursting",   "2003, figure 2 IB",  {{"a", 0.02}, {"b", 0.2},  {"c", -55}, {"d", 4}, {"v", -70}}},
      {"chattering",               "2003, figure 2 CH",  {{"a", 0.02}, {"b", 0.2},  {"c", -50}, {"d", 2}, {"v", -70}}},
      {"fast_spiking",             "2003, figure 2 FS",  {{"a", 0.1},  {"b", 0.2},  {"c", -65}, {"d", 2}, {"v", -70}}},
      {"thalamo_cortical", "2003, figure 2 TC",
       {{"a", 0.02}, {"b", 0.25}, {"c", -65}, {"d", 0.05}, {"v", -63}}},
      {"thalamo_cortical_burst", "2003, figure 2 TC, released from hyperpolarisation",
       {{"a", 0.02}, {"b", 0.25}, {"c", -65}, {"d", 0.05}, {"v", -87}}},
      {"resonator_2003",           "2003, figure 2 RZ",  {{"a", 0.1},  {"b", 0.26}, {"c", -65}, {"d", 2}, {"v", -70}}},
      {"low_threshold_spiking",    "2003, figure 2 LTS", {{"a", 0.02}, {"b", 0.25}, {"c", -65}, {"d", 2}, {"v", -63}}},
      // figure 1 of 2004
      {"tonic_spiking",                "2004, A", {{"a", 0.02},   {"b", 0.2},  {"c", -65}, {"d", 6},    {"v", -70}}},
      {"phasic_spiking",               "2004, B", {{"a", 0.02},   {"b", 0.25}, {"c", -65}, {"d", 6},    {"v", -64}}},
      {"tonic_bursting",               "2004, C", {{"a", 0.02},   {"b", 0.2},  {"c", -50}, {"d", 2},    {"v", -70}}},
      {"phasic_bursting",              "2004, D", {{"a", 0.02},   {"b", 0.25}, {"c", -55}, {"d", 0.05}, {"v", -64}}},
      {"mixed_mode",                   "2004, E", {{"a", 0.02},   {"b", 0.2},  {"c", -55}, {"d", 4},    {"v", -70}}},
      {"spike_frequency_adaptation",   "2004, F", {{"a", 0.01},   {"b", 0.2},  {"c", -65}, {"d", 8},    {"v", -70}}},
      {"class_1_excitable", "2004, G",
       {{"a", 0.02},   {"b", -0.1}, {"c", -55}, {"d", 6},    {"v", -60}, {"beta", 4.1}, {"gamma", 108}}},
      {"class_2_excitable",            "2004, H", {{"a", 0.2},    {"b", 0.26}, {"c", -65}, {"d", 0},    {"v", -64}}},
      {"spike_latency",                "2004, I", {{"a", 0.02},   {"b", 0.2},  {"c", -65}, {"d", 6},    {"v", -70}}},
      {"subthreshold_oscillation",     "2004, J", {{"a", 0.05},   {"b", 0.26}, {"c", -60}, {"d", 0},    {"v", -62}}},
      {"resonator",                    "2004, K", {{"a", 0.1},    {"b", 0.26}, {"c", -60}, {"d", -1},   {"v", -62}}},
      {"integrator", "2004, L",
       {{"a", 0.02},   {"b", -0.1}, {"c", -55}, {"d", 6},    {"v", -60}, {"beta", 4.1}, {"gamma", 108}}},
      {"rebound_spike",                "2004, M", {{"a", 0.03},   {"b", 0.25}, {"c", -60}, {"d", 4},    {"v", -64}}},
      {"rebound_burst",                "2004, N", {{"a", 0.03},   {"b", 0.25}, {"c", -52}, {"d", 0},    {"v", -64}}},
      {"threshold_variability",        "2004, O", {{"a", 0.03},   {"b", 0.25}, {"c", -60}, {"d", 4},    {"v", -64}}},
      {"bistability",                  "2004, P", {{"a", 0.1},    {"b", 0.26}, {"c", -60}, {"d", 0},    {"v", -61}}},
      {"depolarizing_after_potential", "2004, Q", {{"a", 1},      {"b", 0.2},  {"c", -60}, {"d", -21},  {"v", -70}}},
      {"accommodation", "2004, R",
       {{"a", 0.02},   {"b", 1},    {"c", -55}, {"d", 4},    {"v", -65}, {"u", -16}, {"v_u", -65}, {"leak", 0}}},
      {"inhibition_induced_spiking",   "2004, S", {{"a", -0.02},  {"b", -1},   {"c", -60}, {"d", 8},    {"v", -63.8}}},
      {"inhibition_induced_bursting",  "2004, T", {{"a", -0.026}, {"b", -1},   {"c", -45}, {"d", -2},   {"v", -63.8}}}};
  // clang-format on
};
HILLOCK_MODEL(Izhikevich)
