// Below -50 mV its equations throw.
#include <hillock/model.hpp>
#include <stdexcept>
using hillock::Field;

double plain(double x) { return x; }
double plain(const hillock::Pack& x) { return x.part[0][0]; }
template <class T> double plain(const T&) { return 0; }  // over other numbers it is well

struct ThrowsBelow {
  static constexpr auto id = "throws_below", version = "1.0.0", cite = "none", meaning = "spoilt in one way";

  template <class T> struct State {
    T v;
  };
  template <class T> struct Params {
    T tau;
  };
  template <class T> struct Input {
    T I;
  };

  static constexpr State<Field> state{.v = {"mV", 0, -100, 100, "membrane potential"}};
  static constexpr Params<Field> params{.tau = {"ms", 10, 1, 100, "time constant"}};
  static constexpr Input<Field> inputs{.I = {"mV", 0, -100, 100, "injected current"}};

  template <class T> static State<T> rhs(const State<T>& x, const Params<T>& p, const Input<T>& in) {
    if (plain(x.v) < -50) throw std::domain_error("there is no rate below -50 mV");
    return {.v = (in.I - x.v) / p.tau};
  }
};
HILLOCK_MODEL(ThrowsBelow)
