// diff and rerun: results held against one another.
#include <doctest/doctest.h>

#include "cli/program.hpp"

using namespace hillock::test;

namespace {

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

constexpr const char* experiment = R"(title: Two currents
model: {use: lif}
input: {I: 500 pA}
integrator: {use: rk4, dt: 0.1 ms}
simulate: {for: 50 ms}
sweep: {over: {input.I: [500 pA, 600 pA]}, measure: [spike_count, peak]}
)";

/// Runs the experiment into a folder of results.
void run(const Folder& folder, const std::string& out, const std::vector<std::string>& more = {}) {
  std::vector<std::string> words = {"run", "a.yaml", "--out", out};
  words.insert(words.end(), more.begin(), more.end());
  REQUIRE(run_hillock(words, {.folder = folder.path()}).status == 0);
}

}  // namespace

TEST_SUITE("diff and rerun") {
  TEST_CASE("two runs of one file do not differ") {
    const Folder folder;
    folder.write("a.yaml", experiment);
    run(folder, "first"), run(folder, "second");
    const Ran ran = run_hillock({"diff", "first", "second"}, {.folder = folder.path()});
    CHECK(ran.status == 0);
    CHECK(ran.out == "no difference: first and second\n");
    CHECK(ran.err.empty());
  }

  TEST_CASE("diff names the number that was changed, and the columns and rows where results moved most") {
    const Folder folder;
    folder.write("a.yaml", experiment);
    run(folder, "first"), run(folder, "second", {"--set", "model.tau=12 ms"});
    const Ran ran = run_hillock({"diff", "first", "second"}, {.folder = folder.path()});
    CHECK(ran.status == 1);
    CHECK(holds(ran.out, "model.tau"));
    CHECK(holds(ran.out, "12 ms"));
    CHECK(holds(ran.out, "summary.csv"));
    CHECK(holds(ran.out, "spike_count"));
    CHECK(holds(ran.out, "Membrane Potential (mV)"));
    CHECK_FALSE(holds(ran.out, "command"));
  }

  TEST_CASE("diff names files that only one has") {
    const Folder folder;
    folder.write("a.yaml", experiment);
    run(folder, "first"), run(folder, "second", {"--set", "sweep.over={input.I: [500 pA, 600 pA, 700 pA]}"});
    const Ran ran = run_hillock({"diff", "first", "second"}, {.folder = folder.path()});
    CHECK(ran.status == 1);
    CHECK(holds(ran.out, "data/3.csv"));
    CHECK(holds(ran.out, "only in the second"));
    CHECK(holds(ran.out, "(rows)"));
  }

  TEST_CASE("diff tells of bytes that are in no number, of other titles, and of what is no number") {
    const Folder folder;
    folder.write("a.yaml", experiment);
    run(folder, "first");
    fs::copy(folder / "first", folder / "second", fs::copy_options::recursive);
    const std::string whole = folder.read("first/summary.csv");
    const auto said = [&](const std::string& text) {
      folder.write("second/summary.csv", text);
      const Ran ran = run_hillock({"diff", "first", "second"}, {.folder = folder.path()});
      CHECK(ran.status == 1);
      return ran.out;
    };
    CHECK(holds(said(whole.substr(0, whole.rfind(',')) + "\n"), "differs, and not in its numbers"));
    CHECK(holds(said("x" + whole), "(titles)"));
    // the peak, before the status of each case
    const std::vector<std::string> lines = lines_of(whole);
    REQUIRE(lines.size() == 3);
    const auto changed = [&](std::size_t row, const std::string& peak) {
      const auto end = lines[row].rfind(','), begin = lines[row].rfind(',', end - 1) + 1;
      return lines[row].substr(0, begin) + peak + lines[row].substr(end) + "\n";
    };
    const std::string out = said(lines[0] + "\n" + changed(1, "1e6") + changed(2, "nan"));
    CHECK_MESSAGE(holds(out, "nan"), out);
    CHECK_MESSAGE(!holds(out, "1e6"), out);
  }

  TEST_CASE("rerun finds the same bits and leaves nothing") {
    const Folder folder;
    folder.write("a.yaml", experiment);
    run(folder, "results/first", {"--set", "seed=3"});
    const Ran ran = run_hillock({"rerun", "results/first/"}, {.folder = folder.path()});
    CHECK(ran.status == 0);
    CHECK(ran.out == "results/first/: run again with the same bits\n");
    CHECK(ran.err.empty());
    CHECK_FALSE(folder.has("results/first.rerun"));
  }

  TEST_CASE("a result of any kind is repeated from its own record, titled or not") {
    const Folder folder;
    const std::string neuron = "model: {use: izhikevich}\ninput: {I: 10}\nintegrator: {use: euler, dt: 0.25 ms}\n",
                      cell = neuron + "simulate: {for: 300 ms}\n",
                      lif =
                          "model: {use: lif}\nintegrator: {use: euler, dt: "
                          "0.25 ms}\n",
                      noisy =
                          "model: {use: izhikevich}\ninput: {I: [{use: ornstein_uhlenbeck, mean: 8, sd: 3, tau: 5 ms, "
                          "every: 0.5 ms}]}\nintegrator: {use: euler, dt: 0.5 ms}\n",
                      search =
                          "loss: {use: van_rossum, tau: 20 ms}, optimizer: {use: cma_es, evaluations: 40}, starts: 1";
    folder.write("cell.yaml", cell + "drive: {gain: 0.02}\n");
    for (const char* name : {"in/a.csv", "in/b.csv"}) {
      std::string file = "time_ms,current_pA\n";
      for (int k = 0; k <= 200; ++k)
        file += std::to_string(k) + "," + std::to_string(name[3] == 'a' ? 500 : 700 + k % 9) + "\n";
      folder.write(name, file);
    }
    const std::string recorded = lif + "input: {I: {use: file, file: in/a.csv}}\nsimulate: {for: 150 ms}\n";
    const std::map<std::string, std::string> kinds{
        {"presets", cell + "sweep: {over: {model.preset: [chattering, regular_spiking]}}\n"},
        {"presets_one_at_a_time", neuron + "simulate: {for: 300 ms, start: {v: -60}}\nsweep: {over: {model.preset: "
                                           "[chattering, fast_spiking], input.I: [5, 8]}, combine: one_at_a_time}\n"},
        {"steps", cell + "sweep: {over: {integrator.dt: [0.25, 0.5]}}\n"},
        {"integrators", cell + "sweep: {over: {integrator: [{use: euler, dt: 0.25}, {use: rk4, dt: 0.5}, "
                               "{use: dopri5}]}}\n"},
        {"starts", cell + "sweep: {over: {simulate.start.v: [-70, -50], model.b: [0.2, 0.25]}, combine: zip}\n"},
        {"cases", cell + "sweep: {cases: {as_it_is: , fast: {model.a: 0.1}, slow: {model.d: 4, input.I: 7}}}\n"},
        {"cases_of_presets", cell + "sweep: {cases: {one: {model.preset: chattering}, two: {model: {preset: "
                                    "fast_spiking}}, three: {integrator.dt: 0.5, simulate.start.v: -50}}}\n"},
        {"cases_of_models", neuron + "simulate: {for: 300 ms}\nsweep: {cases: {one: {model: {use: lif}, input.I: 300}, "
                                     "two: {input: {I: {use: step, from: 9 ms, amplitude: 9}}}}}\n"},
        {"presets_from_another",
         "model: {use: izhikevich, preset: chattering}\ninput: {I: 10}\nintegrator: {use: euler, dt: 0.25 ms}\n"
         "simulate: {for: 300 ms}\nsweep: {over: {model.preset: [regular_spiking, fast_spiking], input.I: [5, 8]}, "
         "combine: one_at_a_time}\n"},
        {"cases_from_a_preset",
         "model: {use: izhikevich, preset: chattering}\ninput: {I: 10}\nintegrator: {use: euler, dt: 0.25 ms}\n"
         "simulate: {for: 300 ms}\nsweep: {cases: {one: {model.preset: fast_spiking}, two: {input.I: 8}}}\n"},
        {"models", cell + "sweep: {over: {model: [{use: izhikevich, preset: chattering}, {use: izhikevich}], input.I: "
                          "[5, 6]}}\n"},
        {"terms",
         "model: {use: izhikevich}\ninput: {I: [{use: step, from: 100 ms, amplitude: 8}]}\nintegrator: {use: "
         "euler, dt: 0.25 ms}\nsimulate: {for: 150 ms}\nsweep: {over: {input.I.0: [{from: 9 ms}, {amplitude: 15}]}}\n"},
        {"units",
         "integrator: {use: euler, dt: 0.25 ms}\ninput: {I: 10}\nsimulate: {for: 100 ms}\nsweep: {over: "
         "{model: [{use: lif}, {use: izhikevich}]}}\n"},
        {"files_of_cases", recorded + "sweep: {cases: {one: {input.I.file: in/b.csv}, two: {model.tau: 8}}}\n"},
        {"trials", noisy + "simulate: {for: 200 ms, trials: 3}\n"},
        {"own_noise", noisy + "simulate: {for: 200 ms}\nsweep: {over: {model.d: [4, 8]}, noise: independent}\n"},
        {"fit", lif +
                    "fit: {data: {file: cell.yaml}, free: {drive.gain: {from: 1, to: 200}, readout.shift: {from: -5, "
                    "to: 5}}, profile: 0, " +
                    search + "}\n"},
        {"compare",
         "compare:\n  data: {file: cell.yaml}\n  models: {lif: {model: {use: lif}, fit: {free: {drive.gain: "
         "{from: 1, to: 200}}}}}\n  fit: {" +
             search + "}\nintegrator: {use: euler, dt: 0.25 ms}\n"},
        {"forecast", noisy +
                         "simulate: {for: 400 ms}\nforecast: {series: u, by: [{use: naive}, {use: autoregressive}], "
                         "train: 200 ms, horizon: 10 ms, origins: 3}\n"},
        {"loop", noisy + "simulate: {for: 100 ms, record: [v, u, I]}\ngenerate: {turns: 2, each: 100 ms, forecast: "
                         "{series: v, by: {use: naive}, horizon: 10 ms}}\n"}};
    for (const auto& [name, text] : kinds) {
      CAPTURE(name);
      folder.write(name + ".yaml", text);
      const Ran first = run_hillock({"run", name + ".yaml"}, {.folder = folder.path()});
      REQUIRE_MESSAGE(first.status == 0, first.err);
      const Ran again = run_hillock({"rerun", "results/" + name}, {.folder = folder.path()});
      CHECK_MESSAGE(again.status == 0, again.out, again.err);
    }
  }

  TEST_CASE("the record of a sweep over files names them in full, and runs to the same spikes") {
    const Folder folder;
    folder.write("in/a.csv", "time_ms,current_pA\n0,500\n100,500\n200,500\n");
    folder.write("in/b.csv", "time_ms,current_pA\n0,700\n100,900\n200,700\n");
    const std::string recorded =
        "model: {use: lif}\ninput: {I: {use: file, file: in/a.csv}}\nintegrator: {use: euler, dt: 0.25 ms}\n"
        "simulate: {for: 150 ms}\n";
    for (const char* over :
         {"input.I.file: [in/a.csv, in/b.csv]", "input: [{I: 400}, {I: [{use: file, file: in/b.csv}]}]"}) {
      folder.write("files.yaml", recorded + "sweep: {over: {" + over + "}}\n");
      REQUIRE(run_hillock({"run", "files.yaml", "--out", "first"}, {.folder = folder.path()}).status == 0);
      const Ran again = run_hillock({"run", "first/experiment.yaml", "--out", "second"}, {.folder = folder.path()});
      REQUIRE_MESSAGE(again.status == 0, again.err);
      CHECK(folder.read("second/spikes.csv") == folder.read("first/spikes.csv"));
      CHECK(folder.read("second/experiment.yaml") == folder.read("first/experiment.yaml"));
      CHECK(lines_of(folder.read("first/spikes.csv")).size() > 5);
    }
  }

  TEST_CASE("rerun shows a number of the record that was changed by hand, and keeps the second run") {
    const Folder folder;
    folder.write("a.yaml", experiment);
    run(folder, "first");
    std::string text = folder.read("first/summary.csv");
    const std::size_t at = text.find("\n1,");
    REQUIRE(at != std::string::npos);
    text.replace(text.find(',', text.find(',', at + 3)) + 1, 1, "9");
    folder.write("first/summary.csv", text);
    const Ran ran = run_hillock({"rerun", "first"}, {.folder = folder.path()});
    CHECK(ran.status == 1);
    CHECK(holds(ran.out, "summary.csv"));
    CHECK(holds(ran.out, "first: the bits differ in summary.csv; the second run is in first.rerun\n"));
    CHECK(folder.has("first.rerun/summary.csv"));
  }

  TEST_CASE("what is no result is refused") {
    const Folder folder;
    folder.write("text/a.txt", "no result\n");
    CHECK(
        run_hillock({"diff", "text", "none"}, {.folder = folder.path()}).err ==
        "error: 'text' is no result of hillock: it has no provenance.yaml - name a folder that `hillock run` wrote\n");
    const Ran ran = run_hillock({"rerun", "text"}, {.folder = folder.path()});
    CHECK(ran.status == 2);
    CHECK(
        ran.err ==
        "error: 'text' holds no experiment.yaml: there is no run to repeat - name a folder that `hillock run` wrote\n");
  }
}
