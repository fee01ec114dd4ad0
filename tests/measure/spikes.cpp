#include "measure/spikes.hpp"

#include <doctest/doctest.h>

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
