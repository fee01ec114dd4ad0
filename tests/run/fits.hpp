#pragma once
// A fit that is ready to search: its recordings are loaded, nothing has run.
#include <memory>
#include <string>
#include <vector>

#include "purpose/fit/scores.hpp"
#include "run/experiments.hpp"

namespace hillock::test {

/// A fit with its recordings.
struct Prepared {
  std::shared_ptr<const Experiment> experiment;
  const FitBlock& block;
  std::vector<Target> targets;
  Evaluator evaluator;
  explicit Prepared(const std::string& text)
      : experiment(load(text)),
        block(purpose_as<Fit>(*experiment)->block),
        targets(targets_of(block, load_recordings(*block.data, known_of(block)))),
        evaluator(block, targets) {}
  /// Of one candidate, by its free numbers.
  double loss(const std::vector<double>& numbers) const { return evaluator.losses(numbers, 1)[0]; }
};

}  // namespace hillock::test
