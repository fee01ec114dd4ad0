#pragma once
// The purpose `compare`: models held against one recording.
#include <memory>
#include <string>
#include <utility>
#include <vector>
#include "purpose/purpose.hpp"

namespace hillock {

struct Recording;

/// `compare`: a recording and the models that are driven by its current.
struct CompareBlock {
  std::shared_ptr<DataBlock> data;
  std::vector<Case> models;
  std::string against;
  Place place;
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
  const DataBlock* data() const override { return block.data.get(); }
  std::vector<Refinable> refinable(const Experiment& e, const Recording* data, std::size_t most) const override;

  const CompareBlock block;
};

/// The models of a comparison, driven by its recording.
std::vector<Neuron> compared(const CompareBlock& block, const Recording& data);

extern const PurposeRow compare_purpose;

}  // namespace hillock
