#pragma once
// The numbers a model's equations are written over: double, and Dual (a value with its slope along one direction).
#include <math.h>
#include <cmath>
#include <concepts>
#include <type_traits>
#include <utility>

// Clang tells of the processor's instruction only.
#if defined(__FP_FAST_FMA) || defined(__FMA__) || defined(__ARM_FEATURE_FMA)
#define HILLOCK_FMA
#endif

namespace hillock {

/// a b + c, in one rounding where the processor has that: the same bits wherever it is compiled for one processor,
/// which contraction would not give.
inline double multiply_add(double a, double b, double c) {
#ifdef HILLOCK_FMA
  return __builtin_fma(a, b, c);
#else
  return a * b + c;
#endif
}

/// `yes` if c, else `no`; both are evaluated. Write branches of a model with this, never as c*yes + (1-c)*no: an unused
/// NaN would spread.
inline double select(bool c, double yes, double no) { return c ? yes : no; }

// What `if`, `?:` and the like ask a comparison for.
#define HILLOCK_NO_BRANCH                                                                                       \
  template <std::same_as<bool> B> constexpr explicit operator B() const {                                       \
    static_assert(                                                                                              \
        sizeof(B) == 0,                                                                                         \
        "a branch on numbers of type T is written hillock::select(condition, yes, no), not with `if` or `?:`"); \
    return false;                                                                                               \
  }

/// What a comparison gives where the number is no double: an answer per lane, or one that is remembered. Not a bool, so
/// that `if` and `?:` on it do not compile: a branch of a model is a `select`. In a model, name one by `auto`.
struct Mask {
  bool value;
  HILLOCK_NO_BRANCH
  friend constexpr Mask operator&&(Mask a, Mask b) { return {a.value && b.value}; }
  friend constexpr Mask operator||(Mask a, Mask b) { return {a.value || b.value}; }
  friend constexpr Mask operator!(Mask a) { return {!a.value}; }
};
constexpr Mask mask_of(bool c) { return {c}; }
constexpr double select(Mask c, double yes, double no) { return c.value ? yes : no; }

/// A value and its directional derivative, carried through every operation (forward-mode differentiation). Comparisons
/// look at the value.
template <class T> struct DualOf {
  using Answer = decltype(mask_of(std::declval<T>() < std::declval<T>()));
  T value = 0, slope = 0;
  constexpr DualOf() = default;
  [[gnu::always_inline]] constexpr DualOf(const T& v, const T& s) : value(v), slope(s) {}
  [[gnu::always_inline]] constexpr DualOf(const T& v) : value(v) {}  // implicit: constants have slope 0
  [[gnu::always_inline]] constexpr DualOf(double v)
    requires(!std::is_same_v<T, double>)
      : value(v) {}

  [[gnu::always_inline]] friend constexpr DualOf operator+(const DualOf& x) { return x; }
  [[gnu::always_inline]] friend constexpr DualOf operator-(const DualOf& x) { return {-x.value, -x.slope}; }
  [[gnu::always_inline]] friend constexpr DualOf operator+(const DualOf& x, const DualOf& y) {
    return {x.value + y.value, x.slope + y.slope};
  }
  [[gnu::always_inline]] friend constexpr DualOf operator-(const DualOf& x, const DualOf& y) {
    return {x.value - y.value, x.slope - y.slope};
  }
  [[gnu::always_inline]] friend constexpr DualOf operator*(const DualOf& x, const DualOf& y) {
    return {x.value * y.value, x.slope * y.value + x.value * y.slope};
  }
  [[gnu::always_inline]] friend constexpr DualOf operator/(const DualOf& x, const DualOf& y) {
    const T q = x.value / y.value;
    return {q, (x.slope - q * y.slope) / y.value};
  }
  DualOf& operator+=(const DualOf& y) { return *this = *this + y; }
  DualOf& operator-=(const DualOf& y) { return *this = *this - y; }
  DualOf& operator*=(const DualOf& y) { return *this = *this * y; }
  DualOf& operator/=(const DualOf& y) { return *this = *this / y; }
  [[gnu::always_inline]] friend constexpr auto operator<(const DualOf& x, const DualOf& y) {
    return mask_of(x.value < y.value);
  }
  [[gnu::always_inline]] friend constexpr auto operator>(const DualOf& x, const DualOf& y) {
    return mask_of(x.value > y.value);
  }
  [[gnu::always_inline]] friend constexpr auto operator<=(const DualOf& x, const DualOf& y) {
    return mask_of(x.value <= y.value);
  }
  [[gnu::always_inline]] friend constexpr auto operator>=(const DualOf& x, const DualOf& y) {
    return mask_of(x.value >= y.value);
  }
  [[gnu::always_inline]] friend constexpr DualOf select(const Answer& c, const DualOf& yes, const DualOf& no) {
    return {select(c, yes.value, no.value), select(c, yes.slope, no.slope)};
  }

  [[gnu::always_inline]] friend DualOf exp(const DualOf& x) {
    const T e = exp(x.value);
    return {e, e * x.slope};
  }
  [[gnu::always_inline]] friend DualOf expm1(const DualOf& x) { return {expm1(x.value), exp(x.value) * x.slope}; }
  [[gnu::always_inline]] friend DualOf log(const DualOf& x) { return {log(x.value), x.slope / x.value}; }
  [[gnu::always_inline]] friend DualOf log1p(const DualOf& x) { return {log1p(x.value), x.slope / (1 + x.value)}; }
  [[gnu::always_inline]] friend DualOf sqrt(const DualOf& x) {
    const T r = sqrt(x.value);
    return {r, x.slope / (2 * r)};
  }
  [[gnu::always_inline]] friend DualOf sin(const DualOf& x) { return {sin(x.value), cos(x.value) * x.slope}; }
  [[gnu::always_inline]] friend DualOf cos(const DualOf& x) { return {cos(x.value), -sin(x.value) * x.slope}; }
  [[gnu::always_inline]] friend DualOf tanh(const DualOf& x) {
    const T y = tanh(x.value);
    return {y, (1 - y * y) * x.slope};
  }
  [[gnu::always_inline]] friend DualOf cosh(const DualOf& x) { return {cosh(x.value), sinh(x.value) * x.slope}; }
  [[gnu::always_inline]] friend DualOf sinh(const DualOf& x) { return {sinh(x.value), cosh(x.value) * x.slope}; }
  [[gnu::always_inline]] friend DualOf abs(const DualOf& x) { return select(x < 0.0, -x, x); }
  /// Slopes in the exponent only where it has one: log of a base <= 0 must not spoil x^2.
  [[gnu::always_inline]] friend DualOf pow(const DualOf& x, const DualOf& y) {
    const T r = pow(x.value, y.value);
    return {r, y.value * pow(x.value, y.value - 1) * x.slope +
                   select(mask_of(y.slope == 0.0), T(0.0), T(r * log(x.value) * y.slope))};
  }
};
using Dual = DualOf<double>;
constexpr Dual select(const Mask& c, const Dual& yes, const Dual& no);

template <class T> T min(const T& x, const T& y) { return select(y < x, y, x); }
template <class T> T max(const T& x, const T& y) { return select(x < y, y, x); }

/// x / (exp(x) - 1), the rate function of Hodgkin and Huxley, finite at 0: for |x| < 0.3, where exp(x) - 1 loses
/// digits, its series with Bernoulli's numbers, off by less than 1e-16.
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
