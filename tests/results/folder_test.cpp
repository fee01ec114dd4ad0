// A folder of results is the old one or the new one, and nothing that was finished is lost.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <set>
#include <thread>

#include "results/folder.hpp"
#include "samples.hpp"

using namespace hillock;
namespace fs = std::filesystem;

namespace {

void write(const fs::path& path, const std::string& text = "") { std::ofstream(path) << text; }

std::set<std::string> names(const fs::path& folder) {
  std::set<std::string> out;
  for (const auto& entry : fs::directory_iterator(folder)) out.insert(entry.path().filename().string());
  return out;
}

void make(const fs::path& path, const std::vector<CaseResult>& cases, const RunResult& run = samples::run()) {
  ResultFolder folder(path);
  for (const CaseResult& result : cases) folder.write_case(result);
  CHECK(folder.finish(cases, run).empty());
}

/// No file may grow beyond 2048 bytes while this lives, which stands for a full disk.
class TightDisk {
 public:
  TightDisk() {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    rlimit tight = before_;
    tight.rlim_cur = 2048;
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
    ::setrlimit(RLIMIT_FSIZE, &tight);
  }
  ~TightDisk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  TightDisk(const TightDisk&) = delete;
  TightDisk& operator=(const TightDisk&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int) = nullptr;
};

}  // namespace

TEST_CASE("a finished result holds its files and nothing else is left") {
  const test::Folder scratch;
  const fs::path path = scratch / "results" / "izhikevich_2003" / "rs";
  make(path, {samples::one_case("a"), samples::one_case("b")});
  CHECK(names(path) == std::set<std::string>{"data", "experiment.yaml", "provenance.yaml", "report.html", "spikes.csv",
                                             "summary.csv"});
  CHECK(names(path / "data") == std::set<std::string>{"a.csv", "b.csv"});
  CHECK(names(path.parent_path()) == std::set<std::string>{"rs"});
  CHECK(read_text(path / "data" / "a.csv") == case_csv(samples::one_case("a")));
  CHECK(read_text(path / "spikes.csv") == "case,Time (ms)\na,0.5\nb,0.5\n");
  CHECK(read_text(path / "experiment.yaml") == "title: Regular spiking\n");
}

TEST_CASE("a run without cases and without spikes still has its tables") {
  const test::Folder scratch;
  make(scratch / "r", {});
  CHECK(read_text(scratch / "r" / "spikes.csv") == "case,Time (ms)\n");
  CHECK(read_text(scratch / "r" / "summary.csv") == "case,status\n");
}

TEST_CASE("failures.csv is there only if a case failed") {
  const test::Folder scratch;
  CaseResult bad = samples::one_case("bad");
  bad.failure = Failure{"not finite", 0.5};
  make(scratch / "r", {bad});
  CHECK(read_text(scratch / "r" / "failures.csv") == failures_csv({bad}));
  make(scratch / "r", {samples::one_case("good")});
  CHECK(!fs::exists(scratch / "r" / "failures.csv"));
}

TEST_CASE("the old result stays whole until the new one is") {
  const test::Folder scratch;
  const fs::path path = scratch / "r";
  make(path, {samples::one_case("old")});
  {
    ResultFolder folder(path);
    folder.write_case(samples::one_case("new"));
    CHECK(names(path / "data") == std::set<std::string>{"old.csv"});
    CHECK(folder.finish({samples::one_case("new")}, samples::run()).empty());
  }
  CHECK(names(path / "data") == std::set<std::string>{"new.csv"});
  CHECK(read_text(path / "spikes.csv") == "case,Time (ms)\nnew,0.5\n");
  CHECK(names(scratch.path()) == std::set<std::string>{"r"});
}

TEST_CASE("spikes are in the order of the cases whatever order they were written in") {
  const test::Folder scratch;
  std::vector<CaseResult> cases;
  for (int i = 0; i < 40; ++i) {
    cases.push_back(samples::one_case("case-" + std::to_string(100 + i)));
    cases.back().spikes_ms.assign(static_cast<std::size_t>(i % 3), 0.1 * i);
  }
  ResultFolder folder(scratch / "r");
  {
    std::vector<std::jthread> threads;
    for (std::size_t t = 0; t < 4; ++t)
      threads.emplace_back([&, t] {
        for (std::size_t i = cases.size() - t; i-- > 0;)
          if (i % 4 == t) folder.write_case(cases[i]);
      });
  }
  std::vector<CaseResult> without_traces = cases;
  for (CaseResult& result : without_traces) result.spikes_ms = {}, result.columns = {}, result.time_ms = {};
  static_cast<void>(folder.finish(without_traces, samples::run()));
  std::vector<CaseResult> written;
  for (const CaseResult& result : cases)
    if (fs::exists(scratch / "r" / "data" / (result.name + ".csv"))) written.push_back(result);
  CHECK(written.size() >= 37);
  CHECK(read_text(scratch / "r" / "spikes.csv") == spikes_csv(written));
}

TEST_CASE("a run that is given up leaves nothing if no case was finished and else all finished cases") {
  const test::Folder scratch;
  { const ResultFolder folder(scratch / "deep" / "r"); }
  CHECK(names(scratch.path()).empty());
  {
    ResultFolder folder(scratch / "r");
    folder.write_case(samples::one_case("first"));
  }
  CHECK(names(scratch.path()) == std::set<std::string>{"r.unfinished"});
  CHECK(read_text(scratch / "r.unfinished" / "data" / "first.csv") == case_csv(samples::one_case("first")));
  CHECK(read_text(scratch / "r.unfinished" / "spikes.csv") == "case,Time (ms)\nfirst,0.5\n");
}

TEST_CASE("what a killed run had finished is set aside by the next and never deleted") {
  const test::Folder scratch;
  const fs::path path = scratch / "r";
  for (const std::string name : {"first", "second"}) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      ResultFolder folder(path);
      folder.write_case(samples::one_case(name));
      ::kill(::getpid(), SIGKILL);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status));
  }
  CHECK(names(scratch.path()) == std::set<std::string>{"r.unfinished", "r.unfinished.1"});
  {
    ResultFolder folder(path);
    CHECK(folder.set_aside() == scratch / "r.unfinished.2");
    CHECK(folder.older() == 1);
    folder.write_case(samples::one_case("third"));
    static_cast<void>(folder.finish({samples::one_case("third")}, samples::run()));
  }
  CHECK(names(path / "data") == std::set<std::string>{"third.csv"});
  CHECK(names(scratch / "r.unfinished.1" / "data") == std::set<std::string>{"first.csv"});
  CHECK(names(scratch / "r.unfinished.2" / "data") == std::set<std::string>{"second.csv"});
  // a folder without files is nothing to keep
  fs::create_directories(scratch / "q.unfinished" / "data");
  const ResultFolder other(scratch / "q");
  CHECK(other.set_aside().empty());
  CHECK(names(other.working()).empty());
}

TEST_CASE("two runs cannot write to one folder at once") {
  const test::Folder scratch;
  const fs::path path = scratch / "r";
  ResultFolder folder(path);
  folder.write_case(samples::one_case("mine"));
  CHECK(samples::refusal([&] { const ResultFolder other(path); }) ==
        "another run is writing to '" + path.string() + "' at this moment");
  CHECK(fs::exists(folder.working() / "data" / "mine.csv"));
}

TEST_CASE("a file or a foreign folder in the place of the result is refused before any work") {
  const test::Folder scratch;
  const fs::path file = scratch / "file", foreign = scratch / "thesis", mixed = scratch / "mixed";
  write(file);
  fs::create_directory(foreign);
  write(foreign / "chapter1.tex");
  make(mixed, {samples::one_case("a")});
  write(mixed / "notes.txt", "mine");
  const auto open = [](const fs::path& path) { return samples::refusal([&] { const ResultFolder folder(path); }); };
  CHECK(open(file) == "cannot write results to '" + file.string() +
                          "': there is a file of that name; choose another folder by --out");
  CHECK(open(file / "below") == "cannot write results to '" + (file / "below").string() + "': Not a directory");
  CHECK(open(foreign) == "the folder '" + foreign.string() +
                             "' is not empty and no result of hillock (it has no provenance.yaml); "
                             "choose another folder by --out");
  CHECK(open(mixed) == "the result in '" + mixed.string() +
                           "' would be replaced, but 'notes.txt' in it is not hillock's; move that away or choose "
                           "another folder by --out");
  CHECK(open("/") == "cannot write results to '/': this is no name for a folder");
  CHECK(open("") == "cannot write results to '': this is no name for a folder");
  CHECK(names(scratch.path()) == std::set<std::string>{"file", "mixed", "thesis"});
  CHECK(names(foreign) == std::set<std::string>{"chapter1.tex"});
}

TEST_CASE("a folder that cannot be written is refused before any work") {
  // root may write everywhere but here
  const std::string sentence = samples::refusal([] { const ResultFolder folder("/proc/hillock/r"); });
  CHECK(sentence == "cannot write results to '/proc/hillock/r': No such file or directory");
}

TEST_CASE("an empty folder and one with a slash behind it and a link are all good places") {
  const test::Folder scratch;
  fs::create_directory(scratch / "r");
  make(scratch / "r" / "", {samples::one_case("a")});
  CHECK(names(scratch.path()) == std::set<std::string>{"r"});
  fs::create_directory_symlink(scratch / "r", scratch / "latest");
  make(scratch / "latest", {samples::one_case("b")});
  CHECK(fs::is_symlink(scratch / "latest"));
  CHECK(names(scratch / "r" / "data") == std::set<std::string>{"b.csv"});
}

TEST_CASE("a foreign file that appears during the run is not replaced") {
  const test::Folder scratch;
  ResultFolder folder(scratch / "r");
  folder.write_case(samples::one_case("a"));
  fs::create_directory(scratch / "r");
  write(scratch / "r" / "letter.txt");
  CHECK(!samples::refusal([&] { static_cast<void>(folder.finish({}, samples::run())); }).empty());
  CHECK(fs::exists(scratch / "r" / "letter.txt"));
  CHECK(fs::exists(folder.working() / "data" / "a.csv"));
}

TEST_CASE("a file that cannot be written whole is an error and leaves no part of itself") {
  const test::Folder scratch;
  const fs::path path = scratch / "r";
  make(path, {samples::one_case("old")});
  ResultFolder folder(path);
  folder.write_case(samples::one_case("small"));

  const std::vector<double> long_trace(1000, 0.1);
  CaseResult train;
  train.name = "train";
  train.spikes_ms = long_trace;
  std::string trace, spikes, rest;
  {
    const TightDisk full;
    trace = samples::refusal([&] { folder.write_case(samples::one_case("large", long_trace)); }, Exit::run_failed);
    spikes = samples::refusal([&] { folder.write_case(train); }, Exit::run_failed);
  }
  CHECK(trace == "cannot write '" + (folder.working() / "data" / "large.csv").string() + "': File too large");
  CHECK(spikes == "cannot write '" + (folder.working() / "spikes.csv").string() + "': File too large");
  CHECK(names(folder.working() / "data") == std::set<std::string>{"small.csv"});
  // what comes after is written as if nothing had been
  folder.write_case(samples::one_case("large", long_trace));
  CHECK(read_text(folder.working() / "spikes.csv") == "case,Time (ms)\nsmall,0.5\nlarge,0.5\n");

  RunResult run = samples::run();
  run.experiment_yaml.assign(5000, '#');
  {
    const TightDisk full;
    rest = samples::refusal([&] { static_cast<void>(folder.finish({}, run)); }, Exit::run_failed);
  }
  CHECK(rest == "cannot write '" + (folder.working() / "experiment.yaml").string() + "': File too large");
  CHECK(names(folder.working() / "data") == std::set<std::string>{"large.csv", "small.csv"});
  CHECK(names(path / "data") == std::set<std::string>{"old.csv"});
}

TEST_CASE("a working folder that vanishes is an error of the run") {
  const test::Folder scratch;
  ResultFolder folder(scratch / "r");
  fs::remove_all(folder.working());
  CHECK(samples::refusal([&] { folder.write_case(samples::one_case("a")); }, Exit::run_failed) ==
        "cannot create '" + (folder.working() / "data").string() + "': No such file or directory");
}

TEST_CASE("names of cases are safe as names of files and each is there once") {
  const test::Folder scratch;
  ResultFolder folder(scratch / "r");
  folder.write_case(samples::one_case("izhikevich.cma_es-01"));
  CHECK(samples::refusal([&] { folder.write_case(samples::one_case("izhikevich.cma_es-01")); }) ==
        "there are two cases 'izhikevich.cma_es-01'");
  for (const std::string name : {"../../etc/passwd", "a/b", "", ".", "..", ".hidden", "a b", "a,b", "a\nb"}) {
    CAPTURE(name);
    std::string shown = name;  // a message is one line
    std::replace(shown.begin(), shown.end(), '\n', ' ');
    CHECK(samples::refusal([&] { folder.write_case(samples::one_case(name)); }) ==
          "the case '" + shown + "' cannot be the name of a file");
  }
}
