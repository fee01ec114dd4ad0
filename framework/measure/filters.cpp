#include "measure/filters.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>

#include "measure/traces.hpp"

namespace hillock {
namespace {

using std::numbers::pi;

/// y = b0 x + z1, z1' = b1 x - a1 y + z2, z2' = b2 x - a2 y: the direct form II, transposed. Constants pass unchanged.
struct Section {
  double b0, b1, b2, a1, a2;
  void run(std::span<double> x, double first) const {
    double z1 = (1 - b0) * first, z2 = (b2 - a2) * first;  // as after a long time at `first`
    for (double& sample : x) {
      const double y = b0 * sample + z1;
      z1 = b1 * sample - a1 * y + z2, z2 = b2 * sample - a2 * y;
      sample = y;
    }
  }
};

std::vector<Section> butterworth(double cutoff_over_rate, int order) {
  const double k = std::tan(pi * cutoff_over_rate);
  std::vector<Section> sections;
  if (order % 2 == 1) sections.push_back({k / (1 + k), k / (1 + k), 0, (k - 1) / (k + 1), 0});
  for (int i = 0; i < order / 2; ++i) {
    const double damping =
        2 * std::sin(pi * (2 * i + 1) / (2 * order));  // of the i-th pair of poles on the half circle
    const double a0 = 1 + damping * k + k * k, b = k * k / a0;
    sections.push_back({b, 2 * b, b, 2 * (k * k - 1) / a0, (1 - damping * k + k * k) / a0});
  }
  return sections;
}

/// Sample k of a trace that goes on at its ends, turned about its first and last sample.
double continued(std::span<const double> v, std::int64_t k) {
  const auto last = static_cast<std::int64_t>(v.size()) - 1;
  const auto at = [&](std::int64_t i) { return v[static_cast<std::size_t>(std::clamp<std::int64_t>(i, 0, last))]; };
  if (k < 0) return 2 * v.front() - at(-k);
  if (k > last) return 2 * v.back() - at(2 * last - k);
  return at(k);
}

constexpr int crossings = 32, points_per_crossing = 1024;
/// The Kaiser window that leaves 1e-4 of what lies beyond the transition; its width is (80 - 7.95)/(2.285 * 2 pi * 2
/// crossings) of the cutoff to each side.
constexpr double attenuation_db = 80, half_transition = (attenuation_db - 7.95) / (2.285 * 4 * pi * crossings);

/// sinc(u) under the window, u in zero crossings, from a table.
class Kernel {
 public:
  Kernel() {
    constexpr double beta = 0.1102 * (attenuation_db - 8.7);
    for (int i = 0; i <= crossings * points_per_crossing; ++i) {
      const double u = static_cast<double>(i) / points_per_crossing, part = u / crossings;
      table_.push_back((i == 0 ? 1 : std::sin(pi * u) / (pi * u)) *
                       std::cyl_bessel_i(0, beta * std::sqrt(1 - part * part)) / std::cyl_bessel_i(0, beta));
    }
    table_.push_back(0);
  }
  double operator()(double u) const {
    const double x = std::abs(u) * points_per_crossing;
    if (x >= crossings * points_per_crossing) return 0;
    const auto i = static_cast<std::size_t>(x);
    return table_[i] + (x - static_cast<double>(i)) * (table_[i + 1] - table_[i]);
  }

 private:
  std::vector<double> table_;
};

/// Where sample k of the grid lies in the trace, counted in its samples.
double position(const Sampled& trace, const Grid& grid, double k) {
  const double x = (grid.t0_ms + k * grid.dt_ms - trace.t0_ms) / trace.dt_ms, nearest = std::round(x);
  return std::abs(x - nearest) < sample_slack ? nearest : x;
}

}  // namespace

std::vector<double> low_pass(std::span<const double> samples, double dt_ms, double cutoff_hz, int order) {
  const std::vector<Section> sections = butterworth(cutoff_hz * dt_ms / 1000, order);
  const auto padding = static_cast<std::int64_t>(low_pass_padding(order));
  const auto size = static_cast<std::int64_t>(samples.size());
  std::vector<double> x;
  x.reserve(samples.size() + 2 * low_pass_padding(order));
  for (std::int64_t k = -padding; k < size + padding; ++k) x.push_back(continued(samples, k));
  for (int pass = 0; pass < 2; ++pass) {
    const double first = x.front();
    for (const Section& s : sections) s.run(x, first);
    std::reverse(x.begin(), x.end());
  }
  return {x.begin() + padding, x.end() - padding};
}

std::vector<double> resampled(const Sampled& trace, const Grid& grid) {
  static const Kernel kernel;
  const bool same = std::abs(grid.dt_ms - trace.dt_ms) < 1e-9 * trace.dt_ms;
  // the transition ends where the new rate, or the old one, can hold no more
  const double per_sample = std::min(1.0, trace.dt_ms / grid.dt_ms) / (1 + half_transition),
               reach = crossings / per_sample;
  std::vector<double> out;
  out.reserve(grid.samples);
  for (std::size_t i = 0; i < grid.samples; ++i) {
    const double x = position(trace, grid, static_cast<double>(i));
    if (same && x == std::floor(x)) {
      out.push_back(continued(trace.values, static_cast<std::int64_t>(x)));
      continue;
    }
    double sum = 0, weights = 0;
    for (auto k = static_cast<std::int64_t>(std::ceil(x - reach)); static_cast<double>(k) <= x + reach; ++k) {
      const double weight = kernel((x - static_cast<double>(k)) * per_sample);
      sum += weight * continued(trace.values, k), weights += weight;
    }
    out.push_back(sum / weights);
  }
  return out;
}

std::vector<double> resampled_held(const Sampled& trace, const Grid& grid) {
  const double end = static_cast<double>(trace.values.size());
  std::vector<double> out;
  out.reserve(grid.samples);
  for (std::size_t i = 0; i < grid.samples; ++i) {
    const double from = std::clamp(position(trace, grid, static_cast<double>(i)), 0.0, end - 1),
                 to = std::clamp(position(trace, grid, static_cast<double>(i + 1)), from, end);
    auto k = static_cast<std::size_t>(from);
    const double first = trace.values[k];
    double more = 0;  // beyond the first, so that a constant current stays as it is
    for (double at = from; at < to; ++k) {
      const double next = std::min(to, static_cast<double>(k + 1));
      more += (next - at) * (trace.values[k] - first);
      at = next;
    }
    out.push_back(to > from ? first + more / (to - from) : first);
  }
  return out;
}

}  // namespace hillock
