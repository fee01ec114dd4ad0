#include "experiment/experiment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "experiment/reader.hpp"
#include "experiment/vocabulary.hpp"

namespace hillock {

namespace fs = std::filesystem;

namespace {

thread_local std::vector<fs::path> being_read;

/// A folder of results holds experiment.yaml and provenance.yaml, which nobody wrote to be run.
bool is_result(const fs::path& folder) {
  std::error_code ignored;
  return fs::exists(folder / "provenance.yaml", ignored);
}

}  // namespace

BeingRead::BeingRead(const fs::path& path, const Place& mentioned) {
  std::error_code ignored;
  fs::path real = fs::weakly_canonical(path, ignored);
  if (std::find(being_read.begin(), being_read.end(), real) != being_read.end())
    throw Error(mentioned, fmt::format("the data of '{}' lead back to itself", path.string()),
                "a recording is made before it is used");
  being_read.push_back(std::move(real));
}
BeingRead::~BeingRead() { being_read.pop_back(); }

Experiment load_experiment(const fs::path& path, const Overrides& overrides, const Place& mentioned) {
  const BeingRead here(path, mentioned);
  std::vector<fs::path> read;
  Node tree = load_tree(path, own_keys(), mentioned, &read);
  inline_models(tree, read);
  Overrides in_order = overrides;
  const auto rank = [](const std::string& o) {
    const std::string written = o.substr(0, o.find('='));
    return rank_of_path(written.substr(0, written.find_last_not_of(' ') + 1));
  };
  std::stable_sort(in_order.begin(), in_order.end(),
                   [&](const std::string& a, const std::string& b) { return rank(a) < rank(b); });
  for (const std::string& o : in_order) set_path(tree, o);
  if (const Node::Entry* base = tree.entry("base"))
    throw Error(base->place, "'base' is read before anything is set", "name the other file in place of this one");
  return ExperimentReader(path, std::move(read)).whole(tree);
}

std::shared_ptr<DataBlock> load_data(const Node& block) { return ExperimentReader({}, {}).data(block); }

std::vector<fs::path> experiment_files(const std::vector<std::string>& paths) {
  std::vector<fs::path> files;
  for (const std::string& p : paths) {
    std::error_code error;
    if (fs::is_directory(p, error)) {
      std::vector<fs::path> found;
      for (auto it = fs::recursive_directory_iterator(p, fs::directory_options::skip_permission_denied, error);
           !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
        const fs::path& path = it->path();
        std::error_code ignored;
        if (it->is_directory(ignored) && is_result(path)) it.disable_recursion_pending();
        if (it->is_regular_file(ignored) && (path.extension() == ".yaml" || path.extension() == ".yml") &&
            path.filename() != "provenance.yaml")
          found.push_back(path);
      }
      if (found.empty()) throw Error(fmt::format("folder '{}' holds no experiment file (*.yaml)", p));
      std::sort(found.begin(), found.end());
      files.insert(files.end(), found.begin(), found.end());
    } else if (fs::exists(p, error)) {
      files.emplace_back(p);
    } else {
      read_source(p);  // says what is wrong with it
    }
  }
  return files;
}

}  // namespace hillock
