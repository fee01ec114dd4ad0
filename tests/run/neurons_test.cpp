// Neurons in batches, starts, clamps, spikes by another definition.
#include <cmath>
#include <stdexcept>

#include "experiments.hpp"
#include "neuron/lanes.hpp"

using namespace hillock;
using namespace hillock::test;

namespace {

struct Kind {
  const char* what;
  std::string text;  ///< with @ for a number that differs from neuron to neuron, # for a seed
  double first, step;
};

const std::vector<Kind> kinds = {
    {"Izhikevich on the grid",
     "seed: #\nmodel: {use: izhikevich, preset: regular_spiking}\ninput: {I: [@, {use: noise, sigma: 3}]}\n"
     "integrator: {use: euler, dt: 0.25, update: sequential}\nsimulate: {for: 100, record: [v, u]}\n",
     6, 0.1},
    {"Izhikevich located",
     "seed: #\nmodel: {use: izhikevich, preset: chattering}\ninput: {I: {use: sine, frequency: 20, amplitude: 3, "
     "offset: @}}\n"
     "integrator: {use: rk4, dt: 0.1, spikes: located}\nsimulate: {for: 100, record: [v, u]}\n",
     8, 0.05},
    {"leaky with refractory time",
     "seed: #\nmodel: {use: lif, t_ref: @}\ninput: {I: [450, {use: ornstein_uhlenbeck, sd: 200, tau: 3 ms}]}\n"
     "integrator: {use: heun, dt: 0.1}\nsimulate: {for: 200}\n",
     0.5, 0.1},
    {"leaky located",
     "seed: #\nmodel: {use: lif, tau: @}\ninput: {I: {use: ramp, to: 100 ms, start: 300, end: 900}}\n"
     "integrator: {use: rk4, dt: 0.1, spikes: located}\nsimulate: {for: 120}\n",
     5, 0.1},
    {"FitzHugh-Nagumo",
     "seed: #\nmodel: {use: nagumo, a: @}\ninput: {I: 0.5}\nintegrator: {use: rk4, dt: 0.05}\nsimulate: {for: 60, "
     "record: [v, w]}\n",
     0.6, 0.002},
    {"conductances",
     "seed: #\nmodel: {use: wang_buzsaki}\ninput: {I: @}\nintegrator: {use: rk4, dt: 0.02}\nsimulate: {for: 30, every: "
     "0.1, record: [v, h, n]}\n",
     0.2, 0.05},
    {"escape noise",
     "seed: #\nmodel: {use: gif}\ninput: {I: @}\nintegrator: {use: euler, dt: 0.1}\nsimulate: {for: 200}\n", 300, 10}};

std::vector<Neuron> neurons(const Kind& kind, int n) {
  std::vector<Neuron> all;
  for (int i = 0; i < n; ++i) {
    std::string text = kind.text;
    text.replace(text.find('@'), 1, number(kind.first + i * kind.step));
    text.replace(text.find('#'), 1, std::to_string(i));
    all.push_back(neuron_of(load_neuron(text)));
  }
  return all;
}

std::vector<Trajectory> together(const std::vector<Neuron>& all) {
  std::vector<Trajectory> results(all.size());
  std::vector<int> told(all.size(), 0);
  simulate(all, [&](std::size_t i, Trajectory t) { results[i] = std::move(t), ++told[i]; });
  for (const int n : told) CHECK(n == 1);
  return results;
}

}  // namespace

TEST_SUITE("neurons") {
  TEST_CASE("a neuron computes the same bits alone, as lane 3 of 8 and in a batch of 67") {
    for (const Kind& kind : kinds) {
      CAPTURE(kind.what);
      const std::vector<Neuron> all = neurons(kind, 67);
      std::vector<Trajectory> alone;
      std::size_t spikes = 0;
      for (const Neuron& n : all) alone.push_back(simulate(n)), spikes += alone.back().spikes_ms.size();
      CHECK(spikes > 67);
      const std::vector<Trajectory> eight = together(std::vector<Neuron>(all.begin(), all.begin() + 8)),
                                    many = together(all);
      CHECK(same_bits(alone[3], eight[3]));
      for (std::size_t i = 0; i < 8; ++i) CHECK(same_bits(alone[i], eight[i]));
      for (std::size_t i = 0; i < 67; ++i) CHECK(same_bits(alone[i], many[i]));
      // and they are different neurons
      CHECK(!same_bits(alone[3].states[0], alone[4].states[0]));
      std::vector<Neuron> reversed(all.rbegin(), all.rend());
      CHECK(same_bits(together(reversed)[63], alone[3]));
    }
  }

  TEST_CASE("neurons that cannot be one batch are run all the same, each once") {
    std::vector<Neuron> mixed;
    for (const Kind& kind : kinds)
      for (Neuron& n : neurons(kind, 3)) mixed.push_back(std::move(n));
    const std::vector<Trajectory> results = together(mixed);
    for (std::size_t i = 0; i < mixed.size(); ++i) CHECK(same_bits(results[i], simulate(mixed[i])));
  }

  TEST_CASE("a run is the same in one piece and under inputs that cut it") {
    // edges of an input of nothing change no bit
    const std::string text =
        "model: {use: izhikevich}\nintegrator: {use: rk4, dt: 0.1, spikes: located}\nsimulate: {for: 300, record: [v, "
        "u]}\ninput: {I: ";
    const Trajectory whole = run(text + "10}\n"),
                     cut = run(text +
                               "[10, {use: pulses, from: 0.3, every: 0.7, width: 0.2, count: 400, amplitude: 0}]}\n");
    CHECK(same_bits(whole, cut));
    CHECK(whole.spikes_ms.size() > 5);
  }

  TEST_CASE("a start at rest stays there, for every model that ships") {
    std::size_t models = 0;
    for (const auto& entry : fs::directory_iterator(shipped_plugins())) {
      const std::string id = entry.path().stem().string();
      const Plugin& plugin = Plugins::instance().load(id, 0);
      if (plugin.role != HK_ROLE_MODEL) continue;
      CAPTURE(id);
      ++models;
      const hk_model& m = plugin.model();
      std::string record;
      for (std::uint32_t k = 0; k < m.n_state; ++k) record += (k ? ", " : "") + std::string(m.state[k].name);
      const Trajectory r =
          run("model: {use: " + id + "}\nintegrator: {use: rk4, dt: 0.01}\nsimulate: {for: 20, start: rest, record: [" +
              record + "]}\n");
      REQUIRE(r.ok());
      CHECK(r.spikes_ms.empty());
      for (const auto& state : r.states)
        // Newton ends at a slope of rounding errors; nothing here is steeper than 1e3 per ms
        for (const double x : state) CHECK(std::abs(x - state[0]) <= 1e-9 * (1 + std::abs(state[0])));
    }
    CHECK(models >= 5);
  }

  TEST_CASE("rest is the equilibrium under the input at the start") {
    // E_L + I/g_L
    CHECK(run("model: {use: lif}\ninput: {I: 100}\nintegrator: {use: rk4, dt: 0.1}\nsimulate: {for: 1, start: rest}\n")
              .states[0][0] == doctest::Approx(-66).epsilon(1e-14));
    // the equilibrium of FitzHugh-Nagumo at I = 0, and one that solves I = (v + a)/b - v + v^3/3
    const std::string nagumo =
        "model: {use: nagumo, preset: fitzhugh_1969}\nintegrator: {use: rk4, dt: 0.01}\nsimulate: {for: 1, start: "
        "rest, "
        "record: [v, w]}\n";
    const Trajectory at_0 = run(nagumo), driven = run(nagumo + "input: {I: 0.3}\n");
    CHECK(at_0.states[0][0] == doctest::Approx(-1.199408035244).epsilon(1e-11));
    CHECK(at_0.states[1][0] == doctest::Approx(-0.624260044055).epsilon(1e-11));
    const double v = driven.states[0][0];
    CHECK((v + 0.7) / 0.8 - v + v * v * v / 3 == doctest::Approx(0.3).epsilon(1e-11));
    CHECK(driven.states[1][0] == doctest::Approx((v + 0.7) / 0.8).epsilon(1e-12));
    // a clamped state stays, the others rest around it: w = (v + a)/b
    const Trajectory held = run(nagumo + "input: {I: 0.5}\n", {"simulate.clamp={v: -1}"});
    CHECK(held.states[0][0] == -1);
    CHECK(held.states[1][0] == doctest::Approx((-1 + 0.7) / 0.8).epsilon(1e-12));
    // where all are clamped, nothing is left to find
    const Trajectory all =
        run("model: {use: lif}\nintegrator: {use: rk4, dt: 0.1}\nsimulate: {for: 1, start: rest, clamp: {v: -60}}\n");
    CHECK(all.states[0].back() == -60);
  }

  TEST_CASE("a clamped state does not move, and the other follows its own equation") {
    // w' = epsilon (v + a - b w): w = w_inf + (w_0 - w_inf) e^(-epsilon b t)
    const Trajectory r =
        run("model: {use: nagumo, preset: fitzhugh_1969}\ninput: {I: 3}\nintegrator: {use: rk4, dt: 0.01}\n"
            "simulate: {for: 50, start: {w: 0.2}, clamp: {v: -1}, record: [v, w], every: 1}\n");
    const double w_inf = (-1 + 0.7) / 0.8;
    for (std::size_t k = 0; k < r.time_ms.size(); ++k) {
      CHECK(r.states[0][k] == -1);
      CHECK(r.states[1][k] ==
            doctest::Approx(w_inf + (0.2 - w_inf) * std::exp(-0.08 * 0.8 * r.time_ms[k])).epsilon(1e-10));
    }
    // a leaky neuron held above its threshold has risen to it once, before the run
    const Trajectory above =
        run("model: {use: lif}\nintegrator: {use: euler, dt: 0.1}\nsimulate: {for: 10, clamp: {v: -50}}\n");
    CHECK(above.spikes_ms.size() <= 1);
    for (const double v : above.states[0]) CHECK(v == -50);
  }

  TEST_CASE("spikes by another definition are upward crossings, armed again below rearm") {
    // sin(2 pi t/100): crosses 0.5 upward once a period, at 100/12, and falls below any rearm above -1 before the next
    const std::string text =
        "model: {use: decay, rate: 0}\ninput: {I: {use: sine, frequency: 10, amplitude: 0.06283185307179587, phase: "
        "1.5707963267948966}}\n"
        "integrator: {use: rk4, dt: 0.1, spikes: located}\nsimulate: {for: 1000, start: {v: 0}, spikes: {of: v, "
        "threshold: 0.5}}\n";
    const Trajectory once = run(text);
    REQUIRE(once.spikes_ms.size() == 10);
    for (std::size_t k = 0; k < 10; ++k)
      CHECK(once.spikes_ms[k] == doctest::Approx(100.0 * static_cast<double>(k) + 100 / 12.).epsilon(1e-8));
    CHECK(run(text, {"simulate.spikes.rearm=-0.99"}).spikes_ms.size() == 10);
    CHECK(run(text, {"simulate.spikes.rearm=-1.01"}).spikes_ms.size() == 1);
    CHECK(run(text, {"simulate.spikes.threshold=1.01"}).spikes_ms.empty());
    // on the grid a crossing is noticed at the end of its step
    const Trajectory on_grid = run(text, {"integrator.spikes=on_grid"});
    REQUIRE(on_grid.spikes_ms.size() == 10);
    for (std::size_t k = 0; k < 10; ++k) {
      CHECK(on_grid.spikes_ms[k] >= once.spikes_ms[k]);
      CHECK(on_grid.spikes_ms[k] < once.spikes_ms[k] + 0.1);
    }
    // beside a reset: the definition counts, the model resets
    const Trajectory
        reset =
            run("model: {use: lif}\ninput: {I: 500}\nintegrator: {use: euler, dt: 0.1}\nsimulate: {for: 200, spikes: "
                "{of: v, threshold: -60, rearm: -65}}\n"),
        own = run("model: {use: lif}\ninput: {I: 500}\nintegrator: {use: euler, dt: 0.1}\nsimulate: {for: 200}\n");
    CHECK(same_bits(reset.states[0], own.states[0]));
    CHECK(reset.spikes_ms.size() == own.spikes_ms.size() + (reset.spikes_ms.size() > own.spikes_ms.size()));
    for (std::size_t k = 0; k < own.spikes_ms.size(); ++k) CHECK(reset.spikes_ms[k] < own.spikes_ms[k]);
  }

  TEST_CASE("start values given by the file go before those of the preset, and those before what the model derives") {
    const std::string text =
        "model: {use: izhikevich, preset: tonic_spiking}\nintegrator: {use: euler, dt: 0.25}\nsimulate: {for: 1, "
        "record: [v, u]}\n";
    const Trajectory preset = run(text), given = run(text, {"simulate.start={v: -60}"}),
                     both = run(text, {"simulate.start={v: -60, u: -3}"});
    CHECK(preset.states[0][0] == -70);
    CHECK(preset.states[1][0] == doctest::Approx(0.2 * -70));
    CHECK(given.states[0][0] == -60);
    CHECK(given.states[1][0] == doctest::Approx(0.2 * -60));
    CHECK(both.states[1][0] == -3);
    const Trajectory lif = run("model: {use: lif, E_L: -80}\nintegrator: {use: euler, dt: 0.1}\nsimulate: {for: 1}\n");
    CHECK(lif.states[0][0] == -80);
  }

  TEST_CASE("what the listener of an integrator throws arrives as it was thrown") {
    for (const char* integrator : {"use: rk4, dt: 0.1, spikes: located", "use: dopri5"}) {
      CAPTURE(integrator);
      const Neuron neuron = neuron_of(load_neuron("model: {use: izhikevich}\ninput: {I: 10}\nintegrator: {" +
                                                  std::string(integrator) + "}\nsimulate: {for: 200}\n"));
      Lanes lanes = lanes_of({&neuron});
      int told = 0;
      lanes.crossing = [&](std::uint32_t, const double*, const double*) {
        if (++told == 2) throw std::out_of_range("the list is full");
      };
      CHECK_THROWS_WITH_AS(integrate(lanes), "the list is full", std::out_of_range);
      CHECK(told >= 2);
    }
  }
}
