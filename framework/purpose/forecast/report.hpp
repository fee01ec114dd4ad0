#pragma once
// What a forecast shows: tables, sheets and figures. Internal to purpose/forecast/ and
// purpose/generate/.
#include <string>
#include <vector>
#include "purpose/forecast/protocol.hpp"

namespace hillock {

/// The ranking, the series, intervals, corrections and notes. `given`: [series * forecasters + forecaster]. `cases`:
/// the rows of forecasters; `of_series`: of several series, each.
std::vector<Table> forecast_tables(const ForecastBlock& block, const std::vector<ForecastSeries>& series,
                                   const std::vector<Given>& given, const std::vector<CaseResult>& cases,
                                   const std::vector<CaseResult>& of_series, const std::vector<std::string>& chosen);
/// forecasts/<forecaster>.csv, of several series forecasts/<forecaster>.<series>.csv; and errors by lead time.
std::vector<Sheet> forecast_sheets(const ForecastBlock& block, const std::vector<ForecastSeries>& series,
                                   const std::vector<Given>& given);
std::vector<Figure> forecast_figures(const std::string& title, const ForecastBlock& block,
                                     const std::vector<ForecastSeries>& series, const std::vector<Given>& given);
/// The first origins of one forecaster: context, truth, forecast, intervals, and the corrected forecast.
Panel forecast_panel(const std::string& name, const std::vector<double>& levels, const ForecastSeries& series,
                     const Given& given, int colour);
/// "first 100 of 1000 ms": how much of what was forecast that panel shows; empty: all.
std::string part_shown(const ForecastSeries& series, const Given& given);
/// forecasts/<file>.csv of one forecaster.
Sheet forecast_sheet(const std::string& file, const std::string& name, const std::vector<double>& levels,
                     const ForecastSeries& series, const std::vector<Issued>& forecasts);
/// What the spikes of forecasts are, and that none is one where it is so; empty: nothing to say.
std::string spikes_note(const ForecastSeries& series);
/// The series itself, as a case that is written to data/.
CaseResult case_of(const ForecastSeries& series);

}  // namespace hillock
