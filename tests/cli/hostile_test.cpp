// Plugins that lie, end the program or leave it changed: the run ends with a status that names them, and what is
// reported as good is what a clean run would give. Then names and files that are meant to confuse.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include "cli/program.hpp"
#include "cli/samples.hpp"

using namespace hillock::test;

namespace {

using Environment = std::map<std::string, std::string>;
const Environment broken{{"HILLOCK_PLUGIN_PATH", broken_plugins()}};

const std::string under_euler = "integrator: {use: euler, dt: 0.1 ms}\nsimulate: {for: 10 ms}\n";

}  // namespace

TEST_SUITE("hostile plugins") {
  TEST_CASE("a plugin that ends the program is named, whichever function it calls, and finished cases are kept") {
    const std::pair<const char*, const char*> ways[] = {
        {"0.5", "exit"}, {"1.5", "_exit"}, {"2.5", "quick_exit"}, {"3.5", "_Exit"}};
    for (const auto& [current, function] : ways) {
      CAPTURE(function);
      const Folder folder;
      folder.write("a.yaml", "model: {use: ends}\n" + under_euler +
                                 fmt::format("sweep:\n  cases:\n    good: {{input.I: 0}}\n    bad: {{input.I: {}, "
                                             "simulate.every: 0.2 ms}}\n",
                                             current));
      const Ran ran = run_hillock({"run", "a.yaml", "--jobs", "1"}, {.folder = folder.path(), .environment = broken});
      CHECK(ran.status == 3);
      CHECK(ran.err == fmt::format("error: plugin 'ends' ended the program ({}); finished cases are in "
                                   "results/a.unfinished: --resume goes on with them\n",
                                   function));
      CHECK(folder.has("results/a.unfinished/data/good.csv"));
      Environment at_load = broken;
      at_load["HILLOCK_TEST_ENDS"] = function;
      const Ran loaded = run_hillock({"check", "a.yaml"}, {.folder = folder.path(), .environment = at_load});
      CHECK(loaded.status == 3);
      CHECK(loaded.err == fmt::format("error: plugin 'ends' ended the program ({})\n", function));
    }
  }

  TEST_CASE("a plugin that rounds otherwise changes no other number when loaded, and is named when it runs") {
    const Folder folder;
    folder.write("a.yaml", "model: {use: izhikevich}\ninput: {I: 10}\n" + under_euler);
    folder.write("b.yaml", "model: {use: rounds}\ninput: {I: 0.7}\n" + under_euler);
    const Start start{.folder = folder.path(), .environment = broken};
    REQUIRE(run_hillock({"run", "a.yaml"}, start).status == 0);
    const std::string alone = folder.read("results/a/data/run.csv");
    REQUIRE(run_hillock({"run", "b.yaml", "a.yaml"}, start).status == 0);
    CHECK(folder.read("results/a/data/run.csv") == alone);
    const Ran ran = run_hillock({"run", "b.yaml", "--set", "input.I=1.5"}, start);
    CHECK(ran.status == 3);
    CHECK(ran.err ==
          "error: plugin 'euler', or the model 'rounds' under it, left the rounding of numbers changed - build it "
          "without -ffast-math\n");
  }

  TEST_CASE("what an integrator says is looked at before it is believed") {
    const std::pair<const char*, const char*> lies[] = {
        {"nan_state", "left a state that is no number"}, {"no_samples", "left samples out"},
        {"past", "told a spike out of its time"},        {"future", "told a spike out of its time"},
        {"unsorted", "told a spike out of its time"},    {"twice", "told a spike out of its time"},
        {"nan", "told a spike out of its time"}};
    const Folder folder;
    folder.write("a.yaml", "model: {use: lif}\nintegrator: {use: lies, dt: 0.1 ms}\nsimulate: {for: 10 ms}\n");
    const Start start{.folder = folder.path(), .environment = broken};
    REQUIRE(run_hillock({"run", "a.yaml"}, start).status == 0);
    for (const auto& [does, sentence] : lies) {
      CAPTURE(does);
      const Ran ran = run_hillock({"run", "a.yaml", "--set", fmt::format("integrator.does={}", does)}, start);
      CHECK(ran.status == 3);
      const std::string status = fmt::format("plugin 'lies' {} at t = 0 ms", sentence);
      CHECK(ran.err.find(fmt::format("error: case 'run' stopped: {} (params: ", status)) != std::string::npos);
      CHECK(folder.read("results/a/summary.csv").find(status) != std::string::npos);
      // what it said before that is kept: the start
      CHECK(lines_of(folder.read("results/a/data/run.csv")).size() == 2);
    }
  }

  TEST_CASE("a plugin that crashes when it is closed is named") {
    const Folder folder;
    folder.write(
        "a.yaml",
        "model: {use: lif}\nintegrator: {use: lies, dt: 0.1 ms, does: crash_at_close}\nsimulate: {for: 10 ms}\n");
    const Ran ran = run_hillock({"run", "a.yaml"}, {.folder = folder.path(), .environment = broken});
    CHECK(ran.status == 3);
    CHECK(ran.err == "error: plugin 'lies' crashed (SIGABRT)\n");
  }

  TEST_CASE("a threshold that is no number ends its neuron, which would never spike") {
    const Folder folder;
    folder.write("a.yaml", "model: {use: silent_threshold}\n" + under_euler +
                               "sweep: {cases: {well: {input.I: 0.5}, always: {input.I: 1.5}, "
                               "later: {input.I: {use: step, from: 5 ms, amplitude: 1.5}}}}\n");
    const Ran ran = run_hillock({"run", "a.yaml"}, {.folder = folder.path(), .environment = broken});
    CHECK(ran.status == 3);
    const std::vector<std::string> rows = lines_of(folder.read("results/a/summary.csv"));
    REQUIRE(rows.size() == 4);
    CHECK(rows[1].ends_with(",ok"));
    CHECK(rows[2].ends_with(",plugin 'silent_threshold' has a threshold that is no number at t = 0 ms"));
    CHECK(rows[3].find("plugin 'silent_threshold' has a threshold that is no number at t = ") != std::string::npos);
  }

  TEST_CASE("an optimizer that leaves its box and a forecaster that leaves numbers out are named") {
    const Folder folder;
    folder.write("cell.yaml", leaky_cell);
    folder.write("fit.yaml",
                 "model: {use: lif}\nintegrator: {use: rk4, dt: 0.1 ms}\n"
                 "fit:\n  data: {file: cell.yaml}\n  free: {model.g_L: {from: 1, to: 100}}\n"
                 "  loss: rmse\n  optimizer: {use: strays, evaluations: 10}\n");
    const Start start{.folder = folder.path(), .environment = broken};
    const Ran fit = run_hillock({"run", "fit.yaml"}, start);
    CHECK(fit.status == 3);
    CHECK(fit.err.find("optimizer 'strays' asks for a candidate outside the bounds") != std::string::npos);
    folder.write("forecast.yaml",
                 "base: cell.yaml\nforecast:\n  series: v\n  by: [{use: leaves_out}]\n  train: 50 ms\n"
                 "  horizon: 10 ms\n  origins: 2\n");
    const Ran forecast = run_hillock({"run", "forecast.yaml"}, start);
    CHECK(forecast.status == 3);
    CHECK((forecast.err + folder.read("results/forecast/summary.csv"))
              .find("plugin 'leaves_out' leaves numbers of its forecast out") != std::string::npos);
  }
}

TEST_SUITE("hostile names") {
  TEST_CASE("an experiment of any name replaces its own result, and no other") {
    for (const std::string name : {"a\"b: c.yaml", "tab\tin.yaml", "back\\slash: x.yaml", "it's.yaml"}) {
      CAPTURE(name);
      const Folder folder;
      folder.write(name, leaky_cell);
      const Start start{.folder = folder.path()};
      for (int times = 0; times < 2; ++times) {
        const Ran ran = run_hillock({"run", name, "--out", "out"}, start);
        CAPTURE(ran.err);
        CHECK(ran.status == 0);
      }
      folder.write("other.yaml", leaky_cell);
      CHECK(run_hillock({"run", "other.yaml", "--out", "out"}, start).status == 2);
    }
  }

  TEST_CASE("figures are drawn into a folder of any name") {
    for (const std::string name : {"line\nend", "tab\tin", "quote'd", "bytes\xff\xfe"}) {
      CAPTURE(name);
      const Folder folder;
      folder.write("a.yaml", leaky_cell);
      const Ran ran = run_hillock({"run", "a.yaml", "--out", name}, {.folder = folder.path()});
      CAPTURE(ran.err);
      CHECK(ran.status == 0);
      if (ran.err.find("gnuplot is not installed") != std::string::npos) return;
      CHECK(ran.err == "");
      std::size_t pictures = 0;
      for (const auto& entry : fs::directory_iterator(folder / name / "plots"))
        pictures += entry.path().extension() == ".png" ? 1 : 0;
      CHECK(pictures > 0);
    }
  }

  TEST_CASE("nothing that steers a terminal is sent to it") {
    const Folder folder;
    folder.write("a.yaml", "title: \"\\e[31mred\"\n" + leaky_cell + "expect: {\"\\e[2Jx\": [0, 1]}\n");
    const Start start{.folder = folder.path()};
    for (const char* command : {"run", "check", "test"}) {
      const Ran ran = run_hillock({command, "a.yaml"}, start);
      CHECK((ran.out + ran.err).find('\033') == std::string::npos);
    }
    const Ran named = run_hillock({"check", "\033]0;title\a.yaml"}, start);
    CHECK(named.err.find('\033') == std::string::npos);
    CHECK(named.err.find('\a') == std::string::npos);
  }

  TEST_CASE("a result is written though its experiment has gone, and names what was read") {
    const Folder folder;
    folder.write("a.yaml",
                 "model: {use: izhikevich}\nintegrator: {use: euler, dt: 0.1 ms}\n"
                 "simulate: {for: 3000 s, every: 10 s}\n");
    const Start start{.folder = folder.path()};
    REQUIRE(run_hillock({"run", "a.yaml", "--out", "first"}, start).status == 0);
    Start gone = start;
    gone.meanwhile = [&](pid_t) {
      CHECK(wait_until([&] { return folder.has("second.unfinished"); }));
      folder.write("a.yaml", "changed\n");
    };
    CHECK(run_hillock({"run", "a.yaml", "--out", "second"}, gone).status == 0);
    const auto hash = [&](const std::string& result) {
      for (const std::string& line : lines_of(folder.read(result + "/provenance.yaml")))
        if (line.find("a.yaml: ") != std::string::npos && line.starts_with("  ")) return line;
      return std::string();
    };
    CHECK(hash("first") != "");
    CHECK(hash("second") == hash("first"));
  }

  TEST_CASE("a pipe among the plugins is not waited for") {
    const Folder folder;
    REQUIRE(::mkfifo((folder / "endless.so").c_str(), 0600) == 0);
    const Ran ran = run_hillock({"plugins"}, {.environment = {{"HILLOCK_PLUGIN_PATH", folder.path().string()}}});
    CHECK(ran.status == 0);
    CHECK((ran.out + ran.err).find("endless.so' cannot be read: Invalid argument") != std::string::npos);
  }
}
