#include "purpose/compare/compare.hpp"
#include "purpose/dynamics/dynamics.hpp"
#include "purpose/fit/fit.hpp"
#include "purpose/forecast/forecast.hpp"
#include "purpose/generate/generate.hpp"
#include "purpose/purpose.hpp"
#include "purpose/single.hpp"
#include "purpose/sweep/sweep.hpp"

namespace hillock {

const std::vector<PurposeRow>& purposes() {
  static const std::vector<PurposeRow> all = {single_run,       sweep_purpose,    compare_purpose, fit_purpose,
                                              forecast_purpose, generate_purpose, dynamics_purpose};
  return all;
}

}  // namespace hillock
