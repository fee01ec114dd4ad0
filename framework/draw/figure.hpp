#pragma once
// Figures of publication quality by gnuplot, as PNG and SVG.
#include <array>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "results/result.hpp"

namespace hillock {

/// The gnuplot script that draws a figure into `<folder>/<name>.png.part` and `.svg.part`, from which `draw` makes the
/// pictures. Texts of the user are shown as they are, never interpreted. `folder` is made absolute; empty: where it runs.
std::string gnuplot_script(const Figure& figure, const std::filesystem::path& folder);

/// Draws all figures as `<folder>/<name>.png` (300 dots an inch, 180 mm wide) and `.svg`, several gnuplot processes
/// side by side if there are several figures. Returns what went wrong as sentences ("gnuplot is not installed: no
/// figures were drawn"); a figure that cannot be drawn leaves no file and does not stop the others. Makes the folder.
/// Each gnuplot draws into a folder of its own, ends with this process, and its pictures are checked to be whole.
std::vector<std::string> draw(const std::vector<Figure>& figures, const std::filesystem::path& folder);

/// A long trace thinned to the least and greatest value per bin of x, so that a picture of `bins` pixels loses nothing
/// visible. Keeps the first and last point and the order; a stretch without numbers (NaN) leaves a point per bin.
/// Where x does not ascend (a phase plane) it drops the points within 1/`bins` of the picture from the one before.
/// Traces of up to 2 `bins` points are left alone. REQUIRES: x and y of one length.
void thin(std::vector<double>& x, std::vector<double>& y, std::size_t bins);

/// A curve that is held until its next point, as a line: with the corners at its jumps.
void add_corners(std::vector<double>& x, std::vector<double>& y);

/// By curve of the panel: 0, or which one it is upon a line that is drawn before it and that it covers: 1, 2, ... Such
/// lines are dashed, so that the one below shows. Looks at some of the points of curves that share their x.
std::vector<int> lying_upon(const Panel& panel);

/// "#0072B2": the colours of Okabe and Ito (2008), which are told apart in all common forms of colour blindness.
/// -1: black, -2: grey, -3: light grey. Beyond the last the list begins again; figures then dash the lines.
/// On `dark` ground lighter ones of the same hues, and what lies behind is darker.
std::string_view palette(int colour, bool dark = false);
constexpr int palette_size = 6;

/// The colour map viridis at 0 to 1: perceptually uniform, told apart in all common forms of colour blindness and in
/// grey.
std::array<double, 3> viridis(double at);

/// "#440154": of a shade of a curve. Without the light end of the map, where a thin line would not show on white.
/// On `dark` ground without the dark end.
std::string shade_colour(double shade, bool dark = false);

/// Its shade or the colour of the palette.
std::string colour_of(const Curve& curve);

}  // namespace hillock
