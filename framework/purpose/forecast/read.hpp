#pragma once
// Reading forecasters, and the names of their rows. Shared by the purposes that forecast.
#include <string>
#include <vector>
#include "experiment/node.hpp"
#include "purpose/forecast/forecast.hpp"

namespace hillock {

/// {use: analog, neighbours: 5}. `before`: those of the same list. Throws Error.
ForecasterUse read_forecaster(const Node& node, const std::string& key, const std::vector<ForecasterUse>& before);
/// The same with every default written out.
Node resolved_forecaster(const ForecasterUse& use);

/// The row of what a corrector makes of a forecaster.
inline std::string corrected_name(const ForecasterUse& use) { return use.name + "_corrected"; }
/// The row of the forecaster with the least error on the validation part.
inline constexpr const char* chosen_name = "chosen";

}  // namespace hillock
