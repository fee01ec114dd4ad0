#pragma once
// Where everything in a figure is, in points (1/72 inch) from the lower left corner, down to every tick. gnuplot only
// draws what it is told, so axes of a column stand exactly below one another and the PNG and the SVG are one picture.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include "results/result.hpp"

namespace hillock::layout {

constexpr double picture_width = 510;  // 180 mm: the full width of a journal's page
constexpr double tick_font = 7, label_font = 7.5, title_font = 8, head_font = 9, line_height = 1.25;
constexpr double tick_length = 2.5, tick_gap = 2.5, sample_width = 14, sample_gap = 3, entry_gap = 10;
constexpr double bar_gap = 8, bar_width = 7, cell_width = 7;
constexpr double right_edge = 14, top_edge = 5, bottom_edge = 4, column_gap = 13;

/// Sums and differences of the ends of axes must not overflow, and what is larger is no measurement. False for NaN.
inline bool drawable(double value) { return std::abs(value) < 1e150; }

struct Range {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  void take(double value) {
    if (!drawable(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  void take(const Range& other) { take(other.low), take(other.high); }
  bool empty() const { return low > high; }
  double size() const { return high - low; }
  /// Made wider by a part of its size at both ends; a single value, or several within `least`, get room around them.
  Range padded(double part, double least = 0) const;
};

struct Axis {
  Range range;
  std::vector<double> ticks;
  std::vector<std::string> labels;  ///< empty: of a tick without a label
  std::vector<double> minor;        ///< shorter ticks of a logarithmic axis
  bool logarithmic = false;         ///< range and ticks are logarithms to base ten
  bool upright = false;             ///< labels of names are turned by a quarter
  int exponent = 0;                 ///< the labels are in units of ten to this
  double label_width = 0;           ///< of the widest
};

/// At most `most` ticks at multiples of 1, 2, 5 (or 25) times a power of ten. A range that ends next to a multiple ends
/// there. `whole`: no ticks between whole numbers. REQUIRES: range.size() > 0, most >= 3.
Axis axis(Range range, int most, bool whole = false);

/// The same of the logarithms of what is shown: ticks at powers of ten, or at 1, 2, 5 times these where there are few.
Axis log_axis(Range range, int most);

/// Where a value is on an axis: itself or its logarithm (NaN: nowhere).
inline double along(bool logarithmic, double value) {
  if (!logarithmic) return value;
  return value > 0 ? std::log10(value) : std::numeric_limits<double>::quiet_NaN();
}

/// Of the labels below an axis.
double numbers_height(const Axis& axis);

struct Entry {
  std::string text;
  const Curve* curve;  ///< null: "and 12 more", or what grey cells are
  bool cell = false;   ///< a small grey cell
};
using Row = std::vector<Entry>;
double row_width(const Row& row);

/// The label of an axis of the length `room` in at most `most` lines. Where it does not fit it is `brief`, else it
/// loses what its name means: "d (mV/ms)" of "d, recovery increment (mV/ms)". Its unit is never cut.
std::vector<std::string> label_lines(const std::string& label, double room, const std::string& brief = "",
                                     std::size_t most = 3);
/// "d (mV/ms)" of "d, recovery increment (mV/ms)".
std::string brief_label(const std::string& label);

struct Box {
  double left = 0, bottom = 0, width = 0, height = 0;
};

struct PanelPlace {
  const Panel* panel = nullptr;
  std::size_t row = 0, column = 0;
  Box box;  ///< of the axes
  Axis x, y;
  bool x_line = true, x_numbers = true, y_numbers = true;
  bool last_of_place = true;         ///< no panel is below it in its place of the grid
  std::vector<std::string> title;    ///< in lines
  std::string x_label, y_label;      ///< empty: another panel says it
  std::vector<std::string> x_lines;  ///< the label of the x axis as it is drawn
  std::vector<std::string> y_lines;  ///< that of the y axis, once for a run of panels that share it
  std::size_t y_label_rows = 0;      ///< how many rows below it the label is also of
  double y_label_middle = 0;         ///< its middle
  std::vector<Row> legend;
  bool legend_beside_title = false;     ///< its only row is on the line of the panel's title, or of the figure's
  std::vector<std::string> row_labels;  ///< of a raster
  Axis bar;                             ///< of the colour scale, if that is shown
  std::string bar_label;
  bool raster() const { return !row_labels.empty(); }
};

struct Layout {
  double height = 0;
  std::vector<std::string> title;  ///< in lines
  std::vector<PanelPlace> panels;
  std::vector<Row> legend;                        ///< once for the whole figure, where all panels have the same
  bool stack = true;                              ///< panels of one column
  bool one_x_label = false, one_y_label = false;  ///< once for the whole grid
  std::vector<double> bar_label_left;             ///< of each column: from its axes to the labels of colour bars
  std::vector<double> label_left;                 ///< of each column: the distance from its axes to the labels of these
};

/// Points into `figure`, which must outlive the layout.
Layout lay_out(const Figure& figure);

}  // namespace hillock::layout
