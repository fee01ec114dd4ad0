#pragma once
// What an expression is made of: over Trace, a model's equations tell which of its numbers enter as they are, scaled or
// in sums, and which otherwise.
#include <cstdint>

namespace hillock {

struct TraceMask {
  std::uint64_t on;  // what the answer depends on
  [[gnu::always_inline]] friend constexpr TraceMask operator&&(TraceMask a, TraceMask b) { return {a.on | b.on}; }
  [[gnu::always_inline]] friend constexpr TraceMask operator||(TraceMask a, TraceMask b) { return {a.on | b.on}; }
  [[gnu::always_inline]] friend constexpr TraceMask operator!(TraceMask a) { return a; }
};

/// Bit k stands for the number k that was marked.
struct Trace {
  std::uint64_t linear = 0;  ///< enters a sum, with a factor that depends on nothing marked
  std::uint64_t other = 0;   ///< enters in any other way
  constexpr Trace() = default;
  constexpr Trace(double) {}  // implicit: a constant
  constexpr Trace(std::uint64_t l, std::uint64_t o) : linear(l), other(o) {}

  constexpr std::uint64_t all() const { return linear | other; }
  static constexpr Trace curved(std::uint64_t on) { return {0, on}; }

  [[gnu::always_inline]] friend constexpr Trace operator+(Trace x) { return x; }
  [[gnu::always_inline]] friend constexpr Trace operator-(Trace x) { return x; }
  [[gnu::always_inline]] friend constexpr Trace operator+(Trace x, Trace y) {
    return {x.linear | y.linear, x.other | y.other};
  }
  [[gnu::always_inline]] friend constexpr Trace operator-(Trace x, Trace y) { return x + y; }
  [[gnu::always_inline]] friend constexpr Trace operator*(Trace x, Trace y) {
    return x.all() == 0 ? y : y.all() == 0 ? x : curved(x.all() | y.all());
  }
  [[gnu::always_inline]] friend constexpr Trace operator/(Trace x, Trace y) {
    return y.all() == 0 ? x : curved(x.all() | y.all());
  }
  Trace& operator+=(Trace y) { return *this = *this + y; }
  Trace& operator-=(Trace y) { return *this = *this - y; }
  Trace& operator*=(Trace y) { return *this = *this * y; }
  Trace& operator/=(Trace y) { return *this = *this / y; }
  [[gnu::always_inline]] friend constexpr TraceMask operator<(Trace x, Trace y) { return {x.all() | y.all()}; }
  [[gnu::always_inline]] friend constexpr TraceMask operator>(Trace x, Trace y) { return {x.all() | y.all()}; }
  [[gnu::always_inline]] friend constexpr TraceMask operator<=(Trace x, Trace y) { return {x.all() | y.all()}; }
  [[gnu::always_inline]] friend constexpr TraceMask operator>=(Trace x, Trace y) { return {x.all() | y.all()}; }
  [[gnu::always_inline]] friend constexpr Trace select(TraceMask c, Trace yes, Trace no) {
    return curved(c.on | yes.all() | no.all());
  }
  [[gnu::always_inline]] friend constexpr Trace exp(Trace x) { return curved(x.all()); }
  [[gnu::always_inline]] friend constexpr Trace expm1(Trace x) { return curved(x.all()); }
  [[gnu::always_inline]] friend constexpr Trace log(Trace x) { return curved(x.all()); }
  [[gnu::always_inline]] friend constexpr Trace log1p(Trace x) { return curved(x.all()); }
  [[gnu::always_inline]] friend constexpr Trace sqrt(Trace x) { return curved(x.all()); }
  [[gnu::always_inline]] friend constexpr Trace sin(Trace x) { return curved(x.all()); }
  [[gnu::always_inline]] friend constexpr Trace cos(Trace x) { return curved(x.all()); }
  [[gnu::always_inline]] friend constexpr Trace tanh(Trace x) { return curved(x.all()); }
  [[gnu::always_inline]] friend constexpr Trace sinh(Trace x) { return curved(x.all()); }
  [[gnu::always_inline]] friend constexpr Trace cosh(Trace x) { return curved(x.all()); }
  [[gnu::always_inline]] friend constexpr Trace abs(Trace x) { return curved(x.all()); }
  [[gnu::always_inline]] friend constexpr Trace pow(Trace x, Trace y) { return curved(x.all() | y.all()); }
  [[gnu::always_inline]] friend constexpr Trace exprelr(Trace x) { return curved(x.all()); }
};
// Found by their full names too.
constexpr Trace select(TraceMask c, Trace yes, Trace no);
constexpr Trace exprelr(Trace x);

}  // namespace hillock
