// `hillock converge`: its words, its file, its exit status.
#include <doctest/doctest.h>

#include "cli/program.hpp"
#include "cli/samples.hpp"

using namespace hillock::test;

namespace {

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_SUITE("hillock converge") {
  TEST_CASE("a table of levels, a sentence a measure, and status 0 though it depends on the numerics") {
    const Folder folder;
    folder.write("a.yaml", regular_spiking);
    const Ran ran = run_hillock({"converge", "a.yaml", "--levels", "2"}, {.folder = folder.path()});
    CHECK(ran.status == 0);
    CHECK(ran.err.empty());
    CHECK(ran.out.starts_with("Regular spiking\n  numerics "));
    CHECK(holds(ran.out, "\n  euler, dt = 0.25 ms "));
    CHECK(holds(ran.out, "\n  dt = 0.0625 ms "));
    CHECK_FALSE(holds(ran.out, "dt = 0.03125 ms "));
    CHECK(holds(ran.out, "\n  reference: dopri5, tolerance = 1e-"));
    CHECK(holds(ran.out, "\n  spike_times: not converged: off by "));
    CHECK(
        holds(ran.out,
              "\nConverged: within 0.1 % of the reference, as written and at every refinement; of 1 in its unit where "
              "it is less,\nand of the mean interval for spike times. spikes_off_by: the largest shift of spikes of "
              "the same number.\n"));
    CHECK(folder.files() == std::vector<std::string>{"a.yaml"});
    const Ran wide = run_hillock({"converge", "a.yaml", "--levels", "1", "--within", "50"}, {.folder = folder.path()});
    CHECK(holds(wide.out, "\n  spike_times: converged: off by "));
    CHECK(holds(wide.out, "within 50 % of the reference"));
  }

  TEST_CASE("cases side by side, numbers set on the command line, a file of numbers") {
    const Folder folder;
    folder.write("a.yaml", three_cases);
    const Ran ran = run_hillock(
        {"converge", "a.yaml", "--levels", "1", "--set", "integrator={use: rk4, dt: 0.5}", "--csv", "numbers.csv"},
        {.folder = folder.path()});
    CHECK(ran.status == 0);
    CHECK(holds(ran.out, "\nweak\n  numerics "));
    CHECK(holds(ran.out, "\n  As written against converged\n  case "));
    CHECK(holds(ran.out, "\n  strong  rk4, dt = 0.5 ms "));
    const auto rows = lines_of(folder.read("numbers.csv"));
    REQUIRE(rows.size() == 10);
    CHECK(rows[0].starts_with("case,level,numerics,spike_count,"));
    CHECK(rows[9].starts_with("strong,reference,"));
  }

  TEST_CASE("each case of a sweep over a range has its table, too many of them are refused") {
    const Folder folder;
    folder.write("a.yaml",
                 "model: {use: lif}\nintegrator: {use: exponential_euler, dt: 0.1 ms, spikes: located}\n"
                 "input: {I: {use: step, from: 5 ms, to: 45 ms, amplitude: 0.4 nA}}\n"
                 "simulate: {for: 50 ms}\n"
                 "sweep: {over: {input.I.amplitude: [0.1 nA, 500 pA]}, measure: [spike_count]}\n");
    const Ran ran =
        run_hillock({"converge", "a.yaml", "--levels", "1", "--csv", "numbers.csv"}, {.folder = folder.path()});
    CHECK(ran.status == 0);
    CHECK_MESSAGE(holds(ran.out, "\ninput.I.amplitude = 100 pA\n  numerics "), ran.out);
    CHECK(holds(ran.out, "\ninput.I.amplitude = 500 pA\n  numerics "));
    CHECK(holds(ran.out, "\n  spike_times: converged: "));
    CHECK(lines_of(folder.read("numbers.csv")).size() == 7);
    const Ran many = run_hillock({"converge", "a.yaml", "--set", "sweep.over={seed: {from: 1, to: 101, count: 101}}"},
                                 {.folder = folder.path()});
    CHECK(many.status == 2);
    CHECK(holds(many.err, "error: converge refines each case of a sweep, and there are 101, more than 100\n"));
  }

  TEST_CASE("what is wrong is said before the work") {
    const Folder folder;
    folder.write("a.yaml", regular_spiking);
    const auto err = [&](const std::vector<std::string>& words) {
      const Ran ran = run_hillock(words, {.folder = folder.path()});
      CHECK(ran.status == 2);
      CHECK(ran.out.empty());
      return ran.err;
    };
    CHECK(err({"converge", "a.yaml", "--csv", "none/numbers.csv"}) ==
          "error: cannot write 'none/numbers.csv': there is no folder 'none' - make it, or choose another\n");
    CHECK(err({"converge", "a.yaml", "--csv", "a.yaml"}) ==
          "error: cannot write 'a.yaml': it is the input 'a.yaml' - choose another name\n");
    CHECK(holds(err({"converge"}), "error: 'hillock converge' needs FILE"));
    CHECK(holds(err({"converge", "a.yaml", "--levels", "0"}), "--levels"));
    for (const std::string percent : {"0", "101", "wide"})
      CHECK(err({"converge", "a.yaml", "--within", percent}) ==
            "error: --within: '" + percent +
                "' is no percentage above 0 and up to 100, as --within 0.1 - hillock converge --help explains it\n");
    CHECK(err({"converge", "a.yaml", "b.yaml"}) ==
          "error: 'hillock converge' takes one FILE, and 'b.yaml' is another - start it once for each\n");
    CHECK(holds(err({"converge", "a.yaml", "--set", "integrator.dt=0"}), "dt = 0 ms is below 1e-06 ms"));
  }

  TEST_CASE("a run that does not reach its end gives status 3, and the report all the same") {
    const Folder folder;
    folder.write(
        "a.yaml",
        "model: {use: hodgkin_huxley}\ninput: {I: 10}\nintegrator: {use: euler, dt: 0.5 ms}\nsimulate: {for: 20 ms}\n");
    const Ran ran = run_hillock({"converge", "a.yaml"}, {.folder = folder.path()});
    CHECK(ran.status == 3);
    CHECK(holds(ran.out, "\n  the run: not finite at t = "));
  }

  TEST_CASE("where no accurate scheme is installed there is no reference, and any of them serves") {
    const Folder folder;
    folder.write("a.yaml",
                 "model: {use: lif}\ninput: {I: 500 pA}\nintegrator: {use: euler, dt: 0.5 ms}\n"
                 "simulate: {for: 50 ms}\n");
    folder.write("bin/hillock", contents(program_file()));
    fs::permissions(folder / "bin/hillock", fs::perms::owner_all);
    const auto install = [&](const std::string& plugin) {
      const std::string name = "lib/hillock/plugins/" + plugin + ".so";
      folder.write(name, contents(fs::path(build_folder()) / name));
    };
    const auto converge = [&] {
      const Ran ran = run_hillock({"converge", "a.yaml", "--levels", "1"},
                                  {.folder = folder.path(), .program = folder / "bin/hillock"});
      CHECK(ran.status == 0);
      CHECK(ran.err.empty());
      return ran.out;
    };
    install("lif"), install("euler");
    const std::string none = converge();
    CHECK_FALSE(holds(none, "\n  reference: "));
    CHECK(holds(none, "\n  the reference: no integrator serves as reference\n"));
    CHECK(holds(none, "\n  spike_count: 3 at every step; no converged value: there is no reference\n"));
    for (const char* accurate : {"rk4", "fehlberg78", "dopri5"}) {
      install(accurate);
      CHECK(holds(converge(), std::string("\n  reference: ") + accurate + ", "));
    }
  }
}
