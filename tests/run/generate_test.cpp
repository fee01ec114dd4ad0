// `generate`: turns are one run, rules move numbers as they say, and an interrupted loop goes on.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "purpose/generate/generate.hpp"
#include "run/experiments.hpp"

using namespace hillock;
using namespace hillock::test;

namespace {

const std::string neuron =
    "seed: 3\nmodel: {use: izhikevich, preset: regular_spiking}\n"
    "input: {I: [{use: step, from: 130 ms, to: 350 ms, amplitude: 8}, {use: ornstein_uhlenbeck, mean: 5, sd: 3, tau: "
    "10 ms, every: 0.25 ms}]}\nintegrator: {use: euler, dt: 0.25 ms}\nsimulate: {for: 400 ms, record: [v, u, I]}\n";

struct Loop {
  Outcome outcome;
  std::vector<CaseResult> turns;  ///< with their samples
  double value(const std::string& of, const std::string& name) const {
    for (const CaseResult& c : outcome.cases)
      if (c.name == of)
        for (const MeasureValue& v : c.measures)
          if (v.name == name) return v.value;
    FAIL("no such measure: " << of << " " << name);
    return NAN;
  }
};

Loop loop(const std::string& text, std::size_t jobs = 1, std::optional<Records> records = {}) {
  Loop l;
  RunOptions options;
  options.figures = false;
  options.jobs = jobs;
  options.records = std::move(records);
  options.on_case = [&](const CaseResult& c) { l.turns.push_back(c); };
  l.outcome = execute(load(text), options);
  return l;
}

const std::string plain = neuron +
                          "generate:\n  turns: 4\n  each: 100 ms\n"
                          "  forecast: {by: {use: autoregressive, order: 5}, horizon: 10 ms}\n";

}  // namespace

TEST_SUITE("generate") {
  TEST_CASE("turns have the bits of one run: each goes on where the last one ended, its current too") {
    const Loop l = loop(plain);
    REQUIRE(l.turns.size() == 4);
    const Trajectory whole = run(neuron);
    for (std::size_t turn = 0; turn < 4; ++turn) {
      REQUIRE(l.turns[turn].columns[0].values.size() == 401);
      CHECK(l.turns[turn].time_ms.front() == static_cast<double>(turn) * 100);
      std::size_t wrong = 0;
      for (std::size_t k = 1; k < 401; ++k)
        for (std::size_t state = 0; state < 2; ++state)
          wrong += l.turns[turn].columns[state].values[k] != whole.states[state][turn * 400 + k];
      CHECK(wrong == 0);
    }
    std::vector<double> spikes;
    for (const CaseResult& turn : l.turns) spikes.insert(spikes.end(), turn.spikes_ms.begin(), turn.spikes_ms.end());
    REQUIRE(spikes.size() == whole.spikes_ms.size());
    CHECK(spikes.size() > 5);
    for (std::size_t k = 0; k < spikes.size(); ++k) CHECK(spikes[k] == doctest::Approx(whole.spikes_ms[k]));
  }

  TEST_CASE("a number moves by its gain times what the forecast missed, within its bounds") {
    const auto adjusted = [](const std::string& rule) { return loop(plain + "  adjust: {model.d: {" + rule + "}}\n"); };
    const Loop l = adjusted("gain: 0.05, within: [0, 20]");
    CHECK(l.value("turn_1", "model.d") == 8);
    for (int turn = 2; turn <= 4; ++turn) {
      const std::string before = fmt::format("turn_{}", turn - 1);
      CHECK(l.value(fmt::format("turn_{}", turn), "model.d") ==
            doctest::Approx(l.value(before, "model.d") + 0.05 * l.value(before, "residual_mean")));
    }
    CHECK(l.value("turn_2", "model.d") != 8);
    const Loop bounded = adjusted("toward: residual_mae, gain: 5, within: [7, 9]");
    CHECK(bounded.value("turn_2", "model.d") == 9);
    CHECK(bounded.value("turn_4", "model.d") == 9);
  }

  TEST_CASE("an interrupted loop goes on to the same bits, on any number of threads") {
    const std::string text = plain +
                             "  correct: {use: autoregressive, order: 3}\n"
                             "  adjust: {input.I.1.mean: {gain: 0.1, within: [0, 10]}}\n";
    std::vector<std::string> kept, again;
    const Loop whole = loop(text, 1, Records{[&](std::string_view r) { kept.emplace_back(r); }, [](const auto&) {}});
    REQUIRE(kept.size() == 4);
    const auto two = [&](const std::function<void(std::string_view)>& take) { take(kept[0]), take(kept[1]); };
    const Loop resumed = loop(text, 3, Records{[&](std::string_view r) { again.emplace_back(r); }, two});
    REQUIRE(again.size() == 2);
    CHECK(again[0] == kept[2]);
    CHECK(again[1] == kept[3]);
    for (std::size_t i = 0; i < whole.turns.size(); ++i) {
      CHECK(whole.turns[i].columns.size() == resumed.turns[i].columns.size());
      CHECK(whole.turns[i].columns[0].title == resumed.turns[i].columns[0].title);
      CHECK(whole.turns[i].columns[0].values == resumed.turns[i].columns[0].values);
    }
  }

  TEST_CASE("a turn whose forecast failed is not kept, nor is what came after it") {
    const auto kept = [](const std::string& period) {
      std::size_t n = 0;
      const Loop l =
          loop(neuron + "generate:\n  turns: 3\n  each: 100 ms\n  forecast: {by: {use: seasonal, period: " + period +
                   "}, horizon: 10 ms}\n",
               1, Records{[&](std::string_view) { ++n; }, [](const auto&) {}});
      return std::pair(n, l.turns[0].ok());
    };
    CHECK(kept("40 ms") == std::pair<std::size_t, bool>(3, true));
    CHECK(kept("75 ms") == std::pair<std::size_t, bool>(0, false));  // the first half turn holds no period
  }

  TEST_CASE("spikes of a model with a reset are those of its turns") {
    const Loop l = loop(
        "model: {use: lif, tau: 15 ms, g_L: 10 nS, E_L: -65 mV, V_th: -50 mV, V_reset: -60 mV, t_ref: 2 ms}\n"
        "input: {I: 200 pA}\nintegrator: {use: rk4, dt: 0.1 ms}\nsimulate: {for: 300 ms}\n"
        "generate: {turns: 3, each: 100 ms, forecast: {by: {use: analog}, horizon: 20 ms}}\n");
    CHECK(l.value("turn_3", "gamma") > 0.8);
    CHECK(l.outcome.run.tables[0].note.find("spikes are those of the run") != std::string::npos);
  }

  TEST_CASE("a refractory time that runs at the end of a turn runs on in the next, also over several turns") {
    const std::string lif =
        "model: {use: lif, tau: 15 ms, g_L: 10 nS, E_L: -65 mV, V_th: -50 mV, V_reset: -60 mV, t_ref: 13 ms}\n"
        "input: {I: 200 pA}\nsimulate: {for: 300 ms, every: 0.5 ms}\n";
    for (const std::string integrator :
         {"{use: euler, dt: 0.1 ms}", "{use: rk4, dt: 0.1 ms, spikes: located}", "{use: dopri5}", "{use: taylor}"}) {
      CAPTURE(integrator);
      const std::string text = lif + "integrator: " + integrator + "\n";
      // turns of 5 ms: each refractory time of 13 ms spans three or four of them
      const Loop l = loop(text + "generate: {turns: 60, each: 5 ms, forecast: {by: {use: naive}, horizon: 1 ms}}\n");
      std::vector<double> spikes;
      for (const CaseResult& turn : l.turns) spikes.insert(spikes.end(), turn.spikes_ms.begin(), turn.spikes_ms.end());
      const Trajectory whole = run(text);
      REQUIRE(whole.spikes_ms.size() > 8);
      REQUIRE(spikes.size() == whole.spikes_ms.size());
      for (std::size_t k = 0; k < spikes.size(); ++k)
        CHECK(spikes[k] == doctest::Approx(whole.spikes_ms[k]).epsilon(1e-6));
    }
  }

  TEST_CASE("what is drawn by chance goes on in the next turn: a loop has the spikes of one run") {
    const std::string models[] = {"{use: gif, V_T: -55 mV}\ninput: {I: 350 pA}",
                                  "{use: lif, tau: 15 ms, g_L: 10 nS, E_L: -65 mV, V_th: -50 mV, V_reset: -60 mV, "
                                  "t_ref: 2 ms}\ninput: {I: [200 pA, {use: noise, sigma: 60 pA sqrt(ms)}]}"};
    for (const std::string& model : models)
      for (const char* scheme : {"euler", "euler_maruyama"}) {
        CAPTURE(model);
        const std::string text = fmt::format(
            "seed: 4\nmodel: {}\nintegrator: {{use: {}, dt: 0.1 ms, spikes: located}}\n"
            "simulate: {{for: 1200 ms, every: 0.5 ms}}\n",
            model, scheme);
        const Loop l = loop(text + "generate: {turns: 60, each: 20 ms, forecast: {by: {use: naive}, horizon: 1 ms}}\n");
        std::vector<double> spikes;
        for (const CaseResult& turn : l.turns)
          spikes.insert(spikes.end(), turn.spikes_ms.begin(), turn.spikes_ms.end());
        const Trajectory whole = run(text);
        REQUIRE(whole.spikes_ms.size() > 8);
        REQUIRE(spikes.size() == whole.spikes_ms.size());
        for (std::size_t k = 0; k < spikes.size(); ++k)
          CHECK(spikes[k] == doctest::Approx(whole.spikes_ms[k]).epsilon(1e-6));
      }
  }

  TEST_CASE("several forecasters are held against the first, which drives the loop as if it were alone") {
    const std::string rule = "  adjust: {model.d: {gain: 0.05, within: [0, 20]}}\n";
    std::string several = plain + rule;
    const std::string one = "by: {use: autoregressive, order: 5}";
    several.replace(several.find(one), one.size(),
                    "by: [{use: autoregressive, order: 5}, {use: analog}, {use: median}]");
    std::vector<std::string> kept;
    const Loop alone = loop(plain + rule),
               l = loop(several, 1, Records{[&](std::string_view r) { kept.emplace_back(r); }, [](const auto&) {}});
    for (int turn = 1; turn <= 4; ++turn)
      for (const char* name : {"mae", "model.d", "skill"})
        CHECK(l.value(fmt::format("turn_{}", turn), name) == alone.value(fmt::format("turn_{}", turn), name));
    double sum = 0;
    for (int turn = 1; turn <= 4; ++turn) sum += l.value(fmt::format("turn_{}.analog", turn), "mae") / 4;
    CHECK(l.value("turns.analog", "mae") == doctest::Approx(sum));
    CHECK(l.value("turns.analog", "mae") != l.value("turns", "mae"));
    CHECK(l.value("turns.median", "skill") <= 0);
    CHECK(l.value("turns.naive", "skill") <= 0);
    REQUIRE(l.outcome.run.tables.size() == 2);
    CHECK(l.outcome.run.tables[1].rows.size() == 4);
    const Loop resumed = loop(several, 1,
                              Records{[](std::string_view) {},
                                      [&](const auto& take) {
                                        for (const std::string& r : kept) take(r);
                                      }});
    CHECK(resumed.value("turn_3.analog", "mae") == l.value("turn_3.analog", "mae"));
  }

  TEST_CASE("in a loop the file's own neuron forecasts exactly under known currents, until a number of it is moved") {
    const std::string by = "by: {use: autoregressive, order: 5}";
    std::string text = plain;
    text.replace(text.find(by), by.size(), "by: [{use: mechanistic}, {use: mechanistic, change: {model.d: 7}}]");
    const Loop own = loop(text);
    CHECK(own.value("turns", "mae") < 1e-9);
    CHECK(own.value("turns.mechanistic_2", "mae") > 0.1);
    // the loop moves the current, and the experimenter knows to where
    text.replace(text.find("[{use: mechanistic}, {use: mechanistic, change: {model.d: 7}}]"), 62,
                 "[{use: mechanistic, change: {model.d: 7}}, {use: mechanistic}]");
    const Loop current = loop(text + "  adjust: {input.I.1.mean: {toward: residual_mae, gain: 1, within: [0, 10]}}\n");
    CHECK(current.value("turn_4", "input.I.1.mean") > 5.1);
    CHECK(current.value("turns.mechanistic_2", "mae") < 1e-9);
    const Loop moved = loop(text + "  adjust: {model.a: {toward: residual_mae, gain: 0.01, within: [0.01, 0.1]}}\n");
    CHECK(moved.value("turn_1.mechanistic_2", "mae") < 1e-9);
    CHECK(moved.value("turn_4.mechanistic_2", "mae") > 0.1);
  }

  TEST_CASE("the row of all turns is their mean, and a loop without a corrector has no corrected error") {
    const Loop l = loop(plain);
    double sum = 0;
    for (int turn = 1; turn <= 4; ++turn) sum += l.value(fmt::format("turn_{}", turn), "mae") / 4;
    CHECK(l.value("turns", "mae") == doctest::Approx(sum));
    CHECK(std::isnan(l.value("turns", "corrected_over_raw_mae")));
  }
}
