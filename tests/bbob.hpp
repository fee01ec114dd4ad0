#pragma once
// Noiseless functions of COCO: Hansen, Finck, Ros & Auger (2009), Real-Parameter Black-Box Optimization Benchmarking
// 2009: Noiseless Functions Definitions, INRIA RR-6829. Names are those of the report. Derivatives come from Dual.
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <vector>

#include "hillock/scalar.hpp"
#include "search.hpp"

namespace hillock::test {

constexpr int bbob_functions[] = {1, 2, 8, 9, 10, 11, 12, 13, 14, 15};

/// A function on [-5, 5]^D: its place and height are drawn by the instance.
class Bbob {
 public:
  static constexpr std::size_t most = 20;  ///< numbers
  template <class T> using Point = std::array<T, most>;

  Bbob(int function, int instance, std::size_t dimension)
      : f_(function), d_(dimension), seed_(function + 10000 * instance) {
    if (dimension < 2 || dimension > most) throw std::logic_error("a dimension that is not made");
    const Vector u = uniform(d_, function == 12 ? seed_ + 1000000 : seed_);
    for (std::size_t i = 0; i < d_; ++i) {
      x_opt_[i] = 8 * std::floor(1e4 * u[i]) / 1e4 - 4;
      if (x_opt_[i] == 0) x_opt_[i] = -1e-5;
    }
    const double ratio = gauss(1, seed_)[0] / gauss(1, seed_ + 1)[0];
    f_opt_ = std::min(1000.0, std::max(-1000.0, std::floor(1e4 * ratio + 0.5) / 100));
    r_ = rotation(seed_ + 1000000);
    q_ = rotation(seed_);
  }

  double f_opt() const { return f_opt_; }
  bool sum_of_squares() const { return f_ <= 12; }

  double value(const Vector& x) const { return value<double>(x).value(); }
  Vector gradient(const Vector& x) const {
    Vector g;
    for (std::size_t k = 0; k < d_; ++k) g.push_back(value<Dual>(x, k).slope());
    return g;
  }
  /// 2 J'J. REQUIRES: sum_of_squares().
  Vector curvature(const Vector& x) const {
    std::vector<std::array<Dual, 2 * most>> columns(d_);
    std::size_t count = 0;
    for (std::size_t k = 0; k < d_; ++k) count = residuals(point<Dual>(x, k), columns[k]);
    Vector h(d_ * d_);
    for (std::size_t i = 0; i < d_; ++i)
      for (std::size_t j = 0; j < d_; ++j)
        for (std::size_t m = 0; m < count; ++m) h[i * d_ + j] += 2 * columns[i][m].slope * columns[j][m].slope;
    return h;
  }

  Objective objective() const {
    Objective o;
    o.low.assign(d_, -5);
    o.high.assign(d_, 5);
    o.loss = [f = *this](const Vector& x) { return f.value(x); };
    o.gradient = [f = *this](const Vector& x) { return f.gradient(x); };
    if (sum_of_squares()) o.curvature = [f = *this](const Vector& x) { return f.curvature(x); };
    return o;
  }

 private:
  using Matrix = std::array<std::array<double, most>, most>;

  /// The report's generator (a minimal standard one with shuffling).
  static Vector uniform(std::size_t n, std::int64_t seed) {
    std::int64_t s = std::max<std::int64_t>(1, std::abs(seed));
    const auto step = [&] {
      const std::int64_t t = s / 127773;
      s = 16807 * (s - 127773 * t) - 2836 * t;
      if (s < 0) s += 2147483647;
    };
    std::array<std::int64_t, 32> table{};
    for (int i = 39; i >= 0; --i) {
      step();
      if (i < 32) table[static_cast<std::size_t>(i)] = s;
    }
    std::int64_t r = table[0];
    Vector out(n);
    for (double& u : out) {
      step();
      const auto k = static_cast<std::size_t>(r / 67108865);
      r = table[k];
      table[k] = s;
      u = static_cast<double>(r) / 2147483647;
      if (u == 0) u = 1e-99;
    }
    return out;
  }
  static Vector gauss(std::size_t n, std::int64_t seed) {
    const Vector u = uniform(2 * n, seed);
    Vector g(n);
    for (std::size_t i = 0; i < n; ++i) {
      g[i] = std::sqrt(-2 * std::log(u[i])) * std::cos(6.283185307179586477 * u[n + i]);
      if (g[i] == 0) g[i] = 1e-99;
    }
    return g;
  }
  Matrix rotation(std::int64_t seed) const {
    const Vector g = gauss(d_ * d_, seed);
    Matrix b{};
    for (std::size_t i = 0; i < d_; ++i)
      for (std::size_t j = 0; j < d_; ++j) b[i][j] = g[j * d_ + i];
    for (std::size_t j = 0; j < d_; ++j) {  // Gram-Schmidt on the columns
      for (std::size_t before = 0; before < j; ++before) {
        double along = 0;
        for (std::size_t i = 0; i < d_; ++i) along += b[i][j] * b[i][before];
        for (std::size_t i = 0; i < d_; ++i) b[i][j] -= along * b[i][before];
      }
      double square = 0;
      for (std::size_t i = 0; i < d_; ++i) square += b[i][j] * b[i][j];
      for (std::size_t i = 0; i < d_; ++i) b[i][j] /= std::sqrt(square);
    }
    return b;
  }

  double part(std::size_t i) const { return static_cast<double>(i) / static_cast<double>(d_ - 1); }
  static double number(double x) { return x; }
  static double number(const Dual& x) { return x.value; }

  template <class T> T t_osz(const T& x) const {
    using std::abs, std::exp, std::log, std::sin;
    if (number(x) == 0) return x;
    const bool positive = number(x) > 0;
    const T h = log(abs(x));
    const T size = exp(h + 0.049 * (sin((positive ? 10 : 5.5) * h) + sin((positive ? 7.9 : 3.1) * h)));
    return positive ? size : T(-size);
  }
  template <class T> T t_asy(const T& x, double beta, std::size_t i) const {
    using std::pow, std::sqrt;
    if (!(number(x) > 0)) return x;
    return pow(x, T(1 + beta * part(i) * sqrt(x)));
  }
  template <class T> Point<T> turned(const Matrix& by, const Point<T>& x) const {
    Point<T> out;
    for (std::size_t i = 0; i < d_; ++i) {
      T sum = 0.0;
      for (std::size_t j = 0; j < d_; ++j) sum += by[i][j] * x[j];
      out[i] = sum;
    }
    return out;
  }
  /// R Lambda^10 Q x.
  template <class T> Point<T> stretched(const Point<T>& x) const {
    Point<T> z = turned(q_, x);
    for (std::size_t i = 0; i < d_; ++i) z[i] = std::pow(10, 0.5 * part(i)) * z[i];
    return turned(r_, z);
  }

  template <class T> Point<T> point(const Vector& x, std::size_t along = most) const {
    Point<T> p;
    for (std::size_t i = 0; i < d_; ++i) {
      if constexpr (std::is_same_v<T, Dual>) p[i] = {x.at(i), i == along ? 1.0 : 0.0};
      else p[i] = x.at(i);
    }
    return p;
  }

  /// Whose squares add up to f - f_opt, for the functions that are such sums. Returns how many.
  template <class T> std::size_t residuals(const Point<T>& x, std::array<T, 2 * most>& r) const {
    Point<T> d;
    for (std::size_t i = 0; i < d_; ++i) d[i] = x[i] - x_opt_[i];
    const double scale = std::max(1.0, std::sqrt(static_cast<double>(d_)) / 8);
    Point<T> z;
    switch (f_) {
      case 1:
        for (std::size_t i = 0; i < d_; ++i) r[i] = d[i];
        return d_;
      case 2:
        for (std::size_t i = 0; i < d_; ++i) r[i] = std::pow(10, 3 * part(i)) * t_osz(d[i]);
        return d_;
      case 8:
      case 9:
        if (f_ == 8)
          for (std::size_t i = 0; i < d_; ++i) z[i] = scale * (x[i] - 0.75 * x_opt_[i]) + 1;
        else {
          z = turned(q_, x);
          for (std::size_t i = 0; i < d_; ++i) z[i] = scale * z[i] + 0.5;
        }
        for (std::size_t i = 0; i + 1 < d_; ++i) {
          r[2 * i] = 10 * (z[i] * z[i] - z[i + 1]);
          r[2 * i + 1] = z[i] - 1;
        }
        return 2 * (d_ - 1);
      case 10:
      case 11:
        z = turned(r_, d);
        for (std::size_t i = 0; i < d_; ++i)
          r[i] = (f_ == 10 ? std::pow(10, 3 * part(i)) : i == 0 ? 1000.0 : 1.0) * t_osz(z[i]);
        return d_;
      case 12:
        z = turned(r_, d);
        for (std::size_t i = 0; i < d_; ++i) z[i] = t_asy(z[i], 0.5, i);
        z = turned(r_, z);
        for (std::size_t i = 0; i < d_; ++i) r[i] = (i == 0 ? 1.0 : 1000.0) * z[i];
        return d_;
      default: throw std::logic_error("this function is no sum of squares");
    }
  }

  /// f, and its slope along one number.
  template <class T> struct Value {
    T f;
    double value() const { return number(f); }
    double slope() const
      requires std::is_same_v<T, Dual>
    {
      return f.slope;
    }
  };
  template <class T> Value<T> value(const Vector& at, std::size_t along = most) const {
    using std::abs, std::cos, std::pow, std::sqrt;
    const Point<T> x = point<T>(at, along);
    T sum = 0.0;
    if (sum_of_squares()) {
      std::array<T, 2 * most> r;
      const std::size_t count = residuals(x, r);
      for (std::size_t m = 0; m < count; ++m) sum += r[m] * r[m];
      return {sum + f_opt_};
    }
    Point<T> d;
    for (std::size_t i = 0; i < d_; ++i) d[i] = x[i] - x_opt_[i];
    if (f_ == 13) {
      const Point<T> z = stretched(d);
      for (std::size_t i = 1; i < d_; ++i) sum += z[i] * z[i];
      return {z[0] * z[0] + 100 * (number(sum) > 0 ? sqrt(sum) : T(0.0)) + f_opt_};
    }
    if (f_ == 14) {
      const Point<T> z = turned(r_, d);
      for (std::size_t i = 0; i < d_; ++i)
        if (number(z[i]) != 0) sum += pow(abs(z[i]), T(2 + 4 * part(i)));
      return {(number(sum) > 0 ? sqrt(sum) : T(0.0)) + f_opt_};
    }
    if (f_ != 15) throw std::logic_error("a function that is not made");
    Point<T> z = turned(r_, d);
    for (std::size_t i = 0; i < d_; ++i) z[i] = t_asy(t_osz(z[i]), 0.2, i);
    z = stretched(z);
    T waves = 0.0;
    for (std::size_t i = 0; i < d_; ++i) {
      waves += cos(6.283185307179586477 * z[i]);
      sum += z[i] * z[i];
    }
    return {10 * (static_cast<double>(d_) - waves) + sum + f_opt_};
  }

  int f_;
  std::size_t d_;
  std::int64_t seed_;
  Point<double> x_opt_{};
  double f_opt_ = 0;
  Matrix r_{}, q_{};
};

}  // namespace hillock::test
