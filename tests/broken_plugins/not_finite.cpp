// A model whose slope is no number as soon as its current is above 1.
#include <hillock/model.hpp>
#include <limits>
using hillock::Field;

struct NotFinite {
  static constexpr auto id = "not_finite", version = "1.0.0", cite = "", meaning = "leaves the numbers";

  template <class T> struct State  { T v, w; };
  template <class T> struct Params { T tau; };
  template <class T> struct Input  { T I; };

  static constexpr State<Field> state{.v = {"mV", 1, -100, 100, "membrane potential"},
                                      .w = {"mV", 1, -100, 100, "the same, always well"}};
  static constexpr Params<Field> params{.tau = {"ms", 10, 0.1, 1000, "time constant"}};
  static constexpr Input<Field> inputs{.I = {"mV", 0, -100, 100, "injected current"}};

  template <class T> static State<T> rhs(const State<T>& x, const Params<T>& p, const Input<T>& in) {
    const T slope = (in.I - x.v)/p.tau;
    return {.v = hillock::select(in.I > 1., T(std::numeric_limits<double>::quiet_NaN()), slope), .w = -x.w/p.tau};
  }
};
HILLOCK_MODEL(NotFinite)
