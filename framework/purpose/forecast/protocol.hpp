#pragma once
// How one forecaster is trained, asked and corrected on one series, so that nothing that scores it was seen by it.
// Internal to purpose/forecast/ and purpose/generate/.
//
//   0 ........... V ........... T ........................ end
//   | early part  | validation  | origins that are scored
//
// One copy is trained before V and asked from origins between V and T. Its errors there choose between forecasters, set
// the width of intervals and train the corrector. Another copy, trained on all before T, is scored after it.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>
#include "purpose/forecast/forecast.hpp"

namespace hillock {

/// A series with what is known of it, and where it is forecast.
struct ForecastSeries {
  std::string name;  ///< of its case or sweep; empty: the only one
  double t0_ms = 0, dt_ms = 1;
  std::vector<double> values;
  std::vector<std::vector<double>> known;  ///< currents of all of its samples, that forecasters are told
  std::string title, unit;
  SpikeDefinition spikes;         ///< in forecasts, and in the series unless it has its own
  bool own_spikes = false;        ///< those of the series are `spikes_ms`, as of a model with a reset
  bool falls = false;             ///< a spike is a fall, from above `spikes.threshold` to `spikes.rearm` or below it
  double top = 0;                 ///< what lies at or above it is the inside of a spike
  std::vector<double> spikes_ms;  ///< as run or recording tell them, from the first sample on; what a model follows
  std::size_t train = 0, horizon = 0;
  std::vector<std::size_t> origins;  ///< that are scored: the first sample of each forecast
  std::vector<Neuron> models;        ///< by forecaster: those of `mechanistic`, whose time 0 is the first sample
  bool known_current = true;
  double time_ms(std::size_t k) const { return t0_ms + static_cast<double>(k) * dt_ms; }
  SeriesPart part(std::size_t from, std::size_t to) const;
};

/// A neuron that is run by a forecaster: by `mechanistic` itself, or for a hybrid, which is told its output.
struct ModelRun {
  const Neuron* neuron = nullptr;  ///< null: there is none; time 0 is the first sample of the series
  double pull = 1;                 ///< see Mechanistic
};

/// How a forecaster is asked.
struct ForecastProtocol {
  std::vector<double> levels;
  Intervals intervals = Intervals::native;
  double validation = 0;
  std::uint32_t windows = 0;
};

/// A forecast from one origin. Bounds are NaN where there is no interval yet.
struct Issued {
  std::uint64_t origin = 0;
  Foretold forecast;
};

/// What one forecaster gave for one series.
struct Given {
  std::uint32_t series = 0, forecaster = 0;
  std::string status = "ok";      ///< or why there is nothing
  std::string note;               ///< of the forecaster
  std::string intervals;          ///< "native", "native, scaled", "conformal", "adaptive"; empty: none
  std::uint64_t windows = 0;      ///< origins before T whose errors set them
  std::uint64_t apart = 0;        ///< of these, those that do not overlap
  double validation_mae = 0;      ///< over the origins before T; NaN: there are none
  std::vector<Issued> raw;        ///< by origin
  std::vector<Issued> corrected;  ///< the same with the error that the corrector expects; empty without one
  std::string correction;         ///< what became of it, as a sentence
  bool ok() const { return status == "ok"; }
  std::string pack() const;
  static Given unpack(std::string_view bytes);
};

/// Trains and asks it. A forecaster that fails has a status. Throws Interrupted.
/// `model`: see model_of().
Given foretell(const ForecasterUse& use, const ForecasterUse* correct, const ForecastProtocol& protocol,
               const ForecastSeries& series, std::uint64_t seed, const ModelRun& model = {});
/// The neuron that forecaster `f` of the block runs on this series, if it runs one.
ModelRun model_of(const ForecastBlock& block, const ForecastSeries& series, std::size_t f);

/// Whether it can be what a forecaster gave for this series, `corrected` or not: of a record that is read back.
bool fits_series(const Given& given, const ForecastSeries& series, std::size_t levels, bool corrected);

/// Says what counts as a spike in the values of a run, which are there with its own spikes. A reset cuts spikes off:
/// of a model with one the own spikes are those of the series, and a forecast has one where it falls as the values do
/// at a spike.
void define_spikes(ForecastSeries& series, const NeuronSpec& spec);
/// Upward crossings, or falls, in samples of the series or of a forecast; in ms from the first of them.
std::vector<double> spikes_in(const ForecastSeries& series, std::vector<double> samples);

/// The series and origins of a source. Throws Error for what cannot be forecast: too few samples, no number, no change.
std::vector<ForecastSeries> series_of(const ForecastBlock& block, const ForecastSource& source);

/// Refuses what the lengths rule out before the run: a period that the training part does not hold, a corrector that
/// never acts. Throws Error. REQUIRES: it is laid out.
void check_lengths(const ForecastBlock& block, const ForecastSeries& layout);

/// Where a series of so many samples is split and forecast: fills train, horizon and origins. Throws Error.
void lay_out(const ForecastBlock& block, std::size_t samples, ForecastSeries& series);

}  // namespace hillock
