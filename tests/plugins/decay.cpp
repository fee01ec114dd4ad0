// v' = -rate v + I, whose solution is known exactly: what integrators are judged by.
#include <hillock/model.hpp>
using hillock::Field;

struct Decay {
  static constexpr auto id = "decay", version = "1.0.0", cite = "", meaning = "exponential decay";

  template <class T> struct State  { T v; };
  template <class T> struct Params { T rate; };
  template <class T> struct Input  { T I; };

  static constexpr State<Field> state{.v = {"1", 1, -1e6, 1e6, "what decays"}};
  static constexpr Params<Field> params{.rate = {"1/ms", 1, -10, 10, "how fast"}};
  static constexpr Input<Field> inputs{.I = {"1/ms", 0, -1e6, 1e6, "drive"}};

  template <class T>
  static State<T> rhs(const State<T>& x, const Params<T>& p, const Input<T>& in) { return {.v = in.I - p.rate*x.v}; }
};
HILLOCK_MODEL(Decay)
