#pragma once
// Where a model's equations branch, as a number type: over Sided, a `select` takes the side that it is told to,
// however the numbers compare. Between two turns of a comparison the equations are then smooth, which schemes of high
// order need, and the turn itself is an event like a spike.
#include <cstdint>
#include "hillock/scalar.hpp"

namespace hillock {

/// One evaluation of equations: what their comparisons come to, in the order in which they make them.
struct Sides {
  std::uint64_t bits = 0;  ///< bit k: comparison k holds
  double* away = nullptr;  ///< not null: comparisons come out as they are, and this receives how far each is from
                           ///< turning: below 0 where it holds
  std::uint32_t n = 0;     ///< comparisons so far

  Mask compared(double difference, bool holds) {
    const std::uint32_t k = n++;
    if (k >= 64) return {holds};
    if (!away) return {(bits >> k & 1) != 0};
    away[k] = difference;
    bits |= std::uint64_t{holds} << k;
    return {holds};
  }
};

/// A number that changes with time, or a constant: two constants compare as they are, and are no branch. [within one
/// evaluation]
class Sided {
 public:
  constexpr Sided() = default;
  constexpr Sided(double value) : value_(value) {}  // implicit: a constant
  constexpr Sided(double value, Sides* sides) : value_(value), sides_(sides) {}
  constexpr double value() const { return value_; }

  friend Sided operator+(const Sided& a) { return a; }
  friend Sided operator-(const Sided& a) { return {-a.value_, a.sides_}; }
  friend Sided operator+(const Sided& a, const Sided& b) { return {a.value_ + b.value_, either(a, b)}; }
  friend Sided operator-(const Sided& a, const Sided& b) { return {a.value_ - b.value_, either(a, b)}; }
  friend Sided operator*(const Sided& a, const Sided& b) { return {a.value_ * b.value_, either(a, b)}; }
  friend Sided operator/(const Sided& a, const Sided& b) { return {a.value_ / b.value_, either(a, b)}; }
  Sided& operator+=(const Sided& b) { return *this = *this + b; }
  Sided& operator-=(const Sided& b) { return *this = *this - b; }
  Sided& operator*=(const Sided& b) { return *this = *this * b; }
  Sided& operator/=(const Sided& b) { return *this = *this / b; }

  friend Mask operator<(const Sided& a, const Sided& b) {
    return compared(a, b, a.value_ - b.value_, a.value_ < b.value_);
  }
  friend Mask operator>(const Sided& a, const Sided& b) {
    return compared(a, b, b.value_ - a.value_, a.value_ > b.value_);
  }
  friend Mask operator<=(const Sided& a, const Sided& b) {
    return compared(a, b, a.value_ - b.value_, a.value_ <= b.value_);
  }
  friend Mask operator>=(const Sided& a, const Sided& b) {
    return compared(a, b, b.value_ - a.value_, a.value_ >= b.value_);
  }
  friend Sided select(Mask c, const Sided& yes, const Sided& no) {
    return {c.value ? yes.value_ : no.value_, either(yes, no)};
  }
  friend Sided abs(const Sided& a) { return (a < 0.0).value ? -a : a; }

  friend Sided exp(const Sided& a) { return {::exp(a.value_), a.sides_}; }
  friend Sided expm1(const Sided& a) { return {::expm1(a.value_), a.sides_}; }
  friend Sided log(const Sided& a) { return {::log(a.value_), a.sides_}; }
  friend Sided log1p(const Sided& a) { return {::log1p(a.value_), a.sides_}; }
  friend Sided sqrt(const Sided& a) { return {::sqrt(a.value_), a.sides_}; }
  friend Sided sin(const Sided& a) { return {::sin(a.value_), a.sides_}; }
  friend Sided cos(const Sided& a) { return {::cos(a.value_), a.sides_}; }
  friend Sided tanh(const Sided& a) { return {::tanh(a.value_), a.sides_}; }
  friend Sided sinh(const Sided& a) { return {::sinh(a.value_), a.sides_}; }
  friend Sided cosh(const Sided& a) { return {::cosh(a.value_), a.sides_}; }
  friend Sided pow(const Sided& a, const Sided& b) { return {::pow(a.value_, b.value_), either(a, b)}; }
  /// Smooth: both of its branches are the same function.
  friend Sided exprelr(const Sided& a) { return {exprelr<double>(a.value_), a.sides_}; }

 private:
  static Sides* either(const Sided& a, const Sided& b) { return a.sides_ ? a.sides_ : b.sides_; }
  static Mask compared(const Sided& a, const Sided& b, double difference, bool holds) {
    Sides* const sides = either(a, b);
    return sides ? sides->compared(difference, holds) : Mask{holds};
  }
  double value_ = 0;
  Sides* sides_ = nullptr;
};

// Found by their full names too, ahead of the templates for any number.
Sided select(Mask c, const Sided& yes, const Sided& no);
Sided exprelr(const Sided& x);

}  // namespace hillock
