// How many evaluations each optimizer needs, on problems whose answer is known.
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>

#include "bbob.hpp"
#include "bench.hpp"
#include "search.hpp"

namespace hillock::bench {
namespace {

using test::Objective, test::Settings, test::Vector;

/// One try: what is minimised, and the loss that counts as solved.
struct Trial {
  Objective objective;
  double target;
};

/// A problem that is tried several times, each time at another place.
struct Problem {
  std::string name;
  double best;  ///< the reference: expected evaluations of the best method known
  std::uint64_t budget;
  std::function<Trial(int trial)> make;  ///< from 1
};

struct Tally {
  int solved = 0, tried = 0;
  double evaluations = 0;
};

/// Best ERT to 1e-8 of the 31 algorithms of BBOB 2009, D = 5 (the reference data of COCO).
constexpr double best_2009[] = {12, 95, 424, 373, 902, 1776, 1607, 2476, 545, 21712};

std::vector<Problem> bbob(std::size_t dimension) {
  std::vector<Problem> out;
  for (std::size_t i = 0; i < std::size(test::bbob_functions); ++i) {
    const int f = test::bbob_functions[i];
    out.push_back({fmt::format("f{}", f), best_2009[i], 100000 * dimension, [f, dimension](int trial) {
                     const test::Bbob function(f, trial, dimension);
                     return Trial{function.objective(), function.f_opt() + 1e-8};
                   }});
  }
  return out;
}

/// Trials after which a problem that the optimizer has never solved is given up.
constexpr int patience = 5;

/// What differs from the defaults: those that would stop at the first minimum go on.
Settings settings_of(const std::string& optimizer) {
  if (optimizer == "gauss_newton") return {{"restarts", 1.0}};
  return {};
}

/// A gradient counts as much as one evaluation for each number: so much do forward sensitivities cost.
void attempt(const Plugin& optimizer, const Problem& problem, int trial, Tally& tally) {
  const Trial t = problem.make(trial);
  const auto n = static_cast<double>(t.objective.n());
  const bool slopes = optimizer.optimizer().flags & HK_GRADIENT;
  const auto candidates = slopes ? problem.budget / (1 + t.objective.n()) : problem.budget;
  ++tally.tried;
  test::search(optimizer, t.objective, static_cast<std::uint64_t>(trial), candidates, settings_of(optimizer.id),
               [&](const Vector&, double loss, std::uint32_t wants) {
                 tally.evaluations += 1 + (wants & HK_GRADIENT ? n : 0);
                 if (!(loss <= t.target)) return true;
                 ++tally.solved;
                 return false;
               });
}

std::string cell(const Tally& t, double best) {
  if (t.tried == 0) return "";
  if (t.solved == 0) return fmt::format("0/{}", t.tried);
  const double ratio = t.evaluations / t.solved / best;
  const std::string shown = ratio < 9.95 ? fmt::format("{:.1f}", ratio) : fmt::format("{:.0f}", ratio);
  return t.solved == t.tried ? shown : fmt::format("{} ({}/{})", shown, t.solved, t.tried);
}

}  // namespace

void optimizers(const Wishes& wishes) {
  std::vector<const Plugin*> contestants;
  for (const Plugin* p : Plugins::instance().load_all())
    if (p->role == HK_ROLE_OPTIMIZER && !(p->optimizer().flags & HK_MANY_LOSSES) &&
        (wishes.only.empty() || std::find(wishes.only.begin(), wishes.only.end(), p->id) != wishes.only.end()))
      contestants.push_back(p);
  const std::vector<Problem> problems = bbob(5);

  struct Job {
    const Plugin* optimizer;
    const Problem* problem;
    Tally* tally;
    double* seconds;
  };
  std::vector<std::vector<Tally>> tallies(contestants.size(), std::vector<Tally>(problems.size()));
  std::vector<std::vector<double>> seconds(contestants.size(), std::vector<double>(problems.size()));
  std::vector<Job> jobs;
  for (std::size_t o = 0; o < contestants.size(); ++o)
    for (std::size_t p = 0; p < problems.size(); ++p)
      jobs.push_back({contestants[o], &problems[p], &tallies[o][p], &seconds[o][p]});

  for_each_job(jobs.size(), [&](std::size_t j) {
    const Job& job = jobs[j];
    if (!test::serves(job.problem->make(1).objective, job.optimizer->optimizer())) return;
    const auto begin = std::chrono::steady_clock::now();
    for (int trial = 1; trial <= wishes.trials && (trial <= patience || job.tally->solved > 0); ++trial)
      attempt(*job.optimizer, *job.problem, trial, *job.tally);
    *job.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    fmt::print(stderr, "{} {}: {} of {} in {:.1f} s, {:.3g} evaluations, ratio {}\n", job.optimizer->id,
               job.problem->name, job.tally->solved, job.tally->tried, *job.seconds, job.tally->evaluations,
               cell(*job.tally, job.problem->best));
  });

  std::vector<std::vector<std::string>> table(2);
  table[0] = {""};
  table[1] = {"best of 2009: evaluations"};
  for (const Problem& p : problems) {
    table[0].push_back(p.name);
    table[1].push_back(fmt::format("{}", p.best));
  }
  table[0].push_back("seconds");
  table[1].push_back("");
  for (std::size_t o = 0; o < contestants.size(); ++o) {
    table.push_back({contestants[o]->id});
    double total = 0;
    for (std::size_t p = 0; p < problems.size(); ++p) {
      table.back().push_back(cell(tallies[o][p], problems[p].best));
      total += seconds[o][p];
    }
    table.back().push_back(fmt::format("{:.1f}", total));
  }
  fmt::print(
      "Evaluations expected to reach 1e-8, restarts included, in units of the best of 2009; in brackets how many of "
      "the {} "
      "trials reached it, if not all; after {} in vain there are no more. D = 5, at most {} evaluations; a gradient "
      "counts as 5.\n\n",
      wishes.trials, patience, problems[0].budget);
  print_table(table);
}

}  // namespace hillock::bench
