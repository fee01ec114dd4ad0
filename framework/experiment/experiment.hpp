#pragma once
// Experiment files as typed structs: parsed once, checked whole, every piece with its place.
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>
#include "experiment/options.hpp"
#include "host/plugins.hpp"
#include "measure/measures.hpp"
#include "results/sweep.hpp"  // Combine

namespace hillock {

/// `model`: a plugin and its numbers.
struct ModelBlock {
  const Plugin* plugin = nullptr;
  std::string preset;
  std::vector<double> params;  ///< all of them, in the plugin's order
  std::vector<double> start;   ///< of the preset; NaN where it says nothing
  Place place;
};

struct DataBlock;

/// One term of an input: a shape with its numbers, in the unit of the input.
struct ShapeBlock {
  std::string use;
  OptionValues options;
  std::shared_ptr<DataBlock> data;  ///< of `file`
  Place place;
  std::string path;  ///< "input.I.1": its dotted path, which also names its stream of random numbers
};

struct IntegratorBlock {
  const Plugin* plugin = nullptr;
  OptionValues options;
  double dt_ms = 0;  ///< of fixed-step schemes; else 0
  Place place;
};

/// A spike as the upward crossing of a state.
struct SpikeBlock {
  std::uint32_t state = 0;
  double threshold = 0, rearm = 0;
};

/// What can be recorded of a model, by number: its states, then what it lets observe besides them, as ionic currents.
inline const hk_field& recordable(const hk_model& m, std::uint32_t k) {
  return k < m.n_state ? m.state[k] : m.observed[k - m.n_state];
}

struct SimulateBlock {
  double for_ms = 0;
  bool rest = false;                  ///< start: rest
  std::vector<double> start;          ///< by state; NaN if not given
  std::uint64_t clamped = 0;          ///< bit k: state k is held at clamp[k]
  std::vector<double> clamp;          ///< by state
  std::vector<std::uint32_t> record;  ///< of the model's `recordable`
  std::vector<std::uint32_t> record_inputs;
  double every_ms = 0;
  std::optional<SpikeBlock> spikes;
  std::optional<std::pair<double, double>> window_ms;  ///< the part of the run that is measured
  Place place, start_place;
};

/// V = scale * x + shift + series_resistance * I, in mV, and noise as of an amplifier.
struct ReadoutBlock {
  std::uint32_t of = 0;  ///< of the model's `recordable`
  double scale = 1, shift_mV = 0, series_MOhm = 0, noise_mV = 0;
  std::string unit;    ///< of what is read out: "mV", or the state's own without a map
  bool given = false;  ///< false: the state itself
  /// What is read out of a state under an injected current in pA; megohm times picoampere is a microvolt.
  double operator()(double state, double current_pA) const {
    return scale * state + shift_mV + 1e-3 * series_MOhm * current_pA;
  }
  bool is_map() const { return scale != 1 || shift_mV != 0 || series_MOhm != 0 || noise_mV != 0; }
};

/// I of the model = gain * I of the recording in pA + shift.
struct DriveBlock {
  std::uint32_t of = 0;
  double gain = 1, shift = 0;
  bool given = false;
  Place place;
};

struct Experiment;

/// Sweeps of a file, by their numbers in it.
struct SweepChoice {
  std::vector<std::int64_t> numbers;  ///< in the order in which they are used; of a range the first and the last
  bool range = false;                 ///< all that the file has from the first to the last
  bool several() const { return range || numbers.size() > 1; }
};

/// `passive`: where the passive membrane is looked at.
struct PassiveBlock {
  std::optional<std::int64_t> sweep;                   ///< by its number; without it, that of the recording
  std::optional<std::pair<double, double>> window_ms;  ///< without it, all of the sweep
  Place sweep_place, window_place;
};

/// `data`: a recording, or a run that makes one. What is done to it is done in this order: holding current and junction potential on all of the sweep,
/// artefacts, the filter, the window; spikes are found there; then `every` or `resample`, and `normalise`.
struct DataBlock {
  std::string use;  ///< "simulated", or the id of a reader
  const Plugin* plugin = nullptr;
  OptionValues options;                      ///< of the reader
  std::filesystem::path file, current_file;  ///< current_file: where the current has a file of its own; else empty
  bool located = false;                      ///< the reader found the file by its options
  std::string shown, current_shown;          ///< the files as the user wrote them
  std::optional<SweepChoice> sweep;
  std::shared_ptr<Experiment> run;  ///< of "simulated"
  std::optional<std::pair<double, double>> window_ms, normalise;
  std::uint32_t every = 1;           ///< take each every-th sample
  double resample_ms = 0;            ///< from sample to sample, band-limited; 0: as recorded
  double junction_potential_mV = 0;  ///< taken from the recorded voltage
  double holding_pA = 0;             ///< added to the current
  double cutoff_hz = 0;              ///< of the low pass; 0: none
  int filter_order = 0;
  std::vector<std::pair<double, double>> artefacts_ms;  ///< ascending, apart: the voltage there is not used
  SpikeDefinition spikes;
  bool own_spikes = false;  ///< of a run whose block names no other: those of the run itself
  std::optional<PassiveBlock> passive;
  std::optional<double> noise_mV;  ///< measurement_noise, in place of that of the run's readout
  Place place, current_place;      ///< of the files
  Place window_place, every_place, resample_place, filter_place, artefacts_place, normalise_place, sweep_place;
  bool several() const { return sweep && sweep->several(); }
};

struct MeasureUse {
  std::string name, label;
  MeasureOptions options;
  Place place;
};

/// One line of `expect`.
struct Expectation {
  std::string of, measure;  ///< case (empty: the only one) and measure as written
  double low = 0, high = 0;
  bool list = false;  ///< spike_times, or another list: one by one
  std::vector<double> are;
  double within = 0;
  std::string unit;  ///< of the list
  Place place;
};

struct Case {
  std::string name;
  std::vector<std::pair<std::string, std::string>> swept;
  std::shared_ptr<const Experiment> run;
};

/// One line of `sweep.over`: a dotted path and the values that it takes.
struct SweepAxis {
  std::string path;
  std::vector<double> numbers;     ///< in `unit`, if all values are numbers of one unit; else empty
  std::string unit;                ///< "1": none
  std::vector<Node> nodes;         ///< as they were written; empty of a range
  std::vector<std::string> words;  ///< the nodes as tables show them; empty if there are numbers
  bool logarithmic = false;
  Place place;
  std::size_t size() const { return nodes.empty() ? numbers.size() : nodes.size(); }
  Node value(std::size_t i) const;
  std::string text(std::size_t i) const;  ///< "0.02 1/ms", as tables show it
};

/// A number of an experiment that a sweep changes without reading the file again.
struct SweepSlot {
  enum class Kind { none, parameter, start, shape, seed };
  Kind kind = Kind::none;
  std::uint32_t index = 0, term = 0;  ///< parameter, state or input; of an input its term
  std::string option;                 ///< of a shape
  std::string name, unit,
      owner;  ///< for messages: "a", "1/ms", "model 'izhikevich'"; of `none` the declared unit, if it is a number
  double low = 0, high = 0;
};

/// The runs that one file stands for. Cases are made when they are asked for, so that there may be millions.
struct SweepBlock {
  /// Of a case, by axis, which of its values; `as_written`: what the file says.
  using Choice = std::vector<std::uint32_t>;
  static constexpr std::uint32_t as_written = static_cast<std::uint32_t>(-1);

  Combine combine = Combine::cases;
  std::vector<Case> cases;           ///< of `cases`
  std::vector<SweepAxis> axes;       ///< of `over`
  std::vector<std::string> written;  ///< by axis, one_at_a_time: its value in the file, as tables show it
  std::size_t count = 0;             ///< of all cases
  std::size_t traces = static_cast<std::size_t>(-1);
  std::shared_ptr<const Experiment> base;  ///< the first case; one_at_a_time: what the file says without the sweep
  /// Why the first value that does not go with the other numbers of the file does not: its cases fail, the others run.
  std::optional<Error> refused;
  /// An experiment with some values of `over` in it. [any thread]
  std::function<std::shared_ptr<const Experiment>(const Choice&)> make;

  std::string name(std::size_t i) const;   ///< that of `cases`, or "0042" from 1
  std::string label(std::size_t i) const;  ///< for messages: "case '0042' (model.a = 0.02 1/ms)"
  Choice choice(std::size_t i) const;
  void choose(std::size_t i, std::span<std::uint32_t> by_axis) const;  ///< the same into place
  std::vector<std::pair<std::string, std::string>> swept(std::size_t i) const;
  std::shared_ptr<const Experiment> run(std::size_t i) const;
  /// The case of that name.
  std::optional<std::size_t> find(const std::string& name) const;
};
/// Where a dotted path is a number that can be changed in place; kind `none` if it is not.
SweepSlot slot_of(const Experiment& e, const std::string& path);
struct CompareBlock {
  std::shared_ptr<DataBlock> data;
  std::vector<Case> models;
  std::string against;
  Place place;
};

/// A staircase of currents, each held for `each`, up and down in one run.
struct FrequencyCurrentBlock {
  double from = 0, to = 0;
  std::uint32_t count = 21;
  double each_ms = 0, discard_ms = 0;
  Place place;
};
/// A chirp around rest.
struct ImpedanceBlock {
  double f0_hz = 0, f1_hz = 0, amplitude = 0, for_ms = 0;
};
/// Nullclines and a trajectory of two states that move.
struct PhasePlaneBlock {
  std::vector<std::pair<double, double>> range;  ///< of the two; NaN: fitted to what is drawn
};
/// `dynamics`: what a model does under constant inputs.
struct DynamicsBlock {
  std::uint32_t of = 0;  ///< the input that is varied
  double from = 0, to = 0, at = 0;
  std::optional<FrequencyCurrentBlock> f_i;
  std::optional<PhasePlaneBlock> phase_plane;
  std::optional<ImpedanceBlock> impedance;
  Place place;
};

/// A whole experiment.
struct Experiment {
  std::filesystem::path path;
  std::string title, source, note;
  std::uint64_t seed = 0;
  std::optional<ModelBlock> model;              ///< absent only with `compare`
  std::vector<std::vector<ShapeBlock>> inputs;  ///< by input of the model: terms that are summed
  std::optional<IntegratorBlock> integrator;
  std::optional<SimulateBlock> simulate;
  ReadoutBlock readout;
  DriveBlock drive;
  std::optional<SweepBlock> sweep;
  Place sweep_place;
  std::optional<CompareBlock> compare;
  std::optional<DynamicsBlock> dynamics;
  std::vector<MeasureUse> measures;  ///< of the purpose, or the default ones, and those that `expect` names
  std::vector<Expectation> expect;
  Node resolved;                             ///< every default written out; runs to the same bits
  std::vector<std::filesystem::path> files;  ///< every file that was read

  const hk_model& equations() const { return model->plugin->model(); }
};

/// Overrides of the command line, `path=value`, applied in order.
using Overrides = std::vector<std::string>;

/// Reads, merges, checks. Loads the plugins it names and no other. Does not open recordings except to see that the file is there.
Experiment load_experiment(const std::filesystem::path& path, const Overrides& overrides = {},
                           const Place& mentioned = {});

/// A `data` block by itself. Relative paths begin in the folder of the file that wrote them, else in the current one.
std::shared_ptr<DataBlock> load_data(const Node& block);
/// Its `file` with absolute paths, and sweeps, as they are written there.
Node file_node(const DataBlock& data);
Node sweep_node(const SweepChoice& sweeps);

/// The `.yaml` files of files and folders (searched in depth but for folders of results, sorted); refuses a path that is not there and a folder without any.
std::vector<std::filesystem::path> experiment_files(const std::vector<std::string>& paths);

}  // namespace hillock
