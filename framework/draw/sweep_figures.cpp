// Which pictures suit a sweep, after its shape.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <optional>
#include <set>

#include "draw/figure.hpp"
#include "draw/layout.hpp"
#include "draw/text.hpp"
#include "results/sweep.hpp"

namespace hillock {
namespace {

constexpr double no_number = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t few = 8;                // lines that a legend names, not a colour bar
constexpr std::size_t few_cells = 6;          // of a map that have their value beside them, evenly spaced or not
constexpr std::size_t few_maps = 9;           // panels of one measure
constexpr std::size_t most_grid_panels = 12;  // of traces over a grid
constexpr std::size_t most_marked = 60;       // points that are drawn besides the line through them
constexpr std::size_t most_named = 48;        // rows of a panel with a name each, panels with a name each
constexpr std::size_t most_cells = 250;       // of a heat map in a row or column: a quarter of a millimetre each
constexpr double rounding = 1e-9;             // in units of a measure; a range below that is none

std::string label_of(const SweptAxis& axis) {
  return axis.label.empty() ? with_unit(axis.path, axis.unit) : axis.label;
}

/// "a" of "model.a", "I.1.amplitude" of "input.I.1.amplitude".
std::string short_name(const std::string& path) {
  const std::size_t dot = path.find('.');
  return dot == std::string::npos ? path : path.substr(dot + 1);
}

std::string label_of(const SweepData::Measured& measure) {
  return with_unit(measure.meaning.empty() ? measure.name : measure.meaning, measure.unit);
}

std::string value_of(const SweptAxis& axis, std::size_t i) {
  const bool plain = axis.unit.empty() || axis.unit == "1" || axis.numbers.empty();
  return plain ? axis.words[i] : axis.words[i] + " " + axis.unit;
}
std::string named(const SweptAxis& axis, std::size_t i) {
  return fmt::format("{} = {}", short_name(axis.path), value_of(axis, i));
}

bool numeric(const SweptAxis& axis) { return !axis.numbers.empty(); }
/// Seeds have no order.
bool unordered(const SweptAxis& axis) { return axis.path == "seed"; }
bool whole(const std::vector<double>& values) {
  return std::all_of(values.begin(), values.end(), [](double v) { return !std::isfinite(v) || v == std::floor(v); });
}
bool unitless(const std::string& unit) { return unit.empty() || unit == "1"; }

bool equal_steps(std::vector<double> sorted) {
  const double step = (sorted.back() - sorted.front()) / static_cast<double>(sorted.size() - 1);
  for (std::size_t k = 1; k < sorted.size(); ++k)
    if (std::abs(sorted[k] - sorted[k - 1] - step) > 0.02 * step) return false;  // values are written with few digits
  return true;
}

/// Spaced by factors, or a list over decades.
bool by_factors(const SweptAxis& axis) {
  if (!numeric(axis) || unordered(axis)) return false;
  std::vector<double> sorted = axis.numbers;
  std::sort(sorted.begin(), sorted.end());
  if (sorted.front() <= 0) return false;
  return axis.logarithmic || (sorted.size() > 2 && sorted.back() >= 99 * sorted.front() && !equal_steps(sorted));
}
/// Of an axis that is shown, whose `logarithmic` is `by_factors`.
bool logarithmic(const SweptAxis& axis) { return axis.logarithmic; }
std::size_t length(const SweptAxis& axis) { return axis.words.size(); }

/// What is drawn of a sweep, without a copy of what was measured.
struct Shown {
  const SweepData& whole;
  std::vector<SweptAxis> axes;
  std::vector<const SweepData::Measured*> measures;
  const SweptAxis& axis(std::size_t a) const { return axes[a]; }
  bool failed(std::size_t index) const {
    return !whole.status_of.empty() && whole.status.at(whole.status_of[index]) != "ok";
  }
  /// Against one axis: a grid of one, a zip, names.
  bool one_dimension() const {
    return whole.combine != Combine::one_at_a_time && (whole.combine != Combine::grid || axes.size() == 1);
  }
};

bool any_number(const std::vector<double>& values) {
  return std::any_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); });
}

/// Runs of a sweep that lie along one axis: where the case of each value is.
struct Line {
  const SweptAxis* axis;
  std::size_t first = 0, step = 1;
  std::size_t at(std::size_t i) const { return first + i * step; }
};

/// Indices of the values in ascending order; as they are if they are no numbers.
std::vector<std::size_t> ascending(const SweptAxis& axis) {
  std::vector<std::size_t> order(length(axis));
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (numeric(axis))
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return axis.numbers[a] < axis.numbers[b]; });
  return order;
}

/// A panel against the axis: its label, its scale; names are rows.
Panel against(const SweptAxis& axis, const SweepData::Measured& measure) {
  Panel out;
  out.least = rounding;
  (numeric(axis) ? out.y_whole : out.x_whole) = unitless(measure.unit) && whole(measure.values);
  if (numeric(axis)) {
    out.x_label = label_of(axis);
    out.x_logarithmic = logarithmic(axis);
    out.x_whole = unitless(axis.unit) && whole(axis.numbers);
    out.y_label = label_of(measure);
    const auto [low, high] = std::minmax_element(axis.numbers.begin(), axis.numbers.end());
    out.x_from = *low, out.x_to = *high;
  } else {
    out.x_label = label_of(measure);
    out.row_labels = axis.words;
  }
  return out;
}

/// Marks the values that have no number, in the colour of their line; "no number" in the legend once, in grey.
void add_gaps(Panel& panel, const SweptAxis& axis, int colour, const std::function<double(std::size_t)>& value) {
  Curve marks;
  marks.style = Curve::Style::rug;
  marks.colour = colour;
  for (const std::size_t i : ascending(axis)) {
    if (std::isfinite(value(i))) continue;
    marks.x.push_back(numeric(axis) ? axis.numbers[i] : no_number);
    marks.y.push_back(numeric(axis) ? no_number : static_cast<double>(i));
  }
  if (marks.x.empty()) return;
  const auto grey_rug = [](const Curve& curve) { return curve.style == Curve::Style::rug && curve.colour == -2; };
  if (std::none_of(panel.curves.begin(), panel.curves.end(), grey_rug)) {
    Curve entry;
    entry.label = "no number";
    entry.style = Curve::Style::rug;
    entry.colour = -2;
    if (colour == -2) entry.x = std::move(marks.x), entry.y = std::move(marks.y);
    panel.curves.push_back(std::move(entry));
    if (colour == -2) return;
  }
  panel.curves.push_back(std::move(marks));
}

/// A value for each of the axis's, `value(i)` being that of its i-th: a line with points, or points in rows of names.
void add_line(Panel& panel, const SweptAxis& axis, const Curve& style,
              const std::function<double(std::size_t)>& value) {
  Curve line = style;
  for (const std::size_t i : ascending(axis)) {
    line.x.push_back(numeric(axis) ? axis.numbers[i] : value(i));
    line.y.push_back(numeric(axis) ? value(i) : static_cast<double>(i));
  }
  if (!numeric(axis)) {
    line.style = Curve::Style::points;
    line.emphasised = true;
    panel.curves.push_back(std::move(line));
    return;
  }
  thin(line.x, line.y, 10000);
  Curve points = line;
  if (unordered(axis)) {
    points.style = Curve::Style::points;
    points.emphasised = true;
    panel.curves.push_back(std::move(points));
    return;
  }
  const bool marked = length(axis) <= most_marked && !line.dashed;
  // a value between two gaps has no line to be seen by
  for (std::size_t i = 0; !marked && i < points.y.size(); ++i) {
    const auto there = [&](std::size_t k) { return k < line.y.size() && std::isfinite(line.y[k]); };
    if (there(i + 1) || (i > 0 && there(i - 1))) points.y[i] = no_number;
  }
  points.label.clear();
  points.style = Curve::Style::points;
  points.emphasised = false;
  panel.curves.push_back(std::move(line));
  if (any_number(points.y)) panel.curves.push_back(std::move(points));
}

// --- Traces --------------------------------------------------------------------------------------------------------

/// Traces of one panel, of the values `values` of the axis, coloured by these among all that are `drawn`: by their rank
/// with a legend if they are few, else by a bar. `titled`: the panel's title says what varies.
void colour_by(Panel& panel, const SweptAxis& axis, const std::vector<std::size_t>& values,
               const std::set<std::size_t>& drawn, bool titled) {
  const bool ordered = numeric(axis) && !unordered(axis), bar = ordered && drawn.size() > few;
  std::set<double> numbers;
  for (const std::size_t i : drawn)
    if (ordered) numbers.insert(axis.numbers[i]);
  const bool shaded = numbers.size() > 1, by_factor = logarithmic(axis);
  const auto along = [&](double v) { return by_factor ? std::log10(v) : v; };
  const auto rank = [&](double v) { return static_cast<double>(std::distance(numbers.begin(), numbers.find(v))); };
  for (std::size_t k = 0; k < panel.curves.size(); ++k) {
    Curve& curve = panel.curves[k];
    const std::size_t i = values[k];
    if (!bar && (!unordered(axis) || drawn.size() <= few)) curve.label = titled ? value_of(axis, i) : named(axis, i);
    if (shaded && bar) {
      const double low = along(*numbers.begin()), high = along(*numbers.rbegin());
      curve.shade = (along(axis.numbers[i]) - low) / (high - low);
    } else if (shaded) {
      curve.shade = rank(axis.numbers[i]) / static_cast<double>(numbers.size() - 1);
    } else {
      curve.colour = static_cast<int>(unordered(axis) ? k % palette_size : k);
    }
  }
  if (shaded && bar) panel.scale = {label_of(axis), *numbers.begin(), *numbers.rbegin(), by_factor, true};
}

/// Something that was recorded, of all cases: what is measured first, or what is beside it.
struct Kind {
  std::string name, label, brief;
  bool input;
  const std::vector<SweepData::Traced>* traces;
};

/// Something recorded on the axes of a panel.
Panel panel_of(const Kind& kind) {
  Panel out;
  out.x_label = "Time (ms)";
  out.y_label = kind.label, out.y_brief = kind.brief;
  if (kind.input) out.height = 0.45;
  return out;
}

/// One line for all where they are the same, as a stimulus often is.
void draw_same_once(Panel& panel) {
  auto& curves = panel.curves;
  const auto same = [&](const Curve& c) { return c.x == curves[0].x && c.y == curves[0].y; };
  if (curves.size() < 2 || !std::all_of(curves.begin(), curves.end(), same)) return;
  curves.resize(1);
  curves[0].shade = no_number, curves[0].colour = -2, curves[0].label.clear();
}

/// The case of each value, as the traces that there are.
Panel trace_panel(const Shown& sweep, const Kind& kind, const Line& line, std::vector<std::size_t>& values) {
  Panel out = panel_of(kind);
  for (const std::size_t i : ascending(*line.axis)) {
    const auto found = std::lower_bound(kind.traces->begin(), kind.traces->end(), line.at(i),
                                        [](const auto& trace, std::size_t index) { return trace.index < index; });
    if (found == kind.traces->end() || found->index != line.at(i)) continue;
    Curve curve = found->curve;
    curve.label.clear();
    curve.colour = 0;
    curve.beyond = sweep.failed(found->index);
    out.curves.push_back(std::move(curve));
    values.push_back(i);
  }
  return out;
}

/// The panels of several lines along one axis, those without a trace left out, all on one scale.
std::vector<Panel> overlaid(const Shown& sweep, const Kind& kind, const std::vector<Line>& lines,
                            const std::vector<std::string>& titles, bool titled = false) {
  std::vector<Panel> out;
  std::vector<std::vector<std::size_t>> values;
  std::set<std::size_t> drawn;
  for (std::size_t k = 0; k < lines.size(); ++k) {
    std::vector<std::size_t> own;
    Panel panel = trace_panel(sweep, kind, lines[k], own);
    if (own.empty()) continue;
    panel.title = titles[k];
    drawn.insert(own.begin(), own.end());
    values.push_back(std::move(own));
    out.push_back(std::move(panel));
  }
  for (std::size_t k = 0; k < out.size(); ++k) colour_by(out[k], *lines[0].axis, values[k], drawn, titled);
  return out;
}

/// A panel for each trace, named.
std::vector<Panel> named_panels(const Kind& kind, const std::vector<std::string>& names) {
  std::vector<Panel> panels;
  for (const auto& trace : *kind.traces) {
    if (trace.index >= names.size() || panels.size() == most_named) continue;
    Panel panel = panel_of(kind);
    panel.title = names[trace.index];
    panel.curves = {trace.curve};
    panel.curves[0].label.clear();
    panel.curves[0].colour = kind.input ? -2 : 0;
    panels.push_back(std::move(panel));
  }
  return panels;
}

int columns_for(std::size_t panels) { return panels <= 3 ? 1 : panels <= 8 ? 2 : panels <= 24 ? 3 : 4; }

/// What a title says if not all cases are drawn.
std::string of_all(const Shown& sweep, std::size_t drawn) {
  return drawn < sweep.whole.cases ? fmt::format(" ({} of {} cases)", drawn, sweep.whole.cases) : "";
}

/// "Title: what".
std::string heading(const Shown& sweep, const std::string& what) {
  return sweep.whole.title.empty() ? what : sweep.whole.title + ": " + what;
}

/// The first numeric axis, else the first: what cases of one dimension are told apart by.
const SweptAxis& leading(const Shown& sweep) {
  for (const SweptAxis& axis : sweep.axes)
    if (numeric(axis)) return axis;
  return sweep.axes.front();
}

/// "…, I.value varied with it": the other paths of a zip.
std::string companions(const Shown& sweep, const SweptAxis& lead) {
  std::string out;
  for (const SweptAxis& axis : sweep.axes)
    if (&axis != &lead && axis.path != "case") out += (out.empty() ? "" : ", ") + short_name(axis.path);
  return out.empty() ? "" : fmt::format(" ({} with {})", out, short_name(lead.path));
}

/// How the cases of a sweep make panels of one kind.
Figure traces_of(const Shown& sweep, const Kind& kind) {
  Figure out;
  if (sweep.whole.combine == Combine::one_at_a_time) {
    std::size_t first = 0;
    for (const SweptAxis& axis : sweep.axes) {
      // a colour bar says what varies, a legend has it in its title
      for (Panel& panel : overlaid(sweep, kind, {{&axis, first, 1}}, {""}, true)) {
        if (!panel.scale.shown) panel.title = numeric(axis) ? label_of(axis) : short_name(axis.path);
        out.panels.push_back(std::move(panel));
      }
      first += length(axis);
    }
    out.columns = out.panels.size() <= 6 ? 1 : 2;
  } else if (sweep.one_dimension()) {
    const SweptAxis& axis = leading(sweep);
    if (numeric(axis)) {
      out.panels = overlaid(sweep, kind, {{&axis}}, {""});
    } else {
      out.panels = named_panels(kind, axis.words);
      out.columns = columns_for(out.panels.size());
    }
  } else {
    // a panel for each combination of all but the last axis, which runs fastest
    const SweptAxis& last = sweep.axes.back();
    const std::size_t size = length(last);
    std::vector<Line> lines;
    std::vector<std::string> titles;
    for (std::size_t first = 0; first + size <= sweep.whole.cases && lines.size() < most_grid_panels; first += size) {
      lines.push_back({&last, first, 1});
      std::string& title = titles.emplace_back();
      std::size_t rest = first / size;
      for (std::size_t a = sweep.axes.size() - 1; a-- > 0; rest /= length(sweep.axis(a)))
        title = named(sweep.axis(a), rest % length(sweep.axis(a))) + (title.empty() ? "" : ", ") + title;
    }
    out.panels = overlaid(sweep, kind, lines, titles);
    out.columns = columns_for(out.panels.size());
  }
  return out;
}

std::vector<Figure> figures_of_traces(const Shown& sweep) {
  if (sweep.whole.traces.empty() || sweep.axes.empty()) return {};
  const Kind first{"", sweep.whole.trace_label, "", false, &sweep.whole.traces};
  std::vector<Figure> all{traces_of(sweep, first)};
  if (all[0].panels.empty()) return {};
  std::size_t drawn = 0;
  for (const Panel& panel : all[0].panels) drawn += panel.curves.size();
  const std::string title = sweep.whole.title + of_all(sweep, drawn) +
                            (sweep.one_dimension() && numeric(leading(sweep)) ? companions(sweep, leading(sweep)) : "");
  all[0].name = "traces", all[0].title = title;
  // what else was recorded is below in the same place where there are few, a stimulus everywhere; else it has a figure
  std::vector<std::vector<Panel>> below(all[0].panels.size());
  for (const auto& beside : sweep.whole.beside) {
    Figure own = traces_of(sweep, {beside.name, beside.label, beside.brief, beside.input, &beside.traces});
    if (own.panels.size() == below.size() && (beside.input || below.size() <= 3)) {
      for (std::size_t i = 0; i < below.size(); ++i) {
        Panel& panel = own.panels[i];
        panel.title.clear(), panel.below = true, panel.scale.shown = false;
        for (Curve& curve : panel.curves) curve.label.clear();  // the legend is that of the panel above
        draw_same_once(panel);
        below[i].push_back(std::move(panel));
      }
    } else if (!own.panels.empty()) {
      own.name = "traces-" + beside.name, own.title = title;
      all.push_back(std::move(own));
    }
  }
  for (Figure& figure : all) {
    const std::size_t n = figure.panels.size();
    if (n == 1) figure.panels[0].height = 1.3;
    // one bar at the end of each row is enough: all panels of a grid have the same scale
    const auto columns = static_cast<std::size_t>(figure.columns);
    for (std::size_t i = 0; i < n && sweep.whole.combine == Combine::grid && !sweep.one_dimension(); ++i)
      figure.panels[i].scale.shown = figure.panels[i].scale.shown && (i % columns == columns - 1 || i + 1 == n);
  }
  std::vector<Panel> panels;
  // under panels of one column a stimulus that all have is drawn once
  const bool once = all[0].columns == 1 && std::all_of(below.begin(), below.end(), [&](const auto& stack) {
                      return std::equal(stack.begin(), stack.end(), below[0].begin(), below[0].end(),
                                        [](const Panel& a, const Panel& b) {
                                          return a.y_label == b.y_label && a.curves.size() == 1 &&
                                                 b.curves.size() == 1 && a.curves[0].x == b.curves[0].x &&
                                                 a.curves[0].y == b.curves[0].y;
                                        });
                    });
  for (std::size_t i = 0; i < below.size(); ++i) {
    panels.push_back(std::move(all[0].panels[i]));
    if (!once || i + 1 == below.size())
      for (Panel& panel : below[i]) panels.push_back(std::move(panel));
  }
  all[0].panels = std::move(panels);
  return all;
}

// --- Measures ------------------------------------------------------------------------------------------------------

Figure measures_figure(const Shown& sweep) {
  Figure out;
  out.name = "measures";
  out.title = sweep.whole.title;
  return out;
}

/// Names of rows once in each row of panels, which all have the same.
void name_rows_once(Figure& figure) {
  for (std::size_t i = 0; i < figure.panels.size(); ++i)
    if (i % static_cast<std::size_t>(figure.columns) != 0)
      figure.panels[i].row_labels.assign(figure.panels[i].row_labels.size(), "");
}

/// A panel for each measure against one axis.
std::vector<Figure> lines(const Shown& sweep) {
  Figure out = measures_figure(sweep);
  const SweptAxis& axis = leading(sweep);
  for (const auto* const measured : sweep.measures) {
    const auto& measure = *measured;
    Panel panel = against(axis, measure);
    add_line(panel, axis, {}, [&](std::size_t i) { return measure.values[i]; });
    add_gaps(panel, axis, -2, [&](std::size_t i) { return measure.values[i]; });
    out.panels.push_back(std::move(panel));
  }
  if (numeric(axis)) {
    out.columns = out.panels.size() <= 4 ? 1 : 2;
    out.title += companions(sweep, axis);
  } else {
    out.columns = static_cast<int>(std::min<std::size_t>(out.panels.size(), 3));
    name_rows_once(out);
  }
  return {out};
}

/// The value of the base, if the base is one of the cases; else NaN.
double at_base(const Shown& sweep, const std::vector<double>& values) {
  std::size_t first = 0;
  for (std::size_t a = 0; a < sweep.axes.size(); ++a) {
    const SweptAxis& axis = sweep.axis(a);
    for (std::size_t i = 0; i < axis.numbers.size() && a < sweep.whole.baseline.size(); ++i)
      if (axis.numbers[i] == sweep.whole.baseline[a]) return values[first + i];
    first += length(axis);
  }
  return no_number;
}

/// A figure for each measure, a panel for each path.
std::vector<Figure> one_at_a_time(const Shown& sweep) {
  std::vector<Figure> all;
  for (const auto* const measured : sweep.measures) {
    const auto& measure = *measured;
    Figure out;
    out.name = sweep.measures.size() == 1 ? "measures" : "measure-" + measure.name;
    out.title = heading(sweep, label_of(measure));
    const double of_base = at_base(sweep, measure.values);
    const auto base_of = [&](const SweptAxis& axis, std::size_t a) {
      Curve mark;
      mark.label = "base";
      mark.style = Curve::Style::rings;
      mark.colour = -1;
      mark.emphasised = true;
      const double base = numeric(axis) && a < sweep.whole.baseline.size() ? sweep.whole.baseline[a] : no_number;
      if (std::isfinite(base) && std::isfinite(of_base)) mark.x = {base}, mark.y = {of_base};
      return mark;
    };
    std::size_t first = 0;
    for (std::size_t a = 0; a < sweep.axes.size(); ++a) {
      const SweptAxis& axis = sweep.axis(a);
      Panel panel = against(axis, measure);
      if (!numeric(axis)) panel.y_label = short_name(axis.path);
      const auto value = [&](std::size_t i) { return measure.values[first + i]; };
      add_line(panel, axis, {}, value);
      add_gaps(panel, axis, -2, value);
      if (const Curve base = base_of(axis, a); !base.x.empty()) panel.curves.push_back(base);
      first += length(axis);
      out.panels.push_back(std::move(panel));
    }
    out.columns = static_cast<int>(std::min<std::size_t>(out.panels.size(), out.panels.size() == 4 ? 2 : 3));
    out.one_y = true;
    all.push_back(std::move(out));
  }
  return all;
}

/// Whether values lie at equal distances (of their logarithms) and are too many for a tick each.
bool even(const SweptAxis& axis, const std::vector<std::size_t>& order) {
  if (!numeric(axis) || order.size() <= few_cells) return false;
  const auto place = [&](std::size_t k) {
    const double value = axis.numbers[order[k]];
    return logarithmic(axis) ? std::log(value) : value;
  };
  const double step = (place(order.size() - 1) - place(0)) / static_cast<double>(order.size() - 1);
  if (!(step > 0)) return false;
  for (std::size_t k = 1; k < order.size(); ++k)
    if (std::abs(place(k) - place(k - 1) - step) > 0.02 * step) return false;  // values are written with few digits
  return true;
}

/// The outer edges of cells around evenly spaced values.
std::pair<double, double> edges(const SweptAxis& axis) {
  const auto [low, high] = std::minmax_element(axis.numbers.begin(), axis.numbers.end());
  const auto gaps = static_cast<double>(axis.numbers.size() - 1);
  if (logarithmic(axis)) {
    const double half = std::pow(*high / *low, 0.5 / gaps);
    return {*low / half, *high * half};
  }
  const double half = (*high - *low) / gaps / 2;
  return {*low - half, *high + half};
}

/// How many neighbours are one cell, so that there are at most `most_cells`.
std::size_t together(std::size_t count) { return (count + most_cells - 1) / most_cells; }

/// Cells over two axes, of many the means of neighbours; `value(i, j)`: at the i-th value of x and the j-th of y.
Panel heat_map(const SweptAxis& x, const SweptAxis& y, const std::function<double(std::size_t, std::size_t)>& value) {
  Panel out;
  std::vector<std::size_t> across = ascending(x), up = ascending(y);
  HeatMap& map = out.map;
  const std::size_t wide = together(across.size()), tall = together(up.size());
  map.columns = (across.size() + wide - 1) / wide;
  map.rows = (up.size() + tall - 1) / tall;
  out.x_label = numeric(x) ? label_of(x) : short_name(x.path);
  out.y_label = numeric(y) ? label_of(y) : short_name(y.path);
  if (even(x, across)) {
    std::tie(map.left, map.right) = edges(x);
    out.x_logarithmic = logarithmic(x);
  } else {
    for (std::size_t c = 0; c < map.columns; ++c)
      out.column_labels.push_back(x.words[across[c * across.size() / map.columns]]);
  }
  if (even(y, up)) {
    std::tie(map.bottom, map.top) = edges(y);
    out.y_logarithmic = logarithmic(y);
  } else {
    // rows count from the top; names in their order, numbers upwards
    if (numeric(y)) std::reverse(up.begin(), up.end());
    for (std::size_t r = 0; r < map.rows; ++r) out.row_labels.push_back(y.words[up[r * up.size() / map.rows]]);
  }
  map.values.reserve(map.columns * map.rows);
  const auto mean = [&](std::size_t column, std::size_t row) {
    double sum = 0;
    std::size_t count = 0;
    for (std::size_t r = row * up.size() / map.rows; r < (row + 1) * up.size() / map.rows; ++r)
      for (std::size_t c = column * across.size() / map.columns; c < (column + 1) * across.size() / map.columns; ++c)
        if (const double one = value(across[c], up[r]); std::isfinite(one)) sum += one, ++count;
    return count > 0 ? sum / static_cast<double>(count) : no_number;
  };
  for (std::size_t r = 0; r < map.rows; ++r)
    for (std::size_t c = 0; c < map.columns; ++c) map.values.push_back(mean(c, r));
  const auto gap = [](double v) { return !std::isfinite(v); };
  if (std::any_of(map.values.begin(), map.values.end(), gap)) map.missing = "no number";
  return out;
}

/// What a title says of cells that are means.
std::string of_cells(const SweptAxis& x, const SweptAxis& y) {
  const std::size_t wide = together(length(x)), tall = together(length(y));
  if (wide * tall == 1) return "";
  const bool even = length(x) % wide == 0 && length(y) % tall == 0;
  return fmt::format(" (each cell: mean of {}{} × {} cases)", even ? "" : "up to ", wide, tall);
}

void scale(Panel& panel, const SweepData::Measured& measure) {
  layout::Range range;
  for (const double value : measure.values) range.take(value);
  if (range.empty()) return;
  if (range.size() < rounding) range.high = range.low = std::abs(range.low) < rounding ? 0 : range.low;
  panel.scale = {
      label_of(measure), range.low, range.high, false, true, unitless(measure.unit) && whole(measure.values)};
}

/// The places of the axes in the order of the cases of a grid.
std::vector<std::size_t> strides(const Shown& sweep) {
  std::vector<std::size_t> out(sweep.axes.size(), 1);
  for (std::size_t a = sweep.axes.size() - 1; a-- > 0;) out[a] = out[a + 1] * length(sweep.axis(a + 1));
  return out;
}

/// The two axes of heat maps: (x, y). The first path goes across; names go up, where they have room.
std::pair<std::size_t, std::size_t> plane(const Shown& sweep) {
  std::vector<std::size_t> order(sweep.axes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (numeric(sweep.axis(a)) != numeric(sweep.axis(b))) return numeric(sweep.axis(a));
    return length(sweep.axis(a)) > length(sweep.axis(b));
  });
  std::size_t x = order[0], y = order[1];
  if (numeric(sweep.axis(x)) == numeric(sweep.axis(y)) && y < x) std::swap(x, y);
  return {x, y};
}

/// Two axes, one of them a few names, or few values where lines are asked for: a line for each.
std::optional<std::vector<Figure>> line_per_name(const Shown& sweep) {
  if (sweep.axes.size() != 2) return std::nullopt;
  const bool asked = sweep.whole.drawn == SweepData::Drawn::lines,
             mixed = numeric(sweep.axis(0)) != numeric(sweep.axis(1));
  if (!mixed && !asked) return std::nullopt;
  const std::size_t names = mixed ? numeric(sweep.axis(0)) : length(sweep.axis(1)) <= length(sweep.axis(0)),
                    numbers = 1 - names;
  const SweptAxis &axis = sweep.axis(numbers), &name = sweep.axis(names);
  if (length(name) > (asked ? SweepData::most_lines : 6)) return std::nullopt;
  const auto stride = strides(sweep);
  Figure out = measures_figure(sweep);
  for (const auto* const measured : sweep.measures) {
    const auto& measure = *measured;
    Panel panel = against(axis, measure);
    for (std::size_t k = 0; k < length(name); ++k) {
      Curve style;
      style.label = numeric(name) ? named(name, k) : name.words[k];
      style.colour = static_cast<int>(k);
      if (numeric(name)) style.shade = static_cast<double>(k) / static_cast<double>(length(name) - 1);
      const auto value = [&](std::size_t i) { return measure.values[k * stride[names] + i * stride[numbers]]; };
      add_line(panel, axis, style, value);
    }
    for (std::size_t k = 0; k < length(name); ++k)
      add_gaps(panel, axis, static_cast<int>(k),
               [&](std::size_t i) { return measure.values[k * stride[names] + i * stride[numbers]]; });
    out.panels.push_back(std::move(panel));
  }
  out.columns = out.panels.size() <= 4 ? 1 : 2;
  return std::vector<Figure>{std::move(out)};
}

/// Two axes, one of them seeds: every seed a point, and their mean over the other axis.
std::optional<std::vector<Figure>> mean_of_seeds(const Shown& sweep) {
  if (sweep.axes.size() != 2 || unordered(sweep.axis(0)) == unordered(sweep.axis(1))) return std::nullopt;
  const std::size_t seeds = unordered(sweep.axis(0)) ? 0 : 1, other = 1 - seeds;
  const SweptAxis& axis = sweep.axis(other);
  const auto stride = strides(sweep);
  Figure out = measures_figure(sweep);
  for (const auto* const measured : sweep.measures) {
    const auto& measure = *measured;
    Panel panel = against(axis, measure);
    Curve each, mean;
    each.label = "each seed", mean.label = "mean";
    each.style = Curve::Style::points;
    each.colour = -3;
    each.emphasised = true;
    mean.emphasised = true;
    std::vector<double> means(length(axis), no_number);
    for (const std::size_t i : ascending(axis)) {
      double sum = 0;
      std::size_t count = 0;
      for (std::size_t k = 0; k < length(sweep.axis(seeds)); ++k) {
        const double value = measure.values[k * stride[seeds] + i * stride[other]];
        if (!std::isfinite(value)) continue;
        each.x.push_back(numeric(axis) ? axis.numbers[i] : value);
        each.y.push_back(numeric(axis) ? value : static_cast<double>(i));
        sum += value, ++count;
      }
      if (count > 0) means[i] = sum / static_cast<double>(count);
    }
    panel.curves.push_back(std::move(each));
    const auto value = [&](std::size_t i) { return means[i]; };
    add_line(panel, axis, mean, value);
    add_gaps(panel, axis, -2, value);
    if (numeric(axis)) panel.y_whole = false;
    else panel.x_whole = false;
    out.panels.push_back(std::move(panel));
  }
  out.columns = out.panels.size() <= 4 ? 1 : 2;
  return std::vector<Figure>{std::move(out)};
}

/// A heat map of each measure over two axes; over more a figure for each measure, with a panel for each combination
/// of the values of the others, all on one scale.
std::vector<Figure> heat_maps(const Shown& sweep) {
  const auto stride = strides(sweep);
  const auto xy = plane(sweep);
  const std::size_t x = xy.first, y = xy.second;
  std::vector<std::size_t> others;
  std::size_t combinations = 1;
  for (std::size_t a = 0; a < sweep.axes.size(); ++a)
    if (a != x && a != y) others.push_back(a), combinations *= length(sweep.axis(a));

  std::vector<Figure> all;
  Figure one = measures_figure(sweep);
  for (const auto* const measured : sweep.measures) {
    const auto& measure = *measured;
    Figure own = one;
    own.panels.clear();
    for (std::size_t c = 0; c < combinations; ++c) {
      std::size_t first = 0, rest = c;
      std::string title;
      for (std::size_t k = others.size(); k-- > 0; rest /= length(sweep.axis(others[k]))) {
        const SweptAxis& axis = sweep.axis(others[k]);
        const std::size_t i = rest % length(axis);
        first += i * stride[others[k]];
        title = named(axis, i) + (title.empty() ? "" : ", ") + title;
      }
      Panel panel = heat_map(sweep.axis(x), sweep.axis(y), [&](std::size_t i, std::size_t j) {
        return measure.values[first + i * stride[x] + j * stride[y]];
      });
      scale(panel, measure);
      panel.title = title;
      own.panels.push_back(std::move(panel));
    }
    if (others.empty()) {
      one.panels.push_back(std::move(own.panels[0]));
      continue;
    }
    own.columns = combinations == 1 ? 1 : combinations == 2 || combinations == 4 ? 2 : 3;
    const auto columns = static_cast<std::size_t>(own.columns);
    for (std::size_t i = 0; i < combinations; ++i)  // one scale: a bar at the end of each row
      own.panels[i].scale.shown = own.panels[i].scale.shown && (i % columns == columns - 1 || i + 1 == combinations);
    name_rows_once(own);
    own.name = sweep.measures.size() == 1 ? "measures" : "measure-" + measure.name;
    own.title = heading(sweep, label_of(measure)) + of_cells(sweep.axis(x), sweep.axis(y));
    all.push_back(std::move(own));
  }
  if (!one.panels.empty()) {
    one.columns = one.panels.size() == 1 ? 1 : 2;
    if (one.columns == 1) one.panels[0].height = 1.5;
    one.title += of_cells(sweep.axis(x), sweep.axis(y));
    name_rows_once(one);
    all.push_back(std::move(one));
  }
  return all;
}

/// Many axes: a figure for each measure, a panel for each axis with the mean over all others and the extremes.
std::vector<Figure> marginals(const Shown& sweep) {
  const auto stride = strides(sweep);
  std::vector<Figure> all;
  for (const auto* const measured : sweep.measures) {
    const auto& measure = *measured;
    Figure out;
    out.name = sweep.measures.size() == 1 ? "measures" : "measure-" + measure.name;
    out.title = heading(sweep, label_of(measure) + ", over all values of the other paths");
    for (std::size_t a = 0; a < sweep.axes.size(); ++a) {
      const SweptAxis& axis = sweep.axis(a);
      std::vector<double> sum(length(axis), 0), low(length(axis), no_number), high = low;
      std::vector<std::size_t> count(length(axis), 0);
      for (std::size_t c = 0; c < sweep.whole.cases; ++c) {
        const double value = measure.values[c];
        if (!std::isfinite(value)) continue;
        const std::size_t i = c / stride[a] % length(axis);
        sum[i] += value;
        low[i] = count[i] == 0 ? value : std::min(low[i], value);
        high[i] = count[i] == 0 ? value : std::max(high[i], value);
        ++count[i];
      }
      Panel panel = against(axis, measure);
      if (!numeric(axis)) panel.y_label = short_name(axis.path);
      Curve edge;
      edge.label = "least and greatest";
      edge.colour = -2;
      edge.dashed = true;
      add_line(panel, axis, edge, [&](std::size_t i) { return low[i]; });
      add_line(panel, axis, edge, [&](std::size_t i) { return high[i]; });
      Curve mean;
      mean.label = "mean";
      mean.emphasised = true;
      add_line(panel, axis, mean,
               [&](std::size_t i) { return count[i] > 0 ? sum[i] / static_cast<double>(count[i]) : no_number; });
      add_gaps(panel, axis, -2, [&](std::size_t i) { return low[i]; });
      out.panels.push_back(std::move(panel));
    }
    out.columns = static_cast<int>(std::min<std::size_t>(out.panels.size(), out.panels.size() == 4 ? 2 : 3));
    out.one_y = true;
    all.push_back(std::move(out));
  }
  return all;
}

std::vector<Figure> figures_of_measures(const Shown& sweep) {
  if (sweep.whole.combine == Combine::one_at_a_time) return one_at_a_time(sweep);
  // thousands of names are a table, no picture
  if (sweep.one_dimension())
    return numeric(leading(sweep)) || sweep.whole.cases <= most_named ? lines(sweep) : std::vector<Figure>{};
  const auto drawn = sweep.whole.drawn;
  if (auto figures = drawn == SweepData::Drawn::as_suits ? mean_of_seeds(sweep) : std::nullopt) return *figures;
  if (auto figures = drawn != SweepData::Drawn::map ? line_per_name(sweep) : std::nullopt) return *figures;
  const auto [x, y] = plane(sweep);
  const std::size_t in_plane = length(sweep.axis(x)) * length(sweep.axis(y));
  return sweep.whole.cases / in_plane <= few_maps ? heat_maps(sweep) : marginals(sweep);
}

}  // namespace

std::vector<std::string> brief(const std::vector<double>& numbers) {
  std::vector<double> sorted = numbers;
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  int digits = 5;
  const auto text = [&](double v) {
    return v == std::floor(v) && std::abs(v) < 1e15 ? fmt::format("{:.0f}", v) : fmt::format("{:.{}g}", v, digits);
  };
  const auto alike = [&] {
    for (std::size_t k = 1; k < sorted.size(); ++k)
      if (text(sorted[k]) == text(sorted[k - 1])) return true;
    return false;
  };
  while (digits < 17 && alike()) ++digits;
  std::vector<std::string> out;
  out.reserve(numbers.size());
  for (const double v : numbers) out.push_back(text(v));
  return out;
}

std::vector<Figure> figures_of_sweep(const SweepData& sweep) {
  if (sweep.axes.empty() || sweep.cases == 0) return {};
  Shown shown{sweep, {}, {}};
  // of a grid, an axis of one value has nothing to show; what it is, the summary says
  for (const SweptAxis& axis : sweep.axes)
    if (sweep.combine != Combine::grid || length(axis) > 1) shown.axes.push_back(axis);
  if (shown.axes.empty()) shown.axes = {sweep.axes.front()};
  for (SweptAxis& axis : shown.axes) axis.logarithmic = by_factors(axis);
  // what has no number in any case is no picture either
  for (const auto& measure : sweep.measures)
    if (any_number(measure.values)) shown.measures.push_back(&measure);
  std::vector<Figure> all = figures_of_traces(shown);
  if (!shown.measures.empty())
    for (Figure& figure : figures_of_measures(shown)) all.push_back(std::move(figure));
  return all;
}

}  // namespace hillock
