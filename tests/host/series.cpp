// Truncated power series as numbers, and what every model makes of them.
#include "hillock/series.hpp"

#include <doctest/doctest.h>
#include <cstring>

#include <complex>
#include <numbers>

#include "harness.hpp"

using namespace hillock;
using namespace hillock::test;

namespace {

using Complex = std::complex<double>;
// what std::complex has not
Complex expm1(const Complex& z) { return std::exp(z) - 1.0; }
Complex log1p(const Complex& z) { return std::log(1.0 + z); }
Complex exprelr(const Complex& z) { return z / (std::exp(z) - 1.0); }

constexpr std::uint32_t order = 24;

/// Coefficients of f(x(t)) for a polynomial x, and whether anything was compared.
template <class F> std::vector<double> coefficients(F&& f, const std::vector<double>& x, bool* compared = nullptr) {
  std::vector<double> slots(100 * Replay::slot, NAN), out;  // whatever stands in them must not matter
  for (std::uint32_t k = 0; k <= order; ++k) {
    Replay r{.next = slots.data(), .degree = k, .first = k == 0, .inverse = k == 0 ? 0 : 1. / k};
    out.push_back(Series(f(Series(k < x.size() ? x[k] : 0, r))).coefficient(r));
    if (compared) *compared = r.compared;
  }
  return out;
}

/// The same by Cauchy's integral over a circle of this radius: the trapezoidal rule is exact to rounding within the
/// radius of convergence.
template <class F> std::vector<Complex> by_cauchy(F&& f, const std::vector<double>& x, double radius) {
  constexpr int n = 512;
  std::vector<Complex> values, out;
  for (int i = 0; i < n; ++i) {
    const Complex t = std::polar(radius, 2 * std::numbers::pi * i / n);
    Complex at = 0;
    for (std::size_t k = x.size(); k-- > 0;) at = at * t + x[k];
    values.push_back(f(at));
  }
  for (std::uint32_t k = 0; k <= order; ++k) {
    Complex sum = 0;
    for (int i = 0; i < n; ++i)
      sum += values[static_cast<std::size_t>(i)] * std::polar(1.0, -2 * std::numbers::pi * i * k / n);
    out.push_back(sum / (n * std::pow(radius, k)));
  }
  return out;
}

/// f over series has the coefficients of Cauchy's integral and the slope of dual numbers.
template <class F>
void check_series(const char* name, F&& f, const std::vector<double>& x, double radius, double dual = 1e-13) {
  CAPTURE(name);
  CAPTURE(x[0]);
  const auto c = coefficients(f, x);
  const auto exact = by_cauchy(f, x, radius);
  double largest = 0, worst = 0;
  for (std::uint32_t k = 0; k <= order; ++k) {
    const double scale =
        std::pow(radius, k);  // on the circle, where the integral's own rounding is the same for all degrees
    largest = std::max(largest, std::abs(exact[k]) * scale);
    worst = std::max(worst, std::abs(c[k] - exact[k]) * scale);
  }
  CHECK(worst < 2e-13 * largest);
  const Dual d = f(Dual(x[0], x[1]));
  CHECK(std::abs(c[0] - d.value) <= dual * std::abs(d.value));
  CHECK(std::abs(c[1] - d.slope) <= dual * (std::abs(d.slope) + std::abs(d.value)));
}

/// One neuron of a model at its defaults, as its series sees it.
struct Neuron {
  explicit Neuron(const Plugin& plugin) : m(plugin.model()), p(m.n_params + m.n_derived), in(m.n_inputs) {
    Batch batch(plugin, 1);
    hk_out rows = batch.p;
    if (m.derive) m.derive(m.context, batch.lanes(), batch.p, rows + m.n_params);
    for (std::size_t k = 0; k < p.size(); ++k) p[k] = batch.p[k][0];
    for (std::uint32_t k = 0; k < m.n_state; ++k) x.push_back(m.state[k].value);
    for (std::uint32_t k = 0; k < m.n_inputs; ++k) in[k] = k == 0 ? strong(m.inputs[k]) : m.inputs[k].value;
    series = static_cast<const hk_taylor*>(plugin.get(HK_TAYLOR));
    single = static_cast<const hk_single*>(plugin.get(HK_SINGLE));
  }
  /// False if the equations branch.
  bool expand(std::uint32_t degree, std::uint64_t frozen = 0) {
    c.assign(m.n_state * (degree + 1), NAN), g.assign(degree + 1, NAN);
    for (std::uint32_t k = 0; k < m.n_state; ++k) c[k * (degree + 1)] = x[k];
    std::vector<double> workspace(series->workspace + 1, NAN);
    workspace.back() = 12345;
    const auto refused = series->expand(m.context, degree, p.data(), 1, in.data(), frozen, nullptr, c.data(), g.data(),
                                        workspace.data());
    CHECK(workspace.back() == 12345);
    return refused == 0;
  }
  const hk_model& m;
  std::vector<double> p, in, x, c, g;  // c[state * (order + 1) + degree]
  const hk_taylor* series;
  const hk_single* single;
};

const Plugin& taylor() { return plugins().load("taylor", HK_ROLE_INTEGRATOR); }
Settings to(double tolerance) { return {{"tolerance", tolerance}}; }

}  // namespace

TEST_SUITE("series") {
  TEST_CASE("each operation has the coefficients of the exact function") {
    const std::vector<double> x{0.4, 0.7, -0.3};  // within 0.5 of t = 0 away from every singularity below
    const double r = 0.4;
#define CHECK_SERIES(expression) \
  check_series(                  \
      #expression, [](const auto& v) { return expression; }, x, r)
    CHECK_SERIES(v + v);
    CHECK_SERIES(3.0 - v);
    CHECK_SERIES(v - 3.0);
    CHECK_SERIES(-v * 2.0 + 1.0);
    CHECK_SERIES(v / 3.0);
    CHECK_SERIES(v * v);
    CHECK_SERIES(v * v * v - v);
    CHECK_SERIES((v * v) * (1.0 + v) * (v - 2.0));
    CHECK_SERIES(1.0 / (2.0 + v));
    CHECK_SERIES(v / (2.0 + v * v));
    CHECK_SERIES(exp(2.0 * v));
    CHECK_SERIES(expm1(v));
    CHECK_SERIES(log(3.0 + v));
    CHECK_SERIES(log1p(v));
    CHECK_SERIES(sqrt(2.0 + v));
    CHECK_SERIES(sin(3.0 * v));
    CHECK_SERIES(cos(3.0 * v));
    CHECK_SERIES(tanh(v));
    CHECK_SERIES(sinh(v));
    CHECK_SERIES(cosh(v));
    CHECK_SERIES(pow(v, 3.0));
    CHECK_SERIES(pow(v, 13.0));
    CHECK_SERIES(pow(2.0 + v, 0.7));
    CHECK_SERIES(pow(2.0 + v, -2.0));
    CHECK_SERIES(pow(2.0 + v, v));
    CHECK_SERIES(pow(2.0, v));
    CHECK_SERIES(exp(v) / (1.0 + exp(-v)) + tanh(v * v) * exprelr(v));
#undef CHECK_SERIES
    // a whole power does not need its base to differ from 0
    const auto fourth = coefficients([](const auto& v) { return pow(v, 4.0); }, {0, 1});
    for (std::uint32_t k = 0; k <= order; ++k) CHECK(fourth[k] == (k == 4 ? 1 : 0));
  }

  TEST_CASE("exprelr is a series at, near and far from 0") {
    const auto f = [](const auto& v) { return exprelr(v); };
    // circles of radius 1 that neither come near the poles at 2 pi i n nor meet 0, where the reference has no digits
    for (const double x0 : {0.0, 1e-12, 1e-3, -1e-3, 0.4, -0.4, 3.0, -3.0, 7.9, -7.9, 8.1, -8.1, 30.0, -30.0})
      for (const double x1 : {1.0, 2.5})
        check_series("exprelr", f, {x0, x1, 0.3}, 1, 3e-10);  // dual numbers divide by exp(x) - 1 from |x| = 1e-3 on
    // Bernoulli's numbers
    const auto c = coefficients(f, {0, 1});
    CHECK(c[0] == doctest::Approx(1).epsilon(1e-15));
    CHECK(c[1] == doctest::Approx(-0.5).epsilon(1e-15));
    CHECK(c[2] == doctest::Approx(1 / 12.).epsilon(1e-14));
    CHECK(std::abs(c[3]) < 1e-16);
    CHECK(c[4] == doctest::Approx(-1 / 720.).epsilon(1e-13));
    CHECK(c[6] == doctest::Approx(1 / 30240.).epsilon(1e-12));
  }

  TEST_CASE("a series records that it was compared, a constant does not") {
    const std::vector<double> x{1, 1};
    bool compared = true;
    CHECK(coefficients([](const Series& v) { return select(Series(1.0) < 2.0, v, v * v); }, x, &compared)[2] == 0);
    CHECK_FALSE(compared);
    CHECK(coefficients([](const Series& v) { return select(Series(1.0) > 2.0, v, Series(3.0)); }, x, &compared)[1] ==
          0);
    CHECK_FALSE(compared);
    for (const auto& f :
         {+[](const Series& v) { return select(v < 2.0, v, v * v); }, +[](const Series& v) { return abs(v); },
          +[](const Series& v) { return min(v, Series(2.0)); }, +[](const Series& v) { return max(Series(2.0), v); },
          +[](const Series& v) { return select(3.0 >= v, v, Series(1.0)); }}) {
      compared = false;
      coefficients(f, x, &compared);
      CHECK(compared);
    }
  }

  TEST_CASE("the series of every model begins with its equations and their tangent, and solves them") {
    std::vector<std::string> refused;
    for (const Plugin* plugin : plugins_of(HK_ROLE_MODEL)) {
      CAPTURE(plugin->id);
      if (!plugin->get(HK_TAYLOR)) continue;  // written in C
      Neuron n(*plugin);
      constexpr std::uint32_t degree = 20, row = degree + 1;
      if (!n.expand(degree)) {
        refused.push_back(plugin->id);
        continue;
      }
      std::vector<double> dx(n.m.n_state);
      n.single->rhs(n.m.context, n.x.data(), n.p.data(), n.in.data(), dx.data());
      // the second derivative is the slope of the equations along dx
      Rows p(n.p.size(), HK_LANES), p1(n.p.size(), HK_LANES), x(n.m.n_state, HK_LANES), x1(n.m.n_state, HK_LANES),
          in(n.m.n_inputs, HK_LANES), in1(n.m.n_inputs, HK_LANES), slope(n.m.n_state, HK_LANES);
      const auto put = [](Rows& rows, const std::vector<double>& values) {
        for (std::size_t k = 0; k < values.size(); ++k) std::fill_n(rows[k], HK_LANES, values[k]);
      };
      put(p, n.p), put(x, n.x), put(x1, dx), put(in, n.in);
      plugin->tangent()->rhs(plugin->model().context, HK_LANES, x, p, in, x1, p1, in1, slope);
      double speed = 0;  // sums of large currents round by as much
      for (const double d : dx) speed = std::max(speed, std::abs(d));
      for (std::uint32_t k = 0; k < n.m.n_state; ++k) {
        CHECK(n.c[k * row + 1] == doctest::Approx(dx[k]).epsilon(1e-12));
        CHECK(std::abs(2 * n.c[k * row + 2] - slope[k][0]) <= 1e-11 * (std::abs(slope[k][0]) + speed));
      }
      // within a third of its radius of convergence the series solves the equations, and g is the threshold along it
      double h = 1;
      for (std::uint32_t k = 0; k < n.m.n_state; ++k)
        h = std::min(h, std::pow((1 + std::abs(n.x[k])) / (std::abs(n.c[k * row + degree]) + 1e-30), 1. / degree) / 3);
      std::vector<double> there(n.m.n_state), speeds(n.m.n_state);
      double g = 0;
      for (std::size_t j = row; j-- > 0;) {
        for (std::uint32_t k = 0; k < n.m.n_state; ++k) {
          if (j > 0) speeds[k] = speeds[k] * h + static_cast<double>(j) * n.c[k * row + j];
          there[k] = there[k] * h + n.c[k * row + j];
        }
        g = g * h + n.g[j];
      }
      n.single->rhs(n.m.context, there.data(), n.p.data(), n.in.data(), dx.data());
      for (std::uint32_t k = 0; k < n.m.n_state; ++k)
        CHECK(std::abs(speeds[k] - dx[k]) <= 1e-7 * (std::abs(dx[k]) + speed));
      if (n.single->threshold)
        CHECK(n.single->threshold(n.m.context, there.data(), n.p.data(), n.in.data()) ==
              doctest::Approx(g).epsilon(1e-9));
      // a frozen state stands still
      REQUIRE(n.expand(5, 1));
      for (std::uint32_t k = 1; k <= 5; ++k) CHECK(n.c[k] == 0);
    }
    // these cut their exponential off at the peak, or change their equations with v
    for (const char* id : {"eif", "izhikevich_2007"})
      CHECK(std::find(refused.begin(), refused.end(), id) != refused.end());
    for (const char* id :
         {"nagumo", "izhikevich", "lif", "hodgkin_huxley", "wang_buzsaki", "morris_lecar", "hindmarsh_rose"})
      CHECK(std::find(refused.begin(), refused.end(), id) == refused.end());
  }
}

TEST_SUITE("taylor") {
  TEST_CASE("FitzHugh-Nagumo after 10,000 time units is that of a method of order 8 in 80-bit numbers") {
    // 254 turns of the limit cycle
    Batch batch(plugins().load("nagumo", 0), 1);
    batch.set("I", 0.5).set("v", 0).set("w", 0).run(taylor(), to(1e-13), 10'000);
    CHECK(std::abs(batch.x[0][0] - 0.6157397672599297871) < 1e-9);
    CHECK(std::abs(batch.x[1][0] - 1.389664141375402942) < 1e-9);
  }

  TEST_CASE("the estimate of the error decides where the last terms of the series do not") {
    // one and a half turns of the limit cycle stretch what a step errs to 13 tolerances; an estimate too small by the
    // order of the method, to 80
    const auto nagumo = [](double tolerance) {
      Batch batch(plugins().load("nagumo", 0), 1);
      batch.set("I", 0.5).set("v", 0.5).set("w", 0.2).run(taylor(), to(tolerance), 60, 1);
      return batch.samples(0);
    };
    const auto exact = nagumo(1e-14);
    const auto x = nagumo(1e-12);
    double largest = 0;
    for (std::size_t k = 0; k < x.size(); ++k) largest = std::max(largest, std::abs(x[k] - exact[k]));
    CHECK(largest < 30e-12);
  }

  TEST_CASE("a model that branches and does not tell where, or without a series, is refused with a remedy") {
    const Plugin& model = plugins().load("izhikevich_2007", 0);
    Batch branches(model, 1);
    branches.offers = [&](const char* id) { return std::strcmp(id, HK_SINGLE) ? model.get(id) : nullptr; };
    CHECK(sentence([&] { branches.run(taylor(), to(1e-6), 1); })
              .find("the model's equations compare numbers that change with time, so that they have no one Taylor "
                    "series: use dopri5, fehlberg78 or rosenbrock4") != std::string::npos);
    Batch plain(plugins().load("plain_c", 0), 1);
    CHECK(sentence([&] {
            plain.run(taylor(), to(1e-6), 1);
          }).find("the model gives no Taylor series of its equations: use dopri5, fehlberg78 or rosenbrock4") !=
          std::string::npos);
  }

  TEST_CASE("inputs that vary need their series, and a host without them is told") {
    Batch batch(plugins().load("decay", 0), 1);
    batch.shape = [](double t) { return t; };
    CHECK(sentence([&] {
            batch.run(taylor(), to(1e-6), 1);
          }).find("the host gives no Taylor series of inputs that vary: use dopri5, fehlberg78 or rosenbrock4") !=
          std::string::npos);
  }

  TEST_CASE("samples taken together have the bits of samples taken one by one") {
    const auto samples = [](int stretches) {
      Batch batch(plugins().load("nagumo", 0), 1);
      batch.set("I", 0.5).run(taylor(), to(1e-9), 60, 1, stretches);
      // the last one is the end of the last step, which is computed by itself
      CHECK(same_bits({batch.samples(0)[1198], batch.samples(0)[1199]}, {batch.x[0][0], batch.x[1][0]}));
      return batch.samples(0);
    };
    Batch one(plugins().load("nagumo", 0), 1);
    // the step does not depend on the samples, so that every third of them is the same number
    one.set("I", 0.5).run(taylor(), to(1e-9), 60, 3);
    const auto all = samples(1), some = one.samples(0);
    REQUIRE(all.size() == 1200);  // steps hold up to some 50 of them
    REQUIRE(some.size() == 400);
    for (std::size_t k = 0; k < 200; ++k)
      CHECK(same_bits({some[2 * k], some[2 * k + 1]}, {all[6 * k + 4], all[6 * k + 5]}));
  }
}
