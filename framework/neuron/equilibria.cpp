// Equilibria by Newton steps on the model's right-hand side, with the Jacobian that its tangent gives; their branches
// by pseudo-arclength continuation, Keller (1977), Numerical solution of bifurcation and nonlinear eigenvalue problems.
// Hopf points and the first Lyapunov coefficient after Kuznetsov (2004), Elements of Applied Bifurcation Theory,
// doi:10.1007/978-1-4757-3978-7.
#include "neuron/equilibria.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

// Systems of a few equations gain nothing from vectors, and GCC 12 warns of Eigen's AVX-512 code.
#define EIGEN_DONT_VECTORIZE
#include <Eigen/Dense>

#include "file/options.hpp"  // with_unit
#include "neuron/lanes.hpp"

namespace hillock {
namespace {

using Eigen::Index;
using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;
using Eigenvalues = std::vector<std::complex<double>>;

Index whole(std::size_t n) { return static_cast<Index>(n); }

Matrix slopes_of(const SteadyState& e, const double* y, double I) {
  Matrix columns(whole(e.size()), whole(e.size() + 1));
  e.slopes(y, I, columns.data());
  return columns;
}

Eigenvalues sorted_eigenvalues(const Matrix& jacobian) {
  Eigenvalues all;
  if (jacobian.size() == 0 || !jacobian.allFinite()) return all;
  const Eigen::VectorXcd values = jacobian.eigenvalues();
  all.assign(values.data(), values.data() + values.size());
  std::sort(all.begin(), all.end(),
            [](auto a, auto b) { return a.real() != b.real() ? a.real() > b.real() : a.imag() > b.imag(); });
  return all;
}

int unstable(const Eigenvalues& values) {
  return static_cast<int>(std::count_if(values.begin(), values.end(), [](auto v) { return v.real() > 0; }));
}

/// A point in the space of free states and input, each divided by its scale, with the direction of the branch there.
struct Point {
  Vector z, tangent;
  Eigenvalues eigenvalues;
  int unstable = 0;
};

class Continuation {
 public:
  Continuation(const SteadyState& equations, double from, double to)
      : e_(equations), n_(whole(equations.size())), from_(from), to_(to), scale_(n_ + 1), low_(n_), high_(n_) {}

  Diagram run() {
    // A first look with scales from the ranges of the fields, which are generous; then all over again with the size of
    // what was found.
    for (Index k = 0; k < n_; ++k) {
      const hk_field& f = e_.model().state[e_.free()[static_cast<std::size_t>(k)]];
      const bool bounded = std::isfinite(f.high - f.low) && f.high > f.low;
      low_[k] = bounded ? f.low : -1e9, high_[k] = bounded ? f.high : 1e9;
      scale_[k] = bounded ? (f.high - f.low) / 100 : std::max(1.0, std::abs(f.value));
    }
    scale_[n_] = to_ - from_;
    longest_ = 0.05;
    find_branches(low_[0], high_[0]);
    if (branches_.empty()) return {};
    Vector least = branches_[0][0].z, most = least;
    for (const auto& branch : branches_)
      for (const Point& p : branch) least = least.cwiseMin(p.z), most = most.cwiseMax(p.z);
    const Vector first = scale_;
    for (Index k = 0; k < n_; ++k)
      if (most[k] - least[k] > 1e-9) scale_[k] = first[k] * (most[k] - least[k]);
    const double v_least = least[0] * first[0], v_most = most[0] * first[0], room = 0.5 * (v_most - v_least) + 1e-9;
    longest_ = 0.01;
    branches_.clear();
    find_branches(std::max(low_[0], v_least - room), std::min(high_[0], v_most + room));
    Diagram d;
    for (const auto& branch : branches_) d.branches.push_back(finished(branch));
    std::sort(d.branches.begin(), d.branches.end(),
              [](const Branch& a, const Branch& b) { return a.points[0].y[0] < b.points[0].y[0]; });
    return d;
  }

 private:
  double input(const Vector& z) const { return z[n_] * scale_[n_]; }
  /// `I` as a bound of its range, if it is one within the rounding of the scales.
  double snapped(double I) const {
    const double slack = 1e-9 * (to_ - from_);
    return std::abs(I - from_) <= slack ? from_ : std::abs(I - to_) <= slack ? to_ : I;
  }
  bool beyond(double I) const { return snapped(I) < from_ || snapped(I) > to_; }
  /// The first state that lies outside the range of its field, or none: n_; with `within` > 0 also one that lies that
  /// part of the range within.
  Index left(const Vector& z, double within = -1e-9) const {
    const Vector y = states(z);
    Index k = 0;
    for (; k < n_; ++k)
      if (const double slack = within * (high_[k] - low_[k]); y[k] < low_[k] + slack || y[k] > high_[k] - slack) break;
    return k;
  }
  Vector states(const Vector& z) const { return z.head(n_).cwiseProduct(scale_.head(n_)); }
  Vector scaled(const Vector& y, double I) const {
    Vector z(n_ + 1);
    z.head(n_) = y.cwiseQuotient(scale_.head(n_));
    z[n_] = I / scale_[n_];
    return z;
  }
  bool residual(const Vector& z, Vector& f) const {
    const Vector y = states(z);
    f.resize(n_);
    return e_.rhs(y.data(), input(z), f.data());
  }
  /// Derivatives by the scaled unknowns with one more row below.
  Matrix bordered(const Vector& z, const Vector& row) const {
    Matrix a(n_ + 1, n_ + 1);
    const Vector y = states(z);
    a.topRows(n_) = slopes_of(e_, y.data(), input(z)) * scale_.asDiagonal();
    a.row(n_) = row.transpose();
    return a;
  }

  /// Newton steps to the equilibrium with row . z = level. `damped`: from far away.
  bool correct(Vector& z, const Vector& row, double level, bool damped = false) const {
    Vector f, f_next;
    if (!z.allFinite() || !residual(z, f)) return false;
    for (int iteration = 0, most = damped ? 60 : 10; iteration < most; ++iteration) {
      const Matrix a = bordered(z, row);
      if (!a.allFinite()) return false;
      Vector right(n_ + 1);
      right << -f, level - row.dot(z);
      const Eigen::FullPivLU<Matrix> lu(a);
      if (!lu.isInvertible()) return false;
      const Vector step = lu.solve(right);
      if (!step.allFinite()) return false;
      double part = 1;
      Vector next = z + step;
      bool good = residual(next, f_next);
      if (step.cwiseAbs().maxCoeff() <=
          1e-9 * (1 + z.cwiseAbs().maxCoeff())) {  // quadratic: the next would be rounding
        if (good) z = next;
        return good;
      }
      while (damped && part > 1e-4 && !(good && f_next.norm() < f.norm() * (1 - 1e-4 * part)))
        part *= 0.5, next = z + part * step, good = residual(next, f_next);
      if (!good || part <= 1e-4) return false;
      z = next, f = f_next;
    }
    return false;
  }

  Vector unit(Index k) const { return Vector::Unit(n_ + 1, k); }

  /// What a point of a branch has besides its place; the tangent runs on in the direction of `along`.
  bool complete(Point& p, const Vector& along) const {
    const Matrix a = bordered(p.z, along);
    if (!a.allFinite()) return false;
    p.tangent = Eigen::FullPivLU<Matrix>(a).solve(unit(n_));
    if (!p.tangent.allFinite() || p.tangent.norm() == 0) return false;
    p.tangent.normalize();
    const Vector y = states(p.z);
    p.eigenvalues = eigenvalues_at(e_, y.data(), input(p.z));
    p.unstable = unstable(p.eigenvalues);
    return true;
  }
  double threshold(const Point& p) const {
    const Vector y = states(p.z);
    return e_.threshold(y.data(), input(p.z));
  }

  /// The point of the branch between two neighbours, at the part t of the chord.
  bool between(const Point& a, const Point& b, double t, Point& p) const {
    const Vector chord = (b.z - a.z).normalized();
    p.z = a.z + t * (b.z - a.z);
    return correct(p.z, chord, chord.dot(p.z)) && complete(p, chord);
  }
  /// Where between two neighbours `holds` ends, which is so at a and not at b, to rounding.
  template <class Holds> Point last_of(const Point& a, const Point& b, const Holds& holds) const {
    double low = 0, high = 1;
    Point found = b, p;
    for (int i = 0; i < 60 && high - low > 1e-15; ++i) {
      const double middle = 0.5 * (low + high);
      if (!between(a, b, middle, p)) break;
      if (holds(p)) low = middle;
      else high = middle, found = p;
    }
    return found;
  }

  /// One half of a branch, from its first point on in the direction of `sign`.
  std::vector<Point> trace(const Point& begin, double sign) const {
    std::vector<Point> line;
    Point p = begin;
    p.tangent *= sign;
    double length = longest_ / 10;
    constexpr double shortest = 1e-9;
    for (int step = 0; step < 20'000 && length > shortest;) {
      if (interrupted) throw Interrupted{};
      Point next;
      next.z = p.z + length * p.tangent;
      const double level = p.tangent.dot(next.z);
      const bool there =
          correct(next.z, p.tangent, level) && (next.z - p.z).norm() < 2 * length && complete(next, p.tangent);
      const double turn = there ? next.tangent.dot(p.tangent) : 0;
      if (turn < 0.99) {  // about 8 degrees
        length *= 0.5;
        continue;
      }
      ++step;
      const double I = input(next.z);
      if (beyond(I)) {
        Point edge;
        const double bound = I < from_ ? from_ : to_, t = (bound - input(p.z)) / (I - input(p.z));
        edge.z = p.z + t * (next.z - p.z);
        if (correct(edge.z, unit(n_), bound / scale_[n_]) && complete(edge, p.tangent)) next = edge;
        else break;
      }
      const Index k = left(next.z);
      if (k < n_) {
        Point edge;
        const double bound = (next.z[k] * scale_[k] < low_[k] ? low_[k] : high_[k]) / scale_[k];
        edge.z = p.z + (bound - p.z[k]) / (next.z[k] - p.z[k]) * (next.z - p.z);
        if (correct(edge.z, unit(k), bound) && complete(edge, p.tangent)) next = edge;
      }
      if (threshold(next) >= 0) {
        next = last_of(p, next, [&](const Point& q) { return threshold(q) < 0; });
        line.push_back(next);
        break;
      }
      line.push_back(next);
      if (beyond(I) || k < n_) break;
      if (step > 3 && (next.z - begin.z).norm() < 0.7 * length) break;  // a closed curve
      p = next;
      if (turn > 0.999) length = std::min(1.5 * length, longest_);
    }
    return line;
  }

  bool known(const Vector& z) const {
    for (const auto& branch : branches_)
      for (std::size_t i = 0; i + 1 < branch.size(); ++i) {
        const Vector chord = branch[i + 1].z - branch[i].z;
        const double size = chord.norm(), t = std::clamp(chord.dot(z - branch[i].z) / (size * size), 0.0, 1.0);
        if ((branch[i].z + t * chord - z).norm() < 0.1 * size + 1e-7) return true;
      }
    return false;
  }

  void begin_at(const Vector& z) {
    if (beyond(input(z)) || left(z) < n_ || known(z)) return;
    Point p;
    p.z = z;
    // of the directions of the axes one crosses the branch
    bool good = complete(p, unit(n_));
    for (Index k = 0; k < n_ && !good; ++k) good = complete(p, unit(k));
    if (!good || threshold(p) >= 0) return;
    std::vector<Point> branch = trace(p, -1);
    std::reverse(branch.begin(), branch.end());
    for (Point& q : branch) q.tangent *= -1;
    branch.push_back(p);
    for (Point& q : trace(p, 1)) branch.push_back(std::move(q));
    // begun at an end of the range, it has that end twice
    const auto same = [](const Point& a, const Point& b) { return (a.z - b.z).norm() < 1e-12 * (1 + a.z.norm()); };
    branch.erase(std::unique(branch.begin(), branch.end(), same), branch.end());
    if (branch.size() < 2) return;
    for (const auto& other : branches_)  // reached from another point
      for (const bool turned : {false, true}) {
        const Point &first = turned ? other.back() : other.front(), &last = turned ? other.front() : other.back();
        if ((first.z - branch.front().z).norm() < 1e-6 && (last.z - branch.back().z).norm() < 1e-6) return;
      }
    branches_.push_back(std::move(branch));
  }

  void find_branches(double v_low, double v_high) {
    std::vector<double> start;
    for (const std::uint32_t k : e_.free()) start.push_back(e_.base()[k]);
    for (const double I : {from_, to_}) {
      std::vector<double> y = start;
      if (equilibrium_near(e_, I, y)) begin_at(scaled(Eigen::Map<Vector>(y.data(), n_), I));
    }
    // At each v of a scan the other states and the input that hold it.
    constexpr int values = 128;
    Vector before;
    for (int i = 0; i <= values; ++i) {
      const double v = v_low + (v_high - v_low) * i / values;
      const std::vector<double> y = e_.guess(v);
      Vector z = scaled(Eigen::Map<const Vector>(y.data(), n_), 0.5 * (from_ + to_));
      bool found = correct(z, unit(0), v / scale_[0], true);
      if (!found && before.size() > 0)
        z = before, z[0] = v / scale_[0], found = correct(z, unit(0), v / scale_[0], true);
      if (!found) continue;
      before = z;
      begin_at(z);
    }
  }

  Equilibrium equilibrium(const Point& p) const {
    const Vector y = states(p.z);
    return {snapped(input(p.z)), std::vector<double>(y.data(), y.data() + n_), p.eigenvalues};
  }

  /// Hopf points between two neighbours without a fold in between, of which the second has `after` unstable modes; in
  /// order.
  void find_hopf(Point a, const Point& b, int after, std::vector<Point>& found) const {
    for (int most = 0; a.unstable != after && most < 8; ++most) {
      const int before = a.unstable;
      Point at = last_of(a, b, [&](const Point& p) { return p.unstable == before; });
      if ((at.z - b.z).norm() <= 1e-13 && b.unstable == before) return;
      auto nearest = std::min_element(at.eigenvalues.begin(), at.eigenvalues.end(),
                                      [](auto x, auto y) { return std::abs(x.real()) < std::abs(y.real()); });
      if (std::abs(at.unstable - before) == 2 && std::abs(nearest->imag()) > 1e-7 * (1 + std::abs(nearest->real())) &&
          std::abs(nearest->real()) < 1e-3 * std::abs(nearest->imag()))
        found.push_back(at);
      if (at.unstable == before) return;
      a = at;
    }
  }

  Branch finished(const std::vector<Point>& line) const {
    Branch out;
    const auto add = [&](const Point& p) { out.points.push_back(equilibrium(p)); };
    const auto mark = [&](Bifurcation::Kind kind, const Point& p) {
      Bifurcation b;
      b.kind = kind, b.at = equilibrium(p);
      out.bifurcations.emplace_back(out.points.size(), std::move(b));
      add(p);
    };
    const auto hopfs = [&](const Point& a, const Point& b, int after) {
      std::vector<Point> found;
      find_hopf(a, b, after, found);
      for (const Point& p : found) {
        mark(Bifurcation::Kind::hopf, p);
        Bifurcation& h = out.bifurcations.back().second;
        double w = 0, least = std::numeric_limits<double>::infinity();
        for (const auto& value : p.eigenvalues)
          if (std::abs(value.real()) < least && value.imag() != 0)
            least = std::abs(value.real()), w = std::abs(value.imag());
        h.frequency_hz = 1000 * w / (2 * std::numbers::pi);
        h.lyapunov = lyapunov(p, w);
      }
    };
    if (at_threshold(line.front())) mark(Bifurcation::Kind::threshold, line.front());
    else add(line.front());
    for (std::size_t i = 0; i + 1 < line.size(); ++i) {
      const Point &a = line[i], &b = line[i + 1];
      const bool back = a.tangent[n_] < 0;
      if (back != (b.tangent[n_] < 0)) {
        const Point fold = last_of(a, b, [&](const Point& p) { return (p.tangent[n_] < 0) == back; });
        // one eigenvalue is 0 there; the others are as before and behind, save for pairs that cross the axis in between
        auto rest = fold.eigenvalues;
        rest.erase(
            std::min_element(rest.begin(), rest.end(), [](auto x, auto y) { return std::abs(x) < std::abs(y); }));
        const int others = unstable(rest);
        const auto of_parity = [&](int of) { return others + ((others ^ of) & 1); };
        hopfs(a, fold, of_parity(a.unstable));
        mark(Bifurcation::Kind::fold, fold);
        Point behind = fold;
        behind.unstable = of_parity(b.unstable);
        hopfs(behind, b, b.unstable);
      } else {
        hopfs(a, b, b.unstable);
      }
      if (i + 2 == line.size() && at_threshold(b)) mark(Bifurcation::Kind::threshold, b);
      else add(b);
    }
    out.first = end_of(line.front()), out.last = end_of(line.back());
    if (falls(out)) {
      std::swap(out.first, out.last);
      std::reverse(out.points.begin(), out.points.end());
      std::reverse(out.bifurcations.begin(), out.bifurcations.end());
      for (auto& [index, b] : out.bifurcations) index = out.points.size() - 1 - index;
    }
    return out;
  }
  /// From a higher input to a lower, or between two points of one input from a higher v to a lower.
  static bool falls(const Branch& b) {
    const Equilibrium &first = b.points.front(), &last = b.points.back();
    return first.I != last.I ? first.I > last.I : first.y[0] > last.y[0];
  }
  Branch::End end_of(const Point& p) const {
    using Kind = Branch::End::Kind;
    const double I = snapped(input(p.z));
    if (I == from_ || I == to_) return {Kind::input, {}};
    if (at_threshold(p)) return {Kind::threshold, {}};
    const Index k = left(p.z, 1e-9);
    const std::string at = with_unit(std::stod(fmt::format("{:.6g}", I)), e_.input_unit());
    if (k == n_) return {Kind::jump, fmt::format("the equations jump at {}", at)};
    const hk_field& f = e_.model().state[e_.free()[static_cast<std::size_t>(k)]];
    return {Kind::range, fmt::format("{} leaves its range, {} to {}, at {}", f.name, fmt::format("{:.10g}", f.low),
                                     with_unit(f.high, f.unit), at)};
  }
  /// An end that the threshold has made: it lies there within rounding, and the states move as far as v does.
  bool at_threshold(const Point& p) const {
    return std::abs(threshold(p)) <= 1e-9 * (1 + std::abs(p.z[0] * scale_[0]));
  }

  /// Kuznetsov (2004), section 5.4: with <p, q> = 1 the amplitude z along q obeys z' = i w z + c z |z|^2,
  /// Re c = 1/2 Re(<p, C(q, q, q*)> - 2 <p, B(q, A^-1 B(q, q*))> + <p, B(q*, (2 i w - A)^-1 B(q, q))>). The first state
  /// is 2 Re(q_1 z), so that its own amplitude grows by Re c/|2 q_1|^2. B and C are differences of the model's own
  /// tangent, along directions of the size of the branch.
  double lyapunov(const Point& at, double w) const {
    using Complex = std::complex<double>;
    using ComplexVector = Eigen::VectorXcd;
    const Vector y = states(at.z);
    const double I = input(at.z);
    const Matrix a = slopes_of(e_, y.data(), I).leftCols(n_);
    const auto vector_of = [&](const Matrix& m, double frequency) {
      const Eigen::ComplexEigenSolver<Eigen::MatrixXcd> solver(m.cast<Complex>());
      Index best = 0;
      for (Index k = 1; k < n_; ++k)
        if (std::abs(solver.eigenvalues()[k] - Complex(0, frequency)) <
            std::abs(solver.eigenvalues()[best] - Complex(0, frequency)))
          best = k;
      return ComplexVector(solver.eigenvectors().col(best));
    };
    ComplexVector q = vector_of(a, w), p = vector_of(a.transpose(), -w);
    q.normalize();
    p /= std::conj(p.dot(q));  // dot conjugates its left side
    const auto size = [&](const Vector& u) { return u.cwiseQuotient(scale_.head(n_)).cwiseAbs().maxCoeff(); };
    const auto slope = [&](const Vector& from, const Vector& along) {
      Vector out(n_);
      e_.slope_along(from.data(), I, along.data(), out.data());
      return out;
    };
    const auto b_real = [&](const Vector& u, const Vector& v) -> Vector {
      if (size(u) == 0) return Vector::Zero(n_);
      const double h = 1e-5 / size(u);
      return (slope(y + h * u, v) - slope(y - h * u, v)) / (2 * h);
    };
    const auto c_real = [&](const Vector& u, const Vector& v) -> Vector {  // C(u, u, v)
      if (size(u) == 0) return Vector::Zero(n_);
      const double h = 2e-4 / size(u);
      return (slope(y + h * u, v) - 2 * slope(y, v) + slope(y - h * u, v)) / (h * h);
    };
    const auto b = [&](const ComplexVector& u, const ComplexVector& v) -> ComplexVector {
      const Vector ur = u.real(), ui = u.imag(), vr = v.real(), vi = v.imag();
      const Complex i(0, 1);
      return b_real(ur, vr) - b_real(ui, vi) + i * (b_real(ur, vi) + b_real(ui, vr)).cast<Complex>();
    };
    const Vector qr = q.real(), qi = q.imag();
    const Complex i(0, 1);
    const ComplexVector c =
        (c_real(qr, qr) + c_real(qi, qr)).cast<Complex>() + i * (c_real(qr, qi) + c_real(qi, qi)).cast<Complex>();
    const ComplexVector q_bar = q.conjugate();
    const Eigen::MatrixXcd complex_a = a.cast<Complex>();
    const ComplexVector first = complex_a.fullPivLu().solve(b(q, q_bar));
    const Eigen::MatrixXcd twice = 2.0 * i * w * Eigen::MatrixXcd::Identity(n_, n_) - complex_a;
    const ComplexVector second = twice.fullPivLu().solve(b(q, q));
    const Complex sum = p.dot(c) - 2.0 * p.dot(b(q, first)) + p.dot(b(q_bar, second));
    return 0.5 * sum.real() / (4 * std::norm(q[0]));
  }

  const SteadyState& e_;
  Index n_;
  double from_, to_, longest_ = 0.05;
  Vector scale_, low_, high_;
  std::vector<std::vector<Point>> branches_;
};

}  // namespace

// --- The equations
// ------------------------------------------------------------------------------------------------------

SteadyState::SteadyState(const Neuron& neuron, const std::vector<double>& base, std::uint32_t varied)
    : neuron_(neuron),
      model_(neuron.spec->equations()),
      base_(base),
      varied_(varied),
      p_(parameter_rows(neuron.spec->model)),
      x_(model_.n_state, HK_LANES),
      in_(input_rows(neuron)),
      dx_(model_.n_state, HK_LANES),
      x1_(model_.n_state, HK_LANES),
      p1_(model_.n_params + model_.n_derived, HK_LANES),
      in1_(model_.n_inputs, HK_LANES) {
  for (std::uint32_t k = 0; k < model_.n_state; ++k)
    if (!(neuron.spec->simulate.clamped >> k & 1)) free_.push_back(k);
}

std::vector<double> SteadyState::state(const double* y) const {
  std::vector<double> x = base_;
  for (std::size_t i = 0; i < free_.size(); ++i) x[free_[i]] = y[i];
  return x;
}

double SteadyState::input() const { return varied_ < model_.n_inputs ? in_[varied_][0] : 0; }

void SteadyState::put(const double* y, double I) const {
  for (std::uint32_t k = 0; k < model_.n_state; ++k) std::fill_n(x_[k], HK_LANES, base_[k]);
  for (std::size_t i = 0; i < free_.size(); ++i) std::fill_n(x_[free_[i]], HK_LANES, y[i]);
  if (varied_ < model_.n_inputs) std::fill_n(in_[varied_], HK_LANES, I);
}

bool SteadyState::rhs(const double* y, double I, double* dydt) const {
  put(y, I);
  {
    const PluginCall inside(*neuron_.spec->model.plugin);
    model_.rhs(model_.context, HK_LANES, x_, p_, in_, dx_);
  }
  bool finite = true;
  for (std::size_t i = 0; i < free_.size(); ++i) dydt[i] = dx_[free_[i]][0], finite = finite && std::isfinite(dydt[i]);
  return finite;
}

bool SteadyState::slopes(const double* y, double I, double* columns) const {
  put(y, I);
  const hk_tangent& tangent = *neuron_.spec->model.plugin->tangent();
  const std::size_t n = free_.size();
  bool finite = true;
  // each lane one direction
  for (std::size_t first = 0; first <= n; first += HK_LANES) {
    const std::size_t count = std::min<std::size_t>(HK_LANES, n + 1 - first);
    for (std::uint32_t k = 0; k < model_.n_state; ++k) std::fill_n(x1_[k], HK_LANES, 0.0);
    for (std::uint32_t k = 0; k < model_.n_inputs; ++k) std::fill_n(in1_[k], HK_LANES, 0.0);
    for (std::size_t j = 0; j < count; ++j)
      if (first + j < n) x1_[free_[first + j]][j] = 1;
      else if (varied_ < model_.n_inputs) in1_[varied_][j] = 1;
    {
      const PluginCall inside(*neuron_.spec->model.plugin);
      tangent.rhs(model_.context, HK_LANES, x_, p_, in_, x1_, p1_, in1_, dx_);
    }
    for (std::size_t j = 0; j < count; ++j)
      for (std::size_t i = 0; i < n; ++i)
        columns[(first + j) * n + i] = dx_[free_[i]][j], finite = finite && std::isfinite(dx_[free_[i]][j]);
  }
  return finite;
}

void SteadyState::slope_along(const double* y, double I, const double* direction, double* out) const {
  put(y, I);
  for (std::uint32_t k = 0; k < model_.n_state; ++k) std::fill_n(x1_[k], HK_LANES, 0.0);
  for (std::uint32_t k = 0; k < model_.n_inputs; ++k) std::fill_n(in1_[k], HK_LANES, 0.0);
  for (std::size_t i = 0; i < free_.size(); ++i) std::fill_n(x1_[free_[i]], HK_LANES, direction[i]);
  const PluginCall inside(*neuron_.spec->model.plugin);
  neuron_.spec->model.plugin->tangent()->rhs(model_.context, HK_LANES, x_, p_, in_, x1_, p1_, in1_, dx_);
  for (std::size_t i = 0; i < free_.size(); ++i) out[i] = dx_[free_[i]][0];
}

double SteadyState::threshold(const double* y, double I) const {
  if (!model_.threshold || !model_.reset) return -1;
  put(y, I);
  Rows g(1, HK_LANES);
  const PluginCall inside(*neuron_.spec->model.plugin);
  model_.threshold(model_.context, HK_LANES, x_, p_, in_, g[0]);
  return g[0][0];
}

std::vector<double> SteadyState::guess(double v) const {
  std::vector<double> x = base_;
  if (free_.empty()) return {};
  x[free_[0]] = v;
  if (model_.initial) {
    for (std::uint32_t k = 0; k < model_.n_state; ++k) std::fill_n(x_[k], HK_LANES, x[k]);
    const PluginCall inside(*neuron_.spec->model.plugin);
    model_.initial(model_.context, HK_LANES, x_, p_, in_, dx_);
    for (const std::uint32_t k : free_)
      if (k != free_[0] && std::isfinite(dx_[k][0])) x[k] = dx_[k][0];
  }
  std::vector<double> y;
  for (const std::uint32_t k : free_) y.push_back(x[k]);
  return y;
}

// --- One equilibrium
// ------------------------------------------------------------------------------------------------------

bool equilibrium_near(const SteadyState& e, double I, std::vector<double>& y) {
  const Index n = whole(e.size());
  Vector at = Eigen::Map<Vector>(y.data(), n), f(n), f_next(n);
  bool finite = e.rhs(at.data(), I, f.data());
  for (int iteration = 0; iteration < 200 && finite; ++iteration) {
    const Matrix jacobian = slopes_of(e, at.data(), I).leftCols(n);
    const Vector step = jacobian.fullPivLu().solve(-f);
    if (!step.allFinite()) return false;
    if (step.cwiseAbs().maxCoeff() <=
        1e-10 * (1 + at.cwiseAbs().maxCoeff())) {  // quadratic: the next would be rounding
      at += step;
      std::copy_n(at.data(), n, y.begin());
      return true;
    }
    double damping = 1;
    Vector next = at + step;
    finite = e.rhs(next.data(), I, f_next.data());
    while (damping > 1e-6 && !(finite && f_next.norm() < f.norm()))
      damping *= 0.5, next = at + damping * step, finite = e.rhs(next.data(), I, f_next.data());
    if (damping <= 1e-6) return false;
    at = next, f = f_next;
  }
  return false;
}

Eigenvalues eigenvalues_at(const SteadyState& e, const double* y, double I) {
  return sorted_eigenvalues(slopes_of(e, y, I).leftCols(whole(e.size())));
}

std::string kind_of(const Eigenvalues& values) {
  if (values.empty()) return "";
  // two equal real ones differ by the root of the rounding, and then may seem to turn
  const bool turns = std::any_of(values.begin(), values.end(),
                                 [](std::complex<double> v) { return std::abs(v.imag()) > 1e-6 * std::abs(v); });
  const int out = unstable(values);
  if (out == 0) return turns ? "stable focus" : "stable node";
  if (out < static_cast<int>(values.size())) return turns ? "saddle-focus" : "saddle";
  return turns ? "unstable focus" : "unstable node";
}

// --- All of them
// ------------------------------------------------------------------------------------------------------------

Diagram follow_equilibria(const SteadyState& e, double from, double to) { return Continuation(e, from, to).run(); }

std::vector<Bifurcation> Diagram::bifurcations(Bifurcation::Kind kind) const {
  std::vector<Bifurcation> all;
  for (const Branch& b : branches)
    for (const auto& [index, bifurcation] : b.bifurcations)
      if (bifurcation.kind == kind) all.push_back(bifurcation);
  std::sort(all.begin(), all.end(), [](const Bifurcation& a, const Bifurcation& b) { return a.at.I < b.at.I; });
  return all;
}

std::vector<Equilibrium> equilibria_at(const SteadyState& e, const Diagram& diagram, double I) {
  std::vector<Equilibrium> all;
  for (const Branch& b : diagram.branches)
    for (std::size_t i = 0; i + 1 < b.points.size(); ++i) {
      const Equilibrium &p = b.points[i], &q = b.points[i + 1];
      const bool last = i + 2 == b.points.size();
      if (!((p.I <= I && I < q.I) || (q.I < I && I <= p.I) || (last && q.I == I))) continue;
      const double t = q.I == p.I ? 1 : (I - p.I) / (q.I - p.I);
      std::vector<double> y(p.y.size());
      for (std::size_t k = 0; k < y.size(); ++k) y[k] = p.y[k] + t * (q.y[k] - p.y[k]);
      if (!equilibrium_near(e, I, y)) continue;
      const auto same = [&](const Equilibrium& other) {
        return std::abs(other.y[0] - y[0]) <= 1e-9 * (1 + std::abs(y[0]));
      };
      if (std::any_of(all.begin(), all.end(), same)) continue;
      all.push_back({I, y, eigenvalues_at(e, y.data(), I)});
    }
  std::sort(all.begin(), all.end(), [](const Equilibrium& a, const Equilibrium& b) { return a.y[0] < b.y[0]; });
  return all;
}

Rheobase rheobase(const Diagram& diagram, double from) {
  using Kind = Branch::End::Kind;
  // Of the stable ends where I = `from` the one with the lowest v; without any, of those where v enters its range while
  // I rises.
  const Branch* rest = nullptr;
  bool backward = false;
  for (const Kind kind : {Kind::input, Kind::range}) {
    if (rest) break;
    double least = std::numeric_limits<double>::infinity();
    for (const Branch& b : diagram.branches)
      for (const bool at_last : {false, true}) {
        const std::size_t n = b.points.size();
        const Equilibrium &end = at_last ? b.points[n - 1] : b.points[0],
                          &next = at_last ? b.points[n - 2] : b.points[1];
        if ((at_last ? b.last : b.first).kind != kind || !end.stable()) continue;
        if (kind == Kind::input ? end.I != from : !(next.I > end.I && next.y[0] > end.y[0])) continue;
        if (end.y[0] < least) least = end.y[0], rest = &b, backward = at_last;
      }
  }
  if (!rest) return {0, "not defined: there is no stable equilibrium at the low end of the range"};
  if (const auto& all = rest->bifurcations; !all.empty())
    return {(backward ? all.back() : all.front()).second.at.I, {}};
  std::vector<Equilibrium> walk = rest->points;
  if (backward) std::reverse(walk.begin(), walk.end());
  for (const Equilibrium& p : walk)
    if (!p.stable()) return {p.I, {}};
  if (const Branch::End& end = backward ? rest->first : rest->last; !end.why.empty())
    return {0, fmt::format("not defined: {}, and rest is followed no further", end.why)};
  return {0, "not defined: rest is stable throughout the range"};
}

std::complex<double> impedance_at(const SteadyState& e, const Equilibrium& at, double frequency_hz) {
  const Index n = whole(e.size());
  const Matrix all = slopes_of(e, at.y.data(), at.I);
  const std::complex<double> iw(0, 2 * std::numbers::pi * frequency_hz / 1000);
  const Eigen::MatrixXcd a = iw * Eigen::MatrixXcd::Identity(n, n) - all.leftCols(n).cast<std::complex<double>>();
  return Eigen::VectorXcd(a.fullPivLu().solve(all.col(n).cast<std::complex<double>>()))[0];
}

}  // namespace hillock
