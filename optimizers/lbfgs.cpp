// L-BFGS: a model of the curvature from the last gradients. Nocedal (1980), doi:10.1090/S0025-5718-1980-0572855-7; Liu
// & Nocedal (1989), doi:10.1007/BF01589116. By NLopt, whose code is that of Luksan, with bounds.
#include "nlopt_call.hpp"

using namespace hillock::search;
using hillock::Options;

struct Lbfgs : NloptSearch {
  static constexpr auto id = "lbfgs", version = "1.0.0", cite = "doi:10.1007/BF01589116",
                        meaning = "quasi-Newton steps from exact gradients (NLopt)";
  static constexpr std::uint32_t flags = HK_GRADIENT;
  static constexpr hk_option options[] = {tolerance, restarts};

  Lbfgs(const Problem& problem, const Options& chosen)
      : NloptSearch(problem, {.algorithm = NLOPT_LD_LBFGS,
                              .gradient = true,
                              .restarts = chosen.flag("restarts"),
                              .tolerance = chosen.number("tolerance")}) {}
  std::uint32_t wants() const { return HK_GRADIENT; }
};
HILLOCK_SEARCH_METHOD(Lbfgs)
