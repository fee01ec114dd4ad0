// Taylor's method with order from the tolerance and step from the series: Jorba & Zou (2005),
// doi:10.1080/10586458.2005.10128904, section 3. The coefficients come from the model's own equations over truncated
// power series (hillock/series.hpp); dense output is the series itself.
#include <hillock/adaptive.hpp>
#include <hillock/pack.hpp>
#include <hillock/series.hpp>
using hillock::BadInput, hillock::Control, hillock::Equations, hillock::multiply_add, hillock::Options, hillock::Pack;

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
    // Jorba & Zou's order, at which a given accuracy costs the fewest operations where a step costs order^2, is
    // ln(1/tolerance)/2 + 1. Here the low degrees cost as much as the high ones, which pays for half as many again.
    const double best = 2 + 0.75 * std::log(1 / tolerance_);
    order_ = std::min<std::uint32_t>(static_cast<std::uint32_t>(best) | 1, HK_MAX_ORDER);
    n_ = order_ + 1;
    workspace_.resize(series_.workspace);
    x_.resize(size_ * n_), end_.resize(size_), slope_.resize(size_), polynomial_slope_.resize(size_);
    for (std::size_t k = 0; k < size_; ++k) end_[k] = problem.x[k][f.lane()];
    expand();
  }

  void tolerance(double t) { tolerance_ = t; }
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
    const double* c = &x_[k * n_];
    while (n > 0) {  // several packs at a time, whose operations do not wait for each other
      const std::size_t packs = std::min<std::size_t>((n + HK_LANES - 1) / HK_LANES, 4),
                        some = std::min(n, packs * HK_LANES);
      if (packs == 1) at<1>(c, t, some, out, stride);
      else if (packs == 2) at<2>(c, t, some, out, stride);
      else if (packs == 3) at<3>(c, t, some, out, stride);
      else at<4>(c, t, some, out, stride);
      t += some, n -= some, out += some * stride;
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
    if (series_.expand(f_.model().context, order_, f_.p(), n_in, in, f_.frozen(), f_.sides(), x_.data(), nullptr,
                       workspace_.data()))
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

  /// The series with coefficients c at h: even and odd degrees apart, as two shorter chains of operations. The order is
  /// odd.
  double polynomial(const double* c, double h) const {
    const double square = h * h;
    double odd = c[order_], even = c[order_ - 1];
    for (std::size_t j = order_ - 2; j < order_; j -= 2)
      odd = multiply_add(odd, square, c[j]), even = multiply_add(even, square, c[j - 1]);
    return multiply_add(odd, h, even);
  }
  /// The same at n times, which `packs` hold.
  template <std::size_t packs>
  void at(const double* c, const double* t, std::size_t n, double* out, std::size_t stride) const {
    std::array<double, packs * HK_LANES> times;
    for (std::size_t i = 0; i < times.size(); ++i) times[i] = t[std::min(i, n - 1)] - from_;
    std::array<Pack, packs> h, square, odd, even;
    for (std::size_t p = 0; p < packs; ++p)
      h[p] = Pack::load(&times[p * HK_LANES]), square[p] = h[p] * h[p], odd[p] = c[order_], even[p] = c[order_ - 1];
    for (std::size_t j = order_ - 2; j < order_; j -= 2)
      for (std::size_t p = 0; p < packs; ++p)
        odd[p] = odd[p] * square[p] + c[j], even[p] = even[p] * square[p] + c[j - 1];
    for (std::size_t p = 0; p < packs; ++p) (odd[p] * h[p] + even[p]).store(&times[p * HK_LANES]);
    for (std::size_t i = 0; i < n; ++i) out[i * stride] = times[i];
  }

  /// Goes to h; the error there in units of 1 + |x|. The slope of the series differs from that of the equations by
  /// (order + 1) c h^order, c being the first coefficient left out, and the series errs by c h^(order + 1).
  double error_at(double h) {
    for (std::size_t k = 0; k < size_; ++k) {
      const double* c = &x_[k * n_];
      end_[k] = polynomial(c, h);
      const double square = h * h;
      double degree = order_, odd = degree * c[order_], even = (degree - 1) * c[order_ - 1];
      for (std::size_t j = order_ - 2; j > 1; j -= 2) {
        degree -= 2;
        odd = multiply_add(odd, square, degree * c[j]), even = multiply_add(even, square, (degree - 1) * c[j - 1]);
      }
      polynomial_slope_[k] = multiply_add(even, h, multiply_add(odd, square, c[1]));
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
