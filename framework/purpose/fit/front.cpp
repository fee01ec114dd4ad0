#include "purpose/fit/front.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

namespace hillock {
namespace {

constexpr double inf = std::numeric_limits<double>::infinity();

/// Whether a is as good as b in every loss.
bool as_good(const FrontPoint& a, const FrontPoint& b) {
  for (std::size_t j = 0; j < a.terms.size(); ++j)
    if (!(a.terms[j] <= b.terms[j])) return false;
  return true;
}

/// The point of the least sum of losses, each scaled over all of them.
std::size_t least_sum(const std::vector<FrontPoint>& front, const std::vector<std::size_t>& among) {
  const std::size_t terms = front[0].terms.size();
  std::vector<double> low(terms, inf), high(terms, -inf);
  for (const std::size_t i : among)
    for (std::size_t j = 0; j < terms; ++j) {
      low[j] = std::min(low[j], front[i].terms[j]);
      high[j] = std::max(high[j], front[i].terms[j]);
    }
  std::size_t best = among[0];
  double least = inf;
  for (const std::size_t i : among) {
    double sum = 0;
    for (std::size_t j = 0; j < terms; ++j)
      if (high[j] > low[j]) sum += (front[i].terms[j] - low[j]) / (high[j] - low[j]);
    if (sum < least) least = sum, best = i;
  }
  return best;
}

}  // namespace

void add_to_front(std::vector<FrontPoint>& front, FrontPoint point) {
  for (const FrontPoint& other : front)
    if (as_good(other, point)) return;
  std::erase_if(front, [&](const FrontPoint& other) { return as_good(point, other); });
  front.push_back(std::move(point));
}

void thin_front(std::vector<FrontPoint>& front, std::size_t most) {
  const std::size_t terms = front[0].terms.size();
  while (front.size() > most) {  // one after another, as each makes room for its neighbours
    std::vector<double> room(front.size(), 0.0);
    for (std::size_t j = 0; j < terms; ++j) {
      std::vector<std::size_t> order(front.size());
      std::iota(order.begin(), order.end(), std::size_t{0});
      std::stable_sort(order.begin(), order.end(),
                       [&](std::size_t a, std::size_t b) { return front[a].terms[j] < front[b].terms[j]; });
      const auto at = [&](std::size_t i) { return front[order[i]].terms[j]; };
      const double range = at(order.size() - 1) - at(0);
      room[order[0]] = room[order.back()] = inf;
      for (std::size_t i = 1; i + 1 < order.size(); ++i)
        if (range > 0) room[order[i]] += (at(i + 1) - at(i - 1)) / range;
    }
    front.erase(front.begin() + (std::min_element(room.begin(), room.end()) - room.begin()));
  }
}

std::size_t knee_of(const std::vector<FrontPoint>& front) {
  std::vector<std::size_t> all(front.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  return least_sum(front, all);
}

std::size_t picked(const std::vector<FrontPoint>& front, const Pick& pick, const std::vector<LossTerm>& terms) {
  if (pick.loss.empty()) return knee_of(front);
  const auto named =
      std::find_if(terms.begin(), terms.end(), [&](const LossTerm& term) { return term.measure.name == pick.loss; });
  const auto j = static_cast<std::size_t>(named - terms.begin());
  std::vector<std::size_t> within;
  std::size_t nearest = 0;
  for (std::size_t i = 0; i < front.size(); ++i) {
    if (front[i].terms[j] <= pick.most) within.push_back(i);
    if (front[i].terms[j] < front[nearest].terms[j]) nearest = i;
  }
  if (within.empty()) return nearest;
  // what is asked of the one loss is given: the others decide
  std::vector<FrontPoint> others = front;
  for (FrontPoint& point : others) point.terms.erase(point.terms.begin() + static_cast<std::ptrdiff_t>(j));
  return least_sum(others, within);
}

}  // namespace hillock
