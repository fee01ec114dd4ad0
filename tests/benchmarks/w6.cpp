// W6: training the forecaster `lstm` through the plugin boundary.
#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "bench.hpp"
#include "host/plugins.hpp"
#include "util/error.hpp"

namespace hillock::bench {
namespace {

/// Processor time of a training of so many epochs on a noisy wave.
double training(const Plugin& plugin, int epochs) {
  const hk_forecaster& f = plugin.forecaster();
  std::vector<hk_value> values;
  for (std::uint32_t k = 0; k < f.n_options; ++k) {
    const hk_option& o = f.options[k];
    values.push_back({o.kind, 0, o.value, o.text ? o.text : "", nullptr, 0});
    if (o.name == std::string("epochs")) values.back().number = epochs;
    if (o.name == std::string("validation")) values.back().number = 0;
  }
  const hk_values table{sizeof(hk_values), sizeof(hk_value), values.size(), values.data()};
  // 600 sequences of 32 wherever in the first 32 samples they begin
  std::vector<double> series;
  std::mt19937 noise(1);
  for (int t = 0; t < 600 * 32 + 32; ++t)
    series.push_back(std::sin(0.1 * t) + 1e-9 * static_cast<double>(noise() % 100000000));
  const hk_series piece{sizeof(hk_series), 0, series.size(), 1, series.data(), nullptr};
  const hk_series* const pieces[] = {&piece};
  hk_error error{};
  void* self = nullptr;
  check(plugin, f.open(1, &table, nullptr, &self, &error), error);
  const double s = seconds([&] { check(plugin, f.fit(self, 1, pieces, &error), error); });
  f.close(self);
  return s;
}

}  // namespace

void w6(const Wishes& wishes) {
  const Plugin& lstm = Plugins::instance().load("lstm", HK_ROLE_FORECASTER);
  constexpr int epochs = 5;
  // its script would install what is missing, which a benchmark does not ask for
  const bool has_torch = std::filesystem::exists("/usr/include/torch/csrc/api/include/torch/torch.h");
  std::vector<double> own;
  std::map<std::string, std::vector<double>> others;  // on one thread
  for (int round = 0; round < wishes.rounds; ++round) {
    own.push_back((training(lstm, 1 + epochs) - training(lstm, 1)) / epochs);
    if (!has_torch) continue;
    for (const auto& cells : run_other(wishes, "peers/torch/run.sh", ""))
      if (cells.size() > 4 && cells[1] == "W6t1") others[cells[0]].push_back(std::stod(cells[4]));
  }
  std::vector<std::vector<std::string>> table{{"", "s per epoch", "times hillock's seconds"}};
  const auto add = [&](const std::string& who, const std::vector<double>& seconds) {
    table.push_back(
        {who, fmt::format("{:.3f}", median(seconds)), fmt::format("{:.2f}", median(seconds) / median(own))});
  };
  add("hillock, lstm", own);
  for (const auto& [who, seconds] : others) add(who, seconds);
  print_table(table);
}

}  // namespace hillock::bench
