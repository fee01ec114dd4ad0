// The words of the command line: what is asked for, what is refused, and the exit status of each.
#include <doctest/doctest.h>

#include "cli/program.hpp"
#include "cli/samples.hpp"

using namespace hillock::test;

namespace {

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_SUITE("the command line") {
  TEST_CASE("help and version are good and go to standard output") {
    const Ran version = run_hillock({"--version"});
    CHECK(version.status == 0);
    CHECK(version.out == HILLOCK_VERSION "\n");
    CHECK(version.err.empty());
    const Ran help = run_hillock({"--help"});
    CHECK(help.status == 0);
    for (const char* command : {"run", "check", "test", "plugins", "describe"})
      CHECK(holds(help.out, std::string("\n  ") + command));
    const Ran of_run = run_hillock({"run", "--help"});
    CHECK(of_run.status == 0);
    CHECK(holds(of_run.out, "--set"));
    CHECK(holds(of_run.out, "--out"));
  }

  TEST_CASE("a command line that cannot be carried out gets one sentence and status 2") {
    const std::vector<std::pair<std::vector<std::string>, std::string>> refused = {
        {{},
         "a command is needed - run, check, test, converge, explore, diff, rerun, new, verify, plugins, measures, "
         "describe, schema"},
        {{"chek"}, "there is no command 'chek' - did you mean 'check'?"},
        {{"frobnicate", "x.yaml"},
         "there is no command 'frobnicate' - known: run, check, test, converge, explore, diff, rerun, new, verify, "
         "plugins, measures, describe, schema"},
        {{"--verbose"}, "there is no option '--verbose' before the command - hillock --help"},
        {{"run"}, "'hillock run' needs FILE - hillock run --help explains it"},
        {{"check"}, "'hillock check' needs FILE|DIR - hillock check --help explains it"},
        {{"test"}, "'hillock test' needs FILE|DIR - hillock test --help explains it"},
        {{"describe"}, "'hillock describe' needs ID - hillock describe --help explains it"},
        {{"run", "x.yaml", "--ou", "y"}, "'hillock run' does not know '--ou' - did you mean '--out'?"},
        {{"run", "x.yaml", "--tasks=3"}, "'hillock run' does not know '--tasks=3' - hillock run --help explains it"},
        {{"run", "x.yaml", "--set"}, "--set: 1 required PATH=VALUE missing - hillock run --help explains it"},
        {{"describe", "lif", "euler"},
         "'hillock describe' does not know 'euler' - hillock describe --help explains it"},
        {{"plugins", "modle"}, "there is no role 'modle' - did you mean 'model'?"},
        {{"plugins", "gears"}, "there is no role 'gears' - known: model, integrator, optimizer, forecaster, recording"},
    };
    const Folder folder;
    for (const auto& [words, sentence] : refused) {
      const Ran ran = run_hillock(words, {.folder = folder.path()});
      CAPTURE(sentence);
      CHECK(ran.status == 2);
      CHECK(ran.err == "error: " + sentence + "\n");
      CHECK(ran.out.empty());
    }
    CHECK(folder.files().empty());
  }

  TEST_CASE("a file that cannot be read gets one sentence and status 2") {
    const Folder folder;
    folder.write("good.yaml", regular_spiking);
    folder.write("empty.yaml", "");
    folder.write("binary.yaml", std::string("\x7f"
                                            "ELF\x02\x01\x01\0\0\0",
                                            10));
    folder.write("large.yaml", "# " + std::string(1u << 19, 'x') + "\n");
    std::string many;
    for (int i = 0; i < 40; ++i) many += "# " + std::string(1u << 19, 'x') + "\n";
    folder.write("too_large.yaml", many);
    folder.write("one_line.yaml", std::string(10'000'000, 'a'));
    fs::create_directories(folder / "nothing");
    const std::vector<std::pair<std::string, std::string>> refused = {
        {"god.yaml", "error: there is no file 'god.yaml' - did you mean 'good.yaml'?\n"},
        {"", "error: there is no file ''\n"},
        {"nowhere/at/all.yaml", "error: there is no file 'nowhere/at/all.yaml'\n"},
        {"empty.yaml", "empty.yaml: error: the file is empty - it begins with a line such as 'model: {use: lif}'\n"},
        {"large.yaml", "large.yaml: error: the file is empty - it begins with a line such as 'model: {use: lif}'\n"},
        {"/dev/null", "error: '/dev/null' is no regular file - name an experiment file\n"},
        {"/dev/zero", "error: '/dev/zero' is no regular file - name an experiment file\n"},
        {"too_large.yaml", "error: 'too_large.yaml' is larger than 16 MiB - put long series in a csv file\n"},
    };
    for (const auto& [file, message] : refused) {
      CAPTURE(file);
      const Ran run = run_hillock({"run", file}, {.folder = folder.path()});
      CHECK(run.status == 2);
      CHECK(run.err == message);
      const Ran check = run_hillock({"check", file}, {.folder = folder.path()});
      CHECK(check.status == 2);
      CHECK(check.err == message);
    }
    const Ran binary = run_hillock({"check", "binary.yaml"}, {.folder = folder.path()});
    CHECK(binary.status == 2);
    CHECK(binary.err.starts_with("binary.yaml:1:1: error: a control character (0x7f)\n"));
    const Ran line = run_hillock({"check", "one_line.yaml"}, {.folder = folder.path()});
    CHECK(line.status == 2);
    CHECK(line.err.starts_with("one_line.yaml:1:1: error: a line longer than 1 MiB\n"));
    CHECK(line.err.size() < 500);
    const Ran run_folder = run_hillock({"run", "nothing"}, {.folder = folder.path()});
    CHECK(run_folder.status == 2);
    CHECK(run_folder.err == "error: 'nothing' is a folder - name a file in it\n");
    const Ran check_folder = run_hillock({"check", "nothing"}, {.folder = folder.path()});
    CHECK(check_folder.status == 2);
    CHECK(check_folder.err == "error: folder 'nothing' holds no experiment file (*.yaml)\n");
    CHECK(!folder.has("results"));
  }

  TEST_CASE("a file without permission is refused") {
    const Folder folder;
    fs::permissions(folder.write("x.yaml", regular_spiking), fs::perms::none);
    Start start{.folder = folder.path()};
    // Root reads every file unless it gives up these capabilities.
    if (::geteuid() == 0) start.by = {"setpriv", "--bounding-set=-dac_override,-dac_read_search"};
    const Ran ran = run_hillock({"check", "x.yaml"}, start);
    CHECK(ran.status == 2);
    CHECK(ran.err == "error: 'x.yaml' cannot be opened: Permission denied - make it readable\n");
  }

  TEST_CASE("folders are searched in depth, but not those of results") {
    const Folder folder;
    folder.write("a.yaml", regular_spiking);
    folder.write("deep/er/b.yml", regular_spiking);
    folder.write("deep/notes.txt", "no experiment");
    const Ran run = run_hillock({"run", "a.yaml"}, {.folder = folder.path()});
    REQUIRE(run.status == 0);
    REQUIRE(folder.has("results/a/provenance.yaml"));
    const Ran check = run_hillock({"check", "."}, {.folder = folder.path()});
    CHECK(check.status == 0);
    CHECK(check.out == "2 of 2 files are good\n");
    CHECK(check.err.empty());
    const Ran inside = run_hillock({"check", "results/a"}, {.folder = folder.path()});
    CHECK(inside.status == 0);
    CHECK(inside.out == "1 of 1 files are good\n");
  }

  TEST_CASE("one bad file among several is told, and the others are done") {
    const Folder folder;
    folder.write("a.yaml", regular_spiking);
    folder.write("b.yaml", "model: {use: lfi}\n");
    folder.write("c.yaml", regular_spiking);
    const Ran check = run_hillock({"check", "a.yaml", "b.yaml", "c.yaml"}, {.folder = folder.path()});
    CHECK(check.status == 2);
    CHECK(check.out == "2 of 3 files are good\n");
    CHECK(check.err.starts_with("b.yaml:1:14: error: there is no model 'lfi'\n"));
    const Ran run = run_hillock({"run", "a.yaml", "b.yaml", "c.yaml"}, {.folder = folder.path()});
    CHECK(run.status == 2);
    CHECK(folder.has("results/a/summary.csv"));
    CHECK(folder.has("results/c/summary.csv"));
    CHECK(!folder.has("results/b"));
    CHECK(!folder.has("results/b.unfinished"));
  }

  TEST_CASE("two files that would write to one folder are refused before either runs") {
    const Folder folder;
    folder.write("a/x.yaml", regular_spiking);
    folder.write("b/x.yaml", regular_spiking);
    const Ran run = run_hillock({"run", "a/x.yaml", "b/x.yaml"}, {.folder = folder.path()});
    CHECK(run.status == 2);
    CHECK(
        run.err ==
        "error: 'a/x.yaml' and 'b/x.yaml' would both write to results/x - run them one by one, each with its --out\n");
    CHECK(!folder.has("results"));
  }

  TEST_CASE("the program works from any folder, and names may be of any script") {
    const Folder folder;
    const fs::path file = folder.write("ünï cödé/naïve ☃.yaml", regular_spiking);
    fs::create_directories(folder / "elsewhere");
    const Ran run = run_hillock({"run", file.string()}, {.folder = folder / "elsewhere"});
    CHECK(run.status == 0);
    CHECK(folder.has("elsewhere/results/naïve ☃/data/run.csv"));
    const Ran from_root = run_hillock({"check", file.string()}, {.folder = "/"});
    CHECK(from_root.status == 0);
  }
}
