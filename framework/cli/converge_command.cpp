// converge: what halving the step, or tightening the tolerance, does to the results of a file.
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "cli/commands.hpp"
#include "neuron/simulate.hpp"
#include "purpose/converge.hpp"
#include "util/files.hpp"

namespace hillock {

int converge_file(const ConvergeCall& call) {
  namespace fs = std::filesystem;
  const auto experiment = std::make_shared<const Experiment>(load_experiment(call.file, call.overrides));
  if (!call.csv.empty()) {  // before the work
    std::vector<fs::path> inputs{call.file};
    inputs.insert(inputs.end(), experiment->files.begin(), experiment->files.end());
    refuse_target(call.csv, inputs);
  }
  ConvergeWishes wishes;
  wishes.levels = call.levels, wishes.within = call.within_percent / 100;
  const bool terminal = isatty(STDERR_FILENO) != 0;
  if (terminal) wishes.on_run = [](std::size_t done, std::size_t all) { tell_over("\r{} of {} runs", done, all); };
  const ConvergeReport report = converge(experiment, wishes);
  if (terminal) tell_over("\r\033[K");

  show("{}\n", experiment->title.empty() ? fs::path(call.file).stem().string() : experiment->title);
  for (const Convergence& c : report.cases) {
    if (report.cases.size() > 1) show("\n{}\n", c.name);
    print(c.table);
    for (const Verdict& v : c.verdicts) show("  {}: {}\n", v.of, v.sentence);
    for (const std::string& note : c.notes) show("  note: {}\n", note);
  }
  if (!report.summary.rows.empty()) {
    show("\n");
    print(report.summary);
  }
  show("\n{}\n", report.explained);
  if (!call.csv.empty()) write_whole(call.csv, report.csv);
  return static_cast<int>(report.all_ok() ? Exit::good : Exit::run_failed);
}

}  // namespace hillock
