// Tables and figures of what a fit knows of its result.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "draw/text.hpp"
#include "purpose/fit/after.hpp"

namespace hillock {
namespace {

constexpr double undetermined = 0.25;

const std::string& name_of(const FitBlock& block, std::size_t k) { return block.free[k].parameter.path(); }
std::string with_unit_of(const FitBlock& block, std::size_t k) {
  return with_unit(name_of(block, k), block.free[k].parameter.unit());
}
std::string label_of(const FitBlock& block, std::size_t k) {
  const std::string& unit = block.free[k].parameter.unit();
  return unit == "1" ? name_of(block, k) : fmt::format("{} ({})", name_of(block, k), unit);
}

}  // namespace

Table optima_table(const FitBlock& block, const std::vector<Found>& found) {
  Table t{"Optima",
          {"optimum", "loss", "starts"},
          {},
          "starts that ended within a fiftieth of each range of one another found the same one"};
  for (std::size_t k = 0; k < block.free.size(); ++k) t.head.push_back(with_unit_of(block, k));
  for (const auto& group : optima(block, found)) {
    const Found& of = found[group[0]];
    std::vector<std::size_t> starts;
    for (const std::size_t s : group) starts.push_back(s + 1);
    std::sort(starts.begin(), starts.end());
    t.rows.push_back(
        {fmt::format("{}", t.rows.size() + 1), shown(of.loss), fmt::format("{}", fmt::join(starts, ", "))});
    for (const double number : of.best) t.rows.back().push_back(shown(number));
  }
  return t;
}

Table determined_table(const FitBlock& block, const Determined& d, const std::vector<double>& best) {
  Table t{"What the recording determines", {"number", "fitted", "standard error", "part of its range"}, {}, {}};
  for (std::size_t k = 0; d.why.empty() && k < best.size(); ++k) {
    const double error = d.errors[k];
    const bool known = error <= undetermined;
    t.rows.push_back({with_unit_of(block, k), shown(best[k]),
                      known ? shown(error * std::abs(block.free[k].slope(best[k]))) : "–",
                      known ? fmt::format("{:.2g} %", 100 * error) : "not determined"});
  }
  std::vector<std::string> said = in_words(block, d, best);
  if (d.why.empty() && looks_at_rate(block)) said.push_back("This follows from the curvature of the likelihood.");
  else if (d.why.empty())
    said.push_back(
        fmt::format("This follows from how {} at the fitted numbers, and how far it is from the recording: "
                    "{:.3g}{}, the root mean square of {:.0f} independent values.",
                    d.of == "spikes" ? "each spike moves" : "the voltage moves", d.residual,
                    d.unit.empty() ? "" : " " + d.unit, d.samples));
  t.note = fmt::format("{}", fmt::join(said, " "));
  return t;
}

Table profile_table(const FitBlock& block, const std::vector<Profile>& all, double best_loss) {
  constexpr double flat = 0.02;  // of the loss
  Table t{"Profile of the loss", {"number", "fitted"}, {}, {}};
  for (const double by : beside_fitted) t.head.push_back(fmt::format("{:+g} %", 100 * by));
  std::uint64_t evaluations = 0;
  std::vector<std::string> loose;
  double least = best_loss;
  for (std::size_t k = 0; k < all.size(); ++k) {
    const Profile& p = all[k];
    evaluations += p.evaluations;
    std::vector<std::string> row{with_unit_of(block, k), shown(best_loss)};
    bool is_loose = false;
    for (const double by : beside_fitted) {
      const auto at = std::find(p.beside.begin(), p.beside.end(), by);
      if (at == p.beside.end()) {
        row.push_back("–");
        continue;
      }
      const double loss = p.loss[static_cast<std::size_t>(at - p.beside.begin())];
      row.push_back(std::isnan(loss) ? "lost" : shown(loss));
      least = std::min(least, loss);
      is_loose = is_loose || (std::abs(by) == 0.2 && loss - best_loss <= flat * std::abs(best_loss));
    }
    if (is_loose) loose.push_back(name_of(block, k));
    t.rows.push_back(std::move(row));
  }
  t.note = fmt::format(
      "the loss with a number held beside its fitted value, by so much of its range, and the others searched again; {} "
      "evaluations{}",
      evaluations,
      loose.empty() ? ""
                    : fmt::format(". A fifth of its range from the fitted value the loss is within 2 % again: {}",
                                  fmt::join(loose, ", ")));
  for (const Profile& p : all)
    if (!p.lost.empty()) {
      t.note += fmt::format(". Lost: {}", p.lost);
      break;
    }
  if (best_loss - least > flat * std::abs(best_loss))
    t.note += fmt::format(". Not converged: a lower loss, {}, was met here; give the fit more evaluations or starts",
                          shown(least));
  return t;
}

Figure profile_figure(const FitBlock& block, const std::vector<Profile>& all) {
  Figure f{"profiles", "Loss beside the fitted values, the other numbers searched again", 2, {}};
  for (std::size_t k = 0; k < all.size() && k < most_panels; ++k) {
    Panel p;
    p.x_label = label_of(block, k);
    p.y_label = "Loss";
    p.x_logarithmic = block.free[k].logarithmic && block.free[k].from > 0;
    p.curves.push_back({"", all[k].numbers, all[k].loss, Curve::Style::line, 0, false});
    p.curves.push_back({"", all[k].numbers, all[k].loss, Curve::Style::points, 0, false});
    for (std::size_t i = 0; i < all[k].beside.size(); ++i)
      if (all[k].beside[i] == 0)
        p.curves.push_back({"fitted", {all[k].numbers[i]}, {all[k].loss[i]}, Curve::Style::rings, 1, true});
    f.panels.push_back(std::move(p));
  }
  return f;
}

Figure pairs_figure(const FitBlock& block, const std::vector<Found>& found, const Found& best) {
  constexpr std::size_t most_numbers = 5, groups = 4;
  const std::size_t n = block.free.size();
  struct One {
    double loss;
    const double* numbers;
  };
  std::vector<One> all;
  for (const Found& f : found)
    for (std::size_t i = 0; i < f.kept_loss.size(); ++i) all.push_back({f.kept_loss[i], f.kept.data() + i * n});
  std::stable_sort(all.begin(), all.end(), [](const One& a, const One& b) { return a.loss < b.loss; });
  Figure f{"pairs", "Candidates, the darker the lower their loss", n == 2 ? 1 : 2, {}};
  for (std::size_t b = 1; b < std::min(n, most_numbers); ++b)
    for (std::size_t a = 0; a < b; ++a) {
      Panel p;
      p.x_label = label_of(block, a);
      p.y_label = label_of(block, b);
      p.x_logarithmic = block.free[a].logarithmic && block.free[a].from > 0;
      p.y_logarithmic = block.free[b].logarithmic && block.free[b].from > 0;
      for (std::size_t g = groups; g-- > 0;) {  // the best on top
        Curve c;
        c.style = Curve::Style::points;
        c.shade = static_cast<double>(g) / groups;
        for (std::size_t i = all.size() * g / groups; i < all.size() * (g + 1) / groups; ++i)
          c.x.push_back(all[i].numbers[a]), c.y.push_back(all[i].numbers[b]);
        if (f.panels.empty()) c.label = g == 0 ? "lowest quarter" : g + 1 == groups ? "highest" : "";
        if (!c.x.empty()) p.curves.push_back(std::move(c));
      }
      p.curves.push_back(
          {f.panels.empty() ? "fitted" : "", {best.best[a]}, {best.best[b]}, Curve::Style::rings, 1, true});
      f.panels.push_back(std::move(p));
    }
  return f;
}

Sheet candidates_sheet(const FitBlock& block, const std::vector<Found>& found) {
  const std::size_t n = block.free.size(), terms = block.loss.size();
  Sheet sheet{"candidates", {{"start", "Start", "1", {}}, {"loss", "Loss", "1", {}}}};
  for (std::size_t j = 0; terms > 1 && j < terms; ++j)
    sheet.columns.push_back({"loss." + block.loss[j].measure.name, block.loss[j].measure.name, "1", {}});
  for (std::size_t k = 0; k < n; ++k)
    sheet.columns.push_back({name_of(block, k), name_of(block, k), block.free[k].parameter.unit(), {}});
  for (const Found& f : found)
    for (std::size_t i = 0; i < f.kept_loss.size(); ++i) {
      std::size_t c = 0;
      sheet.columns[c++].values.push_back(f.start + 1.0);
      sheet.columns[c++].values.push_back(f.kept_loss[i]);
      for (std::size_t j = 0; terms > 1 && j < terms; ++j)
        sheet.columns[c++].values.push_back(f.kept_terms[i * terms + j]);
      for (std::size_t k = 0; k < n; ++k) sheet.columns[c++].values.push_back(f.kept[i * n + k]);
    }
  return sheet;
}

// --- The front of several losses ------------------------------------------------------------------------------------

std::vector<FrontPoint> front_of(const FitBlock& block, const std::vector<Found>& found) {
  const std::size_t n = block.free.size(), terms = block.loss.size();
  std::vector<FrontPoint> front;
  for (const Found& f : found)
    for (std::size_t i = 0; i < f.kept_loss.size(); ++i) {
      const auto part = [i](const std::vector<double>& of, std::size_t width) {
        return std::vector<double>(of.begin() + static_cast<std::ptrdiff_t>(i * width),
                                   of.begin() + static_cast<std::ptrdiff_t>((i + 1) * width));
      };
      add_to_front(front, {part(f.kept, n), f.kept_loss[i], part(f.kept_terms, terms)});
    }
  std::stable_sort(front.begin(), front.end(),
                   [](const FrontPoint& a, const FrontPoint& b) { return a.terms[0] < b.terms[0]; });
  return front;
}

Table front_table(const FitBlock& block, const std::vector<FrontPoint>& front, std::size_t taken) {
  Table t{"Front", {"point"}, {}, {}};
  for (const LossTerm& term : block.loss) t.head.push_back(term.measure.name);
  for (std::size_t k = 0; k < block.free.size(); ++k) t.head.push_back(with_unit_of(block, k));
  const auto row = [&](const std::string& name, const FrontPoint& point) {
    t.rows.push_back({name});
    for (const double x : point.terms) t.rows.back().push_back(shown(x));
    for (const double x : point.numbers) t.rows.back().push_back(shown(x));
  };
  for (std::size_t j = 0; j < block.loss.size(); ++j)
    row("least " + block.loss[j].measure.name,
        *std::min_element(front.begin(), front.end(),
                          [&](const FrontPoint& a, const FrontPoint& b) { return a.terms[j] < b.terms[j]; }));
  const std::size_t knee = knee_of(front);
  row(knee == taken ? "knee, taken" : "knee", front[knee]);
  if (knee != taken) row("taken", front[taken]);
  t.note = fmt::format("{} points, of which none is better in every loss; all are in data/front.csv", front.size());
  return t;
}

Figure front_figure(const FitBlock& block, const std::vector<FrontPoint>& front, std::size_t taken) {
  Figure f{"front", "What no candidate surpasses in every loss", 1, {}};
  const std::size_t terms = block.loss.size();
  const std::size_t knee = knee_of(front);
  for (std::size_t b = 1; b < terms; ++b)
    for (std::size_t a = 0; a < b; ++a) {
      Panel p;
      p.x_label = block.loss[a].measure.name;
      p.y_label = block.loss[b].measure.name;
      Curve all;
      all.label = "front";
      all.style = Curve::Style::points;
      for (const FrontPoint& point : front) all.x.push_back(point.terms[a]), all.y.push_back(point.terms[b]);
      p.curves.push_back(std::move(all));
      const auto mark = [&](const char* label, std::size_t i, int colour) {
        p.curves.push_back({label, {front[i].terms[a]}, {front[i].terms[b]}, Curve::Style::rings, colour, true});
      };
      mark(knee == taken ? "knee, taken" : "knee", knee, 1);
      if (knee != taken) mark("taken", taken, 2);
      f.panels.push_back(std::move(p));
    }
  return f;
}

Sheet front_sheet(const FitBlock& block, const std::vector<FrontPoint>& front) {
  Sheet sheet{"front", {}};
  for (std::size_t j = 0; j < block.loss.size(); ++j) {
    sheet.columns.push_back({"loss." + block.loss[j].measure.name, block.loss[j].measure.name, "1", {}});
    for (const FrontPoint& point : front) sheet.columns.back().values.push_back(point.terms[j]);
  }
  for (std::size_t k = 0; k < block.free.size(); ++k) {
    sheet.columns.push_back({name_of(block, k), name_of(block, k), block.free[k].parameter.unit(), {}});
    for (const FrontPoint& point : front) sheet.columns.back().values.push_back(point.numbers[k]);
  }
  return sheet;
}

}  // namespace hillock
