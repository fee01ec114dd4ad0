#pragma once
// How fits search: recordings that runs are held against, one search from one start, and all starts of several fits.
// Internal to purpose/fit/ and purpose/compare/.
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>
#include "neuron/population.hpp"
#include "purpose/fit/fit.hpp"
#include "run/recording.hpp"

namespace hillock {

/// One recording, and what of it is fitted and scored.
struct Target {
  std::shared_ptr<const Recording> data;
  std::shared_ptr<const std::vector<double>> current;
  Observed train;                    ///< what the fit sees; an empty window if the recording is held out
  std::optional<Observed> held_out;  ///< what is scored after it
  bool trains() const { return train.to_ms > train.from_ms; }
};

/// The recordings of a fit. Throws Error where nothing is left to fit or to score, or a loss of spikes sees none.
std::vector<Target> targets_of(const FitBlock& block, std::vector<Recording> recordings);

/// Runs candidates and gives their losses. [any thread]
class Evaluator {
 public:
  Evaluator(const FitBlock& block, const std::vector<Target>& targets);
  /// `values`: [candidate][free number]. A candidate that fails has a loss above 1e6, the greater the earlier it failed.
  std::vector<double> losses(const std::vector<double>& values, std::size_t count) const;

 private:
  std::vector<double> batch(const std::vector<double>& values, std::size_t begin, std::size_t end) const;

  const FitBlock& block_;
  std::vector<const Target*> targets_;
  std::vector<Neuron> bases_;  ///< by target, to the end of what is fitted
  std::vector<Parameter> parameters_;
  bool needs_voltage_ = false;
  std::size_t width_ = 1;  ///< candidates of a batch
};

/// The loss of one run, from 0 upward.
double loss_of(const std::vector<LossTerm>& terms, const Observed& run, const Observed& data);

/// The part of a trajectory's voltage that is read out, under the recorded current.
std::vector<double> read_out(const ReadoutBlock& readout, const Trajectory& run, const Recording& data);

/// What one start found.
struct Found {
  std::uint32_t fit = 0;  ///< of several that search at once
  std::uint32_t start = 0;
  std::vector<double> best;  ///< by free number
  double loss = 0;
  std::uint64_t evaluations = 0;
  std::string ended;                                      ///< why the search ended
  std::vector<double> history_evaluations, history_loss;  ///< each time the best became better
  double seconds = 0;                                     ///< that the search took: not the same from run to run
  std::string failed;                                     ///< why it could not search to its end; empty: it could

  std::string pack() const;
  /// Throws std::runtime_error for bytes that are none.
  static Found unpack(std::string_view bytes);
};

/// Searches from one start: the first sets out from the numbers of the file, the others from numbers drawn by chance.
/// `tell`: how many evaluations were made since the last call.
Found search(const FitBlock& block, const Evaluator& evaluator, std::uint32_t start, std::uint64_t seed,
             const std::function<void(std::uint64_t)>& tell);

/// One of several fits that search at once.
struct Searcher {
  const FitBlock* block;
  const Evaluator* evaluator;
};

/// Whether a start that fails (its optimizer refuses, or asks for too much) is found with the reason, or ends them all.
enum class Failures { kept, thrown };

/// Every start of every fit, on all threads and processes; starts that are kept in records are not searched again.
/// By fit and start.
std::vector<std::vector<Found>> search_all(const std::vector<Searcher>& fits, std::uint64_t seed,
                                           const RunOptions& options, Failures failures);
/// What a process that is not the first does meanwhile.
void serve_searches(const std::vector<Searcher>& fits, std::uint64_t seed, Fleet& fleet, Failures failures);

}  // namespace hillock
