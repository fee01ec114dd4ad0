#pragma once
// Carries out an experiment: the run itself, its purpose, measures, tables, figures, and the judgement of what was expected.
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>
#include "experiment/experiment.hpp"
#include "results/cases.hpp"
#include "results/result.hpp"
#include "results/sweep.hpp"
#include "run/recording.hpp"
#include "run/simulate.hpp"

namespace hillock {

/// What was found for one line of `expect`.
struct Judgement {
  Place place;
  std::string expected, found;  ///< "spike_count of 'lif' in [18, 20]", "25"
  bool passed = false;
};

struct Outcome {
  Cases cases;
  std::vector<Judgement> judgements;
  RunResult run;                       ///< tables and figures; record of the run is the caller's
  std::optional<SweepPicture> arrays;  ///< what sweep.nc holds
  bool all_ok() const;                 ///< every case ended with status ok
  bool passed() const;                 ///< and everything expected was found
};

struct Portion;
class Fleet;

struct Wishes {
  bool figures = true;
  Fleet* fleet = nullptr;  ///< processes that share a sweep; null: this one alone
  std::size_t jobs = 0;    ///< threads that share a sweep; 0: as many as the machine has
  std::function<void(const CaseResult&)>
      on_case;  ///< each case as soon as it is finished; of a sweep those with traces
  /// Of a sweep, told what is finished, after `on_case` of its cases; samples are left to those that are drawn. One call at a time.
  std::function<void(const Portion&)> on_portion;
  /// Of a sweep, hands over what an earlier run has finished: that is not run again.
  std::function<void(const std::function<void(Portion)>&)> finished;
  std::function<void(std::size_t done, std::size_t total)> progress;  ///< of a sweep, cases. One call at a time
};

/// Runs the experiment. Throws Error for what goes wrong beyond one case, Interrupted if the user asked to stop.
Outcome execute(std::shared_ptr<const Experiment> experiment, const Wishes& wishes);

/// All that comes before the first step of any case, so that what would stop a run or a case there is found without
/// running: recordings are read, starts computed, integrators opened. The run that makes a recording is not made.
/// Throws the first Error, which names the case or model that it is of.
void prepare(const Experiment& experiment);

/// The measures of one case, in the order of `uses`; none is defined of a case that stopped.
std::vector<MeasureValue> measure(const std::vector<MeasureUse>& uses, const CaseResult& of, const Observed& run,
                                  const Observed* data, const std::string& unit);

/// What is scored of a run: its window, or all of it, with the last sample and a spike that carries the time of the end.
Observed observed_run(const SimulateBlock& run, std::span<const double> spikes_ms);

/// What a measure is of a run that stopped: not defined.
Score stopped_score();

/// Holds the cases against `expect`.
std::vector<Judgement> judge(const Experiment& experiment, const Cases& cases);

/// A case as it is written and drawn: columns by meaning and unit, and spikes.
struct Played {
  CaseResult result;
  std::size_t readout = 0;      ///< the column that is read out
  std::string unit;             ///< of the readout
  std::vector<double> current;  ///< what is injected, at result.time_ms, in the unit of the input; only if asked for
  const std::vector<double>& voltage() const { return result.columns[readout].values; }
};
/// REQUIRES: what is read out is recorded.
Played play(const Neuron& neuron, Trajectory trajectory, const std::string& name, double t0_ms = 0,
            bool with_current = false);
/// Whether any of the measures looks at what is injected.
bool need_current(const std::vector<MeasureUse>& uses);

/// An experiment that records its readout, whether or not that is written to a file.
std::shared_ptr<Experiment> with_readout(const Experiment& experiment);
/// Runs experiments of one neuron each, measures them, and tells of each as its batch ends. REQUIRES: each neuron is that
/// of its case `with_readout`. A case that fails stops no other.
void run_cases(const std::vector<Case>& cases, const std::vector<Neuron>& neurons,
               const std::vector<MeasureUse>& measures, const std::function<void(std::size_t, CaseResult)>& done);

/// A table of the cases and their measures; of many the first. `with_swept`: what was swept has columns of its own.
Table summary(const Cases& cases, const std::string& first_column, bool with_swept = false);
inline constexpr std::size_t most_rows = 1000;

/// Numbers in tables: five significant digits.
std::string shown(double value);
/// "Membrane Potential" of "membrane potential; starts at rest": the title of a column, and of an axis in lower case.
std::string title_of(const char* meaning);
std::string axis_of(const char* meaning, const std::string& unit);
/// What the numbers of a mapped readout are: a potential, also without a unit (normalised), or what the model calls it.
std::string readout_meaning(const Experiment& e);

/// Figures of single runs and cases; of more cases than a page can show the first.
inline constexpr std::size_t most_panels = 48;
std::vector<Figure> figures_of_run(const Neuron& neuron, const CaseResult& result);
std::vector<Figure> figures_of_cases(const std::string& title, const std::vector<Neuron>& neurons,
                                     const std::vector<CaseResult>& cases);

/// The voltage traces of neurons, those of the first cases, as curves of a picture; and the titles of its axes.
void picture_traces(const std::vector<Neuron>& neurons, const std::vector<CaseResult>& cases, SweepPicture& picture);
/// "ISI CV" of "isi_cv", "Mean ISI" of "isi_mean": the title of an axis of a measure, without unit.
std::string title_of_measure(const std::string& label);
/// "a, rate of recovery (1/ms)": the title of an axis of what is swept.
std::string label_of(const Experiment& e, const SweepAxis& axis);

/// The models of a comparison, driven by its recording.
std::vector<Neuron> compared(const CompareBlock& block, const Recording& data);

/// The purpose `compare`.
Outcome compare(const Experiment& experiment, const Wishes& wishes);

/// The purpose `sweep`. From so many cases on, its numbers are also wanted as labelled arrays.
Outcome sweep(const std::shared_ptr<const Experiment>& experiment, const Wishes& wishes);
/// The part of a process that is not the first: runs what the first one hands out, until nothing is left.
void serve_sweep(const std::shared_ptr<const Experiment>& experiment, Fleet& fleet);
inline constexpr std::size_t many_cases = 1000;

/// The purpose `dynamics`.
Outcome dynamics(const Experiment& experiment, const Wishes& wishes);
/// What of it can go wrong before the first step.
void prepare_dynamics(const Experiment& experiment);

}  // namespace hillock
