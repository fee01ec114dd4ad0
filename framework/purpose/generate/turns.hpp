#pragma once
// The turns of a loop: names and measures. Internal to purpose/generate/.
#include <string>
#include <vector>
#include "purpose/forecast/scores.hpp"
#include "purpose/generate/generate.hpp"

namespace hillock {

/// "turn_03".
std::string turn_name(const GenerateBlock& block, std::uint32_t turn);
/// The row of the means over all turns.
inline constexpr const char* all_turns = "turns";
/// The row of a forecaster that does not drive the loop, of a turn or of all: "turn_03.naive".
inline std::string row_of_other(const std::string& turn, const ForecasterUse& use) { return turn + "." + use.name; }

/// What a turn is measured by: as forecasts are, and the spikes and errors of the turn.
std::vector<ForecastMeasure> turn_measures(const std::vector<double>& levels);

}  // namespace hillock
