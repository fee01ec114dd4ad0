// What an equilibrium is called after its eigenvalues.
#include <doctest/doctest.h>

#include <complex>
#include <vector>

#include "neuron/equilibria.hpp"

using namespace hillock;

TEST_SUITE("kinds of equilibria") {
  TEST_CASE("it is a focus if any mode turns, whichever is the slowest") {
    using Values = std::vector<std::complex<double>>;
    CHECK(kind_of(Values{-0.1, {-0.2, 0.4}, {-0.2, -0.4}, -5}) == "stable focus");
    CHECK(kind_of(Values{-0.1, -0.2, -5}) == "stable node");
    CHECK(kind_of(Values{{-0.2, 1e-9}, {-0.2, -1e-9}}) == "stable node");  // two equal ones, rounded
    CHECK(kind_of(Values{{0.2, 0.4}, {0.2, -0.4}}) == "unstable focus");
    CHECK(kind_of(Values{0.3, 0.1}) == "unstable node");
    CHECK(kind_of(Values{0.3, -0.1}) == "saddle");
    CHECK(kind_of(Values{0.3, {-0.1, 0.5}, {-0.1, -0.5}}) == "saddle-focus");
    CHECK(kind_of({}).empty());
  }
}
