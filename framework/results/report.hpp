#pragma once
// The report: one self-contained HTML page that opens from disk without a network.
#include <string>
#include <vector>

#include "results/result.hpp"

namespace hillock {

/// Title, source and note; the tables; every figure as interactive panels (zoom by dragging, all panels of a one-column
/// figure zoom together, double click resets, values under the pointer) by dygraphs, which is part of the page, and the
/// picture to download; the resolved experiment and the provenance at the end. `pictures`: SVG text of each figure, ""
/// if it was not drawn. Long traces are thinned to what a screen shows, and the page says so.
std::string report_html(const RunResult& run, const std::vector<std::string>& pictures);

}  // namespace hillock
