#pragma once
// How fits search: recordings that runs are held against, one search from one start, and all starts of several fits.
// Internal to purpose/fit/ and purpose/compare/.
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>
#include "data/normalise.hpp"
#include "data/recording.hpp"
#include "neuron/population.hpp"
#include "neuron/sensitivity.hpp"
#include "purpose/fit/fit.hpp"
#include "purpose/fit/loss.hpp"

namespace hillock {

/// One recording, and what of it is fitted and scored.
struct Target {
  std::shared_ptr<const Recording> data;
  std::shared_ptr<const std::vector<double>> current;
  ScoredWindow train;                    ///< what the fit sees; an empty window if the recording is held out
  std::optional<ScoredWindow> held_out;  ///< what is scored after it
  bool trains() const { return train.to_ms > train.from_ms; }
};

/// What of the recordings a fit may know before it: all that is not held out.
Known known_of(const FitBlock& block);

/// The recordings of a fit. Throws Error where nothing is left to fit or to score, or a loss of spikes sees none.
std::vector<Target> targets_of(const FitBlock& block, std::vector<Recording> recordings);
/// The same recordings, for another fit.
std::vector<Target> targets_of(const FitBlock& block, std::vector<Target> targets);

/// Which samples of a recording are compared with which of a run, where losses are means of squares.
class SquaresPlan {
 public:
  /// Nothing where other samples than these are looked at: losses are others, samples of the recording lie between
  /// those of the run, or beyond them. `samples`: of the run, every `every_ms`.
  static std::optional<SquaresPlan> of(const FitBlock& block, const Target& target, double every_ms,
                                       std::size_t samples);

 private:
  friend class SquaresInLanes;
  std::optional<CutSpikes> around_;        ///< what is cut around spikes of the run
  std::vector<std::size_t> at_;            ///< the sample of the run, by sample of the recording that is compared
  std::vector<double> looked_at_ms_;       ///< the time of it, as parts that are not scored look at it
  std::vector<double> data_, current_pA_;  ///< what is recorded at it, and at that of the run
  double t0_ms_ = 0, from_ms_ = 0, to_ms_ = 0;
};

/// All that a search on this recording may refuse before its first candidate.
void prepare_search(const FitBlock& block, const Recording& recording);

/// The loss of a candidate that failed is at least this.
inline constexpr double failed_from = 1e6;

/// What is told of candidates.
struct Evaluated {
  std::vector<double> losses;              ///< weighted sums of the terms; of a candidate that failed from 1e6 upward
  std::vector<std::vector<double>> terms;  ///< [term][candidate], without weights
  /// [free][candidate] and [free * n + free][candidate], by places in the ranges, each from 0 to 1; if they are wanted
  std::vector<std::vector<double>> gradient, curvature;
};

/// Runs candidates and gives their losses. [any thread]
class Evaluator {
 public:
  /// REQUIRES: both live as long.
  Evaluator(const FitBlock& block, const std::vector<Target>& targets);
  /// `values`: [candidate][free number]. A candidate that fails has a loss above 1e6, the greater the earlier it
  /// failed.
  std::vector<double> losses(const std::vector<double>& values, std::size_t count) const;
  /// The same with each term and with what is wanted of HK_GRADIENT and HK_CURVATURE.
  Evaluated evaluate(const std::vector<double>& values, std::size_t count, std::uint32_t wants) const;

  /// The recordings that are fitted.
  const std::vector<const Target*>& targets() const { return targets_; }
  /// How the run of one candidate on one of them moves; empty if it fails. Through its spikes, or, if `step` is not 0,
  /// by central differences of this part of each range.
  SeenSlopes slopes(std::size_t target, const std::vector<double>& numbers, double step) const;
  /// The free numbers as directions of a run.
  std::vector<Direction> directions() const;
  /// A neuron with the numbers of the file on the first recording.
  const Neuron& base() const { return bases_[0]; }

 private:
  struct OneRun;
  /// Runs `begin` to `end` on one recording: of each candidate `runs_`, one after the other. `traces`: voltages are
  /// kept where squares would do.
  std::vector<OneRun> simulate(std::size_t target, const std::vector<double>& values, std::size_t begin,
                               std::size_t end, bool traces) const;
  std::vector<OneRun> simulate_slopes(std::size_t target, const std::vector<double>& values, std::size_t begin,
                                      std::size_t end) const;
  std::vector<double> numbers(const std::vector<double>& values, std::size_t run) const;
  std::vector<double> rest(std::size_t target, const std::vector<double>& numbers) const;
  Seen seen(std::size_t target, const OneRun& one) const;
  void align(std::vector<std::vector<OneRun>>& runs) const;
  void batch(const std::vector<double>& values, std::size_t begin, std::size_t end, std::uint32_t wants,
             Evaluated& out) const;
  void differences(const std::vector<double>& values, std::size_t count, Evaluated& out) const;

  const FitBlock& block_;
  std::vector<const Target*> targets_;
  std::vector<Loss> losses_;                         ///< by target
  std::vector<std::optional<SquaresPlan>> squares_;  ///< by target; nothing where traces are kept
  std::vector<Neuron> bases_, forced_;  ///< by target, to the end of what is fitted; forced_ if it is needed
  std::vector<Parameter> parameters_;   ///< the free numbers; under `start: rest` then the start of each state
  bool voltage_, spikes_, rate_;        ///< what is looked at
  std::size_t runs_ = 1;                ///< of one candidate, with other draws
  std::size_t width_ = 1;               ///< runs of a batch
};

/// Whether a model tells the rate at which it fires, which a likelihood needs.
bool has_rate(const hk_model& model);

/// The spikes of a recording in the time of a run on it.
std::shared_ptr<const std::vector<double>> spikes_of(const Recording& data);

/// What is read out of samples of a state under the recorded current.
std::vector<double> read_out(const ReadoutBlock& readout, const std::vector<double>& states, double every_ms,
                             const Recording& data);

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
  /// The best candidates and a sample of all, from the lowest loss; of a front its points: [candidate][free], and their
  /// terms [candidate][term].
  std::vector<double> kept, kept_loss, kept_terms;

  std::string pack() const;
  /// Throws std::runtime_error for bytes that are none.
  static Found unpack(std::string_view bytes);
};

/// Told how many evaluations a search made since the last call, and what it has found so far.
using Tell = std::function<void(std::uint64_t evaluations, const Found& so_far)>;

/// Searches from one start: the first sets out from the numbers of the file, the others from numbers drawn by chance.
Found search(const FitBlock& block, const Evaluator& evaluator, std::uint32_t start, std::uint64_t seed,
             const Tell& tell);
/// The same from a place in the ranges, each from 0 to 1.
Found search_from(const FitBlock& block, const Evaluator& evaluator, const std::vector<double>& from,
                  std::uint64_t seed, const Tell& tell);

/// One of several fits that search at once.
struct Searcher {
  const FitBlock* block;
  const Evaluator* evaluator;
};

/// Whether a start that fails (its optimizer refuses, or asks for too much) is found with the reason, or ends them all.
enum class Failures { kept, thrown };

/// Every start of every fit, on all threads and processes; starts that are kept in records are not searched again.
/// By fit and start.
std::vector<std::vector<Found>> search_all(const std::vector<Searcher>& fits, std::uint64_t seed, Engine& engine,
                                           Failures failures);
/// What a process that is not the first does meanwhile.
void serve_searches(const std::vector<Searcher>& fits, std::uint64_t seed, Processes& processes, Failures failures);

}  // namespace hillock
