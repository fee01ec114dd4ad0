#include "draw/layout.hpp"

#include <fmt/format.h>

#include <array>
#include <initializer_list>
#include <optional>

#include "draw/text.hpp"

namespace hillock::layout {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double bold = 1.1;  // of the width of a text that is not

std::string superscript(int number) {
  constexpr std::array<const char*, 10> digits{"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string out = number < 0 ? "⁻" : "";
  for (const char c : std::to_string(std::abs(number))) out += digits[static_cast<std::size_t>(c - '0')];
  return out;
}

/// "Current (pA)" with numbers in units of 10^-3 is "Current (10⁻³ pA)".
std::string axis_label(const std::string& label, const Axis& along) {
  std::string out = printable(label);
  if (along.exponent == 0) return out;
  const std::string power = "10" + superscript(along.exponent);
  if (out.empty()) return "×" + power;
  const std::size_t bracket = out.rfind('(');
  return bracket == std::string::npos ? out + " (×" + power + ")" : out.insert(bracket + 1, power + ' ');
}

std::size_t points(const Curve& curve) { return std::min(curve.x.size(), curve.y.size()); }

Range x_range(const Panel& panel) {
  const auto place = [&](double x) { return along(panel.x_logarithmic, x); };
  if (!panel.column_labels.empty()) return {-0.5, static_cast<double>(panel.column_labels.size()) - 0.5};
  if (panel.map.columns > 0) return {place(panel.map.left), place(panel.map.right)};
  Range range;
  range.take(place(panel.x_from)), range.take(place(panel.x_to));
  bool trace = false;
  for (const Curve& curve : panel.curves) {
    if (curve.style == Curve::Style::rug) continue;
    const std::size_t size = points(curve);
    for (std::size_t i = 0; i < size; ++i)
      if (drawable(curve.y[i])) range.take(place(curve.x[i]));
    const bool line = curve.style == Curve::Style::line || curve.style == Curve::Style::steps;
    const auto marks_it = [&](const Curve& other) {
      return (other.style == Curve::Style::points || other.style == Curve::Style::rings) && other.x == curve.x;
    };
    trace = trace || (line && size > 1 && std::is_sorted(curve.x.begin(), curve.x.end()) &&
                      std::none_of(panel.curves.begin(), panel.curves.end(), marks_it));
  }
  // a trace runs from edge to edge; marks and phase planes keep off it
  return trace || range.empty() ? range : range.padded(0.03, panel.row_labels.empty() ? 0 : panel.least);
}

/// `exact`: without room around the curves.
Range y_range(const Panel& panel, bool exact = false) {
  const auto place = [&](double y) { return along(panel.y_logarithmic, y); };
  if (!panel.row_labels.empty()) return {-0.5, static_cast<double>(panel.row_labels.size()) - 0.5};
  if (panel.map.rows > 0) return {place(panel.map.bottom), place(panel.map.top)};
  Range range;
  const bool all_beyond =
      std::all_of(panel.curves.begin(), panel.curves.end(), [](const Curve& curve) { return curve.beyond; });
  for (const Curve& curve : panel.curves) {
    if (curve.style == Curve::Style::rug || (curve.beyond && !all_beyond)) continue;
    const double half = curve.style == Curve::Style::ticks ? 0.5 : 0;
    for (std::size_t i = 0; i < points(curve); ++i) {
      if (!drawable(curve.x[i])) continue;
      range.take(place(curve.y[i]) - half);
      range.take(place(curve.y[i]) + half);
    }
  }
  return exact ? range : range.padded(0.06, panel.least);
}

/// One range for all, unless one of them would fill less than 1/`most` of it.
std::optional<Range> common(const std::vector<Range>& ranges, double most) {
  Range all;
  for (const Range& range : ranges) all.take(range);
  for (const Range& range : ranges)
    if (!range.empty() && range.size() * most < all.size()) return std::nullopt;
  return all;
}

double entry_width(const Entry& entry) {
  return text_width(entry.text, tick_font) + (entry.curve  ? sample_width + sample_gap
                                              : entry.cell ? cell_width + sample_gap
                                                           : 0);
}

/// Two curves that look the same are one entry of the legend.
std::string look(const Curve& curve) {
  return fmt::format("{} {} {} {}", curve.colour, static_cast<int>(curve.style), curve.dashed, curve.shade);
}

/// The curves with a label, in rows of at most `room`, at most four rows.
std::vector<Row> legend(const Panel& panel, double room) {
  constexpr std::size_t most = 4;
  std::vector<Entry> entries;
  for (const Curve& curve : panel.curves) {
    const std::string text = fit(printable(curve.label), tick_font, room - sample_width - sample_gap);
    const bool known = std::any_of(entries.begin(), entries.end(), [&](const Entry& other) {
      return other.text == text && look(*other.curve) == look(curve);
    });
    if (!text.empty() && !known) entries.push_back({text, &curve});
  }
  if (const std::string text = fit(printable(panel.map.missing), tick_font, room - cell_width - sample_gap);
      !text.empty())
    entries.push_back({text, nullptr, true});
  const auto fits = [&](const Row& row, const Entry& entry) {
    return row.empty() || row_width(row) + entry_gap + entry_width(entry) <= room;
  };
  const auto more = [&](std::size_t shown) {
    return Entry{fmt::format("and {} more", entries.size() - shown), nullptr};
  };
  std::vector<Row> rows;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (rows.empty() || !fits(rows.back(), entries[i])) {
      if (rows.size() == most) {
        while (rows.back().size() > 1 && !fits(rows.back(), more(i))) rows.back().pop_back(), --i;
        rows.back().push_back(more(i));
        break;
      }
      rows.emplace_back();
    }
    rows.back().push_back(entries[i]);
  }
  return rows;
}

/// Two panels with the same key have the same legend.
std::string legend_key(const Panel& panel) {
  std::string key;
  for (const Curve& curve : panel.curves)
    if (!curve.label.empty()) key += fmt::format("{}\n{}\n", curve.label, look(curve));
  return key + panel.map.missing;
}

template <class Get> bool all_same(const std::vector<PanelPlace>& panels, Get get) {
  return std::all_of(panels.begin(), panels.end(), [&](const PanelPlace& p) { return get(p) == get(panels.front()); });
}

/// Where each panel is in the grid: those that are below another share its place, in rows of their own.
struct Grid {
  std::vector<std::size_t> row, column, depth;  ///< by panel
  std::vector<bool> last_of_place, lowest;      ///< by panel: of its place, of its column
  std::size_t rows = 0, places = 0;
  bool deep = false;  ///< a place has several panels
};

Grid grid_of(const Figure& figure, std::size_t columns) {
  Grid out;
  const std::size_t n = figure.panels.size();
  std::vector<std::size_t> place(n);
  for (std::size_t i = 0; i < n; ++i) {
    const bool below = i > 0 && figure.panels[i].below;
    place[i] = below ? out.places - 1 : out.places++;
    out.depth.push_back(below ? out.depth.back() + 1 : 0);
    out.column.push_back(place[i] % columns);
    out.deep = out.deep || below;
  }
  for (std::size_t first = 0; first < n;) {  // a row of places
    std::size_t last = first, deepest = 0;
    for (; last < n && place[last] / columns == place[first] / columns; ++last) {
      deepest = std::max(deepest, out.depth[last]);
      out.row.push_back(out.rows + out.depth[last]);
    }
    out.rows += deepest + 1;
    first = last;
  }
  for (std::size_t i = 0; i < n; ++i) {
    out.last_of_place.push_back(i + 1 == n || place[i + 1] != place[i]);
    bool lowest = true;
    for (std::size_t k = i + 1; k < n; ++k) lowest = lowest && out.column[k] != out.column[i];
    out.lowest.push_back(lowest);
  }
  return out;
}

/// Heights of the axes of each row.
std::vector<double> row_heights(const Figure& figure, const Grid& grid, std::size_t columns, double width) {
  constexpr double tallest = 2400;  // of all rows
  const double of_stack = grid.rows == 1 ? 170 : grid.rows == 2 ? 115 : grid.rows == 3 ? 92 : 74;
  const double unit = columns == 1 ? of_stack : std::clamp(width * 0.58, 60., 130.);
  std::vector<double> heights(grid.rows, 20);
  double sum = 0;
  for (std::size_t i = 0; i < figure.panels.size(); ++i) {
    const Panel& panel = figure.panels[i];
    double height = unit * (panel.height > 0 && panel.height < 100 ? panel.height : 1);
    if (const auto rows = static_cast<double>(panel.row_labels.size()); rows > 0) {
      const auto named = std::count_if(panel.row_labels.begin(), panel.row_labels.end(),
                                       [](const std::string& label) { return !label.empty(); });
      height = panel.map.rows > 0 ? std::max(height, std::min(10 * rows, 300.))
                                  : std::clamp(height, 7 * static_cast<double>(named), std::max(18 * rows, 24.));
    }
    // high enough for its label, within reason
    constexpr double highest = 140;
    const auto cut = [&] {
      const auto lines = label_lines(printable(panel.y_label), height + 8, printable(panel.y_brief));
      return std::any_of(lines.begin(), lines.end(), [](const std::string& s) { return s.ends_with("…"); });
    };
    while (panel.row_labels.empty() && height < highest && cut()) height += 4;
    heights[grid.row[i]] = std::max(heights[grid.row[i]], height);
  }
  for (const double height : heights) sum += height;
  if (sum > tallest)
    for (double& height : heights) height = std::max(20., height * tallest / sum);
  return heights;
}

/// Leaves of the texts every first of `together`, rounded up; the others become empty.
void keep_every(std::vector<std::string>& texts, double together) {
  const auto step = static_cast<std::size_t>(std::max(1., std::ceil(together)));
  for (std::size_t i = 0; i < texts.size(); ++i)
    if (i % step != 0) texts[i].clear();
}

/// Columns of equal width with their names. What has no room beside its neighbours stands upright if it is a word;
/// short texts, which are numbers mostly, are left out in between.
Axis named_axis(const std::vector<std::string>& names, double width) {
  constexpr double gap = 6, short_text = 30, longest = 90;
  Axis out;
  const auto count = static_cast<double>(names.size());
  out.range = {-0.5, count - 0.5};
  const double cell = width / count;
  for (std::size_t i = 0; i < names.size(); ++i) {
    out.ticks.push_back(static_cast<double>(i));
    out.labels.push_back(fit(printable(names[i]), tick_font, longest));
    out.label_width = std::max(out.label_width, text_width(out.labels.back(), tick_font));
  }
  out.upright = out.label_width + gap > cell && out.label_width > short_text;
  keep_every(out.labels, (out.upright ? tick_font + 1 : out.label_width + gap) / cell);
  return out;
}

/// `exact`: the axis ends where the range does.
Axis any_axis(Range range, int most, bool logarithmic, bool exact, bool whole) {
  Axis out = logarithmic ? log_axis(range, most) : axis(range, most, whole);
  if (!exact) return out;
  out.range = range;
  const double slack = 1e-9 * range.size();
  for (std::size_t i = out.ticks.size(); i-- > 0;) {
    if (out.ticks[i] >= range.low - slack && out.ticks[i] <= range.high + slack) continue;
    out.ticks.erase(out.ticks.begin() + static_cast<std::ptrdiff_t>(i));
    out.labels.erase(out.labels.begin() + static_cast<std::ptrdiff_t>(i));
  }
  return out;
}

/// An axis below a panel: as many ticks as leave a gap between their numbers.
Axis x_axis(Range range, int most, bool logarithmic, bool exact, bool whole, double width) {
  constexpr double gap = 6;
  Axis out = any_axis(range, most, logarithmic, exact, whole);
  const auto crowded = [&] {
    if (out.ticks.size() < 2) return false;
    double closest = infinity;
    for (std::size_t i = 1; i < out.ticks.size(); ++i) closest = std::min(closest, out.ticks[i] - out.ticks[i - 1]);
    return closest / out.range.size() * width < out.label_width + gap;
  };
  while (most > 1 && crowded()) out = any_axis(range, --most, logarithmic, exact, whole);
  return out;
}

/// Axes and texts of all panels; ranges are shared where that shows more than it hides.
std::vector<PanelPlace> place_panels(const Figure& figure, const Grid& grid, std::size_t columns,
                                     const std::vector<double>& heights, double width) {
  const bool stack = columns == 1;
  std::vector<Range> xs, ys;
  std::string x_label;  // the one of all panels that have any
  bool share_x = true;
  for (std::size_t i = 0; i < figure.panels.size(); ++i) {
    const Panel& panel = figure.panels[i];
    xs.push_back(x_range(panel));
    ys.push_back(y_range(panel));
    if (grid.depth[i] > 0) {  // those of one place share their x
      xs[i].take(xs[i - 1]);
      for (std::size_t k = i; k-- > i - grid.depth[i];) xs[k] = xs[i];
    }
    share_x = share_x && panel.x_logarithmic == figure.panels[0].x_logarithmic &&
              panel.column_labels == figure.panels[0].column_labels;
    if (panel.x_label.empty()) continue;
    share_x = share_x && (x_label.empty() || x_label == panel.x_label);
    x_label = panel.x_label;
  }
  // a column shares its x whatever the ranges are, so that what stands below happened at the same time
  if (const auto all = common(xs, stack ? infinity : 1.5); share_x && all) {
    std::fill(xs.begin(), xs.end(), *all);
  } else {
    share_x = false;
  }
  if (figure.one_y) {
    // those that cannot be compared, as rows of names, keep their own; room is left around all, not around a flat one
    Range all;
    double least = 0;
    for (const Panel& panel : figure.panels)
      if (panel.row_labels.empty()) all.take(y_range(panel, true)), least = std::max(least, panel.least);
    for (std::size_t i = 0; i < ys.size(); ++i)
      if (figure.panels[i].row_labels.empty()) ys[i] = all.padded(0.06, least);
  }
  // by depth: panels are compared with those that are as deep in their places
  const std::size_t depths = 1 + *std::max_element(grid.depth.begin(), grid.depth.end());
  std::vector<bool> share_y(depths, !stack || figure.one_y), one_label(depths, true);
  for (std::size_t depth = 0; depth < depths; ++depth) {
    std::vector<Range> ranges;
    const Panel* first = nullptr;
    for (std::size_t i = 0; i < figure.panels.size(); ++i) {
      const Panel& panel = figure.panels[i];
      if (grid.depth[i] != depth) continue;
      if (!first) first = &panel;
      one_label[depth] = one_label[depth] && panel.row_labels.empty() && panel.y_label == first->y_label;
      share_y[depth] = share_y[depth] && one_label[depth] && panel.y_logarithmic == first->y_logarithmic;
      ranges.push_back(ys[i]);
    }
    const auto all = common(ranges, figure.one_y ? infinity : 2);
    share_y[depth] = share_y[depth] && all;
    for (std::size_t i = 0; share_y[depth] && i < ys.size(); ++i)
      if (grid.depth[i] == depth) ys[i] = *all;
  }

  std::vector<PanelPlace> out;
  for (std::size_t i = 0; i < figure.panels.size(); ++i) {
    const Panel& panel = figure.panels[i];
    const std::size_t depth = grid.depth[i];
    PanelPlace place;
    place.panel = &panel;
    place.row = grid.row[i];
    place.column = grid.column[i];
    place.last_of_place = grid.last_of_place[i];
    const int x_most = std::clamp(static_cast<int>(std::lround(width / 32)), 3, 9);
    const int y_most = std::clamp(static_cast<int>(heights[place.row] / 14.5), heights[place.row] < 30 ? 2 : 3, 6);
    const bool cells = panel.map.columns > 0;
    place.x = !panel.column_labels.empty()
                  ? named_axis(panel.column_labels, width)
                  : x_axis(xs[i].padded(0), x_most, panel.x_logarithmic, cells, panel.x_whole, width);
    place.y = any_axis(ys[i].padded(0), y_most, panel.y_logarithmic, cells, panel.y_whole);
    if (panel.scale.shown) {
      const Range of{along(panel.scale.logarithmic, panel.scale.low), along(panel.scale.logarithmic, panel.scale.high)};
      place.bar = any_axis(of.padded(0), y_most, panel.scale.logarithmic, true, panel.scale.whole);
      place.bar_label = axis_label(panel.scale.label, place.bar);
    }
    place.x_numbers = share_x ? grid.lowest[i] : grid.last_of_place[i];
    place.x_line = stack ? place.x_numbers : grid.last_of_place[i];
    place.y_numbers = !share_y[depth] || place.column == 0;
    if (panel.title != figure.title) place.title = {printable(panel.title)};
    if (place.x_numbers) place.x_label = axis_label(share_x ? x_label : panel.x_label, place.x);
    // beside a grid of places with several panels, each row has its label once
    if (stack || !grid.deep || !one_label[depth] || place.column == 0)
      place.y_label = axis_label(panel.y_label, place.y);
    for (const std::string& name : panel.row_labels) place.row_labels.push_back(fit(printable(name), tick_font, 150));
    if (cells) keep_every(place.row_labels, (tick_font + 1) * static_cast<double>(panel.map.rows) / heights[place.row]);
    out.push_back(std::move(place));
  }
  return out;
}

/// Between the axes and what is left of it but the label.
double numbers_width(const PanelPlace& place) {
  if (!place.raster()) return tick_length + (place.y_numbers ? place.y.label_width + tick_gap : 0);
  double widest = 0;
  for (const std::string& name : place.row_labels) widest = std::max(widest, text_width(name, tick_font));
  return widest + 2 * tick_gap;
}

/// From left to right: the columns are equally wide, and so are the margins within one.
void place_columns(Layout& out, std::size_t columns, const std::vector<double>& heights) {
  std::vector<double> left(columns, 0), right(columns, 0);
  out.label_left.assign(columns, 0);
  out.bar_label_left.assign(columns, 0);
  for (const PanelPlace& place : out.panels) {
    if (!place.panel->scale.shown) continue;
    double& label = out.bar_label_left[place.column];
    label = std::max(label, bar_gap + bar_width + tick_length + tick_gap + place.bar.label_width + 2);
  }
  for (const PanelPlace& place : out.panels) {
    if (!place.panel->scale.shown) continue;
    const std::size_t lines = label_lines(place.bar_label, heights[place.row] + 8).size();
    right[place.column] = std::max(
        right[place.column], out.bar_label_left[place.column] + static_cast<double>(lines) * label_font * line_height);
  }
  for (const PanelPlace& place : out.panels) {
    const double numbers = numbers_width(place);
    left[place.column] = std::max(left[place.column], numbers);
    if (!place.y_label.empty()) out.label_left[place.column] = std::max(out.label_left[place.column], numbers + 2);
  }
  for (PanelPlace& place : out.panels) {
    if (place.y_label.empty() || (out.one_y_label && &place != &out.panels.front())) continue;
    // the label of a run of panels, or of the whole grid, has at least the room of their axes
    std::size_t last = place.row;
    const auto same = [&](std::size_t row) { return out.panels[row].y_label == place.y_label; };
    if (out.one_y_label) {
      last = heights.size() - 1;
    } else if (out.stack) {  // a panel a row
      if (place.row > 0 && same(place.row - 1)) continue;
      while (last + 1 < heights.size() && same(last + 1)) ++last;
    }
    double room = 8;
    for (std::size_t row = place.row; row <= last; ++row) room += heights[row];
    place.y_lines = label_lines(place.y_label, room, axis_label(place.panel->y_brief, place.y));
    place.y_label_rows = last - place.row;
    left[place.column] =
        std::max(left[place.column],
                 out.label_left[place.column] + static_cast<double>(place.y_lines.size()) * label_font * line_height);
  }
  // numbers at the ends of neighbouring axes keep apart
  double gap = column_gap;
  for (const PanelPlace& place : out.panels)
    if (!place.x.upright) gap = std::max(gap, place.x.label_width + 5);
  double used = right_edge + 2 + gap * static_cast<double>(columns - 1);
  for (const double room : left) used += room;
  for (const double room : right) used += room;
  const double width = std::max(20., (picture_width - used) / static_cast<double>(columns));
  double x = 2;
  for (std::size_t c = 0; c < columns; ++c) {
    x += left[c];
    for (PanelPlace& place : out.panels)
      if (place.column == c) place.box.left = x, place.box.width = width;
    x += width + right[c] + gap;
  }
  for (PanelPlace& place : out.panels) place.x_lines = label_lines(place.x_label, width + 40, "", 2);
}

/// Titles and legends: a legend once for all where all are the same, on the line of a title where it has room.
void place_texts(Layout& out, const Figure& figure) {
  const double room = picture_width - out.panels[0].box.left - right_edge;
  out.title = wrap(printable(figure.title), head_font * bold, room, 3);
  const bool one =
      out.panels.size() > 1 && all_same(out.panels, [](const PanelPlace& place) { return legend_key(*place.panel); });
  if (one) out.legend = legend(figure.panels[0], room);
  for (PanelPlace& place : out.panels) {
    if (!place.title.empty()) place.title = wrap(place.title[0], title_font, place.box.width, 3);
    if (one) continue;
    place.legend = legend(*place.panel, place.box.width);
    const bool below_head = out.stack && place.row == 0 && place.title.empty();
    const double beside = below_head            ? out.title.empty() ? 0 : text_width(out.title.back(), head_font * bold)
                                     : place.title.empty() ? 0
                                                : text_width(place.title[0], title_font);
    place.legend_beside_title = place.legend.size() == 1 && beside > 0 &&
                                beside + 2 * entry_gap + row_width(place.legend[0]) <= place.box.width;
  }
}

/// Lines of text above the axes of a panel.
double header(const PanelPlace& place) {
  const std::size_t rows = place.legend_beside_title ? 0 : place.legend.size();
  const double lines = static_cast<double>(place.title.size()) * title_font + static_cast<double>(rows) * tick_font;
  return lines > 0 ? lines * line_height + 3 : 0;
}

/// From top to bottom.
void place_rows(Layout& out, const std::vector<double>& heights) {
  double y = top_edge + (out.title.empty() ? 0 : static_cast<double>(out.title.size()) * head_font * line_height + 4);
  if (!out.legend.empty()) y += static_cast<double>(out.legend.size()) * tick_font * line_height + 4;
  for (std::size_t r = 0; r < heights.size(); ++r) {
    double above = 0, below = 0;
    for (const PanelPlace& place : out.panels) {
      if (place.row != r) continue;
      above = std::max(above, header(place));
      double room = place.x_line ? tick_length : 0;
      if (place.x_numbers) room += tick_gap + numbers_height(place.x);
      if (!place.x_lines.empty() && !out.one_x_label)
        room += static_cast<double>(place.x_lines.size()) * label_font * line_height + 2;
      below = std::max(below, room);
    }
    y += above + heights[r];
    for (PanelPlace& place : out.panels)
      if (place.row == r) place.box.bottom = y, place.box.height = heights[r];  // from the top as yet
    y += below + (r + 1 < heights.size() ? 8 : 0);
  }
  if (out.one_x_label) y += label_font * line_height + 2;
  out.height = std::ceil(y + bottom_edge);
  for (PanelPlace& place : out.panels) place.box.bottom = out.height - place.box.bottom;
  for (PanelPlace& place : out.panels) {
    double low = place.box.bottom;
    for (const PanelPlace& other : out.panels)
      if (other.row <= place.row + place.y_label_rows) low = std::min(low, other.box.bottom);
    place.y_label_middle = (low + place.box.bottom + place.box.height) / 2;
  }
}

}  // namespace

Range Range::padded(double part, double least) const {
  if (empty()) return {0, 1};
  const double largest = std::max(std::abs(low), std::abs(high));
  if (size() <= std::max(largest * 1e-12, least)) {
    const double room = largest > least ? largest * 0.1 : 1;
    return {low - room, high + room};
  }
  return {low - part * size(), high + part * size()};
}

Axis axis(Range range, int most, bool whole) {
  double step = 0, slack = 0, first = 0, last = 0;
  double power = std::pow(10, std::floor(std::log10(range.size() / most)));
  if (whole) power = std::max(power, 1.);
  for (const double factor : {1., 2., 2.5, 5., 10., 20.}) {
    if (factor == 2.5 && power < 10) continue;  // it would cost a decimal
    step = factor * power;
    // a trace that ends one sample before 1000 ms still shows the tick there
    slack = 3e-3 * range.size() / step;
    first = std::ceil(range.low / step - slack), last = std::floor(range.high / step + slack);
    if (last - first + 1 <= most) break;
  }
  Axis out;
  out.range = {std::min(range.low, first * step), std::max(range.high, last * step)};

  const double largest = std::max(std::abs(first), std::abs(last)) * step;
  if (largest >= 1e6 || (largest > 0 && largest < 2e-3))
    out.exponent = static_cast<int>(3 * std::floor(std::log10(largest) / 3));
  const double unit = std::pow(10, out.exponent);
  const int decimals = std::clamp(static_cast<int>(-std::floor(std::log10(step / unit) + 1e-9)), 0, 15);
  for (int i = 0; i <= most && first + i <= last; ++i) {
    const double value = (first + i) * step;
    out.ticks.push_back(value);
    std::string label = fmt::format("{:.{}f}", first + i == 0 ? 0. : value / unit, decimals);
    if (label[0] == '-') label.replace(0, 1, "−");
    out.label_width = std::max(out.label_width, text_width(label, tick_font));
    out.labels.push_back(std::move(label));
  }
  return out;
}

Axis log_axis(Range range, int most) {
  Axis out;
  out.logarithmic = true;
  constexpr double slack = 1e-9;
  const double first = std::floor(range.low), last = std::ceil(range.high);
  const auto within = [&](double at) { return at >= range.low - slack && at <= range.high + slack; };
  const auto take = [&](std::initializer_list<double> factors, double step) {
    out.ticks.clear();
    for (double power = std::ceil(first / step) * step; power <= last; power += step)
      for (const double factor : factors)
        if (const double at = power + std::log10(factor); within(at)) out.ticks.push_back(at);
    return out.ticks.size() <= static_cast<std::size_t>(most);
  };
  double step = 1;
  if (!take({1, 2, 5}, 1) && !take({1, 3}, 1))
    while (!take({1}, step)) ++step;
  if (out.ticks.size() < 2) {  // within a part of a decade the axis is nearly linear
    const Range shown{std::pow(10, range.low), std::pow(10, range.high)};
    Axis linear = axis(shown, most);
    for (std::size_t i = linear.ticks.size(); i-- > 0;) {
      const double at = along(true, linear.ticks[i]);
      linear.ticks[i] = at;
      if (within(at)) continue;
      linear.ticks.erase(linear.ticks.begin() + static_cast<std::ptrdiff_t>(i));
      linear.labels.erase(linear.labels.begin() + static_cast<std::ptrdiff_t>(i));
    }
    linear.range = range;
    linear.logarithmic = true;
    return linear;
  }
  out.range = range;
  const bool plain = out.ticks.front() >= -3 - slack && out.ticks.back() <= 4 + slack;
  for (const double at : out.ticks) {
    const double power = std::floor(at + slack);
    const double factor = std::round(std::pow(10, at - power));
    const int exponent = static_cast<int>(power);
    std::string label = plain         ? fmt::format("{:g}", std::pow(10, at))
                        : factor == 1 ? "10" + superscript(exponent)
                                      : fmt::format("{:g}·10{}", factor, superscript(exponent));
    out.label_width = std::max(out.label_width, text_width(label, tick_font));
    out.labels.push_back(std::move(label));
  }
  if (step > 1) return out;
  for (double power = first; power <= last; ++power)
    for (int factor = 1; factor < 10; ++factor)
      if (const double at = power + std::log10(factor); within(at)) out.minor.push_back(at);
  return out;
}

std::string brief_label(const std::string& label) {
  const std::size_t comma = label.find(", "), bracket = label.rfind(" (");
  if (comma == std::string::npos || (bracket != std::string::npos && bracket < comma)) return label;
  return label.substr(0, comma) + (bracket == std::string::npos ? "" : label.substr(bracket));
}

std::vector<std::string> label_lines(const std::string& label, double room, const std::string& brief,
                                     std::size_t most) {
  std::vector<std::string> lines;
  const auto fits = [&](const std::string& text) {
    lines = wrap(text, label_font, room, most);
    return std::none_of(lines.begin(), lines.end(), [](const std::string& s) { return s.ends_with("…"); });
  };
  if (fits(label) || (!brief.empty() && fits(brief)) || fits(brief_label(label))) return lines;
  // a unit that is cut is another one
  const std::string shortest = brief.empty() ? brief_label(label) : brief;
  const std::size_t bracket = shortest.rfind(" (");
  if (bracket == std::string::npos) return lines;
  const std::string unit = shortest.substr(bracket + 1);
  if (most < 2)
    return {fit(shortest.substr(0, bracket), label_font, room - text_width(" " + unit, label_font)) + " " + unit};
  lines = wrap(shortest.substr(0, bracket), label_font, room, most - 1);
  lines.push_back(unit);
  return lines;
}

double numbers_height(const Axis& axis) { return axis.upright ? axis.label_width : tick_font; }

double row_width(const Row& row) {
  double sum = row.empty() ? 0 : -entry_gap;
  for (const Entry& entry : row) sum += entry_width(entry) + entry_gap;
  return sum;
}

Layout lay_out(const Figure& figure) {
  Layout out;
  if (figure.panels.empty()) {
    out.title = wrap(printable(figure.title), head_font * bold, picture_width - 2 * right_edge, 3);
    out.height = std::ceil(28 + std::max(1., static_cast<double>(out.title.size())) * head_font * line_height);
    return out;
  }
  const std::size_t places = grid_of(figure, 1).places;
  const std::size_t columns = std::min(static_cast<std::size_t>(std::max(1, figure.columns)), places);
  const Grid grid = grid_of(figure, columns);
  const double width = (picture_width - 60) / static_cast<double>(columns);  // near enough to choose ticks by
  const std::vector<double> heights = row_heights(figure, grid, columns, width);
  out.stack = columns == 1;
  out.panels = place_panels(figure, grid, columns, heights, width);
  if (!out.stack) {
    const bool full = places % columns == 0;
    const auto& below = out.panels.back();
    out.one_x_label = full && !below.x_label.empty() &&
                      std::all_of(out.panels.begin(), out.panels.end(),
                                  [&](const auto& p) { return !p.x_numbers || p.x_label == below.x_label; });
    out.one_y_label = !grid.deep && all_same(out.panels, [](const PanelPlace& place) { return place.y_label; });
  }
  place_columns(out, columns, heights);
  place_texts(out, figure);
  place_rows(out, heights);
  return out;
}

}  // namespace hillock::layout
