// Fits: how long optimizers take to a known answer, beside those of other programs; and how many candidates are held
// against a recording in a second.
#include <fmt/format.h>
#include <sys/resource.h>

#include <cmath>
#include <cstdlib>
#include <map>

#include "bench.hpp"
#include "host/plugins.hpp"
#include "ready_fit.hpp"

namespace hillock::bench {
namespace {

/// One search until all numbers are near the truth.
struct Try {
  double seconds = 0, evaluations = 0;
  bool reached = false;
};

struct Near {};  // thrown when they are

Try attempt(const ReadyFit& fit, std::uint32_t start, const std::vector<double>& truth) {
  Try t;
  t.seconds = wall_seconds([&] {
    try {
      search(fit.block, fit.evaluator, start, 1, [&](std::uint64_t evaluations, const Found& so_far) {
        t.evaluations += static_cast<double>(evaluations);
        for (std::size_t k = 0; k < truth.size(); ++k)
          if (so_far.best.empty() || std::abs(so_far.best[k] / truth[k] - 1) >= 0.01) return;
        throw Near{};
      });
    } catch (const Near&) { t.reached = true; }
  });
  return t;
}

/// The median of what several tries took, and from what to what.
std::string spread(std::vector<double> x, const char* format) {
  const auto [low, high] = std::minmax_element(x.begin(), x.end());
  const auto shown = [&](double value) { return fmt::format(fmt::runtime(format), value); };
  return fmt::format("{} ({} to {})", shown(median(x)), shown(*low), shown(*high));
}

}  // namespace

void w7(const Wishes& wishes) {
  const std::vector<double> truth{0.7, 0.8, 0.08, 0.5};
  struct Row {
    std::string name;
    std::vector<double> seconds, evaluations;
    int reached = 0, tried = 0;
    double middle() const { return median(seconds); }
  };
  std::vector<Row> rows;
  std::vector<std::unique_ptr<ReadyFit>> fits;
  for (const Plugin* p : Plugins::instance().load_all()) {
    if (p->role != HK_ROLE_OPTIMIZER || p->optimizer().flags & HK_MANY_LOSSES) continue;
    if (!wishes.only.empty() && std::find(wishes.only.begin(), wishes.only.end(), p->id) == wishes.only.end()) continue;
    std::vector<std::string> variants{""};
    if (p->id == "differential_evolution") variants = {"", "population: 40"};  // the defaults are for harder searches
    if (p->id == "genetic") variants = {"", "population: 60"};
    if (p->id == "gauss_newton") variants = {"restarts: true"};  // it would stop at the first minimum
    for (const std::string& options : variants) {
      fits.push_back(std::make_unique<ReadyFit>(
          "tests/benchmarks/w7.yaml", Overrides{fmt::format("fit.optimizer={{use: {}, evaluations: 60000{}{}}}", p->id,
                                                            options.empty() ? "" : ", ", options)}));
      rows.push_back({options.empty() ? p->id : fmt::format("{}, {}", p->id, options), {}, {}});
    }
  }
  std::map<std::string, Row> others;
  for (int round = 0; round < wishes.rounds; ++round) {
    for (std::size_t k = 0; k < rows.size(); ++k) {
      const Try t = attempt(*fits[k], static_cast<std::uint32_t>(round + 1), truth);
      rows[k].seconds.push_back(t.seconds), rows[k].evaluations.push_back(t.evaluations);
      rows[k].reached += t.reached, ++rows[k].tried;
    }
    ::setenv("SEEDS", fmt::format("{}", round + 1).c_str(), 1);
    for (const auto& cells : run_other(wishes, "peers/optimizer/run.sh", "")) {
      if (cells.size() < 8) continue;
      Row& row = others[cells[0]];
      row.name = cells[0];
      row.evaluations.push_back(std::stod(cells[3])), row.seconds.push_back(std::stod(cells[4]));
      row.reached += std::stod(cells[7]) < 0.01, ++row.tried;
    }
  }
  for (const auto& [who, row] : others) rows.push_back(row);
  const Row& best = *std::min_element(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    return a.reached != b.reached ? a.reached > b.reached : a.middle() < b.middle();
  });
  std::vector<std::vector<std::string>> table{
      {"", "within 1 %", "evaluations", "ms", fmt::format("times those of {}", best.name)}};
  for (const Row& row : rows) {
    std::vector<double> ms;
    for (const double s : row.seconds) ms.push_back(1e3 * s);
    table.push_back({row.name, fmt::format("{} of {}", row.reached, row.tried), spread(row.evaluations, "{:.0f}"),
                     spread(ms, "{:.1f}"), fmt::format("{:.1f}", row.middle() / best.middle())});
  }
  print_table(table);
}

void candidates(const Wishes& wishes) {
  std::vector<std::vector<std::string>> table{{"loss", "one thread", "two threads", "candidates", "peak of memory"}};
  for (const std::string loss : {"van_rossum", "gamma", "victor_purpura", "rmse"}) {
    const ReadyFit fit("tests/benchmarks/candidates.yaml", {"fit.loss=" + loss});
    std::vector<double> one, two;
    std::uint64_t evaluations = 0;
    for (int round = 0; round < wishes.rounds; ++round)
      for (const std::size_t threads : {std::size_t{1}, std::size_t{2}}) {
        evaluations = 0;
        (threads == 1 ? one : two).push_back(wall_seconds([&] {
          hillock::RunOptions options;
          options.jobs = threads;
          Engine engine = options.engine();
          const auto found = search_all({{&fit.block, &fit.evaluator}}, 1, engine, Failures::thrown);
          for (const Found& start : found[0]) evaluations += start.evaluations;
        }));
      }
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    table.push_back({loss, fmt::format("{:.2f} s", median(one)), fmt::format("{:.2f} s", median(two)),
                     fmt::format("{}", evaluations), fmt::format("{} MB", used.ru_maxrss / 1024)});
  }
  print_table(table);
}

}  // namespace hillock::bench
