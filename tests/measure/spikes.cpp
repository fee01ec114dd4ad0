#include "measure/spikes.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

using hillock::detect_spikes;
using Times = std::vector<double>;

namespace {
Times spikes_of(const std::vector<double>& values, double t0_ms = 0, double dt_ms = 1) {
  return detect_spikes({.t0_ms = t0_ms, .dt_ms = dt_ms, .values = values}, {.threshold = -10, .rearm = -20});
}
}  // namespace

TEST_CASE("the spike of a linear ramp is at its exact crossing whatever the sampling") {
  // v = -70 + 8 t mV crosses -10 mV at 7.5 ms; all numbers here are dyadic, so the result is exact.
  for (const double dt : {0.25, 0.5, 1.0, 2.0, 4.0}) {
    std::vector<double> ramp;
    for (double t = 0; t <= 16; t += dt) ramp.push_back(-70 + 8 * t);
    CHECK(spikes_of(ramp, 0, dt) == Times{7.5});
    CHECK(spikes_of(ramp, 1000, dt) == Times{1007.5});
  }
}

TEST_CASE("a sample at the threshold is the spike and is counted once") {
  CHECK(spikes_of({-30, -10, 20, -30}) == Times{1});
  CHECK(spikes_of({-30, -10, -10, -30}) == Times{1});
}

TEST_CASE("a second crossing counts only after the trace was below the rearm level") {
  CHECK(spikes_of({-30, 10, -15, 10, -30}) == Times{0.5});
  CHECK(spikes_of({-30, 10, -20, 10, -30}) == Times{0.5});
  CHECK(spikes_of({-30, 10, -30, 10, -30}) == Times{0.5, 2.5});
  CHECK(spikes_of({-30, 10, -21, -12, 10}).size() == 2);
}

TEST_CASE("a trace that starts above the threshold has no spike before it was below the rearm level") {
  CHECK(spikes_of({0, 10, -15, 10}).empty());
  CHECK(spikes_of({-10, -15, 10}).empty());
  CHECK(spikes_of({0, -30, 10}) == Times{1.5});
}

TEST_CASE("a trace that starts between rearm level and threshold is armed") {
  CHECK(spikes_of({-15, -5}) == Times{0.5});
}

TEST_CASE("no spike is interpolated from a sample that is not finite") {
  const double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
  CHECK(spikes_of({-30, nan, 10, -30, 10}) == Times{3.5});
  CHECK(spikes_of({-30, infinity, 10, -30, 10}) == Times{3.5});
  CHECK(spikes_of({-infinity, 10, -30, 10}) == Times{2.5});
  CHECK(spikes_of({nan, 10}).empty());
}

TEST_CASE("an empty trace and a single sample have no spikes") {
  CHECK(spikes_of({}).empty());
  CHECK(spikes_of({20}).empty());
}

namespace {
Times onsets_of(const std::vector<double>& values, double threshold, double rearm, double t0_ms = 0, double dt_ms = 1) {
  return detect_spikes({.t0_ms = t0_ms, .dt_ms = dt_ms, .values = values},
                       {.threshold = threshold, .rearm = rearm, .of = hillock::SpikeDefinition::Of::slope});
}
}  // namespace

TEST_CASE("by slope, the onset of a parabola is at its exact crossing whatever the sampling") {
  // v = -70 + 2 t^2 has the slope 4 t, which is 30 mV/ms at 7.5 ms
  for (const double dt : {0.25, 0.5, 1.0, 2.0}) {
    std::vector<double> parabola;
    for (double t = 0; t <= 16; t += dt) parabola.push_back(-70 + 2 * t * t);
    CHECK(onsets_of(parabola, 30, 0, 0, dt) == Times{7.5});
    CHECK(onsets_of(parabola, 30, 0, 1000, dt) == Times{1007.5});
  }
}

TEST_CASE("by slope, the next spike counts only after the slope was below the rearm level") {
  CHECK(onsets_of({-70, -69, -39, -34, 0, 0, -30}, 20, 0).size() == 1);  // slopes 1 30 5 34 0 -30
  CHECK(onsets_of({-70, -69, -39, -40, -6, -30}, 20, 0).size() == 2);    // slopes 1 30 -1 34 -24
  CHECK(onsets_of({-70, -40, -39, 0}, 20, 0).empty());                   // begins on an upstroke
  CHECK(onsets_of({-70, -70, -40}, 20, 0) == Times{0.5 + 20.0 / 30});    // slopes 0 30 at 0.5 and 1.5 ms
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(onsets_of({-70, nan, -70, -40, -50, -50, -10}, 20, 0) == Times{4.5 + 20.0 / 40});
  CHECK(onsets_of({}, 20, 0).empty());
  CHECK(onsets_of({1}, 20, 0).empty());
  CHECK(onsets_of({1, 2}, 20, 0).empty());
}

TEST_CASE("a shifted sampling grid moves a spike by no more than the stated bound") {
  // an upstroke of 100 mV: v = -70 + 50 (1 + tanh t/s)
  constexpr double s = 0.2;
  const auto v = [&](double t) { return -70 + 50 * (1 + std::tanh(t / s)); };
  const auto sampled = [&](double shift, double dt) {
    std::vector<double> out;
    for (double t = -4 + shift; t < 4; t += dt) out.push_back(v(t));
    return out;
  };
  // exact: tanh(t/s) = 0.2 at -10 mV; 1/cosh^2(t/s) = 20 s/50 = 0.08 at 20 mV/ms, on the way up
  const double crossing = s * std::atanh(0.2), onset = -s * std::acosh(std::sqrt(1 / 0.08));
  const auto derivative = [&](int n, double t) {  // of v, up to the third
    const double y = std::tanh(t / s), d = 1 - y * y;
    return 50 * (n == 1 ? d / s : n == 2 ? -2 * y * d / (s * s) : d * (6 * y * y - 2) / (s * s * s));
  };
  for (const double dt : {0.02, 0.05, 0.1}) {
    CAPTURE(dt);
    const auto most = [&](double at, int n) {  // of |v_n+1 / v_n| within one interval to each side
      double up = 0, down = 1e300;
      for (double t = at - 2 * dt; t <= at + 2 * dt; t += dt / 50)
        up = std::max(up, std::abs(derivative(n + 1, t))), down = std::min(down, std::abs(derivative(n, t)));
      return up / down;
    };
    const double bound = dt * dt / 8 * most(crossing, 1), slope_bound = dt * dt / 6 * most(onset, 2);
    double worst = 0, worst_slope = 0;
    for (int i = 0; i < 20; ++i) {
      const double shift = dt * i / 20;
      const auto values = sampled(shift, dt);
      const Times by_voltage = spikes_of(values, -4 + shift, dt), by_slope = onsets_of(values, 20, 0, -4 + shift, dt);
      REQUIRE(by_voltage.size() == 1);
      REQUIRE(by_slope.size() == 1);
      worst = std::max(worst, std::abs(by_voltage[0] - crossing));
      worst_slope = std::max(worst_slope, std::abs(by_slope[0] - onset));
    }
    CHECK(worst <= bound);
    CHECK(worst_slope <= slope_bound);
    CHECK(worst > bound / 20);  // a bound that says something
    CHECK(worst_slope > slope_bound / 20);
    CHECK(worst < dt / 10);
    CHECK(worst_slope < dt / 5);
  }
}
