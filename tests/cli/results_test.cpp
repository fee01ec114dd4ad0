// What a run leaves behind: names, titles, records, and how an older result is replaced.
#include <doctest/doctest.h>

#include "cli/program.hpp"
#include "cli/samples.hpp"

using namespace hillock::test;

namespace {

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }
bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// Runs a file, then what its record says, and compares traces and spikes byte by byte.
void check_rerun(const Folder& folder, const std::string& file, const std::vector<std::string>& more = {}) {
  CAPTURE(file);
  for (const char* of_another : {"first", "second"}) fs::remove_all(folder / of_another);
  std::vector<std::string> words{"run", file, "--out", "first"};
  words.insert(words.end(), more.begin(), more.end());
  const Ran first = run_hillock(words, {.folder = folder.path()});
  REQUIRE_MESSAGE(first.status == 0, first.err);
  const Ran second = run_hillock({"run", "first/experiment.yaml", "--out", "second"}, {.folder = folder.path()});
  REQUIRE_MESSAGE(second.status == 0, second.err);
  CHECK(folder.read("first/spikes.csv") == folder.read("second/spikes.csv"));
  std::size_t traces = 0;
  for (const auto& entry : fs::directory_iterator(folder / "first/data")) {
    const std::string name = entry.path().filename().string();
    CAPTURE(name);
    CHECK(folder.read("first/data/" + name) == folder.read("second/data/" + name));
    ++traces;
  }
  CHECK(traces > 0);
  // a record of a record is that record
  CHECK(folder.read("first/experiment.yaml") == folder.read("second/experiment.yaml"));
}

}  // namespace

TEST_SUITE("results") {
  TEST_CASE("one run leaves its trace, spikes, summary, report, plots and records") {
    const Folder folder;
    folder.write("a.yaml", regular_spiking);
    const Ran ran = run_hillock({"run", "a.yaml"}, {.folder = folder.path()});
    CHECK(ran.status == 0);
    CHECK(ran.err.empty());
    CHECK(ran.out.starts_with("Regular spiking\n"));
    CHECK(holds(ran.out, "results: results/a/report.html ("));
    CHECK(folder.files() == std::vector<std::string>{
                                "a.yaml", "results/a/data/run.csv", "results/a/experiment.yaml",
                                "results/a/plots/phase_plane.png", "results/a/plots/phase_plane.svg",
                                "results/a/plots/traces.png", "results/a/plots/traces.svg", "results/a/provenance.yaml",
                                "results/a/report.html", "results/a/spikes.csv", "results/a/summary.csv"});
    const std::vector<std::string> trace = lines_of(folder.read("results/a/data/run.csv"));
    CHECK(trace.size() == 1 + 801);
    CHECK(trace[0] == "Time (ms),Membrane Potential (mV),Recovery (mV/ms)");
    CHECK(trace[1] == "0,-70,-14");
    CHECK(trace[2].starts_with("0.25,"));
    CHECK(trace.back().starts_with("200,"));
    CHECK(lines_of(folder.read("results/a/spikes.csv")) ==
          std::vector<std::string>{"case,Time (ms)", "run,24", "run,42.5", "run,88", "run,133.5", "run,179"});
    const std::vector<std::string> summary = lines_of(folder.read("results/a/summary.csv"));
    REQUIRE(summary.size() == 2);
    CHECK(summary[0] == "case,spike_count,mean_rate (Hz),time_to_first_spike (ms),isi_mean (ms),isi_cv,status");
    // 5 spikes in 200 ms, and nothing of rounding
    CHECK(summary[1].starts_with("run,5,25,24,"));
    CHECK(summary[1].ends_with(",ok"));
    CHECK(holds(folder.read("results/a/provenance.yaml"), "command: hillock run a.yaml\n"));
  }

  TEST_CASE("a trace of the potential alone has the two titles promised") {
    const Folder folder;
    folder.write("cell.yaml", leaky_cell);
    REQUIRE(run_hillock({"run", "cell.yaml"}, {.folder = folder.path()}).status == 0);
    CHECK(first_line(folder.read("results/cell/data/run.csv")) == "Time (ms),Membrane Potential (mV)");
    REQUIRE(run_hillock({"run", "cell.yaml", "--set", "simulate.record=[I, v]"}, {.folder = folder.path()}).status ==
            0);
    CHECK(first_line(folder.read("results/cell/data/run.csv")) ==
          "Time (ms),Membrane Potential (mV),Injected Current (pA)");
  }

  TEST_CASE("results lie below the path that the file has below experiments, or where --out says") {
    const Folder folder;
    folder.write("my/experiments/paper/figure_1.yaml", regular_spiking);
    REQUIRE(run_hillock({"run", "my/experiments/paper/figure_1.yaml"}, {.folder = folder.path()}).status == 0);
    CHECK(folder.has("results/paper/figure_1/summary.csv"));
    const Ran out =
        run_hillock({"run", "my/experiments/paper/figure_1.yaml", "--out", "x/y"}, {.folder = folder.path()});
    CHECK(out.status == 0);
    CHECK(holds(out.out, "results: x/y/report.html ("));
    CHECK(folder.has("x/y/summary.csv"));
    folder.write("b.yaml", regular_spiking);
    REQUIRE(
        run_hillock({"run", "my/experiments/paper/figure_1.yaml", "b.yaml", "--out", "both"}, {.folder = folder.path()})
            .status == 0);
    CHECK(folder.has("both/figure_1/summary.csv"));
    CHECK(folder.has("both/b/summary.csv"));
  }

  TEST_CASE("cases have a file each, and the summary says what they changed") {
    const Folder folder;
    folder.write("a.yaml", three_cases);
    REQUIRE(run_hillock({"run", "a.yaml"}, {.folder = folder.path()}).status == 0);
    for (const char* name : {"none", "weak", "strong"})
      CHECK(lines_of(folder.read(std::string("results/a/data/") + name + ".csv")).size() == 402);
    const std::vector<std::string> summary = lines_of(folder.read("results/a/summary.csv"));
    REQUIRE(summary.size() == 4);
    CHECK(summary[0].starts_with("case,input.I,model.d (mV/ms),spike_count,"));
    CHECK(summary[1].starts_with("none,,8,0,"));
    CHECK(summary[2].starts_with("weak,5 mV/ms,8,"));
    CHECK(summary[3].starts_with("strong,10 mV/ms,4,"));
    CHECK(!folder.has("results/a/failures.csv"));
    const Ran none = run_hillock({"run", "a.yaml", "--set", "sweep.traces=none"}, {.folder = folder.path()});
    CHECK(none.status == 0);
    CHECK(!folder.has("results/a/data"));
    CHECK(folder.has("results/a/spikes.csv"));
    REQUIRE(run_hillock({"run", "a.yaml", "--set", "sweep.traces=2"}, {.folder = folder.path()}).status == 0);
    CHECK(folder.has("results/a/data/weak.csv"));
    CHECK(!folder.has("results/a/data/strong.csv"));
  }

  TEST_CASE("a comparison has the recording as its first row, then the models by rank") {
    const Folder folder;
    folder.write("compare.yaml", comparison);
    folder.write("cell.yaml", leaky_cell);
    const Ran ran = run_hillock({"run", "compare.yaml"}, {.folder = folder.path()});
    CHECK(ran.status == 0);
    CHECK(holds(ran.out, "Ranked by gamma\n"));
    CHECK(holds(ran.out, "Against same\n"));
    const std::vector<std::string> summary = lines_of(folder.read("results/compare/summary.csv"));
    REQUIRE(summary.size() == 4);
    CHECK(summary[0] == "case,gamma,rmse (mV),spike_count,status");
    CHECK(summary[1].starts_with("data,,,"));
    CHECK(summary[2].starts_with("same,1,"));
    CHECK(summary[3].starts_with("slow,"));
    CHECK(first_line(folder.read("results/compare/data/data.csv")) ==
          "Time (ms),Membrane Potential (mV),Injected Current (pA)");
    const std::string provenance = folder.read("results/compare/provenance.yaml");
    for (const char* file : {"/compare.yaml: ", "/cell.yaml: "}) CHECK(holds(provenance, file));
  }

  TEST_CASE("the record of a run names every file that was read, bases too") {
    const Folder folder;
    folder.write("root.yaml", regular_spiking);
    folder.write("middle.yaml", "base: root.yaml\nmodel: {d: 4}\n");
    folder.write("leaf.yaml", "base: middle.yaml\n");
    REQUIRE(run_hillock({"run", "leaf.yaml"}, {.folder = folder.path()}).status == 0);
    const std::string provenance = folder.read("results/leaf/provenance.yaml");
    for (const char* file : {"/leaf.yaml: ", "/middle.yaml: ", "/root.yaml: "}) CHECK(holds(provenance, file));
  }

  TEST_CASE("the record of a run runs again to the same bytes") {
    const Folder folder;
    folder.write("a.yaml", regular_spiking);
    check_rerun(folder, "a.yaml");
    check_rerun(folder, "a.yaml",
                {"--set", "model.preset=chattering", "--set", "integrator.use=rk4", "--set", "integrator.dt=0.05 ms",
                 "--set", "integrator.spikes=located"});
    check_rerun(folder, "a.yaml",
                {"--set", "seed=7", "--set",
                 "input.I=[{use: noise, sigma: 3}, {use: ornstein_uhlenbeck, mean: 4, sd: 3, tau: 5 ms}, {use: sine, "
                 "frequency: 10, amplitude: 2}]"});
    // a list of one term has a stream of random numbers of its own
    check_rerun(folder, "a.yaml", {"--set", "input.I=[{use: ornstein_uhlenbeck, mean: 5, sd: 4, tau: 5 ms}]"});
    check_rerun(folder, "a.yaml", {"--set", "input.I=[{use: pulses, at: [20 ms, 0.05 s], width: 3, amplitude: 20}]"});
    check_rerun(folder, "a.yaml",
                {"--set", "simulate.start=rest", "--set", "simulate.spikes={of: v, threshold: -40 mV, rearm: -60 mV}",
                 "--set", "simulate.every=0.5 ms"});
    check_rerun(folder, "a.yaml",
                {"--set", "simulate.start={u: -12}", "--set", "simulate.clamp={v: -60}", "--set",
                 "readout={of: u, scale: 2 ms, shift: 3 mV}"});
    folder.write("three.yaml", three_cases);
    check_rerun(folder, "three.yaml");
    folder.write("noisy.yaml", three_cases + "input: {I: {use: noise, sigma: 2}}\nseed: 5\n");
    check_rerun(folder, "noisy.yaml");
    folder.write("base.yaml", "base: a.yaml\nmodel: {d: 3}\nsimulate: {start: {v: -60}}\n");
    check_rerun(folder, "base.yaml");
  }

  TEST_CASE("the record of a comparison runs again to the same bytes") {
    const Folder folder;
    folder.write("cell.yaml", leaky_cell + "readout: {of: v, series_resistance: 10 MOhm, measurement_noise: 0.5 mV}\n");
    folder.write("model.yaml",
                 "model: {use: izhikevich, preset: fast_spiking}\ninput: {I: 3}\nseed: 4\n"
                 "drive: {of: I, gain: 0.02}\nintegrator: {use: rk4, dt: 0.05 ms}\nsimulate: {for: 10 ms}\n");
    folder.write("compare.yaml",
                 "seed: 2\ncompare:\n"
                 "  data: {file: cell.yaml, window: [10 ms, 150 ms], every: 2, spikes: {threshold: -56, rearm: -60}}\n"
                 "  models:\n    fs: model.yaml\n"
                 "    nagumo: {model: {use: nagumo}, readout: {of: v, scale: 38 mV, shift: -17 mV}, drive: {gain: "
                 "0.001}, simulate: {start: rest}}\n"
                 "  measure: [{use: gamma, precision: 2 ms}, rmse]\nintegrator: {use: rk4, dt: 0.1 ms}\n");
    check_rerun(folder, "compare.yaml");
    folder.write("normalised.yaml",
                 "compare:\n  data: {file: cell.yaml, normalise: [-1, 1]}\n"
                 "  models: {lif: {model: {use: lif}, readout: {of: v, scale: 0.1 1/mV, shift: 6}}}\n"
                 "  measure: [rmse, legacy_minmax]\nintegrator: {use: rk4, dt: 0.1 ms}\n");
    check_rerun(folder, "normalised.yaml");
  }

  TEST_CASE("a rerun replaces the older result as a whole") {
    const Folder folder;
    folder.write("a.yaml", three_cases);
    REQUIRE(run_hillock({"run", "a.yaml"}, {.folder = folder.path()}).status == 0);
    const auto before = folder.files();
    REQUIRE(folder.has("results/a/data/weak.csv"));
    std::string two = three_cases;
    two.replace(two.find("    weak: {input.I: 5}\n"), 23, "");
    folder.write("a.yaml", two);
    REQUIRE(run_hillock({"run", "a.yaml"}, {.folder = folder.path()}).status == 0);
    CHECK(!folder.has("results/a/data/weak.csv"));
    CHECK(folder.files().size() == before.size() - 1);
    for (const auto& entry : fs::directory_iterator(folder / "results")) CHECK(entry.path().filename() == "a");
    // a run that is refused leaves the older result as it was
    const std::string summary = folder.read("results/a/summary.csv");
    CHECK(run_hillock({"run", "a.yaml", "--set", "model.d=x"}, {.folder = folder.path()}).status == 2);
    CHECK(folder.read("results/a/summary.csv") == summary);
  }

  TEST_CASE("a folder that is no result of hillock is not touched") {
    const Folder folder;
    folder.write("a.yaml", regular_spiking);
    folder.write("mine/thesis.txt", "years of work");
    const Ran ran = run_hillock({"run", "a.yaml", "--out", "mine"}, {.folder = folder.path()});
    CHECK(ran.status == 2);
    CHECK(holds(ran.err, "the folder 'mine' is not empty and no result of hillock"));
    CHECK(folder.files() == std::vector<std::string>{"a.yaml", "mine/thesis.txt"});
    const Ran here = run_hillock({"run", "a.yaml", "--out", "."}, {.folder = folder.path()});
    CHECK(here.status == 2);
    const Ran onto_file = run_hillock({"run", "a.yaml", "--out", "a.yaml"}, {.folder = folder.path()});
    CHECK(onto_file.status == 2);
    CHECK(folder.read("a.yaml") == regular_spiking);
    CHECK(folder.files() == std::vector<std::string>{"a.yaml", "mine/thesis.txt"});
  }

  TEST_CASE("two thousand cases are run, and each has its file and its row") {
    const Folder folder;
    std::string many =
        "model: {use: lif}\nintegrator: {use: euler, dt: 0.1 ms}\nsimulate: {for: 10 ms}\nsweep:\n  cases:\n";
    for (int i = 0; i < 2000; ++i)
      many += "    c" + std::to_string(10000 + i) + ": {input.I: " + std::to_string(i) + "}\n";
    folder.write("many.yaml", many);
    const Ran ran = run_hillock({"run", "many.yaml"}, {.folder = folder.path()});
    CHECK(ran.status == 0);
    CHECK(lines_of(folder.read("results/many/summary.csv")).size() == 2001);
    CHECK(folder.has("results/many/data/c10000.csv"));
    CHECK(folder.has("results/many/data/c11999.csv"));
    // the last case is the neuron that it would be alone
    folder.write("one.yaml",
                 "model: {use: lif}\ninput: {I: 1999}\nintegrator: {use: euler, dt: 0.1 ms}\nsimulate: {for: 10 ms}\n");
    REQUIRE(run_hillock({"run", "one.yaml"}, {.folder = folder.path()}).status == 0);
    CHECK(folder.read("results/one/data/run.csv") == folder.read("results/many/data/c11999.csv"));
  }
}
