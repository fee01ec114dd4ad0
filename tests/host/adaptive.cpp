// One suite for every adaptive integrator, driven through the boundary.
#include <doctest/doctest.h>

#include "harness.hpp"

using namespace hillock;
using namespace hillock::test;

namespace {

std::vector<const Plugin*> adaptive() {
  std::vector<const Plugin*> out;
  for (const Plugin* p : plugins_of(HK_ROLE_INTEGRATOR))
    if (!(p->integrator().flags & HK_FIXED_STEP)) out.push_back(p);
  REQUIRE(out.size() >= 3);
  return out;
}
const Plugin& model(const std::string& id) { return plugins().load(id, HK_ROLE_MODEL); }
Settings to(double tolerance) { return {{"tolerance", tolerance}}; }

/// The largest difference of the samples of a neuron, 0.1 ms apart, from an exact solution.
template <class F> double worst(const Batch& batch, F&& exact, std::size_t states = 1) {
  const auto x = batch.samples(0);
  double largest = 0;
  for (std::size_t k = 0; k < x.size() / states; ++k)
    largest = std::max(largest, std::abs(x[k * states] - exact(0.1 * (static_cast<double>(k) + 1))));
  return largest;
}

}  // namespace

TEST_SUITE("adaptive integrators") {
  TEST_CASE("the error is proportional to the tolerance, at the end and in the dense output") {
    // exp(-t) from 1 and FitzHugh-Nagumo against the tightest tolerance of fehlberg78. Doubling digits doubles digits:
    // over six decades of tolerance the error falls by five to seven.
    const auto nagumo = [](const Plugin& p, double tolerance) {
      Batch batch(model("nagumo"), 1);
      batch.set("I", 0.5).set("v", 0.5).set("w", 0.2).run(p, to(tolerance), 60, 1);
      return batch.samples(0);
    };
    const auto exact = nagumo(plugins().load("fehlberg78", 0), 1e-14);
    for (const Plugin* p : adaptive()) {
      CAPTURE(p->id);
      const auto decay_error = [&](double tolerance) {
        Batch batch(model("decay"), 1);
        batch.run(*p, to(tolerance), 5, 1);
        return worst(batch, [](double t) { return std::exp(-t); });
      };
      const auto nagumo_error = [&](double tolerance) {
        const auto x = nagumo(*p, tolerance);
        double largest = 0;
        for (std::size_t k = 0; k < x.size(); ++k) largest = std::max(largest, std::abs(x[k] - exact[k]));
        return largest;
      };
      for (const double tolerance : {1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10}) {
        CAPTURE(tolerance);
        CHECK(decay_error(tolerance) < 20 * tolerance);
        // one period of the cycle stretches what a step errs by the ratio of its speeds, about 30
        CHECK(nagumo_error(tolerance) < 1000 * tolerance);
      }
      const double decades = std::log10(nagumo_error(1e-4) / nagumo_error(1e-10));
      CHECK(decades > 5);
      CHECK(decades < 7.5);
    }
  }

  TEST_CASE("an input that varies with time is integrated to the tolerance") {
    // v' = -v + sin t, v(0) = 1: v = (3 e^-t + sin t - cos t) / 2
    for (const Plugin* p : adaptive()) {
      CAPTURE(p->id);
      for (const double tolerance : {1e-5, 1e-8, 1e-10}) {
        Batch batch(model("decay"), 1);
        batch.vary([](const auto& t) {
          using std::sin;
          return sin(t);
        });
        batch.run(*p, to(tolerance), 20, 1);
        CHECK(worst(batch, [](double t) { return 0.5 * (3 * std::exp(-t) + std::sin(t) - std::cos(t)); }) <
              30 * tolerance);
      }
    }
  }

  TEST_CASE(
      "an input that varies faster than the equations is integrated to the tolerance, and its crossings are found") {
    // v' = -rate v + cos(w t). Without a decay the stages of a Runge-Kutta method are a quadrature, and an estimate
    // made of those at both ends is blind.
    constexpr double w = 6.283185307179586;
    for (const Plugin* p : adaptive()) {
      CAPTURE(p->id);
      for (const double rate : {0., 0.1})
        for (const double tolerance : {1e-4, 1e-7, 1e-10}) {
          CAPTURE(rate);
          CAPTURE(tolerance);
          Batch batch(model("decay"), 1);
          batch.vary([](const auto& t) {
            using std::cos;
            return cos(w * t);
          });
          // (w sin wt + rate cos wt) / (w^2 + rate^2) rises through 0 once in each period
          const double square = w * w + rate * rate;
          batch.set("rate", rate).set("v", rate / square);
          batch.watch = 0, batch.watch_threshold = 0.01, batch.watch_rearm = 0.01;
          batch.run(*p, to(tolerance), 20, 1);
          CHECK(worst(batch, [&](double t) { return (w * std::sin(w * t) + rate * std::cos(w * t)) / square; }) <
                100 * tolerance);
          CHECK(batch.spikes[0].size() == 20);
        }
    }
  }

  TEST_CASE("spikes of lif are those of the exact formula, refractory time and all") {
    const double first = 10 * std::log(20 / 5.), interval = 2 + first;
    for (const Plugin* p : adaptive()) {
      CAPTURE(p->id);
      Batch batch(model("lif"), 1);
      batch.set("I", 500).run(*p, to(1e-11), 200);
      REQUIRE(batch.spikes[0].size() == 12);
      for (std::size_t k = 0; k < 12; ++k)
        // each spike adds an error of the tolerance times v over its speed at the threshold, 70 mV / (0.5 mV/ms)
        CHECK(std::abs(batch.spikes[0][k] - (first + static_cast<double>(k) * interval)) <
              1e-8 * static_cast<double>(k + 1));
    }
  }

  TEST_CASE("the refractory time of a held potential is spent at the reset") {
    for (const Plugin* p : adaptive()) {
      CAPTURE(p->id);
      Batch batch(model("lif"), 1);
      batch.set("I", 1000).set("V_reset", -65).run(*p, to(1e-8), 20, 1);
      const auto v = batch.samples(0);
      const double spike = batch.spikes[0][0];
      for (std::size_t k = 0; k < v.size(); ++k) {
        const double t = 0.1 * (static_cast<double>(k) + 1);
        if (t > spike && t < spike + 2) CHECK(v[k] == -65);
        if (t > spike + 2 + 1e-6 && t < spike + 3) CHECK(v[k] > -65);
      }
    }
  }

  TEST_CASE("izhikevich fires at the converged times of tonic bursting and of inhibition-induced spiking") {
    const std::vector<double> bursting{24.494, 25.636, 26.851, 28.150, 29.551, 31.077, 32.762, 34.660, 36.869,
                                       39.610, 43.884, 77.817, 79.535, 81.481, 83.764, 86.653, 92.013};
    for (const Plugin* p : adaptive()) {
      CAPTURE(p->id);
      Batch at_rest(model("izhikevich"), 1);
      at_rest.preset("tonic_bursting").run(*p, to(1e-10), 22);
      Batch batch(model("izhikevich"), 1);
      batch.preset("tonic_bursting").set("v", at_rest.x[0][0]).set("u", at_rest.x[1][0]).set("I", 15);
      batch.t0 = 22;
      batch.run(*p, to(1e-10), 100);
      REQUIRE(batch.spikes[0].size() == bursting.size());
      for (std::size_t k = 0; k < bursting.size(); ++k) CHECK(std::abs(batch.spikes[0][k] - bursting[k]) < 0.001);
    }
  }

  TEST_CASE("FitzHugh-Nagumo has the published period and crossings") {
    const std::vector<double> published{2.028227, 42.856751, 82.331166, 121.805581, 161.279996};
    for (const Plugin* p : adaptive()) {
      CAPTURE(p->id);
      Batch batch(model("nagumo"), 1);
      batch.watch = 0, batch.watch_threshold = 0, batch.watch_rearm = -0.5;
      batch.set("I", 0.5).set("v", -1.199408035244).set("w", -0.624260044055);
      batch.run(*p, to(1e-10), 170);
      REQUIRE(batch.spikes[0].size() == published.size());
      for (std::size_t i = 0; i < published.size(); ++i) CHECK(std::abs(batch.spikes[0][i] - published[i]) < 2e-6);
    }
  }

  TEST_CASE("several crossings within one step are not lost") {
    // v' = I(t) without decay. Steps are as long as the tolerance lets them be, and a parabola or quartic costs no
    // error at all.
    for (const Plugin* p : adaptive()) {
      CAPTURE(p->id);
      const auto crossings = [&](auto slope, double start, double threshold, double rearm) {
        Batch batch(model("decay"), 1);
        batch.set("rate", 0).set("v", start);
        batch.vary(slope);
        batch.watch = 0, batch.watch_threshold = threshold, batch.watch_rearm = rearm;
        batch.run(*p, to(1e-4), 10);
        return batch.spikes[0];
      };
      // v = 25 - (t - 5)^2 rises through 24 at t = 4 and falls again
      const auto once = crossings([](const auto& t) { return -2.0 * (t - 5.0); }, 0, 24, 20);
      REQUIRE(once.size() == 1);
      CHECK(once[0] == doctest::Approx(4).epsilon(1e-6));
      // its top clears the threshold by a hundred-thousandth
      CHECK(crossings([](const auto& t) { return -2.0 * (t - 5.0); }, 0, 25 - 1e-5, 20).size() == 1);
      CHECK(crossings([](const auto& t) { return -2.0 * (t - 5.0); }, 0, 25 + 1e-5, 20).empty());
      // v = 1 - ((t - 5)^2 - 4)^2 / 16 has two tops of height 1, at 3 and 7, and 0 between them
      const auto twice = crossings([](const auto& t) { return -((t - 5.0) * (t - 5.0) - 4.0) * (t - 5.0) / 4.0; },
                                   1 - 441 / 16., 0.5, 0.2);
      REQUIRE(twice.size() == 2);
      const double near = std::sqrt(4 - std::sqrt(8)), far = std::sqrt(4 + std::sqrt(8));
      CHECK(twice[0] == doctest::Approx(5 - far).epsilon(1e-3));  // as exact as the tolerance
      CHECK(twice[1] == doctest::Approx(5 + near).epsilon(1e-3));
    }
  }

  TEST_CASE("a dip below the level that arms the next crossing counts, also within a step") {
    // v = 1 - ((t - 5)^2 - 4)^2 / 16 has two tops of height 1, at 3 and 7, and 0 between them
    const auto slope = [](const auto& t) { return -((t - 5.0) * (t - 5.0) - 4.0) * (t - 5.0) / 4.0; };
    for (const Plugin* p : adaptive()) {
      CAPTURE(p->id);
      const auto crossings = [&](double rearm) {
        Batch batch(model("decay"), 1);
        batch.set("rate", 0).set("v", 1 - 441 / 16.);
        batch.vary(slope);
        batch.watch = 0, batch.watch_threshold = 0.5, batch.watch_rearm = rearm;
        batch.run(*p, to(1e-6), 10);
        return batch.spikes[0].size();
      };
      CHECK(crossings(0.5) == 2);
      for (const double rearm : {0.4, 0.1, 0.01, 0.001}) CHECK(crossings(rearm) == 2);
      for (const double rearm : {-0.001, -0.01, -0.5}) CHECK(crossings(rearm) == 1);
    }
    // FitzHugh-Nagumo under a fast drive: the lowest v between two crossings is once just below -1
    for (const Plugin* p : adaptive())
      for (const double tolerance : {1e-6, 1e-8, 1e-10}) {
        CAPTURE(p->id);
        CAPTURE(tolerance);
        Batch batch(model("nagumo"), 1);
        batch.vary([](const auto& t) {
          using std::sin;
          return 3.0 * sin(2 * 3.14159265358979323846 * 0.4 * t);
        });
        batch.watch = 0, batch.watch_threshold = 0, batch.watch_rearm = -1;
        batch.set("I", 0.5).run(*p, to(tolerance), 300);
        CHECK(batch.spikes[0].size() == 74);
      }
  }

  TEST_CASE("a neuron at its rheobase never fires, and one just above does so at the times of the exact formula") {
    for (const Plugin* p : adaptive())
      for (const double tolerance : {1e-6, 1e-8, 1e-10}) {
        CAPTURE(p->id);
        CAPTURE(tolerance);
        // g_L (V_th - E_L), in numbers that are exact and in others
        for (const double g_L : {25., 16.7, 3.1}) {
          CAPTURE(g_L);
          Batch at(model("lif"), 1);
          at.set("g_L", g_L).set("I", 15 * g_L * (1 - 1e-16)).run(*p, to(tolerance), 5000);
          CHECK(at.spikes[0].empty());
        }
        for (const double above : {1e-3, 1e-6, 1e-8}) {  // pA
          CAPTURE(above);
          Batch batch(model("lif"), 1);
          batch.set("I", 375 + above).run(*p, to(tolerance), 5000);
          // the excess as it is rounded, and as small as the rounding of v leaves it: 1e-14 mV of 4e-10
          const double excess = (375 + above - 375) / 25, interval = 2 + 10 * std::log((15 + excess) / excess);
          const auto n = static_cast<std::size_t>((5000 + 2) / interval);
          REQUIRE(batch.spikes[0].size() == n);
          CHECK(std::abs((batch.spikes[0].back() + 2) / static_cast<double>(n) - interval) < 0.005 * interval);
        }
      }
  }

  TEST_CASE("after a reset onto the threshold only what rises from there spikes") {
    for (const Plugin* p : adaptive())
      for (const double t_ref : {0., 2.}) {
        CAPTURE(p->id);
        CAPTURE(t_ref);
        const auto spikes = [&](double I, double start) {
          Batch batch(model("lif"), 1);
          batch.set("V_reset", -55).set("t_ref", t_ref).set("v", start).set("I", I).run(*p, to(1e-6), 100);
          if (t_ref > 0 || I <= 375) CHECK(batch.stops[0].why == HK_OK);
          else CHECK(batch.stops[0].why == HK_LIMIT);  // it fires without end
          return batch.spikes[0].size();
        };
        CHECK(spikes(300, -54) == 1);
        CHECK(spikes(375, -54) == 1);
        if (t_ref > 0) CHECK(spikes(500, -70) == 44);  // the first after 13.86 ms, then one each 2 ms
        else CHECK(spikes(500, -70) > 1000);
      }
  }

  TEST_CASE("where the equations branch, every method keeps its tolerance, and finds the branch") {
    // v' = 0.5 + I from 0 to v_b = 1; then v' = 2 + I - v
    for (const Plugin* p : adaptive())
      for (const double tolerance : {1e-4, 1e-6, 1e-8, 1e-10}) {
        CAPTURE(p->id);
        CAPTURE(tolerance);
        Batch batch(model("branch"), 1);
        batch.set("I", 3).run(*p, to(tolerance), 6, 1);
        const double turn = 1 / 3.5;
        CHECK(worst(batch, [&](double t) { return t < turn ? 3.5 * t : 5 - 4 * std::exp(turn - t); }) < 20 * tolerance);
        // to and fro
        Batch wave(model("branch"), 1), fine(model("branch"), 1);
        for (Batch* b : {&wave, &fine})
          b->vary([](const auto& t) {
            using std::sin;
            return 4.0 * sin(3.0 * t) - 0.7;
          });
        wave.run(*p, to(tolerance), 20, 1);
        fine.run(plugins().load("dopri5", 0), to(1e-13), 20, 1);
        const auto a = wave.samples(0), b = fine.samples(0);
        double largest = 0;
        for (std::size_t k = 0; k < a.size(); ++k) largest = std::max(largest, std::abs(a[k] - b[k]));
        CHECK(largest < 200 * tolerance);
        const auto above = [](double v) { return v > 1; };
        int turns = 0;
        for (std::size_t k = 1; k < b.size(); ++k) turns += above(b[k]) != above(b[k - 1]);
        CHECK(turns > 4);
      }
  }

  TEST_CASE("a neuron that both sides of a branch drive to the branch is given up") {
    // v' = 0.5 up to 1, and v - 2 above
    for (const Plugin* p : adaptive()) {
      CAPTURE(p->id);
      Batch batch(model("branch"), 1);
      batch.set("high", 1).run(*p, to(1e-6), 6, 1);
      CHECK(batch.stops[0].why == HK_LIMIT);
      CHECK(batch.stops[0].t == doctest::Approx(2).epsilon(1e-6));
    }
  }

  TEST_CASE("a burst of the thalamo-cortical cell, whose U jumps at v_b, has its times by every method") {
    // DOP853 of scipy in steps of 0.005 ms, so that no jump is longer than that
    const std::vector<double> exact{153.51354271, 161.49404331, 171.50572851, 184.76751235, 204.32041497, 244.99607092};
    for (const Plugin* p : adaptive()) {
      CAPTURE(p->id);
      Batch batch(model("izhikevich_2007"), 1);
      batch.preset("thalamo_cortical").set("I", -1200);
      batch.edges = {1200, 3000};
      batch.at_stretch = [&](int s) {
        for (std::uint32_t i = 0; i < batch.lanes() && s == 1; ++i) batch.in[0][i] = 0;
      };
      batch.run(*p, to(1e-11), 300);
      REQUIRE(batch.spikes[0].size() == exact.size());
      for (std::size_t k = 0; k < exact.size(); ++k) CHECK(std::abs(batch.spikes[0][k] - exact[k]) < 1e-4);
    }
  }

  TEST_CASE("a clamped state stays, and the others feel it") {
    for (const Plugin* p : adaptive()) {
      CAPTURE(p->id);
      Batch batch(model("nagumo"), 1);
      batch.clamped = 1;
      batch.set("v", -1).set("w", 0.2).run(*p, to(1e-8), 600);
      CHECK(batch.x[0][0] == -1);
      CHECK(batch.x[1][0] == doctest::Approx((-1 + 0.7) / 0.8).epsilon(1e-6));  // w' = 0
    }
  }

  TEST_CASE("a neuron has the same bits alone, as one of eight and in a batch of nineteen") {
    for (const std::string id : {"izhikevich", "lif", "nagumo", "wang_buzsaki"})
      for (const Plugin* p : adaptive()) {
        CAPTURE(id);
        CAPTURE(p->id);
        const Plugin& m = model(id);
        const auto run = [&](std::uint32_t neurons, std::uint32_t same) {
          Batch batch(m, neurons);
          for (std::uint32_t i = 0; i < neurons; ++i)
            batch.set(i, "I", strong(m.model().inputs[0]) * (i == same ? 1.1 : 0.1 * i));
          batch.run(*p, to(1e-7), 30, 3);
          return std::pair(batch.samples(same), batch.spikes[same]);
        };
        const auto alone = run(1, 0), eight = run(8, 3), many = run(19, 11);
        CHECK(same_bits(alone.first, eight.first));
        CHECK(same_bits(alone.first, many.first));
        CHECK(same_bits(alone.second, eight.second));
        CHECK(same_bits(alone.second, many.second));
        CHECK_FALSE(alone.second.empty());
      }
  }

  TEST_CASE("a model of another compiler or language is stepped like any other") {
    // without the interface of one neuron by itself, the model is asked for a block of lanes: for rhs without
    // exponentials the bits are the same
    Batch batch(model("plain_c"), 1);
    batch.run(plugins().load("dopri5", 0), to(1e-9), 5);
    CHECK(batch.stops[0].why == HK_OK);
  }

  TEST_CASE("a neuron that leaves the numbers stops alone, with its status and time") {
    const Plugin& bad = broken("not_finite");
    for (const Plugin* p : adaptive()) {
      CAPTURE(p->id);
      Batch batch(bad, 8);
      for (std::uint32_t i = 0; i < 8; ++i) batch.set(i, "I", i == 5 ? 2 : -0.1 * i);
      batch.run(*p, to(1e-6), 5, 1);
      CHECK(batch.stops[5].why != HK_OK);
      CHECK(batch.stops[5].t == 0);
      CHECK(batch.x[0][5] == 1);
      for (const double x : batch.samples(5)) CHECK(std::isnan(x));
      for (std::uint32_t i = 0; i < 8; ++i) {
        if (i == 5) continue;
        CHECK(batch.stops[i].why == HK_OK);
        for (const double x : batch.samples(i)) CHECK(std::isfinite(x));
      }
    }
  }

  TEST_CASE("a spike whose upstroke is shorter than a rounding of time is a spike all the same") {
    // the cell of Brette & Gerstner with its cut-off at 20 mV: behind -15 mV the exponential goes through the rest
    // within 1e-13 ms
    for (const Plugin* p : adaptive()) {
      CAPTURE(p->id);
      const auto spikes = [&](double V_peak) {
        Batch batch(model("adex"), 1);
        batch.set("V_peak", V_peak).set("I", 1000).run(*p, to(1e-9), 200, 1);
        CHECK(batch.stops[0].why == HK_OK);
        return batch.spikes[0];
      };
      const auto low = spikes(-20), high = spikes(20);
      REQUIRE(low.size() > 3);
      REQUIRE(high.size() == low.size());
      // two runs of one tolerance, 1e-9 (1 + 70 mV) a step; the cut-offs themselves are 1e-5 ms apart
      for (std::size_t k = 0; k < low.size(); ++k) CHECK(std::abs(high[k] - low[k]) < 1e-4);
      // and it goes on for as long as it is asked to
      Batch many(model("adex"), 1);
      many.set("I", 2000).set("b", 0).set("v", -45).run(*p, to(1e-5), 12000);
      CHECK(many.stops[0].why == HK_OK);
      CHECK(many.spikes[0].size() > 1100);
    }
  }

  TEST_CASE("a solution that reaches infinity in finite time stops there") {
    // v' = v^2 from 1 is infinite at t = 1: izhikevich's own parabola, without the cut-off that turns it into a spike
    for (const Plugin* p : adaptive()) {
      CAPTURE(p->id);
      Batch batch(model("izhikevich"), 1);
      for (const char* name : {"beta", "gamma", "a"}) batch.set(name, 0);
      batch.set("alpha", 1).set("v_peak", 1e300).set("v", 1).set("u", 0).run(*p, to(1e-8), 5, 1);
      CHECK(batch.stops[0].why != HK_OK);
      CHECK(batch.stops[0].t == doctest::Approx(1).epsilon(1e-4));
      const auto x = batch.samples(0);
      CHECK(x[0] == doctest::Approx(1 / 0.9).epsilon(1e-6));
      CHECK(std::isnan(x.back()));
    }
  }

  TEST_CASE("a neuron that needs more steps than allowed is given up") {
    for (const Plugin* p : adaptive()) {
      CAPTURE(p->id);
      Batch batch(model("nagumo"), 1);
      batch.set("I", 0.5).run(*p, {{"tolerance", 1e-9}, {"step_limit", 20.}}, 1000, 10);
      CHECK(batch.stops[0].why == HK_LIMIT);
      CHECK(batch.stops[0].t > 0);
      CHECK(std::isnan(batch.samples(0).back()));
    }
  }

  TEST_CASE("rosenbrock4 takes long steps where the equations are stiff") {
    // v' = -1000 (v - cos t) - sin t from 1 is cos t; an explicit scheme is bound to steps of 0.003 by stability alone
    const auto steps_suffice = [](const std::string& id) {
      Batch batch(model("decay"), 1);
      batch.set("rate", 1000);
      batch.shape = [](double t) { return 1000 * std::cos(t) - std::sin(t); };
      batch.run(plugins().load(id, 0), {{"tolerance", 1e-6}, {"step_limit", 2000.}}, 50, 1);
      if (batch.stops[0].why == HK_OK) {
        CHECK(std::abs(batch.x[0][0] - std::cos(50)) < 3e-5);
        // the dense output loses an order where a step is long beside the fast time constant, here 350 of them
        CHECK(worst(batch, [](double t) { return std::cos(t); }) < 1e-3);
      }
      return batch.stops[0].why == HK_OK;
    };
    CHECK(steps_suffice("rosenbrock4"));
    CHECK_FALSE(steps_suffice("dopri5"));
  }

  TEST_CASE("steps are no longer than max_step") {
    // the exact solution is a straight line: without a limit one step would do
    for (const Plugin* p : adaptive()) {
      CAPTURE(p->id);
      const auto stopped = [&](double step_limit) {
        Batch batch(model("decay"), 1);
        batch.set("rate", 0).set("I", 1).run(*p, {{"max_step", 0.5}, {"step_limit", step_limit}}, 50);
        return batch.stops[0].why == HK_LIMIT;
      };
      CHECK(stopped(99));
      CHECK_FALSE(stopped(115));
    }
  }
}
