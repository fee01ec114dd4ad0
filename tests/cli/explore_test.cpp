// explore: the table of a recording, its figure and page, the samples as text, and the data block that it ends with.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cmath>

#include "cli/program.hpp"
#include "cli/samples.hpp"
#include "host/axon_file.hpp"
#include "host/igor_file.hpp"
#include "host/loopback.hpp"

using namespace hillock::test;

namespace {

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// 200 MOhm and 20 ms under -50 pA from 100 to 250 ms, then two spikes under 300 pA from 500 to 700 ms.
std::string membrane() {
  std::string text = "time_ms,current_pA,voltage_mV\n";
  for (int k = 0; k < 8000; ++k) {
    const double t = 0.1 * k;
    const double I = t >= 100 - 1e-9 && t < 250 - 1e-9 ? -50 : t >= 500 - 1e-9 && t < 700 - 1e-9 ? 300 : 0;
    double v = -70 + (t < 100 ? 0 : -10 * (1 - std::exp(-(std::min(t, 250.0) - 100) / 20))) *
                         (t < 250 ? 1 : std::exp(-(t - 250) / 20));
    for (const double begin : {520.0, 600.0})  // triangles from -65 to 35 in 1 ms and back
      if (t > begin && t <= begin + 2) v = -65 + 100 * (1 - std::abs(t - begin - 1));
    text += fmt::format("{:.10g},{},{}\n", t, I, v);
  }
  return text;
}

/// Four sweeps of 200 ms at 20 kHz, voltage and current, steps of 0 to 300 pA from 50 to 150 ms; a spike in the last
/// two.
void write_tape(const fs::path& file) {
  axon::Tape tape;
  tape.version = 2.6F, tape.floats = true;
  tape.inputs = {{"Vm", "mV"}, {"Im", "pA"}};
  tape.sweeps.clear();
  for (int s = 0; s < 4; ++s) {
    std::vector<double> samples;
    for (int k = 0; k < 4000; ++k) {
      const bool on = k >= 1000 && k < 3000;
      const double after = 0.05 * (k - 2000);
      samples.push_back(s >= 2 && after > 0 && after <= 2 ? -60 + 90 * (1 - std::abs(after - 1))
                        : on                              ? -70 + 5 * s
                                                          : -70);
      samples.push_back(on ? 100 * s : 0);
    }
    tape.sweeps.push_back(samples);
  }
  axon::image_of(tape).write(file);
}

/// Words with one blank between them.
std::string collapsed(const std::string& text) {
  std::istringstream in(text);
  std::string out;
  for (std::string word; in >> word;) out += (out.empty() ? "" : " ") + word;
  return out;
}

/// What is printed from the table on, without the folder of the files.
std::string tables_of(const Ran& ran) { return ran.out.substr(ran.out.find("  sweep")); }

std::string refused(const Folder& folder, std::vector<std::string> words) {
  words.insert(words.begin(), "explore");
  words.push_back("--no-figures");
  const Ran ran = run_hillock(words, {.folder = folder.path()});
  CHECK(ran.status == 2);
  CHECK(!folder.has("results"));
  return ran.err;
}

}  // namespace

TEST_SUITE("explore") {
  TEST_CASE("the table has steps, spikes and features, and the data block is the last line") {
    const Folder folder;
    folder.write("cell.csv", membrane());
    const Ran ran = run_hillock({"explore", "cell.csv", "--no-figures"}, {.folder = folder.path()});
    CHECK(ran.status == 0);
    CHECK(ran.err.empty());
    const std::vector<std::string> lines = lines_of(ran.out);
    REQUIRE(lines.size() == 8);
    CHECK(lines[0] == "cell.csv");
    CHECK(lines[1] == "  1 sweep, read by csv");
    CHECK(lines[2] == "  length: 800 ms, 8000 samples at 10 kHz");
    CHECK(lines[3] == "  channels: voltage_mV in mV (voltage), current_pA in pA (current, recorded)");
    CHECK(
        collapsed(lines[4]) ==
        "sweep current spikes rate (Hz) latency (ms) rest (mV) threshold (mV) height (mV) width (ms) AHP (mV) R (MOhm) "
        "tau (ms) sag");
    // two spikes in 200 ms, the first crosses -10 mV 0.55 ms after 520 ms
    const std::string row = collapsed(lines[5]);
    CHECK(row.starts_with("0 -50 pA 100-250 ms, 300 pA 500-700 ms 2 10 20.55 -70 "));
    CHECK(holds(row, " 20 "));  // tau
    CHECK(lines[7] == fmt::format("data: {{file: {}}}", (fs::canonical(folder.path()) / "cell.csv").string()));
    CHECK(!folder.has("results"));
  }
  TEST_CASE("figure, page, features and records of a recording are a result like any other") {
    const Folder folder;
    write_tape(folder / "cell.abf");
    const Ran ran = run_hillock({"explore", "cell.abf"}, {.folder = folder.path()});
    CHECK(ran.status == 0);
    CHECK(ran.err.empty());
    CHECK(holds(ran.out, "\nresults: results/explore/cell/report.html\n"));
    CHECK(folder.files() == std::vector<std::string>{
                                "cell.abf", "results/explore/cell/plots/f_i.png", "results/explore/cell/plots/f_i.svg",
                                "results/explore/cell/plots/traces.png", "results/explore/cell/plots/traces.svg",
                                "results/explore/cell/provenance.yaml", "results/explore/cell/report.html",
                                "results/explore/cell/spikes.csv", "results/explore/cell/summary.csv"});
    const std::vector<std::string> summary = lines_of(folder.read("results/explore/cell/summary.csv"));
    REQUIRE(summary.size() == 5);
    CHECK(summary[0].starts_with(
        "case,stim_start (ms),stim_end (ms),stim_amplitude (pA),spike_count,spike_count_stimint,"));
    CHECK(summary[2].starts_with("sweep_1,50,150,100,0,0,0,"));
    CHECK(summary[3].starts_with("sweep_2,50,150,200,1,1,10,"));
    CHECK(holds(folder.read("results/explore/cell/provenance.yaml"), "/cell.abf: "));
    const Ran out = run_hillock({"explore", "cell.abf", "--out", "seen", "--sweep", "1"}, {.folder = folder.path()});
    CHECK(out.status == 0);
    CHECK(folder.has("seen/plots/traces.svg"));
    CHECK(!folder.has("seen/plots/f_i.svg"));
  }
  TEST_CASE("what is shown of another file is not replaced, nor in a folder that is named") {
    const Folder folder;
    write_tape(folder / "cell.abf");
    const auto explore = [&](std::vector<std::string> words) {
      words.insert(words.begin(), "explore");
      return run_hillock(words, {.folder = folder.path()});
    };
    CHECK(explore({"cell.abf", "--sweep", "1", "--csv", "cell.csv"}).status == 0);
    CHECK(explore({"cell.abf", "--sweep", "2"}).status == 0);
    const std::string record = folder.read("results/explore/cell/provenance.yaml");
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"cell.csv"}, {"cell.csv", "--out", "results/explore/cell"}}) {
      const Ran other = explore(words);
      CHECK(other.status == 2);
      CHECK(other.err == "error: the result in 'results/explore/cell' is of another file, '" +
                             (fs::canonical(folder.path()) / "cell.abf").string() +
                             "', and would be replaced - choose another folder by --out, or move that away\n");
    }
    CHECK(folder.read("results/explore/cell/provenance.yaml") == record);
    CHECK(explore({"cell.csv", "--no-figures"}).status == 0);
    CHECK(explore({"cell.csv", "--out", "seen"}).status == 0);
    CHECK(holds(folder.read("seen/provenance.yaml"), "/cell.csv: "));
  }
  TEST_CASE("the data block that is printed selects the same again in an experiment elsewhere") {
    const Folder folder, other;
    write_tape(folder / "cell.abf");
    const Ran ran = run_hillock({"explore", "cell.abf", "--sweep", "2", "--window", "20", "180", "--set",
                                 "spikes.threshold=-20", "--no-figures"},
                                {.folder = folder.path()});
    REQUIRE_MESSAGE(ran.status == 0, ran.err);
    const std::string block = ran.out.substr(ran.out.find("\ndata:") + 1);
    CHECK(holds(block, "sweep: 2"));
    CHECK(holds(block, "window: [20 ms, 180 ms]"));
    std::string experiment = "compare:\n";
    for (const std::string& line : lines_of(block)) experiment += "  " + line + "\n";
    experiment +=
        "  models: {lif: {model: {use: lif}}}\n  measure: [spike_count, voltage_base]\n"
        "integrator: {use: euler, dt: 0.05}\n";
    other.write("compare.yaml", experiment);
    const Ran again = run_hillock({"explore", "compare.yaml", "--no-figures"}, {.folder = other.path()});
    REQUIRE_MESSAGE(again.status == 0, again.err);
    CHECK(tables_of(again) == tables_of(ran));
    // and the comparison runs on the samples that --csv writes
    const Ran csv =
        run_hillock({"explore", "compare.yaml", "--csv", "cell.csv", "--no-figures"}, {.folder = other.path()});
    REQUIRE(csv.status == 0);
    CHECK(holds(csv.out, "written: cell.csv\n"));
    REQUIRE(run_hillock({"run", "compare.yaml"}, {.folder = other.path()}).status == 0);
    const std::vector<std::string> written = lines_of(other.read("cell.csv")),
                                   used = lines_of(other.read("results/compare/data/data.csv"));
    REQUIRE(written.size() == used.size());
    CHECK(written.size() == 1 + 3200);
    CHECK(written[0] == "time_ms,current_pA,voltage_mV");
    for (const std::size_t k : {std::size_t{1}, std::size_t{1650}, written.size() - 1}) {
      double t = 0, I = 0, v = 0, t2 = 0, I2 = 0, v2 = 0;
      REQUIRE(std::sscanf(written[k].c_str(), "%lf,%lf,%lf", &t, &I, &v) == 3);
      REQUIRE(std::sscanf(used[k].c_str(), "%lf,%lf,%lf", &t2, &v2, &I2) == 3);
      CHECK(std::abs(t - t2) < 1e-9);
      CHECK(I == I2);
      CHECK(v == v2);
    }
  }
  TEST_CASE("samples that were written are the same recording when they are read") {
    const Folder folder;
    write_tape(folder / "cell.abf");
    const Ran ran =
        run_hillock({"explore", "cell.abf", "--csv", "cell.csv", "--no-figures"}, {.folder = folder.path()});
    CHECK(ran.status == 0);
    CHECK(holds(ran.out, "written: cell_sweep0.csv to cell_sweep3.csv\n"));
    const Ran of_abf = run_hillock({"explore", "cell.abf", "--sweep", "2", "--no-figures"}, {.folder = folder.path()}),
              of_csv = run_hillock({"explore", "cell_sweep2.csv", "--no-figures"}, {.folder = folder.path()});
    CHECK(of_csv.status == 0);
    const std::string row = lines_of(tables_of(of_abf))[1], same = lines_of(tables_of(of_csv))[1];
    CHECK(row.substr(row.find("200 pA")) == same.substr(same.find("200 pA")));
  }
  TEST_CASE("sweeps are named by a number, a list or a range") {
    const Folder folder;
    write_tape(folder / "cell.abf");
    const auto rows = [&](const std::string& sweeps) {
      const Ran ran =
          run_hillock({"explore", "cell.abf", "--sweep", sweeps, "--no-figures"}, {.folder = folder.path()});
      std::string numbers;
      for (const std::string& line : lines_of(tables_of(ran)))
        if (line.size() > 6 && std::isdigit(static_cast<unsigned char>(line[2])) != 0) numbers += line[2];
      return numbers;
    };
    CHECK(rows("1") == "1");
    CHECK(rows("0,2") == "02");
    CHECK(rows("1-2") == "12");
  }
  TEST_CASE("voltage and current may have a file each, and the run of an experiment is a recording too") {
    const Folder folder;
    igor::Wave v, i;
    v.samples.assign(1000, -70), i.samples.assign(1000, 0);
    for (std::size_t k = 300; k < 700; ++k) i.samples[k] = 50, v.samples[k] = -60;
    i.unit = "pA";
    igor::image_of(v).write(folder / "v.ibw");
    igor::image_of(i).write(folder / "i.ibw");
    const Ran ran = run_hillock({"explore", "v.ibw", "i.ibw", "--no-figures"}, {.folder = folder.path()});
    CHECK(ran.status == 0);
    CHECK(holds(ran.out, "50 pA 30-70 ms"));
    const std::string where = fs::canonical(folder.path()).string();
    CHECK(holds(ran.out, fmt::format("voltage: {}/v.ibw", where)));
    folder.write("cell.yaml", leaky_cell);
    const Ran run = run_hillock({"explore", "cell.yaml", "--no-figures"}, {.folder = folder.path()});
    CHECK(run.status == 0);
    CHECK(holds(run.out, "  the run of cell.yaml\n"));
    CHECK(holds(run.out, "500 pA 20-180 ms"));
    CHECK(holds(run.out, fmt::format("data: {{file: {}/cell.yaml}}", where)));
    // the spike is seen where the voltage crosses -10 mV, 2 ms before the model resets it
    folder.write("pulse.yaml", R"(model: {use: izhikevich_2007, preset: regular_spiking}
input: {I: {use: step, from: 200 ms, to: 202 ms, amplitude: 2000}}
integrator: {use: rk4, dt: 0.05 ms, spikes: located}
simulate: {for: 1000 ms, record: [v, I]}
)");
    const Ran pulse = run_hillock({"explore", "pulse.yaml", "--no-figures"}, {.folder = folder.path()});
    CHECK_MESSAGE(holds(collapsed(pulse.out), "run 2000 pA 200-202 ms 1 33.33 2.9"), pulse.out);
  }
  TEST_CASE("the rheobase is said to be a bound where every step fires") {
    const Folder folder;
    write_tape(folder / "cell.abf");
    const auto rheobase = [&](const std::string& sweeps) {
      const Ran ran =
          run_hillock({"explore", "cell.abf", "--sweep", sweeps, "--no-figures"}, {.folder = folder.path()});
      for (const std::string& line : lines_of(ran.out))
        if (collapsed(line).starts_with("rheobase")) return collapsed(line);
      return std::string();
    };
    CHECK(rheobase("0-3") == "rheobase 200 pA 3 steps of 100 ms from 50 ms");
    CHECK(rheobase("2-3") == "rheobase <= 200 pA 2 steps of 100 ms from 50 ms; no smaller one is without spikes");
  }
  TEST_CASE("over the sweeps are means of like steps, which are named, or a reason") {
    const Folder folder;
    write_tape(folder / "cell.abf");
    const Ran tape = run_hillock({"explore", "cell.abf"}, {.folder = folder.path()});
    const std::string over = collapsed(tape.out);
    CHECK(holds(over, "input resistance not defined no time constant tells whether a step settles"));
    CHECK(holds(over, "time constant not defined no exponential fits a step that lasts 3 time constants"));
    const std::string page = folder.read("results/explore/cell/report.html");
    CHECK(!holds(page, "data/*.csv"));
    // -30 pA into 200 MOhm and 10 ms on -20 pA of holding current, then steps of 50 and 25 ms; the last does not settle
    axon::Tape t;
    t.version = 2.6F, t.floats = true;
    t.inputs = {{"Vm", "mV"}, {"Im", "pA"}};
    t.sweeps.clear();
    for (const double I : {-30.0, -60.0, 40.0}) {
      std::vector<double> samples;
      for (int k = 0; k < 4000; ++k) {
        const double at = 0.05 * k - 50, length = I > 0 ? 25 : 100;
        const double rise = at < 0 ? 0 : 1 - std::exp(-std::min(at, length) / 10);
        samples.push_back(-70 + 0.2 * I * rise * (at > length ? std::exp(-(at - length) / 10) : 1));
        samples.push_back(-20 + (at >= 0 && at < length ? I : 0));
      }
      t.sweeps.push_back(samples);
    }
    axon::image_of(t).write(folder / "held.abf");
    const std::string held =
        collapsed(run_hillock({"explore", "held.abf", "--no-figures"}, {.folder = folder.path()}).out);
    CHECK(holds(held, "resting voltage -70 ± 0 mV 3 sweeps, held at -20 pA"));
    CHECK(holds(held, "2 sweeps, steps of -60 to -30 pA for 100 ms time constant 10 ± "));
    const std::string only = collapsed(
        run_hillock({"explore", "held.abf", "--sweep", "0,2", "--no-figures"}, {.folder = folder.path()}).out);
    CHECK(holds(only, "input resistance 200 MOhm 1 sweep, steps of -30 pA for 100 ms"));
  }
  TEST_CASE("a voltage without a current is shown with its spikes, and what is missing is said") {
    const Folder folder;
    const std::string whole = membrane();
    std::string voltage;
    for (const std::string& line : lines_of(whole))
      voltage += line.substr(0, line.find(',')) + line.substr(line.rfind(',')) + "\n";
    folder.write("v.csv", voltage);
    const Ran ran = run_hillock({"explore", "v.csv", "--csv", "out.csv"}, {.folder = folder.path()});
    REQUIRE_MESSAGE(ran.status == 0, ran.err);
    CHECK(holds(ran.out, "\n  current: none; if a column has it, name it: --set columns.current=TITLE\n"));
    CHECK(holds(ran.out,
                "\n  no current is known, so rate, latency, adaptation and shape of spikes are of the whole sweep\n"));
    // two spikes in 800 ms, the first crosses -10 mV at 520.55 ms
    CHECK(collapsed(lines_of(tables_of(ran))[1]).starts_with("0 not recorded 2 2.5 520.5 "));
    CHECK(folder.read("out.csv").starts_with("time_ms,voltage_mV\n0,-70\n"));
    CHECK(lines_of(folder.read("results/explore/v/summary.csv"))[1].starts_with("sweep_0,,,,2,2,2.5,"));
    CHECK(!holds(folder.read("results/explore/v/report.html"), "Current (pA)"));
    const auto row = [&](const std::string& file) {
      return lines_of(tables_of(run_hillock({"explore", file, "--no-figures"}, {.folder = folder.path()})))[1];
    };
    CHECK(row("out.csv") == row("v.csv"));
    igor::Wave v;
    v.samples.assign(1000, -70);
    igor::image_of(v).write(folder / "v.ibw");
    CHECK(holds(run_hillock({"explore", "v.ibw", "--no-figures"}, {.folder = folder.path()}).out,
                "\n  current: none; if another file has it, name both: that of the voltage first\n"));
  }
  TEST_CASE("what cannot be explored is a sentence, and nothing is written") {
    const Folder folder;
    write_tape(folder / "cell.abf");
    folder.write("cell.dat", "x");
    CHECK(refused(folder, {"none.abf"}) == "error: there is no file 'none.abf'\n");
    CHECK(refused(folder, {"."}) == "error: '.' is a folder, not a recording - name a file in it\n");
    CHECK(refused(folder, {"cell.abf", "--sweep", "7"}) ==
          "error: 'cell.abf' has no sweep 7 - it has 4, numbers 0 to 3\n");
    CHECK(refused(folder, {"cell.abf", "--sweep", "5-9"}) ==
          "error: 'cell.abf' has no sweep from 5 to 9 - it has 4, numbers 0 to 3\n");
    CHECK(refused(folder, {"cell.abf", "--sweep", "one"}) ==
          "error: '--sweep one' names no sweeps - for example --sweep 3, --sweep 3,5,7 or --sweep 3-9\n");
    CHECK(refused(folder, {"cell.abf", "--sweep", ""}) ==
          "error: '--sweep ' names no sweeps - for example --sweep 3, --sweep 3,5,7 or --sweep 3-9\n");
    CHECK(refused(folder, {"cell.abf", "--sweep", "3-2"}) ==
          "error: '--sweep 3-2' is a range that runs backwards - did you mean 2-3?\n");
    CHECK(refused(folder, {"cell.abf", "i.csv", "cell.dat"}) ==
          "error: a recording is one file, or two of voltage and current - explore others one by one\n");
    CHECK(holds(refused(folder, {"cell.dat"}),
                "error: no reader is known by the ending of 'cell.dat' - say which: data: {use: csv, ...}\n"));
    folder.write("i.csv", "time_ms,current_pA\n0,1\n1,1\n2,1\n");
    CHECK(refused(folder, {"i.csv"}) ==
          "error: 'i.csv' has no voltage - name its column: --set columns.voltage=TITLE\n");
    igor::Wave i;
    i.samples.assign(10, 0), i.unit = "pA";
    igor::image_of(i).write(folder / "i.ibw");
    CHECK(refused(folder, {"i.ibw"}) ==
          "error: 'i.ibw' has no voltage - where each has a file of its own, name both: that of the voltage first\n");
    CHECK(refused(folder, {"i.ibw", "i.ibw"}) ==
          "error: 'i.ibw' has no voltage - name the file of the voltage first, then that of the current\n");
    CHECK(holds(refused(folder, {"cell.abf", "--sweep", "1", "--window", "500", "600"}),
                "error: the window from 500 to 600 ms holds no part of 'cell.abf' - it runs from 0 to 200 ms"));
    CHECK(holds(refused(folder, {"cell.abf", "--sweep", "1", "--window", "60", "50"}),
                "'window' ends at 50 ms, not after its begin at 60 ms"));
    CHECK(holds(refused(folder, {"cell.abf", "--set", "spike=3"}), "has no option 'spike'"));
    for (const std::string passive : {"passive=true", "passive.sweep=1"})
      CHECK(holds(refused(folder, {"cell.abf", "--set", passive}),
                  "error: explore shows the passive membrane of every sweep, and fits no other\n"));
    CHECK(refused(folder, {"cell.abf", "--sweep", "1,2,1"}) == "error: sweep 1 is listed twice\n");
    CHECK(refused(folder, {"cell.abf", "--csv", "no/where.csv"}) ==
          "error: cannot write 'no/where.csv': there is no folder 'no' - make it, or choose another\n");
  }
  TEST_CASE("samples are written to no input, folder, link or device, by whatever name") {
    const Folder folder;
    const std::string recorded = membrane();
    folder.write("m.csv", recorded);
    folder.write("v_sweep1.csv", "kept");
    fs::create_directory(folder / "folder");
    fs::create_symlink("m.csv", folder / "link.csv");
    fs::create_hard_link(folder / "m.csv", folder / "other.csv");
    write_tape(folder / "v.abf");
    fs::create_hard_link(folder / "v.abf", folder / "t_sweep3.abf");
    const auto sentence = [&](const std::string& file, const std::string& csv) {
      return refused(folder, {file, "--csv", csv});
    };
    CHECK(sentence("m.csv", "m.csv") == "error: cannot write 'm.csv': it is the input 'm.csv' - choose another name\n");
    CHECK(sentence("m.csv", "folder/../m.csv") ==
          "error: cannot write 'folder/../m.csv': it is the input 'm.csv' - choose another name\n");
    CHECK(sentence("m.csv", "other.csv") ==
          "error: cannot write 'other.csv': it is the input 'm.csv' - choose another name\n");
    CHECK(sentence("v.abf", "t.abf") ==
          "error: cannot write 't_sweep3.abf': it is the input 'v.abf' - choose another name\n");
    CHECK(sentence("v.abf", "link.csv") ==
          "error: cannot write 'link.csv': it is no regular file - choose another name\n");
    CHECK(sentence("m.csv", "/dev/null") ==
          "error: cannot write '/dev/null': it is no regular file - choose another name\n");
    CHECK(sentence("m.csv", "folder") == "error: cannot write 'folder': it is a folder - name a file in it\n");
    CHECK(sentence("m.csv", "folder/") == "error: cannot write 'folder/': it is a folder - name a file in it\n");
    folder.write("c.yaml",
                 "compare:\n  data: {file: m.csv}\n  models: {lif: {model: {use: lif}}}\n"
                 "integrator: {use: euler, dt: 0.05}\n");
    CHECK(holds(sentence("c.yaml", "m.csv"), "it is the input"));
    CHECK(holds(sentence("c.yaml", "c.yaml"), "it is the input 'c.yaml'"));
    CHECK(folder.read("m.csv") == recorded);
    CHECK(fs::is_symlink(folder / "link.csv"));
    // an older file that is none of these is replaced
    CHECK(run_hillock({"explore", "v.abf", "--csv", "v.csv", "--no-figures"}, {.folder = folder.path()}).status == 0);
    CHECK(folder.read("v_sweep1.csv").starts_with("time_ms,"));
  }
  TEST_CASE("samples are not written where their reader would refuse them") {
    const Folder folder;
    write_tape(folder / "v.abf");
    CHECK(holds(refused(folder, {"v.abf", "--csv", "v.csv", "--set", "normalise=[0, 1]"}),
                "error: --csv writes voltages in mV, not normalised ones\n"));
    CHECK(holds(refused(folder, {"v.abf", "--csv", "v.csv", "--set", "artefacts=[[20 ms, 30 ms]]"}),
                "error: --csv writes every sample, and artefacts have no voltage\n"));
    CHECK(folder.files() == std::vector<std::string>{"v.abf"});
  }
  TEST_CASE("a window shows its part of the steps of the whole sweep") {
    const Folder folder;
    folder.write("m.csv", membrane());
    const auto row = [&](const std::string& from, const std::string& to) {
      const Ran ran =
          run_hillock({"explore", "m.csv", "--window", from, to, "--no-figures"}, {.folder = folder.path()});
      REQUIRE_MESSAGE(ran.status == 0, ran.err);
      const std::vector<std::string> lines = lines_of(tables_of(ran));
      return collapsed(lines[0]) + "\n" + collapsed(lines[1]);
    };
    // begins under the step, so that its end is no stimulus: two spikes in 190 ms, without a latency
    const std::string late = row("510", "800");
    CHECK(late.starts_with("sweep current spikes rate (Hz) threshold"));
    CHECK(holds(late, "\n0 300 pA 510-700 ms 2 10.53 "));
    CHECK(holds(row("510", "690"), "\n0 300 pA 510-690 ms 2 11.11 "));
    CHECK(holds(row("400", "610"), "\n0 300 pA 500-610 ms 2 18.18 20.55 "));
    CHECK(holds(row("300", "450"), "\n0 0 pA 0 0"));
    const auto note = [&](const std::string& to) {
      return run_hillock({"explore", "m.csv", "--window", "510", to, "--no-figures"}, {.folder = folder.path()}).out;
    };
    const std::string beyond =
        "that tells most; the window reaches beyond sweep 0, of which the part within it is used\n";
    CHECK(holds(note("800.1"), beyond));
    CHECK(!holds(note("800"), beyond));
  }
  TEST_CASE("an interrupt ends a download that does not come on, without a result") {
    const Folder folder;
    const std::string link = "/api/v2/well_known_file_download/1";
    const Loopback server([&](const std::string& path) {
      return path == link
                 ? http(std::string(1000, ' ')).substr(0, 500) + Loopback::silence
                 : http(fmt::format(R"({{"success": true,)"
                                    R"( "msg": [{{"ephys_result": {{"well_known_files": [{{"download_link": "{}",)"
                                    R"( "well_known_file_type": {{"name": "NWBDownload"}}}}]}}}}]}})",
                                    link));
    });
    folder.write("cell.yaml",
                 fmt::format("compare:\n  data: {{use: allen, specimen: 1, server: \"{}\"}}\n", server.address));
    const Ran ran = run_hillock({"explore", "cell.yaml", "--out", "seen"},
                                {.folder = folder.path(),
                                 .environment = {{"XDG_CACHE_HOME", folder / "cache"}, {"no_proxy", "127.0.0.1"}},
                                 .meanwhile = [&](pid_t child) {
                                   CHECK(wait_until([&] {
                                     return fs::exists(folder / "cache/hillock/allen") &&
                                            !fs::is_empty(folder / "cache/hillock/allen");
                                   }));
                                   ::kill(child, SIGINT);
                                 }});
    CHECK(ran.status == 130);
    CHECK(ran.err == "interrupted\n");
    CHECK(folder.files() == std::vector<std::string>{"cell.yaml"});
  }

  TEST_CASE("an interrupt ends it after the present sweep, without a result") {
    const Folder folder;
    axon::Tape tape;
    tape.version = 2.6F, tape.floats = true;
    tape.inputs = {{"Vm", "mV"}, {"Im", "pA"}};
    tape.sweeps.assign(60, std::vector<double>(40000, -70));
    axon::image_of(tape).write(folder / "cell.abf");
    for (const int number : {SIGINT, SIGTERM}) {
      const Ran ran = run_hillock({"explore", "cell.abf", "--csv", "cell.csv", "--out", "seen"},
                                  {.folder = folder.path(), .meanwhile = [&](pid_t child) {
                                     wait_until([&] { return folder.has("cell_sweep0.csv"); });
                                     ::kill(child, number);
                                   }});
      CHECK(ran.status == 130);
      CHECK(ran.err == "interrupted\n");
      CHECK(!folder.has("cell_sweep59.csv"));
      CHECK(!folder.has("seen"));
      CHECK(!folder.has("seen.unfinished"));
      for (const std::string& file : folder.files())
        if (file.ends_with(".csv")) fs::remove(folder / file);
    }
  }
  TEST_CASE("pipes and devices are no recordings") {
    const Folder folder;
    REQUIRE(::mkfifo((folder / "pipe.csv").c_str(), 0600) == 0);
    CHECK(refused(folder, {"pipe.csv"}) == "error: 'pipe.csv' is no regular file\n");
    CHECK(refused(folder, {"/dev/zero", "--set", "use=csv"}) == "error: '/dev/zero' is no regular file\n");
    folder.write("c.yaml",
                 "compare:\n  data: {file: pipe.csv}\n  models: {lif: {model: {use: lif}}}\n"
                 "integrator: {use: euler, dt: 0.05}\n");
    const Ran ran = run_hillock({"check", "c.yaml"}, {.folder = folder.path()});
    CHECK(ran.status == 2);
    CHECK(holds(ran.err, "c.yaml:2:16: error: 'pipe.csv' is no regular file\n"));
  }
  TEST_CASE("the folder of the page is refused before the work") {
    const Folder folder;
    folder.write("m.csv", membrane());
    folder.write("mine/notes.txt", "kept");
    const Ran ran = run_hillock({"explore", "m.csv", "--out", "mine", "--csv", "s.csv"}, {.folder = folder.path()});
    CHECK(ran.status == 2);
    CHECK(ran.out.empty());
    CHECK(folder.files() == std::vector<std::string>{"m.csv", "mine/notes.txt"});
  }
}
