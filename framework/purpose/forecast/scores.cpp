#include "purpose/forecast/scores.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "hillock/random.hpp"
#include "measure/measures.hpp"
#include "measure/statistics.hpp"
#include "neuron/signal.hpp"

namespace hillock {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double before_ms = 5, after_ms = 8;  // what is cut around spikes
constexpr double matched_ms = 2, valid_mV = 10, bin_ms = 5;

bool near_any(double t, const std::vector<double>& spikes) {
  return std::any_of(spikes.begin(), spikes.end(), [t](double s) { return s - before_ms <= t && t < s + after_ms; });
}

/// Until the forecast leaves the truth by more than `tolerance`, but for samples around spikes that both have.
double valid_for(const ForecastSeries& series, const Issued& one, const std::vector<double>& truth,
                 const std::vector<double>& forecast, double tolerance) {
  std::vector<double> matched;
  for (const double t : truth)
    for (const double f : forecast)
      if (std::abs(t - f) <= matched_ms) {
        matched.push_back(t);
        break;
      }
  for (std::size_t h = 0; h < series.horizon; ++h) {
    const double t = static_cast<double>(h) * series.dt_ms;
    const double error = std::abs(series.values[one.origin + h] - one.forecast.mean[h]);
    if (error > tolerance && !near_any(t, matched)) return t;
  }
  return static_cast<double>(series.horizon) * series.dt_ms;
}

/// The loss whose expectation is least at the quantile `q`.
double pinball(double truth, double at, double q) { return truth >= at ? q * (truth - at) : (1 - q) * (at - truth); }

/// The continuous ranked probability score by the quantiles that the intervals are, with the forecast as the median:
/// twice the integral of the pinball loss over them, by trapezoids that end at the outermost.
double crps_at(double truth, const Issued& one, std::size_t h, const std::vector<double>& levels) {
  std::vector<std::pair<double, double>> loss = {{0.5, pinball(truth, one.forecast.mean[h], 0.5)}};
  for (std::size_t l = 0; l < levels.size(); ++l) {
    const double low = (1 - levels[l] / 100) / 2;
    loss.emplace_back(low, pinball(truth, one.forecast.low[l][h], low));
    loss.emplace_back(1 - low, pinball(truth, one.forecast.high[l][h], 1 - low));
  }
  std::sort(loss.begin(), loss.end());
  double sum = loss.front().first * loss.front().second + (1 - loss.back().first) * loss.back().second;
  for (std::size_t k = 1; k < loss.size(); ++k)
    sum += (loss[k].first - loss[k - 1].first) * (loss[k].second + loss[k - 1].second) / 2;
  return 2 * sum;
}

bool has_interval(const Issued& one, std::size_t level) {
  return level < one.forecast.low.size() && std::all_of(one.forecast.low[level].begin(), one.forecast.low[level].end(),
                                                        [](double x) { return std::isfinite(x); });
}
bool has_intervals(const Issued& one, std::size_t levels) {
  for (std::size_t l = 0; l < levels; ++l)
    if (!has_interval(one, l)) return false;
  return levels > 0;
}

/// Trains of all origins one after the other, with a stretch between them that is not scored.
struct Trains {
  std::vector<double> truth, forecast;
  std::vector<std::pair<double, double>> between;
  double length_ms = 0;
};

}  // namespace

std::string level_name(double level) {
  std::string name = fmt::format("{:g}", level);
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

std::vector<ForecastMeasure> forecast_measures(const std::vector<double>& levels) {
  std::vector<ForecastMeasure> all;
  const auto add = [&](std::string name, const char* unit, std::string meaning, bool higher = false) {
    all.push_back({std::move(name), unit, std::move(meaning), higher});
  };
  add("mae", "trace",
      "mean absolute error over all leads and origins. Of spikes it misleads: one that is late counts twice");
  add("rmse", "trace", "root mean square error");
  add("mase", "1",
      "mae over the mean absolute step of the training part from sample to sample, which depends on the sampling");
  add("skill", "1", "1 - mae / that of the better baseline, `median` or `naive`", true);
  add("subthreshold_mae", "trace",
      "mean absolute error of samples that are not within 5 ms before and 8 ms after a spike of truth or forecast");
  add("crps", "trace",
      "continuous ranked probability score, by the quantiles that the intervals are, with the forecast as the median");
  add("brier", "1",
      "mean over bins of 5 ms of (p - o)^2, where o is 1 if a spike is there and p if the forecast has one; 0.5 if "
      "half of the bins are wrong");
  add("gamma", "1", "coincidence factor of the spikes of all origins (within 4 ms)", true);
  add("next_spike_error", "ms",
      "how far off the first spike after the origin is, over the origins with one; a forecast without a spike has it "
      "at the end of the horizon");
  add("valid_time", "ms",
      "until the forecast is off by more than 10 mV (a quarter of the range of the training part in other units), "
      "samples around spikes that both have within 2 ms left out; mean over the origins",
      true);
  add("validation_mae", "trace", "mean absolute error from origins within the training part, not yet seen then");
  add("corrected_over_raw_mae", "1", "mae of the corrected forecasts over that of the forecasts themselves");
  for (const double level : levels) {
    add("coverage_" + level_name(level), "%", fmt::format("share of the truth within the {:g} % interval", level),
        true);
    add("width_" + level_name(level), "trace", fmt::format("mean width of the {:g} % interval", level));
  }
  return all;
}

std::vector<double> spikes_of(const ForecastSeries& series, std::uint64_t origin, const std::vector<double>& trace) {
  // what was known last tells whether the first sample is a crossing
  std::vector<double> with = {series.values[origin - 1]};
  with.insert(with.end(), trace.begin(), trace.end());
  std::vector<double> spikes = spikes_in(series, std::move(with));
  for (double& s : spikes) s = std::max(0.0, s - series.dt_ms);
  return spikes;
}

std::vector<double> true_spikes(const ForecastSeries& series, std::uint64_t origin) {
  if (series.own_spikes) {
    // as in a forecast: after the last sample that was known, up to the last of the horizon
    const double begin_ms = static_cast<double>(origin) * series.dt_ms, slack = 1e-6 * series.dt_ms;
    const double end_ms = begin_ms + static_cast<double>(series.horizon - 1) * series.dt_ms;
    std::vector<double> spikes;
    for (auto s = std::upper_bound(series.spikes_ms.begin(), series.spikes_ms.end(), begin_ms - series.dt_ms + slack);
         s != series.spikes_ms.end() && *s <= end_ms + slack; ++s)
      spikes.push_back(std::max(0.0, *s - begin_ms));
    return spikes;
  }
  const auto begin = series.values.begin() + static_cast<std::ptrdiff_t>(origin);
  return spikes_of(series, origin, {begin, begin + static_cast<std::ptrdiff_t>(series.horizon)});
}

std::vector<double> error_by_lead(const ForecastSeries& series, const std::vector<Issued>& forecasts) {
  std::vector<double> mean(series.horizon, 0.0);
  for (const Issued& one : forecasts)
    for (std::size_t h = 0; h < series.horizon; ++h)
      mean[h] += std::abs(series.values[one.origin + h] - one.forecast.mean[h]) / static_cast<double>(forecasts.size());
  return mean;
}

Coverage coverage_of(const ForecastSeries& series, const std::vector<Issued>& forecasts, std::size_t level) {
  Coverage c{nan, nan, nan, nan, nan, nan, 0};
  std::vector<double> by_origin;
  double near = 0, n_near = 0, between = 0, n_between = 0, width = 0;
  for (const Issued& one : forecasts) {
    if (!has_interval(one, level)) continue;
    const std::vector<double> spikes = true_spikes(series, one.origin);
    double inside = 0;
    for (std::size_t h = 0; h < series.horizon; ++h) {
      const double low = one.forecast.low[level][h], high = one.forecast.high[level][h],
                   truth = series.values[one.origin + h];
      const double in = low <= truth && truth <= high ? 1 : 0;
      inside += in, width += high - low;
      if (near_any(static_cast<double>(h) * series.dt_ms, spikes)) near += in, ++n_near;
      else between += in, ++n_between;
    }
    by_origin.push_back(100 * inside / static_cast<double>(series.horizon));
  }
  c.origins = by_origin.size();
  if (by_origin.empty()) return c;
  const auto n = by_origin.size();
  c.covered = mean(by_origin);
  c.width = width / static_cast<double>(n * series.horizon);
  if (n_near > 0) c.near_spikes = 100 * near / n_near;
  if (n_between > 0) c.between = 100 * between / n_between;
  // blocks of neighbouring origins, which are alike (Kuensch 1989, doi:10.1214/aos/1176347265)
  constexpr std::size_t draws = 1000;
  const auto block = static_cast<std::size_t>(std::ceil(std::cbrt(static_cast<double>(n))));
  const Random random(0, stream_of("forecast.coverage"));
  std::vector<double> means;
  for (std::size_t d = 0; d < draws && n > 1; ++d) {
    double sum = 0;
    for (std::size_t k = 0; k < n; ++k) {
      const auto begin = static_cast<std::size_t>(random.uniform(d * n + k / block) * static_cast<double>(n));
      sum += by_origin[(begin + k % block) % n];
    }
    means.push_back(sum / static_cast<double>(n));
  }
  if (!means.empty()) {
    std::sort(means.begin(), means.end());
    c.low = means[draws / 40], c.high = means[draws - 1 - draws / 40];
  }
  return c;
}

std::vector<MeasureValue> forecast_scores(const ForecastSeries& series, const std::vector<Issued>& forecasts,
                                          const std::vector<double>& levels) {
  const std::size_t horizon = series.horizon;
  const auto training = std::span(series.values).first(series.train);
  double step = 0;
  for (std::size_t k = 1; k < training.size(); ++k) step += std::abs(training[k] - training[k - 1]);
  step /= static_cast<double>(training.size() - 1);
  const auto [least, greatest] = std::minmax_element(training.begin(), training.end());
  const double tolerance = series.unit == "mV" ? valid_mV : (*greatest - *least) / 4;

  double sum = 0, squares = 0, quiet = 0, n_quiet = 0, crps = 0, n_crps = 0, wrong = 0, bins = 0, valid = 0;
  double next = 0, n_next = 0;
  Trains trains;
  const double length_ms = static_cast<double>(horizon) * series.dt_ms, gap_ms = 20;
  for (const Issued& one : forecasts) {
    const std::vector<double> truth = true_spikes(series, one.origin),
                              forecast = spikes_of(series, one.origin, one.forecast.mean);
    const bool intervals = has_intervals(one, levels.size());
    for (std::size_t h = 0; h < horizon; ++h) {
      const double value = series.values[one.origin + h], error = std::abs(value - one.forecast.mean[h]);
      const double t = static_cast<double>(h) * series.dt_ms;
      sum += error, squares += error * error;
      if (!near_any(t, truth) && !near_any(t, forecast)) quiet += error, ++n_quiet;
      if (intervals) crps += crps_at(value, one, h, levels), ++n_crps;
    }
    for (double t = 0; t < length_ms - 1e-9; t += bin_ms) {
      const auto in = [&](const std::vector<double>& spikes) {
        return std::any_of(spikes.begin(), spikes.end(), [&](double s) { return t <= s && s < t + bin_ms; });
      };
      wrong += in(truth) != in(forecast) ? 1 : 0, ++bins;
    }
    if (!truth.empty()) next += std::abs((forecast.empty() ? length_ms : forecast.front()) - truth.front()), ++n_next;
    valid += valid_for(series, one, truth, forecast, tolerance);
    for (const double t : truth) trains.truth.push_back(trains.length_ms + t);
    for (const double t : forecast) trains.forecast.push_back(trains.length_ms + t);
    trains.between.emplace_back(trains.length_ms + length_ms, trains.length_ms + length_ms + gap_ms);
    trains.length_ms += length_ms + gap_ms;
  }
  ScoredWindow data{0, trains.length_ms, trains.truth, {}, false, trains.between}, run = data;
  run.spikes_ms = trains.forecast;
  const Score gamma = evaluate("gamma", run, &data);

  const auto n = static_cast<double>(forecasts.size()), samples = n * static_cast<double>(horizon);
  std::vector<MeasureValue> all;
  const std::string& unit = series.unit;
  const auto add = [&](const char* name, const std::string& of, double value, const std::string& why = {}) {
    all.push_back({name, of, std::isfinite(value) ? value : nan, std::isfinite(value) ? "" : why});
  };
  add("mae", unit, sum / samples);
  add("rmse", unit, std::sqrt(squares / samples));
  add("mase", "1", sum / samples / step);
  add("subthreshold_mae", unit, n_quiet > 0 ? quiet / n_quiet : nan, "not defined: spikes are everywhere");
  add("crps", unit, n_crps > 0 ? crps / n_crps : nan, "not defined: there are no intervals");
  add("brier", "1", wrong / bins);
  add("gamma", "1", gamma.why.empty() ? gamma.value : nan, gamma.why);
  add("next_spike_error", "ms", n_next > 0 ? next / n_next : nan, "not defined: no spike follows any origin");
  add("valid_time", "ms", valid / n);
  for (std::size_t l = 0; l < levels.size(); ++l) {
    const Coverage c = coverage_of(series, forecasts, l);
    const std::string name = level_name(levels[l]);
    const char* why = "not defined: there are too few earlier origins for an interval of this level";
    add(("coverage_" + name).c_str(), "%", c.covered, why);
    add(("width_" + name).c_str(), unit, c.width, why);
  }
  return all;
}

}  // namespace hillock
