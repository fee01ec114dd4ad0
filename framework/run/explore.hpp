#pragma once
// What is in a recording: sweeps, channels, steps of the current, spikes and features, one sweep in memory at a time.
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "data/recording.hpp"
#include "experiment/experiment.hpp"
#include "results/result.hpp"

namespace hillock {

struct ExploreWishes {
  bool figures = true;
  /// Each sweep (without a current where none was recorded) with its number (none of a run, which has no sweeps) and
  /// whether it is the only one.
  std::function<void(const Recording&, std::optional<std::int64_t>, bool)> on_sweep;
};

/// What was found. Tables are for the terminal and the report.
struct Exploration {
  std::string title;               ///< the file's name
  std::vector<std::string> about;  ///< what all sweeps share, as lines: "30 sweeps of 1500 ms at 20 kHz"
  std::vector<Table> tables;       ///< a row a sweep; over the sweeps
  std::vector<CaseResult> cases;   ///< a sweep each, with all its features as measures, without its traces
  std::vector<Figure> figures;
  Node data;                        ///< the block that selects what is shown, with absolute paths
  std::shared_ptr<DataBlock> read;  ///< its plugin and files, for the record
};

/// What a file holds, before a sample is read.
struct Contents {
  std::vector<std::string> about;
  Node block;                         ///< the data block, with absolute paths and the sweeps that are asked for
  std::shared_ptr<DataBlock> read;    ///< what it says
  std::vector<std::int64_t> numbers;  ///< of these sweeps; empty for a run
  std::vector<bool> has_current;      ///< of each; the others have a voltage alone
};

/// Opens the recording of a data block, which may leave `sweep` out and then means all. Throws Error for what the
/// reader refuses and sweeps that are not there.
Contents contents_of(const Node& block);

/// Reads the sweeps one by one and looks at them. The steps of the current are those of the whole sweep, of which a
/// window shows its part. Throws as `load_recording` does, and Interrupted if the user asked to stop.
Exploration explore(const Contents& contents, const ExploreWishes& wishes);

}  // namespace hillock
