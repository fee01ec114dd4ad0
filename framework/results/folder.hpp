#pragma once
// A folder of results: written under another name, and renamed when whole.
#include <filesystem>
#include <mutex>
#include <set>
#include <string>
#include <vector>
#include "results/result.hpp"

namespace hillock {

/// While a run goes on its files are in `<path>.unfinished`; finish() puts that in the place of `path` in one step (an older result of a finished run is
/// replaced, never mixed with the new). If the run is interrupted or crashes, `<path>.unfinished` stays with every finished case in it, each file whole.
/// A folder at `path` that is not a result of hillock (no provenance.yaml) and not empty is refused before any work.
class ResultFolder {
 public:
  explicit ResultFolder(std::filesystem::path path);
  ~ResultFolder();  ///< without finish(): removes `<path>.unfinished` if no case was written, else leaves it
  ResultFolder(const ResultFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }             ///< the final place
  const std::filesystem::path& working() const { return working_; }       ///< where files are written meanwhile

  /// Writes data/<case>.csv (if there are columns) and appends to spikes.csv. [any thread; one case at a time]
  void write_case(const CaseResult& result);

  /// Writes summary.csv, failures.csv (only if a case failed), experiment.yaml, provenance.yaml, plots and report.html, then renames.
  /// `cases` are those of the run in order (traces may have been dropped from them; summary needs only names, swept, measures, status).
  void finish(const std::vector<CaseResult>& cases, const RunResult& run);

 private:
  std::filesystem::path path_, working_;
  std::mutex mutex_;
  std::set<std::string> written_;
  bool finished_ = false;
};

/// The CSV text of a case: `Time (ms),Membrane Potential (mV),...`, numbers as the shortest text that reads back to the same double. RFC 4180 quoting.
std::string case_csv(const CaseResult& result);
/// A row a case: case, swept paths, measures ("name (unit)" only where the unit is not 1: the bare name is the column title), status.
std::string summary_csv(const std::vector<CaseResult>& cases);
/// case,Time (ms): a row a spike.
std::string spikes_csv(const std::vector<CaseResult>& cases);
/// case,status,time (ms),parameters
std::string failures_csv(const std::vector<CaseResult>& cases);

}  // namespace hillock
