#pragma once
// Statistics of a few numbers.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <numeric>
#include <queue>
#include <span>
#include <vector>

namespace hillock {

/// NaN of none.
inline double mean(std::span<const double> x) {
  return x.empty() ? std::numeric_limits<double>::quiet_NaN()
                   : std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size());
}

/// The mean over those that are no NaN, if they are more than half; else NaN.
inline double mean_of_most(std::span<const double> x) {
  std::vector<double> known;
  for (const double v : x)
    if (!std::isnan(v)) known.push_back(v);
  return 2 * known.size() > x.size() ? mean(known) : std::numeric_limits<double>::quiet_NaN();
}

/// The mean of the two in the middle where the number is even. REQUIRES: there is one.
inline double median(std::span<const double> values) {
  std::vector<double> x(values.begin(), values.end());
  const auto half = x.begin() + static_cast<std::ptrdiff_t>(x.size() / 2);
  std::nth_element(x.begin(), half, x.end());
  return x.size() % 2 == 1 ? *half : (*std::max_element(x.begin(), half) + *half) / 2;
}

/// The median of numbers that come one after the other, each in time log n.
class RunningMedian {
 public:
  void add(double x) {
    if (low_.empty() || x <= low_.top()) low_.push(x);
    else high_.push(x);
    if (low_.size() > high_.size() + 1) high_.push(low_.top()), low_.pop();
    if (high_.size() > low_.size()) low_.push(high_.top()), high_.pop();
  }
  /// The mean of the two in the middle where the number is even. REQUIRES: there is one.
  double value() const { return low_.size() > high_.size() ? low_.top() : (low_.top() + high_.top()) / 2; }

 private:
  std::priority_queue<double> low_;  ///< the lower half, as many or one more
  std::priority_queue<double, std::vector<double>, std::greater<double>> high_;
};

}  // namespace hillock
