// One suite for every forecaster.
#include <doctest/doctest.h>

#include "harness.hpp"

using namespace hillock;
using namespace hillock::test;

namespace {

using Vector = std::vector<double>;
struct Answer {
  Vector mean;
  std::vector<Vector> low, high;
};

Answer forecast_of_pieces(const Plugin& plugin, const std::vector<Vector>& training, const Vector& history,
                          std::size_t horizon, const Vector& levels) {
  const hk_forecaster& f = plugin.forecaster();
  const Values values(f.options, f.n_options, {});
  hk_error error{};
  void* self = nullptr;
  check(plugin, f.open(9, values.data(), nullptr, &self, &error), error);
  const std::unique_ptr<void, void (*)(void*)> closing(self, f.close);
  const auto series = [](const Vector& v) { return hk_series{sizeof(hk_series), 0, v.size(), 0.5, v.data(), nullptr}; };
  std::vector<hk_series> pieces;
  std::vector<const hk_series*> before;
  for (const Vector& piece : training) pieces.push_back(series(piece));
  for (const hk_series& piece : pieces) before.push_back(&piece);
  const hk_series up_to = series(history);
  check(plugin, f.fit(self, static_cast<std::uint32_t>(before.size()), before.data(), &error), error);
  Answer a{Vector(horizon), std::vector<Vector>(levels.size(), Vector(horizon)),
           std::vector<Vector>(levels.size(), Vector(horizon))};
  std::vector<double*> low, high;
  for (Vector& v : a.low) low.push_back(v.data());
  for (Vector& v : a.high) high.push_back(v.data());
  check(plugin,
        f.predict(self, &up_to, horizon, nullptr, static_cast<std::uint32_t>(levels.size()), levels.data(),
                  a.mean.data(), low.data(), high.data(), &error),
        error);
  return a;
}
Answer forecast(const Plugin& plugin, const Vector& training, const Vector& history, std::size_t horizon,
                const Vector& levels) {
  return forecast_of_pieces(plugin, {training}, history, horizon, levels);
}
/// Those that need no network and no model of their own.
std::vector<const Plugin*> forecasters() {
  auto all = plugins_of(HK_ROLE_FORECASTER);
  std::erase_if(all, [](const Plugin* p) { return p->id == "timegpt" || p->id == "mechanistic"; });
  return all;
}
Vector wave(std::size_t n) {
  Vector v;
  Dice dice(31);
  for (std::size_t t = 0; t < n; ++t)
    v.push_back(-60 + 10 * std::sin(0.1 * static_cast<double>(t)) + dice.between(-1, 1));
  return v;
}

}  // namespace

TEST_SUITE("forecasters") {
  TEST_CASE("every forecast is finite, its intervals hold its mean, and wider levels hold narrower ones") {
    const Vector series = wave(400);
    for (const Plugin* p : forecasters()) {
      CAPTURE(p->id);
      const Answer a = forecast(*p, series, series, 50, {50, 80, 95});
      int wrong = 0;
      for (std::size_t h = 0; h < 50; ++h) {
        wrong += !std::isfinite(a.mean[h]);
        for (std::size_t l = 0; l < 3; ++l) wrong += !(a.low[l][h] <= a.mean[h] && a.mean[h] <= a.high[l][h]);
        for (std::size_t l = 1; l < 3; ++l)
          wrong += !(a.low[l][h] <= a.low[l - 1][h] && a.high[l - 1][h] <= a.high[l][h]);
      }
      CHECK(wrong == 0);
    }
  }
  TEST_CASE("every forecast is the same twice") {
    const Vector series = wave(300);
    for (const Plugin* p : forecasters()) {
      CAPTURE(p->id);
      const Answer a = forecast(*p, series, series, 20, {80}), b = forecast(*p, series, series, 20, {80});
      CHECK(same_bits(a.mean, b.mean));
      CHECK(same_bits(a.low[0], b.low[0]));
    }
  }
  TEST_CASE("every forecaster gives no intervals where none are asked for") {
    for (const Plugin* p : forecasters()) {
      CAPTURE(p->id);
      CHECK(forecast(*p, wave(300), wave(300), 5, {}).mean.size() == 5);
    }
  }

  TEST_CASE("naive repeats the last value of the history, not of the training part") {
    const Plugin& naive = plugins().load("naive", HK_ROLE_FORECASTER);
    CHECK(forecast(naive, {1, 2, 3, 4}, {7, 8, 9}, 3, {}).mean == Vector{9, 9, 9});
  }
  TEST_CASE("naive has the past changes of each lead as its interval") {
    // a ramp changes by exactly its lead: the interval is that point
    const Plugin& naive = plugins().load("naive", HK_ROLE_FORECASTER);
    Vector ramp;
    for (int t = 0; t < 100; ++t) ramp.push_back(t);
    const Answer a = forecast(naive, ramp, {50}, 3, {80});
    CHECK(a.low[0] == Vector{51, 52, 53});
    CHECK(a.high[0] == Vector{51, 52, 53});
    // longer leads than the training part tells of keep the longest
    CHECK(forecast(naive, ramp, {0}, 200, {80}).high[0].back() == 80);
  }
  TEST_CASE("a gap between pieces is not a change") {
    // two ramps, a thousand apart, and pieces too short for the lead between them
    const Plugin& naive = plugins().load("naive", HK_ROLE_FORECASTER);
    Vector low, high;
    for (int t = 0; t < 40; ++t) low.push_back(t), high.push_back(1000 + t);
    const Vector one{500}, none, two{700, 701};
    const Answer a = forecast_of_pieces(naive, {low, one, none, two, high}, {50}, 80, {100 - 1e-9});
    for (std::size_t h = 0; h < 30; ++h) {
      CHECK(a.low[0][h] == 51 + static_cast<double>(h));
      CHECK(a.high[0][h] == 51 + static_cast<double>(h));
    }
    // both ramps have ten changes over 30 steps, twenty together; longer leads keep these
    CHECK(a.high[0].back() == 80);
  }
  TEST_CASE("a long training part in pieces is sampled over all of them") {
    // 3000 falling and 3000 rising values: half of the changes are down, half up
    const Plugin& naive = plugins().load("naive", HK_ROLE_FORECASTER);
    Vector falls, rises;
    for (int t = 0; t < 3000; ++t) falls.push_back(-t), rises.push_back(t);
    const Answer a = forecast_of_pieces(naive, {falls, rises}, {0}, 1, {50});
    CHECK(a.low[0][0] == -1);
    CHECK(a.high[0][0] == 1);
  }
  TEST_CASE("naive covers a random walk at its level") {
    // 2000 forecasts of a walk that it was not fitted to; binomial standard error 1 %, leads overlap
    const Plugin& naive = plugins().load("naive", HK_ROLE_FORECASTER);
    Dice dice(33);
    Vector walk{0};
    for (int t = 0; t < 12000; ++t) walk.push_back(walk.back() + dice.between(-1, 1));
    const Vector training(walk.begin(), walk.begin() + 6000);
    const Answer a = forecast(naive, training, {0}, 10, {80});
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
    const Plugin& median = plugins().load("median", HK_ROLE_FORECASTER);
    const Answer a = forecast(median, {5, 1, 2, 4, 3}, {100}, 2, {50, 100 - 1e-9});
    CHECK(a.mean == Vector{3, 3});
    CHECK(a.low[0] == Vector{2, 2});
    CHECK(a.high[0] == Vector{4, 4});
    CHECK(a.low[1][0] == doctest::Approx(1));
    CHECK(a.high[1][1] == doctest::Approx(5));
    const Vector two{5, 1}, none, three{2, 4, 3};
    CHECK(forecast_of_pieces(median, {two, none, three}, {100}, 1, {}).mean == Vector{3});
  }
  TEST_CASE("what cannot be fitted is refused with a sentence") {
    const Plugin &naive = plugins().load("naive", 0), &median = plugins().load("median", 0);
    CHECK(sentence([&] { forecast(naive, {1}, {1}, 1, {}); }) ==
          "error: plugin 'naive': the training part has no two values that follow one another");
    CHECK(sentence([&] {
            forecast_of_pieces(naive, {Vector{1}, Vector{2}}, {1}, 1, {});
          }) == "error: plugin 'naive': the training part has no two values that follow one another");
    CHECK(sentence([&] {
            forecast(naive, {1, NAN}, {1}, 1, {});
          }) == "error: plugin 'naive': the training part holds what is no finite number");
    CHECK(sentence([&] {
            forecast(naive, {1, 2}, {}, 1, {});
          }) == "error: plugin 'naive': there is no value before the forecast");
    CHECK(sentence([&] { forecast(median, {}, {1}, 1, {}); }) == "error: plugin 'median': the training part is empty");
    CHECK(sentence([&] {
            forecast(median, {1, INFINITY}, {1}, 1, {});
          }) == "error: plugin 'median': the training part holds what is no finite number");
  }
}
