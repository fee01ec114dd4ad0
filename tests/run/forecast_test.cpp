// `forecast`: what is scored was never seen, intervals hold what they say, and measures are what their definition is.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "hillock/random.hpp"
#include "purpose/forecast/protocol.hpp"
#include "purpose/forecast/read.hpp"
#include "purpose/forecast/report.hpp"
#include "purpose/forecast/scores.hpp"
#include "run/experiments.hpp"

using namespace hillock;
using namespace hillock::test;

namespace {

ForecasterUse forecaster(const std::string& block) {
  auto source = std::make_shared<Source>();
  source->lines = {"it: " + block};
  return read_forecaster(*parse_yaml(source).find("it"), "by", {});
}

/// A series whose last part is forecast from origins one after the other.
ForecastSeries series_with(std::vector<double> values, std::size_t train, std::size_t horizon) {
  ForecastSeries s;
  s.unit = "mV", s.title = "Membrane Potential";
  s.values = std::move(values);
  s.train = train, s.horizon = horizon;
  for (std::size_t o = train; o + horizon <= s.values.size(); o += horizon) s.origins.push_back(o);
  return s;
}

/// x[t] = 0.8 x[t-1] + noise whose size is `size(t)`.
std::vector<double> autoregressive(std::size_t n, const std::function<double(std::size_t)>& size) {
  const Random random(7, 11);
  std::vector<double> x = {0};
  for (std::size_t t = 1; t < n; ++t) x.push_back(0.8 * x.back() + size(t) * random.normal(t));
  return x;
}

const MeasureValue& measure_of(const std::vector<MeasureValue>& all, const std::string& name) {
  for (const MeasureValue& v : all)
    if (v.name == name) return v;
  FAIL("no such measure: " << name);
  return all[0];
}
double value_of(const Outcome& out, const std::string& of, const std::string& name) {
  for (const CaseResult& c : out.cases)
    if (c.name == of) return measure_of(c.measures, name).value;
  FAIL("no such case: " << of);
  return NAN;
}

const Table& table_of(const std::vector<Table>& all, const std::string& title) {
  for (const Table& t : all)
    if (t.title == title) return t;
  FAIL("no such table: " << title);
  return all[0];
}

Outcome forecast(const std::string& text, std::size_t jobs = 1, std::optional<Records> records = {}) {
  RunOptions options;
  options.figures = false;
  options.jobs = jobs;
  options.records = std::move(records);
  return execute(load(text), options);
}

const std::string regular =
    "model: {use: izhikevich, preset: regular_spiking}\ninput: {I: 10}\nintegrator: {use: euler, dt: 0.25 ms}\n"
    "simulate: {for: 400 ms}\n";

}  // namespace

TEST_SUITE("forecast") {
  TEST_CASE("what follows the training part has no part in the bounds of normalising") {
    const auto first_forecast = [](double top) {
      std::string cell = "time_ms,voltage_mV\n";
      for (int k = 0; k < 200; ++k) cell += fmt::format("{},{}\n", k, k == 180 ? top : -65 + 5 * std::sin(0.7 * k));
      write("bounds.csv", cell);
      const Outcome out = forecast(
          "forecast: {data: {file: bounds.csv, normalise: [-1, 1]}, by: [{use: naive}], train: 140 ms, "
          "horizon: 10 ms, levels: []}\n");
      const auto sheet =
          std::find_if(out.run.sheets.begin(), out.run.sheets.end(), [](const Sheet& s) { return s.name == "naive"; });
      REQUIRE(sheet != out.run.sheets.end());
      return sheet->columns.at(1).values.at(0);
    };
    CHECK(first_forecast(-65) == first_forecast(30));
    CHECK(std::abs(first_forecast(30)) <= 1);
  }

  TEST_CASE("what a forecast is held against has no influence on it") {
    const ForecasterUse analog = forecaster("{use: analog}"), corrector = forecaster("{use: autoregressive}");
    const auto noise = [](std::size_t) { return 1.0; };
    const ForecastSeries one = series_with(autoregressive(900, noise), 600, 20);
    ForecastSeries other = one;
    for (std::size_t t = 700; t < other.values.size(); ++t) other.values[t] += 50;
    for (const Intervals kind : {Intervals::conformal, Intervals::adaptive}) {
      const ForecastProtocol protocol{{80}, kind, 0.3, 50};
      const Given a = foretell(analog, &corrector, protocol, one, 3),
                  b = foretell(analog, &corrector, protocol, other, 3);
      REQUIRE(a.ok());
      CHECK(a.validation_mae == b.validation_mae);
      for (std::size_t k = 0; k < a.raw.size() && a.raw[k].origin <= 700; ++k) {
        CHECK(a.raw[k].forecast.mean == b.raw[k].forecast.mean);
        CHECK(a.raw[k].forecast.low == b.raw[k].forecast.low);
        CHECK(a.corrected[k].forecast.mean == b.corrected[k].forecast.mean);
        CHECK(a.corrected[k].forecast.high == b.corrected[k].forecast.high);
      }
      CHECK(a.raw.back().forecast.mean != b.raw.back().forecast.mean);
    }
  }

  TEST_CASE("a forecaster of known errors: mean absolute error, skill, MASE") {
    // a ramp: the last value misses by 1, 2, ..., 10
    std::vector<double> ramp;
    for (int t = 0; t < 200; ++t) ramp.push_back(t);
    const ForecastSeries s = series_with(ramp, 100, 10);
    const Given naive = foretell(forecaster("{use: naive}"), nullptr, {{}, Intervals::native, 0.3, 50}, s, 1);
    const std::vector<MeasureValue> scores = forecast_scores(s, naive.raw, {});
    CHECK(measure_of(scores, "mae").value == doctest::Approx(5.5));
    CHECK(measure_of(scores, "rmse").value == doctest::Approx(std::sqrt(38.5)));
    CHECK(measure_of(scores, "mase").value == doctest::Approx(5.5));
    CHECK(naive.validation_mae == doctest::Approx(5.5));
    CHECK(error_by_lead(s, naive.raw)[3] == doctest::Approx(4));
  }

  TEST_CASE("spikes of a forecast that is late are found late, and its time is up where it leaves the truth") {
    std::vector<double> values(400, -60.0);
    for (std::size_t t = 16; t < 400; t += 20) values[t] = 20;
    ForecastSeries s = series_with(values, 200, 20);
    s.spikes = {-10, -20};
    s.origins = {200};
    std::vector<double> late(20, -60.0);
    late[19] = 20;
    const std::vector<MeasureValue> scores = forecast_scores(s, {{200, {late, {}, {}}}}, {});
    CHECK(measure_of(scores, "next_spike_error").value == doctest::Approx(3));
    CHECK(measure_of(scores, "valid_time").value == 16);
    CHECK(measure_of(scores, "subthreshold_mae").value == 0);
    CHECK(measure_of(scores, "mae").value == doctest::Approx(8));
    CHECK(measure_of(scores, "brier").value == 0);  // the bin of 15 to 20 ms holds both
    std::vector<double> near = std::vector<double>(20, -60.0);
    near[17] = 20;
    const std::vector<MeasureValue> better = forecast_scores(s, {{200, {near, {}, {}}}}, {});
    CHECK(measure_of(better, "valid_time").value == 20);
    CHECK(measure_of(better, "gamma").value > 0.9);
    const std::vector<MeasureValue> silent = forecast_scores(s, {{200, {std::vector<double>(20, -60.0), {}, {}}}}, {});
    CHECK(measure_of(silent, "next_spike_error").value == doctest::Approx(4.375));  // 20 ms less the crossing
    CHECK(measure_of(silent, "brier").value == 0.25);
  }

  TEST_CASE("conformal intervals hold their level within 5 points over 300 origins that do not overlap") {
    const ForecastSeries s = series_with(autoregressive(4000, [](std::size_t) { return 1.0; }), 1000, 10);
    REQUIRE(s.origins.size() == 300);
    const Given g = foretell(forecaster("{use: naive}"), nullptr, {{80, 90}, Intervals::conformal, 0.5, 50}, s, 1);
    CHECK(g.windows == 50);
    CHECK(g.apart == 50);
    for (std::size_t l = 0; l < 2; ++l) {
      const Coverage c = coverage_of(s, g.raw, l);
      const double level = l == 0 ? 80 : 90;
      CHECK(c.origins == 300);
      CHECK(std::abs(c.covered - level) < 5);
      CHECK(c.low < level);
      CHECK(c.high > level);
    }
  }

  TEST_CASE("own intervals that are made for other errors are scaled to hold their level, and right ones are not") {
    // one error in ten is large: bounds for normal errors are too wide for the others
    const Random random(3, 5);
    std::vector<double> rare, normal;
    for (std::size_t t = 0; t < 9000; ++t) {
      const double x = random.normal(t);
      rare.push_back(random.uniform(20'000 + t) < 0.05 ? 30 * x : x), normal.push_back(x);
    }
    const ForecastProtocol protocol{{80, 90}, Intervals::native, 0.5, 200};
    const ForecasterUse linear = forecaster("{use: autoregressive, order: 2}");
    const ForecastSeries odd = series_with(rare, 3000, 20), even = series_with(normal, 3000, 20);
    const Given scaled = foretell(linear, nullptr, protocol, odd, 1),
                own = foretell(linear, nullptr, protocol, even, 1);
    REQUIRE(scaled.raw.size() == 300);
    CHECK(scaled.intervals == "native, scaled");
    CHECK(own.intervals == "native");
    for (std::size_t l = 0; l < 2; ++l) {
      CAPTURE(protocol.levels[l]);
      CHECK(coverage_of(odd, scaled.raw, l).covered == doctest::Approx(protocol.levels[l]).epsilon(0.04));
      CHECK(coverage_of(even, own.raw, l).covered == doctest::Approx(protocol.levels[l]).epsilon(0.04));
    }
  }

  TEST_CASE("too few earlier origins make no interval rather than a wrong one") {
    const ForecastSeries s = series_with(autoregressive(130, [](std::size_t) { return 1.0; }), 100, 10);
    const Given g = foretell(forecaster("{use: naive}"), nullptr, {{80, 99}, Intervals::conformal, 0.3, 5}, s, 1);
    CHECK(g.windows == 5);
    CHECK(g.apart == 3);
    // 5 sizes hold a level of 80 % (rank 4.8), none of 99 %
    CHECK(std::isfinite(g.raw[0].forecast.low[0][0]));
    CHECK(std::isnan(g.raw[0].forecast.low[1][0]));
  }

  TEST_CASE("adaptive intervals follow noise that grows threefold, at hardly more than the width that is needed") {
    const std::size_t train = 2000, change = 2000 + 1000 * 5;
    const auto size = [&](std::size_t t) { return t < change ? 1.0 : 3.0; };
    const ForecastSeries s = series_with(autoregressive(train + 2000 * 5, size), train, 5);
    const Given g = foretell(forecaster("{use: naive}"), nullptr, {{90}, Intervals::adaptive, 0.5, 200}, s, 1);
    const Coverage c = coverage_of(s, g.raw, 0);
    CHECK(c.covered > 88);
    CHECK(c.covered < 92);
    double least = 100, width = 0, oracle = 0;
    std::vector<double> inside;
    std::vector<std::vector<std::vector<double>>> sizes(2, std::vector<std::vector<double>>(5));
    for (const Issued& one : g.raw) {
      double in = 0;
      for (std::size_t h = 0; h < 5; ++h) {
        const double truth = s.values[one.origin + h];
        in += one.forecast.low[0][h] <= truth && truth <= one.forecast.high[0][h] ? 20 : 0;
        width += one.forecast.high[0][h] - one.forecast.low[0][h];
        sizes[one.origin < change ? 0 : 1][h].push_back(std::abs(truth - one.forecast.mean[h]));
      }
      inside.push_back(in);
    }
    for (std::size_t k = 0; k + 200 <= inside.size(); ++k) {
      double sum = 0;
      for (std::size_t i = k; i < k + 200; ++i) sum += inside[i] / 200;
      least = std::min(least, sum);
    }
    CHECK(least >= 80);
    for (auto& part : sizes)
      for (auto& of_lead : part) {
        std::sort(of_lead.begin(), of_lead.end());
        oracle += 2 * of_lead[of_lead.size() * 9 / 10] * static_cast<double>(of_lead.size());
      }
    CHECK(width < 1.2 * oracle);
    // those that are not adaptive are too narrow after the change
    const Given fixed = foretell(forecaster("{use: naive}"), nullptr, {{90}, Intervals::conformal, 0.5, 200}, s, 1);
    CHECK(coverage_of(s, fixed.raw, 0).covered < 88);
  }

  TEST_CASE("a corrector helps where errors can be foreseen, and leaves alone what cannot") {
    // the median misses a slow wave, which its errors show
    std::vector<double> wave;
    const Random random(2, 5);
    for (std::size_t t = 0; t < 3000; ++t)
      wave.push_back(10 * std::sin(static_cast<double>(t) / 40) + random.normal(t));
    const ForecasterUse median = forecaster("{use: median}"), corrector = forecaster("{use: autoregressive}");
    const ForecastProtocol protocol{{80}, Intervals::native, 0.5, 100};
    const ForecastSeries s = series_with(wave, 2000, 20);
    const Given helped = foretell(median, &corrector, protocol, s, 1);
    CHECK(helped.correction.starts_with("added "));
    const double raw = measure_of(forecast_scores(s, helped.raw, {}), "mae").value;
    const double corrected = measure_of(forecast_scores(s, helped.corrected, {}), "mae").value;
    CHECK(corrected < 0.5 * raw);
    std::vector<double> noise;
    for (std::size_t t = 0; t < 3000; ++t) noise.push_back(random.normal(5000 + t));
    const Given alone = foretell(median, &corrector, protocol, series_with(noise, 2000, 20), 1);
    CHECK(alone.correction == "left alone: what it gained on the validation part may be chance");
    for (std::size_t k = 0; k < alone.raw.size(); ++k)
      CHECK(alone.corrected[k].forecast.mean == alone.raw[k].forecast.mean);
  }

  TEST_CASE("a forecaster that fails is a row with its status, and the others go on") {
    const Outcome out = forecast(regular +
                                 "forecast:\n  by: [{use: seasonal, period: 900 ms}, {use: analog}]\n"
                                 "  train: 300 ms\n  horizon: 40 ms\n");
    REQUIRE(out.cases.size() == 5);
    CHECK(out.cases[0].name == "seasonal");
    CHECK(out.cases[0].status() ==
          "plugin 'seasonal': the training part is too short: it has not one whole period of "
          "3600 samples");
    CHECK(out.cases[1].ok());
    CHECK_FALSE(out.all_ok());
    CHECK(value_of(out, "analog", "mae") < 2);
    CHECK(value_of(out, "analog", "skill") > 0.7);
    CHECK(value_of(out, "chosen", "mae") == value_of(out, "analog", "mae"));
    CHECK(value_of(out, "median", "skill") <= 0);
  }

  TEST_CASE("a resumed run and one on several threads have the bits of one that was not interrupted") {
    const std::string text = "seed: 4\n" + regular +
                             "forecast:\n  cases: {a: {input.I: 10}, b: {input.I: 14}}\n"
                             "  by: [{use: analog}, {use: reservoir, units: 40}]\n  correct: {use: autoregressive}\n"
                             "  train: 300 ms\n  horizon: 20 ms\n";
    std::vector<std::string> kept, again;
    const Outcome whole =
        forecast(text, 1, Records{[&](std::string_view r) { kept.emplace_back(r); }, [](const auto&) {}});
    CHECK(kept.size() == 8);
    const auto two = [&](const std::function<void(std::string_view)>& take) { take(kept[1]), take(kept[6]); };
    const Outcome resumed = forecast(text, 3, Records{[&](std::string_view r) { again.emplace_back(r); }, two});
    CHECK(again.size() == 6);
    REQUIRE(resumed.cases.size() == whole.cases.size());
    for (std::size_t i = 0; i < whole.cases.size(); ++i) {
      CHECK(whole.cases[i].name == resumed.cases[i].name);
      for (std::size_t k = 0; k < whole.cases[i].measures.size(); ++k)
        if (whole.cases[i].measures[k].why.empty())
          CHECK(whole.cases[i].measures[k].value == resumed.cases[i].measures[k].value);
    }
  }

  TEST_CASE("forecasts are written with their intervals, the truth and their origin") {
    const Outcome out =
        forecast(regular + "forecast: {by: {use: analog}, train: 300 ms, horizon: 40 ms, levels: [80]}\n");
    const auto sheet =
        std::find_if(out.run.sheets.begin(), out.run.sheets.end(), [](const Sheet& s) { return s.name == "analog"; });
    REQUIRE(sheet != out.run.sheets.end());
    CHECK(sheet->folder == "forecasts");
    std::string titles;
    for (const Column& c : sheet->columns) titles += c.title + (c.unit.empty() ? "" : " (" + c.unit + ")") + ",";
    CHECK(titles == "Time (ms),analog,analog-lo-80,analog-hi-80,Truth,Origin (ms),");
    CHECK(sheet->columns[0].values[0] == 300);
    CHECK(sheet->columns[0].values.size() == 2 * 160);
  }

  TEST_CASE("a known current is told to forecasters that can use it, and only where it is to be") {
    const std::string text =
        "seed: 2\nmodel: {use: lif, tau: 15 ms, g_L: 10 nS, E_L: -65 mV, V_th: -40 mV, V_reset: -60 mV, t_ref: 2 ms}\n"
        "input: {I: {use: ornstein_uhlenbeck, mean: 50 pA, sd: 40 pA, tau: 20 ms, every: 0.5 ms}}\n"
        "integrator: {use: rk4, dt: 0.1 ms}\nsimulate: {for: 2000 ms, every: 0.5 ms}\n"
        "forecast: {by: {use: autoregressive}, train: 1000 ms, horizon: 50 ms, current: ";
    const double told = value_of(forecast(text + "known}\n"), "autoregressive", "mae"),
                 alone = value_of(forecast(text + "unknown}\n"), "autoregressive", "mae");
    CHECK(told < 0.3 * alone);
  }

  TEST_CASE("a model follows a voltage and runs on exactly where it is that of the run, and worse where it is not") {
    const std::string text =
        "seed: 2\nmodel: {use: izhikevich, preset: regular_spiking}\n"
        "input: {I: {use: ornstein_uhlenbeck, mean: 8, sd: 5, tau: 10 ms, every: 0.5 ms}}\n"
        "integrator: {use: euler, dt: 0.25 ms}\nsimulate: {for: 1000 ms, every: 0.5 ms}\n"
        "forecast:\n  by: [{use: mechanistic}, {use: mechanistic, change: {model.d: 6}}]\n  train: 500 ms\n"
        "  horizon: 50 ms\n";
    const Outcome out = forecast(text);
    CHECK(value_of(out, "mechanistic", "mae") < 1e-9);
    CHECK(value_of(out, "mechanistic_2", "mae") > 1);
    CHECK(value_of(out, "mechanistic", "valid_time") == 50);
    // without the current to come it runs on under the last one
    CHECK(value_of(forecast(text + "  current: unknown\n"), "mechanistic", "mae") > 1);
  }

  TEST_CASE("a hybrid is told a wrong model's output, and does better than the model and than without it") {
    const std::string text =
        "seed: 2\nmodel: {use: lif, tau: 15 ms, g_L: 10 nS, E_L: -65 mV, V_th: 0 mV, V_reset: -60 mV, t_ref: 0 ms}\n"
        "input: {I: {use: ornstein_uhlenbeck, mean: 50 pA, sd: 40 pA, tau: 20 ms, every: 1 ms}}\n"
        "integrator: {use: rk4, dt: 0.1 ms}\nsimulate: {for: 2000 ms, every: 1 ms}\n"
        "forecast:\n  by: [{use: mechanistic, change: {model.tau: 25, model.E_L: -60}}, "
        "{use: autoregressive, order: 1, hybrid: mechanistic}]\n"
        "  train: 1000 ms\n  horizon: 40 ms\n  origins: 10\n  windows: 5\n";
    const Outcome out = forecast(text);
    CHECK(value_of(out, "mechanistic", "mae") > 1);
    CHECK(value_of(out, "autoregressive_hybrid", "mae") < 0.5 * value_of(out, "mechanistic", "mae"));
    CHECK(out.cases[1].ok());
    // what it is told of the future was not made from the future: the current alone drives the model
    CHECK(value_of(forecast(text + "  current: unknown\n"), "autoregressive_hybrid", "mae") > 1);
    // the file that a result is repeated from names the model again
    CHECK(to_yaml(load(text)->resolved).find("hybrid: mechanistic") != std::string::npos);
  }

  TEST_CASE("a network corrects what it can foresee of the errors, and keeps its bits") {
    std::vector<double> wave;
    const Random random(2, 5);
    for (std::size_t t = 0; t < 1600; ++t)
      wave.push_back(10 * std::sin(static_cast<double>(t) / 40) + 0.3 * random.normal(t));
    const ForecasterUse median = forecaster("{use: median}"),
                        corrector = forecaster("{use: lstm, hidden: 8, epochs: 15, rate: 0.02}");
    const ForecastProtocol protocol{{}, Intervals::native, 0.6, 100};
    const ForecastSeries s = series_with(wave, 1200, 20);
    const Given once = foretell(median, &corrector, protocol, s, 1),
                again = foretell(median, &corrector, protocol, s, 1);
    CHECK(once.correction.starts_with("added "));
    CHECK(measure_of(forecast_scores(s, once.corrected, {}), "mae").value <
          0.6 * measure_of(forecast_scores(s, once.raw, {}), "mae").value);
    CHECK(once.pack() == again.pack());
  }

  TEST_CASE("a model with a reset has spikes though it never comes near -10 mV, and so has a forecast that is right") {
    const auto of = [](const std::string& model, const std::string& rest, const std::string& dt) {
      return forecast("seed: 5\nmodel: " + model + "\ninput: {I: " + rest + "\nintegrator: {use: euler, dt: " + dt +
                      "}\nsimulate: {for: 2000 ms, every: 0.5 ms}\n"
                      "forecast: {by: {use: mechanistic}, train: 1000 ms, horizon: 50 ms}\n");
    };
    const std::string lif = "{use: lif, tau: 15 ms, g_L: 10 nS, E_L: -65 mV, V_th: -50 mV, V_reset: -60 mV, t_ref: ",
                      lif_current = "{use: ornstein_uhlenbeck, mean: 180 pA, sd: 40 pA, tau: 20 ms, every: 0.5 ms}}";
    const Outcome fires = of(lif + "0 ms}", lif_current, "0.1 ms");
    const Outcome bursts = of("{use: adex, preset: regular_bursting}", "210 pA}", "0.05 ms");
    for (const Outcome* out : {&fires, &bursts}) {
      CHECK(value_of(*out, "mechanistic", "gamma") > 0.95);
      CHECK(value_of(*out, "mechanistic", "next_spike_error") < 0.5);
      CHECK(value_of(*out, "mechanistic", "brier") < 0.03);
      CHECK(value_of(*out, "median", "brier") > 0.05);
      CHECK(table_of(out->run.tables, "Series")
                .note.find("; spikes are those of the run, and of a forecast falls from "
                           "above ") != std::string::npos);
    }
    for (const Table& t : fires.run.tables) CHECK(t.title != "Notes");
    // a refractory time that runs where a forecast begins runs on
    const Outcome rests = of(lif + "12 ms}", lif_current, "0.1 ms");
    CHECK(value_of(rests, "mechanistic", "gamma") > 0.95);
    CHECK(value_of(rests, "mechanistic", "next_spike_error") < 0.5);
    for (const Table& t : rests.run.tables) CHECK(t.title != "Notes");
  }

  TEST_CASE("a level that no spike crosses is said, with the key that sets it") {
    const Outcome out = forecast(regular +
                                 "forecast: {by: {use: analog}, train: 300 ms, horizon: 40 ms, spikes: {threshold: 90 "
                                 "mV}}\n");
    CHECK(
        table_of(out.run.tables, "Series")
            .note.ends_with("; no spike crosses 90 mV: `forecast: {spikes: {threshold: ...}}` sets another threshold"));
  }

  TEST_CASE("conformal bounds are the sizes of that rank among the earlier errors at each lead") {
    ForecastSeries s = series_with(autoregressive(400, [](std::size_t) { return 1.0; }), 100, 10);
    s.origins.clear();
    for (std::size_t o = 100; o + 10 <= 400; o += 3) s.origins.push_back(o);  // they overlap
    // nothing is forecast before: the validation part is shorter than a horizon
    const ForecastProtocol protocol{{80, 90}, Intervals::conformal, 0.01, 50};
    const Given g = foretell(forecaster("{use: naive}"), nullptr, protocol, s, 1);
    REQUIRE(g.windows == 0);
    std::size_t with = 0, wrong = 0;
    for (const Issued& one : g.raw)
      for (std::size_t h = 0; h < 10; ++h) {
        std::vector<double> sizes;
        for (const Issued& past : g.raw)
          if (past.origin + h < one.origin)
            sizes.push_back(std::abs(s.values[past.origin + h] - past.forecast.mean[h]));
        std::sort(sizes.begin(), sizes.end());
        for (std::size_t l = 0; l < 2; ++l) {
          const std::size_t parts = l == 0 ? 8 : 9, rank = ((sizes.size() + 1) * parts + 9) / 10;
          const double high = one.forecast.high[l][h], low = one.forecast.low[l][h], mean = one.forecast.mean[h];
          if (rank > sizes.size()) wrong += std::isfinite(high) || std::isfinite(low) ? 1 : 0;
          else ++with, wrong += high != mean + sizes[rank - 1] || low != mean - sizes[rank - 1] ? 1 : 0;
        }
      }
    CHECK(wrong == 0);
    CHECK(with > 1500);
  }

  TEST_CASE("the table of intervals has units, marks a level outside, and draws few origins not anew") {
    ForecastBlock block;
    block.by.push_back(forecaster("{use: naive}"));
    block.levels = {80}, block.shown = {"mae"};
    const auto row = [&](std::size_t origins, double scale) {
      ForecastSeries s = series_with(autoregressive(100 + origins * 10, [](std::size_t) { return 1.0; }), 100, 10);
      Given g = foretell(block.by[0], nullptr, {{80}, Intervals::native, 0.3, 50}, s, 1);
      for (Issued& one : g.raw) one.forecast.low = one.forecast.high = {one.forecast.mean};
      for (Issued& one : g.raw)
        for (std::size_t h = 0; h < 10; ++h) one.forecast.low[0][h] -= scale, one.forecast.high[0][h] += scale;
      CaseResult naive;
      naive.name = "naive", naive.measures = {{"mae", "mV", 1, {}}};
      return table_of(forecast_tables(block, {s}, {g}, {naive}, {}, {}), "Intervals").rows[0];
    };
    CHECK(row(9, 1)[6] == "–");
    CHECK(row(9, 1)[9] == "2 mV");
    CHECK(row(40, 0.5)[6].ends_with(": 80 % outside"));
    CHECK(row(40, 2.1)[6].find("outside") == std::string::npos);
  }

  TEST_CASE("a figure spans its intervals but for wild ones, tells levels apart and says which part it shows") {
    const ForecastSeries s = series_with(std::vector<double>(200, 0), 100, 10);
    Given g;
    for (const std::size_t o : s.origins) {
      Foretold f{std::vector<double>(10, 0.0), {}, {}};
      f.mean[3] = 4;
      for (const double width : {1.0, 3.0}) { f.low.emplace_back(10, -width), f.high.emplace_back(10, width); }
      f.high[1][5] = 1000;
      g.raw.push_back({o, f});
    }
    CHECK(part_shown(s, g) == "first 40 of 100 ms");
    const Panel p = forecast_panel("naive", {80, 90}, s, g, 0);
    double highest = 0, lowest = 0;
    int narrow = 0, wide = 0;
    for (const Curve& c : p.curves) {
      if (c.label == "80 %") narrow = c.colour;
      if (c.label == "90 %") wide = c.colour;
      for (const double y : c.y)
        if (!c.beyond) highest = std::fmax(highest, y), lowest = std::fmin(lowest, y);
    }
    CHECK(narrow != wide);
    CHECK(narrow < 0);
    CHECK(wide < 0);
    CHECK(lowest == -3);
    CHECK(highest == 4);
    g.raw.resize(4);
    CHECK(part_shown(s, g).empty());
  }

  TEST_CASE("answers made elsewhere are scored beside the others, on the series that they were made of") {
    std::string series = "Time (ms),Membrane Potential (mV)\n", answers = "timestamp,there,there-lo-80,there-hi-80\n";
    for (int t = 0; t < 120; ++t) series += fmt::format("{},{}\n", t, t % 10);
    for (int t = 0; t < 20; ++t) answers += fmt::format("later,{},{},{}\n", t % 10 + 1, t % 10 - 1, t % 10 + 2);
    write("series_saw.csv", series), write("forecast_saw.csv", answers);
    const std::string text = regular +
                             "forecast:\n  cases: {saw: {}}\n  answers: {name: there, folder: .}\n"
                             "  by: {use: seasonal}\n  train: 100 ms\n  levels: [80, 90]\n";
    const Outcome out = forecast(text + "  horizon: 20 ms\n  origins: 1\n");
    CHECK(value_of(out, "there", "mae") == doctest::Approx(1));
    CHECK(value_of(out, "there", "coverage_80") == 100);
    CHECK(value_of(out, "there", "width_80") == doctest::Approx(3));
    CHECK(std::isnan(value_of(out, "there", "coverage_90")));
    CHECK(value_of(out, "seasonal", "mae") < 1e-9);
    const auto status = [&](const std::string& asked) {
      for (const CaseResult& c : forecast(text + asked).cases)
        if (c.name == "there") return c.status().substr(c.status().find("forecast_saw"));
      return std::string();
    };
    CHECK(status("  horizon: 10 ms\n  origins: 1\n") == "forecast_saw.csv' holds 20 samples, and the horizon has 10");
    CHECK(status("  horizon: 10 ms\n  origins: 2\n") ==
          "forecast_saw.csv' holds a forecast from one origin, and several are asked for");
    write("forecast_saw.csv", "timestamp,there\n0,1\n1,none\n");
    CHECK(status("  horizon: 20 ms\n  origins: 1\n") == "forecast_saw.csv' has no number in column 'there' of row 2");
    write("forecast_saw.csv", "there\n1\n");
    CHECK(status("  horizon: 20 ms\n  origins: 1\n") ==
          "forecast_saw.csv' has no column of forecasts after that of times");
  }

  TEST_CASE("a recording is forecast without a current, and refused where it has gaps") {
    std::string cell = "Time (ms),Membrane Potential (mV)\n";
    for (int t = 0; t < 200; ++t) cell += fmt::format("{},{}\n", t, t % 8);
    write("cell.csv", cell);
    const std::string text = "forecast: {by: {use: seasonal}, train: 100 ms, horizon: 20 ms, data: {file: cell.csv";
    CHECK(value_of(forecast(text + "}}\n"), "seasonal", "mae") < 1e-9);
    try {
      forecast(text + ", artefacts: [[20 ms, 22 ms]]}}\n");
      FAIL("gaps were forecast");
    } catch (const Error& e) {
      CHECK(e.message() == "'cell.csv' has no voltage at t = 20 ms, and a forecast needs an unbroken series");
      CHECK(e.hint() == "data: {window: [from, to]} takes a part without gaps and artefacts");
    }
    try {
      forecast(
          "model: {use: lif}\nintegrator: {use: euler, dt: 0.1 ms}\ndrive: {gain: 1}\nforecast: {by: {use: "
          "mechanistic}, train: 100 ms, horizon: 20 ms, data: {file: cell.csv}}\n");
      FAIL("a model ran without a current");
    } catch (const Error& e) { CHECK(e.message() == "'cell.csv' has no current, under which 'mechanistic' could run"); }
  }
}
