// The generalised integrate-and-fire neuron of Mensi et al. (2012), doi:10.1152/jn.00408.2011, and Pozzorini et al.
// (2015), doi:10.1371/journal.pcbi.1004275, with up to three exponentials each for the spike-triggered current eta and
// the movement gamma of the threshold:
//   C v' = -g_L (v - E_L) - eta_1 - eta_2 - eta_3 + I,
//   rate = lambda_0 exp((v - V_T - gamma_1 - gamma_2 - gamma_3)/Delta_V).
// A spike falls where the integral H of the rate meets a number drawn from Exp(1): the escape noise of the papers
// without a grid of time. v is then held at V_reset for t_ref. eta and gamma step at the spike and decay meanwhile; the
// authors' toolbox lets them begin after t_ref: an amplitude A there is A exp(t_ref/tau) here.
#include <hillock/model.hpp>
using hillock::Field, hillock::Preset;

struct Gif {
  static constexpr auto id = "gif", version = "1.0.0", cite = "doi:10.1371/journal.pcbi.1004275",
                        meaning = "generalised integrate-and-fire neuron with escape noise";

  template <class T> struct State    { T v, eta_1, eta_2, eta_3, gamma_1, gamma_2, gamma_3, H; };
  template <class T> struct Params   { T C, g_L, E_L, V_reset, t_ref, V_T, Delta_V, lambda_0,
                                       a_eta_1, tau_eta_1, a_eta_2, tau_eta_2, a_eta_3, tau_eta_3,
                                       a_gamma_1, tau_gamma_1, a_gamma_2, tau_gamma_2, a_gamma_3, tau_gamma_3; };
  template <class T> struct Derived  { T elastance, sharpness, rate_eta_1, rate_eta_2, rate_eta_3,
                                 rate_gamma_1, rate_gamma_2, rate_gamma_3; };
  template <class T> struct Input    { T I, E; };
  template <class T> struct Observed { T eta, theta, rate; };

  // clang-format off
  //                                  unit   default   low   high  meaning
  static constexpr State<Field> state{
      .v           = {"mV",     -65,  -150,    60, "membrane potential; starts at E_L"},
      .eta_1       = {"pA",       0,  -1e5,   1e5, "spike-triggered current, first exponential"},
      .eta_2       = {"pA",       0,  -1e5,   1e5, "second exponential"},
      .eta_3       = {"pA",       0,  -1e5,   1e5, "third exponential"},
      .gamma_1     = {"mV",       0,   -50,   500, "movement of the threshold, first exponential"},
      .gamma_2     = {"mV",       0,   -50,   500, "second exponential"},
      .gamma_3     = {"mV",       0,   -50,   500, "third exponential"},
      .H           = {"1",        0,     0,   1e6, "integral of the firing rate since the last spike"}};
  static constexpr Params<Field> params{
      .C           = {"pF",     200,     1,   1e4, "capacitance"},
      .g_L         = {"nS",      10,  0.01,  1000, "leak conductance"},
      .E_L         = {"mV",     -65,  -120,   -30, "resting potential"},
      .V_reset     = {"mV",     -50,  -120,    20, "v after a spike"},
      .t_ref       = {"ms",       4,     0,    50, "refractory time, v held at V_reset"},
      .V_T         = {"mV",     -48,  -100,    50, "threshold at rest, V_T* in the papers"},
      .Delta_V     = {"mV",     0.5,   0.5,    20, "sharpness of the threshold"},
      .lambda_0    = {"1/ms", 0.001,     0,   100, "rate at the threshold"},
      .a_eta_1     = {"pA",     200,  -1e4,   1e4, "step of eta_1 at a spike"},
      .tau_eta_1   = {"ms",     100,   0.1,   1e4, "decay of eta_1"},
      .a_eta_2     = {"pA",       0,  -1e4,   1e4, "step of eta_2 at a spike"},
      .tau_eta_2   = {"ms",     100,   0.1,   1e4, "decay of eta_2"},
      .a_eta_3     = {"pA",       0,  -1e4,   1e4, "step of eta_3 at a spike"},
      .tau_eta_3   = {"ms",     100,   0.1,   1e4, "decay of eta_3"},
      .a_gamma_1   = {"mV",      10,  -100,   100, "step of gamma_1 at a spike"},
      .tau_gamma_1 = {"ms",     100,   0.1,   1e4, "decay of gamma_1"},
      .a_gamma_2   = {"mV",       0,  -100,   100, "step of gamma_2 at a spike"},
      .tau_gamma_2 = {"ms",     100,   0.1,   1e4, "decay of gamma_2"},
      .a_gamma_3   = {"mV",       0,  -100,   100, "step of gamma_3 at a spike"},
      .tau_gamma_3 = {"ms",     100,   0.1,   1e4, "decay of gamma_3"}};
  static constexpr Input<Field> inputs{
      .I           = {"pA",       0,  -1e5,   1e5, "injected current"},
      .E           = hillock::draw("what the integral of the rate has to meet")};
  static constexpr Observed<Field> observed{
      .eta         = {"pA",       0,     0,     0, "spike-triggered current"},
      .theta       = {"mV",       0,     0,     0, "threshold"},
      .rate        = {"1/ms",     0,     0,     0, "firing rate, also while it is without effect after a spike"}};
  static constexpr State<bool> held{.v = true, .eta_1 = false, .eta_2 = false, .eta_3 = false,
                                   .gamma_1 = false, .gamma_2 = false, .gamma_3 = false, .H = true};
  // clang-format on

  template <class T> static Derived<T> derive(const Params<T>& p) {
    return {.elastance = 1/p.C, .sharpness = 1/p.Delta_V,
            .rate_eta_1 = 1/p.tau_eta_1, .rate_eta_2 = 1/p.tau_eta_2, .rate_eta_3 = 1/p.tau_eta_3,
            .rate_gamma_1 = 1/p.tau_gamma_1, .rate_gamma_2 = 1/p.tau_gamma_2, .rate_gamma_3 = 1/p.tau_gamma_3};
  }
  template <class T> static Observed<T> observe(const State<T>& x, const Params<T>& p, const Derived<T>& d) {
    const T theta = p.V_T + x.gamma_1 + x.gamma_2 + x.gamma_3;
    return {.eta = x.eta_1 + x.eta_2 + x.eta_3, .theta = theta, .rate = p.lambda_0*exp(d.sharpness*(x.v - theta))};
  }
  template <class T>
  static State<T> rhs(const State<T>& x, const Params<T>& p, const Derived<T>& d, const Input<T>& in) {
    const auto now = observe(x, p, d);
    return {.v = d.elastance*(in.I - p.g_L*(x.v - p.E_L) - now.eta),
            .eta_1 = -d.rate_eta_1*x.eta_1, .eta_2 = -d.rate_eta_2*x.eta_2, .eta_3 = -d.rate_eta_3*x.eta_3,
            .gamma_1 = -d.rate_gamma_1*x.gamma_1, .gamma_2 = -d.rate_gamma_2*x.gamma_2,
            .gamma_3 = -d.rate_gamma_3*x.gamma_3,
            .H = now.rate};
  }
  template <class T> static T threshold(const State<T>& x, const Params<T>&, const Input<T>& in) { return x.H - in.E; }
  template <class T> static State<T> reset(const State<T>& x, const Params<T>& p) {
    return {.v = p.V_reset,
            .eta_1 = x.eta_1 + p.a_eta_1, .eta_2 = x.eta_2 + p.a_eta_2, .eta_3 = x.eta_3 + p.a_eta_3,
            .gamma_1 = x.gamma_1 + p.a_gamma_1, .gamma_2 = x.gamma_2 + p.a_gamma_2, .gamma_3 = x.gamma_3 + p.a_gamma_3,
            .H = T(0)};
  }
  template <class T> static T refractory(const Params<T>& p) { return p.t_ref; }
  template <class T> static State<T> initial(const State<T>& x, const Params<T>& p) {
    State<T> x0 = x;
    x0.v = p.E_L;
    return x0;
  }

  // clang-format off
  static constexpr Preset presets[] = {
      {"mensi_2012",    "a cortical cell of Mensi et al. 2012, as in NEST's example gif_population",
       {{"C", 83.1}, {"g_L", 3.7}, {"E_L", -67}, {"V_reset", -36.7}, {"t_ref", 4}, {"V_T", -39.6}, {"Delta_V", 1.4},
        {"lambda_0", 0.001},
        {"a_eta_1", 56.7}, {"tau_eta_1", 57.8}, {"a_eta_2", -6.9}, {"tau_eta_2", 218.2}, {"a_gamma_1", 11.7},
        {"tau_gamma_1", 53.8}, {"a_gamma_2", 1.8}, {"tau_gamma_2", 640}}},
      // github.com/pozzorin/GIFFittingToolbox: class GIF (eta 200 pA, gamma 10 mV) and src/HBP/NEURON (eta 200, 50, 25
      // pA, gamma 15, 3, 1 mV), each times exp(t_ref/tau)
      {"gif_toolbox",   "defaults of the toolbox of Pozzorini et al. 2015",
       {{"C", 200}, {"g_L", 10}, {"E_L", -65}, {"V_reset", -50}, {"t_ref", 4}, {"V_T", -48}, {"Delta_V", 0.5},
        {"lambda_0", 0.001},
        {"a_eta_1", 208.16215484}, {"tau_eta_1", 100}, {"a_gamma_1", 10.408107742}, {"tau_gamma_1", 100}}},
      {"gif_toolbox_3", "three exponentials each, example of the toolbox of Pozzorini et al. 2015",
       {{"C", 200}, {"g_L", 10}, {"E_L", -65}, {"V_reset", -50}, {"t_ref", 4}, {"V_T", -48}, {"Delta_V", 0.5},
        {"lambda_0", 0.001},
        {"a_eta_1", 298.36493953}, {"tau_eta_1", 10}, {"a_eta_2", 54.164353384}, {"tau_eta_2", 50},
        {"a_eta_3", 25.403217135}, {"tau_eta_3", 250},
        {"a_gamma_1", 33.383113927}, {"tau_gamma_1", 5}, {"a_gamma_2", 3.0606040201}, {"tau_gamma_2", 200},
        {"a_gamma_3", 1.0161286854}, {"tau_gamma_3", 250}}},
      {"gif_psc_exp",   "defaults of NEST's model of that name, without adaptation",
       {{"C", 80}, {"g_L", 4}, {"E_L", -70}, {"V_reset", -55}, {"t_ref", 4}, {"V_T", -35}, {"Delta_V", 0.5},
        {"lambda_0", 0.001}, {"a_eta_1", 0}, {"a_gamma_1", 0}}}};
  // clang-format on
};
HILLOCK_MODEL(Gif)
