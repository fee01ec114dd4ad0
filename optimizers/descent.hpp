#pragma once
// What the optimizers that follow derivatives share: several starts that walk at once, as the lanes of one batch.
#include <memory>

#include "common.hpp"

namespace hillock::search {

/// Points at which starts begin: the user's first guess, then random ones of which the box is full.
class Starts {
 public:
  Starts(const Problem& problem, std::uint64_t stream) : problem_(problem), draws_(problem.seed, stream) {}
  Vector next() {
    const bool guess = !begun_ && !problem_.start.empty();
    begun_ = true;
    return guess ? problem_.start : draws_.point(problem_.n);
  }

 private:
  Problem problem_;
  Draws draws_;
  bool begun_ = false;
};

inline double dot(const Vector& a, const Vector& b) {
  double sum = 0;
  for (std::size_t k = 0; k < a.size(); ++k) sum += a[k] * b[k];
  return sum;
}
inline double norm(const Vector& a) { return std::sqrt(dot(a, a)); }

/// Runs a number of walks at once. A Walk has:
///     Walk(Vector at, const Rules&);
///     Vector candidate() const;
///     void hear(double loss, const Vector& gradient, const Vector& curvature);
///     double best;                  // its lowest loss
///     std::string ended;            // why the walk is at its end, or empty
/// An ended walk gives its place to a new start, if there are restarts.
template <class Walk, class Rules> class Walks {
 public:
  /// REQUIRES: rules live as long.
  Walks(const Problem& problem, std::size_t count, bool restarts, const Rules& rules)
      : starts_(problem, 0), restarts_(restarts), rules_(&rules) {
    for (std::size_t w = 0; w < count; ++w) walks_.emplace_back(starts_.next(), rules);
  }
  Batch ask() const {
    Batch out;
    for (const Walk& w : walks_) out.push_back(w.candidate());
    return out;
  }
  void tell(const Outcome& told) {
    std::vector<Walk> going;
    for (std::size_t w = 0; w < walks_.size(); ++w) {
      walks_[w].hear(told.losses[w], told.gradients[w], told.curvature.empty() ? Vector{} : told.curvature[w]);
      if (walks_[w].ended.empty()) going.push_back(std::move(walks_[w]));
      else if (restarts_) going.emplace_back(starts_.next(), *rules_);
      else if (walks_[w].best < best_) {
        best_ = walks_[w].best;
        why_ = walks_[w].ended;
      } else if (why_.empty()) why_ = walks_[w].ended;
    }
    walks_ = std::move(going);
  }
  /// Why the best walk ended.
  const std::string& ended() const { return why_; }

 private:
  Starts starts_;
  bool restarts_;
  const Rules* rules_;
  std::vector<Walk> walks_;
  double best_ = failed;
  std::string why_;
};

}  // namespace hillock::search
