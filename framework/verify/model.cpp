// What a model promises: each of its functions at many points, one against the other.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "verify/batch.hpp"
#include "verify/checks.hpp"
#include "verify/points.hpp"

namespace hillock::verify {
namespace {

/// What number k of function f is: "rhs of 'v'".
std::string named(const hk_model& m, std::size_t f, std::size_t k) {
  const std::string_view function = functions[f];
  if (function == "derive") return fmt::format("derived constant {} (of derive)", k + 1);
  if (function == "threshold" || function == "refractory") return std::string(function);
  return fmt::format("{} of '{}'", function, function == "observe" ? m.observed[k].name : m.state[k].name);
}

/// Where a lane of a point is: "v = -65, I = 0, a = 0.02".
std::string place(const Point& at, std::uint32_t lane) {
  std::string out;
  std::size_t n = 0;
  const auto add = [&](const Rows& rows, const hk_field* fields, std::size_t count) {
    for (std::size_t k = 0; k < count; ++k, ++n)
      if (n < 12) out += fmt::format("{}{} = {:.6g}", out.empty() ? "" : ", ", fields[k].name, rows[k][lane]);
  };
  add(at.x, at.model.state, at.model.n_state), add(at.in, at.model.inputs, at.model.n_inputs);
  add(at.p, at.model.params, at.model.n_params);
  return n > 12 ? out + ", ..." : out;
}

bool same(double a, double b) { return std::memcmp(&a, &b, sizeof a) == 0; }

// ---- the checks ----------------------------------------------------------------------------------------------------

std::string check_finite(const Subject& s) {
  const hk_model& m = s.plugin.model();
  std::vector<bool> moves(m.n_state);
  const auto look = [&](const Point& at, const char* where) {
    const std::vector<Rows> all = values(at);
    for (std::size_t k = 0; k < m.n_state; ++k)
      for (std::uint32_t i = 0; i < at.lanes(); ++i)
        if (all[2][k][i] != 0 || (m.reset && all[3][k][i] != at.x[k][i]) || m.release) moves[k] = true;
    for (std::size_t f = 0; f < all.size(); ++f)
      for (std::size_t k = 0; k < all[f].fields(); ++k)
        for (std::uint32_t i = 0; i < at.lanes(); ++i)
          if (!std::isfinite(all[f][k][i]))
            fail(
                "{} is {} {}, where {}: keep what it divides by, or takes the root or logarithm of, away from there, "
                "or narrow the ranges",
                named(m, f, k), all[f][k][i], where, place(at, i));
  };
  Point start(m);
  fill(start, [](const hk_field& f) { return f.kind == HK_DRAW ? 1 : f.value; });
  look(start, "at the defaults");
  Dice dice(12);
  constexpr int trials = 1000;
  for (int trial = 0; trial < trials; ++trial) {
    Point at(m);
    fill(at, trial % 3 == 0 ? Where::corners : Where::anywhere, dice);
    look(at, "within the stated ranges");
  }
  // a member that is left out of what rhs returns is 0
  for (std::size_t k = 0; k < m.n_state; ++k)
    if (!moves[k])
      fail("rhs of '{}' is 0 everywhere{}: let rhs return a slope for it, or make it a parameter", m.state[k].name,
           m.reset ? ", and no reset changes it" : "");
  return fmt::format("{} points", trials * HK_LANES);
}

std::string check_tangent(const Subject& s) {
  const hk_tangent* tangent = s.plugin.tangent();
  if (!tangent) leave_out("it offers no '{}': it has no gradients and no implicit schemes", HK_TANGENT);
  const hk_model& m = s.plugin.model();
  constexpr double h = 1e-5;
  Dice dice(11);
  for (int trial = 0; trial < 100; ++trial) {
    Point at(m), along(m);
    fill(at, trial % 2 ? Where::anywhere : Where::near_default, dice);
    const auto aim = [&](Rows& to, const Rows& from, std::size_t n) {
      for (std::size_t k = 0; k < n; ++k)
        for (std::uint32_t i = 0; i < to.lanes(); ++i)
          to[k][i] = dice.between(-1, 1) * std::max(std::abs(from[k][i]), 1e-3);
    };
    aim(along.p, at.p, m.n_params), aim(along.x, at.x, m.n_state), aim(along.in, at.in, m.n_inputs);
    const auto slope = slopes(at, *tangent, along), here = values(at), up = values(moved(at, along, h)),
               down = values(moved(at, along, -h));
    for (std::size_t f = 0; f < n_with_slopes; ++f)
      for (std::size_t k = 0; k < here[f].fields(); ++k)
        for (std::uint32_t i = 0; i < HK_LANES; ++i) {
          const double exact = slope[f][k][i], now = here[f][k][i], after = up[f][k][i], before = down[f][k][i];
          const double difference = (after - before) / (2 * h);
          // h^2 of the third derivative, and the rounding of the values over h
          const auto fits = [&](double d, double relative) {
            return std::abs(d - exact) <=
                   relative * std::max(std::abs(d), std::abs(exact)) + 1e-8 * std::abs(now) + 1e-9;
          };
          // where the equations branch, the slope is that of one side
          if (fits(difference, 1e-4) || fits((after - now) / h, 1e-2) || fits((now - before) / h, 1e-2)) continue;
          fail("the slope of {} is {:.8g}, its difference quotient {:.8g}: at {}", named(m, f, k), exact, difference,
               place(at, i));
        }
  }
  return "800 points";
}

std::string check_single(const Subject& s) {
  const auto* offered = static_cast<const hk_single*>(s.plugin.get(HK_SINGLE));
  if (!offered) leave_out("it offers no '{}': adaptive schemes step it by its lanes", HK_SINGLE);
  const hk_single single = detail::adopt(offered);
  const hk_model& m = s.plugin.model();
  if (!single.rhs) fail("'{}' lacks rhs", HK_SINGLE);
  if (!single.threshold != !m.threshold)
    fail("'{}' {} a threshold, and the model {}", HK_SINGLE, single.threshold ? "has" : "lacks",
         m.threshold ? "has one" : "has none");
  // terms of a sum may be rounded in another order, and cancel
  const auto close = [](double a, double b) {
    return std::abs(a - b) <= 1e-8 * std::max(std::abs(a), std::abs(b)) + 1e-9;
  };
  Dice dice(14);
  for (int trial = 0; trial < 200; ++trial) {
    Point at(m);
    fill(at, trial % 2 ? Where::anywhere : Where::near_default, dice);
    const auto all = values(at);
    const auto column = [&](const Rows& rows) {
      std::vector<double> out;
      for (std::size_t k = 0; k < rows.fields(); ++k) out.push_back(rows[k][5]);
      return out;
    };
    const std::vector<double> x = column(at.x), p = column(at.p), in = column(at.in);
    std::vector<double> dx(m.n_state);
    single.rhs(m.context, x.data(), p.data(), in.data(), dx.data());
    for (std::size_t k = 0; k < m.n_state; ++k)
      if (!close(dx[k], all[2][k][5]))
        fail("{} is {:.17g} in a lane and {:.17g} alone: at {}", named(m, 2, k), all[2][k][5], dx[k], place(at, 5));
    if (!m.threshold) continue;
    const double g = single.threshold(m.context, x.data(), p.data(), in.data());
    if (!close(g, all[4][0][5])) fail("the threshold is {:.17g} in a lane and {:.17g} alone", all[4][0][5], g);
  }
  return "200 points, but for rounding";
}

std::string check_lanes(const Subject& s) {
  const hk_model& m = s.plugin.model();
  Dice dice(13);
  for (int trial = 0; trial < 50; ++trial) {
    Point alone(m), eight(m), many(m, 72);
    fill(alone, Where::near_default, dice), fill(eight, Where::near_default, dice), fill(many, Where::anywhere, dice);
    const auto put = [&](Rows Point::*rows, std::size_t n) {
      for (std::size_t k = 0; k < n; ++k) {
        std::fill_n((alone.*rows)[k], HK_LANES, (alone.*rows)[k][0]);
        (eight.*rows)[k][3] = (many.*rows)[k][41] = (many.*rows)[k][66] = (alone.*rows)[k][0];
      }
    };
    put(&Point::p, m.n_params), put(&Point::x, m.n_state), put(&Point::in, m.n_inputs);
    alone.derive(), eight.derive(), many.derive();
    const auto a = values(alone), b = values(eight), c = values(many);
    for (std::size_t f = 0; f < a.size(); ++f)
      for (std::size_t k = 0; k < a[f].fields(); ++k)
        for (const double other : {b[f][k][3], c[f][k][41], c[f][k][66]})
          if (!same(a[f][k][0], other))
            fail(
                "{} is {:.17g} alone and {:.17g} among other lanes: compute each lane by itself, without "
                "-ffast-math and with -ffp-contract=off",
                named(m, f, k), a[f][k][0], other);
  }
  return "lane 0 of 8, 3 of 8, 41 and 66 of 72: the same bits";
}

/// Integrators that have a loop in the models' libraries, with the options of each.
struct Way {
  const char* id;
  Settings settings;
};
const std::vector<Way>& ways() {
  static const std::vector<Way> all{{"euler", {}},
                                    {"euler", {{"update", "sequential"}}},
                                    {"half_step_euler", {}},
                                    {"heun", {}},
                                    {"rk4", {}},
                                    {"exponential_euler", {}},
                                    {"exponential_euler", {{"coefficients", "middle"}}}};
  return all;
}
const Plugin* integrator(const Subject& s, const char* id) {
  try {
    return &s.others.load(id, HK_ROLE_INTEGRATOR);
  } catch (const Error&) { return nullptr; }
}

std::string check_loops(const Subject& s) {
  if (!s.plugin.get(HK_STEPS)) leave_out("it offers no '{}': the host steps it by its functions", HK_STEPS);
  const hk_model& m = s.plugin.model();
  std::size_t compared = 0, spikes = 0;
  for (const Way& way : ways()) {
    const Plugin* scheme = integrator(s, way.id);
    if (!scheme || (std::string_view(way.id) == "exponential_euler" && !s.plugin.tangent())) continue;
    const auto run = [&](bool fused, std::uint32_t neurons, int every, int stretches) {
      Batch batch(s.plugin, neurons);
      Dice dice(15);
      for (std::uint32_t i = 0; i < neurons; ++i) {
        for (const hk_field& f : std::span(m.params, m.n_params))
          batch.set(i, f.name, std::clamp(f.value * dice.between(0.97, 1.03), f.low, f.high));
        for (const hk_field& f : std::span(m.inputs, m.n_inputs))
          batch.set(i, f.name, std::clamp(strong(f) * dice.between(0.5, 1.5), f.low, f.high));
      }
      batch.offers = [&s, fused](const char* id) -> const void* {
        return !fused && std::strcmp(id, HK_STEPS) == 0 ? nullptr : s.plugin.get(id);
      };
      Settings settings = way.settings;
      settings["dt"] = 0.05;
      batch.run(*scheme, settings, 501 * 0.05, every, stretches);
      return batch;
    };
    const struct {
      std::uint32_t neurons;
      int every, stretches;
    } shapes[] = {{1, 1, 1}, {9, 7, 3}, {70, 1, 2}};
    for (const auto& [neurons, every, stretches] : shapes) {
      const Batch fast = run(true, neurons, every, stretches), slow = run(false, neurons, every, stretches);
      for (std::uint32_t i = 0; i < neurons; ++i) {
        if (!same_bits(fast.samples(i), slow.samples(i)) || !same_bits(fast.spikes[i], slow.spikes[i]))
          fail(
              "under '{}' neuron {} of {} has other samples or spikes by the model's own loop than by its functions: "
              "build it with -ffp-contract=off",
              way.id, i, neurons);
        spikes += slow.spikes[i].size(), ++compared;
      }
    }
  }
  if (compared == 0) leave_out("none of the integrators with such loops is installed");
  return fmt::format("{} runs, {} spikes, the same bits", compared, spikes);
}

std::string check_series(const Subject& s) {
  const auto* offered = static_cast<const hk_taylor*>(s.plugin.get(HK_TAYLOR));
  if (!offered) leave_out("it offers no '{}': 'taylor' will not integrate it", HK_TAYLOR);
  const hk_taylor taylor = detail::adopt(offered);
  const hk_model& m = s.plugin.model();
  constexpr std::uint32_t order = 4;
  std::vector<double> work(taylor.workspace + 1);
  Dice dice(16);
  int compared = 0;
  for (int trial = 0; trial < 200; ++trial) {
    Point at(m);
    fill(at, Where::near_default, dice);
    const auto all = values(at);
    std::vector<double> p, in, x(m.n_state * (order + 1)), g(order + 1);
    for (std::size_t k = 0; k < at.p.fields(); ++k) p.push_back(at.p[k][0]);
    for (std::size_t k = 0; k < m.n_inputs; ++k) in.push_back(at.in[k][0]);
    for (std::size_t k = 0; k < m.n_state; ++k) x[k * (order + 1)] = at.x[k][0];
    if (taylor.expand(m.context, order, p.data(), 1, in.data(), 0, nullptr, x.data(), m.threshold ? g.data() : nullptr,
                      work.data()))
      continue;
    ++compared;
    for (std::size_t k = 0; k < m.n_state; ++k) {
      const double rate = all[2][k][0], first = x[k * (order + 1) + 1];
      if (!(std::abs(first - rate) <= 1e-9 * (std::abs(rate) + std::abs(at.x[k][0])) + 1e-12))
        fail("the first coefficient of '{}' is {:.12g}, its rhs {:.12g}: at {}", m.state[k].name, first, rate,
             place(at, 0));
    }
    if (m.threshold && !(std::abs(g[0] - all[4][0][0]) <= 1e-9 * std::abs(g[0]) + 1e-9))
      fail("the series of the threshold begins with {:.12g}, the threshold is {:.12g}", g[0], all[4][0][0]);
  }
  if (compared == 0) leave_out("its equations branch, and are no one series");
  return fmt::format("{} points", compared);
}

std::string check_spikes(const Subject& s) {
  const hk_model& m = s.plugin.model();
  if (!m.threshold) leave_out("it has no spikes of its own");
  int found = 0;
  for (std::int64_t preset = -1; preset < static_cast<std::int64_t>(m.n_presets); ++preset) {
    Point at(m);
    fill(at, [](const hk_field& f) { return f.kind == HK_DRAW ? 1 : f.value; });
    const std::string name = preset < 0 ? "the defaults" : fmt::format("preset '{}'", m.presets[preset].name);
    for (std::size_t k = 0; preset >= 0 && k < m.n_params; ++k)
      if (!std::isnan(m.presets[preset].params[k])) std::fill_n(at.p[k], HK_LANES, m.presets[preset].params[k]);
    at.derive();
    double rests_ms = 0;
    if (m.refractory) {
      Rows rest(1, HK_LANES);
      m.refractory(m.context, HK_LANES, at.p, rest[0]);
      rests_ms = rest[0][0];
      if (!(rests_ms >= 0)) fail("the refractory time is {:g} ms under {}", rests_ms, name);
    }
    const auto threshold = [&](const Rows& x) {
      Rows g(1, HK_LANES);
      m.threshold(m.context, HK_LANES, x, at.p, at.in, g[0]);
      return g[0][0];
    };
    double lowest = std::numeric_limits<double>::infinity();
    bool crosses = false;
    for (std::size_t k = 0; k < m.n_state && !crosses; ++k) {
      Rows x(m.n_state, HK_LANES);
      x.copy(at.x);
      constexpr int parts = 256;
      const auto put = [&](double value) { std::fill_n(x[k], HK_LANES, value); };
      double last = 0, g_last = 0;
      for (int i = 0; i <= parts && !crosses; ++i) {
        const double value = m.state[k].low + (m.state[k].high - m.state[k].low) * i / parts;
        put(value);
        const double g = threshold(x);
        lowest = std::min(lowest, g);
        if (i > 0 && (g_last < 0) != (g < 0)) {
          double below = g < 0 ? value : last, above = g < 0 ? last : value;
          for (int step = 0; step < 200; ++step) {
            const double middle = 0.5 * (below + above);
            put(middle);
            (threshold(x) < 0 ? below : above) = middle;
          }
          put(above);
          crosses = true;
          if (m.reset) {
            Rows after(m.n_state, HK_LANES);
            m.reset(m.context, HK_LANES, x, at.p, at.in, after);
            for (std::size_t j = 0; j < m.n_state; ++j)
              if (!std::isfinite(after[j][0])) fail("the reset leaves '{}' at {}", m.state[j].name, after[j][0]);
            const double left = threshold(after);
            if (!(left <= 0) && rests_ms == 0)  // else it spikes once in each refractory time
              fail(
                  "under {} a neuron on its threshold is above it by {:.6g} after the reset, and would spike at every "
                  "step: let `reset` take it below, or `threshold` begin higher",
                  name, left);
          }
        }
        last = value, g_last = g;
      }
    }
    if (!crosses)
      fail("under {} no state within its range brings the threshold through 0: the neuron cannot spike", name);
    if (!m.reset && !(lowest < m.rearm))
      fail("under {} the threshold never falls below rearm = {:g}: the neuron spikes once at most", name, m.rearm);
    ++found;
  }
  return fmt::format("{} sets of parameters", found);
}

std::string check_runs(const Subject& s) {
  const Plugin *fixed = integrator(s, "rk4"), *adaptive = integrator(s, "dopri5");
  if (!fixed || !adaptive) leave_out("'rk4' and 'dopri5' are not installed");
  const hk_model& m = s.plugin.model();
  for (std::int64_t preset = -1; preset < static_cast<std::int64_t>(m.n_presets); ++preset) {
    const auto run = [&](const Plugin& by, Settings settings) {
      Batch batch(s.plugin, 1);
      if (preset >= 0) batch.preset(m.presets[preset].name);
      batch.run(by, std::move(settings), 20, 10);
      return batch.stops[0];
    };
    if (run(*fixed, {{"dt", 0.02}}).why == HK_OK) continue;
    if (const Stop stop = run(*adaptive, {}); stop.why != HK_OK)
      fail("from {} it leaves the finite numbers at t = {:g} ms, by 'rk4' (dt 0.02 ms) and by 'dopri5'",
           preset < 0 ? "its defaults" : fmt::format("preset '{}'", m.presets[preset].name), stop.t);
  }
  return fmt::format("the defaults and {} presets", m.n_presets);
}

std::string check_threads(const Subject& s) {
  const hk_model& m = s.plugin.model();
  constexpr int points = 100;
  const auto all = [&](std::uint64_t seed) {
    Dice dice(seed);
    std::vector<std::vector<Rows>> out;
    for (int k = 0; k < points; ++k) {
      Point at(m);
      fill(at, Where::near_default, dice);
      out.push_back(values(at));
      std::this_thread::yield();  // so that the threads take turns on few processors too
    }
    return out;
  };
  std::vector<std::vector<std::vector<Rows>>> alone, together(4);
  for (std::size_t k = 0; k < 4; ++k) alone.push_back(all(20 + k));
  at_once([&](std::size_t k) { together[k] = all(20 + k); });
  for (std::size_t k = 0; k < 4; ++k)
    for (std::size_t point = 0; point < alone[k].size(); ++point)
      for (std::size_t f = 0; f < functions.size(); ++f) {
        const Rows &a = alone[k][point][f], &b = together[k][point][f];
        for (std::size_t j = 0; j < a.fields(); ++j)
          if (std::memcmp(a[j], b[j], HK_LANES * sizeof(double)) != 0)
            fail("{} differs when four threads call it at the same time: a model has no memory", named(m, f, j));
      }
  return "4 threads, the same bits";
}

std::string check_nan(const Subject& s) {
  const hk_model& m = s.plugin.model();
  Dice dice(17);
  Point good(m);
  fill(good, Where::near_default, dice);
  const auto well = values(good);
  for (std::size_t k = 0; k < m.n_state; ++k)
    for (const double bad : {double{NAN}, double{INFINITY}, -double{INFINITY}}) {
      Point at = good;
      at.x[k][3] = bad;
      const auto all = values(at);
      for (std::size_t f = 0; f < all.size(); ++f)
        for (std::size_t j = 0; j < all[f].fields(); ++j)
          for (std::uint32_t i = 0; i < HK_LANES; ++i)
            if (i != 3 && !same(all[f][j][i], well[f][j][i]))
              fail("{} of one neuron changes when '{}' of another is {}", named(m, f, j), m.state[k].name, bad);
      bool told = k > 0 || !std::isnan(bad);
      for (std::size_t j = 0; j < m.n_state; ++j) told = told || !std::isfinite(all[2][j][3]);
      if (!told) fail("with 'v' no number, all of rhs is finite: a run that has gone wrong would go on unseen");
    }
  return "in each state of one lane; the other lanes keep their bits";
}

constexpr Check checks[] = {
    {"finite", "every function at the defaults, over the stated ranges and at their corners", check_finite},
    {"tangent", "slopes of every function against difference quotients", check_tangent},
    {"single", "one neuron by itself against a lane", check_single},
    {"lanes", "a neuron alone against the same in a batch", check_lanes},
    {"loops", "fused time loops against the functions, under each scheme that has one", check_loops},
    {"series", "Taylor series against rhs and threshold", check_series},
    {"spikes", "threshold, reset and refractory time at a crossing", check_spikes},
    {"runs", "20 ms without input from the defaults and from each preset", check_runs},
    {"threads", "all functions called by four threads at once", check_threads},
    {"nan", "NaN and infinities", check_nan},
};

}  // namespace

std::span<const Check> model_checks() { return checks; }

}  // namespace hillock::verify
