#pragma once
// What a file is for: a single run, a sweep, a comparison, the dynamics of a model. One row of `purposes()` and one
// folder make a purpose; nothing else in the framework knows which there are.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include "engine/engine.hpp"
#include "experiment/experiment.hpp"
#include "neuron/simulate.hpp"
#include "results/cases.hpp"
#include "results/result.hpp"
#include "results/sweep.hpp"

namespace hillock {

class ExperimentReader;

/// One neuron among several that a purpose runs.
struct Case {
  std::string name;
  std::vector<std::pair<std::string, std::string>> swept;  ///< path and value, as tables show them
  std::shared_ptr<const NeuronSpec> run;
};

/// What was found for one line of `expect`.
struct CheckedExpectation {
  Place place;
  std::string expected, found;  ///< "spike_count of 'lif' in [18, 20]", "25"
  bool passed = false;
};

/// What a purpose leaves.
struct Outcome {
  Cases cases;
  std::vector<CheckedExpectation> judgements;
  RunResult run;                    ///< tables and figures; the record of the run is the caller's
  std::optional<SweepData> arrays;  ///< what sweep.nc holds
  bool all_ok() const;              ///< every case ended with status ok
  bool passed() const;              ///< and everything expected was found
};

struct RunOptions {
  bool figures = true;
  Processes* processes = nullptr;  ///< processes that share the work; null: this one alone
  std::size_t jobs = 0;            ///< threads that share it; 0: as many as the machine has
  /// Each case as soon as it is finished; of a sweep those with traces. One call at a time.
  std::function<void(const CaseResult&)> on_case;
  std::optional<Records> records;                                        ///< nullopt: nothing is kept
  std::optional<Isolation> isolation;                                    ///< units of work in processes of their own
  std::function<void(std::size_t done, std::size_t total)> on_progress;  ///< `counts()`. One call at a time
  /// What shares the work as these options say.
  Engine engine() const { return {jobs, processes, records, on_progress, isolation}; }
};

/// What `expect` may name.
struct Expectable {
  struct Own {
    std::string name, unit;
    bool list = false;
    std::string of = {};  ///< the case that has it, where no case is named
  };
  std::vector<std::string> cases;  ///< names, also for suggestions; empty: a single run
  bool numbered = false;           ///< `cases` are the first and the last of many: `Purpose::find_case` knows them
  std::string trace_unit = "mV";   ///< of the voltage that is measured
  bool compares = false;           ///< there are data: the cases `best` and `data`, and measures that compare
  bool has_measures = true;        ///< false: only `own`
  std::vector<Own> own;            ///< what only this purpose finds
  std::vector<Own> of_data;        ///< what is known of the case `data` besides
  bool several_sweeps = false;     ///< a case is named with its sweep: `lif.sweep_3`
  std::int64_t first_sweep = 0;    ///< for examples in messages
};

/// What an experiment is made of.
struct Visitor {
  std::function<void(const NeuronSpec&)> neuron;
  std::function<void(const DataBlock&)> data;
  std::function<void(const Plugin&)> plugin = {};  ///< that is no part of a neuron or recording; may be empty
};

/// One neuron whose numerics can be refined.
struct Refinable {
  std::string name;
  Neuron neuron;
  std::optional<std::uint32_t> driven;  ///< the input that carries a recorded current
};

class Purpose {
 public:
  virtual ~Purpose() = default;
  /// Its key in the file: "sweep"; "" of the single run.
  virtual const char* key() const = 0;
  /// Everything that can fail before the first step, without running. Simulated recordings are not simulated.
  virtual void prepare(const Experiment& e) const = 0;
  virtual Outcome run(const std::shared_ptr<const Experiment>& e, const RunOptions& options) const = 0;
  /// Every neuron and recording that it uses.
  virtual void visit(const Experiment& e, const Visitor& visitor) const = 0;
  virtual Expectable expectable(const Experiment& e) const = 0;
  /// The number of a case whose name is made of its number.
  virtual std::optional<std::size_t> find_case(const std::string& name) const {
    static_cast<void>(name);
    return std::nullopt;
  }
  /// How many cases will be told by `on_case`; 0: not known before the work.
  virtual std::size_t cases() const { return 1; }
  /// What progress counts.
  virtual const char* counts() const { return "cases"; }
  /// Whether an interrupted run can go on: `run` then reads and writes records, and shares its work with other
  /// processes or releases them.
  virtual bool can_resume() const { return false; }
  /// Whether its work is done in units that `RunOptions::isolation` keeps from harming one another.
  virtual bool can_isolate() const { return false; }
  /// What a process that is not the first does: it serves the work that `run` maps. REQUIRES: can_resume().
  virtual void serve(const std::shared_ptr<const Experiment>& e, Processes& processes) const {
    static_cast<void>(e);
    static_cast<void>(processes);
  }
  /// The recording that the neurons of `refinable` are held against; null if there is none.
  virtual const DataBlock* data() const { return nullptr; }
  /// The neurons that `converge` refines, under the recording if there is one. Throws Error if there are none, or more
  /// than `most`.
  virtual std::vector<Refinable> refinable(const Experiment& e, const struct Recording* data,
                                           std::size_t most) const = 0;
};

/// A value that only one purpose finds.
struct FoundValue {
  std::string name, meaning;
  bool list = false;
};

/// How a purpose is known.
struct PurposeRow {
  const char* key;      ///< "" of the single run, which a file has that names no purpose
  const char* meaning;  ///< one line for lists
  bool own_neurons;     ///< it reads its neurons by itself: the file need not have a `model`
  /// Reads the block of `key`. The file's own neuron is in `e` already, unless the purpose has its own. Writes what it
  /// read to `e.resolved`, and the measures to `e.measures`.
  std::shared_ptr<const Purpose> (*read)(ExperimentReader& reader, const Node& tree, const Node& block, Experiment& e);
  std::vector<OptionSpec> (*options)();  ///< keys of the block, for the manual; null of the single run
  std::vector<FoundValue> (*found)();    ///< what only this purpose finds, for the manual; null if that is nothing
};

/// Performs every check that precedes the first step of any case, without running: reads recordings, computes starts,
/// opens integrators. Simulated recordings are not simulated. Throws the first Error; it names its case or model.
inline void prepare(const Experiment& e) { e.purpose->prepare(e); }

/// Runs the experiment. Throws Error for what goes wrong beyond one case, Interrupted if the user asked to stop.
inline Outcome execute(const std::shared_ptr<const Experiment>& e, const RunOptions& options) {
  return e->purpose->run(e, options);
}

/// All purposes, in the order of the manual. The single run comes first.
const std::vector<PurposeRow>& purposes();

/// The purpose of a file as the type P; null if it has another.
template <class P> const P* purpose_as(const Experiment& e) { return dynamic_cast<const P*>(e.purpose.get()); }

}  // namespace hillock
