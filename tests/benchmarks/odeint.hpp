#pragma once
// W3 in Boost.Odeint without anything around it.
#include <array>
#include <vector>

namespace hillock::bench {

/// v and w of W3 at t = 0, 0.1, ..., 10000 by Odeint's dense dopri5, absolute and relative tolerance being `tolerance`.
void bare_dopri5(double tolerance, std::vector<std::array<double, 2>>& samples);

}  // namespace hillock::bench
