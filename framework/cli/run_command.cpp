// run, check and test.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <exception>
#include <map>
#include <thread>

#include "cli/commands.hpp"
#include "engine/child.hpp"
#include "engine/processes.hpp"
#include "purpose/forecast/forecast.hpp"
#include "purpose/purpose.hpp"
#include "purpose/readout.hpp"
#include "results/folder.hpp"
#include "run/session.hpp"

namespace hillock {
namespace {

namespace fs = std::filesystem;

/// results/<path below experiments/, else the stem>
fs::path result_path(const fs::path& file) {
  std::error_code error;
  const fs::path whole = fs::absolute(file, error).lexically_normal();
  fs::path below;
  bool inside = false;
  for (const fs::path& part : whole.parent_path()) {
    if (inside) below /= part;
    if (part == "experiments") inside = true, below.clear();
  }
  return fs::path("results") / (inside ? below : fs::path()) / whole.stem();
}

std::size_t width_of(const std::string& text) {  // columns on a terminal: code points
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

/// What went wrong in a run whose other cases are fine.
void report_failures(const Outcome& outcome) {
  constexpr std::size_t most = 3;  // they are alike, and long
  std::fflush(stdout);
  const std::vector<std::size_t> failed = outcome.cases.failed();
  for (std::size_t k = 0; k < std::min(failed.size(), most); ++k) {
    const auto c = outcome.cases.get(failed[k]);
    const Failure& f = *c->failure;
    const std::string params = f.parameters.empty() ? "" : fmt::format(" (params: {})", f.parameters);
    tell("error: case '{}' {}: {}{}{}\n", c->name, f.stopped() ? "stopped" : "failed", c->status(), params,
         f.remedy.empty() ? "" : " - " + f.remedy);
  }
  if (failed.size() > most)
    tell("error: {} more of {} cases stopped: see failures.csv\n", failed.size() - most, outcome.cases.size());
}

/// What a file expects of a comparison was found on its own recording: another one, named on the command line, is not
/// held against it. Expectations of the command line stay.
std::shared_ptr<const Experiment> load_to_judge(const fs::path& file, const std::vector<std::string>& overrides) {
  auto e = std::make_shared<Experiment>(load_experiment(file, overrides));
  const std::string key = e->purpose->key();
  bool other_data = false, own_expect = false;
  for (const std::string& o : overrides) {
    std::string path = o.substr(0, o.find('='));
    path.erase(path.find_last_not_of(' ') + 1);
    other_data = other_data || path == key || path == key + ".data" || path == key + ".data.file";
    own_expect = own_expect || path == "expect" || path.starts_with("expect.");
  }
  if (e->purpose->data() && other_data && !own_expect && !e->expect.empty()) {
    e->expect.clear();
    std::erase_if(e->resolved.entries, [](const Node::Entry& part) { return part.key == "expect"; });
    tell("note: what '{}' expects is of its own recording, and is not held against another\n", file.string());
  }
  return e;
}

/// "3 min 20 s"
std::string in_words(double seconds) {
  const auto s = static_cast<long>(std::ceil(seconds));
  return s < 100    ? fmt::format("{} s", s)
         : s < 6000 ? fmt::format("{} min {} s", s / 60, s % 60)
                    : fmt::format("{} h {} min", s / 3600, s / 60 % 60);
}

/// How far a run of many cases is: on a terminal a line that changes, elsewhere a line now and then.
class Progress {
 public:
  explicit Progress(const char* counts) : counts_(counts) {}
  void tell(std::size_t done, std::size_t total) {
    const auto now = clock::now();
    if (done_at_start_ == none) done_at_start_ = done;
    if (total <= 1 || now - last_ < (terminal_ ? std::chrono::milliseconds(100) : std::chrono::seconds(10))) return;
    last_ = now;
    const double seconds = std::chrono::duration<double>(now - start_).count(),
                 rate = static_cast<double>(done - done_at_start_) / seconds;
    std::string line = fmt::format("{} of {} {}", done, total, counts_);
    if (rate > 0 && seconds > 1)
      line += fmt::format(", {:.3g} a second, {} left", rate, in_words(static_cast<double>(total - done) / rate));
    hillock::tell_over("{}{}{}", terminal_ ? "\r" : "", line, terminal_ ? "\033[K" : "\n");
    shown_ = true;
  }
  /// The next line that is printed begins on a line of its own.
  void end() {
    if (terminal_ && shown_) hillock::tell_over("\r\033[K");
    shown_ = false;
  }

 private:
  using clock = std::chrono::steady_clock;
  const char* const counts_;
  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  const bool terminal_ = isatty(STDERR_FILENO) != 0;
  const clock::time_point start_ = clock::now();
  clock::time_point last_ = start_;
  std::size_t done_at_start_ = none;
  bool shown_ = false;
};

/// Says what went wrong in a run of several processes, and ends them all. Called while that is caught.
void abandon(Processes& processes, const fs::path& out) {
  const bool first = processes.rank() == 0;
  // the first process says the same, and ends all; what is another one's alone comes a little later
  const auto wait_for_first = [&] {
    if (!first) std::this_thread::sleep_for(std::chrono::seconds(2));
  };
  int status = static_cast<int>(Exit::run_failed);
  try {
    throw;
  } catch (const Interrupted&) {
    status = static_cast<int>(Exit::interrupted);
    if (first) tell("interrupted\n");
    // a first process that was killed says nothing
    if (processes.rank() == 1 && ResultFolder::is_left(out))
      tell("the first process is gone; {}\n", where_finished(ResultFolder::working_of(out), true));
    wait_for_first();
  } catch (const std::exception& e) {
    const auto* told = dynamic_cast<const Error*>(&e);
    if (told) status = static_cast<int>(told->status());
    wait_for_first();
    tell("{}\n", told ? e.what() : fmt::format("error: {}", e.what()));
  }
  processes.abandon(status);
}

/// What a child of this process begins with.
void begin_child() {
  watch_for_crashes();  // this is another process
  watch_for_limits();
  set_crash_note("");
}

ChildLimits limits_of(const RunWishes& wishes) {
  return {.cpu_s = wishes.seconds.value_or(600), .memory_bytes = wishes.memory_MB << 20};
}

int run_loaded(const std::shared_ptr<const Experiment>& experiment, const RunWishes& wishes, const fs::path& out,
               Processes* processes) {
  const auto started = std::chrono::steady_clock::now();
  if (processes && processes->rank() > 0) {  // the first process writes and speaks for all
    if (experiment->purpose->can_resume()) experiment->purpose->serve(experiment, *processes);
    return 0;
  }
  struct Forget {
    ~Forget() { set_crash_note(""); }
  } forget;
  Progress progress(experiment->purpose->counts());
  SessionOptions options;
  options.out = out, options.command = wishes.command, options.resume = wishes.resume;
  options.jobs = wishes.jobs, options.processes = processes;
  if (wishes.isolate && experiment->purpose->can_isolate())
    options.isolation = Isolation{limits_of(wishes), begin_child, [](std::string_view text) { tell_over("{}", text); }};
  Listener listener;
  listener.progress = [&](std::size_t done, std::size_t total) { progress.tell(done, total); };
  listener.began = [](const fs::path& set_aside, std::size_t older) {
    if (set_aside.empty()) return;
    tell("note: what an interrupted run left is in {}{}\n", set_aside.string(),
         older == 0 ? "" : fmt::format(", beside {} older: delete what is not needed", older));
  };
  listener.kept = [](const std::string& where) { set_crash_note(where); };
  listener.failed = [&](const std::string& where) {
    progress.end();
    if (where.empty()) return;
    tell("{}\n", where);
    if (processes) abandon(*processes, out);
  };
  const SessionResult result = run_to_folder(experiment, options, listener);
  progress.end();
  if (result.was_whole) {
    show("results: {} (whole and unchanged: nothing was left to do)\n", (out / "report.html").string());
    std::error_code none;
    return static_cast<int>(fs::exists(out / "failures.csv", none) ? Exit::run_failed : Exit::good);
  }
  const Outcome& outcome = result.outcome;
  show("{}\n", outcome.run.title);
  for (const Table& t : result.tables) print(t);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  show("results: {} ({:.2f} s)\n", (out / "report.html").string(), seconds);
  for (const std::string& note : result.notes) tell("note: {}\n", note);
  report_failures(outcome);
  if (interrupted) throw Interrupted{};  // while it was drawn: the result is whole
  return static_cast<int>(outcome.all_ok() ? Exit::good : Exit::run_failed);
}

/// The same of one whose work is a single piece, all of it in a child.
int run_in_child(const std::shared_ptr<const Experiment>& experiment, const RunWishes& wishes, const fs::path& out) {
  // The child says what was thrown as this process does. It stops as this one does, but only when this one tells it: a
  // signal to all processes of the run reaches both, and two would end it before it has cleared up.
  const std::terminate_handler on_terminate = std::get_terminate();
  struct sigaction on_stop {};
  ::sigaction(SIGTERM, nullptr, &on_stop);
  ChildLimits limits = limits_of(wishes);
  limits.cpu_s = wishes.seconds.value_or(0);
  limits.stops_by = SIGUSR1;
  const ChildEnd end = in_child(
      [&] {
        begin_child();
        std::set_terminate(on_terminate);
        ::signal(SIGTERM, SIG_IGN);
        ::sigaction(SIGUSR1, &on_stop, nullptr);
        int status = static_cast<int>(Exit::run_failed);
        try {
          status = run_loaded(experiment, wishes, out, nullptr);
        } catch (const Error& e) {
          tell("{}\n", e.what());
          status = static_cast<int>(e.status());
        } catch (const std::exception& e) { tell("error: {}\n", e.what()); }
        return std::to_string(after_output(status));
      },
      limits);
  if (end.finished) {
    for (const int status : {0, 1, 2, 3, 130})
      if (end.bytes == std::to_string(status)) return status;
    tell(
        "error: the process of the run of '{}' gave back what is no exit status: a plugin wrote into what is not its "
        "own; do not trust the result\n",
        experiment->path.string());
    return static_cast<int>(Exit::run_failed);
  }
  // what ends a process for a plugin names it and exits with this status, and says what is kept
  if (end.status != static_cast<int>(Exit::run_failed)) {
    tell("error: the run of '{}' {}\n", experiment->path.string(), end.why);
    if (ResultFolder::is_left(out)) tell("{}\n", where_finished(ResultFolder::working_of(out), true));
  }
  std::error_code ignored;
  fs::remove(ResultFolder::working_of(out), ignored);  // if there is nothing in it
  return static_cast<int>(Exit::run_failed);
}

int run_one(const fs::path& file, const RunWishes& wishes, const fs::path& out, Processes* processes) {
  const auto experiment = load_to_judge(file, wishes.overrides);
  return wishes.isolate && !experiment->purpose->can_isolate() ? run_in_child(experiment, wishes, out)
                                                               : run_loaded(experiment, wishes, out, processes);
}

/// The graver of two: bad input, then a failed run, then a failed expectation.
int graver(int a, int b) {
  const auto rank = [](int s) { return s == 130 ? 4 : s == 2 ? 3 : s == 3 ? 2 : s; };
  return rank(a) >= rank(b) ? a : b;
}

}  // namespace

int after_output(int status) {
  if (std::fflush(stdout) == 0 && !std::ferror(stdout)) return status;
  tell("error: not all of the output could be written\n");
  return status == 0 ? static_cast<int>(Exit::run_failed) : status;
}

void print(const Table& t) {
  std::vector<std::size_t> width(t.head.size(), 0);
  std::vector<bool> words(t.head.size(), true);  // columns of numbers stand to the right
  const auto widen = [&](const std::vector<std::string>& row) {
    for (std::size_t c = 0; c < row.size(); ++c) width[c] = std::max(width[c], width_of(row[c]));
  };
  widen(t.head);
  for (const auto& row : t.rows) {
    widen(row);
    for (std::size_t c = 1; c < row.size(); ++c)
      words[c] = words[c] && (row[c].empty() || std::isalpha(static_cast<unsigned char>(row[c][0])));
  }
  const auto line = [&](const std::vector<std::string>& row) {
    std::string text = " ";
    for (std::size_t c = 0; c < row.size(); ++c) {
      const std::string space(width[c] - width_of(row[c]), ' ');
      if (c > 0) text += ' ';
      text += words[c] ? fmt::format(" {}{}", row[c], space) : fmt::format(" {}{}", space, row[c]);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    show("{}\n", text);
  };
  if (!t.title.empty()) show("  {}\n", t.title);
  line(t.head);
  constexpr std::size_t most_lines = 60;
  for (std::size_t i = 0; i < std::min(t.rows.size(), most_lines); ++i) line(t.rows[i]);
  if (t.rows.size() > most_lines) show("  and {} more: see the report and its tables\n", t.rows.size() - most_lines);
  if (!t.note.empty()) show("  {}\n", t.note);
}

int run_files(const RunWishes& wishes) {
  int status = 0;
  std::map<fs::path, std::string> writes;  // folder of results -> file
  const auto result_of = [&](const std::string& file) {
    fs::path out = wishes.out.empty() ? result_path(file) : fs::path(wishes.out);
    if (!wishes.out.empty() && wishes.files.size() > 1) out /= fs::path(file).stem();
    return out;
  };
  for (const std::string& file : wishes.files)
    if (const auto [other, is_new] = writes.emplace(result_of(file).lexically_normal(), file); !is_new)
      throw Error({}, fmt::format("'{}' and '{}' would both write to {}", other->second, file, other->first.string()),
                  "run them one by one, each with its --out");
  const std::unique_ptr<Processes> processes = join_processes();
  if (processes && wishes.isolate)
    throw Error({}, "--isolate does not go together with several processes of mpirun",
                "leave it out, or start one process with --jobs");
  for (const std::string& file : wishes.files) {
    const fs::path out = result_of(file);
    try {
      status = graver(status, run_one(file, wishes, out, processes.get()));
      if (processes) processes->join();
    } catch (const Error& e) {
      if (processes) abandon(*processes, out);
      if (wishes.files.size() == 1) throw;
      tell("{}\n", e.what());
      status = graver(status, static_cast<int>(e.status()));
    } catch (...) {
      if (processes) abandon(*processes, out);
      throw;
    }
  }
  return status;
}

int check_files(const std::vector<std::string>& paths, const std::vector<std::string>& overrides) {
  int status = 0;
  std::size_t good = 0;
  const auto files = experiment_files(paths);
  for (const fs::path& file : files) {
    try {
      prepare(load_experiment(file, overrides));
      ++good;
    } catch (const Error& e) {
      tell("{}\n", e.what());
      status = graver(status, static_cast<int>(e.status()));
    }
  }
  show("{} of {} files are good\n", good, files.size());
  return status;
}

int test_files(const std::vector<std::string>& paths, const std::vector<std::string>& overrides) {
  int status = 0;
  std::size_t passed = 0, checks = 0, without = 0, asking = 0;
  const auto files = experiment_files(paths);
  for (const fs::path& file : files) {
    try {
      const auto experiment = load_to_judge(file, overrides);
      if (asks_server(*experiment)) {
        prepare(*experiment);
        show("{}: good, and not run: it asks a server\n", file.string());
        ++asking;
        continue;
      }
      RunOptions w;
      w.figures = false;
      const Outcome outcome = execute(experiment, w);
      int own = outcome.all_ok() ? 0 : static_cast<int>(Exit::run_failed);
      checks += outcome.judgements.size();
      if (outcome.judgements.empty()) {
        ++without;
        show("{}: nothing is expected\n", file.string());
      }
      for (const CheckedExpectation& j : outcome.judgements)
        if (!j.passed) {
          show("{}\n", Error(j.place, fmt::format("expected {}", j.expected), fmt::format("found {}", j.found)).what());
          own = graver(own, static_cast<int>(Exit::expectation_failed));
        }
      report_failures(outcome);
      if (own == 0 && !outcome.judgements.empty()) ++passed;
      if (own == 0 && !outcome.judgements.empty())
        show("{}: as expected ({})\n", file.string(), outcome.judgements.size());
      status = graver(status, own);
    } catch (const Error& e) {
      tell("{}\n", e.what());
      status = graver(status, static_cast<int>(e.status()));
    }
    std::fflush(stdout);
  }
  show("{} of {} files as expected, {} expectations{}{}\n", passed, files.size() - asking, checks,
       without == 0 ? "" : fmt::format("; {} expect nothing", without),
       asking == 0 ? "" : fmt::format("; {} not run", asking));
  return status;
}

}  // namespace hillock
