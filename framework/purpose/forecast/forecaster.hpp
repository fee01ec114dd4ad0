#pragma once
// Forecasters as the host uses them: named by a file, opened, trained on a series and asked what follows.
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>
#include "file/options.hpp"
#include "host/opened.hpp"

namespace hillock {

/// A forecaster as a file names it: {use: analog, neighbours: 5}.
struct ForecasterUse {
  std::string name;                ///< of its rows and files: "analog"; a second one of the same plugin is "analog_2"
  const Plugin* plugin = nullptr;  ///< null of `mechanistic`, which is the neuron of the file, and of answers
  OptionValues options;
  Place place;
  std::string answers = {};  ///< forecasts that were made elsewhere: their files, {} in place of the series
  /// Of a hybrid: which `mechanistic` of the same list it is told the output of, as one more known quantity.
  std::optional<std::size_t> hybrid = {};
  bool is_model() const { return !plugin && answers.empty(); }
  std::string id() const { return plugin ? plugin->id : answers.empty() ? "mechanistic" : name; }
  bool has(std::uint32_t flag) const {
    if (plugin) return (plugin->forecaster().flags & flag) != 0;
    return answers.empty() ? flag == HK_FUTURE : flag == HK_INTERVALS;
  }
};

/// Part of a uniformly sampled series, and what is known of each of its samples in advance.
struct SeriesPart {
  double dt_ms = 1;
  std::span<const double> values;
  std::vector<std::span<const double>> known;
};

/// What follows a history: one trace, and for each level the bounds of the interval that is to hold the truth.
struct Foretold {
  std::vector<double> mean;
  std::vector<std::vector<double>> low, high;  ///< [level][lead]; empty: there are no intervals
};

class Forecaster {
 public:
  /// Throws Error (at the place of its use) for options that it refuses. REQUIRES: it is a plugin.
  Forecaster(const ForecasterUse& use, std::uint64_t seed);
  /// Trains it on parts that need not follow one another. Throws Error.
  void fit(const std::vector<SeriesPart>& parts);
  /// What follows `history`, of which `future` is known, by known quantity. `levels`: only where it has intervals of
  /// its own. Throws Error.
  Foretold predict(const SeriesPart& history, std::size_t horizon, const std::vector<std::span<const double>>& future,
                   std::span<const double> levels);
  /// What a reader of the result should know of the last fit and forecast; empty: nothing.
  std::string note() const;

 private:
  const ForecasterUse& use_;
  Opened self_;
};

}  // namespace hillock
