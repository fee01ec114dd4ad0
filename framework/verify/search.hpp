#pragma once
// Optimizers driven through the boundary: what is minimised, and the turns of ask and tell.
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "host/plugins.hpp"
#include "verify/settings.hpp"

namespace hillock::verify {

using Vector = std::vector<double>;

/// What is minimised over a box. What it cannot tell is empty.
struct Objective {
  Vector low, high, start;
  std::function<double(const Vector&)> loss;
  std::function<Vector(const Vector&)> gradient;   ///< [number]
  std::function<Vector(const Vector&)> curvature;  ///< [number * n + number]
  std::function<Vector(const Vector&)> losses;     ///< several losses in place of one
  std::size_t n_losses = 1;
  std::size_t n() const { return low.size(); }
};

/// Whether an objective tells all that an optimizer may want.
inline bool serves(const Objective& objective, const hk_optimizer& optimizer) {
  return (!(optimizer.flags & HK_GRADIENT) || objective.gradient) &&
         (!(optimizer.flags & HK_CURVATURE) || objective.curvature);
}

/// Hears each candidate, its loss and what was wanted besides. False: the search is to end.
using Listener = std::function<bool(const Vector& x, double loss, std::uint32_t wants)>;

/// Searches until the optimizer ends or the listener has heard enough. Returns why the optimizer has ended; empty if it
/// has not.
inline std::string search(const Plugin& plugin, const Objective& objective, std::uint64_t seed,
                          std::uint64_t evaluations, const Settings& settings, const Listener& hear) {
  const hk_optimizer& o = plugin.optimizer();
  const Values values(o.options, o.n_options, settings);
  const std::size_t n = objective.n();
  hk_search problem{};
  problem.size = sizeof problem;
  problem.n = static_cast<std::uint32_t>(n);
  problem.low = objective.low.data();
  problem.high = objective.high.data();
  problem.start = objective.start.empty() ? nullptr : objective.start.data();
  problem.seed = seed;
  problem.evaluations = evaluations;
  problem.n_losses = static_cast<std::uint32_t>(objective.n_losses);
  hk_error error{};
  void* self = nullptr;
  check(plugin, o.open(&problem, values.data(), nullptr, &self, &error), error);
  const std::unique_ptr<void, void (*)(void*)> closing(self, o.close);
  Vector x(n), losses;
  std::vector<Vector> each, gradient, curvature;
  const auto rows = [](const std::vector<Vector>& table) {
    std::vector<const double*> out;
    for (const Vector& row : table) out.push_back(row.data());
    return out;
  };
  for (;;) {
    hk_asked asked{};
    asked.size = sizeof asked;
    check(plugin, o.ask(self, &asked, &error), error);
    const std::uint32_t count = asked.count;
    if (count == 0) return o.ended ? o.ended(self) : "";
    const bool slopes = asked.wants & HK_GRADIENT, bends = asked.wants & HK_CURVATURE;
    losses.assign(count, 0);
    if (objective.losses) each.assign(objective.n_losses, Vector(count));
    if (slopes) gradient.assign(n, Vector(count));
    if (bends) curvature.assign(n * n, Vector(count));
    bool more = true;
    for (std::uint32_t c = 0; c < count && more; ++c) {
      for (std::size_t k = 0; k < n; ++k) x[k] = asked.x[k][c];
      if (objective.losses) {
        const Vector all = objective.losses(x);
        for (std::size_t j = 0; j < all.size(); ++j) each[j][c] = all[j];
        losses[c] = all[0];
      } else {
        losses[c] = objective.loss(x);
      }
      const Vector g = slopes ? objective.gradient(x) : Vector{};
      for (std::size_t k = 0; k < g.size(); ++k) gradient[k][c] = g[k];
      const Vector h = bends ? objective.curvature(x) : Vector{};
      for (std::size_t k = 0; k < h.size(); ++k) curvature[k][c] = h[k];
      more = hear(x, losses[c], asked.wants);
    }
    if (!more) return "";
    const auto each_rows = rows(each), gradient_rows = rows(gradient), curvature_rows = rows(curvature);
    hk_told told{};
    told.size = sizeof told;
    told.count = count;
    told.losses = losses.data();
    told.each = objective.losses ? each_rows.data() : nullptr;
    told.gradient = slopes ? gradient_rows.data() : nullptr;
    told.curvature = bends ? curvature_rows.data() : nullptr;
    check(plugin, o.tell(self, &told, &error), error);
  }
}

}  // namespace hillock::verify
