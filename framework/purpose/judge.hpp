#pragma once
// Holds what a run found against what its file expects.
#include <vector>
#include "purpose/purpose.hpp"

namespace hillock {

/// Holds the cases against `expect`, one expectation after the other. Where more than 100 cases share one expectation,
/// the first 100 that fail and one line about all of them are told.
std::vector<CheckedExpectation> judge(const Experiment& experiment, const Cases& cases);

}  // namespace hillock
