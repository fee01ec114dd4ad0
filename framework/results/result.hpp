#pragma once
// What a run leaves behind, before it is written: cases with traces, spikes and measures, figures, and the record of
// how it was made.
#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>
#include "results/failure.hpp"
#include "results/times.hpp"

namespace hillock {

/// One column of a trace file: "Membrane Potential (mV)".
struct Column {
  std::string name;   ///< "v", as in the experiment file
  std::string title;  ///< "Membrane Potential"
  std::string unit;   ///< "mV"; "1" or "" is not shown
  std::vector<double> values;
  std::vector<std::string> words = {};  ///< in place of numbers, if there are any
};

/// Columns of one length: <folder>/<name>.csv, where no case is what they show.
struct Sheet {
  std::string name;
  std::vector<Column> columns;
  std::string folder = "data";  ///< or "forecasts"
};

struct MeasureValue {
  std::string name, unit;
  double value = 0;
  std::string why;  ///< why there is no number; empty if there is one
};

/// A measure that is a list of numbers, as the currents of all Hopf points.
struct ListValue {
  std::string name, unit;
  std::vector<double> values;
  std::string why;  ///< why there is none; empty if there is one, be it of length 0
};

/// One case: one neuron under one set of numbers.
struct CaseResult {
  std::string name;                                        ///< file-name safe; unique in its run
  std::vector<std::pair<std::string, std::string>> swept;  ///< dotted path, value with unit
  std::optional<Failure> failure;                          ///< in the time of `time_ms`
  SampleTimes time_ms;                                     ///< shared by all columns
  std::vector<Column> columns;
  std::vector<double> spikes_ms;
  std::vector<MeasureValue> measures;
  std::vector<ListValue> lists;
  bool ok() const { return !failure; }
  /// "ok", or "not finite at t = 3.25 ms", ...
  std::string status() const { return status_of(failure); }
};

/// One line or set of marks in a panel.
struct Curve {
  /// steps: held until the next sample; ticks: a row of a raster, x = spike times, y = the row (0 is on top); rings:
  /// open points; rug: short strokes at the edge of the axes, at the lower one where y is NaN, at the left one where x
  /// is
  enum class Style { line, steps, points, ticks, rings, rug };
  std::string label;  ///< in the legend; empty: not listed
  std::vector<double> x, y;
  Style style = Style::line;
  int colour = 0;  ///< index into the palette; -1: black (data), -2: grey (input), -3: light grey (what lies behind)
  bool emphasised = false;  ///< drawn thicker and on top
  bool dashed = false;      ///< of lines
  /// 0 to 1: the place on the colour scale, from dark to light, in place of `colour`; NaN: none
  double shade = std::numeric_limits<double>::quiet_NaN();
  bool beyond = false;  ///< the y axis is that of the other curves and cuts this one off: it went astray
};

/// What colours mean where they are numbers: a bar beside the axes.
struct ColourScale {
  std::string label;  ///< "rate of recovery a (1/ms)"
  double low = 0, high = 0;
  bool logarithmic = false;  ///< both are positive
  bool shown = false;        ///< there is a bar; false where a legend or another panel says it
  bool whole = false;        ///< as Panel::x_whole
};

/// Cells of one size that fill the axes; where these are logarithmic, of one factor.
struct HeatMap {
  std::size_t columns = 0, rows = 0;                ///< 0: there is no map
  double left = 0, right = 0, bottom = 0, top = 0;  ///< outer edges, in units of the axes
  /// Row by row from the least y, x running fastest; coloured by the panel's scale. NaN: grey.
  std::vector<double> values;
  std::string missing;  ///< in the legend, what grey stands for; empty: not listed
};

/// One set of axes.
struct Panel {
  std::string title, x_label, y_label;  ///< plain text; units in brackets: "Membrane potential (mV)"
  std::vector<Curve> curves;
  double height = 1;                    ///< relative to the other panels of the column
  std::vector<std::string> row_labels;  ///< for raster panels: names of rows 0, 1, ...; y axis shows these
  bool x_logarithmic = false, y_logarithmic = false;  ///< what is not positive is not drawn
  std::vector<std::string> column_labels = {};        ///< names of x = 0, 1, ...; the x axis shows these
  ColourScale scale = {};
  HeatMap map = {};
  /// What the x axis spans besides the curves; NaN: nothing.
  double x_from = std::numeric_limits<double>::quiet_NaN(), x_to = x_from;
  bool x_whole = false, y_whole = false;  ///< counts: ticks at whole numbers only
  /// What is measured (y; x where rows have names) does not differ within this: a range below it is one of rounding.
  double least = 0;
  /// Its place in the grid is below the panel before it, whose x axis it shares: a stimulus under its trace.
  bool below = false;
  std::string y_brief = {};  ///< what the y axis is called where `y_label` has no room: "I (uA/cm2)"
};

/// One picture. Panels fill `columns` columns row by row; those of a single column share their x axis (labels only on
/// the last) if their x labels agree.
struct Figure {
  std::string name;  ///< file stem: plots/<name>.png and .svg
  std::string title;
  int columns = 1;
  std::vector<Panel> panels;
  bool one_y = false;  ///< all panels show the same range of y, whatever that costs the flat ones
};

/// A table of text for the report and the terminal; numbers already formatted.
struct Table {
  std::string title;
  std::vector<std::string> head;
  std::vector<std::vector<std::string>> rows;
  std::string note;  ///< below the table; may be empty
};

/// Everything that is written besides the cases.
struct RunResult {
  std::string title, source, note;  ///< of the experiment
  std::string command;              ///< the command line, shell-quoted
  std::vector<Table> tables;        ///< the summary first
  std::vector<Sheet> sheets;
  std::vector<Figure> figures;
  std::string experiment_yaml;   ///< resolved
  std::string fitted_yaml = {};  ///< of a fit: the fitted neuron as an experiment; empty: none
  std::vector<std::pair<std::string, std::string>> fitted = {};  ///< of several fits: the case, and its experiment
  std::string provenance_yaml;
  std::string samples = "in data/*.csv";  ///< where those of the figures are in full
};

}  // namespace hillock
