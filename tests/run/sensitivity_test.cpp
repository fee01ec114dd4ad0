// Slopes of runs: exact for the leaky neuron, else against central differences that have converged.
#include "neuron/sensitivity.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <map>

#include "experiments.hpp"
#include "purpose/compare/compare.hpp"
#include "purpose/purpose.hpp"

using namespace hillock;
using namespace hillock::test;

namespace {

std::vector<Direction> along(const std::vector<std::string>& paths) {
  std::vector<Direction> all;
  for (const std::string& p : paths) all.push_back({p});
  return all;
}

template <class F> std::string sentence(F&& f) {
  try {
    f();
  } catch (const Error& e) { return e.message() + (e.hint().empty() ? "" : " - " + e.hint()); }
  return "nothing is wrong";
}

/// Spike times, samples of all recorded states, and the voltage, one after the other.
std::vector<double> all_of(const std::vector<double>& spikes, const std::vector<std::vector<double>>& states,
                           const std::vector<double>& voltage) {
  std::vector<double> all = spikes;
  for (const auto& s : states) all.insert(all.end(), s.begin(), s.end());
  all.insert(all.end(), voltage.begin(), voltage.end());
  return all;
}
std::vector<double> all_of(const Neuron& n) {
  const Trajectory run = simulate(n);
  REQUIRE(run.ok());
  return all_of(run.spikes_ms, run.states, read_out(n, run, "").voltage());
}

/// A number of an experiment, its value there, and a step of it.
struct Number {
  std::string path;
  double value, h;
};

/// Holds slopes against central differences. Where these have an error in h^2 alone, D(h/2) + (D(h/2) - D(h))/3 has
/// none, and lies nearer to the slope than D(h/2) does.
void compare_with_differences(const std::string& text, const std::vector<Number>& numbers, std::size_t spikes,
                              double tolerance) {
  std::vector<std::string> paths;
  for (const Number& n : numbers) paths.push_back(n.path);
  const Neuron neuron = neuron_of(load_neuron(text));
  const Sensitivity s = simulate_slopes(neuron, along(paths));
  CAPTURE(status_of(s.run.failure));
  REQUIRE(s.run.ok());
  REQUIRE(s.run.spikes_ms.size() >= spikes);
  for (std::size_t j = 0; j < numbers.size(); ++j) {
    const Number& n = numbers[j];
    CAPTURE(n.path);
    const auto at = [&](double value) { return all_of(neuron_of(load_neuron(text, {n.path + "=" + number(value)}))); };
    const auto difference = [&](double h) {
      std::vector<double> up = at(n.value + h);
      const std::vector<double> down = at(n.value - h);
      REQUIRE(up.size() == down.size());
      for (std::size_t i = 0; i < up.size(); ++i) up[i] = (up[i] - down[i]) / (2 * h);
      return up;
    };
    const std::vector<double> slopes = all_of(s.along[j].spikes_ms, s.along[j].states, s.along[j].voltage),
                              wide = difference(n.h), narrow = difference(n.h / 2);
    REQUIRE(slopes.size() == wide.size());
    double largest = 0, error = 0, wide_error = 0, narrow_error = 0;
    for (std::size_t i = 0; i < slopes.size(); ++i) {
      largest = std::max(largest, std::abs(slopes[i]));
      error = std::max(error, std::abs(narrow[i] + (narrow[i] - wide[i]) / 3 - slopes[i]));
      wide_error = std::max(wide_error, std::abs(wide[i] - slopes[i]));
      narrow_error = std::max(narrow_error, std::abs(narrow[i] - slopes[i]));
    }
    CAPTURE(largest);
    CHECK(largest > 0);
    CHECK(error <= tolerance * largest);
    CHECK(narrow_error <= 0.3 * wide_error + tolerance * largest);
  }
}

const std::string lif =
    "model: {use: lif, tau: 12, E_L: -68, g_L: 20, V_th: -50, V_reset: -60, t_ref: 3}\n"
    "input: {I: 500}\nsimulate: {for: 75, record: [v], every: 1}\n";

}  // namespace

TEST_SUITE("slopes") {
  TEST_CASE("slopes of the leaky neuron's spike times and voltage are exact") {
    const double tau = 12, E = -68, g = 20, th = -50, reset = -60, ref = 3, I = 500, A = I / g;
    const double B = A + E - th, C = A + E - reset;
    // t_k = tau ln(A/B) + k (t_ref + tau ln(C/B)); after it v = E + A - C exp(-(t - t_k - t_ref)/tau)
    struct Exact {
      std::string path;
      double first, interval, dA, dE, dreset, dref, dtau;
    };
    const double by_A = tau * (1 / A - 1 / B), by_A2 = tau * (1 / C - 1 / B);
    const std::vector<Exact> all = {
        {"model.tau", std::log(A / B), std::log(C / B), 0, 0, 0, 0, 1},
        {"model.E_L", -tau / B, tau * (1 / C - 1 / B), 0, 1, 0, 0, 0},  // the start is E_L too
        {"model.g_L", by_A * -I / (g * g), by_A2 * -I / (g * g), -I / (g * g), 0, 0, 0, 0},
        {"model.V_th", tau / B, tau / B, 0, 0, 0, 0, 0},
        {"model.V_reset", 0, -tau / C, 0, 0, 1, 0, 0},
        {"model.t_ref", 0, 1, 0, 0, 0, 1, 0},
        {"input.I", by_A / g, by_A2 / g, 1 / g, 0, 0, 0, 0},
        {"simulate.start.v", -tau / A, 0, 0, 0, 0, 0, 0},
    };
    std::vector<std::string> paths;
    for (const Exact& x : all) paths.push_back(x.path);
    for (const char* integrator :
         {"integrator: {use: rk4, dt: 0.05, spikes: located}\n", "integrator: {use: dopri5, tolerance: 1e-11}\n"}) {
      CAPTURE(integrator);
      const Sensitivity s = simulate_slopes(neuron_of(load_neuron(lif + integrator)), along(paths));
      REQUIRE(s.run.spikes_ms.size() == 5);
      for (std::size_t j = 0; j < all.size(); ++j) {
        const Exact& x = all[j];
        CAPTURE(x.path);
        for (std::size_t k = 0; k < 5; ++k) {
          const double exact = x.first + static_cast<double>(k) * x.interval;
          // rk4 errs by (dt/tau)^4/120 a step; the slope of the fifth spike's time is a sum of five
          CHECK(s.along[j].spikes_ms[k] == doctest::Approx(exact).epsilon(1e-8));
        }
        std::size_t last = 0;
        int resting = 0, moving = 0;
        for (std::size_t i = 0; i < s.run.time_ms.size(); ++i) {
          const double t = s.run.time_ms[i], found = s.along[j].states[0][i];
          while (last < 5 && s.run.spikes_ms[last] <= t) ++last;
          if (last == 0) continue;
          const double since = t - s.run.spikes_ms[last - 1] - ref;
          const double moved = x.first + static_cast<double>(last - 1) * x.interval + x.dref;
          const double u = since / tau, du = -moved / tau - u * x.dtau / tau, e = std::exp(-u);
          // held at V_reset, then on its way
          const double exact = since < 0 ? x.dreset : x.dE + x.dA - (x.dE + x.dA - x.dreset) * e + C * e * du;
          CHECK(std::abs(found - exact) <= 1e-8 * (1 + std::abs(exact)));
          since < 0 ? ++resting : ++moving;
        }
        CHECK(resting > 5);
        CHECK(moving > 30);
      }
    }
  }

  TEST_CASE("a refractory time of 0 still has a slope to the right") {
    const std::string text = lif + "integrator: {use: rk4, dt: 0.05, spikes: located}\n";
    const Sensitivity s =
        simulate_slopes(neuron_of(load_neuron(text, {"model.t_ref=0"})), along({"model.t_ref", "model.V_th"}));
    REQUIRE(s.run.spikes_ms.size() >= 5);
    for (std::size_t k = 0; k < 5; ++k) {
      CHECK(s.along[0].spikes_ms[k] == doctest::Approx(static_cast<double>(k)).epsilon(1e-8));
      CHECK(s.along[1].spikes_ms[k] == doctest::Approx(static_cast<double>(k + 1) * 12 / 7.).epsilon(1e-8));
    }
  }

  TEST_CASE("slopes agree with converged central differences over several spikes: Izhikevich") {
    // rk4 errs by some 1e-7 here, and two runs err alike only so far
    compare_with_differences(
        "model: {use: izhikevich, preset: regular_spiking}\ninput: {I: {use: step, from: 5, amplitude: 10}}\n"
        "integrator: {use: rk4, dt: 0.01, spikes: located}\nsimulate: {for: 120, record: [v, u], every: 7, start: {v: "
        "-65, u: -14}}\n",
        {{"model.a", 0.02, 1e-5},
         {"model.b", 0.2, 1e-4},
         {"model.c", -65, 1e-2},
         {"model.d", 8, 2e-3},
         {"model.v_peak", 30, 1e-2},
         {"model.alpha", 0.04, 1e-6},
         {"input.I.amplitude", 10, 1e-3},
         {"simulate.start.v", -65, 1e-2},
         {"simulate.start.u", -14, 1e-3}},
        4, 2e-5);
  }

  TEST_CASE("slopes agree with converged central differences over several spikes: AdEx and Izhikevich 2007") {
    compare_with_differences(
        "model: {use: adex, V_peak: 0}\ninput: {I: 1000}\nintegrator: {use: dopri5, tolerance: 1e-11}\n"
        "simulate: {for: 100, record: [v, w], every: 9}\n",
        {{"model.b", 80.5, 0.1},
         {"model.a", 4, 0.01},
         {"model.tau_w", 144, 0.1},
         {"model.V_T", -50.4, 1e-3},
         {"model.Delta_T", 2, 1e-3},
         {"input.I", 1000, 0.1}},
        4, 1e-5);
    compare_with_differences(
        "model: {use: izhikevich_2007, preset: low_threshold_spiking}\ninput: {I: 300}\n"
        "integrator: {use: dopri5, tolerance: 1e-11}\nsimulate: {for: 100, record: [v, u], every: 9}\n",
        {{"model.peak_u", -0.1, 1e-5}, {"model.c_u", 0.04, 1e-5}, {"model.C", 100, 1e-2}, {"model.b", 8, 1e-3}}, 3,
        1e-5);
  }

  TEST_CASE("slopes agree with converged central differences over several spikes: models without a reset") {
    compare_with_differences(
        "model: {use: nagumo}\ninput: {I: {use: sine, frequency: 10, amplitude: 0.1, offset: 0.5, phase: 0.3}}\n"
        "integrator: {use: rk4, dt: 0.05, spikes: located}\nsimulate: {for: 120, record: [v, w], every: 5}\n",
        {{"model.a", 0.7, 1e-3},
         {"model.epsilon", 0.08, 1e-5},
         {"model.time_scale", 1, 1e-3},
         {"input.I.amplitude", 0.1, 1e-3},
         {"input.I.offset", 0.5, 1e-3},
         {"input.I.phase", 0.3, 1e-2},
         {"simulate.start.w", -0.625, 1e-3}},
        2, 1e-5);
    compare_with_differences(
        "model: {use: wang_buzsaki}\ninput: {I: 1.5}\nintegrator: {use: rk4, dt: 0.01, spikes: located}\nsimulate: "
        "{for: 60, record: [v, h, n], every: 5}\n",
        {
            {"model.g_Na", 35, 1e-2},
            {"model.phi", 5, 1e-3},
            {"model.C", 1, 1e-4},
            {"input.I", 1.5, 1e-3},
            {"simulate.start.v", -64, 1e-2}  // from which h and n are made
        },
        3, 1e-4);
  }

  TEST_CASE("slopes by the heights of every shape agree with central differences") {
    const std::string head = "seed: 3\nmodel: {use: lif}\nsimulate: {for: 60, record: [v], every: 3}\n",
                      located = "integrator: {use: rk4, dt: 0.05, spikes: located}\n";
    compare_with_differences(head + located +
                                 "input:\n  I:\n    - 300\n    - {use: step, from: 5, to: 40, amplitude: 150}\n    - "
                                 "{use: pulses, from: 2, every: 7, count: 6, "
                                 "width: 2, amplitude: 80}\n    - {use: ramp, from: 10, to: 50, start: 20, end: 120}\n "
                                 "   - {use: chirp, to: 60, f0: 5, f1: 50, "
                                 "amplitude: 30}\n",
                             {{"input.I.0", 300, 0.1},
                              {"input.I.1.amplitude", 150, 0.1},
                              {"input.I.2.amplitude", 80, 0.1},
                              {"input.I.3.start", 20, 0.1},
                              {"input.I.3.end", 120, 0.1},
                              {"input.I.4.amplitude", 30, 0.1}},
                             2, 1e-6);
    compare_with_differences(
        head + located +
            "input: {I: [{use: ornstein_uhlenbeck, mean: 450, sd: 60, tau: 3}, {use: noise, sigma: 40}]}\n",
        {{"input.I.0.mean", 450, 1e-2}, {"input.I.0.sd", 60, 1e-2}, {"input.I.1.sigma", 40, 1e-2}}, 2, 1e-5);
    // also where edges are met exactly
    compare_with_differences(
        head +
            "integrator: {use: dopri5, tolerance: 1e-10}\n"
            "input: {I: [{use: step, from: 3, to: 50, amplitude: 500}, {use: sine, frequency: 40, amplitude: 50}]}\n",
        {{"input.I.0.amplitude", 500, 0.1}, {"input.I.1.amplitude", 50, 0.1}, {"input.I.1.offset", 0, 0.1}}, 2, 1e-5);
  }

  TEST_CASE("spikes at the end of the refractory time move with it") {
    // so much current that the threshold lies below v when the neuron may fire again
    const std::string text =
        "model: {use: mat, omega: 19, alpha_1: 1, alpha_2: 0.1}\ninput: {I: 2}\n"
        "integrator: {use: rk4, dt: 0.05, spikes: located}\nsimulate: {for: 30, record: [v, h_1], every: 1.3}\n";
    compare_with_differences(
        text, {{"model.t_ref", 2, 1e-3}, {"model.R", 50, 1e-2}, {"model.omega", 19, 1e-2}, {"model.alpha_1", 1, 1e-2}},
        8, 1e-6);
    const Sensitivity s = simulate_slopes(neuron_of(load_neuron(text)), along({"model.t_ref"}));
    for (std::size_t k = 0; k < s.run.spikes_ms.size(); ++k)
      CHECK(s.along[0].spikes_ms[k] == doctest::Approx(static_cast<double>(k)).epsilon(1e-9));
    // and a neuron that starts above its threshold fires at the start, whatever its numbers
    const Sensitivity above = simulate_slopes(
        neuron_of(load_neuron(lif + "integrator: {use: rk4, dt: 0.05, spikes: located}\n", {"simulate.start.v=-45"})),
        along({"model.V_th", "simulate.start.v", "model.t_ref"}));
    REQUIRE(above.run.spikes_ms.at(0) == 0);
    for (const Slopes& a : above.along) CHECK(a.spikes_ms[0] == 0);
    CHECK(above.along[2].spikes_ms[1] == doctest::Approx(1).epsilon(1e-8));
  }

  TEST_CASE("slopes from rest, of clamped states, under escape noise and of spikes by another definition") {
    const std::string lif_at_rest =
        "model: {use: lif}\ninput: {I: [100, {use: step, from: 5, amplitude: 400}]}\nsimulate: {for: 40, record: [v], "
        "start: rest, every: 7}\n"
        "integrator: {use: rk4, dt: 0.1, spikes: located}\n";
    const Sensitivity s =
        simulate_slopes(neuron_of(load_neuron(lif_at_rest)), along({"input.I.0", "model.E_L", "model.g_L"}));
    CHECK(s.along[0].states[0][0] == doctest::Approx(1 / 25.).epsilon(1e-12));  // v = E_L + I/g_L
    CHECK(s.along[1].states[0][0] == doctest::Approx(1).epsilon(1e-12));
    CHECK(s.along[2].states[0][0] == doctest::Approx(-100 / 625.).epsilon(1e-12));
    compare_with_differences(lif_at_rest, {{"input.I.0", 100, 0.5}, {"model.E_L", -70, 0.01}}, 1, 1e-6);
    compare_with_differences(
        "model: {use: nagumo}\ninput: {I: [0.1, {use: step, from: 5, amplitude: 0.5}]}\nintegrator: {use: rk4, dt: "
        "0.05, spikes: located}\n"
        "simulate: {for: 40, record: [v, w], start: rest, every: 1}\n",
        {{"input.I.0", 0.1, 1e-3}, {"model.a", 0.7, 1e-3}}, 1, 1e-5);
    compare_with_differences(
        "model: {use: nagumo}\ninput: {I: 1.2}\nintegrator: {use: rk4, dt: 0.02, spikes: located}\n"
        "simulate: {for: 5, record: [v, w], start: {v: -1}, clamp: {w: -0.4}, every: 0.1}\n",
        {{"simulate.clamp.w", -0.4, 1e-3}, {"model.time_scale", 1, 1e-3}, {"simulate.start.v", -1, 1e-3}}, 1, 1e-5);
    compare_with_differences(
        "seed: 5\nmodel: {use: gif}\ninput: {I: 700}\nintegrator: {use: rk4, dt: 0.05, spikes: located}\n"
        "simulate: {for: 150, record: [v, gamma_1, H], every: 3}\n",
        {{"model.V_T", -48, 1e-2}, {"model.t_ref", 4, 1e-3}, {"model.tau_gamma_1", 100, 0.1}, {"input.I", 700, 0.1}}, 4,
        1e-5);
    compare_with_differences(
        "model: {use: izhikevich}\ninput: {I: 10}\nintegrator: {use: rk4, dt: 0.02, spikes: located}\n"
        "simulate: {for: 80, record: [v, u], every: 3, spikes: {of: v, threshold: -20, rearm: -40}}\n",
        {{"model.d", 8, 2e-3}, {"input.I", 10, 1e-3}}, 2, 2e-5);
  }

  TEST_CASE(
      "slopes of what is read out agree with central differences, and those of a recorded current with its drive") {
    compare_with_differences(
        "model: {use: nagumo}\ninput: {I: [0.4, {use: step, from: 20.5, amplitude: 0.2}]}\ndrive: {gain: 0.01, shift: "
        "0.1}\n"
        "readout: {scale: 38, shift: -17, series_resistance: 20}\nintegrator: {use: rk4, dt: 0.05, spikes: located}\n"
        "simulate: {for: 60, record: [v], every: 2}\n",
        {{"readout.scale", 38, 0.1},
         {"readout.shift", -17, 0.1},
         {"readout.series_resistance", 20, 0.1},
         {"input.I.1.amplitude", 0.2, 1e-3},
         {"model.b", 0.8, 1e-3}},
        1, 1e-5);

    write("cell.yaml",
          "model: {use: lif}\ninput: {I: {use: ornstein_uhlenbeck, mean: 450, sd: 80, tau: 5}}\nintegrator: {use: rk4, "
          "dt: 0.1}\n"
          "simulate: {for: 80, record: [v, I]}\n");
    const auto driven = [&](double gain, double shift) {
      const auto e = load(
          "compare:\n  data: {file: cell.yaml, spikes: {threshold: -56 mV, rearm: -60 mV}}\n  models:\n    fit:\n"
          "      model: {use: nagumo}\n      integrator: {use: rk4, dt: 0.05, spikes: located}\n      readout: {scale: "
          "38, shift: -17}\n"
          "      drive: {gain: " +
          number(gain) + ", shift: " + number(shift) + "}\n");
      return compared(purpose_as<Compare>(*e)->block, load_recording(*e->purpose->data())).at(0);
    };
    const Sensitivity s = simulate_slopes(driven(1e-3, 0.1), along({"drive.gain", "drive.shift"}));
    REQUIRE(s.run.spikes_ms.size() >= 1);
    for (const bool gain : {true, false}) {
      const double h = gain ? 2e-7 : 2e-4;
      const std::vector<double> up = all_of(driven(1e-3 + (gain ? h : 0), 0.1 + (gain ? 0 : h))),
                                down = all_of(driven(1e-3 - (gain ? h : 0), 0.1 - (gain ? 0 : h)));
      const Slopes& found = s.along[gain ? 0 : 1];
      const std::vector<double> slopes = all_of(found.spikes_ms, found.states, found.voltage);
      REQUIRE(slopes.size() == up.size());
      double largest = 0, error = 0;
      for (std::size_t i = 0; i < slopes.size(); ++i) {
        largest = std::max(largest, std::abs(slopes[i]));
        error = std::max(error, std::abs(slopes[i] - (up[i] - down[i]) / (2 * h)));
      }
      CHECK(error <= 1e-4 * largest);  // h^2 of a difference that is not extrapolated
    }
  }

  TEST_CASE("with slopes a run has the bits that it has without, alone and in a batch, in one pass and in several") {
    const std::string located = "integrator: {use: rk4, dt: 0.05, spikes: located}\n";
    const std::vector<std::pair<std::string, std::string>> all = {
        {"seed: 1\nmodel: {use: izhikevich, preset: chattering}\ninput: {I: [@, {use: noise, sigma: 2}]}\nsimulate: "
         "{for: 60, record: [v, u]}\n",
         "model.a"},
        {"model: {use: lif}\ninput: {I: {use: sine, frequency: 30, amplitude: 150, offset: 50@}}\nsimulate: {for: "
         "60}\n",
         "model.t_ref"},
        {"model: {use: nagumo}\ninput: {I: 0.@}\nsimulate: {for: 100, record: [w, v]}\n", "model.a"},
        {"model: {use: wang_buzsaki}\ninput: {I: @}\nsimulate: {for: 20, record: [v, n]}\n", "model.C"},
        {"seed: 2\nmodel: {use: gif}\ninput: {I: 40@}\nsimulate: {for: 100, record: [v, H]}\n", "model.V_T"},
        {"model: {use: izhikevich}\ninput: {I: 1@}\nsimulate: {for: 60, record: [v], spikes: {of: v, threshold: 0, "
         "rearm: -20}}\n",
         "model.d"}};
    for (const auto& [text, path] : all) {
      CAPTURE(text);
      std::vector<Neuron> neurons;
      for (int i = 0; i < 11; ++i) {
        std::string each = text + located;
        each.replace(each.find('@'), 1, std::to_string(5 + i % 5));
        neurons.push_back(neuron_of(load_neuron(each, {"seed=" + std::to_string(i)})));
      }
      const std::vector<Direction> few = along({path, "simulate.start.v"});
      std::vector<Direction> many;  // more than there is room for beside the states
      while (many.size() < 35) many.insert(many.end(), few.begin(), few.end());
      std::vector<Sensitivity> together(neurons.size());
      std::size_t spikes = 0;
      simulate_slopes(neurons, few, [&](std::size_t i, Sensitivity s) { together[i] = std::move(s); });
      for (std::size_t i = 0; i < neurons.size(); ++i) {
        CHECK(same_bits(together[i].run, simulate(neurons[i])));
        spikes += together[i].run.spikes_ms.size();
      }
      CHECK(spikes >= 11);
      const Sensitivity alone = simulate_slopes(neurons[3], few), passes = simulate_slopes(neurons[3], many);
      CHECK(same_bits(passes.run, alone.run));
      const auto same = [&](const Slopes& a, const Slopes& b) {
        return same_bits(all_of(a.spikes_ms, a.states, a.voltage), all_of(b.spikes_ms, b.states, b.voltage));
      };
      for (std::size_t j = 0; j < 2; ++j) CHECK(same(alone.along[j], together[3].along[j]));
      for (std::size_t j = 0; j < many.size(); ++j) CHECK(same(passes.along[j], alone.along[j % 2]));
    }
  }

  TEST_CASE("slopes cost an adaptive scheme no more steps than the accuracy of some more states does") {
    const std::vector<std::string> all{"model.a", "model.b", "model.epsilon", "input.I"};
    for (std::size_t n = 1; n <= all.size(); ++n)  // 4 to 10 states
      for (const char* scheme : {"dopri5", "fehlberg78"}) {
        CAPTURE(n);
        CAPTURE(scheme);
        const Neuron neuron =
            neuron_of(load_neuron("model: {use: nagumo}\ninput: {I: 0.5}\nsimulate: {for: 200}\nintegrator: {use: " +
                                  std::string(scheme) + ", tolerance: 1e-6, step_limit: 1000}\n"));
        CHECK(simulate_slopes(neuron, along({all.begin(), all.begin() + static_cast<std::ptrdiff_t>(n)})).run.ok());
      }
  }

  TEST_CASE("numbers that no run moves with have slopes of 0") {
    const Sensitivity s = simulate_slopes(
        neuron_of(load_neuron(lif + "integrator: {use: rk4, dt: 0.1, spikes: located}\n")), along({"readout.shift"}));
    REQUIRE(s.run.spikes_ms.size() == 5);
    CHECK(s.along[0].spikes_ms == std::vector<double>(5, 0.0));
    CHECK(s.along[0].states[0] == std::vector<double>(s.run.time_ms.size(), 0.0));
    CHECK(s.along[0].voltage == std::vector<double>(s.run.time_ms.size(), 1.0));
  }

  TEST_CASE("what has no slope is refused with a sentence") {
    const auto of = [](const std::string& text, const std::string& path) {
      return sentence([&] { simulate_slopes(neuron_of(load_neuron(text)), along({path})); });
    };
    const std::string located = "integrator: {use: rk4, dt: 0.1, spikes: located}\n", run = lif + located;
    CHECK(of(lif + "integrator: {use: rk4, dt: 0.1}\n", "model.tau") ==
          "with spikes on the grid of steps the time of a spike jumps and has no slope - add spikes: located to the "
          "integrator, or take an adaptive one");
    CHECK(of(run, "model.V_t") ==
          "'model.V_t' is no number along which a run has a slope - did you mean 'model.V_th'?");
    CHECK(of(run, "integrator.dt") ==
          "'integrator.dt' is no number along which a run has a slope - known: input.I, model.E_L, model.V_reset, "
          "model.V_th, model.g_L, model.t_ref, model.tau, readout.scale, readout.series_resistance, readout.shift, "
          "simulate.start.v");
    const std::string sine =
        "model: {use: lif}\ninput: {I: {use: sine, frequency: 10, amplitude: 10}}\nsimulate: {for: 10}\n" + located;
    CHECK(of(sine, "input.I.frequency") ==
          "'input.I.frequency' moves or bends the shape 'sine', along which no slope is taken - numbers of it with a "
          "slope: amplitude, offset, phase");
    CHECK(of("model: {use: plain_c}\nsimulate: {for: 10}\n" + located, "model.tau") ==
          "model 'plain_c' has no derivatives, so its runs have no slopes - the SDK for C++ makes them from the "
          "equations");
    const std::string own = " - said of the equations of the slopes, which have no derivatives themselves";
    const auto under = [&](const std::string& integrator) {
      return of("model: {use: lif}\nsimulate: {for: 10}\nintegrator: " + integrator + "\n", "model.tau");
    };
    CHECK(
        under("{use: rosenbrock4}") ==
        "plugin 'rosenbrock4': the model offers no derivatives of its equations, which rosenbrock4 needs: use dopri5" +
            own);
    CHECK(under("{use: taylor}") ==
          "plugin 'taylor': the model gives no Taylor series of its equations: use dopri5, fehlberg78 or rosenbrock4" +
              own);
    CHECK(under("{use: exponential_euler, dt: 0.1, spikes: located}") ==
          "plugin 'exponential_euler': it needs the derivatives of the model's equations, and this model has none: use "
          "another integrator" +
              own);
    CHECK(of("model: {use: hodgkin_huxley}\nsimulate: {for: 10, record: [v, I_Na]}\n" + located, "model.C") ==
          "'I_Na' of model 'hodgkin_huxley' is observed and no state: no slope of it is known - record states alone "
          "where slopes are taken");
    CHECK(of(run, "simulate.clamp.v").find("'simulate.clamp.v' is no number along which a run has a slope") == 0);
  }
}
