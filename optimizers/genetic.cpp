// Real-coded genetic algorithm (Deb & Agrawal 1995; Deb 2000, doi:10.1016/S0045-7825(99)00389-8): parents win
// tournaments, are crossed and mutated, and the best members survive unchanged. A population that has collapsed to a
// point starts anew.
#include "variation.hpp"

using namespace hillock::search;
using hillock::Options;

struct Genetic {
  static constexpr auto id = "genetic", version = "1.0.0", cite = "doi:10.1016/S0045-7825(99)00389-8",
                        meaning = "real-coded genetic algorithm: tournaments, crossover, mutation, elite";
  static constexpr hk_option options[] = {
      hillock::integer("population", 40, 2, 100000, "members"),
      hillock::integer("tournament", 3, 1, 1000, "members of which the best becomes a parent"),
      hillock::integer("elite", 2, 0, 100000, "best members that survive unchanged, fewer than the population"),
      Variation::crossover,
      Variation::crossover_chance,
      Variation::crossover_index,
      Variation::alpha,
      Variation::line_chance,
      Variation::mutation_chance,
      Variation::mutation_index,
      hillock::number("mutation_growth", "1", 1, 0, 1e6,
                      "by which the mutation index rises at each generation, so that mutations become finer"),
      hillock::flag("restarts", true, "a population that has collapsed to a point starts anew")};

  Genetic(const Problem& problem, const Options& chosen)
      : problem_(problem),
        draws_(problem.seed, 0),
        variation_(problem, chosen),
        members_(static_cast<std::size_t>(chosen.number("population"))),
        tournament_(static_cast<std::size_t>(chosen.number("tournament"))),
        elite_(static_cast<std::size_t>(chosen.number("elite"))),
        growth_(chosen.number("mutation_growth")),
        first_variation_(variation_),
        restarts_(chosen.flag("restarts")) {
    if (elite_ >= members_)
      throw hillock::BadInput("elite = " + std::to_string(elite_) + " leaves no room for children in a population of " +
                              std::to_string(members_));
  }

  Batch ask() {
    if (finished_) return {};
    asked_.clear();
    if (population_.empty()) {
      while (asked_.size() < members_) asked_.push_back(draws_.point(problem_.n));
      if (first_ && !problem_.start.empty()) asked_[0] = problem_.start;
      first_ = false;
      return asked_;
    }
    while (asked_.size() < members_ - elite_) {
      auto [a, b] = variation_.children(population_[winner()], population_[winner()], draws_);
      asked_.push_back(std::move(a));
      if (asked_.size() < members_ - elite_) asked_.push_back(std::move(b));
    }
    return asked_;
  }

  void tell(const Outcome& told) {
    // the elite stands first, as the population is kept in the order of its losses
    population_.resize(std::min(elite_, population_.size()));
    losses_.resize(population_.size());
    population_.insert(population_.end(), asked_.begin(), asked_.end());
    losses_.insert(losses_.end(), told.losses.begin(), told.losses.end());
    Batch sorted;
    Vector losses;
    for (const std::size_t m : ranked(losses_)) {
      sorted.push_back(std::move(population_[m]));
      losses.push_back(losses_[m]);
    }
    population_ = std::move(sorted);
    losses_ = std::move(losses);
    variation_.raise_mutation_index(growth_);
    idle_ = losses_[0] < best_ ? 0 : idle_ + 1;
    best_ = losses_[0];
    if (idle_ < patience) return;
    idle_ = 0;
    best_ = failed;
    variation_ = first_variation_;
    population_.clear();
    losses_.clear();
    finished_ = !restarts_;
  }

  std::string ended() const { return "the best loss has not changed for " + std::to_string(patience) + " generations"; }

 private:
  static constexpr int patience = 200;
  std::size_t winner() {
    std::size_t best = draws_.below(population_.size());
    for (std::size_t i = 1; i < tournament_; ++i) best = std::min(best, draws_.below(population_.size()));
    return best;
  }

  Problem problem_;
  Draws draws_;
  Variation variation_;
  std::size_t members_, tournament_, elite_;
  double growth_;
  Variation first_variation_;
  bool restarts_, first_ = true, finished_ = false;
  int idle_ = 0;
  double best_ = failed;
  Batch population_, asked_;
  Vector losses_;
};
HILLOCK_SEARCH_METHOD(Genetic)
