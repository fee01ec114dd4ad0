// What is observed does not change what happens: escape noise is drawn at resets, however a spike is defined for the
// measures.
#include <doctest/doctest.h>

#include "experiments.hpp"

using namespace hillock;
using namespace hillock::test;

TEST_SUITE("escape noise") {
  TEST_CASE("another definition of a spike leaves a stochastic neuron as it is") {
    const std::string gif =
        "seed: 3\nmodel: {use: gif}\ninput: {I: 600}\nintegrator: {use: euler, dt: 0.05}\nsimulate: {for: 500";
    const Trajectory own = run(gif + "}\n"), watched = run(gif + ", spikes: {of: v, threshold: -60 mV}}\n");
    REQUIRE(own.spikes_ms.size() > 3);
    CHECK(own.states[0] == watched.states[0]);
    // the intervals differ: the number that the hazard is held against is new after each reset
    const auto interval = [&](std::size_t i) { return own.spikes_ms[i + 1] - own.spikes_ms[i]; };
    CHECK(interval(0) != doctest::Approx(interval(1)).epsilon(1e-3));
    CHECK(run("seed: 4" + gif.substr(7) + "}\n").spikes_ms != own.spikes_ms);
    CHECK(run(gif + "}\n").spikes_ms == own.spikes_ms);
  }
}
