#pragma once
// From trajectories to cases: columns in the unit of the readout, measures, tables and figures. All purposes share it.
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>
#include "data/recording.hpp"
#include "experiment/experiment.hpp"
#include "neuron/simulate.hpp"
#include "purpose/purpose.hpp"

namespace hillock {

/// The measures of one case, in the order of `uses`; none is defined of a case that stopped.
std::vector<MeasureValue> measure(const std::vector<MeasureUse>& uses, const CaseResult& of, const ScoredWindow& run,
                                  const ScoredWindow* data, const std::string& unit);

/// What is scored of a run: its window, or all of it, with the last sample and a spike that carries the time of the
/// end.
ScoredWindow observed_run(const SimulateBlock& run, std::span<const double> spikes_ms);

/// What a measure is of a run that stopped: not defined.
Score stopped_score();

/// A case as it is written and drawn: columns by meaning and unit, and spikes.
struct CaseTrace {
  CaseResult result;
  std::size_t readout = 0;      ///< the column that is read out
  std::string unit;             ///< of the readout
  double every_ms = 0;          ///< from sample to sample
  std::vector<double> current;  ///< what is injected, at result.time_ms, in the unit of the input; only if asked for
  const std::vector<double>& voltage() const { return result.columns[readout].values; }
};
/// REQUIRES: what is read out is recorded.
CaseTrace read_out(const Neuron& neuron, Trajectory trajectory, const std::string& name, double t0_ms = 0,
                   bool with_current = false);
/// Whether any of the measures looks at what is injected.
bool need_current(const std::vector<MeasureUse>& uses);

/// The same neuron, recording its readout, whether or not that is written to a file.
std::shared_ptr<NeuronSpec> with_readout(const NeuronSpec& spec);
/// What a run of one neuron gave, measured, with what its case records and no more.
CaseResult measured(const Case& of, const Neuron& neuron, Trajectory trajectory,
                    const std::vector<MeasureUse>& measures);
/// Runs neurons, measures them, and tells of each as its batch ends. REQUIRES: each neuron is that of its case
/// `with_readout`. A case that fails stops no other.
void run_cases(const std::vector<Case>& cases, const std::vector<Neuron>& neurons,
               const std::vector<MeasureUse>& measures, const std::function<void(std::size_t, CaseResult)>& done);
/// The same error, which says first what it is of: "model 'lif': ...".
Error said_of(const std::string& what, const Error& e);

/// A table of the cases and their measures; of many the first. `with_swept`: what was swept has columns of its own.
Table summary(const Cases& cases, const std::string& first_column, bool with_swept = false);
inline constexpr std::size_t most_rows = 1000;

/// Numbers in tables: five significant digits.
std::string shown(double value);
/// "Membrane Potential" of "membrane potential; starts at rest": the title of a column, and of an axis in lower case.
std::string title_of(const char* meaning);
std::string axis_of(const char* meaning, const std::string& unit);
/// What the numbers of a mapped readout are: a potential, also without a unit (normalised), or what the model calls it.
std::string readout_meaning(const NeuronSpec& spec);

/// What v reads at the top of a spike that a reset follows, which samples miss. NaN if that depends on the state at the
/// spike. REQUIRES: the model has a `peak`.
double top_of_spike(const NeuronSpec& spec);

/// Figures of single runs and cases; of more cases than a page can show the first.
inline constexpr std::size_t most_panels = 48;
std::vector<Figure> figures_of_run(const std::string& title, const Neuron& neuron, const CaseResult& result);
std::vector<Figure> figures_of_cases(const std::string& title, const std::vector<Neuron>& neurons,
                                     const std::vector<CaseResult>& cases);

/// A row of a raster.
struct RasterRow {
  std::string label;
  std::span<const double> spikes_ms;
  int colour = 0;  ///< as that of a curve
};
/// Spikes as ticks, the first train on top. Its height is the caller's.
Panel raster_of(const std::vector<RasterRow>& rows);

/// The voltage traces of neurons, those of the first cases, as curves of a picture; and the titles of its axes.
void picture_traces(const std::vector<Neuron>& neurons, const std::vector<CaseResult>& cases, SweepData& picture);
/// "ISI CV" of "isi_cv", "Mean ISI" of "isi_mean": the title of an axis of a measure, without unit.
std::string title_of_measure(const std::string& label);

}  // namespace hillock
