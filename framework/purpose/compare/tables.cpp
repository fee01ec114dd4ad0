#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "draw/text.hpp"
#include "measure/distances.hpp"
#include "measure/statistics.hpp"
#include "purpose/compare/standing.hpp"

namespace hillock {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
constexpr std::size_t most_others = 100;  ///< realisations that one is held against, so that the work is linear in them
constexpr double psth_ms = 10;  ///< standard deviation of the Gaussian under which rates are held against each other

const MeasureValue* measure_of(const CaseResult& row, const std::string& name) {
  for (const MeasureValue& v : row.measures)
    if (v.name == name) return &v;
  return nullptr;
}

/// "0.81 (0.79 to 0.85)" of one measure over the starts, "–" where it has no median.
std::string spread(const std::vector<CaseResult>& starts, const std::string& name) {
  const CaseResult middle = median_of("", starts);
  const MeasureValue* v = measure_of(middle, name);
  if (!v || !v->why.empty()) return "–";
  double low = inf, high = -inf;
  for (const CaseResult& s : starts)
    if (const MeasureValue& one = *measure_of(s, name); one.why.empty())
      low = std::min(low, one.value), high = std::max(high, one.value);
  return starts.size() == 1 ? fmt::format("{:.4g}", v->value)
                            : fmt::format("{:.4g} ({:.4g} to {:.4g})", v->value, low, high);
}

/// The part by which the best start was still falling in the second half of its evaluations.
double fell_late(const Found& found) {
  double half = nan;
  for (std::size_t k = 0; k < found.history_loss.size(); ++k)
    if (2 * found.history_evaluations[k] <= static_cast<double>(found.evaluations)) half = found.history_loss[k];
  return std::isfinite(half) ? (half - found.loss) / std::max(std::abs(found.loss), 1e-12) : inf;
}

/// Mean over all pairs of different recordings of what `of` says of the two.
template <class Of> std::vector<double> over_pairs(const std::vector<const Target*>& targets, const Of& of) {
  std::vector<double> all;
  for (std::size_t a = 0; a < targets.size(); ++a)
    for (std::size_t b = a + 1; b < targets.size(); ++b) all.push_back(of(*targets[a], *targets[b]));
  return all;
}

/// Whether two recordings are of one current: alike but for what a recorded current has of noise.
bool same_current(const Recording& a, const Recording& b) {
  if (a.current_pA.size() != b.current_pA.size() || a.dt_ms != b.dt_ms) return false;
  const double n = static_cast<double>(a.current_pA.size()), middle = mean(a.current_pA);
  double difference = 0, variance = 0;
  for (std::size_t k = 0; k < a.current_pA.size(); ++k) {
    difference += (a.current_pA[k] - b.current_pA[k]) * (a.current_pA[k] - b.current_pA[k]) / n;
    variance += (a.current_pA[k] - middle) * (a.current_pA[k] - middle) / n;
  }
  constexpr double alike = 0.02;  // of the standard deviation
  return difference <= alike * alike * variance;
}

}  // namespace

std::uint64_t Standing::evaluations() const {
  std::uint64_t all = 0;
  for (const Found& f : found) all += f.evaluations;
  return all;
}

double Standing::seconds() const {
  double all = 0;
  for (const Found& f : found) all += f.seconds;
  return all;
}

std::string Standing::shown() const {
  return of->fitted() ? fmt::format("{}, fitted by {}", of->model, of->fit.optimizer->id) : of->model;
}

CaseResult median_of(const std::string& name, const std::vector<CaseResult>& starts) {
  CaseResult row;
  row.name = name;
  if (starts.empty()) return row;
  row.measures = starts[0].measures;
  for (std::size_t k = 0; k < row.measures.size(); ++k) {
    MeasureValue& v = row.measures[k];
    const MeasureInfo* info = find_measure(v.name);
    const double worst = info && info->better == MeasureInfo::Better::higher ? -inf : inf;
    std::vector<double> all;
    for (const CaseResult& s : starts) {
      if (s.measures[k].why.empty()) all.push_back(s.measures[k].value);
      else if (!info || info->better != MeasureInfo::Better::neither) all.push_back(worst);
      if (v.why.empty()) v.why = s.measures[k].why;
    }
    v.value = all.empty() ? nan : median(std::move(all));
    if (std::isfinite(v.value)) v.why.clear();
    else v.value = nan;
  }
  return row;
}

Table starts_table(const std::vector<const Standing*>& ranked, const std::string& ranked_by) {
  const bool holds_out =
      std::any_of(ranked.begin(), ranked.end(), [](const Standing* h) { return !h->held_out.empty(); });
  Table t{"Median over the starts, least and greatest", {"case", "starts", "loss fitted"}, {}, {}};
  if (holds_out) t.head.push_back("loss held out");
  if (!ranked_by.empty()) t.head.push_back(ranked_by + (holds_out ? " held out" : ""));
  t.head.push_back("converged");
  bool all_converged = true;
  for (const Standing* h : ranked) {
    if (!h->of->fitted()) continue;
    std::vector<std::string> row{h->of->name, fmt::format("{}", h->found.size()), spread(h->trained, "loss")};
    if (holds_out) row.push_back(spread(h->held_out, "loss"));
    if (!ranked_by.empty()) row.push_back(spread(holds_out ? h->held_out : h->trained, ranked_by));
    const bool converged = h->neuron && fell_late(h->found[h->best]) <= 0.02;
    all_converged = all_converged && converged;
    row.push_back(converged ? "yes" : "no");
    t.rows.push_back(std::move(row));
  }
  if (!all_converged)
    t.note =
        "not converged: the second half of the evaluations of the best start took more than 2 % of the loss away; "
        "a larger budget would take more";
  std::vector<std::string> fewer;
  std::uint64_t enough = 0;
  for (const Standing* h : ranked)
    if (h->of->fit.starts < h->of->asked_starts) {
      fewer.push_back(fmt::format("{} of {} starts of '{}'", h->of->fit.starts, h->of->asked_starts, h->of->name));
      enough = std::max(enough, h->of->budget_of_all_starts);
    }
  if (!fewer.empty())
    t.note += fmt::format("{}the budget allows only {}: a budget of {} allows all", t.note.empty() ? "" : "; ",
                          fmt::join(fewer, ", "), enough);
  return t;
}

std::vector<Table> numbers_tables(const std::vector<const Standing*>& ranked) {
  std::vector<Table> all;
  for (const Standing* first : ranked) {
    const std::string title = fmt::format("Fitted numbers of {}", first->of->model);
    if (!first->of->fitted() ||
        std::any_of(all.begin(), all.end(), [&](const Table& t) { return t.title.starts_with(title + ":"); }))
      continue;
    Table t{title + ": best start, least and greatest of all", {""}, {}, {}};
    const std::vector<FreeNumber>& free = first->of->fit.free;
    std::vector<std::string> own{"in the file"}, searched{"searched"};
    for (const FreeNumber& f : free) {
      t.head.push_back(with_unit(f.parameter.path(), f.parameter.unit()));
      const double value = f.parameter.get(*first->of->fit.neuron);
      own.push_back(std::isfinite(value) ? shown(value) : "–");
      searched.push_back(fmt::format("{:g} to {:g}", f.from, f.to));
    }
    t.rows = {std::move(own), std::move(searched)};
    bool at_bound = false;
    for (const Standing* h : ranked) {
      if (h->of->model != first->of->model || !h->neuron) continue;
      std::vector<std::string> row{h->of->fit.optimizer->id};
      for (std::size_t k = 0; k < free.size(); ++k) {
        double low = inf, high = -inf;
        for (const Found& f : h->found)
          if (!f.best.empty()) low = std::min(low, f.best[k]), high = std::max(high, f.best[k]);
        const double best = h->found[h->best].best[k], at = free[k].unit(best);
        const bool bound = at < 1e-3 || at > 1 - 1e-3;
        at_bound = at_bound || bound;
        row.push_back(fmt::format("{:.4g}{} ({:.4g} to {:.4g})", best, bound ? " *" : "", low, high));
      }
      t.rows.push_back(std::move(row));
    }
    if (at_bound) t.note = "*: at its bound, so that the range is too narrow, or the data do not determine it";
    all.push_back(std::move(t));
  }
  return all;
}

std::vector<Table> repeats_tables(const std::vector<Target>& targets, const std::vector<const Standing*>& ranked,
                                  const MeasureOptions& gamma) {
  std::vector<Table> all;
  std::vector<bool> seen(targets.size(), false);
  for (std::size_t first = 0; first < targets.size(); ++first) {
    std::vector<const Target*> alike;
    std::vector<std::size_t> of;
    for (std::size_t k = first; k < targets.size(); ++k) {
      const Target &a = targets[first], &b = targets[k];
      if (seen[k] || a.held_out.has_value() != b.held_out.has_value() || !same_current(*a.data, *b.data)) continue;
      seen[k] = true;
      alike.push_back(&b);
      of.push_back(k);
    }
    if (alike.size() < 2) continue;
    const auto precision_option = gamma.numbers.find("precision");
    const double precision = precision_option == gamma.numbers.end() ? 4 : precision_option->second;
    const auto train = [](const ScoredWindow& o, const std::vector<double>& spikes) {
      return within(spikes, o.from_ms, o.to_ms, o.to_included);
    };
    const auto coincident = [&](Train a, Train b) { return static_cast<double>(coincidences(a, b, precision)); };
    const std::vector<double> among_data = over_pairs(alike, [&](const Target& a, const Target& b) {
      return evaluate("gamma", scored_part(b), &scored_part(a), gamma).value;  // NaN without spikes
    });
    const double reliability = mean(among_data);
    if (!std::isfinite(reliability)) continue;
    double spread = 0;
    for (const double g : among_data) spread += (g - reliability) * (g - reliability);
    spread = std::sqrt(spread / static_cast<double>(among_data.size()));
    const double data_data = mean(over_pairs(alike, [&](const Target& a, const Target& b) {
      return coincident(train(scored_part(a), a.data->spikes_ms), train(scored_part(b), b.data->spikes_ms));
    }));
    std::vector<std::vector<double>> rates;
    for (const Target* t : alike) {
      const ScoredWindow& part = scored_part(*t);
      rates.push_back(smoothed_rate(train(part, t->data->spikes_ms), part.from_ms, part.to_ms, psth_ms));
    }
    std::vector<double> explained;  // of recordings by one another
    for (std::size_t a = 0; a < rates.size(); ++a)
      for (std::size_t b = a + 1; b < rates.size(); ++b) explained.push_back(shared_variance(rates[a], rates[b]));
    std::vector<std::string> names;
    for (const Target* t : alike) names.push_back(fmt::format("{}", *t->data->sweep));
    Table t{fmt::format("Repeats of one current: sweeps {}", fmt::join(names, ", ")),
            {"case", "gamma", "gamma / reliability", "md_star", "psth_ev"},
            {},
            fmt::format("intrinsic reliability, the mean gamma of the recordings among themselves: {:.3f} ± {:.3f}; "
                        "md_star: coincidences with the model over those of data with data and model with model "
                        "(doi:10.1162/NECO_a_00208); psth_ev: variance of the rates under a Gaussian of {:g} ms that "
                        "model and recordings explain of each other, over that of recordings among themselves "
                        "(doi:10.1038/s41467-017-02717-4)",
                        reliability, spread, psth_ms)};
    for (const Standing* h : ranked) {
      if (!h->neuron) continue;
      std::vector<double> gammas, shared, own, of_psth;
      std::vector<std::vector<double>> trains;  // of the model on the first of the recordings
      for (std::size_t k = 0; k < alike.size(); ++k) {
        const ScoredWindow& part = scored_part(*alike[k]);
        const Train data = train(part, alike[k]->data->spikes_ms);
        std::vector<double> by_realisation;
        for (const auto& realisation : h->played.spikes_ms) {
          ScoredWindow run = part;
          run.spikes_ms = realisation[of[k]];
          const Score s = evaluate("gamma", run, &part, gamma);
          by_realisation.push_back(s.why.empty() ? s.value : nan);
          const Train model = train(part, realisation[of[k]]);
          shared.push_back(coincident(model, data));
          of_psth.push_back(shared_variance(smoothed_rate(model, part.from_ms, part.to_ms, psth_ms), rates[k]));
          if (k == 0) trains.emplace_back(model.begin(), model.end());
        }
        gammas.push_back(mean_of_most(by_realisation));
      }
      // a train coincides with itself; of a neuron that draws, realisations with one another
      if (trains.size() == 1) own.push_back(static_cast<double>(trains[0].size()));
      for (std::size_t a = 0; a < trains.size(); ++a)
        for (std::size_t b = a + 1; b < std::min(trains.size(), a + 1 + most_others); ++b)
          own.push_back(coincident(trains[a], trains[b]));
      const double g = mean(gammas), all_pairs = data_data + mean(own);
      const auto cell = [](double value) { return std::isfinite(value) ? fmt::format("{:.3f}", value) : "–"; };
      t.rows.push_back({h->of->name, cell(g), cell(g / reliability), cell(2 * mean(shared) / all_pairs),
                        cell(mean(of_psth) / mean(explained))});
    }
    all.push_back(std::move(t));
  }
  return all;
}

Table recordings_table(const std::vector<Target>& targets, const DataBlock& block) {
  Table t{"Recording", {"file"}, {}, conditions(block)};
  std::vector<std::string> clipped;
  for (const Target& target : targets)
    if (target.data->clipped) clipped.push_back(target.data->name());
  if (!clipped.empty()) t.note += "; " + clipping(clipped);
  const bool numbered = targets[0].data->sweep.has_value();
  if (numbered) t.head.push_back("sweep");
  for (const char* what : {"from (ms)", "to (ms)", "sampling (ms)", "current"}) t.head.push_back(what);
  for (const Target& target : targets) {
    const Recording& r = *target.data;
    std::vector<std::string> row{r.shown};
    if (numbered) row.push_back(fmt::format("{}", *r.sweep));
    for (const double x : {r.t0_ms, r.end_ms(), r.dt_ms}) row.push_back(fmt::format("{:.10g}", x));
    row.push_back(r.current_source.empty() ? "of unknown source" : r.current_source);
    t.rows.push_back(std::move(row));
  }
  return t;
}

Table passive_table(const std::vector<Target>& targets) {
  Table t{"Passive membrane", {}, {}, {}};
  const bool numbered = targets[0].data->passive_sweep.has_value();
  if (numbered) t.head.push_back("sweep");
  for (const char* what : {"step from (ms)", "to (ms)", "by (pA)"}) t.head.push_back(what);
  for (const PassiveNumber& n : passive_numbers) t.head.push_back(fmt::format("{} ({})", n.name, n.unit));
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const Recording& r = *targets[i].data;
    const Passive& p = *r.passive;
    if (i > 0 && r.passive_sweep == targets[0].data->passive_sweep) break;  // one for all
    std::vector<std::string> row;
    if (numbered) row.push_back(fmt::format("{}", *r.passive_sweep));
    const auto cell = [&](double value) { row.push_back(p.why.empty() && std::isfinite(value) ? shown(value) : "–"); };
    for (const double x : {p.from_ms, p.to_ms, p.amplitude_pA}) cell(x);
    for (const PassiveNumber& n : passive_numbers) cell(p.*n.value);
    t.rows.push_back(std::move(row));
    if (!p.why.empty() && t.note.empty()) t.note = "–: " + p.why;
  }
  return t;
}

double passive_mean(const std::string& name, const std::vector<Target>& targets) {
  const auto of = std::find_if(std::begin(passive_numbers), std::end(passive_numbers),
                               [&](const PassiveNumber& n) { return n.name == name; });
  std::vector<double> all;
  for (const Target& t : targets)
    if (t.trains() && t.data->passive->why.empty() && std::isfinite(*t.data->passive.*of->value))
      all.push_back(*t.data->passive.*of->value);
  return mean(all);
}

Table by_hand_table(const Standing& one) {
  Table t{fmt::format("Numbers of {} by hand", one.of->name), {"number", "in the file", "taken", "from"}, {}, {}};
  bool taken = false;
  for (const FromPassive& of : one.of->passive) {
    const double own = of.parameter.get(*one.of->fit.neuron), now = of.parameter.get(*one.neuron);
    taken = taken || own != now;
    t.rows.push_back({with_unit(of.parameter.path(), of.parameter.unit()), shown(own), shown(now), of.of});
  }
  if (!taken)
    t.note = "the recording does not tell all of them within the ranges of the model, so that those of the file stand";
  return t;
}

void add_passive(CaseResult& row, const std::vector<const Passive*>& all) {
  for (const PassiveNumber& n : passive_numbers) {
    if (std::any_of(row.measures.begin(), row.measures.end(), [&](const MeasureValue& v) { return v.name == n.name; }))
      continue;
    MeasureValue v{n.name, n.unit, std::numeric_limits<double>::quiet_NaN(),
                   "not defined: the voltage under the step does not allow it"};
    double sum = 0, count = 0;
    for (const Passive* p : all)
      if (p->why.empty() && std::isfinite(p->*n.value)) sum += p->*n.value, ++count;
      else if (!p->why.empty()) v.why = p->why;
    if (count > 0) v.value = sum / count, v.why.clear();
    row.measures.push_back(std::move(v));
  }
}

std::vector<Sheet> sheets_of(const std::vector<Standing>& all) {
  const auto words = [](const char* name, const char* title) { return Column{name, title, "1", {}, {}}; };
  Sheet history{"history",
                {words("case", "Case"),
                 {"start", "Start", "1", {}},
                 {"evaluation", "Evaluation", "1", {}},
                 {"loss", "Best Loss", "1", {}}}};
  Sheet starts{"starts",
               {words("case", "Case"),
                {"start", "Start", "1", {}},
                {"evaluations", "Evaluations", "1", {}},
                {"loss", "Loss", "1", {}},
                words("ended", "Ended")}};
  Sheet numbers{"numbers",
                {words("case", "Case"),
                 {"start", "Start", "1", {}},
                 words("number", "Number"),
                 {"value", "Value", "1", {}},
                 words("unit", "Unit")}};
  for (const Standing& h : all)
    for (const Found& f : h.found) {
      const double start = f.start + 1.0;
      for (std::size_t k = 0; k < f.history_loss.size(); ++k) {
        history.columns[0].words.push_back(h.of->name);
        history.columns[1].values.push_back(start);
        history.columns[2].values.push_back(f.history_evaluations[k]);
        history.columns[3].values.push_back(f.history_loss[k]);
      }
      starts.columns[0].words.push_back(h.of->name);
      starts.columns[1].values.push_back(start);
      starts.columns[2].values.push_back(static_cast<double>(f.evaluations));
      starts.columns[3].values.push_back(f.loss);
      starts.columns[4].words.push_back(!f.failed.empty() ? f.failed : f.ended.empty() ? "budget spent" : f.ended);
      for (std::size_t k = 0; k < f.best.size(); ++k) {
        const Parameter& p = h.of->fit.free[k].parameter;
        numbers.columns[0].words.push_back(h.of->name);
        numbers.columns[1].values.push_back(start);
        numbers.columns[2].words.push_back(p.path());
        numbers.columns[3].values.push_back(f.best[k]);
        numbers.columns[4].words.push_back(p.unit() == "1" ? "" : p.unit());
      }
    }
  return {std::move(history), std::move(starts), std::move(numbers)};
}

}  // namespace hillock
