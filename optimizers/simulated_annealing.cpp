// Simulated annealing of continuous variables. A move changes one number, with a step length that is adapted so that
// half of such moves are accepted: Corana, Marchesi, Martini & Ridella (1987), doi:10.1145/29380.29864. Or it changes
// all numbers at once, with the covariance of the places that the walk has visited: Vanderbilt & Louie (1984),
// doi:10.1016/0021-9991(84)90095-0. The second kind follows a narrow valley across the axes, where the first can only
// creep. Each temperature begins at the best point so far. Several chains walk at once, as one batch, and share
// temperature, step lengths, covariance and best point. A frozen search is heated again, and then cools four times as
// slowly: twice the sweeps at each of twice the temperatures.
#include "common.hpp"

using namespace hillock::search;
using hillock::Options;

struct SimulatedAnnealing {
  static constexpr auto id = "simulated_annealing", version = "1.0.0", cite = "doi:10.1145/29380.29864",
                        meaning = "random walk that cools, with steps that adapt by coordinate and by covariance";
  static constexpr hk_option options[] = {
      hillock::integer("chains", 8, 1, 10000, "walks at once"),
      hillock::choice(
          "schedule", "geometric|logarithmic|linear", "geometric",
          "how the temperature falls. geometric: times `cooling`; logarithmic: as first / ln(e + k), Geman & "
          "Geman 1984, doi:10.1109/TPAMI.1984.4767596; linear: to nothing when all evaluations are spent"),
      hillock::choice(
          "moves", "both|coordinate|covariance", "both",
          "what a move changes. coordinate: one number, Corana et al. 1987; covariance: all numbers at once, "
          "as the walk has spread so far, Vanderbilt & Louie 1984, doi:10.1016/0021-9991(84)90095-0; both: "
          "each in every other move"),
      hillock::number("temperature", "1", 0, 0, 1e300,
                      "at the start, in units of the loss; 0: the spread of the first losses"),
      hillock::number("cooling", "1", 0.85, 0.01, 0.9999, "geometric: factor from one temperature to the next"),
      hillock::integer("sweeps", 2, 1, 100000,
                       "how often each chain moves each number before step lengths are adapted"),
      hillock::integer("adaptations", 1, 1, 100000, "how often step lengths are adapted at a temperature"),
      hillock::number(
          "reheat", "1", 1, 0, 1,
          "a frozen search starts anew at this part of its first temperature and cools four times as slowly; "
          "0: it ends")};

  SimulatedAnnealing(const Problem& problem, const Options& chosen)
      : problem_(problem),
        draws_(problem.seed, 0),
        schedule_(chosen.text("schedule")),
        moves_(chosen.text("moves")),
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
  struct Moves {
    std::size_t made = 0, accepted = 0;
  };
  static constexpr double rate = 0.2;  // at which the covariance of a temperature replaces that of those before

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
    single_.assign(problem_.n, {});
    joint_ = {};
    scale_ = 1;
    covariance_.assign(problem_.n * problem_.n, 0);
    for (std::size_t k = 0; k < problem_.n; ++k) covariance_[k * problem_.n + k] = 1 / 12.;  // of the whole box
    factor();
    forget();
    coordinate_ = sweep_ = adaptation_ = cooled_ = 0;
    starting_ = false;
  }

  void accept(std::size_t c, double loss) {
    if (loss < best_loss_) {
      best_loss_ = loss;
      best_ = candidates_[c];
    }
    const double chance = draws_.uniform();
    Moves& moves = jointly(c) ? joint_ : single_[coordinate_];
    ++moves.made;
    const bool taken = loss <= losses_[c] || (loss < failed && chance < std::exp((losses_[c] - loss) / temperature_));
    if (taken) {
      places_[c] = candidates_[c];
      losses_[c] = loss;
      ++moves.accepted;
    }
    visit(places_[c]);
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

  /// Whether a chain moves all numbers at once in this turn.
  bool jointly(std::size_t c) const {
    if (moves_ != "both") return moves_ == "covariance";
    return (c + coordinate_ + sweep_) % 2 == 1;
  }

  /// Corana's rule, with c = 2: acceptance is kept between 0.4 and 0.6; that of joint moves between 0.2 and 0.4.
  void adapt_lengths() {
    for (std::size_t k = 0; k < problem_.n; ++k) {
      adapt(lengths_[k], single_[k], 0.4, 0.6);
      lengths_[k] = std::min(lengths_[k], 1.0);
    }
    adapt(scale_, joint_, 0.2, 0.4);
    scale_ = std::clamp(scale_, 1e-3, 10.0);
  }
  static void adapt(double& length, Moves& moves, double low, double high) {
    if (moves.made == 0) return;
    const double part = static_cast<double>(moves.accepted) / static_cast<double>(moves.made);
    if (part > high) length *= 1 + 2 * (part - high) / (1 - high);
    else if (part < low) length /= 1 + 2 * (low - part) / low;
    moves = {};
  }

  void visit(const Vector& x) {
    const std::size_t n = problem_.n;
    ++visits_;
    for (std::size_t i = 0; i < n; ++i) sums_[i] += x[i] - centre_[i];
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j <= i; ++j) products_[i * n + j] += (x[i] - centre_[i]) * (x[j] - centre_[j]);
  }
  void forget() {
    visits_ = 0;
    centre_ = best_;
    sums_.assign(problem_.n, 0);
    products_.assign(problem_.n * problem_.n, 0);
  }

  /// The covariance of the temperature that ends is mixed into that of those before.
  void learn(double fallen) {
    const std::size_t n = problem_.n;
    const double count = static_cast<double>(visits_);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j <= i; ++j) {
        const double now = (products_[i * n + j] - sums_[i] * sums_[j] / count) / count;
        double& c = covariance_[i * n + j];
        c = ((1 - rate) * c + rate * now) * fallen;
      }
    factor();
    forget();
  }

  /// Cholesky's factor of the covariance, by rows.
  void factor() {
    const std::size_t n = problem_.n;
    root_.assign(n * n, 0);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j <= i; ++j) {
        double rest = covariance_[i * n + j];
        for (std::size_t k = 0; k < j; ++k) rest -= root_[i * n + k] * root_[j * n + k];
        const double diagonal = root_[j * n + j];
        if (i == j) root_[i * n + i] = std::sqrt(std::max(rest, 1e-12 * covariance_[i * n + i]));
        else root_[i * n + j] = diagonal > 0 ? rest / diagonal : 0;
      }
  }

  void cool() {
    ++cooled_;
    const double before = temperature_;
    if (schedule_ == "geometric") temperature_ *= cooling_;
    else if (schedule_ == "logarithmic")
      temperature_ = first_temperature_ / std::log(std::exp(1.0) + static_cast<double>(cooled_));
    else
      temperature_ = first_temperature_ *
                     std::max(1e-300, 1 - static_cast<double>(spent_) / static_cast<double>(problem_.evaluations));
    learn(temperature_ / before);
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
    for (std::size_t c = 0; c < chains_; ++c) {
      Vector& x = candidates_[c];
      if (jointly(c)) step(x);
      else x[coordinate_] = mirrored(x[coordinate_] + lengths_[coordinate_] * draws_.between(-1, 1));
    }
  }

  /// A joint move; at equilibrium 2.38 / sqrt(n) is the best part of the spread.
  void step(Vector& x) {
    const std::size_t n = problem_.n;
    const double size = scale_ * 2.38 / std::sqrt(static_cast<double>(n));
    Vector normal(n);
    for (double& z : normal) z = draws_.normal();
    for (std::size_t i = 0; i < n; ++i) {
      double move = 0;
      for (std::size_t j = 0; j <= i; ++j) move += root_[i * n + j] * normal[j];
      x[i] = mirrored(x[i] + size * move);
    }
  }

  Problem problem_;
  Draws draws_;
  std::string schedule_, moves_;
  double asked_temperature_, cooling_, reheat_;
  std::size_t sweeps_, adaptations_, chains_;
  bool starting_ = true, finished_ = false;
  double temperature_ = 0, first_temperature_ = 0, best_loss_ = failed;
  std::uint64_t spent_ = 0;
  std::size_t coordinate_ = 0, sweep_ = 0, adaptation_ = 0, cooled_ = 0;
  Batch places_, candidates_;
  Vector losses_, best_, lengths_;
  std::vector<Moves> single_;  // of each number
  Moves joint_;
  double scale_ = 1;                 // of joint moves
  Vector covariance_, root_;         // [row * n + column], the lower triangle
  std::size_t visits_ = 0;           // of this temperature,
  Vector centre_, sums_, products_;  // and their moments about the place where it began
};
HILLOCK_SEARCH_METHOD(SimulatedAnnealing)
