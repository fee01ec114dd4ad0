#pragma once
// What the optimizers of this folder share: the box scaled to [0, 1], random numbers in sequence, the order of losses.
#include <algorithm>
#include <cmath>
#include <hillock/optimizer.hpp>
#include <hillock/random.hpp>
#include <limits>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace hillock::search {

using Vector = std::vector<double>;
using Batch = std::vector<Vector>;  ///< [candidate][number]

constexpr double failed = std::numeric_limits<double>::infinity();  ///< the loss of a candidate that failed

/// Random numbers one after another. They depend on seed, stream and count alone.
class Draws {
 public:
  Draws(std::uint64_t seed, std::uint64_t stream) : random_(seed, stream) {}
  /// In (0, 1).
  double uniform() { return random_.uniform(next_++); }
  double between(double low, double high) { return low + uniform() * (high - low); }
  double normal() { return random_.normal(next_++); }
  /// One of 0 ... n - 1. REQUIRES: n > 0.
  std::size_t below(std::size_t n) {
    return std::min(static_cast<std::size_t>(uniform() * static_cast<double>(n)), n - 1);
  }
  /// A point of the unit box.
  Vector point(std::size_t n) {
    Vector x(n);
    for (double& v : x) v = uniform();
    return x;
  }

 private:
  Random random_;
  std::uint64_t next_ = 0;
};

/// x, or its mirror image within [0, 1] if it lies beyond a wall.
inline double mirrored(double x) {
  if (x >= 0 && x <= 1) return x;
  const double rest = std::fmod(std::abs(x), 2);
  return rest > 1 ? 2 - rest : rest;
}
inline double clamped(double x) { return std::clamp(x, 0.0, 1.0); }

/// Indices from the lowest loss to the highest; equal losses keep their order. REQUIRES: no loss is NaN.
inline std::vector<std::size_t> ranked(const Vector& losses) {
  std::vector<std::size_t> order(losses.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return losses[a] < losses[b]; });
  return order;
}

/// What a method searches: the numbers that can move, each scaled to [0, 1].
struct Problem {
  std::size_t n = 0;  ///< at least 1
  Vector start;       ///< a first guess, or empty
  std::uint64_t seed = 0, evaluations = 0;
  std::size_t losses = 1;
};

/// What became of the candidates. A loss is finite or `failed`; so are all losses of a candidate that failed.
struct Outcome {
  Vector losses;
  Batch each;                  ///< [candidate][loss], where several losses are minimised
  Batch gradients, curvature;  ///< by the scaled numbers, if wanted; zero where a candidate failed
};

/// Makes an optimizer of a method that knows the scaled box alone. A Method has, besides id, version, cite, meaning,
/// options and flags:
///     Method(const Problem&, const Options&);
///     Batch ask();                      // points of the unit box; none: it has finished
///     void tell(const Outcome&);        // not called for a batch that the last evaluations were too few for
///     std::string ended() const;        // why it has finished; not called if all evaluations are spent
///     std::uint32_t wants() const;      // if it has flags
template <class Method> class InUnitBox {
 public:
  static constexpr auto id = Method::id, version = Method::version, cite = Method::cite, meaning = Method::meaning;
  static constexpr auto& options = Method::options;
  static constexpr std::uint32_t flags = [] {
    if constexpr (requires { Method::flags; }) return Method::flags;
    else return 0u;
  }();

  InUnitBox(const Search& search, const Options& chosen) : search_(search), left_(search.evaluations) {
    for (std::size_t k = 0; k < search.n(); ++k)
      if (search.low[k] < search.high[k]) free_.push_back(k);
    Problem problem{free_.size(), {}, search.seed, search.evaluations, search.losses};
    if (!search.start.empty()) {
      for (const std::size_t k : free_) start_.push_back(clamped((search.start[k] - search.low[k]) / width(k)));
      problem.start = start_;
    }
    if (!free_.empty()) method_.emplace(problem, chosen);
  }

  Batch ask() {
    cut_ = false;
    if (left_ == 0) return {};
    Batch scaled;
    if (method_) scaled = method_->ask();
    else if (left_ == search_.evaluations) scaled.emplace_back();  // the one point that there is
    finished_ = scaled.empty();
    if (scaled.size() > left_) {
      scaled.resize(left_);
      cut_ = true;
    }
    left_ -= scaled.size();
    for (Vector& u : scaled) u = unscaled(u);
    return scaled;
  }

  void tell(const Told& told) {
    if (cut_ || !method_) return;
    Outcome out;
    out.losses.assign(told.losses.begin(), told.losses.end());
    out.each = told.each;
    const std::size_t n = free_.size(), all = search_.n();
    out.gradients.assign(told.gradients.size(), Vector(n));
    out.curvature.assign(told.curvature.size(), Vector(n * n));
    for (std::size_t c = 0; c < out.losses.size(); ++c) {
      bool good = std::isfinite(out.losses[c]);
      for (std::size_t i = 0; i < n && !told.gradients.empty(); ++i) {
        out.gradients[c][i] = told.gradients[c][free_[i]] * width(free_[i]);
        good = good && std::isfinite(out.gradients[c][i]);
      }
      for (std::size_t i = 0; i < n * n && !told.curvature.empty(); ++i) {
        const std::size_t row = free_[i / n], column = free_[i % n];
        out.curvature[c][i] = told.curvature[c][row * all + column] * width(row) * width(column);
        good = good && std::isfinite(out.curvature[c][i]);
      }
      if (!out.each.empty())
        for (const double loss : out.each[c]) good = good && std::isfinite(loss);
      if (good) continue;
      out.losses[c] = failed;
      if (!out.each.empty()) std::fill(out.each[c].begin(), out.each[c].end(), failed);
      if (!out.gradients.empty()) std::fill(out.gradients[c].begin(), out.gradients[c].end(), 0.0);
      if (!out.curvature.empty()) std::fill(out.curvature[c].begin(), out.curvature[c].end(), 0.0);
    }
    method_->tell(out);
  }

  std::uint32_t wants() const {
    if constexpr (flags != 0) return method_ ? method_->wants() : 0u;
    else return 0u;
  }

  std::string ended() const {
    if (left_ == 0 && !finished_) return "all " + std::to_string(search_.evaluations) + " evaluations are spent";
    return method_ ? method_->ended() : "no number is free to move";
  }

 private:
  double width(std::size_t k) const { return search_.high[k] - search_.low[k]; }
  Vector unscaled(const Vector& u) const {
    if (!start_.empty() && u == start_) return search_.start;  // to the last bit
    Vector x = search_.low;
    for (std::size_t i = 0; i < u.size(); ++i) {
      const std::size_t k = free_[i];
      x[k] = std::min(search_.low[k] + clamped(u[i]) * width(k), search_.high[k]);
    }
    return x;
  }

  Search search_;
  std::uint64_t left_;
  bool cut_ = false, finished_ = false;
  std::vector<std::size_t> free_;  // the numbers that can move
  Vector start_;
  std::optional<Method> method_;
};

}  // namespace hillock::search

/// The one line that makes a plugin of a method.
#define HILLOCK_SEARCH_METHOD(Method)                           \
  using Method##InUnitBox = hillock::search::InUnitBox<Method>; \
  HILLOCK_OPTIMIZER(Method##InUnitBox)
