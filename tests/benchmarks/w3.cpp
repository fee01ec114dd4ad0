// W3, work against precision: every adaptive integrator through the plugin boundary, a bare program of Boost.Odeint,
// and, where they are at hand, kernels tuned by hand.
#include <fmt/format.h>

#include <cmath>
#include <map>
#include <memory>

#include "bench.hpp"
#include "experiment/experiment.hpp"
#include "host/plugins.hpp"
#include "neuron/simulate.hpp"
#include "odeint.hpp"

namespace hillock::bench {
namespace {

// v and w at t = 10,000, by an order 7(8) method in 80-bit numbers at tolerance 1e-17
constexpr double v_end = 0.6157397672599297871, w_end = 1.389664141375402942;
constexpr int exponents[] = {4, 5,  6,  7,  8,
                             9, 10, 11, 12, 13};  // of the tolerances; the last for those that err by more
constexpr int targets[] = {3, 5, 7, 9};           // of the errors at which times are compared
constexpr double slow = 1;                        // seconds; what takes longer runs once

struct Point {
  double error = 0;
  std::vector<double> seconds;  // by round
  double in_round(std::size_t r) const { return seconds[std::min(r, seconds.size() - 1)]; }
};
struct Contestant {
  std::string name;
  std::map<int, Point> points;  // by the exponent of the tolerance
};

double error_of(double v, double w) { return std::max(std::abs(v - v_end), std::abs(w - w_end)); }

void run_plugin(const std::string& integrator, int exponent, Point& point) {
  const Neuron neuron = neuron_of(load_experiment(HILLOCK_SOURCE_DIR "/tests/benchmarks/w3.yaml",
                                                  {fmt::format("integrator.use={}", integrator),
                                                   fmt::format("integrator.tolerance=1e-{}", exponent)})
                                      .neuron);
  Trajectory result;
  point.seconds.push_back(seconds([&] { result = simulate(neuron); }));
  if (!result.ok())
    throw Error(fmt::format("{} at tolerance 1e-{}: {}", integrator, exponent, status_of(result.failure)),
                Exit::run_failed);
  point.error = error_of(result.states[0].back(), result.states[1].back());
}

void run_bare(int exponent, Point& point) {
  std::vector<std::array<double, 2>> samples;
  point.seconds.push_back(seconds([&] { bare_dopri5(std::pow(10, -exponent), samples); }));
  point.error = error_of(samples.back()[0], samples.back()[1]);
}

/// The kernels tuned by hand: "limit,W3:taylor14-dense:tol=1e-10,1,evaluations,seconds,...,error"; each order of
/// `taylor` runs at the tolerance that suits it.
void run_limit(const Wishes& wishes, std::map<std::string, Contestant>& limit) {
  for (const auto& cells : run_other(wishes, "limit/run.sh", "w3")) {
    if (cells.size() < 8 || !cells[1].starts_with("W3:")) continue;
    const std::size_t tolerance = cells[1].find(":tol=1e-");
    if (tolerance == std::string::npos) continue;
    const std::string method =
        cells[1].starts_with("W3:taylor") ? "taylor" : cells[1].substr(3, cells[1].find('-') - 3);
    Contestant& c = limit[method];
    c.name = "limit: " + method;
    Point& point = c.points[std::stoi(cells[1].substr(tolerance + 8))];
    point.seconds.push_back(std::stod(cells[4]));
    point.error = std::stod(cells[7]);
  }
}

/// Seconds for an error of 10^-target in round r, between the tolerances around it on logarithmic scales; NaN outside
/// of them.
double seconds_at(const Contestant& c, int target, std::size_t r) {
  const double wanted = -target * std::log(10.0);
  const Point* before = nullptr;
  for (const auto& [exponent, point] : c.points) {
    if (before && std::log(before->error) >= wanted && std::log(point.error) <= wanted) {
      const double part = (std::log(before->error) - wanted) / (std::log(before->error) - std::log(point.error));
      return std::pow(before->in_round(r), 1 - part) * std::pow(point.in_round(r), part);
    }
    before = &point;
  }
  return NAN;
}

}  // namespace

void w3(const Wishes& wishes) {
  std::vector<Contestant> contestants;
  for (const Plugin* p : Plugins::instance().load_all())
    if (p->role == HK_ROLE_INTEGRATOR && !(p->integrator().flags & HK_FIXED_STEP)) contestants.push_back({p->id, {}});
  const std::size_t shipped = contestants.size();
  contestants.push_back({"Odeint dopri5", {}});
  std::map<std::string, Contestant> limit;
  for (int round = 0; round < wishes.rounds; ++round) {
    for (const int e : exponents)
      for (std::size_t k = 0; k < contestants.size(); ++k) {
        Point& point = contestants[k].points[e];
        if (round > 0 && point.seconds[0] > slow) continue;
        if (k < shipped) run_plugin(contestants[k].name, e, point);
        else run_bare(e, point);
      }
    run_limit(wishes, limit);
  }
  const Contestant bare = contestants.back();
  for (auto& [method, c] : limit) contestants.push_back(std::move(c));

  fmt::print("Error at t = 10,000 and time of the run (median of {}):\n\n", wishes.rounds);
  std::vector<std::vector<std::string>> table(1, {"tolerance"});
  for (const Contestant& c : contestants) table[0].push_back(c.name);
  for (const int e : exponents) {
    table.push_back({fmt::format("1e-{}", e)});
    for (const Contestant& c : contestants) {
      const auto found = c.points.find(e);
      table.back().push_back(found == c.points.end() ? ""
                                                     : fmt::format("{:.1e} {:.1f} ms", found->second.error,
                                                                   1e3 * median(found->second.seconds)));
    }
  }
  print_table(table);

  fmt::print(
      "How many times as fast as the bare program of Odeint, at equal error (medians of ratios within a round):\n\n");
  table.assign(1, {"error"});
  for (const Contestant& c : contestants) table[0].push_back(c.name);
  for (const int target : targets) {
    table.push_back({fmt::format("1e-{}", target)});
    for (const Contestant& c : contestants) {
      std::vector<double> ratios;
      for (std::size_t r = 0; r < static_cast<std::size_t>(wishes.rounds); ++r)
        ratios.push_back(seconds_at(bare, target, r) / seconds_at(c, target, r));
      const double ratio = std::isnan(ratios[0]) ? NAN : median(ratios);
      table.back().push_back(std::isnan(ratio) ? "" : fmt::format("{:.2f}", ratio));
    }
  }
  print_table(table);
}

}  // namespace hillock::bench
