#pragma once
// The functions of a model at one point of its own choosing, through the boundary.
#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include "host/harness.hpp"

namespace hillock::test {

/// A neuron that stands still: what its equations, threshold and reset give at these numbers.
class Cell {
 public:
  explicit Cell(const std::string& id, const std::string& preset = "")
      : plugin_(plugins().load(id, 0)),
        model_(plugin_.model()),
        p(model_.n_params + model_.n_derived, HK_LANES),
        x(model_.n_state, HK_LANES),
        in(model_.n_inputs, HK_LANES) {
    const auto fill = [](Rows& rows, const hk_field* fields, std::size_t n) {
      for (std::size_t k = 0; k < n; ++k) std::fill_n(rows[k], HK_LANES, fields[k].value);
    };
    fill(p, model_.params, model_.n_params), fill(x, model_.state, model_.n_state);
    fill(in, model_.inputs, model_.n_inputs);
    bool known = preset.empty();
    for (std::uint32_t r = 0; r < model_.n_presets; ++r)
      if (preset == model_.presets[r].name) {
        known = true;
        for (std::size_t k = 0; k < model_.n_params; ++k)
          if (!std::isnan(model_.presets[r].params[k])) std::fill_n(p[k], HK_LANES, model_.presets[r].params[k]);
      }
    if (!known) throw std::logic_error("no such preset: " + preset);
  }

  Cell& set(const std::string& name, double value) {
    const auto put = [&](Rows& rows, const hk_field* fields, std::size_t n) {
      for (std::size_t k = 0; k < n; ++k)
        if (name == fields[k].name) return std::fill_n(rows[k], HK_LANES, value), true;
      return false;
    };
    if (!put(p, model_.params, model_.n_params) && !put(x, model_.state, model_.n_state) &&
        !put(in, model_.inputs, model_.n_inputs))
      throw std::logic_error("no such name: " + name);
    return *this;
  }

  std::vector<double> rhs() { return of(model_.rhs); }
  std::vector<double> reset() { return of(model_.reset); }
  double threshold() {
    derive();
    Rows g(1, HK_LANES);
    model_.threshold(model_.context, HK_LANES, x, p, in, g[0]);
    return g[0][0];
  }
  /// d rhs[i] / d x[k], from the exact slopes of the model.
  std::vector<std::vector<double>> jacobian() {
    derive();
    const std::size_t n = model_.n_state;
    const Rows p1(p.fields(), HK_LANES), in1(in.fields(), HK_LANES);
    std::vector<std::vector<double>> J(n, std::vector<double>(n));
    for (std::size_t k = 0; k < n; ++k) {
      Rows x1(n, HK_LANES), dx1(n, HK_LANES);
      std::fill_n(x1[k], HK_LANES, 1.0);
      plugin_.tangent()->rhs(plugin_.model().context, HK_LANES, x, p, in, x1, p1, in1, dx1);
      for (std::size_t i = 0; i < n; ++i) J[i][k] = dx1[i][0];
    }
    return J;
  }
  /// Of a model of two states.
  double trace() {
    const auto J = jacobian();
    return J[0][0] + J[1][1];
  }
  double determinant() {
    const auto J = jacobian();
    return J[0][0] * J[1][1] - J[0][1] * J[1][0];
  }

 private:
  void derive() {
    hk_out all = p;
    if (model_.derive) model_.derive(model_.context, HK_LANES, p, all + model_.n_params);
  }
  template <class F> std::vector<double> of(F f) {
    derive();
    Rows out(model_.n_state, HK_LANES);
    f(model_.context, HK_LANES, x, p, in, out);
    std::vector<double> values;
    for (std::size_t k = 0; k < model_.n_state; ++k) values.push_back(out[k][0]);
    return values;
  }

  const Plugin& plugin_;
  const hk_model& model_;
  Rows p, x, in;
};

/// The largest distance between two trains of as many spikes; infinite if their numbers differ.
inline double apart(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.size() != b.size()) return INFINITY;
  double worst = 0;
  for (std::size_t i = 0; i < a.size(); ++i) worst = std::max(worst, std::abs(a[i] - b[i]));
  return worst;
}

}  // namespace hillock::test
