// One suite for every optimizer.
#include <doctest/doctest.h>

#include <set>

#include "harness.hpp"

using namespace hillock;
using namespace hillock::test;

namespace {

using Vector = std::vector<double>;

/// A loss with its gradient.
struct Loss {
  std::function<double(const Vector&)> value;
  std::function<Vector(const Vector&)> gradient;
};
const Loss sphere{[](const Vector& x) {
                    double s = 0;
                    for (const double v : x) s += (v - 0.3) * (v - 0.3);
                    return s;
                  },
                  [](const Vector& x) {
                    Vector g;
                    for (const double v : x) g.push_back(2 * (v - 0.3));
                    return g;
                  }};
const Loss rosenbrock{[](const Vector& x) { return std::pow(1 - x[0], 2) + 100 * std::pow(x[1] - x[0] * x[0], 2); },
                      [](const Vector& x) {
                        const double c = x[1] - x[0] * x[0];
                        return Vector{-2 * (1 - x[0]) - 400 * x[0] * c, 200 * c};
                      }};

struct Search {
  Vector best;
  double loss = INFINITY, first = INFINITY;
  std::vector<Vector> path;
};

Search minimise(const Plugin& plugin, const Loss& loss, Vector low, Vector high, std::uint64_t seed,
                std::uint64_t evaluations, Settings settings = {}, Vector start = {}) {
  const hk_optimizer& o = plugin.optimizer();
  const Values values(o.options, o.n_options, std::move(settings));
  hk_search search{};
  search.size = sizeof search;
  search.n = static_cast<std::uint32_t>(low.size());
  search.low = low.data();
  search.high = high.data();
  search.start = start.empty() ? nullptr : start.data();
  search.seed = seed;
  search.evaluations = evaluations;
  search.n_losses = 1;
  hk_error error{};
  void* self = nullptr;
  check(plugin, o.open(&search, values.data(), nullptr, &self, &error), error);
  const std::unique_ptr<void, void (*)(void*)> closing(self, o.close);
  Search out;
  for (;;) {
    hk_asked asked{};
    asked.size = sizeof asked;
    check(plugin, o.ask(self, &asked, &error), error);
    const std::uint32_t count = asked.count;
    if (count == 0) return out;
    Vector losses;
    std::vector<Vector> gradient(low.size(), Vector(count));
    for (std::uint32_t c = 0; c < count; ++c) {
      Vector at;
      for (std::size_t k = 0; k < low.size(); ++k) at.push_back(asked.x[k][c]);
      losses.push_back(loss.value(at));
      const Vector g = loss.gradient(at);
      for (std::size_t k = 0; k < low.size(); ++k) gradient[k][c] = g[k];
      if (out.path.empty()) out.first = losses[0];
      if (losses.back() < out.loss) out.loss = losses.back(), out.best = at;
      out.path.push_back(at);
    }
    std::vector<const double*> rows;
    for (const Vector& row : gradient) rows.push_back(row.data());
    hk_told told{};
    told.size = sizeof told;
    told.count = count;
    told.losses = losses.data();
    told.gradient = asked.wants & HK_GRADIENT ? rows.data() : nullptr;
    check(plugin, o.tell(self, &told, &error), error);
    REQUIRE(out.path.size() <= evaluations);
  }
}

}  // namespace

TEST_SUITE("optimizers") {
  TEST_CASE("every optimizer finds the bottom of a sphere") {
    for (const Plugin* o : plugins_of(HK_ROLE_OPTIMIZER)) {
      CAPTURE(o->id);
      CHECK(minimise(*o, sphere, Vector(4, -1), Vector(4, 2), 1, 8000).loss < 1e-4);
    }
  }
  TEST_CASE("every optimizer goes down the valley of Rosenbrock") {
    for (const Plugin* o : plugins_of(HK_ROLE_OPTIMIZER)) {
      CAPTURE(o->id);
      const Search s = minimise(*o, rosenbrock, {-2, -1}, {2, 3}, 1, 8000, {}, {-1.2, 1});
      CHECK(s.loss < 0.01 * rosenbrock.value({-1.2, 1}));
    }
  }
  TEST_CASE("every optimizer stays in the box, also where the bottom lies outside, and finds its wall") {
    for (const Plugin* o : plugins_of(HK_ROLE_OPTIMIZER)) {
      CAPTURE(o->id);
      const Vector low{0.5, -1, 2}, high{1.5, 0.1, 2};  // the third number cannot move
      const Search s = minimise(*o, sphere, low, high, 3, 3000);
      int outside = 0;
      for (const Vector& x : s.path)
        for (std::size_t k = 0; k < 3; ++k) outside += !(low[k] <= x[k] && x[k] <= high[k]);
      CHECK(outside == 0);
      CHECK(s.loss == doctest::Approx(0.04 + 0.04 + 2.89).epsilon(0.01));
    }
  }
  TEST_CASE("the same seed gives every optimizer the same path") {
    for (const Plugin* o : plugins_of(HK_ROLE_OPTIMIZER)) {
      CAPTURE(o->id);
      const auto path = [&](std::uint64_t seed) { return minimise(*o, rosenbrock, {-2, -1}, {2, 3}, seed, 500).path; };
      CHECK(path(5) == path(5));
    }
  }
  TEST_CASE("no optimizer spends more than it was given, however little") {
    for (const Plugin* o : plugins_of(HK_ROLE_OPTIMIZER)) {
      CAPTURE(o->id);
      for (const std::uint64_t evaluations : {0u, 1u, 3u, 17u, 100u})
        CHECK(minimise(*o, sphere, Vector(2, -1), Vector(2, 1), 1, evaluations).path.size() <= evaluations);
    }
  }

  TEST_CASE(
      "differential evolution takes the population that it is told, the start among them, and another path for another seed") {
    const Plugin& de = plugins().load("differential_evolution", HK_ROLE_OPTIMIZER);
    const auto path = [&](std::uint64_t seed, double population) {
      return minimise(de, rosenbrock,
                      {
                          -2, -1
      },
                      {2, 3}, seed, 60, {{"population", population}}, {-1.2, 1})
          .path;
    };
    CHECK(path(1, 10)[0] == Vector{-1.2, 1});
    CHECK(path(1, 10).size() == 60);
    CHECK(path(1, 10) != path(2, 10));
    const auto first = path(1, 20);
    CHECK(std::set<Vector>(first.begin(), first.begin() + 20).size() == 20);
    CHECK(
        sentence([&] { path(1, 3); }) ==
        "error: plugin 'differential_evolution': population = 3 is too small: a challenger is made of three other members");
  }
  TEST_CASE("differential evolution reaches the bottom of Rosenbrock in 4000 evaluations") {
    const Plugin& de = plugins().load("differential_evolution", HK_ROLE_OPTIMIZER);
    const Search s = minimise(de, rosenbrock, {-5, -5}, {5, 5}, 2, 4000);
    CHECK(s.loss < 1e-6);
    CHECK(s.best[0] == doctest::Approx(1).epsilon(0.01));
    CHECK(s.best[1] == doctest::Approx(1).epsilon(0.02));
  }
}
