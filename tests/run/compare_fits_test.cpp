// `compare` with fits: models by optimizers, one budget, what is held out, starts, repeats of one current.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "measure/distances.hpp"
#include "purpose/compare/compare.hpp"
#include "run/experiments.hpp"

using namespace hillock;
using namespace hillock::test;

namespace {

const std::string cell_parts =
    "{use: lif, tau: 15 ms, g_L: 10 nS, E_L: -65 mV, V_th: -50 mV, V_reset: -60 mV, t_ref: 2 ms}";

/// A leaky cell under a fluctuating current, 600 ms, without noise on its voltage.
void write_cell(const std::string& more_current = "") {
  write("cell.yaml", "seed: 3\nmodel: " + cell_parts +
                         "\ninput: {I: [{use: ornstein_uhlenbeck, mean: 150 pA, sd: 60 pA, tau: 5 ms, every: 0.2 ms}" +
                         more_current +
                         "]}\n"
                         "integrator: {use: euler, dt: 0.1 ms}\nsimulate: {for: 600 ms, every: 0.2 ms}\n");
}

/// A leaky model by hand, and fitted by two optimizers with one number free, and with two.
const std::string two_by_two =
    "title: Two by two\nseed: 5\nintegrator: {use: euler, dt: 0.1 ms}\nsimulate: {every: 0.2 ms}\n"
    "compare:\n  data: {file: cell.yaml}\n  models:\n"
    "    hand: {model: {use: lif, tau: 15 ms, g_L: 8 nS, E_L: -65 mV, V_th: -50 mV, V_reset: -60 mV, t_ref: 2 ms}}\n"
    "    lif:\n"
    "      model: {use: lif, tau: 15 ms, g_L: 8 nS, E_L: -65 mV, V_th: -50 mV, V_reset: -60 mV, t_ref: 2 ms}\n"
    "      fit: {free: {model.g_L: {from: 5 nS, to: 20 nS}}}\n"
    "    refractory:\n"
    "      model: {use: lif, tau: 15 ms, g_L: 8 nS, E_L: -65 mV, V_th: -50 mV, V_reset: -60 mV, t_ref: 2 ms}\n"
    "      fit: {free: {model.g_L: {from: 5 nS, to: 20 nS}, model.t_ref: {from: 0.5 ms, to: 8 ms}}}\n"
    "  fit:\n    loss: {use: van_rossum, tau: 20 ms}\n    starts: 3\n"
    "    optimizer: [cma_es, {use: differential_evolution, population: 10}]\n"
    "  budget: 1200\n  hold_out: last 40 %\n  measure: [gamma, spike_count]\n";

Outcome compared_of(const std::string& text, std::size_t jobs = 1, std::optional<Records> records = {},
                    const Overrides& overrides = {}) {
  RunOptions options;
  options.figures = false;
  options.jobs = jobs;
  options.records = std::move(records);
  return execute(load(text, overrides), options);
}

const CaseResult& case_of(const Outcome& out, const std::string& name) {
  for (std::size_t i = 0; i < out.cases.size(); ++i)
    if (out.cases[i].name == name) return out.cases[i];
  FAIL("no such case: " << name);
  return out.cases[0];
}

double value_of(const Outcome& out, const std::string& of, const std::string& measure) {
  for (const MeasureValue& v : case_of(out, of).measures)
    if (v.name == measure) return v.value;
  FAIL("no such measure: " << of << " " << measure);
  return NAN;
}

/// Every number that a comparison leaves in its files.
std::vector<double> numbers_of(const Outcome& out) {
  std::vector<double> all;
  for (std::size_t i = 0; i < out.cases.size(); ++i)
    for (const MeasureValue& v : out.cases[i].measures) all.push_back(v.value);
  for (const Sheet& sheet : out.run.sheets)
    for (const Column& column : sheet.columns) all.insert(all.end(), column.values.begin(), column.values.end());
  return all;
}

}  // namespace

TEST_SUITE("compare with fits") {
  TEST_CASE("every model is fitted by every optimizer, and the fits are better than what they set out from") {
    write_cell();
    const Outcome out = compared_of(two_by_two);
    for (const std::string model : {"lif", "refractory"})
      for (const std::string optimizer : {"cma_es", "differential_evolution"}) {
        const std::string name = model + "." + optimizer;
        CHECK(value_of(out, name, "loss") < value_of(out, "hand", "loss"));
        CHECK(value_of(out, name, "gamma") > 0.95);
        CHECK(value_of(out, name + ".train", "gamma") > 0.95);
        CHECK(value_of(out, name + ".median", "gamma") <= value_of(out, name, "gamma") + 0.1);
      }
    CHECK(out.run.tables[0].head.back() == "status");
    CHECK(out.run.tables[0].rows.size() == 6);
  }

  TEST_CASE("the budget is shared in proportion to what is free, and among fewer starts where it is small") {
    write_cell();
    const Outcome out = compared_of(two_by_two);
    // 1 + 1 + 2 + 2 free numbers: 200 evaluations for each, three starts of 66 and of 133
    CHECK(value_of(out, "lif.cma_es", "parameters") == 1);
    CHECK(value_of(out, "lif.cma_es", "evaluations") == 198);
    CHECK(value_of(out, "refractory.cma_es", "parameters") == 2);
    CHECK(value_of(out, "refractory.cma_es", "evaluations") == 399);
    CHECK(value_of(out, "hand", "parameters") == 0);
    CHECK(value_of(out, "hand", "evaluations") == 0);
    // 30 evaluations for each: one start, since two would have less than 20
    const auto small = load(two_by_two, {"compare.budget=180"});
    for (const Contender& c : purpose_as<Compare>(*small)->block.contenders)
      if (c.fitted()) CHECK(c.fit.starts == 1);
    const auto note_of = [](const Outcome& of) {
      for (const Table& t : of.run.tables)
        if (t.title.starts_with("Median over the starts")) return t.note;
      return std::string("there is no such table");
    };
    CHECK(note_of(out).find("the budget allows") == std::string::npos);
    const std::string note = note_of(compared_of(two_by_two, 1, {}, {"compare.budget=180"}));
    CAPTURE(note);
    for (const char* said : {"the budget allows only 1 of 3 starts of '", "1 of 3 starts of 'refractory.cma_es'",
                             ": a budget of 360 allows all"})
      CHECK(note.find(said) != std::string::npos);
    const auto enough = load(two_by_two, {"compare.budget=360"});
    for (const Contender& c : purpose_as<Compare>(*enough)->block.contenders)
      if (c.fitted()) CHECK(c.fit.starts == 3);
  }

  TEST_CASE("what is held out has no influence on what is found") {
    write_cell();
    const Outcome before = compared_of(two_by_two);
    write_cell(", {use: step, from: 370 ms, amplitude: 300 pA}");
    const Outcome after = compared_of(two_by_two);
    const auto found = [](const Outcome& out) { return out.run.sheets[2].columns[3].values; };
    CHECK(same_bits(found(before), found(after)));
    CHECK(value_of(before, "data", "spike_count") < value_of(after, "data", "spike_count"));
    CHECK(value_of(before, "hand.train", "spike_count") == value_of(after, "hand.train", "spike_count"));
  }

  TEST_CASE("a comparison has the same bits on any number of threads, and when it goes on after some of its starts") {
    write_cell();
    std::vector<std::string> kept;
    const Outcome one =
        compared_of(two_by_two, 1, Records{[&](std::string_view r) { kept.emplace_back(r); }, [](const auto&) {}});
    REQUIRE(kept.size() == 12);
    std::size_t again = 0;
    const Outcome resumed = compared_of(two_by_two, 2,
                                        Records{[&](std::string_view) { ++again; },
                                                [&](const auto& take) {
                                                  for (std::size_t i = 0; i < 7; ++i) take(kept[i]);
                                                }});
    CHECK(again == 5);
    CHECK(same_bits(numbers_of(one), numbers_of(resumed)));
    CHECK(one.run.fitted == resumed.run.fitted);
  }

  TEST_CASE("a fitted model is an experiment that runs as it is and scores what the comparison says") {
    write_cell();
    const Outcome out = compared_of(two_by_two);
    REQUIRE(out.run.fitted.size() == 4);
    for (const auto& [name, yaml] : out.run.fitted) {
      RunOptions options;
      options.figures = false;
      const fs::path file = write("fitted.yaml", yaml);
      const Outcome again = execute(std::make_shared<const Experiment>(load_experiment(file)), options);
      const std::string model = name.substr(0, name.find('.'));
      for (const char* measure : {"gamma", "spike_count", "loss"})
        CHECK(same_bits({value_of(again, model, measure)}, {value_of(out, name, measure)}));
    }
  }

  TEST_CASE("a model by hand takes numbers from the passive membrane of the recording") {
    const std::string numbers = "{use: lif, tau: 15 ms, g_L: 10 nS, E_L: -65 mV, V_th: -50 mV, V_reset: -60 mV}";
    const auto cell = [&](const std::string& step) {
      write("cell.yaml", "model: " + numbers +
                             "\ninput: {I: [{use: step, from: 100 ms, to: 400 ms, amplitude: " + step +
                             "}, {use: step, from: 500 ms, to: 600 ms, amplitude: 200 pA}]}\n"
                             "integrator: {use: rk4, dt: 0.1 ms, spikes: located}\nsimulate: {for: 700 ms, every: 0.1 "
                             "ms}\n");
    };
    const std::string comparison =
        "integrator: {use: rk4, dt: 0.1 ms, spikes: located}\nsimulate: {every: 0.1 ms}\ncompare:\n"
        "  data: {file: cell.yaml, passive: true}\n  models:\n    hand:\n"
        "      model: {use: lif, tau: 9 ms, g_L: 5 nS, E_L: -70 mV, V_th: -50 mV, V_reset: -60 mV}\n"
        "      passive: {model.tau: time_constant, model.g_L: ohmic_input_resistance_vb_ssse, model.E_L: "
        "voltage_base}\n"
        "  measure: [rmse, spike_count]\n";
    const auto table_of = [](const Outcome& out) {
      for (const Table& t : out.run.tables)
        if (t.title == "Numbers of hand by hand") return t;
      FAIL("there is no such table");
      return Table();
    };
    cell("-50 pA");
    const Outcome told = compared_of(comparison);
    CHECK(value_of(told, "hand", "rmse") < 0.5);  // mV
    CHECK(value_of(told, "hand", "spike_count") == value_of(told, "data", "spike_count"));
    REQUIRE(table_of(told).rows.size() == 3);
    CHECK(table_of(told).rows[1][0] == "model.g_L (nS)");
    CHECK(std::stod(table_of(told).rows[1][2]) == doctest::Approx(10).epsilon(0.01));
    CHECK(table_of(told).note.empty());
    cell("200 pA");  // which the cell answers with spikes
    const Outcome untold = compared_of(comparison);
    CHECK(table_of(untold).rows[1][1] == table_of(untold).rows[1][2]);
    CHECK(table_of(untold).note ==
          "the recording does not tell all of them within the ranges of the model, so that those of the file stand");
    CHECK(value_of(untold, "hand", "rmse") > 1);
  }

  TEST_CASE("a likelihood is a row of models that tell their rate") {
    const std::string gif =
        "{use: gif, E_L: -65 mV, V_reset: -65 mV, V_T: -65 mV, Delta_V: 1 mV, lambda_0: 0.02, t_ref: 0 ms, "
        "a_eta_1: 0, a_gamma_1: 0}";
    write("poisson.yaml", "seed: 2\nmodel: " + gif +
                              "\ninput: {I: 0}\nintegrator: {use: euler, dt: 0.1 ms}\n"
                              "simulate: {for: 2000 ms, every: 0.1 ms, record: [v, I]}\n");
    std::string twice = gif;  // fires at twice the rate of the data
    twice.replace(twice.find("0.02"), 4, "0.04");
    const Outcome out = compared_of(
        "seed: 2\nintegrator: {use: euler, dt: 0.1 ms}\nsimulate: {every: 0.1 ms}\n"
        "compare:\n  data: {file: poisson.yaml}\n  models:\n    gif: {model: " +
        twice + "}\n    lif: {model: {use: lif}}\n  measure: [log_likelihood, spike_count]\n");
    const double n = value_of(out, "data", "spike_count"), rate = 0.04, T = 2000;
    CHECK(value_of(out, "gif", "log_likelihood") ==
          doctest::Approx((n * std::log(rate * T / n) - rate * T + n) / (n * std::log(2.0))).epsilon(1e-3));
    const CaseResult& lif = case_of(out, "lif");
    CHECK(lif.measures.at(0).why ==
          "not defined: the model tells no rate, or cannot be reset where the recording spikes");

    const Outcome fit = compared_of(
        "seed: 2\nintegrator: {use: euler, dt: 0.1 ms}\nsimulate: {every: 0.1 ms}\n"
        "compare:\n  data: {file: poisson.yaml}\n  models: {gif: {model: " +
        gif +
        ", fit: {free: {model.lambda_0: {from: 0.005, to: 0.1}}}}}\n  fit: {loss: log_likelihood, optimizer: {use: "
        "nelder_mead, evaluations: 30}, starts: 1}\n  measure: [spike_count]\n"
        "expect: {gif.aic: [-1e6, 1e6], gif.bic: [-1e6, 1e6]}\n");
    const double bits = value_of(fit, "gif", "log_likelihood"), gained = 2 * std::log(2.0) * n * bits;
    CHECK(value_of(fit, "gif", "aic") == doctest::Approx(2 - gained));
    CHECK(value_of(fit, "gif", "bic") == doctest::Approx(std::log(n) - gained));
    REQUIRE(fit.judgements.size() == 2);
    for (const auto& one : fit.judgements) CHECK(one.passed);
  }

  TEST_CASE("scores of a neuron that draws are means over its realisations") {
    const std::string gif =
        "{use: gif, E_L: -65 mV, V_reset: -65 mV, V_T: -65 mV, Delta_V: 1 mV, lambda_0: 0.02, t_ref: 3 ms, "
        "a_eta_1: 0, a_gamma_1: 0}";
    write("poisson.yaml", "seed: 2\nmodel: " + gif +
                              "\ninput: {I: 0}\nintegrator: {use: euler, dt: 0.1 ms}\n"
                              "simulate: {for: 500 ms, every: 0.1 ms, record: [v, I]}\n");
    const auto compared = [&](std::uint64_t seed, int realisations, std::size_t jobs = 1) {
      return compared_of(
          fmt::format("seed: {}\nintegrator: {{use: euler, dt: 0.1 ms}}\nsimulate: {{every: 0.1 ms}}\ncompare:\n"
                      "  data: {{file: poisson.yaml}}\n  models: {{gif: {{model: {}}}}}\n"
                      "  fit: {{loss: {{use: van_rossum, tau: 20 ms}}, realisations: {}}}\n"
                      "  measure: [spike_count, rmse]\n",
                      seed, gif, realisations),
          jobs);
    };
    const Outcome mean = compared(7, 20);
    double loss = 0, count = 0, rmse = 0;
    for (std::size_t r = 0; r < 20; ++r) {
      const Outcome one = compared(seed_of_realisation(7, r), 1);
      loss += value_of(one, "gif", "loss") / 20, count += value_of(one, "gif", "spike_count") / 20;
      rmse += value_of(one, "gif", "rmse") / 20;
    }
    CHECK(value_of(mean, "gif", "loss") == doctest::Approx(loss).epsilon(1e-12));
    CHECK(value_of(mean, "gif", "spike_count") == doctest::Approx(count).epsilon(1e-12));
    CHECK(value_of(mean, "gif", "rmse") == doctest::Approx(rmse).epsilon(1e-12));
    CHECK(mean.run.tables[0].note.find(
              "of gif means over 20 realisations, or over those that have the measure, if they are "
              "most; figures show the first") != std::string::npos);
    const Outcome threads = compared(7, 20, 3);
    for (const char* name : {"loss", "spike_count", "rmse"})
      CHECK(value_of(mean, "gif", name) == value_of(threads, "gif", name));

    // beside one that draws nothing, with a loss and without, as the record says too
    const std::string beside =
        "integrator: {use: euler, dt: 0.1 ms}\nsimulate: {every: 0.1 ms}\ncompare:\n  data: {file: poisson.yaml}\n"
        "  models: {lif: {model: {use: lif}}, gif: {model: " +
        gif + "}}\n  measure: [spike_count]\n";
    for (const std::string fit : {"{loss: {use: van_rossum, tau: 20 ms}, realisations: 7}", "{realisations: 7}"}) {
      CAPTURE(fit);
      const auto file = load(beside + "  fit: " + fit + "\n");
      RunOptions options;
      options.figures = false;
      const Outcome both = execute(file, options), again = execute(load(to_yaml(file->resolved)), options);
      CHECK(both.run.tables[0].note.find("of gif means over 7 realisations") != std::string::npos);
      CHECK(both.run.tables[0].note.find("of lif") == std::string::npos);
      CHECK(value_of(both, "gif", "spike_count") == value_of(again, "gif", "spike_count"));
    }
    // and of a model by hand beside one that is fitted
    const auto mixed = load(
        "integrator: {use: euler, dt: 0.1 ms}\nsimulate: {every: 0.1 ms}\ncompare:\n  data: {file: poisson.yaml}\n"
        "  models:\n    gif: {model: " +
        gif +
        "}\n    lif: {model: {use: lif}, fit: {free: {model.g_L: {from: 5 nS, to: 20 nS}}}}\n"
        "  fit: {loss: {use: van_rossum, tau: 20 ms}, realisations: 7, starts: 1, optimizer: {use: cma_es, "
        "evaluations: 20}}\n  measure: [spike_count]\n");
    CHECK(purpose_as<Compare>(*mixed)->block.contenders[0].fit.runs() == 7);
    CHECK(purpose_as<Compare>(*mixed)->block.contenders[1].fit.runs() == 1);
    const auto again = load(to_yaml(mixed->resolved));
    CHECK(purpose_as<Compare>(*again)->block.contenders[0].fit.runs() == 7);

    // of none it is a mistake
    CHECK_THROWS_WITH(
        load("integrator: {use: euler, dt: 0.1 ms}\ncompare:\n  data: {file: poisson.yaml}\n"
             "  models: {lif: {model: {use: lif}}}\n  fit: {loss: rmse, realisations: 50}\n"),
        doctest::Contains("5:35: error: 'realisations' are runs with other draws, and nothing is drawn here"));

    // and so are the losses of a search
    write("searched.yaml", "seed: 7\nmodel: " + gif +
                               "\nintegrator: {use: euler, dt: 0.1 ms}\nsimulate: {every: 0.1 ms}\nfit:\n"
                               "  data: {file: poisson.yaml}\n"
                               "  free: {model.lambda_0: {from: 0.001, to: 0.2, scale: logarithmic}}\n"
                               "  loss: {use: van_rossum, tau: 20 ms}\n  realisations: 20\n"
                               "  optimizer: {use: differential_evolution, evaluations: 40, population: 10}\n"
                               "  starts: 1\n  profile: 0\n");
    RunOptions options;
    options.figures = false;
    const auto file = std::make_shared<const Experiment>(load_experiment(folder() / "searched.yaml"));
    const Outcome fitted = execute(file, options);
    const Sheet& candidates = *std::find_if(fitted.run.sheets.begin(), fitted.run.sheets.end(),
                                            [](const Sheet& s) { return s.name == "candidates"; });
    const Column& losses = *std::find_if(candidates.columns.begin(), candidates.columns.end(),
                                         [](const Column& c) { return c.name == "loss"; });
    CHECK(value_of(fitted, "train", "loss") ==
          doctest::Approx(*std::min_element(losses.values.begin(), losses.values.end())).epsilon(1e-12));
    CHECK(to_yaml(file->resolved).find("realisations: 20") != std::string::npos);
  }

  TEST_CASE("written out in full it finds the same") {
    write_cell();
    const auto e = load(two_by_two);
    const std::string resolved = to_yaml(e->resolved);
    CHECK(same_bits(numbers_of(compared_of(two_by_two)), numbers_of(compared_of(resolved))));
    CHECK(to_yaml(load(resolved)->resolved) == resolved);
  }

  TEST_CASE("a fit that fails is a row that says why, and stops no other") {
    write_cell();
    const Outcome out =
        compared_of(two_by_two, 1, {}, {"compare.models.lif.fit.optimizer={use: nsga2, population: 5}"});
    CHECK(case_of(out, "lif.nsga2").status() == "no fit: plugin 'nsga2': population = 5 is odd: parents come in pairs");
    CHECK(std::isnan(value_of(out, "lif.nsga2", "gamma")));
    CHECK_FALSE(out.all_ok());
    CHECK(value_of(out, "refractory.cma_es", "gamma") > 0.95);
  }

  TEST_CASE("a model that is named by its file brings its fit, without the recording and the budget of that") {
    write_cell();
    write("own.yaml",
          "integrator: {use: euler, dt: 0.1 ms}\nsimulate: {every: 0.2 ms}\n"
          "model: {use: lif, tau: 15 ms, g_L: 8 nS, E_L: -65 mV, V_th: -50 mV, V_reset: -60 mV, t_ref: 2 ms}\n"
          "fit:\n  data: {file: elsewhere.csv}\n  free: {model.g_L: {from: 5 nS, to: 20 nS}}\n  loss: van_rossum\n"
          "  optimizer: {use: cma_es, evaluations: 7}\n  hold_out: last 10 %\n  measure: [gamma]\n");
    const std::string text =
        "compare:\n  data: {file: cell.yaml}\n  models: {own: own.yaml}\n  budget: 300\n  hold_out: last 40 %\n";
    const auto e = load(text);
    const Contender& own = purpose_as<Compare>(*e)->block.contenders.at(0);
    CHECK(own.name == "own");
    CHECK(own.fit.starts == 5);
    CHECK(own.fit.evaluations == 60);
    CHECK(value_of(compared_of(text), "own", "evaluations") == 300);
  }

  TEST_CASE("sweeps of one current are held against one another, and sweeps held out are scored alone") {
    // three answers of one cell with different noise on its potential, and one to another current
    std::string text = "ATF\t1.0\n0\t9\n\"Time (ms)\"";
    const std::vector<std::string> seeds{"3", "3", "3", "4"};
    std::vector<Recording> answers;
    for (std::size_t k = 0; k < seeds.size(); ++k) {
      text += fmt::format("\t\"Trace #{} (mV)\"\t\"Trace #{} (pA)\"", k + 1, k + 1);
      write("answer.yaml",
            "seed: " + seeds[k] + "\nmodel: " + cell_parts +
                fmt::format("\ninput: {{I: [{{use: ornstein_uhlenbeck, mean: 150 pA, sd: 60 pA, tau: 5 ms, "
                            "every: 0.2 ms}}, {{use: pulses, at: [{} ms], width: 2 ms, amplitude: 0.1 pA}}]}}\n",
                            100 + 50 * k) +
                "integrator: {use: euler, dt: 0.1 ms}\nsimulate: {for: 400 ms, every: 0.2 ms}\n");
      answers.push_back(load_recording(*load_data(parse_yaml(std::make_shared<const Source>(
          Source{"data", {"file: " + (folder() / "answer.yaml").string()}, folder()})))));
    }
    text += '\n';
    for (std::size_t i = 0; i < answers[0].voltage.size(); ++i) {
      text += number(0.2 * static_cast<double>(i));
      for (const Recording& a : answers) text += "\t" + number(a.voltage[i]) + "\t" + number(a.current_pA[i]);
      text += '\n';
    }
    write("answers.atf", text);
    const std::string comparison =
        "integrator: {use: euler, dt: 0.1 ms}\nsimulate: {every: 0.2 ms}\ncompare:\n"
        "  data: {file: answers.atf, use: csv, sweep: [1, 2, 3, 4], spikes: {threshold: -51 mV, rearm: -55 mV}}\n"
        "  models: {same: {model: " +
        cell_parts + "}}\n  measure: [gamma, spike_count]\n";
    const Outcome all = compared_of(comparison);
    const auto repeats = std::find_if(all.run.tables.begin(), all.run.tables.end(), [](const Table& t) {
      return t.title == "Repeats of one current: sweeps 1, 2, 3";
    });
    REQUIRE(repeats != all.run.tables.end());
    CHECK(repeats->rows.at(0).at(0) == "same");
    CHECK(repeats->note.find("among themselves: 1.000 ± 0.000") != std::string::npos);
    CHECK(repeats->head == std::vector<std::string>{"case", "gamma", "gamma / reliability", "md_star", "psth_ev"});
    // the recordings have one train, a threshold's; so has the model, of its resets
    const auto rate = [&](const std::string& name) {
      return smoothed_rate(case_of(all, name).spikes_ms, 0, 400.2, 10);  // a sample lasts 0.2 ms
    };
    double psth = 0, gamma = 0;
    for (const char* sweep : {"sweep_1", "sweep_2", "sweep_3"}) {
      psth += shared_variance(rate(std::string("same.") + sweep), rate(std::string("data.") + sweep)) / 3;
      gamma += value_of(all, std::string("same.") + sweep, "gamma") / 3;
    }
    const double among = (shared_variance(rate("data.sweep_1"), rate("data.sweep_2")) +
                          shared_variance(rate("data.sweep_1"), rate("data.sweep_3")) +
                          shared_variance(rate("data.sweep_2"), rate("data.sweep_3"))) /
                         3;
    CHECK(repeats->rows.at(0).at(4) == fmt::format("{:.3f}", psth / among));
    CHECK(repeats->rows.at(0).at(1) == fmt::format("{:.3f}", gamma));
    CHECK(execute(load(comparison), {}).run.figures.at(1).title == "Sweep 2");
    CHECK(execute(load("title: Answers\n" + comparison), {}).run.figures.at(1).title == "Answers: sweep 2");
    const Outcome held = compared_of(comparison + "  hold_out: [4]\n");
    CHECK(value_of(held, "same", "spike_count") == value_of(all, "same.sweep_4", "spike_count"));
    CHECK(value_of(held, "same.train", "spike_count") ==
          doctest::Approx((value_of(all, "same.sweep_1", "spike_count") + value_of(all, "same.sweep_2", "spike_count") +
                           value_of(all, "same.sweep_3", "spike_count")) /
                          3));
  }
}
