// Morris-Lecar against the exact bifurcations of its three published sets.
#include <doctest/doctest.h>

#include "equilibria.hpp"

using namespace hillock;
using namespace hillock::test;

namespace {

/// The steady current of the paper's equations at v: the I under which v is an equilibrium.
double steady_current(double v, double g_Ca, double V_3, double V_4) {
  const double m = (1 + std::tanh((v + 1.2) / 18)) / 2, w = (1 + std::tanh((v - V_3) / V_4)) / 2;
  return 2 * (v + 60) + g_Ca * m * (v - 120) + 8 * w * (v + 84);
}

/// Spikes of the preset under each current.
std::vector<std::vector<double>> spikes(const std::string& preset, double v, double w, double for_ms,
                                        const std::vector<double>& currents) {
  Batch batch(plugins().load("morris_lecar", 0), static_cast<std::uint32_t>(currents.size()));
  batch.preset(preset).set("v", v).set("w", w);
  for (std::uint32_t i = 0; i < currents.size(); ++i) batch.set(i, "I", currents[i]);
  batch.run(plugins().load("rk4", 0), {{"dt", 0.1}, {"spikes", "located"}}, for_ms);
  batch.spikes.resize(currents.size());
  return batch.spikes;
}

}  // namespace

TEST_SUITE("morris_lecar") {
  TEST_CASE("equilibria lie on the steady current of the paper") {
    for (const double I : {0.0, 50.0, 93.857618, 150.0, 212.018816}) {
      const double v = Equations("morris_lecar", "hopf", {}, I).equilibrium({-40, 0.1})[0];
      CHECK(steady_current(v, 4.4, 2, 30) == doctest::Approx(I).epsilon(1e-12));
    }
    for (const double v : {-60.0, -29.389777, 0.0, 20.0}) {
      const std::vector<double> x = Equations("morris_lecar", "saddle_node", {}, 0).initial(v);
      const std::vector<double> dx =
          Equations("morris_lecar", "saddle_node", {}, steady_current(v, 4, 12, 17.4)).rhs(x);
      CHECK(std::abs(dx[0]) < 1e-12);
      CHECK(std::abs(dx[1]) < 1e-15);
    }
  }

  TEST_CASE("each set has its Hopf points where they are exactly") {
    const Hopf lower = hopf("morris_lecar", "hopf", {}, 80, 110, {-26, 0.13});
    CHECK(std::abs(lower.I - 93.857618) < 1e-6);
    CHECK(std::abs(lower.v + 25.270105) < 1e-6);
    const Hopf upper = hopf("morris_lecar", "hopf", {}, 200, 230, {7, 0.6});
    CHECK(std::abs(upper.I - 212.018816) < 1e-6);
    CHECK(std::abs(upper.v - 7.800664) < 1e-6);
    CHECK(std::abs(hopf("morris_lecar", "saddle_node", {}, 90, 105, {4, 0.3}).I - 97.646164) < 1e-6);
    CHECK(std::abs(hopf("morris_lecar", "homoclinic", {}, 30, 45, {0, 0.2}).I - 36.316217) < 1e-6);
  }

  TEST_CASE("the folds of the saddle-node and homoclinic sets are those of the steady current") {
    // where an eigenvalue is 0 the determinant changes its sign along the branch
    for (const char* preset : {"saddle_node", "homoclinic"}) {
      const auto determinant = [&](double v) {
        const Equations f("morris_lecar", preset, {}, steady_current(v, 4, 12, 17.4));
        return f.jacobian(f.initial(v)).determinant();
      };
      const double first = sign_change(determinant, -40, -20), second = sign_change(determinant, -20, 0);
      CHECK(std::abs(first + 29.389777) < 1e-6);
      CHECK(std::abs(steady_current(first, 4, 12, 17.4) - 39.963153) < 1e-6);
      CHECK(std::abs(steady_current(second, 4, 12, 17.4) + 9.949039) < 1e-6);
    }
  }

  TEST_CASE("the saddle-node set fires above the fold alone, with the intervals of its normal form") {
    // Along the null direction r of the fold u' = alpha (I - fold) + beta u^2, so the passage takes pi/sqrt(alpha beta
    // (I - fold)).
    const double fold = 39.963153, v = -29.389777;
    const Equations f("morris_lecar", "saddle_node", {}, fold);
    const std::vector<double> x = f.initial(v);
    const Eigen::Matrix2d j = f.jacobian(x);
    const Eigen::Vector2d r(1, -j(1, 0) / j(1, 1)), left(1, -j(0, 1) / j(1, 1));
    constexpr double h = 1e-3;
    const auto along = [&](double step) {
      const std::vector<double> d = f.rhs({x[0] + step * r[0], x[1] + step * r[1]});
      return Eigen::Vector2d(d[0], d[1]);
    };
    const double alpha = left[0] / 20 / left.dot(r),
                 beta = left.dot(along(h) - 2 * along(0) + along(-h)) / (2 * h * h) / left.dot(r);
    const double slope = 3.14159265358979 / std::sqrt(alpha * beta);

    const auto trains = spikes("saddle_node", -30, 0.01, 6000, {fold - 0.01, fold + 0.01, fold + 0.04});
    CHECK(trains[0].empty());
    REQUIRE(trains[1].size() >= 2);
    REQUIRE(trains[2].size() >= 3);
    const auto last = [](const std::vector<double>& t) { return t.back() - t[t.size() - 2]; };
    // T = slope/sqrt(I - fold) + the rest of the cycle; the difference of the two is 10 - 5 slopes, the next order is
    // sqrt(I - fold)
    CHECK(last(trains[1]) - last(trains[2]) == doctest::Approx(5 * slope).epsilon(0.005));
  }

  TEST_CASE("the homoclinic set both rests and fires below its fold") {
    const std::vector<double> I{34, 38, 39.9};
    for (const auto& train : spikes("homoclinic", -40, 0.002, 1000, I)) CHECK(train.empty());
    const auto excited = spikes("homoclinic", 10, 0.1, 1000, I);
    CHECK(excited[0].empty());
    CHECK(excited[1].size() > 20);
    CHECK(excited[2].size() > 20);
  }

  TEST_CASE("the observed currents add up to the equation") {
    const std::vector<double> x{-12, 0.3};
    const Equations f("morris_lecar", "hopf", {}, 90);
    const std::vector<double> I = f.observe(x);
    CHECK(I[0] == doctest::Approx(4.4 * (1 + std::tanh(-10.8 / 18)) / 2 * (-132)).epsilon(1e-14));
    CHECK(I[1] == doctest::Approx(8 * 0.3 * 72).epsilon(1e-14));
    CHECK(I[2] == doctest::Approx(2 * 48).epsilon(1e-14));
    CHECK(20 * f.rhs(x)[0] == doctest::Approx(90 - I[0] - I[1] - I[2]).epsilon(1e-14));
    CHECK(f.rhs(x)[1] ==
          doctest::Approx(0.04 * std::cosh(-14 / 60.) * ((1 + std::tanh(-14 / 30.)) / 2 - 0.3)).epsilon(1e-14));
  }
}
