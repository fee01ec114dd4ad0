#pragma once
// A run of an experiment into a folder of results, for any caller: the command line prints what it hears.
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "purpose/purpose.hpp"

namespace hillock {

/// What is heard of a run. Each may be empty. [one call at a time]
struct Listener {
  std::function<void(std::size_t done, std::size_t total)> progress;  ///< of what the purpose counts
  /// The folder is the run's own from now on; `set_aside` holds what an interrupted run left, beside `older` others.
  std::function<void(const std::filesystem::path& set_aside, std::size_t older)> began;
  /// Something is finished: `where` says where it is if the run does not come to its end.
  std::function<void(const std::string& where)> kept;
  /// The run ends by an exception, which is being handled, and the folder is still its own; `where` is empty if nothing
  /// is finished.
  std::function<void(const std::string& where)> failed;
};

struct SessionOptions {
  std::filesystem::path out;  ///< folder of the results
  std::string command;        ///< as provenance tells it
  bool resume = false;        ///< go on with what an interrupted run left
  bool figures = true;
  std::size_t jobs = 0;  ///< threads; 0: as many as the machine has
  Processes* processes = nullptr;
  std::optional<Isolation> isolation;  ///< of a purpose that can isolate; not with `processes`
};

struct SessionResult {
  Outcome outcome;
  std::vector<Table> tables;       ///< for a terminal: without what was expected
  std::vector<std::string> notes;  ///< about what is missing though the result is good
  bool was_whole = false;          ///< with `resume`: the result was there already, and nothing was done
};

/// Runs the experiment and leaves its results in `options.out`, whole or not at all. Throws Error and Interrupted as
/// `execute` and `ResultFolder` do, and Error if it cannot be resumed though that was asked.
SessionResult run_to_folder(const std::shared_ptr<const Experiment>& experiment, const SessionOptions& options,
                            const Listener& listener = {});

/// Where the finished cases of a run are that did not come to its end.
std::string where_finished(const std::filesystem::path& working, bool can_go_on);

}  // namespace hillock
