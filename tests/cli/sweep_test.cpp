// A sweep as its users meet it: interrupted at any moment, gone on with, shared among processes.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include "cli/program.hpp"
#include "engine/journal.hpp"
#include "file/node.hpp"
#include "skip.hpp"
#include "util/bytes.hpp"

using namespace hillock::test;
using hillock::ByteWriter, hillock::Journal, hillock::parse_yaml, hillock::read_source;

namespace {

// Long enough to be cut in the middle, also where instrumented code takes twenty times as long.
#ifdef HILLOCK_SANITIZED
const std::string side = "12";
#else
const std::string side = "40";
#endif
const std::string sweep =
    "model: {use: izhikevich}\n"
    "input: {I: 10}\n"
    "integrator: {use: euler, dt: 0.01 ms, spikes: located}\n"
    "simulate: {for: 300 ms, every: 1 ms}\n"
    "sweep:\n"
    "  over: {model.a: {from: 0.02, to: 0.1, count: " +
    side + "}, input.I: {from: 0, to: 20, count: " + side +
    "}}\n"
    "  measure: [spike_count, isi_cv, peak]\n"
    "  traces: 60\n";

const std::string two_seeds = sweep.substr(0, sweep.find("sweep:")) + "sweep: {over: {seed: [1, 2]}}\n";
Ran resumed_in(const Folder& folder, const std::string& out) {
  return run_hillock({"run", "sweep.yaml", "--out", out, "--resume"}, {.folder = folder.path()});
}

/// All that a result holds, wherever it was written to.
std::map<std::string, std::string> result(const Folder& folder, const std::string& name) {
  std::map<std::string, std::string> all;
  const std::string out = " --out " + name;
  for (const std::string& file : folder.files()) {
    if (!file.starts_with(name + "/")) continue;
    std::string& text = all[file.substr(name.size())] = folder.read(file);
    for (std::size_t at; (at = text.find(out)) != std::string::npos;) text.erase(at, out.size());
  }
  return all;
}

void same(const std::map<std::string, std::string>& a, const std::map<std::string, std::string>& b) {
  REQUIRE(a.size() == b.size());
  for (const auto& [file, text] : a) {
    REQUIRE(b.count(file) == 1);
    CHECK_MESSAGE(text == b.at(file), file);
  }
}

/// Waits until a process has added so many bytes to the records of an unfinished result, or has ended.
void wait_for_records(pid_t child, const fs::path& result, std::uintmax_t more) {
  const auto size = [file = fs::path(result.string() + ".unfinished/journal")] {
    std::error_code none;
    const auto n = fs::file_size(file, none);
    return none ? 0 : n;
  };
  const auto ended = [&] {
    siginfo_t state{};
    return ::waitid(P_PID, static_cast<id_t>(child), &state, WEXITED | WNOHANG | WNOWAIT) != 0 || state.si_pid != 0;
  };
  for (const auto enough = size() + more; size() < enough && !ended();)
    std::this_thread::sleep_for(std::chrono::microseconds(200));
}

bool has_mpi() { return fs::exists(fs::path(build_folder()) / "lib/hillock/modules/mpi.so"); }

/// Three processes, wherever this is and however few cores there are.
Ran run_three(const std::vector<std::string>& words, const Folder& folder, std::function<void(pid_t)> meanwhile = {}) {
  const std::map<std::string, std::string> environment{
      {"ASAN_OPTIONS", "detect_leaks=0"},  // what MPI leaves behind at the end is its own affair
      {"OMPI_ALLOW_RUN_AS_ROOT", "1"},
      {"OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1"},
      {"OMPI_MCA_rmaps_base_oversubscribe", "1"},
      {"OMPI_MCA_odls_base_sigkill_timeout", "2"}  // seconds between the signal that asks and the one that kills
  };
  return run_hillock(words, {.folder = folder.path(),
                             .environment = environment,
                             .meanwhile = std::move(meanwhile),
                             .by = {"mpirun", "-n", "3"}});
}

/// The process of a rank that runs in a folder; 0 if there is none.
pid_t process_of(int rank, const Folder& folder) {
  const std::string mark = "OMPI_COMM_WORLD_RANK=" + std::to_string(rank);
  std::error_code none;
  for (const auto& entry : fs::directory_iterator("/proc", none)) {
    if (fs::read_symlink(entry.path() / "cwd", none) != fs::canonical(folder.path())) continue;
    std::ifstream environment(entry.path() / "environ", std::ios::binary);
    for (std::string line; std::getline(environment, line, '\0');)
      if (line == mark) return std::stoi(entry.path().filename());
  }
  return 0;
}

}  // namespace

TEST_SUITE("sweep of the program") {
  TEST_CASE("killed at any moment and gone on with, it ends with the same files") {
    const Folder folder;
    folder.write("sweep.yaml", sweep);
    REQUIRE(run_hillock({"run", "sweep.yaml", "--out", "whole", "--jobs", "1"}, {.folder = folder.path()}).status == 0);
    int cut = 0;
    std::map<std::string, ino_t> written;
    const auto files = [&](const std::string& of) {
      std::map<std::string, ino_t> all;
      std::error_code none;
      for (const auto& entry : fs::directory_iterator(folder / of / "data", none)) {
        struct ::stat s {};
        if (entry.path().extension() == ".csv" && ::stat(entry.path().c_str(), &s) == 0)
          all[entry.path().filename()] = s.st_ino;
      }
      return all;
    };
    // a case whose samples are drawn takes 10 kB of the journal, 48 others together take 2 kB
    for (const auto& [signal, growth] : {std::pair{SIGKILL, 3000}, {SIGINT, 200000}, {SIGKILL, 300000}}) {
      const auto meanwhile = [&, by = signal, more = growth](pid_t child) {
        wait_for_records(child, folder / "parts", static_cast<std::uintmax_t>(more));
        ::kill(child, by);
      };
      const Ran killed = run_hillock({"run", "sweep.yaml", "--out", "parts", "--jobs", "1", "--resume"},
                                     {.folder = folder.path(), .meanwhile = meanwhile});
      cut += killed.status != 0;
      if (signal == SIGINT && killed.status == 130)
        CHECK(killed.err.find("finished cases are in parts.unfinished: --resume goes on with them") !=
              std::string::npos);
      // what was finished was not run again: its file is the one that it was; the last may have been cut off before its
      // record
      const auto now = files("parts.unfinished");
      if (killed.status != 0) {
        std::size_t again = 0;
        for (const auto& [name, number] : written) again += now.at(name) != number;
        CHECK(again <= 1);
        written = now;
      }
    }
    CHECK(cut > 0);
    CHECK(written.size() > 1);
    // what is left where a process dies while it writes a file
    if (folder.has("parts.unfinished")) {
      folder.write("parts.unfinished/data/.hillock-1-0.tmp", "time_ms,");
      folder.write("parts.unfinished/sweep.nc.part", "");
      // and where it dies between the spikes of a case and the record that this case is finished
      const std::string next = fmt::format("{:03}", written.size() + 1), spikes = folder.read("whole/spikes.csv"),
                        left = folder.read("parts.unfinished/spikes.csv");
      const std::size_t at = spikes.find("\n" + next + ",");
      if (at != std::string::npos && left.ends_with('\n') && left.find("\n" + next + ",") == std::string::npos)
        folder.write("parts.unfinished/spikes.csv", left + spikes.substr(at + 1, spikes.find('\n', at + 1) - at));
    }
    const Ran end =
        run_hillock({"run", "sweep.yaml", "--out", "parts", "--jobs", "1", "--resume"}, {.folder = folder.path()});
    CHECK(end.status == 0);
    CHECK(end.err.find("error") == std::string::npos);
    std::size_t again = 0;
    for (const auto& [name, number] : files("parts")) again += written.contains(name) && written.at(name) != number;
    CHECK(again <= 1);
    same(result(folder, "whole"), result(folder, "parts"));
    CHECK(!folder.has("parts.unfinished"));
    const Ran more =
        run_hillock({"run", "sweep.yaml", "--out", "parts", "--jobs", "1", "--resume"}, {.folder = folder.path()});
    CHECK(more.status == 0);
    CHECK(more.out == "results: parts/report.html (whole and unchanged: nothing was left to do)\n");
  }

  TEST_CASE("without room for its files it ends with a sentence, and goes on where there is some") {
    const Folder folder;
    folder.write("sweep.yaml", sweep);
    const std::vector<std::string> words{"run", "sweep.yaml", "--out", "parts", "--jobs", "1", "--resume"};
    // of a file that may not grow beyond 100 kB; the samples of 48 cases are more
    const Ran full =
        run_hillock(words, {.folder = folder.path(), .by = {"sh", "-c", "ulimit -f 200; exec \"$0\" \"$@\""}});
    CHECK(full.status == 3);
    CHECK_MESSAGE(full.err.ends_with("finished cases are in parts.unfinished: --resume goes on with them\n"
                                     "error: cannot write 'parts.unfinished/journal': File too large\n"),
                  full.err);
    CHECK(run_hillock(words, {.folder = folder.path()}).status == 0);
    REQUIRE(run_hillock({"run", "sweep.yaml", "--out", "whole", "--jobs", "1"}, {.folder = folder.path()}).status == 0);
    same(result(folder, "whole"), result(folder, "parts"));
  }

  TEST_CASE("killed while it draws, it leaves no gnuplot, and gone on with it ends with the same files") {
    const Folder folder;
    folder.write("sweep.yaml",
                 "model: {use: lif}\ninput: {I: 400}\nintegrator: {use: euler, dt: 0.1 ms}\n"
                 "simulate: {for: 100 ms}\nsweep:\n  over: {input.I: [300, 500, 700], model.tau: [8, 12]}\n"
                 "  measure: [spike_count, mean_rate, isi_cv]\n");
    REQUIRE(run_hillock({"run", "sweep.yaml", "--out", "whole"}, {.folder = folder.path()}).status == 0);
    // each gnuplot says its number, and begins late
    folder.write("bin/gnuplot",
                 "#!/bin/sh\necho $$ >>\"$GNUPLOTS\"\nsleep 0.3\nPATH=${PATH#*:}\nexec gnuplot \"$@\"\n");
    fs::permissions(folder / "bin/gnuplot", fs::perms::owner_all);
    const std::string numbers = folder / "numbers";
    const std::map<std::string, std::string> late{{"PATH", (folder / "bin").string() + ":" + std::getenv("PATH")},
                                                  {"GNUPLOTS", numbers}};
    const auto drawn = [&] { return fs::exists(numbers) ? lines_of(contents(numbers)) : std::vector<std::string>(); };
    const auto alive = [](const std::string& process) {
      std::ifstream in("/proc/" + process + "/stat");
      std::string text;
      std::getline(in, text);
      return !text.empty() && text.find(") Z ") == std::string::npos;
    };
    const std::vector<std::string> words{"run", "sweep.yaml", "--out", "parts", "--resume"};
    const Ran killed = run_hillock(words, {.folder = folder.path(), .environment = late, .meanwhile = [&](pid_t child) {
                                             CHECK(wait_until([&] { return !drawn().empty(); }));
                                             ::kill(child, SIGKILL);
                                           }});
    if (!drawn().empty()) {  // where gnuplot is installed
      CHECK(killed.status == -SIGKILL);
      for (const std::string& process : drawn()) CHECK(wait_until([&] { return !alive(process); }));
    }
    // pictures that were left, damaged, are not shown
    folder.write("parts.unfinished/plots/sweep.svg", "damaged");
    folder.write("parts.unfinished/plots/traces.png.part", "damaged");
    REQUIRE(run_hillock(words, {.folder = folder.path()}).status == 0);
    same(result(folder, "whole"), result(folder, "parts"));
  }

  TEST_CASE("a journal that could not be begun holds nothing, and blocks no --resume") {
    const Folder folder;
    const std::string whole = sweep.substr(0, sweep.find("sweep:")) + "sweep: {over: {seed: [1, 2]}}\n";
    folder.write("sweep.yaml", whole);
    for (const char* left : {"", "hillock", "hillock journal 1 0123456789abcdef"}) {
      CAPTURE(left);
      folder.write("out.unfinished/journal", left);
      const Ran ran = run_hillock({"run", "sweep.yaml", "--out", "out", "--resume"}, {.folder = folder.path()});
      CHECK_MESSAGE(ran.status == 0, ran.err);
      CHECK(ran.err.empty());
      CHECK(!folder.has("out.unfinished"));
      fs::remove_all(folder / "out");
    }
    // where the first line finds no room, nothing is left
    const Ran full = run_hillock({"run", "sweep.yaml", "--out", "out", "--resume"},
                                 {.folder = folder.path(), .by = {"sh", "-c", "ulimit -f 0; exec \"$0\" \"$@\""}});
    CHECK(full.status == 3);
    CHECK(!folder.has("out.unfinished"));
    CHECK(run_hillock({"run", "sweep.yaml", "--out", "out", "--resume"}, {.folder = folder.path()}).status == 0);
  }

  TEST_CASE("what another sweep left is not gone on with") {
    const Folder folder;
    folder.write("sweep.yaml", sweep);
    fs::create_directories(folder / "out.unfinished");
    folder.write("out.unfinished/journal", "hillock journal 1 0123\n");
    const Ran ran = run_hillock({"run", "sweep.yaml", "--out", "out", "--resume"}, {.folder = folder.path()});
    CHECK(ran.status == 2);
    CHECK(ran.err ==
          "error: 'out.unfinished' was left by another run: the experiment, its plugins or its data have changed since "
          "- run without --resume, which puts it aside and begins anew\n");
    CHECK(folder.read("out.unfinished/journal") == "hillock journal 1 0123\n");
  }

  TEST_CASE("--set on a path that is swept is refused, as it would change nothing") {
    const Folder folder;
    folder.write("a.yaml",
                 "model: {use: izhikevich}\ninput: {I: 10}\nintegrator: {use: euler, dt: 0.25 ms}\n"
                 "simulate: {for: 20 ms}\nsweep: {over: {model.d: [2, 4]}}\n");
    const Ran ran = run_hillock({"run", "a.yaml", "--set", "model.d=3"}, {.folder = folder.path()});
    CHECK(ran.status == 2);
    CHECK(ran.err.starts_with("--set:1:9: error: 'model.d' is swept: each case has a value of its own\n"));
    CHECK(ran.err.find("write --set \"sweep.over={model.d: [...]}\"") != std::string::npos);
    CHECK(run_hillock({"run", "a.yaml", "--set", "model.a=0.03"}, {.folder = folder.path()}).status == 0);
    // what it does change
    const auto good = [&](const std::string& sweep, const std::string& set) {
      folder.write("b.yaml",
                   "model: {use: izhikevich}\ninput: {I: [{use: noise, sigma: 2}]}\nintegrator: {use: euler, "
                   "dt: 0.25 ms}\n" +
                       sweep);
      const Ran of = run_hillock({"run", "b.yaml", "--set", set}, {.folder = folder.path()});
      CHECK_MESSAGE(of.status == 0, of.err);
    };
    good("simulate: {for: 20 ms}\nsweep: {over: {model: [{a: 0.02}, {a: 0.1}]}}\n", "model.d=3");
    good("simulate: {for: 20 ms}\nsweep: {over: {model.d: [2, 4], model.a: [0.1]}, combine: one_at_a_time}\n",
         "model.d=3");
    good("simulate: {for: 20 ms, trials: 3}\n", "seed=7");
  }

  TEST_CASE("a record that is whole but does not fit the sweep is refused") {
    const Folder folder;
    folder.write("sweep.yaml", two_seeds);
    const auto resumed = [&] { return resumed_in(folder, "out"); };
    REQUIRE(resumed().status == 0);
    const std::string identity = parse_yaml(read_source(folder / "out/provenance.yaml")).find("identity")->text;
    fs::rename(folder / "out", folder / "whole");
    // of case 7, of which there is none; of no case, and with a byte too many; cut short
    ByteWriter of_case;
    of_case(std::vector<std::uint64_t>{7}), of_case(std::vector<double>{}), of_case(std::vector<std::uint8_t>{});
    for (int empty = 0; empty < 4; ++empty) of_case(std::uint64_t{0});
    const std::pair<std::string, std::string> records[] = {
        {std::move(of_case).bytes(), "a record does not fit the experiment"},
        {std::string(57, '\0'), "a record is longer than what it holds"},
        {"short", "a record is cut short"}};
    for (const auto& [record, why] : records) {
      fs::create_directories(folder / "out.unfinished");
      Journal(folder / "out.unfinished/journal", identity).append(record);
      const Ran ran = resumed();
      CHECK(ran.status == 2);
      CHECK_MESSAGE(ran.err.ends_with("error: 'out.unfinished' is damaged: " + why +
                                      " - run without --resume, which puts it aside and begins anew\n"),
                    ran.err);
      fs::remove_all(folder / "out.unfinished");
    }
  }

  TEST_CASE("a result that lacks nothing but its place is put there by --resume") {
    const Folder folder;
    folder.write("sweep.yaml", two_seeds);
    const auto resumed = [&] { return resumed_in(folder, "out/"); };
    REQUIRE(resumed().status == 0);
    const auto before = result(folder, "out");
    // as it is between the end of the journal and the new name; beside an older result, too
    for (const bool older : {false, true}) {
      CAPTURE(older);
      fs::rename(folder / "out", folder / "out.unfinished");
      if (older)
        folder.write("out/provenance.yaml",
                     "identity: of another\nexperiment: \"" + (folder / "sweep.yaml").string() + "\"\n");
      const Ran ran = resumed();
      CHECK(ran.status == 0);
      CHECK(ran.err == "");
      CHECK(ran.out == "results: out/report.html (whole and unchanged: nothing was left to do)\n");
      same(before, result(folder, "out"));
      CHECK(!folder.has("out.unfinished"));
    }
    // that of another experiment is not
    fs::rename(folder / "out", folder / "out.unfinished");
    folder.write("sweep.yaml", sweep.substr(0, sweep.find("sweep:")) + "sweep: {over: {seed: [3, 4]}}\n");
    CHECK(resumed().err == "note: what an interrupted run left is in out.unfinished.1\n");
  }

  TEST_CASE("--resume is for sweeps, --jobs at least one") {
    const Folder folder;
    folder.write("one.yaml", sweep.substr(0, sweep.find("sweep:")));
    Ran ran = run_hillock({"run", "one.yaml", "--resume"}, {.folder = folder.path()});
    CHECK(ran.status == 2);
    CHECK(ran.err ==
          "error: 'one.yaml' keeps no work in pieces: there is nothing to go on with - run it without --resume\n");
    ran = run_hillock({"run", "one.yaml", "--jobs", "0"}, {.folder = folder.path()});
    CHECK(ran.status == 2);
    CHECK(ran.err.find("--jobs") != std::string::npos);
  }

  TEST_CASE("a result of another experiment is not replaced") {
    const Folder folder;
    const std::string one = sweep.substr(0, sweep.find("sweep:"));
    folder.write("a/cell.yaml", one), folder.write("b/cell.yaml", one);
    REQUIRE(run_hillock({"run", "a/cell.yaml"}, {.folder = folder.path()}).status == 0);
    const auto before = result(folder, "results");
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"run", "b/cell.yaml"}, {"run", "b/cell.yaml", "--out", "results/cell"}}) {
      const Ran ran = run_hillock(words, {.folder = folder.path()});
      CHECK(ran.status == 2);
      CHECK(ran.err == "error: the result in 'results/cell' is of another file, '" + (folder / "a/cell.yaml").string() +
                           "', and would be replaced - choose another folder by --out, or move that away\n");
    }
    same(before, result(folder, "results"));
    CHECK(run_hillock({"run", "a/cell.yaml"}, {.folder = folder.path()}).status == 0);
  }

  TEST_CASE("failed cases have their rows and stop nothing") {
    const Folder folder;
    folder.write(
        "sweep.yaml",
        "model: {use: nagumo}\ninput: {I: 0.5}\nintegrator: {use: euler, dt: 0.5 ms}\nsimulate: {for: 100 ms}\n"
        "sweep: {over: {simulate.start.v: [0, 50, 1]}, measure: [peak]}\n");
    const Ran ran = run_hillock({"run", "sweep.yaml"}, {.folder = folder.path()});
    CHECK(ran.status == 3);
    CHECK(ran.err.find("error: case '2' stopped: not finite at t = ") == 0);
    const auto lines = lines_of(folder.read("results/sweep/failures.csv"));
    REQUIRE(lines.size() == 2);
    CHECK(lines[0] == "case,status,time (ms),parameters");
    CHECK(lines[1].starts_with("2,not finite at t = "));
    CHECK(lines_of(folder.read("results/sweep/summary.csv")).size() == 4);
  }

  TEST_CASE("a program without its module of MPI refuses to be one of several processes") {
    const Folder folder;
    folder.write("sweep.yaml", sweep);
    folder.write("bin/hillock", contents(program_file()));
    fs::permissions(folder / "bin/hillock", fs::perms::owner_all);
    const Ran ran =
        run_hillock({"run", "sweep.yaml"},
                    {.folder = folder.path(),
                     .environment = {{"OMPI_COMM_WORLD_SIZE", "2"}, {"HILLOCK_PLUGIN_PATH", shipped_plugins()}},
                     .program = folder / "bin/hillock"});
    CHECK(ran.status == 2);
    CHECK(ran.err ==
          "error: 2 processes were started to share a run, and this hillock has no module of MPI - "
          "install the package hillock-mpi, or build with ./hillock --with-mpi\n");
    CHECK(!folder.has("results"));
  }

  TEST_CASE("processes of mpirun share a sweep and leave the same files") {
    if (!has_mpi()) return skip("this build has no MPI");
    const Folder folder;
    folder.write("sweep.yaml", sweep);
    const std::vector<std::string> words{"run", "sweep.yaml", "--out", "one", "--jobs", "1"};
    REQUIRE(run_hillock(words, {.folder = folder.path()}).status == 0);
    const Ran ran = run_three({"run", "sweep.yaml", "--out", "three", "--jobs", "1"}, folder);
    CHECK_MESSAGE(ran.status == 0, ran.err);
    same(result(folder, "one"), result(folder, "three"));
  }

  TEST_CASE("a process of mpirun that is killed leaves what is finished, and the rest is gone on with") {
    if (!has_mpi()) return skip("this build has no MPI");
    const Folder folder;
    std::string longer = sweep;  // most of it is work for all
    longer.replace(longer.find("300 ms"), 6, "500 ms").replace(longer.find("traces: 60"), 10, "traces: 4");
    folder.write("sweep.yaml", longer);
    REQUIRE(run_hillock({"run", "sweep.yaml", "--out", "one", "--jobs", "1"}, {.folder = folder.path()}).status == 0);
    const std::vector<std::string> words{"run", "sweep.yaml", "--out", "three", "--jobs", "1", "--resume"};
    for (const int rank : {0, 1}) {
      CAPTURE(rank);
      const auto meanwhile = [&](pid_t mpirun) {
        pid_t process = 0;
        wait_until([&] { return (process = process_of(rank, folder)) != 0; });
        wait_for_records(mpirun, folder / "three", rank == 0 ? 3000 : 1);
        if (process != 0) ::kill(process, SIGKILL);
      };
      const Ran killed = run_three(words, folder, meanwhile);
      CHECK(killed.status != 0);
      if (folder.has("three")) continue;  // the first process was at the end before it was told
      CHECK_MESSAGE(
          killed.err.find("finished cases are in three.unfinished: --resume goes on with them\n") != std::string::npos,
          killed.err);
      CHECK((killed.err.find("the first process is gone; ") != std::string::npos) == (rank == 0));
    }
    const Ran end = run_three(words, folder);
    CHECK_MESSAGE(end.status == 0, end.err);
    same(result(folder, "one"), result(folder, "three"));
    const Ran more = run_three(words, folder);
    CHECK_MESSAGE(more.status == 0, more.err);
    CHECK(more.out == "results: three/report.html (whole and unchanged: nothing was left to do)\n");
  }
}
