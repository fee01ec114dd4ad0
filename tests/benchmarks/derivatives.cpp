// What a direction of a sensitivity costs, in units of the same run without.
#include <fmt/format.h>

#include <cmath>
#include <memory>

#include "bench.hpp"
#include "experiment/experiment.hpp"
#include "neuron/sensitivity.hpp"
#include "neuron/simulate.hpp"

namespace hillock::bench {
namespace {

constexpr std::size_t counts[] = {1, 2, 4, 7};  // of directions

struct Contestant {
  const char *model, *directions[7];
  std::size_t neurons;  // under the file's integrator
};
constexpr Contestant contestants[] = {
    {"nagumo",
     {"model.a", "model.b", "model.epsilon", "model.time_scale", "input.I", "simulate.start.v", "simulate.start.w"},
     1024},
    {"izhikevich",
     {"model.a", "model.b", "model.c", "model.d", "input.I", "simulate.start.v", "simulate.start.u"},
     1024},
    {"hodgkin_huxley",
     {"model.g_Na", "model.g_K", "model.g_L", "model.E_L", "input.I", "simulate.start.v", "simulate.start.m"},
     256}};

/// One that steps each neuron by itself, so that few of them do.
constexpr auto adaptive = "integrator={use: dopri5, tolerance: 1e-6}";
constexpr std::size_t few = 8;

}  // namespace

void derivatives(const Wishes& wishes) {
  std::vector<std::vector<std::string>> table(1, {"model", "integrator", "neurons"});
  for (const std::size_t n : counts) table[0].push_back(fmt::format("{}", n));
  const auto measure = [&](const Contestant& c, const Overrides& changes, std::size_t count) {
    const auto experiment = std::make_shared<const Experiment>(
        load_experiment(fmt::format(HILLOCK_SOURCE_DIR "/tests/benchmarks/{}.yaml", c.model), changes));
    const std::vector<Neuron> neurons(count, neuron_of(experiment->neuron));
    std::vector<double> ratios[std::size(counts)];
    for (int round = 0; round < wishes.rounds; ++round) {
      const double plain = seconds([&] { simulate(neurons, [](std::size_t, const Trajectory&) {}); });
      for (std::size_t k = 0; k < std::size(counts); ++k) {
        std::vector<Direction> along;
        for (std::size_t d = 0; d < counts[k]; ++d) along.push_back({c.directions[d]});
        const double with = seconds([&] { simulate_slopes(neurons, along, [](std::size_t, const Sensitivity&) {}); });
        ratios[k].push_back((with / plain - 1) / static_cast<double>(counts[k]));
      }
    }
    table.push_back({c.model, experiment->neuron->integrator.plugin->id, fmt::format("{}", count)});
    for (const auto& r : ratios) table.back().push_back(fmt::format("{:.2f}", median(r)));
  };
  for (const Contestant& c : contestants) measure(c, {}, c.neurons), measure(c, {adaptive}, few);
  fmt::print("Time that a direction adds to a run, in units of that run (median of {}), by number of directions:\n\n",
             wishes.rounds);
  print_table(table);
}

}  // namespace hillock::bench
