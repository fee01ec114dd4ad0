// The purpose `dynamics`: equilibria and how they are lost, the phase plane, rates under a staircase of currents, the
// impedance from a chirp beside that of the linearised equations.
#include "purpose/dynamics/found.hpp"
#include "purpose/judge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <tuple>

#include "draw/layout.hpp"
#include "draw/text.hpp"
#include "experiment/vocabulary.hpp"
#include "neuron/lanes.hpp"
#include "purpose/dynamics/measures.hpp"

namespace hillock {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

std::shared_ptr<const Signal> held(std::vector<double> values, double each_ms) {
  auto signal = std::make_shared<Signal>();
  signal->add(Held{0, each_ms, std::make_shared<const std::vector<double>>(std::move(values)), 1, 0});
  return signal;
}

/// The neuron with every input held where it is at t = 0, and input `of` at I.
Neuron steady_neuron(std::shared_ptr<const NeuronSpec> spec, std::uint32_t of, double I) {
  Neuron n = neuron_of(std::move(spec), false);  // the first value of a recorded current is all that counts
  for (std::uint32_t k = 0; k < n.inputs.size(); ++k)
    if (k == of) n.inputs[k] = held({I}, 1);
    else if (n.inputs[k]) n.inputs[k] = held({n.inputs[k]->at(0, 0)}, 1);
  return n;
}

/// A copy whose run begins at `start`.
std::shared_ptr<NeuronSpec> begun_at(const NeuronSpec& spec, const std::vector<double>& start) {
  auto own = std::make_shared<NeuronSpec>(spec);
  own->simulate.start = start, own->simulate.rest = false;
  return own;
}

/// A run that stops nothing where it fails.
Trajectory attempt(const Neuron& neuron) {
  Trajectory result;
  simulate(std::vector<Neuron>{neuron}, [&](std::size_t, Trajectory t) { result = std::move(t); });
  return result;
}

/// Whole steps of a fixed-step scheme, at least one; any length of another.
double whole_steps(double length_ms, double dt) {
  return dt > 0 ? std::max(1.0, std::round(length_ms / dt)) * dt : length_ms;
}

Staircase climb(const Experiment& e, const DynamicsBlock& d, const std::vector<double>& start) {
  const FrequencyCurrentBlock& f = *d.f_i;
  std::vector<double> levels, there_and_back;
  for (std::uint32_t k = 0; k < f.count; ++k) levels.push_back(f.from + (f.to - f.from) * k / (f.count - 1.0));
  there_and_back = levels;
  there_and_back.insert(there_and_back.end(), levels.rbegin(), levels.rend());
  auto own = begun_at(*e.neuron, start);
  own->simulate.record = {0};
  Neuron n = steady_neuron(own, d.of, f.from);
  const double dt = e.neuron->integrator.dt_ms;
  n.for_ms = f.each_ms * static_cast<double>(there_and_back.size());
  // fine enough for the top of a spike, coarse enough for memory
  n.every_ms = whole_steps(std::max(f.each_ms / 20'000, n.for_ms / 2e6), dt);
  n.inputs[d.of] = held(there_and_back, f.each_ms);
  const Trajectory run = attempt(n);

  Staircase out;
  out.failure = run.failure;
  const double slack = 1e-9 * f.each_ms;
  const bool resets = e.neuron->equations().reset && e.neuron->equations().peak && !e.neuron->simulate.spikes;
  const double top = resets ? top_of_spike(*e.neuron) : nan;
  auto spike = run.spikes_ms.begin();
  std::size_t sample = 0;
  for (std::size_t k = 0; k < there_and_back.size(); ++k) {
    // what carries the time of an end belongs to the level that ends there
    const double begin = static_cast<double>(k) * f.each_ms + f.discard_ms + slack,
                 end = static_cast<double>(k + 1) * f.each_ms + slack;
    Level level{there_and_back[k], 0, 0, nan, nan};
    auto first = spike;
    for (; spike != run.spikes_ms.end() && *spike <= begin; ++spike) first = spike;
    // an interval that ends after `discard` may begin in it, but not on the level before
    if (first == spike || *first <= static_cast<double>(k) * f.each_ms + slack) first = spike;
    while (spike != run.spikes_ms.end() && *spike <= end) {
      ++spike;
      ++level.spikes;
    }
    const auto intervals = static_cast<double>(spike - first) - 1;
    if (level.spikes > 0)
      level.rate_hz = intervals > 0 ? 1000 * intervals / (*(spike - 1) - *first) : 1000 / (end - begin);
    if (!run.ok() && !(end <= run.failure->at_ms)) level.rate_hz = nan;
    for (; sample < run.time_ms.size() && run.time_ms[sample] <= end; ++sample)
      if (const double v = run.states[0][sample]; run.time_ms[sample] > begin) {
        if (!(v >= level.v_low)) level.v_low = v;
        if (!(v <= level.v_high)) level.v_high = v;
      }
    if (resets && level.spikes > 0) level.v_high = top;
    (k < levels.size() ? out.up : out.down).push_back(level);
  }
  std::reverse(out.down.begin(), out.down.end());
  return out;
}

/// Arrows of one length along the flow, as strokes with a gap between them.
Line arrows(const SteadyState& equations, double I, const PhasePlane& p) {
  Line line;
  constexpr int across = 22, up = 16;
  constexpr double length = 0.6;  // of the distance from arrow to arrow
  const double dx = (p.x1 - p.x0) / across, dy = (p.y1 - p.y0) / up;
  for (int i = 0; i < across; ++i)
    for (int j = 0; j < up; ++j) {
      const double place[2] = {p.x0 + (i + 0.5) * dx, p.y0 + (j + 0.5) * dy};
      double slope[2];
      if (!equations.rhs(place, I, slope)) continue;
      const double a = slope[0] / dx, b = slope[1] / dy, size = std::hypot(a, b);
      if (!(size > 0)) continue;
      const double ux = length * a / size, uy = length * b / size;
      const auto to = [&](double x, double y) {
        line.x.push_back(place[0] + x * dx), line.y.push_back(place[1] + y * dy);
      };
      to(-ux / 2, -uy / 2), to(ux / 2, uy / 2);
      // a head of two strokes, turned by 150 degrees
      constexpr double c = -0.866, s = 0.5, head = 0.4;
      to(ux / 2 + head * (c * ux - s * uy), uy / 2 + head * (s * ux + c * uy)), to(ux / 2, uy / 2);
      to(ux / 2 + head * (c * ux + s * uy), uy / 2 + head * (-s * ux + c * uy));
      line.x.push_back(line.x.back()), line.y.push_back(nan);
    }
  return line;
}

/// The trajectory as a line. A reset is a jump: the line ends at the top of the spike, where the model says one, and
/// begins anew.
Line path_of(const Experiment& e, const Trajectory& t, const std::vector<double>& base,
             const std::vector<std::uint32_t>& states) {
  const hk_model& m = e.neuron->equations();
  const Rows p = parameter_rows(e.neuron->model);
  Rows x(m.n_state, HK_LANES), top(m.n_state, HK_LANES);
  Line line;
  auto spike = t.spikes_ms.begin();
  for (std::size_t i = 0; i < t.time_ms.size(); ++i) {
    bool jumped = false;
    for (; m.reset && spike != t.spikes_ms.end() && *spike <= t.time_ms[i]; ++spike) jumped = true;
    if (jumped && i > 0) {
      if (m.peak && !e.neuron->simulate.spikes) {
        for (std::uint32_t k = 0; k < m.n_state; ++k) std::fill_n(x[k], HK_LANES, base[k]);
        for (std::size_t k = 0; k < 2; ++k) std::fill_n(x[states[k]], HK_LANES, t.states[k][i - 1]);
        const PluginCall inside(*e.neuron->model.plugin);
        m.peak(m.context, HK_LANES, x, p, top);
        line.x.push_back(top[states[0]][0]), line.y.push_back(top[states[1]][0]);
      }
      line.x.push_back(line.x.back()), line.y.push_back(nan);
    }
    line.x.push_back(t.states[0][i]), line.y.push_back(t.states[1][i]);
  }
  return line;
}

/// Calls `take` with the points of a line where it turns back in y.
template <class Take> void turns_of(const Line& line, const Take& take) {
  for (std::size_t i = 1; i + 1 < line.x.size(); ++i)
    if ((line.y[i] - line.y[i - 1]) * (line.y[i + 1] - line.y[i]) < 0) take(line.x[i], line.y[i]);
}

PhasePlane phase_plane(const Experiment& e, const DynamicsBlock& d, const SteadyState& equations,
                       const std::vector<double>& start, const DynamicsFound& found) {
  PhasePlane p;
  auto own = begun_at(*e.neuron, start);
  own->simulate.record = equations.free();
  p.trajectory = attempt(steady_neuron(own, d.of, d.at));
  p.path = path_of(e, p.trajectory, start, equations.free());
  // of what is drawn, then of the turns of the nullclines: what they are beyond may be out of any picture
  double low[2], high[2];
  for (std::size_t k = 0; k < 2; ++k) {
    low[k] = std::numeric_limits<double>::infinity(), high[k] = -low[k];
    const auto take = [&](double x) {
      if (std::isfinite(x)) low[k] = std::min(low[k], x), high[k] = std::max(high[k], x);
    };
    for (const double x : k == 0 ? p.path.x : p.path.y) take(x);
    for (const Equilibrium& q : found.at) take(q.y[k]);
    for (const Branch& b : found.diagram.branches)
      for (const Equilibrium& q : b.points) take(q.y[k]);
  }
  const auto field_size = [&](std::size_t k) {
    const hk_field& f = e.neuron->equations().state[equations.free()[k]];
    return std::isfinite(f.high - f.low) && f.high > f.low ? f.high - f.low : 1;
  };
  const auto flat = [&](std::size_t k) { return high[k] - low[k] <= 1e-6 * field_size(k); };
  const auto given = [&](std::size_t k) { return std::isfinite(d.phase_plane->range[k].first); };
  if (flat(0)) low[0] -= 0.05 * field_size(0), high[0] += 0.05 * field_size(0);
  for (std::size_t k = 0; k < 2; ++k)
    if (given(k)) std::tie(low[k], high[k]) = d.phase_plane->range[k];
  if (!given(1)) {
    const double mid_x = 0.5 * (low[0] + high[0]), wide = given(0) ? 0.5 : 0.75, half_x = wide * (high[0] - low[0]);
    const hk_field& f = e.neuron->equations().state[equations.free()[1]];
    const bool bounded = std::isfinite(f.high - f.low) && f.high > f.low;
    const double span = high[1] - low[1], from = bounded ? std::min(f.low, low[1]) : low[1] - 10 * span - 1,
                 to = bounded ? std::max(f.high, high[1]) : high[1] + 10 * span + 1;
    const double x0 = mid_x - half_x, x1 = mid_x + half_x;
    layout::Range middle;
    const auto take = [&](double x, double y) {
      low[1] = std::min(low[1], y), high[1] = std::max(high[1], y);
      if (!given(0)) low[0] = std::min(low[0], x), high[0] = std::max(high[0], x);
    };
    std::vector<Line> lines;
    for (std::size_t k = 0; k < 2; ++k) lines.push_back(nullcline(equations, d.at, k, x0, x1, from, to, 200));
    for (const Line& line : lines) turns_of(line, take);
    // without any turn, the middle of what they span
    const double left = mid_x - 0.5 * half_x, right = mid_x + 0.5 * half_x;
    for (const Line& line : lines)
      for (std::size_t i = 0; i < line.x.size() && flat(1); ++i)
        if (left <= line.x[i] && line.x[i] <= right) middle.take(line.y[i]);
    if (flat(1) && !middle.empty()) low[1] = std::min(low[1], middle.low), high[1] = std::max(high[1], middle.high);
  }
  for (std::size_t k = 0; k < 2; ++k) {
    if (given(k)) continue;
    const double room = high[k] > low[k] ? 0.08 * (high[k] - low[k]) : std::max(1e-3, 0.1 * std::abs(low[k]));
    low[k] -= room, high[k] += room;
  }
  p.x0 = low[0], p.x1 = high[0], p.y0 = low[1], p.y1 = high[1];
  for (std::size_t k = 0; k < 2; ++k)
    p.nullclines.push_back(nullcline(equations, d.at, k, p.x0, p.x1, p.y0, p.y1, 200));
  p.field = arrows(equations, d.at, p);
  return p;
}

/// What a chirp around rest shows beside the linear theory. The run begins in the equilibrium and goes on until the
/// answer has died away, so that the quotient of the transforms is the impedance at any frequency in the chirp.
Impedance impedance(const Experiment& e, const DynamicsBlock& d, const SteadyState& equations,
                    const DynamicsFound& found) {
  const ImpedanceBlock& b = *d.impedance;
  Impedance out;
  if (!found.rest) {
    out.why = "not defined: there is no stable equilibrium at `at`";
    return out;
  }
  const Equilibrium& rest = *found.rest;
  const auto z_at = [&](double f) { return impedance_at(equations, rest, f); };
  constexpr int fine = 400, coarse = 40;
  for (int k = 0; k <= fine; ++k) {
    out.linear.frequency_hz.push_back(b.f0_hz + (b.f1_hz - b.f0_hz) * k / fine);
    out.linear.z.push_back(z_at(out.linear.frequency_hz.back()));
  }
  const auto best = std::max_element(out.linear.z.begin(), out.linear.z.end(),
                                     [](auto x, auto y) { return std::abs(x) < std::abs(y); });
  if (best == out.linear.z.begin() || best + 1 == out.linear.z.end()) {
    out.no_resonance = fmt::format("not defined: the impedance is largest at the {} end of the chirp",
                                   best == out.linear.z.begin() ? "low" : "high");
  } else {
    const auto k = static_cast<std::size_t>(best - out.linear.z.begin());
    double low = out.linear.frequency_hz[k - 1], high = out.linear.frequency_hz[k + 1];
    for (int i = 0; i < 60; ++i) {  // by thirds
      const double third = (high - low) / 3;
      if (std::abs(z_at(low + third)) < std::abs(z_at(high - third))) low += third;
      else high -= third;
    }
    out.resonance_hz = 0.5 * (low + high);
    out.resonance = std::abs(z_at(out.resonance_hz)) / std::abs(z_at(0));
  }

  // The errors of an integrator that chooses its steps add up over the chirp to a few tolerances, and ten at worst.
  if (const auto& own = e.neuron->integrator.options; e.neuron->integrator.dt_ms <= 0 && own.declares("tolerance")) {
    const auto weakest = std::min_element(out.linear.z.begin(), out.linear.z.end(),
                                          [](auto x, auto y) { return std::abs(x) < std::abs(y); });
    const double answer = std::abs(*weakest) * b.amplitude, size = 1 + std::abs(rest.y[0]),
                 tolerance = own.number("tolerance");
    if (tolerance * size > 1e-2 * answer) {
      out.not_seen = fmt::format(
          "not defined: tolerance = {:g} is too coarse for an answer of {}: take {:.0e} or a larger amplitude",
          tolerance, with_unit(std::stod(fmt::format("{:.3g}", answer)), equations.model().state[0].unit),
          5e-3 * answer / size);
      return out;
    }
  }

  // Whole turns, so that the current ends as it began, without a jump; the last frequency is a little higher for it.
  const double dt = e.neuron->integrator.dt_ms, length = whole_steps(b.for_ms, dt);
  const double turns = std::ceil(length * (b.f0_hz + b.f1_hz) / 2000 - 1e-9), f1 = 2000 * turns / length - b.f0_hz;
  const double tail = std::clamp(25 / -rest.eigenvalues[0].real(), 0.01 * length, 20 * length);
  auto own = begun_at(*e.neuron, equations.state(rest.y.data()));
  own->simulate.record = {0};
  Neuron n = steady_neuron(own, d.of, d.at);
  // fifty samples in the shortest period: what folds back from above them is a hundred-thousandth
  n.every_ms = whole_steps(dt > 0 ? std::max(dt, std::floor(20 / b.f1_hz / dt) * dt) : 20 / b.f1_hz, dt);
  n.for_ms = whole_steps(std::ceil((length + tail) / n.every_ms) * n.every_ms, dt);
  ShapeBlock chirp;
  chirp.use = "chirp", chirp.path = "dynamics.impedance";
  std::vector<OptionValue> values;
  for (const double x : {0.0, length, b.f0_hz, f1, b.amplitude}) values.push_back({true, x, {}, {}, {}, {}});
  chirp.options = OptionValues(shape_options("chirp", "1"), std::move(values));
  auto signal = std::make_shared<Signal>(std::vector<ShapeBlock>{chirp}, SignalContext{dt, n.for_ms, e.neuron->seed});
  signal->add(Held{0, 1, std::make_shared<const std::vector<double>>(1, d.at), 1, 0});
  n.inputs[d.of] = signal;
  const Trajectory run = attempt(n);
  if (!run.ok()) {
    out.not_seen = fmt::format("not defined: {} of the chirp", status_of(run.failure));
    return out;
  }
  if (!run.spikes_ms.empty() && equations.model().reset) {
    out.not_seen = "not defined: the neuron fires under the chirp: take a smaller amplitude";
    return out;
  }
  const double v0 = rest.y[0];
  for (int k = 0; k <= coarse; ++k) {
    const double f = b.f0_hz + (b.f1_hz - b.f0_hz) * k / coarse, w = 2 * std::numbers::pi * f / 1000;
    std::complex<double> v = 0, i = 0;
    for (std::size_t s = 0; s < run.time_ms.size(); ++s) {
      const double t = run.time_ms[s];
      const std::complex<double> turn(std::cos(w * t), -std::sin(w * t));
      v += (run.states[0][s] - v0) * turn;
      if (t < length) i += (signal->at(just_after_ms(*e.neuron, t), t) - d.at) * turn;
    }
    out.seen.frequency_hz.push_back(f), out.seen.z.push_back(v / i);
    out.error = std::max(out.error, std::abs(v / i - z_at(f)) / std::abs(z_at(f)));
  }
  return out;
}

std::string complex_text(std::complex<double> z) {
  return z.imag() == 0 ? fmt::format("{:.6g}", z.real())
                       : fmt::format("{:.6g} ± {:.6g}i", z.real(), std::abs(z.imag()));
}

std::string name_of(const Bifurcation& b) {
  return b.kind == Bifurcation::Kind::fold   ? "fold"
         : b.kind == Bifurcation::Kind::hopf ? (b.lyapunov > 0 ? "Hopf, subcritical" : "Hopf, supercritical")
                                             : "threshold";
}

class Findings {
 public:
  Findings(const Experiment& experiment, const DynamicsBlock& d, const SteadyState& equations,
           const DynamicsFound& found)
      : e_(experiment), d_(d), m_(e_.neuron->equations()), equations_(equations), found_(found) {}

  CaseResult result() const {
    CaseResult r;
    r.name = "dynamics";
    if (found_.plane && !found_.plane->trajectory.ok()) {
      r.failure = found_.plane->trajectory.failure;
      r.failure->of = "of the trajectory in the phase plane";
    }
    if (found_.f_i && found_.f_i->failure) {
      r.failure = found_.f_i->failure;
      r.failure->of = "of the staircase";
    }
    for (const DynamicsMeasure& m : dynamics_measures()) {
      const std::string unit = unit_of(m, m_.state[0].unit, m_.inputs[d_.of].unit);
      if (m.list) r.lists.push_back({m.name, unit, {}, {}});
      else r.measures.push_back({m.name, unit, nan, "not asked for"});
    }
    const auto set = [&](const char* name, double value, const std::string& why = {}) {
      for (MeasureValue& v : r.measures)
        if (v.name == name) v.value = why.empty() ? value : nan, v.why = why;
    };
    const auto list = [&](const char* name, auto from, auto value) {
      for (ListValue& l : r.lists)
        if (l.name == name)
          for (const auto& x : from) l.values.push_back(value(x));
    };
    const std::string no_rest = found_.rest ? "" : "not defined: there is no stable equilibrium at `at`";
    set("equilibria", static_cast<double>(found_.at.size()));
    list("equilibria_v", found_.at, [](const Equilibrium& q) { return q.y[0]; });
    set("resting_potential", found_.rest ? found_.rest->y[0] : nan, no_rest);
    set("input_resistance", found_.input_resistance, no_rest);
    set("rheobase", found_.rheobase.I, found_.rheobase.why);
    const auto hopf = found_.diagram.bifurcations(Bifurcation::Kind::hopf),
               fold = found_.diagram.bifurcations(Bifurcation::Kind::fold);
    const auto current = [](const Bifurcation& b) { return b.at.I; };
    list("hopf_currents", hopf, current), list("fold_currents", fold, current);
    list("hopf_frequencies", hopf, [](const Bifurcation& b) { return b.frequency_hz; });
    list("hopf_lyapunov", hopf, [](const Bifurcation& b) { return b.lyapunov; });
    if (found_.f_i && found_.f_i->failure) {
      for (const char* name : {"onset_current", "offset_current"}) set(name, nan, "not defined: the staircase stopped");
      for (ListValue& l : r.lists)
        if (l.name.starts_with("rates_")) l.why = "not defined: the staircase stopped";
    } else if (found_.f_i) {
      const auto rate = [](const Level& l) { return l.rate_hz; };
      list("rates_up", found_.f_i->up, rate), list("rates_down", found_.f_i->down, rate);
      const auto& up = found_.f_i->up;
      const auto& down = found_.f_i->down;
      const auto fires = [](const Level& l) { return l.rate_hz > 0; };
      const auto onset = std::find_if(up.begin(), up.end(), fires);
      set("onset_current", onset == up.end() ? nan : onset->I,
          onset == up.end() ? "not defined: it fires at no level" : "");
      const auto silent = std::find_if_not(down.rbegin(), down.rend(), fires);
      set("offset_current", silent == down.rbegin() ? nan : (silent - 1)->I,
          silent == down.rbegin() ? "not defined: it does not fire at the highest level" : "");
    } else {
      for (ListValue& l : r.lists)
        if (l.name.starts_with("rates_")) l.why = "not asked for";
    }
    if (found_.impedance) {
      const Impedance& z = *found_.impedance;
      const auto first = [](const std::string& a, const std::string& b) { return a.empty() ? b : a; };
      set("resonance_frequency", z.resonance_hz, first(z.why, z.no_resonance));
      set("resonance_strength", z.resonance, first(z.why, z.no_resonance));
      set("impedance_error", z.error, first(z.why, z.not_seen));
    }
    return r;
  }

  std::vector<Table> tables(const CaseResult& r) const {
    Table scores{"", {"", "value", ""}, {}, ""};
    for (const MeasureValue& v : r.measures)
      if (v.why != "not asked for")
        scores.rows.push_back({v.name, v.why.empty() ? fmt::format("{:.10g}", v.value) : "–",
                               v.why.empty() ? (v.unit == "1" ? "" : v.unit) : v.why});
    std::vector<Table> all{scores};
    const std::string at = fmt::format("{} = {}", m_.inputs[d_.of].name, with_unit(d_.at, m_.inputs[d_.of].unit));
    if (found_.at.empty()) {
      all[0].note = fmt::format("no equilibrium was found at {}", at);
    } else {
      if (found_.impedance && e_.neuron->integrator.dt_ms <= 0)
        all[0].note =
            "impedance_error holds the error of the integrator: its tolerance has to lie far below the answer to "
            "the chirp; and what is not linear in the amplitude: halve it to see";
      Table t{fmt::format("Equilibria at {}", at), {}, {}, {}};
      for (const std::uint32_t k : equations_.free()) t.head.push_back(with_unit(m_.state[k].name, m_.state[k].unit));
      t.head.push_back("kind"), t.head.push_back("eigenvalues (1/ms)");
      for (const Equilibrium& q : found_.at) {
        std::vector<std::string> row;
        for (const double y : q.y) row.push_back(fmt::format("{:.10g}", y));
        row.push_back(kind_of(q.eigenvalues));
        std::string values;
        for (const auto& z : q.eigenvalues)
          if (z.imag() >= 0) values += (values.empty() ? "" : ", ") + complex_text(z);
        row.push_back(values);
        t.rows.push_back(std::move(row));
      }
      all.push_back(std::move(t));
    }
    Table t{fmt::format("Bifurcations from {} to {}", d_.from, with_unit(d_.to, m_.inputs[d_.of].unit)),
            {"kind", with_unit(m_.inputs[d_.of].name, m_.inputs[d_.of].unit),
             with_unit(m_.state[0].name, m_.state[0].unit), "frequency (Hz)"},
            {},
            "followed from the branches that a scan over v finds; a fold ends two equilibria, at a Hopf point an "
            "oscillation of that frequency begins, unstable if subcritical"};
    for (const Bifurcation& b : bifurcations())
      t.rows.push_back({name_of(b), fmt::format("{:.12g}", b.at.I), fmt::format("{:.10g}", b.at.y[0]),
                        b.kind == Bifurcation::Kind::hopf ? fmt::format("{:.8g}", b.frequency_hz) : ""});
    if (t.rows.empty()) t.rows.push_back({"none", "", "", ""});
    all.push_back(std::move(t));
    return all;
  }

  std::vector<Sheet> sheets() const {
    std::vector<Sheet> all;
    Sheet s{"equilibria", {}};
    Column branch{"branch", "Branch", "", {}}, I = current(), kind{"kind", "Kind", "", {}},
                                               real{"real", "Largest Real Part", "1/ms", {}};
    std::vector<Column> y = states();
    for (std::size_t i = 0; i < found_.diagram.branches.size(); ++i)
      for (const Equilibrium& q : found_.diagram.branches[i].points) {
        branch.values.push_back(static_cast<double>(i + 1)), I.values.push_back(q.I),
            kind.words.push_back(kind_of(q.eigenvalues));
        real.values.push_back(q.eigenvalues.empty() ? nan : q.eigenvalues[0].real());
        for (std::size_t k = 0; k < y.size(); ++k) y[k].values.push_back(q.y[k]);
      }
    s.columns = {branch, I};
    s.columns.insert(s.columns.end(), y.begin(), y.end());
    s.columns.push_back(kind), s.columns.push_back(real);
    all.push_back(std::move(s));

    s = {"bifurcations", {}};
    kind.words.clear(), I = current(), y = states();
    Column f{"frequency", "Frequency", "Hz", {}}, l1{"lyapunov", "First Lyapunov Coefficient", "", {}};
    for (const Bifurcation& b : bifurcations()) {
      const bool hopf = b.kind == Bifurcation::Kind::hopf;
      kind.words.push_back(name_of(b)), I.values.push_back(b.at.I);
      f.values.push_back(hopf ? b.frequency_hz : nan), l1.values.push_back(hopf ? b.lyapunov : nan);
      for (std::size_t k = 0; k < y.size(); ++k) y[k].values.push_back(b.at.y[k]);
    }
    s.columns = {kind, I};
    s.columns.insert(s.columns.end(), y.begin(), y.end());
    s.columns.push_back(f), s.columns.push_back(l1);
    all.push_back(std::move(s));

    if (found_.f_i) {
      I = current();
      s = {"f_i", {}};
      std::vector<Column> c;
      const std::string v = title_of(m_.state[0].meaning), unit = m_.state[0].unit;
      for (const char* way : {"Rising Current", "Falling Current"}) {
        c.push_back({"rate", fmt::format("Rate under {}", way), "Hz", {}});
        c.push_back({"low", fmt::format("Lowest {} under {}", v, way), unit, {}});
        c.push_back({"high", fmt::format("Highest {} under {}", v, way), unit, {}});
      }
      for (std::size_t k = 0; k < found_.f_i->up.size(); ++k) {
        I.values.push_back(found_.f_i->up[k].I);
        std::size_t at = 0;
        for (const Level* l : {&found_.f_i->up[k], &found_.f_i->down[k]})
          for (const double x : {l->rate_hz, l->v_low, l->v_high}) c[at++].values.push_back(x);
      }
      s.columns = {I};
      s.columns.insert(s.columns.end(), c.begin(), c.end());
      all.push_back(std::move(s));
    }
    if (found_.plane) {
      s = {"nullclines", {{"of", "Of", "", {}}}};
      y = states();
      for (std::size_t k = 0; k < 2; ++k) {
        const Line& line = found_.plane->nullclines[k];
        for (std::size_t i = 0; i < line.x.size(); ++i)
          s.columns[0].words.emplace_back(m_.state[equations_.free()[k]].name), y[0].values.push_back(line.x[i]),
              y[1].values.push_back(line.y[i]);
      }
      s.columns.insert(s.columns.end(), y.begin(), y.end());
      all.push_back(std::move(s));
      y = states();
      s = {"trajectory", {{"time", "Time", "ms", found_.plane->trajectory.time_ms.list()}}};
      for (std::size_t k = 0; k < 2; ++k) y[k].values = found_.plane->trajectory.states[k], s.columns.push_back(y[k]);
      all.push_back(std::move(s));
    }
    if (found_.impedance && found_.impedance->why.empty()) {
      const auto& z = *found_.impedance;
      const std::string unit =
          unit_of(*find_dynamics_measure("input_resistance"), m_.state[0].unit, m_.inputs[d_.of].unit);
      for (const auto& [name, curve] : {std::pair{"impedance_chirp", &z.seen}, {"impedance_linear", &z.linear}}) {
        if (curve->z.empty()) continue;
        s = {name,
             {{"f", "Frequency", "Hz", curve->frequency_hz},
              {"Z", "Impedance", unit, {}},
              {"phase", "Phase", "degrees", {}}}};
        for (const auto& value : curve->z)
          s.columns[1].values.push_back(std::abs(value)),
              s.columns[2].values.push_back(std::arg(value) * 180 / std::numbers::pi);
        all.push_back(std::move(s));
      }
    }
    return all;
  }

 private:
  Column current() const {
    return {m_.inputs[d_.of].name, title_of(m_.inputs[d_.of].meaning), m_.inputs[d_.of].unit, {}};
  }
  std::vector<Column> states() const {
    std::vector<Column> y;
    for (const std::uint32_t k : equations_.free())
      y.push_back({m_.state[k].name, title_of(m_.state[k].meaning), m_.state[k].unit, {}});
    return y;
  }
  std::vector<Bifurcation> bifurcations() const {
    std::vector<Bifurcation> all;
    for (const auto kind : {Bifurcation::Kind::hopf, Bifurcation::Kind::fold, Bifurcation::Kind::threshold})
      for (Bifurcation& b : found_.diagram.bifurcations(kind)) all.push_back(std::move(b));
    std::stable_sort(all.begin(), all.end(),
                     [](const Bifurcation& a, const Bifurcation& b) { return a.at.I < b.at.I; });
    return all;
  }

  const Experiment& e_;
  const DynamicsBlock& d_;
  const hk_model& m_;
  const SteadyState& equations_;
  const DynamicsFound& found_;
};

}  // namespace

void Dynamics::prepare(const Experiment& e) const { hillock::prepare(steady_neuron(e.neuron, block.of, block.from)); }

void Dynamics::visit(const Experiment& e, const Visitor& visitor) const { visitor.neuron(*e.neuron); }

std::vector<Refinable> Dynamics::refinable(const Experiment&, const Recording*, std::size_t) const {
  throw Error(block.place, "converge refines runs, not equilibria: it has nothing to say of 'dynamics'",
              "leave the block out to refine the run alone");
}

Outcome Dynamics::run(const std::shared_ptr<const Experiment>& experiment, const RunOptions& options) const {
  const Experiment& e = *experiment;
  const DynamicsBlock& d = block;
  const Neuron neuron = steady_neuron(e.neuron, d.of, d.from);
  const std::vector<double> start = start_of(neuron);
  const SteadyState equations(neuron, start, d.of);
  DynamicsFound found;
  found.diagram = follow_equilibria(equations, d.from, d.to);
  found.at = equilibria_at(equations, found.diagram, d.at);
  const auto rest = std::find_if(found.at.begin(), found.at.end(), [](const Equilibrium& q) { return q.stable(); });
  if (rest != found.at.end()) found.rest = &*rest, found.input_resistance = impedance_at(equations, *rest, 0).real();
  found.rheobase = rheobase(found.diagram, d.from);
  if (d.f_i) found.f_i = climb(e, d, start);
  if (d.phase_plane) found.plane = phase_plane(e, d, equations, start, found);
  if (d.impedance) found.impedance = impedance(e, d, equations, found);

  Outcome out;
  const Findings findings(e, d, equations, found);
  CaseResult r = findings.result();
  if (options.on_case) options.on_case(r);
  out.run.tables = findings.tables(r);
  out.run.sheets = findings.sheets();
  if (options.figures) out.run.figures = figures_of_dynamics(e, d, equations, found);
  out.cases.push_back(std::move(r));
  out.judgements = judge(e, out.cases);
  return out;
}

}  // namespace hillock
