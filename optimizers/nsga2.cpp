// NSGA-II of Deb, Pratap, Agarwal & Meyarivan (2002), doi:10.1109/4235.996017: several losses at once. Members are
// ranked by how many fronts dominate them, and within a front by how lonely they are. Parents and children compete for
// the next population. With one loss it is an elitist genetic algorithm.
#include "variation.hpp"

using namespace hillock::search;
using hillock::Options;

struct Nsga2 {
  static constexpr auto id = "nsga2", version = "1.0.0", cite = "doi:10.1109/4235.996017",
                        meaning = "genetic algorithm for several losses at once: the front of what none surpasses";
  static constexpr std::uint32_t flags = HK_MANY_LOSSES;
  static constexpr hk_option options[] = {hillock::integer("population", 100, 4, 100000, "members, an even number"),
                                          Variation::crossover,
                                          Variation::crossover_chance,
                                          Variation::crossover_index,
                                          Variation::alpha,
                                          Variation::line_chance,
                                          Variation::mutation_chance,
                                          Variation::mutation_index};

  Nsga2(const Problem& problem, const Options& chosen)
      : problem_(problem),
        draws_(problem.seed, 0),
        variation_(problem, chosen),
        members_(static_cast<std::size_t>(chosen.number("population"))) {
    if (members_ % 2 != 0)
      throw hillock::BadInput("population = " + std::to_string(members_) + " is odd: parents come in pairs");
  }

  Batch ask() {
    asked_.clear();
    if (population_.empty()) {
      while (asked_.size() < members_) asked_.push_back(draws_.point(problem_.n));
      if (!problem_.start.empty()) asked_[0] = problem_.start;
      return asked_;
    }
    while (asked_.size() < members_) {
      auto [a, b] = variation_.children(winner().x, winner().x, draws_);
      asked_.push_back(std::move(a));
      asked_.push_back(std::move(b));
    }
    return asked_;
  }

  void tell(const Outcome& told) {
    for (std::size_t c = 0; c < asked_.size(); ++c)
      population_.push_back({asked_[c], told.each.empty() ? Vector{told.losses[c]} : told.each[c], 0, 0});
    select();
  }

  std::uint32_t wants() const { return 0; }
  std::string ended() const { return ""; }

 private:
  struct Member {
    Vector x, losses;
    std::size_t front;
    double room;  // crowding distance
  };
  static bool dominates(const Member& a, const Member& b) {
    bool better = false;
    for (std::size_t j = 0; j < a.losses.size(); ++j) {
      if (a.losses[j] > b.losses[j]) return false;
      better = better || a.losses[j] < b.losses[j];
    }
    return better;
  }

  /// Tournament of two: the lower front, then the more room.
  const Member& winner() {
    const Member& a = population_[draws_.below(population_.size())];
    const Member& b = population_[draws_.below(population_.size())];
    if (a.front != b.front) return a.front < b.front ? a : b;
    return a.room >= b.room ? a : b;
  }

  std::vector<std::vector<std::size_t>> fronts() const {
    const std::size_t all = population_.size();
    std::vector<std::size_t> above(all, 0);
    std::vector<std::vector<std::size_t>> below(all), out(1);
    for (std::size_t a = 0; a < all; ++a)
      for (std::size_t b = 0; b < all; ++b)
        if (dominates(population_[a], population_[b])) {
          below[a].push_back(b);
          ++above[b];
        }
    for (std::size_t m = 0; m < all; ++m)
      if (above[m] == 0) out[0].push_back(m);
    while (!out.back().empty()) {
      std::vector<std::size_t> next;
      for (const std::size_t a : out.back())
        for (const std::size_t b : below[a])
          if (--above[b] == 0) next.push_back(b);
      out.push_back(std::move(next));
    }
    out.pop_back();
    return out;
  }

  void find_room(const std::vector<std::size_t>& front) {
    for (const std::size_t m : front) population_[m].room = 0;
    for (std::size_t j = 0; j < population_[front[0]].losses.size(); ++j) {
      std::vector<std::size_t> order = front;
      const auto loss = [&](std::size_t m) { return population_[m].losses[j]; };
      std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return loss(a) < loss(b); });
      const double range = loss(order.back()) - loss(order[0]);
      population_[order[0]].room = population_[order.back()].room = failed;
      if (!(range > 0) || !std::isfinite(range)) continue;
      for (std::size_t i = 1; i + 1 < order.size(); ++i)
        population_[order[i]].room += (loss(order[i + 1]) - loss(order[i - 1])) / range;
    }
  }

  void select() {
    std::vector<Member> next;
    std::size_t number = 0;
    for (auto& front : fronts()) {
      find_room(front);
      for (const std::size_t m : front) population_[m].front = number;
      ++number;
      if (next.size() + front.size() > members_)
        std::stable_sort(front.begin(), front.end(),
                         [&](std::size_t a, std::size_t b) { return population_[a].room > population_[b].room; });
      for (const std::size_t m : front)
        if (next.size() < members_) next.push_back(population_[m]);
      if (next.size() == members_) break;
    }
    population_ = std::move(next);
  }

  Problem problem_;
  Draws draws_;
  Variation variation_;
  std::size_t members_;
  std::vector<Member> population_;
  Batch asked_;
};
HILLOCK_SEARCH_METHOD(Nsga2)
