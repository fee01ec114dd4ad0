#include "measure/distances.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <queue>
#include <utility>
#include <vector>

#include "measure/statistics.hpp"

namespace hillock {

Train within(Train spikes, double from_ms, double to_ms, bool to_included) {
  const auto begin = std::lower_bound(spikes.begin(), spikes.end(), from_ms);
  // the time of a step is rounded: an end that is included is so with a little room
  if (to_included) to_ms += 1e-9 * std::abs(to_ms);
  return {begin,
          to_included ? std::upper_bound(begin, spikes.end(), to_ms) : std::lower_bound(begin, spikes.end(), to_ms)};
}

std::vector<double> outside(Train spikes, Stretches unscored) {
  std::vector<double> out;
  std::size_t next = 0;
  for (const double t : spikes) {
    while (next < unscored.size() && unscored[next].second <= t) ++next;
    if (next == unscored.size() || t < unscored[next].first) out.push_back(t);
  }
  return out;
}

std::size_t coincidences(Train a, Train b, double precision_ms) {
  std::size_t i = 0, j = 0, pairs = 0;
  while (i < a.size() && j < b.size()) {
    if (std::abs(a[i] - b[j]) <= precision_ms) {
      // Pairing the two earliest loses nothing: had a largest matching a[i] with b[k] and a[l] with b[j] instead,
      // a[l] <= b[j] + D <= b[k] + D and b[k] <= a[i] + D <= a[l] + D, so a[l] may take b[k].
      ++pairs, ++i, ++j;
    } else if (a[i] < b[j]) {
      ++i;  // too early for b[j], so for all that follow
    } else {
      ++j;
    }
  }
  return pairs;
}

double van_rossum(Train a, Train b, double tau_ms) {
  // f − g jumps by +1 or −1 at a spike and decays in between, so that each gap between spikes adds
  // (1/tau) ∫ h² e^(−2t/tau) dt = h²/2 (1 − e^(−2 gap/tau)). The pairwise form of Houghton and Kreuz (2012) sums to the
  // same in as many steps, but its terms cancel; these are never negative, and equal trains give 0 exactly.
  double twice = 0, height = 0, last = 0;
  std::size_t i = 0, j = 0;
  while (i < a.size() || j < b.size()) {
    const bool of_a = j == b.size() || (i < a.size() && a[i] <= b[j]);
    const double t = of_a ? a[i++] : b[j++];
    if (height != 0) {
      const double gap = (t - last) / tau_ms;
      twice -= height * height * std::expm1(-2 * gap);
      height *= std::exp(-gap);
    }
    height += of_a ? 1 : -1;
    last = t;
  }
  return (twice + height * height) / 2;
}

double victor_purpura(Train a, Train b, double cost_per_ms) {
  // Spikes at one time are paired, at no cost: had they other partners, these would be no farther from each other.
  std::vector<std::pair<double, bool>> spikes;  // with whether it is of `a`
  std::size_t i = 0, j = 0;
  while (i < a.size() || j < b.size()) {
    if (i < a.size() && j < b.size() && a[i] == b[j]) ++i, ++j;
    else if (j == b.size() || (i < a.size() && a[i] < b[j])) spikes.emplace_back(a[i++], true);
    else spikes.emplace_back(b[j++], false);
  }
  // Let F(k) be the least cost so far if k spikes of `a` (of `b`, if k < 0) wait for a partner. Waiting costs |k| times
  // `cost_per_ms` a ms; a spike of `a` makes F'(k) = min(F(k - 1), F(k) + 1), one of `b` min(F(k + 1), F(k) + 1). F is
  // convex, so that its slopes, F(k) - F(k - 1), in ascending order say all of it: a spike of `a` adds the slope -1 to
  // them, one of `b` the slope 1, and waiting lowers those up to k = 0 and raises those beyond. The end is F(0).
  std::priority_queue<double> below;                                             // slopes up to k = 0, + cost * t
  std::priority_queue<double, std::vector<double>, std::greater<double>> above;  // slopes beyond, - cost * t
  double at_none = 0;
  for (const auto& [t, of_a] : spikes) {
    const double waited = cost_per_ms * (t - spikes.front().first);
    const auto take_below = [&] {
      const double slope = below.top() - waited;
      below.pop();
      return slope;
    };
    const auto take_above = [&] {
      const double slope = above.top() + waited;
      above.pop();
      return slope;
    };
    if (of_a) {
      at_none += below.empty() ? 1 : std::min(1.0, waited - below.top());
      // k reaches one further up: one slope more lies beyond 0
      double slope = -1;
      if (!below.empty() && below.top() - waited > slope) {
        slope = take_below();
        below.push(-1 + waited);
      }
      above.push(slope - waited);
    } else {
      at_none += above.empty() ? 1 : std::min(1.0, above.top() + waited);
      double slope = 1;
      if (!above.empty() && above.top() + waited < slope) {
        slope = take_above();
        above.push(1 - waited);
      }
      below.push(slope + waited);
    }
  }
  return at_none;
}

namespace {

/// Walks through the intervals of a train.
class Intervals {
 public:
  Intervals(Train train, double from_ms, double to_ms) : train_(train), from_(from_ms), to_(to_ms) { pass(from_ms); }
  /// Time of the next spike; infinity after the last.
  double next() const { return next_ < train_.size() ? train_[next_] : std::numeric_limits<double>::infinity(); }
  void pass(double t_ms) {
    while (next_ < train_.size() && train_[next_] <= t_ms) ++next_;
  }
  double length() const {
    const std::size_t n = train_.size();
    if (n == 0) return to_ - from_;
    if (next_ == 0) return n > 1 ? std::max(train_[0] - from_, train_[1] - train_[0]) : train_[0] - from_;
    if (next_ == n) return n > 1 ? std::max(to_ - train_[n - 1], train_[n - 1] - train_[n - 2]) : to_ - train_[n - 1];
    return train_[next_] - train_[next_ - 1];
  }

 private:
  Train train_;
  double from_, to_;
  std::size_t next_ = 0;
};

}  // namespace

double isi_distance(Train a, Train b, double from_ms, double to_ms) {
  Intervals x(a, from_ms, to_ms), y(b, from_ms, to_ms);
  double sum = 0;
  for (double t = from_ms; t < to_ms;) {
    const double end = std::min({x.next(), y.next(), to_ms});
    sum += (end - t) * std::abs(x.length() - y.length()) / std::max(x.length(), y.length());
    x.pass(end), y.pass(end);
    t = end;
  }
  return sum / (to_ms - from_ms);
}

std::vector<double> smoothed_rate(Train train, double from_ms, double to_ms, double sd_ms) {
  constexpr double widths = 5;  // beyond which nothing of a spike is left
  constexpr double root_2_pi = 2.506628274631000502;
  const double samples = std::max(0.0, std::ceil(to_ms - from_ms));
  std::vector<double> rate(static_cast<std::size_t>(samples), 0.0);
  for (const double t : train) {
    const double first = std::max(0.0, std::ceil(t - from_ms - widths * sd_ms)),
                 end = std::min(samples, t - from_ms + widths * sd_ms);
    for (double k = first; k < end; ++k) {
      const double z = (from_ms + k - t) / sd_ms;
      rate[static_cast<std::size_t>(k)] += std::exp(-0.5 * z * z) / (sd_ms * root_2_pi);
    }
  }
  return rate;
}

double shared_variance(std::span<const double> x, std::span<const double> y) {
  const double mean_x = mean(x), mean_y = mean(y);
  double both = 0, of_x = 0, of_y = 0;
  for (std::size_t k = 0; k < x.size(); ++k) {
    both += (x[k] - mean_x) * (y[k] - mean_y);
    of_x += (x[k] - mean_x) * (x[k] - mean_x), of_y += (y[k] - mean_y) * (y[k] - mean_y);
  }
  return 2 * both / (of_x + of_y);
}

}  // namespace hillock
