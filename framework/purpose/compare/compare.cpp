// The purpose `compare`: every model under the recorded current, as it is or fitted, scored on the recording.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>

#include "data/driven.hpp"
#include "data/recording.hpp"
#include "draw/text.hpp"
#include "engine/workers.hpp"
#include "experiment/reader.hpp"
#include "purpose/compare/standing.hpp"
#include "purpose/fit/after.hpp"
#include "purpose/fit/front.hpp"
#include "purpose/judge.hpp"
#include "purpose/readout.hpp"

namespace hillock {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// A score to the thousandth, which is more than a hundred trains tell; never "-0.000".
std::string three_decimals(double value) { return fmt::format("{:.3f}", std::round(1000 * value) / 1000 + 0.0); }

/// Mean gamma of 100 regular trains with as many spikes, begun at evenly spaced phases: what a train gets that knows
/// the rate and nothing else.
double chance_gamma(std::size_t n, const ScoredWindow& data, const MeasureOptions& options) {
  if (n < 1) return nan;
  const double interval = (data.to_ms - data.from_ms) / static_cast<double>(n);
  double sum = 0;
  constexpr int trains = 100;
  for (int k = 0; k < trains; ++k) {
    std::vector<double> regular;
    for (std::size_t i = 0; i < n; ++i)
      regular.push_back(data.from_ms + (static_cast<double>(i) + (k + 0.5) / trains) * interval);
    ScoredWindow o = data;
    o.spikes_ms = regular;
    const Score s = evaluate("gamma", o, &data, options);
    if (!s.why.empty()) return nan;
    sum += s.value;
  }
  return sum / trains;
}

/// How many of these lie in a part of a recording.
std::size_t spikes_in(const ScoredWindow& part, const std::vector<double>& spikes_ms) {
  return static_cast<std::size_t>(
      std::count_if(spikes_ms.begin(), spikes_ms.end(), [&](double t) { return part.from_ms <= t && t < part.to_ms; }));
}

const MeasureValue* measure_of(const CaseResult& row, const std::string& name) {
  for (const MeasureValue& v : row.measures)
    if (v.name == name) return &v;
  return nullptr;
}

/// The measures of all rows, in one order: the loss, parts of it that are no measures, measures, what fits spent.
class Names {
 public:
  Names(const CompareBlock& block, const std::vector<MeasureUse>& uses, const std::string& unit) : fits_(block.fits()) {
    if (block.has_loss()) {
      all_.push_back({"loss", "1", nan, {}});
      for (const Contender& c : block.contenders)
        for (const LossTerm& term : c.fit.loss) {
          if (term.kind == LossTerm::Kind::measure) continue;
          const bool likelihood = term.kind == LossTerm::Kind::log_likelihood;
          if (has(term.measure.name)) continue;
          all_.push_back({term.measure.name, likelihood ? "bit/spike" : "1", nan, {}});
          likelihood_ = likelihood_ || (likelihood && fits_);
        }
    }
    for (const MeasureUse& use : uses)
      if (!has(use.label)) all_.push_back({use.label, unit_of(*find_measure(use.name), unit), nan, {}});
    if (likelihood_) all_.push_back({"aic", "1", nan, {}}), all_.push_back({"bic", "1", nan, {}});
    if (fits_) all_.push_back({"parameters", "1", nan, {}}), all_.push_back({"evaluations", "1", nan, {}});
  }

  /// The same row with all of them. `of`: null of the data. `spikes`: of the recordings in what was fitted.
  void complete(CaseResult& row, const Standing* of, const CaseResult* fitted, double spikes) const {
    std::vector<MeasureValue> all = all_;
    for (MeasureValue& v : all) {
      if (const MeasureValue* known = measure_of(row, v.name)) {
        v = *known;
        continue;
      }
      v.why = !of ? "not defined: these are the data" : "not defined: its fit has no such loss";
      if (!of) continue;
      const auto set = [&](double value) { v.value = value, v.why.clear(); };
      const double k = static_cast<double>(of->of->fit.free.size());
      const MeasureValue* bits = fitted ? measure_of(*fitted, "log_likelihood") : nullptr;
      if (v.name == "parameters") set(k);
      else if (v.name == "evaluations") set(static_cast<double>(of->evaluations()));
      else if ((v.name == "aic" || v.name == "bic") && bits && bits->why.empty())
        // of the likelihood over that of a Poisson process of the recording's rate
        set((v.name == "aic" ? 2 * k : k * std::log(spikes)) - 2 * std::log(2.) * spikes * bits->value);
    }
    row.measures = std::move(all);
  }

 private:
  bool has(const std::string& name) const {
    return std::any_of(all_.begin(), all_.end(), [&](const MeasureValue& v) { return v.name == name; });
  }
  bool fits_, likelihood_ = false;
  std::vector<MeasureValue> all_;
};

/// A part of the recording as a row, with what can be said of it alone.
CaseResult row_of(const Target& target, const ScoredWindow& part, const std::string& name,
                  const std::vector<MeasureUse>& uses) {
  const Recording& data = *target.data;
  CaseResult row;
  row.name = name;
  row.time_ms = SampleTimes::grid(data.t0_ms, data.dt_ms, 1, data.voltage.size());
  row.columns = {{"v", "Membrane Potential", data.unit, data.voltage},
                 {"I", "Injected Current", "pA", data.current_pA}};
  row.spikes_ms = data.spikes_ms;
  for (const MeasureUse& use : uses) {
    const MeasureInfo& info = *find_measure(use.name);
    MeasureValue v{use.label, unit_of(info, data.unit), nan, "not defined: the data are not held against themselves"};
    if (!info.compares) {
      const Score s = evaluate(use.name, part, nullptr, use.options);
      v.value = s.value, v.why = s.why;
    }
    row.measures.push_back(std::move(v));
  }
  return row;
}

/// Rows of one case, a sweep after the other; only those that count.
using OfSweeps = std::vector<const CaseResult*>;

/// One case over all sweeps: means. What a sweep allows of no model (a subthreshold one has no gamma) is left out of
/// all; a score that a model lacks where others have it leaves the model without a mean, else it would be judged on the
/// sweeps that it can do.
CaseResult mean_of(const std::string& name, const OfSweeps& of_sweeps, const std::vector<OfSweeps>& models) {
  CaseResult mean;
  mean.name = name;
  for (std::size_t k = 0; k < of_sweeps[0]->measures.size(); ++k) {
    const MeasureValue& first = of_sweeps[0]->measures[k];
    const MeasureInfo* info = find_measure(first.name);
    const bool compares = !info || info->compares;
    double sum = 0, n = 0;
    std::string missing, why;
    for (std::size_t s = 0; s < of_sweeps.size(); ++s) {
      const MeasureValue& v = of_sweeps[s]->measures[k];
      const bool possible = std::any_of(models.begin(), models.end(),
                                        [&](const OfSweeps& model) { return model[s]->measures[k].why.empty(); });
      if (v.why.empty()) sum += v.value, ++n;
      else if (why.empty()) why = v.why;
      if (!v.why.empty() && compares && possible && missing.empty())
        missing = fmt::format("not defined: there is none of '{}'", of_sweeps[s]->name);
    }
    MeasureValue v{first.name, first.unit, sum / n, {}};
    if (!missing.empty() || n == 0) v.value = nan, v.why = missing.empty() ? why : missing;
    mean.measures.push_back(std::move(v));
  }
  return mean;
}

/// The searches of all fits.
struct Searches {
  std::deque<std::vector<Target>> targets;  // where each evaluator keeps them
  std::deque<Evaluator> evaluators;
  std::vector<Searcher> all;  // of the fitted contenders, in their order

  Searches(const CompareBlock& block, const std::vector<Target>& scored) {
    for (const Contender& c : block.contenders) {
      if (!c.fitted()) continue;
      targets.push_back(targets_of(c.fit, scored));
      evaluators.emplace_back(c.fit, targets.back());
      all.push_back({&c.fit, &evaluators.back()});
    }
  }
};

/// A model by hand with what it takes from the recordings: of those that may be fitted, the mean. As it is written
/// where one of these numbers is not defined.
std::shared_ptr<const NeuronSpec> by_hand(const Contender& c, const std::vector<Target>& targets) {
  auto neuron = std::make_shared<NeuronSpec>(*c.fit.neuron);
  for (const FromPassive& one : c.passive) {
    const double value = passive_value(one, passive_mean(one.of, targets));
    if (!(one.parameter.low() <= value && value <= one.parameter.high())) return c.fit.neuron;
    one.parameter.set(*neuron, value);
  }
  return neuron;
}

/// Searches, and gives every contender its neuron.
std::vector<Standing> fitted(const CompareBlock& block, const std::vector<Target>& targets, std::uint64_t seed,
                             Engine& engine) {
  const Searches searches(block, targets);
  std::vector<std::vector<Found>> found = search_all(searches.all, seed, engine, Failures::kept);
  std::vector<Standing> all;
  std::size_t fit = 0;
  for (const Contender& c : block.contenders) {
    Standing& one = all.emplace_back();
    one.of = &c;
    one.neuron = by_hand(c, targets);
    if (!c.fitted()) continue;
    one.found = std::move(found[fit++]);
    one.neuron = nullptr;
    if (c.fit.pareto)  // of the front of each start the point that is asked for
      for (Found& f : one.found)
        if (!f.best.empty()) {
          const std::vector<FrontPoint> front = front_of(c.fit, {f});
          const FrontPoint& point = front[picked(front, c.fit.pick, c.fit.loss)];
          f.best = point.numbers, f.loss = point.loss;
        }
    for (std::size_t s = 0; s < one.found.size(); ++s) {
      if (one.found[s].best.empty()) {
        if (one.failed.empty()) one.failed = one.found[s].failed.empty() ? "nothing was tried" : one.found[s].failed;
      } else if (!one.neuron || one.found[s].loss < one.found[one.best].loss) {
        one.best = s;
        one.neuron = std::make_shared<const NeuronSpec>(with_numbers(c.fit, one.found[s].best));
      }
    }
  }
  return all;
}

/// Scores of what each start found, of every fit.
void score_starts(std::vector<Standing>& all, const std::vector<MeasureUse>& uses, const std::vector<Target>& targets,
                  bool holds_out, std::size_t threads) {
  std::vector<std::pair<Standing*, std::size_t>> work;
  for (Standing& one : all) {
    CaseResult none;  // of a start that failed
    if (!one.of->fit.loss.empty()) none.measures.push_back({"loss", "1", nan, stopped_score().why});
    for (const MeasureUse& use : uses)
      none.measures.push_back(
          {use.label, unit_of(*find_measure(use.name), targets[0].data->unit), nan, stopped_score().why});
    one.trained.resize(one.found.size(), none);
    one.held_out.resize(holds_out ? one.found.size() : 0, none);
    for (std::size_t s = 0; s < one.found.size(); ++s) work.emplace_back(&one, s);
  }
  for_all(work.size(), threads, [&](std::size_t i) {
    const auto [one, s] = work[i];
    const FitBlock& fit = one->of->fit;
    const std::string name = fmt::format("{}.start_{}", one->of->name, s + 1);
    if (one->found[s].best.empty()) return;
    const NeuronSpec neuron = with_numbers(fit, one->found[s].best);
    const Played played = play(fit, uses, neuron, targets, name);
    one->trained[s] = mean_score(name, played.train, uses);
    if (holds_out) one->held_out[s] = mean_score(name, played.held_out, uses);
  });
}

/// The best fit of a contender on the recording, as an experiment file of its own.
std::string fitted_file(const Experiment& e, const Standing& one, const DataBlock& data, double discard_ms) {
  Node root = map_node(), compare = map_node(), models = map_node();
  put(root, "title", text_node(fmt::format("{}: {}", e.title.empty() ? e.path.stem().string() : e.title, one.shown())));
  put(root, "seed", number_node(static_cast<double>(e.seed)));
  put(compare, "data", resolved_data(data));
  Node parts = ExperimentReader::resolved_parts(*one.neuron);
  if (one.neuron->seed != e.seed) put(parts, "seed", number_node(static_cast<double>(one.neuron->seed)));
  put(models, one.of->model, std::move(parts));
  put(compare, "models", std::move(models));
  const Node& own = *e.resolved.find("compare");
  Node scoring = map_node();
  for (const char* key : of_scoring)
    if (const Node* said = own.find("models")->find(one.of->model)->find("fit")->find(key)) put(scoring, key, *said);
  put(scoring, "discard", number_node(discard_ms, "ms"));
  put(compare, "fit", std::move(scoring));
  for (const char* key : {"hold_out", "measure"})
    if (const Node* given = own.find(key)) put(compare, key, *given);
  put(root, "compare", std::move(compare));
  return to_yaml(root);
}

/// Rows as a table; what the data cannot have explains itself.
Table table_of(const std::vector<CaseResult>& rows, const std::string& title) {
  Table table = summary(rows, "model");
  table.title = title;
  std::vector<std::string> whys;
  for (const CaseResult& r : rows)
    for (const MeasureValue& v : r.measures)
      if (r.name != "data" && !r.name.starts_with("data.") && !v.why.empty() &&
          std::find(whys.begin(), whys.end(), v.why) == whys.end())
        whys.push_back(v.why);
  table.note = whys.empty() ? "" : fmt::format("–: {}", fmt::join(whys, "; "));
  return table;
}

/// The order by the first measure that has a better and a worse, and its name; contenders without a score come last.
std::string rank(std::vector<const Standing*>& all, const std::vector<MeasureUse>& uses) {
  for (const MeasureUse& use : uses) {
    const MeasureInfo& info = *find_measure(use.name);
    if (info.better == MeasureInfo::Better::neither) continue;
    const double sign = info.better == MeasureInfo::Better::higher ? -1 : 1;
    std::stable_sort(all.begin(), all.end(), [&](const Standing* a, const Standing* b) {
      const MeasureValue &x = *measure_of(a->row, use.label), &y = *measure_of(b->row, use.label);
      if (!x.why.empty() || !y.why.empty()) return x.why.empty() && !y.why.empty();
      return sign * x.value < sign * y.value;
    });
    return use.label;
  }
  return {};
}

/// Scores of the others less those of the one that they are held against.
Table against_table(const std::string& against, const std::vector<const Standing*>& ranked,
                    const std::vector<MeasureUse>& uses, const std::string& unit) {
  Table t{fmt::format("Against {}", against), {"model"}, {}, "score less that of the model it is held against"};
  const auto base =
      std::find_if(ranked.begin(), ranked.end(), [&](const Standing* s) { return s->of->name == against; });
  for (const MeasureUse& use : uses) t.head.push_back(with_unit(use.label, unit_of(*find_measure(use.name), unit)));
  for (const Standing* one : ranked) {
    if (one == *base) continue;
    std::vector<std::string> cells{one->of->name};
    for (const MeasureUse& use : uses) {
      const MeasureValue &own = *measure_of(one->row, use.label), &other = *measure_of((*base)->row, use.label);
      cells.push_back(own.why.empty() && other.why.empty() ? fmt::format("{:+.5g}", own.value - other.value) : "–");
    }
    t.rows.push_back(std::move(cells));
  }
  return t;
}

}  // namespace

std::vector<Neuron> compared(const CompareBlock& block, const Recording& data) {
  const auto current = std::make_shared<const std::vector<double>>(data.current_pA);
  std::vector<Neuron> neurons;
  for (std::size_t i = 0; i < block.contenders.size(); ++i)
    if (i == 0 || block.contenders[i].model != block.contenders[i - 1].model)
      neurons.push_back(driven(*block.contenders[i].fit.neuron, data, current));
  return neurons;
}

void Compare::prepare(const Experiment&) const {
  const DataBlock& data = *block.data;
  if (data.run) hillock::prepare(*data.run);
  // the current that drives the models is known of a run without running it
  std::vector<Recording> recordings =
      load_recordings(data, known_of(block.scored), data.run ? Wanted::current : Wanted::both);
  for (const Recording& r : recordings) {
    const auto current = std::make_shared<const std::vector<double>>(r.current_pA);
    for (const Contender& c : block.contenders) {
      const Neuron neuron = driven(*c.fit.neuron, r, current);
      try {
        if (c.fitted()) prepare_search(c.fit, r);
        else hillock::prepare(neuron);
      } catch (const Error& error) { throw said_of(fmt::format("model '{}'", c.model), error); }
    }
  }
  if (data.run || (!block.has_loss() && !block.holds_out())) return;
  const std::vector<Target> targets = targets_of(block.scored, std::move(recordings));
  for (const Contender& c : block.contenders)
    if (c.fitted()) targets_of(c.fit, targets);
}

void Compare::visit(const Experiment&, const Visitor& visitor) const {
  visitor.data(*block.data);
  for (std::size_t i = 0; i < block.contenders.size(); ++i)
    if (i == 0 || block.contenders[i].model != block.contenders[i - 1].model)
      visitor.neuron(*block.contenders[i].fit.neuron);
}

void Compare::serve(const std::shared_ptr<const Experiment>& e, Processes& processes) const {
  const std::vector<Target> targets = targets_of(block.scored, load_recordings(*block.data, known_of(block.scored)));
  serve_searches(Searches(block, targets).all, e->seed, processes, Failures::kept);
}

std::size_t Compare::cases() const {
  const auto& sweep = block.data->sweep;
  return (block.contenders.size() + 1) * (!sweep ? 1 : sweep->range ? 0 : sweep->numbers.size());
}

std::vector<Refinable> Compare::refinable(const Experiment&, const Recording* data, std::size_t) const {
  const std::vector<Neuron> neurons = compared(block, *data);
  const std::vector<std::string> names = block.models();
  std::vector<Refinable> all;
  for (std::size_t i = 0; i < neurons.size(); ++i) all.push_back({names[i], neurons[i], neurons[i].spec->drive.of});
  return all;
}

Outcome Compare::run(const std::shared_ptr<const Experiment>& experiment, const RunOptions& options) const {
  const Experiment& e = *experiment;
  const bool fits = block.fits(), holds_out = block.holds_out();
  const std::vector<Target> targets = targets_of(block.scored, load_recordings(*block.data, known_of(block.scored)));
  for (const Target& t : targets)  // what cannot be driven is refused before anything is kept
    for (const Contender& c : block.contenders) driven(*c.fit.neuron, *t.data, t.current);
  const std::size_t sweeps = targets.size();
  const auto named = [&](const std::string& name, std::size_t sweep) {
    return sweeps == 1 ? name : fmt::format("{}.sweep_{}", name, *targets[sweep].data->sweep);
  };
  const auto counts = [&](std::size_t s) { return !holds_out || targets[s].held_out.has_value(); };

  const Names names(block, e.measures, targets[0].data->unit);
  double spikes = 0;  // of the recordings in what is fitted
  for (const Target& t : targets)
    if (t.trains()) spikes += static_cast<double>(spikes_in(t.train, t.data->spikes_ms));

  Outcome out;
  // the recordings themselves are the first row
  std::vector<CaseResult> references, trained_references;
  for (std::size_t s = 0; s < sweeps; ++s) {
    references.push_back(row_of(targets[s], scored_part(targets[s]), named("data", s), e.measures));
    trained_references.emplace_back();
    if (targets[s].trains()) trained_references[s] = row_of(targets[s], targets[s].train, named("data", s), e.measures);
    names.complete(references[s], nullptr, nullptr, 0), names.complete(trained_references[s], nullptr, nullptr, 0);
    if (options.on_case) options.on_case(references[s]);
  }

  Engine engine = options.engine();
  std::vector<Standing> all = fitted(block, targets, e.seed, engine);
  if (fits) score_starts(all, e.measures, targets, holds_out, engine.threads());

  const MeasureUse* gamma = nullptr;
  for (const MeasureUse& use : e.measures)
    if (use.name == "gamma") gamma = &use;
  // by contender and sweep
  std::vector<std::vector<CaseResult>> trained(all.size(), std::vector<CaseResult>(sweeps));
  std::vector<std::vector<double>> chance(all.size(), std::vector<double>(sweeps, nan));
  for (std::size_t i = 0; i < all.size(); ++i) {
    Standing& one = all[i];
    if (!one.neuron) continue;
    one.played = play(one.of->fit, e.measures, *one.neuron, targets, one.of->name, engine.threads());
    trained[i] = one.played.train;
    const CaseResult in_fit = mean_score(one.of->name, one.played.train, e.measures);
    for (std::size_t s = 0; s < sweeps; ++s) {
      const ScoredWindow& part = scored_part(targets[s]);
      CaseResult& row = one.played.runs[s].result;
      if (options.on_case) options.on_case(row);
      const CaseResult& scores = targets[s].held_out ? one.played.held_out[s] : trained[i][s];
      if (row.ok()) row.failure = scores.failure;
      row.measures = scores.measures;
      names.complete(row, &one, &in_fit, spikes);
      names.complete(trained[i][s], &one, &in_fit, spikes);
      if (!gamma) continue;
      double n = 0;
      for (const auto& realisation : one.played.spikes_ms) n += static_cast<double>(spikes_in(part, realisation[s]));
      n = std::round(n / static_cast<double>(one.played.spikes_ms.size()));
      chance[i][s] = chance_gamma(static_cast<std::size_t>(n), part, gamma->options);
    }
  }

  // the rows of the summary: each contender on the one recording, or its means over several
  const auto over_sweeps = [&](const auto& rows, const auto& use) {
    OfSweeps chosen;
    for (std::size_t s = 0; s < sweeps; ++s)
      if (use(s)) chosen.push_back(&rows(s));
    return chosen;
  };
  const auto trains = [&](std::size_t s) { return targets[s].trains(); };
  std::vector<OfSweeps> scored, seen;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!all[i].neuron) continue;
    scored.push_back(
        over_sweeps([&](std::size_t s) -> const CaseResult& { return all[i].played.runs[s].result; }, counts));
    seen.push_back(over_sweeps([&](std::size_t s) -> const CaseResult& { return trained[i][s]; }, trains));
  }
  const auto of_data = [&](const std::string& name, const std::vector<CaseResult>& rows, const auto& use,
                           const std::vector<OfSweeps>& models) {
    return mean_of(name, over_sweeps([&](std::size_t s) -> const CaseResult& { return rows[s]; }, use), models);
  };
  CaseResult data_row = sweeps > 1 ? of_data("data", references, counts, scored) : references[0];
  std::vector<CaseResult> parts;  // rows of what was fitted, and medians over starts
  if (holds_out) parts.push_back(of_data("data.train", trained_references, trains, seen));
  std::size_t k = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    Standing& one = all[i];
    if (!one.neuron) {
      one.row.name = one.of->name;
      one.row.failure = Failure{fmt::format("no fit: {}", one.failed)};
      one.row.measures = data_row.measures;
      for (MeasureValue& v : one.row.measures) v.value = nan, v.why = "not defined: there is no fit";
      continue;
    }
    if (sweeps > 1) one.row = mean_of(one.of->name, scored[k], scored);
    else one.row = one.played.runs[0].result;
    if (holds_out) {
      parts.push_back(mean_of(one.of->name + ".train", seen[k], seen));
      if (const auto& f = one.row.failure) parts.back().failure = Failure{f->why, f->at_ms};
    }
    if (one.of->fitted()) {
      parts.push_back(median_of(one.of->name + ".median", holds_out ? one.held_out : one.trained));
      names.complete(parts.back(), &one, nullptr, spikes);
    }
    ++k;
  }

  std::vector<const Standing*> ranked;
  for (const Standing& one : all) ranked.push_back(&one);
  const std::string ranked_by = rank(ranked, e.measures);

  // a figure a sweep, of more sweeps than can be looked at the first
  const std::size_t drawn =
      options.figures ? std::clamp(most_panels / (block.models().size() + 2), std::size_t{1}, sweeps) : 0;
  for (std::size_t s = 0; s < drawn; ++s) {
    const std::string sweep = sweeps == 1 ? "" : fmt::format("{}", *targets[s].data->sweep);
    out.run.figures.push_back(overlay(sweeps == 1 ? "comparison" : "comparison_sweep_" + sweep,
                                      sweeps == 1       ? e.title
                                      : e.title.empty() ? "Sweep " + sweep
                                                        : fmt::format("{}: sweep {}", e.title, sweep),
                                      s, targets[s], ranked));
  }
  if (options.figures && fits) out.run.figures.push_back(convergence(all));

  std::vector<CaseResult> cases;
  cases.push_back(std::move(data_row));
  for (const Standing* one : ranked) cases.push_back(one->row);
  std::string title = ranked_by.empty() ? "" : fmt::format("Ranked by {}", ranked_by);
  if (holds_out) title += fmt::format("{} what is held out", title.empty() ? "On" : " on");
  const auto many = static_cast<std::size_t>(
      std::count_if(targets.begin(), targets.end(), [&](const Target& t) { return !holds_out || t.held_out; }));
  if (sweeps > 1) title += fmt::format("{}ean over {} sweeps", title.empty() ? "M" : ", m", many);
  Table table = table_of(cases, title);
  for (const Standing& one : all)
    if (one.neuron && one.played.spikes_ms.size() > 1)
      table.note +=
          fmt::format("{}of {} {}", table.note.empty() ? "" : "; ", one.of->name, what_is_averaged(one.of->fit));
  if (const std::string repeated = what_is_repeated(targets); !repeated.empty())
    table.note += (table.note.empty() ? "" : "; ") + repeated;
  if (measure_of(cases[0], "aic"))
    table.note += fmt::format("{}aic and bic are of the likelihood of what was fitted, over that of a Poisson process",
                              table.note.empty() ? "" : "; ");
  if (fits) {
    // not the same from run to run: seconds stand in the report alone
    const bool has_status = table.head.back() == "status";
    const auto at = [&](auto& row) { return row.end() - (has_status ? 1 : 0); };
    table.head.insert(at(table.head), "seconds");
    for (std::size_t i = 0; i < table.rows.size(); ++i)
      table.rows[i].insert(at(table.rows[i]), i > 0 && ranked[i - 1]->of->fitted()
                                                  ? fmt::format("{:.2f}", ranked[i - 1]->seconds())
                                                  : "–");
    if (!has_status) {
      table.head.push_back("status");
      for (auto& row : table.rows) row.push_back("ok");
    }
  }
  out.run.tables.push_back(std::move(table));
  if (fits) {
    out.run.tables.push_back(starts_table(ranked, ranked_by));
    for (Table& t : numbers_tables(ranked)) out.run.tables.push_back(std::move(t));
    out.run.sheets = sheets_of(all);
    for (const Standing& one : all)
      if (one.of->fitted() && one.neuron)
        out.run.fitted.emplace_back(one.of->name, fitted_file(e, one, *block.data, block.scored.discard_ms));
  }
  if (sweeps > 1) {
    std::vector<CaseResult> each;
    for (std::size_t s = 0; s < sweeps; ++s) {
      each.push_back(std::move(references[s]));
      for (const Standing* one : ranked)
        if (one->neuron) each.push_back(one->played.runs[s].result);
    }
    Table by_sweep = table_of(each, "By sweep");
    const auto add = [&](const std::string& note) { by_sweep.note += (by_sweep.note.empty() ? "" : "; ") + note; };
    if (!block.scored.hold_out.sweeps.empty())
      add(fmt::format("held out: sweeps {}", fmt::join(block.scored.hold_out.sweeps, ", ")));
    if (0 < drawn && drawn < sweeps) add(fmt::format("the first {} sweeps are drawn", drawn));
    out.run.tables.push_back(std::move(by_sweep));
    cases.insert(cases.end(), std::make_move_iterator(each.begin()), std::make_move_iterator(each.end()));
  }
  cases.insert(cases.end(), std::make_move_iterator(parts.begin()), std::make_move_iterator(parts.end()));
  const std::string& unit = targets[0].data->unit;
  if (!block.against.empty()) out.run.tables.push_back(against_table(block.against, ranked, e.measures, unit));
  if (gamma) {
    Table by_chance{
        "Gamma of regular trains of the same rate",
        {"model", "gamma by chance"},
        {},
        "mean of 100 regular trains with the model's number of spikes: a score that is no better than this says "
        "nothing of timing"};
    for (const Standing* one : ranked) {
      double sum = 0, n = 0;
      for (std::size_t s = 0; s < sweeps; ++s)
        if (const double g = chance[static_cast<std::size_t>(one - all.data())][s]; counts(s) && std::isfinite(g))
          sum += g, ++n;
      by_chance.rows.push_back({one->of->name, n == 0 ? "–" : three_decimals(sum / n)});
    }
    out.run.tables.push_back(std::move(by_chance));
  }
  for (Table& t : repeats_tables(targets, ranked, gamma ? gamma->options : MeasureOptions{}))
    out.run.tables.push_back(std::move(t));
  if (block.data->passive) {
    out.run.tables.push_back(passive_table(targets));
    for (const Standing* one : ranked)
      if (!one->of->passive.empty()) out.run.tables.push_back(by_hand_table(*one));
    std::vector<const Passive*> passive;
    for (const Target& t : targets) passive.push_back(&*t.data->passive);
    for (CaseResult& r : cases) {
      if (r.name == "data") add_passive(r, passive);
      for (std::size_t s = 0; sweeps > 1 && s < sweeps; ++s)
        if (r.name == named("data", s)) add_passive(r, {passive[s]});
    }
  }
  out.run.tables.push_back(recordings_table(targets, *block.data));
  out.cases = std::move(cases);
  out.judgements = judge(e, out.cases);
  return out;
}

}  // namespace hillock
