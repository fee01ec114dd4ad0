// The simple model of 2007. Published trains are those that Open Source Brain expects of the author's MATLAB program
// (OpenSourceBrain/IzhikevichModel, MATLAB/results/.test.2007.mep, NeuroML2/.test.2007cells.mep); converged ones are
// those of experiments/izhikevich_2007/regular_spiking.yaml, on which rk4 with located spikes and dopri5 at tolerance
// 1e-10 agree within 5e-9 ms.
#include <doctest/doctest.h>

#include "cell.hpp"

using namespace hillock;
using namespace hillock::test;

namespace {

using Train = std::vector<double>;

Batch regular_spiking(double I, const std::string& scheme, Settings settings, bool at_zero = false) {
  Batch batch(plugins().load("izhikevich_2007", 0), 1);
  if (at_zero) batch.watch = 0;  // the first sample of v at 0 mV or above, as the publishers count
  batch.preset("regular_spiking").set("I", I).run(plugins().load(scheme, 0), std::move(settings), 520);
  return batch;
}

}  // namespace

TEST_SUITE("izhikevich_2007") {
  TEST_CASE("under 100 pA the regular-spiking cell fires at the published times, to the last digit") {
    // both slopes from the old values; a spike carries the end of its step, whereas the program writes the peak into
    // the sample at its begin
    const auto cut_off = regular_spiking(100, "euler", {{"dt", 0.0025}});
    CHECK(apart(cut_off.spikes[0], Train{48.1875, 121.6525, 197.7725, 273.8075, 349.8425, 425.8750, 501.9150}) < 1e-9);
    const auto at_zero = regular_spiking(100, "euler", {{"dt", 0.0025}}, true);
    CHECK(apart(at_zero.spikes[0], Train{47.0325, 120.4975, 196.6175, 272.6525, 348.6875, 424.7225, 500.7600}) < 1e-9);
    const auto coarse = regular_spiking(100, "euler", {{"dt", 0.25}}, true);
    CHECK(apart(coarse.spikes[0], Train{47.50, 121.25, 197.50, 273.25, 349.50, 425.50, 501.50}) < 1e-9);
  }

  TEST_CASE("the solution itself is near what NeuroML gives and equals the converged trains at every current") {
    const Settings fine{{"dt", 0.02}, {"spikes", "located"}};
    // jNeuroML in steps of 0.02 ms: each of its intervals is 0.035 ms shorter
    CHECK(apart(regular_spiking(100, "rk4", fine, true).spikes[0],
                Train{47.04, 120.46, 196.55, 272.54, 348.55, 424.54, 500.54}) < 0.23);
    // three digits are given
    CHECK(apart(regular_spiking(100, "rk4", fine).spikes[0],
                Train{48.180, 121.646, 197.770, 273.802, 349.837, 425.872, 501.907}) < 6e-4);
    CHECK(apart(regular_spiking(85, "rk4", fine).spikes[0], Train{63.894, 163.823, 264.517, 365.208, 465.898}) < 6e-4);
    CHECK(apart(regular_spiking(70, "rk4", fine).spikes[0], Train{100.022, 247.810, 395.664}) < 6e-4);
    CHECK(apart(regular_spiking(60, "rk4", fine).spikes[0], Train{172.180, 400.240}) < 6e-4);
  }

  TEST_CASE("rest is lost in a fold, or before it in a Hopf bifurcation, at the exact currents") {
    // with B = k (v_t - v_r) + b: I = B^2/(4 k) at v = v_r + B/(2 k)
    struct Fold {
      const char* preset;
      double I, v;
    };
    for (const Fold& f :
         {Fold{"regular_spiking", 51.428571428571, -51.428571428571},
          Fold{"intrinsically_bursting", 350.20833333333, -57.916666666667},
          Fold{"chattering", 160.16666666667, -49.666666666667}, Fold{"low_threshold_spiking", 121, -45},
          Fold{"thalamo_cortical", 40, -55}, Fold{"reticular", 49, -51}}) {
      CAPTURE(f.preset);
      Cell cell("izhikevich_2007", f.preset);
      cell.set("v", f.v).set("u", 0).set("I", f.I);
      const double a_U = cell.rhs()[1];  // a U
      const double a = -cell.jacobian()[1][1];
      cell.set("u", a_U / a);
      CHECK(std::abs(cell.rhs()[0]) < 1e-10);  // no current is left over ...
      CHECK(std::abs(cell.rhs()[1]) < 1e-12);
      CHECK(std::abs(cell.determinant()) < 1e-12);  // ... and the two equilibria have met
    }
    struct Hopf {
      const char* preset;
      double I, v;
    };
    for (const Hopf& h : {Hopf{"intrinsically_bursting", 347.65625, -59.375},
                          Hopf{"low_threshold_spiking", 114.75, -47.5}, Hopf{"reticular", 47.04, -53.8}}) {
      CAPTURE(h.preset);
      Cell cell("izhikevich_2007", h.preset);
      cell.set("v", h.v).set("u", 0).set("I", h.I);
      cell.set("u", -cell.rhs()[1] / cell.jacobian()[1][1]);
      CHECK(std::abs(cell.rhs()[0]) < 1e-10);
      CHECK(std::abs(cell.trace()) < 1e-12);
      CHECK(cell.determinant() > 0);
    }
  }

  TEST_CASE("the special rules of each cell are in its presets") {
    const auto cell = [](const std::string& preset, double v, double u) {
      Cell at("izhikevich_2007", preset);
      at.set("v", v).set("u", u);
      return at;
    };
    // FS: U = 0 below -55 mV, 0.025 (v + 55)^3 above; u stays as it is at a spike
    CHECK(cell("fast_spiking", -56, 10).rhs()[1] == doctest::Approx(0.2 * (0 - 10)));
    CHECK(cell("fast_spiking", -45, 10).rhs()[1] == doctest::Approx(0.2 * (0.025 * 1000 - 10)));
    CHECK(cell("fast_spiking", 25, 10).reset() == Train{-45, 10});
    // LTS: cut-off 40 - 0.1 u, v := -53 + 0.04 u, u := min(u + 20, 670)
    CHECK(cell("low_threshold_spiking", 0, 100).threshold() == doctest::Approx(-30));
    CHECK(cell("low_threshold_spiking", 0, 100).reset()[0] == doctest::Approx(-49));
    CHECK(cell("low_threshold_spiking", 0, 100).reset()[1] == 120);
    CHECK(cell("low_threshold_spiking", 0, 660).reset()[1] == 670);
    // TC: b = 15 at -65 mV and below, 0 above; cut-off 35 + 0.1 u, v := -60 - 0.1 u, u := u + 10
    CHECK(cell("thalamo_cortical", -66, 0).rhs()[1] == doctest::Approx(0.01 * 15 * -6));
    CHECK(cell("thalamo_cortical", -65, 0).rhs()[1] == doctest::Approx(0.01 * 15 * -5));
    CHECK(cell("thalamo_cortical", -64, 0).rhs()[1] == 0);
    CHECK(cell("thalamo_cortical", 0, 100).threshold() == doctest::Approx(-45));
    CHECK(cell("thalamo_cortical", 0, 100).reset() == Train{-70, 110});
    // RTN: b = 10 at -65 mV and below, 2 above
    CHECK(cell("reticular", -66, 0).rhs()[1] == doctest::Approx(0.015 * 10 * -1));
    CHECK(cell("reticular", -60, 0).rhs()[1] == doctest::Approx(0.015 * 2 * 5));
    CHECK(cell("reticular", 0, 0).threshold() == 0);
  }

  TEST_CASE("cells whose slope of U changes below rest keep their own b at rest, and rest is an equilibrium") {
    for (const std::string preset : {"regular_spiking", "intrinsically_bursting", "chattering", "low_threshold_spiking",
                                     "fast_spiking", "thalamo_cortical", "reticular"}) {
      CAPTURE(preset);
      Batch batch(plugins().load("izhikevich_2007", 0), 1);
      batch.preset(preset).run(plugins().load("rk4", 0), {{"dt", 0.1}}, 50, 500);
      CHECK(batch.spikes[0].empty());
      Cell at("izhikevich_2007", preset);
      at.set("v", batch.samples(0)[0]).set("u", batch.samples(0)[1]);
      CHECK(at.rhs() == Train{0, 0});
    }
  }
}
