// Particle swarm with constriction: Clerc & Kennedy (2002), doi:10.1109/4235.985692. Each particle is drawn to the best
// place of its own and to the best of its neighbours: two on a ring (Kennedy & Mendes 2002,
// doi:10.1109/CEC.2002.1004493), or all. A particle that meets a wall stops there. A swarm that has collapsed to a
// point starts anew.
#include "common.hpp"

using namespace hillock::search;
using hillock::Options;

struct ParticleSwarm {
  static constexpr auto id = "particle_swarm", version = "1.0.0", cite = "doi:10.1109/4235.985692",
                        meaning = "particles drawn to the best places of their own and of their neighbours";
  static constexpr hk_option options[] = {
      hillock::integer("particles", 24, 2, 100000, "size of the swarm"),
      hillock::choice("topology", "ring|global", "ring",
                      "neighbours of a particle: two on a ring, doi:10.1109/CEC.2002.1004493, or the whole swarm"),
      hillock::number("inertia", "1", 0.7298437881, 0, 1, "share of its velocity that a particle keeps"),
      hillock::number("own", "1", 1.49618, 0, 4, "pull of the best place of its own"),
      hillock::number("neighbours", "1", 1.49618, 0, 4, "pull of the best place of its neighbours"),
      hillock::flag("restarts", true, "a swarm that has collapsed to a point starts anew")};

  ParticleSwarm(const Problem& problem, const Options& chosen)
      : problem_(problem),
        draws_(problem.seed, 0),
        particles_(static_cast<std::size_t>(chosen.number("particles"))),
        ring_(chosen.text("topology") == "ring"),
        restarts_(chosen.flag("restarts")),
        inertia_(chosen.number("inertia")),
        own_(chosen.number("own")),
        neighbours_(chosen.number("neighbours")) {
    begin();
    if (!problem.start.empty()) places_[0] = problem.start;
  }

  Batch ask() { return finished_ ? Batch{} : places_; }

  void tell(const Outcome& told) {
    for (std::size_t p = 0; p < particles_; ++p)
      if (told.losses[p] <= losses_[p]) {
        losses_[p] = told.losses[p];
        best_[p] = places_[p];
      }
    if (collapsed()) {
      if (restarts_) begin();
      else finished_ = true;
      return;
    }
    for (std::size_t p = 0; p < particles_; ++p) move(p);
  }

  std::string ended() const { return "the swarm has collapsed to a point"; }

 private:
  void begin() {
    places_.clear();
    velocities_.clear();
    for (std::size_t p = 0; p < particles_; ++p) {
      places_.push_back(draws_.point(problem_.n));
      velocities_.push_back(draws_.point(problem_.n));
      for (std::size_t k = 0; k < problem_.n; ++k) velocities_[p][k] = (velocities_[p][k] - places_[p][k]) / 2;
    }
    best_ = places_;
    losses_.assign(particles_, failed);
  }

  std::size_t leader(std::size_t p) const {
    if (!ring_) return static_cast<std::size_t>(std::min_element(losses_.begin(), losses_.end()) - losses_.begin());
    std::size_t best = p;
    for (const std::size_t q : {(p + particles_ - 1) % particles_, (p + 1) % particles_})
      if (losses_[q] < losses_[best]) best = q;
    return best;
  }

  void move(std::size_t p) {
    const Vector& leading = best_[leader(p)];
    for (std::size_t k = 0; k < problem_.n; ++k) {
      double& x = places_[p][k];
      double& v = velocities_[p][k];
      v = inertia_ * v + own_ * draws_.uniform() * (best_[p][k] - x) +
          neighbours_ * draws_.uniform() * (leading[k] - x);
      x += v;
      if (x >= 0 && x <= 1) continue;
      x = clamped(x);
      v = 0;
    }
  }

  bool collapsed() const {
    for (std::size_t k = 0; k < problem_.n; ++k) {
      const auto by_number = [k](const Vector& a, const Vector& b) { return a[k] < b[k]; };
      const auto [low, high] = std::minmax_element(best_.begin(), best_.end(), by_number);
      if ((*high)[k] - (*low)[k] > 1e-12) return false;
    }
    return true;
  }

  Problem problem_;
  Draws draws_;
  std::size_t particles_;
  bool ring_, restarts_, finished_ = false;
  double inertia_, own_, neighbours_;
  Batch places_, velocities_, best_;
  Vector losses_;
};
HILLOCK_SEARCH_METHOD(ParticleSwarm)
