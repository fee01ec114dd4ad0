// Features named as measures of a run and of a comparison: the stimulus is what is injected.
#include <cmath>

#include "experiments.hpp"

using namespace hillock;
using namespace hillock::test;

namespace {

const std::string leaky =
    "model: {use: lif, tau: 20 ms}\ninput: {I: {use: step, from: 50, to: 250, amplitude: -100 pA}}\n"
    "integrator: {use: exponential_euler, dt: 0.1}\nsimulate: {for: 300, start: rest}\n";

}  // namespace

TEST_SUITE("features of runs") {
  TEST_CASE("the time constant of a leaky neuron is measured in its response to a step") {
    const CaseResult r = outcome(leaky +
                                 "expect: {time_constant: [0, 1e3], sag_ratio1: [0, 1], voltage_base: [-100, 0], "
                                 "steady_state_voltage_stimend: [-100, 0]}\n")
                             .cases[0];
    // the scheme is exact for this model
    CHECK(measured(r, "time_constant") == doctest::Approx(20).epsilon(1e-6));
    CHECK(measured(r, "voltage_base") == doctest::Approx(-70).epsilon(1e-9));
    CHECK(std::abs(measured(r, "sag_ratio1")) < 0.01);
    CHECK(measured(r, "steady_state_voltage_stimend") < -70);
  }
  TEST_CASE("a comparison has the features of the recording and of the models side by side") {
    write("cell.yaml", leaky);
    const Outcome o = outcome(
        "compare:\n  data: {file: cell.yaml}\n  models:\n    slow: {model: {use: lif, tau: 30 ms}}\n"
        "  measure: [rmse, time_constant, voltage_base]\nintegrator: {use: exponential_euler, dt: 0.1}\n"
        "simulate: {start: rest}\n");
    CHECK(measured(result(o, "data"), "time_constant") == doctest::Approx(20).epsilon(1e-6));
    CHECK(measured(result(o, "slow"), "time_constant") == doctest::Approx(30).epsilon(1e-6));
    CHECK(measured(result(o, "slow"), "voltage_base") == doctest::Approx(-70).epsilon(1e-9));
  }
  TEST_CASE("without an input there is no stimulus, and a measure of it says so") {
    const Outcome o = outcome(
        "model: {use: lif}\nintegrator: {use: euler, dt: 0.1}\nsimulate: {for: 50}\nexpect: {voltage_base: [-80, "
        "-60]}\n");
    for (const MeasureValue& v : o.cases[0].measures)
      if (v.name == "voltage_base") CHECK(v.why == "not defined: the current has no step in the window");
    CHECK(!o.passed());
  }
}
