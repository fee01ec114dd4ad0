#pragma once
// Crossover and mutation of real numbers in [0, 1], shared by the genetic algorithms: simulated binary crossover (Deb &
// Agrawal 1995), blend crossover BLX-alpha (Eshelman & Schaffer 1993, doi:10.1016/B978-0-08-094832-4.50018-0), both
// number by number or along the line through the parents (Muhlenbein & Schlierkamp-Voosen 1993,
// doi:10.1162/evco.1993.1.1.25), and polynomial mutation (Deb & Deb 2014, doi:10.1504/IJAISC.2014.059280).
#include "common.hpp"

namespace hillock::search {

class Variation {
 public:
  // Options of every algorithm that has a Variation.
  static constexpr hk_option crossover = hillock::choice("crossover", "sbx|blend", "sbx",
                                                         "sbx: simulated binary, of spread index `crossover_index`; "
                                                         "blend: BLX-alpha, doi:10.1016/B978-0-08-094832-4.50018-0");
  static constexpr hk_option crossover_chance =
      hillock::number("crossover_chance", "1", 0.9, 0, 1, "chance that two parents are crossed rather than copied");
  static constexpr hk_option crossover_index =
      hillock::number("crossover_index", "1", 15, 0, 1000, "sbx: the larger, the nearer are children to their parents");
  static constexpr hk_option alpha =
      hillock::number("alpha", "1", 0.5, 0, 10, "blend: how far beyond the parents, in their distances");
  static constexpr hk_option line_chance =
      hillock::number("line_chance", "1", 0.5, 0, 1,
                      "chance that children lie on the line through their parents, which keeps correlations, "
                      "doi:10.1162/evco.1993.1.1.25, rather than each number being crossed by itself");
  static constexpr hk_option mutation_chance = hillock::number(
      "mutation_chance", "1", 0, 0, 1, "chance that a number mutates; 0: one over how many numbers are free");
  static constexpr hk_option mutation_index = hillock::number(
      "mutation_index", "1", 20, 0, 1e6, "the larger, the smaller are mutations, doi:10.1504/IJAISC.2014.059280");

  Variation(const Problem& problem, const Options& chosen)
      : blend_(chosen.text("crossover") == "blend"),
        crossover_chance_(chosen.number("crossover_chance")),
        crossover_index_(chosen.number("crossover_index")),
        alpha_(chosen.number("alpha")),
        line_chance_(chosen.number("line_chance")),
        mutation_chance_(chosen.number("mutation_chance")),
        mutation_index_(chosen.number("mutation_index")) {
    if (mutation_chance_ == 0) mutation_chance_ = 1 / static_cast<double>(problem.n);
  }

  /// Mutations become smaller as the index rises.
  void raise_mutation_index(double by) { mutation_index_ += by; }

  std::pair<Vector, Vector> children(const Vector& a, const Vector& b, Draws& draws) const {
    std::pair<Vector, Vector> out{a, b};
    if (draws.uniform() < crossover_chance_) {
      if (draws.uniform() < line_chance_) cross_line(out.first, out.second, draws);
      else
        for (std::size_t k = 0; k < a.size(); ++k) cross(out.first[k], out.second[k], draws);
    }
    mutate(out.first, draws);
    mutate(out.second, draws);
    return out;
  }

 private:
  void cross_line(Vector& a, Vector& b, Draws& draws) const {
    double first = 0, second = 0;  // where the children are: 0 at one parent, 1 at the other
    if (blend_) {
      first = draws.between(-alpha_, 1 + alpha_);
      second = draws.between(-alpha_, 1 + alpha_);
    } else {
      const double u = 2 * draws.uniform();
      const double spread = std::pow(u <= 1 ? u : 1 / (2 - u), 1 / (crossover_index_ + 1));
      first = (1 - spread) / 2;
      second = (1 + spread) / 2;
    }
    for (std::size_t k = 0; k < a.size(); ++k) {
      const double from = a[k], to = b[k];
      a[k] = mirrored(from + first * (to - from));
      b[k] = mirrored(from + second * (to - from));
    }
  }
  void cross(double& a, double& b, Draws& draws) const {
    const double low = std::min(a, b), high = std::max(a, b), distance = high - low;
    if (blend_) {
      a = mirrored(draws.between(low - alpha_ * distance, high + alpha_ * distance));
      b = mirrored(draws.between(low - alpha_ * distance, high + alpha_ * distance));
      return;
    }
    if (draws.uniform() < 0.5 || !(distance > 0)) return;
    // Bounded: the spread is drawn such that no child leaves the box.
    const auto spread = [&](double room, double u) {
      const double beta = 1 + 2 * room / distance;
      const double scale = 2 - std::pow(beta, -(crossover_index_ + 1));
      const double y = u * scale;
      return std::pow(y <= 1 ? y : 1 / (2 - y), 1 / (crossover_index_ + 1));
    };
    const double u = draws.uniform();
    double left = clamped(0.5 * (low + high - spread(low, u) * distance));
    double right = clamped(0.5 * (low + high + spread(1 - high, u) * distance));
    if (draws.uniform() < 0.5) std::swap(left, right);
    a = left;
    b = right;
  }

  void mutate(Vector& x, Draws& draws) const {
    const double power = 1 / (mutation_index_ + 1);
    for (double& v : x) {
      if (draws.uniform() >= mutation_chance_) continue;
      const double u = draws.uniform();
      // bounded: the step reaches the walls and not beyond
      const double toward_low = std::pow(2 * u + (1 - 2 * u) * std::pow(1 - v, mutation_index_ + 1), power) - 1;
      const double toward_high = 1 - std::pow(2 * (1 - u) + (2 * u - 1) * std::pow(v, mutation_index_ + 1), power);
      v = clamped(v + (u <= 0.5 ? toward_low : toward_high));
    }
  }

  bool blend_;
  double crossover_chance_, crossover_index_, alpha_, line_chance_, mutation_chance_, mutation_index_;
};

}  // namespace hillock::search
