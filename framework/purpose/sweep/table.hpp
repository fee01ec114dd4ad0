#pragma once
// How a sweep is carried out: many cases in portions, each run and measured by one thread, on any number of threads or
// processes, with the same bits. Internal to purpose/sweep/.
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include "purpose/readout.hpp"
#include "purpose/sweep/sweep.hpp"
#include "results/cases.hpp"

namespace hillock {

/// What became of some cases of a sweep, as it leaves the thread or process that ran them.
struct ChunkResult {
  std::vector<std::uint64_t> cases;
  std::vector<double> values;     ///< [case][measure]
  std::vector<std::uint8_t> why;  ///< [case][measure]: 0, or why there is no number, `whys` from 1
  std::vector<std::string> whys;
  std::vector<std::pair<std::uint64_t, Failure>> failures;               ///< by case
  std::vector<std::pair<std::uint64_t, std::vector<double>>> spikes_ms;  ///< of cases whose spike times are asked for
  std::vector<std::pair<std::uint64_t, CaseResult>> traced;              ///< with columns and spikes

  /// As bytes that read back to the same, on this machine or another of its kind.
  std::string pack() const;
  /// Throws std::runtime_error for bytes that are no portion.
  static ChunkResult unpack(std::string_view bytes);
};

/// Some cases of a sweep that are run together.
struct Chunk {
  bool whole = false;      ///< each case as an experiment of its own, with all that its files need; else as lanes
  SweepSpec::Choice base;  ///< of lanes: what they have in common and is no number in place
  std::vector<std::uint64_t> cases;
  std::string pack() const;
  static Chunk unpack(std::string_view bytes);
};

/// The cases of a sweep as rows of numbers: about ten bytes a measure and case.
class CaseTable {
 public:
  CaseTable(std::shared_ptr<const Experiment> experiment, const SweepSpec& block);
  /// Takes over what a portion has. Cases are told apart by their number, so the order of portions means nothing.
  void store(ChunkResult portion);
  /// Whether it can be a portion of this sweep: of a record that is read back.
  bool fits(const ChunkResult& portion) const;
  /// Whether these can be the results of a chunk: each case once, and no other.
  bool answers(const Chunk& chunk, const std::vector<ChunkResult>& results) const;
  bool has(std::size_t i) const { return status_[i] != missing; }
  std::size_t done() const { return done_; }
  /// The cases that failed, ascending.
  std::vector<std::size_t> failed() const;
  /// With samples, if the portion had them.
  CaseResult operator[](std::size_t i) const;
  /// The measures as they are drawn and written to one file.
  SweepData picture() const;

 private:
  static constexpr std::uint8_t missing = 0, ok = 1, failed_case = 2;
  std::shared_ptr<const Experiment> e_;  ///< owns the block
  const SweepSpec& s_;
  std::vector<std::string> units_;
  std::vector<double> values_;
  std::vector<std::uint8_t> why_, status_;
  std::vector<std::string> whys_;
  std::map<std::uint64_t, Failure> failures_;
  std::map<std::uint64_t, std::vector<double>> spikes_ms_;
  std::map<std::uint64_t, CaseResult> traced_;
  std::size_t done_ = 0;
};

/// A sweep cut into work for so many workers. Cases of which `has` says that they are done are left out.
std::vector<Chunk> plan_of(const Experiment& experiment, const SweepSpec& block,
                           const std::function<bool(std::size_t)>& has, std::size_t workers);

/// Runs and measures the cases of a sweep.
class SweepRunner {
 public:
  SweepRunner(std::shared_ptr<const Experiment> experiment, const SweepSpec& block);
  /// Told what is finished, whole experiments one by one.
  using Done = std::function<void(ChunkResult)>;
  /// [any thread]
  void run(const Chunk& work, const Done& done) const;
  /// What stands for cases that were lost with their process.
  ChunkResult lost(const Chunk& work, const std::string& why) const;

 private:
  class Base;
  void run_whole(const Chunk& work, const Done& done) const;
  ChunkResult run_lanes(const Chunk& work) const;
  std::shared_ptr<const Base> base(const SweepSpec::Choice& of) const;
  bool wants_times(std::uint64_t i) const;

  std::shared_ptr<const Experiment> e_;  ///< owns the block
  const SweepSpec& s_;
  SpikeDetail spikes_;
  bool all_times_ = false;
  std::vector<std::uint64_t> timed_;  ///< cases whose spike times are expected
  mutable std::mutex mutex_;
  mutable std::map<SweepSpec::Choice, std::shared_ptr<const Base>> bases_;
};

}  // namespace hillock
