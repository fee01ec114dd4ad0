#pragma once
// Taylor series in time as a number type: over Series, a model's equations yield the coefficients of their own
// solution. Recurrences of the elementary functions: Griewank & Walther, Evaluating Derivatives (2008),
// doi:10.1137/1.9780898717761, chapter 13; Jorba & Zou (2005), doi:10.1080/10586458.2005.10128904.
//
// An expression is evaluated once per degree k = 0, 1, 2, ...; each time, every operation computes its coefficient of
// degree k from those that its operands have had so far. What an operation has to remember stands in slots of a
// workspace, which it finds because an expression takes its slots in the same order each time. Sums, and products with
// constants, remember nothing and cost one operation per degree; the others O(k).
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include "hillock/abi.h"
#include "hillock/scalar.hpp"

namespace hillock {

/// One evaluation of an expression, at one degree. [one thread]
struct Replay {
  static constexpr std::uint32_t slot = HK_MAX_ORDER + 1;  ///< doubles in a slot
  static constexpr std::size_t widest = 20;                ///< slots of the operation that takes most

  double* next;          ///< slots of the next operation; what they hold must be left alone between degrees
  std::uint32_t degree;  ///< of the coefficients computed now
  bool first;            ///< degree == 0, apart so that a compiler can resolve it
  double inverse = 0;    ///< 1/degree, where degree > 0
  bool compared =
      false;  ///< something that is no constant was compared: the coefficients are those of one branch alone
  const std::uint64_t* sides =
      nullptr;                   ///< not null: such comparisons come out as this says, one bit each in their order
  std::uint32_t n_compared = 0;  ///< of them, so far
  bool measuring = false;        ///< only to see how many slots are taken: all operations share `widest` of them
  std::size_t taken = 0;

  double* take(std::size_t slots) {
    double* s = next;
    taken += slots;
    if (!measuring) next += slots * slot;
    return s;
  }
};

/// A function of time, as its coefficient of the present degree; or a constant. [within one Replay]
class Series {
 public:
  constexpr Series() = default;
  constexpr Series(double value) : c_(value) {}  // implicit: a constant
  constexpr Series(double coefficient, Replay& replay) : c_(coefficient), replay_(&replay) {}

  bool constant() const { return !replay_; }
  /// The coefficient of the present degree.
  double coefficient(const Replay& replay) const { return replay_ || replay.first ? c_ : 0; }

  friend Series operator+(const Series& a) { return a; }
  friend Series operator-(const Series& a) { return {-a.c_, a.replay_}; }
  friend Series operator+(const Series& a, const Series& b) {
    if (a.replay_ && !b.replay_) return {a.replay_->first ? a.c_ + b.c_ : a.c_, a.replay_};
    if (b.replay_ && !a.replay_) return {b.replay_->first ? a.c_ + b.c_ : b.c_, b.replay_};
    return {a.c_ + b.c_, a.replay_};
  }
  friend Series operator-(const Series& a, const Series& b) {
    if (a.replay_ && !b.replay_) return {a.replay_->first ? a.c_ - b.c_ : a.c_, a.replay_};
    if (b.replay_ && !a.replay_) return {b.replay_->first ? a.c_ - b.c_ : -b.c_, b.replay_};
    return {a.c_ - b.c_, a.replay_};
  }
  friend Series operator*(const Series& a, const Series& b) {
    if (!a.replay_ || !b.replay_) return {a.c_ * b.c_, a.replay_ ? a.replay_ : b.replay_};
    if (&a == &b) {
      const Slots s(a, 1);
      s[0][s.k] = a.c_;
      return {s.first ? a.c_ * a.c_ : multiply_add(2 * s[0][0], a.c_, s.square(0)), a.replay_};
    }
    const Slots s(a, 2);
    s[0][s.k] = a.c_, s[1][s.k] = b.c_;
    return {s.first ? a.c_ * b.c_ : multiply_add(a.c_, s[1][0], multiply_add(s[0][0], b.c_, s.inner(0, 1))), a.replay_};
  }
  friend Series operator/(const Series& a, const Series& b) {
    if (!b.replay_) return {a.replay_ && !a.replay_->first ? a.c_ * (1 / b.c_) : a.c_ / b.c_, a.replay_};
    const Slots s(b, 3);  // b, the quotient, 1 / b_0
    double* const q = s[1];
    s[0][s.k] = b.c_;
    if (s.first) q[0] = a.c_ / b.c_, s[2][0] = 1 / b.c_;
    else q[s.k] = multiply_add(-b.c_, q[0], (a.replay_ ? a.c_ : 0) - s.inner(0, 1)) * s[2][0];
    return {q[s.k], b.replay_};
  }
  Series& operator+=(const Series& b) { return *this = *this + b; }
  Series& operator-=(const Series& b) { return *this = *this - b; }
  Series& operator*=(const Series& b) { return *this = *this * b; }
  Series& operator/=(const Series& b) { return *this = *this / b; }

  friend Mask operator<(const Series& a, const Series& b) { return compared(a, b, a.c_ < b.c_); }
  friend Mask operator>(const Series& a, const Series& b) { return compared(a, b, a.c_ > b.c_); }
  friend Mask operator<=(const Series& a, const Series& b) { return compared(a, b, a.c_ <= b.c_); }
  friend Mask operator>=(const Series& a, const Series& b) { return compared(a, b, a.c_ >= b.c_); }
  /// No constant if either is none, so that what follows takes its slots whichever is chosen.
  friend Series select(Mask c, const Series& yes, const Series& no) {
    const Series &chosen = c.value ? yes : no, &other = c.value ? no : yes;
    if (chosen.replay_ || !other.replay_) return chosen;
    return {other.replay_->first ? chosen.c_ : 0, other.replay_};
  }
  friend Series abs(const Series& a) { return (a < 0.0).value ? -a : a; }

  friend Series exp(const Series& a) {
    if (!a.replay_) return ::exp(a.c_);
    return {exponential(a, Slots(a, 2)), a.replay_};
  }
  friend Series expm1(const Series& a) {
    if (!a.replay_) return ::expm1(a.c_);
    const Slots s(a, 2);
    const double e = exponential(a, s);
    return {s.first ? ::expm1(a.c_) : e, a.replay_};
  }
  friend Series log(const Series& a) { return a.replay_ ? logarithm(a, 0, ::log) : Series(::log(a.c_)); }
  friend Series log1p(const Series& a) { return a.replay_ ? logarithm(a, 1, ::log1p) : Series(::log1p(a.c_)); }
  friend Series sqrt(const Series& a) {  // r r = a
    if (!a.replay_) return ::sqrt(a.c_);
    const Slots s(a, 1);
    double* const r = s[0];
    r[s.k] = s.first ? ::sqrt(a.c_) : (a.c_ - s.square(0)) * (0.5 / r[0]);
    return {r[s.k], a.replay_};
  }
  friend Series sin(const Series& a) { return a.replay_ ? wave(a, -1, ::sin, ::cos, 1) : Series(::sin(a.c_)); }
  friend Series cos(const Series& a) { return a.replay_ ? wave(a, -1, ::sin, ::cos, 2) : Series(::cos(a.c_)); }
  friend Series sinh(const Series& a) { return a.replay_ ? wave(a, 1, ::sinh, ::cosh, 1) : Series(::sinh(a.c_)); }
  friend Series cosh(const Series& a) { return a.replay_ ? wave(a, 1, ::sinh, ::cosh, 2) : Series(::cosh(a.c_)); }
  friend Series tanh(const Series& a) {  // t' = a' u, u = 1 - t^2
    if (!a.replay_) return ::tanh(a.c_);
    const Slots s(a, 3);
    double *const t = s[1], *const u = s[2];
    s[0][s.k] = s.k * a.c_;
    t[s.k] = s.first ? ::tanh(a.c_) : multiply_add(a.c_, u[0], s.inner(0, 2) * s.inverse);
    u[s.k] = s.first ? (1 - t[0]) * (1 + t[0]) : -(s.square(1) + 2 * t[0] * t[s.k]);
    return {t[s.k], a.replay_};
  }
  friend Series pow(const Series& a, const Series& b) {
    if (b.replay_) return exp(b * log(a));
    if (!a.replay_) return ::pow(a.c_, b.c_);
    constexpr std::size_t most = 12;  // slots that any exponent takes
    const std::size_t before = a.replay_->taken;
    const bool whole = b.c_ >= 1 && b.c_ < 32 && b.c_ == std::floor(b.c_);
    const Series p = whole ? repeated(a, static_cast<std::uint32_t>(b.c_)) : power(a, b.c_);
    a.replay_->take(most - (a.replay_->taken - before));
    return p;
  }

  /// x / (exp(x) - 1) = 1/g with g(x) = integral of exp(s x) over 0 <= s <= 1. Near x = 0 the quotient would lose all
  /// digits; there g is taken by Gauss's quadrature with 16 nodes, whose terms are exponentials like any others: an
  /// error below 1e-15 for |x| < 16.
  friend Series exprelr(const Series& a) {
    if (!a.replay_) return exprelr<double>(a.c_);
    const Slots s(
        a,
        4 + Nodes::count);  // j a_j, then exp(a) or the exponentials at all nodes; last g or exp(a) - 1, f, and which
    constexpr std::size_t last = 1 + Nodes::count;
    double *const g = s[last], *const f = s[last + 1], *const near = s[last + 2];
    // the quotient would hold where no zero of x lies within the radius of convergence, and x does not move by as much
    // as this within it
    if (s.first) near[0] = std::abs(a.c_) < 8;
    if (near[0] != 0) {
      g[s.k] = mean_exponential(a, s);
      f[s.k] = s.first ? 1 / g[0] : -(s.inner(last, last + 1) + g[s.k] * f[0]) * f[0];
    } else {
      const double e = exponential(a, s);
      g[s.k] = s.first ? ::expm1(a.c_) : e;
      f[s.k] = s.first ? a.c_ / g[0] : (a.c_ - (s.inner(last, last + 1) + g[s.k] * f[0])) * (1 / g[0]);
    }
    return {f[s.k], a.replay_};
  }

 private:
  constexpr Series(double coefficient, Replay* replay) : c_(coefficient), replay_(replay) {}

  /// What an operation remembers: rows of coefficients.
  struct Slots {
    Slots(const Series& a, std::size_t n)
        : at(a.replay_->take(n)), k(a.replay_->degree), first(a.replay_->first), inverse(a.replay_->inverse) {}
    double* operator[](std::size_t i) const { return at + i * Replay::slot; }
    /// Sum of a_j b_(k-j) over 0 < j < k: a product without its ends, which come last.
    double inner(std::size_t a, std::size_t b) const { return sum((*this)[a], (*this)[b] + k, k); }
    /// inner(a, a): each product twice, but for one in the middle.
    double square(std::size_t a) const {
      const double *x = (*this)[a], twice = 2 * sum(x, x + k, (k + 1) / 2);
      return k % 2 == 0 ? multiply_add(x[k / 2], x[k / 2], twice) : twice;
    }
    /// Sum of x[j] y[-j] over 0 < j < n, as four sums that do not wait for each other.
    static double sum(const double* x, const double* y, std::uint32_t n) {
      double s[4] = {0, 0, 0, 0};
      std::ptrdiff_t j = 1;
      for (; j + 3 < n; j += 4)
        for (std::ptrdiff_t i = 0; i < 4; ++i) s[i] = multiply_add(x[j + i], y[-j - i], s[i]);
      for (; j < n; ++j) s[0] = multiply_add(x[j], y[-j], s[0]);
      return (s[0] + s[1]) + (s[2] + s[3]);
    }
    double* at;
    std::uint32_t k;
    bool first;
    double inverse;
  };
  static Mask compared(const Series& a, const Series& b, bool value) {
    Replay* const replay = a.replay_ ? a.replay_ : b.replay_;
    if (!replay) return {value};
    if (replay->sides && replay->n_compared < HK_MAX_SIDES) return {(*replay->sides >> replay->n_compared++ & 1) != 0};
    replay->compared = true;
    return {value};
  }
  /// e = exp(a) in slot 1, from j a_j in slot 0: e' = a' e.
  static double exponential(const Series& a, const Slots& s) {
    double* const e = s[1];
    s[0][s.k] = s.k * a.c_;
    return e[s.k] = s.first ? ::exp(a.c_) : multiply_add(a.c_, e[0], s.inner(0, 1) * s.inverse);
  }
  /// l = log(a + shift): (a + shift) l' = a'.
  static Series logarithm(const Series& a, double shift, double (*of)(double)) {
    const Slots s(a, 3);  // j l_j, a, 1 / (a_0 + shift)
    s[1][s.k] = a.c_;
    if (s.first) s[2][0] = 1 / (a.c_ + shift);
    const double l = s.first ? of(a.c_) : (a.c_ - s.inner(0, 1) * s.inverse) * s[2][0];
    s[0][s.k] = s.k * l;
    return {l, a.replay_};
  }
  /// y = sin(a) or sinh(a) in slot 1, z = cos(a) or cosh(a) in slot 2: y' = a' z, z' = sign a' y.
  static Series wave(const Series& a, double sign, double (*y_of)(double), double (*z_of)(double), std::size_t which) {
    const Slots s(a, 3);
    double *const y = s[1], *const z = s[2];
    s[0][s.k] = s.k * a.c_;
    if (s.first) {
      y[0] = y_of(a.c_), z[0] = z_of(a.c_);
    } else {
      y[s.k] = multiply_add(a.c_, z[0], s.inner(0, 2) * s.inverse);
      z[s.k] = sign * multiply_add(a.c_, y[0], s.inner(0, 1) * s.inverse);
    }
    return {s[which][s.k], a.replay_};
  }
  /// a^n by squares and products, good at a = 0 too.
  static Series repeated(const Series& a, std::uint32_t n) {
    Series squared = a, result = n & 1 ? a : Series(1.0);
    while (n >>= 1) {
      const Series root = squared;
      squared = root * root;
      if (n & 1) result = result.replay_ ? result * squared : squared;
    }
    return result;
  }
  /// p = a^c: a p' = c a' p.
  static Series power(const Series& a, double c) {
    const Slots s(a, 3);  // a, p, 1 / a_0
    double *const x = s[0], *const p = s[1];
    x[s.k] = a.c_;
    if (s.first) {
      p[0] = ::pow(a.c_, c), s[2][0] = 1 / a.c_;
    } else {
      double sum = c * s.k * x[s.k] * p[0];
      for (std::uint32_t j = 1; j < s.k; ++j) sum += (c * (s.k - j) - j) * x[s.k - j] * p[j];
      p[s.k] = sum * s.inverse * s[2][0];
    }
    return {p[s.k], a.replay_};
  }

  /// Gauss-Legendre nodes and weights on [0, 1]: Abramowitz & Stegun (1964), table 25.4, n = 16.
  struct Nodes {
    static constexpr std::size_t count = 16;
    static constexpr std::array<double, count> s{
        0.00529953250417503370, 0.02771248846338371195, 0.06718439880608412807, 0.12229779582249848305,
        0.19106187779867812577, 0.27099161117138630681, 0.35919822461037054337, 0.45249374508118127991,
        0.54750625491881872009, 0.64080177538962945663, 0.72900838882861369319, 0.80893812220132187423,
        0.87770220417750151695, 0.93281560119391587196, 0.97228751153661628805, 0.99470046749582496633};
    static constexpr std::array<double, count> weight{
        0.01357622970587704739, 0.03112676196932394639, 0.04757925584124639240, 0.06231448562776693600,
        0.07479799440828836605, 0.08457825969750126914, 0.09130170752246179444, 0.09472530522753424812,
        0.09472530522753424812, 0.09130170752246179444, 0.08457825969750126914, 0.07479799440828836605,
        0.06231448562776693600, 0.04757925584124639240, 0.03112676196932394639, 0.01357622970587704739};
  };
  /// The mean of exp(s a) over 0 <= s <= 1, from the exponentials e[degree][node] in slots 1 to 16.
  static double mean_exponential(const Series& a, const Slots& s) {
    constexpr std::size_t n = Nodes::count;
    double *const d = s[0], *const e = s[1];
    d[s.k] = s.k * a.c_;
    std::array<double, n> now{};
    if (s.first) {
      for (std::size_t i = 0; i < n; ++i) now[i] = ::exp(Nodes::s[i] * a.c_);
    } else {
      for (std::uint32_t j = 1; j <= s.k; ++j)
        for (std::size_t i = 0; i < n; ++i) now[i] += d[j] * e[(s.k - j) * n + i];
      for (std::size_t i = 0; i < n; ++i) now[i] *= Nodes::s[i] * s.inverse;
    }
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) e[s.k * n + i] = now[i], sum += Nodes::weight[i] * now[i];
    return sum;
  }

  double c_ = 0;  // of a constant its value; else the coefficient
  Replay* replay_ = nullptr;
};

// Found by their full names too, ahead of the templates for any number.
Series select(Mask c, const Series& yes, const Series& no);
Series exprelr(const Series& x);

}  // namespace hillock
