// One suite for every forecaster.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "forecasting.hpp"

using namespace hillock;
using namespace hillock::test;

namespace {

Answer forecast_of_pieces(const std::string& id, const std::vector<Vector>& training, const Vector& history,
                          std::size_t horizon, const Vector& levels) {
  std::vector<Samples> pieces;
  for (const Vector& piece : training) pieces.push_back({piece});
  return Forecasting(id).fit(pieces).predict({history}, horizon, {}, levels);
}
Answer forecast(const std::string& id, const Vector& training, const Vector& history, std::size_t horizon,
                const Vector& levels) {
  return forecast_of_pieces(id, {training}, history, horizon, levels);
}
Vector wave(std::size_t n) {
  Vector v;
  Dice dice(31);
  for (std::size_t t = 0; t < n; ++t)
    v.push_back(-60 + 10 * std::sin(0.1 * static_cast<double>(t)) + dice.between(-1, 1));
  return v;
}
/// A wave that follows a covariate.
Samples followed(std::size_t n) {
  Samples s{wave(n), {Vector(n)}};
  for (std::size_t t = 0; t < n; ++t) s.covariates[0][t] = std::sin(0.1 * static_cast<double>(t));
  return s;
}

}  // namespace

TEST_SUITE("forecasters") {
  TEST_CASE("every forecast is finite, its intervals hold its mean, and wider levels hold narrower ones") {
    const Vector series = wave(400);
    for (const std::string& id : local_forecasters()) {
      CAPTURE(id);
      Forecasting f(id);
      f.fit({{series}});
      const Answer a = f.predict({series}, 50, {}, f.flags() & HK_INTERVALS ? Vector{50, 80, 95} : Vector{});
      int wrong = 0;
      for (std::size_t h = 0; h < 50; ++h) {
        wrong += !std::isfinite(a.mean[h]);
        for (std::size_t l = 0; l < a.low.size(); ++l)
          wrong += !(a.low[l][h] <= a.mean[h] && a.mean[h] <= a.high[l][h]);
        for (std::size_t l = 1; l < a.low.size(); ++l)
          wrong += !(a.low[l][h] <= a.low[l - 1][h] && a.high[l - 1][h] <= a.high[l][h]);
      }
      CHECK(wrong == 0);
    }
  }
  TEST_CASE("every forecast is the same twice") {
    for (const std::string& id : local_forecasters()) {
      CAPTURE(id);
      const Answer a = forecast(id, wave(300), wave(300), 20, {}), b = forecast(id, wave(300), wave(300), 20, {});
      CHECK(same_bits(a.mean, b.mean));
    }
  }
  TEST_CASE("every forecaster is trained on pieces and with covariates, and uses their future if it says so") {
    const Samples all = followed(600);
    const auto cut = [&](std::size_t from, std::size_t n) {
      return Samples{part(all.values, from, n), {part(all.covariates[0], from, n)}};
    };
    for (const std::string& id : local_forecasters()) {
      CAPTURE(id);
      Forecasting f(id);
      f.fit({cut(0, 260), cut(300, 240)});
      const Samples history = cut(200, 300);
      const Vector same = part(all.covariates[0], 500, 40);
      Vector other = same;
      for (double& x : other) x += 1;
      const Answer a = f.predict(history, 40, {same}), b = f.predict(history, 40, {other});
      CHECK(same_bits(a.mean, b.mean) == !(f.flags() & HK_FUTURE));
      CHECK(mean_absolute_error(a.mean, part(all.values, 500, 40)) < 25);
    }
  }
  TEST_CASE("every forecaster that uses covariates asks for those of the training part") {
    const Samples all = followed(400);
    for (const std::string& id : local_forecasters()) {
      CAPTURE(id);
      Forecasting f(id);
      if (!(f.flags() & HK_FUTURE)) continue;
      f.fit({all});
      CHECK(sentence([&] { f.predict(all, 10); }) ==
            "error: plugin '" + id +
                "': it was trained with 1 covariate, and their values over the horizon are not given");
      CHECK(sentence([&] { f.predict({all.values}, 10); }) ==
            "error: plugin '" + id + "': it was trained with 1 covariate, and the history has 0");
    }
  }
  TEST_CASE("every forecaster refuses what no forecast can be made of") {
    const Vector series = wave(400);
    Vector broken = series;
    broken[7] = NAN;
    for (const std::string& id : local_forecasters()) {
      CAPTURE(id);
      const std::string start = "error: plugin '" + id + "': ";
      const auto refusal = [&](const std::vector<Samples>& training, const Samples& history,
                               const std::vector<Vector>& future = {}, const Vector& levels = {}) {
        const std::string said = sentence([&] { Forecasting(id).fit(training).predict(history, 5, future, levels); });
        CHECK(said.starts_with(start));
        return said.substr(std::min(start.size(), said.size()));
      };
      CHECK(refusal({{broken}}, {series}) == "the training part holds what is no finite number");
      CHECK(refusal({{series, {broken}}}, {series, {broken}}) ==
            "a covariate of the training part holds what is no finite number");
      CHECK(refusal({{series}}, {broken}) == "the history holds what is no finite number");
      CHECK(refusal({{series, {series}}}, {series, {broken}}, {Vector(5)}) ==
            "a covariate of the history holds what is no finite number");
      CHECK(refusal({{series, {series}}}, {series, {series}}, {Vector(5, INFINITY)}) ==
            "a covariate of the future holds what is no finite number");
      for (const double level : {0., 100., -5., 250., static_cast<double>(NAN)})
        CHECK(refusal({{series}}, {series}, {}, {level})
                  .ends_with(fmt::format("the level {:g} is asked for, and levels lie between 0 and 100", level)));
      if (!(Forecasting(id).flags() & HK_INTERVALS))
        CHECK(refusal({{series}}, {series}, {}, {80}) == "it has no intervals of its own");
      if (id != "median") {
        CHECK(refusal({{series}}, {Vector{}}) == "there is no value before the forecast");
        refusal({{Vector{1}}}, {series});
      }
      refusal({{Vector{}}}, {series});
      refusal({}, {series});
    }
  }
  TEST_CASE("every forecaster takes a constant series for what it is") {
    // those that learn how values follow one another have nothing to learn; the others go on with the constant
    const Vector constant(400, -65);
    for (const std::string& id : local_forecasters()) {
      CAPTURE(id);
      Vector mean;
      const std::string said = sentence([&] { mean = forecast(id, constant, constant, 5, {}).mean; });
      if (said == "nothing is wrong") CHECK(mean == Vector(5, -65));
      if (said != "nothing is wrong")
        CHECK(said == "error: plugin '" + id + "': the training part is constant: there is nothing to learn from");
    }
  }
  TEST_CASE("every forecaster that keeps what it learnt goes on from it with the same bits") {
    const Samples all = followed(500);
    const Vector future(30, 0.3);
    int kept = 0;
    for (const std::string& id : local_forecasters()) {
      CAPTURE(id);
      const Settings quick = id == "lstm" ? Settings{{"epochs", 3.}, {"hidden", 20.}} : Settings{};
      Forecasting f(id, quick), g(id, quick, nullptr, 77);
      if (!f.keeps()) continue;
      ++kept;
      CHECK(sentence([&] { f.save(); }) == "error: plugin '" + id + "': it was not fitted: there is nothing to save");
      f.fit({all});
      const std::string bytes = f.save();
      g.load(bytes);
      CHECK(same_bits(f.predict(all, 30, {future}).mean, g.predict(all, 30, {future}).mean));
      CHECK(g.save() == bytes);
      Forecasting h(id, quick);
      CHECK(sentence([&] { h.load(bytes.substr(0, bytes.size() / 2)); }) ==
            "error: plugin '" + id + "': what was saved is cut short");
      CHECK(sentence([&] { h.load(bytes + "x"); }) ==
            "error: plugin '" + id + "': what was saved is longer than it should be");
      CHECK(sentence([&] { h.load("something else"); }) ==
            "error: plugin '" + id + "': these bytes are none that " + id + " 1.0.0 has saved");
    }
    CHECK(kept >= 3);
  }

  TEST_CASE("naive repeats the last value of the history, not of the training part") {
    CHECK(forecast("naive", {1, 2, 3, 4}, {7, 8, 9}, 3, {}).mean == Vector{9, 9, 9});
  }
  TEST_CASE("naive has the past changes of each lead as its interval") {
    // a ramp changes by exactly its lead: the interval is that point
    Vector ramp;
    for (int t = 0; t < 100; ++t) ramp.push_back(t);
    const Answer a = forecast("naive", ramp, {50}, 3, {80});
    CHECK(a.low[0] == Vector{51, 52, 53});
    CHECK(a.high[0] == Vector{51, 52, 53});
    // longer leads than the training part tells of keep the longest
    CHECK(forecast("naive", ramp, {0}, 200, {80}).high[0].back() == 80);
  }
  TEST_CASE("a gap between pieces is not a change") {
    // two ramps, a thousand apart, and pieces too short for the lead between them
    Vector low, high;
    for (int t = 0; t < 40; ++t) low.push_back(t), high.push_back(1000 + t);
    const Vector one{500}, none, two{700, 701};
    const Answer a = forecast_of_pieces("naive", {low, one, none, two, high}, {50}, 80, {100 - 1e-9});
    for (std::size_t h = 0; h < 30; ++h) {
      CHECK(a.low[0][h] == 51 + static_cast<double>(h));
      CHECK(a.high[0][h] == 51 + static_cast<double>(h));
    }
    // both ramps have ten changes over 30 steps, twenty together; longer leads keep these
    CHECK(a.high[0].back() == 80);
  }
  TEST_CASE("a long training part in pieces is sampled over all of them") {
    // 3000 falling and 3000 rising values: half of the changes are down, half up
    Vector falls, rises;
    for (int t = 0; t < 3000; ++t) falls.push_back(-t), rises.push_back(t);
    const Answer a = forecast_of_pieces("naive", {falls, rises}, {0}, 1, {50});
    CHECK(a.low[0][0] == -1);
    CHECK(a.high[0][0] == 1);
  }
  TEST_CASE("naive covers a random walk at its level") {
    // 2000 forecasts of a walk that it was not fitted to; binomial standard error 1 %, leads overlap
    Dice dice(33);
    Vector walk{0};
    for (int t = 0; t < 12000; ++t) walk.push_back(walk.back() + dice.between(-1, 1));
    const Vector training(walk.begin(), walk.begin() + 6000);
    const Answer a = forecast("naive", training, {0}, 10, {80});
    int in_1 = 0, in_10 = 0;
    for (std::size_t t = 6000; t < 11900; ++t) {
      in_1 += a.low[0][0] <= walk[t + 1] - walk[t] && walk[t + 1] - walk[t] <= a.high[0][0];
      in_10 += a.low[0][9] <= walk[t + 10] - walk[t] && walk[t + 10] - walk[t] <= a.high[0][9];
    }
    CHECK(in_1 / 5900. == doctest::Approx(0.8).epsilon(0.05));
    CHECK(in_10 / 5900. == doctest::Approx(0.8).epsilon(0.1));
    CHECK(a.high[0][9] > 2 * a.high[0][0]);
  }
  TEST_CASE("median is the median of the training part, with its quantiles") {
    const Answer a = forecast("median", {5, 1, 2, 4, 3}, {100}, 2, {50, 100 - 1e-9});
    CHECK(a.mean == Vector{3, 3});
    CHECK(a.low[0] == Vector{2, 2});
    CHECK(a.high[0] == Vector{4, 4});
    CHECK(a.low[1][0] == doctest::Approx(1));
    CHECK(a.high[1][1] == doctest::Approx(5));
    const Vector two{5, 1}, none, three{2, 4, 3};
    CHECK(forecast_of_pieces("median", {two, none, three}, {100}, 1, {}).mean == Vector{3});
  }
  TEST_CASE("what cannot be fitted is refused with a sentence") {
    CHECK(sentence([&] { forecast("naive", {1}, {1}, 1, {}); }) ==
          "error: plugin 'naive': the training part has no two values that follow one another");
    CHECK(sentence([&] {
            forecast_of_pieces("naive", {Vector{1}, Vector{2}}, {1}, 1, {});
          }) == "error: plugin 'naive': the training part has no two values that follow one another");
    CHECK(sentence([&] {
            forecast("naive", {1, NAN}, {1}, 1, {});
          }) == "error: plugin 'naive': the training part holds what is no finite number");
    CHECK(sentence([&] {
            forecast("naive", {1, 2}, {}, 1, {});
          }) == "error: plugin 'naive': there is no value before the forecast");
    CHECK(sentence([&] { forecast("median", {}, {1}, 1, {}); }) ==
          "error: plugin 'median': the training part is empty");
    CHECK(sentence([&] {
            forecast("median", {1, INFINITY}, {1}, 1, {});
          }) == "error: plugin 'median': the training part holds what is no finite number");
  }
}
