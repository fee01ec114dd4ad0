// `hillock new` and `hillock verify` as an author of a plugin meets them: what is made builds, verifies and runs.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>

#include "program.hpp"
#include "skip.hpp"

using namespace hillock::test;

namespace {

constexpr const char* roles[] = {"model", "integrator", "optimizer", "forecaster", "recording"};

/// Runs another program of this machine.
Ran run(std::vector<std::string> words, const fs::path& folder) {
  Start start{.folder = folder};
  start.program = words.back();
  words.pop_back();
  start.by = std::move(words);
  return run_hillock({}, start);
}
bool have(const char* program) { return run({"sh", "-c", std::string("command -v ") + program}, "/").status == 0; }

}  // namespace

TEST_SUITE("new") {
  TEST_CASE("a plugin of each role builds, verifies and comes out as its experiment expects, as it was made") {
#ifdef HILLOCK_SANITIZED
    return skip("plugins made outside of this build are not instrumented");
#endif
    if (!have("cmake") || !have("ninja")) return skip("cmake or ninja is not installed");
    const Folder folder;
    std::string all = "cmake_minimum_required(VERSION 3.20)\nproject(all LANGUAGES CXX)\n";
    for (const std::string role : roles) {
      const Ran made = run_hillock({"new", role, "my_" + role}, {.folder = folder.path()});
      CHECK_MESSAGE(made.status == 0, made.err);
      CHECK(made.out.starts_with("made the folder my_" + role + ": my_" + role + ".cpp, CMakeLists.txt, my_" + role +
                                 ".yaml, README.md"));
      for (const auto& entry : fs::directory_iterator(folder / ("my_" + role)))
        for (const std::string& line : lines_of(contents(entry.path()))) {
          if (entry.path().extension() == ".cpp") CHECK(line.size() <= 120);
          CHECK(line.find('@') == std::string::npos);
        }
      all += "add_subdirectory(my_" + role + " my_" + role + "/build)\n";
    }
    // one build for the five folders; each is also a project by itself
    folder.write("CMakeLists.txt", all);
    const Ran configured = run({"cmake", "-G", "Ninja", "-S", ".", "-DCMAKE_PREFIX_PATH=" + build_folder(),
                                "-DCMAKE_CXX_FLAGS=-Werror", "-B", "."},
                               folder.path());
    REQUIRE_MESSAGE(configured.status == 0, configured.err);
    const Ran built = run({"cmake", "--build", "."}, folder.path());
    REQUIRE_MESSAGE(built.status == 0, built.out);
    for (const std::string role : roles) {
      CAPTURE(role);
      const std::string name = "my_" + role;
      const Start here{.folder = folder / name};
      std::vector<std::string> words{"verify", "build/" + name + ".so"};
      if (role == "recording") words.insert(words.end(), {"--recording", "sample." + name});
      const Ran verified = run_hillock(words, here);
      CHECK_MESSAGE(verified.status == 0, verified.out);
      CHECK(verified.out.starts_with(name + " 0.1.0 (" + role + "): "));
      CHECK(verified.out.find(" 0 failed, ") != std::string::npos);
      const Ran tested = run_hillock({"test", name + ".yaml"}, here);
      CHECK_MESSAGE(tested.status == 0, tested.out, tested.err);
      const Ran ran = run_hillock({"run", name + ".yaml"}, here);
      CHECK_MESSAGE(ran.status == 0, ran.err);
      CHECK(fs::exists(folder / name / "results" / name / "report.html"));
    }
  }

  TEST_CASE("a plugin whose include is forgotten is told which one, when its folder is configured") {
    if (!have("cmake") || !have("ninja")) return skip("cmake or ninja is not installed");
    const Folder folder;
    REQUIRE(run_hillock({"new", "model", "my_model"}, {.folder = folder.path()}).status == 0);
    const std::string source = folder.read("my_model/my_model.cpp"), line = "#include <hillock/model.hpp>\n";
    const auto at = source.find(line);
    REQUIRE(at != std::string::npos);
    const auto configured = [&](const std::string& text) {
      folder.write("my_model/my_model.cpp", text);
      const Ran ran =
          run({"cmake", "-G", "Ninja", "-S", "my_model", "-DCMAKE_PREFIX_PATH=" + build_folder(), "-B", "b"},
              folder.path());
      std::istringstream said(ran.err);
      std::string words;
      for (std::string word; said >> word;) words += word + " ";
      return words;  // cmake breaks lines where it likes
    };
    const std::string without = std::string(source).erase(at, line.size());
    const std::string found = configured(without);
    CHECK_MESSAGE(found.find("my_model.cpp uses HILLOCK_MODEL without its header: add the line #include "
                             "<hillock/model.hpp>") != std::string::npos,
                  found);
    CHECK(configured(without + "// " + line).find("add the line") != std::string::npos);
    folder.write("my_model/mine.hpp", line);
    CHECK(configured("#include \"mine.hpp\"\n" + without) == "");
    CHECK(configured(source) == "");
  }

  TEST_CASE("a model whose structs and tables do not fit is told which member, when its folder is configured") {
    if (!have("cmake") || !have("ninja")) return skip("cmake or ninja is not installed");
    const Folder folder;
    REQUIRE(run_hillock({"new", "model", "my_model"}, {.folder = folder.path()}).status == 0);
    const std::string source = folder.read("my_model/my_model.cpp");
    const auto said = [&](const std::string& from, const std::string& to) {
      std::string text = source;
      REQUIRE(text.find(from) != std::string::npos);
      folder.write("my_model/my_model.cpp", text.replace(text.find(from), from.size(), to));
      const Ran ran =
          run({"cmake", "-G", "Ninja", "-S", "my_model", "-DCMAKE_PREFIX_PATH=" + build_folder(), "-B", "b"},
              folder.path());
      std::istringstream lines(ran.err.substr(std::min(ran.err.size(), ran.err.find(":\n") + 1)));
      std::string words;
      for (std::string word; lines >> word && word != "Call";) words += (words.empty() ? "" : " ") + word;
      return words;  // cmake breaks lines where it likes
    };
    CHECK(
        said("V_reset; };", "V_reset, C; };") ==
        "C of Params has no row in my_model.cpp: add `.C = {unit, default, low, high, meaning}` to the table `params`");
    CHECK(said("V_reset; };", "V_reset; float C; };") == "C of Params is 'float' in my_model.cpp: write `T C`");
    CHECK(said("{ T v; };", "{ double v; };") == "v of State is 'double' in my_model.cpp: write `T v`");
    CHECK(said("V_reset; };", "V_reset; T g[3]; };") ==
          "g of Params is an array in my_model.cpp: write a member for each number");
    CHECK(
        said("T tau, E,", "T E, tau,") ==
        "tau, E, R, V_th, V_reset: put the rows of the table `params` in my_model.cpp in the order of Params, E, tau, "
        "R, V_th, V_reset");
    CHECK(said(".tau     =", ".tua     =") ==
          "tua of the table `params` is no member of Params in my_model.cpp, which "
          "has tau, E, R, V_th, V_reset");
    CHECK(said("T threshold(", "T treshold(") == "nothing calls `treshold` in my_model.cpp: is it `threshold`?");
    CHECK(said("State<T> reset(", "State<T> rest(") == "nothing calls `rest` in my_model.cpp: is it `reset`?");
    // one that something calls is the author's own, as is one beside the right one
    CHECK(said("State<T> reset(const",
               "T rset(const State<T>& x) { return x.v; }\n  template <class T> static "
               "State<T> reset(const") == "");
    // what is not written as in the examples is the compiler's
    CHECK(said("V_reset; };", "V_reset; /* float C; */ };  // double D;") == "");
    CHECK(said("{ T v; };", "{ using Number = T; Number v; };") == "");
    // rows that name their parts, structs of other plugins, and rows that the preprocessor chooses, are good
    const std::size_t row = source.find(".v "), begin = source.find('{', row), end = source.find('}', row);
    REQUIRE(end != std::string::npos);
    CHECK(said(source.substr(begin, end + 1 - begin),
               "{.unit = \"mV\", .value = -70, .low = -100, .high = 60, .meaning = \"membrane potential\"}") == "");
    CHECK(said("#include <hillock/model.hpp>", "#include <hillock/model.hpp>\nstruct State { double level; };") == "");
    CHECK(said("#include <hillock/model.hpp>", "#include <hillock/model.hpp>\n#if 0\n#endif") == "");
    const std::string shipped = contents(source_folder() + "/plugins/forecasters/exponential_smoothing.cpp");
    REQUIRE(shipped.find("struct State") != std::string::npos);
    CHECK(said(source, shipped) == "");
  }

  TEST_CASE("what could not be a plugin, or is one already, is refused and nothing is made") {
    const Folder folder;
    folder.write("taken/file", "");
    const auto said = [&](std::vector<std::string> words) {
      words.insert(words.begin(), "new");
      const Ran ran = run_hillock(words, {.folder = folder.path()});
      CHECK(ran.status == 2);
      CHECK(ran.out == "");
      return ran.err;
    };
    CHECK(said({"modle", "a"}) == "error: there is no role 'modle' - did you mean 'model'?\n");
    for (const char* name : {"", "My_neuron", "9lives", "a-b", "a/b", "..", "_a", "ä"})
      CHECK(said({"model", name}) ==
            "error: '" + std::string(name) +
                "' cannot be the id of a plugin - take up to 60 lower-case letters, digits and '_', a letter first, as "
                "my_neuron\n");
    CHECK(said({"model", "rk4"}) == "error: there is a plugin 'rk4' already - take another name\n");
    CHECK(said({"model", "taken"}) == "error: 'taken' is there already - take another name, or remove it\n");
    CHECK(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()) == 1);
  }

  TEST_CASE("verify ends with 1 where a check failed, and with 2 where there is nothing to verify") {
    const std::string unsound = build_folder() + "/tests/unsound_plugins/";
    const Ran bad = run_hillock({"verify", unsound + "uncited.so"});
    CHECK(bad.status == 1);
    CHECK(bad.out.find("  FAILED  metadata  version, meaning, citation;") != std::string::npos);
    CHECK(bad.out.find("\n12 checks: ") != std::string::npos);
    const Ran good = run_hillock({"verify", unsound + "sound.so"});
    CHECK(good.status == 0);
    CHECK(good.out.starts_with("sound 1.0.0 (model): spoilt in one way\n  ok      boundary  exported name, ABI"));
    const Ran none = run_hillock({"verify", "absent.so"});
    CHECK(none.status == 2);
    CHECK(none.err == "error: there is no file 'absent.so' - give the plugin's own file, NAME.so\n");
  }

  TEST_CASE("a folder of plugins that a file names is searched, from the folder of the file") {
    const Folder folder;
    const std::string text =
        "model: {use: sound}\ninput: {I: 30}\nintegrator: {use: rk4, dt: 0.1 ms}\nsimulate: {for: 50 ms}\n"
        "expect: {spike_count: [4, 4]}\n";
    fs::create_directories(folder / "below/libraries");
    fs::copy_file(build_folder() + "/tests/unsound_plugins/sound.so", folder / "below/libraries/sound.so");
    folder.write("below/with.yaml", "plugins: libraries\n" + text);
    folder.write("below/list.yaml", "plugins: [libraries]\n" + text);
    folder.write("without.yaml", text);
    folder.write("wrong.yaml", "plugins: [nowhere]\n" + text);
    const Start here{.folder = folder.path()};
    for (const char* file : {"below/with.yaml", "below/list.yaml"}) {
      const Ran ran = run_hillock({"test", file}, here);
      CHECK_MESSAGE(ran.status == 0, ran.out, ran.err);
    }
    const Ran ran = run_hillock({"run", "below/with.yaml"}, here);
    CHECK_MESSAGE(ran.status == 0, ran.err);
    // the record of the run names the folder, so that it can be repeated from anywhere
    CHECK(run_hillock({"rerun", "results/with"}, here).status == 0);
    CHECK(run_hillock({"check", "without.yaml"}, here).err.find("there is no model 'sound'") != std::string::npos);
    const Ran wrong = run_hillock({"check", "wrong.yaml"}, here);
    CHECK(wrong.status == 2);
    CHECK(wrong.err ==
          "wrong.yaml:1:11: error: 'nowhere' is no folder of plugins\n"
          "   1 | plugins: [nowhere]\n"
          "     |           ^~~~~~~ name the folder that holds the plugin's library, and build it first\n");
  }
}
