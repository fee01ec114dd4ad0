// Hodgkin-Huxley against its exact equilibrium and Hopf points, converged spike times, and the closed forms of voltage
// clamp.
#include <doctest/doctest.h>

#include <limits>

#include "equilibria.hpp"

using namespace hillock;
using namespace hillock::test;

namespace {

/// alpha and beta as the paper writes them, with the limit at 0/0 put in by hand.
struct Rate {
  double a, b;
  double steady() const { return a / (a + b); }
  double tau() const { return 1 / (a + b); }
};
double ratio(double x) { return x == 0 ? 1 : -x / std::expm1(-x); }
Rate rate_m(double v) { return {ratio((v + 40) / 10), 4 * std::exp(-(v + 65) / 18)}; }
Rate rate_h(double v) { return {0.07 * std::exp(-(v + 65) / 20), 1 / (1 + std::exp(-(v + 35) / 10))}; }
Rate rate_n(double v) { return {0.1 * ratio((v + 55) / 10), 0.125 * std::exp(-(v + 65) / 80)}; }
/// A gate at t after a step from `held` to v: it relaxes exponentially.
double gate(Rate (*rate)(double), double held, double v, double t) {
  const Rate to = rate(v);
  return to.steady() + (rate(held).steady() - to.steady()) * std::exp(-t / to.tau());
}

const std::vector<double> rest{-65, 0.05, 0.6, 0.32};

}  // namespace

TEST_SUITE("hodgkin_huxley") {
  TEST_CASE("it rests at the exact equilibrium") {
    // -64.9964 is also what pyNeuroMatic publishes
    const std::vector<double> x = Equations("hodgkin_huxley", "squid", {}, 0).equilibrium(rest);
    CHECK(x[0] == doctest::Approx(-64.99637933).epsilon(1e-10));
    CHECK(x[1] == doctest::Approx(0.05295509).epsilon(2e-7));
    CHECK(x[2] == doctest::Approx(0.59599412).epsilon(2e-8));
    CHECK(x[3] == doctest::Approx(0.31773240).epsilon(2e-8));
  }

  TEST_CASE("eigenvalues cross the imaginary axis at the exact Hopf currents") {
    struct Case {
      double E_L, lower, upper;
    };
    for (const Case& c :
         {Case{-54.387, 9.775438, 154.522434}, {-54.4, 9.779338, 154.526334}, {-54.3, 9.749338, 154.496334}}) {
      CAPTURE(c.E_L);
      const Numbers leak{{"E_L", c.E_L}};
      const Hopf lower = hopf("hodgkin_huxley", "squid", leak, 5, 30, rest);
      const Hopf upper = hopf("hodgkin_huxley", "squid", leak, 100, 200, {-45, 0.4, 0.1, 0.6});
      CHECK(std::abs(lower.I - c.lower) < 1e-6);
      CHECK(std::abs(upper.I - c.upper) < 1e-6);
      CHECK(std::abs(lower.v + 59.654144) < 1e-6);
      CHECK(std::abs(upper.v + 43.058092) < 1e-6);
      constexpr double hz = 1000 / (2 * 3.14159265358979323846);
      CHECK(std::abs(lower.omega * hz - 93.3020) < 1e-4);
      CHECK(std::abs(upper.omega * hz - 169.1693) < 1e-4);
    }
  }

  TEST_CASE("a step of current from rest gives the converged spike times and counts") {
    struct Case {
      double I;
      std::size_t spikes;
      double first, last_interval;
    };
    // I 6.0 and 6.2 lie between excitable and repetitive: two and three spikes, then rest
    const Case cases[] = {{6.0, 2, 0, 0},
                          {6.2, 3, 0, 0},
                          {6.3, 53, 0, 0},
                          {7, 59, 0, 0},
                          {10, 69, 1.90123, 14.636210},
                          {15, 79, 1.49719, 12.714699},
                          {20, 87, 1.27079, 11.564697}};
    Batch batch(plugins().load("hodgkin_huxley", 0), std::size(cases));
    batch.set("v", -64.99637933).set("m", 0.05295509).set("h", 0.59599412).set("n", 0.31773240);
    for (std::uint32_t i = 0; i < std::size(cases); ++i) batch.set(i, "I", cases[i].I);
    // the error of rk4 at this step is 1e-4 ms in the first spikes
    batch.run(plugins().load("rk4", 0), {{"dt", 0.02}, {"spikes", "located"}}, 1000);
    for (std::uint32_t i = 0; i < std::size(cases); ++i) {
      const auto& [I, spikes, first, last_interval] = cases[i];
      CAPTURE(I);
      const std::vector<double>& t = batch.spikes[i];
      REQUIRE(t.size() == spikes);
      if (first == 0) continue;
      CHECK(std::abs(t[0] - first) < 0.002);
      CHECK(std::abs(t.back() - t[t.size() - 2] - last_interval) < 0.002);
    }
  }

  TEST_CASE("the rates are finite and smooth where their formula is 0/0") {
    for (const double v : {-40.0, -55.0, std::nextafter(-40.0, 0.0), std::nextafter(-55.0, 0.0), -40 + 1e-9, -55 - 1e-7,
                           -39.99, -54.991}) {
      CAPTURE(v);
      const Equations f("hodgkin_huxley", "squid", {}, 0);
      const std::vector<double> dx = f.rhs({v, 0.2, 0.5, 0.4});
      const Rate m = rate_m(v), n = rate_n(v);
      CHECK(dx[1] == doctest::Approx(m.a * 0.8 - m.b * 0.2).epsilon(1e-12));
      CHECK(dx[3] == doctest::Approx(n.a * 0.6 - n.b * 0.4).epsilon(1e-12));
      CHECK(f.jacobian({v, 0.2, 0.5, 0.4}).allFinite());
    }
    // x/(1 - e^-x) is 1 with slope 1/2 at x = 0
    const Equations f("hodgkin_huxley", "squid", {}, 0);
    CHECK(f.rhs({-40, 0, 0.5, 0.4})[1] == 1);
    CHECK(f.jacobian({-40, 0, 0.5, 0.4})(1, 0) == doctest::Approx(0.05).epsilon(1e-12));
    CHECK(f.rhs({-55, 0, 0.5, 0})[3] == 0.1);
  }

  TEST_CASE("the gates keep their range and the observed currents are those of the paper") {
    const std::vector<double> x{-20, 0.3, 0.4, 0.5};
    const Equations f("hodgkin_huxley", "squid", {}, 7);
    const std::vector<double> I = f.observe(x);
    CHECK(I[0] == doctest::Approx(120 * 0.027 * 0.4 * (-70)).epsilon(1e-14));
    CHECK(I[1] == doctest::Approx(36 * 0.0625 * 57).epsilon(1e-14));
    CHECK(I[2] == doctest::Approx(0.3 * (-20 + 54.387)).epsilon(1e-14));
    CHECK(f.rhs(x)[0] == doctest::Approx(7 - I[0] - I[1] - I[2]).epsilon(1e-14));
    for (const double v : {-150.0, -65.0, -40.0, 0.0, 100.0}) {
      CHECK(f.rhs({v, 0, 0, 0})[1] > 0);
      CHECK(f.rhs({v, 1, 1, 1})[1] < 0);
      CHECK(f.rhs({v, 0, 0, 0})[2] > 0);
      CHECK(f.rhs({v, 1, 1, 1})[2] < 0);
      CHECK(f.rhs({v, 0, 0, 0})[3] > 0);
      CHECK(f.rhs({v, 1, 1, 1})[3] < 0);
    }
  }

  TEST_CASE("under voltage clamp the currents follow their closed forms") {
    const double potentials[] = {-100, -80, -40, -20, 0, 20, 50, 100};
    Batch batch(plugins().load("hodgkin_huxley", 0), std::size(potentials));
    batch.clamped = 1;
    // held at -65 mV until t = 0
    const std::vector<double> held = Equations("hodgkin_huxley", "squid", {}, 0).initial(-65);
    batch.set("m", held[1]).set("h", held[2]).set("n", held[3]);
    for (std::uint32_t i = 0; i < std::size(potentials); ++i) batch.set(i, "v", potentials[i]);
    batch.run(plugins().load("rk4", 0), {{"dt", 0.01}}, 10, 10);
    const Equations f("hodgkin_huxley", "squid", {}, 0);
    for (std::uint32_t i = 0; i < std::size(potentials); ++i) {
      const double v = potentials[i];
      CAPTURE(v);
      const std::vector<double> x = batch.samples(i);
      REQUIRE(x.size() == 4 * 100);
      double worst_Na = 0, worst_K = 0;
      for (std::size_t s = 0; s < 100; ++s) {
        const double t = 0.1 * static_cast<double>(s + 1);
        const std::vector<double> I = f.observe({x[4 * s], x[4 * s + 1], x[4 * s + 2], x[4 * s + 3]});
        const double m = gate(rate_m, -65, v, t), h = gate(rate_h, -65, v, t), n = gate(rate_n, -65, v, t);
        worst_Na = std::max(worst_Na, std::abs(I[0] - 120 * m * m * m * h * (v - 50)));
        worst_K = std::max(worst_K, std::abs(I[1] - 36 * n * n * n * n * (v + 77)));
        CHECK(I[2] == doctest::Approx(0.3 * (v + 54.387)).epsilon(1e-14));
      }
      // rk4 on y' = -y/tau errs by (dt/tau)^5/120 a step, dt/tau < 0.3 at the fastest; currents reach 6000 uA/cm2
      CHECK(worst_Na < 1e-2);
      CHECK(worst_K < 1e-5);
    }
  }

  TEST_CASE("phi speeds up the gates and leaves the currents and the equilibrium alone") {
    const std::vector<double> x{-50, 0.2, 0.5, 0.4};
    const Equations cold("hodgkin_huxley", "squid", {}, 0), warm("hodgkin_huxley", "squid_18_5", {}, 0);
    const double phi = std::pow(3, 1.22);  // 12.2 degrees above 6.3
    CHECK(warm.rhs(x)[0] == cold.rhs(x)[0]);
    for (const std::size_t k : {1u, 2u, 3u})
      CHECK(warm.rhs(x)[k] == doctest::Approx(phi * cold.rhs(x)[k]).epsilon(1e-7));
    CHECK(warm.equilibrium(rest)[0] == doctest::Approx(-64.99637933).epsilon(1e-10));
  }
}
