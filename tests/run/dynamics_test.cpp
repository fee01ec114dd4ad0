// The purpose `dynamics` against exact values: those of neuron models whose equilibria, bifurcations, rates and
// impedance can be written down.
#include <cmath>
#include <numbers>
#include <tuple>

#include "purpose/converge.hpp"
#include "run/experiments.hpp"

using namespace hillock;
using namespace hillock::test;

namespace {

const std::vector<double>& list(const Outcome& o, const std::string& name) {
  for (const ListValue& l : o.cases.at(0).lists)
    if (l.name == name) return l.values;
  throw std::runtime_error("there is no list " + name);
}
double value(const Outcome& o, const std::string& name) { return measured(o.cases.at(0), name); }
std::string why(const Outcome& o, const std::string& name) {
  for (const MeasureValue& v : o.cases.at(0).measures)
    if (v.name == name) return v.why;
  throw std::runtime_error("there is no measure " + name);
}
const std::vector<double>& column(const Outcome& o, const std::string& sheet, const std::string& title) {
  for (const Sheet& s : o.run.sheets)
    if (s.name == sheet)
      for (const Column& c : s.columns)
        if (c.title == title) return c.values;
  throw std::runtime_error("there is no column " + title + " of " + sheet);
}
const Sheet& sheet(const Outcome& o, const std::string& name) {
  for (const Sheet& s : o.run.sheets)
    if (s.name == name) return s;
  throw std::runtime_error("there is no sheet " + name);
}

std::string text(const std::string& model, const std::string& dynamics, const std::string& more = "") {
  return "model: " + model + "\nintegrator: {use: rk4, dt: 0.05 ms, spikes: located}\nsimulate: {for: 200 ms" + more +
         "}\ndynamics: {" + dynamics + "}\n";
}

}  // namespace

TEST_SUITE("dynamics") {
  TEST_CASE("Izhikevich's cells lose rest at the Hopf point and the fold of the formulas") {
    // k = p - b: fold at k^2/(4 alpha) - q; Hopf where 2 alpha v + p = a, if b > a, with angular frequency sqrt(a (b -
    // a))
    struct Cell {
      double a, b, beta, gamma;
    };
    for (const Cell& cell : {Cell{0.02, 0.2, 5, 140}, Cell{0.1, 0.2, 5, 140}, Cell{0.02, 0.25, 5, 140},
                             Cell{0.1, 0.26, 5, 140}, Cell{0.2, 0.26, 5, 140}, Cell{0.02, -0.1, 4.1, 108}}) {
      const double a = cell.a, b = cell.b, beta = cell.beta, gamma = cell.gamma;
      CAPTURE(a);
      CAPTURE(b);
      const Outcome o = outcome(text("{use: izhikevich, a: " + number(a) + ", b: " + number(b) +
                                         ", beta: " + number(beta) + ", gamma: " + number(gamma) + "}",
                                     "over: {from: -5, to: 10}, at: 0, f_i: none, phase_plane: none"));
      const double k = beta - b, fold = k * k / 0.16 - gamma;
      REQUIRE(list(o, "fold_currents").size() == 1);
      CHECK(list(o, "fold_currents")[0] == doctest::Approx(fold).epsilon(1e-10));
      const double root = std::sqrt(k * k - 0.16 * gamma);
      REQUIRE(list(o, "equilibria_v").size() == 2);
      CHECK(list(o, "equilibria_v")[0] == doctest::Approx((-k - root) / 0.08).epsilon(1e-10));
      CHECK(list(o, "equilibria_v")[1] == doctest::Approx((-k + root) / 0.08).epsilon(1e-10));
      if (b > a) {
        const double v = (a - beta) / 0.08, hopf = -(0.04 * v * v + k * v + gamma);
        REQUIRE(list(o, "hopf_currents").size() == 1);
        CHECK(list(o, "hopf_currents")[0] == doctest::Approx(hopf).epsilon(1e-9));
        CHECK(list(o, "hopf_frequencies")[0] ==
              doctest::Approx(1000 * std::sqrt(a * (b - a)) / (2 * std::numbers::pi)).epsilon(1e-7));
        CHECK(value(o, "rheobase") == list(o, "hopf_currents")[0]);
      } else {
        CHECK(list(o, "hopf_currents").empty());
        CHECK(value(o, "rheobase") == list(o, "fold_currents")[0]);
      }
    }
  }

  TEST_CASE("FitzHugh-Nagumo has the same diagram as two equations and as one of second order") {
    for (const char* model : {"nagumo", "nagumo_second_order"}) {
      CAPTURE(model);
      const Outcome o = outcome(text(std::string("{use: ") + model + ", preset: fitzhugh_1969}",
                                     "over: {from: 0, to: 2}, f_i: none, phase_plane: none"));
      REQUIRE(list(o, "hopf_currents").size() == 2);
      CHECK(list(o, "hopf_currents")[0] == doctest::Approx(0.331281337455).epsilon(1e-11));
      CHECK(list(o, "hopf_currents")[1] == doctest::Approx(1.418718662545).epsilon(1e-11));
      CHECK(list(o, "fold_currents").empty());
      CHECK(list(o, "equilibria_v").at(0) == doctest::Approx(-1.199408035244).epsilon(1e-11));
      for (const double l : list(o, "hopf_lyapunov")) CHECK(l > 0);
    }
  }

  TEST_CASE("the first Lyapunov coefficient of FitzHugh-Nagumo is that of the formula for the plane") {
    // Guckenheimer and Holmes (1983), eq. (3.4.11), in x = v and y = (w - alpha v)/omega, alpha = 1 - v^2 = b epsilon:
    // of f(v) = v - v^3/3 it leaves a = f_vvv/16 + alpha f_vv^2/(16 omega^2)
    const double alpha = 0.064, f_vv2 = 4 * (1 - alpha),
                 exact = -2 / 16. + alpha * f_vv2 / (16 * (0.08 - alpha * alpha));
    const Outcome o =
        outcome(text("{use: nagumo, preset: fitzhugh_1969}", "over: {from: 0, to: 2}, f_i: none, phase_plane: none"));
    REQUIRE(list(o, "hopf_lyapunov").size() == 2);
    for (const double l : list(o, "hopf_lyapunov"))
      CHECK(l == doctest::Approx(exact).epsilon(1e-6));  // differences of the tangent
  }

  TEST_CASE("three equilibria of FitzHugh-Nagumo with b above 1 are found with two folds") {
    // b = 2: v^3/3 - v + (v + a)/b = I has turning points at v = +-sqrt(1 - 1/b)
    const double a = 0.3, b = 2, v = std::sqrt(1 - 1 / b);
    const auto I = [&](double x) { return (x + a) / b - x + x * x * x / 3; };
    const Outcome o = outcome(text("{use: nagumo, a: 0.3, b: 2, epsilon: 0.5}",
                                   "over: {from: -2, to: 2}, at: " + number(a / b) + ", f_i: none, phase_plane: none"));
    REQUIRE(list(o, "fold_currents").size() == 2);
    CHECK(list(o, "fold_currents")[0] == doctest::Approx(I(v)).epsilon(1e-10));
    CHECK(list(o, "fold_currents")[1] == doctest::Approx(I(-v)).epsilon(1e-10));
    REQUIRE(list(o, "equilibria_v").size() == 3);
    CHECK(list(o, "equilibria_v")[2] == doctest::Approx(std::sqrt(3 * (1 - 1 / b))).epsilon(1e-10));
    CHECK(std::abs(list(o, "equilibria_v")[1]) < 1e-10);
    bool saddle = false;
    const auto &I_of = column(o, "equilibria", "Injected Current"),
               &v_of = column(o, "equilibria", "Membrane Potential");
    for (std::size_t k = 1; k < I_of.size(); ++k)
      CHECK(std::abs(v_of[k] - v_of[k - 1]) + std::abs(I_of[k] - I_of[k - 1]) > 1e-12);
    for (const auto& row : o.run.tables.at(1).rows) saddle = saddle || row[2] == "saddle";
    CHECK(saddle);
  }

  TEST_CASE("a leaky membrane has the rheobase, the rates and the impedance of its formulas") {
    const Outcome o =
        outcome(text("{use: lif}",
                     "over: {from: 0 pA, to: 1000 pA}, f_i: {from: 300 pA, to: 1000 pA, count: 8, discard: 60 ms}, "
                     "impedance: {f0: 0 Hz, f1: 200 Hz, amplitude: 50 pA, for: 300 ms}"));
    CHECK(value(o, "rheobase") == doctest::Approx(375).epsilon(1e-12));
    CHECK(value(o, "input_resistance") == doctest::Approx(0.04).epsilon(1e-12));
    const std::vector<double>&up = list(o, "rates_up"), &down = list(o, "rates_down");
    REQUIRE(up.size() == 8);
    for (std::size_t k = 0; k < 8; ++k) {
      const double drive = (300 + 100 * static_cast<double>(k)) / 25;  // mV above rest
      const double rate = drive > 15 ? 1000 / (2 + 10 * std::log(drive / (drive - 15))) : 0;
      CHECK(up[k] == doctest::Approx(rate).epsilon(1e-7));  // rk4 at a two-hundredth of tau
      CHECK(down[k] == doctest::Approx(rate).epsilon(1e-7));
    }
    CHECK(value(o, "onset_current") == 400);
    CHECK(value(o, "offset_current") == 400);
    const auto &f = column(o, "impedance_chirp", "Frequency"), &z = column(o, "impedance_chirp", "Impedance"),
               &phase = column(o, "impedance_chirp", "Phase");
    REQUIRE(f.size() == 41);
    for (std::size_t k = 0; k < f.size(); ++k) {
      const double w = 2 * std::numbers::pi * f[k] * 10 / 1000;
      CHECK(z[k] == doctest::Approx(0.04 / std::sqrt(1 + w * w)).epsilon(2e-4));  // what folds back above the sampling
      CHECK(phase[k] == doctest::Approx(-std::atan(w) * 180 / std::numbers::pi).epsilon(2e-4).scale(10));
    }
    CHECK(value(o, "impedance_error") < 2e-4);
    CHECK(why(o, "resonance_frequency") == "not defined: the impedance is largest at the low end of the chirp");
  }

  TEST_CASE("a resonator's chirp finds the peak that the linear theory has") {
    const Outcome o = outcome(text("{use: izhikevich, preset: resonator}",
                                   "over: {from: -10, to: 2}, at: 0, f_i: none, phase_plane: none, "
                                   "impedance: {f0: 5 Hz, f1: 60 Hz, amplitude: 0.0001, for: 800 ms}"));
    // v' = s v - u + I, u' = a (b v - u) around rest with s = 0.08 v + 5: |Z|^2 = (w^2 + a^2)/((a (b - s) - w^2)^2 +
    // w^2 (s - a)^2)
    const double a = 0.1, b = 0.26, s = 0.08 * -62.5 + 5, f = value(o, "resonance_frequency");
    const auto z = [&](double hz) {
      const double w = 2 * std::numbers::pi * hz / 1000, real = a * (b - s) - w * w;
      return std::sqrt((w * w + a * a) / (real * real + w * w * (s - a) * (s - a)));
    };
    CHECK(f > 6);
    CHECK(f < 59);
    CHECK(z(f) >= z(f * 1.001));
    CHECK(z(f) >= z(f * 0.999));
    CHECK(value(o, "resonance_strength") == doctest::Approx(z(f) / z(0)).epsilon(1e-9));
    CHECK(value(o, "input_resistance") == doctest::Approx(1 / (b - s)).epsilon(1e-9));
    CHECK(value(o, "impedance_error") < 1e-3);
  }

  TEST_CASE("an integrator that chooses its steps serves every part") {
    const Outcome o = outcome(
        "model: {use: lif}\nintegrator: {use: dopri5, tolerance: 1e-9}\nsimulate: {for: 200 ms}\n"
        "dynamics: {over: {from: 0 pA, to: 1000 pA}, f_i: {from: 300 pA, to: 1000 pA, count: 2, discard: 60 ms}, "
        "impedance: {f0: 0 Hz, f1: 100 Hz, amplitude: 50 pA, for: 300 ms}}\n");
    CHECK(list(o, "rates_up").at(1) == doctest::Approx(149.252922872).epsilon(1e-7));
    CHECK(value(o, "impedance_error") < 2e-4);
  }

  TEST_CASE("nullclines lie on their curves") {
    const Outcome o =
        outcome(text("{use: nagumo, preset: fitzhugh_1969}",
                     "over: {from: 0, to: 2}, at: 0.5, f_i: none, phase_plane: {v: [-2.5, 2.5], w: [-1, 2]}"));
    const Sheet& s = sheet(o, "nullclines");
    const auto& of = s.columns.at(0).words;
    const auto &v = s.columns.at(1).values, &w = s.columns.at(2).values;
    REQUIRE(of.size() == v.size());
    std::size_t n_v = 0, n_w = 0;
    for (std::size_t k = 0; k < v.size(); ++k) {
      if (std::isnan(v[k])) continue;
      const bool of_v = of[k] == "v";
      ++(of_v ? n_v : n_w);
      const double curve = of_v ? v[k] - v[k] * v[k] * v[k] / 3 + 0.5 : (v[k] + 0.7) / 0.8;
      CHECK(std::abs(curve - w[k]) < 1e-12);
    }
    CHECK(n_v > 200);
    CHECK(n_w > 100);
  }

  TEST_CASE("rest and firing coexist between the end of the cycle and the Hopf point") {
    const Outcome o = outcome(text("{use: nagumo, preset: fitzhugh_1969}",
                                   "over: {from: 0, to: 2}, f_i: {from: 0.31, to: 0.35, count: 5, each: 600 ms, "
                                   "discard: 300 ms}, phase_plane: none",
                                   ", start: rest"));
    const std::vector<double>&up = list(o, "rates_up"), &down = list(o, "rates_down");
    REQUIRE(up.size() == 5);
    CHECK(up[2] == 0);                                                    // 0.33, below the Hopf point
    CHECK(down[2] == doctest::Approx(1000 / 48.81021017).epsilon(1e-5));  // neuron-models: C
    CHECK(down[4] == doctest::Approx(1000 / 45.61050097).epsilon(1e-5));
    CHECK(down[1] == 0);  // 0.32
    CHECK(value(o, "offset_current") == doctest::Approx(0.33));
    CHECK(value(o, "onset_current") > 0.335);
    const Sheet& s = sheet(o, "f_i");
    REQUIRE(s.columns.size() == 7);
    CHECK(s.columns[1].title == "Rate under Rising Current");
    CHECK(s.columns[4].title == "Rate under Falling Current");
    for (const Column& c : s.columns) CHECK(c.title.find(',') == std::string::npos);  // no quotes in the CSV
  }

  TEST_CASE("what cannot be found is said") {
    const Outcome rests = outcome(text("{use: lif}", "over: {from: 0 pA, to: 300 pA}, f_i: {count: 2, each: 50 ms}"));
    CHECK(why(rests, "rheobase") == "not defined: rest is stable throughout the range");
    CHECK(why(rests, "onset_current") == "not defined: it fires at no level");
    CHECK(why(rests, "offset_current") == "not defined: it does not fire at the highest level");
    CHECK(why(rests, "impedance_error") == "not asked for");
    const Outcome fires = outcome(
        text("{use: lif}",
             "over: {from: 400 pA, to: 500 pA}, f_i: none, impedance: {f0: 0 Hz, f1: 100 Hz, amplitude: 1 pA}"));
    CHECK(value(fires, "equilibria") == 0);
    CHECK(why(fires, "rheobase") == "not defined: there is no stable equilibrium at the low end of the range");
    CHECK(why(fires, "resting_potential") == "not defined: there is no stable equilibrium at `at`");
    CHECK(why(fires, "impedance_error") == "not defined: there is no stable equilibrium at `at`");
    const Outcome wild = outcome(
        text("{use: lif}",
             "over: {from: 0 pA, to: 500 pA}, f_i: none, impedance: {f0: 0 Hz, f1: 100 Hz, amplitude: 900 pA}"));
    CHECK(why(wild, "impedance_error") == "not defined: the neuron fires under the chirp: take a smaller amplitude");
    CHECK(why(wild, "resonance_frequency") == "not defined: the impedance is largest at the low end of the chirp");
  }

  TEST_CASE("where the equations jump, rest is followed to the jump and the rest of the branch is found all the same") {
    // the thalamo-cortical cell: I = U(v) - k (v - v_r) (v - v_t) with U = 15 (v - v_r) up to -65 mV and 0 above
    const Outcome o = outcome(text("{use: izhikevich_2007, preset: thalamo_cortical}",
                                   "over: {from: -1500 pA, to: 200 pA}, at: 0 pA, f_i: none, phase_plane: none"));
    CHECK(why(o, "rheobase") ==
          "not defined: the equations jump at -195 pA, and rest is followed no further");  // 15 (-5) - 1.6 (-5) (-15)
    REQUIRE(list(o, "fold_currents").size() == 1);
    CHECK(list(o, "fold_currents")[0] == doctest::Approx(40).epsilon(1e-10));
    REQUIRE(list(o, "equilibria_v").size() == 2);
    CHECK(list(o, "equilibria_v")[0] == doctest::Approx(-60).epsilon(1e-10));
    CHECK(list(o, "equilibria_v")[1] == doctest::Approx(-50).epsilon(1e-10));
  }

  TEST_CASE("a clamped state is no unknown, and the others are followed") {
    // w held at 0.2: v - v^3/3 - 0.2 + I = 0 has folds at v = +-1
    const Outcome o = outcome(
        text("{use: nagumo, preset: fitzhugh_1969}", "over: {from: -2, to: 2}, f_i: none", ", clamp: {w: 0.2}"));
    REQUIRE(list(o, "fold_currents").size() == 2);
    CHECK(list(o, "fold_currents")[0] == doctest::Approx(0.2 - 2 / 3.).epsilon(1e-10));
    CHECK(list(o, "fold_currents")[1] == doctest::Approx(0.2 + 2 / 3.).epsilon(1e-10));
    CHECK(value(o, "equilibria") == 3);
  }

  TEST_CASE("what is found at the low end does not depend on where the range ends") {
    struct Case {
      const char* model;
      double rest, rheobase;
      std::vector<double> ends;
    };
    // qif: v = V_T - sqrt(2 Delta_T I_T/g_L); izhikevich_2007, b < 0: fold at (b + k (v_r - v_t))^2/(4 k); mat:
    // omega/R; the others as with a narrow range
    for (const Case& c :
         {Case{"adex", -70.5999275, 627.1824645, {700, 1000, 1500, 2000, 10000}},
          Case{"qif", -59.9 - std::sqrt(2 * 3.48 * 1.62), 0.162, {0.2, 1, 2, 7, 100}},
          Case{"izhikevich_2007", -60, 360 / 7., {60, 100, 200, 300, 777}},
          Case{"wang_buzsaki", -64.01756491, 0.1600863272, {1, 100, 1000}}, Case{"mat", -65, 0.4, {0.5, 3, 100}}})
      for (const double end : c.ends) {
        CAPTURE(c.model);
        CAPTURE(end);
        const Outcome o = outcome(text(std::string("{use: ") + c.model + "}",
                                       "over: {from: 0, to: " + number(end) + "}, f_i: none, phase_plane: none"));
        CHECK(value(o, "resting_potential") == doctest::Approx(c.rest).epsilon(1e-9));
        CHECK(value(o, "rheobase") == doctest::Approx(c.rheobase).epsilon(1e-9));
      }
  }

  TEST_CASE("a range that v leaves at its low end is followed from where v comes back") {
    for (const auto& [model, end, rheo] : {std::tuple{"eif", 1000., 0.162}, {"mat", 100., 0.4}}) {
      CAPTURE(model);
      const Outcome o =
          outcome(text(std::string("{use: ") + model + "}",
                       "over: {from: " + number(-end) + ", to: " + number(end) + "}, f_i: none, phase_plane: none"));
      CHECK(value(o, "rheobase") == doctest::Approx(rheo).epsilon(1e-9));
    }
    // omega/R = 10 nA lies where v = 435 mV; at 500 mV above rest it lies beyond: v = -65 + 50 I
    const Outcome o =
        outcome(text("{use: mat, omega: 500, E_L: 50}", "over: {from: 0, to: 100}, f_i: none, phase_plane: none"));
    CHECK(why(o, "rheobase") ==
          "not defined: v leaves its range, -500 to 500 mV, at 9 nA, and rest is followed no further");
  }

  TEST_CASE("a chirp whose answer is as small as the errors of the integrator is not measured") {
    const auto chirp = [](const char* amplitude) {
      return outcome(
          "model: {use: lif}\nintegrator: {use: dopri5, tolerance: 1e-6}\nsimulate: {for: 300 ms}\n"
          "dynamics: {over: {from: 0 pA, to: 200 pA}, f_i: none, impedance: {f0: 0 Hz, f1: 100 Hz, amplitude: " +
          std::string(amplitude) + "}}\n");
    };
    CHECK(why(chirp("0.5 pA"), "impedance_error") ==
          "not defined: tolerance = 1e-06 is too coarse for an answer of 0.00314 mV: take 2e-07 or a larger amplitude");
    CHECK(value(chirp("50 pA"), "impedance_error") < 1e-3);
  }

  TEST_CASE("converge refuses a file with dynamics") {
    const auto e = load(text("{use: lif}", "over: {from: 0 pA, to: 200 pA}, f_i: none"));
    CHECK_THROWS_WITH_AS(
        converge(e, {}),
        doctest::Contains("converge refines runs, not equilibria: it has nothing to say of 'dynamics'"), Error);
  }
}
