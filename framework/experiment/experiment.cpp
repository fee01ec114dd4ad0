#include "experiment/experiment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "experiment/reader.hpp"
#include "experiment/vocabulary.hpp"

namespace hillock {

namespace fs = std::filesystem;

Experiment load_experiment(const fs::path& path, const Overrides& overrides, const Place& mentioned) {
  // a recording may be the run of another experiment, which may use a recording: a circle of files would never end
  static thread_local std::vector<fs::path> open;
  std::error_code ignored;
  const fs::path real = fs::weakly_canonical(path, ignored);
  if (std::find(open.begin(), open.end(), real) != open.end())
    throw Error(mentioned, fmt::format("the data of '{}' lead back to itself", path.string()));
  open.push_back(real);
  struct Leave {
    ~Leave() { open.pop_back(); }
  } leave;
  Node tree = load_tree(path, mentioned);
  for (const std::string& o : overrides) set_path(tree, o);
  return ExperimentReader(path).whole(tree);
}

std::vector<fs::path> experiment_files(const std::vector<std::string>& paths) {
  std::vector<fs::path> files;
  for (const std::string& p : paths) {
    std::error_code error;
    if (fs::is_directory(p, error)) {
      std::vector<fs::path> found;
      for (auto it = fs::recursive_directory_iterator(p, fs::directory_options::skip_permission_denied, error);
           !error && it != fs::recursive_directory_iterator(); it.increment(error))
        if (it->is_regular_file() && (it->path().extension() == ".yaml" || it->path().extension() == ".yml"))
          found.push_back(it->path());
      if (found.empty()) throw Error(fmt::format("folder '{}' holds no experiment file (*.yaml)", p));
      std::sort(found.begin(), found.end());
      files.insert(files.end(), found.begin(), found.end());
    } else if (fs::exists(p, error)) {
      files.emplace_back(p);
    } else {
      throw Error(fmt::format("'{}' does not exist", p));
    }
  }
  return files;
}

}  // namespace hillock
