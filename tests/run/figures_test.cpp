// What is drawn of runs: every record, and stimuli as they act, on axes of their own.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "experiments.hpp"

using namespace hillock;
using namespace hillock::test;

namespace {

std::vector<Figure> figures(const std::string& text) { return execute(load(text), {}).run.figures; }

const Panel& panel_of(const Figure& figure, const std::string& label) {
  for (const Panel& p : figure.panels)
    if (p.y_label == label) return p;
  throw std::runtime_error("no panel " + label);
}

std::vector<std::string> labels(const Figure& figure) {
  std::vector<std::string> all;
  for (const Panel& p : figure.panels) all.push_back(p.y_label);
  return all;
}

const std::string membrane = "model: {use: lif}\nintegrator: {use: exponential_euler, dt: 0.1 ms, spikes: located}\n";
const std::string axon = "model: {use: hodgkin_huxley}\nintegrator: {use: rk4, dt: 0.02 ms, spikes: located}\n";

}  // namespace

TEST_SUITE("figures of runs") {
  TEST_CASE("a smooth stimulus is a smooth line, however coarse the samples of the run are") {
    for (const char* every : {"", ", every: 10 ms"}) {
      CAPTURE(every);
      const auto all = figures(membrane +
                               "input: {I: {use: sine, frequency: 40 Hz, amplitude: 200 pA, offset: 300 pA}}\n"
                               "simulate: {for: 500 ms" +
                               every + "}\n");
      const Curve& c = panel_of(all.at(0), "Injected current (pA)").curves.at(0);
      CHECK(c.style == Curve::Style::line);
      REQUIRE(c.x.size() > 2000);
      for (std::size_t k = 0; k < c.x.size(); ++k)
        CHECK(c.y[k] == doctest::Approx(300 + 200 * std::sin(2 * std::numbers::pi * 0.04 * c.x[k])).epsilon(1e-4));
    }
  }

  TEST_CASE("a stimulus that is switched jumps where it is switched") {
    const auto all = figures(membrane +
                             "input: {I: [{use: step, from: 10.03 ms, to: 20 ms, amplitude: 50 pA}, "
                             "{use: pulses, from: 30 ms, every: 5 ms, count: 2, width: 0.5 ms, amplitude: 80 pA}]}\n"
                             "simulate: {for: 50 ms, every: 2 ms}\n");
    const Curve& c = panel_of(all.at(0), "Injected current (pA)").curves.at(0);
    std::vector<std::pair<double, double>> jumps;
    for (std::size_t k = 1; k < c.x.size(); ++k) {
      CHECK(c.x[k] >= c.x[k - 1]);
      if (c.y[k] != c.y[k - 1]) {
        CHECK(c.x[k] == c.x[k - 1]);  // upright
        jumps.emplace_back(c.x[k], c.y[k] - c.y[k - 1]);
      }
    }
    REQUIRE(jumps.size() == 6);
    CHECK(jumps[0].first == doctest::Approx(10.03));
    CHECK(jumps[0].second == 50);
    CHECK(jumps[1].first == doctest::Approx(20));
    CHECK(jumps[3].first == doctest::Approx(30.5));
    CHECK(jumps[5].second == -80);
  }

  TEST_CASE("every record has its place, gates and ionic currents side by side") {
    const auto all = figures(axon +
                             "input: {I: {use: step, from: 5 ms, to: 6 ms, amplitude: 20}}\n"
                             "simulate: {for: 25 ms, start: rest, record: [v, m, h, n, I_Na, I_K, I_L, I]}\n");
    CHECK(labels(all.at(0)) == std::vector<std::string>{"Membrane potential (mV)", "m, h, n", "I_Na, I_K, I_L (uA/cm2)",
                                                        "Injected current density (uA/cm2)"});
    CHECK(all[0].panels[1].curves.at(2).label == "n");
    CHECK(all[0].panels[2].curves.at(0).label == "I_Na");
    CHECK(all[0].panels[3].y_brief == "I (uA/cm2)");
    // an input that is recorded and not given is 0
    CHECK(labels(figures(axon + "simulate: {for: 5 ms, record: [v, I]}\n").at(0)).size() == 2);
  }

  TEST_CASE("a stimulus of cases is never on the axis of their voltage") {
    const std::string text =
        axon +
        "input: {I: {use: step, from: 5 ms, to: 5.5 ms, amplitude: 40}}\n"
        "simulate: {for: 20 ms, start: rest, record: [v, n]}\nsweep:\n  measure: [peak]\n  cases:\n";
    std::string cases = text;
    for (int i = 0; i < 3; ++i) cases += fmt::format("    at_{}: {{input.I.from: {} ms}}\n", i, 2 + i);
    const auto three = figures(cases);
    REQUIRE(three.size() == 1);
    REQUIRE(three[0].panels.size() == 9);  // one below the other: potential, gate and stimulus of each
    for (const Panel& p : three[0].panels) CHECK(p.curves.size() == 1);
    CHECK(three[0].panels[2].y_label == "Injected current density (uA/cm2)");
    for (int i = 3; i < 6; ++i) cases += fmt::format("    at_{}: {{input.I.from: {} ms}}\n", i, 2 + i * 0.5);
    const auto six = figures(cases);
    REQUIRE(six.size() == 2);
    CHECK(six[0].columns == 3);
    REQUIRE(six[0].panels.size() == 12);
    CHECK(six[0].panels[0].title == "at 0");
    CHECK(six[0].panels[1].below);
    CHECK(six[1].name == "cases-n");
    CHECK(six[1].panels.size() == 6);
    // one that is the same for all is drawn once
    const auto same = figures(text + "    wide: {model.g_K: 30}\n    narrow: {model.g_K: 40}\n");
    CHECK(same.at(0).panels.size() == 5);
  }

  TEST_CASE("a sweep draws all that was recorded, and the stimulus") {
    const std::string text = membrane +
                             "input: {I: {use: step, from: 5 ms, to: 40 ms, amplitude: 250 pA}}\n"
                             "simulate: {for: 50 ms, record: [v, I]}\n";
    const auto stepped =
        figures(text + "sweep: {over: {input.I.amplitude: [150, 210, 300]}, measure: [spike_count]}\n");
    CHECK(labels(stepped.at(0)) == std::vector<std::string>{"Membrane potential (mV)", "Injected current (pA)"});
    CHECK(stepped[0].panels[1].curves.size() == 3);
    CHECK(*std::max_element(stepped[0].panels[1].curves[2].y.begin(), stepped[0].panels[1].curves[2].y.end()) == 300);
    const auto other = figures(text + "sweep: {over: {model.tau: [10, 20]}, measure: [spike_count]}\n");
    CHECK(other.at(0).panels.at(1).curves.size() == 1);  // one stimulus for all
    const std::string constant = membrane +
                                 "input: {I: 250 pA}\nsimulate: {for: 50 ms, record: [v]}\n"
                                 "sweep: {over: {input.I: [150, 300]}, measure: [spike_count]}\n";
    CHECK(figures(constant).at(0).panels.size() == 1);  // a number, which the legend says
  }
}
