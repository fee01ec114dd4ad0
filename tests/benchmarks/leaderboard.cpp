// Fits whose answer is known, by every optimizer, and two optimizers at equal time on recordings of cells.
#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include "bench.hpp"
#include "host/plugins.hpp"
#include "purpose/fit/scores.hpp"
#include "ready_fit.hpp"
#include "util/error.hpp"

namespace hillock::bench {
namespace {

/// A file of the shipped fits.
std::string shipped(const char* file) { return fmt::format("experiments/fits/{}", file); }

/// A shipped fit to a run whose numbers are known.
struct Known {
  const char *name, *file, *twin, *loss;
  double close;  ///< from the true numbers a loss is at most so much above theirs
  Overrides overrides;
};

/// The loss of the numbers of the twin, which measurement noise keeps from 0.
double loss_of_truth(const ReadyFit& fit, const Known& known) {
  const Experiment twin = load_experiment(fmt::format("{}/{}", HILLOCK_SOURCE_DIR, shipped(known.twin)), {});
  std::vector<double> truth;
  for (const FreeNumber& f : fit.block.free)
    truth.push_back(Parameter::at(*twin.neuron, f.parameter.path(), {}).get(*twin.neuron));
  return fit.evaluator.losses(truth, 1)[0];
}

struct Tally {
  int solved = 0, tried = 0;
  double evaluations = 0, seconds = 0;
};

/// How many evaluations one candidate of this optimizer costs: forward sensitivities cost one for each number.
std::uint64_t cost(const Plugin& optimizer, std::size_t n) {
  return optimizer.optimizer().flags & HK_GRADIENT ? 1 + n : 1;
}

std::string chosen(const std::string& optimizer, std::uint64_t candidates) {
  // what differs from the defaults: those that would stop at the first minimum go on
  return fmt::format("fit.optimizer={{use: {}, evaluations: {}{}}}", optimizer, candidates,
                     optimizer == "gauss_newton" ? ", restarts: true" : "");
}

Tally attempt(const Plugin& optimizer, const Known& known, std::uint64_t budget, int trials) {
  Tally tally;
  Overrides overrides = known.overrides;
  overrides.push_back("fit.loss=" + std::string(known.loss));
  overrides.push_back("fit.profile=0");
  overrides.push_back(chosen(optimizer.id, budget));
  const std::size_t n = ReadyFit(shipped(known.file), overrides).block.free.size();
  const auto each = cost(optimizer, n);
  overrides.back() = chosen(optimizer.id, budget / each);
  const ReadyFit fit(shipped(known.file), overrides);
  const double target = loss_of_truth(fit, known) + known.close;
  for (int trial = 1; trial <= trials; ++trial) {
    Found found;
    const double taken = seconds([&] {
      found =
          search(fit.block, fit.evaluator, static_cast<std::uint32_t>(trial), 1, [](std::uint64_t, const Found&) {});
    });
    ++tally.tried;
    auto spent = static_cast<double>(found.evaluations);
    for (std::size_t i = 0; i < found.history_loss.size(); ++i)
      if (found.history_loss[i] <= target) {
        ++tally.solved;
        spent = found.history_evaluations[i];
        break;
      }
    tally.evaluations += spent * static_cast<double>(each);
    tally.seconds += taken * spent / static_cast<double>(std::max<std::uint64_t>(1, found.evaluations));
  }
  return tally;
}

std::string cell(const Tally& t) {
  if (t.tried == 0) return "";
  if (t.solved == 0) return fmt::format("0/{}", t.tried);
  return fmt::format("{:.0f} ({}/{}) {:.2g} s", t.evaluations / t.solved, t.solved, t.tried, t.seconds / t.solved);
}

/// A window of a recording of a cell, and the fit that it is put into.
struct Cell {
  const char *name, *file, *recording, *window;
  std::uint64_t candidates;  ///< of gradient descent
};

std::string range(std::vector<double> losses) {
  std::sort(losses.begin(), losses.end());
  return fmt::format("{:.4g} ({:.4g} to {:.4g})", median(losses), losses.front(), losses.back());
}

/// Both for the time that gradient descent takes.
void at_equal_time(const std::filesystem::path& recordings, int trials) {
  const Cell cells[] = {
      {"FitzHugh-Nagumo, `legacy_minmax`", "nagumo_window.yaml", "allen/allen_509881736_sweep39.csv",
       "[1200 ms, 1800 ms]", 500},
      {"LIF, `van_rossum`", "lif_window.yaml", "allen/allen_509881736_sweep39.csv", "[1200 ms, 1800 ms]", 500}};
  std::vector<std::vector<std::string>> table{
      {"", "seconds", "gradient_descent: evaluations", "loss", "cma_es: evaluations", "loss"}};
  for (const Cell& cell : cells) {
    const auto file = recordings / cell.recording;
    if (!std::filesystem::exists(file)) {
      fmt::print("No recording '{}': set HILLOCK_RECORDINGS to the folder of recordings of cells.\n\n", cell.recording);
      return;
    }
    const Overrides shared{fmt::format("fit.data.file={}", file.string()),
                           fmt::format("fit.data.window={}", cell.window), "fit.profile=0"};
    const auto ready = [&](const char* optimizer, std::uint64_t candidates) {
      Overrides all = shared;
      all.push_back(chosen(optimizer, candidates));
      return std::make_unique<ReadyFit>(shipped(cell.file), all);
    };
    const auto run = [&](const ReadyFit& fit, int trial, Found& found) {
      return seconds([&] {
        found =
            search(fit.block, fit.evaluator, static_cast<std::uint32_t>(trial), 1, [](std::uint64_t, const Found&) {});
      });
    };
    std::vector<double> downhill, drawn, times, counts;
    const auto gradient = ready("gradient_descent", cell.candidates), pace = ready("cma_es", cell.candidates);
    for (int trial = 1; trial <= trials; ++trial) {
      Found found;
      const double time = run(*gradient, trial, found);
      times.push_back(time);
      downhill.push_back(found.loss);
      const double per_candidate = run(*pace, trial, found) / static_cast<double>(found.evaluations);
      const auto other = ready("cma_es", std::max<std::uint64_t>(1, static_cast<std::uint64_t>(time / per_candidate)));
      run(*other, trial, found);
      drawn.push_back(found.loss);
      counts.push_back(static_cast<double>(found.evaluations));
    }
    table.push_back({cell.name, fmt::format("{:.2g}", median(times)), fmt::format("{}", cell.candidates),
                     range(downhill), fmt::format("{:.0f}", median(counts)), range(drawn)});
  }
  fmt::print(
      "A recording of a cell (Allen, specimen 509881736, sweep 39, 600 ms of a step): the loss that each reaches in "
      "the processor time that gradient descent takes, median and range of {} starts.\n\n",
      trials);
  print_table(table);
}

}  // namespace

void known_fits(const Wishes& wishes) {
  const std::uint64_t budget = 5000;
  const int trials = std::min(wishes.trials, 10);
  const Known known[] = {
      {"FitzHugh-Nagumo: a, b, epsilon, shift; noisy voltage", "nagumo.yaml", "nagumo_twin.yaml", "mse", 0.005, {}},
      {"Izhikevich: a, d, gain; spikes",
       "izhikevich.yaml",
       "izhikevich_twin.yaml",
       "{use: van_rossum, tau: 50 ms}",
       0.01,
       {}},
      {"LIF: tau, g_L, t_ref; spikes",
       "lif.yaml",
       "lif_twin.yaml",
       "{use: van_rossum, tau: 20 ms}",
       0.01,
       {"fit.data.window=[0 ms, 1000 ms]"}}};
  std::vector<const Plugin*> contestants;
  for (const Plugin* p : Plugins::instance().load_all())
    if (p->role == HK_ROLE_OPTIMIZER && !(p->optimizer().flags & HK_MANY_LOSSES) &&
        (wishes.only.empty() || std::find(wishes.only.begin(), wishes.only.end(), p->id) != wishes.only.end()))
      contestants.push_back(p);
  std::vector<std::vector<Tally>> tallies(contestants.size(), std::vector<Tally>(std::size(known)));
  for_each_job(contestants.size() * std::size(known), [&](std::size_t job) {
    const std::size_t o = job / std::size(known), k = job % std::size(known);
    // no sum of squares is what gauss_newton needs
    if (contestants[o]->optimizer().flags & HK_CURVATURE && std::string(known[k].loss) != "mse") return;
    tallies[o][k] = attempt(*contestants[o], known[k], budget, trials);
    fmt::print(stderr, "{} {}: {}\n", contestants[o]->id, known[k].name, cell(tallies[o][k]));
  });
  std::vector<std::vector<std::string>> table(1, {""});
  for (const Known& k : known) table[0].push_back(k.name);
  for (std::size_t o = 0; o < contestants.size(); ++o) {
    table.push_back({contestants[o]->id});
    for (const Tally& t : tallies[o]) table.back().push_back(cell(t));
  }
  fmt::print(
      "Fits whose numbers are known, from starts drawn by chance: evaluations expected until the loss is that of the "
      "true numbers (for spikes within 0.01, else within 1 in 50), restarts included; in brackets how many of {} "
      "starts reached it; then seconds of one processor, those of the whole search in proportion to the evaluations "
      "until then. At most {} evaluations; a gradient counts as one for each number. "
      "Empty: the optimizer needs a sum of squares.\n\n",
      trials, budget);
  print_table(table);
  const char* given = std::getenv("HILLOCK_RECORDINGS");
  at_equal_time(given ? given : HILLOCK_SOURCE_DIR "/../shared/recordings", 5);
}

}  // namespace hillock::bench
