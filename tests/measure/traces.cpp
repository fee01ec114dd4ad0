#include "measure/traces.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "measure/gradients.hpp"
#include "trains.hpp"

using doctest::Approx;
using hillock::Sampled;
using hillock::ScoredWindow;
using trains::Times;
using Values = std::vector<double>;

namespace {

/// A trace with a sample each ms from 0, scored over all of it.
ScoredWindow trace(const Values& values, const Times& spikes = {}) {
  return {.from_ms = 0,
          .to_ms = static_cast<double>(values.size()),
          .spikes_ms = spikes,
          .voltage = Sampled{.t0_ms = 0, .dt_ms = 1, .values = values}};
}

hillock::Score compare(std::string_view measure, const ScoredWindow& model, const ScoredWindow& data,
                       const hillock::MeasureOptions& options = {}) {
  return hillock::evaluate(measure, model, &data, options);
}

}  // namespace

TEST_CASE("errors of traces have the values worked out by hand") {
  const Values data{1, 2, 3, 6}, model{1, 4, 3, 4};
  CHECK(compare("mse", trace(model), trace(data)).value == 2);
  CHECK(compare("rmse", trace(model), trace(data)).value == std::sqrt(2.0));
  // The data's mean is 3, its squares about it 4 + 1 + 0 + 9.
  CHECK(compare("explained_variance", trace(model), trace(data)).value == Approx(1 - 8.0 / 14).epsilon(1e-15));
  // Scaled: model -1 1 1/3 1, data -1 -0.6 -0.2 1.
  CHECK(compare("legacy_minmax", trace(model), trace(data)).value ==
        Approx((1.6 * 1.6 + (8.0 / 15) * (8.0 / 15)) / 4).epsilon(1e-14));
}

TEST_CASE("a trace against itself has no error and explains all variance") {
  const Values v{-65, -64, -70, 20, -60};
  CHECK(compare("mse", trace(v), trace(v)).value == 0);
  CHECK(compare("rmse", trace(v), trace(v)).value == 0);
  CHECK(compare("explained_variance", trace(v), trace(v)).value == 1);
  CHECK(compare("subthreshold_ev", trace(v), trace(v)).value == 1);
  CHECK(compare("legacy_minmax", trace(v), trace(v)).value == 0);
}

TEST_CASE("the mean of the data explains no variance and an offset counts as error") {
  const Values data{1, 2, 3, 6}, average{3, 3, 3, 3}, off{4, 5, 6, 9};
  CHECK(compare("explained_variance", trace(average), trace(data)).value == 0);
  CHECK(compare("explained_variance", trace(off), trace(data)).value == Approx(1 - 36.0 / 14).epsilon(1e-15));
}

TEST_CASE("the scaled loss is blind to scale and offset") {
  const Values data{1, 2, 3, 6}, model{10, 20, 30, 60}, moved{-7, -6, -5, -2};
  CHECK(compare("legacy_minmax", trace(model), trace(data)).value == Approx(0).epsilon(1e-15));
  CHECK(compare("legacy_minmax", trace(moved), trace(data)).value == Approx(0).epsilon(1e-15));
}

TEST_CASE("traces of different sampling are compared at the times of the data") {
  // Both sample v = 2 t - 70 mV: linear interpolation is exact up to the rounding of some 1e-13 mV.
  Values model, data;
  for (int k = 0; k < 400; ++k) model.push_back(-70 + 2 * (-0.1 + 0.3 * k));
  for (int k = 0; k < 2000; ++k) data.push_back(-70 + 2 * (0.05 * k));
  const ScoredWindow run{
      .from_ms = 0, .to_ms = 100, .spikes_ms = {}, .voltage = Sampled{.t0_ms = -0.1, .dt_ms = 0.3, .values = model}};
  const ScoredWindow recording{
      .from_ms = 0, .to_ms = 100, .spikes_ms = {}, .voltage = Sampled{.t0_ms = 0, .dt_ms = 0.05, .values = data}};
  CHECK(compare("rmse", run, recording).value < 1e-12);
  CHECK(compare("rmse", recording, run).value < 1e-12);
}

TEST_CASE("a sample that both traces have is compared without interpolation") {
  // Every sixth of the fine samples, at times whose sums round differently: 1000 + 6k * 0.05 and 1000 + k * 0.3.
  Values fine, coarse;
  for (int k = 0; k < 6000; ++k) fine.push_back(k % 6 == 0 ? std::sin(k) : 1e6);
  for (int k = 0; k < 1000; ++k) coarse.push_back(std::sin(6 * k));
  const ScoredWindow run{.from_ms = 1000,
                         .to_ms = 1300,
                         .spikes_ms = {},
                         .voltage = Sampled{.t0_ms = 1000, .dt_ms = 0.05, .values = fine}};
  const ScoredWindow recording{.from_ms = 1000,
                               .to_ms = 1300,
                               .spikes_ms = {},
                               .voltage = Sampled{.t0_ms = 1000, .dt_ms = 0.3, .values = coarse}};
  CHECK(compare("mse", run, recording).value == 0);
}

TEST_CASE("a window takes the samples from its start to before its end in spite of rounding") {
  Values v(6400, 0.0);
  const Sampled sampled{.t0_ms = 1000, .dt_ms = 0.05, .values = v};
  for (int k = 0; k < 6400; k += 7) {
    const auto range = hillock::samples_within(sampled, 1000 + 0.05 * k, 1000 + 0.05 * (k + 20));
    REQUIRE(range.begin == static_cast<std::size_t>(k));
    REQUIRE(range.end == std::min<std::size_t>(6400, static_cast<std::size_t>(k) + 20));
  }
  CHECK(hillock::samples_within(sampled, 0, 1000).count() == 0);
  CHECK(hillock::samples_within(sampled, 2000, 3000).count() == 0);
  CHECK(hillock::samples_within(sampled, 0, 1e300).count() == 6400);
}

TEST_CASE("comparisons score the window of the data") {
  const Values data{9, 1, 2, 3, 6, 9}, model{0, 1, 4, 3, 4, 0};
  ScoredWindow recording = trace(data);
  recording.from_ms = 1, recording.to_ms = 5;
  CHECK(compare("mse", trace(model), recording).value == 2);
}

TEST_CASE("samples around the spikes of both trains are cut and the rest is said") {
  // 40 samples; a data spike at 10 cuts 5..17, a model spike at 30 cuts 25..37.
  Values data(40), model(40);
  for (std::size_t k = 0; k < 40; ++k) data[k] = model[k] = std::sin(static_cast<double>(k));
  for (std::size_t k = 5; k < 18; ++k) data[k] += 50;
  for (std::size_t k = 25; k < 38; ++k) model[k] += 50;
  const Times of_data{10}, of_model{30};
  const auto both = compare("subthreshold_ev", trace(model, of_model), trace(data, of_data));
  CHECK(both.value == 1);
  CHECK(both.scored == 14.0 / 40);
  const auto alone =
      compare("subthreshold_ev", trace(model, of_model), trace(data, of_data), {.words = {{"cut", "data"}}});
  CHECK(alone.value < 0);
  CHECK(alone.scored == 27.0 / 40);
  // One sample less on either side shows the edges.
  CHECK(compare("subthreshold_ev", trace(model, of_model), trace(data, of_data), {.numbers = {{"before", 4}}}).value <
        1);
  CHECK(compare("subthreshold_ev", trace(model, of_model), trace(data, of_data), {.numbers = {{"after", 7}}}).value <
        1);
}

TEST_CASE("a spike before the window is cut around where it reaches into it") {
  Values data{100, 100, 100, 100, 1, 2, 3, 4, 5, 6}, model{0, 0, 0, 0, 1, 2, 3, 4, 5, 6};
  const Times spikes{-4.5};
  ScoredWindow recording = trace(data, spikes);
  CHECK(compare("subthreshold_ev", trace(model), recording).value == 1);
  CHECK(compare("subthreshold_ev", trace(model), recording).scored == 0.6);
}

TEST_CASE("without spikes the subthreshold variance is the explained variance") {
  const Values data{1, 2, 3, 6}, model{1, 4, 3, 4};
  const auto cut = compare("subthreshold_ev", trace(model), trace(data));
  CHECK(cut.value == compare("explained_variance", trace(model), trace(data)).value);
  CHECK(cut.scored == 1);
}

TEST_CASE("each comparison of traces says what is missing") {
  const Values v{1, 2, 3, 6}, flat{5, 5, 5, 5};
  ScoredWindow bare = trace(v);
  bare.voltage.reset();
  for (const auto* name : {"mse", "rmse", "explained_variance", "subthreshold_ev", "legacy_minmax"}) {
    CAPTURE(name);
    CHECK(compare(name, bare, trace(v)).why == "not defined: no trace is recorded");
    CHECK(compare(name, trace(v), bare).why == "not defined: the data have no trace");
  }
  CHECK(compare("explained_variance", trace(v), trace(flat)).why == "not defined: the data are constant in the window");
  CHECK(compare("legacy_minmax", trace(v), trace(flat)).why == "not defined: the data are constant in the window");
  CHECK(compare("legacy_minmax", trace(flat), trace(v)).why ==
        "not defined: the model's trace is constant in the window");
  CHECK(compare("subthreshold_ev", trace(v, Times{2}), trace(v)).why ==
        "not defined: no samples are left between the spikes");
  CHECK(compare("subthreshold_ev", trace(v), trace(flat)).why ==
        "not defined: the data are constant between the spikes");
  CHECK(compare("mse", trace(flat), trace(flat)).value == 0);
}

TEST_CASE("each comparison of traces says what does not cover the window or is not finite") {
  const Values v{1, 2, 3, 6}, broken{1, NAN, 3, 6}, huge{1e200, 0, 0, 0};
  ScoredWindow outside = trace(v);
  outside.from_ms = 10, outside.to_ms = 20;
  CHECK(compare("mse", trace(v), outside).why == "not defined: the data have no samples in the window");
  CHECK(compare("mse", trace(v), trace(broken)).why == "not defined: the data's trace is not finite in the window");
  CHECK(compare("mse", trace(broken), trace(v)).why == "not defined: the model's trace is not finite in the window");
  CHECK(compare("mse", trace(huge), trace(v)).why == "not defined: the value is not finite");
  const Values two{1, 2};
  CHECK(compare("mse", trace(two), trace(v)).why ==
        "not defined: the model's trace does not cover the data in the window");
  CHECK(compare("mse", trace({}), trace(v)).why ==
        "not defined: the model's trace does not cover the data in the window");
  ScoredWindow late = trace(v);
  late.voltage->t0_ms = 2;
  CHECK(compare("mse", late, trace(v)).why == "not defined: the model's trace does not cover the data in the window");
}

TEST_CASE("the ends of the model's trace are held for one of its intervals") {
  const Values data{1, 2, 3, 3}, model{1, 2, 3};
  CHECK(compare("mse", trace(model), trace(data)).value == 0);
  const Values early{2, 2, 3, 4}, rest{2, 3, 4};
  ScoredWindow late = trace(rest);
  late.voltage->t0_ms = 1;
  CHECK(compare("mse", late, trace(early)).value == 0);
}

TEST_CASE("a sample that is not finite outside the window does not matter") {
  const Values data{NAN, 2, 3, NAN}, model{NAN, 2, 3, INFINITY};
  ScoredWindow recording = trace(data);
  recording.from_ms = 1, recording.to_ms = 3;
  CHECK(compare("mse", trace(model), recording).value == 0);
}

TEST_CASE("what is not scored is left out of samples and trains, of data and model alike") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Values data{1, 2, nan, nan, 3, 6}, model{1, 4, 500, -500, 3, 4}, data_left{1, 2, 3, 6}, model_left{1, 4, 3, 4};
  const Times of_data{0.5, 4.5}, of_model{0.5, 2.5, 3.9, 4.5}, left{0.5, 4.5};
  const std::vector<std::pair<double, double>> unscored{{2, 4}};
  ScoredWindow d = trace(data, of_data), m = trace(model, of_model);
  CHECK(compare("mse", m, d).why == "not defined: the data's trace is not finite in the window");
  d.unscored = m.unscored = unscored;
  for (const char* measure : {"mse", "rmse", "explained_variance", "legacy_minmax"}) {
    CAPTURE(measure);
    CHECK(compare(measure, m, d).value == compare(measure, trace(model_left), trace(data_left)).value);
  }
  CHECK(compare("gamma", m, d, {.numbers = {{"precision", 0.1}}}).value == 1);
  CHECK(compare("van_rossum", m, d).value == 0);
  CHECK(hillock::evaluate("spike_count", m).value == 2);
  CHECK(hillock::evaluate("mean_rate", m).value == 500);  // two in 4 ms
  CHECK(hillock::evaluate("peak", m).value == 4);
  CHECK(hillock::evaluate("minimum_voltage", m).value == 1);
  CHECK(hillock::evaluate("mean_voltage", m).value == 3);
  CHECK(hillock::evaluate("isi_mean", m).value == 4);  // across the gap
  // slopes stand at the spikes and samples that are scored
  CHECK(hillock::gradient("mean_voltage", m).by_sample == Values{0.25, 0.25, 0, 0, 0.25, 0.25});
  CHECK(hillock::gradient("peak", m).by_sample == Values{0, 1, 0, 0, 0, 0});
  CHECK(hillock::gradient("isi_mean", m).by_spike == Values{-1, 0, 0, 1});
  CHECK(hillock::gradient("mse", m, &d).by_sample == Values{0, 1, 0, 0, 0, -1});
  // nothing is left
  const std::vector<std::pair<double, double>> all{{-1, 7}};
  d.unscored = m.unscored = all;
  CHECK(compare("mse", m, d).why == "not defined: nothing of the window is scored");
  CHECK(hillock::evaluate("spike_count", m).why == "not defined: nothing of the window is scored");
}
