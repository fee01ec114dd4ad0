#pragma once
// How far the results of an experiment depend on its numerics: the same runs with halved steps, or tightened
// tolerances, beside an accurate scheme.
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>
#include "experiment/experiment.hpp"
#include "experiment/vocabulary.hpp"
#include "results/result.hpp"

namespace hillock {

struct ConvergeWishes {
  int levels = 4;                           ///< how often the step is halved, or the tolerance divided by ten
  double within = 1e-3;                     ///< a measure is converged within this part of its reference value
  int realisations = 16;                    ///< runs of each level where noise is drawn per step
  double most_steps = hillock::most_steps;  ///< of a run: a step that would take more is not tried
  std::size_t most_cases = 100;             ///< of a sweep, each of which is run a dozen times
  std::function<void(std::size_t done, std::size_t all)> on_run;  ///< after each run of a level
};

/// What is to be said of one measure, or of the spike times.
struct Verdict {
  enum class Kind {
    converged,      ///< within the limit with the numerics of the file and with all finer ones
    not_converged,  ///< off, and the error falls with the step
    depends,        ///< other numerics, another result: another number of spikes, or one where there was none
    unknown         ///< nothing to hold it against: the reference does not settle, or does not reach the end
  };
  std::string of;  ///< "spike_count", "spike_times", ...
  Kind kind = Kind::unknown;
  std::string sentence;  ///< without its subject
  /// p of error ~ step^p, or tolerance^p, by least squares over the levels whose error is above that of the reference
  /// and whose number of spikes is its own; NaN if two or more such levels are not there or lie on no line
  double order = std::numeric_limits<double>::quiet_NaN();
};

/// One case under one numerics. `measures` ends with `spikes_off_by`, the largest shift of a spike against the one of
/// the same number in the reference (of the reference: against its own less accurate run), and `trace_off_by`, the same
/// of the samples, where no run has spikes.
struct Refinement {
  std::string numerics;  ///< "euler, update: sequential, dt = 0.25 ms"
  std::string step;      ///< "dt = 0.25 ms"
  double size = 0;       ///< 0.25
  CaseResult result;
};

/// One case: a single run, a case of a sweep, a model of a comparison.
struct Convergence {
  std::string name;                ///< "run" of a single one
  std::vector<Refinement> levels;  ///< the first is the file's own
  Refinement reference;            ///< its status says why there is none
  std::vector<Verdict> verdicts;
  std::vector<std::string> notes;
  Table table;
};

struct ConvergeReport {
  std::vector<Convergence> cases;
  Table summary;  ///< as written against converged, a row a case; empty of a single run
  std::string explained;
  std::string csv;      ///< a row a level
  bool all_ok() const;  ///< the runs as written reached their end
};

/// Runs everything. The reference is the first adaptive scheme, other than the file's own where there is a choice,
/// whose spike times settle between tolerances of 1e-11 and 1e-13, or rk4 with exact spike times and a step of at most
/// 0.01 ms. A second scheme that settles is held against it. What moves from run to run is no reference; where spike
/// times move as far as to the next spike, no number is. Samples stay at the times of the file. Throws like `execute`.
ConvergeReport converge(std::shared_ptr<const Experiment> experiment, const ConvergeWishes& wishes);

}  // namespace hillock
