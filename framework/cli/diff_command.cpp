// diff and rerun: results held against one another.
#include <algorithm>

#include "cli/commands.hpp"
#include "run/difference.hpp"
#include "run/session.hpp"

namespace hillock {

namespace fs = std::filesystem;

int diff_results(const std::string& a, const std::string& b) {
  const std::vector<Table> tables = difference(a, b);
  for (const Table& table : tables) print(table);
  if (tables.empty()) show("no difference: {} and {}\n", a, b);
  return static_cast<int>(tables.empty() ? Exit::good : Exit::expectation_failed);
}

int rerun_result(const std::string& folder, std::size_t jobs) {
  fs::path of = fs::path(folder).lexically_normal();
  if (!of.has_filename()) of = of.parent_path();
  std::error_code none;
  if (!fs::exists(of / "experiment.yaml", none))
    throw Error({}, fmt::format("'{}' holds no experiment.yaml: there is no run to repeat", folder),
                "name a folder that `hillock run` wrote");
  SessionOptions options;
  options.out = of.string() + ".rerun";
  options.command = "hillock rerun " + folder;
  options.jobs = jobs;
  options.figures = false;
  const auto experiment = std::make_shared<const Experiment>(load_experiment(of / "experiment.yaml"));
  run_to_folder(experiment, options);
  const auto differ = files_that_differ(of, options.out);
  if (differ.empty()) {
    fs::remove_all(options.out, none);
    show("{}: run again with the same bits\n", folder);
    return static_cast<int>(Exit::good);
  }
  for (const Table& table : difference(of, options.out)) print(table);
  constexpr std::size_t most = 5;
  std::string names;
  for (std::size_t i = 0; i < std::min(differ.size(), most); ++i) names += (i == 0 ? "" : ", ") + differ[i].string();
  if (differ.size() > most) names += fmt::format(" and {} more", differ.size() - most);
  show("{}: the bits differ in {}; the second run is in {}\n", folder, names, options.out.string());
  return static_cast<int>(Exit::expectation_failed);
}

}  // namespace hillock
