// The report is one page that needs nothing else and shows texts as texts.
#include <cmath>
#include <limits>

#include "results/report.hpp"
#include "samples.hpp"

using namespace hillock;
using samples::count;

namespace {

bool has(const std::string& page, const std::string& part) { return page.find(part) != std::string::npos; }

RunResult with_figure(const Figure& figure) {
  RunResult run = samples::run();
  run.figures = {figure};
  return run;
}

/// The data of the page: what is between the tags of the element `figures`.
std::string data_of(const std::string& page) {
  const std::string begin = "<script type=\"application/json\" id=\"figures\">";
  const std::size_t at = page.find(begin);
  REQUIRE(at != std::string::npos);
  return page.substr(at + begin.size(), page.find("</script>", at) - at - begin.size());
}

}  // namespace

TEST_CASE("the page names the experiment, its source, its tables and how it was run") {
  RunResult run = samples::run();
  run.source = "doi:10.1109/TNN.2003.820440";
  run.note = "After figure 2.";
  run.tables = {
      {"Summary", {"case", "mean_rate (Hz)", "status"}, {{"a", "12.5", "ok"}, {"b", "–", "ok"}}, "Two cases."}};
  const std::string page = report_html(run, {});
  CHECK(page.starts_with("<!DOCTYPE html>"));
  CHECK(has(page, "<title>Regular spiking</title>"));
  CHECK(has(page,
            "<a href=\"https://doi.org/10.1109/TNN.2003.820440\" rel=\"noreferrer\">doi:10.1109/TNN.2003.820440</a>"));
  CHECK(has(page, "<p>After figure 2.</p>"));
  CHECK(has(page, "<tr><th>case</th><th class=\"number\">mean_<wbr>rate (Hz)</th><th>status</th></tr>"));
  CHECK(has(page, "<tr><td>a</td><td class=\"number\">12.5</td><td>ok</td></tr>"));
  CHECK(has(page, "<p class=\"soft\">Two cases.</p>"));
  CHECK(has(page, "<pre>hillock run rs.yaml\n</pre>"));
  CHECK(has(page, "<pre>title: Regular spiking\n</pre>"));
  CHECK(has(page, "<pre>hillock: 0.1.0\n</pre>"));
  CHECK(count(page, "<script") == 0);  // nothing to plot, nothing to run
}

TEST_CASE("the page loads nothing") {
  const std::string page =
      report_html(with_figure(samples::figure({samples::panel({samples::curve({0, 1}, {0, 1})})})), {"<svg/>"});
  CHECK(has(page, "content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-"));
  CHECK(count(page, " src=\"") == 1);
  CHECK(has(page, " src=\"data:image/svg+xml;base64,PHN2Zy8+\""));
  for (const std::string part : {"<link", "@import", "url(", "sourceMappingURL", "fetch(", "<iframe"}) {
    CAPTURE(part);
    CHECK(!has(page, part));
  }
}

TEST_CASE("texts of the user are never elements, attributes or scripts of the page") {
  RunResult run = samples::run();
  const std::string evil = "\"><script>alert(1)</script><img src=x onerror='alert(2)'>&amp;</pre>";
  run.title = run.source = run.note = run.command = run.experiment_yaml = run.provenance_yaml = evil;
  run.tables = {{evil, {evil}, {{evil}}, evil}};
  Panel panel = samples::panel({samples::curve({0, 1}, {0, 1}, evil)});
  panel.title = panel.x_label = panel.y_label = evil;
  panel.row_labels = {evil, "</script>", "<!--<script>"};
  Figure figure = samples::figure({panel});
  figure.title = evil + "!";
  figure.name = evil;
  run.figures = {figure};
  const std::string page = report_html(run, {"<svg>" + evil + "</svg>"});
  CHECK(count(page, "<script") == 3);  // data, dygraphs, ours
  CHECK(count(page, "</script>") == 3);
  CHECK(!has(page, "<img src=x"));
  CHECK(!has(page, "<!--"));
  CHECK(has(page,
            "<h1>&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=&#39;alert(2)&#39;&gt;"
            "&amp;amp;&lt;/pre&gt;</h1>"));
  CHECK(!has(data_of(page), "<"));
  CHECK(has(data_of(page), "\\u003cscript\\u003ealert(1)"));
}

TEST_CASE("only web addresses and DOIs become links") {
  const auto page = [](const std::string& source) {
    RunResult run = samples::run();
    run.source = source;
    return report_html(run, {});
  };
  CHECK(has(page("https://doi.org/10.1000/1"), "<a href=\"https://doi.org/10.1000/1\""));
  for (const std::string source :
       {"javascript:alert(1)", "Izhikevich 2003", "doi:10.1/\" onclick=\"alert(1)", "data:text/html,x"}) {
    CAPTURE(source);
    CHECK(!has(page(source), "href"));
  }
}

TEST_CASE("data are in the page with their style and their gaps") {
  constexpr double no_number = std::numeric_limits<double>::quiet_NaN();
  Panel panel = samples::panel({samples::curve({0, 0.25, 0.5, no_number}, {-65, no_number, 30.123456789, 4}, "v")});
  panel.curves[0].style = Curve::Style::steps;
  panel.curves[0].colour = 1;
  panel.curves.push_back(samples::curve({}, {}));
  panel.curves[1].colour = -1;
  panel.curves.push_back(samples::curve({1}, {2}));
  panel.curves[2].style = Curve::Style::rings, panel.curves[2].dashed = true;
  const std::string data = data_of(report_html(with_figure(samples::figure({panel}, 2)), {}));
  CHECK(has(data, "{\"columns\":2,\"panels\":["));
  CHECK(has(data, "\"x_label\":\"Time (ms)\",\"y_label\":\"Membrane potential (mV)\",\"height\":1,\"rows\":[]"));
  CHECK(has(data,
            "{\"label\":\"v\",\"style\":\"steps\",\"colour\":\"#D55E00\",\"dash\":false,\"strong\":false,"
            "\"dark\":\"#F08040\",\"x\":[0,0.25,0.5,0.5],\"y\":[-65,null,30.12346,null]}"));
  CHECK(has(data, "\"colour\":\"\",\"dash\":false,\"strong\":false,\"x\":[],\"y\":[]}"));
  CHECK(has(data, "\"style\":\"rings\",\"colour\":\"#0072B2\",\"dash\":true"));
}

TEST_CASE("a curve without any x is no error") {
  constexpr double no_number = std::numeric_limits<double>::quiet_NaN();
  const std::string data = data_of(report_html(
      with_figure(samples::figure({samples::panel({samples::curve({no_number, no_number}, {1, 2})})})), {}));
  CHECK(has(data, "\"y\":[null,null]"));
}

TEST_CASE("long traces are thinned in the page, with their extremes, and the page says so") {
  std::vector<double> x(300000), y(300000, 0.0);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<double>(i);
  y[123456] = 77.5;
  const std::string said = "the full data are in data/*.csv";
  const std::string page = report_html(with_figure(samples::figure({samples::panel({samples::curve(x, y)})})), {});
  CHECK(has(page, said));
  CHECK(page.size() < 1000000);
  CHECK(has(data_of(page), "77.5"));
  x.resize(1000), y.resize(1000);
  CHECK(!has(report_html(with_figure(samples::figure({samples::panel({samples::curve(x, y)})})), {}), said));
}

TEST_CASE("a figure without a picture says so") {
  const RunResult run = with_figure(samples::figure({samples::panel({samples::curve({0, 1}, {0, 1})})}));
  CHECK(has(report_html(run, {""}), "There is no picture of this figure: it could not be drawn."));
  CHECK(has(report_html(run, {}), "There is no picture of this figure: it could not be drawn."));
  CHECK(!has(report_html(run, {"<svg/>"}), "There is no picture"));
}

TEST_CASE("figures come before tables, and long tables are folded") {
  RunResult run = with_figure(samples::figure({samples::panel({samples::curve({0, 1}, {0, 1})})}));
  Table brief{"Brief", {"case"}, {{"a"}, {"b"}}, ""}, lengthy{"Lengthy", {"case"}, {}, ""};
  for (int i = 0; i < 100; ++i) lengthy.rows.push_back({"row " + std::to_string(i)});
  run.tables = {brief, lengthy};
  const std::string page = report_html(run, {"<svg/>"});
  CHECK(page.find("id=\"plots-0\"") < page.find("<h2>Brief</h2>"));
  CHECK(page.find("<h2>Brief</h2>\n<div class=\"wide\"><table>") != std::string::npos);
  CHECK(has(page, "<h2>Lengthy</h2>\n<details><summary>100 rows</summary>\n<div class=\"wide\"><table>"));
  CHECK(has(page, "</tbody></table></div>\n</details>\n"));
}

TEST_CASE("the page has each colour for light and for dark ground, and lines that cover others are dashed") {
  Panel panel = samples::panel({samples::curve({0, 1}, {0, 1}), samples::curve({0, 1}, {0, 1})});
  panel.curves[0].colour = -3;
  const std::string data = data_of(report_html(with_figure(samples::figure({panel})), {}));
  CHECK(has(data, "\"colour\":\"#c8c8c8\",\"dash\":false,\"strong\":false,\"dark\":\"#4e5154\",\"x\""));
  CHECK(has(data, "\"colour\":\"#0072B2\",\"dash\":false,\"strong\":false,\"dark\":\"#3D9BE0\",\"upon\":1,\"x\""));
}

TEST_CASE("the page knows what stands below what, and what a label is where it has no room") {
  Panel stimulus = samples::panel({samples::curve({0, 1}, {0, 1})});
  stimulus.y_label = "Injected current density (uA/cm2)", stimulus.y_brief = "I (uA/cm2)", stimulus.below = true;
  const std::string page =
      report_html(with_figure(samples::figure({samples::panel({samples::curve({0, 1}, {0, 1})}), stimulus}, 2)), {});
  CHECK(has(data_of(page), "\"rows\":[],\"below\":true,\"y_brief\":\"I (uA/cm2)\""));
  CHECK(!has(page, "text-overflow"));
}
