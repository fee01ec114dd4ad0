// error: the model's function rhs does not return State<T>
#include <hillock/model.hpp>
using hillock::Field;

struct Leaky {
  static constexpr auto id = "leaky", version = "1.0.0", cite = "";
  template <class T> struct State  { T v; };
  template <class T> struct Params { T tau; };
  template <class T> struct Input  { T I; };
  static constexpr State<Field> state{.v = {"mV", -70, -100, 60, "membrane potential"}};
  static constexpr Params<Field> params{.tau = {"ms", 10, 1, 100, "time constant"}};
  static constexpr Input<Field> inputs{.I = {"mV", 0, -100, 100, "injected current"}};
  template <class T>
  static Params<T> rhs(const State<T>& x, const Params<T>& p, const Input<T>& in) {
    return {.tau = (in.I - x.v)/p.tau};
  }
};
HILLOCK_MODEL(Leaky)
