#pragma once
// The numbers a model's equations are written over: double, and Dual (a value with its slope along one direction).
#include <math.h>
#include <cmath>

// The vector forms of glibc's libmvec, without -ffast-math: GCC calls them where it vectorises a loop over lanes.
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__gnu_linux__)
extern "C" {
__attribute__((__simd__("notinbranch"))) double exp(double) noexcept;
__attribute__((__simd__("notinbranch"))) double log(double) noexcept;
__attribute__((__simd__("notinbranch"))) double pow(double, double) noexcept;
__attribute__((__simd__("notinbranch"))) double sin(double) noexcept;
__attribute__((__simd__("notinbranch"))) double cos(double) noexcept;
__attribute__((__simd__("notinbranch"))) double tanh(double) noexcept;
__attribute__((__simd__("notinbranch"))) double cosh(double) noexcept;
}
#endif

namespace hillock {

/// `yes` if c, else `no`; both are evaluated. Write branches of a model with this, never as c*yes + (1-c)*no: an unused NaN would spread.
inline double select(bool c, double yes, double no) { return c ? yes : no; }

/// What a comparison gives where the number is no double: an answer per lane, or one that is remembered. Not a bool, so that `if` and `?:` on it do
/// not compile: a branch of a model is a `select`. In a model, name one by `auto`.
struct Mask {
  bool value;
  friend constexpr Mask operator&&(Mask a, Mask b) { return {a.value && b.value}; }
  friend constexpr Mask operator||(Mask a, Mask b) { return {a.value || b.value}; }
  friend constexpr Mask operator!(Mask a) { return {!a.value}; }
};
/// A value and its directional derivative, carried through every operation (forward-mode differentiation). Comparisons look at the value.
struct Dual {
  double value = 0, slope = 0;
  constexpr Dual() = default;
  constexpr Dual(double v, double s = 0) : value(v), slope(s) {}  // implicit: constants have slope 0

  friend constexpr Dual operator+(Dual x) { return x; }
  friend constexpr Dual operator-(Dual x) { return {-x.value, -x.slope}; }
  friend constexpr Dual operator+(Dual x, Dual y) { return {x.value + y.value, x.slope + y.slope}; }
  friend constexpr Dual operator-(Dual x, Dual y) { return {x.value - y.value, x.slope - y.slope}; }
  friend constexpr Dual operator*(Dual x, Dual y) { return {x.value * y.value, x.slope * y.value + x.value * y.slope}; }
  friend constexpr Dual operator/(Dual x, Dual y) {
    const double q = x.value / y.value;
    return {q, (x.slope - q * y.slope) / y.value};
  }
  Dual& operator+=(Dual y) { return *this = *this + y; }
  Dual& operator-=(Dual y) { return *this = *this - y; }
  Dual& operator*=(Dual y) { return *this = *this * y; }
  Dual& operator/=(Dual y) { return *this = *this / y; }
  friend constexpr Mask operator<(Dual x, Dual y) { return {x.value < y.value}; }
  friend constexpr Mask operator>(Dual x, Dual y) { return {x.value > y.value}; }
  friend constexpr Mask operator<=(Dual x, Dual y) { return {x.value <= y.value}; }
  friend constexpr Mask operator>=(Dual x, Dual y) { return {x.value >= y.value}; }

  friend Dual exp(Dual x) {
    const double e = ::exp(x.value);
    return {e, e * x.slope};
  }
  friend Dual expm1(Dual x) { return {::expm1(x.value), ::exp(x.value) * x.slope}; }
  friend Dual log(Dual x) { return {::log(x.value), x.slope / x.value}; }
  friend Dual log1p(Dual x) { return {::log1p(x.value), x.slope / (1 + x.value)}; }
  friend Dual sqrt(Dual x) {
    const double r = ::sqrt(x.value);
    return {r, x.slope / (2 * r)};
  }
  friend Dual sin(Dual x) { return {::sin(x.value), ::cos(x.value) * x.slope}; }
  friend Dual cos(Dual x) { return {::cos(x.value), -::sin(x.value) * x.slope}; }
  friend Dual tanh(Dual x) {
    const double y = ::tanh(x.value);
    return {y, (1 - y * y) * x.slope};
  }
  friend Dual cosh(Dual x) { return {::cosh(x.value), ::sinh(x.value) * x.slope}; }
  friend Dual sinh(Dual x) { return {::sinh(x.value), ::cosh(x.value) * x.slope}; }
  friend Dual abs(Dual x) { return x.value < 0 ? -x : x; }
  /// Slopes in the exponent only where it has one: log of a base <= 0 must not spoil x^2.
  friend Dual pow(Dual x, Dual y) {
    const double r = ::pow(x.value, y.value);
    return {r, y.value * ::pow(x.value, y.value - 1) * x.slope + (y.slope == 0 ? 0 : r * ::log(x.value) * y.slope)};
  }
};

constexpr Dual select(Mask c, Dual yes, Dual no) {
  return {c.value ? yes.value : no.value, c.value ? yes.slope : no.slope};
}

template <class T> T min(const T& x, const T& y) { return select(y < x, y, x); }
template <class T> T max(const T& x, const T& y) { return select(x < y, y, x); }

/// x / (exp(x) - 1), the rate function of Hodgkin and Huxley, finite at 0: for |x| < 0.3, where exp(x) - 1 loses digits, its series with Bernoulli's
/// numbers, off by less than 1e-16.
template <class T> T exprelr(const T& x) {
  const T y = x * x;
  const auto small = y < 0.09;
  const T safe = select(small, T(1.0), x);  // both branches are evaluated: keep the unused one finite
  const T series =
      1 - 0.5 * x +
      y * (1 / 12. +
           y * (-1 / 720. + y * (1 / 30240. + y * (-1 / 1209600. + y * (1 / 47900160. - y * (691 / 1307674368000.))))));
  return select(small, series, T(safe / (exp(safe) - 1)));
}

}  // namespace hillock
