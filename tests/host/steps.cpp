// Fixed steps for a host in a hurry: spikes that are counted, not told, and the loops in the models' libraries, which
// have the bits of the slow way.
#include <doctest/doctest.h>
#include <cstring>
#include <random>

#include "harness.hpp"

using namespace hillock;
using namespace hillock::test;

namespace {

const Plugin& model(const std::string& id) { return plugins().load(id, HK_ROLE_MODEL); }

/// Every way that fixed-step integrators have a loop for.
struct Way {
  const Plugin* plugin;
  Settings settings;
};
std::vector<Way> ways() {
  const auto of = [](const char* id) { return &plugins().load(id, HK_ROLE_INTEGRATOR); };
  return {{of("euler"), {}},
          {of("euler"), {{"update", "sequential"}}},
          {of("half_step_euler"), {}},
          {of("heun"), {}},
          {of("rk4"), {}},
          {of("exponential_euler"), {}},
          {of("exponential_euler"), {{"coefficients", "middle"}}}};
}

/// How often the loop of a model was run. One model at a time.
struct Spy {
  explicit Spy(const Plugin& of) : steps(static_cast<const hk_steps*>(of.get(HK_STEPS))) {
    calls = 0;
    if (steps) watched = *steps, real = steps->run;
    watched.run = [](void* context, const hk_run* run) { ++calls, real(context, run); };
  }
  const hk_steps* steps;
  hk_steps watched{};
  static inline int calls = 0;
  static inline void (*real)(void*, const hk_run*) = nullptr;
};

bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0);
}
bool same(const Batch& a, const Batch& b, std::uint32_t neurons) {
  for (std::uint32_t i = 0; i < neurons; ++i) {
    if (!same_bits(a.spikes[i], b.spikes[i]) || !same_bits(a.samples(i), b.samples(i))) return false;
    if (a.stops[i].why != b.stops[i].why || std::memcmp(&a.stops[i].t, &b.stops[i].t, sizeof(double)) != 0)
      return false;
    for (std::size_t k = 0; k < a.x.fields(); ++k)
      if (std::memcmp(&a.x[k][i], &b.x[k][i], sizeof(double)) != 0) return false;
  }
  return true;
}

/// One run by the loop of the model and one without it.
struct Pair {
  Batch fast, slow;
  int calls;  // of the loop
};
template <class F>
Pair both(const Plugin& m, std::uint32_t neurons, const Way& way, double dt, std::int64_t steps, int every,
          int stretches, F&& prepare) {
  const Spy spy(m);
  Pair p{Batch(m, neurons), Batch(m, neurons), 0};
  for (Batch* b : {&p.fast, &p.slow}) {
    prepare(*b);
    b->offers = [&, b](const char* id) -> const void* {
      if (std::strcmp(id, HK_STEPS) != 0) return m.get(id);
      return b == &p.fast && spy.steps ? &spy.watched : nullptr;
    };
    Settings settings = way.settings;
    settings["dt"] = dt;
    b->run(*way.plugin, settings, static_cast<double>(steps) * dt, every, stretches);
  }
  p.calls = Spy::calls;
  return p;
}

/// Parameters and currents that differ from neuron to neuron, about those of the model.
void spread(Batch& batch, const hk_model& m, std::uint32_t neurons, std::uint64_t seed) {
  Dice dice(seed);
  for (std::uint32_t i = 0; i < neurons; ++i) {
    for (std::uint32_t k = 0; k < m.n_params; ++k) {
      const hk_field& f = m.params[k];
      batch.set(i, f.name, std::clamp(f.value * dice.between(0.97, 1.03), f.low, f.high));
    }
    for (std::uint32_t k = 0; k < m.n_inputs; ++k)
      batch.set(i, m.inputs[k].name, strong(m.inputs[k]) * dice.between(0.5, 1.5));
  }
}

}  // namespace

TEST_SUITE("steps") {
  TEST_CASE("the loop of every model has the bits of the slow way: states, samples, spikes") {
    std::size_t spikes = 0;
    for (const Plugin* m : plugins_of(HK_ROLE_MODEL)) {
      CAPTURE(m->id);
      if (!m->get(HK_STEPS)) continue;
      for (const Way& way : ways()) {
        CAPTURE(way.plugin->id);
        if (way.plugin->id == "exponential_euler" && !m->get(HK_TANGENT)) continue;
        const struct {
          std::uint32_t neurons;
          int every, stretches;
        } shapes[] = {{1, 1, 1}, {7, 7, 3}, {8, 0, 2}, {9, 1, 2}, {100, 7, 3}};
        for (const auto& shape : shapes) {
          CAPTURE(shape.neurons);
          const Pair p = both(*m, shape.neurons, way, 0.05, 501, shape.every, shape.stretches,
                              [&](Batch& b) { spread(b, m->model(), shape.neurons, shape.neurons); });
          CHECK(p.calls >= shape.stretches);
          CHECK(same(p.fast, p.slow, shape.neurons));
          for (const auto& s : p.slow.spikes) spikes += s.size();
        }
      }
    }
    CHECK(spikes > 1000);
  }

  TEST_CASE("every shipped model has a loop, but one driven by chance") {
#ifdef HILLOCK_SANITIZED
    return skip("most models are built without loops under sanitizers");
#endif
    for (const Plugin* m : plugins_of(HK_ROLE_MODEL)) {
      CAPTURE(m->id);
      const hk_model& model = m->model();
      const bool chance =
          std::any_of(model.inputs, model.inputs + model.n_inputs, [](const hk_field& f) { return f.kind == HK_DRAW; });
      if (m->get(HK_TAYLOR)) CHECK((m->get(HK_STEPS) != nullptr) == !chance);  // made by the header for models
    }
  }

  TEST_CASE("the loop has the bits of the slow way over many thousand steps, with and without refractory times") {
    for (const char* id : {"lif", "adex", "izhikevich", "morris_lecar"})
      for (const Way& way : ways())
        for (const double t_ref : {-1., 0., 0.3}) {
          const hk_model& m = model(id).model();
          const bool has_t_ref = std::any_of(m.params, m.params + m.n_params,
                                             [](const hk_field& f) { return std::strcmp(f.name, "t_ref") == 0; });
          if ((t_ref >= 0 && !has_t_ref) || !model(id).get(HK_STEPS)) continue;
          CAPTURE(id);
          CAPTURE(way.plugin->id);
          CAPTURE(t_ref);
          const Pair p = both(model(id), 9, way, 0.02, 5001, 50, 1, [&](Batch& b) {
            spread(b, m, 9, 3);
            if (t_ref >= 0) b.set("t_ref", t_ref).set(4, "t_ref", 0);
          });
          CHECK(p.calls >= 3);
          CHECK(same(p.fast, p.slow, 9));
        }
  }

  TEST_CASE(
      "the loop has the bits of the slow way, and writes no more than it is asked for, over any edges, samples, steps, "
      "schemes, records and lanes") {
#ifdef HILLOCK_SANITIZED
    constexpr int trials = 150;
#else
    constexpr int trials = 600;
#endif
    const char* ids[] = {"izhikevich", "lif", "nagumo", "mat", "adex", "morris_lecar"};
    const std::vector<Way> all = ways();
    Dice dice(77);
    int looped = 0, single = 0;
    for (int trial = 0; trial < trials; ++trial) {
      CAPTURE(trial);
      const Plugin& m = model(ids[dice.below(std::size(ids))]);
      const hk_model& about = m.model();
      if (!m.get(HK_STEPS)) continue;
      const Way& way = all[dice.below(all.size())];
      const std::uint32_t neurons = dice.below(3) == 0 ? 1 : static_cast<std::uint32_t>(1 + dice.below(70));
      const double dt = std::array{0.01, 0.02, 0.1, 0.3, 0.7 / 3}[dice.below(5)];
      // stretches of a single step, of a few, and of more than the 2048 that a loop takes at once
      std::vector<std::int64_t> edges;
      std::int64_t steps = 0;
      for (std::size_t n = 1 + dice.below(6); n > 0; --n)
        edges.push_back(steps +=
                        static_cast<std::int64_t>(1 + dice.below(std::array{1u, 9u, 200u, 2100u}[dice.below(4)])));
      // from each step to none at all; often one sample or none in a stretch
      const int every =
          dice.below(8) == 0
              ? 0
              : 1 + static_cast<int>(dice.below(dice.below(2) ? 20 : static_cast<std::size_t>(steps) + 5));
      std::vector<std::uint32_t> record;
      for (std::size_t n = 1 + dice.below(about.n_state); n > 0; --n)
        record.push_back(static_cast<std::uint32_t>(dice.below(about.n_state)));
      const double t_ref = dice.below(2) ? 0 : dice.between(0, 3);
      CAPTURE(m.id);
      CAPTURE(way.plugin->id);
      CAPTURE(neurons);
      CAPTURE(every);
      const Pair p = both(m, neurons, way, dt, steps, every, 1, [&](Batch& b) {
        spread(b, about, neurons, static_cast<std::uint64_t>(trial));
        for (std::uint32_t k = 0; k < about.n_params; ++k)
          if (std::strcmp(about.params[k].name, "t_ref") == 0) b.set("t_ref", t_ref);
        b.edges = edges, b.recorded = record;
        b.at_stretch = [&](int s) {  // a step of the current, each neuron's own
          for (std::uint32_t i = 0; i < b.lanes(); ++i) b.in[0][i] *= s % 2 ? 0.25 : s ? 4 : 1;
        };
      });
      looped += p.calls;
      for (std::size_t s = 0; s < edges.size() && every > 0; ++s)
        single += edges[s] / every - (s == 0 ? 0 : edges[s - 1]) / every == 1;
      CHECK(same(p.fast, p.slow, neurons));
    }
    CHECK(looped > trials);
    CHECK(single > trials / 10);
  }

  TEST_CASE(
      "inputs by step have one set of bits: told and looped over, told and stepped, or asked for at each step, over "
      "any tables, gains, edges, samples, schemes and lanes") {
#ifdef HILLOCK_SANITIZED
    constexpr int trials = 150;
#else
    constexpr int trials = 600;
#endif
    const char* ids[] = {"izhikevich", "lif", "nagumo", "mat", "adex", "morris_lecar", "shunt"};
    const std::vector<Way> all = ways();
    Dice dice(79);
    int looped = 0;
    std::size_t spikes = 0, stops = 0;
    for (int trial = 0; trial < trials; ++trial) {
      CAPTURE(trial);
      const Plugin& m = model(ids[dice.below(std::size(ids))]);
      const hk_model& about = m.model();
      CAPTURE(m.id);
      Way way = all[dice.below(all.size())];
      CAPTURE(way.plugin->id);
      const bool located = dice.below(4) == 0;
      if (located) way.settings["spikes"] = "located";
      const std::uint32_t neurons = dice.below(3) == 0 ? 1 : static_cast<std::uint32_t>(1 + dice.below(70));
      const double dt = std::array{0.01, 0.02, 0.1, 0.3, 0.7 / 3}[dice.below(5)];
      std::vector<std::int64_t> edges;
      std::int64_t steps = 0;
      for (std::size_t n = 1 + dice.below(4); n > 0; --n)
        edges.push_back(steps +=
                        static_cast<std::int64_t>(1 + dice.below(std::array{1u, 9u, 200u, 2100u}[dice.below(4)])));
      const int every = dice.below(4) == 0 ? 0 : 1 + static_cast<int>(dice.below(20));
      const double t_ref = dice.below(2) ? 0 : dice.between(0, 3);
      // samples of one step, of a few, and of any number
      const std::size_t longest = std::array{1u, 4u, 50u}[dice.below(3)];
      std::vector<std::vector<double>> tables(about.n_inputs);
      for (std::uint32_t k = 0; k < about.n_inputs; ++k)
        for (std::size_t left = 0; (k == 0 || trial % 3 > 0) && tables[k].size() < static_cast<std::size_t>(steps);) {
          const double value = strong(about.inputs[k]) * dice.between(k == 0 ? -0.5 : 0, 2);
          for (left = 1 + dice.below(longest); left > 0; --left) tables[k].push_back(value);
        }
      const bool wild = dice.below(10) == 0 && m.id == "izhikevich";
      enum { loop, stepped, asked };
      const auto run = [&](int how) {
        const Spy spy(m);
        Batch b(m, neurons);
        spread(b, about, neurons, static_cast<std::uint64_t>(trial));
        for (std::uint32_t k = 0; k < about.n_params; ++k)
          if (std::strcmp(about.params[k].name, "t_ref") == 0) b.set("t_ref", t_ref);
        if (wild) b.set(neurons / 2, "a", 9.7);  // it leaves the finite numbers, sooner or later
        b.gain.emplace(about.n_inputs, b.lanes());
        Dice own(static_cast<std::uint64_t>(trial) + 5);
        for (std::uint32_t k = 0; k < about.n_inputs; ++k)
          for (std::uint32_t i = 0; i < b.lanes(); ++i) {
            (*b.gain)[k][i] = trial % 2 ? 1 : own.between(0.5, 1.5);
            if (!tables[k].empty()) b.in[k][i] = trial % 2 ? 0 : strong(about.inputs[k]) * own.between(0, 0.2);
          }
        b.by_step = tables;
        b.tells_steps = how != asked;
        b.edges = edges;
        b.offers = [&](const char* id) -> const void* {
          if (std::strcmp(id, HK_STEPS) != 0) return m.get(id);
          return how == loop && spy.steps ? &spy.watched : nullptr;
        };
        Settings settings = way.settings;
        settings["dt"] = dt;
        b.run(*way.plugin, settings, static_cast<double>(steps) * dt, every, 1);
        if (how == loop) looped += Spy::calls;
        if (located || how != loop) CHECK(Spy::calls == 0);
        return b;
      };
      const Batch fast = run(loop), slow = run(stepped), plain = run(asked);
      CHECK(same(fast, slow, neurons));
      CHECK(same(slow, plain, neurons));
      for (std::uint32_t i = 0; i < neurons; ++i) spikes += slow.spikes[i].size(), stops += slow.stops[i].why != HK_OK;
    }
    CHECK(looped > trials);
    CHECK(spikes > 10'000);
    CHECK(stops > 3);
  }

  TEST_CASE("a refractory time that ends above the threshold ends with a spike, by the loop and the slow way alike") {
    // the threshold of `mat` rises by less than v is above it: an interval is t_ref, to the step
    if (!model("mat").get(HK_STEPS)) return skip("this build of `mat` has no loop");
    for (const Way& way : ways()) {
      CAPTURE(way.plugin->id);
      const Pair p = both(model("mat"), 9, way, 0.1, 400, 1, 3, [](Batch& b) {
        b.set("alpha_1", 0.01).set("alpha_2", 0.01).set("t_ref", 0.5).set("I", 2).set(4, "t_ref", 1.7);
      });
      CHECK(p.calls > 0);
      CHECK(same(p.fast, p.slow, 9));
      REQUIRE(p.slow.spikes[0].size() > 20);
      for (std::size_t k = 1; k < p.slow.spikes[0].size(); ++k)
        CHECK(p.slow.spikes[0][k] - p.slow.spikes[0][k - 1] == doctest::Approx(0.5).epsilon(1e-9));
      for (std::size_t k = 1; k < p.slow.spikes[4].size(); ++k)
        CHECK(p.slow.spikes[4][k] - p.slow.spikes[4][k - 1] == doctest::Approx(1.7).epsilon(1e-9));
    }
  }

  TEST_CASE("after a reset onto the threshold only what rises from there spikes") {
    for (const Way& way : ways())
      for (const double t_ref : {0., 2.})
        for (const char* spikes : {"on_grid", "located"}) {
          CAPTURE(way.plugin->id);
          CAPTURE(t_ref);
          CAPTURE(spikes);
          Way how = way;
          how.settings["spikes"] = spikes;
          // above the threshold at the start; then it falls to -58 mV
          const Pair p = both(model("lif"), 2, how, 0.1, 1000, 0, 1,
                              [&](Batch& b) { b.set("V_reset", -55).set("t_ref", t_ref).set("v", -50).set("I", 300); });
          CHECK(p.fast.spikes[0].size() >= 1);
          CHECK(p.fast.spikes[0].back() < 10);
          CHECK(same(p.fast, p.slow, 2));
        }
  }

  TEST_CASE("a neuron that leaves the finite numbers stops where it does the slow way, and no other minds") {
    for (const Way& way : ways()) {
      CAPTURE(way.plugin->id);
      for (const int every : {0, 1, 7}) {
        // u swings ever wider until v is infinite, above the threshold: the reset must not hide it
        const Pair p = both(model("izhikevich"), 20, way, 0.5, 1801, every, 2, [&](Batch& b) {
          spread(b, model("izhikevich").model(), 20, 5);
          for (const std::uint32_t i : {3u, 4u, 19u}) b.set(i, "a", 10 - 0.5 * i / 19.);
        });
        if (way.plugin->id == "euler") CHECK(p.slow.stops[3].why == HK_NOT_FINITE);
        CHECK(p.slow.stops[0].why == HK_OK);
        CHECK(p.calls > 0);
        CHECK(same(p.fast, p.slow, 20));

        const Pair q = both(model("nagumo"), 9, way, 0.1, 501, every, 3, [&](Batch& b) {
          spread(b, model("nagumo").model(), 9, 5);
          b.set(8, "v", 49).set(2, "I", 90);
        });
        CHECK(same(q.fast, q.slow, 9));
      }
    }
  }

  TEST_CASE("a stretch with an input that varies is stepped the slow way, between others that are not") {
    const Plugin& m = model("adex");
    const Pair p = both(m, 9, ways()[0], 0.05, 801, 1, 4, [&](Batch& b) {
      spread(b, m.model(), 9, 2);
      b.vary([](const auto& t) { return 50 * sin(t); });
    });
    CHECK(p.calls == 0);
    CHECK(same(p.fast, p.slow, 9));
  }

  TEST_CASE("what a loop cannot do is done the slow way") {
    const Plugin& m = model("izhikevich");
    const auto calls = [&](auto&& prepare, Settings more = {}) {
      Way way = ways()[0];
      for (const auto& [key, value] : more) way.settings[key] = value;
      return both(m, 3, way, 0.1, 100, 1, 1, prepare).calls;
    };
    CHECK(calls([](Batch&) {}) > 0);
    CHECK(calls([](Batch& b) { b.clamped = 2; }) == 0);
    CHECK(calls([](Batch& b) { b.watch = 0, b.watch_threshold = -20, b.watch_rearm = -30; }) == 0);
    CHECK(calls([](Batch& b) { b.sigma = 1; }) == 0);
    CHECK(calls([](Batch&) {}, {{"spikes", "located"}}) == 0);
  }

  TEST_CASE("spikes that nobody hears of leave states and samples alone") {
    for (const Plugin* integrator : plugins_of(HK_ROLE_INTEGRATOR)) {
      CAPTURE(integrator->id);
      for (const char* id : {"izhikevich", "nagumo"})
        for (const double threshold : {0., 0.5}) {  // 0: the model's own
          CAPTURE(id);
          const auto run = [&](bool hears) {
            Batch batch(model(id), 9);
            for (std::uint32_t i = 0; i < 9; ++i)
              batch.set(i, "I", std::string(id) == "nagumo" ? 0.4 + 0.05 * i : 6 + 2 * i);
            batch.hears_spikes = hears;
            if (threshold > 0) batch.watch = 0, batch.watch_threshold = threshold, batch.watch_rearm = threshold - 0.2;
            Settings settings;
            if (integrator->integrator().flags & HK_FIXED_STEP) settings["dt"] = 0.1;
            batch.run(*integrator, settings, 60, 1);
            return batch;
          };
          const Batch heard = run(true), unheard = run(false);
          CHECK(heard.spikes[8].size() > 0);
          for (std::uint32_t i = 0; i < 9; ++i) {
            CHECK(unheard.spikes[i].empty());
            CHECK(test::same_bits(heard.samples(i), unheard.samples(i)));
          }
        }
    }
  }

  TEST_CASE("spikes are counted in binary digits") {
    for (const std::size_t n : {0u, 1u, 7u, 8u, 63u, 64u, 65u, 200u, 5000u})
      for (const std::uint32_t lanes : {1u, 8u, 63u, 64u})
        for (const int kind : {0, 1, 2}) {
          std::mt19937_64 random(3);
          std::vector<std::uint64_t> words(n), counts(lanes, 5), plain(lanes, 5);
          for (std::size_t k = 0; k < n; ++k)
            words[k] = kind == 0 ? ~std::uint64_t{0} : kind == 1 ? random() : std::uint64_t{1} << (k % 64);
          detail::SpikeCounts digits;
          digits.add(words.data(), n / 3), digits.add(words.data() + n / 3, n - n / 3);
          digits.write(counts.data(), lanes);
          for (const std::uint64_t word : words)
            for (std::uint32_t i = 0; i < lanes; ++i) plain[i] += word >> i & 1;
          CHECK(counts == plain);
        }
  }

  TEST_CASE("every integrator counts as many spikes as it tells, of resets and of crossings, but none of padding") {
    for (const Plugin* integrator : plugins_of(HK_ROLE_INTEGRATOR)) {
      CAPTURE(integrator->id);
      for (const char* id : {"izhikevich", "nagumo"}) {
        CAPTURE(id);
        const auto run = [&](bool count) {
          Batch batch(model(id), 9);
          for (std::uint32_t i = 0; i < 9; ++i)
            batch.set(i, "I", std::string(id) == "nagumo" ? 0.4 + 0.05 * i : 6 + 2 * i);
          batch.counts_spikes = count;
          Settings settings;
          if (integrator->integrator().flags & HK_FIXED_STEP) settings["dt"] = 0.1;
          batch.run(*integrator, settings, 200);
          return batch;
        };
        const Batch told = run(false), counted = run(true);
        for (std::uint32_t i = 0; i < told.lanes(); ++i) CHECK(counted.spikes[i].empty());
        for (std::uint32_t i = 0; i < 9; ++i) {
          CAPTURE(i);
          CHECK(told.spikes[i].size() > 1);
          CHECK(counted.spike_counts[i] == told.spikes[i].size());
        }
      }
    }
  }
}
