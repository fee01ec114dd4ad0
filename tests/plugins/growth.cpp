// dx/dt = I x: under white noise the model whose solution says which integral a scheme means. Ito: x0 exp(sigma W -
// sigma^2 t/2); Stratonovich: x0 exp(sigma W).
#include <hillock/model.hpp>
using hillock::Field;

struct Growth {
  static constexpr auto id = "growth", version = "1.0.0", cite = "", meaning = "growth at the rate of its input";

  template <class T> struct State  { T v; };
  template <class T> struct Params { T scale; };
  template <class T> struct Input  { T I; };

  static constexpr State<Field> state{.v = {"1", 1, -1e6, 1e6, "what grows"}};
  static constexpr Params<Field> params{.scale = {"1", 1, -10, 10, "times the input is the rate"}};
  static constexpr Input<Field> inputs{.I = {"1/ms", 0, -1e6, 1e6, "rate of growth"}};

  template <class T>
  static State<T> rhs(const State<T>& x, const Params<T>& p, const Input<T>& in) { return {.v = p.scale*in.I*x.v}; }
};
HILLOCK_MODEL(Growth)
