// Figures: what is drawn, that hostile texts stay texts, and that pictures are whole.
#include <cmath>
#include <fstream>
#include <limits>

#include <sstream>
#include "draw/figure.hpp"
#include "draw/layout.hpp"
#include "draw/text.hpp"
#include "samples.hpp"
#include "skip.hpp"

using namespace hillock;
namespace fs = std::filesystem;

namespace {

constexpr double no_number = std::numeric_limits<double>::quiet_NaN();

/// False, with a message, where there is no gnuplot.
bool can_draw() {
  if (std::system("gnuplot --version > /dev/null 2>&1") == 0) return true;
  test::skip("gnuplot is not installed");
  return false;
}

/// A program named gnuplot that is no gnuplot.
void fake_gnuplot(const fs::path& folder, const std::string& shell) {
  std::ofstream(folder / "gnuplot") << "#!/bin/sh\n" << shell << '\n';
  fs::permissions(folder / "gnuplot", fs::perms::owner_all);
}

std::vector<std::string> labels(const layout::Axis& axis) { return axis.labels; }

}  // namespace

TEST_CASE("ticks are round numbers within the range") {
  using layout::axis;
  CHECK(labels(axis({0, 1000}, 9)) == std::vector<std::string>{"0", "200", "400", "600", "800", "1000"});
  CHECK(labels(axis({-82.5, 36}, 6)) == std::vector<std::string>{"−80", "−60", "−40", "−20", "0", "20"});
  CHECK(labels(axis({0, 0.34}, 4)) == std::vector<std::string>{"0.0", "0.1", "0.2", "0.3"});
  CHECK(labels(axis({0, 200}, 5)) == std::vector<std::string>{"0", "50", "100", "150", "200"});
  CHECK(labels(axis({995, 1005}, 4)) == std::vector<std::string>{"995", "1000", "1005"});
  const auto small = axis({0, 4.2e-7}, 5);
  CHECK(small.exponent == -9);
  CHECK(small.labels == std::vector<std::string>{"0", "100", "200", "300", "400"});
  CHECK(axis({0, 3e7}, 4).exponent == 6);
  for (const double size : {1e-300, 1e-9, 0.7, 3., 1e5, 1e100}) {
    for (int most = 3; most < 10; ++most) {
      const auto ticks = axis({-size, 2 * size}, most).ticks;
      CAPTURE(size);
      CHECK(ticks.size() >= 1);
      CHECK(ticks.size() <= static_cast<std::size_t>(most));
    }
  }
}

TEST_CASE("an axis that ends one sample before a tick shows the tick") {
  const auto axis = layout::axis({0, 999.75}, 9);
  CHECK(axis.labels.back() == "1000");
  CHECK(axis.range.high == 1000);
}

TEST_CASE("panels of one column have equal margins and one x axis at the bottom") {
  Figure figure = samples::figure({samples::panel({samples::curve({0, 100}, {-65, 30})}),
                                   samples::panel({samples::curve({0, 50}, {0, 123456.5})}),
                                   samples::panel({samples::curve({10, 20}, {1e-9, 2e-9})})});
  figure.panels[1].x_label = "";
  const auto layout = layout::lay_out(figure);
  for (const auto& place : layout.panels) {
    CHECK(place.box.left == layout.panels[0].box.left);
    CHECK(place.box.width == layout.panels[0].box.width);
    CHECK(place.x.range.low == 0);
    CHECK(place.x.range.high == 100);
    CHECK(place.x_numbers == (&place == &layout.panels.back()));
    CHECK(place.box.left + place.box.width <= layout::picture_width);
    CHECK(place.box.bottom > 0);
    CHECK(place.box.bottom + place.box.height < layout.height);
  }
  CHECK(layout.panels[0].box.bottom > layout.panels[1].box.bottom + layout.panels[1].box.height);
  CHECK(layout.panels[2].y_label == "Membrane potential (10⁻⁹ mV)");
}

TEST_CASE("numbers below narrow panels do not run into one another, however long they are") {
  const std::vector<std::pair<double, double>> ranges{{0, 200'000}, {-65, -64.91}, {0, 1}, {-12'345, -12'344}};
  for (const auto& range : ranges)
    for (const std::size_t columns : {1U, 2U, 4U}) {
      CAPTURE(range.first);
      CAPTURE(columns);
      const std::vector<Panel> panels(columns, samples::panel({samples::curve({range.first, range.second}, {0, 1})}));
      const Figure figure = samples::figure(panels, static_cast<int>(columns));
      for (const auto& place : layout::lay_out(figure).panels) {
        REQUIRE(place.x.ticks.size() >= 1);
        for (std::size_t i = 1; i < place.x.ticks.size(); ++i) {
          const double apart = (place.x.ticks[i] - place.x.ticks[i - 1]) / place.x.range.size() * place.box.width;
          CHECK(apart > text_width(place.x.labels[i], layout::tick_font));
        }
      }
    }
}

TEST_CASE("panels of one column with different x labels keep their own axes") {
  Figure figure = samples::figure(
      {samples::panel({samples::curve({0, 100}, {0, 1})}), samples::panel({samples::curve({0, 5}, {0, 1})})});
  figure.panels[1].x_label = "Current (pA)";
  const auto layout = layout::lay_out(figure);
  CHECK(layout.panels[0].x_numbers);
  CHECK(layout.panels[0].x.range.high == 100);
  CHECK(layout.panels[1].x.range.high == 5);
}

TEST_CASE("a grid of like panels is numbered at its edges alone") {
  std::vector<Panel> panels(12, samples::panel({samples::curve({0, 200}, {-80, 30})}));
  const auto layout = layout::lay_out(samples::figure(panels, 3));
  CHECK(layout.one_x_label);
  CHECK(layout.one_y_label);
  for (const auto& place : layout.panels) {
    CHECK(place.x_numbers == (place.row == 3));
    CHECK(place.y_numbers == (place.column == 0));
    CHECK(place.x_line);
  }
  // one panel that would be a flat line on the axis of the others gets its own
  panels[5].curves[0].y = {0, 1};
  for (const auto& place : layout::lay_out(samples::figure(panels, 3)).panels) CHECK(place.y_numbers);
}

TEST_CASE("a legend that is the same in all panels stands once above them") {
  const auto panel =
      samples::panel({samples::curve({0, 1}, {0, 1}, "recording"), samples::curve({0, 1}, {1, 0}, "lif")});
  const auto same = layout::lay_out(samples::figure({panel, panel}));
  CHECK(same.legend.size() == 1);
  CHECK(same.panels[0].legend.empty());
  Panel other = panel;
  other.curves[1].label = "nagumo";
  const auto different = layout::lay_out(samples::figure({panel, other}));
  CHECK(different.legend.empty());
  CHECK(different.panels[1].legend.size() == 1);
}

TEST_CASE("a legend too long for its place says how many are missing") {
  Panel panel = samples::panel({});
  for (int i = 0; i < 500; ++i)
    panel.curves.push_back(samples::curve({0, 1}, {0, 1}, "candidate " + std::to_string(i)));
  const auto layout = layout::lay_out(samples::figure({panel}));
  const auto& rows = layout.panels[0].legend;
  REQUIRE(rows.size() == 4);
  std::size_t shown = 0;
  for (const auto& row : rows) {
    CHECK(layout::row_width(row) <= layout.panels[0].box.width);
    for (const auto& entry : row) shown += entry.curve != nullptr;
  }
  CHECK(rows.back().back().text == "and " + std::to_string(500 - shown) + " more");
}

TEST_CASE("a range without size or without numbers still has an axis") {
  const auto of = [](std::vector<double> y) {
    const std::vector<double> x(y.size(), 3);
    return layout::lay_out(samples::figure({samples::panel({samples::curve(x, y)})})).panels[0];
  };
  for (const auto& y : std::vector<std::vector<double>>{{},
                                                        {0},
                                                        {5},
                                                        {5, 5},
                                                        {no_number, no_number},
                                                        {1, INFINITY},
                                                        {1e-320},
                                                        {1e149},
                                                        {-1e149, 1e149},
                                                        {1, std::nextafter(1, 2)}}) {
    const auto place = of(y);
    CHECK(place.y.range.size() > 0);
    CHECK(place.x.range.size() > 0);
    CHECK(std::isfinite(place.y.range.size()));
    CHECK(!place.y.ticks.empty());
  }
}

TEST_CASE("thinning keeps ends and extremes and the order of x") {
  std::vector<double> x, y;
  for (int i = 0; i < 100000; ++i) {
    x.push_back(i * 0.01);
    y.push_back(std::sin(i * 0.37));
  }
  y[54321] = 40;
  y[77777] = -90;
  const std::vector<double> x_before = x, y_before = y;
  thin(x, y, 500);
  CHECK(x.size() == y.size());
  CHECK(x.size() <= 1002);
  CHECK(x.front() == x_before.front());
  CHECK(x.back() == x_before.back());
  CHECK(std::is_sorted(x.begin(), x.end()));
  CHECK(*std::max_element(y.begin(), y.end()) == 40);
  CHECK(*std::min_element(y.begin(), y.end()) == -90);
  // each bin keeps its own extremes: the envelope of the sine stays
  for (std::size_t bin = 0; bin < 500; ++bin) {
    double high = -1e9, thinned = -1e9;
    for (std::size_t i = bin * 200 + 1; i < bin * 200 + 199; ++i) high = std::max(high, y_before[i]);
    for (std::size_t i = 0; i < x.size(); ++i)
      if (x[i] >= static_cast<double>(bin) * 2 - 0.011 && x[i] < static_cast<double>(bin) * 2 + 2.011)
        thinned = std::max(thinned, y[i]);
    CHECK(thinned >= high);
  }
}

TEST_CASE("thinning leaves short traces and a gap as they are") {
  std::vector<double> x{0, 1, 2, 3}, y{1, no_number, 3, 4};
  thin(x, y, 2);
  CHECK(x.size() == 4);
  x.clear(), y.clear();
  for (int i = 0; i < 10000; ++i) x.push_back(i), y.push_back(i >= 4000 && i < 6000 ? no_number : i % 7);
  thin(x, y, 100);
  CHECK(x.size() <= 302);
  bool gap = false;
  for (std::size_t i = 0; i < x.size(); ++i) {
    gap = gap || std::isnan(y[i]);
    CHECK(std::isnan(y[i]) == (x[i] >= 4000 && x[i] < 6000));
  }
  CHECK(gap);
  std::vector<double> none_x, none_y;
  thin(none_x, none_y, 10);
  CHECK(none_x.empty());
}

TEST_CASE("thinning a phase plane stays within a pixel of the curve") {
  std::vector<double> x, y;
  for (int i = 0; i <= 200000; ++i) {
    x.push_back(std::cos(i * 1e-4));
    y.push_back(std::sin(i * 1e-4));
  }
  const double last = x.back();
  thin(x, y, 500);
  CHECK(x.size() < 10000);
  CHECK(x.back() == last);
  for (std::size_t i = 1; i < x.size(); ++i) CHECK(std::hypot(x[i] - x[i - 1], y[i] - y[i - 1]) < 2 * 2. / 500);
}

TEST_CASE("texts of the user are strings to gnuplot whatever is in them") {
  Figure figure = samples::figure({samples::panel({samples::curve({0, 1}, {0, 1}, "'; system('id') #")})});
  figure.title = "d'Arc \"x\" `id` $(id) % \\";
  figure.panels[0].title = "''two quotes first";
  figure.panels[0].x_label = "a\nb\tc\x7f";
  figure.panels[0].y_label = "broken \xff UTF-8 \xed\xa0\x80";
  const std::string script = gnuplot_script(figure, "/tmp/it's");
  CHECK(samples::count(script, "set label 'd''Arc \"x\" `id` $(id) % \\' at ") == 2);
  CHECK(samples::count(script, "set label \"''\".'two quotes first' at ") == 2);
  CHECK(samples::count(script, "set label \"'\".'; system(''id'') #' at ") == 2);
  CHECK(samples::count(script, "set label 'a b c ' at ") == 2);
  CHECK(samples::count(script, "set label 'broken \xef\xbf\xbd UTF-8 \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd' at ") == 2);
  CHECK(samples::count(script, "set output '/tmp/it''s/traces.png.part'\n") == 1);
  CHECK(samples::count(script, "noenhanced") >= 8);
}

TEST_CASE("a gap in a trace breaks its line and a curve without numbers is not drawn") {
  const Figure figure =
      samples::figure({samples::panel({samples::curve({0, 1, 2, 3, 4}, {1, 2, no_number, 4, 5}),
                                       samples::curve({0, 1}, {no_number, no_number}), samples::curve({}, {})})});
  const std::string script = gnuplot_script(figure, "/tmp");
  CHECK(script.find("$d0 << EOD\n0 1\n1 2\n\n3 4\n4 5\nEOD\n") != std::string::npos);
  CHECK(samples::count(script, "<< EOD") == 1);
  CHECK(script.find("nan") == std::string::npos);
}

TEST_CASE("a line can be dashed and a point be an open circle, in the panel and in the legend") {
  Panel panel =
      samples::panel({samples::curve({0, 1, 2}, {1, 2, 3}, "unstable"), samples::curve({0, 2}, {2, 2}, "falling")});
  panel.curves[0].dashed = true;
  panel.curves[1].style = Curve::Style::rings;
  const std::string script = gnuplot_script(samples::figure({panel}), "/tmp");
  // on the page of the PNG and on that of the SVG
  CHECK(samples::count(script, " dt '-'") == 4);
  CHECK(samples::count(script, "with points pt 6") == 2);
  CHECK(samples::count(script, " point pt 6") == 2);
}

TEST_CASE("pictures are whole PNG and SVG files with the texts as they are") {
  if (!can_draw()) return;
  const test::Folder scratch;
  Figure figure = samples::figure({samples::panel({samples::curve({0, 1, 2}, {-65, 30, no_number}, samples::hostile)}),
                                   samples::panel({samples::curve({0, 1}, {0, 10})})});
  figure.title = samples::hostile;
  figure.panels[0].title = "'" + samples::hostile;
  figure.panels[0].y_label = "%g (%)";
  figure.panels[1].curves[0].style = Curve::Style::steps;
  figure.panels[1].curves[0].colour = -2;
  Figure raster = samples::figure({samples::panel({samples::curve({0.5, 1.5}, {0, 0}), samples::curve({1}, {1})})});
  raster.name = "raster";
  for (Curve& curve : raster.panels[0].curves) curve.style = Curve::Style::ticks;
  raster.panels[0].row_labels = {"`touch pwned`", samples::hostile};
  Figure empty = samples::figure({});
  empty.name = "empty";
  Figure bare = samples::figure({Panel{}});
  bare.name = "bare";

  const auto here = fs::current_path();
  fs::current_path(scratch.path());
  const auto sentences = draw({figure, raster, empty, bare}, scratch / "plots");
  fs::current_path(here);
  CHECK(sentences == std::vector<std::string>{});
  CHECK(!fs::exists(scratch / "pwned"));
  CHECK(std::distance(fs::directory_iterator(scratch / "plots"), fs::directory_iterator()) == 8);
  for (const std::string name : {"traces", "raster", "empty", "bare"}) {
    CAPTURE(name);
    const std::string png = read_text(scratch / "plots" / (name + ".png"));
    CHECK(png.starts_with("\x89PNG\r\n\x1a\n"));
    CHECK(png.ends_with("IEND\xae\x42\x60\x82"));
    CHECK(png.substr(16, 4) == std::string("\0\0\x08\x4d", 4));  // 2125 dots wide
    CHECK(png.find("pHYs") == 37);                               // right after the header
    CHECK(png.substr(41, 4) == std::string("\0\0\x2e\x23", 4));  // 11811 dots a metre
    const std::string svg = read_text(scratch / "plots" / (name + ".svg"));
    CHECK(svg.starts_with("<?xml"));
    CHECK(svg.find("width=\"180mm\"") != std::string::npos);
    CHECK(svg.ends_with("</svg>\n\n"));
    CHECK(svg.find("<script") == std::string::npos);
    CHECK(svg.find("]]>") == std::string::npos);
  }
  const std::string svg = read_text(scratch / "plots" / "traces.svg");
  CHECK(svg.find("d'Arc \"x\" `touch pwned` $(touch pwned) %d &lt;script") != std::string::npos);
  CHECK(svg.find(">%g (%)<") != std::string::npos);
  CHECK(svg.find("font-weight=\"bold\"") != std::string::npos);
  CHECK(read_text(scratch / "plots" / "raster.svg").find(">`touch pwned`<") != std::string::npos);
}

TEST_CASE("one figure that cannot be drawn says why and does not stop the others") {
  if (!can_draw()) return;
  const test::Folder scratch;
  Figure good = samples::figure({samples::panel({samples::curve({0, 1}, {0, 1})})}), bad = good;
  bad.name = "no/such/folder";
  const auto sentences = draw({bad, good}, scratch.path());
  REQUIRE(sentences.size() == 1);
  CHECK(sentences[0].starts_with("figure 'no/such/folder' could not be drawn: gnuplot says "));
  CHECK(fs::exists(scratch / "traces.png"));
  CHECK(fs::exists(scratch / "traces.svg"));
}

TEST_CASE("without gnuplot there are no figures and one sentence") {
  const test::Folder scratch;
  const samples::PathFirst path(scratch.path(), true);
  const Figure figure = samples::figure({samples::panel({samples::curve({0, 1}, {0, 1})})});
  CHECK(draw({figure, figure, figure}, scratch / "plots") ==
        std::vector<std::string>{"gnuplot is not installed: no figures were drawn"});
  CHECK(fs::is_empty(scratch / "plots"));
  CHECK(draw({}, scratch / "none").empty());
  CHECK(!fs::exists(scratch / "none"));
}

TEST_CASE("a gnuplot that fails or does nothing or dies leaves no file") {
  const test::Folder scratch;
  const samples::PathFirst path(scratch.path(), false);
  const Figure figure = samples::figure({samples::panel({samples::curve({0, 1}, {0, 1})})});
  const fs::path plots = scratch / "plots";
  const std::string begin = "figure 'traces' could not be drawn: ";
  fake_gnuplot(scratch.path(), "echo 'line 7: out of ink' >&2; exit 1");
  CHECK(draw({figure}, plots) == std::vector<std::string>{begin + "gnuplot says line 7: out of ink"});
  fake_gnuplot(scratch.path(), "exit 3");
  CHECK(draw({figure}, plots) == std::vector<std::string>{begin + "gnuplot ended with status 3"});
  fake_gnuplot(scratch.path(), "kill -9 $$");
  CHECK(draw({figure}, plots) == std::vector<std::string>{begin + "gnuplot was ended by signal 9"});
  fake_gnuplot(scratch.path(), "exit 0");
  CHECK(draw({figure}, plots) == std::vector<std::string>{begin + "gnuplot left no picture"});
  // what the script names, empty, or a picture that was cut off
  const std::string each = "sed -n \"s/^set output '\\(.*\\)'$/\\1/p\" | while read -r file; do ";
  fake_gnuplot(scratch.path(), each + ": >\"$file\"; done");
  CHECK(draw({figure}, plots) == std::vector<std::string>{begin + "gnuplot left an incomplete picture"});
  fake_gnuplot(scratch.path(), each + "printf '\\211PNG\\r\\n\\032\\n' >\"$file\"; done");
  CHECK(draw({figure}, plots) == std::vector<std::string>{begin + "gnuplot left an incomplete picture"});
  CHECK(fs::is_empty(plots));
}

TEST_CASE("a picture that another gnuplot left or damaged is not taken") {
  if (!can_draw()) return;
  const test::Folder scratch;
  const Figure figure = samples::figure({samples::panel({samples::curve({0, 1}, {0, 1})})});
  CHECK(draw({figure}, scratch / "plots").empty());
  const std::string png = read_text(scratch / "plots" / "traces.png");
  for (const char* ending : {".png.part", ".svg.part"})
    std::ofstream(scratch / "plots" / ("traces" + std::string(ending))) << "no";
  CHECK(draw({figure}, scratch / "plots").empty());
  CHECK(read_text(scratch / "plots" / "traces.png") == png);
  // one sign in the middle of the samples
  const samples::PathFirst path(scratch.path(), false);
  const std::string script = "'" + (scratch / "script").string() + "'";
  fake_gnuplot(scratch.path(), "cat >" + script + "; PATH=\"${PATH#*:}\" gnuplot \"$@\" <" + script +
                                   " || exit 1; png=$(sed -n \"s/^set output '\\(.*png.part\\)'$/\\1/p\" " + script +
                                   "); printf 'x' | dd of=\"$png\" bs=1 seek=2000 conv=notrunc 2>/dev/null");
  CHECK(draw({figure}, scratch / "plots") ==
        std::vector<std::string>{"figure 'traces' could not be drawn: gnuplot left an incomplete picture"});
}

TEST_CASE("a folder for figures that cannot be made is said") {
  const test::Folder scratch;
  std::ofstream(scratch / "file") << "";
  const auto sentences = draw({samples::figure({})}, scratch / "file");
  REQUIRE(sentences.size() == 1);
  CHECK(sentences[0].starts_with("no figures were drawn: cannot create '" + (scratch / "file").string() + "': "));
}

TEST_CASE("a million samples are thinned to what the picture can show") {
  std::vector<double> x(1000000), y(1000000);
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = static_cast<double>(i) * 0.001;
    y[i] = std::sin(x[i] * 50);
  }
  const std::string script = gnuplot_script(samples::figure({samples::panel({samples::curve(x, y)})}), "/tmp");
  CHECK(script.size() < 200000);
}

TEST_CASE("stairs are lines through their corners, and where they are dense a smooth curve stays smooth") {
  std::vector<double> x{0, 1, 2, 4}, y{5, 5, 7, 7};
  add_corners(x, y);
  CHECK(x == std::vector<double>{0, 1, 2, 2, 4});
  CHECK(y == std::vector<double>{5, 5, 5, 7, 7});
  x.clear(), y.clear();
  for (int i = 0; i < 100000; ++i) x.push_back(i * 0.01), y.push_back(std::sin(x.back() / 20));
  Panel panel = samples::panel({samples::curve(x, y)});
  panel.curves[0].style = Curve::Style::steps;
  const std::string script = gnuplot_script(samples::figure({panel}), "/tmp");
  CHECK(script.find("with steps") == std::string::npos);
  CHECK(samples::count(script, "$d0 with lines") == 2);
  // each point that is left lies on the curve
  std::istringstream block(script.substr(script.find("$d0 << EOD\n") + 11));
  double at = 0, value = 0;
  std::size_t points = 0;
  for (; block >> at >> value; ++points) CHECK(std::abs(value - std::sin(at / 20)) < 1e-3);
  CHECK(points > 1000);
  CHECK(points < 10000);
}

TEST_CASE("a line that covers another is dashed, so that both are seen") {
  const std::vector<double> x{0, 1, 2, 3, 4, 5}, y{0, 1, 0, 2, 0, 3};
  Panel panel = samples::panel({samples::curve(x, y, "rising"), samples::curve(x, y, "falling"),
                                samples::curve(x, {0, 1, 1, 2, 0, 3}, "other"), samples::curve(x, y, "third")});
  for (int k = 0; k < 4; ++k) panel.curves[static_cast<std::size_t>(k)].colour = k;
  CHECK(lying_upon(panel) == std::vector<int>{0, 1, 0, 2});
  const std::string script = gnuplot_script(samples::figure({panel}), "/tmp");
  CHECK(samples::count(script, "$d0 with lines lw 0.75 lc rgb '#0072B2'") == 2);
  CHECK(samples::count(script, "$d1 with lines lw 0.75 dt (12,12) lc rgb '#D55E00'") == 2);
  // what is drawn on top is what is dashed
  panel.curves[0].emphasised = true;
  CHECK(lying_upon(panel) == std::vector<int>{2, 0, 0, 1});
  // marks lie beside one another anyhow
  for (Curve& curve : panel.curves) curve.style = Curve::Style::points;
  CHECK(lying_upon(panel) == std::vector<int>{0, 0, 0, 0});
}

TEST_CASE("a unit is never cut, however low the panels are") {
  Panel low = samples::panel({samples::curve({0, 1}, {0, 1})});
  low.height = 0.45;
  low.y_label = "Injected current density (uA/cm2)";
  Panel brief = low;
  brief.y_brief = "I (uA/cm2)";
  Panel other = low;
  other.y_label = "Something with a name of many words that nobody has shortened (uA/cm2)";
  const std::string script =
      gnuplot_script(samples::figure({low, other, brief, other, low, other, brief, other}), "/tmp");
  CHECK(script.find("…") == std::string::npos);
  CHECK(samples::count(script, "uA/cm2)'") == 16);  // of the PNG and of the SVG
  CHECK(layout::label_lines("Injected current density (uA/cm2)", 300, "I (uA/cm2)") ==
        std::vector<std::string>{"Injected current density (uA/cm2)"});
  CHECK(layout::label_lines("Injected current density (uA/cm2)", 48, "I (uA/cm2)") ==
        std::vector<std::string>{"I (uA/cm2)"});
}

TEST_CASE("long titles are broken, not cut") {
  Figure figure = samples::figure({samples::panel({samples::curve({0, 1}, {0, 1})})});
  figure.title =
      "A model of a neuron with a name that is long, under a stimulus that takes many words to describe, twice";
  const auto layout = layout::lay_out(figure);
  REQUIRE(layout.title.size() == 2);
  CHECK(layout.title[0] + " " + layout.title[1] == figure.title);
  CHECK(layout.panels[0].box.bottom + layout.panels[0].box.height < layout.height - 2 * layout::head_font);
}

TEST_CASE("a panel below another shares its place in the grid and its x axis") {
  std::vector<Panel> panels;
  for (int i = 0; i < 5; ++i) {
    panels.push_back(samples::panel({samples::curve({0, 200}, {-80, 30})}));
    Panel stimulus = samples::panel({samples::curve({0, 200}, {0, 5})});
    stimulus.y_label = "Current (pA)", stimulus.height = 0.4, stimulus.below = true;
    panels.push_back(stimulus);
  }
  const auto layout = layout::lay_out(samples::figure(panels, 3));
  REQUIRE(layout.panels.size() == 10);
  for (std::size_t i = 0; i < 10; i += 2) {
    const auto &trace = layout.panels[i], &stimulus = layout.panels[i + 1];
    CHECK(trace.column == (i / 2) % 3);
    CHECK(stimulus.column == trace.column);
    CHECK(stimulus.box.left == trace.box.left);
    CHECK(stimulus.box.bottom + stimulus.box.height < trace.box.bottom);
    CHECK(!trace.x_numbers);
    CHECK(!trace.x_line);
    CHECK(stimulus.x_line);
    CHECK(trace.x.range.high == stimulus.x.range.high);
    // what is compared shares its axis, and has its label once in each row
    CHECK(trace.y_numbers == (trace.column == 0));
    CHECK(trace.y_label == (trace.column == 0 ? "Membrane potential (mV)" : ""));
    CHECK(stimulus.y_label == (trace.column == 0 ? "Current (pA)" : ""));
  }
  CHECK(layout.panels[5].x_numbers);  // the lowest of the third column
  CHECK(!layout.panels[1].x_numbers);
  CHECK(layout.panels[9].x_numbers);
}

TEST_CASE("texts are cut and broken by their width") {
  CHECK(text_width("iiii", 10) < text_width("MMMM", 10) / 2);
  CHECK(text_width("", 10) == 0);
  CHECK(fit("short", 8, 100) == "short");
  const std::string cut = fit("a rather long title that does not fit", 8, 80);
  CHECK(cut.ends_with("…"));
  CHECK(text_width(cut, 8) <= 80);
  CHECK(fit("µµµµµµµµµµµµµµµµµ", 8, 40).ends_with("µ…"));  // never in the middle of a character
  const auto lines = wrap("Membrane potential of the soma (mV)", 8, 90, 3);
  REQUIRE(lines.size() == 2);
  CHECK(lines[0] == "Membrane potential");
  CHECK(lines[1] == "of the soma (mV)");
}

TEST_CASE("colours are told apart and begin again after the last") {
  CHECK(palette(-1) == "#000000");
  CHECK(palette(0) == "#0072B2");
  for (int i = 0; i < palette_size; ++i) {
    CHECK(palette(i) == palette(i + palette_size));
    for (int j = -3; j < i; ++j) CHECK(palette(i) != palette(j));
    for (int j = -3; j < i; ++j) CHECK(palette(i, true) != palette(j, true));
    CHECK(palette(i) != palette(i, true));
  }
  CHECK(palette(-3, true) < palette(-2, true));  // what lies behind is near the ground, be it white or dark
  CHECK(palette(-3) > palette(-2));
}
