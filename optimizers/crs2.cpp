// Controlled random search with local mutation: Kaelo & Ali (2006), doi:10.1007/s10957-006-9101-0. By NLopt.
#include "nlopt_call.hpp"

using namespace hillock::search;
using hillock::Options;

struct Crs2 : NloptSearch {
  static constexpr auto id = "crs2", version = "1.0.0", cite = "doi:10.1007/s10957-006-9101-0",
                        meaning = "random simplexes of a population replace its worst member (NLopt)";
  static constexpr hk_option options[] = {
      hillock::integer("population", 0, 0, 1000000,
                       "points; 0: 10 (n + 1) for n free numbers; doubled at each restart"),
      tolerance, restarts};

  Crs2(const Problem& problem, const Options& chosen)
      : NloptSearch(problem, {.algorithm = NLOPT_GN_CRS2_LM,
                              .restarts = chosen.flag("restarts"),
                              .local = false,
                              .tolerance = chosen.number("tolerance"),
                              .population = population(problem, chosen)}) {}

 private:
  static std::size_t population(const Problem& problem, const Options& chosen) {
    const auto asked = static_cast<std::size_t>(chosen.number("population"));
    if (asked == 0) return 10 * (problem.n + 1);
    if (asked < problem.n + 1)
      throw hillock::BadInput("population = " + std::to_string(asked) + " is too small: a simplex of " +
                              std::to_string(problem.n) + " numbers has " + std::to_string(problem.n + 1) + " points");
    return asked;
  }
};
HILLOCK_SEARCH_METHOD(Crs2)
