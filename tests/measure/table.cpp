// The table of measures as a whole: what every measure has to fulfil.
#include <doctest/doctest.h>

#include <cmath>
#include <set>
#include <stdexcept>
#include <string>

#include "trains.hpp"

using hillock::MeasureInfo;
using hillock::Sampled;
using hillock::ScoredWindow;

TEST_CASE("every measure has a name of its own and a unit and a meaning and a source") {
  std::set<std::string> names;
  for (const auto& info : hillock::measures()) {
    CAPTURE(info.name);
    CHECK(names.insert(info.name).second);
    CHECK(!info.unit.empty());
    CHECK(!info.meaning.empty());
    CHECK(!info.source.empty());
    CHECK(info.compares == (info.better != MeasureInfo::Better::neither));
    CHECK(hillock::find_measure(info.name)->meaning == info.meaning);
  }
  CHECK(hillock::find_measure("gama") == nullptr);
}

TEST_CASE("every option has a meaning and a default that is in its range or the first of its words") {
  for (const auto& info : hillock::measures())
    for (const auto& option : info.options) {
      CAPTURE(info.name);
      CAPTURE(option.name);
      CHECK(!option.meaning.empty());
      CHECK(!option.unit.empty());
      CHECK(option.choices.size() != 1);
      if (option.choices.empty()) {
        CHECK(option.low < option.high);
        CHECK((option.low <= option.value && option.value <= option.high));
      }
    }
}

TEST_CASE("a default that is given changes nothing") {
  const trains::Times model{3, 10, 18, 25, 90}, data{5, 22, 30, 55, 70, 90};
  // action potentials, and a step without any from 64 to 78 ms, more than 30 ms after the last
  std::vector<double> v = trains::triangular(model, 0.1, 1000), w, current(1000, 0);
  for (std::size_t k = 640; k < 780; ++k)
    v[k] -= 10 * (1 - std::exp(-0.08 * static_cast<double>(k - 640))), current[k] = -100;
  for (int k = 0; k < 100; ++k) w.push_back(std::sin(0.31 * k));
  const ScoredWindow run{.from_ms = 0,
                         .to_ms = 100,
                         .spikes_ms = model,
                         .voltage = Sampled{.t0_ms = 0, .dt_ms = 0.1, .values = v},
                         .current = Sampled{.t0_ms = 0, .dt_ms = 0.1, .values = current}};
  const ScoredWindow recording{
      .from_ms = 0, .to_ms = 100, .spikes_ms = data, .voltage = Sampled{.t0_ms = 0, .dt_ms = 1, .values = w}};
  for (const auto& info : hillock::measures()) {
    if (info.name == "log_likelihood") continue;  // of a rate, which no train tells
    hillock::MeasureOptions given;
    for (const auto& option : info.options) {
      if (option.choices.empty()) given.numbers[option.name] = option.value;
      else given.words[option.name] = option.choices.front();
    }
    CAPTURE(info.name);
    const auto score = hillock::evaluate(info.name, run, &recording);
    CHECK(score.why == "");
    CHECK(score.value == hillock::evaluate(info.name, run, &recording, given).value);
  }
}

TEST_CASE("no measure returns a number that is not finite without saying why") {
  trains::Random random(10);
  for (int trial = 0; trial < 300; ++trial) {
    // Short, empty, repeated and broken: all that a failed run may leave.
    const trains::Times a = trains::random_train(random, random.below(6), 4),
                        b = trains::random_train(random, random.below(6), 4);
    std::vector<double> v, w;
    for (std::size_t k = random.below(9); k > 0; --k) v.push_back(trial % 3 ? 1e3 * random.next() : -65);
    for (std::size_t k = random.below(9); k > 0; --k) w.push_back(trial % 5 ? 1e3 * random.next() : -65);
    if (!v.empty() && trial % 7 == 0) v[random.below(v.size())] = trial % 2 ? NAN : 1e300;
    ScoredWindow run{
        .from_ms = 0, .to_ms = 4, .spikes_ms = a, .voltage = Sampled{.t0_ms = 0, .dt_ms = 0.5, .values = v}};
    ScoredWindow recording{
        .from_ms = 0, .to_ms = 4, .spikes_ms = b, .voltage = Sampled{.t0_ms = 0, .dt_ms = 0.7, .values = w}};
    if (trial % 2 == 0) run.current = Sampled{.t0_ms = 0, .dt_ms = 0.5, .values = w};
    if (trial % 11 == 0) run.voltage.reset();
    if (trial % 13 == 0) recording.to_ms = 0;
    for (const auto& info : hillock::measures()) {
      const auto score = hillock::evaluate(info.name, run, &recording);
      CAPTURE(info.name);
      CAPTURE(score.why);
      CHECK(std::isfinite(score.value) == score.why.empty());
      CHECK((score.scored > 0 && score.scored <= 1));
    }
  }
}

TEST_CASE("the unit of a measure follows that of the trace") {
  CHECK(hillock::unit_of(*hillock::find_measure("mse"), "mV") == "mV^2");
  CHECK(hillock::unit_of(*hillock::find_measure("mse"), "1") == "1");
  CHECK(hillock::unit_of(*hillock::find_measure("rmse"), "mV") == "mV");
  CHECK(hillock::unit_of(*hillock::find_measure("peak"), "1") == "1");
  CHECK(hillock::unit_of(*hillock::find_measure("mean_rate"), "mV") == "Hz");
  CHECK(hillock::unit_of(*hillock::find_measure("AP_peak_upstroke"), "mV") == "mV/ms");
  CHECK(hillock::unit_of(*hillock::find_measure("AP_peak_upstroke"), "1") == "1/ms");
}

TEST_CASE("a call that the host got wrong is refused with its own sentence") {
  const ScoredWindow run{.from_ms = 0, .to_ms = 10, .spikes_ms = {}, .voltage = {}};
  const auto refusal = [&](std::string_view name, const ScoredWindow* data, const hillock::MeasureOptions& options) {
    try {
      hillock::evaluate(name, run, data, options);
    } catch (const std::invalid_argument& e) { return std::string(e.what()); }
    return std::string("accepted");
  };
  CHECK(refusal("gama", &run, {}) == "there is no measure 'gama'");
  CHECK(refusal("gamma", nullptr, {}) == "measure 'gamma' needs data");
  CHECK(refusal("gamma", &run, {.numbers = {{"tau", 1}}}) == "measure 'gamma' has no number 'tau'");
  CHECK(refusal("gamma", &run, {.numbers = {{"rate", 1}}}) == "measure 'gamma' has no number 'rate'");
  CHECK(refusal("gamma", &run, {.words = {{"precision", "4"}}}) == "measure 'gamma' has no word 'precision'");
  CHECK(refusal("gamma", &run, {.numbers = {{"precision", -1}}}) ==
        "'precision' of measure 'gamma' is -1 ms, outside [0.001, 1000]");
  CHECK(refusal("gamma", &run, {.numbers = {{"precision", NAN}}}) ==
        "'precision' of measure 'gamma' is nan ms, outside [0.001, 1000]");
  CHECK(refusal("gamma", &run, {.words = {{"rate", "mean"}}}) == "'rate' of measure 'gamma' cannot be 'mean'");
  CHECK(refusal("spike_count", nullptr, {}) == "accepted");
}
