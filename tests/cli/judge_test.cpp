// `hillock test`: what was expected, what was found, and where the file says so.
#include <doctest/doctest.h>

#include "cli/program.hpp"
#include "cli/samples.hpp"

using namespace hillock::test;

namespace {

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_SUITE("hillock test") {
  TEST_CASE("expectations that hold are counted, and nothing is written") {
    const Folder folder;
    folder.write("a.yaml", regular_spiking);
    const Ran ran = run_hillock({"test", "a.yaml"}, {.folder = folder.path()});
    CHECK(ran.status == 0);
    CHECK(ran.err.empty());
    CHECK(holds(ran.out, "a.yaml: as expected (1)\n"));
    CHECK(holds(ran.out, "1 of 1 files as expected, 1 expectations"));
    CHECK(folder.files() == std::vector<std::string>{"a.yaml"});
  }

  TEST_CASE("an expectation that fails is shown where it stands, with what was found, and gives status 1") {
    const Folder folder;
    folder.write("a.yaml", regular_spiking);
    const Ran ran = run_hillock({"test", "a.yaml", "--set", "model.d=2"}, {.folder = folder.path()});
    CHECK(ran.status == 1);
    CHECK(holds(ran.out,
                "a.yaml:10:10: error: expected spike_count in [5, 5]\n"
                "  10 | expect: {spike_count: [5, 5]}\n"
                "     |          ^~~~~~~~~~~ found 1"));
    CHECK(holds(ran.out, "0 of 1 files as expected, 1 expectations"));
  }

  TEST_CASE("a file that asks a server is checked and not run, but one that has kept its answers is run") {
    const Folder folder;
    const std::string neuron =
        "model: {use: izhikevich}\ninput: {I: 10}\nintegrator: {use: euler, dt: 0.25 ms}\nsimulate: {for: 100 ms}\n";
    folder.write("a.yaml", neuron + "forecast: {by: {use: timegpt}, horizon: 10 ms}\nexpect: {timegpt.mae: [0, 1]}\n");
    const Ran ran = run_hillock({"test", "a.yaml"}, {.folder = folder.path()});
    CHECK(ran.status == 0);
    CHECK(holds(ran.out, "a.yaml: good, and not run: it asks a server\n"));
    CHECK(holds(ran.out, "0 of 0 files as expected, 0 expectations; 1 not run"));
    folder.write("b.yaml", neuron + "forecast: {by: {use: timegpt, record: kept, freq: 1 1}, horizon: 10 ms}\n");
    const Ran refused = run_hillock({"test", "b.yaml"}, {.folder = folder.path()});
    CHECK(refused.status == 3);
    CHECK(
        holds(refused.err, "case 'timegpt' failed: plugin 'timegpt': `freq` holds a character that no such name has"));
  }

  TEST_CASE("spike times are held against each other one by one") {
    const Folder folder;
    std::string text = regular_spiking;
    text.replace(text.find("expect:"), std::string::npos,
                 "expect: {spike_times: {are: [24, 42.5, 88, 133.5, 179], within: 0 ms}}\n");
    folder.write("a.yaml", text);
    CHECK(run_hillock({"test", "a.yaml"}, {.folder = folder.path()}).status == 0);
    const Ran moved = run_hillock({"test", "a.yaml", "--set", "expect.spike_times.are=[24, 42.5, 88.5, 133.5, 179]"},
                                  {.folder = folder.path()});
    CHECK(moved.status == 1);
    CHECK(holds(moved.out, "expected 5 spikes within 0 ms"));
    CHECK(holds(moved.out, "found 5 spikes, spike 3 at 88 ms, expected at 88.5 ms"));
    const Ran fewer =
        run_hillock({"test", "a.yaml", "--set", "expect.spike_times.are=[24, 42.5]"}, {.folder = folder.path()});
    CHECK(fewer.status == 1);
    CHECK(holds(fewer.out, "found 5 spikes"));
  }

  TEST_CASE("a bound carries a unit of its own") {
    const Folder folder;
    folder.write("a.yaml", regular_spiking);
    CHECK(run_hillock({"test", "a.yaml", "--set",
                       "expect={time_to_first_spike: [0.0235 s, 0.0245 s], mean_rate: [0.025 kHz, 25]}"},
                      {.folder = folder.path()})
              .status == 0);
  }

  TEST_CASE("without the name of a case, every case has to be as expected") {
    const Folder folder;
    folder.write("a.yaml", three_cases);
    CHECK(run_hillock({"test", "a.yaml"}, {.folder = folder.path()}).status == 0);
    const Ran all =
        run_hillock({"test", "a.yaml", "--set", "expect={spike_count: [1, 20]}"}, {.folder = folder.path()});
    CHECK(all.status == 1);
    CHECK(holds(all.out, "expected spike_count of 'none' in [1, 20]"));
    CHECK(holds(all.out, "found 0"));
    CHECK(!holds(all.out, "'weak'"));
  }

  TEST_CASE("a comparison is judged by model, by the best, and by the recording") {
    const Folder folder;
    folder.write("compare.yaml", comparison);
    folder.write("cell.yaml", leaky_cell);
    CHECK(run_hillock({"test", "compare.yaml"}, {.folder = folder.path()}).status == 0);
    const Ran data = run_hillock({"test", "compare.yaml", "--set", "expect={data.spike_count: [10, 10]}"},
                                 {.folder = folder.path()});
    CHECK_MESSAGE(data.status == 0, data.out);
    const Ran worse =
        run_hillock({"test", "compare.yaml", "--set", "expect={gamma: [0.9, 1.1]}"}, {.folder = folder.path()});
    CHECK(worse.status == 1);
    CHECK(holds(worse.out, "expected gamma of 'slow' in [0.9, 1.1]"));
    CHECK(!holds(worse.out, "'same'"));
    const Ran best =
        run_hillock({"test", "compare.yaml", "--set", "expect={best.gamma: [2, 3]}"}, {.folder = folder.path()});
    CHECK(best.status == 1);
    CHECK(holds(best.out, "expected best gamma (same) in [2, 3]"));
  }

  TEST_CASE("what a comparison expects of its recording is not held against another") {
    const Folder folder;
    folder.write("compare.yaml", comparison);
    folder.write("cell.yaml", leaky_cell);
    std::string faster = leaky_cell;
    faster.replace(faster.find("{use: lif}"), 10, "{use: lif, tau: 5 ms}");
    folder.write("other.yaml", faster);
    const std::string note =
        "note: what 'compare.yaml' expects is of its own recording, and is not held against another\n";
    for (const char* other : {"compare.data.file=other.yaml",
                              "compare.data={file: other.yaml, spikes: {threshold: -56 mV, rearm: -60 mV}}"}) {
      const Ran test = run_hillock({"test", "compare.yaml", "--set", other}, {.folder = folder.path()});
      CHECK(test.status == 0);
      CHECK(test.err == note);
      CHECK(holds(test.out, "compare.yaml: nothing is expected\n"));
      const Ran ran = run_hillock({"run", "compare.yaml", "--set", other}, {.folder = folder.path()});
      CHECK(ran.status == 0);
      CHECK(holds(ran.err, note));
      CHECK(!holds(folder.read("results/compare/report.html"), "best gamma"));
      CHECK(!holds(folder.read("results/compare/experiment.yaml"), "expect"));
    }
    // what is expected on the command line is meant for it
    const Ran meant = run_hillock(
        {"test", "compare.yaml", "--set", "compare.data.file=other.yaml", "--set", "expect={same.gamma: [0.999, 1]}"},
        {.folder = folder.path()});
    CHECK(meant.status == 1);
    CHECK(meant.err.empty());
  }

  TEST_CASE("a measure that has no value is not as expected, and says why") {
    const Folder folder;
    folder.write("a.yaml", regular_spiking);
    const Ran ran = run_hillock({"test", "a.yaml", "--set", "input.I=0", "--set", "expect={isi_mean: [0, 1e9]}"},
                                {.folder = folder.path()});
    CHECK(ran.status == 1);
    CHECK(holds(ran.out, "found not defined: fewer than two spikes"));
  }

  TEST_CASE("the gravest of several files decides the status") {
    const Folder folder;
    folder.write("good.yaml", regular_spiking);
    std::string failing = regular_spiking;
    failing.replace(failing.find("[5, 5]"), 6, "[6, 6]");
    folder.write("failing.yaml", failing);
    folder.write("broken.yaml", "model: {use: lif\n");
    const Start here{.folder = folder.path()};
    CHECK(run_hillock({"test", "good.yaml", "failing.yaml"}, here).status == 1);
    const Ran all = run_hillock({"test", "."}, here);
    CHECK(all.status == 2);
    CHECK(holds(all.out, "1 of 3 files as expected"));
    CHECK(holds(all.err, "broken.yaml:1:8: error: '{' is not closed"));
  }
}
