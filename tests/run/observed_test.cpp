// What a model lets observe besides its states: recorded, drawn, read out and measured.
#include <cmath>

#include "experiments.hpp"

using namespace hillock;
using namespace hillock::test;

namespace {

const std::string axon =
    "model: {use: hodgkin_huxley}\ninput: {I: {use: step, from: 1 ms, to: 20 ms, amplitude: 10}}\n"
    "integrator: {use: rk4, dt: 0.01}\n";

std::vector<std::string> names_of(const CaseResult& c) {
  std::vector<std::string> all;
  for (const Column& k : c.columns) all.push_back(k.name);
  return all;
}

CaseResult played(const std::string& text, const Overrides& overrides = {}) {
  return outcome(text, overrides).cases.at(0);
}

}  // namespace

TEST_SUITE("observed numbers") {
  TEST_CASE("ionic currents are those of the recorded states, sample by sample") {
    const CaseResult c = played(axon + "simulate: {for: 20, record: [v, m, h, n, I_Na, I_K, I_L]}\n");
    REQUIRE(c.time_ms.size() == 2001);
    const auto &v = column(c, "v"), &m = column(c, "m"), &h = column(c, "h"), &n = column(c, "n");
    const auto &I_Na = column(c, "I_Na"), &I_K = column(c, "I_K"), &I_L = column(c, "I_L");
    for (std::size_t k = 0; k < c.time_ms.size(); ++k) {
      CHECK(I_Na[k] == doctest::Approx(120 * std::pow(m[k], 3) * h[k] * (v[k] - 50)).epsilon(1e-13));
      CHECK(I_K[k] == doctest::Approx(36 * std::pow(n[k], 4) * (v[k] + 77)).epsilon(1e-13));
      CHECK(I_L[k] == doctest::Approx(0.3 * (v[k] + 54.387)).epsilon(1e-13));
    }
    CHECK(c.columns[4].title == "Sodium Current");
    CHECK(c.columns[4].unit == "uA/cm2");
  }

  TEST_CASE("what is not asked for is not kept, and asking changes nothing else") {
    const CaseResult plain = played(axon + "simulate: {for: 20, record: [v]}\n"),
                     one = played(axon + "simulate: {for: 20, record: [I_K]}\n"),
                     both = played(axon + "simulate: {for: 20, record: [I_K, v, I]}\n");
    CHECK(names_of(one) == std::vector<std::string>{"I_K"});
    CHECK(names_of(both) == std::vector<std::string>{"I_K", "v", "I"});
    CHECK(same_bits(column(one, "I_K"), column(both, "I_K")));
    CHECK(same_bits(column(plain, "v"), column(both, "v")));
    CHECK(same_bits(plain.spikes_ms, one.spikes_ms));
    CHECK(plain.spikes_ms.size() == 2);
  }

  TEST_CASE("the coarser of two records holds every n-th sample of the finer, and a batch the bits of one alone") {
    const std::string text = axon + "simulate: {for: 20, record: [I_Na]}\n";
    const CaseResult fine = played(text), coarse = played(text, {"simulate.every=0.5"});
    REQUIRE(coarse.time_ms.size() == 41);
    for (std::size_t k = 0; k < 41; ++k) CHECK(column(coarse, "I_Na")[k] == column(fine, "I_Na")[50 * k]);
    std::string cases = text + "sweep:\n  cases:\n";
    for (int i = 0; i < 11; ++i)
      cases += "    c" + std::to_string(i) + ": {input.I.amplitude: " + std::to_string(i) + "}\n";
    CHECK(same_bits(column(result(outcome(cases), "c10"), "I_Na"), column(fine, "I_Na")));
  }

  TEST_CASE("inputs, parameters and derived constants are those at the time of the sample") {
    const CaseResult c = played(
        "model: {use: observing, tau: 4, scale: -2}\n"
        "input: {I: [1, {use: step, from: 2 ms, to: 3 ms, amplitude: 2}]}\n"
        "integrator: {use: euler, dt: 0.5}\nsimulate: {for: 5, record: [slope, drive, I]}\n");
    const auto &slope = column(c, "slope"), &drive = column(c, "drive"), &I = column(c, "I");
    REQUIRE(I.size() == 11);
    for (std::size_t k = 0; k < I.size(); ++k) {
      CHECK(I[k] == (k == 4 || k == 5 ? 3 : 1));
      CHECK(slope[k] == I[k] / 4);
      CHECK(drive[k] == -2 * I[k]);
    }
  }

  TEST_CASE("a drawn number is the one in force at the sample, though spikes came after it") {
    // v' = 1: what is left to the end is the time to the next spike
    for (const char* spikes : {"located", "on_grid"}) {
      const CaseResult c =
          played("seed: 5\nmodel: {use: observing}\ninput: {I: 1}\nintegrator: {use: euler, dt: 0.01, spikes: " +
                 std::string(spikes) + "}\nsimulate: {for: 50, record: [left]}\n");
      REQUIRE(c.spikes_ms.size() > 20);
      const auto& left = column(c, "left");
      std::size_t next = 0;
      for (std::size_t k = 0; k < left.size(); ++k) {
        while (next < c.spikes_ms.size() && c.spikes_ms[next] <= c.time_ms[k] + 1e-9) ++next;
        if (next == c.spikes_ms.size()) break;
        // on the grid a spike is late by up to a step
        const double late = c.spikes_ms[next] - c.time_ms[k] - left[k];
        CHECK(late > -1e-9);
        CHECK(late < (std::string(spikes) == "located" ? 1e-9 : 0.01 + 1e-9));
      }
    }
  }

  TEST_CASE("a readout may be of an ionic current, which is then what is measured") {
    const std::string clamp =
        "model: {use: hodgkin_huxley}\nintegrator: {use: rk4, dt: 0.01}\nreadout: {of: I_L}\n"
        "simulate: {for: 5, clamp: {v: 0}, record: [I_K]}\n";
    const Outcome o = outcome(clamp + "expect: {peak: [16.3161, 16.3161], minimum_voltage: [16.3161, 16.3161]}\n");
    CHECK(o.passed());
    CHECK(names_of(o.cases[0]) == std::vector<std::string>{"I_K"});  // measured, not written
    for (const MeasureValue& v : o.cases[0].measures)
      if (v.name == "peak") CHECK(v.unit == "uA/cm2");
  }

  TEST_CASE("a scaled readout of a current stays a current with its unit, one of a voltage is a potential") {
    const std::string text = axon + "simulate: {for: 5, record: [v, I_Na]}\n";
    RunOptions wishes;
    const Outcome o =
        execute(load(text + "readout: {of: I_Na, scale: 2, shift: 1 uA/cm2}\nexpect: {peak: [1, 1000]}\n"), wishes);
    const CaseResult& c = o.cases.at(0);
    REQUIRE(names_of(c) == std::vector<std::string>{"v", "I_Na", "readout"});
    CHECK(c.columns[2].title == "Recorded Sodium Current");
    CHECK(c.columns[2].unit == "uA/cm2");
    for (std::size_t k = 0; k < c.time_ms.size(); ++k) CHECK(column(c, "readout")[k] == 2 * column(c, "I_Na")[k] + 1);
    for (const MeasureValue& v : c.measures)
      if (v.name == "peak") CHECK(v.unit == "uA/cm2");
    REQUIRE(o.run.figures.size() == 1);
    CHECK(o.run.figures[0].panels.at(2).y_label == "Recorded sodium current (uA/cm2)");
    // what is written out reads again, to the same numbers
    const CaseResult again = played(to_yaml(load(text + "readout: {of: I_Na, scale: 2}\n")->resolved));
    CHECK(same_bits(column(again, "readout"), column(played(text + "readout: {of: I_Na, scale: 2}\n"), "readout")));
    CHECK(again.columns.at(2).unit == "uA/cm2");
    const CaseResult potential = played(text + "readout: {of: v, scale: 2}\n");
    CHECK(potential.columns.at(2).title == "Recorded Potential");
    CHECK(potential.columns.at(2).unit == "mV");
  }

  TEST_CASE("the resolved experiment names what is recorded and read out, and runs to the same bits") {
    const std::string text = axon + "readout: {of: I_K}\nsimulate: {for: 20, record: [h, I_L, I_Na, I]}\n";
    const std::string resolved = to_yaml(load(text)->resolved);
    CHECK(resolved.find("record: [h, I_L, I_Na, I]") != std::string::npos);
    CHECK(resolved.find("readout: {of: I_K}") != std::string::npos);
    const CaseResult first = played(text), again = played(resolved);
    REQUIRE(names_of(first) == names_of(again));
    for (std::size_t k = 0; k < first.columns.size(); ++k)
      CHECK(same_bits(first.columns[k].values, again.columns[k].values));
  }

  TEST_CASE("figures show currents side by side") {
    RunOptions wishes;
    const std::string text = axon + "simulate: {for: 5, record: [v, I_Na, I_K]}\n";
    const Outcome run = execute(load(text), wishes);
    REQUIRE(run.run.figures.size() == 1);
    REQUIRE(run.run.figures[0].panels.size() == 3);  // and the input
    CHECK(run.run.figures[0].panels[1].y_label == "I_Na, I_K (uA/cm2)");
    const Outcome cases = execute(
        load(text + "sweep: {cases: {a: {input.I.amplitude: 5}, b: {}}}\n", {"simulate.record=[I_Na, I_K]"}), wishes);
    REQUIRE(cases.run.figures.size() == 1);
    REQUIRE(cases.run.figures[0].panels.size() == 4);  // each with its input
    const Panel& panel = cases.run.figures[0].panels[0];
    CHECK(panel.y_label == "I_Na, I_K (uA/cm2)");
    std::vector<std::string> labels;
    for (const Curve& c : panel.curves)
      if (!c.label.empty()) labels.push_back(c.label);
    CHECK(labels == std::vector<std::string>{"I_Na", "I_K"});
  }

  TEST_CASE("a neuron that stops keeps what was observed before") {
    const Trajectory t =
        run("model: {use: hodgkin_huxley, g_L: 100}\ninput: {I: 0}\nintegrator: {use: euler, dt: 0.05}\n"
            "simulate: {for: 20, record: [I_L, v]}\n");
    REQUIRE(!t.ok());
    CHECK(t.states[0].size() == t.time_ms.size());
    CHECK(t.time_ms.back() < t.failure->at_ms);
    CHECK(t.states[0][0] == doctest::Approx(100 * (-65 + 54.387)));
    for (const double I : t.states[0]) CHECK(std::isfinite(I));
  }
}
