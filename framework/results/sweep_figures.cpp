// Which pictures suit a sweep, after its shape.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <optional>
#include <set>

#include "results/figure.hpp"
#include "results/layout.hpp"
#include "results/sweep.hpp"
#include "results/text.hpp"

namespace hillock {
namespace {

constexpr double no_number = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t few = 8;           // lines that a legend names, not a colour bar
constexpr std::size_t few_cells = 6;     // of a map that have their value beside them, evenly spaced or not
constexpr std::size_t few_maps = 9;      // panels of one measure
constexpr std::size_t most_panels = 12;  // of traces over a grid
constexpr std::size_t most_marked = 60;  // points that are drawn besides the line through them
constexpr std::size_t most_named = 48;   // rows of a panel with a name each

std::string label_of(const SweptAxis& axis) {
  return axis.label.empty() ? with_unit(axis.path, axis.unit) : axis.label;
}

/// "a" of "model.a", "I.1.amplitude" of "input.I.1.amplitude".
std::string short_name(const std::string& path) {
  const std::size_t dot = path.find('.');
  return dot == std::string::npos ? path : path.substr(dot + 1);
}

std::string label_of(const SweepPicture::Measured& measure) {
  return with_unit(measure.meaning.empty() ? measure.name : measure.meaning, measure.unit);
}

std::string named(const SweptAxis& axis, std::size_t i) {
  const std::string unit = axis.unit.empty() || axis.unit == "1" || axis.numbers.empty() ? "" : " " + axis.unit;
  return fmt::format("{} = {}{}", short_name(axis.path), axis.words[i], unit);
}

bool numeric(const SweptAxis& axis) { return !axis.numbers.empty(); }
bool logarithmic(const SweptAxis& axis) {
  return axis.logarithmic && numeric(axis) &&
         std::all_of(axis.numbers.begin(), axis.numbers.end(), [](double v) { return v > 0; });
}
std::size_t length(const SweptAxis& axis) { return axis.words.size(); }

/// What is drawn of a sweep, without a copy of its numbers.
struct Shown {
  const SweepPicture& whole;
  std::vector<const SweptAxis*> axes;
  std::vector<const SweepPicture::Measured*> measures;
  const SweptAxis& axis(std::size_t a) const { return *axes[a]; }
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
Panel against(const SweptAxis& axis, const std::string& measure) {
  Panel out;
  if (numeric(axis)) {
    out.x_label = label_of(axis);
    out.x_logarithmic = logarithmic(axis);
    out.y_label = measure;
  } else {
    out.x_label = measure;
    out.row_labels = axis.words;
  }
  return out;
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

/// Traces of one panel coloured by their axis's value: named in a legend if they are few, else by a bar.
void colour_by(Panel& panel, const SweptAxis& axis, const std::vector<std::size_t>& values, bool bar) {
  std::set<std::size_t> distinct(values.begin(), values.end());
  const bool shaded = numeric(axis) && (length(axis) > 1);
  double low = std::numeric_limits<double>::infinity(), high = -low;
  if (shaded)
    for (const double number : axis.numbers) low = std::min(low, number), high = std::max(high, number);
  const bool by_factor = logarithmic(axis);
  const auto along = [&](double v) { return by_factor ? std::log10(v) : v; };
  std::size_t number = 0;
  for (std::size_t k = 0; k < panel.curves.size(); ++k) {
    Curve& curve = panel.curves[k];
    const std::size_t i = values[k];
    if (!bar) curve.label = named(axis, i);
    if (shaded && high > low) {
      curve.shade = (along(axis.numbers[i]) - along(low)) / (along(high) - along(low));
    } else {
      curve.colour = static_cast<int>(number++);
    }
  }
  if (shaded && high > low) panel.scale = {label_of(axis), low, high, by_factor, bar};
}

bool wants_bar(const SweptAxis& axis) { return numeric(axis) && length(axis) > few; }

/// The case of each value, as the traces that there are.
Panel trace_panel(const Shown& sweep, const Line& line, std::vector<std::size_t>& values) {
  Panel out;
  out.x_label = "Time (ms)";
  out.y_label = sweep.whole.trace_label;
  for (const std::size_t i : ascending(*line.axis)) {
    const auto found = std::lower_bound(sweep.whole.traces.begin(), sweep.whole.traces.end(), line.at(i),
                                        [](const auto& trace, std::size_t index) { return trace.index < index; });
    if (found == sweep.whole.traces.end() || found->index != line.at(i)) continue;
    Curve curve = found->curve;
    curve.label.clear();
    curve.colour = 0;
    out.curves.push_back(std::move(curve));
    values.push_back(i);
  }
  return out;
}

Panel overlaid(const Shown& sweep, const Line& line) {
  std::vector<std::size_t> values;
  Panel out = trace_panel(sweep, line, values);
  colour_by(out, *line.axis, values, wants_bar(*line.axis));
  return out;
}

/// A panel for each trace, named.
void add_named(std::vector<Panel>& panels, const Shown& sweep, const std::vector<std::string>& names) {
  for (const auto& trace : sweep.whole.traces) {
    if (trace.index >= names.size()) continue;
    Panel panel;
    panel.title = names[trace.index];
    panel.x_label = "Time (ms)";
    panel.y_label = sweep.whole.trace_label;
    panel.curves = {trace.curve};
    panel.curves[0].label.clear();
    panel.curves[0].colour = 0;
    panels.push_back(std::move(panel));
  }
}

int columns_for(std::size_t panels) { return panels <= 3 ? 1 : panels <= 8 ? 2 : panels <= 24 ? 3 : 4; }

/// What a title says if not all cases are drawn.
std::string of_all(const Shown& sweep, std::size_t drawn) {
  return drawn < sweep.whole.cases ? fmt::format(" ({} of {} cases)", drawn, sweep.whole.cases) : "";
}

/// The first numeric axis, else the first: what cases of one dimension are told apart by.
const SweptAxis& leading(const Shown& sweep) {
  for (const SweptAxis* const axis : sweep.axes)
    if (numeric(*axis)) return *axis;
  return *sweep.axes.front();
}

/// "…, I.value varied with it": the other paths of a zip.
std::string companions(const Shown& sweep, const SweptAxis& lead) {
  std::string out;
  for (const SweptAxis* const axis : sweep.axes)
    if (axis != &lead && axis->path != "case") out += (out.empty() ? "" : ", ") + short_name(axis->path);
  return out.empty() ? "" : fmt::format(" ({} with {})", out, short_name(lead.path));
}

std::vector<Figure> figures_of_traces(const Shown& sweep) {
  if (sweep.whole.traces.empty() || sweep.axes.empty()) return {};
  Figure out;
  out.name = "traces";
  if (sweep.whole.combine == Combine::one_at_a_time) {
    std::size_t first = 0;
    for (const SweptAxis* const path : sweep.axes) {
      const SweptAxis& axis = *path;
      Panel panel = overlaid(sweep, {&axis, first, 1});
      first += length(axis);
      if (panel.curves.empty()) continue;
      panel.title = numeric(axis) ? "" : short_name(axis.path);
      if (!panel.scale.shown && numeric(axis)) panel.title = label_of(axis);
      out.panels.push_back(std::move(panel));
    }
    out.columns = out.panels.size() <= 6 ? 1 : 2;
  } else if (sweep.one_dimension()) {
    const SweptAxis& axis = leading(sweep);
    if (numeric(axis)) {
      out.panels.push_back(overlaid(sweep, {&axis}));
    } else {
      add_named(out.panels, sweep, axis.words);
      out.columns = columns_for(out.panels.size());
    }
  } else {
    // a panel for each combination of all but the last axis, which runs fastest
    const SweptAxis& last = *sweep.axes.back();
    const std::size_t size = length(last);
    for (std::size_t first = 0; first + size <= sweep.whole.cases && out.panels.size() < most_panels; first += size) {
      Panel panel = overlaid(sweep, {&last, first, 1});
      if (panel.curves.empty()) continue;
      std::size_t rest = first / size;
      for (std::size_t a = sweep.axes.size() - 1; a-- > 0; rest /= length(sweep.axis(a)))
        panel.title =
            named(sweep.axis(a), rest % length(sweep.axis(a))) + (panel.title.empty() ? "" : ", ") + panel.title;
      out.panels.push_back(std::move(panel));
    }
    out.columns = columns_for(out.panels.size());
    // one bar at the end of each row is enough: all panels have the same scale
    const auto columns = static_cast<std::size_t>(out.columns);
    for (std::size_t i = 0; i < out.panels.size(); ++i)
      out.panels[i].scale.shown =
          out.panels[i].scale.shown && (i % columns == columns - 1 || i + 1 == out.panels.size());
  }
  std::size_t drawn = 0;
  for (const Panel& panel : out.panels) drawn += panel.curves.size();
  if (out.panels.size() == 1) out.panels[0].height = 1.3;
  out.title = sweep.whole.title + of_all(sweep, drawn) +
              (sweep.one_dimension() && numeric(leading(sweep)) ? companions(sweep, leading(sweep)) : "");
  return out.panels.empty() ? std::vector<Figure>{} : std::vector<Figure>{std::move(out)};
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
    Panel panel = against(axis, label_of(measure));
    add_line(panel, axis, {}, [&](std::size_t i) { return measure.values[i]; });
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
    out.title = sweep.whole.title + ": " + label_of(measure);
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
      Panel panel = against(axis, label_of(measure));
      if (!numeric(axis)) panel.y_label = short_name(axis.path);
      add_line(panel, axis, {}, [&](std::size_t i) { return measure.values[first + i]; });
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

/// Cells over two axes; `value(i, j)`: at the i-th value of x and the j-th of y.
Panel heat_map(const SweptAxis& x, const SweptAxis& y, const std::function<double(std::size_t, std::size_t)>& value) {
  Panel out;
  std::vector<std::size_t> across = ascending(x), up = ascending(y);
  HeatMap& map = out.map;
  map.columns = across.size();
  map.rows = up.size();
  out.x_label = numeric(x) ? label_of(x) : short_name(x.path);
  out.y_label = numeric(y) ? label_of(y) : short_name(y.path);
  if (even(x, across)) {
    std::tie(map.left, map.right) = edges(x);
    out.x_logarithmic = logarithmic(x);
  } else {
    for (const std::size_t i : across) out.column_labels.push_back(x.words[i]);
  }
  if (even(y, up)) {
    std::tie(map.bottom, map.top) = edges(y);
    out.y_logarithmic = logarithmic(y);
  } else {
    // rows count from the top; names in their order, numbers upwards
    if (numeric(y)) std::reverse(up.begin(), up.end());
    for (const std::size_t j : up) out.row_labels.push_back(y.words[j]);
  }
  map.values.reserve(map.columns * map.rows);
  for (const std::size_t j : up)
    for (const std::size_t i : across) map.values.push_back(value(i, j));
  const auto gap = [](double v) { return !std::isfinite(v); };
  if (std::any_of(map.values.begin(), map.values.end(), gap)) map.missing = "no number";
  return out;
}

void scale(Panel& panel, const std::string& label, const std::vector<double>& values) {
  layout::Range range;
  for (const double value : values) range.take(value);
  if (range.empty()) return;
  panel.scale = {label, range.low, range.high, false, true};
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

/// Two axes, one of them a few names: a line for each.
std::optional<std::vector<Figure>> line_per_name(const Shown& sweep) {
  if (sweep.axes.size() != 2 || numeric(sweep.axis(0)) == numeric(sweep.axis(1))) return std::nullopt;
  const std::size_t names = numeric(sweep.axis(0)) ? 1 : 0, numbers = 1 - names;
  const SweptAxis &axis = sweep.axis(numbers), &name = sweep.axis(names);
  if (length(name) > 6) return std::nullopt;
  const auto stride = strides(sweep);
  Figure out = measures_figure(sweep);
  for (const auto* const measured : sweep.measures) {
    const auto& measure = *measured;
    Panel panel = against(axis, label_of(measure));
    for (std::size_t k = 0; k < length(name); ++k) {
      Curve style;
      style.label = name.words[k];
      style.colour = static_cast<int>(k);
      add_line(panel, axis, style,
               [&](std::size_t i) { return measure.values[k * stride[names] + i * stride[numbers]]; });
    }
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
      scale(panel, label_of(measure), measure.values);
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
    own.title = sweep.whole.title + ": " + label_of(measure);
    all.push_back(std::move(own));
  }
  if (!one.panels.empty()) {
    one.columns = one.panels.size() == 1 ? 1 : 2;
    if (one.columns == 1) one.panels[0].height = 1.5;
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
    out.title = fmt::format("{}: {}, over all values of the other paths", sweep.whole.title, label_of(measure));
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
      Panel panel = against(axis, label_of(measure));
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
  if (auto figures = line_per_name(sweep)) return *figures;
  const auto [x, y] = plane(sweep);
  const std::size_t in_plane = length(sweep.axis(x)) * length(sweep.axis(y));
  return sweep.whole.cases / in_plane <= few_maps ? heat_maps(sweep) : marginals(sweep);
}

}  // namespace

std::vector<Figure> figures_of_sweep(const SweepPicture& sweep) {
  if (sweep.axes.empty() || sweep.cases == 0) return {};
  Shown shown{sweep, {}, {}};
  // of a grid, an axis of one value has nothing to show; what it is, the summary says
  for (const SweptAxis& axis : sweep.axes)
    if (sweep.combine != Combine::grid || length(axis) > 1) shown.axes.push_back(&axis);
  if (shown.axes.empty()) shown.axes = {&sweep.axes.front()};
  // what has no number in any case is no picture either
  for (const auto& measure : sweep.measures)
    if (any_number(measure.values)) shown.measures.push_back(&measure);
  std::vector<Figure> all = figures_of_traces(shown);
  if (!shown.measures.empty())
    for (Figure& figure : figures_of_measures(shown)) all.push_back(std::move(figure));
  return all;
}

}  // namespace hillock
