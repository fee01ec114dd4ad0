// EIF and QIF against the integrals and closed forms of their intervals.
#include <doctest/doctest.h>

#include <boost/math/quadrature/gauss_kronrod.hpp>

#include "equilibria.hpp"

using namespace hillock;
using namespace hillock::test;

namespace {

constexpr double pi = 3.14159265358979323846;

/// Intervals under each current, by rk4 with located spikes.
std::vector<double> intervals(const std::string& id, const Numbers& params, const std::vector<double>& currents,
                              double dt, double for_ms) {
  Batch batch(plugins().load(id, 0), static_cast<std::uint32_t>(currents.size()));
  for (const auto& [name, value] : params) batch.set(name, value);
  for (std::uint32_t i = 0; i < currents.size(); ++i) batch.set(i, "I", currents[i]);
  batch.run(plugins().load("rk4", 0), {{"dt", dt}, {"spikes", "located"}}, for_ms);
  std::vector<double> last;
  for (std::uint32_t i = 0; i < currents.size(); ++i) {
    const std::vector<double>& t = batch.spikes[i];
    last.push_back(t.size() < 2 ? 0 : t.back() - t[t.size() - 2]);
  }
  return last;
}

/// The slope of the exponential neuron of 2003, as the paper writes it, in mV/ms.
double exponential(double v, double I) { return -0.1 * (v + 65) + 0.1 * 3.48 * std::exp((v + 59.9) / 3.48) + I; }

}  // namespace

TEST_SUITE("eif") {
  TEST_CASE("the rheobase is g_L (V_T - E_L - Delta_T), where the two equilibria meet at V_T") {
    const double I_T = 0.1 * (-59.9 + 65 - 3.48);
    CHECK(I_T == doctest::Approx(0.162).epsilon(1e-12));
    const Equations at("eif", "wang_buzsaki_fit", {}, I_T);
    CHECK(std::abs(at.rhs({-59.9})[0]) < 1e-15);
    CHECK(std::abs(at.jacobian({-59.9})(0, 0)) < 1e-15);
    const Equations below("eif", "", {}, I_T - 0.01);
    CHECK(below.equilibrium({-65})[0] < -59.9);
    CHECK(below.equilibrium({-50})[0] > -59.9);
    const auto T = intervals("eif", {}, {I_T - 0.001, I_T + 0.01}, 0.05, 800);
    CHECK(T[0] == 0);
    CHECK(T[1] > 0);
  }

  TEST_CASE("intervals are the integral of the equation and the refractory time") {
    const std::vector<double> currents{0.2, 0.3, 0.5, 1, 2, 5};
    // Up to -45 mV the upstroke takes longer than a step, so that rk4 keeps its order. Up to 0 mV the last step holds a
    // pole: it ends in the right step, and where in it is known to a part of it. The interval itself hardly changes, as
    // 10 exp(-(v - V_T)/Delta_T) ms are left at v.
    constexpr double dt = 0.01;
    for (const auto& [v_peak, allowed] : {std::pair{-45.0, 1e-7}, {0.0, 0.2 * dt}}) {
      const auto found = intervals("eif", {{"v_peak", v_peak}}, currents, dt, 300);
      for (std::size_t i = 0; i < currents.size(); ++i) {
        const double I = currents[i];
        CAPTURE(I);
        double exact = 1.7;
        // in pieces that follow the two scales of the integrand
        for (const auto& [from, to] : {std::pair{-68., -62.}, {-62., -55.}, {-55., -45.}, {-45., v_peak}})
          exact += boost::math::quadrature::gauss_kronrod<double, 31>::integrate(
              [&](double v) { return 1 / exponential(v, I); }, from, to, 10, 1e-12);
        CHECK(std::abs(found[i] - exact) < allowed);
      }
    }
  }

  TEST_CASE("v rests at v_reset for t_ref, whatever the current") {
    Batch batch(plugins().load("eif", 0), 1);
    batch.set("I", 5).set("t_ref", 4).set("v", -0.5);
    batch.run(plugins().load("euler", 0), {{"dt", 0.1}}, 6, 1);
    const std::vector<double> v = batch.samples(0);
    CHECK(v[0] == 0);  // the spike, drawn up to v_peak
    for (std::size_t k = 1; k <= 40; ++k) CHECK(v[k] == -68);
    CHECK(v[41] > -68);
  }

  TEST_CASE("on the grid the upstroke does not overflow, however steep") {
    // behind v_peak the exponential does not grow further
    Batch batch(plugins().load("eif", 0), 3);
    batch.set("I", 5).set(1, "Delta_T", 0.5).set(2, "Delta_T", 0.5).set(2, "v_peak", 100);
    for (const double dt : {0.01, 0.1, 0.5}) {
      CAPTURE(dt);
      batch.run(plugins().load("rk4", 0), {{"dt", dt}}, 100);
      for (std::uint32_t i = 0; i < 3; ++i) {
        CHECK(batch.stops[i].why == HK_OK);
        CHECK(batch.spikes[i].size() > 10);
      }
    }
  }
}

TEST_SUITE("qif") {
  TEST_CASE("the normalised neuron has the interval of its closed form, which tends to pi/sqrt(I)") {
    const std::vector<double> currents{0.1, 0.5, 1, 4, 9};
    const Numbers normalised{{"C", 1}, {"g_L", 1}, {"V_T", 0}, {"Delta_T", 0.5}, {"I_T", 0}, {"t_ref", 0}};
    double widest = 0;
    for (const double peak : {10.0, 40.0, 160.0}) {
      CAPTURE(peak);
      Numbers params = normalised;
      params["v_peak"] = peak, params["v_reset"] = -peak, params["v"] = -1;
      const auto found = intervals("qif", params, currents, 0.2 / peak, 30);
      double short_of = 0;
      for (std::size_t i = 0; i < currents.size(); ++i) {
        const double root = std::sqrt(currents[i]), exact = 2 * std::atan(peak / root) / root;
        CHECK(std::abs(found[i] - exact) < 1e-5);
        short_of = std::max(short_of, pi / root - found[i]);
        CHECK(found[i] < pi / root);
      }
      // what is missing is 2/v_peak
      CHECK(short_of == doctest::Approx(2 / peak).epsilon(0.05));
      widest = std::max(widest, short_of);
    }
    CHECK(widest < 0.21);
  }

  TEST_CASE("the presets are what they say") {
    const Equations normal("qif", "normalised", {}, 0.7);
    for (const double v : {-3.0, 0.0, 2.5}) CHECK(normal.rhs({v})[0] == doctest::Approx(v * v + 0.7).epsilon(1e-15));
    // the exponential neuron and its parabola share rheobase, the place of the minimum and the curvature there
    const Equations q("qif", "exponential_fit", {}, 0.3), e("eif", "wang_buzsaki_fit", {}, 0.3);
    for (const double h : {0.0, 0.01, -0.01})
      CHECK(std::abs(q.rhs({-59.9 + h})[0] - e.rhs({-59.9 + h})[0]) < 1e-8 + std::abs(h * h * h));
  }

  TEST_CASE("any peak, reset and refractory time have their closed form") {
    // C v' = k u^2 + J, u = v - V_T, k = g_L/(2 Delta_T)
    const std::vector<double> currents{0.2, 0.5, 2};
    const auto found = intervals("qif", {}, currents, 0.01, 300);
    for (std::size_t i = 0; i < currents.size(); ++i) {
      const double k = 0.1 / (2 * 3.48), J = currents[i] - 0.162, s = std::sqrt(k / J);
      const double exact = 1.7 + (std::atan(s * (30 + 59.9)) - std::atan(s * (-68 + 59.9))) / std::sqrt(k * J);
      CHECK(std::abs(found[i] - exact) < 1e-7);
    }
    CHECK(intervals("qif", {}, {0.161}, 0.05, 500)[0] == 0);
  }
}
