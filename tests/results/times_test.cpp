// Sample times as a grid and as a list.
#include <doctest/doctest.h>

#include "results/times.hpp"

using hillock::SampleTimes;
using List = std::vector<double>;

TEST_SUITE("times") {
  TEST_CASE("those of a grid are products of a whole number and the step") {
    SampleTimes t = SampleTimes::grid(0, 0.1, 3, 4);
    CHECK(t.list() == List{0, 3 * 0.1, 6 * 0.1, 9 * 0.1});
    CHECK(t.size() == 4);
    CHECK(t.front() == 0);
    CHECK(t.back() == 9 * 0.1);
    t.shift(100);
    CHECK(t[1] == 100 + 3 * 0.1);
    t.shorten(2);
    CHECK(t.list() == List{100, 100 + 3 * 0.1});
    t.shorten(0);
    CHECK(t.empty());
    CHECK(t.list() == List{});
  }
  TEST_CASE("those of a list are as they stand") {
    SampleTimes t = {0, 0.5, 0.75};
    CHECK(t.list() == List{0, 0.5, 0.75});
    t.shift(-1);
    CHECK(t.list() == List{-1, -0.5, -0.25});
    t.shorten(1);
    CHECK(t.back() == -1);
    CHECK(SampleTimes().empty());
  }
}
