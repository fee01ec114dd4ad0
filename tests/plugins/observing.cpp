// v' = rate I, and a spike where v reaches a number drawn anew after each: what it lets observe shows parameters,
// derived constants, inputs and draws.
#include <hillock/model.hpp>
using hillock::Field;

struct Observing {
  static constexpr auto id = "observing", version = "1.0.0", cite = "", meaning = "a ramp whose numbers are observed";

  template <class T> struct State    { T v, u; };
  template <class T> struct Params   { T tau, scale; };
  template <class T> struct Derived  { T rate; };
  template <class T> struct Input    { T I, E; };
  template <class T> struct Observed { T slope, left, drive; };

  static constexpr State<Field> state{.v = {"1", 0, -1e6, 1e6, "ramp"}, .u = {"1", 0, -1e6, 1e6, "slower ramp"}};
  static constexpr Params<Field> params{.tau = {"ms", 1, 0.1, 100, "time constant"},
                                        .scale = {"1", 1, -10, 10, "of what is observed"}};
  static constexpr Input<Field> inputs{.I = {"1", 0, -1e3, 1e3, "drive"}, .E = hillock::draw("where the ramp ends")};
  static constexpr Observed<Field> observed{.slope = {"1/ms", 0, 0, 0, "slope of the ramp"},
                                            .left  = {"1",    0, 0, 0, "what is left to the end"},
                                            .drive = {"1",    0, 0, 0, "drive; scaled"}};

  template <class T> static Derived<T> derive(const Params<T>& p) { return {.rate = 1/p.tau}; }
  template <class T> static State<T> rhs(const State<T>&, const Params<T>&, const Derived<T>& d, const Input<T>& in) {
    return {.v = d.rate*in.I, .u = 0.1*d.rate*in.I};
  }
  template <class T>
  static Observed<T> observe(const State<T>& x, const Params<T>& p, const Derived<T>& d, const Input<T>& in) {
    return {.slope = d.rate*in.I, .left = in.E - x.v, .drive = p.scale*in.I};
  }
  template <class T> static T threshold(const State<T>& x, const Params<T>&, const Input<T>& in) { return x.v - in.E; }
  template <class T> static State<T> reset(const State<T>& x, const Params<T>&) { return {.v = T(0), .u = x.u}; }
};
HILLOCK_MODEL(Observing)
