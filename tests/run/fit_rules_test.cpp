// What a fit holds runs against: starts at rest, cut spikes, resets of the recording, offsets, features, likelihoods;
// fronts of several losses, and what a recording determines.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "data/driven.hpp"
#include "engine/engine.hpp"
#include "purpose/fit/after.hpp"
#include "purpose/fit/scores.hpp"
#include "run/experiments.hpp"
#include "run/fits.hpp"

using namespace hillock;
using namespace hillock::test;

namespace {

Outcome fitted(const std::string& text) {
  RunOptions options;
  options.figures = false;
  return execute(load(text), options);
}

double value_of(const Outcome& out, const std::string& of, const std::string& measure) {
  return measured(result(out, of), measure);
}

const std::string lif =
    "model: {use: lif, tau: 15 ms, g_L: 10 nS, E_L: -65 mV, V_th: -50 mV, V_reset: -60 mV, t_ref: 2 ms}\n";

/// A leaky cell on the grid of steps, 500 ms.
void write_cell() {
  write("grid.yaml", "seed: 3\n" + lif +
                         "input: {I: {use: ornstein_uhlenbeck, mean: 160 pA, sd: 60 pA, tau: 5 ms, every: 0.2 ms}}\n"
                         "integrator: {use: euler, dt: 0.1 ms}\nsimulate: {for: 500 ms, every: 0.1 ms}\n");
}

std::string fit_of_cell(const std::string& loss, const std::string& more = "",
                        const std::string& free = "model.g_L: {from: 5 nS, to: 20 nS}") {
  return "seed: 5\n" + lif +
         "integrator: {use: euler, dt: 0.1 ms}\nsimulate: {every: 0.1 ms}\nfit:\n  data: {file: grid.yaml}\n  free: {" +
         free + "}\n  loss: " + loss + "\n  optimizer: {use: cma_es, evaluations: 100}\n" + more;
}

}  // namespace

TEST_SUITE("rules of a fit") {
  TEST_CASE("each candidate starts at its own rest") {
    write("rest.yaml",
          "model: {use: nagumo, a: 0.7, b: 0.8, epsilon: 0.08}\nreadout: {scale: 30 mV, shift: -40 mV}\n"
          "drive: {gain: 0.01, shift: 0}\ninput: {I: {use: step, from: 50 ms, amplitude: 0.25}}\n"
          "integrator: {use: rk4, dt: 0.1 ms}\nsimulate: {for: 150 ms, every: 0.5 ms, start: rest, record: [v, I]}\n");
    const Prepared fit(
        "model: {use: nagumo, a: 0.7, b: 0.8, epsilon: 0.08}\nreadout: {scale: 30 mV, shift: -40 mV}\n"
        "drive: {gain: 0.01, shift: 0}\nintegrator: {use: rk4, dt: 0.1 ms}\nsimulate: {every: 0.5 ms, start: rest}\n"
        "fit:\n  data: {file: rest.yaml}\n  free: {model.a: {from: 0.3, to: 1.5}}\n  loss: rmse\n"
        "  optimizer: {use: cma_es}\n");
    CHECK(fit.loss({0.7}) < 1e-9);
    // another candidate is the run that starts at its own rest
    const NeuronSpec other = with_numbers(fit.block, {0.9});
    const Trajectory run = simulate(driven(other, *fit.targets[0].data, fit.targets[0].current));
    double sum = 0;
    const std::size_t n = fit.targets[0].data->voltage.size();
    for (std::size_t k = 0; k < n; ++k)
      sum += std::pow(-40 + 30 * run.states[0][k] - fit.targets[0].data->voltage[k], 2);
    CHECK(fit.loss({0.9}) == doctest::Approx(std::sqrt(sum / static_cast<double>(n))).epsilon(1e-9));
    CHECK(std::abs(run.states[0][99] - run.states[0][0]) < 1e-9);  // it rests until the step
  }

  TEST_CASE("a candidate without a rest fails, and no other with it") {
    write("rest.yaml",
          "model: {use: nagumo}\nreadout: {scale: 30 mV, shift: -40 mV}\ndrive: {gain: 0.01}\ninput: {I: 0}\n"
          "integrator: {use: rk4, dt: 0.1 ms}\nsimulate: {for: 50 ms, every: 0.5 ms, start: rest, record: [v, I]}\n");
    const Prepared fit(
        "model: {use: nagumo}\nreadout: {scale: 30 mV, shift: -40 mV}\ndrive: {gain: 0.01, shift: 0}\n"
        "integrator: {use: rk4, dt: 0.1 ms}\nsimulate: {every: 0.5 ms, start: rest}\nfit:\n  data: {file: rest.yaml}\n"
        "  free: {drive.shift: {from: -0.5, to: 1}}\n  loss: rmse\n  optimizer: {use: gradient_descent}\n");
    const auto told = fit.evaluator.evaluate({0, 0.7}, 2, 0), slopes = fit.evaluator.evaluate({0, 0.7}, 2, HK_GRADIENT);
    for (const Evaluated* of : {&told, &slopes}) {
      CHECK(of->losses[0] < 1e-6);
      CHECK(of->losses[1] >= 1e6);
    }
  }

  TEST_CASE("a fit whose every candidate fails says so") {
    write("flat.csv", "time_ms,voltage_mV,current_pA\n0,-65,0\n1,-65,0\n2,-65,0\n3,-65,0\n4,-65,0\n");
    try {
      fitted(
          "model: {use: nagumo}\nintegrator: {use: euler, dt: 0.5 ms}\ndrive: {gain: 0.01}\n"
          "readout: {scale: 30 mV, shift: -40 mV}\nfit:\n  data: {file: flat.csv}\n"
          "  free: {drive.shift: {from: 50, to: 90}}\n  loss: rmse\n  optimizer: {use: cma_es, evaluations: 30}\n"
          "  starts: 1\n");
      FAIL("it does not say so");
    } catch (const Error& e) {
      CHECK(e.message().starts_with("every candidate of the fit failed, the best with 'not finite at t = "));
      CHECK(e.hint() == "look at the ranges of 'free', at the start and at the step");
    }
  }

  TEST_CASE("losses of the voltage leave out the surroundings of spikes if the model has a reset") {
    write_cell();
    const Prepared cut(fit_of_cell("rmse")), whole(fit_of_cell("rmse", "  cut_spikes: none\n")),
        wide(fit_of_cell("rmse", "  cut_spikes: {before: 20 ms, after: 20 ms}\n"));
    REQUIRE(cut.block.cut);
    CHECK(cut.block.cut->after_ms == 8);
    CHECK(!whole.block.cut);
    // the same cell with one spike moved: the trace differs around the spikes, and nowhere else
    const Target& t = cut.targets[0];
    REQUIRE(t.data->spikes_ms.size() > 3);
    std::vector<double> voltage = t.data->voltage;
    const double spike = t.data->spikes_ms[1];
    for (std::size_t k = 0; k < voltage.size(); ++k)
      if (const double at = static_cast<double>(k) * 0.1; spike - 4 <= at && at < spike + 7) voltage[k] += 50;
    Seen run{t.train, {}};
    run.run.voltage = Sampled{0, 0.1, voltage};
    CHECK(Loss(cut.block, t.train).terms(run)[0] == 0);
    CHECK(Loss(whole.block, t.train).terms(run)[0] > 5);
    CHECK(Loss(wide.block, t.train).scored(run) < Loss(cut.block, t.train).scored(run));
    CHECK(Loss(cut.block, t.train).scored(run) < 1);
    // spikes of the model are cut around too
    voltage = t.data->voltage;
    for (std::size_t k = 0; k < voltage.size(); ++k) voltage[k] += static_cast<double>(k) * 0.1 < 5 ? 50 : 0;
    const double early[] = {2};
    CHECK(Loss(cut.block, t.train).terms(run)[0] > 5);
    run.run.spikes_ms = early;
    CHECK(Loss(cut.block, t.train).terms(run)[0] == 0);
  }

  TEST_CASE("squares that are summed while candidates run are those of their traces") {
    write_cell();
    const std::string free = "model.g_L: {from: 5 nS, to: 20 nS}, readout.shift: {from: -2 mV, to: 2 mV}";
    const struct {
      std::string more, every, artefacts;
    } cases[] = {{"", "0.1", ""},
                 {"  cut_spikes: none\n", "0.05", ""},
                 {"  cut_spikes: {before: 40 ms, after: 1 ms}\n", "0.1", ", artefacts: [[100 ms, 120 ms]]"},
                 {"  reset_at: data\n", "0.05", ", artefacts: [[100 ms, 120 ms]]"},
                 {"  discard: 30 ms\n  hold_out: last 30 %\n", "0.1", ""}};
    for (const auto& [more, every, artefacts] : cases) {
      CAPTURE(more);
      const auto text = [&, more = more, every = every, artefacts = artefacts](const std::string& loss) {
        std::string all = fit_of_cell(loss, more, free);
        const auto put = [&](const std::string& from, const std::string& to) {
          all.replace(all.find(from), from.size(), to);
        };
        put("{use: euler, dt: 0.1 ms}", "{use: euler, dt: 0.05 ms}");
        put("every: 0.1 ms", "every: " + every + " ms, spikes: {of: v, threshold: -55, rearm: -56}");
        put("file: grid.yaml", "file: grid.yaml" + artefacts);
        put("fit:", "readout: {scale: 1.5, shift: 1 mV, series_resistance: 3}\nfit:");
        return all;
      };
      // another term looks at the traces, so that they are kept
      const Prepared summed(text("[{use: rmse, weight: 2}, {use: mse, weight: 1}]")),
          kept(text("[{use: rmse, weight: 2}, {use: mse, weight: 1}, {use: explained_variance, weight: 1}]"));
      CHECK(looks_at_squares(summed.block));
      CHECK(!looks_at_squares(kept.block));
      constexpr std::size_t n = 300;  // more than one batch, and no whole number of packs
      std::vector<double> values;
      for (std::size_t i = 0; i < n; ++i) {
        const double part = static_cast<double>(i) / n;
        values.push_back(5 + 15 * part), values.push_back(1 - 2 * part);
      }
      const Evaluated a = summed.evaluator.evaluate(values, n, 0), b = kept.evaluator.evaluate(values, n, 0);
      CHECK(a.terms[0] == b.terms[0]);
      CHECK(a.terms[1] == b.terms[1]);
      CHECK(a.terms[0][0] != a.terms[0][n - 1]);
      CHECK(summed.loss({values[2 * 70], values[2 * 70 + 1]}) == a.losses[70]);
    }
  }

  TEST_CASE("a run that is reset where the recording spikes follows it, whatever its own threshold") {
    write_cell();
    const Prepared fit(fit_of_cell("rmse", "  reset_at: data\n",
                                   "model.g_L: {from: 5 nS, to: 20 nS}, model.V_th: {from: -55, to: -30}")),
        free(fit_of_cell("rmse", "", "model.g_L: {from: 5 nS, to: 20 nS}, model.V_th: {from: -55, to: -30}"));
    CHECK(fit.loss({10, -50}) < 1e-9);
    CHECK(fit.loss({10, -35}) < 1e-9);
    CHECK(free.loss({10, -35}) > 0.5);
    CHECK(fit.loss({12, -50}) > 0.2);
  }

  TEST_CASE("one offset between the spikes of run and recording is taken off") {
    write_cell();
    const Prepared plain(fit_of_cell("{use: van_rossum, tau: 5 ms}"));
    std::vector<double> late = plain.targets[0].data->spikes_ms;
    for (double& t : late) t -= 1.5;
    const ScoredWindow data = plain.targets[0].train;
    ScoredWindow run = data;
    run.spikes_ms = late;
    CHECK(offset_ms({{run, data}}) == doctest::Approx(-1.5));
    CHECK(offset_ms({}) == 0);
    // a spike that has no partner counts for nothing
    late.push_back(late.back() + 200);
    run.spikes_ms = late;
    CHECK(offset_ms({{run, data}}) == doctest::Approx(-1.5));
    // a fit of a cell whose spikes were found 1.2 ms late
    const Recording& r = *plain.targets[0].data;
    std::string csv = "time_ms,voltage_mV,current_pA\n";
    for (std::size_t k = 0; k < r.voltage.size(); ++k) {
      bool up = false;
      for (const double t : r.spikes_ms) up = up || std::abs(static_cast<double>(k) * 0.1 - t - 1.2) < 0.35;
      csv += number(static_cast<double>(k) * 0.1) + "," + (up ? "20" : "-60") + "," + number(r.current_pA[k]) + "\n";
    }
    write("late.csv", csv);
    const auto of = [&](const std::string& more) {
      std::string text = fit_of_cell("{use: van_rossum, tau: 5 ms}", more);
      text.replace(text.find("grid.yaml"), 9, "late.csv");
      return Prepared(text).loss({10});
    };
    CHECK(of("  align: true\n") < 0.1 * of("  align: false\n"));
  }

  TEST_CASE("where the recording is silent a silent run is right, and each spike makes it worse") {
    write_cell();
    for (const char* loss : {"{use: van_rossum, normalised: true}", "gamma", "spike_count_error", "isi_distance"}) {
      CAPTURE(loss);
      const Prepared fit(fit_of_cell(loss));
      ScoredWindow data = fit.targets[0].train;
      data.spikes_ms = {};
      Seen run{data, {}};
      const double spikes[] = {100, 200};
      std::vector<double> losses;
      for (const std::size_t n : {0u, 1u, 2u}) {
        run.run.spikes_ms = std::span<const double>(spikes).first(n);
        losses.push_back(Loss(fit.block, data).terms(run)[0]);
      }
      CHECK(losses[0] == 0);
      CHECK(losses[1] > losses[0]);
      CHECK(losses[2] > losses[1]);
    }
  }

  TEST_CASE("features are compared with those of the recording, in units that matter") {
    write_cell();
    const Prepared relative(fit_of_cell("{use: features, of: [spike_count, time_to_first_spike]}")),
        scaled(fit_of_cell("{use: features, of: {spike_count: 1, time_to_first_spike: 5 ms}}"));
    const Target& t = relative.targets[0];
    const double n = static_cast<double>(t.data->spikes_ms.size()), first = t.data->spikes_ms[0];
    const std::vector<double> spikes = {first + 10};
    Seen run{t.train, {}};
    run.run.spikes_ms = spikes;
    CHECK(Loss(relative.block, t.train).terms(run)[0] == doctest::Approx(((n - 1) / n + 10 / first) / 2));
    CHECK(Loss(scaled.block, t.train).terms(run)[0] == doctest::Approx(((n - 1) + 2) / 2));
    run.run.spikes_ms = {};
    CHECK(Loss(scaled.block, t.train).terms(run)[0] == doctest::Approx((n + 3) / 2));  // no first spike
    CHECK(relative.loss({10}) == 0);
  }

  TEST_CASE("the likelihood of a train under a constant rate is that of Poisson, in bits a spike") {
    // v rests at E_L through every spike: the rate is lambda_0 all the time
    const std::string gif =
        "model: {use: gif, E_L: -65 mV, V_reset: -65 mV, V_T: -65 mV, Delta_V: 1 mV, lambda_0: 0.02, "
        "t_ref: 0 ms, a_eta_1: 0, a_gamma_1: 0}\n";
    write("poisson.yaml", "seed: 2\n" + gif +
                              "input: {I: 0}\nintegrator: {use: euler, dt: 0.1 ms}\n"
                              "simulate: {for: 4000 ms, every: 0.1 ms, record: [v, I]}\n");
    const Prepared fit(
        "seed: 2\n" + gif +
        "integrator: {use: euler, dt: 0.1 ms}\nsimulate: {every: 0.1 ms}\nfit:\n  data: {file: poisson.yaml}\n"
        "  free: {model.lambda_0: {from: 0.001, to: 0.2, scale: logarithmic}}\n  loss: log_likelihood\n"
        "  optimizer: {use: cma_es}\n");
    const ScoredWindow& data = fit.targets[0].train;
    const double n = static_cast<double>(data.spikes_ms.size()), T = data.length_ms();
    REQUIRE(n > 30);
    CHECK(std::abs(fit.loss({n / T})) < 1e-9);  // as a train without memory
    for (const double rate : {0.5 * n / T, 2 * n / T}) {
      const double bits = (n * std::log(rate * T / n) - rate * T + n) / (n * std::log(2.0));
      CHECK(fit.loss({rate}) == doctest::Approx(-bits).epsilon(1e-9));
    }
    // the standard error of log(lambda_0) is 1/sqrt(n), whatever weight the term has and whatever stands beside it
    for (const std::string loss : {"[{use: log_likelihood, weight: 1}]", "[{use: log_likelihood, weight: 100}]",
                                   "[{use: log_likelihood, weight: 1}, {use: van_rossum, weight: 3}]"}) {
      CAPTURE(loss);
      const Prepared weighted(
          "seed: 2\n" + gif +
          "integrator: {use: euler, dt: 0.1 ms}\nsimulate: {every: 0.1 ms}\nfit:\n  data: {file: poisson.yaml}\n"
          "  free: {model.lambda_0: {from: 0.001, to: 0.2, scale: logarithmic}}\n  loss: " +
          loss + "\n  optimizer: {use: cma_es}\n");
      const Determined known = determined(weighted.block, weighted.evaluator, {}, weighted.targets, {n / T});
      REQUIRE(known.errors.size() == 1);
      CHECK(known.errors[0] == doctest::Approx(1 / std::sqrt(n) / std::log(0.2 / 0.001)).epsilon(0.01));
    }
  }

  TEST_CASE("a front holds what none surpasses, and its knee is the farthest from the line between its ends") {
    std::vector<FrontPoint> front;
    for (const auto& [a, b] :
         std::vector<std::pair<double, double>>{{0, 10}, {1, 3}, {2, 2.5}, {8, 0}, {3, 4}, {1, 3}, {9, 9}})
      add_to_front(front, {{a}, a + b, {a, b}});
    REQUIRE(front.size() == 4);
    CHECK(front[knee_of(front)].terms[0] == 1);
    std::vector<LossTerm> terms(2);
    terms[0].measure.name = "rmse", terms[1].measure.name = "van_rossum";
    CHECK(front[picked(front, {}, terms)].terms[0] == 1);
    CHECK(front[picked(front, {"rmse", 5}, terms)].terms[0] == 2);
    CHECK(front[picked(front, {"van_rossum", 2.9}, terms)].terms[0] == 2);
    CHECK(front[picked(front, {"van_rossum", -1}, terms)].terms[0] == 8);  // the nearest
    thin_front(front, 3);
    REQUIRE(front.size() == 3);
    CHECK(front[0].terms[0] == 0);
    CHECK(front[2].terms[0] == 8);
  }

  TEST_CASE("several losses without weights are a front, of which one point is taken") {
    write_cell();
    std::string text = fit_of_cell("[rmse, {use: van_rossum, tau: 20 ms}]", "  starts: 2\n",
                                   "model.g_L: {from: 5 nS, to: 20 nS}, model.tau: {from: 5, to: 30}");
    text.replace(text.find("cma_es, evaluations: 100"), 24, "nsga2, population: 20, evaluations: 200");
    const Outcome knee = fitted(text), other = fitted(text + "  pick: {van_rossum: 0.5}\n");
    const auto front = [](const Outcome& out) -> const Sheet& {
      for (const Sheet& sheet : out.run.sheets)
        if (sheet.name == "front") return sheet;
      throw std::runtime_error("there is no front");
    };
    const std::vector<double>&rmse = front(knee).columns[0].values, &distance = front(knee).columns[1].values;
    REQUIRE(!rmse.empty());
    for (std::size_t i = 1; i < rmse.size(); ++i) {
      CHECK(rmse[i] > rmse[i - 1]);
      CHECK(distance[i] < distance[i - 1]);
    }
    bool taken = false;
    for (std::size_t i = 0; i < rmse.size(); ++i)
      taken = taken || std::abs(rmse[i] + distance[i] - value_of(knee, "train", "loss")) < 1e-9;
    CHECK(taken);
    CHECK(value_of(other, "train", "van_rossum") <= std::max(0.5, distance.back()));
  }

  TEST_CASE("what a recording cannot determine is said by its numbers") {
    // under a constant current a, b I and the start of w go together
    write("constant.yaml",
          "seed: 7\nmodel: {use: nagumo, a: 0.7, b: 0.8, epsilon: 0.08}\ndrive: {gain: 0.01, shift: 0}\n"
          "readout: {scale: 30 mV, shift: -40 mV, measurement_noise: 0.5 mV}\ninput: {I: 0.5}\n"
          "integrator: {use: rk4, dt: 0.1 ms}\n"
          "simulate: {for: 200 ms, every: 0.5 ms, start: {v: -1, w: -0.5}, record: [v, I]}\n");
    const std::string neuron =
        "model: {use: nagumo, a: 0.7, b: 0.8, epsilon: 0.08}\ndrive: {gain: 0.01, shift: 0}\n"
        "readout: {scale: 30 mV, shift: -40 mV}\n"
        "integrator: {use: rk4, dt: 0.1 ms}\nsimulate: {every: 0.5 ms, start: {v: -1, w: -0.5}}\nfit:\n"
        "  data: {file: constant.yaml}\n"
        "  loss: rmse\n  optimizer: {use: cma_es}\n  free:\n"
        "    model.epsilon: {from: 0.02, to: 0.4, scale: logarithmic}\n    model.a: {from: 0.2, to: 1.2}\n";
    const auto know = [](const Prepared& fit, const std::vector<double>& truth) {
      const auto runs = play(fit.block, {}, with_numbers(fit.block, truth), fit.targets, "fit").runs;
      return determined(fit.block, fit.evaluator, runs, fit.targets, truth);
    };
    const Prepared three(neuron + "    drive.shift: {from: -1, to: 1}\n    simulate.start.w: {from: -1.5, to: 0.5}\n");
    const std::vector<double> truth = {0.08, 0.7, 0, -0.5};
    const Determined open = know(three, truth);
    CHECK(open.errors[0] < 0.01);
    for (std::size_t k = 1; k < 4; ++k) CHECK(std::isinf(open.errors[k]));
    const std::vector<std::string> said = in_words(three.block, open, truth);
    REQUIRE(said.size() == 1);
    // a moves by 0.8 of what I and w move by
    CHECK(
        said[0] ==
        "model.a, drive.shift and simulate.start.w are not determined one by one by this recording: moving model.a by "
        "+0.1, drive.shift by +0.125 and simulate.start.w by +0.125 together moves the voltage by nothing.");
    const Prepared two(neuron + "    simulate.start.w: {from: -1.5, to: 0.5}\n");
    const Determined closed = know(two, {0.08, 0.7, -0.5});
    CHECK(in_words(two.block, closed, {0.08, 0.7, -0.5})[0] == "All 3 numbers are determined by this recording.");
    CHECK(closed.residual == doctest::Approx(0.5).epsilon(0.1));
    CHECK(closed.samples > 300);
  }

  TEST_CASE("on the grid of steps, too, numbers of which only the ratio matters are not determined one by one") {
    write_cell();
    const Prepared fit(fit_of_cell("{use: van_rossum, tau: 20 ms}", "  starts: 1\n",
                                   "drive.gain: {from: 0.5, to: 2}, model.g_L: {from: 5 nS, to: 20 nS}, "
                                   "model.tau: {from: 5, to: 30}"));
    const std::vector<double> truth = {1, 10, 15};
    CHECK(fit.loss(truth) < 1e-12);
    const auto runs = play(fit.block, {}, with_numbers(fit.block, truth), fit.targets, "fit").runs;
    const Determined known = determined(fit.block, fit.evaluator, runs, fit.targets, truth);
    CHECK(known.residual == doctest::Approx(0.1 / std::sqrt(12.0)));  // that of the fit's own run, on the grid
    const std::vector<std::string> said = in_words(fit.block, known, truth);
    CHECK(said.at(0).starts_with("drive.gain and model.g_L are not determined one by one by this recording"));
  }

  TEST_CASE("the profile of a number rises where it is known and stays flat where it is not") {
    // exact slopes say where the others go; on the grid of steps they would be rough
    const auto located = [](std::string text) {
      const std::string grid = "{use: euler, dt: 0.1 ms}";
      return text.replace(text.find(grid), grid.size(), "{use: rk4, dt: 0.1 ms, spikes: located}");
    };
    write_cell();
    std::ifstream in(folder() / "grid.yaml");
    const std::string cell(std::istreambuf_iterator<char>(in), {});
    write("grid.yaml", located(cell));
    const auto of = [&](const std::string& free, const std::vector<double>& truth, std::size_t threads) {
      const Prepared fit(located(fit_of_cell("{use: van_rossum, tau: 20 ms}", "  starts: 1\n  profile: 60\n", free)));
      Found best;
      best.best = truth, best.loss = fit.loss(truth);
      CHECK(best.loss < 1e-12);
      const auto runs = play(fit.block, {}, with_numbers(fit.block, truth), fit.targets, "fit").runs;
      const Determined known = determined(fit.block, fit.evaluator, runs, fit.targets, truth);
      Engine engine(threads, nullptr, {}, {});
      return profiles(fit.block, fit.targets, known, best, 5, engine);
    };
    const std::string known = "model.g_L: {from: 5 nS, to: 20 nS}, model.tau: {from: 5, to: 30}",
                      open =
                          "model.E_L: {from: -70, to: -60}, model.V_th: {from: -55, to: -45}, "
                          "model.V_reset: {from: -65, to: -55}";
    const auto one = of(known, {10, 15}, 1), two = of(known, {10, 15}, 2);
    REQUIRE(one.size() == 2);
    for (std::size_t k = 0; k < 2; ++k) {
      CHECK(same_bits(one[k].loss, two[k].loss));
      REQUIRE(one[k].numbers.size() == 7);
      CHECK(std::is_sorted(one[k].numbers.begin(), one[k].numbers.end()));
      CHECK(one[k].loss[3] < 1e-12);
      CHECK(one[k].loss.front() > 0.5);
      CHECK(one[k].loss.back() > 0.5);
      CHECK(one[k].evaluations > 0);
    }
    for (const Profile& flat : of(open, {-65, -50, -60}, 1))  // a shift of the voltage moves no spike
      for (const double loss : flat.loss) CHECK(loss < 0.05);
  }
}
