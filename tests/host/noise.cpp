// White noise: its strength, the integral that a scheme means, and rates against exact ones. Driven through the
// boundary.
#include <doctest/doctest.h>

#include <boost/math/quadrature/gauss_kronrod.hpp>
#include <numbers>

#include "harness.hpp"

using namespace hillock;
using namespace hillock::test;

namespace {

const Plugin& model(const std::string& id) { return plugins().load(id, HK_ROLE_MODEL); }
const Plugin& integrator(const std::string& id) { return plugins().load(id, HK_ROLE_INTEGRATOR); }

Settings step(double dt, const std::string& spikes = "on_grid") { return Settings{{"dt", dt}, {"spikes", spikes}}; }
Settings located(double dt) { return step(dt, "located"); }
Settings plain(double dt) {
  Settings s = step(dt);
  s["bridge"] = 0.0;
  return s;
}

/// Stationary rate in Hz of tau v' = mu - v + sd sqrt(2 tau) xi with threshold 20, reset 10 and refractory time t_ref
/// in ms (Siegert 1951, doi:10.1103/PhysRev.81.617).
double siegert(double mu, double sd, double tau, double t_ref) {
  const double s = sd * std::numbers::sqrt2;
  const double area = boost::math::quadrature::gauss_kronrod<double, 31>::integrate(
      [](double x) { return std::exp(x * x) * std::erfc(-x); }, (10 - mu) / s, (20 - mu) / s, 10, 1e-12);
  return 1000 / (t_ref + tau * std::sqrt(std::numbers::pi) * area);
}

struct Rate {
  double hz, error;  // standard error, from the spread between neurons
};

/// Neurons of Brunel's (2000) parameters under white noise of the free deviation `sd`, counted after 400 ms.
Rate rate(const std::string& scheme, Settings settings, double mu, double sd, std::uint32_t neurons, double ms,
          double t_ref = 2) {
  constexpr double skipped = 400, tau = 20;
  Batch batch(model("lif"), neurons);
  batch.preset("brunel_2000").set("t_ref", t_ref).set("I", mu).set("v", 10);
  batch.sigma = sd * std::sqrt(2 * tau);  // R = 1/g_L = 1 GOhm: pA are mV
  batch.run(integrator(scheme), std::move(settings), skipped + ms);
  double sum = 0, squares = 0;
  for (std::uint32_t i = 0; i < neurons; ++i) {
    const auto n = static_cast<double>(
        std::count_if(batch.spikes[i].begin(), batch.spikes[i].end(), [](double t) { return t > skipped; }));
    sum += n, squares += n * n;
  }
  const double mean = sum / neurons, variance = squares / neurons - mean * mean;
  return {1000 * mean / ms, 1000 * std::sqrt(variance / neurons) / ms};
}

/// W at time t of one neuron of a batch whose noise has this seed.
double path(std::uint64_t seed, std::uint32_t neuron, double t, double dt) {
  const Random random(seed, neuron);
  double sum = 0;
  for (std::uint64_t k = 0; k < static_cast<std::uint64_t>(std::llround(t / dt)); ++k) sum += random.normal(k);
  return std::sqrt(dt) * sum;
}

}  // namespace

TEST_SUITE("noise") {
  TEST_CASE(
      "a passive membrane under white noise has the deviation R sigma/sqrt(2 tau) in every scheme and at every step") {
    constexpr double tau = 20, sigma = 30;
    constexpr std::uint32_t neurons = 48;
    for (const char* scheme : {"euler", "euler_maruyama", "exponential_euler", "heun", "rk4"})
      for (const double dt : {0.25, 1.0}) {
        CAPTURE(scheme);
        CAPTURE(dt);
        Batch batch(model("lif"), neurons);
        batch.preset("brunel_2000").set("V_th", 500);
        batch.sigma = sigma;
        // samples 2 tau apart are almost independent
        batch.run(integrator(scheme), step(dt), 4000, static_cast<int>(2 * tau / dt));
        double squares = 0, n = 0;
        for (std::uint32_t i = 0; i < neurons; ++i) {
          const auto v = batch.samples(i);
          for (std::size_t k = 5; k < v.size(); ++k) squares += v[k] * v[k], ++n;
        }
        // of the recursion v <- (1 - dt/tau) v + dt/tau sigma/sqrt(dt) n the variance is larger by 1/(1 - dt/(2 tau));
        // of the others by order dt^2
        const bool first_order = std::string(scheme).starts_with("euler");
        const double variance = sigma * sigma / (2 * tau) / (first_order ? 1 - dt / (2 * tau) : 1);
        CHECK(squares / n == doctest::Approx(variance).epsilon(4 * std::sqrt(2 / n) + dt * dt / (tau * tau)));
      }
  }

  TEST_CASE("euler_maruyama is the integral of Ito, heun and rk4 that of Stratonovich, half_step_euler neither") {
    // x' = x xi: the mean stays, or grows as exp(sigma^2 t/2); one path converges at strong order 1/2, or 1
    constexpr std::uint32_t neurons = 4096;
    constexpr double sigma = 0.5, t = 1;
    const auto run = [&](const std::string& scheme, double dt) {
      Batch batch(model("growth"), neurons);
      batch.sigma = sigma;
      batch.run(integrator(scheme), step(dt), t);
      double mean = 0, error = 0;
      for (std::uint32_t i = 0; i < neurons; ++i) {
        const double W = path(batch.seed, i, t, dt), x = batch.x[0][i];
        const double exact = std::exp(sigma * W - (scheme == "heun" ? 0 : 0.5 * sigma * sigma * t));
        mean += x / neurons, error += std::abs(x - exact) / neurons;
      }
      return std::pair{mean, error};
    };
    const double grown = std::exp(0.5 * sigma * sigma * t);
    // the deviation of x is exp(sigma^2 t/2) sqrt(exp(sigma^2 t) - 1), and without the first factor under Ito
    const double four_errors = 4 * std::sqrt(std::expm1(sigma * sigma * t) / neurons);
    CHECK(std::abs(run("euler_maruyama", 1 / 32.).first - 1) < four_errors);
    for (const char* scheme : {"heun", "rk4"}) {
      CAPTURE(scheme);
      CHECK(std::abs(run(scheme, 1 / 32.).first - grown) < four_errors * grown);
    }
    // two half steps under one draw grow by (1 + sigma sqrt(dt) n/2)^2, whose mean is 1 + sigma^2 dt/4
    const double between = std::exp(0.25 * sigma * sigma * t);
    CHECK(std::abs(run("half_step_euler", 1 / 32.).first - between) < four_errors * between);
    const auto order = [&](const std::string& scheme) {
      return std::log2(run(scheme, 1 / 32.).second / run(scheme, 1 / 128.).second) / 2;
    };
    // the error of 4096 absolute values is below 2 %, of the order below 0.02
    CHECK(std::abs(order("euler_maruyama") - 0.5) < 0.06);
    CHECK(std::abs(order("heun") - 1) < 0.06);
  }

  TEST_CASE(
      "nagumo_second_order is the same system as nagumo under the integral of Stratonovich, and not under Ito's") {
    // noise is added to v, and drives s by (1 - v^2)
    constexpr std::uint32_t neurons = 16;
    const auto apart = [&](const std::string& scheme) {
      Batch one(model("nagumo"), neurons), other(model("nagumo_second_order"), neurons);
      one.set("v", -1.2).set("w", -0.625), other.set("v", -1.2).set("s", -1.2 + 0.576 + 0.625);
      for (Batch* b : {&one, &other}) b->sigma = 0.5, b->run(integrator(scheme), step(1 / 512.), 10);
      double squares = 0;
      for (std::uint32_t i = 0; i < neurons; ++i) squares += std::pow(one.x[0][i] - other.x[0][i], 2) / neurons;
      return std::sqrt(squares);
    };
    // path by path, up to the strong order 1 of the scheme; under Ito the drift of s is another, by -v sigma^2
    CHECK(apart("heun") < 0.02);
    CHECK(apart("rk4") < 0.02);
    CHECK(apart("euler_maruyama") > 1);
  }

  TEST_CASE("without its test at the threshold euler_maruyama is euler") {
    Batch euler(model("lif"), 3), maruyama(model("lif"), 3);
    for (Batch* b : {&euler, &maruyama}) b->preset("brunel_2000").set("I", 15), b->sigma = 30;
    euler.run(integrator("euler"), step(0.1), 300, 1);
    maruyama.run(integrator("euler_maruyama"), plain(0.1), 300, 1);
    for (std::uint32_t i = 0; i < 3; ++i) {
      CHECK_FALSE(euler.spikes[i].empty());
      CHECK(same_bits(euler.samples(i), maruyama.samples(i)));
      CHECK(same_bits(euler.spikes[i], maruyama.spikes[i]));
    }
  }

  TEST_CASE("Siegert's formula has the tabulated rates") {
    struct Row {
      double mu, sigma, first, second;  // as Brunel writes sigma, and as the free deviation
    };
    for (const Row& r : {Row{12, 5, 2.858984, 8.429301}, Row{15, 5, 9.460800, 16.153447},
                         Row{20, 5, 27.340567, 32.782488}, Row{20, 1, 14.763104, 16.432807}}) {
      CHECK(siegert(r.mu, r.sigma / std::numbers::sqrt2, 20, 2) == doctest::Approx(r.first).epsilon(1e-6));
      CHECK(siegert(r.mu, r.sigma, 20, 2) == doctest::Approx(r.second).epsilon(1e-6));
    }
  }

  TEST_CASE("euler_maruyama has Siegert's rates within 1 %") {
    // a free deviation of 5 mV, and 5 mV as Brunel writes it
    struct Drive {
      double mu, sd;
    };
    for (const Drive& d : {Drive{15, 5}, Drive{20, 5}, Drive{15, 5 / std::numbers::sqrt2}}) {
      CAPTURE(d.mu);
      CAPTURE(d.sd);
      const Rate r = rate("euler_maruyama", step(0.1), d.mu, d.sd, 128, 2000);
      const double exact = siegert(d.mu, d.sd, 20, 2);
      CAPTURE(exact);
      CAPTURE(r.hz);
      CAPTURE(r.error);
      CHECK(std::abs(r.hz - exact) < 0.01 * exact + 2 * r.error);
    }
  }

  TEST_CASE("located spikes under noise have Siegert's rates within 1 %, with and without a refractory time") {
    // without one the rest of the step after the reset counts: taken with the whole step's noise it would add to the
    // rate
    for (const double t_ref : {0.0, 2.0}) {
      CAPTURE(t_ref);
      const Rate r = rate("euler_maruyama", located(0.2), 20, 5, 128, 2000, t_ref);
      const double exact = siegert(20, 5, 20, t_ref);
      CAPTURE(exact);
      CAPTURE(r.hz);
      CAPTURE(r.error);
      CHECK(std::abs(r.hz - exact) < 0.01 * exact + 2 * r.error);
    }
  }

  TEST_CASE("on the grid, a reset without refractory time is where the next test at the threshold begins") {
    const Rate r = rate("euler_maruyama", step(0.1), 20, 5, 128, 2000, 0);
    const double exact = siegert(20, 5, 20, 0);
    CAPTURE(exact);
    CAPTURE(r.hz);
    CHECK(std::abs(r.hz - exact) < 0.01 * exact + 2 * r.error);
    // a neuron that is reset far below its threshold does not fire a step later
    for (const std::string id : {"lif", "izhikevich"}) {
      CAPTURE(id);
      Batch batch(model(id), 64);
      if (id == "lif") batch.set("t_ref", 0);
      batch.set("I", strong(model(id).model().inputs[0])), batch.sigma = 0.5 * strong(model(id).model().inputs[0]);
      batch.run(integrator("euler_maruyama"), step(0.1), 400);
      std::size_t spikes = 0, at_once = 0;
      for (std::uint32_t i = 0; i < 64; ++i)
        for (std::size_t k = 1; k < batch.spikes[i].size(); ++k)
          ++spikes, at_once += batch.spikes[i][k] - batch.spikes[i][k - 1] < 0.15;
      CHECK(spikes > 200);
      CHECK(at_once == 0);
    }
  }

  TEST_CASE("a plain grid misses the spikes it is published to miss") {
    const Rate coarse = rate("euler_maruyama", plain(0.2), 15, 5, 128, 4000),
               fine = rate("euler_maruyama", plain(0.05), 15, 5, 64, 2000);
    // published for an exact step of the membrane; Euler's deviation is larger by dt/(4 tau), the rate by 1.5 times as
    // much: 0.4 % and 0.1 %
    CHECK(std::abs(coarse.hz - 14.76) < 0.06 + 0.004 * 14.76 + 3 * coarse.error);
    CHECK(std::abs(fine.hz - 15.37) < 0.06 + 0.001 * 15.37 + 3 * fine.error);
    CHECK(coarse.hz + 3 * coarse.error < siegert(15, 5, 20, 2));
  }

  TEST_CASE("the first passage of a bridge has the density of its two halves") {
    // from g0 to 0 for the first time at t, and from there to g1 in what is left
    const auto normal = [](double x, double variance) {
      return std::exp(-0.5 * x * x / variance) / std::sqrt(2 * std::numbers::pi * variance);
    };
    constexpr double h = 0.1, s2 = 4;
    for (const double g0 : {-0.1, -0.7, -2.0})
      for (const double g1 : {-1.5, -0.2, 0.3, 1.0})
        for (const double t : {0.02, 0.05, 0.09}) {
          CAPTURE(g0);
          CAPTURE(g1);
          CAPTURE(t);
          const double density = -g0 / t * normal(g0, s2 * t) * normal(g1, s2 * (h - t)) / normal(g1 - g0, s2 * h),
                       d = 1e-6;
          const double slope = (passed_by(t + d, h, g0, g1, s2) - passed_by(t - d, h, g0, g1, s2)) / (2 * d);
          CHECK(slope == doctest::Approx(density).epsilon(1e-6));
        }
    CHECK(passed_by(h, h, -0.3, -0.2, s2) == std::exp(-2 * 0.3 * 0.2 / (s2 * h)));
    CHECK(passed_by(h, h, -0.3, 0.2, s2) == 1);
    CHECK(passed_by(0, h, -0.3, 0.2, s2) == 0);
  }

  TEST_CASE("a neuron under noise has the same bits alone, in a batch and in many stretches") {
    for (const std::string id : {"lif", "izhikevich", "gif", "adex"})
      for (const std::string spikes : {"on_grid", "located"}) {
        CAPTURE(id);
        CAPTURE(spikes);
        const Plugin& m = model(id);
        Batch alone(m, 1), many(m, 19);
        alone.ids = {1000};
        for (std::uint32_t i = 0; i < 19; ++i) many.ids.push_back(i == 11 ? 1000 : i);
        for (Batch* b : {&alone, &many}) {
          b->set("I", 1.5 * strong(m.model().inputs[0])), b->sigma = strong(m.model().inputs[0]);
          b->run(integrator("euler_maruyama"), step(0.1, spikes), 100, 5, b == &alone ? 1 : 13);
        }
        CHECK_FALSE(alone.spikes[0].empty());
        CHECK(same_bits(alone.spikes[0], many.spikes[11]));
        CHECK(same_bits(alone.samples(0), many.samples(11)));
      }
  }

  TEST_CASE("a neuron in its refractory time or clamped below the threshold is not tested for spikes between") {
    Batch held(model("lif"), 64);
    held.preset("brunel_2000").set("I", 20).set("v", 19.9).set("V_reset", 19.9).set("t_ref", 50), held.sigma = 30;
    held.run(integrator("euler_maruyama"), step(0.1), 400);
    for (std::uint32_t i = 0; i < 64; ++i) {
      REQUIRE(held.spikes[i].size() > 1);
      for (std::size_t k = 1; k < held.spikes[i].size(); ++k) CHECK(held.spikes[i][k] - held.spikes[i][k - 1] > 50);
    }
    Batch clamped(model("lif"), 64);
    clamped.preset("brunel_2000").set("v", 19.999), clamped.sigma = 30, clamped.clamped = 1;
    clamped.run(integrator("euler_maruyama"), step(0.1), 100);
    for (std::uint32_t i = 0; i < 64; ++i) CHECK(clamped.spikes[i].empty());
  }

  TEST_CASE("the bridge test refuses a model without slopes, and says what to do") {
    Batch batch(model("plain_c"), 1);
    batch.sigma = 1;
    CHECK_THROWS_WITH(
        batch.run(integrator("euler_maruyama"), step(0.1), 1),
        "error: plugin 'euler_maruyama': the bridge test at the threshold needs the derivatives of the model's "
        "equations, and this model has none: set bridge: false");
    CHECK_NOTHROW(batch.run(integrator("euler_maruyama"), plain(0.1), 1));
    batch.sigma = 0;
    CHECK_NOTHROW(batch.run(integrator("euler_maruyama"), step(0.1), 1));
  }
}
