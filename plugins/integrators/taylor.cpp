// Taylor's method with order from the tolerance and step from the series: Jorba & Zou (2005), doi:10.1080/10586458.2005.10128904, section 3. The
// coefficients come from the model's own equations over truncated power series (hillock/series.hpp); dense output is the series itself.
#include <hillock/adaptive.hpp>
#include <hillock/series.hpp>
using hillock::BadInput, hillock::Control, hillock::Equations, hillock::multiply_add, hillock::Options;

class Taylor {
 public:
  static constexpr auto id = "taylor", version = "1.0.0", cite = "doi:10.1080/10586458.2005.10128904",
                        meaning = "Taylor series of the model's own equations, order by the tolerance";

  Taylor(Equations& f, const Control& control, const Options&)
      : f_(f), tolerance_(control.tolerance), max_step_(control.max_step), size_(f.size()) {
    const hk_problem& problem = f.problem();
    if (const void* t = problem.get ? problem.get(problem.host, HK_TAYLOR) : nullptr)
      series_ = hillock::detail::adopt(static_cast<const hk_taylor*>(t));
    if (!series_.expand)
      throw BadInput("the model gives no Taylor series of its equations: use dopri5, fehlberg78 or rosenbrock4");
    // Jorba & Zou's order, at which a given accuracy costs the fewest operations where a step costs order^2, is ln(1/tolerance)/2 + 1. Here the low
    // degrees cost as much as the high ones, which pays for half as many again.
    const double best = 2 + 0.75 * std::log(1 / tolerance_);
    order_ = std::min<std::uint32_t>(static_cast<std::uint32_t>(best) | 1, HK_MAX_ORDER);
    n_ = order_ + 1;
    workspace_.resize(series_.workspace);
    x_.resize(size_ * n_), end_.resize(size_), slope_.resize(size_), polynomial_slope_.resize(size_);
    for (std::size_t k = 0; k < size_; ++k) end_[k] = problem.x[k][f.lane()];
    expand();
  }

  void start(double t, const double* x) {
    from_ = to_ = t;
    std::copy_n(x, size_, end_.begin());
  }

  bool step(double end) {
    from_ = to_;
    expand();
    const double remaining = end - from_;
    double h = std::min(radius(), max_step_);
    if (h >= remaining * (1 - 1e-12)) h = remaining;
    else if (2 * h > remaining) h = 0.5 * remaining;
    for (;; h *= 0.5) {
      if (!(from_ + h > from_)) return false;
      to_ = h == remaining ? end : from_ + h;
      if (error_at(to_ - from_) <= tolerance_) return true;
    }
  }
  double from() const { return from_; }
  double to() const { return to_; }
  const double* state() const { return end_.data(); }
  void middle(double* x) const { at(0.5 * (from_ + to_), x); }
  void at(double t, double* x) const {
    for (std::size_t k = 0; k < size_; ++k) x[k] = polynomial(&x_[k * n_], t - from_);
  }
  /// State k at n times, written `stride` apart: the same bits as one by one.
  void at(const double* t, std::size_t n, std::size_t k, double* out, std::size_t stride) const {
    using Lanes [[gnu::vector_size(64)]] = double;  // in an array the sums would go through memory
    constexpr std::size_t width = sizeof(Lanes) / sizeof(double);
    const double* c = &x_[k * n_];
    for (std::size_t first = 0; first < n; first += width) {
      const std::size_t count = std::min(width, n - first);
      Lanes h;
      for (std::size_t i = 0; i < width; ++i) h[i] = t[first + std::min(i, count - 1)] - from_;
      const Lanes sum = polynomial(c, h);
      for (std::size_t i = 0; i < count; ++i) out[(first + i) * stride] = sum[i];
    }
  }

 private:
  /// The series at the end of the last step.
  void expand() {
    std::uint32_t n_in = 1;
    const double* in = f_.in();
    if (f_.varying()) {
      const hk_problem& problem = f_.problem();
      if (!problem.input_series)
        throw BadInput("the host gives no Taylor series of inputs that vary: use dopri5, fehlberg78 or rosenbrock4");
      n_in = n_;
      in_.resize(f_.model().n_inputs * n_);
      problem.input_series(problem.host, f_.begun(), from_, f_.lane(), order_, in_.data());
      in = in_.data();
    }
    for (std::size_t k = 0; k < size_; ++k) x_[k * n_] = end_[k];
    if (series_.expand(order_, f_.p(), n_in, in, f_.frozen(), x_.data(), nullptr, workspace_.data()))
      throw BadInput(
          "the model's equations compare numbers that change with time, so that they have no one Taylor series: use "
          "dopri5, fehlberg78 or rosenbrock4");
  }

  /// The step over which neither of the last two terms exceeds the tolerance: two, because series may be even or odd.
  double radius() const {
    double last = 1e-300, before = 1e-300;
    for (std::size_t k = 0; k < size_; ++k) {
      const double* c = &x_[k * n_];
      const double scale = 1 + std::abs(c[0]);
      last = std::max(last, std::abs(c[order_]) / scale), before = std::max(before, std::abs(c[order_ - 1]) / scale);
    }
    return std::min(hillock::rough_power(tolerance_ / last, 1.0 / order_),
                    hillock::rough_power(tolerance_ / before, 1.0 / (order_ - 1)));
  }

  /// The series with coefficients c at h: even and odd degrees apart, as two shorter chains of operations. The order is odd.
  template <class T> [[gnu::always_inline]] T polynomial(const double* c, T h) const {
    const T square = h * h;
    T odd = c[order_] + T{}, even = c[order_ - 1] + T{};
    for (std::size_t j = order_ - 2; j < order_; j -= 2) odd = odd * square + c[j], even = even * square + c[j - 1];
    return odd * h + even;
  }

  /// Goes to h; the error there in units of 1 + |x|. The slope of the series differs from that of the equations by (order + 1) c h^order, c being the
  /// first coefficient left out, and the series errs by c h^(order + 1).
  double error_at(double h) {
    for (std::size_t k = 0; k < size_; ++k) {
      const double* c = &x_[k * n_];
      end_[k] = polynomial(c, h);
      double degree = order_, slope = degree * c[order_];
      for (std::uint32_t j = order_ - 1; j > 0; --j) degree -= 1, slope = multiply_add(slope, h, degree * c[j]);
      polynomial_slope_[k] = slope;
    }
    f_.rhs(to_, end_.data(), slope_.data());
    double error = 0;
    for (std::size_t k = 0; k < size_; ++k) {
      const double e = std::abs(slope_[k] - polynomial_slope_[k]) / (1 + std::abs(end_[k]));
      error = e <= error ? error : e;  // no number is the largest
    }
    return error * h / n_;
  }

  Equations& f_;
  hk_taylor series_{};
  double tolerance_, max_step_, from_ = 0, to_ = 0;
  std::size_t size_;
  std::uint32_t order_ = 0, n_ = 0;  // highest degree; coefficients of a state
  std::vector<double> x_;            // coefficients at from_: x_[state * n_ + degree]
  std::vector<double> end_;          // state at to_
  std::vector<double> slope_, polynomial_slope_, in_, workspace_;
};
HILLOCK_ADAPTIVE_INTEGRATOR(Taylor)
