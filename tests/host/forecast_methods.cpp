// What single forecasters have to get right: exact answers, published ones, and what a known current tells.
#include <doctest/doctest.h>

#include "forecasting.hpp"

using namespace hillock;
using namespace hillock::test;

namespace {

/// The number after a word of a note.
double noted(const std::string& note, const std::string& word) {
  const std::size_t at = note.find(word + " ");
  REQUIRE(at != std::string::npos);
  return std::stod(note.substr(at + word.size()));
}
double largest_difference(const Vector& a, const Vector& b) {
  double most = 0;
  for (std::size_t k = 0; k < a.size(); ++k) most = std::max(most, std::abs(a[k] - b[k]));
  return most;
}
/// Mean absolute error over forecasts of 100 steps from some origins of a test part, each from the 300 values before.
double rolling_error(verify::DrivenForecaster& f, const Samples& s) {
  double sum = 0;
  int n = 0;
  for (std::size_t from = 0; from + 400 <= s.values.size(); from += 100, ++n) {
    Samples before{part(s.values, from, 300)};
    std::vector<Vector> future;
    for (const Vector& c : s.covariates)
      before.covariates.push_back(part(c, from, 300)), future.push_back(part(c, from + 300, 100));
    sum += mean_absolute_error(f.predict(before, 100, future).mean, part(s.values, from + 300, 100));
  }
  return sum / n;
}

// Annual flow of the Nile at Aswan, 1871 to 1970 (Cobb 1978, doi:10.1093/biomet/65.2.243)
const Vector nile{1120, 1160, 963,  1210, 1160, 1160, 813,  1230, 1370, 1140, 995,  935,  1110, 994, 1020, 960,  1180,
                  799,  958,  1140, 1100, 1210, 1150, 1250, 1260, 1220, 1030, 1100, 774,  840,  874, 694,  940,  833,
                  701,  916,  692,  1020, 1050, 969,  831,  726,  456,  824,  702,  1120, 1100, 832, 764,  821,  768,
                  845,  864,  862,  698,  845,  744,  796,  1040, 759,  781,  865,  845,  944,  984, 897,  822,  1010,
                  771,  676,  649,  846,  812,  742,  801,  1040, 860,  874,  848,  890,  744,  749, 838,  1050, 918,
                  986,  797,  923,  975,  815,  1020, 906,  901,  1170, 912,  746,  919,  718,  714, 740};

}  // namespace

TEST_SUITE("forecast methods") {
  TEST_CASE("seasonal repeats a periodic series exactly and names its period") {
    Dice dice(5);
    Vector pattern, series;
    for (int k = 0; k < 37; ++k) pattern.push_back(dice.between(-70, 30));
    for (std::size_t t = 0; t < 500; ++t) series.push_back(pattern[t % 37]);
    Forecasting f("seasonal");
    f.fit({{part(series, 0, 400)}});
    const Answer a = f.predict({part(series, 0, 400)}, 100, {}, {90});
    CHECK(a.mean == part(series, 400, 100));
    CHECK(a.low[0] == a.mean);
    CHECK(a.high[0] == a.mean);
    CHECK(f.note() == "period 37 samples, 18.5 ms");
  }
  TEST_CASE("seasonal takes the period that it is given, and the quantiles of changes over whole periods as interval") {
    // a ramp changes by 10 in ten samples, by 20 in twenty
    Vector ramp;
    for (int t = 0; t < 100; ++t) ramp.push_back(t);
    Forecasting f("seasonal", {{"period", 5.}});
    const Answer a = f.fit({{ramp}}).predict({ramp}, 20, {}, {50});
    CHECK(a.mean[0] == 90);
    CHECK(a.mean[19] == 99);
    CHECK(a.high[0][3] - a.mean[3] == 10);
    CHECK(a.mean[13] - a.low[0][13] == 20);
  }
  TEST_CASE("seasonal says where no period is, and where one is too long") {
    Dice dice(6);
    Vector noise;
    for (int t = 0; t < 300; ++t) noise.push_back(dice.between(-1, 1));
    CHECK(sentence([&] { Forecasting("seasonal").fit({{noise}}); }) ==
          "error: plugin 'seasonal': no period is found in the training part: its autocorrelation has no peak; "
          "`period` gives one");
    const auto with = [&](double period) {
      return sentence([&] {
        Forecasting f("seasonal", {{"period", period}});
        f.fit({{noise}});
        f.predict({part(noise, 0, 20)}, 5);
      });
    };
    CHECK(with(1000) ==
          "error: plugin 'seasonal': the training part is too short: it has not one whole period of 2000 samples");
    CHECK(with(20) == "error: plugin 'seasonal': the history is too short: 40 values are needed, and it has 20");
    CHECK(with(0.1) == "error: plugin 'seasonal': the period is shorter than a step of the series");
  }

  TEST_CASE("autoregressive recovers a second-order process and its error") {
    Dice dice(7);
    Vector x{0, 0};
    for (int t = 0; t < 20000; ++t)
      x.push_back(3 + 1.2 * x[x.size() - 1] - 0.5 * x[x.size() - 2] + dice.between(-1, 1));
    Forecasting f("autoregressive", {{"order", 2.}});
    f.fit({{x}});
    const double none = f.predict({{0, 0}}, 1).mean[0];
    CHECK(none == doctest::Approx(3).epsilon(0.03));
    const double first = f.predict({{0, 1}}, 1).mean[0] - none, second = f.predict({{1, 0}}, 1).mean[0] - none;
    CHECK(first == doctest::Approx(1.2).epsilon(0.02));
    CHECK(second == doctest::Approx(-0.5).epsilon(0.04));
    // a uniform number in (-1, 1) has standard deviation 1 / sqrt(3), and 80 % of a normal one lie within 1.28155
    const Answer a = f.predict({{10, 10}}, 3, {}, {80});
    const auto half = [&](std::size_t h) { return (a.high[0][h] - a.low[0][h]) / 2; };
    CHECK(half(0) == doctest::Approx(1.28155 / std::sqrt(3.)).epsilon(0.02));
    CHECK(half(1) / half(0) == doctest::Approx(std::sqrt(1 + first * first)));
    const double psi = first * first + second;
    CHECK(half(2) / half(0) == doctest::Approx(std::sqrt(1 + first * first + psi * psi)));
  }
  TEST_CASE("autoregressive finds an order that is enough by Akaike's criterion") {
    // x[t] hangs on x[t - 5] alone
    Dice dice(8);
    Vector x(5, 0.);
    for (int t = 0; t < 3000; ++t) x.push_back(0.8 * x[x.size() - 5] + dice.between(-1, 1));
    Forecasting f("autoregressive");
    f.fit({{x}});
    const double order = noted(f.note(), "order");
    CHECK(order >= 5);
    CHECK(order <= 12);
  }
  TEST_CASE("autoregressive goes on with a sum of sines and with a driven filter exactly") {
    Vector sines;
    for (int t = 0; t < 600; ++t) sines.push_back(std::sin(0.3 * t) + 2 * std::cos(0.17 * t));
    CHECK(largest_difference(
              Forecasting("autoregressive").fit({{part(sines, 0, 500)}}).predict({part(sines, 0, 500)}, 100).mean,
              part(sines, 500, 100)) < 1e-4);
    Dice dice(9);
    Samples driven{{0}, {{0}}};
    for (std::size_t t = 1; t < 600; ++t) {
      driven.covariates[0].push_back(dice.between(-1, 1));
      driven.values.push_back(0.9 * driven.values[t - 1] + 0.2 * driven.covariates[0][t] +
                              0.5 * driven.covariates[0][t - 1]);
    }
    const Samples before{part(driven.values, 0, 500), {part(driven.covariates[0], 0, 500)}};
    CHECK(largest_difference(Forecasting("autoregressive")
                                 .fit({before})
                                 .predict(before, 100, {part(driven.covariates[0], 500, 100)})
                                 .mean,
                             part(driven.values, 500, 100)) < 1e-4);
  }
  TEST_CASE("autoregressive does not explode with a series that did") {
    Vector growing;
    for (int t = 0; t < 200; ++t) growing.push_back(std::pow(1.1, t));
    const Vector mean = Forecasting("autoregressive").fit({{growing}}).predict({growing}, 20000).mean;
    CHECK(*std::max_element(mean.begin(), mean.end()) < 1e15);
    CHECK(sentence([&] {
            Forecasting("autoregressive", {{"order", 300.}}).fit({{growing}});
          }) ==
          "error: plugin 'autoregressive': the training part is too short: 308 values in a row are needed, and it has "
          "200");
    CHECK(sentence([&] {
            Forecasting("autoregressive", {{"order", 150.}}).fit({{growing}});
          }) == "error: plugin 'autoregressive': the training part is too short for an order of 150");
  }

  TEST_CASE("autoregressive takes a current that changes once: its past values are one column many times") {
    Dice dice(4);
    Samples driven;
    driven.covariates.emplace_back();
    double v = 0;
    for (int t = 0; t < 4350; ++t) {
      driven.covariates[0].push_back(t < 2050 ? 0 : 170);
      v = 0.9 * v + 0.01 * driven.covariates[0].back() + 0.001 * dice.between(-0.5, 0.5);
      driven.values.push_back(v);
    }
    const Vector mean = Forecasting("autoregressive").fit({driven}).predict(driven, 400, {Vector(400, 170.)}).mean;
    CHECK(mean.back() == doctest::Approx(17).epsilon(0.01));
  }

  TEST_CASE("theta is the mean of the straight line and of the smoothed line of twice the curvature") {
    Forecasting f("theta");
    const Vector forecast = f.fit({{nile}}).predict({nile}, 5).mean;
    const double alpha = noted(f.note(), "alpha");
    const auto n = static_cast<double>(nile.size());
    double products = 0, squares = 0, mean = 0;
    for (const double x : nile) mean += x / n;
    for (std::size_t t = 0; t < nile.size(); ++t) {
      const double centred = static_cast<double>(t) - (n - 1) / 2;
      products += centred * nile[t], squares += centred * centred;
    }
    const double slope = products / squares;
    const auto line = [&](double t) { return mean + slope * (t - (n - 1) / 2); };
    double level = 2 * nile[0] - line(0);
    for (std::size_t t = 1; t < nile.size(); ++t) level += alpha * (2 * nile[t] - line(static_cast<double>(t)) - level);
    for (std::size_t h = 0; h < 5; ++h)
      CHECK(forecast[h] == doctest::Approx((line(n + static_cast<double>(h)) + level) / 2).epsilon(1e-5));
  }
  TEST_CASE("theta drifts by half the slope of a straight line") {
    Vector line;
    for (int t = 0; t < 50; ++t) line.push_back(3 + 2 * t);
    const Vector mean = Forecasting("theta").fit({{line}}).predict({line}, 3).mean;
    CHECK(largest_difference(mean, {102, 103, 104}) < 1e-9);
    CHECK(sentence([] {
            Forecasting("theta").fit({{{1, 2}}});
          }) == "error: plugin 'theta': the training part is too short: 3 values in a row are needed, and it has 2");
  }

  TEST_CASE("exponential smoothing of the Nile is that of R's HoltWinters") {
    Forecasting f("exponential_smoothing");
    const Answer a = f.fit({{nile}}).predict({nile}, 10, {}, {80});
    CHECK(noted(f.note(), "alpha") == doctest::Approx(0.2465796).epsilon(1e-3));  // which stops early
    CHECK(a.mean[0] == doctest::Approx(805.0389).epsilon(1e-5));
    CHECK(a.mean[9] == a.mean[0]);
    const auto width = [&](std::size_t h) { return a.high[0][h] - a.low[0][h]; };
    CHECK(width(9) / width(0) == doctest::Approx(std::sqrt(1 + 9 * 0.2465796 * 0.2465796)).epsilon(1e-3));
  }
  TEST_CASE("exponential smoothing with trend and season goes on with both exactly") {
    const Vector season{3, -1, 4, -6};
    Vector x;
    for (std::size_t t = 0; t < 60; ++t) x.push_back(10 + 0.5 * static_cast<double>(t) + season[t % 4]);
    Forecasting f("exponential_smoothing",
                  {{"trend", std::string("additive")}, {"season", std::string("additive")}, {"period", 2.}});
    CHECK(largest_difference(f.fit({{part(x, 0, 41)}}).predict({part(x, 0, 41)}, 19).mean, part(x, 41, 19)) < 1e-9);
    Forecasting short_one("exponential_smoothing", {{"season", std::string("additive")}, {"period", 2.}});
    CHECK(sentence([&] { short_one.fit({{part(x, 0, 8)}}); }) ==
          "error: plugin 'exponential_smoothing': the training part is too short: 9 values in a row are needed, and it "
          "has 8");
  }
  TEST_CASE("a damped trend grows less with each step") {
    Vector line;
    for (int t = 0; t < 40; ++t) line.push_back(2 * t);
    Forecasting f("exponential_smoothing", {{"trend", std::string("damped")}});
    const Vector mean = f.fit({{line}}).predict({line}, 4).mean;
    const double phi = noted(f.note(), "phi");
    CHECK(phi < 1);
    CHECK((mean[2] - mean[1]) / (mean[1] - mean[0]) == doctest::Approx(phi).epsilon(1e-5));
    CHECK((mean[3] - mean[2]) / (mean[2] - mean[1]) == doctest::Approx(phi).epsilon(1e-5));
  }

  TEST_CASE("analog goes on with a pattern that it has seen, in one piece and step by step") {
    Dice dice(10);
    Vector pattern, series;
    for (int k = 0; k < 61; ++k) pattern.push_back(dice.between(-70, 30));
    for (std::size_t t = 0; t < 500; ++t) series.push_back(pattern[t % 61]);
    for (const char* strategy : {"direct", "iterated"}) {
      CAPTURE(strategy);
      Forecasting f("analog", {{"strategy", std::string(strategy)}});
      CHECK(largest_difference(f.fit({{part(series, 0, 300)}}).predict({part(series, 100, 250)}, 100).mean,
                               part(series, 350, 100)) < 1e-9);
    }
    CHECK(sentence([&] { Forecasting("analog").fit({{part(series, 0, 300)}}).predict({part(series, 0, 300)}, 281); }) ==
          "error: plugin 'analog': no past of the training part is followed by 281 values: the horizon is too long for "
          "`direct`");
    CHECK(sentence([&] { Forecasting("analog").fit({{part(series, 0, 20)}}); }) ==
          "error: plugin 'analog': the training part is too short: 21 values in a row are needed, and it has 20");
  }
  TEST_CASE("analog chooses among like pasts by the covariate of the future") {
    // after the same rise a step of current is followed by 5, none by -5
    Samples training{{}, {{}}};
    for (int k = 0; k < 10; ++k)
      for (int t = 0; t < 40; ++t) {
        const bool on = k % 2 == 0 && t >= 30;
        training.values.push_back(t < 30 ? 0.1 * t : on ? 5 : -5);
        training.covariates[0].push_back(on);
      }
    const Samples history{part(training.values, 0, 30), {part(training.covariates[0], 0, 30)}};
    for (const char* strategy : {"direct", "iterated"}) {
      CAPTURE(strategy);
      Forecasting f("analog", {{"strategy", std::string(strategy)}});
      f.fit({training});
      CHECK(largest_difference(f.predict(history, 10, {Vector(10, 1)}).mean, Vector(10, 5)) < 1e-9);
      CHECK(largest_difference(f.predict(history, 10, {Vector(10, 0)}).mean, Vector(10, -5)) < 1e-9);
    }
  }

  TEST_CASE("analog takes the median of what followed like pasts") {
    // after the same rise 5 follows in the first three of ten passages, else -5: of the seven that count in four
    Vector series;
    for (int k = 0; k < 10; ++k)
      for (int t = 0; t < 40; ++t) series.push_back(t < 30 ? 0.1 * t : k < 3 ? 5 : -5);
    for (const char* strategy : {"direct", "iterated"}) {
      CAPTURE(strategy);
      Forecasting f("analog", {{"strategy", std::string(strategy)}});
      CHECK(largest_difference(f.fit({{series}}).predict({part(series, 0, 30)}, 10).mean, Vector(10, -5)) < 1e-9);
    }
  }
  TEST_CASE("ddf holds the last value of a history unlike all, and a run that gets lost gives way to the median") {
    Samples training = regular_spiking(2000);
    const Vector held =
        Forecasting("ddf", {{"centres", 100.}}).fit({training}).predict({Vector(20, 20), {}, 0.25}, 10).mean;
    CHECK(largest_difference(held, Vector(10, 20)) < 1e-9);
    // a current that was never seen drives the run to where nothing was
    Dice dice(3);
    training.covariates.emplace_back();
    for (std::size_t t = 0; t < training.values.size(); ++t) training.covariates[0].push_back(dice.between(-1, 1));
    const Vector said =
        Forecasting("ddf", {{"centres", 100.}}).fit({training}).predict(training, 10, {Vector(10, 1e5)}).mean;
    Vector sorted = training.values;
    std::sort(sorted.begin(), sorted.end());
    CHECK(said[8] == said.back());
    CHECK(said.back() == doctest::Approx((sorted[999] + sorted[1000]) / 2));
  }
  TEST_CASE("ddf and reservoir forecast an oscillator from its known current, far better than without") {
    const Samples training = driven_oscillator(3000, 11), testing = driven_oscillator(1500, 12);
    Forecasting linear("autoregressive");
    const double of_linear = rolling_error(linear.fit({training}), testing);
    for (const char* id : {"ddf", "reservoir"}) {
      CAPTURE(id);
      Forecasting driven(id), alone(id);
      const double known = rolling_error(driven.fit({training}), testing);
      const double unknown = rolling_error(alone.fit({{training.values}}), {testing.values});
      CHECK(known < 6);
      CHECK(known < unknown / 3);
      CHECK(known < of_linear / 3);
    }
  }
  TEST_CASE("a reservoir driven by a model's output corrects the model") {
    // the model is the oscillator with all of its voltage scaled and shifted, which the readout can undo
    Samples training = driven_oscillator(2000, 13), testing = driven_oscillator(1200, 14);
    double of_model = 0;
    for (Samples* s : {&training, &testing}) {
      s->covariates.emplace_back();
      for (const double v : s->values) s->covariates[1].push_back(0.8 * v + 9 + 0.002 * v * v);
    }
    for (std::size_t t = 0; t < testing.values.size(); ++t)
      of_model += std::abs(testing.covariates[1][t] - testing.values[t]) / static_cast<double>(testing.values.size());
    Forecasting f("reservoir");
    CHECK(rolling_error(f.fit({training}), testing) < of_model / 5);
  }
  TEST_CASE("ddf, analog and seasonal go on with a neuron that fires regularly") {
    const Samples all = regular_spiking(2200);
    const Samples before{part(all.values, 0, 2000), {}, 0.25};
    const auto error = [&](Forecasting f) {
      return mean_absolute_error(f.fit({before}).predict(before, 200).mean, part(all.values, 2000, 200));
    };
    CHECK(error(Forecasting("ddf")) < 6);
    CHECK(error(Forecasting("analog")) < 4);
    CHECK(error(Forecasting("seasonal")) < 4);
  }
}
