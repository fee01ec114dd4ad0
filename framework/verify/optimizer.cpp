// What an optimizer promises, on functions whose minimum is known.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "verify/batch.hpp"
#include "verify/checks.hpp"
#include "verify/search.hpp"

namespace hillock::verify {
namespace {

constexpr double target = 0.3;

/// The sum of (x_k - 0.3)^2, with its derivatives; as two losses, of the odd and of the even numbers.
Objective sphere(Vector low, Vector high) {
  Objective o;
  o.low = std::move(low), o.high = std::move(high);
  o.loss = [](const Vector& x) {
    double sum = 0;
    for (const double v : x) sum += (v - target) * (v - target);
    return sum;
  };
  o.gradient = [](const Vector& x) {
    Vector g;
    for (const double v : x) g.push_back(2 * (v - target));
    return g;
  };
  o.curvature = [](const Vector& x) {
    Vector h(x.size() * x.size());
    for (std::size_t k = 0; k < x.size(); ++k) h[k * x.size() + k] = 2;
    return h;
  };
  return o;
}

/// Every candidate and its loss.
struct Path {
  std::vector<double> numbers;  ///< candidate after candidate
  std::vector<double> losses;
  std::string ended;
  double best() const { return losses.empty() ? NAN : *std::min_element(losses.begin(), losses.end()); }
};
Path search_path(const Plugin& p, const Objective& objective, std::uint64_t seed, std::uint64_t evaluations) {
  Path out;
  const std::uint32_t allowed = p.optimizer().flags & (HK_GRADIENT | HK_CURVATURE);
  out.ended = search(p, objective, seed, evaluations, {}, [&](const Vector& x, double loss, std::uint32_t wants) {
    if (wants & ~allowed) fail("it wants of a candidate what its flags do not say");
    for (std::size_t k = 0; k < x.size(); ++k)
      if (!(objective.low[k] <= x[k] && x[k] <= objective.high[k]))
        fail("candidate {} has number {} at {:.17g}, outside [{:g}, {:g}]", out.losses.size(), k, x[k],
             objective.low[k], objective.high[k]);
    out.numbers.insert(out.numbers.end(), x.begin(), x.end()), out.losses.push_back(loss);
    return out.losses.size() < 2 * evaluations + 1000;  // one that never ends is stopped here
  });
  return out;
}
Objective usual() { return sphere({-2, -1, -1}, {2, 3, 1}); }

std::string check_descent(const Subject& s) {
  const Path path = search_path(s.plugin, usual(), 1, 2000);
  if (path.losses.empty()) fail("it asked for no candidate");
  if (!(path.best() < 1e-2 || path.best() < 0.1 * path.losses[0]))
    fail("after {} evaluations of a sphere its best loss is {:.3g}, its first was {:.3g}", path.losses.size(),
         path.best(), path.losses[0]);
  return fmt::format("loss {:.1g} after {} evaluations", path.best(), path.losses.size());
}

std::string check_bounds(const Subject& s) {
  std::size_t n = 0;
  // the minimum lies outside, one number cannot move, one side is narrow
  for (const auto& box : {sphere({0.5, -1, 2, 1}, {1.5, 0.1, 2, 1.0000001}), sphere({-1}, {2}), sphere({1e6}, {2e6})})
    for (const std::uint64_t seed : {1u, 2u, 3u}) n += search_path(s.plugin, box, seed, 1000).losses.size();
  return fmt::format("{} candidates", n);
}

std::string check_seeds(const Subject& s) {
  const Path a = search_path(s.plugin, usual(), 5, 500), b = search_path(s.plugin, usual(), 5, 500),
             c = search_path(s.plugin, usual(), 6, 500);
  if (!same_bits(a.numbers, b.numbers))
    fail("two searches of one seed ask for other candidates: all randomness has to come from the seed");
  return same_bits(a.numbers, c.numbers) ? "it draws nothing" : "one seed one path, another seed another";
}

std::string check_replay(const Subject& s) {
  const Path whole = search_path(s.plugin, usual(), 5, 500);
  Objective again = usual();
  std::size_t told = 0;
  again.loss = [&, real = usual().loss](const Vector& x) {
    const std::size_t k = told++;
    return k < whole.losses.size() / 2 ? whole.losses[k] : real(x);
  };
  if (!same_bits(whole.numbers, search_path(s.plugin, again, 5, 500).numbers))
    fail("told the recorded losses of an interrupted search, it goes on in another way than the search itself");
  return fmt::format("{} of {} losses replayed", whole.losses.size() / 2, whole.losses.size());
}

std::string check_budget(const Subject& s) {
  for (const std::uint64_t evaluations : {0u, 1u, 3u, 17u, 100u}) {
    const Path path = search_path(s.plugin, sphere({-1, -1}, {1, 1}), 1, evaluations);
    if (path.losses.size() > evaluations)
      fail("it was given {} evaluations and asked for {}: `ask` returns no candidate once they are spent", evaluations,
           path.losses.size());
  }
  return "0, 1, 3, 17 and 100 evaluations";
}

std::string check_nan(const Subject& s) {
  for (const double bad : {double{NAN}, double{INFINITY}, -double{INFINITY}})
    for (const bool all : {false, true}) {
      Objective part = usual();
      const auto fails = [all](const Vector& x) { return all || x[0] < 0.1; };
      part.loss = [=, whole = part.loss](const Vector& x) { return fails(x) ? bad : whole(x); };
      const auto masked = [&](auto f) {
        return [=](const Vector& x) { return fails(x) ? Vector(f(x).size(), NAN) : f(x); };
      };
      part.gradient = masked(part.gradient), part.curvature = masked(part.curvature);
      search_path(s.plugin, part, 1, 500);
    }
  return "candidates stay numbers within the box";
}

std::string check_losses(const Subject& s) {
  if (!(s.plugin.optimizer().flags & HK_MANY_LOSSES)) leave_out("it minimises one loss");
  Objective two = usual();
  two.n_losses = 2;
  two.losses = [](const Vector& x) {
    double a = 0, b = 0;
    for (const double v : x) a += v * v, b += (v - 0.5) * (v - 0.5);
    return Vector{a, b};
  };
  const Path path = search_path(s.plugin, two, 1, 500);
  return fmt::format("{} candidates for two losses", path.losses.size());
}

std::string check_threads(const Subject& s) {
  std::vector<Path> alone(4), together(4);
  for (std::size_t k = 0; k < 4; ++k) alone[k] = search_path(s.plugin, usual(), k, 300);
  at_once([&](std::size_t k) { together[k] = search_path(s.plugin, usual(), k, 300); });
  for (std::size_t k = 0; k < 4; ++k)
    if (!same_bits(alone[k].numbers, together[k].numbers))
      fail(
          "four searches at the same time differ from the same searches one after the other: keep all memory in "
          "`self`");
  return "4 threads, the same bits";
}

constexpr Check checks[] = {
    {"descent", "2000 evaluations of a sphere in three numbers", check_descent},
    {"bounds", "every candidate within its box, also where the minimum lies outside", check_bounds},
    {"seeds", "one seed twice, and another", check_seeds},
    {"replay", "a search that is told its own record, as after an interruption", check_replay},
    {"budget", "no more candidates than it was given evaluations", check_budget},
    {"nan", "losses of NaN and infinity, in a part of the box and everywhere", check_nan},
    {"losses", "several losses at once", check_losses},
    {"threads", "searches in four threads at once", check_threads},
};

}  // namespace

std::span<const Check> optimizer_checks() { return checks; }

}  // namespace hillock::verify
