// The generalised integrate-and-fire neuron of Mensi et al. (2012), doi:10.1152/jn.00408.2011, and Pozzorini et al. (2015),
// doi:10.1371/journal.pcbi.1004275, with one exponential each for the spike-triggered current and the movement of the threshold:
//   C v' = -g_L (v - E_L) - eta + I,  rate = lambda_0 exp((v - V_T - gamma)/Delta_V).
// A spike falls where the integral H of the rate meets a number drawn from Exp(1).
#include <hillock/model.hpp>
using hillock::Field;

struct GifDraft {
  static constexpr auto id = "gif_draft", version = "1.0.0", cite = "doi:10.1152/jn.00408.2011", meaning = "generalised integrate-and-fire with escape noise";

  template <class T> struct State   { T v, eta, gamma, H; };
  template <class T> struct Params  { T C, g_L, E_L, V_reset, t_ref, V_T, Delta_V, lambda_0, jump_eta, tau_eta, jump_gamma, tau_gamma; };
  template <class T> struct Derived { T elastance, slope, rate_eta, rate_gamma; };
  template <class T> struct Input   { T I, E; };

  //                                 unit   default   low   high  meaning
  static constexpr State<Field> state{
      .v          = {"mV",     -70,  -150,    60, "membrane potential"},
      .eta        = {"pA",       0,  -1e5,   1e5, "spike-triggered current"},
      .gamma      = {"mV",       0,  -100,   500, "movement of the threshold"},
      .H          = {"1",        0,     0,   1e6, "integral of the firing rate since the last spike"}};
  static constexpr Params<Field> params{
      .C          = {"pF",     100,     1,   1e4, "capacitance"},
      .g_L        = {"nS",       5,  0.01,  1000, "leak conductance"},
      .E_L        = {"mV",     -70,  -120,   -30, "resting potential"},
      .V_reset    = {"mV",     -55,  -120,    20, "v after a spike"},
      .t_ref      = {"ms",       4,     0,    50, "refractory time"},
      .V_T        = {"mV",     -48,  -100,    50, "threshold at rest"},
      .Delta_V    = {"mV",       1,   0.5,    20, "sharpness of the threshold"},
      .lambda_0   = {"1/ms",     1,  1e-6,   100, "rate at the threshold"},
      .jump_eta   = {"pA",      10, -1000,  1000, "step of eta at a spike"},
      .tau_eta    = {"ms",     100,   0.1,   1e4, "decay of eta"},
      .jump_gamma = {"mV",       5,  -100,   100, "step of gamma at a spike"},
      .tau_gamma  = {"ms",     100,   0.1,   1e4, "decay of gamma"}};
  static constexpr Input<Field> inputs{
      .I          = {"pA",       0,  -1e5,   1e5, "injected current"},
      .E          = hillock::draw("what the integral of the rate has to meet")};
  static constexpr State<bool> held{.v = true, .eta = false, .gamma = false, .H = true};

  template <class T> static Derived<T> derive(const Params<T>& p) {
    return {.elastance = 1/p.C, .slope = 1/p.Delta_V, .rate_eta = 1/p.tau_eta, .rate_gamma = 1/p.tau_gamma};
  }
  template <class T> static State<T> rhs(const State<T>& x, const Params<T>& p, const Derived<T>& d, const Input<T>& in) {
    return {.v = d.elastance*(in.I - p.g_L*(x.v - p.E_L) - x.eta),
            .eta = -d.rate_eta*x.eta,
            .gamma = -d.rate_gamma*x.gamma,
            .H = p.lambda_0*exp(d.slope*(x.v - p.V_T - x.gamma))};
  }
  template <class T> static T threshold(const State<T>& x, const Params<T>&, const Input<T>& in) { return x.H - in.E; }
  template <class T> static State<T> reset(const State<T>& x, const Params<T>& p) {
    return {.v = p.V_reset, .eta = x.eta + p.jump_eta, .gamma = x.gamma + p.jump_gamma, .H = T(0)};
  }
  template <class T> static T refractory(const Params<T>& p) { return p.t_ref; }
  template <class T> static State<T> initial(const State<T>& x, const Params<T>& p) { return {.v = p.E_L, .eta = x.eta, .gamma = x.gamma, .H = x.H}; }
};
HILLOCK_MODEL(GifDraft)
