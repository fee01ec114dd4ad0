// Slopes of measures: against central differences by every spike and every sample.
#include "measure/gradients.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <string>

#include "trains.hpp"

using hillock::Gradient;
using hillock::MeasureOptions;
using hillock::Sampled;
using hillock::ScoredWindow;
using trains::Times;
using Values = std::vector<double>;

namespace {

/// A run and a recording of it, sampled otherwise, with spikes that are a few ms apart.
struct Pair {
  Times spikes, data_spikes;
  Values trace, data;
  Pair() {
    trains::Random random(7);
    for (double t = 3; t < 95; t += 4 + 9 * random.next()) spikes.push_back(t);
    for (double t = 1; t < 95; t += 5 + 7 * random.next()) data_spikes.push_back(t);
    for (int k = 0; k <= 200; ++k) trace.push_back(std::sin(0.13 * k) + random.next());
    for (int k = 0; k < 130; ++k) data.push_back(std::cos(0.2 * k) + random.next());
  }
  ScoredWindow run() const {
    return {.from_ms = 0, .to_ms = 100, .spikes_ms = spikes, .voltage = Sampled{0, 0.5, trace}, .to_included = true};
  }
  ScoredWindow recording() const {
    return {.from_ms = 5, .to_ms = 92, .spikes_ms = data_spikes, .voltage = Sampled{0.2, 0.75, data}};
  }
};

double value(const std::string& name, const Pair& p, const MeasureOptions& options) {
  const ScoredWindow data = p.recording();
  const hillock::Score s = hillock::evaluate(name, p.run(), &data, options);
  REQUIRE(s.why == "");
  return s.value;
}
Gradient gradient(const std::string& name, const Pair& p, const MeasureOptions& options = {}) {
  const ScoredWindow data = p.recording();
  return hillock::gradient(name, p.run(), &data, options);
}

}  // namespace

TEST_CASE("the gradient of every measure agrees with central differences, or says why there is none") {
  std::size_t with = 0;
  for (const hillock::MeasureInfo& info : hillock::measures()) {
    MeasureOptions narrow;  // so that the spikes are not too dense for them
    if (info.name == "gamma") narrow.numbers = {{"precision", 0.5}};
    if (info.name == "subthreshold_ev") narrow.numbers = {{"before", 1}, {"after", 1}};
    std::vector<MeasureOptions> variants = {narrow};
    for (const hillock::MeasureOption& o : info.options)
      for (std::size_t k = 1; k < o.choices.size(); ++k)
        variants.push_back({.numbers = narrow.numbers, .words = {{o.name, o.choices[k]}}});
    if (info.name == "victor_purpura") variants.push_back({.numbers = {{"cost", 0.1}}, .words = {}});
    if (info.name == "adaptation_index") variants.push_back({.numbers = {{"skip", 0}}, .words = {}});
    for (const MeasureOptions& options : variants) {
      CAPTURE(info.name);
      Pair p;
      const Gradient g = gradient(info.name, p, options);
      if (!g.why.empty()) {
        const bool shape = info.needs_current || info.name.starts_with("A") || info.name == "peak_voltage";
        if (info.name == "log_likelihood") CHECK(g.why.starts_with("not defined: the model tells no rate"));
        else if (shape)
          CHECK(g.why.starts_with(info.needs_current ? "not defined: no current" : "not defined: the trace"));
        else CHECK(g.why == "'" + info.name + "' has no slope: it counts, so it stands still and jumps");
        CHECK(g.by_spike.empty());
        CHECK(g.by_sample.empty());
        continue;
      }
      ++with;
      CHECK(g.by_spike.empty() == info.needs_trace);
      CHECK(g.by_sample.empty() == !info.needs_trace);
      double largest = 0;
      const auto check = [&](std::vector<double>& of, const std::vector<double>& slopes) {
        REQUIRE(slopes.size() == of.size());
        for (std::size_t i = 0; i < of.size(); ++i) {
          CAPTURE(i);
          constexpr double h = 1e-5;
          const double before = of[i];
          of[i] = before + h;
          const double up = value(info.name, p, options);
          of[i] = before - h;
          const double down = value(info.name, p, options);
          of[i] = before;
          // rounding 1e-16 / h, and the third derivative times h^2
          CHECK(std::abs((up - down) / (2 * h) - slopes[i]) < 1e-8);
          largest = std::max(largest, std::abs(slopes[i]));
        }
      };
      if (info.needs_trace) check(p.trace, g.by_sample);
      else check(p.spikes, g.by_spike);
      CHECK(largest > 1e-4);
      // along a direction: the sum
      const Values ones_spikes(p.spikes.size(), 1.0), ones(p.trace.size(), 1.0);
      double sum = 0;
      for (const double x : info.needs_trace ? g.by_sample : g.by_spike) sum += x;
      CHECK(g.along(ones_spikes, ones) == doctest::Approx(sum).epsilon(1e-12));
    }
  }
  CHECK(with > 21);
}

TEST_CASE("features of shape say that they have no slope") {
  const Times spikes{20, 60};
  const Values trace = trains::triangular(spikes, 0.1, 1000);
  const ScoredWindow run{.from_ms = 0, .to_ms = 100, .spikes_ms = spikes, .voltage = Sampled{0, 0.1, trace}};
  CHECK(hillock::gradient("AP_amplitude", run).why == "'AP_amplitude' has no slope");
}

TEST_CASE("where a measure is not defined or has a kink its gradient says so") {
  Pair p;
  p.spikes = {10};
  CHECK(gradient("isi_mean", p).why == "not defined: fewer than two spikes");
  p.spikes = {10, 20, 30, 40, 50};
  CHECK(gradient("isi_cv", p).why == "not defined: the intervals are equal, where their variation has a kink");
  Pair q;
  q.trace.assign(q.trace.size(), 1);
  q.data.assign(q.data.size(), 1);
  CHECK(gradient("rmse", q).why == "not defined: the traces are equal, where their distance has a kink");
}

TEST_CASE("a train that equals the data's is a minimum of the distances between them") {
  Pair p;
  p.data_spikes = p.spikes = {10, 17, 31, 60};
  for (const char* name : {"van_rossum", "victor_purpura"}) {
    const Gradient g = gradient(name, p);
    REQUIRE(g.why == "");
    // a kink: neither side is preferred
    for (const double slope : g.by_spike) CHECK(std::abs(slope) < 1e-15);
  }
}
