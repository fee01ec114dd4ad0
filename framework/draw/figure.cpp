#include "draw/figure.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <optional>
#include <system_error>
#include <thread>

#include "draw/layout.hpp"
#include "draw/text.hpp"
#include "util/error.hpp"
#include "util/files.hpp"

namespace hillock {
namespace {

namespace fs = std::filesystem;
using namespace layout;

constexpr double axis_line = 0.5, thin_line = 0.75, thick_line = 1.3, point_size = 0.55;
/// Of lines that lie upon another: gaps as long as the dashes, so that both colours show; of a third shorter dashes.
std::string_view upon_dash(int upon) { return upon == 0 ? "" : upon == 1 ? " dt (12,12)" : " dt (5,19)"; }
constexpr std::string_view ink = "#000000";

/// As a gnuplot string. Between single quotes nothing is special to gnuplot but the quote itself, which is doubled
/// (between double quotes a backtick would run a command).
std::string literal(std::string_view text) {
  const std::string plain = printable(text);
  const std::size_t quotes = std::min(plain.find_first_not_of('\''), plain.size());
  // gnuplot 5.4 takes a doubled quote at the very beginning for an empty string
  std::string out = quotes > 0 ? '"' + plain.substr(0, quotes) + "\".'" : "'";
  for (const char c : plain.substr(quotes)) out.append(c == '\'' ? 2 : 1, c);
  return out + "'";
}

/// Writes gnuplot commands; all places in points from the lower left corner.
class Pen {
 public:
  explicit Pen(double height) : height_(height) {}
  template <class... A> void add(fmt::format_string<A...> format, A&&... a) {
    fmt::format_to(std::back_inserter(text), format, std::forward<A>(a)...);
  }
  std::string at(double x, double y) const {
    return fmt::format("screen {:.6f},{:.6f}", x / picture_width, y / height_);
  }
  void line(double x0, double y0, double x1, double y1, double width, std::string_view colour,
            std::string_view dash = "") {
    add("set arrow from {} to {} nohead lw {:g} lc rgb '{}'{}\n", at(x0, y0), at(x1, y1), width, colour, dash);
  }
  void fill(double x0, double y0, double x1, double y1, std::string_view colour) {
    add("set object rectangle from {} to {} fc rgb '{}' fs solid noborder\n", at(x0, y0), at(x1, y1), colour);
  }
  void write(const std::string& what, double x, double y, double size, std::string_view where, bool bold = false) {
    if (what.empty()) return;
    add("set label {} at {} {} font 'DejaVu Sans{},{:g}' noenhanced textcolor rgb '{}'\n", literal(what), at(x, y),
        where, bold ? ":Bold" : "", size, ink);
  }
  std::string text;

 private:
  double height_;
};

std::string_view dash_of(const Curve& curve, int upon) {
  return curve.dashed || curve.colour >= palette_size ? " dt '-'" : upon_dash(upon);
}
bool is_marks(const Curve& curve) { return curve.style == Curve::Style::points || curve.style == Curve::Style::rings; }
/// gnuplot's number for a filled or an open circle.
int mark_of(const Curve& curve) { return curve.style == Curve::Style::rings ? 6 : 7; }
double weight(const Curve& curve) { return curve.emphasised ? thick_line : thin_line; }
/// Open circles are wider, so that a point of another curve shows inside.
double size_of(const Curve& curve) {
  return curve.emphasised ? 2 * point_size : curve.style == Curve::Style::rings ? 1.7 * point_size : point_size;
}

void draw_row(Pen& pen, const Row& row, double x, double y) {
  for (const Entry& entry : row) {
    if (entry.cell) {
      pen.fill(x, y - cell_width / 2, x + cell_width, y + cell_width / 2, palette(-3));
      x += cell_width + sample_gap;
    }
    if (entry.curve) {
      const Curve& curve = *entry.curve;
      const std::string colour = colour_of(curve);
      const double middle = x + sample_width / 2;
      if (is_marks(curve)) {
        pen.add("set label '' at {} point pt {} ps {:g} lw {:g} lc rgb '{}'\n", pen.at(middle, y), mark_of(curve),
                size_of(curve), thin_line, colour);
      } else if (curve.style == Curve::Style::ticks || curve.style == Curve::Style::rug) {
        pen.line(middle, y - 2.5, middle, y + 2.5, weight(curve), colour);
      } else {
        pen.line(x, y, x + sample_width, y, weight(curve) * 1.2, colour, dash_of(curve, 0));
      }
      x += sample_width + sample_gap;
    }
    pen.write(entry.text, x, y, tick_font, "left");
    x += text_width(entry.text, tick_font) + entry_gap;
  }
}

void draw_axes(Pen& pen, const PanelPlace& place, bool labelled) {
  const auto& [left, bottom, width, height] = place.box;
  if (place.x_line) {
    pen.line(left, bottom, left + width, bottom, axis_line, ink);
    for (std::size_t i = 0; i < place.x.ticks.size(); ++i) {
      const double x = left + (place.x.ticks[i] - place.x.range.low) / place.x.range.size() * width;
      pen.line(x, bottom, x, bottom - tick_length, axis_line, ink);
      if (!place.x_numbers) continue;
      const double y = bottom - tick_length - tick_gap;
      if (place.x.upright) {
        pen.write(place.x.labels[i], x, y, tick_font, "right rotate");
      } else {
        pen.write(place.x.labels[i], x, y - tick_font / 2, tick_font, "center");
      }
    }
    for (const double at : place.x.minor) {
      const double x = left + (at - place.x.range.low) / place.x.range.size() * width;
      pen.line(x, bottom, x, bottom - tick_length / 2, axis_line, ink);
    }
    if (labelled) {
      double y = bottom - tick_length - tick_gap - numbers_height(place.x) - 2 - label_font / 2;
      for (const std::string& line : place.x_lines) {
        pen.write(line, left + width / 2, y, label_font, "center");
        y -= label_font * line_height;
      }
    }
  }
  if (place.raster()) {
    const double row = height / static_cast<double>(place.row_labels.size());
    double y = bottom + height - row / 2;
    for (const std::string& name : place.row_labels) {
      pen.write(name, left - 2 * tick_gap, y, tick_font, "right");
      y -= row;
    }
    return;
  }
  pen.line(left, bottom, left, bottom + height, axis_line, ink);
  for (std::size_t i = 0; i < place.y.ticks.size(); ++i) {
    const double y = bottom + (place.y.ticks[i] - place.y.range.low) / place.y.range.size() * height;
    pen.line(left, y, left - tick_length, y, axis_line, ink);
    if (place.y_numbers) pen.write(place.y.labels[i], left - tick_length - tick_gap, y, tick_font, "right");
  }
  for (const double at : place.y.minor) {
    const double y = bottom + (at - place.y.range.low) / place.y.range.size() * height;
    pen.line(left, y, left - tick_length / 2, y, axis_line, ink);
  }
}

std::string hexadecimal(const std::array<double, 3>& colour) {
  std::string out = "#";
  for (const double part : colour) out += fmt::format("{:02X}", static_cast<int>(std::lround(part * 255)));
  return out;
}

/// The colour scale beside the axes.
void draw_bar(Pen& pen, const PanelPlace& place, double label_left) {
  if (!place.panel->scale.shown) return;
  const double bottom = place.box.bottom, height = place.box.height, edge = place.box.left + place.box.width;
  const double x = edge + bar_gap;
  constexpr int slices = 64;
  for (int i = 0; i < slices; ++i) {
    // up to the top, under those that follow: neighbours that only touch show a seam
    const double part = static_cast<double>(i) / slices, shade = static_cast<double>(i) / (slices - 1);
    pen.fill(x, bottom + part * height, x + bar_width, bottom + height,
             place.panel->map.columns > 0 ? hexadecimal(viridis(shade)) : shade_colour(shade));
  }
  const auto at = [&](double value) {
    return bottom + (value - place.bar.range.low) / place.bar.range.size() * height;
  };
  const double right = x + bar_width;
  for (std::size_t i = 0; i < place.bar.ticks.size(); ++i) {
    const double y = at(place.bar.ticks[i]);
    pen.line(right, y, right + tick_length, y, axis_line, ink);
    pen.write(place.bar.labels[i], right + tick_length + tick_gap, y, tick_font, "left");
  }
  for (const double minor : place.bar.minor)
    pen.line(right, at(minor), right + tick_length / 2, at(minor), axis_line, ink);
  double label = edge + label_left + label_font * line_height / 2;
  for (const std::string& line : label_lines(place.bar_label, height + 8)) {
    pen.write(line, label, bottom + height / 2, label_font, "center rotate");
    label += label_font * line_height;
  }
}

/// Title and legend of a panel; `head`: the middle of the line of the figure's title.
void draw_header(Pen& pen, const PanelPlace& place, double head) {
  const auto& [left, bottom, width, height] = place.box;
  double y = bottom + height + 3;
  if (place.legend_beside_title) {
    const double beside =
        place.title.empty() ? head : y + (static_cast<double>(place.title.size()) - 0.5) * title_font * line_height;
    draw_row(pen, place.legend[0], left + width - row_width(place.legend[0]), beside);
  } else {
    for (std::size_t r = place.legend.size(); r-- > 0;) {
      draw_row(pen, place.legend[r], left + width - row_width(place.legend[r]), y + tick_font * line_height / 2);
      y += tick_font * line_height;
    }
  }
  for (std::size_t i = place.title.size(); i-- > 0;) {
    pen.write(place.title[i], left, y + title_font * line_height / 2, title_font, "left");
    y += title_font * line_height;
  }
}

/// Labels of y axes: beside each panel, once for a run of equal ones in a stack, or once for the whole grid.
void draw_y_labels(Pen& pen, const Layout& layout) {
  for (const PanelPlace& place : layout.panels) {
    double x = place.box.left - layout.label_left[place.column];
    x -= label_font * line_height * (static_cast<double>(place.y_lines.size()) - 0.5);
    for (const std::string& line : place.y_lines) {
      pen.write(line, x, place.y_label_middle, label_font, "center rotate");
      x += label_font * line_height;
    }
  }
}

/// Of each of `bins` equal parts of x the points with the least and the greatest y.
std::vector<std::size_t> extremes(const std::vector<double>& x, const std::vector<double>& y, std::size_t size,
                                  std::size_t bins) {
  const double begin = x.front(), scale = static_cast<double>(bins) / (x[size - 1] - begin);
  const auto bin_of = [&](std::size_t i) {
    return std::min(bins - 1, static_cast<std::size_t>((x[i] - begin) * scale));
  };
  std::vector<std::size_t> keep{0};
  for (std::size_t i = 0; i < size;) {
    constexpr std::size_t none = static_cast<std::size_t>(-1);
    std::array<std::size_t, 3> found{none, none, none};
    auto& [low, high, gap] = found;
    for (const std::size_t bin = bin_of(i); i < size && bin_of(i) == bin; ++i) {
      if (!drawable(y[i])) {
        if (gap == none) gap = i;
        continue;
      }
      if (low == none || y[i] < y[low]) low = i;
      if (high == none || y[i] > y[high]) high = i;
    }
    std::sort(found.begin(), found.end());
    for (const std::size_t index : found)
      if (index != none && index > keep.back()) keep.push_back(index);
  }
  if (keep.back() != size - 1) keep.push_back(size - 1);
  return keep;
}

/// The points that are further than 1/`bins` of the picture from the one kept before.
std::vector<std::size_t> moves(const std::vector<double>& x, const std::vector<double>& y, std::size_t size,
                               std::size_t bins) {
  Range wide, high;
  for (std::size_t i = 0; i < size; ++i)
    if (drawable(x[i]) && drawable(y[i])) wide.take(x[i]), high.take(y[i]);
  std::vector<std::size_t> keep;
  // a curve that fills the plane has more such points than can be told apart: coarser, then
  for (double part = 1 / static_cast<double>(bins); keep.empty() || keep.size() > 20 * bins; part *= 2) {
    keep = {0};
    bool gap = false;
    for (std::size_t i = 1; i + 1 < size; ++i) {
      const std::size_t last = keep.back();
      const bool there = drawable(x[i]) && drawable(y[i]);
      if (there ? gap || std::abs(x[i] - x[last]) > part * wide.size() || std::abs(y[i] - y[last]) > part * high.size()
                : !gap)
        keep.push_back(i);
      gap = !there;
    }
    keep.push_back(size - 1);
  }
  return keep;
}

/// Digits that tell apart a hundred-thousandth of the range.
int digits(const Range& range) {
  const double largest = std::max(std::abs(range.low), std::abs(range.high));
  return std::clamp(static_cast<int>(std::ceil(std::log10(largest / range.size()))) + 5, 6, 17);
}

struct Drawn {
  std::string block, command;
  int order;
  std::string bytes = {};  ///< that follow the plot command
};

/// Strokes at the edges of the axes, not denser than they can be told apart.
std::optional<Drawn> draw_rug(const Curve& curve, const PanelPlace& place, const std::string& name) {
  constexpr double stroke = 3.5;  // in points
  const Range &x = place.x.range, &y = place.y.range;
  const double across = x.size() * stroke / place.box.width, up = y.size() * stroke / place.box.height;
  const double closest = x.size() / place.box.width / 3;
  fmt::memory_buffer block;
  fmt::format_to(std::back_inserter(block), "${} << EOD\n", name);
  bool any = false;
  double last = -std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < std::min(curve.x.size(), curve.y.size()); ++i) {
    const double at = along(place.x.logarithmic, curve.x[i]), row = along(place.y.logarithmic, curve.y[i]);
    if (drawable(at) && std::abs(at - last) >= closest) {
      fmt::format_to(std::back_inserter(block), "{:.10g} {:.10g} 0 {:.10g}\n", at, y.low, up);
      last = at;
    } else if (!drawable(at) && drawable(row)) {
      fmt::format_to(std::back_inserter(block), "{:.10g} {:.10g} {:.10g} 0\n", x.low, row, across);
    } else {
      continue;
    }
    any = true;
  }
  if (!any) return std::nullopt;
  fmt::format_to(std::back_inserter(block), "EOD\n");
  return Drawn{fmt::to_string(block),
               fmt::format("${} using 1:2:3:4 with vectors nohead lw {:g} lc rgb '{}' notitle", name, thick_line,
                           colour_of(curve)),
               0};
}

/// The data block of a curve and its part of the plot command; nullopt if it has no point. `upon`: as of `lying_upon`.
std::optional<Drawn> draw_curve(const Curve& curve, const PanelPlace& place, const std::string& name, int upon) {
  if (curve.style == Curve::Style::rug) return draw_rug(curve, place, name);
  const std::size_t size = std::min(curve.x.size(), curve.y.size());
  std::vector<double> x(curve.x.begin(), curve.x.begin() + static_cast<std::ptrdiff_t>(size));
  std::vector<double> y(curve.y.begin(), curve.y.begin() + static_cast<std::ptrdiff_t>(size));
  for (double& value : x) value = along(place.x.logarithmic, value);
  for (double& value : y) value = along(place.y.logarithmic, value);
  if (curve.style == Curve::Style::steps) add_corners(x, y);
  if (is_marks(curve)) {
    if (size > 20000) thin(x, y, 10000);
  } else {
    thin(x, y, static_cast<std::size_t>(place.box.width * 3));
  }
  const int x_digits = digits(place.x.range), y_digits = digits(place.y.range);
  fmt::memory_buffer block;
  fmt::format_to(std::back_inserter(block), "${} << EOD\n", name);
  std::size_t points = 0;
  bool gap = false;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!drawable(x[i]) || !drawable(y[i])) {
      gap = points > 0;
      continue;
    }
    if (gap) block.push_back('\n');
    gap = false;
    ++points;
    fmt::format_to(std::back_inserter(block), "{:.{}g} {:.{}g}\n", x[i], x_digits, y[i], y_digits);
  }
  if (points == 0) return std::nullopt;
  fmt::format_to(std::back_inserter(block), "EOD\n");

  std::string style;
  if (curve.style == Curve::Style::ticks) {
    style = fmt::format("using 1:($2-0.36):(0):(0.72) with vectors nohead lw {:g}", weight(curve));
  } else if (is_marks(curve) || points == 1) {
    style = fmt::format("with points pt {} ps {:g} lw {:g}", mark_of(curve), size_of(curve), thin_line);
  } else {
    style = fmt::format("with lines lw {:g}{}", weight(curve), dash_of(curve, upon));
  }
  return Drawn{fmt::to_string(block), fmt::format("${} {} lc rgb '{}' notitle", name, style, colour_of(curve)),
               curve.emphasised ? 1 : 0};
}

/// The cells of a panel as an image.
std::optional<Drawn> draw_map(const PanelPlace& place) {
  const HeatMap& map = place.panel->map;
  const ColourScale& scale = place.panel->scale;
  if (map.columns == 0 || map.rows == 0) return std::nullopt;
  const double low = along(scale.logarithmic, scale.low), high = along(scale.logarithmic, scale.high);
  const auto coloured = [&](double value) -> std::array<double, 3> {
    if (!drawable(value)) return {0xc8 / 255., 0xc8 / 255., 0xc8 / 255.};
    return viridis(high > low ? (value - low) / (high - low) : 0.5);
  };
  // gnuplot's images have at least two rows and two columns
  const std::size_t columns = std::max<std::size_t>(2, map.columns), rows = std::max<std::size_t>(2, map.rows);
  const Range &x = place.x.range, &y = place.y.range;
  // as bytes, which gnuplot takes ten times as fast as text
  std::string bytes;
  bytes.reserve(3 * rows * columns);
  for (std::size_t r = 0; r < rows; ++r) {
    const std::size_t row = map.rows == 1 ? 0 : place.raster() ? rows - 1 - r : r;  // row 0 is on top
    for (std::size_t c = 0; c < columns; ++c)
      for (const double part :
           coloured(along(scale.logarithmic, map.values[row * map.columns + (map.columns == 1 ? 0 : c)])))
        bytes.push_back(static_cast<char>(static_cast<unsigned char>(std::lround(part * 255))));
  }
  const double dx = x.size() / static_cast<double>(columns), dy = y.size() / static_cast<double>(rows);
  return Drawn{"",
               fmt::format("'-' binary array=({},{}) dx={:.10g} dy={:.10g} origin=({:.10g},{:.10g}) "
                           "format='%uchar%uchar%uchar' using 1:2:3 with rgbimage notitle",
                           columns, rows, dx, dy, x.low + dx / 2, y.low + dy / 2),
               -1, std::move(bytes)};
}

// --- Running gnuplot -------------------------------------------------------------------------------------------------

/// A file without a name, in memory.
class Scratch {
 public:
  explicit Scratch(const char* name) : number(::memfd_create(name, MFD_CLOEXEC)) {}
  ~Scratch() {
    if (number >= 0) ::close(number);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  bool fill(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t done = ::write(number, text.data(), text.size());
      if (done < 0 && errno == EINTR) continue;
      if (done <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(done));
    }
    return ::lseek(number, 0, SEEK_SET) == 0;
  }
  std::string content() const {
    std::string out(4096, '\0');
    const ssize_t got = ::pread(number, out.data(), out.size(), 0);
    out.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return out;
  }
  const int number;
};

/// The line of gnuplot's message that says what is wrong ("line 3: ']' expected"), for want of one the last.
std::string reason(const std::string& message) {
  std::string best;
  for (std::size_t i = 0; i < message.size();) {
    const std::size_t end = std::min(message.find('\n', i), message.size());
    std::string line = printable(std::string_view(message).substr(i, end - i));
    i = end + 1;
    line.erase(0, line.find_first_not_of(' '));
    if (line.find_first_not_of("^ ") == std::string::npos) continue;
    best = std::move(line);
    if (best.starts_with("line ") || best.find(": ") != std::string::npos) break;
  }
  return best;
}

struct Missing {};

// exit statuses of what was to become gnuplot, as shells have them
constexpr int cannot_start = 126, not_found = 127;

/// Starts gnuplot in a folder, with these files as its input and messages. It ends when the thread that started it
/// ends, so a killed hillock leaves no gnuplot behind that writes into the results of the next run. -1 with errno if it
/// cannot be started.
pid_t start_gnuplot(const char* folder, int input, int messages) {
  const pid_t parent = ::getpid(), child = ::fork();
  if (child != 0) return child;
  // the child of a process with threads: only calls that are safe in a signal handler
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || ::getppid() != parent) ::_exit(cannot_start);
  if (::chdir(folder) != 0 || ::dup2(input, STDIN_FILENO) < 0 || ::dup2(messages, STDOUT_FILENO) < 0 ||
      ::dup2(messages, STDERR_FILENO) < 0)
    ::_exit(cannot_start);
  // -d: without the user's own start-up file, so that figures look the same everywhere
  ::execlp("gnuplot", "gnuplot", "-d", static_cast<char*>(nullptr));
  ::_exit(errno == ENOENT ? not_found : cannot_start);
}

/// Empty if gnuplot did all of the script, else why not. Throws Missing if there is no gnuplot.
std::string run_gnuplot(const fs::path& folder, const std::string& script) {
  const Scratch input("script"), messages("messages");
  if (input.number < 0 || messages.number < 0 || !input.fill(script)) return std::generic_category().message(errno);
  const pid_t child = start_gnuplot(folder.c_str(), input.number, messages.number);
  if (child < 0) return std::generic_category().message(errno);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return std::generic_category().message(errno);
  if (WIFSIGNALED(status)) return fmt::format("gnuplot was ended by signal {}", WTERMSIG(status));
  if (WEXITSTATUS(status) == not_found) throw Missing{};
  if (WEXITSTATUS(status) == 0) return {};
  const std::string why = reason(messages.content());
  if (why.empty() && WEXITSTATUS(status) == cannot_start) return "gnuplot cannot be started";
  return why.empty() ? fmt::format("gnuplot ended with status {}", WEXITSTATUS(status)) : "gnuplot says " + why;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t i = text.find(from); i != std::string::npos; i = text.find(from, i + to.size()))
    text.replace(i, from.size(), to);
}

void replace_once(std::string& text, std::string_view from, std::string_view to) {
  if (const std::size_t i = text.find(from); i != std::string::npos) text.replace(i, from.size(), to);
}

/// The size in mm, fonts that exist where DejaVu does not, and a title instead of "Gnuplot".
std::string finished_svg(std::string svg, const Figure& figure, double height) {
  replace_once(svg, fmt::format("width=\"{:g}\" height=\"{:g}\"", picture_width, height),
               fmt::format("width=\"180mm\" height=\"{:.1f}mm\"", height * 180 / picture_width));
  replace_once(svg, "<title>Gnuplot</title>", fmt::format("<title>{}</title>", markup(printable(figure.title))));
  replace_all(svg, "<image ", "<image style='image-rendering:pixelated' ");  // cells, not a photograph
  replace_all(svg, "]]>", "]]&gt;");  // gnuplot leaves '>' as it is, and this alone is no text in XML
  constexpr std::string_view family = "font-family=\"DejaVu Sans, Verdana, Arial, sans-serif\"";
  replace_all(svg, "font-family=\"DejaVu Sans:Bold\"", fmt::format("{} font-weight=\"bold\"", family));
  replace_all(svg, "font-family=\"DejaVu Sans\"", family);
  return svg;
}

/// With its resolution recorded, so that it enters a document 180 mm wide.
std::string finished_png(std::string png) {
  constexpr std::string_view resolution("\x00\x00\x00\x09pHYs\x00\x00\x2e\x23\x00\x00\x2e\x23\x01\x78\xa5\x3f\x76",
                                        21);    // 11811 dots a metre
  constexpr std::size_t after_header = 8 + 25;  // signature and IHDR
  if (png.size() > after_header && png.compare(12, 4, "IHDR") == 0 && png.find("pHYs") > 200)
    png.insert(after_header, resolution);
  return png;
}

/// Whether these bytes are one PNG from its signature to its end, each chunk with the checksum that it says
/// (ISO/IEC 15948, 5.3).
bool is_whole_png(std::string_view png) {
  if (!png.starts_with("\x89PNG\r\n\x1a\n")) return false;
  png.remove_prefix(8);
  const auto number = [&](std::size_t at) {
    std::uint32_t n = 0;
    for (std::size_t i = 0; i < 4; ++i) n = n << 8 | static_cast<unsigned char>(png[at + i]);
    return n;
  };
  while (png.size() >= 12) {
    const std::size_t length = number(0);
    if (png.size() - 12 < length) return false;
    if (crc32(png.substr(4, 4 + length)) != number(8 + length)) return false;
    const bool last = png.substr(4, 4) == "IEND";
    png.remove_prefix(12 + length);
    if (last) return png.empty();
  }
  return false;
}

/// Whether this is one SVG from its declaration to its last tag.
bool is_whole_svg(std::string_view svg) {
  const std::size_t end = svg.find_last_not_of(" \n");
  return svg.starts_with("<?xml") && end != std::string_view::npos && svg.substr(0, end + 1).ends_with("</svg>");
}

/// A folder with a name of its own, in which one gnuplot draws: what another process left, or a gnuplot that outlives
/// its parent still writes, is never taken for the picture of this one.
class OwnFolder {
 public:
  explicit OwnFolder(const fs::path& above) : path_((above / ".hillock-XXXXXX").string()) {
    if (!::mkdtemp(path_.data()))
      throw Error(
          fmt::format("cannot create a folder in '{}': {}", above.string(), std::generic_category().message(errno)),
          Exit::run_failed);
  }
  ~OwnFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  OwnFolder(const OwnFolder&) = delete;
  OwnFolder& operator=(const OwnFolder&) = delete;
  fs::path path() const { return path_; }

 private:
  std::string path_;
};

/// Empty, or why the figure could not be drawn.
std::string draw_one(const Figure& figure, const fs::path& folder) {
  try {
    const OwnFolder own(folder);
    if (std::string why = run_gnuplot(own.path(), gnuplot_script(figure, {})); !why.empty()) return why;
    const fs::path png = own.path() / (figure.name + ".png.part"), svg = own.path() / (figure.name + ".svg.part");
    if (!fs::exists(png) || !fs::exists(svg)) return "gnuplot left no picture";
    const std::string png_bytes = read_text(png), svg_text = read_text(svg);
    if (!is_whole_png(png_bytes) || !is_whole_svg(svg_text)) return "gnuplot left an incomplete picture";
    write_whole(folder / (figure.name + ".png"), finished_png(png_bytes));
    write_whole(folder / (figure.name + ".svg"), finished_svg(svg_text, figure, lay_out(figure).height));
    return {};
  } catch (const Error& error) { return error.message(); } catch (const std::exception& error) {
    return error.what();
  }
}

}  // namespace

std::string_view palette(int colour, bool dark) {
  // Okabe and Ito's yellow is left out: a thin yellow line does not show on white.
  constexpr std::array<std::string_view, palette_size> colours{"#0072B2", "#D55E00", "#009E73",
                                                               "#CC79A7", "#E69F00", "#56B4E9"};
  // the same hues, lighter; the sky blue so much that it stays apart from the blue
  constexpr std::array<std::string_view, palette_size> on_dark{"#3D9BE0", "#F08040", "#25C795",
                                                               "#E8A0C8", "#F2B632", "#A8DCF8"};
  if (colour == -2) return dark ? "#9a9a9a" : "#8c8c8c";
  if (colour == -3) return dark ? "#4e5154" : "#c8c8c8";
  if (colour < 0) return dark ? "#e6e6e6" : "#000000";
  return (dark ? on_dark : colours)[static_cast<std::size_t>(colour) % colours.size()];
}

std::array<double, 3> viridis(double at) {
  // every 17th of the 256 colours of N. Smith, S. van der Walt and E. Firing (2015), who gave them to the public domain
  // (CC0); in between they are linear to within a two-hundredth
  constexpr std::array<std::array<double, 3>, 16> colours{{{0.267004, 0.004874, 0.329415},
                                                           {0.282656, 0.100196, 0.422160},
                                                           {0.277134, 0.185228, 0.489898},
                                                           {0.253935, 0.265254, 0.529983},
                                                           {0.221989, 0.339161, 0.548752},
                                                           {0.190631, 0.407061, 0.556089},
                                                           {0.163625, 0.471133, 0.558148},
                                                           {0.139147, 0.533812, 0.555298},
                                                           {0.120565, 0.596422, 0.543611},
                                                           {0.134692, 0.658636, 0.517649},
                                                           {0.208030, 0.718701, 0.472873},
                                                           {0.327796, 0.773980, 0.406640},
                                                           {0.477504, 0.821444, 0.318195},
                                                           {0.647257, 0.858400, 0.209861},
                                                           {0.824940, 0.884720, 0.106217},
                                                           {0.993248, 0.906157, 0.143936}}};
  const double place = std::clamp(at, 0., 1.) * static_cast<double>(colours.size() - 1);
  const std::size_t i = std::min(static_cast<std::size_t>(place), colours.size() - 2);
  std::array<double, 3> out{};
  for (std::size_t k = 0; k < out.size(); ++k)
    out[k] = colours[i][k] + (place - static_cast<double>(i)) * (colours[i + 1][k] - colours[i][k]);
  return out;
}

std::string shade_colour(double shade, bool dark) {
  const double at = std::clamp(shade, 0., 1.);
  return hexadecimal(viridis(dark ? 0.25 + 0.75 * at : 0.85 * at));
}

std::string colour_of(const Curve& curve) {
  return std::isfinite(curve.shade) ? shade_colour(curve.shade) : std::string(palette(curve.colour));
}

void add_corners(std::vector<double>& x, std::vector<double>& y) {
  std::vector<double> to_x, to_y;
  for (std::size_t i = 0; i < std::min(x.size(), y.size()); ++i) {
    if (i > 0 && y[i] != y[i - 1]) to_x.push_back(x[i]), to_y.push_back(y[i - 1]);
    to_x.push_back(x[i]), to_y.push_back(y[i]);
  }
  x = std::move(to_x), y = std::move(to_y);
}

std::vector<int> lying_upon(const Panel& panel) {
  constexpr std::size_t looks = 500;
  constexpr double apart = 0.005, mostly = 0.98;
  const auto is_line = [](const Curve& c) { return c.style == Curve::Style::line || c.style == Curve::Style::steps; };
  Range high;
  for (const Curve& c : panel.curves)
    if (is_line(c))
      for (const double value : c.y) high.take(value);
  const double within = apart * (high.empty() ? 0 : high.size());
  const auto same = [&](const Curve& a, const Curve& b) {
    const std::size_t size = std::min(a.x.size(), a.y.size());
    if (size < 2 || size != std::min(b.x.size(), b.y.size())) return false;
    std::size_t near = 0, seen = 0;
    const std::size_t step = std::max<std::size_t>(1, size / looks);
    for (std::size_t i = 0; i < size; i += step) {
      if (a.x[i] != b.x[i]) return false;
      if (!drawable(a.y[i]) && !drawable(b.y[i])) continue;
      ++seen;
      near += std::abs(a.y[i] - b.y[i]) <= within;
    }
    return seen > 0 && static_cast<double>(near) >= mostly * static_cast<double>(seen);
  };
  std::vector<int> out(panel.curves.size(), 0);
  std::vector<std::size_t> below;  // those drawn so far that lie upon none, in the order in which they are drawn
  for (const bool emphasised : {false, true})
    for (std::size_t k = 0; k < panel.curves.size(); ++k) {
      const Curve& c = panel.curves[k];
      if (!is_line(c) || c.emphasised != emphasised) continue;
      const auto found =
          std::find_if(below.begin(), below.end(), [&](std::size_t other) { return same(panel.curves[other], c); });
      if (found == below.end()) {
        below.push_back(k);
        continue;
      }
      out[k] = 1;
      for (std::size_t other = 0; other < panel.curves.size(); ++other)
        if (other != k && out[other] > 0 && same(panel.curves[other], panel.curves[*found])) ++out[k];
    }
  return out;
}

void thin(std::vector<double>& x, std::vector<double>& y, std::size_t bins) {
  const std::size_t size = std::min(x.size(), y.size());
  if (bins == 0 || size <= 2 * bins) return;
  const bool ascending =
      x.front() < x[size - 1] && std::is_sorted(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(size));
  const std::vector<std::size_t> keep = ascending ? extremes(x, y, size, bins) : moves(x, y, size, bins);
  for (std::size_t k = 0; k < keep.size(); ++k) {
    x[k] = x[keep[k]];
    y[k] = y[keep[k]];
  }
  x.resize(keep.size());
  y.resize(keep.size());
}

std::string gnuplot_script(const Figure& figure, const fs::path& folder) {
  const Layout layout = lay_out(figure);
  Pen pen(layout.height);
  double left = right_edge, right = picture_width - right_edge;
  if (!layout.panels.empty()) left = layout.panels[0].box.left;
  double head = layout.height - top_edge + head_font * line_height / 2;
  for (const std::string& line : layout.title) {
    head -= head_font * line_height;
    pen.write(line, left, head, head_font, "left", true);
  }
  double below = layout.title.empty() ? layout.height - top_edge : head - head_font * line_height / 2 - 4;
  for (const Row& row : layout.legend) {
    draw_row(pen, row, left, below - tick_font * line_height / 2);
    below -= tick_font * line_height;
  }
  draw_y_labels(pen, layout);
  if (layout.one_x_label) {
    const double y = bottom_edge + label_font * line_height / 2;
    pen.write(layout.panels.back().x_label, (left + right) / 2, y, label_font, "center");
  }

  std::string data;
  int number = 0;
  for (const PanelPlace& place : layout.panels) {
    draw_axes(pen, place, !layout.one_x_label);
    draw_header(pen, place, head);
    draw_bar(pen, place, layout.bar_label_left[place.column]);
    std::vector<Drawn> curves;
    if (auto drawn = draw_map(place)) curves.push_back(std::move(*drawn));
    const std::vector<int> upon = lying_upon(*place.panel);
    for (std::size_t k = 0; k < upon.size(); ++k) {
      const Curve& curve = place.panel->curves[k];
      if (auto drawn = draw_curve(curve, place, fmt::format("d{}", number++), upon[k])) {
        data += drawn->block;
        curves.push_back(std::move(*drawn));
      }
    }
    std::stable_sort(curves.begin(), curves.end(), [](const Drawn& a, const Drawn& b) { return a.order < b.order; });
    const Box& box = place.box;
    pen.add("set lmargin at screen {:.6f}\nset rmargin at screen {:.6f}\n", box.left / picture_width,
            (box.left + box.width) / picture_width);
    pen.add("set bmargin at screen {:.6f}\nset tmargin at screen {:.6f}\n", box.bottom / layout.height,
            (box.bottom + box.height) / layout.height);
    // a point at the very end must not fall off by rounding
    const double dx = place.x.range.size() * 1e-6, dy = place.y.range.size() * 1e-6;
    double low = place.y.range.low - dy, high = place.y.range.high + dy;
    if (place.raster() && place.panel->map.rows == 0) std::swap(low, high);  // row 0 is on top
    pen.add("plot [{:.17g}:{:.17g}][{:.17g}:{:.17g}] ", place.x.range.low - dx, place.x.range.high + dx, low, high);
    if (curves.empty()) pen.add("NaN notitle");
    for (std::size_t i = 0; i < curves.size(); ++i) pen.add("{}{}", i > 0 ? ", " : "", curves[i].command);
    pen.add("\n");
    for (const Drawn& drawn : curves) pen.text += drawn.bytes;
    pen.add("unset label\nunset arrow\nunset object\n");
  }
  if (layout.panels.empty()) pen.add("plot [0:1][0:1] NaN notitle\n");

  const std::string path = ((folder.empty() ? folder : fs::absolute(folder)) / figure.name).string();
  const auto page = [&](const std::string& terminal, const std::string& ending) {
    return fmt::format(
        "set terminal {} font 'DejaVu Sans,7' rounded noenhanced\nset output {}\nset multiplot\n{}"
        "unset multiplot\nunset output\n",
        terminal, literal(path + ending), pen.text);
  };
  // pngcairo counts 96 dots an inch for fonts, 72 for lines, and has its own units for points and dashes; 30000 is near
  // the tallest picture cairo can make
  const double dots = std::min(300.0 / 72, 30000 / layout.height);
  return "set encoding utf8\nunset key\nunset border\nunset tics\n" + data +
         page(fmt::format("pngcairo size {:.0f},{:.0f} fontscale {:g} linewidth {:g} pointscale {:g} dashlength {:g}",
                          picture_width * dots, layout.height * dots, dots * 0.75, dots, dots * 1.2, dots / 2),
              ".png.part") +
         page(fmt::format("svg size {:.0f},{:.0f} fixed background 'white'", picture_width, layout.height),
              ".svg.part");
}

std::vector<std::string> draw(const std::vector<Figure>& figures, const fs::path& folder) {
  if (figures.empty()) return {};
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) return {fmt::format("no figures were drawn: cannot create '{}': {}", folder.string(), failed.message())};
  std::vector<std::string> reasons(figures.size());
  std::atomic<std::size_t> next = 0;
  std::atomic<bool> missing = false;
  const auto work = [&] {
    for (std::size_t i = next++; i < figures.size() && !missing; i = next++) {
      try {
        reasons[i] = draw_one(figures[i], folder);
      } catch (const Missing&) { missing = true; }
    }
  };
  {
    std::vector<std::jthread> others;
    const std::size_t workers =
        std::min<std::size_t>(std::max(1u, std::thread::hardware_concurrency()), figures.size());
    for (std::size_t i = 1; i < workers; ++i) others.emplace_back(work);
    work();
  }
  if (missing) return {"gnuplot is not installed: no figures were drawn"};
  std::vector<std::string> sentences;
  for (std::size_t i = 0; i < figures.size(); ++i) {
    if (!reasons[i].empty())
      sentences.push_back(fmt::format("figure '{}' could not be drawn: {}", figures[i].name, reasons[i]));
  }
  return sentences;
}

}  // namespace hillock
