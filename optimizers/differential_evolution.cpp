// Differential evolution, DE/rand/1/bin of Storn & Price (1997), doi:10.1023/A:1008202821328. Each member of the population is challenged by a + F (b - c),
// of which each number is taken with probability CR and one in any case; the better of the two stays. What leaves the box is mirrored at its wall.
// Every random number is found by member, generation and number, so that the path depends on the seed alone.
#include <algorithm>
#include <array>
#include <cmath>
#include <hillock/optimizer.hpp>
#include <hillock/random.hpp>
#include <limits>

using hillock::BadInput, hillock::Options, hillock::Random, hillock::Search, hillock::Told;

struct DifferentialEvolution {
  static constexpr auto id = "differential_evolution", version = "1.0.0", cite = "doi:10.1023/A:1008202821328",
                        meaning = "population that moves by the differences of its members";
  static constexpr hk_option options[] = {
      hillock::integer("population", 0, 0, 100000,
                       "members, at least 4; 0: ten times the free numbers, a multiple of 8"),
      hillock::number("weight", "1", 0.8, 0, 2, "F, how much of a difference is added"),
      hillock::number("crossover", "1", 0.9, 0, 1, "CR, chance that a number comes from the challenger")};

  DifferentialEvolution(const Search& search, const Options& chosen)
      : box_(search),
        weight_(chosen.number("weight")),
        crossover_(chosen.number("crossover")),
        members_(static_cast<std::size_t>(chosen.number("population"))),
        left_(search.evaluations) {
    if (members_ == 0) members_ = std::max<std::size_t>(16, (10 * n() + 7) / 8 * 8);
    if (members_ < 4)
      throw BadInput("population = " + std::to_string(members_) +
                     " is too small: a challenger is made of three other members");
    losses_.assign(members_, std::numeric_limits<double>::infinity());
  }

  std::vector<std::vector<double>> ask() {
    challengers_.clear();
    for (std::size_t m = 0; m < members_ && challengers_.size() < left_; ++m)
      challengers_.push_back(generation_ == 0 ? first(m) : challenger(m));
    left_ -= challengers_.size();
    return challengers_;
  }

  void tell(const Told& told) {
    const std::span<const double> losses = told.losses;
    if (generation_++ == 0) population_ = challengers_;
    for (std::size_t m = 0; m < losses.size(); ++m)
      if (losses[m] <= losses_[m]) population_[m] = challengers_[m], losses_[m] = losses[m];
  }

 private:
  std::size_t n() const { return box_.n(); }
  /// The k-th random number of a member in this generation.
  double random(std::size_t member, std::size_t k) const {
    return Random(box_.seed, member).uniform(generation_ * (n() + 4) + k);
  }

  std::vector<double> first(std::size_t member) const {
    if (member == 0 && !box_.start.empty()) return box_.start;
    std::vector<double> x(n());
    for (std::size_t k = 0; k < n(); ++k) x[k] = box_.low[k] + random(member, k) * (box_.high[k] - box_.low[k]);
    return x;
  }

  std::vector<double> challenger(std::size_t member) const {
    // three others, all different: each is drawn from those still free and moved past the taken ones
    std::vector<std::size_t> taken{member};
    std::array<std::size_t, 3> others;
    for (std::size_t j = 0; j < 3; ++j) {
      auto other = static_cast<std::size_t>(random(member, n() + j) * static_cast<double>(members_ - taken.size()));
      for (const std::size_t t : taken) other += other >= t;
      taken.insert(std::upper_bound(taken.begin(), taken.end(), other), other);
      others[j] = other;
    }
    const auto always = static_cast<std::size_t>(random(member, n() + 3) * static_cast<double>(n()));
    const auto &a = population_[others[0]], &b = population_[others[1]], &c = population_[others[2]];
    std::vector<double> x = population_[member];
    for (std::size_t k = 0; k < n(); ++k)
      if (k == always || random(member, k) < crossover_)
        x[k] = mirrored(a[k] + weight_ * (b[k] - c[k]), box_.low[k], box_.high[k]);
    return x;
  }

  static double mirrored(double x, double low, double high) {
    const double width = high - low;
    if (!(width > 0)) return low;
    double from_low = std::fmod(std::abs(x - low), 2 * width);
    if (from_low > width) from_low = 2 * width - from_low;
    return std::min(low + from_low, high);
  }

  Search box_;
  double weight_, crossover_;
  std::size_t members_;
  std::uint64_t left_, generation_ = 0;
  std::vector<std::vector<double>> population_, challengers_;
  std::vector<double> losses_;
};
HILLOCK_OPTIMIZER(DifferentialEvolution)
