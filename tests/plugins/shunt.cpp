// A neuron with two inputs, a current and a conductance: the slope of its equation in v moves with an input.
#include <hillock/model.hpp>

using namespace hillock;

struct Shunt {
  static constexpr auto id = "shunt", version = "1.0.0", cite = "", meaning = "leaky, with a conductance";
  template <class T> struct State {
    T v;
  };
  template <class T> struct Params {
    T tau, E_e, t_ref;
  };
  template <class T> struct Input {
    T I, g;
  };
  static constexpr State<Field> state{.v = {"mV", -70, -200, 100, "membrane potential"}};
  static constexpr Params<Field> params{
      .tau = {"ms", 10, 0.1, 1000, "membrane time constant"},
      .E_e = {"mV", 0,  -100, 100, "reversal potential"    },
      .t_ref = {"ms", 0, 0,   100, "refractory time"       }
  };
  static constexpr Input<Field> inputs{
      .I = {"mV", 0, -1e4, 1e4, "current times resistance"     },
      .g = {"1",  0, 0,    1e3, "conductance over that of leak"}
  };
  static constexpr State<bool> held{.v = true};
  template <class T> static State<T> rhs(const State<T>& x, const Params<T>& p, const Input<T>& in) {
    return {.v = (in.I - (x.v + 70.0) - in.g * (x.v - p.E_e)) / p.tau};
  }
  template <class T> static T threshold(const State<T>& x, const Params<T>&) { return x.v + 50.0; }
  template <class T> static State<T> reset(const State<T>&, const Params<T>&) { return {.v = -65.0}; }
  template <class T> static T refractory(const Params<T>& p) { return p.t_ref; }
};
HILLOCK_MODEL(Shunt)
