// The Rosenbrock method RODAS of order 4(3) for stiff equations (Hairer & Wanner 1996, Solving Ordinary Differential
// Equations II, section IV.7), with its dense output of order 3. Coefficients are those of Boost.Odeint, whose stepper
// stands on uBLAS, which C++20 no longer compiles: the linear algebra here is Eigen's. The Jacobian is exact: the
// model's own equations over dual numbers.
#define EIGEN_DONT_VECTORIZE  // systems of a few equations gain nothing
#include <Eigen/Dense>
#include <boost/numeric/odeint/stepper/rosenbrock4.hpp>
#include <hillock/adaptive.hpp>
using hillock::Equations, hillock::Options;

namespace {

class Scheme {
  using Vector = Eigen::VectorXd;
  using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

 public:
  static constexpr int order = 4;
  Scheme(Equations& f, const Options&) : f_(f), n_(static_cast<Eigen::Index>(f.size())), jacobian_(n_, n_), lu_(n_) {
    if (!f.has_tangent())
      throw hillock::BadInput("the model offers no derivatives of its equations, which rosenbrock4 needs: use dopri5");
    for (Vector* v : {&a_, &fa_, &b_, &fb_, &error_, &slope_, &in_time_, &third_, &fourth_}) v->setZero(n_);
  }
  void start(double t, const double* x) {
    std::copy_n(x, n_, a_.data());
    f_.rhs(t, a_.data(), fa_.data());
    known_ = false;
  }
  double attempt(double t, double h, double tolerance) {
    if (!known_) {  // a smaller step from the same point has the same Jacobian
      f_.jacobian(t, a_.data(), jacobian_.data());
      f_.rhs_in_time(t, 1e-4 * h, a_.data(), in_time_.data());
      known_ = true;
    }
    if (!jacobian_.allFinite() || !fa_.allFinite()) return std::numeric_limits<double>::quiet_NaN();
    lu_.compute(Matrix::Identity(n_, n_) / (c_.gamma * h) - jacobian_);
    const auto at = [&](double fraction) -> const Vector& {
      f_.rhs(t + fraction * h, b_.data(), slope_.data());
      return slope_;
    };
    g1_ = lu_.solve(fa_ + h * c_.d1 * in_time_);
    b_ = a_ + c_.a21 * g1_;
    g2_ = lu_.solve(at(c_.c2) + h * c_.d2 * in_time_ + c_.c21 / h * g1_);
    b_ = a_ + c_.a31 * g1_ + c_.a32 * g2_;
    g3_ = lu_.solve(at(c_.c3) + h * c_.d3 * in_time_ + (c_.c31 * g1_ + c_.c32 * g2_) / h);
    b_ = a_ + c_.a41 * g1_ + c_.a42 * g2_ + c_.a43 * g3_;
    g4_ = lu_.solve(at(c_.c4) + h * d4 * in_time_ + (c_.c41 * g1_ + c_.c42 * g2_ + c_.c43 * g3_) / h);
    b_ = a_ + c_.a51 * g1_ + c_.a52 * g2_ + c_.a53 * g3_ + c_.a54 * g4_;
    g5_ = lu_.solve(at(1) + (c_.c51 * g1_ + c_.c52 * g2_ + c_.c53 * g3_ + c_.c54 * g4_) / h);
    b_ += g5_;
    error_ = lu_.solve(at(1) + (c_.c61 * g1_ + c_.c62 * g2_ + c_.c63 * g3_ + c_.c64 * g4_ + c_.c65 * g5_) / h);
    b_ += error_;
    return hillock::largest_error(error_, a_, b_, tolerance);
  }
  void accept(double t) {
    third_ = c_.d21 * g1_ + c_.d22 * g2_ + c_.d23 * g3_ + c_.d24 * g4_ + c_.d25 * g5_;
    fourth_ = c_.d31 * g1_ + c_.d32 * g2_ + c_.d33 * g3_ + c_.d34 * g4_ + c_.d35 * g5_;
    f_.rhs(t, b_.data(), fb_.data());
  }
  void proceed() {
    a_ = b_, fa_ = fb_;
    known_ = false;
  }
  void at(double t0, double t1, double t, double* x) {
    const double s = (t - t0) / (t1 - t0);
    Eigen::Map<Vector>(x, n_) = (1 - s) * a_ + s * (b_ + (1 - s) * (third_ + s * fourth_));
  }
  const double* x0() const { return a_.data(); }
  const double* f0() const { return fa_.data(); }
  const double* x1() const { return b_.data(); }
  const double* f1() const { return fb_.data(); }

 private:
  Equations& f_;
  Eigen::Index n_;
  const boost::numeric::odeint::default_rosenbrock_coefficients<double> c_;
  const double d4 =
      -c_.d4;  // Odeint 1.74 has lost its sign: with the other one the order falls to 1 where the inputs vary with time
  Matrix jacobian_;
  Eigen::PartialPivLU<Matrix> lu_;
  Vector a_, fa_, b_, fb_, error_, slope_, in_time_, g1_, g2_, g3_, g4_, g5_, third_, fourth_;
  bool known_ = false;
};

}  // namespace

struct Rosenbrock4 : hillock::Controlled<Scheme> {
  static constexpr auto id = "rosenbrock4", version = "1.0.0", cite = "isbn:9783540604525",
                        meaning =
                            "Rosenbrock (RODAS), order 4, adaptive step, for stiff models; Jacobian from dual numbers";
  using Controlled::Controlled;
};
HILLOCK_ADAPTIVE_INTEGRATOR(Rosenbrock4)
