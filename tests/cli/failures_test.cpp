// Runs that fail, crash or are interrupted: the status, the sentence, and what is kept.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <fstream>

#include "cli/program.hpp"
#include "cli/samples.hpp"

using namespace hillock::test;

namespace {

const std::map<std::string, std::string> broken{{"HILLOCK_PLUGIN_PATH", broken_plugins()}};
bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// Every file below a folder ends with a whole line: none was cut off while it was written.
void check_whole(const fs::path& folder) {
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_directory()) continue;
    CAPTURE(entry.path().string());
    CHECK(entry.path().extension() != ".tmp");
    if (entry.path().extension() == ".csv") CHECK(contents(entry.path()).ends_with("\n"));
  }
}

std::string maps_of(pid_t process) {
  std::ifstream in("/proc/" + std::to_string(process) + "/maps");
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace

TEST_SUITE("failures") {
  TEST_CASE("a neuron that leaves the numbers is told with time and parameters, and the others are kept") {
    const Folder folder;
    folder.write("a.yaml", R"(model: {use: not_finite}
integrator: {use: euler, dt: 0.1 ms}
simulate: {for: 10 ms, record: [v, w]}
sweep:
  cases:
    good: {input.I: 0.5}
    bad: {input.I: {use: step, from: 5 ms, amplitude: 1.5}}
    fine: {input.I: 0.7}
)");
    const Ran ran = run_hillock({"run", "a.yaml"}, {.folder = folder.path(), .environment = broken});
    CHECK(ran.status == 3);
    const std::string last = lines_of(folder.read("results/a/data/bad.csv")).back();
    const std::size_t w = last.rfind(',');
    REQUIRE(last.starts_with("5,"));
    CHECK(holds(
        ran.err,
        "error: case 'bad' stopped: not finite at t = 5.1 ms (params: tau = 10 ms) - its last finite state is v = " +
            last.substr(2, w - 2) + " mV, w = " + last.substr(w + 1) +
            " mV; take a smaller dt than 0.1 ms under euler, or an integrator that chooses its own steps: dopri5, or "
            "rosenbrock4 for stiff equations\n"));
    CHECK(lines_of(folder.read("results/a/failures.csv")).size() == 2);
    CHECK(folder.read("results/a/failures.csv")
              .starts_with("case,status,time (ms),parameters\nbad,not finite at t = 5.1 ms,5.1"));
    const std::vector<std::string> summary = lines_of(folder.read("results/a/summary.csv"));
    REQUIRE(summary.size() == 4);
    CHECK(summary[1].ends_with(",ok"));
    CHECK(summary[2].ends_with(",not finite at t = 5.1 ms"));
    CHECK(summary[3].ends_with(",ok"));
    CHECK(lines_of(folder.read("results/a/data/good.csv")).size() == 102);
    CHECK(lines_of(folder.read("results/a/data/fine.csv")).size() == 102);
    // samples at 0, 0.1, ... 5 ms are those of a good neuron
    CHECK(lines_of(folder.read("results/a/data/bad.csv")).size() == 1 + 51);
    CHECK(!holds(folder.read("results/a/data/bad.csv"), "nan"));
    const Ran test = run_hillock({"test", "a.yaml"}, {.folder = folder.path(), .environment = broken});
    CHECK(test.status == 3);
    CHECK(holds(test.err, "error: case 'bad' stopped: not finite at t = 5.1 ms"));
  }

  TEST_CASE("a stiff model that forward Euler does not survive is told with what would, and does") {
    const Folder folder;
    folder.write("a.yaml", R"(model: {use: wang_buzsaki}
input: {I: 1}
integrator: {use: euler, dt: 0.5 ms}
simulate: {for: 50 ms, record: [v, h, n]}
)");
    const Ran ran = run_hillock({"run", "a.yaml"}, {.folder = folder.path()});
    CHECK(ran.status == 3);
    // the last sample is taken one step before the one that fails
    double t = 0, v = 0, h = 0, n = 0;
    REQUIRE(std::sscanf(lines_of(folder.read("results/a/data/run.csv")).back().c_str(), "%lf,%lf,%lf,%lf", &t, &v, &h,
                        &n) == 4);
    CHECK(holds(ran.err, fmt::format("error: case 'run' stopped: not finite at t = {} ms (params: ", t + 0.5)));
    CHECK(holds(ran.err, fmt::format(") - its last finite state is v = {} mV, h = {}, n = {}; ", v, h, n)));
    CHECK(holds(ran.err, "params: C = 1 uF/cm2, g_Na = 35 mS/cm2"));
    CHECK(holds(ran.err,
                "; take a smaller dt than 0.5 ms under euler, or an integrator that chooses its own steps: dopri5, or "
                "rosenbrock4 for stiff equations\n"));
    CHECK(holds(ran.out, "not finite at t = "));
    CHECK(!holds(folder.read("results/a/data/run.csv"), "nan"));
    CHECK(!holds(folder.read("results/a/data/run.csv"), "inf"));
    CHECK(holds(folder.read("results/a/summary.csv"), "not finite at t = "));
    for (const char* integrator : {"integrator={use: rosenbrock4}", "integrator={use: exponential_euler, dt: 0.05}"}) {
      const Ran well = run_hillock({"test", "a.yaml", "--set", integrator}, {.folder = folder.path()});
      CHECK(well.status == 0);
    }
  }

  TEST_CASE("where the equations are no number at the start already, they are told, and no smaller step") {
    const Folder folder;
    const Start start{.folder = folder.path(),
                      .environment = {{"HILLOCK_PLUGIN_PATH", build_folder() + "/tests/unsound_plugins"}}};
    folder.write("a.yaml", R"(model: {use: divides}
integrator: {use: euler, dt: 0.1 ms}
simulate: {for: 2 ms}
)");
    for (const auto& [integrator, at] : {std::pair{"{use: euler, dt: 0.1}", "0.1"}, {"{use: dopri5}", "0"}}) {
      CAPTURE(integrator);
      const Ran ran = run_hillock({"run", "a.yaml", "--set", std::string("integrator=") + integrator}, start);
      CHECK(ran.status == 3);
      CHECK(ran.err ==
            fmt::format("error: case 'run' stopped: not finite at t = {} ms (params: tau = 10 ms) - its last finite "
                        "state is v = 0 mV; rhs of 'v' is infinite at the start already, where I = 0 mV: keep what it "
                        "divides by, or takes the root or logarithm of, away from there\n",
                        at));
    }
    // of the neurons of one batch, only those that are meant
    const Ran ran = run_hillock({"run", "a.yaml", "--set", "sweep.over={simulate.start.v: [0, 1]}"}, start);
    CHECK(ran.status == 3);
    CHECK(ran.err.starts_with("error: case '1' stopped: not finite at t = 0.1 ms (params: "));
    CHECK(holds(ran.err, "its last finite state is v = 0 mV; rhs of 'v' is infinite at the start already, where I = "));
    CHECK(lines_of(ran.err).size() == 1);
  }

  TEST_CASE("a run that is given up says what to try") {
    const Folder folder;
    folder.write("limit.yaml", R"(model: {use: nagumo}
input: {I: 0.5}
integrator: {use: dopri5, step_limit: 5}
simulate: {for: 1000 ms}
)");
    const Ran limit = run_hillock({"run", "limit.yaml"}, {.folder = folder.path()});
    CHECK(limit.status == 3);
    CHECK(holds(limit.err, "error: case 'run' stopped: limit reached at t = "));
    CHECK(holds(limit.err,
                "it fires without end, or its steps are too many: raise step_limit, max_step or tolerance, or take "
                "rosenbrock4 for stiff equations\n"));
    const Ran stiff = run_hillock({"run", "limit.yaml", "--set", "integrator={use: rosenbrock4, step_limit: 5}"},
                                  {.folder = folder.path()});
    CHECK(stiff.status == 3);
    CHECK(
        holds(stiff.err, "it fires without end, or its steps are too many: raise step_limit, max_step or tolerance\n"));
    // v' = 10 v^2 + ... without the cubic that bounds it is infinite soon
    folder.write("away.yaml", R"(model: {use: hindmarsh_rose, a: 0, b: 10}
input: {I: 100}
integrator: {use: dopri5}
simulate: {for: 50 ms}
)");
    const Ran away = run_hillock({"run", "away.yaml"}, {.folder = folder.path()});
    CHECK(away.status == 3);
    CHECK(holds(away.err, "error: case 'run' stopped: step too small at t = "));
    CHECK(holds(away.err, "; its solution runs away there: look at the parameters, or record up to that time\n"));
    folder.write("crowd.yaml", R"(model: {use: lif, V_reset: -50, t_ref: 0}
input: {I: 1000}
integrator: {use: rk4, dt: 0.1 ms, spikes: located}
simulate: {for: 50 ms}
)");
    const Ran crowd = run_hillock({"run", "crowd.yaml"}, {.folder = folder.path()});
    CHECK(crowd.status == 3);
    CHECK(holds(crowd.err, "limit reached at t = "));
    CHECK(holds(crowd.err,
                " - its last finite state is v = -50 mV; it fires without end within one step: look at its reset and "
                "threshold\n"));
  }

  TEST_CASE("a plugin that throws or reports a failure ends the run with its name") {
    const Folder folder;
    folder.write("a.yaml", leaky_cell);
    const Start start{.folder = folder.path(), .environment = broken};
    const Ran throws = run_hillock({"run", "a.yaml", "--set", "integrator={use: throws, dt: 0.1}"}, start);
    CHECK(throws.status == 3);
    CHECK(throws.err == "error: plugin 'throws': the well is dry\n");
    const Ran at_open =
        run_hillock({"run", "a.yaml", "--set", "integrator={use: throws, dt: 0.1, when: at_open}"}, start);
    CHECK(at_open.status == 3);
    CHECK(at_open.err == "error: plugin 'throws': the well is dry\n");
    CHECK(folder.files() == std::vector<std::string>{"a.yaml"});
  }

  TEST_CASE("a model that throws in its equations is named, with what it threw, whatever steps it") {
    const Folder folder;
    const Start start{.folder = folder.path(),
                      .environment = {{"HILLOCK_PLUGIN_PATH", build_folder() + "/tests/unsound_plugins"}}};
    folder.write("a.yaml", R"(model: {use: throws_below}
integrator: {use: euler, dt: 0.1 ms}
simulate: {for: 2 ms, start: {v: -60}}
)");
    const std::string threw =
        "plugin 'throws_below' threw in rhs or another function that has to return a number: let it return NaN there "
        "(there is no rate below -50 mV)";
    // its loop, its functions in lanes, and those of a single neuron
    for (const char* integrator :
         {"{use: euler, dt: 0.1}", "{use: euler, dt: 0.1, spikes: located}", "{use: dopri5}"}) {
      CAPTURE(integrator);
      const Ran ran = run_hillock({"run", "a.yaml", "--set", std::string("integrator=") + integrator}, start);
      CHECK(ran.status == 3);
      CHECK(ran.err == "error: " + threw + "\n");
    }
    folder.write("b.yaml", R"(model: {use: throws_below}
integrator: {use: euler, dt: 0.1 ms}
simulate: {for: 2 ms}
sweep: {over: {simulate.start.v: [-60, 0]}, measure: [peak], traces: none}
)");
    const Ran ran = run_hillock({"run", "b.yaml", "--isolate"}, start);
    CHECK(ran.status == 3);
    const auto rows = lines_of(folder.read("results/b/summary.csv"));
    REQUIRE(rows.size() == 3);
    CHECK(rows[1].ends_with("," + threw));
    CHECK(rows[2].ends_with(",ok"));
  }

  TEST_CASE("a reader that tells nonsense is named, with what it told") {
    const Folder folder;
    const Start start{.folder = folder.path(), .environment = broken};
    const auto explored = [&](const std::string& name) {
      const std::string file = name + ".nonsense";
      folder.write(file, "x");
      const Ran ran = run_hillock({"explore", file}, start);
      CAPTURE(ran.err);
      CHECK(ran.status == (ran.err.empty() ? 0 : 3));
      const std::string begin = "error: plugin 'tells_nonsense' tells nonsense of '" + file + "': sweep 0 of its list ";
      return ran.err.starts_with(begin) ? ran.err.substr(begin.size()) : ran.err;
    };
    CHECK(explored("good") == "");
    CHECK(explored("dt_0") == "has a sample each 0 ms\n");
    CHECK(explored("dt_negative") == "has a sample each -0.1 ms\n");
    CHECK(explored("dt_nan") == "has a sample each nan ms\n");
    CHECK(explored("dt_infinite") == "has a sample each inf ms\n");
    CHECK(explored("t0_nan") == "begins at nan ms\n");
    CHECK(explored("samples_1") == "has 1 samples\n");
    CHECK(explored("samples_many") == "has 18446744073709551615 samples\n");
    CHECK(explored("no_channels") == "has channels that are nowhere\n");
    CHECK(explored("channel_size") == "has channels of 8 bytes each\n");
    CHECK(explored("no_name") == "has a channel without a name\n");
    CHECK(explored("no_unit") == "has a channel without a unit\n");
    CHECK(explored("kind_0") == "has the channel 'Im' of kind 0\n");
    CHECK(explored("kind_4") == "has the channel 'Im' of kind 4\n");
  }

  TEST_CASE("a plugin that crashes ends the run with its name, and finished cases are kept") {
    const Folder folder;
    folder.write("a.yaml", R"(model: {use: crashes}
integrator: {use: euler, dt: 0.1 ms}
simulate: {for: 10 ms}
sweep:
  cases:
    good: {input.I: 0}
    bad: {input.I: 1.5, simulate.every: 0.2 ms}
    later: {input.I: 0.5, simulate.every: 0.5 ms}
)");
    const Start start{.folder = folder.path(), .environment = broken};
    const Ran ran = run_hillock({"run", "a.yaml", "--jobs", "1"}, start);
    CHECK(ran.status == 3);
    CHECK(ran.err ==
          "error: plugin 'crashes' crashed (SIGSEGV); finished cases are in results/a.unfinished: --resume goes on "
          "with them\n");
    CHECK(!folder.has("results/a"));
    CHECK(lines_of(folder.read("results/a.unfinished/data/good.csv")).size() == 102);
    CHECK(!folder.has("results/a.unfinished/data/later.csv"));
    check_whole(folder / "results/a.unfinished");

    // nothing of it is lost when the run is repeated
    const Ran again = run_hillock({"run", "a.yaml", "--set", "sweep.cases.bad.input.I=1"}, start);
    CHECK(again.status == 0);
    CHECK(again.err == "note: what an interrupted run left is in results/a.unfinished.1\n");
    CHECK(folder.has("results/a.unfinished.1/data/good.csv"));
    CHECK(folder.has("results/a/data/later.csv"));
    CHECK(!folder.has("results/a.unfinished"));

    // and how much of it there is by now is told
    folder.write("results/a.unfinished/data/left.csv", "t\n");
    CHECK(
        run_hillock({"run", "a.yaml", "--set", "sweep.cases.bad.input.I=1"}, start).err ==
        "note: what an interrupted run left is in results/a.unfinished.2, beside 1 older: delete what is not needed\n");
  }

  TEST_CASE("a crash before any case is finished does not speak of finished cases") {
    const Folder folder;
    folder.write("a.yaml",
                 "model: {use: crashes}\ninput: {I: 2.5}\nintegrator: {use: euler, dt: 0.1}\nsimulate: {for: 10}\n");
    const Ran ran = run_hillock({"run", "a.yaml"}, {.folder = folder.path(), .environment = broken});
    CHECK(ran.status == 3);
    CHECK(ran.err == "error: plugin 'crashes' crashed (SIGABRT)\n");
  }

  TEST_CASE("with --isolate a crash loses its case alone, with status, plugin and parameters") {
    const Folder folder;
    folder.write("a.yaml", R"(model: {use: crashes}
integrator: {use: euler, dt: 0.1 ms}
simulate: {for: 10 ms}
sweep: {over: {input.I: [1.5, 0, 0.5, 2.5, 1]}, measure: [peak], traces: none}
)");
    const Start start{.folder = folder.path(), .environment = broken};
    const Ran ran = run_hillock({"run", "a.yaml", "--isolate", "--jobs", "2"}, start);
    CHECK(ran.status == 3);
    const auto rows = lines_of(folder.read("results/a/summary.csv"));
    REQUIRE(rows.size() == 6);
    CHECK(rows[1].ends_with(",plugin 'crashes' crashed (SIGSEGV)"));
    CHECK(rows[4].ends_with(",plugin 'crashes' crashed (SIGABRT)"));
    for (const std::size_t good : {2u, 3u, 5u}) CHECK(rows[good].ends_with(",ok"));
    CHECK(folder.read("results/a/failures.csv").find("input.I = 1.5") != std::string::npos);
    // what did not crash has the bits of a run without isolation
    run_hillock({"run", "a.yaml", "--set", "sweep.over={input.I: [0, 0.5, 1]}", "--out", "plain"}, start);
    const auto plain = lines_of(folder.read("plain/summary.csv"));
    REQUIRE(plain.size() == 4);
    const auto numbers = [](const std::string& row) { return row.substr(row.find(',')); };
    CHECK(numbers(plain[1]) == numbers(rows[2]));
    CHECK(numbers(plain[2]) == numbers(rows[3]));
    CHECK(numbers(plain[3]) == numbers(rows[5]));
  }

  TEST_CASE("with --isolate a plugin that exits, never ends, takes all memory or writes astray loses its case alone") {
    const Folder folder;
    const Start start{.folder = folder.path(),
                      .environment = {{"HILLOCK_PLUGIN_PATH", build_folder() + "/tests/unsound_plugins"}}};
    // below -50 mV the plugin does what its name says
    const auto statuses = [&](const std::string& id, const char* seconds = "100") {
      folder.write(id + ".yaml", "model: {use: " + id + "}\ninput: {I: 0}\nintegrator: {use: euler, dt: 0.1 ms}\n" +
                                     "simulate: {for: 2 ms, start: {v: 0}}\n"
                                     "sweep: {over: {simulate.start.v: [-60, 0]}, measure: [peak], traces: none}\n");
      const Ran ran = run_hillock({"run", id + ".yaml", "--isolate", "--seconds", seconds, "--memory", "256"}, start);
      CHECK(ran.status == 3);
      const auto rows = lines_of(folder.read("results/" + id + "/summary.csv"));
      REQUIRE(rows.size() == 3);
      CHECK(rows[2].ends_with(",ok"));
      return rows[1].substr(rows[1].rfind(',') + 1);
    };
    CHECK(statuses("exits") == "plugin 'exits' ended the program (exit)");
    CHECK(statuses("writes_astray") == "its process gave back what is no result");
    CHECK(statuses("endless", "1") == "plugin 'endless' used up its processor time (SIGXCPU)");
#ifndef HILLOCK_SANITIZED
    CHECK(statuses("eats_memory") == "plugin 'eats_memory' wanted more memory than it may have (new)");
#endif
  }

  TEST_CASE("with --isolate a profile of a fit that kills its process loses one number of a table") {
    const Folder folder;
    const Start start{.folder = folder.path(),
                      .environment = {{"HILLOCK_PLUGIN_PATH", build_folder() + "/tests/unsound_plugins"}}};
    std::string cell = "time_ms,voltage_mV,current_pA\n";
    for (int t = 0; t < 100; ++t) cell += std::to_string(t) + ",1,0\n";
    folder.write("cell.csv", cell);
    // the search stays near -30 mV, and a fifth of the range below the plugin ends the program
    folder.write(
        "fit.yaml",
        "model: {use: exits}\ndrive: {gain: 1}\nintegrator: {use: euler, dt: 0.1 ms}\nsimulate: {start: {v: -30}}\n"
        "fit: {data: {file: cell.csv}, free: {simulate.start.v: {from: -100, to: 100}}, loss: mse, starts: 1, "
        "optimizer: {use: cma_es, sigma: 0.001, evaluations: 20}, profile: 2}\n");
    const Ran ran = run_hillock({"run", "fit.yaml", "--isolate"}, start);
    CAPTURE(ran.err);
    CHECK(ran.status == 0);
    CHECK(ran.out.find("Lost: plugin 'exits' ended the program (exit)") != std::string::npos);
    CHECK(ran.out.find(" lost ") != std::string::npos);
  }

  TEST_CASE("--seconds and --memory are of --isolate, and work of one piece is isolated as a whole") {
    const Folder folder;
    const Start start{.folder = folder.path(),
                      .environment = {{"HILLOCK_PLUGIN_PATH", build_folder() + "/tests/unsound_plugins"}}};
    CHECK(run_hillock({"run", "a.yaml", "--seconds", "5"}, start).err.find("--isolate") != std::string::npos);
    const auto run = [&](const std::string& id, const std::string& more, const char* seconds = "100") {
      folder.write("one.yaml", "model: {use: " + id + "}\ninput: {I: 0}\nintegrator: {use: euler, dt: 0.1 ms}\n" +
                                   "simulate: {for: 2 ms, start: {v: -60}}\n" + more);
      return run_hillock({"run", "one.yaml", "--isolate", "--seconds", seconds, "--memory", "256"}, start);
    };
    const Ran good = run("izhikevich", "expect: {spike_count: [0, 0]}\n");
    CHECK(good.status == 0);
    CHECK(good.err == "");
    CHECK(std::filesystem::exists(folder.path() / "results/one/report.html"));
    const Ran bad = run("izhikevich", "simulated: {}\n");
    CHECK(bad.status == 2);
    CHECK(bad.err.starts_with("one.yaml:5:1: error: "));
    const Ran exits = run("exits", "");
    CHECK(exits.status == 3);
    CHECK(exits.err == "error: plugin 'exits' ended the program (exit)\n");
    CHECK(run_hillock({"run", "one.yaml", "--isolate", "--out", "other/"}, start).status == 3);
    CHECK(!folder.has("other.unfinished"));
    const Ran throws = run("throws_below", "");
    CHECK(throws.status == 3);
    CHECK(throws.err ==
          "error: plugin 'throws_below' threw in rhs or another function that has to return a number: let it return "
          "NaN there (there is no rate below -50 mV)\n");
    const Ran astray = run("writes_astray", "");
    CHECK(astray.status == 3);
    CHECK(
        astray.err ==
        "error: the process of the run of 'one.yaml' gave back what is no exit status: a plugin wrote into what is not "
        "its own; do not trust the result\n");
    const Ran endless = run("endless", "", "1");
    CHECK(endless.status == 3);
    CHECK(endless.err == "error: plugin 'endless' used up its processor time (SIGXCPU)\n");
    CHECK(!folder.has("results/one.unfinished"));  // nothing was finished in it
  }

  TEST_CASE("a run in a process of its own that is killed from outside says what is kept") {
    const Folder folder;
    folder.write("loop.yaml",
                 "model: {use: izhikevich}\ninput: {I: 10}\nintegrator: {use: euler, dt: 0.25 ms}\n"
                 "simulate: {for: 200 ms, every: 1 ms, record: [v, I]}\n"
                 "generate: {turns: 500, each: 20 ms, forecast: {by: [{use: naive}], horizon: 2 ms}, "
                 "adjust: {input.I.value: {toward: residual_mean, gain: 0.1, within: [5, 20]}}}\n");
    const Ran ran = run_hillock({"run", "loop.yaml", "--isolate"},
                                {.folder = folder.path(), .meanwhile = [&](pid_t process) {
                                   const auto kept = [&] {
                                     const fs::path journal = folder / "results/loop.unfinished/journal";
                                     return fs::exists(journal) && fs::file_size(journal) > 5000;
                                   };
                                   CHECK(wait_until(kept));
                                   std::ifstream children(fmt::format("/proc/{0}/task/{0}/children", process));
                                   for (pid_t child = 0; children >> child;) ::kill(child, SIGKILL);
                                 }});
    CHECK(ran.status == 3);
    CHECK(holds(ran.err,
                "error: the run of 'loop.yaml' crashed (SIGKILL)\n"
                "finished cases are in results/loop.unfinished: --resume goes on with them\n"));
  }

  TEST_CASE("a plugin that overflows the stack of a worker thread is named") {
    const Folder folder;
    folder.write("a.yaml", R"(model: {use: crashes}
integrator: {use: euler, dt: 0.1 ms}
simulate: {for: 10 ms}
sweep:
  cases:
    good: {input.I: 0}
    first: {input.I: 3.5, simulate.every: 0.2 ms}
    second: {input.I: 3.5, simulate.every: 0.3 ms}
    third: {input.I: 3.5, simulate.every: 0.4 ms}
)");
    const Ran ran = run_hillock({"run", "a.yaml", "--jobs", "3"}, {.folder = folder.path(), .environment = broken});
    CHECK(ran.status == 3);
    CHECK(ran.err.starts_with("error: plugin 'crashes' crashed (SIGSEGV)"));
  }

  TEST_CASE("a recording whose run fails is no recording") {
    const Folder folder;
    folder.write("cell.yaml",
                 "model: {use: not_finite}\nreadout: {of: v}\ndrive: {of: I, gain: 1}\ninput: {I: 2}\n"
                 "integrator: {use: euler, dt: 0.1}\nsimulate: {for: 10}\n");
    folder.write("a.yaml",
                 "compare:\n  data: {file: cell.yaml}\n  models: {lif: {model: {use: lif}}}\n"
                 "integrator: {use: euler, dt: 0.1}\n");
    const Ran ran = run_hillock({"run", "a.yaml"}, {.folder = folder.path(), .environment = broken});
    CHECK(ran.status == 3);
    CHECK(ran.err.starts_with(
        "a.yaml:2:16: error: the run of 'cell.yaml' cannot be a recording: not finite at t = 0.1 ms\n"));
    CHECK(holds(ran.err,
                "rhs of 'v' is no number at the start already, where I = 2 mV: keep what it divides by, or "
                "takes the root or logarithm of, away from there"));
    CHECK(!folder.has("results/a"));
    CHECK(!folder.has("results/a.unfinished"));
  }

  TEST_CASE("Ctrl-C ends a long run with status 130 and leaves no half-written file") {
    const std::string text = R"(model: {use: izhikevich}
input: {I: 10}
integrator: {use: rk4, dt: 0.001 ms}
simulate: {for: 10 ms}
sweep:
  cases:
    short: {}
    long: {simulate.for: 100 s, simulate.every: 1 ms}
)";
    for (const int number : {SIGINT, SIGTERM}) {
      CAPTURE(number);
      const Folder folder;
      folder.write("a.yaml", text);
      const Ran ran = run_hillock(
          {"run", "a.yaml"}, {.folder = folder.path(), .meanwhile = [&](pid_t process) {
                                CHECK(wait_until([&] { return folder.has("results/a.unfinished/data/short.csv"); }));
                                ::kill(process, number);
                              }});
      CHECK(ran.status == 130);
      CHECK(ran.err.ends_with("finished cases are in results/a.unfinished: --resume goes on with them\ninterrupted\n"));
      CHECK(!folder.has("results/a"));
      CHECK(!folder.has("results/a.unfinished/data/long.csv"));
      check_whole(folder / "results/a.unfinished");
      CHECK(lines_of(folder.read("results/a.unfinished/data/short.csv")).size() == 10'002);
    }
  }

  TEST_CASE("SIGTERM before anything is finished leaves nothing, also of a run in a process of its own") {
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"run", "a.yaml"}, {"run", "a.yaml", "--isolate"}}) {
      CAPTURE(words.size());
      const Folder folder;
      folder.write("a.yaml",
                   "model: {use: lif}\nintegrator: {use: rk4, dt: 0.001}\nsimulate: {for: 100 s, every: 1}\n");
      const Ran ran = run_hillock(words, {.folder = folder.path(), .meanwhile = [&](pid_t process) {
                                            CHECK(wait_until([&] { return folder.has("results/a.unfinished"); }));
                                            // as a batch system does, which asks all processes of a run
                                            std::ifstream children(fmt::format("/proc/{0}/task/{0}/children", process));
                                            for (pid_t child = 0; children >> child;) ::kill(child, SIGTERM);
                                            ::kill(process, SIGTERM);
                                          }});
      CHECK(ran.status == 130);
      CHECK(ran.err == "interrupted\n");
      CHECK(folder.files() == std::vector<std::string>{"a.yaml"});
      CHECK(!folder.has("results"));
    }
  }

  TEST_CASE("a second Ctrl-C ends the program at once") {
    const Folder folder;
    folder.write("a.yaml", "model: {use: lif}\nintegrator: {use: rk4, dt: 0.001}\nsimulate: {for: 100 s, every: 1}\n");
    const Ran ran =
        run_hillock({"test", "a.yaml"}, {.folder = folder.path(), .meanwhile = [&](pid_t process) {
                                           CHECK(wait_until([&] { return holds(maps_of(process), "/rk4.so"); }));
                                           ::kill(process, SIGINT), ::kill(process, SIGINT);
                                         }});
    CHECK(ran.status == 130);
  }

  TEST_CASE("a run opens the plugins that its file names and no other") {
    const Folder folder;
    folder.write(
        "a.yaml",
        "model: {use: fitzhugh_nagumo}\nintegrator: {use: rk4, dt: 0.001}\nsimulate: {for: 100 s, every: 1}\n");
    std::string maps;
    const Ran ran =
        run_hillock({"run", "a.yaml"}, {.folder = folder.path(), .meanwhile = [&](pid_t process) {
                                          CHECK(wait_until([&] { return folder.has("results/a.unfinished"); }));
                                          maps = maps_of(process);
                                          ::kill(process, SIGINT);
                                        }});
    CHECK(ran.status == 130);
    std::size_t shipped = 0;
    for (const auto& entry : fs::directory_iterator(shipped_plugins())) {
      const std::string name = entry.path().filename().string();
      CAPTURE(name);
      ++shipped;
      // the alias is known from the symbols of the file, which is not opened for it
      CHECK(holds(maps, "/lib/hillock/plugins/" + name) == (name == "nagumo.so" || name == "rk4.so"));
    }
    CHECK(shipped > 10);
  }

  TEST_CASE("results that cannot be written are refused before the run") {
    const Folder folder;
    folder.write("a.yaml", leaky_cell);
    const Ran ran = run_hillock({"run", "a.yaml", "--out", "/proc/results"}, {.folder = folder.path()});
    CHECK(ran.status == 2);
    CHECK(ran.err.starts_with("error: cannot write results to '/proc/results': "));
    CHECK(folder.files() == std::vector<std::string>{"a.yaml"});
  }
}
