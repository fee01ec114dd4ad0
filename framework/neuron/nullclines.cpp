// Nullclines by marching squares: Lorensen and Cline (1987), doi:10.1145/37402.37422, in two dimensions.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>

#include "neuron/equilibria.hpp"

namespace hillock {

Line nullcline(const SteadyState& e, double I, std::size_t component, double x0, double x1, double y0, double y1,
               std::size_t cells) {
  const auto at = [&](double x, double y) {
    const std::array<double, 2> place{x, y};
    std::array<double, 2> slope{};
    e.rhs(place.data(), I, slope.data());
    return slope[component];
  };
  const std::size_t side = cells + 1;
  const auto x_of = [&](std::size_t i) { return x0 + (x1 - x0) * static_cast<double>(i) / static_cast<double>(cells); };
  const auto y_of = [&](std::size_t j) { return y0 + (y1 - y0) * static_cast<double>(j) / static_cast<double>(cells); };
  std::vector<double> f(side * side);
  for (std::size_t j = 0; j < side; ++j)
    for (std::size_t i = 0; i < side; ++i) f[j * side + i] = at(x_of(i), y_of(j));

  // An edge is crossed at one point, which the two squares beside it share.
  struct Crossing {
    double x, y;
    std::array<std::size_t, 2> next{};
    std::size_t links = 0;
  };
  std::vector<Crossing> crossings;
  std::map<std::size_t, std::size_t> of_edge;
  const auto crossing = [&](std::size_t i, std::size_t j, bool upright) {
    const auto [place, is_new] = of_edge.emplace(2 * (j * side + i) + (upright ? 1 : 0), crossings.size());
    if (is_new) {
      const double low_x = x_of(i), low_y = y_of(j), high_x = x_of(upright ? i : i + 1),
                   high_y = y_of(upright ? j + 1 : j);
      const bool below = f[j * side + i] < 0;
      double low = 0, high = 1;
      for (int k = 0; k < 50; ++k) {
        const double t = 0.5 * (low + high);
        ((at(low_x + t * (high_x - low_x), low_y + t * (high_y - low_y)) < 0) == below ? low : high) = t;
      }
      crossings.push_back({low_x + low * (high_x - low_x), low_y + low * (high_y - low_y)});
    }
    return place->second;
  };
  const auto link = [&](std::size_t a, std::size_t b) {
    for (const auto& [from, to] : {std::pair{a, b}, {b, a}})
      if (Crossing& c = crossings[from]; c.links < 2) c.next[c.links++] = to;
  };
  for (std::size_t j = 0; j < cells; ++j)
    for (std::size_t i = 0; i < cells; ++i) {
      const std::array<double, 4> corners{f[j * side + i], f[j * side + i + 1], f[(j + 1) * side + i + 1],
                                          f[(j + 1) * side + i]};
      if (!std::all_of(corners.begin(), corners.end(), [](double v) { return std::isfinite(v); })) continue;
      std::array<bool, 4> below{};
      for (std::size_t k = 0; k < 4; ++k) below[k] = corners[k] < 0;
      std::vector<std::size_t> cut;  // round the square: bottom, right, top, left
      if (below[0] != below[1]) cut.push_back(crossing(i, j, false));
      if (below[1] != below[2]) cut.push_back(crossing(i + 1, j, true));
      if (below[2] != below[3]) cut.push_back(crossing(i, j + 1, false));
      if (below[3] != below[0]) cut.push_back(crossing(i, j, true));
      if (cut.size() == 2) link(cut[0], cut[1]);
      if (cut.size() == 4) {  // two lines: its middle says which corners they part
        const bool middle = at(0.5 * (x_of(i) + x_of(i + 1)), 0.5 * (y_of(j) + y_of(j + 1))) < 0;
        if (middle == below[0]) link(cut[0], cut[1]), link(cut[2], cut[3]);
        else link(cut[3], cut[0]), link(cut[1], cut[2]);
      }
    }

  Line line;
  std::vector<bool> drawn(crossings.size(), false);
  const auto walk = [&](std::size_t begin) {
    if (!line.x.empty()) line.x.push_back(std::numeric_limits<double>::quiet_NaN()), line.y.push_back(line.x.back());
    for (std::size_t at_point = begin;;) {
      const Crossing& c = crossings[at_point];
      drawn[at_point] = true;
      line.x.push_back(c.x), line.y.push_back(c.y);
      const auto* end = c.next.begin() + c.links;
      const auto* next = std::find_if(c.next.begin(), end, [&](std::size_t n) { return !drawn[n]; });
      if (next == end) {  // a closed line ends where it began
        if (at_point != begin && std::find(c.next.begin(), end, begin) != end && crossings[begin].links == 2 &&
            line.x.size() > 2)
          line.x.push_back(crossings[begin].x), line.y.push_back(crossings[begin].y);
        return;
      }
      at_point = *next;
    }
  };
  for (std::size_t k = 0; k < crossings.size(); ++k)
    if (!drawn[k] && crossings[k].links == 1) walk(k);
  for (std::size_t k = 0; k < crossings.size(); ++k)
    if (!drawn[k]) walk(k);
  return line;
}

}  // namespace hillock
