#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "draw/figure.hpp"
#include "purpose/compare/standing.hpp"

namespace hillock {
namespace {

/// A curve over time. What a figure keeps of a recording of millions of samples is bounded: pictures thin further.
Curve over_time(const std::string& label, const SampleTimes& time_ms, const std::vector<double>& values,
                Curve::Style style, int colour, bool emphasised) {
  constexpr std::size_t most = 1'000'000, bins = 100'000;
  Curve c{label, time_ms.list(), values, style, colour, emphasised};
  if (c.x.size() > most) {
    thin(c.x, c.y, bins);
    c.x.shrink_to_fit();
    c.y.shrink_to_fit();
  }
  return c;
}

/// Adds the line at which the part begins that is held out, as high as these values.
void add_boundary(Panel& panel, const Target& target, const std::vector<double>& values, const char* label) {
  if (!target.trains() || !target.held_out) return;
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const double v : values)
    if (std::isfinite(v)) low = std::min(low, v), high = std::max(high, v);
  const double at = target.held_out->from_ms;
  panel.curves.push_back({label, {at, at}, {low, high}, Curve::Style::line, -1, true, true});
}

}  // namespace

Figure overlay(const std::string& name, const std::string& title, std::size_t recording, const Target& target,
               const std::vector<const Standing*>& ranked) {
  const Recording& data = *target.data;
  const SampleTimes times = SampleTimes::grid(data.t0_ms, data.dt_ms, 1, data.voltage.size());
  Figure f{name, title, 1, {}};
  if (!target.trains()) f.title += " (held out)";
  Panel in;
  in.y_label = "Injected current (pA)", in.x_label = "Time (ms)", in.height = 0.5;
  in.curves.push_back(over_time("", times, data.current_pA, Curve::Style::steps, -2, false));
  add_boundary(in, target, data.current_pA, "held out from here");
  f.panels.push_back(std::move(in));
  std::vector<RasterRow> rows{{"recording", data.spikes_ms, -1}};
  // of each model the fit of the least loss in what it saw: the scores of what it did not see choose nothing
  std::map<std::string, const Standing*> drawn;
  for (const Standing* one : ranked) {
    if (!one->neuron) continue;
    const Standing*& least = drawn[one->of->model];
    if (!least || (one->of->fitted() && one->found[one->best].loss < least->found[least->best].loss)) least = one;
  }
  std::vector<std::string> models;  // by colour
  for (const Standing* one : ranked) {
    if (!one->neuron) continue;
    const CaseTrace& played = one->played.runs[recording];
    const auto known = std::find(models.begin(), models.end(), one->of->model);
    const int colour = static_cast<int>(known - models.begin());
    rows.push_back({one->of->name, played.result.spikes_ms, colour});
    if (known == models.end()) models.push_back(one->of->model);
    if (drawn[one->of->model] != one) continue;
    Panel p;
    p.title = one->shown();
    p.y_label = data.unit == "1" ? "Normalised potential" : fmt::format("Potential ({})", data.unit),
    p.x_label = "Time (ms)";
    p.curves.push_back(over_time("recording", times, data.voltage, Curve::Style::line, -1, false));
    p.curves.push_back(
        over_time(one->of->name, played.result.time_ms, played.voltage(), Curve::Style::line, colour, true));
    add_boundary(p, target, data.voltage, "");
    f.panels.push_back(std::move(p));
  }
  Panel raster = raster_of(rows);
  raster.height = 0.16 * static_cast<double>(rows.size());
  f.panels.push_back(std::move(raster));
  return f;
}

Figure convergence(const std::vector<Standing>& all) {
  Figure f{"convergence", "Best loss: median of the starts, and the best of them (thin)", 1, {}};
  for (const Standing& one : all) {
    if (!one.of->fitted() || !one.neuron) continue;
    const bool another = f.panels.empty() || f.panels.back().title != one.of->model;
    if (another) {
      Panel p;
      p.title = one.of->model;
      p.x_label = "Evaluations of a start", p.y_label = "Best loss";
      p.x_logarithmic = p.y_logarithmic = true;
      f.panels.push_back(std::move(p));
    }
    Panel& p = f.panels.back();
    const auto colour = static_cast<int>(p.curves.size() / 2);
    std::set<double> times;
    std::vector<const Found*> starts;
    for (const Found& found : one.found) {
      if (found.history_loss.empty()) continue;
      times.insert(found.history_evaluations.begin(), found.history_evaluations.end());
      times.insert(static_cast<double>(found.evaluations));
      p.y_logarithmic = p.y_logarithmic && found.loss > 0;
      starts.push_back(&found);
    }
    Curve median{one.of->fit.optimizer->id, {}, {}, Curve::Style::steps, colour, true},
        best{"", {}, {}, Curve::Style::steps, colour, false};
    for (const double t : times) {
      std::vector<double> losses;
      for (const Found* found : starts) {
        const std::vector<double>& at = found->history_evaluations;
        const auto after = std::upper_bound(at.begin(), at.end(), t);
        if (after != at.begin())
          losses.push_back(found->history_loss[static_cast<std::size_t>(after - at.begin()) - 1]);
      }
      if (losses.size() < starts.size()) continue;  // a start had no loss yet
      std::sort(losses.begin(), losses.end());
      const std::size_t half = losses.size() / 2;
      median.x.push_back(t);
      median.y.push_back(losses.size() % 2 == 1 ? losses[half] : (losses[half - 1] + losses[half]) / 2);
      best.x.push_back(t);
      best.y.push_back(losses[0]);
    }
    p.curves.push_back(std::move(median));
    p.curves.push_back(std::move(best));
  }
  return f;
}

}  // namespace hillock
