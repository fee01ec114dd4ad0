#pragma once
// What a forecast shows: tables, sheets and figures. Internal to purpose/forecast/.
#include <string>
#include <vector>
#include "purpose/forecast/protocol.hpp"

namespace hillock {

/// The ranking, the series, intervals, corrections and notes. `given`: [series * forecasters + forecaster]. `cases`: the
/// rows of forecasters; `of_series`: of several series, each.
std::vector<Table> forecast_tables(const ForecastBlock& block, const std::vector<ForecastSeries>& series,
                                   const std::vector<Given>& given, const std::vector<CaseResult>& cases,
                                   const std::vector<CaseResult>& of_series, const std::vector<std::string>& chosen);
/// forecasts/<forecaster>.csv, of several series forecasts/<forecaster>.<series>.csv; and errors by lead time.
std::vector<Sheet> forecast_sheets(const ForecastBlock& block, const std::vector<ForecastSeries>& series,
                                   const std::vector<Given>& given);
std::vector<Figure> forecast_figures(const std::string& title, const ForecastBlock& block,
                                     const std::vector<ForecastSeries>& series, const std::vector<Given>& given);
/// The series itself, as a case that is written to data/.
CaseResult case_of(const ForecastSeries& series);

}  // namespace hillock
