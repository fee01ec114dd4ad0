// The purpose `compare`: every model under the recorded current, scored on the recording, in one ranked table.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

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
  signal->add(Held{0, data.dt_ms, current, e->drive.gain, e->drive.shift});
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

}  // namespace

std::vector<Neuron> compared(const CompareBlock& block, const Recording& data) {
  const auto current = std::make_shared<const std::vector<double>>(data.current_pA);
  std::vector<Neuron> neurons;
  for (const Case& m : block.models) neurons.push_back(driven(m, data, current));
  return neurons;
}

Outcome compare(const Experiment& e, const Wishes& wishes) {
  const CompareBlock& c = *e.compare;
  const Recording data = load_recording(*c.data);
  const std::vector<Neuron> neurons = compared(c, data);
  const Observed recorded{
      data.t0_ms, data.end_ms(), data.spikes_ms, Sampled{data.t0_ms, data.dt_ms, data.voltage}
  };

  Outcome out;
  // the recording itself is the first row, with what can be said of it alone
  CaseResult reference;
  reference.name = "data";
  for (std::size_t k = 0; k < data.voltage.size(); ++k)
    reference.time_ms.push_back(data.t0_ms + static_cast<double>(k) * data.dt_ms);
  reference.columns = {
      {"v", "Membrane Potential", data.unit, data.voltage   },
      {"I", "Injected Current",   "pA",      data.current_pA}
  };
  reference.spikes_ms = data.spikes_ms;
  for (const MeasureUse& use : e.measures) {
    const MeasureInfo& info = *find_measure(use.name);
    MeasureValue v{use.label, unit_of(info, data.unit), std::numeric_limits<double>::quiet_NaN(),
                   "not defined: the data are not held against themselves"};
    if (!info.compares) {
      const Score s = evaluate(use.name, recorded, nullptr, use.options);
      v.value = s.value, v.why = s.why;
    }
    reference.measures.push_back(std::move(v));
  }
  if (wishes.on_case) wishes.on_case(reference);

  std::vector<Played> played(neurons.size());
  std::vector<std::vector<std::string>> chance(neurons.size());
  simulate(neurons, [&](std::size_t i, Trajectory trajectory) {
    Played p = play(neurons[i], std::move(trajectory), c.models[i].name, data.t0_ms);
    const Observed run{
        recorded.from_ms, recorded.to_ms, p.result.spikes_ms, Sampled{data.t0_ms, neurons[i].every_ms, p.voltage}
    };
    p.result.measures = measure(e.measures, p.result, run, &recorded, data.unit);
    if (wishes.on_case) wishes.on_case(p.result);
    for (const MeasureUse& use : e.measures)
      if (use.name == "gamma") {
        const double by_chance = chance_gamma(run, recorded, use.options);
        chance[i] = {p.result.name, std::isnan(by_chance) ? "–" : three_decimals(by_chance)};
      }
    played[i] = std::move(p);
  });

  // ranked by the first measure that has a better and a worse; models without a score come last
  std::vector<std::size_t> order(played.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::string ranked_by;
  for (std::size_t k = 0; k < e.measures.size() && ranked_by.empty(); ++k) {
    const MeasureInfo& info = *find_measure(e.measures[k].name);
    if (info.better == MeasureInfo::Better::neither) continue;
    ranked_by = e.measures[k].label;
    const double sign = info.better == MeasureInfo::Better::higher ? -1 : 1;
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      const MeasureValue &x = played[a].result.measures[k], &y = played[b].result.measures[k];
      if (!x.why.empty() || !y.why.empty()) return x.why.empty() && !y.why.empty();
      return sign * x.value < sign * y.value;
    });
  }

  if (wishes.figures) {
    Figure f{"comparison", e.title, 1, {}};
    Panel in;
    in.y_label = "Injected current (pA)", in.x_label = "Time (ms)", in.height = 0.5;
    in.curves.push_back({"", reference.time_ms, data.current_pA, Curve::Style::steps, -2, false});
    f.panels.push_back(std::move(in));
    Panel raster;
    raster.x_label = "Time (ms)", raster.height = 0.16 * static_cast<double>(order.size() + 1);
    for (std::size_t rank = 0; rank < order.size(); ++rank) {
      const CaseResult& r = played[order[rank]].result;
      Panel p;
      p.title = r.name;
      p.y_label = data.unit == "1" ? "Normalised potential" : fmt::format("Potential ({})", data.unit),
      p.x_label = "Time (ms)";
      p.curves.push_back({"recording", reference.time_ms, data.voltage, Curve::Style::line, -1, false});
      p.curves.push_back(
          {r.name, r.time_ms, played[order[rank]].voltage, Curve::Style::line, static_cast<int>(rank), true});
      f.panels.push_back(std::move(p));
    }
    const auto row = [&](const std::string& name, const std::vector<double>& spikes, int colour) {
      Curve ticks{"",
                  spikes,
                  std::vector<double>(spikes.size(), static_cast<double>(raster.row_labels.size())),
                  Curve::Style::ticks,
                  colour,
                  false};
      raster.row_labels.push_back(name);
      raster.curves.push_back(std::move(ticks));
    };
    row("recording", data.spikes_ms, -1);
    for (std::size_t rank = 0; rank < order.size(); ++rank)
      row(played[order[rank]].result.name, played[order[rank]].result.spikes_ms, static_cast<int>(rank));
    f.panels.push_back(std::move(raster));
    out.run.figures.push_back(std::move(f));
  }

  out.cases.push_back(reference);
  for (const std::size_t i : order) out.cases.push_back(std::move(played[i].result));
  Table table = summary(out.cases, "model");
  table.title = ranked_by.empty() ? "" : fmt::format("Ranked by {}", ranked_by);
  const auto silent = [](const std::string& row_name) { return row_name == "data"; };
  // dashes of the row of the data explain themselves
  std::vector<std::string> whys;
  for (const CaseResult& r : out.cases)
    for (const MeasureValue& v : r.measures)
      if (!silent(r.name) && !v.why.empty() && std::find(whys.begin(), whys.end(), v.why) == whys.end())
        whys.push_back(v.why);
  table.note = whys.empty() ? "" : fmt::format("–: {}", fmt::join(whys, "; "));
  out.run.tables.push_back(std::move(table));
  if (!c.against.empty()) {
    Table difference{
        fmt::format("Against {}", c.against), {"model"}, {}, "score less that of the model it is held against"};
    const CaseResult* base = nullptr;
    for (const CaseResult& r : out.cases)
      if (r.name == c.against) base = &r;
    for (std::size_t k = 0; k < e.measures.size(); ++k) {
      const std::string unit = unit_of(*find_measure(e.measures[k].name), data.unit);
      difference.head.push_back(unit == "1" ? e.measures[k].label : fmt::format("{} ({})", e.measures[k].label, unit));
    }
    for (const CaseResult& r : out.cases) {
      if (r.name == c.against || r.name == "data") continue;
      std::vector<std::string> cells{r.name};
      for (std::size_t k = 0; k < r.measures.size(); ++k)
        cells.push_back(r.measures[k].why.empty() && base->measures[k].why.empty()
                            ? fmt::format("{:+.5g}", r.measures[k].value - base->measures[k].value)
                            : "–");
      difference.rows.push_back(std::move(cells));
    }
    out.run.tables.push_back(std::move(difference));
  }
  if (!chance.empty() && !chance[0].empty()) {
    Table by_chance{
        "Gamma of regular trains of the same rate",
        {"model", "gamma by chance"},
        {},
        "mean of 100 regular trains with the model's number of spikes: a score that is no better than this says nothing of timing"
    };
    for (const std::size_t i : order)
      if (!chance[i].empty()) by_chance.rows.push_back(chance[i]);
    out.run.tables.push_back(std::move(by_chance));
  }
  out.judgements = judge(e, out.cases);
  return out;
}

}  // namespace hillock
