#pragma once
// The period of a series, by its autocorrelation.
#include <complex>
#include <unsupported/Eigen/FFT>

#include "common.hpp"

namespace hillock::forecasting {

/// The correlation of x[t] and x[t + lag] for each lag up to half of the longest piece, pairs within pieces alone.
inline std::vector<double> autocorrelation(std::span<const TimeSeries> pieces) {
  const std::size_t lags = longest(pieces) / 2 + 1;
  const double mean = scale_of_values(pieces).mean;
  std::vector<double> product(lags), head(lags), tail(lags);
  for (const TimeSeries& piece : pieces) {
    const std::size_t n = piece.values.size();
    std::size_t padded = 1;
    while (padded < 2 * n) padded *= 2;
    std::vector<double> x(padded);
    for (std::size_t t = 0; t < n; ++t) x[t] = piece.values[t] - mean;
    Eigen::FFT<double> fft;
    std::vector<std::complex<double>> spectrum;
    fft.fwd(spectrum, x);
    for (auto& s : spectrum) s = std::norm(s);
    std::vector<double> correlated;
    fft.inv(correlated, spectrum);
    std::vector<double> squares(n + 1);  // of the first t values
    for (std::size_t t = 0; t < n; ++t) squares[t + 1] = squares[t] + x[t] * x[t];
    for (std::size_t l = 0; l < std::min(lags, n); ++l) {
      product[l] += correlated[l];
      head[l] += squares[n - l];
      tail[l] += squares[n] - squares[l];
    }
  }
  for (std::size_t l = 0; l < lags; ++l) {
    const double power = std::sqrt(head[l] * tail[l]);
    product[l] = power > 0 ? product[l] / power : 0;
  }
  return product;
}

/// The period in samples: the shortest lag whose autocorrelation has a peak about as high as the highest after its
/// first fall below zero.
inline std::size_t find_period(std::span<const TimeSeries> pieces) {
  const std::vector<double> r = autocorrelation(pieces);
  const auto n = static_cast<double>(total(pieces));
  // white noise has no peak above this in most series
  const double chance = std::sqrt(4 * std::log(n) / n);
  const auto begin =
      static_cast<std::size_t>(std::find_if(r.begin(), r.end(), [](double x) { return x < 0; }) - r.begin());
  double highest = 0;
  for (std::size_t l = begin; l < r.size(); ++l) highest = std::max(highest, r[l]);
  for (std::size_t l = begin; l < r.size() && highest > chance; ++l)
    if (r[l] >= highest - 0.02 && r[l] >= r[l - 1] && (l + 1 == r.size() || r[l] >= r[l + 1])) return l;
  throw BadInput("no period is found in the training part: its autocorrelation has no peak; `period` gives one");
}
/// The period in samples that the option `period` (ms) says, or the one found.
inline std::size_t period_of(double period_ms, std::span<const TimeSeries> pieces) {
  if (!(period_ms > 0)) return find_period(pieces);
  const double samples = std::round(period_ms / pieces[0].dt);
  if (samples < 1) throw BadInput("the period is shorter than a step of the series");
  if (samples > 1e9) throw BadInput("the period is longer than any series");
  return static_cast<std::size_t>(samples);
}
inline std::string period_note(std::size_t period, double dt) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "period %zu samples, %.6g ms", period, static_cast<double>(period) * dt);
  return text.data();
}

}  // namespace hillock::forecasting
