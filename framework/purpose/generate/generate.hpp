#pragma once
// The purpose `generate`: a loop of turns, each of which simulates on, forecasts what comes, corrects the forecast and
// adjusts numbers of the neuron by what the forecast missed.
#include <cstdint>
#include <memory>
#include <vector>
#include "neuron/parameter.hpp"
#include "purpose/forecast/forecast.hpp"

namespace hillock {

/// One line of `adjust`: after each turn the number grows by `gain` times what `toward` says.
struct AdjustRule {
  enum class Toward { residual_mean, residual_mae };
  Parameter parameter;
  Toward toward = Toward::residual_mean;
  double gain = 0, low = 0, high = 0;
  Place place;
};

struct GenerateBlock {
  std::uint32_t turns = 1;
  double each_ms = 0;
  /// One source, whose run lasts all turns; the forecasters, of which the first drives the loop, then the baselines;
  /// how they are asked.
  ForecastBlock forecast;
  std::vector<AdjustRule> adjust;
  Place place;
};

class Generate : public Purpose {
 public:
  explicit Generate(GenerateBlock read) : block(std::move(read)) {}
  const char* key() const override { return "generate"; }
  void prepare(const Experiment& e) const override;
  Outcome run(const std::shared_ptr<const Experiment>& e, const RunOptions& options) const override;
  void visit(const Experiment& e, const Visitor& visitor) const override;
  Expectable expectable(const Experiment& e) const override;
  std::size_t cases() const override { return block.turns; }
  const char* counts() const override { return "turns"; }
  bool can_resume() const override { return true; }
  void serve(const std::shared_ptr<const Experiment>& e, Processes& processes) const override;
  std::vector<Refinable> refinable(const Experiment& e, const Recording* data, std::size_t most) const override;

  const GenerateBlock block;
};

extern const PurposeRow generate_purpose;

}  // namespace hillock
