// What the dynamics of a model look like: bifurcation diagram above the rates, steady current against voltage, phase
// plane, impedance.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "purpose/dynamics/found.hpp"
#include "purpose/dynamics/measures.hpp"

namespace hillock {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

Curve curve(std::string label, Curve::Style style, int colour, bool emphasised = false, bool dashed = false) {
  Curve c;
  c.label = std::move(label), c.style = style, c.colour = colour, c.emphasised = emphasised, c.dashed = dashed;
  return c;
}

void add(Curve& c, double x, double y) { c.x.push_back(x), c.y.push_back(y); }

/// Equilibria as lines, solid where they are stable, and the points where that changes: (I, v) or (v, I).
std::vector<Curve> equilibria(const Diagram& diagram, bool current_below) {
  Curve stable = curve("stable", Curve::Style::line, -1, true),
        unstable = curve("unstable", Curve::Style::line, -1, false, true);
  Curve hopf = curve("Hopf", Curve::Style::points, 1, true), fold = curve("fold", Curve::Style::points, 2, true),
        threshold = curve("threshold", Curve::Style::points, 3, true);
  const auto put = [&](Curve& c, const Equilibrium& q) { current_below ? add(c, q.I, q.y[0]) : add(c, q.y[0], q.I); };
  for (const Branch& b : diagram.branches) {
    std::vector<bool> marked(b.points.size(), false);
    for (const auto& [index, bifurcation] : b.bifurcations) {
      marked[index] = true;
      put(bifurcation.kind == Bifurcation::Kind::hopf   ? hopf
          : bifurcation.kind == Bifurcation::Kind::fold ? fold
                                                        : threshold,
          bifurcation.at);
    }
    Curve* last = nullptr;
    for (std::size_t i = 0; i + 1 < b.points.size(); ++i) {
      // at a bifurcation itself the sign is rounding
      const bool is_stable = !marked[i] ? b.points[i].stable() : !marked[i + 1] && b.points[i + 1].stable();
      Curve& c = is_stable ? stable : unstable;
      if (&c != last) {
        if (!c.x.empty()) add(c, c.x.back(), nan);
        put(c, b.points[i]);
      }
      put(c, b.points[i + 1]);
      last = &c;
    }
  }
  std::vector<Curve> all;
  for (Curve* c : {&stable, &unstable, &hopf, &fold, &threshold})
    if (!c->x.empty()) all.push_back(std::move(*c));
  return all;
}

/// The nullcline, the trajectory ... of a plane with what lies outside of its axes left out.
Curve within(Curve c, const PhasePlane& p) {
  for (std::size_t i = 0; i < c.x.size(); ++i)
    if (!(p.x0 <= c.x[i] && c.x[i] <= p.x1 && p.y0 <= c.y[i] && c.y[i] <= p.y1))
      c.x[i] = std::isfinite(c.x[i]) ? std::clamp(c.x[i], p.x0, p.x1) : (i > 0 ? c.x[i - 1] : p.x0), c.y[i] = nan;
  return c;
}

}  // namespace

std::vector<Figure> figures_of_dynamics(const Experiment& e, const DynamicsBlock& d, const SteadyState& equations,
                                        const DynamicsFound& found) {
  const hk_model& m = e.neuron->equations();
  const std::string v_axis = axis_of(m.state[0].meaning, m.state[0].unit),
                    i_axis = axis_of(m.inputs[d.of].meaning, m.inputs[d.of].unit);
  const auto titled = [&](const char* what) { return e.title.empty() ? what : fmt::format("{}: {}", e.title, what); };
  std::vector<Figure> all;

  Figure f{"bifurcation", titled("bifurcation diagram"), 1, {}};
  Panel p;
  p.x_label = i_axis, p.y_label = v_axis, p.height = found.f_i ? 1.6 : 1.4;
  p.curves = equilibria(found.diagram, true);
  if (found.f_i) {
    Panel rates;
    rates.x_label = i_axis, rates.y_label = "Rate (Hz)";
    bool first = true;
    for (const auto* way : {&found.f_i->up, &found.f_i->down}) {
      const int colour = first ? 0 : 4;
      const Curve::Style style = first ? Curve::Style::points : Curve::Style::rings;
      Curve extremes = curve(first ? "cycle, current rising" : "cycle, falling", style, colour),
            marks = curve(first ? "current rising" : "falling", style, colour),
            line = curve("", Curve::Style::line, colour);
      for (const Level& l : *way) {
        if (l.rate_hz > 0) add(extremes, l.I, l.v_low), add(extremes, l.I, l.v_high);
        add(marks, l.I, l.rate_hz), add(line, l.I, l.rate_hz);
      }
      if (!extremes.x.empty()) p.curves.push_back(std::move(extremes));
      rates.curves.push_back(std::move(line)), rates.curves.push_back(std::move(marks));
      first = false;
    }
    f.panels = {std::move(p), std::move(rates)};
  } else {
    f.panels = {std::move(p)};
  }
  all.push_back(std::move(f));

  if (!found.diagram.branches.empty()) {
    f = {"steady_iv", titled("steady current against voltage"), 1, {}};
    p = Panel();
    p.x_label = v_axis,
    p.y_label = fmt::format("Steady {}{}", static_cast<char>(std::tolower(static_cast<unsigned char>(i_axis[0]))),
                            i_axis.substr(1));
    p.curves = equilibria(found.diagram, false);
    f.panels = {std::move(p)};
    all.push_back(std::move(f));
  }

  if (found.plane) {
    const PhasePlane& plane = *found.plane;
    const hk_field &x = m.state[equations.free()[0]], &y = m.state[equations.free()[1]];
    f = {"phase_plane",
         titled(
             fmt::format("phase plane at {} = {}", m.inputs[d.of].name, with_unit(d.at, m.inputs[d.of].unit)).c_str()),
         1,
         {}};
    p = Panel();
    p.x_label = axis_of(x.meaning, x.unit), p.y_label = axis_of(y.meaning, y.unit), p.height = 2;
    Curve field = curve("", Curve::Style::line, -3);
    field.x = plane.field.x, field.y = plane.field.y;
    p.curves.push_back(std::move(field));
    const char* names[] = {x.name, y.name};
    for (std::size_t k = 0; k < 2; ++k) {
      Curve c = curve(fmt::format("{}′ = 0", names[k]), Curve::Style::line, k == 0 ? 1 : 2, true);
      c.x = plane.nullclines[k].x, c.y = plane.nullclines[k].y;
      p.curves.push_back(within(std::move(c), plane));
    }
    Curve path = curve("trajectory", Curve::Style::line, 0);
    path.x = plane.path.x, path.y = plane.path.y;
    p.curves.push_back(within(std::move(path), plane));
    Curve stable = curve("stable", Curve::Style::points, -1, true),
          unstable = curve("unstable", Curve::Style::rings, -1, true);
    for (const Equilibrium& q : found.at) add(q.stable() ? stable : unstable, q.y[0], q.y[1]);
    for (Curve* c : {&stable, &unstable})
      if (!c->x.empty()) p.curves.push_back(within(std::move(*c), plane));
    f.panels = {std::move(p)};
    all.push_back(std::move(f));
  }

  if (found.impedance && found.impedance->why.empty()) {
    const Impedance& z = *found.impedance;
    const std::string unit = unit_of(*find_dynamics_measure("input_resistance"), m.state[0].unit, m.inputs[d.of].unit);
    f = {"impedance", titled("impedance at rest"), 1, {}};
    Panel size, phase;
    size.x_label = phase.x_label = "Frequency (Hz)";
    size.y_label = unit == "1" ? "Impedance" : fmt::format("Impedance ({})", unit), phase.y_label = "Phase (degrees)";
    for (const auto* c : {&z.linear, &z.seen}) {
      if (c->z.empty()) continue;
      const bool linear = c == &z.linear;
      Curve a = linear ? curve("linear theory", Curve::Style::line, -1) : curve("chirp", Curve::Style::rings, 0);
      a.x = c->frequency_hz;
      Curve b = a;
      for (const auto& value : c->z)
        a.y.push_back(std::abs(value)), b.y.push_back(std::arg(value) * 180 / std::numbers::pi);
      b.label.clear();
      size.curves.push_back(std::move(a)), phase.curves.push_back(std::move(b));
    }
    f.panels = {std::move(size), std::move(phase)};
    all.push_back(std::move(f));
  }
  return all;
}

}  // namespace hillock
