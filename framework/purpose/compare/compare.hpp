#pragma once
// The purpose `compare`: models, as they are or fitted, held against one recording.
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>
#include "purpose/fit/fit.hpp"
#include "purpose/purpose.hpp"

namespace hillock {

struct Recording;

/// A number of a model by hand that is taken from the passive membrane of the recording.
struct FromPassive {
  Parameter parameter;
  std::string of;  ///< its name in `passive_numbers`
};

/// A model as it is written, or fitted by one optimizer.
struct Contender {
  std::string name;   ///< "lif", or "lif.cma_es" where several optimizers fit a model
  std::string model;  ///< its entry of `models`
  FitBlock fit;       ///< with nothing free the neuron is scored as it is
  /// Under a budget: the starts that were asked for, of which it allows `fit.starts`; and what would allow them all.
  std::uint64_t asked_starts = 0, budget_of_all_starts = 0;
  std::vector<FromPassive> passive = {};  ///< of one that is not fitted
  bool fitted() const { return !fit.free.empty(); }
};

/// `compare`: a recording and the models that are driven by its current.
struct CompareBlock {
  std::shared_ptr<DataBlock> data;
  std::vector<Contender> contenders;
  FitBlock scored;  ///< nothing to fit: what of the recording is scored, and what is held out
  std::string against;
  Place place;

  bool fits() const;       ///< any of them
  bool has_loss() const;   ///< any of them
  bool holds_out() const;  ///< anything
  std::vector<std::string> models() const;
};

class Compare : public Purpose {
 public:
  explicit Compare(CompareBlock read) : block(std::move(read)) {}
  const char* key() const override { return "compare"; }
  void prepare(const Experiment& e) const override;
  Outcome run(const std::shared_ptr<const Experiment>& e, const RunOptions& options) const override;
  void visit(const Experiment& e, const Visitor& visitor) const override;
  Expectable expectable(const Experiment& e) const override;
  std::size_t cases() const override;
  const char* counts() const override { return block.fits() ? "evaluations" : "cases"; }
  bool can_resume() const override { return block.fits(); }
  bool can_isolate() const override { return block.fits(); }
  void serve(const std::shared_ptr<const Experiment>& e, Processes& processes) const override;
  const DataBlock* data() const override { return block.data.get(); }
  std::vector<Refinable> refinable(const Experiment& e, const Recording* data, std::size_t most) const override;

  const CompareBlock block;
};

/// A number of the passive membrane in the unit of the number that takes it; a conductance takes the reciprocal of a
/// resistance. NaN if the units do not agree.
double passive_value(const FromPassive& one, double value);

/// The models of a comparison as they are written, driven by its recording; in the order of `CompareBlock::models`.
std::vector<Neuron> compared(const CompareBlock& block, const Recording& data);

extern const PurposeRow compare_purpose;

}  // namespace hillock
