// What `check` says and `run` refuses, and cases that fail beside others that do not.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include "cli/program.hpp"
#include "cli/samples.hpp"

using namespace hillock::test;

namespace {

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// A leaky neuron that rests below its threshold up to 500 pA.
const std::string rest_sweep = R"(model: {use: lif}
integrator: {use: rk4, dt: 0.1 ms}
simulate: {for: 50 ms, start: rest}
input: {I: 0}
sweep:
  over: {input.I: [0, 800, 100]}
  measure: [spike_count]
)";

std::vector<std::string> rows(const Folder& folder, const std::string& file) { return lines_of(folder.read(file)); }

}  // namespace

TEST_SUITE("refusals") {
  TEST_CASE("a case of a sweep that has no rest is a row of failures.csv, and check names it") {
    const Folder folder;
    folder.write("a.yaml", rest_sweep);
    const Ran check = run_hillock({"check", "a.yaml"}, {.folder = folder.path()});
    CHECK(check.status == 2);
    CHECK(check.out == "0 of 1 files are good\n");
    CHECK_MESSAGE(holds(check.err, "error: case '2' (input.I = 800 pA): start: rest: "), check.err);
    const Ran ran = run_hillock({"run", "a.yaml"}, {.folder = folder.path()});
    CHECK(ran.status == 3);
    CHECK_MESSAGE(holds(ran.err, "error: case '2' failed: start: rest: "), ran.err);
    CHECK(holds(ran.err, "(params: input.I = 800 pA)"));
    REQUIRE(rows(folder, "results/a/failures.csv").size() == 2);
    CHECK(rows(folder, "results/a/failures.csv")[1].starts_with("2,"));
    CHECK(rows(folder, "results/a/failures.csv")[1].ends_with(",,input.I = 800 pA"));
    REQUIRE(rows(folder, "results/a/summary.csv").size() == 4);
    CHECK(rows(folder, "results/a/summary.csv")[1].ends_with(",0,ok"));
    CHECK(rows(folder, "results/a/summary.csv")[3].ends_with(",0,ok"));
    CHECK(folder.has("results/a/data/3.csv"));
    CHECK(!folder.has("results/a/data/2.csv"));
    const Ran again = run_hillock({"run", "a.yaml", "--resume"}, {.folder = folder.path()});
    CHECK(again.status == 3);
    CHECK(holds(again.out, "nothing was left to do"));
  }

  TEST_CASE("a named case without rest fails alone too, on any number of threads") {
    const Folder folder;
    folder.write("a.yaml", R"(model: {use: lif}
integrator: {use: rk4, dt: 0.1 ms}
simulate: {for: 50 ms, start: rest}
sweep:
  cases:
    quiet: {input.I: 0}
    loud: {input.I: 800}
)");
    CHECK(holds(run_hillock({"check", "a.yaml"}, {.folder = folder.path()}).err, "error: case 'loud' (input.I = 800"));
    CHECK(run_hillock({"run", "a.yaml", "--jobs", "3"}, {.folder = folder.path()}).status == 3);
    CHECK(rows(folder, "results/a/failures.csv").size() == 2);
    CHECK(rows(folder, "results/a/summary.csv")[1].ends_with(",ok"));
  }

  TEST_CASE("a value of a sweep that does not go with the others fails in its cases, and check says it at its path") {
    const Folder folder;
    folder.write("a.yaml", R"(model: {use: lif}
input: {I: 100}
integrator: {use: rk4, dt: 0.1 ms}
simulate: {for: 100 ms}
sweep:
  over: {integrator.dt: [0.1 ms, 0.3 ms], seed: [1, 2]}
  measure: [spike_count]
  traces: 1
)");
    const Ran check = run_hillock({"check", "a.yaml"}, {.folder = folder.path()});
    CHECK(check.status == 2);
    CHECK(holds(check.err, "error: under integrator.dt = 0.3 ms: for = 100 ms is no multiple of the step, 0.3 ms\n"));
    const Ran ran = run_hillock({"run", "a.yaml"}, {.folder = folder.path()});
    CHECK(ran.status == 3);
    CHECK_MESSAGE(holds(ran.err,
                        "error: case '3' failed: for = 100 ms is no multiple of the step, 0.3 ms (params: "
                        "integrator.dt = 0.3 ms, seed = 1) - take 99.9 ms, or a step that divides it\n"),
                  ran.err);
    CHECK(rows(folder, "results/a/failures.csv").size() == 3);
    CHECK(rows(folder, "results/a/summary.csv")[1].ends_with(",0,ok"));
  }

  TEST_CASE("a swept start is the rest of each case, not the numbers of the first") {
    const Folder folder;
    folder.write("a.yaml", R"(model: {use: lif}
input: {I: 100}
integrator: {use: rk4, dt: 0.1 ms}
simulate: {for: 100 ms, start: {v: -70 mV}}
sweep:
  over: {simulate.start: [{v: -70 mV}, rest]}
  measure: [spike_count, peak]
  traces: none
)");
    folder.write("one.yaml",
                 "model: {use: lif}\ninput: {I: 100}\nintegrator: {use: rk4, dt: 0.1 ms}\n"
                 "simulate: {for: 100 ms, start: rest}\nexpect: {peak: [-1000, 1000]}\n");
    REQUIRE(run_hillock({"run", "a.yaml"}, {.folder = folder.path()}).status == 0);
    REQUIRE(run_hillock({"run", "one.yaml"}, {.folder = folder.path()}).status == 0);
    const auto field = [](const std::string& row, std::size_t from_end) {
      std::vector<std::string> all{""};
      for (const char c : row) c == ',' ? all.emplace_back() : all.back() += std::string(1, c);
      return all.at(all.size() - from_end);
    };
    CHECK(field(rows(folder, "results/a/summary.csv")[2], 2) == field(rows(folder, "results/one/summary.csv")[1], 2));
  }

  TEST_CASE("a comparison that refuses a model leaves nothing, with fits too") {
    const Folder folder;
    folder.write("cell.yaml", leaky_cell);
    folder.write("c.yaml", R"(integrator: {use: rk4, dt: 0.1 ms}
compare:
  data: {file: cell.yaml}
  fit: {loss: van_rossum, optimizer: cma_es}
  budget: 100
  models:
    good: {model: {use: lif}, fit: {free: {model.tau: {from: 5 ms, to: 20 ms}}}}
    coarse: {model: {use: lif}, integrator: {dt: 0.9 ms}}
  measure: [spike_count]
)");
    const Ran ran = run_hillock({"run", "c.yaml"}, {.folder = folder.path()});
    CHECK(ran.status == 2);
    CHECK(holds(ran.err, "c.yaml:8:50: error: dt = 0.9 ms is longer than from sample to sample of the recording, "));
    CHECK(ran.out.empty());
    CHECK_FALSE(folder.has("results"));
  }

  TEST_CASE("a model without rest fails alone in a comparison, and check names it") {
    const Folder folder;
    folder.write("cell.yaml", leaky_cell);
    folder.write("c.yaml", R"(integrator: {use: rk4, dt: 0.1 ms}
compare:
  data: {file: cell.yaml}
  models:
    good: {model: {use: lif}}
    bad: {model: {use: lif}, drive: {gain: 1, shift: 800}, simulate: {start: rest}}
  measure: [spike_count]
)");
    const Ran check = run_hillock({"check", "c.yaml"}, {.folder = folder.path()});
    CHECK(check.status == 2);
    CHECK_MESSAGE(holds(check.err, "error: model 'bad': start: rest: "), check.err);
    const Ran ran = run_hillock({"run", "c.yaml"}, {.folder = folder.path()});
    CHECK(ran.status == 3);
    CHECK(holds(ran.err, "error: case 'bad' failed: start: rest: "));
    CHECK(rows(folder, "results/c/summary.csv").size() == 4);
    CHECK(rows(folder, "results/c/failures.csv").size() == 2);
  }

  TEST_CASE("what a single run refuses it refuses with its place, and leaves nothing") {
    const Folder folder;
    folder.write("a.yaml",
                 "model: {use: lif}\ninput: {I: 800}\nintegrator: {use: rk4, dt: 0.1 ms}\n"
                 "simulate: {for: 50 ms, start: rest}\n");
    const Ran ran = run_hillock({"run", "a.yaml"}, {.folder = folder.path()});
    CHECK(ran.status == 2);
    CHECK(ran.err.starts_with("a.yaml:4:31: error: start: rest: "));
    CHECK(ran.err == run_hillock({"check", "a.yaml"}, {.folder = folder.path()}).err);
    CHECK(folder.files() == std::vector<std::string>{"a.yaml"});
  }

  TEST_CASE("a recorded current that ends before the run is refused, with a length that would do") {
    const Folder folder;
    std::string csv = "time_ms,current_pA,voltage_mV\n";
    for (int i = 0; i < 40; ++i) csv += std::to_string(0.25 * i) + ",500,-70\n";
    folder.write("on.csv", csv);
    folder.write("a.yaml",
                 "model: {use: lif}\ninput: {I: {use: file, file: on.csv}}\n"
                 "integrator: {use: rk4, dt: 0.1 ms}\nsimulate: {for: 100 ms}\n");
    const std::string sentence =
        "a.yaml:2:30: error: the current of 'on.csv' ends at 10 ms, before the run at 100 ms\n";
    const Ran check = run_hillock({"check", "a.yaml"}, {.folder = folder.path()});
    CHECK(check.status == 2);
    CHECK_MESSAGE(check.err.starts_with(sentence), check.err);
    CHECK(holds(check.err, "simulate: {for: 10 ms} ends with it"));
    CHECK(run_hillock({"run", "a.yaml"}, {.folder = folder.path()}).err == check.err);
    CHECK(!folder.has("results"));
    CHECK(run_hillock({"run", "a.yaml", "--set", "simulate.for=10"}, {.folder = folder.path()}).status == 0);
  }

  TEST_CASE("a recorded current carries its charge into steps of any length") {
    const Folder folder;
    std::string csv = "time_ms,current_pA,voltage_mV\n";
    for (int i = 0; i < 480; ++i) csv += std::to_string(0.25 * i) + (i % 4 == 0 ? ",100,-70\n" : ",0,-70\n");
    folder.write("in.csv", csv);
    // without a leak to speak of, v is the charge over the capacitance: 25 pA in the mean over 120 ms into 10 nF
    folder.write("a.yaml",
                 "model: {use: lif, tau: 1e4 ms, g_L: 1 nS, V_th: 500 mV}\n"
                 "input: {I: {use: file, file: in.csv}}\nintegrator: {use: euler, dt: 0.25 ms}\n"
                 "simulate: {for: 120 ms}\nexpect: {peak: [-69.702, -69.698]}\n");
    for (const char* dt : {"0.25", "0.125", "0.5", "0.1", "0.3", "0.75", "1", "0.24"}) {
      CAPTURE(dt);
      const Ran ran =
          run_hillock({"test", "a.yaml", "--set", std::string("integrator.dt=") + dt}, {.folder = folder.path()});
      CHECK_MESSAGE(ran.status == 0, (ran.out + ran.err));
    }
    CHECK(
        run_hillock({"test", "a.yaml", "--set", "integrator={use: dopri5, tolerance: 1e-9}"}, {.folder = folder.path()})
            .status == 0);
  }

  TEST_CASE("a run that is the recording has the spikes of the run, also where its trace is reset") {
    const Folder folder;
    folder.write("cell.yaml", leaky_cell);
    folder.write("c.yaml", R"(integrator: {use: euler, dt: 0.1 ms}
compare:
  data: {file: cell.yaml}
  models: {twin: {model: {use: lif}}}
  measure: [spike_count, gamma, van_rossum, victor_purpura, isi_distance, rmse]
expect: {twin.gamma: [1, 1], twin.rmse: [0, 1e-9], twin.victor_purpura: [0, 1e-9], data.spike_count: [5, 30]}
)");
    const Ran ran = run_hillock({"test", "c.yaml"}, {.folder = folder.path()});
    CHECK_MESSAGE(ran.status == 0, (ran.out + ran.err));
    CHECK(run_hillock({"test", "c.yaml", "--set", "compare.data.spikes.threshold=-10"}, {.folder = folder.path()})
              .status == 1);
    // part of it, and what is written of it
    REQUIRE(run_hillock({"run", "c.yaml", "--set", "compare.data.window=[0, 100]"}, {.folder = folder.path()}).status ==
            0);
    CHECK(holds(folder.read("results/c/report.html"), "spikes are those of the run itself"));
    for (const std::string& row : rows(folder, "results/c/spikes.csv"))
      if (row.starts_with("data,")) CHECK(std::stod(row.substr(5)) < 100);
    CHECK(run_hillock({"check", "results/c/experiment.yaml"}, {.folder = folder.path()}).status == 0);
  }

  TEST_CASE("measures of a run, of a sweep of traces and of one of counts are those of its window") {
    const Folder folder;
    const std::string run =
        "model: {use: lif}\ninput: {I: {use: step, from: 50 ms, to: 150 ms, amplitude: 500}}\n"
        "integrator: {use: rk4, dt: 0.05 ms}\n"
        "simulate: {for: 200 ms, window: [50 ms, 150 ms]}\n";
    folder.write("one.yaml", run + "expect: {mean_rate: [-1, 1e6]}\n");
    folder.write("count.yaml", run + "sweep: {over: {seed: [1, 2]}, measure: [mean_rate], traces: none}\n");
    folder.write("trace.yaml", run + "sweep: {over: {seed: [1, 2]}, measure: [mean_rate, peak]}\n");
    const auto rate = [&](const std::string& name, std::size_t column) {
      REQUIRE(run_hillock({"run", name + ".yaml"}, {.folder = folder.path()}).status == 0);
      std::istringstream row(rows(folder, "results/" + name + "/summary.csv").at(1));
      std::string field;
      for (std::size_t i = 0; i <= column; ++i) std::getline(row, field, ',');
      return std::stod(field);
    };
    const double of_run = rate("one", 2);
    // spikes in 100 ms
    const auto spikes = static_cast<double>(rows(folder, "results/one/spikes.csv").size() - 1);
    CHECK(of_run == doctest::Approx(10 * spikes));
    CHECK(rate("count", 2) == of_run);
    CHECK(rate("trace", 2) == of_run);
    const Ran outside =
        run_hillock({"check", "one.yaml", "--set", "simulate.window=[50, 300]"}, {.folder = folder.path()});
    CHECK(outside.status == 2);
    CHECK(holds(outside.err, "error: the window from 50 to 300 ms reaches out of the run, which lasts 200 ms\n"));
  }

  TEST_CASE("another integrator by name alone: the sentence says why its step is missing, and its remedy works") {
    const Folder folder;
    folder.write("a.yaml", regular_spiking);
    const Ran set = run_hillock({"check", "a.yaml", "--set", "integrator.use=rk4"}, {.folder = folder.path()});
    CHECK(set.status == 2);
    CHECK_MESSAGE(set.err ==
                      "--set:1:16: error: integrator 'rk4' needs 'dt': what was given to 'euler' is not handed on\n"
                      "   1 | integrator.use=rk4\n"
                      "     |                ^~~ give it beside the name: {use: rk4, dt: ...}\n",
                  set.err);
    CHECK(run_hillock({"check", "a.yaml", "--set", "integrator={use: rk4, dt: 0.25 ms}"}, {.folder = folder.path()})
              .status == 0);
    folder.write("s.yaml",
                 "model: {use: hodgkin_huxley}\ninput: {I: 10}\nintegrator: {use: rk4, dt: 0.01 ms}\n"
                 "simulate: {for: 20 ms}\nsweep: {over: {integrator.use: [euler, rk4]}}\n");
    const Ran over = run_hillock({"check", "s.yaml"}, {.folder = folder.path()});
    CHECK(over.status == 2);
    CHECK_MESSAGE(over.err.starts_with("s.yaml:5:33: error: integrator 'euler' needs 'dt': what was given to 'rk4' is "
                                       "not handed on\n"),
                  over.err);
    CHECK(run_hillock({"check", "s.yaml", "--set",
                       "sweep.over={integrator: [{use: euler, dt: 0.01 ms}, {use: rk4, dt: 0.01 ms}]}"},
                      {.folder = folder.path()})
              .status == 0);
  }

  TEST_CASE("a bare number that was written for another model is refused where its unit would be another") {
    const Folder folder;
    folder.write("base.yaml",
                 "model: {use: izhikevich}\ninput: {I: {use: step, from: 20 ms, to: 180 ms, amplitude: 10}}\n"
                 "integrator: {use: euler, dt: 0.25 ms}\nsimulate: {for: 200 ms}\n");
    folder.write("child.yaml", "base: base.yaml\nmodel: {use: lif}\n");
    const std::string sentence =
        "error: 'amplitude' = 10 was written for model 'izhikevich', in mV/ms; model 'lif' "
        "takes it in pA\n";
    const Ran child = run_hillock({"check", "child.yaml"}, {.folder = folder.path()});
    CHECK(child.status == 2);
    CHECK_MESSAGE(child.err.starts_with("base.yaml:2:60: " + sentence), child.err);
    CHECK(holds(child.err, "give it anew for this model, in pA"));
    CHECK(
        holds(run_hillock({"check", "base.yaml", "--set", "model.use=lif"}, {.folder = folder.path()}).err, sentence));
    CHECK(holds(run_hillock({"check", "base.yaml", "--set", "model={use: lif}"}, {.folder = folder.path()}).err,
                sentence));
    // as the sentence says
    CHECK(run_hillock({"check", "child.yaml", "--set", "input.I.amplitude=300"}, {.folder = folder.path()}).status ==
          0);
    // with a unit it never was in doubt, and where both have one it is the same number
    folder.write("start.yaml",
                 "base: base.yaml\nmodel: {use: hindmarsh_rose}\ninput: {I: 0.5}\n"
                 "simulate: {start: {v: -1}, record: [v]}\n");
    CHECK(run_hillock({"check", "start.yaml"}, {.folder = folder.path()}).status == 0);
    folder.write("bare.yaml",
                 "model: {use: hindmarsh_rose}\ninput: {I: 0.5}\nintegrator: {use: rk4, dt: 0.1 ms}\n"
                 "simulate: {for: 10 ms, start: {v: -1}}\n");
    folder.write("other.yaml", "base: bare.yaml\nmodel: {use: lif}\ninput: {I: 100 pA}\n");
    CHECK(
        holds(run_hillock({"check", "other.yaml"}, {.folder = folder.path()}).err,
              "error: 'v' = -1 was written for model 'hindmarsh_rose', without a unit; model 'lif' takes it in mV\n"));
  }

  TEST_CASE("a pipe with a name is no experiment file, one of the shell is") {
    const Folder folder;
    REQUIRE(::mkfifo((folder / "pipe.yaml").c_str(), 0600) == 0);
    const Ran ran = run_hillock({"check", "pipe.yaml"}, {.folder = folder.path()});
    CHECK(ran.status == 2);
    CHECK(ran.err == "error: 'pipe.yaml' is no regular file - name an experiment file\n");
    folder.write("a.yaml", regular_spiking);
    const Ran shell =
        run_hillock({}, {.folder = folder.path(), .by = {"bash", "-c", "exec \"$0\" check <(cat a.yaml)"}});
    CHECK_MESSAGE(shell.status == 0, shell.err);
  }

  TEST_CASE("output that cannot be written is not success, messages that cannot be told stop nothing") {
    const Folder folder;
    folder.write("a.yaml", regular_spiking);
    const auto by = [&](const std::string& line, const std::vector<std::string>& words) {
      return run_hillock(words, {.folder = folder.path(), .by = {"sh", "-c", "exec \"$0\" \"$@\" " + line}});
    };
    for (const std::vector<std::string>& words : {std::vector<std::string>{"plugins"},
                                                  {"describe", "gamma"},
                                                  {"check", "a.yaml"},
                                                  {"run", "a.yaml"},
                                                  {"run", "a.yaml", "--isolate"}}) {
      const Ran full = by(">/dev/full", words);
      CHECK(full.status == 3);
      CHECK(full.err == "error: not all of the output could be written\n");
    }
    CHECK(folder.has("results/a/report.html"));
    folder.write("fails.yaml", rest_sweep);
    CHECK(by("2>/dev/full", {"run", "fails.yaml"}).status == 3);
    CHECK(folder.has("results/fails/failures.csv"));
    fs::remove_all(folder / "results");
    CHECK(by("0<&- 1>&- 2>&-", {"run", "fails.yaml"}).status == 3);
    CHECK(rows(folder, "results/fails/failures.csv").size() == 2);
  }
}
