// What an integrator promises, judged by models whose solutions are known: `lif`, below its threshold one linear
// equation and above it spikes at exact times, and `nagumo`, which is nonlinear and smooth.
#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <optional>
#include <regex>
#include <string>
#include <vector>

#include "verify/batch.hpp"
#include "verify/checks.hpp"

namespace hillock::verify {
namespace {

const Plugin& needed(const Subject& s, const char* id, std::uint32_t role) {
  try {
    return s.others.load(id, role);
  } catch (const Error&) { leave_out("'{}', which it is tried with, is not installed", id); }
}
const Plugin& lif(const Subject& s) { return needed(s, "lif", HK_ROLE_MODEL); }
const Plugin& nagumo(const Subject& s) { return needed(s, "nagumo", HK_ROLE_MODEL); }

const hk_option* option(const Plugin& p, std::string_view name) {
  const hk_integrator& about = p.integrator();
  for (std::uint32_t k = 0; k < about.n_options; ++k)
    if (name == about.options[k].name) return &about.options[k];
  return nullptr;
}
bool fixed(const Plugin& p) { return (p.integrator().flags & HK_FIXED_STEP) != 0; }

/// A step, or a tolerance, and where spikes are, as far as the integrator has such options.
Settings with(const Plugin& p, double fineness, const char* spikes = nullptr) {
  Settings out;
  const char* name = fixed(p) ? "dt" : "tolerance";
  if (const hk_option* o = option(p, name)) out[name] = std::clamp(fineness, o->low, o->high);
  if (spikes && option(p, "spikes")) out["spikes"] = spikes;
  return out;
}
/// A step that any scheme takes, or a tolerance.
double usual(const Plugin& p) { return fixed(p) ? 0.05 : 1e-6; }

/// v' = -v from 1, without spikes.
Batch decay(const Subject& s, std::uint32_t neurons = 1) {
  Batch b(lif(s), neurons);
  b.set("tau", 1).set("E_L", 0).set("g_L", 1).set("V_th", 500).set("v", 1);
  return b;
}
Batch oscillator(const Subject& s) {
  Batch b(nagumo(s), 1);
  b.set("I", 0.5).set("v", 0.5).set("w", 0.2);
  return b;
}

/// The order that an author claims in the plugin's meaning: "classical Runge-Kutta, order 4".
std::optional<double> claimed(const Plugin& p) {
  std::smatch found;
  if (!std::regex_search(p.meaning, found, std::regex("order ([0-9]+)"))) return std::nullopt;
  return std::stod(found[1]);
}

std::string order_of_fixed(const Subject& s) {
  const Plugin& p = s.plugin;
  const std::optional<double> claim = claimed(p);
  const double coarse = claim.value_or(1) < 2 ? 1 / 512. : claim.value_or(1) < 3 ? 1 / 128. : 1 / 32.;
  constexpr double below = 0.1;  // of an order that is measured at two steps
  std::string out;
  const auto judge = [&](const char* on, auto&& error) {
    const double first = error(coarse), second = error(coarse / 2);
    if (!(first > 1e-13)) {  // a scheme may be exact for an equation
      if (!std::isfinite(first)) fail("its error on {} is {}", on, first);
      out += fmt::format("{}exact on {}", out.empty() ? "" : ", ", on);
      return;
    }
    const double order = std::log2(first / second);
    if (!(order > claim.value_or(1) - below))
      fail("on {} its errors at dt = {:g} and {:g} ms are {:.3g} and {:.3g}: order {:.2f}, and {}", on, coarse,
           coarse / 2, first, second, order,
           claim ? fmt::format("its meaning says order {:g}", *claim) : "a scheme that converges has order 1 at least");
    out += fmt::format("{}order {:.2f} on {}", out.empty() ? "" : ", ", order, on);
  };
  // by its own steps, not by the loop that it names
  const auto alone = [](const Plugin& model) {
    return [&model](const char* id) { return std::strcmp(id, HK_STEPS) == 0 ? nullptr : model.get(id); };
  };
  judge("v' = -v", [&](double dt) {
    Batch b = decay(s);
    b.offers = alone(lif(s));
    b.run(p, with(p, dt), 1);
    return std::abs(b.x[0][0] - std::exp(-1.));
  });
  Batch exact = oscillator(s);
  exact.run(needed(s, "rk4", HK_ROLE_INTEGRATOR), {{"dt", 1 / 2048.}}, 16);  // its own error is below 1e-13
  judge("FitzHugh-Nagumo", [&](double dt) {
    Batch b = oscillator(s);
    b.offers = alone(nagumo(s));
    b.run(p, with(p, dt), 16);
    return std::hypot(b.x[0][0] - exact.x[0][0], b.x[1][0] - exact.x[1][0]);
  });
  return out;
}

std::string order_of_adaptive(const Subject& s) {
  const Plugin& p = s.plugin;
  if (!option(p, "tolerance")) leave_out("it has no option 'tolerance'");
  Batch exact = oscillator(s);
  exact.run(needed(s, "rk4", HK_ROLE_INTEGRATOR), {{"dt", 1 / 2048.}}, 16);
  std::string out;
  for (const double tolerance : {1e-4, 1e-6, 1e-8}) {
    Batch one = decay(s), two = oscillator(s);
    one.run(p, with(p, tolerance), 5);
    two.run(p, with(p, tolerance), 16);
    const double linear = std::abs(one.x[0][0] - std::exp(-5.)),
                 other = std::hypot(two.x[0][0] - exact.x[0][0], two.x[1][0] - exact.x[1][0]);
    // FitzHugh-Nagumo stretches what a step errs by the ratio of its speeds, about 30
    if (!(linear <= 100 * tolerance && other <= 1000 * tolerance))
      fail("at a tolerance of {:g} its errors are {:.3g} on v' = -v and {:.3g} on FitzHugh-Nagumo", tolerance, linear,
           other);
    out += fmt::format("{}{:.1g} at {:g}", out.empty() ? "errors " : ", ", std::max(linear, other), tolerance);
  }
  return out;
}

std::string check_order(const Subject& s) { return fixed(s.plugin) ? order_of_fixed(s) : order_of_adaptive(s); }

std::string check_samples(const Subject& s) {
  const Plugin& p = s.plugin;
  Batch b = decay(s);
  const double fineness = fixed(p) ? 0.01 : 1e-6;
  b.run(p, with(p, fineness), 5, 1);
  const std::vector<double> x = b.samples(0);
  const double between = fixed(p) ? 0.01 : 0.1;
  if (x.size() != (fixed(p) ? 500u : 50u))
    fail("{} samples were asked for, and {} came", fixed(p) ? 500 : 50, x.size());
  double worst = 0;
  for (std::size_t k = 0; k < x.size(); ++k)
    worst = std::max(worst, std::abs(x[k] - std::exp(-between * (static_cast<double>(k) + 1))));
  if (!(worst <= (fixed(p) ? 0.01 : 1e-4)))
    fail("a sample of v' = -v is off by {:.3g} ({} {:g})", worst, fixed(p) ? "dt" : "tolerance", fineness);
  if (!(std::abs(x.back() - b.x[0][0]) <= 1e-12))
    fail("the sample at the end is {:.17g}, the state there {:.17g}", x.back(), b.x[0][0]);
  return fmt::format("{} samples, off by {:.1g} at most", x.size(), worst);
}

std::string check_stretches(const Subject& s) {
  const Plugin& p = s.plugin;
  Batch once = oscillator(s), often = oscillator(s);
  once.run(p, with(p, usual(p)), 30, 3);
  often.run(p, with(p, usual(p)), 30, 3, 17);
  const std::vector<double> a = once.samples(0), b = often.samples(0);
  if (a.size() != b.size()) fail("{} samples in one stretch, {} in 17", a.size(), b.size());
  if (fixed(p) && !same_bits(a, b)) fail("in 17 stretches it has other bits than in one");
  for (std::size_t k = 0; k < a.size(); ++k)
    if (!(std::abs(a[k] - b[k]) <= 1e-3)) fail("in 17 stretches a sample is {:.9g}, in one {:.9g}", b[k], a[k]);
  return fixed(p) ? "the same bits" : "the same within the tolerance";
}

std::string check_events(const Subject& s) {
  const Plugin& p = s.plugin;
  // interval t_ref + tau ln((V - V_reset)/(V - V_th)), V = E_L + I/g_L; the first without t_ref
  const double first = 10 * std::log(20 / 5.), interval = 2 + first;
  const auto spikes = [&](double fineness, const char* where) {
    Batch b(lif(s), 1);
    b.set("I", 500).run(p, with(p, fineness, where), 70);
    if (b.spikes[0].size() != 4) fail("a neuron that spikes 4 times in 70 ms spiked {} times", b.spikes[0].size());
    return b.spikes[0];
  };
  const auto error = [&](const std::vector<double>& t) { return std::abs(t[3] - (first + 3 * interval)); };
  if (!fixed(p)) {
    const double off = error(spikes(1e-8, nullptr));
    if (!(off <= 1e-4)) fail("its fourth spike is off by {:.3g} ms at a tolerance of 1e-8", off);
    return fmt::format("the fourth spike off by {:.1g} ms", off);
  }
  const std::vector<double> grid = spikes(0.01, "on_grid");
  if (!(error(grid) <= 0.2)) fail("its fourth spike is off by {:.3g} ms on a grid of 0.01 ms", error(grid));
  for (const double t : grid)
    if (!(std::abs(t / 0.01 - std::round(t / 0.01)) <= 1e-6)) fail("a spike at {:.9g} ms is off the grid", t);
  if (!option(p, "spikes")) return fmt::format("the fourth spike off by {:.1g} ms on the grid", error(grid));
  const double coarse = error(spikes(0.125, "located")), fine = error(spikes(0.0625, "located"));
  if (!(fine <= 0.25) || !(fine <= 0.75 * coarse || fine <= 1e-9))
    fail("its located fourth spike is off by {:.3g} ms at dt = 0.125 ms and by {:.3g} ms at half of it", coarse, fine);
  return fmt::format("located, the fourth spike is off by {:.1g} ms at dt = 0.0625 ms", fine);
}

std::string check_clamp(const Subject& s) {
  const Plugin& p = s.plugin;
  Batch b(nagumo(s), 1);
  b.clamped = 1;
  b.set("v", -1).set("w", 0.2).run(p, with(p, fixed(p) ? 0.01 : 1e-8), 600);
  if (b.x[0][0] != -1) fail("a clamped state moved from -1 to {:.9g}", b.x[0][0]);
  const double rest = (-1 + 0.7) / 0.8;  // w' = 0
  if (!(std::abs(b.x[1][0] - rest) <= 1e-4))
    fail("beside a clamped v, w went to {:.9g} and not to {:.9g}", b.x[1][0], rest);
  return "";
}

/// Many neurons that differ, of which one is known.
Batch spread(const Plugin& model, const Plugin& p, std::uint32_t neurons, std::uint32_t known, std::uint64_t seed) {
  const hk_model& m = model.model();
  Batch b(model, neurons);
  Dice dice(seed);
  for (std::uint32_t i = 0; i < neurons; ++i) {
    b.ids.push_back(i == known ? 1000 : i);
    for (const hk_field& f : std::span(m.inputs, m.n_inputs))
      b.set(i, f.name, strong(f) * (i == known ? 1.1 : dice.between(0, 2)));
    for (const hk_field& f : std::span(m.params, m.n_params))
      b.set(i, f.name, std::clamp(f.value * (i == known ? 1.01 : dice.between(0.95, 1.05)), f.low, f.high));
  }
  b.run(p, with(p, usual(p)), 40, 4);
  return b;
}

std::string check_lanes(const Subject& s) {
  for (const Plugin* model : {&lif(s), &nagumo(s)}) {
    const Batch alone = spread(*model, s.plugin, 1, 0, 21), eight = spread(*model, s.plugin, 8, 3, 22),
                many = spread(*model, s.plugin, 67, 41, 23);
    const auto compare = [&](const Batch& other, std::uint32_t lane, int of) {
      if (!same_bits(alone.samples(0), other.samples(lane)) || !same_bits(alone.spikes[0], other.spikes[lane]))
        fail("a neuron of '{}' has other bits as lane {} of {} than alone", model->id, lane, of);
    };
    compare(eight, 3, 8), compare(many, 41, 67);
  }
  return "alone, lane 3 of 8, 41 of 67: the same bits";
}

std::string check_scheme(const Subject& s) {
  const Plugin& p = s.plugin;
  if (!fixed(p)) leave_out("adaptive schemes have no loop in the models' libraries");
  static std::atomic<int> calls;
  static const hk_steps* real;
  for (const Plugin* model : {&lif(s), &nagumo(s)}) {
    real = static_cast<const hk_steps*>(model->get(HK_STEPS));
    if (!real) continue;
    hk_steps watched = detail::adopt(real);
    watched.run = [](void* context, const hk_run* run) { ++calls, real->run(context, run); };
    const auto run = [&](bool fused) {
      Batch b(*model, 9);
      for (std::uint32_t i = 0; i < 9; ++i) b.set(i, "I", strong(model->model().inputs[0]) * (1 + 0.05 * i));
      b.offers = [&](const char* id) -> const void* {
        if (std::strcmp(id, HK_STEPS) != 0) return model->get(id);
        return fused ? &watched : nullptr;
      };
      b.run(p, with(p, 0.05), 40, 7, 3);
      return b;
    };
    calls = 0;
    const Batch fast = run(true), slow = run(false);
    if (calls == 0) leave_out("it names no scheme of '{}'", HK_STEPS);
    for (std::uint32_t i = 0; i < 9; ++i)
      if (!same_bits(fast.samples(i), slow.samples(i)) || !same_bits(fast.spikes[i], slow.spikes[i]))
        fail(
            "its `loop` names another scheme than its `step` computes: '{}' has other bits by the one than by the "
            "other",
            model->id);
  }
  if (calls == 0) leave_out("no model at hand offers '{}'", HK_STEPS);
  return "the same bits";
}

std::string check_inputs(const Subject& s) {
  const Plugin& p = s.plugin;
  if (!fixed(p)) {
    // v' = -v + sin t, v(0) = 1: v = (3 e^-t + sin t - cos t) / 2
    Batch b = decay(s);
    b.vary([](const auto& t) {
      using std::sin;
      return sin(t);
    });
    b.run(p, with(p, 1e-6), 20);
    const double off = std::abs(b.x[0][0] - 0.5 * (3 * std::exp(-20.) + std::sin(20.) - std::cos(20.)));
    if (!(off <= 1e-4)) fail("under a sine it is off by {:.3g} at a tolerance of 1e-6", off);
    return fmt::format("off by {:.1g} under a sine", off);
  }
  const auto run = [&](bool told) {
    Batch b(lif(s), 9);
    b.by_step.assign(1, {});
    Dice dice(24);
    for (int k = 0; k < 800; ++k) b.by_step[0].push_back(dice.between(0, 1000));
    b.gain.emplace(1, b.lanes());
    std::fill_n((*b.gain)[0], b.lanes(), 1.0);
    b.tells_steps = told;
    b.run(p, with(p, 0.05), 40, 3);
    return b;
  };
  const Batch told = run(true), asked = run(false);
  for (std::uint32_t i = 0; i < 9; ++i)
    if (!same_bits(told.samples(i), asked.samples(i)) || !same_bits(told.spikes[i], asked.spikes[i]))
      fail("inputs told as a table of steps give other bits than the same inputs asked for at each step");
  return "a table of steps and asking at each step: the same bits";
}

std::string check_threads(const Subject& s) {
  std::vector<std::vector<double>> alone(4), together(4);
  const Plugin& model = nagumo(s);
  const auto samples = [&](std::size_t k) {
    const Batch b = spread(model, s.plugin, 9, 2, 30 + k);
    std::vector<double> out;
    for (std::uint32_t i = 0; i < 9; ++i) {
      const auto of = b.samples(i);
      out.insert(out.end(), of.begin(), of.end());
    }
    return out;
  };
  for (std::size_t k = 0; k < 4; ++k) alone[k] = samples(k);
  at_once([&](std::size_t k) { together[k] = samples(k); });
  for (std::size_t k = 0; k < 4; ++k)
    if (!same_bits(alone[k], together[k]))
      fail("four runs at the same time differ from the same runs one after the other: keep all memory in `self`");
  return "4 threads, the same bits";
}

std::string check_nan(const Subject& s) {
  const Plugin& p = s.plugin;
  const auto run = [&](double current) {
    Batch b = decay(s, 16);
    for (std::uint32_t i = 0; i < 16; ++i) b.set(i, "I", i == 5 ? current : -0.1 * i);
    b.run(p, with(p, usual(p)), 5, 1);
    return b;
  };
  const Batch well = run(0);
  for (const double bad : {double{NAN}, double{INFINITY}}) {
    const Batch ill = run(bad);
    if (ill.stops[5].why == HK_OK) fail("a neuron whose current is {} was not reported as stopped", bad);
    for (std::uint32_t i = 0; i < 16; ++i)
      if (i != 5 && (ill.stops[i].why != HK_OK || !same_bits(ill.samples(i), well.samples(i))))
        fail("a neuron whose current is {} changes another in its batch", bad);
  }
  return "the neuron is reported, the others keep their bits";
}

constexpr Check checks[] = {
    {"order", "errors at a step and at half of it, or at three tolerances", check_order},
    {"samples", "samples, or dense output, of v' = -v against the exact solution", check_samples},
    {"stretches", "a run in one stretch and in 17", check_stretches},
    {"events", "spikes of a leaky neuron against their exact times", check_events},
    {"clamp", "a clamped state stays, and the other follows it", check_clamp},
    {"inputs", "inputs that change with time", check_inputs},
    {"scheme", "the fused loop that it names against its own steps", check_scheme},
    {"lanes", "a neuron alone against the same in a batch", check_lanes},
    {"threads", "runs in four threads at once", check_threads},
    {"nan", "a current of NaN and of infinity in one lane", check_nan},
};

}  // namespace

std::span<const Check> integrator_checks() { return checks; }

}  // namespace hillock::verify
