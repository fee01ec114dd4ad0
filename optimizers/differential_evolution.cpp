// Differential evolution. L-SHADE of Tanabe & Fukunaga (2014), doi:10.1109/CEC.2014.6900380: current-to-pbest/1/bin
// with an archive of beaten members, F and CR drawn about values that succeeded (SHADE, 2013,
// doi:10.1109/CEC.2013.6557555), and a population that shrinks as evaluations are spent. Or the plain DE/rand/1/bin of
// Storn & Price (1997), doi:10.1023/A:1008202821328. A population that has collapsed to a point starts anew, twice as
// large.
#include <array>

#include "common.hpp"

using namespace hillock::search;
using hillock::BadInput, hillock::Options;

struct DifferentialEvolution {
  static constexpr auto id = "differential_evolution", version = "2.0.0", cite = "doi:10.1109/CEC.2014.6900380",
                        meaning = "population that moves by the differences of its members (L-SHADE)";
  static constexpr hk_option options[] = {
      hillock::choice("strategy", "success_history|rand_1_bin", "success_history",
                      "success_history: L-SHADE, which adapts F and CR; rand_1_bin: Storn & Price 1997, "
                      "doi:10.1023/A:1008202821328, with `weight` and `crossover`"),
      hillock::integer("population", 0, 0, 100000,
                       "members, at least 4; 0: 36 times the free numbers, twice that of the paper (success_history), "
                       "or ten times, a multiple of 8 (rand_1_bin)"),
      hillock::number("weight", "1", 0.8, 0, 2, "rand_1_bin: F, how much of a difference is added"),
      hillock::number("crossover", "1", 0.9, 0, 1, "rand_1_bin: CR, chance that a number comes from the challenger"),
      hillock::integer("memory", 6, 1, 1000, "success_history: how many successful pairs of F and CR are remembered"),
      hillock::number("best", "1", 0.11, 0, 1, "success_history: share of the population that challengers move to"),
      hillock::number("archive", "1", 2.6, 0, 100,
                      "success_history: beaten members that are kept, in sizes of the population"),
      hillock::flag("restarts", true, "a population that has collapsed to a point starts anew, twice as large")};

  DifferentialEvolution(const Problem& problem, const Options& chosen)
      : problem_(problem),
        draws_(problem.seed, 0),
        plain_(chosen.text("strategy") == "rand_1_bin"),
        restarts_(chosen.flag("restarts")),
        weight_(chosen.number("weight")),
        crossover_(chosen.number("crossover")),
        best_share_(chosen.number("best")),
        archive_share_(chosen.number("archive")),
        memory_size_(static_cast<std::size_t>(chosen.number("memory"))),
        members_(static_cast<std::size_t>(chosen.number("population"))) {
    if (members_ == 0) members_ = plain_ ? std::max<std::size_t>(16, (10 * n() + 7) / 8 * 8) : 36 * n();
    if (members_ < least)
      throw BadInput("population = " + std::to_string(members_) +
                     " is too small: a challenger is made of three other members");
    begin();
  }

  Batch ask() {
    if (finished_) return {};
    asked_.clear();
    if (population_.empty()) {
      for (std::size_t m = 0; m < members_; ++m) asked_.push_back(draws_.point(n()));
      if (first_ && !problem_.start.empty()) asked_[0] = problem_.start;
    } else if (plain_) {
      for (std::size_t m = 0; m < population_.size(); ++m) asked_.push_back(plain_challenger(m));
    } else {
      const auto order = ranked(losses_);
      chosen_.clear();
      for (std::size_t m = 0; m < population_.size(); ++m) asked_.push_back(challenger(m, order));
    }
    spent_ += asked_.size();
    return asked_;
  }

  void tell(const Outcome& told) {
    if (population_.empty()) {
      population_ = asked_;
      losses_ = told.losses;
      first_ = false;
    } else {
      select(told.losses);
      if (!plain_) shrink();
    }
    if (!collapsed()) return;
    if (restarts_) {
      members_ *= 2;
      begin();
    } else {
      finished_ = true;
    }
  }

  std::string ended() const { return "the population has collapsed to a point"; }

 private:
  struct Pair {
    double weight, crossover;
  };
  static constexpr std::size_t least = 4;
  std::size_t n() const { return problem_.n; }

  void begin() {
    population_.clear();
    archive_.clear();
    memory_.assign(memory_size_, {0.5, 0.5});
    oldest_ = 0;
    still_ = 0;
    begun_at_ = spent_;
  }

  /// Different members, none of them `member`.
  template <std::size_t count> std::array<std::size_t, count> others(std::size_t member) {
    // each is drawn from those still free and moved past the taken ones
    std::vector<std::size_t> taken{member};
    std::array<std::size_t, count> out{};
    for (std::size_t& o : out) {
      o = draws_.below(population_.size() - taken.size());
      for (const std::size_t t : taken) o += o >= t;
      taken.insert(std::upper_bound(taken.begin(), taken.end(), o), o);
    }
    return out;
  }

  Vector plain_challenger(std::size_t member) {
    const auto chosen = others<3>(member);
    const auto &a = population_[chosen[0]], &b = population_[chosen[1]], &c = population_[chosen[2]];
    Vector x = population_[member];
    const std::size_t always = draws_.below(n());
    for (std::size_t k = 0; k < n(); ++k)
      if (draws_.uniform() < crossover_ || k == always) x[k] = mirrored(a[k] + weight_ * (b[k] - c[k]));
    return x;
  }

  /// Draws F (Cauchy) and CR (normal) about a remembered pair.
  Pair pair() {
    const Pair& about = memory_[draws_.below(memory_.size())];
    Pair p{0, 0};
    while (p.weight <= 0) p.weight = about.weight + 0.1 * std::tan(3.14159265358979324 * (draws_.uniform() - 0.5));
    p.weight = std::min(p.weight, 1.0);
    const double normal = draws_.normal();
    p.crossover = about.crossover < 0 ? 0 : clamped(about.crossover + 0.1 * normal);
    return p;
  }

  Vector challenger(std::size_t member, const std::vector<std::size_t>& order) {
    const Pair p = pair();
    chosen_.push_back(p);
    const double share = std::round(best_share_ * static_cast<double>(population_.size()));
    const Vector& best = population_[order[draws_.below(std::max<std::size_t>(2, static_cast<std::size_t>(share)))]];
    const auto [first] = others<1>(member);
    // the second is another member or an archived one
    std::size_t second = draws_.below(population_.size() + archive_.size() - 2);
    for (const std::size_t t : {std::min(member, first), std::max(member, first)}) second += second >= t;
    const Vector& a = population_[first];
    const Vector& b = second < population_.size() ? population_[second] : archive_[second - population_.size()];
    const Vector& from = population_[member];
    Vector x = from;
    const std::size_t always = draws_.below(n());
    for (std::size_t k = 0; k < n(); ++k) {
      if (draws_.uniform() >= p.crossover && k != always) continue;
      x[k] = from[k] + p.weight * (best[k] - from[k] + a[k] - b[k]);
      if (x[k] < 0) x[k] = from[k] / 2;
      if (x[k] > 1) x[k] = (1 + from[k]) / 2;
    }
    return x;
  }

  void select(const Vector& losses) {
    double total = 0, weights = 0, weight_squares = 0, crossovers = 0, crossover_squares = 0;
    for (std::size_t m = 0; m < losses.size(); ++m) {
      if (!(losses[m] <= losses_[m])) continue;
      if (losses[m] < losses_[m] && !plain_) {
        archive_.push_back(population_[m]);
        // a member that had failed gives no measure of the gain
        const double gain = losses_[m] < failed ? std::min(losses_[m] - losses[m], 1e300) : 1;
        const Pair& p = chosen_[m];
        total += gain;
        weights += gain * p.weight;
        weight_squares += gain * p.weight * p.weight;
        crossovers += gain * p.crossover;
        crossover_squares += gain * p.crossover * p.crossover;
      }
      population_[m] = asked_[m];
      losses_[m] = losses[m];
    }
    if (!(total > 0) || !std::isfinite(total)) return;
    // Lehmer means; a crossover that has died out stays 0
    Pair& slot = memory_[oldest_];
    slot.crossover = slot.crossover < 0 || !(crossovers > 0) ? -1 : crossover_squares / crossovers;
    slot.weight = weight_squares / weights;
    oldest_ = (oldest_ + 1) % memory_.size();
  }

  void shrink() {
    const double whole = static_cast<double>(problem_.evaluations - begun_at_);
    const double part = static_cast<double>(spent_ - begun_at_) / whole;
    const double first = static_cast<double>(members_);
    const double size = std::max(std::round(first + (static_cast<double>(least) - first) * part), double{least});
    while (static_cast<double>(population_.size()) > size) {
      const auto worst = std::max_element(losses_.begin(), losses_.end()) - losses_.begin();
      population_.erase(population_.begin() + worst);
      losses_.erase(losses_.begin() + worst);
    }
    const auto room = static_cast<std::size_t>(archive_share_ * static_cast<double>(population_.size()));
    while (archive_.size() > room) {
      std::swap(archive_[draws_.below(archive_.size())], archive_.back());
      archive_.pop_back();
    }
  }

  /// All members at one point, or at one loss for many generations.
  bool collapsed() {
    const auto [low, high] = std::minmax_element(losses_.begin(), losses_.end());
    still_ = *high - *low <= 1e-15 * std::abs(*low) ? still_ + 1 : 0;
    if (still_ > 50 + 10 * n()) return true;
    for (std::size_t k = 0; k < n(); ++k) {
      double left = 1, right = 0;
      for (const Vector& x : population_) {
        left = std::min(left, x[k]);
        right = std::max(right, x[k]);
      }
      if (right - left > 1e-13) return false;
    }
    return true;
  }

  Problem problem_;
  Draws draws_;
  bool plain_, restarts_;
  double weight_, crossover_, best_share_, archive_share_;
  std::size_t memory_size_, members_;
  bool first_ = true, finished_ = false;
  std::uint64_t spent_ = 0, begun_at_ = 0;
  std::size_t oldest_ = 0, still_ = 0;
  Batch population_, asked_, archive_;
  Vector losses_;
  std::vector<Pair> memory_, chosen_;
};
HILLOCK_SEARCH_METHOD(DifferentialEvolution)
