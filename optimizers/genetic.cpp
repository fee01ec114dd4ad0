// Real-coded genetic algorithm. In the model of a generation gap (Deb, Anand & Joshi 2002,
// doi:10.1162/106365602760972767) children are born around the best member: families of two children each compete with
// two members for their places. A child is the best member plus a Gaussian combination of how n + 1 random members
// differ from their mean. So children spread as the population does, along narrow valleys too, whatever the axes and
// scales; the crossover of Deb et al. has the shape of the population in one direction alone. Or, with crossover in
// pairs (Deb & Agrawal 1995; Deb 2000, doi:10.1016/S0045-7825(99)00389-8), parents win tournaments, are crossed and
// mutated, and the best members survive unchanged. A population that has collapsed to a point starts anew.
#include "variation.hpp"

using namespace hillock::search;
using hillock::Options;

struct Genetic {
  static constexpr auto id = "genetic", version = "1.0.0", cite = "doi:10.1162/106365602760972767",
                        meaning =
                            "real-coded genetic algorithm: children around the best member, or of pairs that "
                            "win tournaments";
  static constexpr hk_option options[] = {
      hillock::choice("crossover", "parent_centric|sbx|blend", "parent_centric",
                      "parent_centric: around the best member, as the population is spread, without mutation, "
                      "doi:10.1162/106365602760972767; sbx: pairs by simulated binary crossover, of "
                      "spread index `crossover_index`, doi:10.1016/S0045-7825(99)00389-8; blend: pairs by BLX-alpha, "
                      "doi:10.1016/B978-0-08-094832-4.50018-0"),
      hillock::integer("population", 0, 0, 100000,
                       "members; 0: 100 for parent_centric (at least twice as many as numbers are free), else 40"),
      hillock::integer("families", 8, 1, 50000,
                       "parent_centric: pairs of children of a generation, at most half of the population"),
      hillock::number("spread", "1", 1, 0.01, 10, "parent_centric: of children, in units of that of the population"),
      hillock::integer("tournament", 3, 1, 1000, "sbx, blend: members of which the best becomes a parent"),
      hillock::integer("elite", 2, 0, 100000,
                       "sbx, blend: best members that survive unchanged, fewer than the population"),
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
        parent_centric_(chosen.text("crossover") == "parent_centric"),
        variation_(problem, chosen),
        members_(static_cast<std::size_t>(chosen.number("population"))),
        families_(static_cast<std::size_t>(chosen.number("families"))),
        tournament_(static_cast<std::size_t>(chosen.number("tournament"))),
        elite_(static_cast<std::size_t>(chosen.number("elite"))),
        spread_(chosen.number("spread")),
        growth_(chosen.number("mutation_growth")),
        first_variation_(variation_),
        restarts_(chosen.flag("restarts")) {
    refuse_of_other_crossover(chosen);
    if (members_ == 0) members_ = parent_centric_ ? std::max<std::size_t>(100, 2 * problem.n) : 40;
    if (parent_centric_) {
      families_ = std::min(families_, members_ / 2);
      if (members_ < problem.n + 2)
        throw hillock::BadInput("population = " + std::to_string(members_) + " is too small: the spread of " +
                                std::to_string(problem.n) + " numbers is that of " + std::to_string(problem.n + 1) +
                                " members around another");
    } else if (elite_ >= members_) {
      throw hillock::BadInput("elite = " + std::to_string(elite_) + " leaves no room for children in a population of " +
                              std::to_string(members_));
    }
  }

  Batch ask() {
    if (finished_) return {};
    asked_.clear();
    if (population_.empty()) {
      while (asked_.size() < members_) asked_.push_back(draws_.point(problem_.n));
      if (first_ && !problem_.start.empty()) asked_[0] = problem_.start;
      first_ = false;
    } else if (parent_centric_) {
      rivals_ = some(2 * families_);
      while (asked_.size() < 2 * families_) asked_.push_back(child());
    } else {
      while (asked_.size() < members_ - elite_) {
        auto [a, b] = variation_.children(population_[winner()], population_[winner()], draws_);
        asked_.push_back(std::move(a));
        if (asked_.size() < members_ - elite_) asked_.push_back(std::move(b));
      }
    }
    return asked_;
  }

  void tell(const Outcome& told) {
    if (population_.empty()) survive(asked_, told.losses);
    else if (parent_centric_) replace(told.losses);
    else {
      // the elite stands first, as the population is kept in the order of its losses
      population_.resize(elite_);
      losses_.resize(elite_);
      survive(asked_, told.losses);
    }
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

  static constexpr std::pair<std::string_view, std::string_view> of_crossover[] = {{"families", "parent_centric"},
                                                                                   {"spread", "parent_centric"},
                                                                                   {"tournament", "sbx|blend"},
                                                                                   {"elite", "sbx|blend"},
                                                                                   {"crossover_chance", "sbx|blend"},
                                                                                   {"crossover_index", "sbx"},
                                                                                   {"alpha", "blend"},
                                                                                   {"line_chance", "sbx|blend"},
                                                                                   {"mutation_chance", "sbx|blend"},
                                                                                   {"mutation_index", "sbx|blend"},
                                                                                   {"mutation_growth", "sbx|blend"}};

  /// Refuses a value that the chosen crossover does not look at. The default is no such value: the record of a run
  /// writes all options.
  static void refuse_of_other_crossover(const Options& chosen) {
    const std::string& crossover = chosen.text("crossover");
    for (const auto& [name, served] : of_crossover) {
      const auto* option = std::find_if(std::begin(options), std::end(options),
                                        [&, name = name](const hk_option& o) { return name == o.name; });
      if (served.find(crossover) == std::string_view::npos && chosen.number(name) != option->value)
        throw hillock::BadInput("'" + std::string(name) + "' does nothing under crossover: " + crossover +
                                "; it is of crossover: " + std::string(served));
    }
  }

  std::size_t winner() {
    std::size_t best = draws_.below(population_.size());
    for (std::size_t i = 1; i < tournament_; ++i) best = std::min(best, draws_.below(population_.size()));
    return best;
  }

  /// Some members, none twice. REQUIRES: count <= members_.
  std::vector<std::size_t> some(std::size_t count) {
    std::vector<std::size_t> all(members_);
    std::iota(all.begin(), all.end(), std::size_t{0});
    for (std::size_t i = 0; i < count; ++i) std::swap(all[i], all[i + draws_.below(members_ - i)]);
    all.resize(count);
    return all;
  }

  Vector child() {
    const std::size_t n = problem_.n;
    const auto parents = some(n + 1);
    const double share = 1 / static_cast<double>(parents.size());
    Vector mean(n, 0), x = population_[0];
    for (const std::size_t p : parents)
      for (std::size_t k = 0; k < n; ++k) mean[k] += share * population_[p][k];
    for (const std::size_t p : parents) {
      const double part = spread_ * std::sqrt(share) * draws_.normal();
      for (std::size_t k = 0; k < n; ++k) x[k] += part * (population_[p][k] - mean[k]);
    }
    for (double& v : x) v = mirrored(v);
    return x;
  }

  /// The best two of two children and two rivals take the places of the rivals.
  void replace(const Vector& losses) {
    for (std::size_t c = 0; c < asked_.size(); ++c) {
      const std::size_t pair = c - c % 2;
      const std::size_t a = rivals_[pair], b = rivals_[pair + 1], worse = losses_[a] < losses_[b] ? b : a;
      if (losses[c] >= losses_[worse]) continue;
      population_[worse] = asked_[c];
      losses_[worse] = losses[c];
    }
    survive({}, {});
  }

  /// Adds members, and sorts all by their losses.
  void survive(const Batch& members, const Vector& losses) {
    population_.insert(population_.end(), members.begin(), members.end());
    losses_.insert(losses_.end(), losses.begin(), losses.end());
    Batch sorted;
    Vector sorted_losses;
    for (const std::size_t m : ranked(losses_)) {
      sorted.push_back(std::move(population_[m]));
      sorted_losses.push_back(losses_[m]);
    }
    population_ = std::move(sorted);
    losses_ = std::move(sorted_losses);
  }

  Problem problem_;
  Draws draws_;
  bool parent_centric_;
  Variation variation_;
  std::size_t members_, families_, tournament_, elite_;
  double spread_, growth_;
  Variation first_variation_;
  bool restarts_, first_ = true, finished_ = false;
  int idle_ = 0;
  double best_ = failed;
  Batch population_, asked_;
  Vector losses_;
  std::vector<std::size_t> rivals_;  // of the children, one by one
};
HILLOCK_SEARCH_METHOD(Genetic)
