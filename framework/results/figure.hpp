#pragma once
// Figures of publication quality by gnuplot, as PNG and SVG.
#include <filesystem>
#include <string>
#include <vector>
#include "results/result.hpp"

namespace hillock {

/// The gnuplot script that draws a figure into `<folder>/<name>.png` and `.svg` (through temporary names). Texts of the user are shown as they are, never interpreted.
std::string gnuplot_script(const Figure& figure, const std::filesystem::path& folder);

/// Draws all figures, several gnuplot processes side by side if there are several figures. Returns what went wrong as sentences ("gnuplot is not installed: no figures were drawn");
/// a figure that cannot be drawn leaves no file and does not stop the others.
std::vector<std::string> draw(const std::vector<Figure>& figures, const std::filesystem::path& folder);

/// A long trace thinned to the least and greatest value per bin of x, so that a picture of `bins` pixels loses nothing visible. Keeps the first and last point, order of x.
void thin(std::vector<double>& x, std::vector<double>& y, std::size_t bins);

}  // namespace hillock
