#pragma once
// The single run: what a file is for that names no purpose.
#include <memory>
#include <vector>
#include "purpose/purpose.hpp"

namespace hillock {

class SingleRun : public Purpose {
 public:
  const char* key() const override { return ""; }
  void prepare(const Experiment& e) const override;
  Outcome run(const std::shared_ptr<const Experiment>& e, const RunOptions& options) const override;
  void visit(const Experiment& e, const Visitor& visitor) const override;
  Expectable expectable(const Experiment& e) const override;
  std::vector<Refinable> refinable(const Experiment& e, const Recording* data, std::size_t most) const override;
};

extern const PurposeRow single_run;

}  // namespace hillock
