#pragma once
// A fit that is ready to search: its recordings are loaded.
#include <memory>
#include <string>
#include <vector>

#include "experiment/experiment.hpp"
#include "purpose/fit/search.hpp"
#include "purpose/purpose.hpp"

namespace hillock::bench {

struct ReadyFit {
  /// `file`: from the root of the sources.
  ReadyFit(const std::string& file, const Overrides& overrides)
      : experiment(load_experiment(std::string(HILLOCK_SOURCE_DIR) + "/" + file, overrides)),
        block(purpose_as<Fit>(experiment)->block),
        targets(targets_of(block, load_recordings(*block.data, known_of(block)))),
        evaluator(block, targets) {
    for (const Target& t : targets) prepare_search(block, *t.data);
  }
  ReadyFit(const ReadyFit&) = delete;  // the evaluator points into it

  const Experiment experiment;
  const FitBlock& block;
  const std::vector<Target> targets;
  const Evaluator evaluator;
};

}  // namespace hillock::bench
