// A model whose struct has the name of another plugin's, and other numbers.
#include <hillock/model.hpp>

using namespace hillock;

struct Mine {
  static constexpr auto id = "same_model_1", version = "1.0.0", cite = "", meaning = "decays at a rate";
  template <class T> struct State {
    T v;
  };
  template <class T> struct Params {
    T rate, offset;
  };
  template <class T> struct Input {
    T I;
  };
  static constexpr State<Field> state{.v = {"1", 1, -10, 10, "what decays"}};
  static constexpr Params<Field> params{.rate = {"1/ms", 0.5, 0, 10, "rate"}, .offset = {"1", 0, -1, 1, "target"}};
  static constexpr Input<Field> inputs{.I = {"1/ms", 0, -10, 10, "drive"}};
  template <class T> static State<T> rhs(const State<T>& x, const Params<T>& p, const Input<T>& in) {
    return {.v = in.I - p.rate * (x.v - p.offset)};
  }
};
HILLOCK_MODEL(Mine)
