#include "results/layout.hpp"

#include <fmt/format.h>

#include <array>
#include <optional>

#include "results/text.hpp"

namespace hillock::layout {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

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
  Range range;
  bool trace = false;
  for (const Curve& curve : panel.curves) {
    const std::size_t size = points(curve);
    for (std::size_t i = 0; i < size; ++i)
      if (drawable(curve.y[i])) range.take(curve.x[i]);
    const bool line = curve.style == Curve::Style::line || curve.style == Curve::Style::steps;
    trace = trace || (line && size > 1 && std::is_sorted(curve.x.begin(), curve.x.end()));
  }
  // a trace runs from edge to edge; marks and phase planes keep off it
  return trace || range.empty() ? range : range.padded(0.03);
}

Range y_range(const Panel& panel) {
  if (!panel.row_labels.empty()) return {-0.5, static_cast<double>(panel.row_labels.size()) - 0.5};
  Range range;
  for (const Curve& curve : panel.curves) {
    const double half = curve.style == Curve::Style::ticks ? 0.5 : 0;
    for (std::size_t i = 0; i < points(curve); ++i) {
      if (!drawable(curve.x[i])) continue;
      range.take(curve.y[i] - half);
      range.take(curve.y[i] + half);
    }
  }
  return range.padded(0.06);
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
  return text_width(entry.text, tick_font) + (entry.curve ? sample_width + sample_gap : 0);
}

/// The curves with a label, in rows of at most `room`, at most four rows.
std::vector<Row> legend(const Panel& panel, double room) {
  constexpr std::size_t most = 4;
  std::vector<Entry> entries;
  for (const Curve& curve : panel.curves) {
    const std::string text = fit(printable(curve.label), tick_font, room - sample_width - sample_gap);
    const bool known = std::any_of(entries.begin(), entries.end(), [&](const Entry& other) {
      return other.text == text && other.curve->colour == curve.colour && other.curve->style == curve.style &&
             other.curve->dashed == curve.dashed;
    });
    if (!text.empty() && !known) entries.push_back({text, &curve});
  }
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
    if (!curve.label.empty())
      key += fmt::format("{}\n{} {} {}\n", curve.label, curve.colour, static_cast<int>(curve.style), curve.dashed);
  return key;
}

template <class Get> bool all_same(const std::vector<PanelPlace>& panels, Get get) {
  return std::all_of(panels.begin(), panels.end(), [&](const PanelPlace& p) { return get(p) == get(panels.front()); });
}

/// Heights of the axes of each row.
std::vector<double> row_heights(const Figure& figure, std::size_t columns, double width) {
  constexpr double tallest = 2400;  // of all rows
  const std::size_t rows = (figure.panels.size() + columns - 1) / columns;
  const double of_stack = rows == 1 ? 170 : rows == 2 ? 115 : rows == 3 ? 92 : 74;
  const double unit = columns == 1 ? of_stack : std::clamp(width * 0.58, 60., 130.);
  std::vector<double> heights(rows, 20);
  double sum = 0;
  for (std::size_t i = 0; i < figure.panels.size(); ++i) {
    const Panel& panel = figure.panels[i];
    double height = unit * (panel.height > 0 && panel.height < 100 ? panel.height : 1);
    if (const auto labels = static_cast<double>(panel.row_labels.size()); labels > 0)
      height = std::clamp(height, 7 * labels, std::max(18 * labels, 24.));
    heights[i / columns] = std::max(heights[i / columns], height);
  }
  for (const double height : heights) sum += height;
  if (sum > tallest)
    for (double& height : heights) height = std::max(20., height * tallest / sum);
  return heights;
}

/// Axes and texts of all panels; ranges are shared where that shows more than it hides.
std::vector<PanelPlace> place_panels(const Figure& figure, std::size_t columns, const std::vector<double>& heights,
                                     double width) {
  const bool stack = columns == 1;
  std::vector<Range> xs, ys;
  std::string x_label;  // the one of all panels that have any
  bool share_x = true, share_y = !stack;
  for (const Panel& panel : figure.panels) {
    xs.push_back(x_range(panel));
    ys.push_back(y_range(panel));
    share_y = share_y && panel.row_labels.empty() && panel.y_label == figure.panels[0].y_label;
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
  if (const auto all = common(ys, 2); share_y && all) {
    std::fill(ys.begin(), ys.end(), *all);
  } else {
    share_y = false;
  }

  std::vector<PanelPlace> out;
  for (std::size_t i = 0; i < figure.panels.size(); ++i) {
    const Panel& panel = figure.panels[i];
    const bool last = i + columns >= figure.panels.size();  // of its column
    PanelPlace place;
    place.panel = &panel;
    place.row = i / columns;
    place.column = i % columns;
    place.x = axis(xs[i].padded(0), std::clamp(static_cast<int>(std::lround(width / 32)), 3, 9));
    place.y = axis(ys[i], std::clamp(static_cast<int>(heights[place.row] / 14.5), 3, 6));
    place.x_numbers = !share_x || last;
    place.x_line = !stack || place.x_numbers;
    place.y_numbers = !share_y || place.column == 0;
    if (panel.title != figure.title) place.title = printable(panel.title);
    if (place.x_numbers) place.x_label = axis_label(share_x ? x_label : panel.x_label, place.x);
    place.y_label = axis_label(panel.y_label, place.y);
    for (const std::string& name : panel.row_labels) place.row_labels.push_back(fit(printable(name), tick_font, 110));
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
  std::vector<double> left(columns, 0);
  out.label_left.assign(columns, 0);
  for (const PanelPlace& place : out.panels) {
    const double numbers = numbers_width(place);
    left[place.column] = std::max(left[place.column], numbers);
    if (!place.y_label.empty()) out.label_left[place.column] = std::max(out.label_left[place.column], numbers + 2);
  }
  for (const PanelPlace& place : out.panels) {
    if (place.y_label.empty() || (out.one_y_label && place.column > 0)) continue;
    // the label of a run of panels, or of the whole grid, has room for one line
    const auto index = static_cast<std::size_t>(&place - out.panels.data());
    const auto same = [&](std::size_t other) {
      return other < out.panels.size() && out.panels[other].y_label == place.y_label;
    };
    const bool shared = out.one_y_label || (out.stack && (same(index + 1) || (index > 0 && same(index - 1))));
    const std::size_t lines = shared ? 1 : wrap(place.y_label, label_font, heights[place.row] + 8, 3).size();
    left[place.column] = std::max(left[place.column],
                                  out.label_left[place.column] + static_cast<double>(lines) * label_font * line_height);
  }
  double used = right_edge + 2 + column_gap * static_cast<double>(columns - 1);
  for (const double room : left) used += room;
  const double width = std::max(20., (picture_width - used) / static_cast<double>(columns));
  double x = 2;
  for (std::size_t c = 0; c < columns; ++c) {
    x += left[c];
    for (PanelPlace& place : out.panels)
      if (place.column == c) place.box.left = x, place.box.width = width;
    x += width + column_gap;
  }
}

/// Titles and legends: a legend once for all where all are the same, on the line of a title where it has room.
void place_texts(Layout& out, const Figure& figure) {
  const double room = picture_width - out.panels[0].box.left - right_edge;
  out.title = fit(printable(figure.title), head_font * 1.1, room);  // bold is a tenth wider
  const bool one =
      out.panels.size() > 1 && all_same(out.panels, [](const PanelPlace& place) { return legend_key(*place.panel); });
  if (one) out.legend = legend(figure.panels[0], room);
  for (PanelPlace& place : out.panels) {
    place.title = fit(place.title, title_font, place.box.width);
    if (one) continue;
    place.legend = legend(*place.panel, place.box.width);
    const bool below_head = out.stack && place.row == 0 && place.title.empty();
    const double beside = below_head ? text_width(out.title, head_font * 1.1) : text_width(place.title, title_font);
    place.legend_beside_title = place.legend.size() == 1 && beside > 0 &&
                                beside + 2 * entry_gap + row_width(place.legend[0]) <= place.box.width;
  }
}

/// Lines of text above the axes of a panel.
double header(const PanelPlace& place) {
  const std::size_t rows = place.legend_beside_title ? 0 : place.legend.size();
  const double lines = (place.title.empty() ? 0 : title_font) + static_cast<double>(rows) * tick_font;
  return lines > 0 ? lines * line_height + 3 : 0;
}

/// From top to bottom.
void place_rows(Layout& out, const std::vector<double>& heights) {
  double y = top_edge + (out.title.empty() ? 0 : head_font * line_height + 4);
  if (!out.legend.empty()) y += static_cast<double>(out.legend.size()) * tick_font * line_height + 4;
  for (std::size_t r = 0; r < heights.size(); ++r) {
    double above = 0, below = 0;
    for (const PanelPlace& place : out.panels) {
      if (place.row != r) continue;
      above = std::max(above, header(place));
      double room = place.x_line ? tick_length : 0;
      if (place.x_numbers) room += tick_gap + tick_font;
      if (!place.x_label.empty() && !out.one_x_label) room += label_font * line_height + 2;
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
}

}  // namespace

Range Range::padded(double part) const {
  if (empty()) return {0, 1};
  const double largest = std::max(std::abs(low), std::abs(high));
  if (size() <= largest * 1e-12) {
    const double room = largest > 0 ? largest * 0.1 : 1;
    return {low - room, high + room};
  }
  return {low - part * size(), high + part * size()};
}

Axis axis(Range range, int most) {
  double step = 0;
  const double power = std::pow(10, std::floor(std::log10(range.size() / most)));
  for (const double factor : {1., 2., 2.5, 5., 10.}) {
    if (factor == 2.5 && power < 10) continue;  // it would cost a decimal
    step = factor * power;
    if (std::floor(range.high / step) - std::ceil(range.low / step) + 1 <= most) break;
  }
  Axis out;
  // a trace that ends one sample before 1000 ms still shows the tick there
  const double slack = 3e-3 * range.size() / step;
  const double first = std::ceil(range.low / step - slack), last = std::floor(range.high / step + slack);
  out.range = {std::min(range.low, first * step), std::max(range.high, last * step)};

  const double largest = std::max(std::abs(first), std::abs(last)) * step;
  if (largest >= 1e6 || largest < 2e-3) out.exponent = static_cast<int>(3 * std::floor(std::log10(largest) / 3));
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

double row_width(const Row& row) {
  double sum = row.empty() ? 0 : -entry_gap;
  for (const Entry& entry : row) sum += entry_width(entry) + entry_gap;
  return sum;
}

Layout lay_out(const Figure& figure) {
  Layout out;
  if (figure.panels.empty()) {
    out.title = fit(printable(figure.title), head_font * 1.1, picture_width - right_edge);
    out.height = 40;
    return out;
  }
  const std::size_t columns = std::min(static_cast<std::size_t>(std::max(1, figure.columns)), figure.panels.size());
  const double width = (picture_width - 60) / static_cast<double>(columns);  // near enough to choose ticks by
  const std::vector<double> heights = row_heights(figure, columns, width);
  out.stack = columns == 1;
  out.panels = place_panels(figure, columns, heights, width);
  if (!out.stack) {
    const bool full = figure.panels.size() % columns == 0;
    const auto& below = out.panels.back();
    out.one_x_label = full && !below.x_label.empty() &&
                      std::all_of(out.panels.begin(), out.panels.end(),
                                  [&](const auto& p) { return !p.x_numbers || p.x_label == below.x_label; });
    out.one_y_label = all_same(out.panels, [](const PanelPlace& place) { return place.y_label; });
  }
  place_columns(out, columns, heights);
  place_texts(out, figure);
  place_rows(out, heights);
  return out;
}

}  // namespace hillock::layout
