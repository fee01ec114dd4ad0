#include "results/sweep.hpp"

namespace hillock {

std::vector<Figure> figures_of_sweep(const SweepPicture&) { return {}; }

}  // namespace hillock
