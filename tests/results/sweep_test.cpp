// The pictures of a sweep: which there are for which shape, where their parts are, what gnuplot and the page are told.
#include "results/sweep.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>

#include "draw/figure.hpp"
#include "draw/layout.hpp"
#include "results/report.hpp"
#include "samples.hpp"
#include "skip.hpp"

using namespace hillock;
namespace fs = std::filesystem;

namespace {

constexpr double no_number = std::numeric_limits<double>::quiet_NaN();
using Words = std::vector<std::string>;

SweptAxis axis(const std::string& path, std::vector<double> numbers, bool logarithmic = false) {
  SweptAxis out{path, "pA", "", std::move(numbers), {}, logarithmic};
  for (const double value : out.numbers) {
    std::string text = std::to_string(value);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
    out.words.push_back(text);
  }
  return out;
}

SweptAxis names(const std::string& path, Words words) { return {path, "", "", {}, std::move(words)}; }

/// As many cases as the shape has, with one measure that is the number of the case and a trace of each.
SweepData sweep(Combine combine, std::vector<SweptAxis> axes) {
  SweepData out;
  out.title = "A sweep";
  out.combine = combine;
  out.cases = combine == Combine::grid ? 1 : combine == Combine::one_at_a_time ? 0 : axes[0].words.size();
  for (const SweptAxis& a : axes) {
    if (combine == Combine::grid) out.cases *= a.words.size();
    if (combine == Combine::one_at_a_time) out.cases += a.words.size();
  }
  out.axes = std::move(axes);
  SweepData::Measured rate{"mean_rate", "Hz", "Mean rate", {}};
  for (std::size_t i = 0; i < out.cases; ++i) {
    rate.values.push_back(static_cast<double>(i));
    if (out.traces.size() < 48) out.traces.push_back({i, samples::curve({0, 1}, {-65, static_cast<double>(i)})});
  }
  out.measures = {rate};
  out.trace_label = "Membrane potential (mV)";
  return out;
}

std::vector<double> numbers(std::size_t count) {
  std::vector<double> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(static_cast<double>(i + 1));
  return out;
}

Words file_names(const std::vector<Figure>& figures) {
  Words out;
  for (const Figure& figure : figures) out.push_back(figure.name);
  return out;
}

Words curve_labels(const Panel& panel) {
  Words out;
  for (const Curve& curve : panel.curves) out.push_back(curve.label);
  return out;
}

Panel map_panel(std::size_t columns, std::size_t rows, std::vector<double> values) {
  Panel out;
  out.x_label = "a";
  out.y_label = "I (pA)";
  out.map = {columns, rows, 0, 1, 0, 1, std::move(values), ""};
  out.scale = {"Mean rate (Hz)", 0, 1, false, true};
  return out;
}

std::string script_of(const Panel& panel) { return gnuplot_script(samples::figure({panel}), "/tmp"); }

/// The cells of a map as gnuplot is told them: their number across and up, and the colours row by row from below.
struct Cells {
  std::size_t columns = 0, rows = 0;
  std::string origin;
  std::vector<std::array<int, 3>> colours;
  explicit Cells(const std::string& script) {
    const std::size_t at = script.find("binary array=("), begin = script.find('\n', at) + 1;
    REQUIRE(at != std::string::npos);
    REQUIRE(std::sscanf(script.c_str() + at, "binary array=(%zu,%zu)", &columns, &rows) == 2);
    origin = script.substr(script.find("dx=", at), script.find(" format", at) - script.find("dx=", at));
    for (std::size_t i = begin; i < begin + 3 * columns * rows; i += 3)
      colours.push_back({static_cast<unsigned char>(script[i]), static_cast<unsigned char>(script[i + 1]),
                         static_cast<unsigned char>(script[i + 2])});
    CHECK(script.compare(begin + 3 * columns * rows, 11, "unset label") == 0);
  }
};
using Colours = std::vector<std::array<int, 3>>;
constexpr std::array<int, 3> dark{68, 1, 84}, light{253, 231, 37}, grey{200, 200, 200};

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

// --- Colours and axes ----------------------------------------------------------------------------------------------

TEST_CASE("the colour map is viridis") {
  // entries 0, 128 and 255 of the published table; 128 lies between two that are kept
  const auto near = [](const std::array<double, 3>& found, const std::array<double, 3>& published) {
    for (std::size_t k = 0; k < 3; ++k) CHECK(std::abs(found[k] - published[k]) < 1. / 200);
  };
  near(viridis(0), {0.267004, 0.004874, 0.329415});
  near(viridis(128 / 255.), {0.127568, 0.566949, 0.550556});
  near(viridis(1), {0.993248, 0.906157, 0.143936});
  CHECK(viridis(-3) == viridis(0));
  CHECK(viridis(7) == viridis(1));
}

TEST_CASE("shades run from dark to light and show on their ground") {
  CHECK(shade_colour(0) == "#440154");
  CHECK(shade_colour(1, true) == "#FDE725");
  const auto luminance = [](double shade, bool on_dark) {  // relative luminance, WCAG 2
    const std::string colour = shade_colour(shade, on_dark);
    double sum = 0;
    for (int k = 0; k < 3; ++k) {
      const double part = std::stoi(colour.substr(static_cast<std::size_t>(1 + 2 * k), 2), nullptr, 16) / 255.;
      constexpr std::array<double, 3> weight{0.2126, 0.7152, 0.0722};
      sum += weight[static_cast<std::size_t>(k)] *
             (part <= 0.04045 ? part / 12.92 : std::pow((part + 0.055) / 1.055, 2.4));
    }
    return sum;
  };
  for (int i = 1; i <= 10; ++i)
    for (const bool on_dark : {false, true}) CHECK(luminance(i / 10., on_dark) > luminance((i - 1) / 10., on_dark));
  CHECK(luminance(1, false) < 0.6);  // of white: 1
  CHECK(luminance(0, true) > 0.07);  // of the dark page: 0.01
}

TEST_CASE("logarithmic axes have ticks at powers of ten, or between these where there are few") {
  const auto of = [](double low, double high, int most) {
    return layout::log_axis({std::log10(low), std::log10(high)}, most).labels;
  };
  CHECK(of(1, 100, 9) == Words{"1", "2", "5", "10", "20", "50", "100"});
  CHECK(of(1, 1000, 9) == Words{"1", "3", "10", "30", "100", "300", "1000"});
  CHECK(of(1, 1000, 5) == Words{"1", "10", "100", "1000"});
  CHECK(of(1e-8, 1e8, 5) == Words{"10⁻⁶", "10⁻³", "10⁰", "10³", "10⁶"});
  CHECK(of(1e-7, 3e-6, 4) == Words{"10⁻⁷", "3·10⁻⁷", "10⁻⁶", "3·10⁻⁶"});
  CHECK(of(30, 40, 6) == Words{"30", "32", "34", "36", "38", "40"});
  const auto decades = layout::log_axis({0, 2}, 3);
  CHECK(decades.minor.size() == 19);
  CHECK(decades.minor[1] == doctest::Approx(std::log10(2)));
  for (const double low : {1e-300, 1e-9, 0.02, 1., 99.}) {
    for (const double factor : {1.0001, 1.3, 7., 1e3, 1e100}) {
      for (int most = 3; most < 10; ++most) {
        const layout::Axis found = layout::log_axis({std::log10(low), std::log10(low * factor)}, most);
        CAPTURE(low);
        CAPTURE(factor);
        CAPTURE(most);
        CHECK(found.ticks.size() >= 1);
        CHECK(found.ticks.size() <= static_cast<std::size_t>(most));
        CHECK(found.ticks.size() == found.labels.size());
      }
    }
  }
}

TEST_CASE("what is not positive is not drawn on a logarithmic axis") {
  Panel panel = samples::panel({samples::curve({0, 1, 10, 100}, {5, 6, 7, 8})});
  panel.x_logarithmic = true;
  CHECK(has(script_of(panel), "$d0 << EOD\n0 6\n1 7\n2 8\nEOD\n"));
  const auto place = layout::lay_out(samples::figure({panel})).panels[0];
  CHECK(place.x.range.low == 0);
  CHECK(place.x.range.high == 2);
}

TEST_CASE("a logarithmic and a linear axis are never one") {
  Figure figure = samples::figure(
      {samples::panel({samples::curve({1, 100}, {0, 1})}), samples::panel({samples::curve({1, 100}, {0, 1})})});
  figure.panels[1].x_logarithmic = true;
  const auto layout = layout::lay_out(figure);
  CHECK(layout.panels[0].x.range.high == 100);
  CHECK(layout.panels[1].x.range.high == 2);
}

TEST_CASE("names of columns stand upright where they have no room beside each other") {
  Panel panel = map_panel(3, 2, {0, 0, 0, 1, 1, 1});
  panel.column_labels = {"regular", "fast", "chattering"};
  const auto wide = layout::lay_out(samples::figure({panel})).panels[0];
  CHECK(!wide.x.upright);
  CHECK(wide.x.labels == panel.column_labels);
  panel.column_labels.assign(40, "intrinsically_bursting");
  const auto narrow = layout::lay_out(samples::figure({panel})).panels[0];
  CHECK(narrow.x.upright);
  CHECK(narrow.box.bottom > wide.box.bottom + 40);
  panel.column_labels.assign(100, "0.25");
  const auto few = layout::lay_out(samples::figure({panel})).panels[0];
  CHECK(!few.x.upright);
  CHECK(few.x.labels[0] == "0.25");
  CHECK(few.x.labels[1].empty());
}

// --- Maps and bars -------------------------------------------------------------------------------------------------

TEST_CASE("colour bars have room between columns and at the edge of the picture") {
  Panel panel = map_panel(2, 2, {0, 0.5, 0.5, 1});
  const auto layout = layout::lay_out(samples::figure({panel, panel}, 2));
  const auto& [first, second] = std::pair(layout.panels[0], layout.panels[1]);
  CHECK(first.bar.labels.front() == "0.0");
  CHECK(first.bar.labels.back() == "1.0");
  const double label = layout.bar_label_left[0] + layout::label_font * layout::line_height;
  CHECK(first.box.left + first.box.width + label < second.box.left);
  CHECK(second.box.left + second.box.width + label <= layout::picture_width);
  panel.scale.shown = false;
  CHECK(layout::lay_out(samples::figure({panel, panel}, 2)).panels[0].box.width > first.box.width);
}

TEST_CASE("cells fill the axes and those without a number are grey") {
  Panel panel = map_panel(2, 2, {0, 1, no_number, 1});
  panel.map.missing = "no number";
  const std::string script = script_of(panel);
  const Cells cells(script);
  CHECK(cells.columns == 2);
  CHECK(cells.rows == 2);
  CHECK(cells.origin == "dx=0.5 dy=0.5 origin=(0.25,0.25)");
  CHECK(cells.colours == Colours{dark, light, grey, light});
  CHECK(has(script, "with rgbimage"));
  const auto layout = layout::lay_out(samples::figure({panel}));
  REQUIRE(layout.panels[0].legend.size() == 1);
  CHECK(layout.panels[0].legend[0][0].cell);
  CHECK(layout.panels[0].legend[0][0].text == "no number");
  CHECK(layout.panels[0].x.range.low == 0);
  CHECK(layout.panels[0].x.range.high == 1);
}

TEST_CASE("the first of named rows is on top") {
  Panel panel = map_panel(2, 2, {0, 0, 1, 1});
  panel.row_labels = {"first", "second"};
  const Cells cells(script_of(panel));
  CHECK(cells.origin == "dx=0.5 dy=1 origin=(0.25,0)");
  CHECK(cells.colours == Colours{light, light, dark, dark});
}

TEST_CASE("a map of one row or column is drawn with two") {
  const Cells row(script_of(map_panel(3, 1, {0, 1, 0})));
  CHECK(row.rows == 2);
  CHECK(row.colours == Colours{dark, light, dark, dark, light, dark});
  const Cells one(script_of(map_panel(1, 1, {1})));
  CHECK(one.colours == Colours(4, light));
}

TEST_CASE("pictures of maps keep their cells sharp") {
  if (std::system("gnuplot --version > /dev/null 2>&1") != 0) return test::skip("gnuplot is not installed");
  const test::Folder scratch;
  Panel constant = map_panel(3, 1, {2, 2, 2});
  constant.scale = {"Mean rate (Hz)", 2, 2, false, true};
  CHECK(draw({samples::figure({map_panel(2, 2, {0, 1, no_number, 1}), map_panel(1, 1, {1}), constant})}, scratch.path())
            .empty());
  const std::string svg = read_text(scratch / "traces.svg");
  CHECK(samples::count(svg, "<image style='image-rendering:pixelated'") == 3);
}

// --- Which pictures ------------------------------------------------------------------------------------------------

TEST_CASE("few values of one path are named in a legend, many have a colour bar") {
  const auto few = figures_of_sweep(sweep(Combine::grid, {axis("model.a", {1, 2, 4})}));
  CHECK(file_names(few) == Words{"traces", "measures"});
  REQUIRE(few[0].panels.size() == 1);
  const Panel& traces = few[0].panels[0];
  CHECK(curve_labels(traces) == Words{"a = 1 pA", "a = 2 pA", "a = 4 pA"});
  CHECK(!traces.scale.shown);
  CHECK(traces.curves[0].shade == 0);
  CHECK(traces.curves[1].shade == 0.5);  // by rank: 0.01, 0.05 and 0.1 are told apart
  CHECK(traces.curves[2].shade == 1);
  CHECK(traces.y_label == "Membrane potential (mV)");

  const auto many = figures_of_sweep(sweep(Combine::grid, {axis("model.a", numbers(20))}));
  CHECK(many[0].panels[0].scale.shown);
  CHECK(many[0].panels[0].scale.label == "model.a (pA)");
  CHECK(many[0].panels[0].scale.low == 1);
  CHECK(many[0].panels[0].scale.high == 20);
  CHECK(curve_labels(many[0].panels[0]) == Words(20, ""));
}

TEST_CASE("a measure is drawn against the path in ascending order, with gaps, on the path's scale") {
  SweepData picture = sweep(Combine::grid, {axis("model.a", {100, 1, 10}, true)});
  picture.measures[0].values[1] = no_number;
  picture.measures.push_back({"nothing", "", "", {no_number, no_number, no_number}});
  const auto figures = figures_of_sweep(picture);
  REQUIRE(figures.size() == 2);
  REQUIRE(figures[1].panels.size() == 1);  // nothing to show is not shown
  const Panel& panel = figures[1].panels[0];
  CHECK(panel.x_logarithmic);
  CHECK(panel.x_label == "model.a (pA)");
  CHECK(panel.y_label == "Mean rate (Hz)");
  REQUIRE(panel.curves.size() == 3);
  CHECK(panel.curves[0].style == Curve::Style::line);
  CHECK(panel.curves[1].style == Curve::Style::points);
  CHECK(panel.curves[0].x == std::vector<double>{1, 10, 100});
  CHECK(std::isnan(panel.curves[0].y[0]));
  CHECK(panel.curves[0].y[1] == 2);
  CHECK(panel.curves[0].y[2] == 0);
  CHECK(panel.curves[2].style == Curve::Style::rug);
  CHECK(panel.curves[2].label == "no number");
  CHECK(panel.curves[2].x == std::vector<double>{1});
  // colours by the logarithm too
  CHECK(figures[0].panels[0].curves[1].shade == doctest::Approx(0.5));
}

TEST_CASE("a list over decades is drawn by factors, even steps are not") {
  const auto scale = [](std::vector<double> values) {
    const auto figures = figures_of_sweep(sweep(Combine::grid, {axis("model.a", std::move(values))}));
    CHECK(figures[0].panels[0].scale.logarithmic == figures[1].panels[0].x_logarithmic);
    return figures[1].panels[0].x_logarithmic;
  };
  CHECK(scale({0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1}));
  CHECK(!scale({1, 2, 5, 7, 9, 11, 15, 20, 50}));
  CHECK(!scale(numbers(200)));
}

TEST_CASE("colours are those of the cases that have traces, with a legend where these are few") {
  SweepData picture = sweep(Combine::grid, {axis("model.a", numbers(20))});
  picture.traces.resize(3);
  const Panel panel = figures_of_sweep(picture)[0].panels[0];
  CHECK(!panel.scale.shown);
  CHECK(curve_labels(panel) == Words{"a = 1 pA", "a = 2 pA", "a = 3 pA"});
  CHECK(panel.curves[2].shade == 1);
  // of a grid, those of all panels
  picture = sweep(Combine::grid, {axis("model.a", {1, 2}), axis("model.b", numbers(12))});
  picture.traces.resize(14);
  const auto panels = figures_of_sweep(picture)[0].panels;
  CHECK(panels[0].scale.low == panels[1].scale.low);
  CHECK(panels[1].scale.high == 12);
  CHECK(panels[1].curves.back().shade == doctest::Approx(1. / 11));
}

TEST_CASE("a case that went astray is cut off by the axes of the others") {
  SweepData picture = sweep(Combine::grid, {axis("model.a", {1, 2})});
  picture.traces[1].curve.y[1] = 1e105;
  CHECK(layout::lay_out(figures_of_sweep(picture)[0]).panels[0].y.range.high > 1e104);
  picture.status = {"ok", "not finite"};
  picture.status_of = {0, 1};
  const Figure figure = figures_of_sweep(picture)[0];
  CHECK(layout::lay_out(figure).panels[0].y.range.high < 10);
  RunResult run = samples::run();
  run.figures = {figure};
  CHECK(has(report_html(run, {"<svg/>"}), "\"beyond\":true"));
}

TEST_CASE("lines span what is swept and mark what has no number") {
  SweepData picture = sweep(Combine::grid, {axis("model.a", {1, 2, 3, 4, 5})});
  picture.measures.push_back(picture.measures[0]);
  for (const std::size_t i : {0u, 1u, 4u}) picture.measures[1].values[i] = no_number;
  const Figure figure = figures_of_sweep(picture).back();
  const auto places = layout::lay_out(figure).panels;
  CHECK(places[0].x.range.low == places[1].x.range.low);
  CHECK(places[0].x.range.high == places[1].x.range.high);
  Figure alone = figure;
  alone.panels.erase(alone.panels.begin());
  const auto place = layout::lay_out(alone).panels[0];
  CHECK(place.x.range.low <= 1);
  CHECK(place.x.range.high >= 5);
  CHECK(place.legend[0][0].text == "no number");
  CHECK(samples::count(gnuplot_script(alone, "/tmp"), "with vectors nohead") == 2);  // a page each for PNG and SVG
  RunResult run = samples::run();
  run.figures = {alone};
  CHECK(has(report_html(run, {"<svg/>"}), "\"span\":[1,5]"));
  // names have it at the left
  picture = sweep(Combine::cases, {names("case", {"tonic", "phasic"})});
  picture.measures[0].values[1] = no_number;
  const Panel rows = figures_of_sweep(picture).back().panels[0];
  CHECK(rows.curves.back().style == Curve::Style::rug);
  CHECK(rows.curves.back().y == std::vector<double>{1});
}

TEST_CASE("counts have ticks at whole numbers, and rounding is no range") {
  SweepData picture = sweep(Combine::grid, {axis("model.a", {1, 2, 3})});
  picture.measures = {{"spike_count", "1", "Spike count", {1, 1, 2}},
                      {"isi_cv", "1", "ISI CV", {1.1e-16, 1.2e-16, 1.3e-16}},
                      {"rate", "Hz", "Rate", {1, 1, 2}}};
  const auto figure = figures_of_sweep(picture).back();
  const auto places = layout::lay_out(figure).panels;
  CHECK(places[0].y.labels == Words{"1", "2"});
  CHECK(places[1].y.exponent == 0);
  CHECK(places[1].y.range.size() >= 1);
  CHECK(places[2].y.labels.size() > 2);
}

TEST_CASE("seeds have no order: points, and their mean over another path") {
  SweptAxis seeds = axis("seed", numbers(20));
  seeds.unit = "1";
  const auto figures = figures_of_sweep(sweep(Combine::grid, {seeds}));
  CHECK(!figures[0].panels[0].scale.shown);
  CHECK(std::isnan(figures[0].panels[0].curves[3].shade));
  REQUIRE(figures[1].panels[0].curves.size() == 1);
  CHECK(figures[1].panels[0].curves[0].style == Curve::Style::points);
  seeds = axis("seed", {3, 1});
  const Panel both = figures_of_sweep(sweep(Combine::grid, {seeds, axis("input.I", {0, 5, 10})})).back().panels[0];
  CHECK(both.map.rows == 0);
  CHECK(both.curves[0].x == std::vector<double>{0, 0, 5, 5, 10, 10});
  CHECK(both.curves[0].y == std::vector<double>{0, 3, 1, 4, 2, 5});
  CHECK(both.curves[1].label == "mean");
  CHECK(both.curves[1].y == std::vector<double>{1.5, 2.5, 3.5});
}

TEST_CASE("panels that share their y leave room around all, not around a flat one") {
  SweepData picture = sweep(Combine::one_at_a_time, {axis("model.a", {1, 2}), axis("model.b", {1, 2})});
  picture.measures[0].values = {0.1, 0.3, 1e-17, 0};
  const auto place = layout::lay_out(figures_of_sweep(picture).back()).panels[0];
  CHECK(place.y.range.low > -0.1);
  CHECK(place.y.range.high < 0.4);
}

TEST_CASE("without a title headings begin with what they show") {
  SweepData picture = sweep(Combine::one_at_a_time, {axis("model.a", {1, 2, 3}), axis("model.b", numbers(10))});
  picture.title.clear();
  CHECK(figures_of_sweep(picture)[1].title == "Mean rate (Hz)");
}

TEST_CASE("a title over a panel's legend is not repeated in it") {
  SweepData picture =
      sweep(Combine::one_at_a_time, {axis("model.a", {1, 2}), names("model.preset", {"regular", "fast"})});
  const auto panels = figures_of_sweep(picture)[0].panels;
  CHECK(panels[0].title == "model.a (pA)");
  CHECK(curve_labels(panels[0]) == Words{"1 pA", "2 pA"});
  CHECK(panels[1].title == "preset");
  CHECK(curve_labels(panels[1]) == Words{"regular", "fast"});
}

TEST_CASE("numbers are brief, but those that differ look different") {
  CHECK(brief({3.16227766016838, 0.1, 1e-12, -2}) == Words{"3.1623", "0.1", "1e-12", "-2"});
  CHECK(brief({1.0000001, 1.0000002, 1.0000001}) == Words{"1.0000001", "1.0000002", "1.0000001"});
  CHECK(brief({1234567, 0.5}) == Words{"1234567", "0.5"});
}

TEST_CASE("a large map has means of cases as cells and says so") {
  SweepData picture = sweep(Combine::grid, {axis("model.a", numbers(500)), axis("input.I", numbers(1000))});
  picture.traces.clear();
  const Figure figure = figures_of_sweep(picture).back();
  CHECK(figure.title == "A sweep (each cell: mean of 2 × 4 cases)");
  const HeatMap& map = figure.panels[0].map;
  CHECK(map.columns == 250);
  CHECK(map.rows == 250);
  CHECK(map.values[0] == (0 + 1 + 2 + 3 + 1000 + 1001 + 1002 + 1003) / 8.);
  CHECK(map.right == 500.5);
}

TEST_CASE("a label keeps its name and its unit where room is short") {
  const std::string label = "d, recovery increment at a spike of the membrane (mV/ms)";
  CHECK(layout::brief_label(label) == "d (mV/ms)");
  CHECK(layout::brief_label("Membrane potential (mV, normalised)") == "Membrane potential (mV, normalised)");
  CHECK(layout::label_lines(label, 500) == Words{label});
  for (const double room : {40., 50., 80., 120.}) {
    std::string all;
    for (const std::string& line : layout::label_lines(label, room)) all += line;
    CHECK(all.starts_with("d"));
    CHECK(all.ends_with("(mV/ms)"));
  }
  // the label of a row of maps is within the picture
  Panel panel = map_panel(3, 3, {0, 0, 0, 0, 0, 0, 0, 0, 0});
  panel.y_label = label;
  const auto placed = layout::lay_out(samples::figure({panel, panel, panel}, 3));
  const auto& first = placed.panels[0];
  const auto lines = layout::label_lines(first.y_label, first.box.height + 8).size();
  CHECK(first.box.left - placed.label_left[0] - layout::label_font * layout::line_height * double(lines) >= 0);
}

TEST_CASE("an axis with a zero is not logarithmic, whatever it asks for") {
  const auto figures = figures_of_sweep(sweep(Combine::grid, {axis("model.a", {0, 1, 10}, true)}));
  CHECK(!figures[1].panels[0].x_logarithmic);
  CHECK(!figures[0].panels[0].scale.logarithmic);
}

TEST_CASE("two even axes make a map at their values, the first across") {
  std::vector<double> powers, currents;
  for (int i = 0; i < 8; ++i) powers.push_back(std::pow(10, i)), currents.push_back(5 * i);
  SweepData picture = sweep(Combine::grid, {axis("model.a", powers, true), axis("input.I", currents)});
  picture.traces.clear();
  const auto figures = figures_of_sweep(picture);
  CHECK(file_names(figures) == Words{"measures"});
  const Panel& panel = figures[0].panels[0];
  CHECK(panel.x_label == "model.a (pA)");
  CHECK(panel.y_label == "input.I (pA)");
  CHECK(panel.map.columns == 8);
  CHECK(panel.map.rows == 8);
  CHECK(panel.map.values[1] == 8);  // the second of the first path
  CHECK(panel.map.values[8] == 1);
  CHECK(panel.x_logarithmic);
  CHECK(panel.map.left == doctest::Approx(std::sqrt(0.1)));
  CHECK(panel.map.right == doctest::Approx(1e7 * std::sqrt(10)));
  CHECK(panel.map.bottom == -2.5);
  CHECK(panel.map.top == 37.5);
  CHECK(panel.scale.label == "Mean rate (Hz)");
  CHECK(panel.scale.low == 0);
  CHECK(panel.scale.high == 63);
  CHECK(panel.map.missing.empty());
  picture.measures[0].values[3] = no_number;
  CHECK(figures_of_sweep(picture)[0].panels[0].map.missing == "no number");
}

TEST_CASE("few cells have their values beside them") {
  const Panel panel =
      figures_of_sweep(sweep(Combine::grid, {axis("model.a", {1, 2, 3}), axis("input.I", {0, 5})})).back().panels[0];
  CHECK(panel.column_labels == Words{"1", "2", "3"});
  CHECK(panel.row_labels == Words{"5", "0"});
}

TEST_CASE("panels that are compared share their y beside one of names") {
  SweepData picture = sweep(Combine::one_at_a_time, {axis("model.a", {1, 2, 3}), axis("model.b", {1, 2}),
                                                     names("model.preset", {"regular", "fast"})});
  const Figure figure = figures_of_sweep(picture).back();
  const auto places = layout::lay_out(figure).panels;
  CHECK(places[0].y.range.high == places[1].y.range.high);
  CHECK(places[0].y.range.low == places[1].y.range.low);
  CHECK(places[2].raster());
}

TEST_CASE("uneven values make equal cells with their values beside them, upwards and to the right") {
  SweepData picture = sweep(Combine::grid, {axis("model.a", {5, 1, 2}), axis("input.I", {0, 1, 7})});
  const Panel panel = figures_of_sweep(picture).back().panels[0];
  CHECK(panel.column_labels == Words{"1", "2", "5"});
  CHECK(panel.row_labels == Words{"7", "1", "0"});
  CHECK(panel.map.values == std::vector<double>{5, 8, 2, 4, 7, 1, 3, 6, 0});
}

TEST_CASE("traces of a grid have a panel for each value of all but the last path") {
  const auto figures = figures_of_sweep(sweep(Combine::grid, {axis("model.a", {1, 2}), axis("input.I", {0, 5, 10})}));
  const Figure& traces = figures[0];
  REQUIRE(traces.panels.size() == 2);
  CHECK(traces.panels[1].title == "a = 2 pA");
  CHECK(curve_labels(traces.panels[1]) == Words{"I = 0 pA", "I = 5 pA", "I = 10 pA"});
  CHECK(traces.panels[1].curves[0].y[1] == 3);
}

TEST_CASE("a few names in a grid are a line each") {
  const auto figures =
      figures_of_sweep(sweep(Combine::grid, {names("model.preset", {"regular", "fast"}), axis("input.I", {0, 5, 10})}));
  const Panel& panel = figures.back().panels[0];
  CHECK(panel.map.rows == 0);
  CHECK(curve_labels(panel) == Words{"regular", "", "fast", ""});
  CHECK(panel.curves[2].y == std::vector<double>{3, 4, 5});
}

TEST_CASE("many names in a grid are rows of a map") {
  const Words many{"a", "b", "c", "d", "e", "f", "g", "h"};
  const Panel panel =
      figures_of_sweep(sweep(Combine::grid, {names("model.preset", many), axis("input.I", {0, 5})})).back().panels[0];
  CHECK(panel.row_labels == many);
  CHECK(panel.x_label == "input.I (pA)");
  CHECK(panel.map.values[2] == 2);  // the second name, on the second row from the top
}

TEST_CASE("three axes are maps of the longest two for each value of the third, on one scale") {
  SweepData picture =
      sweep(Combine::grid, {axis("model.a", numbers(5)), axis("model.d", {2, 4}), axis("input.I", numbers(4))});
  const auto figures = figures_of_sweep(picture);
  const Figure& maps = figures.back();
  CHECK(maps.name == "measures");
  CHECK(maps.title == "A sweep: Mean rate (Hz)");
  REQUIRE(maps.panels.size() == 2);
  CHECK(maps.panels[1].title == "d = 4 pA");
  CHECK(maps.panels[1].map.columns == 5);
  CHECK(maps.panels[1].map.values[0] == 7);  // the last of the third path is on top
  CHECK(maps.panels[1].map.values[1] == 15);
  CHECK(maps.panels[0].scale.high == maps.panels[1].scale.high);
  CHECK(!maps.panels[0].scale.shown);  // the bar at the end of the row is for both
  CHECK(maps.panels[1].scale.shown);
}

TEST_CASE("many axes show the mean over all others with the least and the greatest") {
  SweepData picture = sweep(
      Combine::grid, {axis("a", numbers(3)), axis("b", numbers(4)), axis("c", numbers(4)), axis("d", numbers(4))});
  picture.measures[0].values[0] = no_number;
  const Figure figure = figures_of_sweep(picture).back();
  CHECK(figure.title == "A sweep: Mean rate (Hz), over all values of the other paths");
  REQUIRE(figure.panels.size() == 4);
  CHECK(figure.one_y);
  const Panel& first = figure.panels[0];
  CHECK(first.curves[0].y == std::vector<double>{1, 64, 128});
  CHECK(first.curves[2].label == "mean");
  CHECK(first.curves[2].y == std::vector<double>{32, 95.5, 159.5});
}

TEST_CASE("one at a time there is a panel for each path, with the base marked where it was run") {
  SweepData picture = sweep(Combine::one_at_a_time, {axis("model.a", {1, 2, 3}), axis("model.b", numbers(10))});
  picture.baseline = {1, 0.5};
  const auto figures = figures_of_sweep(picture);
  CHECK(file_names(figures) == Words{"traces", "measures"});
  REQUIRE(figures[0].panels.size() == 2);
  CHECK(figures[0].panels[0].title == "model.a (pA)");
  CHECK(figures[0].panels[1].title.empty());  // its bar says it
  CHECK(figures[0].panels[1].scale.label == "model.b (pA)");
  CHECK(figures[0].panels[1].curves[0].y[1] == 3);
  const Panel& b = figures[1].panels[1];
  CHECK(b.curves[0].y.front() == 3);
  CHECK(b.curves.back().label == "base");
  CHECK(b.curves.back().x == std::vector<double>{0.5});
  CHECK(b.curves.back().y == std::vector<double>{0});  // that of a = 1
  CHECK(figures[1].one_y);
  picture.baseline = {no_number, no_number};
  CHECK(figures_of_sweep(picture)[1].panels[1].curves.back().label.empty());
  picture.measures.push_back(picture.measures[0]);
  picture.measures[1].name = "spike_count";
  CHECK(file_names(figures_of_sweep(picture)) == Words{"traces", "measure-mean_rate", "measure-spike_count"});
}

TEST_CASE("paths that vary together are drawn against the first of numbers") {
  const auto figures = figures_of_sweep(sweep(
      Combine::zip, {names("model.preset", {"x", "y", "z"}), axis("model.a", {1, 2, 3}), axis("model.b", {9, 8, 7})}));
  CHECK(figures[1].panels[0].x_label == "model.a (pA)");
  CHECK(figures[1].title == "A sweep (preset, b with a)");
}

TEST_CASE("named cases have a panel each and are rows of the measures") {
  const Words types{"tonic", "phasic", "class 1", "class 2"};
  const auto figures = figures_of_sweep(sweep(Combine::cases, {names("case", types)}));
  CHECK(figures[0].panels.size() == 4);
  CHECK(figures[0].panels[3].title == "class 2");
  CHECK(figures[0].columns == 2);
  const Panel& panel = figures[1].panels[0];
  CHECK(panel.row_labels == types);
  CHECK(panel.x_label == "Mean rate (Hz)");
  CHECK(panel.curves[0].x == std::vector<double>{0, 1, 2, 3});
  CHECK(panel.curves[0].y == std::vector<double>{0, 1, 2, 3});
}

TEST_CASE("a title says how many of the cases have traces") {
  CHECK(figures_of_sweep(sweep(Combine::grid, {axis("model.a", numbers(48))}))[0].title == "A sweep");
  CHECK(figures_of_sweep(sweep(Combine::grid, {axis("model.a", numbers(100))}))[0].title ==
        "A sweep (48 of 100 cases)");
}

TEST_CASE("all that was recorded is drawn, below its trace where there is room") {
  const auto with_beside = [](SweepData picture, bool same) {
    SweepData::Beside w{"w", "Recovery", "w", false, {}}, I{"I", "Current (pA)", "I (pA)", true, {}};
    for (const auto& trace : picture.traces) {
      w.traces.push_back({trace.index, samples::curve({0, 1}, {0, static_cast<double>(trace.index)})});
      I.traces.push_back({trace.index, samples::curve({0, 1}, {0, same ? 1 : static_cast<double>(trace.index)})});
    }
    picture.beside = {w, I};
    return picture;
  };
  // over one path: one below the other, in the colours of the traces
  Figure figure = figures_of_sweep(with_beside(sweep(Combine::grid, {axis("model.a", {1, 2, 3})}), false))[0];
  REQUIRE(figure.panels.size() == 3);
  CHECK(figure.panels[1].y_label == "Recovery");
  CHECK(figure.panels[2].y_label == "Current (pA)");
  CHECK(figure.panels[2].y_brief == "I (pA)");
  CHECK(figure.panels[2].height < figure.panels[0].height);
  for (const Panel& panel : figure.panels) {
    REQUIRE(panel.curves.size() == 3);
    CHECK(panel.curves[2].shade == 1);
  }
  CHECK(curve_labels(figure.panels[1]) == Words{"", "", ""});
  // a stimulus that all have is one line
  figure = figures_of_sweep(with_beside(sweep(Combine::grid, {axis("model.a", {1, 2, 3})}), true))[0];
  REQUIRE(figure.panels.back().curves.size() == 1);
  CHECK(figure.panels.back().curves[0].colour == -2);
  // in a grid the stimulus is below each trace, and what else was recorded is a figure of its own
  const auto grid = figures_of_sweep(
      with_beside(sweep(Combine::grid, {axis("model.a", {1, 2, 3, 4}), axis("model.b", {1, 2})}), false));
  CHECK(file_names(grid) == Words{"traces", "traces-w", "measures"});
  REQUIRE(grid[0].panels.size() == 8);
  CHECK(!grid[0].panels[0].below);
  CHECK(grid[0].panels[1].below);
  CHECK(grid[0].panels[1].y_label == "Current (pA)");
  CHECK(grid[1].panels.size() == 4);
  // named cases too
  const auto named = figures_of_sweep(with_beside(sweep(Combine::grid, {names("model.preset", {"a", "b"})}), false));
  CHECK(named[0].panels.size() == 6);
}

TEST_CASE("what a sweep does not have gives no picture") {
  SweepData picture = sweep(Combine::grid, {axis("model.a", {1, 2})});
  picture.measures.clear();
  CHECK(file_names(figures_of_sweep(picture)) == Words{"traces"});
  picture.traces.clear();
  CHECK(figures_of_sweep(picture).empty());
  CHECK(figures_of_sweep({}).empty());
  // names in thousands are a table
  CHECK(file_names(figures_of_sweep(sweep(Combine::cases, {names("case", Words(2000, "x"))}))) == Words{"traces"});
}

TEST_CASE("axes of one value are left out of a grid") {
  const auto figures = figures_of_sweep(sweep(Combine::grid, {axis("model.b", {7}), axis("model.a", {1, 2, 3})}));
  CHECK(figures[1].panels[0].map.rows == 0);
  CHECK(figures[1].panels[0].x_label == "model.a (pA)");
  CHECK(figures_of_sweep(sweep(Combine::grid, {axis("model.b", {7})})).size() == 2);
}

TEST_CASE("a line over a million cases is thinned") {
  SweepData picture = sweep(Combine::grid, {axis("model.a", numbers(100000))});
  picture.measures[0].values[77777] = 5e6;
  const Panel panel = figures_of_sweep(picture)[1].panels[0];
  CHECK(panel.curves[0].x.size() <= 30000);
  CHECK(*std::max_element(panel.curves[0].y.begin(), panel.curves[0].y.end()) == 5e6);
}

// --- The page ------------------------------------------------------------------------------------------------------

TEST_CASE("the page has shades for light and dark ground, scales and logarithmic axes") {
  RunResult run = samples::run();
  Panel panel = samples::panel({samples::curve({1, 10}, {0, 1})});
  panel.curves[0].shade = 0;
  panel.x_logarithmic = true;
  panel.scale = {"a <b>", 1, 10, true, true};
  run.figures = {samples::figure({panel})};
  run.figures[0].one_y = true;
  const std::string page = report_html(run, {"<svg/>"});
  CHECK(has(page, "\"one_y\":true,\"panels\":["));
  CHECK(has(
      page,
      ",\"x_log\":true,\"scale\":{\"label\":\"a \\u003cb\\u003e\",\"low\":1,\"high\":10,\"colours\":[\"#440154\","));
  CHECK(has(page, "],\"dark\":[\"" + shade_colour(0, true) + "\","));
  CHECK(has(page, "\"colour\":\"#440154\",\"dash\":false,\"strong\":false,\"dark\":\"" + shade_colour(0, true) +
                      "\",\"x\":"));
}

TEST_CASE("a map is a picture in the page, open from the start") {
  RunResult run = samples::run();
  run.figures = {samples::figure({map_panel(2, 2, {0, 1, 0, 1})})};
  const std::string page = report_html(run, {"<svg/>"});
  CHECK(!has(page, "id=\"plots-0\""));
  CHECK(has(page, "<details open><summary"));
  CHECK(has(page, "[{\"columns\":1,\"panels\":[]}]"));
}
