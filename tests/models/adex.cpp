// The adaptive exponential integrate-and-fire neuron.
#include <doctest/doctest.h>

#include <algorithm>

#include "cell.hpp"

using namespace hillock;
using namespace hillock::test;

namespace {

using Train = std::vector<double>;

Batch adex(const std::string& preset = "brette_gerstner_2005") {
  Batch batch(plugins().load("adex", 0), 1);
  batch.preset(preset);
  return batch;
}
void run(Batch& batch, double dt, double t_end, int every = 0) {
  batch.run(plugins().load("rk4", 0), {{"dt", dt}, {"spikes", "located"}}, t_end, every);
}

}  // namespace

TEST_SUITE("adex") {
  TEST_CASE("rest is lost in a Hopf bifurcation just before the fold, at the exact voltages and currents") {
    Cell fold("adex"), hopf("adex");
    // v = V_T + Delta_T ln(1 + a/g_L), and with tau_m/tau_w in the place of a/g_L; w = a (v - E_L)
    fold.set("v", -50.4 + 2 * std::log(1 + 4 / 30.)).set("I", 627.311094);
    fold.set("w", 4 * (-50.4 + 2 * std::log(1 + 4 / 30.) + 70.6));
    CHECK(-50.4 + 2 * std::log(1 + 4 / 30.) == doctest::Approx(-50.149674).epsilon(1e-8));
    CHECK(std::abs(fold.rhs()[0]) < 1e-6 / 281);  // I is given to 1e-6 pA
    CHECK(std::abs(fold.rhs()[1]) < 1e-14);
    CHECK(std::abs(fold.determinant()) < 1e-15);
    const double v = -50.4 + 2 * std::log(1 + 281 / (30 * 144.));
    CHECK(v == doctest::Approx(-50.273963).epsilon(1e-8));
    hopf.set("v", v).set("w", 4 * (v + 70.6)).set("I", 627.182465);
    CHECK(std::abs(hopf.rhs()[0]) < 1e-6 / 281);
    CHECK(std::abs(hopf.trace()) < 1e-15);
    CHECK(hopf.determinant() > 0);
  }

  TEST_CASE("V_T is where the current of a membrane without adaptation is smallest") {
    Cell at("adex");
    CHECK(std::abs(at.set("v", -50.4).jacobian()[0][0]) < 1e-15);
  }

  TEST_CASE("the cell of 2005 fires at the times that PyNN expects of its simulators") {
    // test_EIF_cond_alpha_isfa_ista of PyNN's test/system/scenarios: they stop each spike at the end of a step of 0.01
    // ms, and 0.001 of the time is allowed
    Batch batch = adex();
    batch.set("t_ref", 2).set("V_peak", -40).set("I", 1000).set("v", -65).set("w", 0);
    run(batch, 0.005, 200);
    const Train published{10.02, 25.52, 43.18, 63.42, 86.67, 113.13, 142.69, 174.79};
    CHECK(apart(batch.spikes[0], published) < 0.04);
    for (std::size_t i = 0; i < batch.spikes[0].size(); ++i) CHECK(batch.spikes[0][i] < published[i]);
  }

  TEST_CASE("without adaptation an interval is the integral of dv over the slope of v") {
    Batch batch = adex();
    batch.set("a", 0).set("b", 0).set("I", 800).set("t_ref", 1.5);
    run(batch, 0.002, 60);
    // Simpson's rule from V_r to V_peak; the integrand is smooth and dies out behind V_T
    const int n = 20'000;
    double T = 0;
    for (int i = 0; i <= n; ++i) {
      const double v = -70.6 + 70.6 * i / n, slope = (30 * (-70.6 - v) + 60 * std::exp(0.5 * (v + 50.4)) + 800) / 281;
      T += (i == 0 || i == n ? 1 : i % 2 ? 4 : 2) / slope * (70.6 / n) / 3;
    }
    const Train& t = batch.spikes[0];
    REQUIRE(t.size() >= 3);
    // the last step before a spike meets slopes that it does not resolve: an error of a small part of a step
    CHECK(t[0] == doctest::Approx(T).epsilon(3e-5));
    CHECK(t[2] - t[1] == doctest::Approx(T + 1.5).epsilon(3e-5));
  }

  TEST_CASE("in the refractory time v stands at V_r and w runs on") {
    Batch batch = adex();
    batch.set("t_ref", 20).set("I", 1000).set("V_r", -60);
    run(batch, 0.01, 30, 1);
    REQUIRE(batch.spikes[0].size() == 1);
    const double spike = batch.spikes[0][0];
    const auto x = batch.samples(0);  // v, w
    const auto first = static_cast<std::size_t>(std::ceil(spike / 0.01)), last = first + 1900;
    const double w0 = x[2 * first - 1], rest = 4 * (-60 + 70.6);
    for (std::size_t k = first; k < last; k += 100) {
      CHECK(x[2 * k - 2] == -60);
      const double t = 0.01 * static_cast<double>(k - first);
      CHECK(x[2 * k - 1] == doctest::Approx(rest + (w0 - rest) * std::exp(-t / 144)).epsilon(1e-9));
    }
  }

  TEST_CASE("each preset of Naud et al. fires in the pattern that it is named after") {
    struct Pattern {
      const char* preset;
      double I;
    };
    const auto intervals = [](const Pattern& p) {
      Batch batch = adex(p.preset);
      batch.set("I", p.I);
      run(batch, 0.02, 600);
      Train d;
      for (std::size_t i = 1; i < batch.spikes[0].size(); ++i) d.push_back(batch.spikes[0][i] - batch.spikes[0][i - 1]);
      return d;
    };
    const auto spread = [](const Train& d) {
      REQUIRE(!d.empty());
      return *std::max_element(d.begin(), d.end()) / *std::min_element(d.begin(), d.end());
    };
    const Train tonic = intervals({"tonic_spiking", 500});
    CHECK(spread(tonic) < 1.1);
    for (const Pattern& p : {Pattern{"adaptation", 500}, Pattern{"delayed_accelerating", 300}}) {
      CAPTURE(p.preset);
      Train d = intervals(p);
      if (p.I == 300) std::reverse(d.begin(), d.end());
      CHECK(spread(d) > 1.9);
      CHECK(d.back() > 1.9 * d.front());
      for (std::size_t i = 1; i + 1 < d.size(); ++i) CHECK(d[i] > d[i - 1] * (1 - 2e-3));
    }
    const Train initial = intervals({"initial_burst", 400});
    REQUIRE(initial.size() > 3);
    CHECK(initial[0] < 5);
    CHECK(spread(Train(initial.begin() + 3, initial.end())) < 1.01);
    for (const Pattern& p : {Pattern{"regular_bursting", 210}, Pattern{"delayed_regular_bursting", 110}}) {
      CAPTURE(p.preset);
      const Train d = intervals(p);
      CHECK(std::count_if(d.begin(), d.end(), [](double x) { return x > 50; }) >= 4);
      CHECK(std::count_if(d.begin(), d.end(), [](double x) { return x < 10; }) >= 5);
    }
    CHECK(intervals({"transient_spiking", 180}).empty());
    const Train irregular = intervals({"irregular_spiking", 160});
    CHECK(spread(irregular) > 4);
    // no period of up to 8 spikes
    for (std::size_t period = 1; period <= 8; ++period) {
      double worst = 0;
      for (std::size_t i = irregular.size() / 2; i + period < irregular.size(); ++i)
        worst = std::max(worst, std::abs(irregular[i + period] - irregular[i]));
      CAPTURE(period);
      CHECK(worst > 3);
    }
  }
}
