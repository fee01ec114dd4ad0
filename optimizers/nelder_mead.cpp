// The simplex of Nelder & Mead (1965), doi:10.1093/comjnl/7.4.308, within a box (Box 1965, doi:10.1093/comjnl/8.1.42),
// by NLopt.
#include "nlopt_call.hpp"

using namespace hillock::search;
using hillock::Options;

struct NelderMead : NloptSearch {
  static constexpr auto id = "nelder_mead", version = "1.0.0", cite = "doi:10.1093/comjnl/7.4.308",
                        meaning = "simplex that crawls downhill, without gradients (NLopt)";
  static constexpr hk_option options[] = {step, tolerance, restarts};

  NelderMead(const Problem& problem, const Options& chosen)
      : NloptSearch(problem, {.algorithm = NLOPT_LN_NELDERMEAD,
                              .restarts = chosen.flag("restarts"),
                              .step = chosen.number("step"),
                              .tolerance = chosen.number("tolerance")}) {}
};
HILLOCK_SEARCH_METHOD(NelderMead)
