#include <doctest/doctest.h>

#include <cmath>

#include "trains.hpp"

using doctest::Approx;
using hillock::Sampled;
using trains::score;
using trains::Times;

TEST_CASE("only spikes from the start of the window to before its end are counted") {
  const Times spikes{0, 9.75, 10, 15, 19.75, 20, 30};
  const auto window = trains::spikes_only(spikes, 10, 20);
  CHECK(hillock::evaluate("spike_count", window).value == 3);
  CHECK(hillock::evaluate("mean_rate", window).value == 300);
  CHECK(hillock::evaluate("time_to_first_spike", window).value == 0);
  CHECK(hillock::evaluate("time_to_last_spike", window).value == 9.75);
  CHECK(hillock::evaluate("isi_mean", window).value == 4.875);
}

TEST_CASE("the rate divides by the length of the window and not by the time to the last spike") {
  CHECK(score("mean_rate", Times{10, 20}).value == 20);
  CHECK(score("mean_rate", Times{}).value == 0);
  CHECK(score("spike_count", Times{}).value == 0);
}

TEST_CASE("intervals have the values of a train worked out by hand") {
  const Times spikes{0, 5, 15, 25, 45};
  CHECK(score("isi_mean", spikes).value == 11.25);
  CHECK(score("isi_first", spikes).value == 5);
  CHECK(score("isi_last", spikes).value == 20);
  // Without the first 10, 10, 20: mean 40/3, sample variance 100/3. With it 5, 10, 10, 20: 11.25 and 118.75/3.
  CHECK(score("isi_cv", spikes).value == Approx(std::sqrt(3.0) / 4).epsilon(1e-14));
  CHECK(score("isi_cv", spikes, {.words = {{"first_interval", "counted"}}}).value ==
        Approx(std::sqrt(118.75 / 3) / 11.25).epsilon(1e-14));
}

TEST_CASE("a regular train has no variation and no adaptation") {
  const Times spikes{10, 20, 30, 40, 50, 60};
  CHECK(score("isi_cv", spikes).value == 0);
  CHECK(score("adaptation_index", spikes).value == 0);
}

TEST_CASE("the adaptation index skips as many spikes as eFEL does") {
  // Five spikes: round(0.5) = 1 is skipped, intervals 10, 20, 40 are left: (10/30 + 20/60) / 2.
  CHECK(score("adaptation_index", Times{0, 10, 20, 40, 80}).value == Approx(1.0 / 3).epsilon(1e-14));
  // None skipped: intervals 10, 10, 20, 40: (0 + 1/3 + 1/3) / 3.
  CHECK(score("adaptation_index", Times{0, 10, 20, 40, 80}, {.numbers = {{"skip", 0}}}).value ==
        Approx(2.0 / 9).epsilon(1e-14));
  // Thirty spikes: 3 are asked for, 2 at most skipped, so the long first two intervals do not count.
  Times spikes{0, 8, 16};
  while (spikes.size() < 30) spikes.push_back(spikes.back() + 1);
  CHECK(score("adaptation_index", spikes).value == 0);
  CHECK(score("adaptation_index", spikes, {.numbers = {{"max_skip", 1}}}).value < 0);
}

TEST_CASE("three bursts are three and a regular train has none") {
  // Bursts of five, five and three spikes with pauses of 50 and 30 ms.
  const Times bursts{0, 2, 4, 6, 8, 58, 60, 62, 64, 66, 96, 97, 98};
  CHECK(score("burst_number", bursts).value == 3);
  CHECK(score("burst_number", Times{10, 20, 30, 40, 50, 60, 70}).value == 0);
  CHECK(score("burst_number", Times{}).value == 0);
}

TEST_CASE("a pause ends a burst only if a shorter interval follows") {
  CHECK(score("burst_number", Times{0, 2, 4, 6, 8, 58, 60, 62}).value == 2);
  CHECK(score("burst_number", Times{0, 2, 4, 6, 8, 58}).value == 0);      // one spike after the pause
  CHECK(score("burst_number", Times{0, 2, 4, 6, 8, 38, 68}).value == 0);  // from 2 ms to 30 ms for good
}

TEST_CASE("the median that a pause is measured by begins with the pause before as in eFEL") {
  // Intervals after the first: 50 3 50 3 50 3 50 3. The first 50 has none before it. The second is longer than 1.5
  // times the median 26.5 of {50, 3} and ends a burst of four, each further one ends a pair.
  const Times pairs{-3, 0, 50, 53, 103, 106, 156, 159, 209, 212};
  CHECK(hillock::evaluate("burst_number", trains::spikes_only(pairs, -3, 300)).value == 4);
}

TEST_CASE("five spikes are enough for two bursts, as in eFEL, and four are not") {
  CHECK(score("burst_number", Times{10, 14.2, 18.6, 48.9, 52}).value == 2);
  CHECK(score("burst_number", Times{14.2, 18.6, 48.9, 52}, {.words = {{"first_interval", "counted"}}}).value == 0);
}

TEST_CASE("the bursts of long trains are those of a median that is sorted anew for each interval") {
  trains::Random random(43);
  for (int trial = 0; trial < 20; ++trial) {
    Times spikes{0};
    // pauses after every few spikes, or none
    for (std::size_t i = 0; i < 400; ++i)
      spikes.push_back(spikes.back() + (random.next() < 0.01 * trial ? 20 : 2) * (0.5 + random.next()));
    std::vector<double> gaps;
    for (std::size_t i = 2; i < spikes.size(); ++i) gaps.push_back(spikes[i] - spikes[i - 1]);
    std::size_t pauses = 0, begin = 0;
    for (std::size_t i = 1; i + 1 < gaps.size(); ++i) {
      std::vector<double> since(gaps.begin() + static_cast<std::ptrdiff_t>(begin),
                                gaps.begin() + static_cast<std::ptrdiff_t>(i));
      std::sort(since.begin(), since.end());
      const double median = (since[(since.size() - 1) / 2] + since[since.size() / 2]) / 2;
      if (gaps[i] > 1.5 * median && gaps[i + 1] < gaps[i] / 1.5) ++pauses, begin = i;
    }
    CHECK(hillock::evaluate("burst_number", trains::spikes_only(spikes, 0, 1e6)).value ==
          static_cast<double>(pauses == 0 ? 0 : pauses + 1));
  }
}

TEST_CASE("a longer pause is asked for with a larger factor") {
  const Times bursts{0, 5, 10, 15, 20, 34, 39, 44, 49};
  CHECK(score("burst_number", bursts).value == 2);
  CHECK(score("burst_number", bursts, {.numbers = {{"factor", 3}}}).value == 0);
}

TEST_CASE("measures of one train do not change when train and window move together") {
  trains::Random random(11);
  for (int trial = 0; trial < 20; ++trial) {
    const Times spikes = trains::random_train(random, 20, 256), later = trains::shifted(spikes, 1024);
    for (const auto& info : hillock::measures()) {
      if (info.compares || info.needs_trace) continue;
      CAPTURE(info.name);
      CHECK(hillock::evaluate(info.name, trains::spikes_only(spikes, 16, 200)).value ==
            hillock::evaluate(info.name, trains::spikes_only(later, 1040, 1224)).value);
    }
  }
}

TEST_CASE("each measure of one train says which spikes it misses") {
  CHECK(score("time_to_first_spike", Times{}).why == "not defined: no spikes");
  CHECK(score("time_to_last_spike", Times{100}).why == "not defined: no spikes");
  CHECK(score("isi_mean", Times{1}).why == "not defined: fewer than two spikes");
  CHECK(score("isi_first", Times{1}).why == "not defined: fewer than two spikes");
  CHECK(score("isi_last", Times{1}).why == "not defined: fewer than two spikes");
  CHECK(score("isi_cv", Times{1, 2, 3}).why == "not defined: fewer than four spikes");
  CHECK(score("isi_cv", Times{1, 2}, {.words = {{"first_interval", "counted"}}}).why ==
        "not defined: fewer than three spikes");
  CHECK(score("adaptation_index", Times{1, 2, 3}).why == "not defined: fewer than four spikes after those skipped");
  CHECK(score("adaptation_index", Times{1, 2, 3, 5}).why.empty());
}

TEST_CASE("a value that would not be finite has a reason instead") {
  const auto equal = score("isi_cv", Times{5, 5, 5, 5});
  CHECK(equal.why == "not defined: the value is not finite");
  CHECK(std::isnan(equal.value));
}

TEST_CASE("an empty window has a reason instead of a rate") {
  CHECK(hillock::evaluate("mean_rate", trains::spikes_only({}, 5, 5)).why == "not defined: the window is empty");
}

TEST_CASE("extremes and mean of a trace are those of the samples in the window") {
  const std::vector<double> v{100, -65, -70, 20, -60, -100};
  // Samples at 1019.9, 1020, ...: the window begins and ends exactly at a sample.
  const hillock::ScoredWindow run{.from_ms = 1020,
                                  .to_ms = 1020.4,
                                  .spikes_ms = {},
                                  .voltage = Sampled{.t0_ms = 1019.9, .dt_ms = 0.1, .values = v}};
  CHECK(hillock::evaluate("peak", run).value == 20);
  CHECK(hillock::evaluate("minimum_voltage", run).value == -70);
  CHECK(hillock::evaluate("mean_voltage", run).value == -43.75);
}

TEST_CASE("each measure of a trace says what is wrong with it") {
  hillock::ScoredWindow run{.from_ms = 0, .to_ms = 10, .spikes_ms = {}, .voltage = {}};
  CHECK(hillock::evaluate("peak", run).why == "not defined: no trace is recorded");
  run.voltage = Sampled{.t0_ms = 20, .dt_ms = 1, .values = {}};
  CHECK(hillock::evaluate("minimum_voltage", run).why == "not defined: no samples in the window");
  const std::vector<double> v{0, NAN};
  run.voltage = Sampled{.t0_ms = 0, .dt_ms = 1, .values = v};
  CHECK(hillock::evaluate("mean_voltage", run).why == "not defined: the trace is not finite in the window");
  run.to_ms = 1;
  CHECK(hillock::evaluate("mean_voltage", run).value == 0);
}
