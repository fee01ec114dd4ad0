// A sweep as its users meet it: interrupted at any moment, gone on with, shared among processes.
#include <doctest/doctest.h>

#include "cli/program.hpp"

using namespace hillock::test;

namespace {

// Long enough to be cut in the middle, also where instrumented code takes twenty times as long.
#ifdef HILLOCK_SANITIZED
#define A_SIDE "12"
#else
#define A_SIDE "40"
#endif
const std::string sweep =
    "model: {use: izhikevich}\n"
    "input: {I: 10}\n"
    "integrator: {use: euler, dt: 0.01 ms, spikes: located}\n"
    "simulate: {for: 300 ms, every: 1 ms}\n"
    "sweep:\n"
    "  over: {model.a: {from: 0.02, to: 0.1, count: " A_SIDE "}, input.I: {from: 0, to: 20, count: " A_SIDE
    "}}\n"
    "  measure: [spike_count, isi_cv, peak]\n"
    "  traces: 60\n";

/// All that a result holds, but for the command that made it.
std::map<std::string, std::string> result(const Folder& folder, const std::string& name) {
  std::map<std::string, std::string> all;
  for (const std::string& file : folder.files())
    if (file.starts_with(name + "/") && !file.ends_with("report.html") && !file.ends_with("provenance.yaml"))
      all[file.substr(name.size())] = folder.read(file);
  return all;
}

void same(const std::map<std::string, std::string>& a, const std::map<std::string, std::string>& b) {
  REQUIRE(a.size() == b.size());
  for (const auto& [file, text] : a) {
    REQUIRE(b.count(file) == 1);
    CHECK_MESSAGE(text == b.at(file), file);
  }
}

}  // namespace

TEST_SUITE("sweep of the program") {
  TEST_CASE("killed at any moment and gone on with, it ends with the same files") {
    const Folder folder;
    folder.write("sweep.yaml", sweep);
    REQUIRE(run_hillock({"run", "sweep.yaml", "--out", "whole", "--jobs", "1"}, {.folder = folder.path()}).status == 0);
    int cut = 0;
    for (const int signal : {SIGKILL, SIGINT, SIGKILL}) {
      const Ran killed =
          run_hillock({"run", "sweep.yaml", "--out", "parts", "--jobs", "1", "--resume"},
                      {.folder = folder.path(), .meanwhile = [&](pid_t child) {
                         const fs::path journal = folder / "parts.unfinished/journal";
                         const auto size = [&] {
                           std::error_code none;
                           const auto n = fs::file_size(journal, none);
                           return none ? 0 : n;
                         };
                         const auto before = size();
                         for (int i = 0; i < 20000 && size() < before + 3000; ++i) {
                           siginfo_t ended{};
                           if (::waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
                               ended.si_pid != 0)
                             return;
                           std::this_thread::sleep_for(std::chrono::microseconds(500));
                         }
                         ::kill(child, signal);
                       }});
      cut += killed.status != 0;
      if (signal == SIGINT && killed.status == 130)
        CHECK(killed.err.find("finished cases are in parts.unfinished: --resume goes on with them") !=
              std::string::npos);
    }
    CHECK(cut > 0);
    const Ran end = run_hillock({"run", "sweep.yaml", "--out", "parts", "--resume"}, {.folder = folder.path()});
    CHECK(end.status == 0);
    CHECK(end.err.find("error") == std::string::npos);
    same(result(folder, "whole"), result(folder, "parts"));
    CHECK(!folder.has("parts.unfinished"));
    const Ran again = run_hillock({"run", "sweep.yaml", "--out", "parts", "--resume"}, {.folder = folder.path()});
    CHECK(again.status == 0);
    CHECK(again.out == "results: parts/report.html (whole and unchanged: nothing was left to do)\n");
  }

  TEST_CASE("what another sweep left is not gone on with") {
    const Folder folder;
    folder.write("sweep.yaml", sweep);
    fs::create_directories(folder / "out.unfinished");
    folder.write("out.unfinished/journal", "hillock journal 1 0123\n");
    const Ran ran = run_hillock({"run", "sweep.yaml", "--out", "out", "--resume"}, {.folder = folder.path()});
    CHECK(ran.status == 2);
    CHECK(
        ran.err ==
        "error: 'out.unfinished' was left by another run: the experiment, its plugins or its data have changed since - run "
        "without --resume, which puts it aside and begins anew\n");
    CHECK(folder.read("out.unfinished/journal") == "hillock journal 1 0123\n");
  }

  TEST_CASE("--resume is for sweeps, --jobs at least one") {
    const Folder folder;
    folder.write("one.yaml", sweep.substr(0, sweep.find("sweep:")));
    Ran ran = run_hillock({"run", "one.yaml", "--resume"}, {.folder = folder.path()});
    CHECK(ran.status == 2);
    CHECK(ran.err == "error: 'one.yaml' is no sweep: there is nothing to go on with - run it without --resume\n");
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
    const Ran ran = run_hillock({"run", "b/cell.yaml"}, {.folder = folder.path()});
    CHECK(ran.status == 2);
    CHECK(ran.err == "error: the result in 'results/cell' is of another file, '" + (folder / "a/cell.yaml").string() +
                         "', and would be replaced - choose another folder by --out, or move that away\n");
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

  TEST_CASE("processes of mpirun share a sweep and leave the same files") {
    const Folder folder;
    folder.write("sweep.yaml", sweep);
    if (!fs::exists(fs::path(HILLOCK_BUILD_DIR) / "lib/hillock/modules/mpi.so")) {
      MESSAGE("skipped: this build has no MPI");
      const Ran ran =
          run_hillock({"run", "sweep.yaml"}, {.folder = folder.path(), .environment = {{"OMPI_COMM_WORLD_SIZE", "2"}}});
      CHECK(ran.status == 2);
      CHECK(
          ran.err ==
          "error: 2 processes were started to share a run, and this hillock was built without MPI - build it anew: ./hillock "
          "--with-mpi\n");
      CHECK(!folder.has("results"));
      return;
    }
    REQUIRE(run_hillock({"run", "sweep.yaml", "--out", "one", "--jobs", "1"}, {.folder = folder.path()}).status == 0);
    const std::string line =  // what MPI leaves behind at the end is its own affair
        "cd '" + folder.path().string() +
        "' && OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1 "
        "ASAN_OPTIONS=detect_leaks=0 mpirun -n 3 " HILLOCK_PROGRAM " run sweep.yaml --out three --jobs 1 >out 2>err";
    const int status = std::system(line.c_str());
    CHECK_MESSAGE(status == 0, folder.read("err"));
    same(result(folder, "one"), result(folder, "three"));
  }
}
