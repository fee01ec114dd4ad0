// Inputs as functions of time: each shape at its edges, before and after them, and the statistics of those that are
// drawn.
#include "experiments.hpp"

using namespace hillock;
using namespace hillock::test;

namespace {

/// The input that these terms make for a cell that takes pA.
Signal signal(const std::string& terms, double dt = 0.1, double for_ms = 1000, std::uint64_t seed = 0) {
  const auto e =
      load("model: {use: lif}\nintegrator: {use: euler, dt: 0.1}\nsimulate: {for: 1000}\ninput:\n  I: " + terms + "\n");
  return Signal(e->neuron->inputs[0], {dt, for_ms, seed});
}

double at(const Signal& s, double t) { return s.at(t, t); }
double before(double t) { return std::nextafter(t, -1.0); }

/// Every time in (0, until) at which another piece begins.
std::vector<double> edges(const Signal& s, double until) {
  std::vector<double> all;
  for (double t = s.next_edge(0); t < until; t = s.next_edge(t)) all.push_back(t);
  return all;
}

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double two_pi = 6.283185307179586477;

}  // namespace

TEST_SUITE("inputs") {
  TEST_CASE("a constant is the same at all times and has no edge") {
    for (const char* terms : {"3.5", "{use: constant, value: 3.5}", "0.0035 nA", "[1, 2.5]"}) {
      const Signal s = signal(terms);
      for (const double t : {0.0, 0.1, 500.0, 1e6}) CHECK(at(s, t) == 3.5);
      CHECK(s.next_edge(0) == inf);
      CHECK(!s.varies(0));
    }
  }

  TEST_CASE("a step is on from its begin, included, to its end, excluded") {
    const Signal s = signal("{use: step, from: 10 ms, to: 20 ms, amplitude: 3}");
    CHECK(at(s, 0) == 0);
    CHECK(at(s, before(10)) == 0);
    CHECK(at(s, 10) == 3);
    CHECK(at(s, before(20)) == 3);
    CHECK(at(s, 20) == 0);
    CHECK(edges(s, inf) == std::vector<double>{10, 20});
    CHECK(!s.varies(15));
    // what is on at the begin of a time step drives it to its end
    CHECK(s.at(before(20), 20) == 3);
    CHECK(s.at(before(10), 10) == 0);
  }

  TEST_CASE("a step without an end stays on, one without a begin is on from 0") {
    const Signal open = signal("{use: step, from: 10 ms, amplitude: 3}");
    CHECK(at(open, before(10)) == 0);
    CHECK(at(open, 1e7) == 3);
    CHECK(edges(open, inf) == std::vector<double>{10});
    const Signal first = signal("{use: step, to: 10 ms, amplitude: 3}");
    CHECK(at(first, 0) == 3);
    CHECK(at(first, 10) == 0);
  }

  TEST_CASE("pulses are on for their width from each begin, however awkward the numbers") {
    struct Train {
      double from, every, width;
      int count;
    };
    for (const auto& [from, every, width, count] :
         {Train{5, 10, 2, 4}, Train{0, 0.3, 0.1, 50}, Train{0.1, 0.7 / 3, 0.1, 100}, Train{1, 3, 3, 5}}) {
      CAPTURE(every);
      const Signal s = signal("{use: pulses, from: " + number(from) + ", every: " + number(every) +
                              ", width: " + number(width) + ", count: " + std::to_string(count) + ", amplitude: 7}");
      CHECK(at(s, before(from)) == 0);
      for (int n = 0; n < count; ++n) {
        const double begin = from + n * every, end = begin + width;
        CHECK(at(s, begin) == 7);
        CHECK(at(s, begin + 0.5 * width) == 7);
        CHECK(at(s, before(end)) == 7);
        if (width < every || n + 1 == count) CHECK(at(s, end) == 0);
        CHECK(s.next_edge(begin) == end);
        if (n + 1 < count && width < every) CHECK(s.next_edge(end) == from + (n + 1) * every);
      }
      CHECK(s.next_edge(from + (count - 1) * every + width) == inf);
      CHECK(at(s, 1e6) == 0);
    }
  }

  TEST_CASE("pulses of a list begin at its times, and may touch") {
    const Signal s = signal("{use: pulses, at: [1 ms, 3 ms, 0.01 s], width: 2, amplitude: 7}");
    for (const double on : {1.0, before(3), 3.0, before(5), 10.0, before(12)}) CHECK(at(s, on) == 7);
    for (const double off : {0.0, before(1), 5.0, before(10), 12.0, 1e6}) CHECK(at(s, off) == 0);
    CHECK(edges(s, inf) == std::vector<double>{1, 3, 5, 10, 12});
  }

  TEST_CASE("a ramp runs straight from start to end and is nothing outside") {
    const Signal s = signal("{use: ramp, from: 10 ms, to: 30 ms, start: 2, end: 6}");
    CHECK(at(s, before(10)) == 0);
    CHECK(at(s, 10) == 2);
    CHECK(at(s, 20) == 4);
    CHECK(at(s, 25) == 5);
    CHECK(at(s, 30) == 0);
    // the last step before the end sees the value that the ramp reaches there
    CHECK(s.at(29.9, 30) == doctest::Approx(6).epsilon(1e-15));
    CHECK(s.varies(10));
    CHECK(!s.varies(30));
    CHECK(!s.varies(before(10)));
    CHECK(edges(s, inf) == std::vector<double>{10, 30});
  }

  TEST_CASE("a sine has its frequency in hertz, its phase in radians, and an offset") {
    const Signal s = signal("{use: sine, frequency: 40 Hz, amplitude: 3, offset: 1, phase: 0.5}");
    for (const double t : {0.0, 3.7, 12.5, 987.6})
      CHECK(at(s, t) == doctest::Approx(1 + 3 * std::sin(two_pi * 0.04 * t + 0.5)).epsilon(1e-12));
    CHECK(at(s, 25 + 3.3) == doctest::Approx(at(s, 3.3)).epsilon(1e-12));
    CHECK(s.varies(0));
    CHECK(s.next_edge(0) == inf);
  }

  TEST_CASE("the frequency of a chirp runs linearly from f0 to f1, and not twice as fast") {
    const double f0 = 0.002, f1 = 0.06, from = 50, to = 1050;  // per ms
    const Signal s = signal("{use: chirp, from: 50 ms, to: 1050 ms, f0: 2 Hz, f1: 60 Hz, amplitude: 5}");
    CHECK(at(s, before(from)) == 0);
    CHECK(at(s, to) == 0);
    CHECK(s.varies(from));
    // from one upward crossing to the next the phase grows by one turn, which is the frequency halfway times the time
    std::vector<double> crossings{from};
    const double h = 0.01;
    for (double t = from + h; t + h < to; t += h) {
      double low = t, high = t + h;
      if (!(s.at(from, low) < 0 && s.at(from, high) >= 0)) continue;
      for (int i = 0; i < 60; ++i) (s.at(from, 0.5 * (low + high)) < 0 ? low : high) = 0.5 * (low + high);
      crossings.push_back(high);
    }
    // the whole phase is the mean frequency times the time: 31 turns
    CHECK(crossings.size() == 31);
    for (std::size_t n = 1; n < crossings.size(); ++n) {
      const double middle = 0.5 * (crossings[n - 1] + crossings[n]) - from;
      CHECK((crossings[n] - crossings[n - 1]) * (f0 + (f1 - f0) * middle / (to - from)) ==
            doctest::Approx(1).epsilon(1e-9));
    }
  }

  TEST_CASE("an Ornstein-Uhlenbeck current has its mean, deviation and correlation whatever its sampling") {
    const double mean = 20, sd = 5, tau = 5;
    for (const double every : {0.1, 2.0}) {
      CAPTURE(every);
      const double T = 200'000;
      const Signal s =
          signal("{use: ornstein_uhlenbeck, mean: 20, sd: 5, tau: 5 ms, every: " + number(every) + "}", 0.1, T, 3);
      std::vector<double> x;
      for (double k = 0; k * every < T; ++k) x.push_back(at(s, (k + 0.5) * every));
      const Moments m = moments(x);
      // standard errors of a correlated series of length T: sd sqrt(2 tau/T) and sd sqrt(tau/(2 T)); four of them
      CHECK(std::abs(m.mean - mean) < 4 * sd * std::sqrt(2 * tau / T));
      CHECK(std::abs(m.sd - sd) < 4 * sd * std::sqrt(tau / (2 * T)));
      for (const double lag : {2.0, 4.0, 10.0}) {
        const auto k = static_cast<std::size_t>(std::llround(lag / every));
        double sum = 0;
        for (std::size_t i = k; i < x.size(); ++i) sum += (x[i] - m.mean) * (x[i - k] - m.mean);
        const double correlation = sum / static_cast<double>(x.size() - k) / (m.sd * m.sd);
        // Bartlett: below sqrt(2 tau/T) at every lag
        CHECK(std::abs(correlation - std::exp(-lag / tau)) < 4 * std::sqrt(2 * tau / T));
      }
    }
  }

  TEST_CASE("an Ornstein-Uhlenbeck current is stationary from the start and held between its samples") {
    std::vector<double> first, later;
    constexpr int n = 4000;
    const auto e = load(
        "model: {use: lif}\nintegrator: {use: euler, dt: 0.1}\nsimulate: {for: 10}\ninput: {I: {use: "
        "ornstein_uhlenbeck, mean: 1, sd: 2, tau: 5 ms, every: 0.5 ms}}\n");
    for (std::uint64_t seed = 0; seed < n; ++seed) {
      const Signal s(e->neuron->inputs[0], {0.1, 10, seed});
      first.push_back(at(s, 0)), later.push_back(at(s, 8));
      CHECK(at(s, 0.49) == at(s, 0));
      CHECK(at(s, 0.5) != at(s, 0));
      CHECK(s.next_edge(0.7) == 1.0);
    }
    for (const auto& sample : {first, later}) {
      const Moments m = moments(sample);
      CHECK(std::abs(m.mean - 1) < 4 * 2 / std::sqrt(n));
      CHECK(std::abs(m.sd - 2) < 4 * 2 / std::sqrt(2.0 * n));
    }
  }

  TEST_CASE("white noise has the variance sigma^2/dt and no memory") {
    for (const double dt : {0.1, 0.25, 0.7 / 3}) {
      CAPTURE(dt);
      const Signal s = signal("{use: noise, sigma: 3}", dt, 1000, 11);
      std::vector<double> x;
      constexpr int n = 200'000;
      for (int k = 0; k < n; ++k) {
        x.push_back(s.at((k + 1e-6) * dt, k * dt));
        // one draw for the whole step
        if (k % 1000 == 0) CHECK(s.at((k + 1e-6) * dt, (k + 1) * dt) == x.back());
      }
      const Moments m = moments(x);
      const double sd = 3 / std::sqrt(dt);
      CHECK(std::abs(m.mean) < 4 * sd / std::sqrt(n));
      CHECK(std::abs(m.sd - sd) < 4 * sd / std::sqrt(2.0 * n));
      for (const int lag : {1, 2, 10}) {
        double sum = 0;
        for (int i = lag; i < n; ++i) sum += x[static_cast<std::size_t>(i)] * x[static_cast<std::size_t>(i - lag)];
        CHECK(std::abs(sum / n / (sd * sd)) < 4 / std::sqrt(n));
      }
    }
  }

  TEST_CASE("what is drawn is the same in whatever order it is asked for") {
    for (const char* terms :
         {"{use: noise, sigma: 3}", "{use: ornstein_uhlenbeck, sd: 3, tau: 5 ms}",
          "[{use: noise, sigma: 3}, {use: ornstein_uhlenbeck, sd: 3, tau: 5 ms}, {use: noise, sigma: 1}]"}) {
      const Signal one = signal(terms, 0.1, 1000, 5), two = signal(terms, 0.1, 1000, 5),
                   other = signal(terms, 0.1, 1000, 6);
      std::vector<double> forward, backward(10'000), mixed(10'000);
      for (int k = 0; k < 10'000; ++k) forward.push_back(at(one, (k + 0.5) * 0.1));
      for (int k = 9'999; k >= 0; --k) backward[static_cast<std::size_t>(k)] = at(two, (k + 0.5) * 0.1);
      for (int k = 0; k < 10'000; ++k) {
        const int j = static_cast<int>(k * 7919LL % 10'000);
        mixed[static_cast<std::size_t>(j)] = at(one, (j + 0.5) * 0.1);
      }
      CHECK(same_bits(forward, backward));
      CHECK(same_bits(forward, mixed));
      CHECK(at(other, 0.05) != forward[0]);
    }
  }

  TEST_CASE("two noises of one input are drawn apart") {
    const Signal both = signal("[{use: noise, sigma: 3}, {use: noise, sigma: 3}]", 0.1, 1000, 5);
    std::vector<double> sums;
    for (int k = 0; k < 100'000; ++k) sums.push_back(at(both, (k + 0.5) * 0.1));
    // independent: the variances add; the same draws twice would give twice the deviation
    const double sd = std::sqrt(2.0) * 3 / std::sqrt(0.1);
    CHECK(std::abs(moments(sums).sd - sd) < 4 * sd / std::sqrt(2e5));
  }

  TEST_CASE("a list of shapes is their sum, and its edges are those of all") {
    const std::vector<std::string> parts = {"{use: step, from: 10 ms, to: 20 ms, amplitude: 3}",
                                            "{use: ramp, from: 15 ms, to: 40 ms, start: 1, end: 2}",
                                            "{use: sine, frequency: 7, amplitude: 2}", "-1.5"};
    const Signal sum = signal("[" + parts[0] + ", " + parts[1] + ", " + parts[2] + ", " + parts[3] + "]");
    std::vector<Signal> each;
    for (const std::string& p : parts) each.push_back(signal(p));
    for (double t = 0; t < 50; t += 0.37) {
      double expected = 0;
      for (const Signal& s : each) expected += at(s, t);
      CHECK(at(sum, t) == expected);
    }
    CHECK(edges(sum, inf) == std::vector<double>{10, 15, 20, 40});
    CHECK(sum.varies(0));
  }

  TEST_CASE("the current of a file is held from sample to sample and begins with the run") {
    write("current.csv", "time_ms,voltage_mV,current_nA\n100,-70,0\n100.5,-70,0.2\n101,-70,-0.1\n101.5,-70,0.3\n");
    const auto e = load(
        "model: {use: lif}\nintegrator: {use: euler, dt: 0.1}\nsimulate: {for: 2}\ninput: {I: {use: "
        "file, file: current.csv}}\n");
    const Neuron n = neuron_of(e->neuron);
    const Signal& s = *n.inputs[0];
    for (const auto& [t, value] : {std::pair{0.0, 0.0},
                                   {0.49, 0.0},
                                   {0.5, 200.0},
                                   {0.9, 200.0},
                                   {1.0, -100.0},
                                   {1.5, 300.0},
                                   {1.9, 300.0},
                                   {9.0, 300.0}})
      CHECK(at(s, t) == doctest::Approx(value).epsilon(1e-14));
    CHECK(edges(s, inf) == std::vector<double>{0.5, 1.0, 1.5});
  }

  TEST_CASE("the current of a file comes in the unit of the input") {
    write("current.csv", "time_ms,voltage_mV,current_pA\n0,-70,250\n1,-70,500\n2,-70,0\n");
    const auto e = load(
        "model: {use: mat}\nintegrator: {use: euler, dt: 0.1}\nsimulate: {for: 3}\ninput: {I: "
        "{use: file, file: current.csv}}\n");
    REQUIRE(std::string(e->neuron->equations().inputs[0].unit) == "nA");
    CHECK(at(*neuron_of(e->neuron).inputs[0], 0) == doctest::Approx(0.25).epsilon(1e-15));
    CHECK(at(*neuron_of(e->neuron).inputs[0], 1) == doctest::Approx(0.5).epsilon(1e-15));
  }

  TEST_CASE("the effect of white noise on a membrane does not depend on the step") {
    // R sigma/sqrt(2 tau) with R = 1/(25 nS) = 40 MOhm; a step of 1 ms changes it by (dt/2 tau)^2/6 = 4e-4
    const double tau = 10, sigma = 200, sd = 0.04 * sigma / std::sqrt(2 * tau);
    for (const double dt : {0.1, 1.0}) {
      CAPTURE(dt);
      const double T = 100'000;
      const Trajectory r =
          run("seed: 8\nmodel: {use: lif, V_th: 400 mV}\ninput: {I: {use: noise, sigma: 200}}\nintegrator: {use: rk4, "
              "dt: " +
              number(dt) + "}\nsimulate: {for: 100 s, every: 1 ms}\n");
      const std::vector<double> v(r.states[0].begin() + 100, r.states[0].end());
      CHECK(std::abs(moments(v).sd - sd) < 4 * sd * std::sqrt(tau / (2 * T)));
      CHECK(std::abs(moments(v).mean + 70) < 4 * sd * std::sqrt(2 * tau / T));
    }
  }
}
