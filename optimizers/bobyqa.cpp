// BOBYQA: a quadratic model that is improved point by point, in a region of trust. Powell (2009), The BOBYQA algorithm
// for bound constrained optimization without derivatives, DAMTP 2009/NA06; its update of the model:
// doi:10.1007/s10107-003-0490-7. By NLopt.
#include "nlopt_call.hpp"

using namespace hillock::search;
using hillock::Options;

struct Bobyqa : NloptSearch {
  static constexpr auto id = "bobyqa", version = "1.0.0",
                        cite = "Powell (2009), DAMTP 2009/NA06; doi:10.1007/s10107-003-0490-7",
                        meaning = "quadratic models in a region of trust, without gradients (NLopt)";
  static constexpr hk_option options[] = {
      step, tolerance, restarts,
      hillock::flag(
          "axes", true,
          "begin each run with second differences of the loss, and turn and scale the coordinates such that it "
          "curves alike along all")};

  Bobyqa(const Problem& problem, const Options& chosen)
      : NloptSearch(problem, {.algorithm = NLOPT_LN_BOBYQA,
                              .restarts = chosen.flag("restarts"),
                              .step = chosen.number("step"),
                              .tolerance = chosen.number("tolerance"),
                              .axes = chosen.flag("axes")}) {}
};
HILLOCK_SEARCH_METHOD(Bobyqa)
