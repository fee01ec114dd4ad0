// One suite for every optimizer.
#include <doctest/doctest.h>

#include <set>

#include "bbob.hpp"
#include "host/harness.hpp"
#include "search.hpp"

using namespace hillock;
using namespace hillock::test;

namespace {

/// Squares of residuals, with exact derivatives. Residuals is a function of a vector, over doubles or Duals.
template <class Residuals> Objective squares(Vector low, Vector high, Residuals residuals, Vector start = {}) {
  Objective o;
  o.low = std::move(low);
  o.high = std::move(high);
  o.start = std::move(start);
  const auto along = [residuals](const Vector& x, std::size_t k) {
    std::vector<Dual> point(x.begin(), x.end());
    point[k].slope = 1;
    return residuals(point);
  };
  o.loss = [residuals](const Vector& x) {
    double sum = 0;
    for (const double r : residuals(x)) sum += r * r;
    return sum;
  };
  o.gradient = [along](const Vector& x) {
    Vector g(x.size());
    for (std::size_t k = 0; k < x.size(); ++k)
      for (const Dual& r : along(x, k)) g[k] += 2 * r.value * r.slope;
    return g;
  };
  o.curvature = [along](const Vector& x) {
    Vector h(x.size() * x.size());
    for (std::size_t i = 0; i < x.size(); ++i)
      for (std::size_t j = 0; j < x.size(); ++j) {
        const auto a = along(x, i), b = along(x, j);
        for (std::size_t m = 0; m < a.size(); ++m) h[i * x.size() + j] += 2 * a[m].slope * b[m].slope;
      }
    return h;
  };
  return o;
}

const auto sphere_residuals = [](const auto& x) {
  auto r = x;
  for (auto& v : r) v = v - 0.3;
  return r;
};
Objective sphere(Vector low, Vector high) { return squares(std::move(low), std::move(high), sphere_residuals); }
Objective rosenbrock(Vector low = {-2, -1}, Vector high = {2, 3}, Vector start = {}) {
  return squares(
      std::move(low), std::move(high),
      [](const auto& x) {
        auto r = x;
        r[0] = 1 - x[0];
        r[1] = 10 * (x[1] - x[0] * x[0]);
        return r;
      },
      std::move(start));
}

struct Found {
  Vector best;
  double loss = INFINITY, first = INFINITY;
  std::vector<Vector> path;
  std::string ended;
};
Found minimise(const Plugin& plugin, const Objective& objective, std::uint64_t seed, std::uint64_t evaluations,
               const Settings& settings = {}) {
  Found out;
  out.ended = search(plugin, objective, seed, evaluations, settings, [&](const Vector& x, double loss, std::uint32_t) {
    if (out.path.empty()) out.first = loss;
    if (loss < out.loss) {
      out.loss = loss;
      out.best = x;
    }
    out.path.push_back(x);
    return true;
  });
  REQUIRE(out.path.size() <= evaluations);
  return out;
}
const Plugin& optimizer(const char* id) { return plugins().load(id, HK_ROLE_OPTIMIZER); }

double norm_of(const Vector& x) {
  double sum = 0;
  for (const double v : x) sum += v * v;
  return std::sqrt(sum);
}

/// How many of the first instances of a function of BBOB are solved to 1e-8 in 5 dimensions, and the evaluations per
/// solution.
struct Score {
  int solved = 0;
  double evaluations = 0;
};
Score bbob(const char* id, int function, int instances, std::uint64_t budget = 500000) {
  Score out;
  for (int instance = 1; instance <= instances; ++instance) {
    const Bbob f(function, instance, 5);
    search(optimizer(id), f.objective(), static_cast<std::uint64_t>(instance), budget, {},
           [&](const Vector&, double loss, std::uint32_t) {
             ++out.evaluations;
             if (loss > f.f_opt() + 1e-8) return true;
             ++out.solved;
             return false;
           });
  }
  out.evaluations /= out.solved;
  return out;
}

}  // namespace

TEST_SUITE("optimizers") {
  TEST_CASE("every optimizer finds the bottom of a sphere") {
    for (const Plugin* o : plugins_of(HK_ROLE_OPTIMIZER)) {
      CAPTURE(o->id);
      CHECK(minimise(*o, sphere(Vector(4, -1), Vector(4, 2)), 1, 8000).loss < 1e-4);
    }
  }
  TEST_CASE("every optimizer goes down the valley of Rosenbrock") {
    for (const Plugin* o : plugins_of(HK_ROLE_OPTIMIZER)) {
      CAPTURE(o->id);
      const Found s = minimise(*o, rosenbrock({-2, -1}, {2, 3}, {-1.2, 1}), 1, 8000);
      CHECK(s.loss < 0.01 * rosenbrock().loss({-1.2, 1}));
    }
  }
  TEST_CASE("every optimizer begins at the first guess, to the last bit") {
    const Vector start{0.1, 0.7};
    for (const Plugin* o : plugins_of(HK_ROLE_OPTIMIZER)) {
      CAPTURE(o->id);
      const auto path = minimise(*o, rosenbrock({-0.3, -1.7}, {2.1, 3.3}, start), 1, 200).path;
      // a distribution is centred on it instead
      if (o->id != "cma_es") CHECK(std::find(path.begin(), path.end(), start) != path.end());
    }
  }
  TEST_CASE("every optimizer stays in the box, also where the bottom lies outside, and finds its wall") {
    for (const Plugin* o : plugins_of(HK_ROLE_OPTIMIZER)) {
      CAPTURE(o->id);
      const Vector low{0.5, -1, 2, 1}, high{1.5, 0.1, 2, 1};  // two numbers cannot move
      const Found s = minimise(*o, sphere(low, high), 3, 3000);
      int outside = 0;
      for (const Vector& x : s.path)
        for (std::size_t k = 0; k < x.size(); ++k) outside += !(low[k] <= x[k] && x[k] <= high[k]);
      CHECK(outside == 0);
      CHECK(s.loss == doctest::Approx(0.04 + 0.04 + 2.89 + 0.49).epsilon(0.01));
    }
  }
  TEST_CASE("every optimizer searches a single number, and evaluates once where none can move") {
    for (const Plugin* o : plugins_of(HK_ROLE_OPTIMIZER)) {
      CAPTURE(o->id);
      CHECK(minimise(*o, sphere({-1}, {2}), 1, 2000).loss < 1e-4);
      const Found s = minimise(*o, sphere({1, 2}, {1, 2}), 1, 2000);
      CHECK(s.path == std::vector<Vector>{{1, 2}});
      CHECK(s.ended == "no number is free to move");
    }
  }
  TEST_CASE("the same seed gives every optimizer the same path, another seed another") {
    for (const Plugin* o : plugins_of(HK_ROLE_OPTIMIZER)) {
      CAPTURE(o->id);
      const auto path = [&](std::uint64_t seed) { return minimise(*o, rosenbrock(), seed, 500).path; };
      CHECK(path(5) == path(5));
      CHECK(path(5) != path(6));
    }
  }
  TEST_CASE("no optimizer spends more than it was given, however little") {
    for (const Plugin* o : plugins_of(HK_ROLE_OPTIMIZER)) {
      CAPTURE(o->id);
      for (const std::uint64_t evaluations : {0u, 1u, 3u, 17u, 100u}) {
        const Found s = minimise(*o, sphere(Vector(2, -1), Vector(2, 1)), 1, evaluations);
        CHECK(s.path.size() <= evaluations);
        if (s.path.size() == evaluations)
          CHECK(s.ended == "all " + std::to_string(evaluations) + " evaluations are spent");
        else CHECK(s.ended != "");
      }
    }
  }
  TEST_CASE("every optimizer survives losses that are no numbers, and goes round them") {
    // half of the box fails, one part with each kind of number; derivatives are no numbers there either
    for (const double bad : {double{NAN}, double{INFINITY}, -double{INFINITY}})
      for (const Plugin* o : plugins_of(HK_ROLE_OPTIMIZER)) {
        CAPTURE(o->id);
        CAPTURE(bad);
        Objective part = sphere(Vector(3, -1), Vector(3, 2));
        const auto fails = [](const Vector& x) { return x[0] < 0.1; };
        const auto masked = [&](auto f) {
          return [=](const Vector& x) { return fails(x) ? Vector(f(x).size(), NAN) : f(x); };
        };
        part.loss = [=, whole = part.loss](const Vector& x) { return fails(x) ? bad : whole(x); };
        part.gradient = masked(part.gradient);
        part.curvature = masked(part.curvature);
        double least = INFINITY;
        search(*o, part, 1, 4000, {}, [&](const Vector& x, double loss, std::uint32_t) {
          if (!fails(x)) least = std::min(least, loss);
          return true;
        });
        CHECK(least < 1e-2);
      }
  }
  TEST_CASE("every optimizer ends, or spends its evaluations, where every candidate fails or all are equal") {
    for (const double loss : {double{NAN}, 0.0, 7.0, 1e308, -1e308})
      for (const Plugin* o : plugins_of(HK_ROLE_OPTIMIZER)) {
        CAPTURE(o->id);
        CAPTURE(loss);
        Objective flat = sphere(Vector(2, -1), Vector(2, 2));
        flat.loss = [=](const Vector&) { return loss; };
        flat.gradient = [](const Vector& x) { return Vector(x.size(), 0); };
        flat.curvature = [](const Vector& x) { return Vector(x.size() * x.size(), 0); };
        CHECK(minimise(*o, flat, 1, 1000).ended != "");
      }
  }
  TEST_CASE("a replay of recorded losses leads every optimizer along the same path, and on") {
    for (const Plugin* o : plugins_of(HK_ROLE_OPTIMIZER)) {
      CAPTURE(o->id);
      const Objective once = rosenbrock();
      const auto whole = minimise(*o, once, 4, 600).path;
      std::map<Vector, double> record;
      for (std::size_t i = 0; i < whole.size() / 2; ++i) record[whole[i]] = once.loss(whole[i]);
      Objective again = once;
      again.loss = [&](const Vector& x) {
        const auto known = record.find(x);
        return known == record.end() ? once.loss(x) : known->second;
      };
      CHECK(minimise(*o, again, 4, 600).path == whole);
    }
  }
  TEST_CASE("every optimizer may be closed before it has ended") {
    for (const Plugin* o : plugins_of(HK_ROLE_OPTIMIZER)) {
      CAPTURE(o->id);
      for (int last : {1, 2, 40}) {
        int heard = 0;
        search(*o, rosenbrock(), 1, 1000, {}, [&](const Vector&, double, std::uint32_t) { return ++heard < last; });
        CHECK(heard == last);
      }
    }
  }
  TEST_CASE("every optimizer describes its options with range and meaning, and cites its source") {
    for (const Plugin* o : plugins_of(HK_ROLE_OPTIMIZER)) {
      CAPTURE(o->id);
      CHECK(o->meaning != "");
      CHECK(o->cite.find("doi:") != std::string::npos);
      const hk_optimizer& i = o->optimizer();
      CHECK(i.n_options > 0);
      for (std::uint32_t k = 0; k < i.n_options; ++k) CHECK(std::string(i.options[k].meaning) != "");
    }
  }

  // --- the functions of BBOB --------------------------------------------------------------------------------------

  TEST_CASE("the functions of BBOB have the values of COCO") {
    struct Row {
      int f;
      double zero_1, zero_2, opt_1, opt_2, opt_3, at_1;
    };
    constexpr Row rows[] = {{1, 92.30397568, 448.48211648, 79.48, 394.48, -247.11, 161.17445568},
                            {2, 3674431.69134575, 107919.801025, -209.88, -92.09, -87.89, 12653420.412225708},
                            {8, 1476.2072573452, 23221.3375974, 149.15, -1000, 98.62, 4315.032550201522},
                            {9, 149.83, 73.51, 123.83, 47.51, 55.34, 95168.25362963174},
                            {10, 6036865.92198128, 7466758.31185, -54.94, 59.13, -491.53, 969025.0451803299},
                            {11, 5445766.04643791, 2352279.99634, 76.27, -22.55, 13.66, 20911310.769634742},
                            {12, 32757629.6280321, 152275917.668, -621.11, -254.82, 56.61, 187251637.66430587},
                            {13, 1078.08646542371, 1215.73252133, 29.97, -51.71, -279.95, 2198.7155122256763},
                            {14, 11.3067881395078, -132.940174757, -52.35, -179.54, 77.31, 261.60997479957},
                            {15, 1383.32977384924, 212.172067378, 1000, 70.03, -48.22, 1103.1553337856833}};
    for (const Row& row : rows) {
      CAPTURE(row.f);
      const Bbob one(row.f, 1, 5), two(row.f, 2, 5), three(row.f, 3, 5);
      CHECK(one.f_opt() == row.opt_1);
      CHECK(two.f_opt() == row.opt_2);
      CHECK(three.f_opt() == row.opt_3);
      CHECK(one.value(Vector(5, 0)) == doctest::Approx(row.zero_1).epsilon(1e-11));
      CHECK(two.value(Vector(5, 0)) == doctest::Approx(row.zero_2).epsilon(1e-11));
      CHECK(one.value({0.1, 1, 2, 4, 5.4}) == doctest::Approx(row.at_1).epsilon(1e-13));
    }
  }
  TEST_CASE("the derivatives of the functions of BBOB are those of their values") {
    const Vector x{0.1, 1, -2, 3, -4.4};
    for (const int f : bbob_functions) {
      CAPTURE(f);
      const Bbob function(f, 3, 5);
      const Vector g = function.gradient(x);
      for (std::size_t k = 0; k < 5; ++k) {
        Vector left = x, right = x;
        left[k] -= 1e-6;
        right[k] += 1e-6;
        const double quotient = (function.value(right) - function.value(left)) / 2e-6;
        CHECK(g[k] == doctest::Approx(quotient).epsilon(1e-4).scale(norm_of(g)));
      }
    }
  }
  TEST_CASE("cma_es solves the functions of BBOB within ten times the evaluations of the best of 2009") {
    const std::pair<int, double> best[] = {{8, 424}, {9, 373}, {10, 902}, {11, 1776}, {12, 1607}, {14, 545}};
    for (const auto& [f, evaluations] : best) {
      CAPTURE(f);
      const Score s = bbob("cma_es", f, 15);
      CHECK(s.solved == 15);
      CHECK(s.evaluations <= 10 * evaluations);
    }
    for (const int f : {1, 2, 13}) {
      CAPTURE(f);
      CHECK(bbob("cma_es", f, 15).solved == 15);
    }
  }
  TEST_CASE("differential evolution solves the ill-conditioned functions of BBOB") {
    for (const int f : {1, 2, 10, 11, 12}) {
      CAPTURE(f);
      CHECK(bbob("differential_evolution", f, 3).solved == 3);
    }
    CHECK(bbob("differential_evolution", 15, 2).solved == 2);
  }
  TEST_CASE("bobyqa needs few evaluations where quadratic models serve") {
    const std::pair<int, double> best[] = {{1, 12}, {2, 95}, {8, 424}, {9, 373}, {10, 902}};
    for (const auto& [f, evaluations] : best) {
      CAPTURE(f);
      const Score s = bbob("bobyqa", f, 15, 50000);
      CHECK(s.solved == 15);
      CHECK(s.evaluations <= 5 * evaluations);
    }
  }
  TEST_CASE("particle swarm, genetic algorithm and annealing solve the separable functions of BBOB") {
    for (const char* id : {"particle_swarm", "genetic", "simulated_annealing"}) {
      CAPTURE(id);
      const Score sphere_score = bbob(id, 1, 15), ellipsoid = bbob(id, 2, 15);
      CHECK(sphere_score.solved == 15);
      CHECK(sphere_score.evaluations <= 23824);
      CHECK(ellipsoid.evaluations <= 45035);
    }
  }

  TEST_CASE("annealing with joint moves solves valleys of BBOB that run across the axes") {
    for (const int f : {8, 9, 10}) {
      CAPTURE(f);
      CHECK(bbob("simulated_annealing", f, 3, 100000).solved == 3);
    }
  }

  TEST_CASE("the genetic algorithm follows valleys of BBOB that run across the axes") {
    const std::pair<int, double> best[] = {{8, 424},   {9, 373},   {10, 902}, {11, 1776},
                                           {12, 1607}, {13, 2476}, {14, 545}};
    for (const auto& [f, evaluations] : best) {
      CAPTURE(f);
      const Score s = bbob("genetic", f, 5);
      CHECK(s.solved == 5);
      CHECK(s.evaluations <= 40 * evaluations);
    }
  }

  // --- each by itself -----------------------------------------------------------------------------------------------

  TEST_CASE("differential evolution takes the population that it is told, the start among them") {
    const Plugin& de = optimizer("differential_evolution");
    for (const char* strategy : {"success_history", "rand_1_bin"}) {
      CAPTURE(strategy);
      const auto path = [&](std::uint64_t seed, double population) {
        return minimise(de, rosenbrock({-2, -1}, {2, 3}, {-1.2, 1}), seed, 60,
                        {{"population", population}, {"strategy", strategy}})
            .path;
      };
      CHECK(path(1, 10)[0] == Vector{-1.2, 1});
      CHECK(path(1, 10).size() == 60);
      CHECK(path(1, 10) != path(2, 10));
      const auto first = path(1, 20);
      CHECK(std::set<Vector>(first.begin(), first.begin() + 20).size() == 20);
      CHECK(sentence([&] { path(1, 3); }) ==
            "error: plugin 'differential_evolution': population = 3 is too small: a challenger is made of three other "
            "members");
      const Found s = minimise(de, rosenbrock({-5, -5}, {5, 5}), 2, 4000, {{"strategy", strategy}});
      CHECK(s.loss < 1e-6);
      CHECK(s.best[0] == doctest::Approx(1).epsilon(0.01));
    }
    // a challenger that leaves the box is mirrored at its wall: none lands on it, though the bottom lies there
    for (const char* strategy : {"success_history", "rand_1_bin"})
      for (const Vector& x : minimise(de, sphere(Vector(2, 1), Vector(2, 2)), 3, 300, {{"strategy", strategy}}).path)
        CHECK((x[0] > 1 && x[1] > 1));
    const Found s = minimise(de, sphere(Vector(2, -1), Vector(2, 1)), 1, 100000, {{"restarts", 0.0}});
    CHECK(s.ended == "the population has collapsed to a point");
  }
  TEST_CASE(
      "cma_es with an adapted learning rate gets through 10 dimensions of Rastrigin with its default population") {
    // Nomura et al. (2023): the default population of 10 fails with fixed rates
    Objective rastrigin;
    rastrigin.low = Vector(10, -5);
    rastrigin.high = Vector(10, 5);
    rastrigin.start = Vector(10, 3);
    rastrigin.loss = [](const Vector& x) {
      double sum = 0;
      for (const double v : x) sum += 10 + v * v - 10 * std::cos(6.283185307179586477 * v);
      return sum;
    };
    int fixed = 0, adapted = 0;
    for (const std::uint64_t seed : {1u, 2u, 3u}) {
      const auto loss = [&](const char* rate) {
        const Settings settings{{"restarts", "none"}, {"learning_rate", rate}, {"sigma", 0.2}};
        return minimise(optimizer("cma_es"), rastrigin, seed, 150000, settings).loss;
      };
      fixed += loss("fixed") < 1e-6;
      adapted += loss("adapted") < 1e-6;
    }
    CHECK(fixed == 0);
    CHECK(adapted >= 2);
  }
  TEST_CASE("each way of cma_es solves a function of many scales") {
    for (const Settings& settings : {Settings{{"restarts", "ipop"}}, Settings{{"active", 0.0}},
                                     Settings{{"population", 20.0}}, Settings{{"learning_rate", "adapted"}}}) {
      const Bbob f(10, 1, 5);
      CHECK(minimise(optimizer("cma_es"), f.objective(), 1, 60000, settings).loss < f.f_opt() + 1e-6);
    }
    const Found s = minimise(optimizer("cma_es"), sphere({-1, -1}, {1, 1}), 1, 100000, {{"restarts", "none"}});
    CHECK(s.path.size() < 5000);
    CHECK(s.ended != "");
  }
  TEST_CASE("gauss_newton needs tens of evaluations where others need thousands") {
    // one walk from the classical start; Levenberg-Marquardt takes about 20 steps
    const Found s =
        minimise(optimizer("gauss_newton"), rosenbrock({-5, -5}, {5, 5}, {-1.2, 1}), 1, 1000, {{"starts", 1.0}});
    CHECK(s.loss < 1e-20);
    CHECK(s.path.size() < 60);
    CHECK(s.ended == "step below tolerance");
  }
  TEST_CASE("gauss_newton finds the rates of an exponential decay without a residue") {
    // 3 exp(-0.7 t) + 0.5, sampled: the truth is known to rounding
    const auto decay = squares(Vector(3, 0), Vector(3, 5), [](const auto& x) {
      auto r = x;
      r.clear();
      using std::exp;
      for (int i = 0; i < 30; ++i) {
        const double t = 0.2 * i;
        r.push_back(x[0] * exp(-t * x[1]) + x[2] - (3 * std::exp(-0.7 * t) + 0.5));
      }
      return r;
    });
    const Found s = minimise(optimizer("gauss_newton"), decay, 1, 1000);
    CHECK(s.best[0] == doctest::Approx(3).epsilon(1e-9));
    CHECK(s.best[1] == doctest::Approx(0.7).epsilon(1e-9));
    CHECK(s.best[2] == doctest::Approx(0.5).epsilon(1e-9));
  }
  TEST_CASE("every direction and step rule of gradient descent goes down") {
    for (const char* direction : {"plain", "momentum", "adam"})
      for (const char* steps : {"line_search", "polyak", "fixed"})
        for (const double power : {0.0, 0.9}) {
          CAPTURE(direction);
          CAPTURE(steps);
          CAPTURE(power);
          const Settings settings{{"direction", direction}, {"steps", steps}, {"power", power}, {"rate", 0.003}};
          const Found s =
              minimise(optimizer("gradient_descent"), sphere(Vector(3, -1), Vector(3, 2)), 1, 8000, settings);
          CHECK(s.loss < 0.05);
        }
    // with its full power Polyak's step halves the distance to the bottom of a sphere
    const Settings full{{"steps", "polyak"}, {"power", 2.0}, {"rate", 1.0}, {"starts", 1.0}, {"tolerance", 0.0}};
    const Found s = minimise(optimizer("gradient_descent"), sphere(Vector(3, -1), Vector(3, 2)), 1, 40, full);
    CHECK(s.loss < 1e-20 * s.first);
  }
  TEST_CASE("simulated annealing cools by each schedule, and ends when it is frozen if it is not heated again") {
    for (const char* schedule : {"geometric", "linear"}) {
      CAPTURE(schedule);
      CHECK(minimise(optimizer("simulated_annealing"), rosenbrock(), 1, 20000, {{"schedule", schedule}}).loss < 1e-3);
    }
    for (const char* moves : {"both", "coordinate", "covariance"}) {
      CAPTURE(moves);
      CHECK(minimise(optimizer("simulated_annealing"), rosenbrock(), 1, 20000, {{"moves", moves}}).loss < 1e-3);
    }
    const Settings slow{{"schedule", "logarithmic"}, {"temperature", 0.01}};
    CHECK(minimise(optimizer("simulated_annealing"), rosenbrock(), 1, 20000, slow).loss < 1e-2);
    const Found s = minimise(optimizer("simulated_annealing"), rosenbrock(), 1, 100000, {{"reheat", 0.0}});
    CHECK(s.ended == "the search is frozen: all steps are below 1e-8 of the box");
    CHECK(s.loss < 1e-6);
  }
  TEST_CASE("the genetic algorithm refuses an elite that fills the population, and crosses pairs in either way") {
    const auto run = [&](const Settings& settings) {
      return minimise(optimizer("genetic"), rosenbrock(), 1, 8000, settings);
    };
    CHECK(sentence([&] {
            run({{"crossover", "sbx"}, {"population", 10.0}, {"elite", 10.0}});
          }) == "error: plugin 'genetic': elite = 10 leaves no room for children in a population of 10");
    for (const char* crossover : {"sbx", "blend"}) {
      CAPTURE(crossover);
      CHECK(run({{"crossover", crossover}}).loss < 1e-2);
    }
    const auto refused = [&](const Settings& settings) { return sentence([&] { run(settings); }); };
    CHECK(
        refused({{"elite", 5.0}}) ==
        "error: plugin 'genetic': 'elite' does nothing under crossover: parent_centric; it is of crossover: sbx|blend");
    CHECK(refused({{"crossover", "blend"}, {"crossover_index", 2.0}}) ==
          "error: plugin 'genetic': 'crossover_index' does nothing under crossover: blend; it is of crossover: sbx");
    CHECK(refused({{"crossover", "sbx"}, {"spread", 0.5}}) ==
          "error: plugin 'genetic': 'spread' does nothing under crossover: sbx; it is of crossover: parent_centric");
    CHECK_NOTHROW(run({{"elite", 2.0}}));  // its default, as the record of a run writes it
    CHECK(minimise(optimizer("genetic"), sphere({0}, {1}), 1, 200000, {{"restarts", 0.0}}).ended ==
          "the best loss has not changed for 200 generations");
  }
  TEST_CASE("children around the best member need a population that spreads in all directions") {
    CHECK(sentence([&] {
            minimise(optimizer("genetic"), rosenbrock(), 1, 100, {{"population", 3.0}});
          }) ==
          "error: plugin 'genetic': population = 3 is too small: the spread of 2 numbers is that of 3 members around "
          "another");
    // all families at once are half of the population
    const Settings all{{"population", 60.0}, {"families", 1000.0}};
    CHECK(minimise(optimizer("genetic"), rosenbrock(), 1, 8000, all).loss < 1e-6);
  }
  TEST_CASE("a particle swarm that knows all its members collapses, and says so") {
    const Settings settings{{"topology", "global"}, {"restarts", 0.0}};
    const Found s = minimise(optimizer("particle_swarm"), sphere(Vector(2, -1), Vector(2, 1)), 1, 100000, settings);
    CHECK(s.ended == "the swarm has collapsed to a point");
    CHECK(s.loss < 1e-12);
  }
  TEST_CASE("nsga2 finds the whole front of two losses") {
    // Zitzler, Deb & Thiele's first problem: on the front all numbers but the first are 0, and the losses obey l2 = 1 -
    // sqrt(l1)
    Objective zdt1;
    zdt1.low = Vector(10, 0);
    zdt1.high = Vector(10, 1);
    zdt1.n_losses = 2;
    zdt1.losses = [](const Vector& x) {
      double g = 1;
      for (std::size_t k = 1; k < x.size(); ++k) g += 9 * x[k] / static_cast<double>(x.size() - 1);
      return Vector{x[0], g * (1 - std::sqrt(x[0] / g))};
    };
    const Found s = minimise(optimizer("nsga2"), zdt1, 1, 25000);
    std::set<int> tenths;
    for (std::size_t i = s.path.size() - 100; i < s.path.size(); ++i) {
      const Vector losses = zdt1.losses(s.path[i]);
      const double above = losses[1] - (1 - std::sqrt(losses[0]));
      if (above < 0.02) tenths.insert(static_cast<int>(losses[0] * 10));
    }
    CHECK(tenths.size() >= 10);
    CHECK(sentence([&] {
            minimise(optimizer("nsga2"), zdt1, 1, 100, {{"population", 11.0}});
          }) == "error: plugin 'nsga2': population = 11 is odd: parents come in pairs");
  }
  TEST_CASE("nsga2 holds a candidate of which one loss is no number for the worst") {
    Objective part;
    part.low = Vector(2, -1);
    part.high = Vector(2, 3);
    part.n_losses = 2;
    part.losses = [](const Vector& x) {
      return Vector{x[0] * x[0] + x[1] * x[1], x[1] > 0.5 ? NAN : (x[0] - 2) * (x[0] - 2) + x[1] * x[1]};
    };
    const Found s = minimise(optimizer("nsga2"), part, 1, 6000);
    int failed = 0;
    for (std::size_t i = s.path.size() - 100; i < s.path.size(); ++i) failed += s.path[i][1] > 0.5;
    CHECK(failed < 20);
  }
  TEST_CASE("optimizers through NLopt end by themselves without restarts, and run beside each other") {
    for (const char* id : {"nelder_mead", "bobyqa", "lbfgs", "crs2"}) {
      CAPTURE(id);
      const Found s = minimise(optimizer(id), rosenbrock(), 1, 100000, {{"restarts", 0.0}});
      CHECK(s.path.size() < 50000);
      CHECK(s.loss < 1e-6);
      CHECK(s.ended != "");
      // a second search between the turns of the first changes nothing: random numbers belong to each
      std::vector<Vector> path;
      search(optimizer(id), rosenbrock(), 1, 300, {}, [&](const Vector& x, double, std::uint32_t) {
        path.push_back(x);
        if (path.size() % 100 == 0) minimise(optimizer(id), rosenbrock(), 9, 50);
        return true;
      });
      CHECK(path == minimise(optimizer(id), rosenbrock(), 1, 300).path);
    }
    CHECK(sentence([&] {
            minimise(optimizer("crs2"), rosenbrock(), 1, 100, {{"population", 2.0}});
          }) == "error: plugin 'crs2': population = 2 is too small: a simplex of 2 numbers has 3 points");
  }
}
