// Time: which steps an input drives, where samples lie, and how exact spikes and orders stay under inputs that vary.
#include <cmath>

#include "experiments.hpp"

using namespace hillock;
using namespace hillock::test;

namespace {

/// Steps of `dt` up to `for_ms` whose begin lies in [from, to), counted by their numbers.
int driven_steps(const std::string& shape, double dt, int steps) {
  // v' = I without decay: a current of 1/ms raises v by dt in each step that it drives
  const Trajectory r =
      run("model: {use: decay, rate: 0}\ninput: {I: " + shape + "}\nintegrator: {use: euler, dt: " + number(dt) +
          "}\nsimulate: {for: " + number(steps * dt) + ", start: {v: 0}}\n");
  REQUIRE(r.ok());
  const double n = r.states[0].back() / dt;
  CHECK(n == doctest::Approx(std::round(n)).epsilon(1e-9));
  return static_cast<int>(std::lround(n));
}

constexpr double awkward[] = {0.1, 0.3, 0.7 / 3, 0.25, 0.001};

}  // namespace

TEST_SUITE("time") {
  TEST_CASE("an input whose edges lie on the grid drives exactly the steps between them") {
    for (const double dt : awkward)
      for (const auto& [from, to] : {std::pair{0, 1}, {1, 3}, {3, 10}, {7, 700}, {999, 1000}, {3, 6007}, {29, 5800}}) {
        CAPTURE(dt);
        CAPTURE(from);
        CHECK(driven_steps("{use: step, from: " + number(from * dt) + ", to: " + number(to * dt) + ", amplitude: 1}",
                           dt, to + 10) == to - from);
      }
  }

  TEST_CASE("edges that are written in decimals are found on the grid") {
    // 0.3 and 3*0.1 are different numbers
    CHECK(driven_steps("{use: step, from: 0.3 ms, to: 0.6 ms, amplitude: 1}", 0.1, 20) == 3);
    CHECK(driven_steps("{use: step, from: 0.9 ms, to: 2.1 ms, amplitude: 1}", 0.3, 20) == 4);
    CHECK(driven_steps("{use: pulses, from: 0.1 ms, every: 0.3 ms, width: 0.1 ms, count: 50, amplitude: 1}", 0.1,
                       200) == 50);
    CHECK(driven_steps("{use: pulses, from: 0.3 ms, every: 0.6 ms, width: 0.3 ms, count: 50, amplitude: 1}", 0.3,
                       200) == 50);
    CHECK(driven_steps("{use: pulses, at: [0.1 ms, 0.7 ms, 1.1 ms, 1.9 ms], width: 0.2 ms, amplitude: 1}", 0.1, 30) ==
          8);
  }

  TEST_CASE("an input whose edges lie between steps drives those that begin within it") {
    CHECK(driven_steps("{use: step, from: 0.25 ms, to: 0.55 ms, amplitude: 1}", 0.1, 20) == 3);  // 0.3 0.4 0.5
    CHECK(driven_steps("{use: step, from: 0.21 ms, to: 0.39 ms, amplitude: 1}", 0.1, 20) == 1);
    CHECK(driven_steps("{use: step, from: 0.19 ms, to: 0.31 ms, amplitude: 1}", 0.1, 20) == 2);
  }

  TEST_CASE("a current that is sampled faster than the steps drives each by its mean over the step") {
    const auto current = [](int k) { return (k * 7919) % 1000; };
    std::string fast = "time_ms,voltage_mV,current_pA\n", slow = fast;
    for (int k = 0; k < 1000; ++k) {
      fast += number(0.02 * k) + ",0," + std::to_string(current(k)) + "\n";
      double sum = 0;
      for (int j = k; j < k + 5; ++j) sum += current(j);
      if (k % 5 == 0) slow += number(0.02 * k) + ",0," + number(sum / 5) + "\n";
    }
    write("fast.csv", fast), write("slow.csv", slow);
    const std::string text =
        "model: {use: lif}\nintegrator: {use: euler, dt: 0.1}\nsimulate: {for: 20}\ninput: {I: {use: file, file: ";
    const Trajectory by_fast = run(text + "fast.csv}}\n"), by_slow = run(text + "slow.csv}}\n");
    REQUIRE(by_fast.states[0].size() == 201);
    for (std::size_t k = 0; k <= 200; ++k)
      CHECK(by_fast.states[0][k] == doctest::Approx(by_slow.states[0][k]).epsilon(1e-9));
  }

  TEST_CASE("samples lie at whole multiples of a whole number of steps, from 0 to the end") {
    for (const double dt : awkward)
      for (const int every : {1, 3, 7}) {
        CAPTURE(dt);
        const int steps = 2100;
        const Trajectory r = run("model: {use: decay}\nintegrator: {use: euler, dt: " + number(dt) +
                                 "}\nsimulate: {for: " + number(steps * dt) + ", every: " + number(every * dt) + "}\n");
        REQUIRE(r.time_ms.size() == static_cast<std::size_t>(steps / every + 1));
        REQUIRE(r.states[0].size() == r.time_ms.size());
        bool exact = true;
        for (std::size_t k = 0; k < r.time_ms.size(); ++k)
          exact = exact && r.time_ms[k] == static_cast<double>(k) * every * dt;
        CHECK(exact);
        // a sample carries the state at its time: v = (1 - dt)^k
        CHECK(r.states[0][2] == doctest::Approx(std::pow(1 - dt, 2 * every)).epsilon(1e-12));
      }
  }

  TEST_CASE("the coarser of two records of a run holds every n-th sample of the finer") {
    const std::string text =
        "seed: 3\nmodel: {use: izhikevich}\ninput: {I: [8, {use: noise, sigma: 3}]}\nintegrator: {use: euler, dt: "
        "0.25}\n"
        "simulate: {for: 30 s, record: [v, u]}\n";
    const Trajectory fine = run(text), coarse = run(text, {"simulate.every=1.75"});
    CHECK(same_bits(fine.spikes_ms, coarse.spikes_ms));
    CHECK(fine.spikes_ms.size() > 100);
    REQUIRE(coarse.time_ms.size() == 17'143);  // floor(30000/1.75) + 1
    for (std::size_t k = 0; k < coarse.time_ms.size(); ++k) {
      CHECK(coarse.time_ms[k] == fine.time_ms[7 * k]);
      for (const std::size_t s : {0u, 1u}) CHECK(coarse.states[s][k] == fine.states[s][7 * k]);
    }
  }

  TEST_CASE("a run holds every n-th sample of one that is sampled at each step, wherever its input switches") {
    for (const double dt : {0.01, 0.1, 0.2})
      for (const int every : {2, 77, 400, 1999, 2000, 15'000, 29'999})
        for (const int from : {1, 400, 1999}) {
          CAPTURE(dt);
          CAPTURE(every);
          CAPTURE(from);
          const std::string text = "model: {use: izhikevich}\ninput: {I: [6, {use: pulses, from: " + number(from * dt) +
                                   ", every: " + number(1003 * dt) + ", width: " + number(500 * dt) +
                                   ", count: 30, amplitude: 5}]}\nintegrator: {use: euler, dt: " + number(dt) +
                                   "}\nsimulate: {for: " + number(32'000 * dt) + ", record: [u]}\n";
          const Trajectory fine = run(text);
          // a sample interval may be off the grid by rounding
          for (const double off : {0.0, 1e-9, -1e-9}) {
            CAPTURE(off);
            const Trajectory coarse = run(text, {"simulate.every=" + number((every + off) * dt)});
            REQUIRE(coarse.states[0].size() == static_cast<std::size_t>(32'000 / every + 1));
            CHECK(same_bits(coarse.spikes_ms, fine.spikes_ms));
            bool same = true;
            for (std::size_t k = 0; k < coarse.states[0].size(); ++k) {
              const std::size_t at = k * static_cast<std::size_t>(every);
              same = same && coarse.states[0][k] == fine.states[0][at] && coarse.time_ms[k] == fine.time_ms[at];
            }
            CHECK(same);
          }
        }
    const Trajectory r =
        run("model: {use: izhikevich}\ninput: {I: 10}\nintegrator: {use: euler, dt: 0.2 ms}\n"
            "simulate: {for: 100 ms, every: 0.20000002 ms, record: [v, u, I]}\n");
    CHECK(r.states[1].size() == 501);
  }

  TEST_CASE("schemes keep their order under a sine") {
    // v' = -v + A sin(w t) with v(0) = 1: v = (1 + A w/(1 + w^2)) e^-t + A (sin wt - w cos wt)/(1 + w^2)
    const double A = 2, w = 6.283185307179586477 * 0.1;
    const auto exact = [&](double t) {
      return (1 + A * w / (1 + w * w)) * std::exp(-t) + A * (std::sin(w * t) - w * std::cos(w * t)) / (1 + w * w);
    };
    const double derivative = -exact(3.0) + A * std::sin(w * 3);
    REQUIRE((exact(3.0005) - exact(2.9995)) / 0.001 == doctest::Approx(derivative).epsilon(1e-6));
    struct Scheme {
      const char* id;
      double order, coarse;
      int halvings;
    };
    for (const Scheme& s : {Scheme{"euler", 1, 0.01, 3}, Scheme{"heun", 2, 0.1, 4}, Scheme{"rk4", 4, 0.5, 5}}) {
      CAPTURE(s.id);
      double before = 0;
      for (int n = 0; n <= s.halvings; ++n) {
        const double dt = s.coarse / (1 << n);
        CAPTURE(dt);
        const Trajectory r =
            run("model: {use: decay}\ninput: {I: {use: sine, frequency: 100 Hz, amplitude: 2}}\n"
                "integrator: {use: " +
                std::string(s.id) + ", dt: " + number(dt) + "}\nsimulate: {for: 8 ms}\n");
        const double error = std::abs(r.states[0].back() - exact(8));
        if (n > 1) CHECK(std::log2(before / error) == doctest::Approx(s.order).epsilon(0.05));
        before = error;
      }
    }
  }

  TEST_CASE("a located spike lies where the exact solution crosses, under inputs that vary within a step") {
    // v' = t: v = t^2/2 crosses 2 at t = 2 (rk4 is exact here), in the middle of nowhere for these steps
    for (const double dt : {0.3, 0.7 / 3, 0.01}) {
      const Trajectory r =
          run("model: {use: decay, rate: 0}\ninput: {I: {use: ramp, to: 42 ms, start: 0, end: 42}}\n"
              "integrator: {use: rk4, dt: " +
              number(dt) + ", spikes: located}\nsimulate: {for: " + number(60 * dt) +
              ", start: {v: 0}, spikes: {of: v, threshold: " + number(0.5 * std::pow(31.3 * dt, 2)) + "}}\n");
      REQUIRE(r.spikes_ms.size() == 1);
      CHECK(r.spikes_ms[0] == doctest::Approx(31.3 * dt).epsilon(1e-13));
    }
  }

  TEST_CASE(
      "the leaky neuron fires at the exact interval when spikes are located, and late by less than a step when not") {
    // T = t_ref + tau ln((V_inf - V_r)/(V_inf - V_th)), with the defaults of NEST's iaf_psc_delta
    for (const double I : {376.0, 400.0, 500.0, 1000.0}) {
      const double v_inf = -70 + I / 25;
      const double interval = 2 + 10 * std::log((v_inf + 70) / (v_inf + 55));
      const std::string text =
          "model: {use: lif}\ninput: {I: " + number(I) + "}\nintegrator: {use: rk4, dt: 0.1}\nsimulate: {for: 500}\n";
      const Trajectory located = run(text, {"integrator.spikes=located"}), on_grid = run(text);
      CHECK(located.spikes_ms[0] == doctest::Approx(interval - 2).epsilon(1e-6));
      for (std::size_t k = 1; k < located.spikes_ms.size(); ++k)
        CHECK(located.spikes_ms[k] - located.spikes_ms[k - 1] == doctest::Approx(interval).epsilon(1e-6));
      // on the grid each interval begins at a step and ends at the first one behind the crossing
      for (std::size_t k = 1; k < on_grid.spikes_ms.size(); ++k)
        CHECK(on_grid.spikes_ms[k] - on_grid.spikes_ms[k - 1] ==
              doctest::Approx(std::ceil(interval * 10 - 1e-6) / 10).epsilon(1e-9));
    }
  }

  TEST_CASE("forward Euler gives the leaky neuron the intervals that are known of it") {
    // computed with the scheme itself on a grid of 0.1 ms, NEST's iaf_psc_delta
    for (const auto& [I, interval] : {std::pair{376, 61.0},
                                      {380, 45.1},
                                      {400, 29.6},
                                      {450, 19.9},
                                      {500, 15.8},
                                      {600, 11.8},
                                      {750, 8.9},
                                      {1000, 6.7},
                                      {1500, 4.9}}) {
      const Trajectory r = run("model: {use: lif}\ninput: {I: " + std::to_string(I) +
                               "}\nintegrator: {use: euler, dt: 0.1}\nsimulate: {for: 300}\n");
      REQUIRE(r.spikes_ms.size() > 3);
      CHECK(r.spikes_ms[3] - r.spikes_ms[2] == doctest::Approx(interval).epsilon(1e-9));
    }
    // at exactly the rheobase it never fires
    CHECK(run("model: {use: lif}\ninput: {I: 375}\nintegrator: {use: euler, dt: 0.1}\nsimulate: {for: 3000}\n")
              .spikes_ms.empty());
  }

  TEST_CASE("a refractory time that is a multiple of the step lasts exactly so many steps, late in a run as well") {
    for (const double dt : {0.1, 0.3, 0.7 / 3}) {
      const int held = 7;
      const Trajectory r = run("model: {use: lif, t_ref: " + number(held * dt) +
                               ", V_reset: -71}\ninput: {I: 900}\nintegrator: {use: euler, dt: " + number(dt) +
                               "}\nsimulate: {for: " + number(200'000 * dt) + "}\n");
      REQUIRE(r.spikes_ms.size() > 1000);
      const std::vector<double>& v = r.states[0];
      bool all = true;
      std::size_t n = 0;
      for (const double spike : r.spikes_ms) {
        const auto k = static_cast<std::size_t>(std::llround(spike / dt));
        if (k + held + 1 >= v.size()) continue;
        for (std::size_t i = 0; i <= held; ++i) all = all && v[k + i] == -71;
        all = all && v[k + held + 1] > -71;
        ++n;
      }
      CHECK(all);
      CHECK(n > 1000);
      // every interval is the same number of steps
      const double first = r.spikes_ms[2] - r.spikes_ms[1];
      for (std::size_t k = 2; k < r.spikes_ms.size(); ++k)
        CHECK(std::abs(r.spikes_ms[k] - r.spikes_ms[k - 1] - first) < 1e-6 * dt);
    }
  }

  TEST_CASE("a run of a million steps keeps its grid") {
    const Trajectory r =
        run("model: {use: decay, rate: 0}\ninput: {I: {use: step, from: 90 s, to: 90.0003 s, amplitude: 1}}\n"
            "integrator: {use: euler, dt: 0.1}\nsimulate: {for: 100 s, every: 10 s, start: {v: 0}}\n");
    REQUIRE(r.time_ms.size() == 11);
    CHECK(r.time_ms.back() == 1e5);
    CHECK(r.states[0].back() == doctest::Approx(0.3).epsilon(1e-12));
  }
}
