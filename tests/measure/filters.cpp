#include "measure/filters.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

using namespace hillock;
using doctest::Approx;
using std::numbers::pi;

namespace {

std::vector<double> sine(std::size_t n, double dt_ms, double f_hz, double phase, double t0_ms = 0) {
  std::vector<double> v;
  for (std::size_t k = 0; k < n; ++k)
    v.push_back(std::sin(2 * pi * f_hz * 1e-3 * (t0_ms + static_cast<double>(k) * dt_ms) + phase));
  return v;
}

/// The largest difference in the middle half, where the ends have died away.
double inner_error(const std::vector<double>& a, const std::vector<double>& b) {
  double error = 0;
  for (std::size_t k = a.size() / 4; k < 3 * a.size() / 4; ++k) error = std::max(error, std::abs(a[k] - b[k]));
  return error;
}

}  // namespace

TEST_SUITE("low pass") {
  TEST_CASE("a sine comes out in phase and scaled by the squared magnitude of a Butterworth filter") {
    constexpr double dt = 0.05, cutoff = 1000;
    for (const int order : {1, 2, 3, 4, 7, 8})
      for (const double f : {50.0, 500.0, 1000.0, 1700.0, 4000.0, 9000.0}) {
        CAPTURE(order);
        CAPTURE(f);
        const std::vector<double> in = sine(4000, dt, f, 0.3), out = low_pass(in, dt, cutoff, order);
        const double ratio = std::tan(pi * f * dt * 1e-3) / std::tan(pi * cutoff * dt * 1e-3);
        std::vector<double> expected = in;
        for (double& x : expected) x /= 1 + std::pow(ratio, 2 * order);
        // what is left is rounding: the exact answer is a sine of the same phase
        CHECK(inner_error(out, expected) < 1e-12);
      }
  }

  TEST_CASE("constants and straight lines pass, at the ends too") {
    for (const int order : {1, 4, 5}) {
      const std::vector<double> flat = low_pass(std::vector<double>(100, -70.25), 0.1, 500, order);
      for (const double v : flat) CHECK(v == Approx(-70.25).epsilon(1e-13));
    }
    std::vector<double> line;
    for (int k = 0; k < 2000; ++k) line.push_back(-70 + 0.01 * k);
    const std::vector<double> out = low_pass(line, 0.1, 500, 2);
    for (std::size_t k = 500; k < 1500; ++k) CHECK(out[k] == Approx(line[k]).epsilon(1e-12));
    // the ends feel that the trace was at rest before its continuation began: by less than one step of the line
    CHECK(std::abs(out.front() - line.front()) < 0.01);
    CHECK(std::abs(out.back() - line.back()) < 0.01);
  }

  TEST_CASE("the answer to an impulse is symmetric, and its area is that of the impulse") {
    std::vector<double> impulse(2001, 0.0);
    impulse[1000] = 1;
    const std::vector<double> out = low_pass(impulse, 0.05, 2000, 4);
    for (std::size_t k = 1; k < 900; ++k) CHECK(std::abs(out[1000 - k] - out[1000 + k]) < 1e-14);
    CHECK(std::accumulate(out.begin(), out.end(), 0.0) == Approx(1).epsilon(1e-12));
  }

  TEST_CASE("beside a step it swings as the squared magnitude says, on both sides alike") {
    // the largest value beyond 1 of 1/2 + (1/pi) integral over w > 0 of sin(w t)/w / (1 + w^(2 order)), by quadrature
    constexpr double swings[] = {0, 0.0335, 0.0560, 0.0681};
    for (int order = 1; order <= 4; ++order) {
      CAPTURE(order);
      std::vector<double> step(4000, 0.0);
      std::fill(step.begin() + 2000, step.end(), 1);
      const std::vector<double> out = low_pass(step, 0.02, 500, order);  // 100 samples a cycle at the cutoff
      CHECK(std::abs(*std::max_element(out.begin(), out.end()) - 1 - swings[order - 1]) < 1e-3);
      CHECK(std::abs(-*std::min_element(out.begin(), out.end()) - swings[order - 1]) < 1e-3);
    }
  }

  TEST_CASE("turned around in time it is the same filter") {
    std::vector<double> v = sine(2000, 0.05, 700, 1), noise = sine(2000, 0.05, 5300, 2);
    for (std::size_t k = 0; k < v.size(); ++k) v[k] += 0.3 * noise[k];
    const std::vector<double> forward = low_pass(v, 0.05, 1000, 4);
    std::reverse(v.begin(), v.end());
    std::vector<double> backward = low_pass(v, 0.05, 1000, 4);
    std::reverse(backward.begin(), backward.end());
    CHECK(inner_error(forward, backward) < 1e-12);  // the ends differ, and have died away
  }
}

TEST_SUITE("resampling") {
  TEST_CASE("a sine below 85 % of half the lower rate is the same sine at the new times") {
    constexpr double dt = 0.05;  // 20 kHz
    for (const double to : {0.02, 0.05, 0.07, 0.1, 0.25}) {
      const double half = 500 / std::max(dt, to);
      for (const double part : {0.05, 0.4, 0.7, 0.85}) {
        CAPTURE(to);
        CAPTURE(part);
        const std::vector<double> in = sine(8000, dt, part * half, 0.7, 100);
        const Grid grid{100.0125, to, static_cast<std::size_t>(390 / to)};
        const std::vector<double> out = resampled({100, dt, in}, grid);
        CHECK(inner_error(out, sine(grid.samples, to, part * half, 0.7, grid.t0_ms)) < 2e-4);
      }
    }
  }

  TEST_CASE("what the new rate cannot hold is taken away, not folded down") {
    constexpr double dt = 0.05;
    for (const double f : {2000.0, 2300.0, 3900.0, 4000.0, 9000.0}) {  // half of the new rate is 2000 Hz
      CAPTURE(f);
      const std::vector<double> in = sine(8000, dt, f, 0.4), out = resampled({0, dt, in}, {0, 0.25, 1600});
      CHECK(inner_error(out, std::vector<double>(out.size(), 0.0)) < 2e-4);
      // each fifth sample alone would be a slow sine of full height
    }
  }

  TEST_CASE("the same rate gives the samples, and a constant stays to the last digits") {
    const std::vector<double> in = sine(300, 0.1, 4700, 0.2);
    CHECK(resampled({50, 0.1, in}, {50, 0.1, 300}) == in);
    CHECK(resampled({50, 0.1, in}, {51, 0.1, 290}) == std::vector<double>(in.begin() + 10, in.end()));
    for (const double v : resampled({0, 0.1, std::vector<double>(50, -70.25)}, {0, 0.03, 160}))
      CHECK(v == Approx(-70.25).epsilon(1e-14));
  }

  TEST_CASE("a held current keeps its charge") {
    const std::vector<double> current{0, 0, 100, 100, 100, 40, 0, 0};
    // half intervals of 1 ms: nothing changes
    CHECK(resampled_held({10, 1, current}, {10, 0.5, 16}) ==
          std::vector<double>{0, 0, 0, 0, 100, 100, 100, 100, 100, 100, 40, 40, 0, 0, 0, 0});
    // means over 1.5 ms: 0, then half a ms of nothing and a ms of 100, ...
    const std::vector<double> slow = resampled_held({10, 1, current}, {10, 1.5, 5});
    const std::vector<double> expected{0, 100 * 2.0 / 3, 100, (50 + 40) / 1.5, 0};
    REQUIRE(slow.size() == expected.size());
    for (std::size_t k = 0; k < slow.size(); ++k) CHECK(slow[k] == Approx(expected[k]).epsilon(1e-14));
    const double charge = 1.5 * std::accumulate(slow.begin(), slow.end(), 0.0);
    CHECK(charge == Approx(340).epsilon(1e-14));
    // a constant stays itself, whatever the rates; the last interval has what there is of it
    for (const double I : resampled_held({0, 0.1, std::vector<double>(100, 110.3)}, {0, 0.07, 143})) CHECK(I == 110.3);
  }
}
