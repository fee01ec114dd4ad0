#pragma once
// What each command of the program does. All throw Error for what the user can mend, and return the exit status.
#include <fmt/format.h>

#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "file/options.hpp"
#include "host/plugins.hpp"
#include "results/result.hpp"
#include "util/terminal.hpp"
#include "verify/verify.hpp"

namespace hillock {

struct RunWishes {
  std::vector<std::string> files, overrides;
  std::string out;       ///< --out; empty: results/...
  std::string command;   ///< the command line, quoted
  std::size_t jobs = 0;  ///< --jobs: threads; 0: as many as the machine has
  bool resume = false;
  bool isolate = false;           ///< --isolate: units of work in processes of their own
  std::optional<double> seconds;  ///< --seconds: processor time of each of them
  std::size_t memory_MB = 4096;   ///< --memory
};

struct ConvergeCall {
  std::string file;
  std::vector<std::string> overrides;
  int levels = 4;
  double within_percent = 0.1;
  std::string csv;  ///< --csv; empty: none
};

struct ExploreCall {
  std::vector<std::string> files;     ///< the recording, or its voltage and its current
  std::optional<std::string> sweeps;  ///< --sweep: "3", "3,5,7", "3-9"; none: all
  std::vector<double> window_ms;      ///< --window: two, or none
  std::vector<std::string> overrides;
  std::string out, csv;  ///< --out, --csv; empty: results/explore/..., none
  bool figures = true;   ///< without: nothing is written but --csv
  std::string command;   ///< the command line, quoted
};

/// The options that a plugin declares; none of a model.
std::vector<OptionSpec> options_of(const Plugin& plugin);
/// What a value looks like, on one line: "{from, to} | none".
std::string form_of(const OptionSpec& spec);
/// What `use` of a part may name: plugins of that role, or shapes; empty for other words.
std::vector<std::string> ids_of(const std::string& role);
/// The reference manual in Markdown, in lines of at most 120 characters.
std::string manual();

/// Says something on standard error. What cannot be told is no reason to stop.
template <class... A> void tell(fmt::format_string<A...> format, A&&... a) {
  std::fputs(harmless(fmt::format(format, std::forward<A>(a)...)).c_str(), stderr);
}
/// The same with what steers a terminal, for lines that are written over. REQUIRES: no word in it is another's.
template <class... A> void tell_over(fmt::format_string<A...> format, A&&... a) {
  std::fputs(fmt::format(format, std::forward<A>(a)...).c_str(), stderr);
}
/// Writes to standard output; `main` looks at the end whether all could be written.
template <class... A> void show(fmt::format_string<A...> format, A&&... a) {
  std::fputs(harmless(fmt::format(format, std::forward<A>(a)...)).c_str(), stdout);
}

/// The status of a command whose output could not all be written is not that of success: says so, and returns another.
int after_output(int status);

/// A table on the terminal.
void print(const Table& table);

int run_files(const RunWishes& wishes);
int check_files(const std::vector<std::string>& paths, const std::vector<std::string>& overrides);
int test_files(const std::vector<std::string>& paths, const std::vector<std::string>& overrides);
/// 0 also where results depend on the numerics: a finding is no failure. 3 if a run as written does not reach its end.
int converge_file(const ConvergeCall& call);
/// What is in a recording; ends with the data block that selects what was shown.
int explore_file(const ExploreCall& call);
/// Says what differs between two results. 0 if nothing does, else 1.
int diff_results(const std::string& a, const std::string& b);
/// Runs the experiment of a result again, beside it, and says whether the bits are the same: 0, else 1.
int rerun_result(const std::string& folder, std::size_t jobs);
/// Tries all that a plugin promises and prints a table. 0 if nothing failed, else 1.
int verify_file(const VerifyCall& call);
/// Makes a folder NAME with a plugin that builds, verifies and runs. `command`: how to start this program again.
int new_plugin(const std::string& role, const std::string& name);
int list_plugins(const std::string& role);
int list_measures();
/// One word of the manual: a plugin, shape, measure or key; its dots lead into blocks.
int describe(const std::string& id);
/// The whole manual.
int describe_all(bool markdown);
/// The JSON Schema of experiment files.
int print_schema();

}  // namespace hillock
