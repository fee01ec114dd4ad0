// W1, W2, W4, W5: the run itself (simulation and measures) of experiment files, on one thread and on two, beside
// kernels tuned by hand and other programs; and populations of models that nobody tuned anything for.
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <map>
#include <memory>

#include "bench.hpp"
#include "experiment/experiment.hpp"
#include "neuron/population.hpp"
#include "neuron/simulate.hpp"
#include "purpose/purpose.hpp"
#include "purpose/readout.hpp"
#include "purpose/sweep/sweep.hpp"

namespace hillock::bench {
namespace {

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

/// Runs it three times, as the kernels beside it do within one process, and notes the median; returns the sum of its
/// first measure.
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
  std::vector<Contestant> own{{"hillock", {}, 0}, {"hillock, two threads", {}, 0}};
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
  std::vector<std::vector<std::string>> table{{"", "seconds", "neuron-steps/s", "times hillock's seconds", "check"}};
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

// Rates under a fluctuating current, in the same run as those under a constant one.
void w8(const Wishes& wishes) {
  const struct {
    const char *model, *mean, *sd;
    std::vector<std::string> axes;
    double check;  // spikes under the fluctuating current
  } cells[] = {{"izhikevich",
                "10",
                "5",
                {"model.a: {from: 0.02, to: 0.1, count: 100}", "model.d: {from: 2, to: 8, count: 100}"},
                464366},
               {"lif",
                "400",
                "200",
                {"model.tau: {from: 5, to: 20, count: 100}", "model.V_th: {from: -58, to: -52, count: 100}"},
                206325},
               {"adex",
                "800",
                "400",
                {"model.a: {from: 1, to: 8, count: 100}", "model.b: {from: 20, to: 120, count: 100}"},
                162628}};
  const auto w2 = load("w2");
  std::vector<double> of_w2;  // neuron-steps/s, by round
  const auto rate = [](const std::shared_ptr<const Experiment>& e, Contestant& c) {
    c.check = run(e, 1, c);
    return steps_of(*e) / c.seconds.back();
  };
  for (int round = 0; round < wishes.rounds; ++round) {
    Contestant c;
    of_w2.push_back(rate(w2, c));
  }
  std::vector<std::vector<std::string>> table{
      {"model", "constant", "fluctuating", "part of it", "part of W2's", "spikes"}};
  std::vector<std::vector<std::string>> alone{{"model", "constant", "fluctuating", "part of it"}};
  std::vector<std::vector<std::string>> gains{{"model", "gains of their own", "part of constant"}};
  for (const auto& cell : cells) {
    const std::string current =
        fmt::format("{{use: ornstein_uhlenbeck, mean: {}, sd: {}, tau: 5 ms, every: 0.1 ms}}", cell.mean, cell.sd);
    const std::string model = fmt::format("model={{use: {}}}", cell.model),
                      over = fmt::format("sweep.over={{{}, {}}}", cell.axes[0], cell.axes[1]);
    const auto constant = load("w8", {model, over, fmt::format("input.I={}", cell.mean)});
    const auto fluctuating = load("w8", {model, over, "input.I=" + current});
    std::vector<double> c_rates, f_rates, g_rates, parts, parts_w2, parts_gain;
    Contestant c, f;
    // the same neuron again and again, with a gain of the current of its own
    const NeuronSpec& one = *purpose_as<Sweep>(*fluctuating)->block.base;
    const Neuron drawn = neuron_of(purpose_as<Sweep>(*fluctuating)->block.base);
    std::vector<double> values;
    for (int k = 0; k <= 6000; ++k) values.push_back(drawn.inputs[0]->at(0.1 * k + 1e-7, 0.1 * k));
    auto undriven = std::make_shared<NeuronSpec>(one);
    undriven->inputs[0].clear();
    Neuron base = neuron_of(undriven);
    auto signal = std::make_shared<Signal>();
    signal->add({0, 0.1, std::make_shared<const std::vector<double>>(std::move(values)), 1, 0}, {0.1, 600, 1});
    base.inputs[0] = std::move(signal);
    Population population{base, {Parameter::at(*undriven, "drive.gain", {})}, {}, 960};
    for (std::size_t i = 0; i < population.size; ++i)
      population.values.push_back(0.5 + static_cast<double>(i) / static_cast<double>(population.size));
    for (int round = 0; round < wishes.rounds; ++round) {
      c_rates.push_back(rate(constant, c));
      f_rates.push_back(rate(fluctuating, f));
      g_rates.push_back(960 * 6000 * 10 / seconds([&] {
                          for (int k = 0; k < 10; ++k) hillock::run(population, {{}, SpikeDetail::number});
                        }));
      const auto r = static_cast<std::size_t>(round);
      parts.push_back(f_rates[r] / c_rates[r]);
      parts_w2.push_back(f_rates[r] / of_w2[r]);
      parts_gain.push_back(g_rates[r] / c_rates[r]);
    }
    // adaptation and spikes hang on the last bit of the order of operations
    if (std::abs(f.check - cell.check) > 1e-3 * cell.check)
      throw Error(fmt::format("W8, {}: {:.0f} spikes, expected {:.0f}", cell.model, f.check, cell.check),
                  Exit::run_failed);
    table.push_back({cell.model, fmt::format("{:.2e}", median(c_rates)), fmt::format("{:.2e}", median(f_rates)),
                     fmt::format("{:.2f}", median(parts)), fmt::format("{:.2f}", median(parts_w2)),
                     fmt::format("{:.0f}", f.check)});
    gains.push_back({cell.model, fmt::format("{:.2e}", median(g_rates)), fmt::format("{:.2f}", median(parts_gain))});
    // one neuron, a million steps
    const auto single = [&](const std::string& input) {
      return neuron_of(load("w1", {model, "simulate.start={}", "input.I=" + input})->neuron);
    };
    const Neuron steady = single(cell.mean), moved = single(current);
    c_rates.clear(), f_rates.clear(), parts.clear();
    for (int round = 0; round < wishes.rounds; ++round) {
      c_rates.push_back(1e6 / seconds([&] { simulate(steady); }));
      f_rates.push_back(1e6 / seconds([&] { simulate(moved); }));
      parts.push_back(f_rates.back() / c_rates.back());
    }
    alone.push_back({cell.model, fmt::format("{:.2e}", median(c_rates)), fmt::format("{:.2e}", median(f_rates)),
                     fmt::format("{:.2f}", median(parts))});
  }
  fmt::print("Neuron-steps/s on one thread (median of {}); W2 in the same run: {:.2e}.\n\n", wishes.rounds,
             median(of_w2));
  print_table(table);
  fmt::print("Batches of 960 neurons, each with a gain of the current of its own:\n\n");
  print_table(gains);
  fmt::print("One neuron, a million steps, v recorded at each:\n\n");
  print_table(alone);
}

void strangers(const Wishes& wishes) {
  std::vector<std::vector<std::string>> table{{"model", "seconds", "two threads", "neuron-steps/s", "spikes"}};
  for (const auto& [model, current] : std::vector<std::pair<std::string, double>>{
           {"adex", 1000}, {"morris_lecar", 200}, {"hodgkin_huxley", 20}, {"hindmarsh_rose", 3}}) {
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
