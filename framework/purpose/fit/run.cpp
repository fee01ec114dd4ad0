// Carries out a fit: starts on all threads, then the best of them on what was fitted and what was held out.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <span>

#include "data/driven.hpp"
#include "draw/text.hpp"
#include "experiment/reader.hpp"
#include "measure/distances.hpp"
#include "measure/traces.hpp"
#include "purpose/fit/after.hpp"
#include "purpose/fit/loss.hpp"
#include "purpose/fit/scores.hpp"
#include "purpose/fit/search.hpp"
#include "purpose/judge.hpp"
#include "purpose/readout.hpp"

namespace hillock {
namespace {

/// "0.7 to 0.72" of several numbers.
std::string range_of(std::vector<double> values) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  return fmt::format("{:.4g} to {:.4g}", *low, *high);
}

Table numbers_table(const FitBlock& block, const std::vector<Found>& found, const Found& best) {
  Table t{"Fitted numbers", {"number", "fitted", "in the file", "searched", "over all starts", ""}, {}, {}};
  bool at_bound = false;
  for (std::size_t k = 0; k < block.free.size(); ++k) {
    const FreeNumber& f = block.free[k];
    std::vector<double> all;
    for (const Found& each : found) all.push_back(each.best[k]);
    const double at = f.unit(best.best[k]), own = f.parameter.get(*block.neuron);
    const bool bound = at < 1e-3 || at > 1 - 1e-3;
    at_bound = at_bound || bound;
    t.rows.push_back({with_unit(f.parameter.path(), f.parameter.unit()), shown(best.best[k]),
                      std::isfinite(own) ? shown(own) : "–", fmt::format("{:g} to {:g}", f.from, f.to), range_of(all),
                      bound ? "at its bound" : ""});
  }
  if (at_bound)
    t.note = "a number at its bound says that the range is too narrow, or that the data do not determine it";
  return t;
}

Table starts_table(const std::vector<Found>& found) {
  Table t{"Starts", {"start", "loss", "evaluations", "best found at", "ended"}, {}, {}};
  for (const Found& f : found)
    t.rows.push_back({fmt::format("{}", f.start + 1), shown(f.loss), fmt::format("{}", f.evaluations),
                      fmt::format("{:.0f}", f.history_evaluations.empty() ? 0 : f.history_evaluations.back()),
                      !f.failed.empty() ? f.failed
                      : f.ended.empty() ? "budget spent"
                                        : f.ended});
  return t;
}

/// Why no search could mend a fit whose neuron is silent where the recordings are not; empty if that is not so.
std::string silence(const FitBlock& block, const std::vector<Target>& targets, const std::vector<CaseTrace>& runs) {
  const auto spikes_in = [](const ScoredWindow& part, std::span<const double> spikes_ms) {
    return within(spikes_ms, part.from_ms, part.to_ms, part.to_included).size();
  };
  std::size_t of_data = 0, of_runs = 0;
  for (std::size_t k = 0; k < targets.size(); ++k) {
    of_data += spikes_in(targets[k].train, targets[k].train.spikes_ms);
    of_runs += spikes_in(targets[k].train, runs[k].result.spikes_ms);
  }
  if (!looks_at_spikes(block) || of_data == 0 || of_runs > 0) return "";
  return "The fitted neuron does not fire where the recording does. A loss of spikes tells no silent neuron from "
         "another, so no search finds its way from them: begin with numbers under which it fires, or move the ranges "
         "of 'free' to where it does";
}

/// A start that was lost with its process, as a case that failed. `like`: any row, whose measures it lacks.
CaseResult lost_start(const Found& found, const CaseResult& like) {
  CaseResult row;
  row.name = fmt::format("lost_start_{}", found.start + 1);
  row.failure = Failure{found.failed};
  for (const MeasureValue& v : like.measures)
    row.measures.push_back({v.name, v.unit, std::numeric_limits<double>::quiet_NaN(), stopped_score().why});
  return row;
}

/// Each time a start became better, and what each start found.
std::vector<Sheet> sheets_of(const FitBlock& block, const std::vector<Found>& found) {
  Sheet history{"history",
                {{"start", "Start", "1", {}}, {"evaluation", "Evaluation", "1", {}}, {"loss", "Best Loss", "1", {}}}};
  Sheet starts{"starts",
               {{"start", "Start", "1", {}}, {"loss", "Loss", "1", {}}, {"evaluations", "Evaluations", "1", {}}}};
  for (const FreeNumber& f : block.free)
    starts.columns.push_back({f.parameter.path(), f.parameter.path(), f.parameter.unit(), {}});
  for (const Found& f : found) {
    for (std::size_t i = 0; i < f.history_loss.size(); ++i) {
      history.columns[0].values.push_back(f.start + 1.0);
      history.columns[1].values.push_back(f.history_evaluations[i]);
      history.columns[2].values.push_back(f.history_loss[i]);
    }
    starts.columns[0].values.push_back(f.start + 1.0);
    starts.columns[1].values.push_back(f.loss);
    starts.columns[2].values.push_back(static_cast<double>(f.evaluations));
    for (std::size_t k = 0; k < block.free.size(); ++k) starts.columns[3 + k].values.push_back(f.best[k]);
  }
  return {std::move(history), std::move(starts)};
}

constexpr std::size_t most_runs = 5;              ///< of the best candidates whose runs are kept
constexpr std::size_t most_run_samples = 50'000;  ///< rows of their voltages

/// The best candidates of all starts that differ from one another.
std::vector<Found> best_candidates(const FitBlock& block, const std::vector<Found>& found) {
  const std::size_t n = block.free.size();
  std::vector<Found> all;
  for (const Found& f : found)
    for (std::size_t i = 0; i < f.kept_loss.size(); ++i) {
      if (!(f.kept_loss[i] < failed_from)) continue;
      Found& one = all.emplace_back();
      one.start = f.start, one.loss = f.kept_loss[i];
      one.best.assign(f.kept.begin() + static_cast<std::ptrdiff_t>(i * n),
                      f.kept.begin() + static_cast<std::ptrdiff_t>((i + 1) * n));
    }
  std::stable_sort(all.begin(), all.end(), [](const Found& a, const Found& b) { return a.loss < b.loss; });
  std::vector<Found> best;
  for (Found& one : all)
    if (best.size() < most_runs &&
        std::none_of(best.begin(), best.end(), [&](const Found& other) { return other.best == one.best; }))
      best.push_back(std::move(one));
  return best;
}

/// What the best candidates scored and measured in what was fitted, and the voltages of their runs beside the
/// recordings; of long recordings each so-manieth sample.
std::vector<Sheet> best_sheets(const FitBlock& block, const std::vector<MeasureUse>& uses,
                               const std::vector<Target>& targets, const std::vector<Found>& found,
                               std::size_t threads) {
  Sheet scores{"best", {{"rank", "Rank", "1", {}}, {"start", "Start", "1", {}}}};
  for (const FreeNumber& f : block.free)
    scores.columns.push_back({f.parameter.path(), f.parameter.path(), f.parameter.unit(), {}});
  const std::size_t before = scores.columns.size();
  const std::string& unit = targets[0].data->unit;
  Sheet traces{"best_traces", {}};
  const bool several = targets.size() > 1;
  if (several) traces.columns.push_back({"sweep", "Sweep", "1", {}});
  traces.columns.push_back({"time", "Time", "ms", {}});
  traces.columns.push_back({"recording", "Recording", unit, {}});
  std::size_t samples = 0;
  for (const Target& t : targets) samples += t.data->voltage.size();
  const std::size_t every = 1 + samples / most_run_samples;
  for (const Target& t : targets)
    for (std::size_t k = 0; k < t.data->voltage.size(); k += every) {
      if (several) traces.columns[0].values.push_back(static_cast<double>(*t.data->sweep));
      traces.columns[several].values.push_back(t.data->t0_ms + static_cast<double>(k) * t.data->dt_ms);
      traces.columns[several + 1u].values.push_back(t.data->voltage[k]);
    }
  const std::vector<Found> best = best_candidates(block, found);
  for (std::size_t rank = 0; rank < best.size(); ++rank) {
    const NeuronSpec neuron = with_numbers(block, best[rank].best);
    const Played played = play(block, uses, neuron, targets, "best", threads);
    const std::vector<CaseTrace>& runs = played.runs;
    const CaseResult row = mean_score("best", played.train, uses);
    scores.columns[0].values.push_back(static_cast<double>(rank + 1));
    scores.columns[1].values.push_back(best[rank].start + 1.0);
    for (std::size_t k = 0; k < block.free.size(); ++k) scores.columns[2 + k].values.push_back(best[rank].best[k]);
    for (std::size_t k = 0; k < row.measures.size(); ++k) {
      const MeasureValue& v = row.measures[k];
      if (rank == 0) scores.columns.push_back({v.name, v.name, v.unit, {}});
      scores.columns[before + k].values.push_back(v.value);
    }
    Column voltage{fmt::format("best_{}", rank + 1), fmt::format("Best {}", rank + 1), unit, {}};
    for (std::size_t i = 0; i < targets.size(); ++i) {
      const Recording& data = *targets[i].data;
      const std::vector<double>& v = runs[i].voltage();
      const Sampled run{data.t0_ms, runs[i].every_ms, v};
      for (std::size_t k = 0; k < data.voltage.size(); k += every) {
        const double at = data.t0_ms + static_cast<double>(k) * data.dt_ms;
        voltage.values.push_back(at <= run.at_ms(v.size() - 1) + sample_slack
                                     ? value_at(run, at)
                                     : std::numeric_limits<double>::quiet_NaN());
      }
    }
    traces.columns.push_back(std::move(voltage));
  }
  return {std::move(scores), std::move(traces)};
}

Figure overlay(const std::string& title, const Target& target, const CaseTrace& fitted, const CaseTrace& start) {
  const Recording& data = *target.data;
  Figure f{target.data->sweep ? fmt::format("fit_sweep_{}", *data.sweep) : "fit", title, 1, {}};
  const CaseResult& r = fitted.result;
  std::vector<double> t(data.voltage.size());
  for (std::size_t k = 0; k < t.size(); ++k) t[k] = data.t0_ms + static_cast<double>(k) * data.dt_ms;
  Panel in;
  in.y_label = "Injected current (pA)";
  in.x_label = "Time (ms)";
  in.height = 0.5;
  in.curves.push_back({"", t, data.current_pA, Curve::Style::steps, -2, false});
  f.panels.push_back(std::move(in));
  const std::string y = data.unit == "1" ? "Normalised potential" : fmt::format("Potential ({})", data.unit);
  for (const bool is_fit : {false, true}) {
    const CaseTrace& p = is_fit ? fitted : start;
    Panel panel;
    panel.title = is_fit ? "Fitted" : "Numbers of the file";
    panel.y_label = y;
    panel.x_label = "Time (ms)";
    panel.curves.push_back({"recording", t, data.voltage, Curve::Style::line, -1, false});
    panel.curves.push_back(
        {is_fit ? "fitted" : "file", p.result.time_ms.list(), p.voltage(), Curve::Style::line, is_fit ? 0 : 1, false});
    f.panels.push_back(std::move(panel));
  }
  Panel raster =
      raster_of({{"recording", data.spikes_ms, -1}, {"fitted", r.spikes_ms, 0}, {"file", start.result.spikes_ms, 1}});
  raster.height = 0.45;
  f.panels.push_back(std::move(raster));
  std::string held_out;
  if (!target.trains()) held_out = "held out";
  else if (target.held_out) held_out = fmt::format("held out from {:g} ms", target.held_out->from_ms);
  if (!held_out.empty()) f.title = fmt::format("{} ({})", title.empty() ? "Fit" : title, held_out);
  return f;
}

/// What the scores leave out, in words.
std::string what_is_scored(const FitBlock& block, const std::vector<Target>& targets,
                           const std::vector<CaseTrace>& runs) {
  std::vector<std::string> said;
  const bool cuts = std::any_of(block.loss.begin(), block.loss.end(), [](const LossTerm& term) {
    return term.kind == LossTerm::Kind::measure && term.measure.name != "subthreshold_ev" &&
           find_measure(term.measure.name)->needs_trace;
  });
  if (block.cut && cuts) {
    double scored = 0, parts = 0;
    for (std::size_t i = 0; i < targets.size(); ++i) {
      if (!targets[i].trains()) continue;
      Seen run{targets[i].train, {}};
      run.run.spikes_ms = runs[i].result.spikes_ms;
      scored += Loss(block, targets[i].train).scored(run);
      ++parts;
    }
    said.push_back(
        fmt::format("losses of the voltage leave out {:g} ms before to {:g} ms after each spike{}: {:.0f} % "
                    "of what is fitted is scored",
                    block.cut->before_ms, block.cut->after_ms, block.reset_at_data ? " of the recording" : " of both",
                    100 * scored / parts));
  }
  if (block.reset_at_data) said.push_back("voltages are those of a run that is reset where the recording spikes");
  if (block.align) said.push_back("an offset between the spikes of run and recording is taken off");
  std::vector<std::string> clipped;
  for (const Target& t : targets)
    if (t.data->clipped) clipped.push_back(t.data->name());
  if (!clipped.empty()) said.push_back(clipping(clipped));
  if (const std::string repeated = what_is_repeated(targets); !repeated.empty()) said.push_back(repeated);
  return fmt::format("{}", fmt::join(said, "; "));
}

Figure convergence(const std::vector<Found>& found) {
  Figure f{"convergence", "Best loss of each start", 1, {}};
  Panel p;
  p.x_label = "Evaluations";
  p.y_label = "Best loss";
  for (const Found& each : found) {
    Curve c{fmt::format("start {}", each.start + 1),
            each.history_evaluations,
            each.history_loss,
            Curve::Style::steps,
            static_cast<int>(each.start),
            false};
    c.x.push_back(static_cast<double>(each.evaluations));
    c.y.push_back(each.loss);
    p.curves.push_back(std::move(c));
  }
  double least = std::numeric_limits<double>::infinity(), most = 0;
  for (const Curve& c : p.curves)
    for (const double loss : c.y) least = std::min(least, loss), most = std::max(most, loss);
  p.y_logarithmic = least > 0 && most > 100 * least;
  f.panels.push_back(std::move(p));
  return f;
}

/// A measure with its options, as a file names it.
Node node_of(const MeasureUse& use) {
  Node node = map_node();
  put(node, "use", text_node(use.name));
  for (const MeasureOption& o : find_measure(use.name)->options) {
    const auto number = use.options.numbers.find(o.name);
    const auto word = use.options.words.find(o.name);
    if (number != use.options.numbers.end())
      put(node, o.name, number_node(number->second, o.unit == "1" ? "" : std::string_view(o.unit)));
    if (word != use.options.words.end()) put(node, o.name, text_node(word->second));
  }
  return node;
}

/// The fitted neuron on its recording, scored as in the fit, as an experiment file of its own.
std::string fitted_file(const Experiment& e, const FitBlock& block, const NeuronSpec& fitted) {
  Node root = map_node(), compare = map_node(), models = map_node();
  put(root, "title", text_node(fmt::format("{}: fitted", e.title.empty() ? e.path.stem().string() : e.title)));
  put(root, "seed", number_node(static_cast<double>(e.seed)));
  put(compare, "data", resolved_data(*block.data));
  put(models, "fitted", ExperimentReader::resolved_parts(fitted));
  put(compare, "models", std::move(models));
  std::vector<Node> measures;
  const Node& fit = *e.resolved.find("fit");
  Node scoring = map_node();
  for (const char* key : of_scoring)
    if (const Node* said = fit.find(key)) put(scoring, key, *said);
  put(compare, "fit", std::move(scoring));
  if (const Node* hold_out = fit.find("hold_out")) put(compare, "hold_out", *hold_out);
  for (const MeasureUse& use : e.measures) measures.push_back(node_of(use));
  if (!measures.empty()) put(compare, "measure", list_node(std::move(measures)));
  put(root, "compare", std::move(compare));
  return to_yaml(root);
}

}  // namespace

void Fit::prepare(const Experiment&) const {
  if (block.data->run) hillock::prepare(*block.data->run);
  std::vector<Recording> recordings =
      load_recordings(*block.data, known_of(block), block.data->run ? Wanted::current : Wanted::both);
  for (const Recording& r : recordings) prepare_search(block, r);
  if (!block.data->run) targets_of(block, std::move(recordings));
}

void Fit::visit(const Experiment&, const Visitor& visitor) const {
  visitor.data(*block.data);
  visitor.neuron(*block.neuron);
}

void Fit::serve(const std::shared_ptr<const Experiment>& e, Processes& processes) const {
  const std::vector<Target> targets = targets_of(block, load_recordings(*block.data, known_of(block)));
  const Evaluator evaluator(block, targets);
  serve_searches({{&block, &evaluator}}, e->seed, processes, Failures::thrown);
}

std::vector<Refinable> Fit::refinable(const Experiment&, const Recording* data, std::size_t) const {
  const auto current = std::make_shared<const std::vector<double>>(data->current_pA);
  return {{"fit", driven(*block.neuron, *data, current), block.neuron->drive.of}};
}

Outcome Fit::run(const std::shared_ptr<const Experiment>& experiment, const RunOptions& options) const {
  const Experiment& e = *experiment;
  const std::vector<Target> targets = targets_of(block, load_recordings(*block.data, known_of(block)));
  const Evaluator evaluator(block, targets);

  Engine engine = options.engine();
  const std::vector<Found> all = search_all({{&block, &evaluator}}, e.seed, engine, Failures::thrown)[0];
  std::vector<Found> found;  // but for starts whose processes were lost
  std::copy_if(all.begin(), all.end(), std::back_inserter(found), [](const Found& f) { return f.failed.empty(); });
  if (found.empty())
    throw Error(block.optimizer_place, fmt::format("every start of the fit was lost: {}", all[0].failed), {},
                Exit::run_failed);
  Found best =
      *std::min_element(found.begin(), found.end(), [](const Found& a, const Found& b) { return a.loss < b.loss; });
  if (best.best.empty())
    throw Error(block.optimizer_place, fmt::format("optimizer '{}' tried nothing", block.optimizer->id),
                "give it more evaluations", Exit::run_failed);

  std::vector<FrontPoint> front;
  std::size_t taken = 0;
  if (block.pareto) {
    front = front_of(block, found);
    taken = picked(front, block.pick, block.loss);
    best.best = front[taken].numbers, best.loss = front[taken].loss;
  }
  const NeuronSpec fitted = with_numbers(block, best.best);
  const Played start = play(block, e.measures, *block.neuron, targets, "start", engine.threads()),
               played = play(block, e.measures, fitted, targets, "fit", engine.threads());
  const std::vector<CaseTrace>&at_start = start.runs, &at_best = played.runs;
  const auto stopped = std::find_if(at_best.begin(), at_best.end(), [](const CaseTrace& p) { return !p.result.ok(); });
  if (best.loss >= failed_from)
    throw Error(block.place,
                stopped == at_best.end()
                    ? std::string("every candidate of the fit failed")
                    : fmt::format("every candidate of the fit failed, the best with '{}'", stopped->result.status()),
                "look at the ranges of 'free', at the start and at the step", Exit::run_failed);
  Outcome out;
  std::vector<CaseResult> rows;
  rows.push_back(mean_score("start", start.train, e.measures));
  rows.push_back(mean_score("train", played.train, e.measures));
  const bool holds_out =
      std::any_of(targets.begin(), targets.end(), [](const Target& t) { return t.held_out.has_value(); });
  if (holds_out) rows.push_back(mean_score("held_out", played.held_out, e.measures));
  for (const Found& f : all)
    if (!f.failed.empty()) rows.push_back(lost_start(f, rows[0]));
  out.run.tables.push_back(summary(rows, "part"));
  std::string& note = out.run.tables.back().note;
  note = what_is_scored(block, targets, at_best);
  if (const std::string averaged = what_is_averaged(block); !averaged.empty())
    note += (note.empty() ? "" : ". ") + averaged;
  if (const std::string silent = silence(block, targets, at_best); !silent.empty())
    note += (note.empty() ? "" : ". ") + silent;
  out.run.tables.push_back(numbers_table(block, found, best));
  if (block.pareto) out.run.tables.push_back(front_table(block, front, taken));
  else if (found.size() > 1) out.run.tables.push_back(optima_table(block, found));
  const Determined known =
      determined(block, evaluator, block.reset_at_data ? played.forced : at_best, targets, best.best);
  out.run.tables.push_back(determined_table(block, known, best.best));
  const std::vector<Profile> beside = profiles(block, targets, known, best, e.seed, engine);
  if (!beside.empty()) out.run.tables.push_back(profile_table(block, beside, best.loss));
  out.run.tables.push_back(starts_table(all));
  // the numbers are measures too, so that `expect` can name them
  for (std::size_t k = 0; k < block.free.size(); ++k)
    for (CaseResult& row : rows) {
      const Parameter& p = block.free[k].parameter;
      const double value = !row.ok()             ? std::numeric_limits<double>::quiet_NaN()
                           : row.name == "start" ? p.get(*block.neuron)
                                                 : best.best[k];
      row.measures.push_back({p.path(), p.unit(), value,
                              std::isfinite(value) ? ""
                              : row.ok()           ? "not defined: left to the model"
                                                   : stopped_score().why});
    }
  out.run.sheets = sheets_of(block, found);
  out.run.sheets.push_back(block.pareto ? front_sheet(block, front) : candidates_sheet(block, found));
  for (Sheet& sheet : best_sheets(block, e.measures, targets, found, engine.threads()))
    out.run.sheets.push_back(std::move(sheet));
  out.run.fitted_yaml = fitted_file(e, block, fitted);
  if (options.figures) {
    const std::size_t drawn = std::min<std::size_t>(targets.size(), most_panels / 4);
    for (std::size_t i = 0; i < drawn; ++i)
      out.run.figures.push_back(overlay(e.title, targets[i], at_best[i], at_start[i]));
    if (block.pareto) out.run.figures.push_back(front_figure(block, front, taken));
    out.run.figures.push_back(convergence(found));
    if (!beside.empty()) out.run.figures.push_back(profile_figure(block, beside));
    if (block.free.size() > 1) out.run.figures.push_back(pairs_figure(block, found, best));
  }
  for (const CaseTrace& p : at_best)
    if (options.on_case) options.on_case(p.result);
  out.cases = std::move(rows);
  out.judgements = judge(e, out.cases);
  return out;
}

}  // namespace hillock
