#pragma once
// The measures by name: one table that says what each is, what it needs and in which unit it comes.
#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "measure/spikes.hpp"

namespace hillock {

/// What is known of the spikes of a run. Each tells all that those before it tell.
enum class SpikeDetail { none, number, times };

/// What a measure may look at: one window of one run or recording. Voltages in mV or the model's own unit.
struct ScoredWindow {
  double from_ms = 0, to_ms = 0;  ///< the scored window, from <= t < to
  std::span<const double>
      spikes_ms;                   ///< ascending; those outside the window are at most cut around (`subthreshold_ev`)
  std::optional<Sampled> voltage;  ///< the trace, if recorded; samples outside the window are not scored
  bool to_included = false;        ///< the window of a whole run: its last sample and a spike at its end belong to it
  Stretches unscored =
      {};  ///< parts of the window, as artefacts: samples and spikes in them, of data and model, are not scored
  /// The length of what is scored.
  double length_ms() const {
    double length = to_ms - from_ms;
    for (const auto& [from, to] : unscored) length -= std::max(0.0, std::min(to, to_ms) - std::max(from, from_ms));
    return length;
  }
  std::optional<Sampled> current = {};  ///< what is injected, in any unit: its steps are the stimulus
  SpikeDetail told = SpikeDetail::times;
  std::uint64_t n_spikes = 0;  ///< where only their number is told: of those in the window
};

/// A number, or why there is none ("not defined: the model has no spikes"); finite exactly if `why` is empty.
struct Score {
  double value = 0;
  std::string why = {};
  double scored = 1;  ///< part of the data's samples in the window that was compared: below 1 only where spikes are cut
};

/// One option of a measure: precision of gamma (4 ms), tau of van_rossum (10 ms), ...
struct MeasureOption {
  std::string name, unit;
  double value = 0, low = 0, high = 0;  ///< default and range, bounds included
  std::string meaning;
  std::vector<std::string> choices = {};  ///< not empty: a word, the first is the default
};

struct MeasureInfo {
  std::string name;
  std::string unit;             ///< "1": none; "trace", "trace^2", "trace/ms": that of the scored trace, see `unit_of`
  std::string meaning, source;  ///< the definition; a citation or "definition"
  bool needs_trace = false;     ///< of the model; and of the data if it compares
  bool compares = false;        ///< looks at the data too
  bool needs_current = false;   ///< looks at what is injected
  SpikeDetail needs_spikes = SpikeDetail::times;                          ///< what it looks at of the model's
  enum class Better { neither, higher, lower } better = Better::neither;  ///< of two scores against data
  std::vector<MeasureOption> options = {};
};

/// All measures, in the order of the manual.
const std::vector<MeasureInfo>& measures();
/// null if there is none of that name.
const MeasureInfo* find_measure(std::string_view name);
/// The unit of a measure's values for a trace in `trace_unit`: "mV^2" of `mse` for "mV".
std::string unit_of(const MeasureInfo& measure, std::string_view trace_unit);

/// Options by name; those left out have their default. Words (rate: model|data) are kept beside the numbers.
struct MeasureOptions {
  std::map<std::string, double> numbers = {};
  std::map<std::string, std::string> words = {};
};

/// Evaluates a measure. `data` is null for measures of one train. Comparisons score the window of the data, without its
/// `unscored` parts; an interval between spikes may span one of these; where the two traces are sampled differently,
/// the model's is interpolated linearly at the times of the data's samples. Throws std::invalid_argument, the host's
/// mistake, unless the name is known, data are given if the measure compares, and the options are the measure's own and
/// in range.
Score evaluate(std::string_view name, const ScoredWindow& run, const ScoredWindow* data = nullptr,
               const MeasureOptions& options = {});

}  // namespace hillock
