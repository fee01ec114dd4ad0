// `--set path=value`: other numbers than the file's, under the same checks as the file's.
#include <doctest/doctest.h>

#include "cli/program.hpp"
#include "cli/samples.hpp"

using namespace hillock::test;

namespace {

/// What `run` records when these are set.
std::string trace(const Folder& folder, const std::string& file, std::vector<std::string> sets) {
  std::vector<std::string> words{"run", file, "--out", "out"};
  for (std::string& set : sets) words.push_back("--set"), words.push_back(std::move(set));
  fs::remove_all(folder / "out");  // of another file
  const Ran ran = run_hillock(words, {.folder = folder.path()});
  REQUIRE_MESSAGE(ran.status == 0, ran.err);
  return folder.read("out/data/run.csv");
}

}  // namespace

TEST_SUITE("--set") {
  TEST_CASE("a value that is set counts as if the file had it") {
    const Folder folder;
    folder.write("a.yaml", regular_spiking);
    std::string other = regular_spiking;
    other.replace(other.find("amplitude: 10"), 13, "amplitude: 15");
    other.replace(other.find("preset: regular_spiking}"), 24, "preset: regular_spiking, d: 2}");
    other.replace(other.find("200 ms"), 6, "150 ms");
    folder.write("b.yaml", other);
    const std::string expected = trace(folder, "b.yaml", {});
    CHECK(trace(folder, "a.yaml", {"input.I.amplitude=15", "model.d=2", "simulate.for=150"}) == expected);
    CHECK(trace(folder, "a.yaml", {"input.I.amplitude=15000 mV/s", "model.d=0.002 V/ms", "simulate.for=0.15 s"}) ==
          expected);
    CHECK(trace(folder, "a.yaml", {"input.I.amplitude = 15", " model.d= 2 ", "simulate.for= 150 ms"}) == expected);
    // the last one wins
    CHECK(trace(folder, "a.yaml", {"model.d=7", "input.I.amplitude=15", "model.d=2", "simulate.for=150"}) == expected);
    CHECK(trace(folder, "a.yaml", {}) != expected);
  }

  TEST_CASE("a list member is addressed from 0, and a block can be set as a whole") {
    const Folder folder;
    folder.write("a.yaml", regular_spiking);
    std::string sum = regular_spiking;
    sum.replace(sum.find("{use: step"), sum.find("}\nintegrator") + 1 - sum.find("{use: step"),
                "[4, {use: constant, value: 2}]");
    folder.write("sum.yaml", sum);
    const std::string seven = trace(folder, "a.yaml", {"input.I=7"});
    CHECK(trace(folder, "sum.yaml", {"input.I.1.value=3"}) == seven);
    CHECK(trace(folder, "sum.yaml", {"input.I.0=5"}) == seven);
    CHECK(trace(folder, "sum.yaml", {"input.I={use: constant, value: 7 mV/ms}"}) == seven);
    CHECK(trace(folder, "a.yaml", {"input.I={use: pulses, from: 0 ms, width: 1 s, amplitude: 7}"}) == seven);
  }

  TEST_CASE("what is set is written into the record of the run") {
    const Folder folder;
    folder.write("a.yaml", regular_spiking);
    trace(folder, "a.yaml", {"model.d=2", "title=\"Another: one\""});
    CHECK(folder.read("out/experiment.yaml").find("  d: 2 mV/ms\n") != std::string::npos);
    CHECK(folder.read("out/provenance.yaml").find("--set model.d=2") != std::string::npos);
  }

  TEST_CASE("what the file may not say may not be set, and the place is in the words that were typed") {
    const Folder folder;
    folder.write("a.yaml", regular_spiking);
    struct Case {
      std::string set, place, sentence, hint;
    };
    const std::vector<Case> cases = {
        {"model.dd=2", "1:7", "model 'izhikevich' has no parameter 'dd'", "did you mean 'd'?"},
        {"modle.d=2", "1:1", "an experiment file has no key 'modle'", "did you mean 'model'?"},
        {"modél.d=2", "1:1", "an experiment file has no key 'modél'", "did you mean 'model'?"},
        {"model.d=eight", "1:9", "'d' of model 'izhikevich' is a number in mV/ms: 'eight' cannot be read as one", ""},
        {"model.d=nan", "1:9", "'d' of model 'izhikevich' is a number in mV/ms: 'nan' cannot be read as one", ""},
        {"model.d=.inf", "1:9", "'d' of model 'izhikevich' is a number in mV/ms: '.inf' cannot be read as one", ""},
        {"model.d=1e999", "1:9", "'d' of model 'izhikevich' is a number in mV/ms: '1e999' cannot be read as one", ""},
        {"model.d=1e9", "1:9", "d = 1000000000 mV/ms is above 200 mV/ms, the most that model 'izhikevich' accepts", ""},
        {"model.d=5 ms", "1:9", "'d' of model 'izhikevich' is a number in mV/ms: ms cannot be converted", ""},
        {"model.d=5 kg", "1:9", "unknown unit 'kg'", "expected mV/ms"},
        {"model.d=010", "1:9", "the number '010' begins with a zero",
         "leading zeros mean octal to some readers: leave them out"},
        {"model.d=", "1:9", "'d' of model 'izhikevich' is a number in mV/ms, not nothing", ""},
        {"", "1:1", "an assignment needs '='", "write --set path=value"},
        {"model.d", "1:8", "an assignment needs '='", "write --set path=value"},
        {"model.d: 2", "1:11", "an assignment needs '='", "write --set path=value"},
        {"=2", "1:1", "the path is empty", "write a path such as model.d"},
        {"model..d=2", "1:7", "the path 'model..d' has a step without a name", "write a path such as model.d"},
        {"model.\"d=2", "1:7", "the path 'model.\"d' has a quote that is not closed",
         "quote one whole step: fit.free.\"model.d\".from"},
        {"model.\"dd\"=2", "1:7", "model 'izhikevich' has no parameter 'dd'", "did you mean 'd'?"},
        {"input.I.0.amplitude=3", "1:9", "shape 'step' has no option '0'", "known: use, from, to, amplitude"},
        {"simulate.record.2=v", "1:17", "'simulate.record' has no member 2", "its members are 0 to 1"},
        {"simulate.for.ms=3", "1:14", "'simulate.for' is the value '200 ms', in which there is no 'ms'",
         "set 'simulate.for' itself"},
        {"title=a: b", "1:7", "'a: b' reads as a map", "write \"a: b\" for a text, {a: b} for a map"},
        {"title=one #two", "1:7", "'one #two' holds a comment: all that is read is 'one'",
         "put a text with '#' in quotes"},
        {"base=other.yaml", "1:1", "'base' is read before anything is set", "name the other file in place of this one"},
        {"simulate.for=-5 ms", "1:14", "for = -5 ms is below 1e-06 ms, the least that simulate accepts", ""},
        {"integrator.dt=[0.1", "1:15", "'[' is not closed", "its ']' is missing"},
        {"seed=1e20", "1:6", "seed = 1e+20 is above 9007199254740991, the most that an experiment accepts", ""},
    };
    for (const Case& c : cases) {
      CAPTURE(c.set);
      const Ran ran = run_hillock({"run", "a.yaml", "--set", c.set}, {.folder = folder.path()});
      CHECK(ran.status == 2);
      const std::vector<std::string> lines = lines_of(ran.err);
      REQUIRE(lines.size() == 3);
      CHECK(lines[0] == "--set:" + c.place + ": error: " + c.sentence);
      CHECK(lines[1] == "   1 | " + c.set);
      const auto hint = lines[2].find_first_not_of("^~", lines[2].find('^'));
      CHECK((hint == std::string::npos ? "" : lines[2].substr(hint + 1)) == c.hint);
      CHECK(run_hillock({"check", "a.yaml", "--set", c.set}, {.folder = folder.path()}).err == ran.err);
    }
    CHECK(folder.files() == std::vector<std::string>{"a.yaml"});
  }

  TEST_CASE("a number that the file got wrong by what was set is shown in the file") {
    const Folder folder;
    folder.write("a.yaml", regular_spiking);
    const Ran ran = run_hillock({"check", "a.yaml", "--set", "integrator.dt=0.3"}, {.folder = folder.path()});
    CHECK(ran.status == 2);
    CHECK(ran.err.starts_with("a.yaml:7:8: error: for = 200 ms is no multiple of the step, 0.3 ms\n"));
  }

  TEST_CASE("a path that is set is relative to the current folder, one in a file to that file") {
    const Folder folder;
    folder.write("exp/compare.yaml", comparison);
    folder.write("exp/cell.yaml", leaky_cell);
    folder.write("here/other.yaml", leaky_cell);
    const Start here{.folder = folder / "here"};
    CHECK(run_hillock({"check", "../exp/compare.yaml"}, here).status == 0);
    CHECK(run_hillock({"check", "../exp/compare.yaml", "--set", "compare.data.file=other.yaml"}, here).status == 0);
    const Ran missing = run_hillock({"check", "../exp/compare.yaml", "--set", "compare.data.file=cell.yaml"}, here);
    CHECK(missing.status == 2);
    CHECK(missing.err.starts_with("--set:1:19: error: there is no file 'cell.yaml'\n"));
  }
}
