#pragma once
// All functions of a model at points of its ranges. Checks and tests hold them against one another.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <exception>
#include <vector>

#include "verify/batch.hpp"
#include "verify/checks.hpp"

namespace hillock::verify {

/// Calls a function of the model, which cannot fail.
template <class F> void call(const char* function, F&& f) {
  try {
    f();
  } catch (const std::exception& e) {
    fail("{} throws '{}': a model cannot fail; give NaN, and let the ranges keep out what has no answer", function,
         e.what());
  }
}

/// A point of a model: parameters with the derived constants, state, inputs, of some lanes.
struct Point {
  explicit Point(const hk_model& m, std::uint32_t lanes = HK_LANES)
      : model(m), p(m.n_params + m.n_derived, lanes), x(m.n_state, lanes), in(m.n_inputs, lanes) {}
  void derive() {
    hk_out all = p;
    if (model.derive) call("derive", [&] { model.derive(model.context, p.lanes(), p, all + model.n_params); });
  }
  Point(const Point& from) : Point(from.model, from.lanes()) { p.copy(from.p), x.copy(from.x), in.copy(from.in); }
  std::uint32_t lanes() const { return p.lanes(); }
  const hk_model& model;
  Rows p, x, in;
};

/// Where in its range a number is drawn.
enum class Where { near_default, anywhere, corners };

inline double draw(const hk_field& f, Where where, Dice& dice) {
  if (f.kind == HK_DRAW) return -std::log(1 - dice.unit());
  switch (where) {
    case Where::near_default:
      return std::clamp(
          f.value + 0.1 * std::max(std::abs(f.value), std::min(1., 0.1 * (f.high - f.low))) * dice.between(-1, 1),
          f.low, f.high);
    case Where::anywhere: return dice.between(f.low, f.high);
    case Where::corners: return dice.below(3) == 0 ? f.low : dice.below(2) == 0 ? f.high : dice.between(f.low, f.high);
  }
  return f.value;
}

/// Fills parameters, state and inputs, and derives.
template <class Value> void fill(Point& at, Value&& value) {
  const auto rows = [&](Rows& to, const hk_field* fields, std::size_t n) {
    for (std::size_t k = 0; k < n; ++k)
      for (std::uint32_t i = 0; i < to.lanes(); ++i) to[k][i] = value(fields[k]);
  };
  rows(at.p, at.model.params, at.model.n_params);
  rows(at.x, at.model.state, at.model.n_state);
  rows(at.in, at.model.inputs, at.model.n_inputs);
  at.derive();
}
inline void fill(Point& at, Where where, Dice& dice) {
  fill(at, [&](const hk_field& f) { return draw(f, where, dice); });
}

/// What the functions are called, in the order of `values`.
inline constexpr std::array functions{"derive",     "initial", "rhs",     "reset",  "threshold",
                                      "refractory", "peak",    "release", "observe"};
inline constexpr std::size_t n_with_slopes = 6;  // the tangent has the first six

/// Every function of a model at a point.
inline std::vector<Rows> values(const Point& at) {
  const hk_model& m = at.model;
  const std::uint32_t lanes = at.lanes();
  std::vector<Rows> out;
  out.emplace_back(m.n_derived, lanes);
  for (std::size_t k = 0; k < m.n_derived; ++k) std::copy_n(at.p[m.n_params + k], lanes, out[0][k]);
  const auto of_state = [&](const char* name, auto f, std::size_t n) {
    out.emplace_back(f ? n : 0, lanes);
    if (f) call(name, [&] { f(m.context, lanes, at.x, at.p, at.in, out.back()); });
  };
  of_state("initial", m.initial, m.n_state), of_state("rhs", m.rhs, m.n_state), of_state("reset", m.reset, m.n_state);
  out.emplace_back(m.threshold ? 1 : 0, lanes);
  if (m.threshold) call("threshold", [&] { m.threshold(m.context, lanes, at.x, at.p, at.in, out.back()[0]); });
  out.emplace_back(m.refractory ? 1 : 0, lanes);
  if (m.refractory) call("refractory", [&] { m.refractory(m.context, lanes, at.p, out.back()[0]); });
  out.emplace_back(m.peak ? m.n_state : 0, lanes);
  if (m.peak) call("peak", [&] { m.peak(m.context, lanes, at.x, at.p, out.back()); });
  of_state("release", m.release, m.n_state), of_state("observe", m.observe, m.n_observed);
  return out;
}

/// The same of the tangent, along a direction.
inline std::vector<Rows> slopes(const Point& at, const hk_tangent& t, Point& along) {
  const hk_model& m = at.model;
  const std::uint32_t lanes = at.lanes();
  std::vector<Rows> out;
  out.emplace_back(m.n_derived, lanes);
  if (t.derive) t.derive(m.context, lanes, at.p, along.p, out[0]);
  for (std::size_t k = 0; k < m.n_derived; ++k) std::copy_n(out[0][k], lanes, along.p[m.n_params + k]);
  for (const auto f : {t.initial, t.rhs, t.reset}) {
    out.emplace_back(f ? m.n_state : 0, lanes);
    if (f) f(m.context, lanes, at.x, at.p, at.in, along.x, along.p, along.in, out.back());
  }
  out.emplace_back(t.threshold ? 1 : 0, lanes);
  if (t.threshold) t.threshold(m.context, lanes, at.x, at.p, at.in, along.x, along.p, along.in, out.back()[0]);
  out.emplace_back(t.refractory ? 1 : 0, lanes);
  if (t.refractory) t.refractory(m.context, lanes, at.p, along.p, out.back()[0]);
  return out;
}

/// The point at a distance h along a direction.
inline Point moved(const Point& from, const Point& along, double h) {
  Point to(from.model, from.lanes());
  const auto add = [&](Rows& out, const Rows& a, const Rows& d, std::size_t n) {
    for (std::size_t k = 0; k < n; ++k)
      for (std::uint32_t i = 0; i < out.lanes(); ++i) out[k][i] = a[k][i] + h * d[k][i];
  };
  add(to.p, from.p, along.p, from.model.n_params);
  add(to.x, from.x, along.x, from.model.n_state);
  add(to.in, from.in, along.in, from.model.n_inputs);
  to.derive();
  return to;
}

}  // namespace hillock::verify
