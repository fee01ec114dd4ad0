// W1, W2, W4, W5: the run itself (simulation and measures) of experiment files, on one thread and on two, beside kernels tuned by hand and other programs; and
// populations of models that nobody tuned anything for.
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <map>
#include <memory>

#include "bench.hpp"
#include "experiment/experiment.hpp"
#include "purpose/purpose.hpp"
#include "purpose/sweep/sweep.hpp"
#include "run/run.hpp"

namespace hillock::bench {
namespace {

/// Seconds on the wall: threads work side by side.
template <class F> double wall_seconds(F&& f) {
  const auto begin = std::chrono::steady_clock::now();
  f();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

struct Contestant {
  std::string name;
  std::vector<double> seconds;  // by round
  double check = 0;
};

std::shared_ptr<const Experiment> load(const std::string& file, const Overrides& overrides = {}) {
  return std::make_shared<const Experiment>(
      load_experiment(fmt::format("{}/tests/benchmarks/{}.yaml", HILLOCK_SOURCE_DIR, file), overrides));
}

double steps_of(const Experiment& e) {
  const Sweep* sweep = purpose_as<Sweep>(e);
  const NeuronSpec& one = sweep ? *sweep->block.base : *e.neuron;
  return std::round(one.simulate.for_ms / one.integrator.dt_ms) * static_cast<double>(e.purpose->cases());
}

/// Runs it three times, as the kernels beside it do within one process, and notes the median; returns the sum of its first measure.
double run(const std::shared_ptr<const Experiment>& e, std::size_t jobs, Contestant& c) {
  hillock::RunOptions wishes;
  wishes.figures = false, wishes.jobs = jobs;
  Outcome outcome;
  std::vector<double> seconds;
  for (int i = 0; i < 3; ++i) {
    outcome = {};  // not in the time of the next
    seconds.push_back(wall_seconds([&] { outcome = execute(e, wishes); }));
  }
  c.seconds.push_back(median(seconds));
  if (!outcome.all_ok()) throw Error(fmt::format("{}: a case stopped", e->title), Exit::run_failed);
  double sum = 0;
  for (const CaseResult& r : outcome.cases) sum += r.measures[0].value;
  return sum;
}

/// `check`: what the measures add up to, times `scale`, within a part `within` of it.
void workload(const Wishes& wishes, const std::string& name, double scale, double check, double within) {
  std::string lower = name;
  for (char& ch : lower) ch = static_cast<char>(std::tolower(ch));
  const auto e = load(lower);
  const double steps = steps_of(*e);
  std::vector<Contestant> own{
      {"hillock",              {}, 0},
      {"hillock, two threads", {}, 0}
  };
  if (!purpose_as<Sweep>(*e)) own.pop_back();
  std::map<std::string, Contestant> others;
  const auto take = [&](const std::string& program, const std::string& arguments) {
    for (const auto& cells : run_other(wishes, program, arguments)) {
      if (cells.size() < 8 || !cells[1].starts_with(name)) continue;
      std::string who = cells[0];
      if (cells[1].ends_with("t2")) who += ", two threads";
      Contestant& c = others[who];
      c.name = who, c.seconds.push_back(std::stod(cells[4])), c.check = std::stod(cells[7]);
    }
  };
  for (int round = 0; round < wishes.rounds; ++round) {
    for (std::size_t k = 0; k < own.size(); ++k) {
      own[k].check = scale * run(e, k + 1, own[k]);
      if (std::abs(own[k].check - check) > within * std::abs(check))
        throw Error(fmt::format("{} gives {:.12g}, expected {:.12g}", name, own[k].check, check), Exit::run_failed);
    }
    take("limit/run.sh", lower);
    take("peers/plain-cpp/run.sh", lower);
    // as slow to build as it is to run: once is enough
    if (round == 0) ::setenv("MODES", "standalone", 1), take("peers/brian2/run.sh", lower);
  }
  std::vector<std::vector<std::string>> table{
      {"", "seconds", "neuron-steps/s", "times hillock's seconds", "check"}
  };
  const auto add = [&](const Contestant& c) {
    std::vector<double> ratios;
    for (std::size_t r = 0; r < own[0].seconds.size(); ++r)
      ratios.push_back(c.seconds[std::min(r, c.seconds.size() - 1)] / own[0].seconds[r]);
    const double s = median(c.seconds);
    table.push_back({c.name, fmt::format("{:.4f}", s), fmt::format("{:.2e}", steps / s),
                     fmt::format("{:.2f}", median(ratios)), fmt::format("{:.12g}", c.check)});
  };
  for (const Contestant& c : own) add(c);
  for (const auto& [who, c] : others) add(c);
  print_table(table);
}

}  // namespace

void w1(const Wishes& wishes) { workload(wishes, "W1", 1, 2218, 0); }
// some of the neurons are chaotic: their counts hang on the last bit of the order of operations
void w2(const Wishes& wishes) { workload(wishes, "W2", 1, 7.848e6, 1e-4); }
// mean_voltage is that of the start, 0, and the end
void w4(const Wishes& wishes) { workload(wishes, "W4", 2, -4181.25082294, 1e-8); }
void w5(const Wishes& wishes) { workload(wishes, "W5", 1, 9258423, 0); }

void strangers(const Wishes& wishes) {
  std::vector<std::vector<std::string>> table{
      {"model", "seconds", "two threads", "neuron-steps/s", "spikes"}
  };
  for (const auto& [model, current] : std::vector<std::pair<std::string, double>>{
           {"adex",           1000},
           {"morris_lecar",   200 },
           {"hodgkin_huxley", 20  },
           {"hindmarsh_rose", 3   }
  }) {
    const auto e =
        load("strangers",
             {"model.use=" + model, fmt::format("sweep.over={{input.I: {{from: 0, to: {}, count: 10000}}}}", current)});
    Contestant one, two;
    for (int round = 0; round < wishes.rounds; ++round) one.check = run(e, 1, one), two.check = run(e, 2, two);
    const double s = median(one.seconds);
    table.push_back({model, fmt::format("{:.4f}", s), fmt::format("{:.4f}", median(two.seconds)),
                     fmt::format("{:.2e}", steps_of(*e) / s), fmt::format("{:.0f}", one.check)});
  }
  print_table(table);
}

}  // namespace hillock::bench
