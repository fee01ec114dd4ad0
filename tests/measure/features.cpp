// Features of sweeps: steps of a current, passive responses, shapes of action potentials, the curve of rate against
// current. Against exact shapes, and against what is published of recorded cells.
#include "measure/features.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "measure/traces.hpp"
#include "places.hpp"
#include "skip.hpp"
#include "trains.hpp"

using namespace hillock;
using doctest::Approx;
using Values = std::vector<double>;

namespace {

using Kind = Protocol::Kind;

/// From 0 to `length` ms, sampled each dt.
template <class F> Values sampled(double length_ms, double dt_ms, F&& f) {
  Values v;
  const auto n = static_cast<std::size_t>(std::llround(length_ms / dt_ms));
  for (std::size_t k = 0; k < n; ++k) v.push_back(f(static_cast<double>(k) * dt_ms));
  return v;
}

/// White noise of the variance of a normal one.
double noise(trains::Random& random) {
  double sum = 0;
  for (int i = 0; i < 12; ++i) sum += random.next();
  return sum - 6;
}

double step(double t, double from, double to, double amplitude) { return from <= t && t < to ? amplitude : 0; }

}  // namespace

TEST_SUITE("steps of a current") {
  TEST_CASE("the edges and levels of a command are exact") {
    const Values I = sampled(1500, 0.05, [](double t) {
      return -12.5 + step(t, 23.4 - 1e-9, 323.4 - 1e-9, -100) + step(t, 823.4 - 1e-9, 1323.4 - 1e-9, 290);
    });
    const Protocol p = protocol_of({1000, 0.05, I});
    CHECK(p.kind == Kind::steps);
    CHECK(p.base == -12.5);
    REQUIRE(p.steps.size() == 2);
    CHECK(p.steps[0].from_ms == Approx(1023.4).epsilon(1e-12));
    CHECK(p.steps[0].to_ms == Approx(1323.4).epsilon(1e-12));
    CHECK(p.steps[0].amplitude() == -100);
    CHECK(p.steps[0].before_ms == 1000);
    CHECK(p.steps[1].from_ms == Approx(1823.4).epsilon(1e-12));
    CHECK(p.steps[1].to_ms == Approx(2323.4).epsilon(1e-12));
    CHECK(p.steps[1].level == 277.5);
    CHECK(p.steps[1].base == -12.5);
    CHECK(p.steps[1].before_ms == p.steps[0].to_ms);
    // the longest is the stimulus
    CHECK(p.stimulus() == &p.steps[1]);
  }
  TEST_CASE("a recorded step is found in noise, and what a spike adds to it is not taken for a step") {
    trains::Random random(3);
    const Values I = sampled(1000, 0.1, [&](double t) {
      // each 100 ms an artefact of 3 ms, twenty times the noise
      const bool artefact = std::fmod(t, 100) < 3;
      return 5 + 2 * noise(random) + step(t, 200, 700, 20) + (artefact ? 40 : 0);
    });
    const Protocol p = protocol_of({0, 0.1, I});
    REQUIRE(p.kind == Kind::steps);
    REQUIRE(p.steps.size() == 1);
    // an artefact lies at both edges: they are within it
    CHECK(std::abs(p.steps[0].from_ms - 200) <= 3);
    CHECK(std::abs(p.steps[0].to_ms - 700) <= 3);
    // 500 blocks of 10 samples: the error of a median of medians is below 0.2 here
    CHECK(std::abs(p.steps[0].amplitude() - 20) < 0.2);
    CHECK(std::abs(p.base - 5) < 0.2);
  }
  TEST_CASE("a step of five times the noise of its medians has edges within two samples") {
    trains::Random random(5);
    const Values I = sampled(600, 0.05, [&](double t) { return noise(random) + step(t, 100, 400, 10); });
    const Protocol p = protocol_of({0, 0.05, I});
    REQUIRE(p.steps.size() == 1);
    CHECK(std::abs(p.steps[0].from_ms - 100) <= 0.1);
    CHECK(std::abs(p.steps[0].to_ms - 400) <= 0.1);
  }
  TEST_CASE("a step of three times the noise of 1 ms is found by the mean of its level, and noise alone is none") {
    // medians of 10 samples of a deviation of 8 have one of 3; those of 20 ms, 0.7
    trains::Random random(17);
    for (int i = 0; i < 10; ++i) {
      CAPTURE(i);
      const auto made = [&](double amplitude) {
        return sampled(2000, 0.1, [&](double t) { return -11 + 8 * noise(random) + step(t, 482, 1482, amplitude); });
      };
      const Protocol p = protocol_of({0, 0.1, made(10)});
      REQUIRE(p.kind == Kind::steps);
      REQUIRE(p.steps.size() == 1);
      // the likelihood of an edge drifts by 0.78 a sample and walks by 1.25: off by 50 samples once in 1e4
      CHECK(std::abs(p.steps[0].from_ms - 482) <= 5);
      CHECK(std::abs(p.steps[0].to_ms - 1482) <= 5);
      // medians of 24 and 50 blocks: a deviation of 0.22
      CHECK(std::abs(p.steps[0].amplitude() - 10) < 1.1);
      CHECK(protocol_of({0, 0.1, made(0)}).kind == Kind::varying);
    }
    // slow waves within the noise of 1 ms are no steps either
    CHECK(
        protocol_of({0, 0.1, sampled(2000, 0.1, [&](double t) { return 8 * noise(random) + 5 * std::sin(0.01 * t); })})
            .kind == Kind::varying);
  }
  TEST_CASE("what holds no levels is said to vary, and what moves little is constant") {
    trains::Random random(9);
    const auto kind = [](const Values& I) { return protocol_of({0, 0.1, I}).kind; };
    CHECK(kind(sampled(1000, 0.1, [](double) { return 50.0; })) == Kind::constant);
    CHECK(kind(sampled(1000, 0.1, [&](double) { return 50 + noise(random); })) == Kind::constant);
    CHECK(kind(sampled(1000, 0.1, [](double t) { return 0.3 * t; })) == Kind::varying);
    CHECK(kind(sampled(1000, 0.1, [](double t) { return 100 * std::sin(0.02 * t); })) == Kind::varying);
    CHECK(kind(sampled(1000, 0.1, [&](double) { return 50 * noise(random); })) == Kind::varying);
    CHECK(kind(sampled(1000, 0.1, [](double t) { return std::abs(t - 500) < 300 ? 300 - std::abs(t - 500) : 0; })) ==
          Kind::varying);
    // ramps whose end is a jump, steep and slow, with a step beside it
    CHECK(kind(sampled(1000, 0.1, [](double t) { return t < 200 || t >= 800 ? 0 : 0.5 * (t - 200); })) ==
          Kind::varying);
    CHECK(kind(sampled(8000, 0.2, [](double t) { return t < 500 || t >= 7000 ? 0 : 0.03 * (t - 500); })) ==
          Kind::varying);
    CHECK(kind(sampled(2000, 0.1, [](double t) {
            return step(t, 50, 150, -50) + (t < 500 || t >= 1500 ? 0 : 0.2 * (t - 500));
          })) == Kind::varying);
    // an exponential after a jump, as of a synapse
    CHECK(kind(sampled(1000, 0.1, [](double t) { return t < 200 ? 0 : 100 * std::exp(-(t - 200) / 50); })) ==
          Kind::varying);
    // what is large and alone is a stimulus, though it has the frequency of the mains
    CHECK(kind(sampled(1000, 0.1, [](double t) { return 100 * std::sin(0.1 * std::acos(-1.0) * t); })) ==
          Kind::varying);
    double x = 0;  // correlated over 3 ms
    CHECK(kind(sampled(5000, 0.1, [&](double) { return x += -x * 0.1 / 3 + 20 * noise(random); })) == Kind::varying);
    CHECK(kind({}) == Kind::constant);
    CHECK(kind({1}) == Kind::constant);
    CHECK(kind({1, NAN, 1}) == Kind::varying);
    const Protocol ramp = protocol_of({0, 0.1, sampled(1000, 0.1, [](double t) { return 0.3 * t; })});
    CHECK(ramp.mean == Approx(150).epsilon(1e-3));
    CHECK(ramp.sd == Approx(300 / std::sqrt(12)).epsilon(1e-3));
    CHECK(ramp.steps.empty());
    CHECK(ramp.stimulus() == nullptr);
  }
  TEST_CASE("a staircase is as many steps as it has levels, the last one to the end") {
    const Values I = sampled(400, 0.25, [](double t) { return 10 * std::floor(t / 100); });
    const Protocol p = protocol_of({0, 0.25, I});
    REQUIRE(p.steps.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
      CHECK(p.steps[i].from_ms == 100 * static_cast<double>(i + 1));
      CHECK(p.steps[i].to_ms == 100 * static_cast<double>(i + 2));
      CHECK(p.steps[i].level == 10 * static_cast<double>(i + 1));
      CHECK(p.steps[i].amplitude() == 10);
    }
    CHECK(p.stimulus() == &p.steps[2]);
  }
  TEST_CASE("voltage and current of a step are counted from the level before it, held or not") {
    for (const double held : {0.0, -20.0}) {
      const Values I =
          sampled(1000, 0.1, [&](double t) { return held + step(t, 100, 300, -10) + step(t, 300, 900, -30); });
      const Protocol p = protocol_of({0, 0.1, I});
      CHECK(p.base == held);
      REQUIRE(p.steps.size() == 2);
      CHECK(p.steps[0].amplitude() == -10);
      CHECK(p.steps[0].from_holding);
      CHECK(p.steps[1].amplitude() == -20);
      CHECK(!p.steps[1].from_holding);
      CHECK(p.stimulus() == &p.steps[1]);
      // at rest before the first of them
      CHECK(p.steps[1].rest_from_ms == 0);
      CHECK(p.steps[1].rest_to_ms == Approx(100).epsilon(1e-12));
    }
    // the holding current is what the current comes back to, not what the sweep begins with
    const Values I = sampled(1000, 0.1, [](double t) { return step(t, -1, 50, -20) + step(t, 300, 600, 100); });
    const Protocol p = protocol_of({0, 0.1, I});
    CHECK(p.base == 0);
    REQUIRE(p.steps.size() == 1);
    CHECK(p.steps[0].amplitude() == 100);
    CHECK(p.steps[0].before_ms == Approx(50).epsilon(1e-12));
  }
  TEST_CASE("going part of the way back is the end of a step, and the stimulus is the step that spikes answer") {
    const Values I = sampled(
        1500, 0.1, [](double t) { return step(t, 50, 350, 100) + step(t, 350, 550, 400) + step(t, 550, 1400, 100); });
    const Protocol p = protocol_of({0, 0.1, I});
    CHECK(p.base == 0);
    REQUIRE(p.steps.size() == 3);
    CHECK(!p.steps[1].returns);
    CHECK(p.steps[1].amplitude() == 300);
    CHECK(p.steps[2].returns);
    CHECK(p.stimulus() == &p.steps[0]);
    const Values spikes{400, 450};
    CHECK(p.stimulus(spikes) == &p.steps[1]);
  }
  TEST_CASE("hum of the mains of any size is no step and moves neither edge nor amplitude") {
    trains::Random random(29);
    for (const double hz : {50.0, 60.0})
      for (const double hum : {1.0, 2.0, 5.0, 20.0})
        for (const double dt : {0.2, 0.05, 0.02}) {
          CAPTURE(hz);
          CAPTURE(hum);
          CAPTURE(dt);
          const auto made = [&](double amplitude, double sd) {
            return sampled(1000, dt, [&, amplitude, sd](double t) {
              return hum * std::sin(2e-3 * std::acos(-1.0) * hz * t + 0.3) + step(t + dt / 2, 200, 700, amplitude) +
                     sd * noise(random);
            });
          };
          for (const double sd : {0.0, 1.0}) {
            const Protocol p = protocol_of({0, dt, made(-10, sd)});
            REQUIRE(p.kind == Kind::steps);
            CHECK(p.hum_Hz == hz);
            REQUIRE(p.steps.size() == 1);
            // 10 sd a sample: wrong by one once in 1e6
            CHECK(std::abs(p.steps[0].from_ms - 200) <= 1.01 * dt);
            CHECK(std::abs(p.steps[0].to_ms - 700) <= 1.01 * dt);
            // medians of 5 samples of 300 blocks at the least: 0.03; thrice that of two levels
            CHECK(std::abs(p.steps[0].amplitude() + 10) < (sd > 0 ? 0.15 : 1e-6));
            CHECK(protocol_of({0, dt, made(0, 0.2 * sd)}).kind == Kind::constant);
          }
        }
  }
  TEST_CASE("a slow drift is no step, and is taken off the amplitude") {
    for (const double drift : {1.0, 5.0, -5.0}) {  // pA a second
      CAPTURE(drift);
      const Values I = sampled(1000, 0.1, [&](double t) { return -8 + 1e-3 * drift * t + step(t, 200, 700, -10); });
      const Protocol p = protocol_of({0, 0.1, I});
      REQUIRE(p.steps.size() == 1);
      CHECK(p.steps[0].from_ms == Approx(200).epsilon(1e-12));
      CHECK(p.steps[0].amplitude() == Approx(-10).epsilon(1e-6));
      CHECK(p.steps[0].drift_per_ms == Approx(1e-3 * drift).epsilon(1e-6));
      // medians of 1 ms: half a sample of drift
      CHECK(p.base == Approx(-8 + 0.1 * drift).epsilon(1e-3));
    }
  }
  TEST_CASE("pulses from half a millisecond on are steps, alone, in a train and beside a test pulse") {
    trains::Random random(31);
    for (const double dt : {0.2, 0.1, 0.05, 0.02, 0.005})
      for (const double width : {0.6, 1.0, 2.0, 3.0, 5.0, 7.0}) {
        CAPTURE(dt);
        CAPTURE(width);
        const auto pulse = [&](double t) { return step(t + dt / 2, 200, 200 + width, 500); };
        const Protocol clean = protocol_of({0, dt, sampled(400, dt, pulse)});
        REQUIRE(clean.steps.size() == 1);
        CHECK(clean.steps[0].from_ms == Approx(200).epsilon(1e-12));
        CHECK(clean.steps[0].duration_ms() == Approx(width).epsilon(1e-9));
        CHECK(clean.steps[0].amplitude() == 500);
        const Protocol p =
            protocol_of({0, dt, sampled(600, dt, [&](double t) {
                           return -30 + step(t, 20, 120, -20) + pulse(t) + pulse(t - 200) + noise(random);
                         })});
        CHECK(std::abs(p.base + 30) < 0.6);  // medians of 5 samples, of 20 blocks: 0.15
        REQUIRE(p.steps.size() == 3);
        CHECK(std::abs(p.steps[0].amplitude() + 20) < 0.5);
        for (const std::size_t i : {1u, 2u}) {
          CHECK(std::abs(p.steps[i].from_ms - 200 * static_cast<double>(i)) <= 1.01 * dt);
          CHECK(std::abs(p.steps[i].duration_ms() - width) <= 1.01 * dt);
          CHECK(std::abs(p.steps[i].amplitude() - 500) < 3);  // the median of three samples
        }
        CHECK(p.steps[2].before_ms == p.steps[1].to_ms);
        // a spike comes after its pulse
        const Values spike{207.5};
        CHECK(p.stimulus(spike) == &p.steps[1]);
      }
  }
  TEST_CASE("artefacts of spikes part no step and are none, at rest and under a step") {
    trains::Random random(37);
    const Values spikes{520, 530, 555, 610, 760, 1010, 1200, 1290};
    for (const double dt : {0.25, 0.1, 0.05, 0.02, 0.005})
      for (const double amplitude : {265.0, 0.0}) {
        CAPTURE(dt);
        CAPTURE(amplitude);
        // down, up and back with 3 ms, as the current that an amplifier fails to hold
        const Values I = sampled(1500, dt, [&](double t) {
          double artefact = 0;
          for (const double s : spikes)
            if (t >= s) artefact += t < s + 0.5 ? -700 : t < s + 2 ? 800 : -30 * std::exp(-(t - s - 2) / 3);
          return -3 + (amplitude > 0 ? 6 : 1) * noise(random) + step(t, 500, 1300, amplitude) + artefact;
        });
        const Protocol p = protocol_of({0, dt, I});
        CHECK(std::abs(p.base + 3) < 2);
        if (amplitude == 0) {
          CHECK(p.steps.empty());
          continue;
        }
        REQUIRE(p.steps.size() == 1);
        CHECK(std::abs(p.steps[0].from_ms - 500) <= dt);
        CHECK(std::abs(p.steps[0].to_ms - 1300) <= 1.01 * dt);
        CHECK(std::abs(p.steps[0].amplitude() - amplitude) < 5);
      }
  }
}

TEST_SUITE("passive responses") {
  TEST_CASE("an exponential is found again, however many samples it has") {
    for (const double dt : {5.0, 0.1, 0.001}) {
      CAPTURE(dt);
      const Values v = sampled(100, dt, [](double t) { return -80 + 15 * std::exp(-t / 20); });
      const auto fit = fit_exponential({7, dt, v}, 7, 1000);
      REQUIRE(fit);
      // golden section on a parabola stops at the root of the rounding of its values
      CHECK(fit->tau_ms == Approx(20).epsilon(1e-6));
      CHECK(fit->limit == Approx(-80).epsilon(1e-6));
      CHECK(fit->start == Approx(-65).epsilon(1e-6));
      CHECK(fit->residual < 1e-6);
    }
    const Values few{1, 2, 3, 4}, broken{1, 2, NAN, 3, 4, 5};
    CHECK(!fit_exponential({0, 1, few}, 0, 10));
    CHECK(!fit_exponential({0, 1, broken}, 0, 10));
  }
  TEST_CASE("resistance and time constant of a leaky membrane are those it was made of") {
    // 200 MOhm and 20 ms; 25 time constants leave 1e-10 of the deflection
    for (const double I : {-50.0, 30.0}) {
      CAPTURE(I);
      const Values v = sampled(900, 0.05, [&](double t) {
        return -70 + (t < 200 ? 0 : 0.2 * I * (1 - std::exp(-(std::min(t, 700.0) - 200) / 20))) *
                         (t < 700 ? 1 : std::exp(-(t - 700) / 20));
      });
      const Values current = sampled(900, 0.05, [&](double t) { return step(t, 200, 700, I); });
      const Protocol p = protocol_of({0, 0.05, current});
      REQUIRE(p.steps.size() == 1);
      const PassiveResponse r = passive_response({0, 0.05, v}, p.steps[0]);
      CHECK(r.voltage_before == Approx(-70).epsilon(1e-12));
      CHECK(r.input_resistance_MOhm == Approx(200).epsilon(1e-9));
      CHECK(r.time_constant_ms == Approx(20).epsilon(1e-6));
      if (I < 0) CHECK(std::abs(r.sag_ratio) < 1e-9);
      else CHECK(std::isnan(r.sag_ratio));
    }
  }
  TEST_CASE("a short step tells no resistance, and a shorter one no time constant") {
    // the fit of a step of 3 time constants ends 1/(1 - exp(-3)) = 1.05 of the deflection away, of 2 at 1.16
    const auto made = [](double length) {
      const Values v =
          sampled(500, 0.05, [](double t) { return -70 + (t < 200 ? 0 : -10 * (1 - std::exp(-(t - 200) / 20))); });
      return passive_response({0, 0.05, v}, {200, 200 + length, -50, 0, 0});
    };
    CHECK(made(110).input_resistance_MOhm == Approx(200).epsilon(0.01));
    CHECK(std::isfinite(made(110).sag_ratio));
    CHECK(std::isnan(made(90).input_resistance_MOhm));
    CHECK(std::isnan(made(90).sag_ratio));
    CHECK(made(90).time_constant_ms == Approx(20).epsilon(1e-6));
    CHECK(std::isnan(made(50).time_constant_ms));
    CHECK(made(50).steady_state_voltage < -78);
  }
  TEST_CASE("a limit far beyond the deflection leaves the time constant undefined") {
    // a ramp that stops: nearly straight, so that the exponential through it ends anywhere
    const Values v =
        sampled(1200, 0.1, [](double t) { return -70 - 10 * std::min(std::max(t - 200, 0.0), 100.0) / 100; });
    CHECK(std::isnan(passive_response({0, 0.1, v}, {200, 1200, -50, 0, 0}).time_constant_ms));
  }
  /// The voltage of a membrane of 100 MOhm and 15 ms at -70 mV under a current.
  const auto leaky = [](const Values& I, double dt) {
    Values v;
    double now = -70 + 0.1 * I[0];
    for (const double i : I) {
      v.push_back(now);
      now = -70 + 0.1 * i + (now + 70 - 0.1 * i) * std::exp(-dt / 15);
    }
    return v;
  };
  TEST_CASE("the resistance is that of the step that tells most, whatever comes before and after it") {
    struct Part {
      double from, to, amplitude;
    };
    struct Case {
      const char* name;
      std::vector<Part> parts;
      double tells;  // where the chosen step begins
    };
    const Case cases[] = {
        {"a step after a step", {{100, 300, -10}, {300, 900, -30}}, 100},
        {"too short a first step", {{100, 170, -10}, {170, 900, -30}}, 170},
        {"a test pulse before", {{20, 30, -50}, {300, 1100, 30}}, 300},
        {"a test pulse after", {{300, 800, 30}, {1100, 1110, -50}}, 300},
        {"a hyperpolarising one of the two", {{100, 400, 40}, {600, 900, -40}}, 600},
        {"the larger one of two as long", {{100, 400, -10}, {600, 900, -100}}, 600},
        {"an afterhyperpolarisation", {{50, 350, 100}, {350, 550, 400}, {550, 1100, 100}}, 50},
        {"a pulse after a test pulse", {{100, 300, -20}, {500, 502, 2000}}, 100},
    };
    for (const Case& c : cases)
      for (const double held : {0.0, -40.0, 25.0}) {
        CAPTURE(std::string(c.name));
        CAPTURE(held);
        const Values I = sampled(1200, 0.1, [&](double t) {
          double sum = held;
          for (const Part& part : c.parts) sum += step(t + 0.05, part.from, part.to, part.amplitude);
          return sum;
        });
        const Values v = leaky(I, 0.1);
        const auto found = passive_step({0, 0.1, v}, protocol_of({0, 0.1, I}), {});
        REQUIRE(found);
        CHECK(found->step.from_ms == Approx(c.tells).epsilon(1e-9));
        // 70 ms leave 1 % of the first 1 mV, of the 2 mV that follow
        CHECK(found->response.input_resistance_MOhm == Approx(100).epsilon(0.01));
        CHECK(found->response.time_constant_ms == Approx(15).epsilon(0.01));
      }
  }
  TEST_CASE("hum and drift that the membrane follows leave its resistance and time constant") {
    for (const double hz : {50.0, 60.0})
      for (const double hum : {2.0, 10.0})
        for (const double drift : {0.0, 4.0, -4.0}) {
          CAPTURE(hz);
          CAPTURE(hum);
          CAPTURE(drift);
          const Values I = sampled(1000, 0.05, [&](double t) {
            return step(t + 0.02, 200, 700, -10) + hum * std::sin(2e-3 * std::acos(-1.0) * hz * t) + 1e-3 * drift * t;
          });
          const Values v = leaky(I, 0.05);
          const auto found = passive_step({0, 0.05, v}, protocol_of({0, 0.05, I}), {});
          REQUIRE(found);
          // 60 Hz has no whole number of samples a period
          CHECK(found->response.input_resistance_MOhm == Approx(100).epsilon(0.005));
          CHECK(found->response.time_constant_ms == Approx(15).epsilon(0.01));
        }
  }
  TEST_CASE("spikes in the stretch before a step do not count as rest, nor what they leave behind") {
    const Values I = sampled(800, 0.2, [](double t) { return step(t, 200, 700, -50); });
    const Values spikes{60, 189};
    Values v = leaky(I, 0.2);
    for (std::size_t k = 0; k < v.size(); ++k)
      for (const double s : spikes) {
        const double t = 0.2 * static_cast<double>(k) - s;
        if (t >= 0) v[k] += t < 1 ? 100 : t < 2 ? 40 : -5 * std::exp(-(t - 2) / 5);
      }
    const Sampled trace{0, 0.2, v};
    const auto found = passive_step(trace, protocol_of({0, 0.2, I}), spikes);
    REQUIRE(found);
    // after 50 ms exp(-10) of 5 mV is left, after 30 ms 1 % of what is still to come
    CHECK(voltage_base(trace, found->step, spikes) == Approx(-70).epsilon(1e-5));
    CHECK(found->response.input_resistance_MOhm == Approx(100).epsilon(1e-3));
    CHECK(found->response.time_constant_ms == Approx(15).epsilon(0.03));
    // a cell that fires at rest all the time: the median of the stretch, which spikes of 2 ms hardly move
    Values regular;
    for (double s = 5; s < 200; s += 20) regular.push_back(s);
    v = leaky(I, 0.2);
    for (std::size_t k = 0; k < 1000; ++k)
      if (std::fmod(0.2 * static_cast<double>(k) + 15, 20) < 2) v[k] = 20;
    CHECK(voltage_base({0, 0.2, v}, found->step, regular) == Approx(-70).epsilon(1e-9));
  }
  TEST_CASE("where voltage and current go opposite ways there is no resistance") {
    const auto made = [](double end) {
      const Values v = sampled(1000, 0.1, [end](double t) { return t < 200 ? -70 : end; });
      return passive_response({0, 0.1, v}, {200, 700, -50, 0, 0});
    };
    CHECK(made(-75).input_resistance_MOhm == Approx(100).epsilon(1e-9));
    CHECK(std::isnan(made(-65).input_resistance_MOhm));
    CHECK(std::isnan(made(-65).time_constant_ms));
    CHECK(std::isnan(made(-65).sag_ratio));
    // back from a strong step, under which there are spikes
    const Values I = sampled(
        1500, 0.5, [](double t) { return step(t, 50, 350, 100) + step(t, 350, 550, 400) + step(t, 550, 1400, 100); });
    const Values v = sampled(1500, 0.5, [](double t) {
      return t < 50 ? -70 : t < 350 ? -20 : t < 550 ? -30 : t < 1400 ? -60 : -70;
    });
    const Values spikes{100, 200, 400, 500};
    CHECK(!passive_step({0, 0.5, v}, protocol_of({0, 0.5, I}), spikes));
  }
  TEST_CASE("a pulse tells no resistance") {
    for (const double width : {0.5, 2.0, 5.0, 20.0}) {
      const Values I = sampled(400, 0.1, [&](double t) { return step(t + 0.05, 200, 200 + width, -500); });
      const Values v = leaky(I, 0.1);
      const auto found = passive_step({0, 0.1, v}, protocol_of({0, 0.1, I}), {});
      REQUIRE(found);
      CHECK(std::isnan(found->response.input_resistance_MOhm));
    }
  }
  TEST_CASE("a sag is the share of the deflection that is lost again") {
    // two exponentials: 10 mV down with 20 ms, 3 mV up with 100 ms; the least where their slopes agree
    const auto response = [](double t) { return -10 * (1 - std::exp(-t / 20)) + 3 * (1 - std::exp(-t / 100)); };
    const double lowest = response(std::log((10.0 / 20) / (3.0 / 100)) / (1.0 / 20 - 1.0 / 100));
    const Values v = sampled(3000, 0.1, [&](double t) { return -60 + (t < 500 ? 0 : response(t - 500)); });
    const PassiveResponse r = passive_response({0, 0.1, v}, {500, 3000, -40, 0, 0});
    CHECK(r.steady_state_voltage == Approx(-67).epsilon(1e-9));
    CHECK(r.extreme_voltage == Approx(-60 + lowest).epsilon(1e-7));  // a sample next to the least point
    CHECK(r.sag_amplitude == Approx(-7 - lowest).epsilon(1e-5));
    CHECK(r.sag_ratio == Approx((-7 - lowest) / -lowest).epsilon(1e-5));
    CHECK(r.input_resistance_MOhm == Approx(175).epsilon(1e-9));
  }
  TEST_CASE("a time constant is found in noise, and none where the voltage does not follow the current") {
    trains::Random random(11);
    const auto made = [&](double depth, double sd) {
      return sampled(800, 0.05, [&, depth, sd](double t) {
        return -70 + (t < 200 ? 0 : depth * (1 - std::exp(-(t - 200) / 15))) + sd * noise(random);
      });
    };
    const CurrentStep s{200, 800, -50, 0, 0};
    // 900 samples of 0.2 mV on 8 mV
    CHECK(passive_response({0, 0.05, made(-8, 0.2)}, s).time_constant_ms == Approx(15).epsilon(0.1));
    CHECK(std::isnan(passive_response({0, 0.05, made(0, 0.2)}, s).time_constant_ms));
    CHECK(std::isnan(passive_response({0, 0.05, made(8, 0)}, s).time_constant_ms));
    CHECK(std::isnan(passive_response({0, 0.05, made(8, 0)}, s).sag_ratio));
  }
}

TEST_SUITE("action potentials") {
  TEST_CASE("triangles have the threshold, peak, width and slopes they were drawn with") {
    const double dt = 0.01;
    const trains::Times spikes{20, 60};
    const Values v = trains::triangular(spikes, dt, 10000);
    const auto all = action_potentials({0, dt, v}, spikes, 0, 100);
    REQUIRE(all.size() == 2);
    for (std::size_t i = 0; i < 2; ++i) {
      const ActionPotential& a = all[i];
      CHECK(a.spike_ms == spikes[i]);
      // the central difference is 0 before the corner and half the slope at it
      CHECK(std::abs(a.begin_ms - (spikes[i] - 0.55)) < dt);
      CHECK(a.begin_voltage == Approx(-65).epsilon(1e-9));
      CHECK(a.peak_voltage == Approx(35).epsilon(1e-9));
      CHECK(a.peak_ms == Approx(spikes[i] + 0.45).epsilon(1e-9));
      CHECK(a.amplitude == Approx(100).epsilon(1e-9));
      // halfway, 50 mV below the top: 0.5 ms before and 50/55 ms after it
      CHECK(a.half_width_ms == Approx(0.5 + 50.0 / 55).epsilon(1e-9));
      CHECK(a.upstroke == Approx(100).epsilon(1e-9));
      CHECK(a.downstroke == Approx(-55).epsilon(1e-9));
      CHECK(a.ahp_voltage == Approx(-75).epsilon(1e-9));
    }
    // of a window, only its own
    CHECK(action_potentials({0, dt, v}, spikes, 30, 100).size() == 1);
  }
  TEST_CASE("a spike that takes off exponentially begins where its slope is 10 mV/ms") {
    // v = -60 + exp(t / 0.5 ms) mV rises by 10 mV/ms where it is 5 mV above -60
    const auto begin = [](double dt) {
      const double top = 0.5 * std::log(100.0);
      const Values v = sampled(20, dt, [&](double t) {
        t -= 10;
        return t < top ? -60 + std::exp(t / 0.5) : std::max(-70.0, 40 - 60 * (t - top));
      });
      const Sampled trace{0, dt, v};
      const auto all = action_potentials(trace, detect_spikes(trace, {}), 0, 20);
      REQUIRE(all.size() == 1);
      return all[0].begin_voltage;
    };
    CHECK(begin(0.001) == Approx(-55).epsilon(1e-6));
    // central differences and lines between samples err with the square of the step
    CHECK(std::abs(begin(0.02) + 55) < 0.02);
    CHECK(std::abs(begin(0.1) + 55) < 0.5);
  }
  TEST_CASE("noise of mean 0 moves the beginning of a spike by less than its size, at any sampling rate") {
    trains::Random random(41);
    for (const double dt : {0.2, 0.1, 0.05, 0.02, 0.005})
      for (const double sd : {0.1, 0.5}) {
        CAPTURE(dt);
        CAPTURE(sd);
        // takes off as above, with 0.4 ms: at 10 mV/ms it is 4 mV above -60
        const double tau = 0.4, top = tau * std::log(100.0);
        const auto made = [&](double noisy) {
          Values v = sampled(1000, dt, [&](double t) {
            t = std::fmod(t, 50) - 25;
            return (t < top ? -60 + std::exp(t / tau) : std::max(-70.0, 40 - 60 * (t - top))) + noisy * noise(random);
          });
          const Sampled trace{0, dt, v};
          return mean_of(action_potentials(trace, detect_spikes(trace, {}), 0, 1000), &ActionPotential::begin_voltage);
        };
        const double quiet = made(0);
        CHECK(std::abs(quiet + 56) < (dt > 0.05 ? 1.5 : 0.1));
        CHECK(std::abs(made(sd) - quiet) < sd);
      }
  }
  TEST_CASE("the trough is the first minimum after the peak, which holds for 0.2 ms") {
    const double dt = 0.02;
    // down to -60 in 2 ms, up to -55 for 2 ms, then slowly to -72
    const Values v = sampled(100, dt, [](double t) {
      t -= 20;
      return t < 0    ? -65
             : t < 1  ? -65 + 100 * t
             : t < 3  ? 35 - 47.5 * (t - 1)
             : t < 5  ? -60 + 2.5 * (t - 3)
             : t < 39 ? -55 - 0.5 * (t - 5)
                      : -72;
    });
    const Sampled trace{0, dt, v};
    const auto all = action_potentials(trace, detect_spikes(trace, {}), 0, 100);
    REQUIRE(all.size() == 1);
    CHECK(all[0].ahp_voltage == Approx(-60).epsilon(1e-3));
    // a dent of 0.1 ms is none
    Values dented = v;
    for (std::size_t k = 1100; k < 1105; ++k) dented[k] = v[1099] + 0.01;
    const auto same = action_potentials({0, dt, dented}, detect_spikes(trace, {}), 0, 100);
    CHECK(same[0].ahp_voltage == all[0].ahp_voltage);
  }
  TEST_CASE("where the trace shows no action potential nothing of its shape is defined") {
    // reset at the spike, as of a leaky integrate-and-fire neuron
    Values v = sampled(100, 0.1, [](double t) { return -65 + 0.1 * std::fmod(t, 50); });
    const trains::Times spikes{50};
    const auto all = action_potentials({0, 0.1, v}, spikes, 0, 100);
    REQUIRE(all.size() == 1);
    CHECK(std::isnan(all[0].begin_voltage));
    CHECK(std::isnan(all[0].peak_voltage));
    CHECK(std::isnan(all[0].half_width_ms));
    const ScoredWindow run{.from_ms = 0, .to_ms = 100, .spikes_ms = spikes, .voltage = Sampled{0, 0.1, v}};
    CHECK(evaluate("AP_amplitude", run).why == "not defined: the trace shows no action potential at the spikes");
  }
}

TEST_SUITE("action potentials at the end of a step") {
  // from -65 to 35 mV in 1 ms, then down by a sigmoid to -70 and up again: falls fastest 1 ms after the peak
  constexpr double dt = 0.01;
  const auto spike = [](double t) {
    return t < 0   ? -65
           : t < 1 ? -65 + 100 * t
           : t < 3 ? -17.5 + 52.5 * std::cos((t - 1) * std::acos(-1.0) / 2)
                   : -70 + (t - 3);
  };
  const auto cut_at = [](double to) {
    const Values v = sampled(60, dt, [](double t) { return t < 30 ? spike(t - 10) : spike(t - 40); });
    return action_potentials({0, dt, v}, Values{10.55, 40.55}, 0, to);
  };
  TEST_CASE("a trough that is yet to come is not defined, and the others stay") {
    const auto whole = cut_at(50);
    REQUIRE(whole.size() == 2);
    CHECK(whole[1].ahp_voltage == Approx(-70).epsilon(1e-9));
    const auto cut = cut_at(42.5);
    REQUIRE(cut.size() == 2);
    CHECK(cut[0].ahp_voltage == Approx(-70).epsilon(1e-9));
    CHECK(std::isnan(cut[1].ahp_voltage));
    CHECK(cut[1].peak_voltage == Approx(35).epsilon(1e-9));
    // it has fallen fastest before, and halfway
    CHECK(cut[1].downstroke == whole[1].downstroke);
    // of a window in which none is whole, the measure says so
    const Values v = sampled(60, dt, [](double t) { return spike(t - 10); });
    const trains::Times spikes{10.55};
    const ScoredWindow run{.from_ms = 0, .to_ms = 12.5, .spikes_ms = spikes, .voltage = Sampled{0, dt, v}};
    CHECK(evaluate("AHP_depth_abs", run).why == "not defined: the window holds no action potential far enough");
    CHECK(evaluate("peak_voltage", run).value == Approx(35).epsilon(1e-9));
    CHECK(cut[1].half_width_ms == whole[1].half_width_ms);
  }
  TEST_CASE("a downstroke that still gets steeper is not defined, nor a peak that is yet to come") {
    const auto falling = cut_at(41.5);
    REQUIRE(falling.size() == 2);
    CHECK(std::isnan(falling[1].downstroke));
    CHECK(std::isnan(falling[1].half_width_ms));
    CHECK(falling[1].upstroke == Approx(100).epsilon(1e-9));
    const auto rising = cut_at(40.8);
    REQUIRE(rising.size() == 2);
    CHECK(std::isnan(rising[1].peak_voltage));
    CHECK(std::isnan(rising[1].ahp_voltage));
  }
}

TEST_SUITE("features as measures") {
  TEST_CASE("trains whose intervals grow by a factor have its adaptation and its rates") {
    // (q - 1) / (q + 1) for each pair of intervals
    trains::Times spikes{5};
    for (double gap = 4; spikes.size() < 8; gap *= 1.25) spikes.push_back(spikes.back() + gap);
    CHECK(trains::score("adaptation_index_2", spikes).value == Approx(0.25 / 2.25).epsilon(1e-12));
    CHECK(trains::score("adaptation_index", spikes).value == Approx(0.25 / 2.25).epsilon(1e-12));
    CHECK(trains::score("inv_first_ISI", spikes).value == Approx(250).epsilon(1e-12));
    CHECK(trains::score("inv_last_ISI", spikes).value == Approx(250 / std::pow(1.25, 6)).epsilon(1e-12));
    CHECK(trains::score("adaptation_index_2", {1, 2, 3}).why == "not defined: fewer than four spikes");
    CHECK(trains::score("inv_first_ISI", {1}).why == "not defined: fewer than two spikes");
    CHECK(trains::score("inv_last_ISI", {1}).why == "not defined: fewer than two spikes");
    // eFEL's first skips up to two spikes, its second one: a long first two intervals
    const trains::Times late{0, 8, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33};
    CHECK(trains::score("adaptation_index", late).value == 0);
    CHECK(trains::score("adaptation_index_2", late).value < 0);
  }
  TEST_CASE("features of the membrane are found in the window under the steps of the current") {
    const Values v = sampled(
        600, 0.1, [](double t) { return -70 + (t < 100 || t >= 400 ? 0 : -8 * (1 - std::exp(-(t - 100) / 12))); });
    const Values I = sampled(600, 0.1, [](double t) { return step(t, 100, 400, -40); });
    ScoredWindow run{
        .from_ms = 0, .to_ms = 600, .spikes_ms = {}, .voltage = Sampled{0, 0.1, v}, .current = Sampled{0, 0.1, I}};
    CHECK(evaluate("voltage_base", run).value == Approx(-70).epsilon(1e-12));
    CHECK(evaluate("steady_state_voltage_stimend", run).value == Approx(-78).epsilon(1e-8));
    CHECK(evaluate("time_constant", run).value == Approx(12).epsilon(1e-6));
    CHECK(evaluate("sag_ratio1", run).value == Approx(0).epsilon(1e-8));
    CHECK(evaluate("AP_amplitude", run).why == "not defined: no spikes");
    const trains::Times spike{200};
    run.spikes_ms = spike;
    CHECK(evaluate("time_constant", run).why == "not defined: there are spikes under every step of the current");
    run.from_ms = 150, run.to_ms = 350;
    CHECK(evaluate("voltage_base", run).why == "not defined: the current has no step in the window");
    run.current.reset();
    CHECK(evaluate("voltage_base", run).why == "not defined: no current is recorded");
  }
}

TEST_SUITE("rate against current") {
  const auto response = [](std::size_t sweep, double from, double amplitude, std::size_t spikes) {
    StepResponse r;
    r.sweep = sweep, r.step = {from, from + 500, amplitude, 0, 0}, r.spikes = spikes;
    r.rate_hz = 2 * static_cast<double>(spikes);
    return r;
  };
  TEST_CASE("rheobase and slope of a straight curve are its own, and steps of another protocol are left out") {
    std::vector<StepResponse> all;
    for (const int i : {5, 2, 7, 3, 4, 6, 1, 0})
      all.push_back(
          response(static_cast<std::size_t>(i), 100, 20.0 * i, i < 3 ? 0 : static_cast<std::size_t>(3 * i - 5)));
    all.push_back(response(8, 20, -100, 9));
    // each sweep has a test pulse too, whose noise is no amplitude
    for (std::size_t i = 0; i < 8; ++i) all.push_back(response(i, 900, -100 + 1e-3 * static_cast<double>(i), 1));
    const CellFeatures f = cell_features(all);
    CHECK(f.family.size() == 8);
    CHECK(f.family[0].sweep == 0);
    CHECK(f.rheobase_pA == 60);
    CHECK(f.f_i_slope == Approx(0.3).epsilon(1e-12));
  }
  TEST_CASE("spikes under hyperpolarising steps are no rheobase") {
    const CellFeatures f = cell_features({response(0, 0, -1800, 3), response(1, 0, -20, 1), response(2, 0, 3e-5, 1),
                                          response(3, 0, 20, 0), response(4, 0, 40, 2)});
    CHECK(f.family.size() == 5);
    CHECK(f.rheobase_pA == 40);
    CHECK(!f.rheobase_at_most);
    CHECK(std::isnan(cell_features({response(0, 0, -1800, 3), response(1, 0, -20, 1)}).rheobase_pA));
  }
  TEST_CASE("where no smaller depolarising step is without spikes the rheobase is a bound") {
    const CellFeatures f = cell_features({response(0, 0, -50, 0), response(1, 0, 180, 2), response(2, 0, 200, 3)});
    CHECK(f.rheobase_pA == 180);
    CHECK(f.rheobase_at_most);
  }
  TEST_CASE("without spikes there is no rheobase, with one amplitude no slope") {
    CHECK(cell_features({}).family.empty());
    CHECK(std::isnan(cell_features({response(0, 0, 10, 0), response(1, 0, 20, 0)}).rheobase_pA));
    const CellFeatures one = cell_features({response(0, 0, 10, 0), response(1, 0, 20, 4), response(2, 0, 20, 5)});
    CHECK(one.rheobase_pA == 20);
    CHECK(std::isnan(one.f_i_slope));
  }
}

// --- Recordings ---------------------------------------------------------------------------------------------------

namespace {

std::vector<double> numbers(const std::string& line) {
  std::vector<double> out;
  std::stringstream cells(line);
  for (std::string cell; std::getline(cells, cell, ',');) out.push_back(std::strtod(cell.c_str(), nullptr));
  return out;
}

/// Columns time_ms, current_pA, voltage_mV.
struct Sweep {
  double t0 = 0, dt = 0;
  Values current, voltage;
  explicit Sweep(const std::filesystem::path& file) {
    std::ifstream in(file);
    std::string line;
    std::getline(in, line);
    REQUIRE(line == "time_ms,current_pA,voltage_mV");
    double last = 0;
    while (std::getline(in, line)) {
      const auto row = numbers(line);
      if (voltage.empty()) t0 = row[0];
      last = row[0], current.push_back(row[1]), voltage.push_back(row[2]);
    }
    dt = (last - t0) / static_cast<double>(voltage.size() - 1);
  }
};

}  // namespace

TEST_CASE("features of recorded cells agree with those published of them") {
  if (!hillock::test::have_recordings()) return;
  const std::filesystem::path folder = hillock::test::recordings();
  std::ifstream in(folder / "allen/allen_reference_values.csv");
  const std::map<int, const char*> files = {{464212183, "allen/allen_464212183_sweep30_1000-1320ms.csv"},
                                            {509881736, "allen/allen_509881736_sweep39.csv"},
                                            {518290966, "allen/allen_518290966_sweep57.csv"},
                                            {534524026, "allen/allen_534524026_sweep29.csv"}};
  std::string line;
  std::getline(in, line);
  REQUIRE(
      line.starts_with("specimen_id,cre_line,vrest_mV,input_resistance_MOhm,tau_ms,rheobase_long_square_pA,"
                       "fi_slope_Hz_per_pA,sag_ratio,threshold_mV,peak_mV,"));
  std::size_t cells = 0;
  while (std::getline(in, line)) {
    const auto row = numbers(line);
    CAPTURE(row[0]);
    const Sweep s(folder / files.at(static_cast<int>(row[0])));
    const Sampled voltage{s.t0, s.dt, s.voltage};
    const Protocol p = protocol_of({s.t0, s.dt, s.current});
    REQUIRE(p.kind == Kind::steps);
    REQUIRE(p.stimulus());
    CHECK(p.stimulus()->from_ms == Approx(1020).epsilon(1e-9));
    const auto spikes = detect_spikes(voltage, {});
    const auto aps = action_potentials(voltage, spikes, p.stimulus()->from_ms, p.stimulus()->to_ms);
    REQUIRE(aps.size() == spikes.size());
    const ActionPotential& first = aps[0];
    // Theirs are means over sweeps and, of the action potential, the first one at the rheobase; this is one sweep at a
    // larger current. Bounds are the differences of the four cells, rounded up.
    CHECK(std::abs(voltage_base(voltage, *p.stimulus()) - row[2]) < 1.5);
    // their threshold: 5 % of the largest upstroke
    CHECK(std::abs(first.begin_voltage - row[8]) < 2);
    CHECK(std::abs(first.peak_voltage - row[9]) < 7);
    CHECK(std::abs(first.ahp_voltage - row[10]) < 4);
    CHECK(-first.upstroke / first.downstroke == Approx(row[11]).epsilon(0.12));
    ++cells;
  }
  CHECK(cells == files.size());
}
