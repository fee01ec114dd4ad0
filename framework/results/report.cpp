#include "results/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string_view>

#include "draw/figure.hpp"
#include "draw/text.hpp"
#include "results/page.hpp"
#include "util/files.hpp"

// The assembler puts the files of dygraphs into the program, so that an installed hillock needs none of them.
#if defined(HILLOCK_DYGRAPH_JS) && defined(HILLOCK_DYGRAPH_CSS)
asm(".pushsection .rodata\n"
    ".globl hillock_dygraph_js\n.hidden hillock_dygraph_js\nhillock_dygraph_js:\n.incbin \"" HILLOCK_DYGRAPH_JS
    "\"\n.byte 0\n"
    ".globl hillock_dygraph_css\n.hidden hillock_dygraph_css\nhillock_dygraph_css:\n.incbin \"" HILLOCK_DYGRAPH_CSS
    "\"\n.byte 0\n"
    ".popsection\n");
extern "C" {
extern const char hillock_dygraph_js[];
extern const char hillock_dygraph_css[];
}
#endif

namespace hillock {
namespace {

/// Lines that name a source map would make browsers look for a file that is not there.
std::string without_source_map(std::string_view text) {
  const std::size_t end = std::min(text.rfind("# sourceMappingURL"), text.size());
  return std::string(text.substr(0, end < text.size() ? end - 2 : end)) + "\n";
}

std::string dygraphs_script() {
#ifdef HILLOCK_DYGRAPH_JS
  std::string text = without_source_map(hillock_dygraph_js);
  // no text of a library may end the element it stands in
  for (std::size_t i = text.find("</script"); i != std::string::npos; i = text.find("</script", i))
    text.replace(i, 2, "<\\/");
  return text;
#else
  return {};
#endif
}

std::string dygraphs_style() {
#ifdef HILLOCK_DYGRAPH_CSS
  std::string text(hillock_dygraph_css);
  return text.substr(0, text.find("/*# sourceMappingURL"));
#else
  return {};
#endif
}

// --- Data for the script of the page -------------------------------------------------------------------------------

using Text = fmt::memory_buffer;

void add(Text& out, std::string_view text) { out.append(text.data(), text.data() + text.size()); }

/// A string of JSON that is harmless inside a script element.
void add_string(Text& out, std::string_view text) {
  out.push_back('"');
  for (const char c : printable(text)) {
    switch (c) {
      case '"': add(out, "\\\""); break;
      case '\\': add(out, "\\\\"); break;
      case '<': add(out, "\\u003c"); break;
      case '>': add(out, "\\u003e"); break;
      case '&': add(out, "\\u0026"); break;
      default: out.push_back(c);
    }
  }
  out.push_back('"');
}

void add_numbers(Text& out, const std::vector<double>& values, int digits) {
  out.push_back('[');
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out.push_back(',');
    if (std::isfinite(values[i])) {
      fmt::format_to(std::back_inserter(out), "{:.{}g}", values[i], digits);
    } else {
      add(out, "null");
    }
  }
  out.push_back(']');
}

constexpr std::size_t most_points = 20000;       // of a curve: ten times the pixels of a wide screen
constexpr std::size_t most_of_page = 1'000'000;  // of all curves, about 20 MB

/// Cells are shown as a picture alone.
bool is_picture(const Figure& figure) {
  return std::any_of(figure.panels.begin(), figure.panels.end(), [](const Panel& panel) { return panel.map.rows > 0; });
}

/// The curve as JSON; true if it was thinned. `upon`: as of `lying_upon`.
bool add_curve(Text& out, const Curve& curve, int upon, std::size_t most) {
  const std::size_t size = std::min(curve.x.size(), curve.y.size());
  std::vector<double> x(curve.x.begin(), curve.x.begin() + static_cast<std::ptrdiff_t>(size));
  std::vector<double> y(curve.y.begin(), curve.y.begin() + static_cast<std::ptrdiff_t>(size));
  // a point without x becomes a gap after the one before
  for (std::size_t i = 0; i < size; ++i) {
    if (std::isfinite(x[i])) continue;
    x[i] = i > 0 ? x[i - 1]
                 : x[static_cast<std::size_t>(
                       std::find_if(x.begin(), x.end() - 1, [](double v) { return std::isfinite(v); }) - x.begin())];
    y[i] = std::numeric_limits<double>::quiet_NaN();
  }
  const bool thinned = x.size() > most;
  // stairs that are thinned are a line through their corners
  const bool stairs = thinned && curve.style == Curve::Style::steps;
  if (stairs) add_corners(x, y);
  thin(x, y, std::max<std::size_t>(most / 2, 2));
  add(out, "{\"label\":");
  add_string(out, curve.label);
  constexpr const char* styles[] = {"line", "steps", "points", "ticks", "rings", "rug"};
  const bool shaded = std::isfinite(curve.shade);
  fmt::format_to(std::back_inserter(out), ",\"style\":\"{}\",\"colour\":\"{}\",\"dash\":{},\"strong\":{},",
                 styles[static_cast<int>(stairs ? Curve::Style::line : curve.style)],
                 curve.colour == -1 && !shaded ? "" : colour_of(curve), curve.dashed || curve.colour >= palette_size,
                 curve.emphasised);
  if (shaded || curve.colour != -1)
    fmt::format_to(std::back_inserter(out), "\"dark\":\"{}\",",
                   shaded ? shade_colour(curve.shade, true) : std::string(palette(curve.colour, true)));
  if (upon > 0) fmt::format_to(std::back_inserter(out), "\"upon\":{},", upon);
  if (curve.beyond) add(out, "\"beyond\":true,");
  add(out, "\"x\":");
  // to a microsecond in two hours; and more digits of a voltage than any recording has
  add_numbers(out, x, 10);
  add(out, ",\"y\":");
  add_numbers(out, y, 7);
  out.push_back('}');
  return thinned;
}

void add_scale(Text& out, const ColourScale& scale) {
  add(out, ",\"scale\":{\"label\":");
  add_string(out, scale.label);
  fmt::format_to(std::back_inserter(out), ",\"low\":{:.6g},\"high\":{:.6g}", scale.low, scale.high);
  constexpr int stops = 9;  // between them the browser's straight lines are the map's
  for (const bool dark : {false, true}) {
    add(out, dark ? "],\"dark\":[" : ",\"colours\":[");
    for (int i = 0; i < stops; ++i)
      fmt::format_to(std::back_inserter(out), "{}\"{}\"", i > 0 ? "," : "", shade_colour(i / (stops - 1.), dark));
  }
  add(out, "]}");
}

/// All figures as JSON. Sets whether any curve of a figure was thinned.
std::string figures_json(const std::vector<Figure>& figures, std::vector<bool>& thinned) {
  std::size_t curves = 0;
  for (const Figure& figure : figures)
    for (const Panel& panel : figure.panels) curves += panel.curves.size();
  const std::size_t most = std::clamp<std::size_t>(most_of_page / std::max<std::size_t>(curves, 1), 1000, most_points);
  Text out;
  out.push_back('[');
  for (std::size_t f = 0; f < figures.size(); ++f) {
    const Figure& figure = figures[f];
    thinned.push_back(false);
    fmt::format_to(std::back_inserter(out), "{}{{\"columns\":{},{}\"panels\":[", f > 0 ? ",\n" : "",
                   std::max(1, figure.columns), figure.one_y ? "\"one_y\":true," : "");
    for (std::size_t p = 0; p < figure.panels.size() && !is_picture(figure); ++p) {
      const Panel& panel = figure.panels[p];
      add(out, p > 0 ? ",\n{\"title\":" : "\n{\"title\":");
      add_string(out, panel.title == figure.title ? "" : panel.title);
      add(out, ",\"x_label\":");
      add_string(out, panel.x_label);
      add(out, ",\"y_label\":");
      add_string(out, panel.y_label);
      fmt::format_to(std::back_inserter(out), ",\"height\":{:g},\"rows\":[",
                     panel.height > 0 && panel.height < 100 ? panel.height : 1);
      for (std::size_t r = 0; r < panel.row_labels.size(); ++r) {
        if (r > 0) out.push_back(',');
        add_string(out, panel.row_labels[r]);
      }
      add(out, "]");
      if (panel.x_logarithmic) add(out, ",\"x_log\":true");
      if (panel.y_logarithmic) add(out, ",\"y_log\":true");
      if (panel.x_whole) add(out, ",\"x_whole\":true");
      if (panel.y_whole) add(out, ",\"y_whole\":true");
      if (std::isfinite(panel.x_from) && std::isfinite(panel.x_to))
        fmt::format_to(std::back_inserter(out), ",\"span\":[{:.10g},{:.10g}]", panel.x_from, panel.x_to);
      if (panel.below) add(out, ",\"below\":true");
      if (!panel.y_brief.empty()) {
        add(out, ",\"y_brief\":");
        add_string(out, panel.y_brief);
      }
      if (panel.least > 0) fmt::format_to(std::back_inserter(out), ",\"least\":{:g}", panel.least);
      if (panel.scale.shown) add_scale(out, panel.scale);
      add(out, ",\"curves\":[");
      bool any = false;
      const std::vector<int> upon = lying_upon(panel);
      for (std::size_t k = 0; k < upon.size(); ++k) {
        const Curve& curve = panel.curves[k];
        if (curve.style == Curve::Style::rug && !panel.row_labels.empty()) continue;  // it has no x
        if (any) add(out, ",\n");
        any = true;
        if (add_curve(out, curve, upon[k], most)) thinned[f] = true;
      }
      add(out, "]}");
    }
    add(out, "]}");
  }
  add(out, "]");
  return fmt::to_string(out);
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve(bytes.size() / 3 * 4 + 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t three = 0;
    for (std::size_t k = 0; k < 3; ++k)
      three = three << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    const std::size_t rest = bytes.size() - i;
    for (std::size_t k = 0; k < 4; ++k) out += k > rest ? '=' : digits[three >> (18 - 6 * k) & 63];
  }
  return out;
}

/// A script as Content-Security-Policy names it.
std::string integrity(std::string_view script) {
  const std::string hex = sha256_hex(script);
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return "'sha256-" + base64(bytes) + "'";
}

// --- The page ------------------------------------------------------------------------------------------------------

/// DOIs and web addresses become links, all else is text.
std::string source_html(const std::string& source) {
  const std::string text = printable(source);
  std::string address;
  if (text.starts_with("doi:")) address = "https://doi.org/" + text.substr(4);
  if (text.starts_with("https://") || text.starts_with("http://")) address = text;
  if (address.empty() || address.find_first_of(" \"<>'`") != std::string::npos) return markup(text);
  return fmt::format("<a href=\"{}\" rel=\"noreferrer\">{}</a>", markup(address), markup(text));
}

/// A cell that begins with a digit, or with a sign before one.
bool numeric(const std::string& cell) {
  std::size_t i = 0;
  while (i < cell.size() && (cell[i] == '-' || cell[i] == '+' || cell[i] == '.')) ++i;
  return i < cell.size() && cell[i] >= '0' && cell[i] <= '9' && cell.find_first_of(",;:/ ") == std::string::npos;
}

/// Names may go on in the next line behind a "_": a head is then no wider than its column needs.
std::string breakable(std::string name) {
  for (std::size_t i = 0; (i = name.find('_', i)) != std::string::npos; i += 6) name.insert(i + 1, "<wbr>");
  return name;
}

/// Long ones are folded.
void add_table(Text& out, const Table& table) {
  const std::string title = table.title.empty() ? "Summary" : printable(table.title);
  fmt::format_to(std::back_inserter(out), "<h2>{}</h2>\n", markup(title));
  // a column is of numbers if no cell says otherwise
  std::vector<bool> numbers;
  for (std::size_t c = 0; c < table.head.size(); ++c) {
    bool any = false, none = false;
    for (const auto& row : table.rows) {
      if (c >= row.size() || row[c].empty() || row[c] == "-" || row[c] == "–") continue;
      (numeric(row[c]) ? any : none) = true;
    }
    numbers.push_back(any && !none);
  }
  const auto line = [&](const std::vector<std::string>& cells, std::string_view kind) {
    add(out, "<tr>");
    for (std::size_t c = 0; c < cells.size(); ++c) {
      const bool number = c < numbers.size() && numbers[c];
      std::string text = markup(printable(cells[c]));
      if (kind == "th") text = breakable(std::move(text));
      fmt::format_to(std::back_inserter(out), "<{}{}>{}</{}>", kind, number ? " class=\"number\"" : "", text, kind);
    }
    add(out, "</tr>\n");
  };
  constexpr std::size_t long_table = 24;
  const bool folded = table.rows.size() > long_table;
  if (folded) fmt::format_to(std::back_inserter(out), "<details><summary>{} rows</summary>\n", table.rows.size());
  constexpr std::size_t many_columns = 8;
  add(out, table.head.size() > many_columns ? "<div class=\"wide\"><table class=\"many\">\n<thead>"
                                            : "<div class=\"wide\"><table>\n<thead>");
  line(table.head, "th");
  add(out, "</thead>\n<tbody>\n");
  for (const auto& row : table.rows) line(row, "td");
  add(out, "</tbody></table></div>\n");
  if (folded) add(out, "</details>\n");
  if (!table.note.empty())
    fmt::format_to(std::back_inserter(out), "<p class=\"soft\">{}</p>\n", markup(printable(table.note)));
}

/// Text of several lines, as it is.
std::string preformatted(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t end = std::min(text.find('\n', i), text.size());
    out += markup(printable(std::string_view(text).substr(i, end - i))) + '\n';
    i = end + 1;
  }
  return out;
}

void add_figure(Text& out, const Figure& figure, std::size_t index, const std::string& picture, bool interactive,
                bool thinned, const std::string& samples) {
  const std::string title = markup(printable(figure.title.empty() ? figure.name : figure.title));
  fmt::format_to(std::back_inserter(out), "<section>\n<h2>{}</h2>\n", title);
  if (interactive) fmt::format_to(std::back_inserter(out), "<div class=\"plots grid\" id=\"plots-{}\"></div>\n", index);
  if (interactive && thinned)
    fmt::format_to(std::back_inserter(out),
                   "<p class=\"soft\">Long traces are thinned here to the least and greatest value of each stretch; "
                   "the full data are {}.</p>\n",
                   markup(printable(samples)));
  if (!picture.empty()) {
    const std::string name = markup(printable(figure.name));
    fmt::format_to(std::back_inserter(out),
                   "<details{} open><summary class=\"soft\">Picture: <a data-picture=\"picture-{}\" "
                   "download=\"{}.svg\">{}.svg</a></summary>\n<img class=\"picture\" id=\"picture-{}\" alt=\"{}\" "
                   "src=\"data:image/svg+xml;base64,{}\"></details>\n",
                   interactive ? " class=\"picture-of\"" : "", index, name, name, index, title, base64(picture));
  } else {
    add(out, "<p class=\"soft\">There is no picture of this figure: it could not be drawn.</p>\n");
  }
  add(out, "</section>\n");
}

}  // namespace

std::string report_html(const RunResult& run, const std::vector<std::string>& pictures) {
  const std::string dygraphs = dygraphs_script();
  const bool interactive = !dygraphs.empty() && !run.figures.empty();
  std::vector<bool> thinned;
  const std::string json = interactive ? figures_json(run.figures, thinned) : "";
  thinned.resize(run.figures.size());
  const std::string title = markup(printable(run.title.empty() ? "hillock" : run.title));

  Text out;
  add(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
  // The page may load nothing and run only its own two scripts, even if a text of the user could smuggle something in.
  fmt::format_to(std::back_inserter(out),
                 "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; "
                 "style-src 'unsafe-inline'; script-src {}\">\n",
                 interactive ? integrity(dygraphs) + ' ' + integrity(page_script) : "'none'");
  add(out, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
  fmt::format_to(std::back_inserter(out), "<title>{}</title>\n<style>", title);
  if (interactive) add(out, dygraphs_style());
  add(out, page_style);
  fmt::format_to(std::back_inserter(out), "</style>\n</head>\n<body>\n<main>\n<h1>{}</h1>\n", title);
  if (!run.source.empty())
    fmt::format_to(std::back_inserter(out), "<p class=\"soft\">Source: {}</p>\n", source_html(run.source));
  if (!run.note.empty()) fmt::format_to(std::back_inserter(out), "<p>{}</p>\n", markup(printable(run.note)));
  if (interactive) {
    add(out,
        "<p class=\"soft plots\">Drag to zoom, shift and drag to move, double click to see all again.</p>\n"
        "<noscript><p>The plots need JavaScript; the pictures below them do not.</p></noscript>\n");
  } else if (!run.figures.empty()) {
    add(out, "<p class=\"soft\">This hillock was built without dygraphs, so the figures are pictures only.</p>\n");
  }
  for (std::size_t i = 0; i < run.figures.size(); ++i)
    add_figure(out, run.figures[i], i, i < pictures.size() ? pictures[i] : "",
               interactive && !is_picture(run.figures[i]), thinned[i], run.samples);
  for (const Table& table : run.tables) add_table(out, table);
  add(out, "<h2>What was run</h2>\n");
  if (!run.command.empty()) fmt::format_to(std::back_inserter(out), "<pre>{}</pre>\n", preformatted(run.command));
  if (!run.experiment_yaml.empty())
    fmt::format_to(
        std::back_inserter(out),
        "<details><summary>The experiment with every default (experiment.yaml)</summary>\n<pre>{}</pre></details>\n",
        preformatted(run.experiment_yaml));
  if (!run.provenance_yaml.empty())
    fmt::format_to(std::back_inserter(out),
                   "<details><summary>Versions, hashes, machine (provenance.yaml)</summary>\n<pre>{}</pre></details>\n",
                   preformatted(run.provenance_yaml));
  add(out, "</main>\n");
  if (interactive) {
    add(out, "<script type=\"application/json\" id=\"figures\">");
    add(out, json);
    add(out, "</script>\n<script>");
    add(out, dygraphs);
    add(out, "</script>\n<script>");
    add(out, page_script);
    add(out, "</script>\n");
  }
  add(out, "</body>\n</html>\n");
  return fmt::to_string(out);
}

}  // namespace hillock
