// Runs killed at any moment: what they leave, gone on with, is what a run without a kill leaves, byte by byte. Each
// kill has its own seed. HILLOCK_KILLS is how many there are, HILLOCK_KILL_SEED the first seed; by hand:
//   HILLOCK_KILLS=200 build/release/tests/test_kill -tc='*SIGKILL*'
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <memory>
#include <random>

#include "works.hpp"

using namespace hillock::test;

namespace {

#ifdef HILLOCK_SANITIZED
constexpr int usual_kills = 3;
#else
constexpr int usual_kills = 20;
#endif

int number_of(const char* variable, int otherwise) {
  const char* text = std::getenv(variable);
  return text ? std::atoi(text) : otherwise;
}

}  // namespace

TEST_SUITE("kill") {
  TEST_CASE("what SIGKILL leaves at any moment is gone on with to the same bytes") {
    const std::vector<Work> all = works();
    std::map<std::string, Clean> clean;
    const int kills = number_of("HILLOCK_KILLS", usual_kills), first = number_of("HILLOCK_KILL_SEED", 1);
    int alive = 0, differ = 0;
    for (int seed = first; seed < first + kills; ++seed) {
      const Work& work = all[static_cast<std::size_t>(seed) % all.size()];
      if (!clean.contains(work.name)) clean[work.name] = run_clean(work);
      const Clean& expected = clean[work.name];
      std::mt19937 dice(static_cast<unsigned>(seed));
      const auto unit = [&] { return static_cast<double>(dice()) * 0x1p-32; };
      const bool resume = work.resumes && unit() < 0.75;
      std::vector<std::string> words = work.words;
      std::unique_ptr<Folder> own;
      const auto killed_after = [&](double seconds) {
        const Ran ran = run_hillock(words, {.folder = own->path(), .meanwhile = [&](pid_t process) {
                                              std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
                                              ::kill(process, SIGKILL);
                                            }});
        if (resume && words.back() != "--resume") words.push_back("--resume");
        return ran.status == -SIGKILL;
      };
      const bool again = unit() < 0.3;
      // on a machine that was busy before and is idle now the run may end first: then another moment is drawn
      bool killed = false;
      for (int tries = 0; !killed; ++tries) {
        REQUIRE(tries < 100);
        const double wait = unit() * expected.seconds;
        words = work.words;
        own = std::make_unique<Folder>();
        prepare(*own, work);
        killed = killed_after(wait);
      }
      if (again) killed = killed_after(unit() * expected.seconds);
      alive += killed ? 0 : 1;
      const Folder& folder = *own;
      const Ran last = run_hillock(words, {.folder = folder.path()});
      CAPTURE(seed);
      CAPTURE(work.name);
      CAPTURE(last.err);
      // a result that is whole already is only told
      CHECK((last.status == expected.status || (!killed && last.status == 0)));
      REQUIRE(folder.has("results/" + work.name));
      const std::string wrong = differences(expected.result, essence(folder, "results/" + work.name));
      CHECK(wrong == "");
      differ += wrong.empty() ? 0 : 1;
      for (const auto& entry : fs::directory_iterator(folder / "results")) {
        const std::string name = entry.path().filename().string();
        const bool aside = !resume && name.starts_with(work.name + ".unfinished.");
        std::string left;
        for (const auto& file : fs::recursive_directory_iterator(entry)) left += file.path().filename().string() + " ";
        CAPTURE(name);
        CAPTURE(left);
        CHECK((name == work.name || aside));
      }
    }
    MESSAGE(kills << " runs were killed, " << alive << " ended before a second kill, " << differ << " results differ");
  }

  TEST_CASE("a damaged journal is believed as far as it is whole") {
    const Work work = works()[1];
    const Clean clean = run_clean(work);
    const std::string journal = "results/" + work.name + ".unfinished/journal";
    std::string whole;
    for (int attempt = 0; attempt < 10 && whole.empty(); ++attempt) {  // a run may end before it is killed
      const Folder left;
      prepare(left, work);
      const Ran killed = run_hillock(work.words, {.folder = left.path(), .meanwhile = [&](pid_t process) {
                                                    wait_until([&] {
                                                      return left.has("results/" + work.name) ||
                                                             (left.has(journal) && left.read(journal).size() > 2000);
                                                    });
                                                    ::kill(process, SIGKILL);
                                                  }});
      if (killed.status == -SIGKILL && left.has(journal)) whole = left.read(journal);
    }
    REQUIRE(!whole.empty());
    std::mt19937 dice(1);
    for (int k = 0; k < (usual_kills + 1) / 2; ++k) {
      std::string damaged = whole;
      const std::size_t at = dice() % damaged.size();
      if (k % 3 == 0) damaged.resize(at);
      else if (k % 3 == 1) damaged[at] = static_cast<char>(damaged[at] ^ (1 << dice() % 8));
      else damaged.insert(at, std::string(dice() % 50, static_cast<char>(dice())));
      const Folder folder;
      prepare(folder, work);
      folder.write(journal, damaged);
      std::vector<std::string> words = work.words;
      words.push_back("--resume");
      const Ran ran = run_hillock(words, {.folder = folder.path()});
      CAPTURE(k);
      CAPTURE(at);
      CAPTURE(ran.err);
      if (ran.status == 2) {  // the first line is damaged: a journal of another run, which is put aside
        CHECK(ran.err.find("was left by another run") != std::string::npos);
        CHECK(at < 200);
        continue;
      }
      CHECK(ran.status == clean.status);
      CHECK(differences(clean.result, essence(folder, "results/" + work.name)) == "");
    }
  }
}
