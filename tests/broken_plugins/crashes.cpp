// A model that reads where nothing is as soon as its current is above 1, calls abort() above 2, and overflows its stack
// above 3.
#include <cstdint>
#include <cstdlib>
#include <hillock/model.hpp>
using hillock::Field;

inline double read_nothing() {
  volatile std::uintptr_t nowhere = 4096;
  return *reinterpret_cast<const volatile double*>(nowhere);
}
inline int overflow(int depth) {
  volatile char part[500];  // smaller than the page that guards a stack
  part[0] = static_cast<char>(depth);
  return depth < 0 ? 0 : overflow(depth + 1) + part[0];
}

double plain(double x) { return x; }
double plain(const hillock::Pack& x) { return x.part[0][0]; }
template <class T> double plain(const hillock::DualOf<T>& x) { return plain(x.value); }
double plain(const hillock::Series&) { return 0; }  // over series it is well
double plain(const hillock::Trace&) { return 0; }
double plain(const hillock::Sided&) { return 0; }

struct Crashes {
  static constexpr auto id = "crashes", version = "1.0.0", cite = "", meaning = "crashes";

  template <class T> struct State  { T v; };
  template <class T> struct Params { T tau; };
  template <class T> struct Input  { T I; };

  static constexpr State<Field> state{.v = {"mV", 0, -100, 100, "membrane potential"}};
  static constexpr Params<Field> params{.tau = {"ms", 10, 0.1, 1000, "time constant"}};
  static constexpr Input<Field> inputs{.I = {"mV", 0, -100, 100, "injected current"}};

  template <class T> static State<T> rhs(const State<T>& x, const Params<T>& p, const Input<T>& in) {
    if (plain(in.I) > 3) return {.v = T(overflow(1))};
    if (plain(in.I) > 2) std::abort();
    if (plain(in.I) > 1) return {.v = T(read_nothing())};
    return {.v = (in.I - x.v)/p.tau};
  }
};
HILLOCK_MODEL(Crashes)
