// The multi-timescale adaptive threshold model. It is linear between spikes, so all of it is known in closed form.
#include <doctest/doctest.h>

#include <algorithm>

#include "cell.hpp"

using namespace hillock;
using namespace hillock::test;

namespace {

using Train = std::vector<double>;

/// The train under a current that is switched on at 0: each spike is where v = rise (1 - exp(-t/5)) first stands at or
/// above the threshold, t_ref or more after the spike before. Steps of 0.001 ms find it, bisection places it.
Train closed_form(double alpha_1, double alpha_2, double omega, double rise, double t_ref, double t_end) {
  Train spikes;
  double h_1 = 0, h_2 = 0, last = 0;
  const auto above = [&](double t) {
    return rise * -std::expm1(-t / 5) - omega - h_1 * std::exp(-(t - last) / 10) - h_2 * std::exp(-(t - last) / 200);
  };
  for (double from = 0;;) {
    double t = from;
    while (above(t) < 0 && t <= t_end) t += 0.001;
    if (t > t_end) return spikes;
    if (t > from) {
      double low = t - 0.001;
      for (int i = 0; i < 50; ++i) (above(0.5 * (low + t)) < 0 ? low : t) = 0.5 * (low + t);
    }
    spikes.push_back(t);
    h_1 = h_1 * std::exp(-(t - last) / 10) + alpha_1, h_2 = h_2 * std::exp(-(t - last) / 200) + alpha_2;
    last = t, from = t + t_ref;
  }
}

}  // namespace

TEST_SUITE("mat") {
  TEST_CASE("v follows its closed form through all spikes, and the threshold decays exactly between them") {
    Batch batch(plugins().load("mat", 0), 1);
    batch.set("I", 0.6).run(plugins().load("rk4", 0), {{"dt", 0.1}}, 100, 1);
    REQUIRE(batch.spikes[0].size() > 4);
    const auto x = batch.samples(0);  // v, h_1, h_2
    double worst_v = 0, worst_h = 0, h_1 = 0, h_2 = 0;
    std::size_t spikes = 0;
    for (std::size_t k = 0; k < x.size() / 3; ++k) {
      const double t = 0.1 * static_cast<double>(k + 1);
      const bool spike = spikes < batch.spikes[0].size() && std::abs(batch.spikes[0][spikes] - t) < 1e-9;
      h_1 *= std::exp(-0.1 / 10), h_2 *= std::exp(-0.1 / 200);
      // the sample of a spike shows its top, 0 mV, and the threshold that was met
      worst_v = std::max(worst_v, std::abs(x[3 * k] - (spike ? 0 : -65 + 30 * -std::expm1(-t / 5))));
      worst_h = std::max({worst_h, std::abs(x[3 * k + 1] - h_1), std::abs(x[3 * k + 2] - h_2)});
      if (spike) h_1 += 30, h_2 += 2, ++spikes;
    }
    CHECK(spikes == batch.spikes[0].size());
    CHECK(worst_v < 1e-7);  // (dt/tau)^4/120 of 30 mV, over a few time constants
    CHECK(worst_h < 1e-8);
  }

  TEST_CASE("every cell of figure 5 B fires where the closed form does") {
    struct Cells {
      const char* preset;
      double alpha_1, alpha_2, omega;
      std::size_t spikes;  // of the authors' program MAT_current.m in these 500 ms
    };
    for (const Cells& c : {Cells{"regular_spiking", 30, 2, 20, 16}, Cells{"intrinsically_bursting", 7.5, 1.5, 19, 25},
                           Cells{"fast_spiking", 10, 0.2, 10, 98}, Cells{"chattering", -0.5, 0.4, 26, 38}}) {
      CAPTURE(c.preset);
      Batch batch(plugins().load("mat", 0), 1);
      batch.preset(c.preset).set("I", 0.6).run(plugins().load("rk4", 0), {{"dt", 0.1}, {"spikes", "located"}}, 500);
      CHECK(batch.spikes[0].size() == c.spikes);
      CHECK(apart(batch.spikes[0], closed_form(c.alpha_1, c.alpha_2, c.omega, 30, 2, 500)) < 1e-5);
    }
  }

  TEST_CASE("a threshold that moves little lets a spike follow at once after the refractory time") {
    Batch batch(plugins().load("mat", 0), 1);
    batch.preset("chattering").set("I", 0.6).run(plugins().load("rk4", 0), {{"dt", 0.1}}, 35);
    REQUIRE(batch.spikes[0].size() > 10);
    for (std::size_t i = 1; i < batch.spikes[0].size(); ++i)
      CHECK(batch.spikes[0][i] - batch.spikes[0][i - 1] == doctest::Approx(2).epsilon(1e-12));
  }

  TEST_CASE("v, threshold and spikes are those that NEST expects of mat2_psc_exp") {
    // testsuite/unittests/test_mat2_psc_exp.sli: 2400 pA reach the membrane at 0.2 ms; exact propagation in steps of
    // 0.1 ms; its counter of the refractory time lasts one step longer than 2 ms
    Batch batch(plugins().load("mat", 0), 1);
    batch.preset("mat2_psc_exp").set("t_ref", 2.1).set("I", 2.4);
    batch.run(plugins().load("rk4", 0), {{"dt", 0.1}}, 7, 1);
    CHECK(apart(batch.spikes[0], Train{0.9, 3.0, 5.2}) < 1e-9);
    const Train v{-67.6238, -65.2947, -63.0117, -60.774, -58.5805, -56.4305, -54.323,  -52.2573, -50.2324, -48.2477,
                  -46.3023, -44.3953, -42.5262, -40.694, -38.8982, -37.1379, -35.4124, -33.7212, -32.0634};
    const Train theta{-51,      -51,      -51,      -51,      -51,      -51,      -51,      -51,      -12,    -12.3692,
                      -12.7346, -13.0965, -13.4548, -13.8095, -14.1607, -14.5084, -14.8527, -15.1935, -15.531};
    const auto x = batch.samples(0);
    for (std::size_t k = 0; k < v.size(); ++k) {
      CAPTURE(k);
      if (k == 8) continue;                     // the sample of a spike shows its top
      CHECK(std::abs(x[3 * k] - v[k]) < 6e-5);  // six digits are given
      CHECK(std::abs(-70 + 19 + x[3 * k + 1] + x[3 * k + 2] - theta[k]) < 6e-5);
    }
  }
}
