// One suite for every fixed-step integrator, driven through the boundary.
#include <doctest/doctest.h>

#include "harness.hpp"

using namespace hillock;
using namespace hillock::test;

namespace {

struct Scheme {
  const Plugin* plugin;
  Settings settings;  // without dt
  double order;
  bool exact = false;  // for one linear equation under constant input
  std::string name() const {
    return plugin->id + (settings.empty() ? "" : " " + std::get<std::string>(settings.begin()->second));
  }
};

/// All fixed-step integrators at hand, with the order that each claims.
std::vector<Scheme> schemes() {
  static const std::map<std::string, double> orders{
      {"euler", 1}, {"euler_maruyama", 1}, {"exponential_euler", 1}, {"half_step_euler", 1}, {"heun", 2}, {"rk4", 4}};
  std::vector<Scheme> out;
  for (const Plugin* p : plugins_of(HK_ROLE_INTEGRATOR)) {
    if (!(p->integrator().flags & HK_FIXED_STEP)) continue;
    const auto order = orders.find(p->id);
    CAPTURE(p->id);
    CHECK_MESSAGE(order != orders.end(), "say its order here");
    if (order == orders.end()) continue;
    const bool exact = p->id == "exponential_euler";
    out.push_back({p, {}, order->second, exact});
    if (p->id == "euler") out.push_back({p, {{"update", "sequential"}}, 1});
    if (exact) out.push_back({p, {{"coefficients", "middle"}}, 2, exact});
  }
  return out;
}
Settings with(Settings s, double dt, const std::string& spikes = "on_grid") {
  s["dt"] = dt, s["spikes"] = spikes;
  return s;
}
const Plugin& model(const std::string& id) { return plugins().load(id, HK_ROLE_MODEL); }
const Plugin& integrator(const std::string& id) { return plugins().load(id, HK_ROLE_INTEGRATOR); }

double order_of(double error, double error_of_half) { return std::log2(error / error_of_half); }

}  // namespace

TEST_SUITE("integrators") {
  TEST_CASE("each integrator converges at its order on dx/dt = -x") {
    for (const Scheme& s : schemes()) {
      CAPTURE(s.name());
      const auto error = [&](double dt) {
        Batch batch(model("decay"), 1);
        batch.run(*s.plugin, with(s.settings, dt), 1);
        return std::abs(batch.x[0][0] - std::exp(-1.));
      };
      if (s.exact) CHECK(error(1 / 4.) < 4e-16);  // rounding
      else CHECK(order_of(error(1 / 64.), error(1 / 128.)) == doctest::Approx(s.order).epsilon(0.05));
    }
  }

  TEST_CASE("each integrator converges at its order on FitzHugh-Nagumo") {
    const auto at_16 = [&](const Scheme& s, double dt) {
      Batch batch(model("nagumo"), 1);
      batch.set("I", 0.5).set("v", 0.5).set("w", 0.2).run(*s.plugin, with(s.settings, dt), 16);
      return std::array{batch.x[0][0], batch.x[1][0]};
    };
    const auto exact = at_16({&integrator("rk4"), {}, 4}, 1 / 2048.);  // its own error, by its order, is below 1e-13
    for (const Scheme& s : schemes()) {
      CAPTURE(s.name());
      const auto error = [&](double dt) {
        const auto x = at_16(s, dt);
        return std::hypot(x[0] - exact[0], x[1] - exact[1]);
      };
      const double dt = s.order < 2 ? 1 / 512. : s.order < 3 ? 1 / 128. : 1 / 32.;
      CHECK(order_of(error(dt), error(dt / 2)) == doctest::Approx(s.order).epsilon(0.05));
    }
  }

  TEST_CASE("each integrator keeps its order under an input that varies with time") {
    // v' = -v + sin t, v(0) = 1: v = (3 e^-t + sin t - cos t) / 2
    for (const Scheme& s : schemes()) {
      CAPTURE(s.name());
      const auto error = [&](double dt) {
        Batch batch(model("decay"), 1);
        batch.shape = [](double t) { return std::sin(t); };
        batch.run(*s.plugin, with(s.settings, dt), 2);
        return std::abs(batch.x[0][0] - 0.5 * (3 * std::exp(-2.) + std::sin(2.) - std::cos(2.)));
      };
      // half_step_euler takes both half steps with the input of the step's start, and stays of order 1
      CHECK(order_of(error(1 / 128.), error(1 / 256.)) == doctest::Approx(s.order).epsilon(0.05));
    }
  }

  TEST_CASE("located spikes of lif converge to the exact formula at the integrator's order") {
    // interval t_ref + tau ln((V - V_reset)/(V - V_th)), V = E_L + I/g_L; the first without t_ref
    const double first = 10 * std::log(20 / 5.), interval = 2 + first;
    for (const Scheme& s : schemes()) {
      CAPTURE(s.name());
      const auto error = [&](double dt) {
        Batch batch(model("lif"), 1);
        batch.set("I", 500).run(*s.plugin, with(s.settings, dt, "located"), 100);
        REQUIRE(batch.spikes[0].size() >= 5);
        return std::abs(batch.spikes[0][4] - (first + 4 * interval));
      };
      const double dt = s.order < 2 ? 1 / 32. : s.order < 3 ? 1 / 8. : 1 / 2.;
      if (s.exact) CHECK(error(1) < 1e-12);  // rounding: the times are about 70
      else CHECK(order_of(error(dt), error(dt / 2)) == doctest::Approx(s.order).epsilon(0.05));
    }
    Batch batch(model("lif"), 1);
    batch.set("I", 500).run(integrator("rk4"), {{"dt", 0.1}, {"spikes", "located"}}, 100);
    CHECK(batch.spikes[0][0] == doctest::Approx(first).epsilon(1e-10));
    CHECK(batch.spikes[0][4] == doctest::Approx(first + 4 * interval).epsilon(1e-10));
  }

  TEST_CASE("an integrator that needs slopes refuses a model without") {
    Batch batch(model("plain_c"), 1);
    CHECK_THROWS_WITH(
        batch.run(integrator("exponential_euler"), {{"dt", 0.1}}, 1),
        "error: plugin 'exponential_euler': it needs the derivatives of the model's equations, and this model "
        "has none: use another integrator");
  }

  TEST_CASE("exponential Euler keeps gates between 0 and 1 at steps that forward Euler does not survive") {
    const auto run = [&](const std::string& id) {
      Batch batch(model("wang_buzsaki"), 1);
      batch.set("I", 1).run(integrator(id), {{"dt", 0.2}}, 200, 1);
      return batch;
    };
    CHECK(run("euler").stops[0].why == HK_NOT_FINITE);
    const Batch well = run("exponential_euler");
    CHECK(well.stops[0].why == HK_OK);
    const auto x = well.samples(0);
    const std::size_t n = model("wang_buzsaki").model().n_state;
    for (std::size_t k = 0; k < x.size(); ++k)
      if (k % n != 0) CHECK((x[k] >= 0 && x[k] <= 1));
  }

  TEST_CASE("lif on a 0.1 ms grid by forward Euler has the published intervals") {
    const std::vector<std::pair<double, double>> published{{376, 61.0}, {380, 45.1}, {400, 29.6},
                                                           {450, 19.9}, {500, 15.8}, {600, 11.8},
                                                           {750, 8.9},  {1000, 6.7}, {1500, 4.9}};
    Batch batch(model("lif"), static_cast<std::uint32_t>(published.size()) + 1);
    for (std::uint32_t i = 0; i < published.size(); ++i) batch.set(i, "I", published[i].first);
    batch.set(9, "I", 375);  // the rheobase: never
    batch.run(integrator("euler"), {{"dt", 0.1}}, 400);
    for (std::uint32_t i = 0; i < published.size(); ++i) {
      CAPTURE(published[i].first);
      REQUIRE(batch.spikes[i].size() > 5);
      for (std::size_t k = 1; k < batch.spikes[i].size(); ++k)
        CHECK(std::llround((batch.spikes[i][k] - batch.spikes[i][k - 1]) * 10) ==
              std::llround(published[i].second * 10));
    }
    CHECK(batch.spikes[9].empty());
  }

  TEST_CASE("a refractory time lasts the same number of steps wherever on the axis of time it begins") {
    // 2 ms at 0.1 ms: comparing t - t_last with 2 in floating point makes some of them 21 steps long
    for (const double t0 : {0., 0.1, 0.3, 0.7, 1000.1, 123456.7, 1e6 + 0.3}) {
      CAPTURE(t0);
      Batch batch(model("lif"), 1);
      batch.t0 = t0;
      batch.set("I", 1000).run(integrator("euler"), {{"dt", 0.1}}, t0 + 500);
      REQUIRE(batch.spikes[0].size() > 70);
      int longer = 0;
      for (std::size_t k = 1; k < batch.spikes[0].size(); ++k)
        longer += std::llround((batch.spikes[0][k] - batch.spikes[0][k - 1]) * 10) != 67;
      CHECK(longer == 0);
    }
  }

  TEST_CASE("the refractory time of a held potential is spent at the reset") {
    Batch batch(model("lif"), 1);
    batch.set("I", 1000).set("V_reset", -65).run(integrator("rk4"), {{"dt", 0.1}}, 20, 1);
    const auto v = batch.samples(0);
    const auto spike = static_cast<std::size_t>(std::llround(batch.spikes[0][0] * 10)) - 1;
    CHECK(v[spike - 1] < -55);
    for (std::size_t k = spike; k <= spike + 20; ++k) CHECK(v[k] == -65);
    CHECK(v[spike + 21] > -65);
  }

  TEST_CASE("FitzHugh-Nagumo has the published period at I = 0.5") {
    Batch batch(model("nagumo"), 1);
    batch.set("I", 0.5).run(integrator("rk4"), {{"dt", 0.01}, {"spikes", "located"}}, 800);
    const auto& t = batch.spikes[0];
    REQUIRE(t.size() > 15);
    CHECK(std::abs(t.back() - t[t.size() - 2] - 39.474415) < 1e-6);
  }

  TEST_CASE("a watched state is reported instead of the model's own spikes") {
    Batch batch(model("nagumo"), 1);
    batch.watch = 0, batch.watch_threshold = 0, batch.watch_rearm = -0.5;
    batch.set("I", 0.5).set("v", -1.199408035244).set("w", -0.624260044055);
    batch.run(integrator("rk4"), {{"dt", 0.01}, {"spikes", "located"}}, 170);
    const std::vector<double> published{2.028227, 42.856751, 82.331166, 121.805581, 161.279996};
    REQUIRE(batch.spikes[0].size() == published.size());
    for (std::size_t i = 0; i < published.size(); ++i) CHECK(std::abs(batch.spikes[0][i] - published[i]) < 2e-6);
  }

  TEST_CASE("a clamped state stays, and the others feel it") {
    for (const Scheme& s : schemes()) {
      CAPTURE(s.name());
      Batch batch(model("nagumo"), 1);
      batch.clamped = 1;
      batch.set("v", -1).set("w", 0.2).run(*s.plugin, with(s.settings, 0.01), 600);
      CHECK(batch.x[0][0] == -1);
      CHECK(batch.x[1][0] == doctest::Approx((-1 + 0.7) / 0.8).epsilon(1e-6));  // w' = 0
    }
  }

  TEST_CASE("a neuron has the same bits alone, as lane 3 of 8 and in a batch of 67, in every integrator and model") {
#ifdef HILLOCK_SANITIZED
    constexpr double for_ms = 16;
#else
    constexpr double for_ms = 60;
#endif
    for (const Plugin* m : plugins_of(HK_ROLE_MODEL)) {
      const hk_model& about = m->model();
      for (const Scheme& s : schemes())
        for (const std::string spikes : {"on_grid", "located"}) {
          if (s.exact && !m->tangent()) continue;  // refused
          CAPTURE(m->id);
          CAPTURE(s.name());
          CAPTURE(spikes);
          Dice dice(21);
          Batch alone(*m, 1), eight(*m, 8), many(*m, 67);
          const auto each = [&](Batch& batch, std::uint32_t neurons, std::uint32_t same) {
            for (std::uint32_t i = 0; i < neurons; ++i) {
              batch.ids.push_back(i == same ? 1000 : i);
              for (std::uint32_t k = 0; k < about.n_inputs; ++k)
                if (about.inputs[k].kind == HK_SIGNAL)
                  batch.set(i, about.inputs[k].name, strong(about.inputs[k]) * (i == same ? 1.1 : dice.between(0, 2)));
              for (std::uint32_t k = 0; k < about.n_params; ++k) {
                const hk_field& f = about.params[k];
                const double by = i == same ? 1.01 : dice.between(0.95, 1.05);
                batch.set(i, f.name, std::clamp(f.value * by, f.low, f.high));
              }
            }
          };
          each(alone, 1, 0), each(eight, 8, 3), each(many, 67, 41);
          for (Batch* b : {&alone, &eight, &many}) b->run(*s.plugin, with(s.settings, 0.05, spikes), for_ms, 4);
          CHECK(same_bits(alone.samples(0), eight.samples(3)));
          CHECK(same_bits(alone.samples(0), many.samples(41)));
          CHECK(same_bits(alone.spikes[0], eight.spikes[3]));
          CHECK(same_bits(alone.spikes[0], many.spikes[41]));
        }
    }
  }

  TEST_CASE("a run has the same bits in one stretch and in many") {
    for (const std::string id : {"izhikevich", "lif", "gif", "nagumo"})
      for (const std::string spikes : {"on_grid", "located"}) {
        CAPTURE(id);
        CAPTURE(spikes);
        Batch once(model(id), 3), often(model(id), 3);
        for (Batch* b : {&once, &often})
          b->set("I", strong(b == &once || b == &often ? model(id).model().inputs[0] : hk_field{}));
        once.run(integrator("rk4"), {{"dt", 0.05}, {"spikes", spikes}}, 100, 3);
        often.run(integrator("rk4"), {{"dt", 0.05}, {"spikes", spikes}}, 100, 3, 17);
        CHECK(same_bits(once.samples(1), often.samples(1)));
        CHECK(same_bits(once.spikes[2], often.spikes[2]));
        CHECK_FALSE(once.spikes[2].empty());
      }
  }

  TEST_CASE("a neuron that leaves the numbers stops alone, with its status and time") {
    const Plugin& bad = broken("not_finite");
    for (const Scheme& s : schemes())
      for (const std::string spikes : {"on_grid", "located"}) {
        CAPTURE(s.name());
        CAPTURE(spikes);
        Batch well(bad, 16), ill(bad, 16);
        for (std::uint32_t i = 0; i < 16; ++i) well.set(i, "I", -0.1 * i), ill.set(i, "I", i == 5 ? 2 : -0.1 * i);
        well.run(*s.plugin, with(s.settings, 0.1, spikes), 5, 1);
        ill.run(*s.plugin, with(s.settings, 0.1, spikes), 5, 1);
        CHECK(ill.stops[5].why == HK_NOT_FINITE);
        CHECK(ill.stops[5].t == doctest::Approx(0.1));
        CHECK(ill.x[0][5] == 1);  // as it was before the step
        for (const double x : ill.samples(5)) CHECK(std::isnan(x));
        for (std::uint32_t i = 0; i < 16; ++i) {
          if (i == 5) continue;
          CAPTURE(i);
          CHECK(ill.stops[i].why == HK_OK);
          CHECK(same_bits(ill.samples(i), well.samples(i)));
        }
      }
  }

  TEST_CASE("a neuron that escapes to infinity stops with its time") {
    // forward Euler at 25 times the largest stable step of FitzHugh-Nagumo
    Batch batch(model("nagumo"), 2);
    batch.set("I", 0.5).set(1, "v", 40).run(integrator("euler"), {{"dt", 0.5}}, 100, 1);
    CHECK(batch.stops[0].why == HK_OK);
    CHECK(batch.stops[1].why == HK_NOT_FINITE);
    CHECK(batch.stops[1].t < 5);
    CHECK(std::isfinite(batch.x[0][1]));
  }

  TEST_CASE("izhikevich fires at the published times of tonic spiking, on the grid and located") {
    // pattern A of 2004: current 14 from the pass labelled 10.25 on; the label is one step before the end of its step
    const std::vector<double> labels{13.00, 17.00, 31.50, 59.25, 86.75};
    Batch batch(model("izhikevich"), 1);
    batch.preset("tonic_spiking");
    batch.shape = [](double t) { return t > 10 + 1e-9 ? 14. : 0.; };
    batch.run(integrator("euler"), {{"dt", 0.25}, {"update", "sequential"}}, 100);
    REQUIRE(batch.spikes[0].size() == labels.size());
    for (std::size_t i = 0; i < labels.size(); ++i) CHECK(batch.spikes[0][i] == doctest::Approx(labels[i] + 0.25));
  }

  TEST_CASE("a sample at a spike shows the peak that the model names") {
    Batch batch(model("izhikevich"), 1);
    batch.set("I", 10).run(integrator("euler"), {{"dt", 0.25}}, 200, 1);
    const auto x = batch.samples(0);
    REQUIRE_FALSE(batch.spikes[0].empty());
    for (const double t : batch.spikes[0]) CHECK(x[2 * (static_cast<std::size_t>(std::llround(t * 4)) - 1)] == 30);
    double highest = -1e9;
    for (std::size_t k = 0; k < x.size(); k += 2) highest = std::max(highest, x[k]);
    CHECK(highest == 30);
  }
}
