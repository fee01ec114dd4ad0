// Simulated annealing of continuous variables: Corana, Marchesi, Martini & Ridella (1987), doi:10.1145/29380.29864. One coordinate is moved at a time; its
// step length is adapted so that half of the moves are accepted; each temperature begins at the best point so far. Several chains walk at once, as one
// batch, and share temperature, step lengths and best point. A frozen search is heated again, and then cools four times as slowly: twice the sweeps
// at each of twice the temperatures.
#include "common.hpp"

using namespace hillock::search;
using hillock::Options;

struct SimulatedAnnealing {
  static constexpr auto id = "simulated_annealing", version = "1.0.0", cite = "doi:10.1145/29380.29864",
                        meaning = "random walk that cools, with step lengths by coordinate";
  static constexpr hk_option options[] = {
      hillock::integer("chains", 8, 1, 10000, "walks at once"),
      hillock::choice(
          "schedule", "geometric|logarithmic|linear", "geometric",
          "how the temperature falls. geometric: times `cooling`; logarithmic: as first / ln(e + k), Geman & "
          "Geman 1984, doi:10.1109/TPAMI.1984.4767596; linear: to nothing when all evaluations are spent"),
      hillock::number("temperature", "1", 0, 0, 1e300,
                      "at the start, in units of the loss; 0: the spread of the first losses"),
      hillock::number("cooling", "1", 0.85, 0.01, 0.9999, "geometric: factor from one temperature to the next"),
      hillock::integer("sweeps", 2, 1, 100000,
                       "how often each chain moves each number before step lengths are adapted"),
      hillock::integer("adaptations", 1, 1, 100000, "how often step lengths are adapted at a temperature"),
      hillock::number(
          "reheat", "1", 1, 0, 1,
          "a frozen search starts anew at this part of its first temperature and cools four times as slowly; 0: it ends")};

  SimulatedAnnealing(const Problem& problem, const Options& chosen)
      : problem_(problem),
        draws_(problem.seed, 0),
        schedule_(chosen.text("schedule")),
        asked_temperature_(chosen.number("temperature")),
        cooling_(chosen.number("cooling")),
        reheat_(chosen.number("reheat")),
        sweeps_(static_cast<std::size_t>(chosen.number("sweeps"))),
        adaptations_(static_cast<std::size_t>(chosen.number("adaptations"))),
        chains_(static_cast<std::size_t>(chosen.number("chains"))) {
    begin();
    if (!problem.start.empty()) candidates_[0] = problem.start;
  }

  Batch ask() {
    if (finished_) return {};
    spent_ += chains_;
    return candidates_;
  }

  void tell(const Outcome& told) {
    if (starting_) {
      start(told.losses);
    } else {
      for (std::size_t c = 0; c < chains_; ++c) accept(c, told.losses[c]);
      advance();
    }
    if (!finished_) propose();
  }

  std::string ended() const { return "the search is frozen: all steps are below 1e-8 of the box"; }

 private:
  void begin() {
    candidates_.clear();
    for (std::size_t c = 0; c < chains_; ++c) candidates_.push_back(draws_.point(problem_.n));
    starting_ = true;
  }

  void start(const Vector& losses) {
    const auto order = ranked(losses);
    if (!(losses[order[0]] < failed)) return begin();
    places_ = candidates_;
    losses_ = losses;
    best_ = places_[order[0]];
    best_loss_ = losses_[order[0]];
    if (first_temperature_ == 0) {
      std::size_t good = 0;
      while (good < chains_ && losses[order[good]] < failed) ++good;
      const double spread = losses[order[good - 1]] - best_loss_;
      first_temperature_ = asked_temperature_ > 0 ? asked_temperature_
                           : spread > 0           ? std::min(spread, 1e300)
                                                  : std::max(std::abs(best_loss_), 1e-300);
      temperature_ = first_temperature_;
    } else {
      temperature_ = first_temperature_ * reheat_;
      cooling_ = std::sqrt(cooling_);
      sweeps_ *= 2;
    }
    lengths_.assign(problem_.n, 0.5);
    accepted_.assign(problem_.n, 0);
    coordinate_ = sweep_ = adaptation_ = cooled_ = 0;
    starting_ = false;
  }

  void accept(std::size_t c, double loss) {
    if (loss < best_loss_) {
      best_loss_ = loss;
      best_ = candidates_[c];
    }
    const double chance = draws_.uniform();
    const bool taken = loss <= losses_[c] || (loss < failed && chance < std::exp((losses_[c] - loss) / temperature_));
    if (!taken) return;
    places_[c] = candidates_[c];
    losses_[c] = loss;
    ++accepted_[coordinate_];
  }

  /// After each chain has moved one coordinate.
  void advance() {
    if (++coordinate_ < problem_.n) return;
    coordinate_ = 0;
    if (++sweep_ < sweeps_) return;
    sweep_ = 0;
    adapt_lengths();
    if (++adaptation_ < adaptations_) return;
    adaptation_ = 0;
    cool();
  }

  /// Corana's rule, with c = 2: acceptance is kept between 0.4 and 0.6.
  void adapt_lengths() {
    const double moves = static_cast<double>(sweeps_ * chains_);
    for (std::size_t k = 0; k < problem_.n; ++k) {
      const double part = static_cast<double>(accepted_[k]) / moves;
      if (part > 0.6) lengths_[k] *= 1 + 2 * (part - 0.6) / 0.4;
      else if (part < 0.4) lengths_[k] /= 1 + 2 * (0.4 - part) / 0.4;
      lengths_[k] = std::min(lengths_[k], 1.0);
      accepted_[k] = 0;
    }
  }

  void cool() {
    ++cooled_;
    if (schedule_ == "geometric") temperature_ *= cooling_;
    else if (schedule_ == "logarithmic")
      temperature_ = first_temperature_ / std::log(std::exp(1.0) + static_cast<double>(cooled_));
    else
      temperature_ = first_temperature_ *
                     std::max(1e-300, 1 - static_cast<double>(spent_) / static_cast<double>(problem_.evaluations));
    places_.assign(chains_, best_);
    losses_.assign(chains_, best_loss_);
    const double longest = *std::max_element(lengths_.begin(), lengths_.end());
    if (longest > 1e-8) return;
    if (reheat_ > 0) begin();
    else finished_ = true;
  }

  void propose() {
    if (starting_) return;
    candidates_ = places_;
    for (Vector& x : candidates_)
      x[coordinate_] = mirrored(x[coordinate_] + lengths_[coordinate_] * draws_.between(-1, 1));
  }

  Problem problem_;
  Draws draws_;
  std::string schedule_;
  double asked_temperature_, cooling_, reheat_;
  std::size_t sweeps_, adaptations_, chains_;
  bool starting_ = true, finished_ = false;
  double temperature_ = 0, first_temperature_ = 0, best_loss_ = failed;
  std::uint64_t spent_ = 0;
  std::size_t coordinate_ = 0, sweep_ = 0, adaptation_ = 0, cooled_ = 0;
  Batch places_, candidates_;
  Vector losses_, best_, lengths_;
  std::vector<std::size_t> accepted_;
};
HILLOCK_SEARCH_METHOD(SimulatedAnnealing)
