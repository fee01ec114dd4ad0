// A model whose struct has the name of another plugin's, and other numbers.
#include <hillock/model.hpp>

using namespace hillock;

struct Mine {
  static constexpr auto id = "same_model_2", version = "1.0.0", cite = "", meaning = "decays with a time constant";
  template <class T> struct State {
    T v;
  };
  template <class T> struct Params {
    T tau, target;
  };
  template <class T> struct Input {
    T drive;
  };
  static constexpr State<Field> state{.v = {"1", 1, -10, 10, "what decays"}};
  static constexpr Params<Field> params{.tau = {"ms", 4, 0.1, 10, "time constant"},
                                        .target = {"1", 0, -1, 1, "target"}};
  static constexpr Input<Field> inputs{.drive = {"1", 0, -10, 10, "drive"}};
  template <class T> static State<T> rhs(const State<T>& x, const Params<T>& p, const Input<T>& in) {
    return {.v = (in.drive + p.target - x.v) / p.tau};
  }
};
HILLOCK_MODEL(Mine)
