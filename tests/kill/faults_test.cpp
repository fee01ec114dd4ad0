// Calls of the C library that fail, one at a time (tests/faults/faults.c): the run ends with a sentence and status 3,
// or goes on to the same bytes; nothing finished is lost and nothing half-written is called whole. By hand, at each of
// the first N calls of every kind:
//   HILLOCK_FAULTS=1000 build/release/tests/test_kill -tc='*fails*'
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "skip.hpp"
#include "works.hpp"

using namespace hillock::test;

namespace {

/// Pictures that are not there are told of in a note, and the run is good without them.
std::map<std::string, std::string> without_pictures(std::map<std::string, std::string> result) {
  std::erase_if(result, [](const auto& file) { return file.first.starts_with("plots/"); });
  return result;
}

Work work() {
  return {"small",
          "model: {use: izhikevich}\ninput: {I: 10}\nintegrator: {use: euler, dt: 0.25 ms}\nsimulate: {for: 100 ms}\n"
          "sweep: {cases: {a: {model.d: 2}, b: {model.d: 4}}, measure: [spike_count]}\n",
          {"run", "small.yaml", "--jobs", "2"}};
}

}  // namespace

TEST_SUITE("faults") {
  TEST_CASE("whichever call of the C library fails, it is told and nothing finished is lost") {
#ifdef HILLOCK_SANITIZED
    return skip("the sanitizers stand between the program and the C library themselves");
#endif
    const Clean clean = run_clean(work());
    const char* by_hand = std::getenv("HILLOCK_FAULTS");
    int tried = 0, told = 0;
    for (const std::string kind : {"malloc", "write", "short", "open", "close", "rename", "mkdir", "unlink",
                                   "ftruncate", "flush", "fork", "thread"}) {
      const int most = by_hand ? std::atoi(by_hand) : 40'000;
      for (int n = 1; n <= most; n = by_hand && kind != "malloc" ? n + 1 : n + 1 + n * (kind == "malloc" ? 3 : 1)) {
        const Folder folder;
        prepare(folder, work());
        const Ran ran =
            run_hillock(work().words, {.folder = folder.path(),
                                       .environment = {{"LD_PRELOAD", build_folder() + "/tests/faults/faults.so"},
                                                       {"HILLOCK_FAULT", fmt::format("{}:{}", kind, n)},
                                                       {"HILLOCK_FAULT_TOLD", (folder / "told").string()}}});
        if (!folder.has("told")) break;  // there are fewer calls
        ++tried;
        CAPTURE(kind);
        CAPTURE(n);
        CAPTURE(ran.status);
        CAPTURE(ran.err);
        const bool whole = folder.has("results/small/provenance.yaml");
        if (whole)
          CHECK(differences(without_pictures(clean.result), without_pictures(essence(folder, "results/small"))) == "");
        if (ran.status == 0) {
          CHECK(whole);
        } else {
          ++told;
          // a file that cannot be opened, or a folder that cannot be made, may be the user's mistake
          const bool may_be_users = kind == "open" || kind == "mkdir" || kind == "unlink";
          CHECK((ran.status == 3 || (ran.status == 2 && may_be_users)));
          CHECK(ran.err.find("error: ") != std::string::npos);
        }
        const Ran again = run_hillock({"run", "small.yaml", "--resume"}, {.folder = folder.path()});
        CAPTURE(again.err);
        CHECK(again.status == 0);
        CHECK(differences(without_pictures(clean.result), without_pictures(essence(folder, "results/small"))) == "");
      }
    }
    MESSAGE(tried << " faults, " << told << " of them ended the run");
    CHECK(tried > 20);
  }

  TEST_CASE("files that may not grow: a sentence, status 3, and what is finished is gone on with") {
    const Clean clean = run_clean(work());
    for (const int blocks : {0, 1, 4, 12, 40}) {  // of 512 bytes
      CAPTURE(blocks);
      const Folder folder;
      prepare(folder, work());
      const Ran ran = run_hillock(
          work().words,
          {.folder = folder.path(),
           .by = {"sh", "-c",
                  fmt::format("{{ (ulimit -f {}; exec \"$0\" \"$@\"); echo status $?; }} 2>&1 | cat >&2", blocks)}});
      CAPTURE(ran.err);
      CHECK(ran.err.find("error: cannot write '") != std::string::npos);
      CHECK(ran.err.find("File too large") != std::string::npos);
      CHECK(ran.err.ends_with("status 3\n"));
      CHECK(!folder.has("results/small/provenance.yaml"));
      CHECK(run_hillock({"run", "small.yaml", "--resume"}, {.folder = folder.path()}).status == 0);
      CHECK(differences(clean.result, essence(folder, "results/small")) == "");
    }
  }
}
