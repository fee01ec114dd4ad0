// Models without units: FitzHugh 1961 against the form of 1969, Hindmarsh-Rose against the algebra of its polynomials.
#include <doctest/doctest.h>

#include "equilibria.hpp"

using namespace hillock;
using namespace hillock::test;

namespace {

Settings located(double dt) { return {{"dt", dt}, {"spikes", "located"}}; }

}  // namespace

TEST_SUITE("fitzhugh_1961") {
  TEST_CASE("rest and Hopf points are the paper's with x = -v and z = -I") {
    const std::vector<double> x = Equations("fitzhugh_1961", "bvp", {}, 0).equilibrium({-1, -0.5});
    CHECK(std::abs(x[0] + 1.199408035244) < 1e-11);
    CHECK(std::abs(x[1] + 0.624260044055) < 1e-11);
    const Hopf lower = hopf("fitzhugh_1961", "bvp", {}, 0.2, 0.6, {-1, -0.3});
    const Hopf upper = hopf("fitzhugh_1961", "bvp", {}, 1.2, 1.6, {1, 2});
    CHECK(std::abs(lower.I - 0.346477963220) < 1e-11);
    CHECK(std::abs(upper.I - 1.403522036780) < 1e-11);
    CHECK(std::abs(lower.v + 0.9545214042) < 1e-10);
    CHECK(std::abs(upper.v - 0.9545214042) < 1e-10);
  }

  TEST_CASE("the equations are those of the paper, whose signs are turned round") {
    // x' = c (y + x - x^3/3 + z), y' = -(x - a + b y)/c
    const double a = 0.65, b = 0.75, c = 2.5, x = 0.4, y = -0.3, z = -0.2;
    const Numbers params{{"a", a}, {"b", b}, {"c", c}, {"time_scale", 4}};
    const std::vector<double> d = Equations("fitzhugh_1961", "", params, -z).rhs({-x, y});
    CHECK(-d[0] * 4 == doctest::Approx(c * (y + x - x * x * x / 3 + z)).epsilon(1e-14));
    CHECK(d[1] * 4 == doctest::Approx(-(x - a + b * y) / c).epsilon(1e-14));
  }

  TEST_CASE("its cycle under z = -0.4 has the converged period and range") {
    Batch batch(plugins().load("fitzhugh_1961", 0), 1);
    batch.preset("bvp").set("I", 0.4).run(plugins().load("rk4", 0), located(0.005), 200, 1);
    const std::vector<double>& t = batch.spikes[0];
    REQUIRE(t.size() > 10);
    // rk4 at this step errs by less than 1e-8 in the period
    CHECK(std::abs(t.back() - t[t.size() - 2] - 11.22788676) < 1e-6);
    const std::vector<double> x = batch.samples(0);
    double low = 0, high = 0;
    for (std::size_t k = x.size() / 2; k < x.size(); k += 2) low = std::min(low, x[k]), high = std::max(high, x[k]);
    // samples miss the extremes by half of v'' dt^2/4 at most
    CHECK(std::abs(low + 1.965809) < 1e-4);
    CHECK(std::abs(high - 1.749654) < 1e-4);
  }

  TEST_CASE("it is the form of 1969 with epsilon = 1/c^2, c of whose units of time are one of its own") {
    constexpr double c = 3;
    Batch of_1961(plugins().load("fitzhugh_1961", 0), 1), of_1969(plugins().load("nagumo", 0), 1);
    const auto start = [](Batch& b) { b.set("v", 1.2).set("I", 0.42); };
    start(of_1961), start(of_1969);
    of_1961.preset("bvp").set("y", -0.5).set("v", 1.2);
    of_1969.preset("fitzhugh_1961").set("w", -0.5);
    of_1961.run(plugins().load("rk4", 0), located(0.01), 50, 100);
    of_1969.run(plugins().load("rk4", 0), located(0.01 * c), 50 * c, 100);
    const std::vector<double> a = of_1961.samples(0), b = of_1969.samples(0);
    REQUIRE(a.size() == 100);
    REQUIRE(b.size() == 100);
    // the same steps of the same numbers but for rounding, which an orbit does not amplify much
    for (std::size_t k = 0; k < a.size(); ++k) CHECK(std::abs(a[k] - b[k]) < 1e-10);
    REQUIRE(of_1961.spikes[0].size() == of_1969.spikes[0].size());
    REQUIRE(of_1961.spikes[0].size() >= 3);
    for (std::size_t i = 0; i < of_1961.spikes[0].size(); ++i)
      CHECK(std::abs(c * of_1961.spikes[0][i] - of_1969.spikes[0][i]) < 1e-9);
  }
}

TEST_SUITE("hindmarsh_rose") {
  TEST_CASE("without current it rests at v = -(1 + sqrt 5)/2, where the paper puts v_1") {
    // y = 1 - 5 v^2 = v^3 - 3 v^2 has the roots -1 and (-1 +- sqrt 5)/2
    const double v_1 = -(1 + std::sqrt(5.)) / 2;
    for (const double s : {1.0, 4.0}) {
      const Equations f("hindmarsh_rose", "bursting", {{"v_1", v_1}, {"s", s}}, 0);
      const std::vector<double> x = f.equilibrium({-1.6, -12, 0});
      CHECK(std::abs(x[0] - v_1) < 1e-12);
      CHECK(std::abs(x[1] - (1 - 5 * v_1 * v_1)) < 1e-11);
      CHECK(std::abs(x[2]) < 1e-12);
      for (const std::complex<double> z : f.jacobian(x).eigenvalues()) CHECK(z.real() < 0);
    }
  }

  TEST_CASE("with the adaptation held, rest ends in a fold at I - z = 5/27, v = -4/3") {
    // v^3 + 2 v^2 - 1 = I - z has its maximum below v = -1 at v = -4/3
    const auto determinant = [](double v) {
      const Equations f("hindmarsh_rose", "bursting", {}, v * v * v + 2 * v * v - 1);
      const Eigen::MatrixXd j = f.jacobian({v, 1 - 5 * v * v, 0});
      return j(0, 0) * j(1, 1) - j(0, 1) * j(1, 0);
    };
    CHECK(std::abs(sign_change(determinant, -1.6, -1.1) + 4 / 3.) < 1e-12);
    const double fold = 5 / 27.;
    for (const double z : {0.0, 1.5}) {
      Batch batch(plugins().load("hindmarsh_rose", 0), 2);
      batch.clamped = 4;
      batch.set("v", -1.6).set("y", 1 - 5 * 1.6 * 1.6).set("z", z);
      batch.set(0, "I", z + fold - 2e-3).set(1, "I", z + fold + 2e-3);
      batch.run(plugins().load("rk4", 0), located(0.05), 3000);
      CHECK(batch.spikes[0].empty());
      CHECK(batch.spikes[1].size() > 50);
    }
  }

  TEST_CASE("as the adaptation slows down, bursts begin at the fold of the fast equations") {
    // The slow passage through a fold is late by an amount that shrinks as r^(2/3).
    const double I = 2, fold = I - 5 / 27.;
    std::vector<double> late;
    for (const double r : {1e-4, 1e-5}) {
      Batch batch(plugins().load("hindmarsh_rose", 0), 1);
      batch.preset("bursting").set("r", r).set("I", I).set("v", -1.4).set("y", 1 - 5 * 1.4 * 1.4).set("z", fold + 0.08);
      const double end = 0.3 / r;
      batch.run(plugins().load("rk4", 0), located(0.1), end, 10);
      REQUIRE(!batch.spikes[0].empty());
      const auto sample = static_cast<std::size_t>(batch.spikes[0][0]) - 1;  // a sample a unit of time, the first at 1
      late.push_back(fold - batch.samples(0)[3 * sample + 2]);
    }
    CHECK(late[1] > 0);
    CHECK(late[1] < 0.02);
    // 10^(2/3) = 4.64 a decade
    CHECK(late[0] / late[1] == doctest::Approx(4.64).epsilon(0.15));
  }

  TEST_CASE("bursts repeat under I = 2, and differ from one another under I = 3.25 with r = 0.005") {
    // as the paper describes its figures: "regular" and "random" structure
    const auto intervals_between_bursts = [](const std::string& preset, double I) {
      Batch batch(plugins().load("hindmarsh_rose", 0), 1);
      batch.preset(preset).set("I", I).run(plugins().load("rk4", 0), located(0.05), 6000);
      const std::vector<double>& t = batch.spikes[0];
      std::vector<double> onset, between;
      for (std::size_t i = 1; i < t.size(); ++i)
        if (t[i] - t[i - 1] > 60) onset.push_back(t[i]);
      for (std::size_t i = 2; i < onset.size(); ++i) between.push_back(onset[i] - onset[i - 1]);
      return between;
    };
    const auto spread = [](const std::vector<double>& x) {
      return *std::max_element(x.begin(), x.end()) - *std::min_element(x.begin(), x.end());
    };
    const std::vector<double> regular = intervals_between_bursts("bursting", 2),
                              random = intervals_between_bursts("chaotic_bursting", 3.25);
    REQUIRE(regular.size() >= 4);
    REQUIRE(random.size() >= 10);
    CHECK(spread(regular) < 0.01 * regular[0]);
    CHECK(spread(random) > 0.2 * random[0]);
  }
}
