#pragma once
// The purpose `forecast`: what comes next in a run or a recording, from rolling origins, by several forecasters.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>
#include "measure/spikes.hpp"
#include "purpose/forecast/forecaster.hpp"
#include "purpose/purpose.hpp"

namespace hillock {

/// Where one series comes from: the run of a neuron, or a recording, each sweep of which is a series.
struct ForecastSource {
  std::string name;                          ///< of its case; empty: the only one
  std::shared_ptr<const NeuronSpec> neuron;  ///< of a run, recording what is forecast; null of a recording
  std::shared_ptr<const DataBlock> data;     ///< null of a run
  /// By forecaster: the neuron of those that are `mechanistic`, null of others.
  std::vector<std::shared_ptr<const NeuronSpec>> models;
};

/// A forecaster that is no plugin: it is made of the neurons of the file.
inline constexpr auto mechanistic_meaning = "the file's own neuron, whose state follows the voltage and runs on";
std::vector<OptionSpec> mechanistic_options();

/// Where intervals come from: the forecaster, if it has any, else errors at earlier origins; always the latter; the
/// latter with a width that follows whether the last ones held the truth.
enum class Intervals { native, conformal, adaptive };

struct ForecastBlock {
  std::vector<ForecastSource> sources;
  std::vector<ForecasterUse> by;         ///< the baselines are among them
  std::optional<ForecasterUse> correct;  ///< learns the errors of each
  double train_ms = 0, train_part = 0;   ///< one of them: the length of the training part, or its share of the series
  double horizon_ms = 0;
  std::uint32_t origins = 0;  ///< 0: as many as fit without overlap
  std::vector<double> levels;
  Intervals intervals = Intervals::native;
  double validation = 0;      ///< share of the training part, its end, that is held out first
  std::uint32_t windows = 0;  ///< most origins in it
  bool known_current = true;  ///< forecasters are told the current to come
  std::optional<SpikeDefinition> spikes;
  std::vector<std::string> shown;  ///< measures of the table
  Place place, train_place, horizon_place, origins_place, series_place;
};

class Forecasts : public Purpose {
 public:
  explicit Forecasts(ForecastBlock read) : block(std::move(read)) {}
  const char* key() const override { return "forecast"; }
  void prepare(const Experiment& e) const override;
  Outcome run(const std::shared_ptr<const Experiment>& e, const RunOptions& options) const override;
  void visit(const Experiment& e, const Visitor& visitor) const override;
  Expectable expectable(const Experiment& e) const override;
  std::size_t cases() const override { return 0; }
  const char* counts() const override { return "forecasters"; }
  bool can_resume() const override { return true; }
  bool can_isolate() const override { return true; }
  void serve(const std::shared_ptr<const Experiment>& e, Processes& processes) const override;
  const DataBlock* data() const override { return block.sources[0].data.get(); }
  std::vector<Refinable> refinable(const Experiment& e, const Recording* data, std::size_t most) const override;

  const ForecastBlock block;
};

/// Names of forecasters that every table holds, so that others are held against them.
inline constexpr const char* baselines[] = {"median", "naive"};

/// Whether a run of this experiment asks a server, rather than taking its answers from a folder where they were kept.
bool asks_server(const Experiment& e);

extern const PurposeRow forecast_purpose;

}  // namespace hillock
