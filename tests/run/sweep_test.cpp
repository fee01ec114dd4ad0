// Sweeps: which cases there are, that each is the neuron it would be alone, and that neither threads nor an
// interruption change a bit.
#include <fmt/format.h>

#include <set>

#include "purpose/sweep/table.hpp"
#include "run/experiments.hpp"

using namespace hillock;
using namespace hillock::test;

namespace {

const std::string cell =
    "model: {use: izhikevich}\n"
    "input: {I: 10}\n"
    "integrator: {use: euler, dt: 0.25 ms}\n"
    "simulate: {for: 200 ms}\n";

std::vector<std::string> names_of(const SweepSpec& s) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < s.count; ++i) {
    all.push_back(s.name(i) + ":");
    for (const auto& [path, value] : s.swept(i)) all.back() += " " + value;
  }
  return all;
}

const SweepSpec& block_of(const std::shared_ptr<const Experiment>& e) { return purpose_as<Sweep>(*e)->block; }

Outcome swept(const std::string& text, std::size_t jobs = 1) {
  RunOptions wishes;
  wishes.figures = false, wishes.jobs = jobs;
  return execute(load(text), wishes);
}

void check_same(const Outcome& a, const Outcome& b) {
  REQUIRE(a.cases.size() == b.cases.size());
  for (std::size_t i = 0; i < a.cases.size(); ++i) {
    const CaseResult x = *a.cases.get(i), y = *b.cases.get(i);
    CHECK(x.name == y.name);
    CHECK(x.status() == y.status());
    CHECK(x.swept == y.swept);
    REQUIRE(x.measures.size() == y.measures.size());
    for (std::size_t k = 0; k < x.measures.size(); ++k) {
      CHECK_MESSAGE(same_bits({x.measures[k].value}, {y.measures[k].value}), x.name, " ", x.measures[k].name);
      CHECK(x.measures[k].why == y.measures[k].why);
    }
  }
}

}  // namespace

TEST_SUITE("sweep") {
  TEST_CASE("a grid has every combination, the last path fastest") {
    const auto e = load(cell + "sweep: {over: {model.a: [0.02, 0.1], input.I: {from: 4, to: 6, count: 3}}}\n");
    CHECK(names_of(block_of(e)) == std::vector<std::string>{"1: 0.02 1/ms 4 mV/ms", "2: 0.02 1/ms 5 mV/ms",
                                                            "3: 0.02 1/ms 6 mV/ms", "4: 0.1 1/ms 4 mV/ms",
                                                            "5: 0.1 1/ms 5 mV/ms", "6: 0.1 1/ms 6 mV/ms"});
  }

  TEST_CASE("zip takes the first of all, then the second of all") {
    const auto e = load(cell + "sweep: {combine: zip, over: {model.a: [0.02, 0.1], model.d: [8, 2]}}\n");
    CHECK(names_of(block_of(e)) == std::vector<std::string>{"1: 0.02 1/ms 8 mV/ms", "2: 0.1 1/ms 2 mV/ms"});
  }

  TEST_CASE("trials are cases with seeds of their own, the first with the file's") {
    std::string noisy =
        "seed: 7\nmodel: {use: lif}\ninput: {I: [250 pA, {use: noise, free_sd: 3, tau: 10 ms}]}\n"
        "integrator: {use: euler_maruyama, dt: 0.1 ms}\nsimulate: {for: 200 ms}\n";
    const auto repeated = [&](const std::string& n) {
      std::string text = noisy;
      return text.replace(text.find("200 ms}"), 7, "200 ms, trials: " + n + "}");
    };
    const auto seeds = [](const Node& record) {
      std::vector<std::string> all;
      for (const Node& seed : record.find("sweep")->find("over")->find("seed")->items) all.push_back(seed.text);
      return all;
    };
    const auto e = load(repeated("4"));
    const std::vector<std::string> drawn = seeds(e->resolved);
    CHECK(drawn == std::vector<std::string>{"7", "8", "9", "10"});
    // as if the seeds were written, and as the record says
    check_same(swept(repeated("4")),
               swept(noisy + fmt::format("sweep: {{over: {{seed: [{}]}}}}\n", fmt::join(drawn, ", "))));
    check_same(swept(repeated("4")), swept(to_yaml(e->resolved)));
    // the first is the run without trials, and so is a single one
    const Outcome one = swept(repeated("1"));
    CHECK(one.cases.get(0)->name == "run");
    CHECK(one.cases.get(0)->spikes_ms == swept(repeated("4")).cases.get(0)->spikes_ms);
    // beside other paths each case has all trials
    const auto grid = load(repeated("3") + "sweep: {over: {model.tau: [5, 20]}}\n");
    CHECK(block_of(grid).count == 6);
    CHECK(names_of(block_of(grid))[3] == "4: 20 ms 7");
  }

  TEST_CASE("a run of several trials is no recording, and no current") {
    const Folder folder;
    const std::string noisy =
        "model: {use: lif}\ninput: {I: [250 pA, {use: noise, free_sd: 3, tau: 10 ms}]}\n"
        "integrator: {use: euler_maruyama, dt: 0.1 ms}\nsimulate: {for: 200 ms, trials: 3}\n";
    folder.write("noisy.yaml", noisy);
    const std::string lif = "model: {use: lif}\nintegrator: {use: euler, dt: 0.1 ms}\n";
    for (const std::string& text :
         {lif + "fit: {data: {file: noisy.yaml}, free: {model.tau: {from: 5, to: 30}}, loss: gamma, "
                "optimizer: {use: cma_es}}\n",
          lif + "input: {I: {use: file, file: noisy.yaml}}\nsimulate: {for: 100 ms}\n",
          std::string("forecast: {data: {file: noisy.yaml}, by: [{use: naive}], train: 100 ms, horizon: 5 ms}\n")}) {
      CAPTURE(text);
      try {
        load_experiment(folder.write("a.yaml", text));
        FAIL("it is accepted");
      } catch (const Error& e) {
        CHECK(e.message() == "'trials' repeats a run, and here it has to be a single one");
        CHECK(e.place().source->name.ends_with("noisy.yaml"));
      }
    }
  }

  TEST_CASE("trials that stop are neither drawn nor counted, and groups are drawn as a whole") {
    // the second group runs longer than the first
    const auto e = load(
        "model: {use: gif}\ninput: {I: 500 pA}\nintegrator: {use: rk4, dt: 0.1 ms}\n"
        "simulate: {for: 100 ms, trials: 3}\n"
        "sweep: {over: {simulate.for: [100 ms, 400 ms, 200 ms]}, traces: 8}\n");
    const Outcome out = execute(e, {});
    const Figure& figure = out.run.figures.back();
    REQUIRE(figure.name == "raster");
    CHECK(figure.title.ends_with(" (6 of 9 trials)"));
    CHECK(figure.panels[0].row_labels.size() == 6);
    REQUIRE(figure.panels[1].curves.size() == 2);
    for (std::size_t group = 0; group < 2; ++group) {
      const Curve& rate = figure.panels[1].curves[group];
      const double end = group == 0 ? 100 : 400;
      CHECK(rate.x.back() == doctest::Approx(end));
      double spikes = 0, area = 0;
      for (std::size_t i = 3 * group; i < 3 * group + 3; ++i)
        spikes += static_cast<double>(figure.panels[0].curves[i].x.size());
      for (std::size_t b = 0; b < 100; ++b) area += rate.y[b] * end / 1e5;
      CHECK(area == doctest::Approx(spikes / 3));
    }
    // a step that is too long for the sodium channels of some trials
    const Outcome some =
        execute(load("model: {use: hodgkin_huxley}\ninput: {I: [10, {use: noise, sigma: 20}]}\n"
                     "integrator: {use: euler_maruyama, dt: 0.05 ms}\nsimulate: {for: 300 ms, trials: 20}\n"),
                {});
    std::size_t ran = 0;
    for (std::size_t i = 0; i < 20; ++i) ran += some.cases.get(i)->ok() ? 1 : 0;
    REQUIRE(ran > 0);
    REQUIRE(ran < 20);
    CHECK(some.run.figures.back().panels[0].row_labels.size() == ran);
    CHECK(some.run.figures.back().title.ends_with(fmt::format(" ({} of 20 trials)", ran)));
    // measures and traces of trials are chosen without another path
    CHECK(block_of(load("model: {use: gif}\nintegrator: {use: rk4, dt: 0.1 ms}\nsimulate: {for: 10 ms, trials: 4}\n"
                        "sweep: {traces: none, measure: [isi_mean]}\n"))
              .count == 4);
  }

  TEST_CASE("trials are drawn as a raster above their rate") {
    const auto e = load(
        "model: {use: gif}\ninput: {I: 400 pA}\nintegrator: {use: rk4, dt: 0.1 ms}\n"
        "simulate: {for: 500 ms, every: 1 ms, trials: 5}\nsweep: {over: {model.t_ref: [2 ms, 6 ms]}}\n");
    const Outcome out = execute(e, {});
    const Figure& figure = out.run.figures.back();
    CHECK(figure.name == "raster");
    REQUIRE(figure.panels.size() == 2);
    const Panel &raster = figure.panels[0], &rate = figure.panels[1];
    CHECK(raster.row_labels == std::vector<std::string>{"2 ms", "", "", "", "", "6 ms", "", "", "", ""});
    REQUIRE(rate.curves.size() == 2);
    for (std::size_t group = 0; group < 2; ++group) {
      double spikes = 0, area = 0;
      for (std::size_t i = 5 * group; i < 5 * group + 5; ++i) {
        CHECK(raster.curves[i].x == out.cases.get(i)->spikes_ms);
        spikes += static_cast<double>(raster.curves[i].x.size());
      }
      for (std::size_t b = 0; b < 100; ++b) area += rate.curves[group].y[b] * 0.005;
      CHECK(spikes > 20);
      CHECK(area == doctest::Approx(spikes / 5));
    }
    // a seed that is not the last path repeats nothing
    CHECK(execute(load(cell + "sweep: {over: {seed: [1, 2], model.d: [6, 8]}}\n"), {}).run.figures.back().name !=
          "raster");
  }

  TEST_CASE("the values of a zip need to be right only beside their own") {
    // a sample each 0.1 ms is no multiple of a step of 0.5 ms
    const auto e =
        load(cell + "sweep: {combine: zip, over: {integrator.dt: [0.5, 0.1], simulate.every: [0.5, 0.1]}}\n");
    CHECK(block_of(e).count == 2);
    CHECK_THROWS_AS(load(cell + "sweep: {over: {integrator.dt: [0.5, 0.1], simulate.every: [0.5, 0.1]}}\n"), Error);
  }

  TEST_CASE("the record of a range, read again, has the same numbers") {
    for (const char* scale : {"linear", "logarithmic"}) {
      CAPTURE(scale);
      const auto e = load(cell + "sweep: {over: {model.d: {from: 1, to: 100, count: 7, scale: " + scale + "}}}\n");
      const auto again = load(to_yaml(e->resolved));
      CHECK(same_bits(block_of(again).axes[0].numbers, block_of(e).axes[0].numbers));
    }
  }

  TEST_CASE("one at a time leaves the others as the file has them") {
    const auto e = load(cell + "sweep: {combine: one_at_a_time, over: {model.a: [0.03], input.I: [4, 6]}}\n");
    CHECK(names_of(block_of(e)) ==
          std::vector<std::string>{"1: 0.03 1/ms 10 mV/ms", "2: 0.02 1/ms 4 mV/ms", "3: 0.02 1/ms 6 mV/ms"});
  }

  TEST_CASE("ranges are linear or logarithmic, end exactly and read as one would write them") {
    const auto linear = load(cell + "sweep: {over: {model.a: {from: 0.02, to: 0.1, count: 9}}}\n");
    CHECK(block_of(linear).axes[0].numbers == std::vector<double>{0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.09, 0.1});
    const auto factors = load(cell + "sweep: {over: {model.a: {from: 0.001, to: 1, count: 4, scale: logarithmic}}}\n");
    CHECK(block_of(factors).axes[0].numbers == std::vector<double>{0.001, 0.01, 0.1, 1});
    const auto down = load(cell + "sweep: {over: {input.I: {from: 3, to: -1, count: 3}}}\n");
    CHECK(block_of(down).axes[0].numbers == std::vector<double>{3, 1, -1});
  }

  TEST_CASE("a unit of a range is converted to that of the number") {
    const auto e = load(
        "model: {use: lif}\ninput: {I: 0}\nintegrator: {use: euler, dt: 0.1 ms}\nsimulate: {for: 10 ms}\n"
        "sweep: {over: {input.I: {from: 0.1 nA, to: 0.3 nA, count: 3}}}\n");
    CHECK(block_of(e).axes[0].numbers == std::vector<double>{100, 200, 300});
    CHECK(block_of(e).axes[0].unit == "pA");
  }

  TEST_CASE("numbers that are read again have the unit of their declaration") {
    const auto dt = load(cell + "sweep: {over: {integrator.dt: [0.1, 0.2 ms, 50 us]}}\n");
    CHECK(block_of(dt).axes[0].numbers == std::vector<double>{0.1, 0.2, 0.05});
    CHECK(names_of(block_of(dt)) == std::vector<std::string>{"1: 0.1 ms", "2: 0.2 ms", "3: 0.05 ms"});
    const auto length = load(cell + "sweep: {over: {simulate.for: {from: 100, to: 0.3 s, count: 3}}}\n");
    CHECK(names_of(block_of(length)) == std::vector<std::string>{"1: 100 ms", "2: 200 ms", "3: 300 ms"});
    const auto one = load(cell + "sweep: {combine: one_at_a_time, over: {integrator.dt: [0.1], model.a: [0.1]}}\n");
    CHECK(names_of(block_of(one)) == std::vector<std::string>{"1: 0.1 ms 0.02 1/ms", "2: 0.25 ms 0.1 1/ms"});
    const auto step = load(
        "model: {use: lif}\ninput: {I: {use: step, amplitude: 1}}\nintegrator: {use: euler, dt: 0.1 ms}\n"
        "simulate: {for: 10 ms}\nsweep: {over: {input.I.from: [1, 0.002 s]}}\n");
    CHECK(names_of(block_of(step)) == std::vector<std::string>{"1: 1 ms", "2: 2 ms"});
  }

  TEST_CASE("blocks are named by their plugin where that tells them apart, else on one line") {
    const auto plugins =
        load(cell + "sweep: {over: {integrator: [{use: euler, dt: 0.1 ms}, {use: rk4, dt: 0.1 ms}]}}\n");
    CHECK(names_of(block_of(plugins)) == std::vector<std::string>{"1: euler", "2: rk4"});
    const auto steps =
        load(cell + "sweep: {over: {integrator: [{use: euler, dt: 0.1 ms}, {use: euler, dt: 0.05 ms}]}}\n");
    CHECK(names_of(block_of(steps)) ==
          std::vector<std::string>{"1: {use: euler, dt: 0.1 ms}", "2: {use: euler, dt: 0.05 ms}"});
    const auto one = load(cell +
                          "sweep: {combine: one_at_a_time, over: {integrator: [{use: rk4, dt: 0.1 ms}], "
                          "model.preset: [fast_spiking]}}\n");
    CHECK(names_of(block_of(one)) == std::vector<std::string>{"1: rk4 –", "2: euler fast_spiking"});
  }

  TEST_CASE("cases say which preset they have") {
    const auto e = load(cell + "sweep: {cases: {plain: , fast: {model.preset: fast_spiking, model.d: 3}}}\n");
    CHECK(names_of(block_of(e)) == std::vector<std::string>{"plain: – 8 mV/ms", "fast: fast_spiking 3 mV/ms"});
  }

  TEST_CASE("a logarithmic range may be of the smallest and of the largest numbers") {
    const auto small =
        load(cell + "sweep: {over: {input.I: {from: 1e-170, to: 1e-160, count: 3, scale: logarithmic}}}\n");
    CHECK(block_of(small).axes[0].numbers == std::vector<double>{1e-170, 1e-165, 1e-160});
    const auto wide = load(cell + "sweep: {over: {input.I: {from: -1e-320, to: -1, count: 3, scale: logarithmic}}}\n");
    CHECK(block_of(wide).axes[0].numbers[1] == doctest::Approx(-1e-160).epsilon(1e-3));  // 1e-320 has four digits
  }

  // With traces each case is read and run as an experiment of its own; without, cases are lanes that never were one.
  TEST_CASE("cases in lanes have the bits of experiments of their own") {
    const std::vector<std::string> sweeps = {
        "model: {use: izhikevich}\ninput: {I: 10}\nintegrator: {use: euler, dt: 0.25 ms}\nsimulate: {for: 200 ms}\n"
        "sweep: {over: {model.a: [0.02, 0.1], model.b: [0.2, 0.25], input.I: [0, 4, 10], simulate.start.v: [-70, "
        "-60]}, ",
        "model: {use: izhikevich}\ninput: {I: {use: step, from: 20 ms, amplitude: 1}}\nintegrator: {use: rk4, dt: 0.1 "
        "ms, spikes: located}\n"
        "simulate: {for: 100 ms}\nsweep: {combine: one_at_a_time, over: {input.I.amplitude: [2, 8, 12], model.d: [2, "
        "8]}, ",
        "model: {use: lif}\ninput: {I: [{use: constant, value: 300}, {use: ornstein_uhlenbeck, mean: 0, sd: 100, tau: "
        "5 ms, every: 0.5 ms}]}\n"
        "integrator: {use: exponential_euler, dt: 0.1 ms}\nsimulate: {for: 200 ms}\n"
        "sweep: {over: {seed: [1, 2, 3], input.I.1.mean: [0, 50], model.t_ref: [0, 3]}, ",
        "model: {use: izhikevich}\ninput: {I: 10}\nintegrator: {use: heun, dt: 0.1 ms}\nsimulate: {for: 100 ms}\n"
        "sweep: {over: {model.preset: [regular_spiking, fast_spiking], input.I: [6, 10, 14]}, ",
        "model: {use: nagumo}\ninput: {I: 0.5}\nintegrator: {use: dopri5, tolerance: 1e-6}\nsimulate: {for: 100 ms, "
        "spikes: {of: v, threshold: 1}}\n"
        "sweep: {combine: zip, over: {model.a: [0.6, 0.7, 0.8], input.I: [0.4, 0.5, 0.6]}, ",
        // the file is read again for the first two paths, not for the third
        "model: {use: izhikevich}\ninput: {I: 10}\nintegrator: {use: euler, dt: 0.25 ms}\n"
        "simulate: {for: 100 ms, every: 0.5 ms}\nsweep: {combine: one_at_a_time, over: {integrator.dt: [0.125, 0.25], "
        "model.preset: [regular_spiking, fast_spiking], model.d: [2, 8]}, ",
    };
    for (const std::string& sweep : sweeps) {
      CAPTURE(sweep);
      const std::string measures = "measure: [spike_count, mean_rate, time_to_first_spike, peak]}\n";
      const Outcome lanes = swept(sweep + "traces: none, " + measures),
                    whole = swept(sweep + "traces: all, " + measures);
      check_same(lanes, whole);
      CHECK(lanes.cases[0].columns.empty());
      CHECK(!whole.cases[0].columns.empty());
      // and where spikes are only counted
      const Outcome counted = swept(sweep + "traces: none, measure: [spike_count, mean_rate]}\n");
      for (std::size_t i = 0; i < whole.cases.size(); ++i) {
        CHECK(measured(counted.cases[i], "spike_count") == measured(whole.cases[i], "spike_count"));
        CHECK(measured(counted.cases[i], "mean_rate") == measured(whole.cases[i], "mean_rate"));
      }
    }
  }

  TEST_CASE("what is measured of a trace does not depend on whether spikes are looked for") {
    for (const char* model : {"izhikevich", "nagumo", "hodgkin_huxley"})
      for (const char* integrator :
           {"{use: rk4, dt: 0.01 ms}", "{use: euler, dt: 0.01 ms, spikes: located}", "{use: dopri5, tolerance: 1e-8}",
            "{use: fehlberg78}", "{use: rosenbrock4}", "{use: taylor}"}) {
        CAPTURE(model);
        CAPTURE(integrator);
        for (const char* input : {"{use: step, amplitude: 1, from: 5}", "{use: sine, amplitude: 1, frequency: 50}"}) {
          const std::string text = fmt::format(
              "model: {{use: {}}}\ninput: {{I: {}}}\nintegrator: {}\nsimulate: {{for: 40 ms, every: 0.1 ms}}\n"
              "sweep: {{over: {{input.I.amplitude: [0.5, 12]}}, traces: none, measure: [",
              model, input, integrator);
          const Outcome alone = swept(text + "mean_voltage, peak]}\n"),
                        with = swept(text + "mean_voltage, peak, spike_count]}\n"),
                        timed = swept(text + "mean_voltage, peak, time_to_first_spike]}\n");
          for (std::size_t i = 0; i < 2; ++i)
            for (std::size_t k = 0; k < 2; ++k) {
              const double value = alone.cases[i].measures[k].value;
              CHECK(std::isfinite(value));
              CHECK(same_bits({value}, {with.cases[i].measures[k].value}));
              CHECK(same_bits({value}, {timed.cases[i].measures[k].value}));
            }
          CHECK(with.cases[1].measures[2].value > 0);
        }
      }
  }

  TEST_CASE("threads and traces change no bit") {
    const std::string text = cell +
                             "sweep: {over: {model.a: {from: 0.02, to: 0.1, count: 11}, input.I: {from: 0, to: 20, "
                             "count: 13}}, traces: 20, measure: [spike_count, isi_cv, peak]}\n";
    const Outcome one = swept(text, 1);
    check_same(one, swept(text, 2));
    check_same(one, swept(text, 7));
  }

  TEST_CASE("what is finished is not run again, and the end is the same") {
    for (const std::string traces : {"none", "20", "all"}) {
      CAPTURE(traces);
      const std::string text =
          cell +
          "sweep: {over: {model.a: {from: 0.02, to: 0.1, count: 10}, input.I: {from: 0, to: 20, count: 30}}, traces: " +
          traces + "}\n";
      std::vector<std::string> portions;
      RunOptions all;
      all.jobs = 2;
      all.records = Records{[&](std::string_view record) { portions.emplace_back(record); }, [](const auto&) {}};
      const Outcome whole = execute(load(text), all);
      REQUIRE(portions.size() > 2);
      std::set<std::uint64_t> left;
      std::size_t ran = 0;
      for (std::uint64_t i = 0; i < 300; ++i) left.insert(i);
      RunOptions rest;
      rest.jobs = 2;
      rest.records = Records{[&](std::string_view record) {
                               const ChunkResult p = ChunkResult::unpack(record);
                               for (const std::uint64_t i : p.cases) CHECK(left.count(i) == 1);
                               ran += p.cases.size();
                             },
                             [&](const auto& take) {
                               for (std::size_t k = 0; k < portions.size() / 2; ++k) {
                                 for (const std::uint64_t i : ChunkResult::unpack(portions[k]).cases) left.erase(i);
                                 take(portions[k]);
                               }
                             }};
      const Outcome end = execute(load(text), rest);
      check_same(whole, end);
      CHECK(ran == left.size());
      CHECK(ran < 300);
      REQUIRE(whole.run.figures.size() == end.run.figures.size());
      for (std::size_t f = 0; f < end.run.figures.size(); ++f) {
        const auto &x = whole.run.figures[f].panels, &y = end.run.figures[f].panels;
        REQUIRE(x.size() == y.size());
        for (std::size_t p = 0; p < x.size(); ++p) {
          REQUIRE(x[p].curves.size() == y[p].curves.size());
          for (std::size_t c = 0; c < x[p].curves.size(); ++c) {
            CHECK(same_bits(x[p].curves[c].x, y[p].curves[c].x));
            CHECK(same_bits(x[p].curves[c].y, y[p].curves[c].y));
          }
        }
      }
    }
  }

  TEST_CASE("a portion comes back from its bytes, and other bytes are refused") {
    ChunkResult p;
    p.cases = {3, 7}, p.values = {1.5, -0.0}, p.why = {0, 1}, p.whys = {"not defined: no spikes"};
    p.failures = {{7, {.why = "not finite", .at_ms = 3, .parameters = "a = 1", .remedy = "take a smaller dt"}}};
    p.spikes_ms = {{3, {1, 2}}};
    CaseResult r;
    r.name = "04", r.time_ms = {0, 1}, r.columns = {{"v", "Membrane Potential", "mV", {-65, -64}}}, r.spikes_ms = {0.5};
    p.traced = {{3, r}};
    const std::string bytes = p.pack();
    CHECK(ChunkResult::unpack(bytes).pack() == bytes);
    CHECK(ChunkResult::unpack(bytes).traced.at(0).second.columns.at(0).values == std::vector<double>{-65, -64});
    for (std::size_t n = 0; n < bytes.size(); n += 7)
      CHECK_THROWS_WITH(ChunkResult::unpack(std::string_view(bytes).substr(0, n)), "a record is cut short");
    CHECK_THROWS(ChunkResult::unpack(bytes + "x"));
  }

  TEST_CASE("a chunk is answered by each of its cases once, and by no other") {
    const auto e = load(cell + "sweep: {over: {model.d: [2, 4, 6, 8]}, measure: [spike_count], traces: none}\n");
    const CaseTable table(e, block_of(e));
    Chunk chunk;
    chunk.cases = {0, 2};
    const auto of = [](const std::vector<std::uint64_t>& cases) {
      ChunkResult p;
      p.cases = cases, p.values.resize(cases.size()), p.why.resize(cases.size());
      return p;
    };
    CHECK(table.answers(chunk, {of({0, 2})}));
    CHECK(table.answers(chunk, {of({2}), of({0})}));
    for (const std::vector<std::uint64_t>& cases :
         {std::vector<std::uint64_t>{}, {0}, {0, 0}, {0, 1}, {0, 2, 1}, {0, 2, 2}, {0, 1'000'000'000}}) {
      CAPTURE(cases.size());
      CHECK_FALSE(table.answers(chunk, {of(cases)}));
    }
    CHECK_FALSE(table.answers(chunk, {}));
    for (const std::uint64_t other : {1u, 3u}) {
      ChunkResult p = of({0, 2});
      p.failures = {{other, {.why = "not finite"}}};
      CHECK_FALSE(table.answers(chunk, {p}));
      p = of({0, 2}), p.spikes_ms = {{other, {1}}};
      CHECK_FALSE(table.answers(chunk, {p}));
      p = of({0, 2}), p.traced = {{other, {}}};
      CHECK_FALSE(table.answers(chunk, {p}));
    }
  }

  TEST_CASE("noise is shared by all cases, or each case draws its own, in lanes as alone") {
    const std::string noisy =
        "model: {use: izhikevich}\ninput: {I: [8, {use: noise, sigma: 4}]}\n"
        "integrator: {use: euler, dt: 0.25 ms}\nsimulate: {for: 300 ms}\nseed: 3\n";
    // a number that changes nothing, so that cases differ by their noise alone
    const auto with = [&](const std::string& noise, const std::string& traces) {
      return swept(noisy + "sweep: {over: {model.leak: [1, 1, 1, 1]}, measure: [isi_mean, spike_count], traces: " +
                   traces + noise + "}\n");
    };
    const auto base = [](const Outcome& o, std::size_t i) { return o.cases[i].measures[0].value; };
    for (const char* shared : {"", ", noise: shared"}) {
      const Outcome same = with(shared, "none");
      CHECK(base(same, 0) == base(same, 3));
    }
    const Outcome own = with(", noise: independent", "none");
    check_same(own, with(", noise: independent", "all"));  // each by itself
    CHECK(base(own, 0) == base(with("", "none"), 0));      // the first has the seed of the file
    std::set<double> all;
    for (std::size_t i = 0; i < 4; ++i) all.insert(base(own, i));
    CHECK(all.size() == 4);
    // a case is the run with its seed
    const std::uint64_t seed = seed_of_realisation(3, 2);
    std::string third = noisy;
    third.replace(third.find("seed: 3"), 7, "seed: " + std::to_string(seed));
    CHECK(base(swept(third + "sweep: {over: {model.leak: [1]}, measure: [isi_mean]}\n"), 0) == base(own, 2));

    const Outcome named = swept(noisy +
                                "sweep: {cases: {a: , b: }, measure: [isi_mean], traces: none, noise: "
                                "independent}\n");
    CHECK(base(named, 0) == base(own, 0));
    CHECK(base(named, 1) == base(own, 1));
  }

  TEST_CASE("a grid is drawn as maps or lines, whichever is asked for") {
    const auto figure = [&](const std::string& over, const std::string& asked) {
      RunOptions wishes;
      wishes.jobs = 1;
      const Outcome o = execute(
          load(cell + "sweep: {over: " + over + ", measure: [spike_count], traces: none" + asked + "}\n"), wishes);
      REQUIRE(o.run.figures.size() == 1);
      return o.run.figures[0].panels.at(0);
    };
    const std::string numbers = "{model.d: [2, 4, 6, 8], input.I: [4, 8, 12]}",
                      names = "{model.preset: [chattering, fast_spiking], input.I: [4, 8, 12]}";
    for (const char* map : {"", ", figure: auto", ", figure: map"}) CHECK(figure(numbers, map).curves.empty());
    const Panel lines = figure(numbers, ", figure: lines");
    REQUIRE(lines.curves.size() >= 3);
    CHECK(lines.curves[0].label == "I = 4 mV/ms");
    CHECK(lines.curves[0].x == std::vector<double>{2, 4, 6, 8});
    CHECK(figure(names, "").curves.size() >= 2);
    CHECK(figure(names, ", figure: map").curves.empty());
  }

  TEST_CASE("a case that fails stops no other") {
    const Outcome o = swept(
        "model: {use: nagumo}\ninput: {I: 0.5}\nintegrator: {use: euler, dt: 0.5 ms}\nsimulate: {for: 100 ms}\n"
        "sweep: {over: {simulate.start.v: [0, 50, 1]}, traces: none, measure: [peak]}\n");
    CHECK(o.cases[0].ok());
    CHECK(o.cases[1].status().starts_with("not finite at t = "));
    CHECK(o.cases[1].measures[0].why == "not defined: the run stopped");
    CHECK(o.cases[1].failure->parameters.find("a = ") == 0);
    CHECK(o.cases[2].ok());
    CHECK_FALSE(o.all_ok());
  }

  TEST_CASE("a thousand named cases are arrays too") {
    std::string text =
        "model: {use: lif}\ninput: {I: 0}\nintegrator: {use: euler, dt: 0.1 ms}\nsimulate: {for: 0.1 ms}\n"
        "sweep: {traces: none, measure: [spike_count], cases: {";
    for (int i = 0; i < 1000; ++i) text += "c" + std::to_string(i) + ": {input.I: " + std::to_string(i) + "}, ";
    const Outcome o = swept(text + "}}\n");
    REQUIRE(o.arrays);
    CHECK(o.arrays->title == "experiment");  // the file's name, for want of a title
    CHECK(o.arrays->axes[0].words[999] == "c999");
    CHECK(o.arrays->axes[1].words[999] == "999 pA");
    CHECK(o.arrays->measures[0].values.size() == 1000);
  }

  TEST_CASE("tables have five digits where the files have all") {
    const Outcome o =
        swept(cell + "sweep: {over: {input.I: {from: 1, to: 10, count: 3, scale: logarithmic}}, traces: none}\n");
    CHECK(o.cases[1].swept[0].second == "3.16227766016838 mV/ms");
    CHECK(o.run.tables[0].head[1] == "input.I (mV/ms)");
    CHECK(o.run.tables[0].rows[1][1] == "3.1623");
  }

  TEST_CASE("many cases are rows of numbers, made when they are asked for") {
    const Outcome o =
        swept(cell +
                  "sweep: {over: {input.I: {from: 0, to: 20, count: 1500}}, traces: none, measure: [spike_count]}\n"
                  "expect: {spike_count: [0, 20], 0001.spike_count: [0, 0]}\n",
              2);
    CHECK(o.cases.size() == 1500);
    CHECK(o.cases.get(1499)->swept[0].second == "20 mV/ms");
    CHECK(o.run.tables[0].rows.size() == most_rows);
    CHECK(o.run.tables[0].note == "the first 1000 of 1500 cases; all are in summary.csv");
    REQUIRE(o.judgements.size() == 2);
    CHECK(o.judgements[0].expected == "spike_count in [0, 20] of all 1500 cases");
    CHECK(o.judgements[0].passed);
    CHECK(o.judgements[1].passed);
    REQUIRE(o.arrays);
    CHECK(o.arrays->measures.at(0).values.size() == 1500);
  }
}
