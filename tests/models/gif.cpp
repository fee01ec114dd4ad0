// The generalised integrate-and-fire neuron with escape noise.
#include <doctest/doctest.h>

#include <algorithm>
#include <tuple>

#include "cell.hpp"

using namespace hillock;
using namespace hillock::test;

namespace {

using Train = std::vector<double>;

/// Mean and standard deviation of the intervals of all neurons together, and how many there are.
struct Intervals {
  explicit Intervals(const Batch& batch, std::uint32_t neurons) {
    double sum = 0, squares = 0;
    for (std::uint32_t i = 0; i < neurons; ++i)
      for (std::size_t k = 1; k < batch.spikes[i].size(); ++k) {
        const double interval = batch.spikes[i][k] - batch.spikes[i][k - 1];
        sum += interval, squares += interval * interval, ++n, all.push_back(interval);
      }
    mean = sum / n, sd = std::sqrt(squares / n - mean * mean);
  }
  int n = 0;
  double mean, sd;
  Train all;
};

}  // namespace

TEST_SUITE("gif") {
  TEST_CASE(
      "each spike falls where the integral of the exact rate meets the number drawn for it, with all six "
      "exponentials") {
    // Between spikes eta_j and gamma_j decay exponentially and v is a sum of exponentials. Given the spikes, all of
    // them are known exactly; the integral of the rate from the end of the refractory time to the next spike (Simpson's
    // rule) must be the number that was drawn.
    constexpr double C = 200, g_L = 10, E_L = -65, V_reset = -50, t_ref = 4, V_T = -48, Delta_V = 2, lambda_0 = 0.01,
                     I = 350, tau_m = C / g_L;
    constexpr double a_eta[] = {120, 60, -15}, tau_eta[] = {10, 50, 250}, a_gamma[] = {5, -1, 2},
                     tau_gamma[] = {5, 200, 90};
    Batch batch(plugins().load("gif", 0), 1);
    batch.set("I", I).set("Delta_V", Delta_V).set("lambda_0", lambda_0).set("t_ref", t_ref).set("V_reset", V_reset);
    for (int j = 0; j < 3; ++j) {
      const std::string n = std::to_string(j + 1);
      batch.set("a_eta_" + n, a_eta[j]).set("tau_eta_" + n, tau_eta[j]);
      batch.set("a_gamma_" + n, a_gamma[j]).set("tau_gamma_" + n, tau_gamma[j]);
    }
    batch.run(plugins().load("rk4", 0), {{"dt", 0.05}, {"spikes", "located"}}, 800);
    const Train& spikes = batch.spikes[0];
    REQUIRE(spikes.size() > 10);
    double eta[3] = {}, gamma[3] = {}, begin = 0, v0 = E_L;  // at `begin`, from where v moves
    double worst = 0;
    for (std::size_t k = 0; k < spikes.size(); ++k) {
      const auto rate = [&](double s) {
        double v = E_L + I / g_L, free = v0 - v, theta = V_T;
        for (int j = 0; j < 3; ++j) {
          const double response = eta[j] / (C * (1 / tau_m - 1 / tau_eta[j]));
          v -= response * std::exp(-s / tau_eta[j]), free += response;
          theta += gamma[j] * std::exp(-s / tau_gamma[j]);
        }
        return lambda_0 * std::exp((v + free * std::exp(-s / tau_m) - theta) / Delta_V);
      };
      const double T = spikes[k] - begin;
      constexpr int n = 400;
      double H = 0;
      for (int i = 0; i <= n; ++i) H += (i == 0 || i == n ? 1 : i % 2 ? 4 : 2) * rate(T * i / n) * T / n / 3;
      const double drawn = Random(7, 0).exponential(k);  // as the batch draws
      worst = std::max(worst, std::abs(H - drawn) / (drawn + 1e-3));
      for (int j = 0; j < 3; ++j) {
        eta[j] = (eta[j] * std::exp(-T / tau_eta[j]) + a_eta[j]) * std::exp(-t_ref / tau_eta[j]);
        gamma[j] = (gamma[j] * std::exp(-T / tau_gamma[j]) + a_gamma[j]) * std::exp(-t_ref / tau_gamma[j]);
      }
      begin = spikes[k] + t_ref, v0 = V_reset;
    }
    CHECK(worst < 1e-6);  // steps of 0.05 ms at order 4
  }

  TEST_CASE("without adaptation the intervals are those of renewal theory") {
    // NEST's gif_psc_exp under 170 pA: hazard lambda_0 exp((v(t) - V_T)/Delta_V), v(t) from V_reset to -27.5 mV with 20
    // ms
    constexpr std::uint32_t neurons = 64;
    Batch batch(plugins().load("gif", 0), neurons);
    batch.preset("gif_psc_exp").set("I", 170);
    batch.run(plugins().load("heun", 0), {{"dt", 0.1}, {"spikes", "located"}}, 2000);
    constexpr double h = 1e-3;
    double mean = 0, second = 0, H = 0;
    Train cumulated{0};
    for (double t = 0; H < 40; t += h) {
      const double next = H + h * 0.001 * std::exp((-27.5 - 27.5 * std::exp(-(t + h / 2) / 20) + 35) / 0.5);
      const double survivors = 0.5 * (std::exp(-H) + std::exp(-next));
      mean += h * survivors, second += 2 * h * (t + h / 2) * survivors;
      cumulated.push_back(H = next);
    }
    const double sd = std::sqrt(second - mean * mean);
    CHECK(mean == doctest::Approx(35.60102).epsilon(1e-6));  // itself against a quadrature in steps of 1e-4
    CHECK(sd == doctest::Approx(2.392816).epsilon(1e-6));
    const Intervals found(batch, neurons);
    REQUIRE(found.n > 3000);
    const double error = sd / std::sqrt(found.n);
    CHECK(std::abs(found.mean - (4 + mean)) < 4 * error);
    CHECK(std::abs(found.sd - sd) < 4 * error);  // 1/sqrt(2) of it for a normal distribution; these have a longer tail
    // The whole distribution: exp(-H) of the intervals is evenly spread (Kolmogorov and Smirnov; exceeded by chance
    // once in 10 000)
    Train u;
    for (const double T : found.all) {
      const double s = (T - 4) / h, k = std::floor(s);
      REQUIRE(k + 1 < static_cast<double>(cumulated.size()));
      const auto i = static_cast<std::size_t>(k);
      u.push_back(-std::expm1(-(cumulated[i] + (s - k) * (cumulated[i + 1] - cumulated[i]))));
    }
    std::sort(u.begin(), u.end());
    double worst = 0;
    for (std::size_t i = 0; i < u.size(); ++i)
      worst = std::max(worst, std::abs(u[i] - (static_cast<double>(i) + 0.5) / static_cast<double>(u.size())));
    CHECK(worst * std::sqrt(static_cast<double>(u.size())) < 2.23);
  }

  TEST_CASE("intervals under a constant rate have the exponential's mean and spread, after the refractory time") {
    // v stays at E_L = V_T = V_reset: the rate is lambda_0, 0.05 per ms
    Batch batch(plugins().load("gif", 0), 64);
    batch.preset("gif_psc_exp").set("V_T", -70).set("V_reset", -70).set("lambda_0", 0.05);
    batch.run(plugins().load("euler", 0), {{"dt", 0.05}}, 2000);
    const Intervals found(batch, 64);
    REQUIRE(found.n > 4000);
    // mean 4 + 20 ms, late by up to a step; standard errors 0.3 ms; runs of 2000 ms cut long intervals a little
    CHECK(found.mean == doctest::Approx(24).epsilon(0.04));
    CHECK(found.sd == doctest::Approx(20).epsilon(0.06));
    const double shortest = *std::min_element(found.all.begin(), found.all.end());
    CHECK(shortest >= 4);
    CHECK(shortest < 4.2);
  }

  TEST_CASE("the amplitudes of the toolbox, which begin after t_ref, are those of the presets at the end of t_ref") {
    for (const auto& [preset, eta, gamma] : {std::tuple{"gif_toolbox", Train{200}, Train{10}},
                                             std::tuple{"gif_toolbox_3", Train{200, 50, 25}, Train{15, 3, 1}}}) {
      Batch batch(plugins().load("gif", 0), 1);
      // a drive so strong that a spike comes at once, and a number drawn that is met within the step
      batch.preset(preset).set("v", -40).set("lambda_0", 100).set("I", 0);
      batch.run(plugins().load("rk4", 0), {{"dt", 0.1}}, 4.1, 1);
      REQUIRE(batch.spikes[0] == Train{0.1});
      const auto x = batch.samples(0);
      const double* end = x.data() + x.size() - 8;  // t_ref after the spike
      CHECK(end[0] == -50);
      for (std::size_t j = 0; j < eta.size(); ++j) {
        CHECK(end[1 + j] == doctest::Approx(eta[j]).epsilon(1e-8));
        CHECK(end[4 + j] == doctest::Approx(gamma[j]).epsilon(1e-8));
      }
    }
  }
}
