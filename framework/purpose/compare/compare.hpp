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

/// A model as it is written, or fitted by one optimizer.
struct Contender {
  std::string name;   ///< "lif", or "lif.cma_es" where several optimizers fit a model
  std::string model;  ///< its entry of `models`
  FitBlock fit;       ///< with nothing free the neuron is scored as it is
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
  void serve(const std::shared_ptr<const Experiment>& e, Processes& processes) const override;
  const DataBlock* data() const override { return block.data.get(); }
  std::vector<Refinable> refinable(const Experiment& e, const Recording* data, std::size_t most) const override;

  const CompareBlock block;
};

/// The models of a comparison as they are written, driven by its recording; in the order of `CompareBlock::models`.
std::vector<Neuron> compared(const CompareBlock& block, const Recording& data);

extern const PurposeRow compare_purpose;

}  // namespace hillock
