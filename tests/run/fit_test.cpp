// `fit`: recovery of known numbers, held-out parts, resuming, and the file of the fitted neuron.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "purpose/fit/search.hpp"
#include "run/experiments.hpp"
#include "util/bytes.hpp"

using namespace hillock;
using namespace hillock::test;

namespace {

/// A leaky cell under a fluctuating current, 600 ms, without noise on its voltage.
void write_cell() {
  write("cell.yaml",
        "seed: 3\nmodel: {use: lif, tau: 15 ms, g_L: 10 nS, E_L: -65 mV, V_th: -50 mV, V_reset: -60 mV, t_ref: 2 ms}\n"
        "input: {I: {use: ornstein_uhlenbeck, mean: 150 pA, sd: 60 pA, tau: 5 ms, every: 0.2 ms}}\n"
        "integrator: {use: euler, dt: 0.1 ms}\nsimulate: {for: 600 ms, every: 0.2 ms}\n");
}

const std::string fit_of_cell =
    "seed: 5\nmodel: {use: lif, tau: 15 ms, g_L: 9 nS, E_L: -65 mV, V_th: -50 mV, V_reset: -60 mV, t_ref: 2 ms}\n"
    "integrator: {use: euler, dt: 0.1 ms}\nsimulate: {every: 0.2 ms}\n"
    "fit:\n  data: {file: cell.yaml}\n  free: {model.g_L: {from: 5 nS, to: 20 nS}}\n"
    "  loss: {use: van_rossum, tau: 20 ms}\n  optimizer: {use: differential_evolution, evaluations: 300}\n  starts: "
    "3\n";

Outcome fitted(const std::string& text, std::size_t jobs = 1, std::optional<Records> records = {}) {
  RunOptions options;
  options.figures = false;
  options.jobs = jobs;
  options.records = std::move(records);
  return execute(load(text), options);
}

double value_of(const Outcome& out, const std::string& of, const std::string& measure) {
  for (const CaseResult& c : out.cases)
    if (c.name == of)
      for (const MeasureValue& v : c.measures)
        if (v.name == measure) return v.value;
  FAIL("no such measure: " << of << " " << measure);
  return NAN;
}

}  // namespace

TEST_SUITE("fit") {
  TEST_CASE("a conductance is found again from spikes, on the part that was fitted and on the part held out") {
    write_cell();
    const Outcome out = fitted(fit_of_cell + "  hold_out: last 40 %\n  measure: [gamma]\n");
    REQUIRE(out.cases.size() == 3);
    CHECK(value_of(out, "train", "model.g_L") == doctest::Approx(10).epsilon(0.005));
    CHECK(value_of(out, "start", "model.g_L") == 9);
    CHECK(value_of(out, "train", "loss") < value_of(out, "start", "loss"));
    CHECK(value_of(out, "train", "gamma") > 0.98);
    CHECK(value_of(out, "held_out", "gamma") > 0.98);
  }

  TEST_CASE("a constant current and a free start determine epsilon, b and a - b I of FitzHugh-Nagumo") {
    // a shift of w is a shift of I, and b times as much of a
    write("constant.yaml",
          "seed: 7\nmodel: {use: nagumo, a: 0.7, b: 0.8, epsilon: 0.08}\ndrive: {gain: 0.01, shift: 0}\n"
          "readout: {scale: 30 mV, shift: -40 mV, measurement_noise: 0.5 mV}\ninput: {I: 0.5}\n"
          "integrator: {use: rk4, dt: 0.2 ms}\n"
          "simulate: {for: 200 ms, every: 1 ms, start: {v: -1, w: -0.5}, record: [v, I]}\n");
    const Outcome out = fitted(
        "seed: 1\nmodel: {use: nagumo, a: 0.5, b: 0.6, epsilon: 0.1}\ndrive: {gain: 0.01, shift: 0.2}\n"
        "readout: {scale: 30 mV, shift: -40 mV}\nintegrator: {use: rk4, dt: 0.2 ms}\n"
        "simulate: {every: 1 ms, start: {v: -1, w: -0.3}}\n"
        "fit:\n  data: {file: constant.yaml}\n  loss: mse\n  optimizer: {use: genetic, evaluations: 4000}\n"
        "  starts: 1\n  profile: 0\n  free:\n    model.a: {from: 0, to: 1.5}\n    model.b: {from: 0.2, to: 1.6}\n"
        "    model.epsilon: {from: 0.02, to: 0.4, scale: logarithmic}\n    drive.shift: {from: -0.4, to: 1}\n"
        "    simulate.start.w: {from: -1.5, to: 1}\n");
    const auto found = [&](const char* path) { return value_of(out, "train", path); };
    CHECK(found("model.epsilon") == doctest::Approx(0.08).epsilon(0.01));
    CHECK(found("model.b") == doctest::Approx(0.8).epsilon(0.01));
    CHECK(found("model.a") - found("model.b") * (0.5 + found("drive.shift")) ==
          doctest::Approx(0.7 - 0.8 * 0.5).epsilon(0.01));
  }

  TEST_CASE("spikes determine four combinations of the six numbers of a leaky neuron") {
    write(
        "located.yaml",
        "seed: 3\nmodel: {use: lif, tau: 15 ms, g_L: 10 nS, E_L: -65 mV, V_th: -50 mV, V_reset: -60 mV, t_ref: 2 ms}\n"
        "input: {I: {use: ornstein_uhlenbeck, mean: 150 pA, sd: 60 pA, tau: 5 ms, every: 0.2 ms}}\n"
        "integrator: {use: rk4, dt: 0.2 ms, spikes: located}\nsimulate: {for: 500 ms, every: 0.2 ms}\n");
    const Outcome out = fitted(
        "seed: 1\nmodel: {use: lif, tau: 15 ms, g_L: 9 nS, E_L: -65 mV, V_th: -50 mV, V_reset: -60 mV, t_ref: 2 ms}\n"
        "integrator: {use: rk4, dt: 0.2 ms, spikes: located}\nsimulate: {every: 0.2 ms}\n"
        "fit:\n  data: {file: located.yaml}\n  loss: {use: van_rossum, tau: 20 ms}\n"
        "  optimizer: {use: cma_es, evaluations: 2000}\n  starts: 1\n  profile: 0\n  free:\n"
        "    model.tau: {from: 5, to: 40}\n    model.g_L: {from: 4 nS, to: 25 nS}\n"
        "    model.E_L: {from: -75, to: -60}\n    model.V_th: {from: -56, to: -40}\n"
        "    model.V_reset: {from: -75, to: -55}\n    model.t_ref: {from: 0.5, to: 6}\n");
    const auto found = [&](const char* path) { return value_of(out, "train", path); };
    const double rise = found("model.V_th") - found("model.E_L");
    CHECK(found("model.tau") == doctest::Approx(15).epsilon(0.01));
    CHECK(found("model.t_ref") == doctest::Approx(2).epsilon(0.01));
    CHECK(found("model.g_L") * rise == doctest::Approx(10 * 15).epsilon(0.01));
    CHECK((found("model.V_reset") - found("model.E_L")) / rise == doctest::Approx(1 / 3.0).epsilon(0.01));
  }

  TEST_CASE("the title of a fit's figure says what is held out") {
    write_cell();
    const std::string text = fit_of_cell + "  hold_out: last 40 %\n  profile: 0\n";
    CHECK(execute(load(text), {}).run.figures.at(0).title == "Fit (held out from 360.12 ms)");
    CHECK(execute(load("title: A cell\n" + text), {}).run.figures.at(0).title == "A cell (held out from 360.12 ms)");
  }

  TEST_CASE("a fit that never fires says why no search finds its way, and what to do") {
    write_cell();
    const std::string free = "free: {model.g_L: {from: 5 nS, to: 20 nS}}";
    const auto note = [&](const std::string& range) {
      std::string of_range = fit_of_cell;
      of_range.replace(of_range.find(free), free.size(), "free: {model.g_L: " + range + "}");
      return fitted(of_range).run.tables[0].note;
    };
    CHECK(note("{from: 50 nS, to: 100 nS}")
              .find("The fitted neuron does not fire where the recording does. A loss of spikes tells no silent neuron "
                    "from another, so no search finds its way from them: begin with numbers under which it fires, or "
                    "move the ranges of 'free' to where it does") != std::string::npos);
    CHECK(note("{from: 5 nS, to: 20 nS}").find("does not fire") == std::string::npos);
  }

  TEST_CASE("what is held out has no influence on what is found") {
    write_cell();
    const std::string split = fit_of_cell + "  hold_out: last 50 %\n  measure: [spike_count]\n";
    const Outcome before = fitted(split);
    // the same recording up to 300 ms, and another cell after it
    write(
        "cell.yaml",
        "seed: 3\nmodel: {use: lif, tau: 15 ms, g_L: 10 nS, E_L: -65 mV, V_th: -50 mV, V_reset: -60 mV, t_ref: 2 ms}\n"
        "input: {I: [{use: ornstein_uhlenbeck, mean: 150 pA, sd: 60 pA, tau: 5 ms, every: 0.2 ms}, "
        "{use: step, from: 310 ms, amplitude: 300 pA}]}\n"
        "integrator: {use: euler, dt: 0.1 ms}\nsimulate: {for: 600 ms, every: 0.2 ms}\n");
    const Outcome after = fitted(split);
    CHECK(same_bits({value_of(before, "train", "model.g_L")}, {value_of(after, "train", "model.g_L")}));
    CHECK(value_of(before, "held_out", "spike_count") < value_of(after, "held_out", "spike_count"));
  }

  TEST_CASE("a fit has the same bits on any number of threads, and when it goes on after half of its starts") {
    write_cell();
    std::vector<std::string> kept;
    const Outcome one =
        fitted(fit_of_cell, 1, Records{[&](std::string_view r) { kept.emplace_back(r); }, [](const auto&) {}});
    REQUIRE(kept.size() == 3);
    std::size_t again = 0;
    const Outcome resumed = fitted(fit_of_cell, 2,
                                   Records{[&](std::string_view) { ++again; },
                                           [&](const auto& take) {
                                             take(kept[0]);
                                             take(kept[1]);
                                           }});
    CHECK(again == 1);
    for (const Outcome* out : {&resumed}) {
      REQUIRE(out->run.sheets.size() == 5);
      for (std::size_t s = 0; s < 5; ++s)
        for (std::size_t c = 0; c < one.run.sheets[s].columns.size(); ++c)
          CHECK(same_bits(one.run.sheets[s].columns[c].values, out->run.sheets[s].columns[c].values));
      CHECK(one.run.fitted_yaml == out->run.fitted_yaml);
    }
  }

  TEST_CASE("a kept start whose numbers cannot be placed within their bounds fits no experiment") {
    write_cell();
    std::vector<std::string> kept;
    fitted(fit_of_cell, 1, Records{[&](std::string_view r) { kept.emplace_back(r); }, [](const auto&) {}});
    REQUIRE(!kept.empty());
    std::string logarithmic = fit_of_cell;
    logarithmic.replace(logarithmic.find("20 nS}"), 6, "20 nS, scale: logarithmic}");
    const auto go_on_with = [&](const std::string& text, double number) {
      Found found = Found::unpack(kept[0]);
      found.best.at(0) = number;
      fitted(text, 1, Records{[](std::string_view) {}, [&](const auto& take) { take(found.pack()); }});
    };
    CHECK_NOTHROW(go_on_with(logarithmic, 20));
    for (const double number : {double{NAN}, double{INFINITY}, 1e300})
      CHECK_THROWS_WITH_AS(go_on_with(fit_of_cell, number), "a record does not fit the experiment", DamagedRecord);
    CHECK_THROWS_WITH_AS(go_on_with(logarithmic, -3), "a record does not fit the experiment", DamagedRecord);
  }

  TEST_CASE("the end of a constant current that is held out is told of, as it tells nothing of others") {
    write("steps.yaml",
          "model: {use: lif}\ninput: {I: {use: step, from: 50 ms, to: 450 ms, amplitude: 300}}\n"
          "integrator: {use: euler, dt: 0.1 ms}\nsimulate: {for: 500 ms}\n");
    const auto noted = [](const std::string& window) {
      const Outcome out =
          fitted("model: {use: lif}\nintegrator: {use: euler, dt: 0.1 ms}\nfit:\n  data: {file: steps.yaml" + window +
                 "}\n  free: {model.tau: {from: 5, to: 40}}\n  loss: rmse\n  optimizer: {use: "
                 "cma_es, evaluations: 10}\n  starts: 1\n  profile: 0\n  hold_out: last 30 %\n");
      return out.run.tables.at(0).note.find("the end of one constant current") != std::string::npos;
    };
    CHECK(noted(", window: [100 ms, 400 ms]"));
    CHECK(noted(", window: [0 ms, 400 ms]"));
    CHECK_FALSE(noted(""));  // the step ends in what is held out
  }

  TEST_CASE("candidates that are kept are those of their loss, however many were tried") {
    write_cell();
    const auto e = load(fit_of_cell + "  profile: 0\n", {"fit.optimizer.evaluations=2000", "fit.starts=1"});
    const FitBlock& block = purpose_as<Fit>(*e)->block;
    const std::vector<Target> targets = targets_of(block, load_recordings(*block.data));
    const Evaluator evaluator(block, targets);
    const Found found = search(block, evaluator, 0, 5, [](std::uint64_t, const Found&) {});
    REQUIRE(found.kept_loss.size() > 200);
    REQUIRE(found.kept.size() == found.kept_loss.size());
    CHECK(found.kept_loss[0] == found.loss);
    CHECK(std::is_sorted(found.kept_loss.begin(), found.kept_loss.end()));
    CHECK(same_bits(evaluator.losses(found.kept, found.kept.size()), found.kept_loss));
    const Found again = Found::unpack(found.pack());
    CHECK(same_bits(again.kept, found.kept));
    for (std::uint64_t seed = 6; seed < 14; ++seed) {
      const Found other = search(block, evaluator, 0, seed, [](std::uint64_t, const Found&) {});
      CHECK(other.kept_loss[0] == other.loss);
    }
  }

  TEST_CASE("the fitted neuron is an experiment that runs as it is and scores what the fit says") {
    write_cell();
    const Outcome out = fitted(fit_of_cell);
    const fs::path file = write("fitted.yaml", out.run.fitted_yaml);
    RunOptions options;
    options.figures = false;
    const Outcome again = execute(std::make_shared<const Experiment>(load_experiment(file)), options);
    for (const char* measure : {"van_rossum", "loss"})
      CHECK(same_bits({value_of(again, "fitted", measure)}, {value_of(out, "train", measure)}));
  }

  TEST_CASE("the file of the fitted neuron scores as the fit did: resets, offsets, what is left out and held out") {
    write_cell();
    std::string text = fit_of_cell;
    text.replace(text.find("{use: van_rossum, tau: 20 ms}"), 29,
                 "[{use: rmse, weight: 1}, {use: van_rossum, tau: 20 ms, weight: 2}]");
    const Outcome out = fitted(text +
                               "  reset_at: data\n  align: true\n  discard: 70 ms\n  hold_out: last 30 %\n"
                               "  cut_spikes: {before: 3 ms, after: 4 ms}\n  profile: 0\n");
    RunOptions options;
    options.figures = false;
    const fs::path file = write("fitted.yaml", out.run.fitted_yaml);
    const Outcome again = execute(std::make_shared<const Experiment>(load_experiment(file)), options);
    for (const char* measure : {"loss", "rmse", "van_rossum"}) {
      CHECK(same_bits({value_of(again, "fitted.train", measure)}, {value_of(out, "train", measure)}));
      CHECK(same_bits({value_of(again, "fitted", measure)}, {value_of(out, "held_out", measure)}));
    }
    CHECK(out.run.fitted_yaml.find("reset_at: data") != std::string::npos);
  }

  TEST_CASE("the best candidates are kept with their scores and voltages") {
    write_cell();
    const Outcome out = fitted(fit_of_cell + "  measure: [spike_count]\n  profile: 0\n");
    const Sheet &best = out.run.sheets.at(3), &traces = out.run.sheets.at(4);
    CHECK(best.name == "best");
    const auto column = [](const Sheet& sheet, const std::string& name) {
      for (const Column& c : sheet.columns)
        if (c.name == name) return c.values;
      FAIL("no such column: " << name);
      return std::vector<double>();
    };
    const std::vector<double> loss = column(best, "loss"), g_L = column(best, "model.g_L");
    REQUIRE(loss.size() == 5);
    CHECK(std::is_sorted(loss.begin(), loss.end()));
    CHECK(std::set<double>(g_L.begin(), g_L.end()).size() == 5);
    CHECK(same_bits({loss[0]}, {value_of(out, "train", "loss")}));
    CHECK(same_bits({column(best, "spike_count")[0]}, {value_of(out, "train", "spike_count")}));
    CHECK(traces.name == "best_traces");
    REQUIRE(traces.columns.size() == 2 + 5);
    const std::vector<double> time = column(traces, "time"), data = column(traces, "recording"),
                              run = column(traces, "best_1");
    REQUIRE(time.size() == data.size());
    REQUIRE(time.size() == run.size());
    CHECK(time.size() > 2900);
    double largest = 0;  // of nearly the cell itself
    for (std::size_t k = 0; k < 100; ++k) largest = std::max(largest, std::abs(run[k] - data[k]));
    CHECK(largest < 0.5);
  }

  TEST_CASE("candidates that leave the finite numbers are worse than all others and stop nothing") {
    write("cell.csv", "time_ms,voltage_mV,current_pA\n0,-65,10\n1,-64,10\n2,-63,10\n3,-62.5,10\n4,-62.2,10\n");
    const Outcome out = fitted(
        "model: {use: nagumo}\nintegrator: {use: euler, dt: 1}\ndrive: {gain: 0.01}\nreadout: {scale: 1 mV, shift: -65 "
        "mV}\n"
        "fit:\n  data: {file: cell.csv}\n  free: {drive.gain: {from: 0.001, to: 1e6, scale: logarithmic}}\n"
        "  loss: rmse\n  optimizer: {use: differential_evolution, evaluations: 200}\n  starts: 1\n");
    CHECK(value_of(out, "train", "loss") < 10);
  }
}
