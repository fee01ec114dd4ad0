#pragma once
// A folder of results: written under another name, and renamed when whole.
#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/journal.hpp"
#include "results/cases.hpp"
#include "results/result.hpp"

namespace hillock {

/// While a run goes on its files are in `<path>.unfinished`; finish() puts that in the place of `path` in one step (an
/// older result of a finished run is replaced, never mixed with the new). If the run is interrupted or crashes,
/// `<path>.unfinished` stays with every finished case in it, each file whole. A new run begins anew, but deletes
/// nothing: a `<path>.unfinished` that holds files becomes `<path>.unfinished.1` (or .2, ...), see set_aside().
class ResultFolder {
 public:
  /// Makes `<path>.unfinished` and the folders above it. Refuses before any work (bad input), each with its sentence: a
  /// path that is a file, lies below one or cannot be written; a folder that is not empty and no result of hillock (no
  /// provenance.yaml); a result that holds something else besides; one that another run is writing at this moment.
  explicit ResultFolder(const std::filesystem::path& path) : ResultFolder(path, Of()) {}

  /// Whose result it is.
  struct Of {
    std::string experiment = {};  ///< its file, or a recording: a result of another one is not replaced; empty: any is
    std::string identity = {};    ///< of all that decides the result's bits; empty: no journal is kept
    bool resume = false;          ///< go on with what an interrupted run of this identity left
  };
  /// Refuses further a result of another file, and to go on with an interrupted run of another identity.
  ResultFolder(const std::filesystem::path& path, const Of& of);
  /// Where files are written until a result is whole. Throws (bad input) if the path is no name for a folder.
  static std::filesystem::path working_of(const std::filesystem::path& path);
  /// Whether a finished result of this identity is in the place already.
  static bool is_whole(const std::filesystem::path& path, const std::string& identity);
  /// Puts into its place a result of this identity that is whole but for that: of a run that was killed between the end
  /// of its journal and the new name of its folder. Returns whether there was one.
  static bool finish_left(const std::filesystem::path& path, const std::string& identity);
  /// Whether an unfinished result with a journal is there that no run is writing any more.
  static bool is_left(const std::filesystem::path& path);
  ~ResultFolder();  ///< without finish(): removes `<path>.unfinished` if no case was written, else leaves it
  ResultFolder(const ResultFolder&) = delete;
  ResultFolder& operator=(const ResultFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }        ///< the final place
  const std::filesystem::path& working() const { return working_; }  ///< where files are written meanwhile
  const std::filesystem::path& set_aside() const {
    return set_aside_;
  }                                             ///< what an interrupted run left; empty if nothing
  std::size_t older() const { return older_; }  ///< how many such folders were there already

  /// What is finished so far, if `identity` was given.
  Journal* journal() { return journal_ ? journal_.get() : nullptr; }

  /// Writes data/<case>.csv (if there are columns) and appends to spikes.csv. REQUIRES (else throws): a name that is
  /// new in this folder and safe as a file's: letters, digits, '_', '-', '.', not first '.'. [any thread]
  void write_case(const CaseResult& result);

  /// Writes data/<sheet>.csv, summary.csv, spikes.csv in the order of `cases`, failures.csv (only if a case failed),
  /// experiment.yaml (if there is one), provenance.yaml, plots and report.html, then renames. `cases` are those of the
  /// run in order; traces and spikes may have been dropped from them. Returns sentences about what is missing ("gnuplot
  /// is not installed: ...") though the result is good. Throws (run failed) if something cannot be written, Interrupted
  /// if pictures are missing because the user asked to stop; the old result is then still in its place.
  std::vector<std::string> finish(const Cases& cases, const RunResult& run);

 private:
  void lock(const Of& of);
  void find_spikes();
  void release();
  void write_spikes(const Cases& cases) const;

  std::filesystem::path path_, working_, set_aside_;
  std::vector<std::filesystem::path> made_;  ///< folders above that were not there
  std::size_t older_ = 0;
  int lock_ = -1;
  std::mutex mutex_;
  std::map<std::string, std::pair<std::size_t, std::size_t>>
      written_;  ///< case: where its rows in spikes.csv begin and end
  std::size_t spikes_size_ = 0;
  std::unique_ptr<Journal> journal_;
  bool resumed_ = false, finished_ = false;
};

/// The CSV text of a case: `Time (ms),Membrane Potential (mV),...`, numbers as the shortest text that reads back to the
/// same double. A failed case ends before the first sample that is not finite; in a good one such a field is empty.
/// RFC 4180 quoting, lines end with '\n'.
std::string case_csv(const CaseResult& result);
/// The same in pieces, which a long trace takes.
void case_csv(const CaseResult& result, const std::function<void(std::string_view)>& write);

/// The CSV text of a sheet, titles as in `case_csv`; a number that is not finite is an empty field.
std::string sheet_csv(const Sheet& sheet);

/// A row a case: `case`, the swept paths, the measures, `status`. Units stand in the titles, "input.I.amplitude (pA)"
/// and "mean_rate (Hz)", so that fields are plain numbers (a swept value keeps its unit if the cases do not agree on
/// it). A measure without a number is an empty field.
std::string summary_csv(const Cases& cases);
/// The same, handed over in pieces of about a megabyte.
void summary_csv(const Cases& cases, const std::function<void(std::string_view)>& write);

/// case,Time (ms): a row a spike.
std::string spikes_csv(const std::vector<CaseResult>& cases);

/// case,status,time (ms),parameters: a row a case that failed.
std::string failures_csv(const Cases& cases);
/// The same piece by piece.
void failures_csv(const Cases& cases, const std::function<void(std::string_view)>& write);

}  // namespace hillock
