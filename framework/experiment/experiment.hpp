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
#include "file/options.hpp"
#include "host/plugins.hpp"
#include "measure/measures.hpp"
#include "neuron/spec.hpp"

namespace hillock {

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

/// `data`: a recording, or a run that makes one. What is done to it is done in this order: holding current and junction
/// potential on all of the sweep, artefacts, the filter, the window; spikes are found there; then `every` or
/// `resample`, and `normalise`.
struct DataBlock {
  std::string use;  ///< "simulated", or the id of a reader
  const Plugin* plugin = nullptr;
  OptionValues options;                      ///< of the reader
  std::filesystem::path file, current_file;  ///< current_file: where the current has a file of its own; else empty
  bool located = false;                      ///< the reader found the file by its options
  std::string shown, current_shown;          ///< the files as the user wrote them
  /// Of a list of files each one, of which only the files count; sweep n is the n-th of them. Else empty.
  std::vector<std::shared_ptr<const DataBlock>> parts;
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

class Purpose;

/// A whole experiment.
struct Experiment {
  std::filesystem::path path;
  std::string title, source, note;
  std::uint64_t seed = 0;
  std::shared_ptr<const NeuronSpec> neuron;  ///< null where the purpose has neurons of its own
  std::shared_ptr<const Purpose> purpose;    ///< never null once it is loaded
  std::vector<MeasureUse> measures;          ///< of the purpose, or the default ones, and those that `expect` names
  std::vector<Expectation> expect;
  Node resolved;                             ///< every default written out; runs to the same bits
  std::vector<std::filesystem::path> files;  ///< every file that was read
};

/// Overrides of the command line, `path=value`, applied in order.
using Overrides = std::vector<std::string>;

/// Reads, merges, checks. Loads the plugins it names and no other. Does not open recordings except to see that the file
/// is there.
Experiment load_experiment(const std::filesystem::path& path, const Overrides& overrides = {},
                           const Place& mentioned = {});

/// A `data` block by itself. Relative paths begin in the folder of the file that wrote them, else in the current one.
std::shared_ptr<DataBlock> load_data(const Node& block);
/// Its `file` with absolute paths, and sweeps, as they are written there.
Node file_node(const DataBlock& data);
Node sweep_node(const SweepChoice& sweeps);

/// The `.yaml` files of files and folders (searched in depth but for folders of results, sorted); refuses a path that
/// is not there and a folder without any.
std::vector<std::filesystem::path> experiment_files(const std::vector<std::string>& paths);

}  // namespace hillock
