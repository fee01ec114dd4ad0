// One suite for every model, shipped or made for tests.
#include <doctest/doctest.h>

#include "harness.hpp"
#include "verify/points.hpp"

using namespace hillock;
using namespace hillock::test;
using namespace hillock::verify;

TEST_SUITE("models") {
  TEST_CASE("the tangent of every model equals the central difference of each of its functions") {
    constexpr double h = 1e-5;
    for (const Plugin* plugin : plugins_of(HK_ROLE_MODEL)) {
      CAPTURE(plugin->id);
      if (!plugin->tangent()) continue;
      const hk_model& m = plugin->model();
      Dice dice(11);
      int compared = 0;
      for (int trial = 0; trial < 100; ++trial) {
        Point at(m), along(m);
        fill(at, trial % 2 ? Where::anywhere : Where::near_default, dice);
        const auto aim = [&](Rows& to, const Rows& from, std::size_t n) {
          for (std::size_t k = 0; k < n; ++k)
            for (std::uint32_t i = 0; i < to.lanes(); ++i)
              to[k][i] = dice.between(-1, 1) * std::max(std::abs(from[k][i]), 1e-3);
        };
        aim(along.p, at.p, m.n_params), aim(along.x, at.x, m.n_state), aim(along.in, at.in, m.n_inputs);
        const auto slope = slopes(at, *plugin->tangent(), along), here = values(at), up = values(moved(at, along, h)),
                   down = values(moved(at, along, -h));
        for (std::size_t f = 0; f < n_with_slopes; ++f) {
          CAPTURE(functions[f]);
          REQUIRE(slope[f].fields() == here[f].fields());
          for (std::size_t k = 0; k < here[f].fields(); ++k)
            for (std::uint32_t i = 0; i < HK_LANES; ++i) {
              const double difference = (up[f][k][i] - down[f][k][i]) / (2 * h), exact = slope[f][k][i];
              // h^2 of the third derivative, and the rounding of the values over h
              const double allowed =
                  1e-4 * std::max(std::abs(difference), std::abs(exact)) + 1e-8 * std::abs(here[f][k][i]) + 1e-9;
              ++compared;
              if (!(std::abs(difference - exact) <= allowed)) {
                CAPTURE(k);
                CAPTURE(trial);
                CAPTURE(difference);
                CAPTURE(exact);
                CHECK(std::abs(difference - exact) <= allowed);
              }
            }
        }
      }
      CHECK(compared >= 800);
    }
  }

  TEST_CASE("every model has finite slopes over the ranges that it states") {
    for (const Plugin* plugin : plugins_of(HK_ROLE_MODEL)) {
      CAPTURE(plugin->id);
      Dice dice(12);
      int infinite = 0;
      for (int trial = 0; trial < 1000; ++trial) {
        Point at(plugin->model());
        fill(at, trial % 3 == 0 ? Where::corners : Where::anywhere, dice);
        for (const Rows& rows : values(at))
          for (std::size_t k = 0; k < rows.fields(); ++k)
            for (std::uint32_t i = 0; i < HK_LANES; ++i) infinite += !std::isfinite(rows[k][i]);
      }
      CHECK(infinite == 0);
    }
  }

  TEST_CASE("a function of a model gives a neuron the same bits alone, as lane 3 of 8 and in a batch of 67") {
    for (const Plugin* plugin : plugins_of(HK_ROLE_MODEL)) {
      CAPTURE(plugin->id);
      Dice dice(13);
      bool same = true;
      for (int trial = 0; trial < 50; ++trial) {
        Point alone(plugin->model()), eight(plugin->model()), many(plugin->model(), 72);
        fill(alone, Where::near_default, dice), fill(eight, Where::near_default, dice),
            fill(many, Where::anywhere, dice);
        const auto put = [&](Rows Point::*rows, std::size_t n) {
          for (std::size_t k = 0; k < n; ++k) {
            std::fill_n((alone.*rows)[k], HK_LANES, (alone.*rows)[k][0]);
            (eight.*rows)[k][3] = (many.*rows)[k][41] = (many.*rows)[k][66] = (alone.*rows)[k][0];
          }
        };
        put(&Point::p, plugin->model().n_params), put(&Point::x, plugin->model().n_state),
            put(&Point::in, plugin->model().n_inputs);
        alone.derive(), eight.derive(), many.derive();
        const auto a = values(alone), b = values(eight), c = values(many);
        for (std::size_t f = 0; f < a.size(); ++f)
          for (std::size_t k = 0; k < a[f].fields(); ++k)
            same = same && same_bits({a[f][k][0], a[f][k][0], a[f][k][0]}, {b[f][k][3], c[f][k][41], c[f][k][66]});
      }
      CHECK(same);
    }
  }

  TEST_CASE("a default is a valid start and every preset a valid model") {
    for (const Plugin* plugin : plugins_of(HK_ROLE_MODEL)) {
      CAPTURE(plugin->id);
      const hk_model& m = plugin->model();
      for (std::uint32_t r = 0; r < m.n_presets; ++r) {
        CAPTURE(m.presets[r].name);
        Batch batch(*plugin, 1);
        batch.preset(m.presets[r].name).run(plugins().load("rk4", 0), {{"dt", 0.02}}, 20);
        CHECK(batch.stops[0].why == HK_OK);
      }
    }
  }

  TEST_CASE("first-order and second-order Nagumo agree") {
    // Two forms of one equation: they differ by the error of the scheme alone, here below 1e-9.
    Batch first(plugins().load("nagumo", 0), 1), second(plugins().load("nagumo_second_order", 0), 1);
    const Plugin& rk4 = plugins().load("rk4", 0);
    first.set("I", 0.5).set("v", -1.2).set("w", -0.5).run(rk4, {{"dt", 0.005}}, 100, 100);
    second.set("I", 0.5).set("v", -1.2).set("w_0", -0.5).run(rk4, {{"dt", 0.005}}, 100, 100);
    const auto a = first.samples(0), b = second.samples(0);
    double worst = 0;
    for (std::size_t i = 0; i < a.size(); i += 2) worst = std::max(worst, std::abs(a[i] - b[i]));
    CHECK(a.size() == 400);
    CHECK(worst < 1e-7);
  }
}
