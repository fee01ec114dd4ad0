#include "measure/distances.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "trains.hpp"

using doctest::Approx;
using hillock::coincidences;
using hillock::isi_distance;
using hillock::shared_variance;
using hillock::smoothed_rate;
using hillock::van_rossum;
using hillock::victor_purpura;
using trains::score;
using trains::Times;

namespace {

Times without(const Times& t, std::size_t i) {
  Times rest = t;
  rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(i));
  return rest;
}

/// The largest matching by trying all partners of the first spike, in any order of the others.
std::size_t matched_by_trying(const Times& a, const Times& b, double precision_ms) {
  if (a.empty()) return 0;
  const Times rest = without(a, 0);
  std::size_t best = matched_by_trying(rest, b, precision_ms);
  for (std::size_t j = 0; j < b.size(); ++j)
    if (std::abs(a[0] - b[j]) <= precision_ms)
      best = std::max(best, 1 + matched_by_trying(rest, without(b, j), precision_ms));
  return best;
}

/// The cheapest path by trying all fates of the first spike; spikes may even cross.
double cost_by_trying(const Times& a, const Times& b, double cost_per_ms) {
  if (a.empty()) return static_cast<double>(b.size());
  const Times rest = without(a, 0);
  double best = 1 + cost_by_trying(rest, b, cost_per_ms);
  for (std::size_t j = 0; j < b.size(); ++j)
    best = std::min(best, cost_per_ms * std::abs(a[0] - b[j]) + cost_by_trying(rest, without(b, j), cost_per_ms));
  return best;
}

double filtered(const Times& train, double t_ms, double tau_ms) {
  double sum = 0;
  for (const double spike : train)
    if (spike <= t_ms) sum += std::exp(-(t_ms - spike) / tau_ms);
  return sum;
}

/// (1/tau) ∫ (f − g)² dt by the midpoint rule.
double van_rossum_by_quadrature(const Times& a, const Times& b, double tau_ms, double to_ms, double h_ms) {
  double sum = 0;
  for (double t = h_ms / 2; t < to_ms; t += h_ms) {
    const double difference = filtered(a, t, tau_ms) - filtered(b, t, tau_ms);
    sum += difference * difference * h_ms;
  }
  return sum / tau_ms;
}

double isi_at(const Times& t, double at_ms, double from_ms, double to_ms) {
  if (t.empty()) return to_ms - from_ms;
  const auto after = std::upper_bound(t.begin(), t.end(), at_ms);
  if (after == t.begin()) return t.size() > 1 ? std::max(t[0] - from_ms, t[1] - t[0]) : t[0] - from_ms;
  if (after == t.end()) {
    const double edge = to_ms - t.back();
    return t.size() > 1 ? std::max(edge, t.back() - t[t.size() - 2]) : edge;
  }
  return *after - *(after - 1);
}

const auto kinds = {"gamma", "van_rossum", "victor_purpura", "isi_distance"};

}  // namespace

// --- Coincidences and gamma ---------------------------------------------------------------------------------------

TEST_CASE("the coincidences are as many as the best of all matchings of small random trains") {
  trains::Random random(1);
  for (int trial = 0; trial < 2000; ++trial) {
    const Times a = trains::random_train(random, random.below(7), 24),
                b = trains::random_train(random, random.below(7), 24);
    const double precision = 0.5 + 4 * random.next();
    const std::size_t best = matched_by_trying(a, b, precision);
    REQUIRE(coincidences(a, b, precision) == best);
    REQUIRE(coincidences(b, a, precision) == best);
  }
}

TEST_CASE("a spike is used in one coincidence only and the precision itself still coincides") {
  CHECK(coincidences(Times{10}, Times{8, 12}, 4) == 1);
  CHECK(coincidences(Times{10, 11}, Times{10.5}, 4) == 1);
  CHECK(coincidences(Times{10}, Times{14}, 4) == 1);
  CHECK(coincidences(Times{10}, Times{14.25}, 4) == 0);
}

TEST_CASE("spikes that are the precision apart coincide, however their times are rounded") {
  // sample times as products and as sums of 0.1 ms, 40 samples apart
  Times model, data;
  double sum = 0;
  for (int k = 0; k < 10'000; ++k, sum += 0.1) {
    if (k % 500 == 0) model.push_back(0.1 * k);
    if (k % 500 == 40) data.push_back(sum);
  }
  CHECK(score("gamma", model, data, {}, 1000).value == Approx(1).epsilon(1e-12));
  CHECK(score("gamma", data, model, {}, 1000).value == Approx(1).epsilon(1e-12));
  // a sample more is too far
  for (double& t : data) t += 0.1;
  CHECK(score("gamma", model, data, {}, 1000).value < 0);
}

TEST_CASE("chance has the scored part of the window to make coincidences in") {
  // 60 of 100 ms are scored: 2 of 3 coincide, r = 3/60 and 2 r D = 0.2 with D = 2
  const Times model{10, 20, 95}, data{11, 21, 35};
  const std::vector<std::pair<double, double>> artefacts{{45, 85}};
  auto recording = trains::spikes_only(data, 0, 100);
  recording.unscored = artefacts;
  const double by_chance = 2 * 2 * 3.0 / 60;
  CHECK(hillock::evaluate("gamma", trains::spikes_only(model, 0, 100), &recording, {.numbers = {{"precision", 2}}})
            .value == Approx((2 - by_chance * 3) / (0.5 * 6 * (1 - by_chance))).epsilon(1e-12));
}

TEST_CASE("gamma of equal trains is 1 for the model's rate and for the data's") {
  const Times train{5, 20, 41, 60, 83};
  CHECK(score("gamma", train, train).value == Approx(1).epsilon(1e-14));
  CHECK(score("gamma", train, train, {.words = {{"rate", "data"}}}).value == Approx(1).epsilon(1e-14));
}

TEST_CASE("gamma has the value worked out by hand and the rate it is asked to take") {
  // Two of four data spikes are met by five model spikes in 200 ms, precision 4 ms.
  const Times model{10, 50, 90, 130, 170}, data{12, 53, 105, 150};
  // Model's rate: 2 r D = 0.2, (2 - 0.8) / (4.5 * 0.8). Data's: 0.16, (2 - 0.64) / (4.5 * 0.84).
  CHECK(score("gamma", model, data, {}, 200).value == Approx(1.2 / 3.6).epsilon(1e-14));
  CHECK(score("gamma", model, data, {.words = {{"rate", "data"}}}, 200).value == Approx(1.36 / 3.78).epsilon(1e-14));
  // At 2 ms the pair 50, 53 is lost: 2 r D = 0.1, (1 - 0.4) / (4.5 * 0.9).
  CHECK(score("gamma", model, data, {.numbers = {{"precision", 2}}}, 200).value == Approx(0.6 / 4.05).epsilon(1e-14));
}

TEST_CASE("gamma of a Poisson train is 0 within what chance allows") {
  // A regular train of n intervals of 100 ms against Poisson spikes at its rate r, precision 4 ms. The windows do not
  // overlap, so each data spike is met with probability p = 1 - exp(-2 r D) = 0.0769, independently: gamma expects
  // (p - 2 r D) / (1 - 2 r D) = -0.0034 (0 to first order in 2 r D), with the standard error
  // sqrt(p (1 - p) / n) / (1 - 2 r D) = 0.0020 for n = 20000. Four of them are allowed.
  const int n = 20000;
  Times data, model;
  for (int i = 0; i < n; ++i) data.push_back(50 + 100.0 * i);
  trains::Random random(20080131);
  for (double t = 0;;) {
    t -= 100 * std::log(1 - random.next());
    if (t >= 100.0 * n) break;
    model.push_back(t);
  }
  const double chance = 2 * 4 / 100.0, p = 1 - std::exp(-chance);
  const double expected = (p - chance) / (1 - chance), error = std::sqrt(p * (1 - p) / n) / (1 - chance);
  const double found = score("gamma", model, data, {.words = {{"rate", "data"}}}, 100.0 * n).value;
  CAPTURE(found);
  CHECK(std::abs(found - expected) < 4 * error);
  CHECK(std::abs(found) < 0.0034 + 4 * error);
}

TEST_CASE("gamma says which train is empty and when the precision is too wide") {
  const Times train{10, 60}, dense{5, 15, 25, 35, 45, 55, 65, 75, 85, 95};
  CHECK(score("gamma", Times{}, train).why == "not defined: the model has no spikes");
  CHECK(score("gamma", train, Times{}).why == "not defined: the data have no spikes");
  CHECK(score("gamma", Times{}, Times{}).why == "not defined: neither the model nor the data have spikes");
  CHECK(score("gamma", train, Times{100, 120}).why == "not defined: the data have no spikes");  // outside the window
  CHECK(score("gamma", dense, train).why ==
        "not defined: the precision is too wide for the rate of the model (2 · rate · precision is 0.8, the limit is "
        "0.5)");
  CHECK(score("gamma", train, dense, {.words = {{"rate", "data"}}}).why ==
        "not defined: the precision is too wide for the rate of the data (2 · rate · precision is 0.8, the limit is "
        "0.5)");
  CHECK(score("gamma", train, dense).why.empty());
  CHECK(score("gamma", dense, dense, {.numbers = {{"precision", 2.5}}}).why ==
        "not defined: the precision is too wide for the rate of the model (2 · rate · precision is 0.5, the limit is "
        "0.5)");
}

// --- van Rossum ---------------------------------------------------------------------------------------------------

TEST_CASE("the van Rossum distance has its exact values for one spike and for a pair") {
  CHECK(van_rossum(Times{}, Times{}, 10) == 0);
  CHECK(van_rossum(Times{40}, Times{}, 10) == 0.5);
  CHECK(van_rossum(Times{}, Times{40}, 10) == 0.5);
  for (const double shift : {0.0, 0.25, 1.0, 10.0, 35.0})
    CHECK(van_rossum(Times{40}, Times{40 + shift}, 10) == Approx(1 - std::exp(-shift / 10)).epsilon(1e-14));
}

TEST_CASE("the van Rossum distance adds up over pairs that are far apart") {
  // 1000 tau between the pairs: the cross terms are exp(-1000).
  const double one = 1 - std::exp(-0.1), two = 1 - std::exp(-0.3);
  CHECK(van_rossum(Times{0, 10000}, Times{1, 10003}, 10) == Approx(one + two).epsilon(1e-14));
}

TEST_CASE("the van Rossum distance is the integral it stands for") {
  trains::Random random(2);
  for (const double tau : {0.5, 4.0, 10.0}) {
    const Times a = trains::random_train(random, 9, 100), b = trains::random_train(random, 7, 100);
    // Spikes are multiples of h = 1/64 ms, so in each cell the integrand is exactly c exp(-2t/tau), of which the
    // midpoint rule misses the part (h/tau)²/6; the tail beyond 20 tau is exp(-40).
    const double h = 1.0 / 64, quadrature = van_rossum_by_quadrature(a, b, tau, 100 + 20 * tau, h);
    const double missed = (h / tau) * (h / tau) / 6;
    CHECK(van_rossum(a, b, tau) == Approx(quadrature).epsilon(1.1 * missed + 1e-10));
  }
}

TEST_CASE("the van Rossum distance equals the pairwise sum of Houghton and Kreuz") {
  trains::Random random(3);
  const Times a = trains::random_train(random, 200, 1000), b = trains::random_train(random, 180, 1000);
  const auto pairs = [](const Times& x, const Times& y) {
    double sum = 0;
    for (const double s : x)
      for (const double t : y) sum += std::exp(-std::abs(s - t) / 10) / 2;
    return sum;
  };
  // Rounding of some 1e5 terms of at most 1/2.
  CHECK(van_rossum(a, b, 10) == Approx(pairs(a, a) + pairs(b, b) - 2 * pairs(a, b)).epsilon(1e-11));
}

TEST_CASE("the normalised van Rossum distance of silence is 1") {
  const hillock::MeasureOptions normalised{.words = {{"normalised", "true"}}};
  // Spikes 30 tau apart: the cross terms are below 1e-13.
  const Times data{0, 30, 60, 90};
  CHECK(score("van_rossum", Times{}, data, {.numbers = {{"tau", 1}}, .words = {{"normalised", "true"}}}).value ==
        Approx(1).epsilon(1e-12));
  CHECK(score("van_rossum", Times{}, data, {.numbers = {{"tau", 1}}}).value == Approx(2).epsilon(1e-12));
  CHECK(score("van_rossum", data, Times{}, normalised).why ==
        "not defined: normalised by the number of spikes in the data, which is 0");
}

TEST_CASE("the van Rossum distance is normalised by the spikes of the data, not of the model") {
  // 30 time constants apart: each adds 1/2
  const Times model{300, 900, 1500}, data{600, 1200};
  const hillock::MeasureOptions normalised{.words = {{"normalised", "true"}}};
  CHECK(score("van_rossum", model, data, {}, 2000).value == Approx(2.5).epsilon(1e-12));
  CHECK(score("van_rossum", model, data, normalised, 2000).value == Approx(2.5 / (2.0 / 2)).epsilon(1e-12));
  CHECK(score("van_rossum", data, model, normalised, 2000).value == Approx(2.5 / (3.0 / 2)).epsilon(1e-12));
}

TEST_CASE("a spike just before the end of the window counts in full and one outside not at all") {
  CHECK(score("van_rossum", Times{99.5}, Times{}).value == 0.5);
  CHECK(score("van_rossum", Times{100, 101}, Times{-1}).value == 0);
}

// --- Victor and Purpura -------------------------------------------------------------------------------------------

TEST_CASE("the Victor-Purpura distance has its exact values for one spike and for a pair") {
  CHECK(victor_purpura(Times{}, Times{}, 1) == 0);
  CHECK(victor_purpura(Times{40}, Times{}, 1) == 1);
  for (const double shift : {0.0, 0.5, 1.5, 2.0, 3.0})
    CHECK(victor_purpura(Times{40}, Times{40 + shift}, 1) == std::min(2.0, shift));
  CHECK(victor_purpura(Times{1, 2, 3, 4, 5}, Times{70, 90}, 0) == 3);
}

TEST_CASE("the Victor-Purpura distance is the cheapest of all paths between small random trains") {
  trains::Random random(4);
  for (int trial = 0; trial < 500; ++trial) {
    const Times a = trains::random_train(random, random.below(6), 20),
                b = trains::random_train(random, random.below(6), 20);
    const double cost = 0.5 * random.next();
    REQUIRE(victor_purpura(a, b, cost) == Approx(cost_by_trying(a, b, cost)).epsilon(1e-13));
  }
}

TEST_CASE("the Victor-Purpura distance of longer trains is that of the table of all their beginnings") {
  trains::Random random(47);
  for (const double cost : {0.0, 0.001, 0.1, 1.0, 20.0})
    for (int trial = 0; trial < 10; ++trial) {
      CAPTURE(cost);
      const Times a = trains::random_train(random, 60 + random.below(60), 500),
                  b = trains::random_train(random, 60 + random.below(60), 500);
      std::vector<double> row(b.size() + 1);
      for (std::size_t j = 0; j <= b.size(); ++j) row[j] = static_cast<double>(j);
      for (std::size_t i = 0; i < a.size(); ++i) {
        double before = row[0];
        row[0] += 1;
        for (std::size_t j = 0; j < b.size(); ++j) {
          const double moved = before + cost * std::abs(a[i] - b[j]);
          before = row[j + 1];
          row[j + 1] = std::min({row[j + 1] + 1, row[j] + 1, moved});
        }
      }
      CHECK(victor_purpura(a, b, cost) == Approx(row.back()).epsilon(1e-12));
    }
}

TEST_CASE("the Victor-Purpura distance of trains of 300,000 spikes needs no table of 10^11 entries") {
  Times a;
  for (std::size_t i = 0; i < 300'000; ++i) a.push_back(10 * static_cast<double>(i));
  // each is moved by 0.25 ms, or all are deleted and added where that costs 2 or more
  for (const double cost : {1e-4, 1.0, 20.0})
    CHECK(victor_purpura(a, trains::shifted(a, 0.25), cost) ==
          Approx(300'000 * std::min(2.0, 0.25 * cost)).epsilon(1e-9));
}

TEST_CASE("the Victor-Purpura distance obeys the triangle inequality") {
  trains::Random random(5);
  for (int trial = 0; trial < 500; ++trial) {
    const Times a = trains::random_train(random, 8, 60), b = trains::random_train(random, 6, 60),
                c = trains::random_train(random, 7, 60);
    // Dyadic times and costs: the sums are exact.
    REQUIRE(victor_purpura(a, c, 0.25) <= victor_purpura(a, b, 0.25) + victor_purpura(b, c, 0.25));
  }
}

// --- Intervals ----------------------------------------------------------------------------------------------------

TEST_CASE("the ISI distance has the value worked out by hand") {
  // Lengths of the pieces between spikes of either train, and |x - y| / max(x, y) there; edges: 0.2 is also the first
  // interval of a, 0.3 that of b; after 0.7 a keeps 1 - 0.7, after 0.95 b keeps 0.05.
  const Times a{0.2, 0.4, 0.6, 0.7}, b{0.3, 0.45, 0.8, 0.9, 0.95};
  const double expected = 0.2 * (0.1 / 0.3) + 0.1 * (0.1 / 0.3) + 0.1 * (0.05 / 0.2) + 0.05 * (0.05 / 0.2) +
                          0.15 * (0.15 / 0.35) + 0.1 * (0.25 / 0.35) + 0.1 * (0.05 / 0.35) + 0.1 * (0.2 / 0.3) +
                          0.05 * (0.25 / 0.3) + 0.05 * (0.25 / 0.3);
  CHECK(isi_distance(a, b, 0, 1) == Approx(expected).epsilon(1e-13));
}

TEST_CASE("the ISI distance of two regular trains is one minus the ratio of their intervals wherever they begin") {
  Times fast, slow;
  for (double t = 3; t < 1000; t += 10) fast.push_back(t);
  for (double t = 17; t < 1000; t += 40) slow.push_back(t);
  CHECK(isi_distance(fast, slow, 0, 1000) == Approx(0.75).epsilon(1e-12));
}

TEST_CASE("a train without spikes is one interval to the ISI distance") {
  CHECK(isi_distance(Times{}, Times{}, 0, 100) == 0);
  // Against a spike in the middle: both halves are 50 of 100.
  CHECK(isi_distance(Times{}, Times{50}, 0, 100) == 0.5);
  CHECK(isi_distance(Times{0}, Times{}, 0, 100) == 0);
}

TEST_CASE("the ISI distance is the mean over time it stands for") {
  trains::Random random(6);
  for (int trial = 0; trial < 20; ++trial) {
    const Times a = trains::random_train(random, random.below(9), 100),
                b = trains::random_train(random, random.below(9), 100);
    double sum = 0;  // exact up to rounding: piecewise constant between multiples of 1/64 ms
    for (double t = 1.0 / 128; t < 100; t += 1.0 / 64) {
      const double x = isi_at(a, t, 0, 100), y = isi_at(b, t, 0, 100);
      sum += std::abs(x - y) / std::max(x, y);
    }
    CHECK(isi_distance(a, b, 0, 100) == Approx(sum / 6400).epsilon(1e-11));
  }
}

// --- All ----------------------------------------------------------------------------------------------------------

TEST_CASE("left out options are 4 ms for gamma and 10 ms for van Rossum and 1 per ms for Victor and Purpura") {
  const Times model{10, 44, 80}, data{11, 50, 80};
  CHECK(score("gamma", model, data).value == score("gamma", model, data, {.numbers = {{"precision", 4}}}).value);
  CHECK(score("van_rossum", model, data).value == van_rossum(model, data, 10));
  CHECK(score("victor_purpura", model, data).value == 3);
  CHECK(score("victor_purpura", model, data, {.numbers = {{"cost", 0.5}}}).value == 2.5);
}

TEST_CASE("no distance of a train from itself differs from zero") {
  trains::Random random(7);
  for (int trial = 0; trial < 50; ++trial) {
    const Times a = trains::random_train(random, 1 + random.below(20), 100);
    CHECK(score("van_rossum", a, a).value == 0);
    CHECK(score("victor_purpura", a, a).value == 0);
    CHECK(score("isi_distance", a, a).value == 0);
    CHECK(score("spike_count_error", a, a).value == 0);
  }
}

TEST_CASE("distances do not change when both trains and the window move together") {
  trains::Random random(8);
  for (int trial = 0; trial < 50; ++trial) {
    const Times a = trains::random_train(random, 15, 512), b = trains::random_train(random, 12, 512);
    const Times a_later = trains::shifted(a, 4096), b_later = trains::shifted(b, 4096);
    const auto data = trains::spikes_only(b, 32, 480), data_later = trains::spikes_only(b_later, 4128, 4576);
    for (const auto* name : kinds) {
      CAPTURE(name);
      CHECK(hillock::evaluate(name, trains::spikes_only(a, 32, 480), &data).value ==
            hillock::evaluate(name, trains::spikes_only(a_later, 4128, 4576), &data_later).value);
    }
  }
}

TEST_CASE("distances do not depend on which train is the model") {
  trains::Random random(9);
  for (int trial = 0; trial < 50; ++trial) {
    // Gamma is symmetric only for equal numbers of spikes, where both rates are the same.
    const Times a = trains::random_train(random, 15, 1000), b = trains::random_train(random, 15, 1000);
    for (const auto* name : kinds) {
      CAPTURE(name);
      CHECK(score(name, a, b, {}, 1000).value == Approx(score(name, b, a, {}, 1000).value).epsilon(1e-12));
    }
  }
}

TEST_CASE("the error of the spike count is relative to the data") {
  CHECK(score("spike_count_error", Times{1, 2, 3}, Times{1, 2, 3, 4}).value == 0.25);
  CHECK(score("spike_count_error", Times{1, 2, 3, 4, 5, 6}, Times{1, 2, 3, 4}).value == 0.5);
  CHECK(score("spike_count_error", Times{}, Times{50}).value == 1);
  CHECK(score("spike_count_error", Times{50}, Times{}).why ==
        "not defined: relative to the number of spikes in the data, which is 0");
}

TEST_CASE("a smoothed rate holds each spike, and two rates explain of each other what they share") {
  const std::vector<double> one = smoothed_rate(Times{50.25}, 0, 100, 10);
  REQUIRE(one.size() == 100);
  double all = 0;
  for (const double rate : one) all += rate;  // spikes/ms, a sample each ms
  CHECK(all == Approx(1).epsilon(1e-5));
  CHECK(one[50] == Approx(std::exp(-0.5 * 0.025 * 0.025) / (10 * std::sqrt(2 * std::acos(-1.0)))));
  CHECK(shared_variance(one, one) == Approx(1));
  // sine and cosine share nothing; a sine of twice the height shares 2 * 2/(1 + 4) of it
  std::vector<double> sine, cosine, twice;
  for (int k = 0; k < 64; ++k) {
    const double x = std::acos(-1.0) * k / 16;
    sine.push_back(std::sin(x)), cosine.push_back(std::cos(x)), twice.push_back(2 * std::sin(x) + 7);
  }
  CHECK(std::abs(shared_variance(sine, cosine)) < 1e-12);
  CHECK(shared_variance(sine, twice) == Approx(0.8));
  CHECK(std::isnan(shared_variance(std::vector<double>{1, 1}, std::vector<double>{2, 2})));
}
