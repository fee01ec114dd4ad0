#pragma once
// The front of several losses: candidates that no other surpasses in all of them. Internal to purpose/fit/.
#include <string>
#include <vector>
#include "purpose/fit/fit.hpp"

namespace hillock {

struct FrontPoint {
  std::vector<double> numbers;  ///< by free number
  double loss = 0;              ///< the sum of its terms
  std::vector<double> terms;
};

/// Adds a point unless one of the front is as good in every loss, and takes those away that it surpasses.
void add_to_front(std::vector<FrontPoint>& front, FrontPoint point);

/// Leaves so many points, which lie as far apart as those that there are let them. Those best in one loss stay.
void thin_front(std::vector<FrontPoint>& front, std::size_t most);

/// The point that bulges most towards the best of all losses: with each scaled to [0, 1] over the front, the one of the
/// least sum. Of two losses it is the farthest from the line between the ends.
std::size_t knee_of(const std::vector<FrontPoint>& front);

/// The point that `pick` asks for. Under a limit to one loss, the knee of those within it; or the nearest, if none is.
std::size_t picked(const std::vector<FrontPoint>& front, const Pick& pick, const std::vector<LossTerm>& terms);

}  // namespace hillock
