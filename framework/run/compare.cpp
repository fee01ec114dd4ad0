// The purpose `compare`: every model under the recorded current, scored on the recording, in one ranked table.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "results/text.hpp"
#include "run/recording.hpp"
#include "run/run.hpp"

namespace hillock {
namespace {

/// The neuron of a model entry, driven by the recording; time 0 of the run is the recording's first sample.
Neuron driven(const Case& entry, const Recording& data, const std::shared_ptr<const std::vector<double>>& current) {
  auto e = std::make_shared<Experiment>(*entry.run);
  if (e->integrator->dt_ms > data.dt_ms * (1 + 1e-6))
    throw Error(e->integrator->place,
                fmt::format("dt = {} is longer than from sample to sample of the recording, {}: current would be lost",
                            with_unit(e->integrator->dt_ms, "ms"), with_unit(data.dt_ms, "ms")),
                "take a smaller step");
  const double dt = e->integrator->dt_ms, length = static_cast<double>(data.voltage.size() - 1) * data.dt_ms;
  // whole steps that reach the last sample; samples not wider apart than the recording's
  const double for_ms = dt > 0 ? std::ceil(length / dt - 1e-6) * dt : length;
  if (e->simulate->every_ms == 0 || (dt > 0 && e->simulate->every_ms == dt))
    e->simulate->every_ms = dt > 0 ? std::max(1.0, std::floor(data.dt_ms / dt + 1e-6)) * dt : data.dt_ms;
  e->simulate->for_ms = for_ms;
  e->readout.noise_mV = 0;  // the amplifier's noise is the recording's
  auto& record = e->simulate->record;
  if (std::find(record.begin(), record.end(), e->readout.of) == record.end()) record.push_back(e->readout.of);
  Neuron n = neuron_of(e);
  n.for_ms = for_ms, n.every_ms = e->simulate->every_ms;
  auto signal = std::make_shared<Signal>();
  signal->add(Held{0, data.dt_ms, current, e->drive.gain, e->drive.shift}, {dt, for_ms, e->seed});
  n.inputs[e->drive.of] = signal;
  return n;
}

/// A score to the thousandth, which is more than a hundred trains tell; never "-0.000".
std::string three_decimals(double value) { return fmt::format("{:.3f}", std::round(1000 * value) / 1000 + 0.0); }

/// Mean gamma of 100 regular trains of the model's rate, begun at evenly spaced phases: what a train gets that knows the rate and nothing else.
double chance_gamma(const Observed& run, const Observed& data, const MeasureOptions& options) {
  const auto n = static_cast<double>(run.spikes_ms.size());
  if (n < 1) return std::numeric_limits<double>::quiet_NaN();
  const double interval = (data.to_ms - data.from_ms) / n;
  double sum = 0;
  constexpr int trains = 100;
  for (int k = 0; k < trains; ++k) {
    std::vector<double> regular;
    for (int i = 0; i < static_cast<int>(n); ++i) regular.push_back(data.from_ms + (i + (k + 0.5) / trains) * interval);
    Observed o = run;
    o.spikes_ms = regular;
    const Score s = evaluate("gamma", o, &data, options);
    if (!s.why.empty()) return std::numeric_limits<double>::quiet_NaN();
    sum += s.value;
  }
  return sum / trains;
}

/// The recording as a row, with what can be said of it alone.
CaseResult row_of(const Recording& data, const std::string& name, const std::vector<MeasureUse>& uses) {
  CaseResult row;
  row.name = name;
  row.time_ms = SampleTimes::grid(data.t0_ms, data.dt_ms, 1, data.voltage.size());
  row.columns = {
      {"v", "Membrane Potential", data.unit, data.voltage   },
      {"I", "Injected Current",   "pA",      data.current_pA}
  };
  row.spikes_ms = data.spikes_ms;
  for (const MeasureUse& use : uses) {
    const MeasureInfo& info = *find_measure(use.name);
    MeasureValue v{use.label, unit_of(info, data.unit), std::numeric_limits<double>::quiet_NaN(),
                   "not defined: the data are not held against themselves"};
    if (!info.compares) {
      const Score s = evaluate(use.name, observed(data), nullptr, use.options);
      v.value = s.value, v.why = s.why;
    }
    row.measures.push_back(std::move(v));
  }
  return row;
}

/// One case over all sweeps: means. What a sweep allows of no model (a subthreshold one has no gamma) is left out of all; a score
/// that a model lacks where others have it leaves the model without a mean, else it would be judged on the sweeps that it can do.
CaseResult mean_of(const std::string& name, const std::vector<MeasureUse>& uses,
                   const std::vector<CaseResult>& of_sweeps, const std::vector<std::vector<CaseResult>>& models) {
  CaseResult mean;
  mean.name = name;
  for (std::size_t k = 0; k < uses.size(); ++k) {
    const bool compares = find_measure(uses[k].name)->compares;
    double sum = 0, n = 0;
    std::string missing, why;
    for (std::size_t s = 0; s < of_sweeps.size(); ++s) {
      const MeasureValue& v = of_sweeps[s].measures[k];
      const bool possible = std::any_of(models.begin(), models.end(), [&](const std::vector<CaseResult>& model) {
        return model[s].measures[k].why.empty();
      });
      if (v.why.empty()) sum += v.value, ++n;
      else if (why.empty()) why = v.why;
      if (!v.why.empty() && compares && possible && missing.empty())
        missing = fmt::format("not defined: there is none of '{}'", of_sweeps[s].name);
    }
    MeasureValue v{uses[k].label, of_sweeps[0].measures[k].unit, sum / n, {}};
    if (!missing.empty() || n == 0)
      v.value = std::numeric_limits<double>::quiet_NaN(), v.why = missing.empty() ? why : missing;
    mean.measures.push_back(std::move(v));
  }
  return mean;
}

/// One sweep with all models: the current, each model on the recording, the trains.
Figure figure_of(const std::string& name, const std::string& title, const Recording& data, const CaseResult& reference,
                 const std::vector<const Played*>& models) {
  Figure f{name, title, 1, {}};
  Panel in;
  in.y_label = "Injected current (pA)", in.x_label = "Time (ms)", in.height = 0.5;
  in.curves.push_back({"", reference.time_ms.list(), data.current_pA, Curve::Style::steps, -2, false});
  f.panels.push_back(std::move(in));
  Panel raster;
  raster.x_label = "Time (ms)", raster.height = 0.16 * static_cast<double>(models.size() + 1);
  const auto row = [&](const std::string& label, const std::vector<double>& spikes, int colour) {
    Curve ticks{"",
                spikes,
                std::vector<double>(spikes.size(), static_cast<double>(raster.row_labels.size())),
                Curve::Style::ticks,
                colour,
                false};
    raster.row_labels.push_back(label);
    raster.curves.push_back(std::move(ticks));
  };
  row("recording", data.spikes_ms, -1);
  for (std::size_t rank = 0; rank < models.size(); ++rank) {
    const CaseResult& r = models[rank]->result;
    const std::string model = r.name.substr(0, r.name.find('.'));
    Panel p;
    p.title = model;
    p.y_label = data.unit == "1" ? "Normalised potential" : fmt::format("Potential ({})", data.unit),
    p.x_label = "Time (ms)";
    p.curves.push_back({"recording", reference.time_ms.list(), data.voltage, Curve::Style::line, -1, false});
    p.curves.push_back(
        {model, r.time_ms.list(), models[rank]->voltage(), Curve::Style::line, static_cast<int>(rank), true});
    f.panels.push_back(std::move(p));
    row(model, r.spikes_ms, static_cast<int>(rank));
  }
  f.panels.push_back(std::move(raster));
  return f;
}

/// Where the numbers of each recording come from.
Table recordings(const std::vector<Recording>& all, const DataBlock& block) {
  Table t{"Recording", {"file"}, {}, conditions(block)};
  std::vector<std::string> clipped;
  for (const Recording& r : all)
    if (r.clipped) clipped.push_back(r.sweep ? fmt::format("sweep {}", *r.sweep) : fmt::format("'{}'", r.shown));
  if (!clipped.empty()) t.note += "; " + clipping(clipped);
  const bool numbered = all[0].sweep.has_value();
  if (numbered) t.head.push_back("sweep");
  for (const char* what : {"from (ms)", "to (ms)", "sampling (ms)", "current"}) t.head.push_back(what);
  for (const Recording& r : all) {
    std::vector<std::string> row{r.shown};
    if (numbered) row.push_back(fmt::format("{}", *r.sweep));
    for (const double x : {r.t0_ms, r.end_ms(), r.dt_ms}) row.push_back(fmt::format("{:.10g}", x));
    row.push_back(r.current_source.empty() ? "of unknown source" : r.current_source);
    t.rows.push_back(std::move(row));
  }
  return t;
}

/// The passive membrane of each recording, or of the one sweep that is looked at for all.
Table passive_table(const std::vector<Recording>& all) {
  Table t{"Passive membrane", {}, {}, {}};
  const bool numbered = all[0].passive_sweep.has_value();
  if (numbered) t.head.push_back("sweep");
  for (const char* what : {"step from (ms)", "to (ms)", "by (pA)"}) t.head.push_back(what);
  for (const PassiveNumber& n : passive_numbers) t.head.push_back(fmt::format("{} ({})", n.name, n.unit));
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Passive& p = *all[i].passive;
    if (i > 0 && all[i].passive_sweep == all[0].passive_sweep) break;  // one for all
    std::vector<std::string> row;
    if (numbered) row.push_back(fmt::format("{}", *all[i].passive_sweep));
    const auto cell = [&](double value) { row.push_back(p.why.empty() && std::isfinite(value) ? shown(value) : "–"); };
    for (const double x : {p.from_ms, p.to_ms, p.amplitude_pA}) cell(x);
    for (const PassiveNumber& n : passive_numbers) cell(p.*n.value);
    t.rows.push_back(std::move(row));
    if (!p.why.empty() && t.note.empty()) t.note = "–: " + p.why;
  }
  return t;
}

/// The numbers of the table as measures of a row of the data, but for those that it has already; over several recordings their means.
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

}  // namespace

std::vector<Neuron> compared(const CompareBlock& block, const Recording& data) {
  const auto current = std::make_shared<const std::vector<double>>(data.current_pA);
  std::vector<Neuron> neurons;
  for (const Case& m : block.models) neurons.push_back(driven(m, data, current));
  return neurons;
}

Outcome compare(const Experiment& e, const Wishes& wishes) {
  const CompareBlock& c = *e.compare;
  const std::vector<Recording> data = load_recordings(*c.data);
  const std::size_t sweeps = data.size(), models = c.models.size();
  const auto named = [&](const std::string& name, std::size_t sweep) {
    return sweeps == 1 ? name : fmt::format("{}.sweep_{}", name, *data[sweep].sweep);
  };

  Outcome out;
  // the recordings themselves are the first row
  std::vector<CaseResult> references;
  for (std::size_t s = 0; s < sweeps; ++s) {
    references.push_back(row_of(data[s], named("data", s), e.measures));
    if (wishes.on_case) wishes.on_case(references.back());
  }

  std::vector<Neuron> neurons;  // models of the first sweep, of the second, ...
  for (const Recording& r : data)
    for (Neuron& n : compared(c, r)) neurons.push_back(std::move(n));
  std::vector<std::vector<Played>> played(models);
  for (auto& of_model : played) of_model.resize(sweeps);
  // by chance, a sweep after the other
  std::vector<std::vector<double>> chance(models,
                                          std::vector<double>(sweeps, std::numeric_limits<double>::quiet_NaN()));
  bool has_gamma = false;
  for (const MeasureUse& use : e.measures) has_gamma = has_gamma || use.name == "gamma";
  simulate(neurons, [&](std::size_t i, Trajectory trajectory) {
    const std::size_t s = i / models, m = i % models;
    const Observed recorded = observed(data[s]);
    Played p = play(neurons[i], std::move(trajectory), named(c.models[m].name, s), data[s].t0_ms);
    const Observed run{
        recorded.from_ms,
        recorded.to_ms,
        p.result.spikes_ms,
        Sampled{data[s].t0_ms, neurons[i].every_ms, p.voltage()},
        false,
        recorded.unscored,
        recorded.current
    };
    p.result.measures = measure(e.measures, p.result, run, &recorded, data[s].unit);
    if (wishes.on_case) wishes.on_case(p.result);
    for (const MeasureUse& use : e.measures)
      if (use.name == "gamma") chance[m][s] = chance_gamma(run, recorded, use.options);
    played[m][s] = std::move(p);
  });

  // the rows of the summary: each model on the one recording, or its means over several
  std::vector<CaseResult> means;
  CaseResult data_mean;
  if (sweeps > 1) {
    std::vector<std::vector<CaseResult>> scores(models);
    for (std::size_t m = 0; m < models; ++m)
      for (const Played& p : played[m]) {
        CaseResult scored;
        scored.name = p.result.name, scored.measures = p.result.measures;
        scores[m].push_back(std::move(scored));
      }
    for (std::size_t m = 0; m < models; ++m) means.push_back(mean_of(c.models[m].name, e.measures, scores[m], scores));
    data_mean = mean_of("data", e.measures, references, scores);
  }
  const auto row = [&](std::size_t m) -> const CaseResult& { return sweeps > 1 ? means[m] : played[m][0].result; };

  // ranked by the first measure that has a better and a worse; models without a score come last
  std::vector<std::size_t> order(models);
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::string ranked_by;
  for (std::size_t k = 0; k < e.measures.size() && ranked_by.empty(); ++k) {
    const MeasureInfo& info = *find_measure(e.measures[k].name);
    if (info.better == MeasureInfo::Better::neither) continue;
    ranked_by = e.measures[k].label;
    const double sign = info.better == MeasureInfo::Better::higher ? -1 : 1;
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      const MeasureValue &x = row(a).measures[k], &y = row(b).measures[k];
      if (!x.why.empty() || !y.why.empty()) return x.why.empty() && !y.why.empty();
      return sign * x.value < sign * y.value;
    });
  }

  // a figure a sweep, of more sweeps than can be looked at the first
  const std::size_t drawn = wishes.figures ? std::clamp(most_panels / (models + 2), std::size_t{1}, sweeps) : 0;
  for (std::size_t s = 0; s < drawn; ++s) {
    std::vector<const Played*> ranked;
    for (const std::size_t m : order) ranked.push_back(&played[m][s]);
    const std::string suffix = sweeps == 1 ? "" : fmt::format("_sweep_{}", *data[s].sweep);
    out.run.figures.push_back(figure_of("comparison" + suffix,
                                        sweeps == 1 ? e.title : fmt::format("{}: sweep {}", e.title, *data[s].sweep),
                                        data[s], references[s], ranked));
  }

  std::vector<CaseResult> cases;
  cases.push_back(sweeps > 1 ? data_mean : references[0]);
  for (const std::size_t m : order) cases.push_back(row(m));
  const auto table_of = [](const std::vector<CaseResult>& rows, const std::string& title) {
    Table table = summary(rows, "model");
    table.title = title;
    // dashes of the rows of the data explain themselves
    std::vector<std::string> whys;
    for (const CaseResult& r : rows)
      for (const MeasureValue& v : r.measures)
        if (r.name != "data" && !r.name.starts_with("data.") && !v.why.empty() &&
            std::find(whys.begin(), whys.end(), v.why) == whys.end())
          whys.push_back(v.why);
    table.note = whys.empty() ? "" : fmt::format("–: {}", fmt::join(whys, "; "));
    return table;
  };
  std::string title = ranked_by.empty() ? "" : fmt::format("Ranked by {}", ranked_by);
  if (sweeps > 1) title += fmt::format("{}ean over {} sweeps", title.empty() ? "M" : ", m", sweeps);
  out.run.tables.push_back(table_of(cases, title));
  if (sweeps > 1) {
    std::vector<CaseResult> each;
    for (std::size_t s = 0; s < sweeps; ++s) {
      each.push_back(std::move(references[s]));
      for (const std::size_t m : order) each.push_back(std::move(played[m][s].result));
    }
    Table by_sweep = table_of(each, "By sweep");
    if (0 < drawn && drawn < sweeps)
      by_sweep.note += fmt::format("{}the first {} sweeps are drawn", by_sweep.note.empty() ? "" : "; ", drawn);
    out.run.tables.push_back(std::move(by_sweep));
    cases.insert(cases.end(), std::make_move_iterator(each.begin()), std::make_move_iterator(each.end()));
  }
  if (!c.against.empty()) {
    Table difference{
        fmt::format("Against {}", c.against), {"model"}, {}, "score less that of the model it is held against"};
    const CaseResult* base = nullptr;
    for (const CaseResult& r : cases)
      if (r.name == c.against) base = &r;
    for (std::size_t k = 0; k < e.measures.size(); ++k) {
      difference.head.push_back(
          with_unit(e.measures[k].label, unit_of(*find_measure(e.measures[k].name), data[0].unit)));
    }
    for (std::size_t i = 1; i <= models; ++i) {
      const CaseResult& r = cases[i];
      if (r.name == c.against) continue;
      std::vector<std::string> cells{r.name};
      for (std::size_t k = 0; k < r.measures.size(); ++k)
        cells.push_back(r.measures[k].why.empty() && base->measures[k].why.empty()
                            ? fmt::format("{:+.5g}", r.measures[k].value - base->measures[k].value)
                            : "–");
      difference.rows.push_back(std::move(cells));
    }
    out.run.tables.push_back(std::move(difference));
  }
  if (has_gamma) {
    Table by_chance{
        "Gamma of regular trains of the same rate",
        {"model", "gamma by chance"},
        {},
        "mean of 100 regular trains with the model's number of spikes: a score that is no better than this says nothing of timing"
    };
    for (const std::size_t m : order) {
      double sum = 0, n = 0;
      for (const double g : chance[m])
        if (std::isfinite(g)) sum += g, ++n;
      by_chance.rows.push_back({c.models[m].name, n == 0 ? "–" : three_decimals(sum / n)});
    }
    out.run.tables.push_back(std::move(by_chance));
  }
  if (c.data->passive) {
    out.run.tables.push_back(passive_table(data));
    std::vector<const Passive*> all;
    for (const Recording& r : data) all.push_back(&*r.passive);
    for (CaseResult& r : cases) {
      if (r.name == "data") add_passive(r, all);
      for (std::size_t s = 0; sweeps > 1 && s < sweeps; ++s)
        if (r.name == named("data", s)) add_passive(r, {all[s]});
    }
  }
  out.run.tables.push_back(recordings(data, *c.data));
  out.cases = std::move(cases);
  out.judgements = judge(e, out.cases);
  return out;
}

}  // namespace hillock
