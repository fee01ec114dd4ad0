#include "purpose/forecast/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "draw/text.hpp"
#include "purpose/forecast/read.hpp"
#include "purpose/forecast/scores.hpp"
#include "purpose/readout.hpp"

namespace hillock {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

std::string suffix(const ForecastSeries& series, const char* joint) {
  return series.name.empty() ? "" : joint + series.name;
}

/// Rows with the measures that the table shows, the better ones first; rows that failed come last.
std::vector<CaseResult> shown_rows(const ForecastBlock& block, std::vector<CaseResult> rows) {
  for (CaseResult& row : rows) {
    std::vector<MeasureValue> shown;
    for (const std::string& name : block.shown)
      for (const MeasureValue& v : row.measures)
        if (v.name == name) shown.push_back(v);
    row.measures = std::move(shown);
  }
  const std::vector<ForecastMeasure> all = forecast_measures(block.levels);
  const auto first =
      std::find_if(all.begin(), all.end(), [&](const ForecastMeasure& m) { return m.name == block.shown[0]; });
  const double sign = first->higher_is_better ? -1 : 1;
  std::stable_sort(rows.begin(), rows.end(), [&](const CaseResult& a, const CaseResult& b) {
    const MeasureValue &x = a.measures[0], &y = b.measures[0];
    if (!x.why.empty() || !y.why.empty()) return x.why.empty() && !y.why.empty();
    return sign * x.value < sign * y.value;
  });
  return rows;
}

std::string percent(double x) { return std::isfinite(x) ? fmt::format("{:.1f}", x) : "–"; }

/// Where the share that was held lies when origins are drawn anew. Few of them tell nothing of that.
std::string drawn_anew(const Coverage& c, double level) {
  if (c.origins < 10 || !std::isfinite(c.low)) return "–";
  const bool outside = level < c.low || level > c.high;
  return fmt::format("{:.1f} to {:.1f}{}", c.low, c.high, outside ? fmt::format(": {:g} % outside", level) : "");
}

Table interval_table(const ForecastBlock& block, const std::vector<ForecastSeries>& series,
                     const std::vector<Given>& given) {
  Table t{"Intervals",
          {"forecaster", "made", "earlier origins", "without overlap", "level (%)", "held (%)", "95 % of that",
           "near spikes (%)", "between (%)", "mean width"},
          {},
          "held: share of the truth inside. 95 %: when the scored origins are drawn anew in blocks; – where there are "
          "fewer than 10 origins. Origins that overlap tell less than as many that do not"};
  if (series.size() > 1) t.note += ". All levels are in summary.csv";
  for (const Given& g : given) {
    if (!g.ok() || g.intervals.empty()) continue;
    const ForecastSeries& s = series[g.series];
    for (std::size_t l = 0; l < (series.size() > 1 ? 1 : block.levels.size()); ++l) {
      const Coverage c = coverage_of(s, g.raw, l);
      const bool own = g.intervals == "native";
      t.rows.push_back({block.by[g.forecaster].name + suffix(s, "."), g.intervals,
                        own ? "–" : std::to_string(g.windows), own ? "–" : std::to_string(g.apart),
                        fmt::format("{:g}", block.levels[l]), percent(c.covered), drawn_anew(c, block.levels[l]),
                        percent(c.near_spikes), percent(c.between),
                        !std::isfinite(c.width) ? "–"
                        : s.unit == "1"         ? shown(c.width)
                                                : fmt::format("{} {}", shown(c.width), s.unit)});
    }
  }
  return t;
}

Table series_table(const ForecastBlock& block, const std::vector<ForecastSeries>& series) {
  Table t{"Series",
          {"series", "samples", "step (ms)", "learnt from (ms)", "origins", "horizon (ms)", "current to come"},
          {},
          {}};
  for (const ForecastSeries& s : series) {
    const std::string known = !s.known.empty() ? "told" : block.known_current ? "constant" : "not told";
    t.rows.push_back({s.name.empty() ? "series" : s.name, std::to_string(s.values.size()), fmt::format("{:g}", s.dt_ms),
                      fmt::format("{:g} to {:g}", s.t0_ms, s.time_ms(s.train)), std::to_string(s.origins.size()),
                      fmt::format("{:g}", static_cast<double>(s.horizon) * s.dt_ms), known});
  }
  t.note = "nothing after the begin of a forecast was seen by what made it, but for the current where that is told";
  for (const ForecastSeries& s : series)
    if (const std::string said = spikes_note(s); !said.empty())
      t.note += fmt::format("; {}{}", s.name.empty() ? "" : s.name + ": ", said);
  return t;
}

/// Of the origins the first, and those after it as long as no more than a horizon lies between them.
std::vector<const Issued*> drawn_origins(const ForecastSeries& s, const std::vector<Issued>& all) {
  std::vector<const Issued*> some;
  for (const Issued& one : all) {
    if (some.size() == 4) break;
    if (!some.empty() && one.origin < some.back()->origin + s.horizon) continue;
    if (!some.empty() && one.origin > some.back()->origin + 2 * s.horizon) break;
    some.push_back(&one);
  }
  return some;
}

/// What samples span.
struct Span {
  double low = nan, high = nan;
  void take(const Curve& c) {
    for (const double y : c.y) low = std::fmin(low, y), high = std::fmax(high, y);
  }
  bool holds(double y) const { return low <= y && y <= high; }
};

/// One curve of all drawn origins, with gaps between them.
Curve curve_of(const ForecastSeries& s, const std::vector<const Issued*>& drawn, const std::string& label, int colour,
               const std::function<const std::vector<double>&(const Issued&)>& of) {
  Curve c{label, {}, {}, Curve::Style::line, colour, false};
  for (const Issued* one : drawn) {
    if (!c.x.empty() && one->origin > drawn[0]->origin) c.x.push_back(s.time_ms(one->origin)), c.y.push_back(nan);
    const std::vector<double>& values = of(*one);
    for (std::size_t h = 0; h < values.size(); ++h) c.x.push_back(s.time_ms(one->origin + h)), c.y.push_back(values[h]);
  }
  return c;
}

}  // namespace

Panel forecast_panel(const std::string& name, const std::vector<double>& levels, const ForecastSeries& s,
                     const Given& g, int colour) {
  Panel p;
  p.title = name;
  p.x_label = "Time (ms)", p.y_label = axis_of(s.title.c_str(), s.unit);
  const std::vector<const Issued*> drawn = drawn_origins(s, g.raw);
  const std::size_t first = drawn.front()->origin, last = drawn.back()->origin + s.horizon;
  const std::size_t from = first - std::min(first, 2 * s.horizon);
  Curve truth{"truth", {}, {}, Curve::Style::line, -1, false};
  for (std::size_t k = from; k < last; ++k) truth.x.push_back(s.time_ms(k)), truth.y.push_back(s.values[k]);
  Curve forecast = curve_of(s, drawn, name, colour, [](const Issued& one) -> auto& { return one.forecast.mean; });
  forecast.emphasised = true;
  // the y axis spans bounds up to the size of what they are around; a wild one leaves the picture
  Span near;
  near.take(truth), near.take(forecast);
  const double size = near.high - near.low;
  near.low -= size, near.high += size;
  for (std::size_t l = 0; l < levels.size() && !g.raw[0].forecast.low.empty(); ++l) {
    const auto narrower = std::count_if(levels.begin(), levels.end(), [&](double other) { return other < levels[l]; });
    for (const bool high : {false, true}) {
      Curve c = curve_of(s, drawn, high ? "" : fmt::format("{:g} %", levels[l]), narrower % 2 == 0 ? -2 : -3,
                         [&](const Issued& one) -> auto& { return high ? one.forecast.high[l] : one.forecast.low[l]; });
      c.dashed = narrower > 1;
      Curve inside = c;
      for (double& y : inside.y) y = near.holds(y) ? y : nan;
      const auto numbers = [](const Curve& of) {
        return std::count_if(of.y.begin(), of.y.end(), [](double y) { return std::isfinite(y); });
      };
      c.beyond = numbers(inside) < numbers(c);
      if (c.beyond && numbers(inside) > 0) inside.label.clear(), p.curves.push_back(std::move(inside));
      p.curves.push_back(std::move(c));
    }
  }
  p.curves.push_back(std::move(truth));
  p.curves.push_back(std::move(forecast));
  const auto same = [](const Issued& a, const Issued& b) { return a.forecast.mean == b.forecast.mean; };
  if (!std::equal(g.corrected.begin(), g.corrected.end(), g.raw.begin(), same)) {
    Curve c = curve_of(s, drawn_origins(s, g.corrected), "corrected", colour + 1,
                       [](const Issued& one) -> auto& { return one.forecast.mean; });
    c.dashed = true;
    p.curves.push_back(std::move(c));
  }
  return p;
}

std::string part_shown(const ForecastSeries& s, const Given& g) {
  const std::size_t first = g.raw.front().origin, last = drawn_origins(s, g.raw).back()->origin + s.horizon;
  const std::size_t end = g.raw.back().origin + s.horizon;
  const auto ms = [&](std::size_t to) { return static_cast<double>(to - first) * s.dt_ms; };
  return last < end ? fmt::format("first {:g} of {:g} ms", ms(last), ms(end)) : "";
}

Sheet forecast_sheet(const std::string& file, const std::string& name, const std::vector<double>& levels,
                     const ForecastSeries& s, const std::vector<Issued>& forecasts) {
  Sheet sheet{file, {{"t", "Time", "ms", {}}, {name, name, "", {}}}, "forecasts"};
  const bool intervals = !forecasts[0].forecast.low.empty();
  if (intervals)
    for (const double level : levels)
      for (const char* side : {"lo", "hi"}) {
        const std::string title = fmt::format("{}-{}-{:g}", name, side, level);
        sheet.columns.push_back({title, title, "", {}});
      }
  sheet.columns.push_back({"truth", "Truth", "", {}});
  sheet.columns.push_back({"origin", "Origin", "ms", {}});
  for (const Issued& one : forecasts)
    for (std::size_t h = 0; h < s.horizon; ++h) {
      std::size_t c = 0;
      const auto add = [&](double x) { sheet.columns[c++].values.push_back(x); };
      add(s.time_ms(one.origin + h)), add(one.forecast.mean[h]);
      for (std::size_t l = 0; intervals && l < levels.size(); ++l)
        add(one.forecast.low[l][h]), add(one.forecast.high[l][h]);
      add(s.values[one.origin + h]), add(s.time_ms(one.origin));
    }
  return sheet;
}

std::string spikes_note(const ForecastSeries& s) {
  const auto level = [&](double x) { return with_unit(std::round(100 * x) / 100, s.unit); };
  if (s.falls)
    return fmt::format("spikes are those of the run, and of a forecast falls from above {} to below {}",
                       level(s.spikes.threshold), level(s.spikes.rearm));
  if (std::isfinite(s.spikes.threshold) && spikes_in(s, s.values).empty())
    return fmt::format("no spike crosses {}: `forecast: {{spikes: {{threshold: ...}}}}` sets another threshold",
                       level(s.spikes.threshold));
  return {};
}

CaseResult case_of(const ForecastSeries& s) {
  CaseResult c;
  c.name = s.name.empty() ? "series" : s.name;
  c.time_ms = SampleTimes::grid(s.t0_ms, s.dt_ms, 1, s.values.size());
  c.columns.push_back({"series", s.title, s.unit, s.values});
  for (const auto& known : s.known) c.columns.push_back({"current", "Known Current", "", known});
  return c;
}

std::vector<Table> forecast_tables(const ForecastBlock& block, const std::vector<ForecastSeries>& series,
                                   const std::vector<Given>& given, const std::vector<CaseResult>& cases,
                                   const std::vector<CaseResult>& of_series, const std::vector<std::string>& chosen) {
  std::vector<Table> tables;
  Table ranked = summary(shown_rows(block, cases), "forecaster");
  ranked.title = fmt::format("Ranked by {}", block.shown[0]);
  if (series.size() > 1) ranked.title += fmt::format(", mean over {} series", series.size());
  if (!chosen.empty())
    ranked.note += fmt::format("{}chosen by the least error on the validation part: {}",
                               ranked.note.empty() ? "" : "; ", fmt::join(chosen, ", "));
  tables.push_back(std::move(ranked));
  for (const ForecastSeries& s : series) {
    if (of_series.empty()) break;
    std::vector<CaseResult> rows;
    for (const CaseResult& row : of_series)
      if (row.name.ends_with("." + s.name)) rows.push_back(row);
    Table t = summary(shown_rows(block, rows), "forecaster");
    t.title = s.name;
    tables.push_back(std::move(t));
  }
  tables.push_back(series_table(block, series));
  if (Table t = interval_table(block, series, given); !t.rows.empty()) tables.push_back(std::move(t));
  Table corrected{fmt::format("Corrected by {}", block.correct ? block.correct->id() : ""),
                  {"forecaster", "what became of it"},
                  {},
                  {}};
  Table notes{"Notes", {"forecaster", "says"}, {}, {}};
  for (const Given& g : given) {
    const std::string name = block.by[g.forecaster].name + suffix(series[g.series], ".");
    if (g.ok() && block.correct) corrected.rows.push_back({name, g.correction});
    if (g.ok() && !g.note.empty()) notes.rows.push_back({name, g.note});
  }
  if (!corrected.rows.empty()) tables.push_back(std::move(corrected));
  if (!notes.rows.empty()) tables.push_back(std::move(notes));
  return tables;
}

std::vector<Sheet> forecast_sheets(const ForecastBlock& block, const std::vector<ForecastSeries>& series,
                                   const std::vector<Given>& given) {
  std::vector<Sheet> all;
  for (const Given& g : given)
    for (const bool corrected : {false, true}) {
      const std::vector<Issued>& forecasts = corrected ? g.corrected : g.raw;
      if (!g.ok() || forecasts.empty()) continue;
      const ForecastSeries& s = series[g.series];
      const std::string name = corrected ? corrected_name(block.by[g.forecaster]) : block.by[g.forecaster].name;
      all.push_back(forecast_sheet(name + suffix(s, "."), name, block.levels, s, forecasts));
    }
  for (std::size_t k = 0; k < series.size(); ++k) {
    const ForecastSeries& s = series[k];
    Sheet lead{"error_by_lead" + suffix(s, "."), {{"lead", "Lead Time", "ms", {}}}};
    for (std::size_t h = 0; h < s.horizon; ++h) lead.columns[0].values.push_back(static_cast<double>(h + 1) * s.dt_ms);
    for (const Given& g : given)
      for (const bool corrected : {false, true})
        if (const auto& forecasts = corrected ? g.corrected : g.raw; g.series == k && !forecasts.empty()) {
          const std::string name = corrected ? corrected_name(block.by[g.forecaster]) : block.by[g.forecaster].name;
          lead.columns.push_back({name, name, s.unit, error_by_lead(s, forecasts)});
        }
    all.push_back(std::move(lead));
  }
  return all;
}

std::vector<Figure> forecast_figures(const std::string& title, const ForecastBlock& block,
                                     const std::vector<ForecastSeries>& series, const std::vector<Given>& given) {
  std::vector<Figure> all;
  Figure leads{"error_by_lead", title.empty() ? "Error by lead time" : title + ": error by lead time", 1, {}};
  for (std::size_t k = 0; k < series.size(); ++k) {
    const ForecastSeries& s = series[k];
    Figure f{"forecasts" + suffix(s, "_"), s.name.empty() ? title : fmt::format("{}: {}", title, s.name), 1, {}};
    Panel lead;
    lead.title = s.name;
    lead.x_label = "Lead time (ms)", lead.y_label = with_unit(std::string("Mean absolute error"), s.unit);
    std::vector<double> x;
    for (std::size_t h = 0; h < s.horizon; ++h) x.push_back(static_cast<double>(h + 1) * s.dt_ms);
    for (const Given& g : given) {
      if (g.series != k || !g.ok()) continue;
      if (const std::string part = part_shown(s, g); f.panels.empty() && !part.empty())
        f.title += f.title.empty() ? part : fmt::format(" ({})", part);
      const int colour = static_cast<int>(g.forecaster);
      f.panels.push_back(forecast_panel(block.by[g.forecaster].name, block.levels, s, g, colour));
      lead.curves.push_back(
          {block.by[g.forecaster].name, x, error_by_lead(s, g.raw), Curve::Style::line, colour, false});
    }
    if (f.panels.empty()) continue;
    if (f.panels.size() > 6) f.columns = 2;
    leads.panels.push_back(std::move(lead));
    all.push_back(std::move(f));
  }
  if (!leads.panels.empty()) all.push_back(std::move(leads));
  return all;
}

}  // namespace hillock
