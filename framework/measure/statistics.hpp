#pragma once
// Statistics of a few numbers.
#include <algorithm>
#include <cstddef>
#include <limits>
#include <numeric>
#include <span>
#include <vector>

namespace hillock {

/// NaN of none.
inline double mean(std::span<const double> x) {
  return x.empty() ? std::numeric_limits<double>::quiet_NaN()
                   : std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size());
}

/// The mean of the two in the middle where the number is even. REQUIRES: there is one.
inline double median(std::span<const double> values) {
  std::vector<double> x(values.begin(), values.end());
  const auto half = x.begin() + static_cast<std::ptrdiff_t>(x.size() / 2);
  std::nth_element(x.begin(), half, x.end());
  return x.size() % 2 == 1 ? *half : (*std::max_element(x.begin(), half) + *half) / 2;
}

}  // namespace hillock
