#pragma once
// What a neuron is and how it is run, as a value: its model with its numbers, what drives it, how it is integrated and
// what is recorded. Runs, sweeps, comparisons and fits are made of these.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>
#include "file/options.hpp"
#include "host/plugins.hpp"

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
  bool is_map() const { return gain != 1 || shift != 0; }
};

/// One neuron: what it is and how it is run.
struct NeuronSpec {
  ModelBlock model;
  std::vector<std::vector<ShapeBlock>> inputs;  ///< by input of the model: terms that are summed
  IntegratorBlock integrator;
  SimulateBlock simulate;
  ReadoutBlock readout;
  DriveBlock drive;
  std::uint64_t seed = 0;  ///< of every random number of the run
  const hk_model& equations() const { return model.plugin->model(); }
};

/// Seeds are whole numbers that a double holds.
inline constexpr double largest_seed = 9007199254740991.0;
/// Whether a model draws what its resets look at.
bool fires_by_chance(const hk_model& model);
/// Whether chance has a part in its runs: its model draws, or one of its inputs does.
bool draws(const NeuronSpec& neuron);
/// The seed of one of several runs with other draws; the first has the seed itself.
std::uint64_t seed_of_realisation(std::uint64_t seed, std::size_t realisation);

}  // namespace hillock
