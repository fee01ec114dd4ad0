// v' = low + I up to v_b and high (v - 2 v_b) + I above, with a jump of v' between: what integrators make of a branch
// is judged by the exact solution.
#include <hillock/model.hpp>
using hillock::Field, hillock::select;

struct Branch {
  static constexpr auto id = "branch", version = "1.0.0", cite = "", meaning = "a line, and behind v_b an exponential";

  template <class T> struct State  { T v; };
  template <class T> struct Params { T low, high, v_b; };
  template <class T> struct Input  { T I; };

  static constexpr State<Field> state{.v = {"1", 0, -1e6, 1e6, "what turns"}};
  static constexpr Params<Field> params{
      .low = {"1/ms", 0.5, -1e3, 1e3, "slope of v at v_b and below"},
      .high = {"1/ms", -1, -1e3, 1e3, "rate above v_b"},
      .v_b = {"1", 1, -1e3, 1e3, "where v' branches"}};
  static constexpr Input<Field> inputs{.I = {"1/ms", 0, -1e6, 1e6, "drive"}};

  template <class T> static State<T> rhs(const State<T>& x, const Params<T>& p, const Input<T>& in) {
    return {.v = select(x.v > p.v_b, T(p.high*(x.v - 2*p.v_b) + in.I), T(p.low + in.I))};
  }
};
HILLOCK_MODEL(Branch)
