// Carries out `generate`: turn after turn, each kept as it ends.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "draw/text.hpp"
#include "engine/workers.hpp"
#include "hillock/random.hpp"
#include "neuron/lanes.hpp"
#include "purpose/forecast/mechanistic.hpp"
#include "purpose/forecast/read.hpp"
#include "purpose/forecast/report.hpp"
#include "purpose/generate/turns.hpp"
#include "purpose/judge.hpp"
#include "purpose/readout.hpp"
#include "util/bytes.hpp"
#include "util/interrupt.hpp"

namespace hillock {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// What one turn leaves.
struct Turn {
  std::uint32_t number = 0;
  std::vector<double> adjusted;               ///< by rule: the number in this turn
  std::vector<double> end;                    ///< by state, after its last step
  Before goes_on;                             ///< what the next has of it besides
  std::vector<std::vector<double>> recorded;  ///< [column][sample] from its begin to its end
  std::vector<double> spikes_ms;              ///< in the time of the loop
  std::vector<double> values;                 ///< of what is forecast, at the same samples
  std::vector<std::vector<double>> known;     ///< [input][sample] currents
  Given given;                                ///< of the first forecaster
  std::vector<Given> others;                  ///< of the others
  double baseline_mae = 0, residual_mean = 0, residual_mae = 0;
  std::string status = "ok";  ///< of the run

  template <class Archive, class Self> static void carry(Archive& a, Self& t) {
    a(t.number), a(t.adjusted), a(t.end), a(t.goes_on.resting_ms), a(t.goes_on.resets), a(t.recorded), a(t.spikes_ms),
        a(t.values), a(t.known);
    a(t.baseline_mae), a(t.residual_mean), a(t.residual_mae), a(t.status);
  }
  std::string pack() const {
    ByteWriter out;
    carry(out, *this);
    out(given.pack());
    out.each(others, [&](const Given& other) { out(other.pack()); });
    return std::move(out).bytes();
  }
  static Turn unpack(std::string_view bytes) {
    Turn t;
    ByteReader in(bytes);
    carry(in, t);
    std::string inner;
    in(inner);
    t.given = Given::unpack(inner);
    in.each(t.others, [&](Given& other) { in(inner), other = Given::unpack(inner); });
    in.end();
    return t;
  }
};

/// Titles and units of what a turn records.
using Titles = std::vector<Column>;

/// Runs turn `t` from where the last one ended. Time goes on: its inputs are those of the loop at that time.
Turn simulate_turn(const GenerateBlock& block, const std::vector<Turn>& before, Titles& titles) {
  const auto number = static_cast<std::uint32_t>(before.size());
  const NeuronSpec& own = *block.forecast.sources[0].neuron;
  Turn turn;
  turn.number = number;
  auto spec = std::make_shared<NeuronSpec>(own);
  for (std::size_t r = 0; r < block.adjust.size(); ++r) {
    const AdjustRule& rule = block.adjust[r];
    double value = rule.parameter.get(own);
    if (number > 0) {
      const Turn& last = before.back();
      const double error = rule.toward == AdjustRule::Toward::residual_mean ? last.residual_mean : last.residual_mae;
      value = std::clamp(last.adjusted[r] + rule.gain * error, rule.low, rule.high);
    }
    turn.adjusted.push_back(value);
    rule.parameter.set(*spec, value);
  }
  Neuron neuron = neuron_of(spec);  // the inputs of the whole loop
  const double begin_ms = number * block.each_ms;
  neuron.for_ms = block.each_ms;
  for (auto& input : neuron.inputs)
    if (input) input = std::make_shared<const Signal>(input->from(begin_ms));
  if (number > 0) {
    auto later = std::make_shared<NeuronSpec>(*spec);
    later->simulate.rest = false;
    later->simulate.start = before.back().end;
    // of the noise of the amplifier; the neuron itself goes on as one run
    later->seed = static_cast<std::uint64_t>(Random(own.seed, stream_of("generate.turn")).uniform(number) * 9e15);
    neuron.spec = later;
  }
  Lanes lanes = lanes_of({&neuron});
  lanes.seeds = {own.seed}, lanes.begun_ms = begin_ms;
  lanes.before = {number > 0 ? before.back().goes_on : Before()};
  Trajectory trajectory = std::move(integrate(lanes)[0]);
  for (std::uint32_t k = 0; k < own.equations().n_state; ++k) turn.end.push_back(lanes.x[k][0]);
  turn.goes_on = lanes.before[0];
  turn.status = status_of(trajectory.failure, begin_ms);
  CaseTrace played = read_out(neuron, std::move(trajectory), turn_name(block, number), begin_ms);
  turn.values = played.voltage();
  turn.spikes_ms = std::move(played.result.spikes_ms);
  titles = played.result.columns;
  for (Column& c : played.result.columns) turn.recorded.push_back(std::move(c.values));
  for (Column& c : titles) c.values.clear();
  for (const auto& input : neuron.inputs) {
    if (!input) continue;
    turn.known.emplace_back();
    for (std::size_t k = 0; k < turn.values.size(); ++k) {
      const double t = static_cast<double>(k) * own.simulate.every_ms;
      turn.known.back().push_back(input->mean(just_after_ms(own, t), t));
    }
  }
  return turn;
}

/// Whether a kept turn has as many numbers as another.
bool has_shape_of(const Turn& other, const Turn& turn) {
  const auto same = [](const auto& a, const auto& b) { return a.size() == b.size(); };
  const auto all_same = [&](const auto& a, const auto& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), same);
  };
  return same(turn.adjusted, other.adjusted) && same(turn.end, other.end) && same(turn.values, other.values) &&
         all_same(turn.recorded, other.recorded) && all_same(turn.known, other.known);
}

/// Where the newest of so many turns is forecast: all of it, of the first the second half.
void lay_out_turn(const GenerateBlock& block, ForecastSeries& s, std::size_t turns, std::size_t samples_of_turn) {
  s.train = turns == 1 ? samples_of_turn / 2 : (turns - 1) * samples_of_turn + 1;
  s.horizon = std::max<std::size_t>(1, static_cast<std::size_t>(std::llround(block.forecast.horizon_ms / s.dt_ms)));
}

/// A model of `mechanistic`, under the currents of the loop: where one of these is adjusted from turn to turn, under
/// what it was at each sample.
Neuron model_of_loop(const GenerateBlock& block, const std::shared_ptr<const NeuronSpec>& model,
                     const std::vector<const Turn*>& turns) {
  Neuron neuron = neuron_of(model);
  if (std::none_of(block.adjust.begin(), block.adjust.end(),
                   [](const AdjustRule& rule) { return rule.parameter.kind() == Parameter::Kind::shape; }))
    return neuron;
  const Neuron own = neuron_of(block.forecast.sources[0].neuron);
  const double every_ms = own.spec->simulate.every_ms;
  std::size_t known = 0;
  for (std::size_t k = 0; k < own.inputs.size(); ++k) {
    if (!own.inputs[k]) continue;
    const std::size_t at = known++;
    if (k >= neuron.inputs.size() || !neuron.inputs[k]) continue;
    auto current = std::make_shared<std::vector<double>>();
    for (const Turn* turn : turns) {
      // the last sample of a turn is the first of the next, which has the current that follows
      if (!current->empty()) current->pop_back();
      current->insert(current->end(), turn->known[at].begin(), turn->known[at].end());
    }
    auto signal = std::make_shared<Signal>();
    signal->add(Held{0, every_ms, std::move(current)}, {model->integrator.dt_ms, neuron.for_ms, model->seed});
    neuron.inputs[k] = std::move(signal);
  }
  return neuron;
}

/// All samples up to the end of a turn, of which that turn (of the first its second half) is forecast.
ForecastSeries series_until(const GenerateBlock& block, const std::vector<const Turn*>& turns) {
  const NeuronSpec& own = *block.forecast.sources[0].neuron;
  ForecastSeries s;
  s.dt_ms = own.simulate.every_ms;
  s.unit = own.readout.unit;
  s.title = title_of(own.readout.is_map() ? readout_meaning(own).c_str()
                                          : recordable(own.equations(), own.readout.of).meaning);
  for (const Turn* turn : turns) {
    // a turn begins with the last sample of the one before
    const std::ptrdiff_t first = turn == turns[0] ? 0 : 1;
    s.values.insert(s.values.end(), turn->values.begin() + first, turn->values.end());
    s.spikes_ms.insert(s.spikes_ms.end(), turn->spikes_ms.begin(), turn->spikes_ms.end());
    s.known.resize(block.forecast.known_current ? turn->known.size() : 0);
    for (std::size_t k = 0; k < s.known.size(); ++k)
      s.known[k].insert(s.known[k].end(), turn->known[k].begin() + first, turn->known[k].end());
  }
  define_spikes(s, own);
  s.known_current = block.forecast.known_current;
  for (const auto& model : block.forecast.sources[0].models)
    s.models.push_back(model ? model_of_loop(block, model, turns) : Neuron());
  std::erase_if(s.known, [](const std::vector<double>& current) {
    return std::all_of(current.begin(), current.end(), [&](double x) { return x == current[0]; });
  });
  lay_out_turn(block, s, turns.size(), turns.back()->values.size() - 1);
  for (std::size_t o = s.train; o + s.horizon <= s.values.size(); o += s.horizon) s.origins.push_back(o);
  return s;
}

/// Truth less forecast.
struct Residual {
  double mean = 0, mae = 0;  ///< 0 where there is no forecast
};
Residual residual_of(const Given& given, const ForecastSeries& series) {
  double sum = 0, absolute = 0, n = 0;
  for (const Issued& one : given.raw)
    for (std::size_t h = 0; h < series.horizon; ++h) {
      const double residual = series.values[one.origin + h] - one.forecast.mean[h];
      sum += residual, absolute += std::abs(residual), ++n;
    }
  return n > 0 ? Residual{sum / n, absolute / n} : Residual{};
}

/// Forecasts the newest turn: the forecaster that drives the loop, and those that it is held against.
void forecast_turn(const GenerateBlock& block, Turn& turn, const ForecastSeries& series, std::uint64_t seed,
                   std::size_t threads) {
  const ForecastBlock& f = block.forecast;
  const ForecastProtocol protocol{f.levels, f.intervals, f.validation, f.windows};
  std::vector<Given> given(f.by.size());
  for_all(f.by.size(), threads, [&](std::size_t i) {
    const Random random(seed, stream_of(fmt::format("generate.{}.{}", turn.number, f.by[i].name)));
    given[i] = foretell(f.by[i], i == 0 && f.correct ? &*f.correct : nullptr, protocol, series,
                        static_cast<std::uint64_t>(random.uniform(0) * 9e15), model_of(f, series, i));
  });
  turn.baseline_mae = nan;
  for (std::size_t i = 0; i < given.size(); ++i)
    if (given[i].ok() &&
        std::any_of(std::begin(baselines), std::end(baselines), [&](const char* id) { return f.by[i].id() == id; }))
      turn.baseline_mae = std::fmin(turn.baseline_mae, forecast_scores(series, given[i].raw, {})[0].value);
  turn.given = std::move(given[0]);
  turn.others.assign(std::make_move_iterator(given.begin() + 1), std::make_move_iterator(given.end()));
  const Residual residual = residual_of(turn.given, series);  // a turn without a forecast adjusts nothing
  turn.residual_mean = residual.mean, turn.residual_mae = residual.mae;
}

/// What a turn is worth by one of its forecasters.
CaseResult scores_of_turn(const GenerateBlock& block, const Turn& turn, std::size_t f, const ForecastSeries& series) {
  const Given& given = f == 0 ? turn.given : turn.others[f - 1];
  CaseResult row;
  row.name = turn_name(block, turn.number);
  if (f > 0) row.name = row_of_other(row.name, block.forecast.by[f]);
  for (std::size_t r = 0; r < block.adjust.size(); ++r) {
    const Parameter& p = block.adjust[r].parameter;
    row.swept.emplace_back(p.path(), with_unit(turn.adjusted[r], p.unit() == "1" ? std::string_view() : p.unit()));
  }
  std::vector<MeasureValue> scores;
  const bool ok = given.ok();
  if (!ok) row.failure = Failure{given.status};
  if (ok) {
    scores = forecast_scores(series, given.raw, block.forecast.levels);
    const double mae = scores[0].value;
    if (turn.baseline_mae > 0) scores.push_back({"skill", "1", 1 - mae / turn.baseline_mae, {}});
    scores.push_back({"residual_mean", series.unit, residual_of(given, series).mean, {}});
    scores.push_back({"spike_count", "1", static_cast<double>(turn.spikes_ms.size()), {}});
    if (!given.corrected.empty()) {
      const double corrected = forecast_scores(series, given.corrected, {})[0].value;
      scores.push_back({"corrected_mae", series.unit, corrected, {}});
      scores.push_back({"corrected_over_raw_mae", "1", mae > 0 ? corrected / mae : 1, {}});
    }
  }
  for (const ForecastMeasure& m : turn_measures(block.forecast.levels)) {
    const auto found =
        std::find_if(scores.begin(), scores.end(), [&](const MeasureValue& v) { return v.name == m.name; });
    if (found != scores.end()) row.measures.push_back(*found);
    else
      row.measures.push_back({m.name, m.unit == "trace" ? series.unit : m.unit, nan,
                              ok ? "not defined here" : "not defined: the forecaster failed"});
  }
  for (std::size_t r = 0; r < block.adjust.size(); ++r)
    row.measures.push_back({block.adjust[r].parameter.path(), block.adjust[r].parameter.unit(), turn.adjusted[r], {}});
  return row;
}

CaseResult case_of_turn(const GenerateBlock& block, const Turn& turn, const ForecastSeries& series,
                        const Titles& titles) {
  CaseResult row = scores_of_turn(block, turn, 0, series);
  row.time_ms = SampleTimes::grid(turn.number * block.each_ms, series.dt_ms, 1, turn.values.size());
  row.columns = titles;
  for (std::size_t c = 0; c < row.columns.size(); ++c) row.columns[c].values = turn.recorded[c];
  row.spikes_ms = turn.spikes_ms;
  return row;
}

/// The mean over turns.
CaseResult mean_of_turns(const std::vector<CaseResult>& rows, const std::string& name) {
  CaseResult mean = rows[0];
  mean.name = name, mean.spikes_ms.clear(), mean.failure.reset();
  for (std::size_t m = 0; m < mean.measures.size(); ++m) {
    double sum = 0, n = 0;
    for (const CaseResult& row : rows)
      if (row.measures[m].why.empty()) sum += row.measures[m].value, ++n;
    if (n > 0) mean.measures[m].value = sum / n, mean.measures[m].why.clear();
  }
  for (auto& [path, value] : mean.swept) value.clear();
  return mean;
}

/// The forecasters beside each other, over all turns.
Table forecasters_table(const GenerateBlock& block, const std::vector<CaseResult>& means) {
  std::vector<CaseResult> shown;
  for (std::size_t f = 0; f < means.size(); ++f) {
    CaseResult& some = shown.emplace_back();
    some.name = block.forecast.by[f].name, some.failure = means[f].failure;
    for (const MeasureValue& v : means[f].measures)
      for (const char* name : {"mae", "mase", "skill", "subthreshold_mae", "gamma", "valid_time"})
        if (v.name == name) some.measures.push_back(v);
  }
  Table t = summary(shown, "forecaster");
  t.title = "Forecasters, mean over all turns";
  return t;
}

Table turns_table(const GenerateBlock& block, const std::vector<CaseResult>& rows, const std::vector<Turn>& turns,
                  const std::string& spikes) {
  std::vector<CaseResult> shown;
  for (const CaseResult& row : rows) {
    CaseResult& some = shown.emplace_back();
    some.name = row.name, some.failure = row.failure;
    for (const MeasureValue& v : row.measures)
      if (v.name == "mae" || v.name == "corrected_mae" || v.name == "corrected_over_raw_mae" || v.name == "skill" ||
          v.name == "residual_mean" || v.name == "spike_count" ||
          std::any_of(block.adjust.begin(), block.adjust.end(),
                      [&](const AdjustRule& rule) { return rule.parameter.path() == v.name; }))
        some.measures.push_back(v);
  }
  Table t = summary(shown, "turn");
  t.title = "Turn by turn";
  if (!spikes.empty()) t.note += (t.note.empty() ? "" : "; ") + spikes;
  if (!block.forecast.correct) return t;
  t.head.push_back("corrector");
  for (std::size_t k = 0; k < turns.size(); ++k) t.rows[k].push_back(turns[k].given.correction);
  t.rows.back().push_back("");
  return t;
}

Figure errors_figure(const GenerateBlock& block, const std::vector<CaseResult>& rows,
                     const std::vector<std::vector<CaseResult>>& others, const std::string& title) {
  Figure f{"error_by_turn", title.empty() ? "Error by turn" : title + ": error by turn", 1, {}};
  const auto panel = [&](const std::string& label) {
    Panel p;
    p.x_label = "Turn", p.y_label = label, p.x_whole = true;
    f.panels.push_back(std::move(p));
  };
  const auto curve = [&](const std::vector<CaseResult>& of, const std::string& name, const std::string& label,
                         bool dashed) {
    Panel& p = f.panels.back();
    Curve c{label, {}, {}, Curve::Style::line, static_cast<int>(p.curves.size()) / 2, false};
    c.dashed = dashed;
    for (std::size_t k = 0; k < of.size(); ++k)
      for (const MeasureValue& v : of[k].measures)
        if (v.name == name && v.why.empty()) c.x.push_back(static_cast<double>(k + 1)), c.y.push_back(v.value);
    Curve marks = c;
    marks.style = Curve::Style::points, marks.label.clear(), marks.dashed = false;
    if (!c.x.empty()) p.curves.push_back(std::move(c)), p.curves.push_back(std::move(marks));
  };
  const ForecastBlock& asked = block.forecast;
  panel(with_unit(std::string("Mean absolute error"), asked.sources[0].neuron->readout.unit));
  curve(rows, "mae", asked.by[0].name, false);
  if (asked.correct) curve(rows, "corrected_mae", corrected_name(asked.by[0]), false);
  for (std::size_t k = 1; k < asked.by.size(); ++k) curve(others[k - 1], "mae", asked.by[k].name, true);
  for (const AdjustRule& rule : block.adjust) {
    panel(with_unit(rule.parameter.path(), rule.parameter.unit()));
    curve(rows, rule.parameter.path(), "", false);
  }
  std::erase_if(f.panels, [](const Panel& p) { return p.curves.empty(); });
  return f;
}

}  // namespace

std::string turn_name(const GenerateBlock& block, std::uint32_t turn) {
  return fmt::format("turn_{:0{}}", turn + 1, fmt::formatted_size("{}", block.turns));
}

std::vector<ForecastMeasure> turn_measures(const std::vector<double>& levels) {
  std::vector<ForecastMeasure> all = forecast_measures(levels);
  std::erase_if(all, [](const ForecastMeasure& m) { return m.name == "validation_mae"; });
  all.push_back({"corrected_mae", "trace", "mae of the corrected forecasts", false});
  all.push_back({"residual_mean", "trace", "mean of truth less forecast", false});
  all.push_back({"spike_count", "1", "spikes that were simulated in the turn", false});
  return all;
}

void Generate::prepare(const Experiment& e) const {
  hillock::prepare(neuron_of(block.forecast.sources[0].neuron));
  ForecastSeries last;  // which has learnt from the most
  last.dt_ms = block.forecast.sources[0].neuron->simulate.every_ms;
  lay_out_turn(block, last, block.turns, static_cast<std::size_t>(std::llround(block.each_ms / last.dt_ms)));
  check_lengths(block.forecast, last);
  for (const ForecasterUse& use : block.forecast.by)
    if (use.plugin && !use.has(HK_REMOTE)) Forecaster(use, e.seed);
  if (block.forecast.correct && !block.forecast.correct->has(HK_REMOTE)) Forecaster(*block.forecast.correct, e.seed);
}

void Generate::visit(const Experiment&, const Visitor& visitor) const {
  visitor.neuron(*block.forecast.sources[0].neuron);
  for (const auto& model : block.forecast.sources[0].models)
    if (model) visitor.neuron(*model);
  if (!visitor.plugin) return;
  for (const ForecasterUse& use : block.forecast.by)
    if (use.plugin) visitor.plugin(*use.plugin);
  if (block.forecast.correct) visitor.plugin(*block.forecast.correct->plugin);
}

/// One turn needs the one before: other processes have nothing to do.
void Generate::serve(const std::shared_ptr<const Experiment>&, Processes& processes) const {
  Engine::serve(processes, Work<Turn>());
}

std::vector<Refinable> Generate::refinable(const Experiment&, const Recording*, std::size_t) const {
  return {{"turns", neuron_of(block.forecast.sources[0].neuron), {}}};
}

Outcome Generate::run(const std::shared_ptr<const Experiment>& experiment, const RunOptions& options) const {
  const Experiment& e = *experiment;
  std::vector<Turn> kept(block.turns);
  std::vector<bool> there(block.turns, false);
  Engine engine = options.engine();
  engine.for_each_kept<Turn>([&](Turn t) {
    need_fit(t.number < block.turns);
    if (t.given.ok()) there[t.number] = true, kept[t.number] = std::move(t);
  });
  engine.release();
  engine.begin(0, block.turns);

  Outcome out;
  Titles titles;
  std::vector<Turn> turns;
  std::optional<Turn> first;  // where turns were kept: what each must be like
  std::string spikes;
  bool complete = true;  // so far every turn was forecast
  std::vector<const Turn*> pointers;
  std::vector<CaseResult> rows;
  std::vector<std::vector<CaseResult>> others(block.forecast.by.size() - 1);  // [forecaster but the first][turn]
  turns.reserve(block.turns);
  for (std::uint32_t k = 0; k < block.turns; ++k) {
    if (interrupted) throw Interrupted{};
    const bool is_kept = complete && there[k];
    if (is_kept && !first) first = simulate_turn(block, {}, titles);
    if (is_kept) need_fit(has_shape_of(*first, kept[k])), turns.push_back(std::move(kept[k]));
    else turns.push_back(simulate_turn(block, turns, titles));
    Turn& turn = turns.back();
    if (turn.status != "ok")
      throw Error(block.forecast.sources[0].neuron->simulate.place,
                  fmt::format("the run stopped in turn {}: {}", k + 1, turn.status), {}, Exit::run_failed);
    pointers.push_back(&turn);
    const ForecastSeries series = series_until(block, pointers);
    if (is_kept) {
      const ForecastBlock& f = block.forecast;
      need_fit(fits_series(turn.given, series, f.levels.size(), f.correct.has_value()) &&
               turn.others.size() == f.by.size() - 1 &&
               std::all_of(turn.others.begin(), turn.others.end(),
                           [&](const Given& one) { return fits_series(one, series, f.levels.size(), false); }));
    } else {
      forecast_turn(block, turn, series, e.seed, engine.threads());
      // what failed is tried again by the next run, as a server that could not be reached; so is what came after it
      complete = complete && turn.given.ok();
      bool retry = false;  // one of the others; where nothing is sent, it would fail the same
      for (std::size_t f = 1; f < block.forecast.by.size(); ++f)
        retry = retry || (!turn.others[f - 1].ok() && block.forecast.by[f].has(HK_REMOTE));
      if (complete && !retry) engine.keep(turn);
    }
    if (series.falls) spikes = spikes_note(series);
    CaseResult row = case_of_turn(block, turn, series, titles);
    if (options.on_case) options.on_case(row);
    if (turn.given.ok()) {
      const std::string& by = block.forecast.by[0].name;
      out.run.sheets.push_back(forecast_sheet(row.name, by, block.forecast.levels, series, turn.given.raw));
      if (!turn.given.corrected.empty())
        out.run.sheets.push_back(forecast_sheet(row.name + "_corrected", by + "_corrected", block.forecast.levels,
                                                series, turn.given.corrected));
      if (options.figures) {
        Panel p = forecast_panel(by, block.forecast.levels, series, turn.given, 0);
        std::string title = fmt::format("{}{} {}", e.title, e.title.empty() ? "Turn" : ": turn", k + 1);
        if (const std::string part = part_shown(series, turn.given); !part.empty()) title += fmt::format(" ({})", part);
        out.run.figures.push_back({row.name, std::move(title), 1, {std::move(p)}});
      }
    }
    row.columns.clear();
    rows.push_back(std::move(row));
    for (std::size_t f = 1; f < block.forecast.by.size(); ++f)
      others[f - 1].push_back(scores_of_turn(block, turn, f, series));
    engine.advance(1);
  }

  if (options.figures) out.run.figures.insert(out.run.figures.begin(), errors_figure(block, rows, others, e.title));
  std::vector<CaseResult> means{mean_of_turns(rows, all_turns)};
  for (std::size_t f = 1; f < block.forecast.by.size(); ++f)
    means.push_back(mean_of_turns(others[f - 1], row_of_other(all_turns, block.forecast.by[f])));
  rows.push_back(means[0]);
  out.run.tables.push_back(turns_table(block, rows, turns, spikes));
  out.run.tables.push_back(forecasters_table(block, means));
  out.cases = std::move(rows);
  for (std::size_t f = 1; f < block.forecast.by.size(); ++f) {
    for (CaseResult& row : others[f - 1]) out.cases.push_back(std::move(row));
    out.cases.push_back(std::move(means[f]));
  }
  out.judgements = judge(e, out.cases);
  return out;
}

}  // namespace hillock
