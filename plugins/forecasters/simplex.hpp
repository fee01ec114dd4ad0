#pragma once
// The smoothing parameters of least error.
#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace hillock::forecasting {

/// The point of a box where f is least, by the simplex of Nelder & Mead (1965, doi:10.1093/comjnl/7.4.308), points
/// outside moved to the edge.
template <class F>
Eigen::VectorXd least_in_box(F f, const Eigen::VectorXd& start, double low, double high, int evaluations) {
  const Eigen::Index n = start.size();
  std::vector<std::pair<double, Eigen::VectorXd>> simplex;
  const auto at = [&](const Eigen::VectorXd& x) {
    const Eigen::VectorXd inside = x.cwiseMax(low).cwiseMin(high);
    return std::pair(f(inside), inside);
  };
  simplex.push_back(at(start));
  for (Eigen::Index k = 0; k < n; ++k) {
    Eigen::VectorXd x = start;
    x[k] += x[k] + 0.2 < high ? 0.2 : -0.2;
    simplex.push_back(at(x));
  }
  const auto by_value = [](const auto& a, const auto& b) { return a.first < b.first; };
  for (int used = 0; used < evaluations;) {
    std::stable_sort(simplex.begin(), simplex.end(), by_value);
    if (simplex.back().first - simplex.front().first <= 1e-13 * std::abs(simplex.front().first) &&
        (simplex.back().second - simplex.front().second).norm() < 1e-7)
      break;
    Eigen::VectorXd middle = Eigen::VectorXd::Zero(n);
    for (std::size_t k = 0; k + 1 < simplex.size(); ++k) middle += simplex[k].second / static_cast<double>(n);
    const Eigen::VectorXd away = middle - simplex.back().second;
    auto tried = at(middle + away);
    ++used;
    if (tried.first < simplex.front().first) {
      const auto further = at(middle + 2 * away);
      ++used;
      simplex.back() = std::min(tried, further, by_value);
    } else if (tried.first < simplex[simplex.size() - 2].first) {
      simplex.back() = tried;
    } else {
      const auto nearer = at(middle + (tried.first < simplex.back().first ? 0.5 : -0.5) * away);
      ++used;
      if (nearer.first < std::min(tried.first, simplex.back().first)) {
        simplex.back() = nearer;
      } else {
        for (std::size_t k = 1; k < simplex.size(); ++k, ++used)
          simplex[k] = at(0.5 * (simplex[0].second + simplex[k].second));
      }
    }
  }
  return std::min_element(simplex.begin(), simplex.end(), by_value)->second;
}

}  // namespace hillock::forecasting
