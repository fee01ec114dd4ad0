// Carries out `forecast`: every forecaster on every series over threads, then scores, tables and figures.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "hillock/random.hpp"
#include "purpose/forecast/protocol.hpp"
#include "purpose/forecast/read.hpp"
#include "purpose/forecast/report.hpp"
#include "purpose/forecast/scores.hpp"
#include "purpose/generate/generate.hpp"
#include "purpose/judge.hpp"
#include "purpose/readout.hpp"
#include "util/bytes.hpp"

namespace hillock {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

std::vector<ForecastSeries> all_series(const ForecastBlock& block) {
  std::vector<ForecastSeries> all;
  for (const ForecastSource& source : block.sources)
    for (ForecastSeries& s : series_of(block, source)) all.push_back(std::move(s));
  return all;
}

/// One forecaster on one series: what is done by one thread and kept in one record.
Given one_of(const ForecastBlock& block, const std::vector<ForecastSeries>& series, std::size_t unit,
             std::uint64_t seed) {
  const std::size_t s = unit / block.by.size(), f = unit % block.by.size();
  const ForecasterUse& use = block.by[f];
  const Random random(seed, stream_of(fmt::format("forecast.{}.{}", series[s].name, use.name)));
  Given given = foretell(use, block.correct ? &*block.correct : nullptr,
                         {block.levels, block.intervals, block.validation, block.windows}, series[s],
                         static_cast<std::uint64_t>(random.uniform(0) * 9e15), model_of(block, series[s], f));
  given.series = static_cast<std::uint32_t>(s), given.forecaster = static_cast<std::uint32_t>(f);
  return given;
}

/// Whether it can be what a forecaster of the block gave for one of the series.
bool can_be_of(const Given& g, const ForecastBlock& block, const std::vector<ForecastSeries>& series) {
  return g.series < series.size() && g.forecaster < block.by.size() &&
         fits_series(g, series[g.series], block.levels.size(), block.correct.has_value());
}

/// REQUIRES: block and series live as long.
Work<Given> work_of(const ForecastBlock& block, const std::vector<ForecastSeries>& series, std::uint64_t seed) {
  return {.run =
              [&block, &series, seed](std::string_view unit, const Delivery<Given>& to) {
                to.result(one_of(block, series, std::stoul(std::string(unit)), seed));
                to.advance(1);
              },
          .lost =
              [&block](std::string_view unit, const std::string& why) {
                const std::size_t number = std::stoul(std::string(unit));
                Given given;
                given.series = static_cast<std::uint32_t>(number / block.by.size());
                given.forecaster = static_cast<std::uint32_t>(number % block.by.size());
                given.status = why;
                return given;
              },
          .answers =
              [&block, &series](std::string_view unit, const std::vector<Given>& results) {
                return results.size() == 1 && can_be_of(results[0], block, series) &&
                       results[0].series * block.by.size() + results[0].forecaster == std::stoul(std::string(unit));
              }};
}

const MeasureValue* value_of(const CaseResult& row, const std::string& name) {
  for (const MeasureValue& v : row.measures)
    if (v.name == name) return &v;
  return nullptr;
}

/// The scores of one forecaster on one series, all measures in their order, but for `skill`.
CaseResult row_of(const ForecastBlock& block, const ForecastSeries& series, const Given& given, bool corrected) {
  CaseResult row;
  row.name = corrected ? corrected_name(block.by[given.forecaster]) : block.by[given.forecaster].name;
  if (!series.name.empty()) row.name += "." + series.name;
  if (!given.ok()) row.failure = Failure{given.status};
  std::vector<MeasureValue> scores;
  if (given.ok()) scores = forecast_scores(series, corrected ? given.corrected : given.raw, block.levels);
  if (given.ok() && !corrected)
    scores.push_back({"validation_mae", series.unit, given.validation_mae,
                      std::isnan(given.validation_mae) ? "not defined: nothing was forecast there" : ""});
  if (given.ok() && corrected)
    scores.push_back(
        {"corrected_over_raw_mae", "1", scores[0].value / forecast_scores(series, given.raw, {})[0].value, {}});
  for (const ForecastMeasure& m : forecast_measures(block.levels)) {
    const auto found =
        std::find_if(scores.begin(), scores.end(), [&](const MeasureValue& v) { return v.name == m.name; });
    if (found != scores.end()) row.measures.push_back(*found);
    else
      row.measures.push_back({m.name, m.unit == "trace" ? series.unit : m.unit, nan,
                              given.ok() ? "not defined here" : "not defined: the forecaster failed"});
  }
  return row;
}

void set(CaseResult& row, const std::string& name, double value, const std::string& why = {}) {
  for (MeasureValue& v : row.measures)
    if (v.name == name) v.value = value, v.why = why;
}

/// Means over the series of one row of each. A series without a number is left out.
CaseResult mean_of(const std::string& name, const std::vector<CaseResult>& rows) {
  CaseResult mean = rows[0];
  mean.name = name;
  for (const CaseResult& row : rows)
    if (mean.ok()) mean.failure = row.failure;
  for (std::size_t k = 0; k < mean.measures.size(); ++k) {
    double sum = 0, n = 0;
    for (const CaseResult& row : rows)
      if (row.measures[k].why.empty()) sum += row.measures[k].value, ++n;
    if (n > 0) mean.measures[k].value = sum / n, mean.measures[k].why.clear();
  }
  return mean;
}

}  // namespace

bool asks_server(const Experiment& e) {
  const auto* forecasts = purpose_as<Forecasts>(e);
  const auto* generate = purpose_as<Generate>(e);
  if (!forecasts && !generate) return false;
  const ForecastBlock& block = forecasts ? forecasts->block : generate->block.forecast;
  const auto asks = [](const ForecasterUse& use) {
    return use.has(HK_REMOTE) && !(use.options.declares("record") && use.options.given("record"));
  };
  return std::any_of(block.by.begin(), block.by.end(), asks) || (block.correct && asks(*block.correct));
}

void Forecasts::prepare(const Experiment& e) const {
  for (const ForecastSource& source : block.sources) {
    ForecastSeries layout;
    layout.name = source.name;
    if (source.neuron) {
      hillock::prepare(neuron_of(source.neuron));
      const SimulateBlock& run = source.neuron->simulate;
      layout.dt_ms = run.every_ms;
      lay_out(block, static_cast<std::size_t>(std::floor(run.for_ms / run.every_ms + 1e-6)) + 1, layout);
      check_lengths(block, layout);
    } else if (source.data->run) {
      hillock::prepare(*source.data->run);
    } else {
      for (const ForecastSeries& s : series_of(block, source)) check_lengths(block, s);
    }
  }
  // a server is not asked before the run, and its key is not needed to check a file
  for (const ForecasterUse& use : block.by)
    if (use.plugin && !use.has(HK_REMOTE)) Forecaster(use, e.seed);
  if (block.correct && !block.correct->has(HK_REMOTE)) Forecaster(*block.correct, e.seed);
}

void Forecasts::visit(const Experiment&, const Visitor& visitor) const {
  for (const ForecastSource& source : block.sources) {
    if (source.neuron) visitor.neuron(*source.neuron);
    if (source.data) visitor.data(*source.data);
    for (const auto& model : source.models)
      if (model) visitor.neuron(*model);
  }
  if (!visitor.plugin) return;
  for (const ForecasterUse& use : block.by)
    if (use.plugin) visitor.plugin(*use.plugin);
  if (block.correct) visitor.plugin(*block.correct->plugin);
}

void Forecasts::serve(const std::shared_ptr<const Experiment>& e, Processes& processes) const {
  const std::vector<ForecastSeries> series = all_series(block);
  Engine::serve(processes, work_of(block, series, e->seed));
}

std::vector<Refinable> Forecasts::refinable(const Experiment&, const Recording*, std::size_t most) const {
  std::vector<Refinable> all;
  for (const ForecastSource& source : block.sources)
    if (source.neuron) all.push_back({source.name.empty() ? "run" : source.name, neuron_of(source.neuron), {}});
  if (all.empty())
    throw Error(block.place, "the forecast of a recording has no neuron whose numerics could be refined");
  if (all.size() > most)
    throw Error(block.place, fmt::format("{} runs are more than the {} that are refined at once", all.size(), most));
  return all;
}

Outcome Forecasts::run(const std::shared_ptr<const Experiment>& experiment, const RunOptions& options) const {
  const Experiment& e = *experiment;
  const std::vector<ForecastSeries> series = all_series(block);
  const std::size_t forecasters = block.by.size(), units = series.size() * forecasters;
  std::vector<Given> given(units);
  std::vector<bool> done(units, false);
  const auto put_in_place = [&](Given g) {
    const std::size_t unit = g.series * forecasters + g.forecaster;
    if (unit >= units) return;
    done[unit] = true;
    given[unit] = std::move(g);
  };
  Engine engine = options.engine();
  engine.for_each_kept<Given>([&](Given g) {
    need_fit(can_be_of(g, block, series));
    put_in_place(std::move(g));
  });
  std::vector<std::size_t> left;
  for (std::size_t u = 0; u < units; ++u)
    if (!done[u]) left.push_back(u);
  engine.begin(units - left.size(), units);
  engine.map(
      left.size(), [&](std::size_t i) { return std::to_string(left[i]); }, work_of(block, series, e.seed),
      [&](Given g, bool) {
        // what failed is tried again by the next run, as a server that could not be reached
        if (g.ok() && block.by[g.forecaster].answers.empty()) engine.keep(g);
        put_in_place(std::move(g));
      });

  // rows by forecaster, each with one row a series; skill needs the baselines of the same series
  std::vector<std::vector<CaseResult>> rows;  // [row][series]
  std::vector<std::string> names;
  for (std::size_t f = 0; f < forecasters; ++f)
    for (const bool corrected : {false, true}) {
      if (corrected && !block.correct) continue;
      names.push_back(corrected ? corrected_name(block.by[f]) : block.by[f].name);
      rows.emplace_back();
      for (std::size_t s = 0; s < series.size(); ++s)
        rows.back().push_back(row_of(block, series[s], given[s * forecasters + f], corrected));
    }
  std::vector<std::string> chosen_by_series;
  std::vector<CaseResult> chosen;
  for (std::size_t s = 0; s < series.size(); ++s) {
    double least = nan;
    for (const char* baseline : baselines)
      for (std::size_t r = 0; r < rows.size(); ++r)
        if (names[r] == baseline && rows[r][s].ok()) least = std::fmin(least, value_of(rows[r][s], "mae")->value);
    std::size_t best = rows.size();
    for (std::size_t r = 0; r < rows.size(); ++r) {
      CaseResult& row = rows[r][s];
      if (!row.ok()) continue;
      if (!std::isnan(least) && least > 0) set(row, "skill", 1 - value_of(row, "mae")->value / least);
      else set(row, "skill", nan, "not defined: no baseline has an error");
      const MeasureValue& validation = *value_of(row, "validation_mae");
      if (!validation.why.empty()) continue;
      if (best == rows.size() || validation.value < value_of(rows[best][s], "validation_mae")->value) best = r;
    }
    if (best == rows.size()) continue;
    chosen_by_series.push_back(series[s].name.empty() ? names[best]
                                                      : fmt::format("{} of {}", names[best], series[s].name));
    CaseResult row = rows[best][s];
    row.name = series[s].name.empty() ? chosen_name : fmt::format("{}.{}", chosen_name, series[s].name);
    if (block.correct) set(row, "corrected_over_raw_mae", value_of(rows[best + 1][s], "corrected_over_raw_mae")->value);
    chosen.push_back(std::move(row));
  }

  Outcome out;
  std::vector<CaseResult> cases, of_series;
  const auto add = [&](const std::string& name, std::vector<CaseResult>& of) {
    if (series.size() > 1) {
      cases.push_back(mean_of(name, of));
      for (CaseResult& row : of) of_series.push_back(std::move(row));
    } else {
      of[0].name = name;  // the mean of one
      cases.push_back(std::move(of[0]));
    }
  };
  for (std::size_t r = 0; r < rows.size(); ++r) add(names[r], rows[r]);
  if (chosen.size() == series.size()) add(chosen_name, chosen);

  out.run.tables = forecast_tables(block, series, given, cases, of_series, chosen_by_series);
  out.run.sheets = forecast_sheets(block, series, given);
  if (options.figures) out.run.figures = forecast_figures(e.title, block, series, given);
  for (const ForecastSeries& s : series)
    if (options.on_case) options.on_case(case_of(s));
  cases.insert(cases.end(), std::make_move_iterator(of_series.begin()), std::make_move_iterator(of_series.end()));
  out.cases = std::move(cases);
  out.judgements = judge(e, out.cases);
  return out;
}

}  // namespace hillock
