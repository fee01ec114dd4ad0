#pragma once
// The loss of one run against one recording, by its terms, with its gradient. Internal to purpose/fit/ and
// purpose/compare/.
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>
#include "measure/gradients.hpp"
#include "purpose/fit/fit.hpp"

namespace hillock {

/// The squared differences of a run and a recording, summed over samples.
struct Squares {
  double sum = 0, samples = 0;
};

/// A run as a loss looks at it.
struct Seen {
  ScoredWindow
      run;  ///< spikes as it runs freely; voltage as it does, or under `reset_at: data` with the recording's resets
  std::optional<Sampled> rate = {};     ///< at which it fires, 1/ms, with the recording's resets: for a likelihood
  std::optional<Squares> squares = {};  ///< in place of the voltage, where the losses are means of squares
};

/// How a run moves along each free number, in widths of its range.
struct SeenSlopes {
  std::vector<std::vector<double>> spikes_ms, voltage;  ///< [free][spike], [free][sample]
};

/// What is looked at of a run.
bool looks_at_voltage(const FitBlock& block);
bool looks_at_spikes(const FitBlock& block);
bool looks_at_rate(const FitBlock& block);
/// Whether the voltage of a run that runs freely, or under `reset_at: data` with the recording's resets, is looked at
/// by means of squares alone, of samples that are known as soon as the spikes around them are.
bool looks_at_squares(const FitBlock& block);
/// What has to be told of the spikes of a run.
SpikeDetail told_of(const FitBlock& block);

/// Bits a spike by which what is recorded is more likely at this rate, 1/ms, than of a Poisson process with as many
/// spikes. Not defined without spikes.
Score log_likelihood(const Sampled& rate, const ScoredWindow& data);

/// What of the data is not scored, and what is cut around these spikes besides: ascending and apart from each other.
std::vector<std::pair<double, double>> cut_out(const CutSpikes& cut, const ScoredWindow& data,
                                               std::vector<std::pair<double, double>> unscored,
                                               std::span<const double> spikes_ms);

/// The losses of runs against one part of one recording. What does not depend on the run is computed once.
class Loss {
 public:
  /// REQUIRES: block and data live as long.
  Loss(const FitBlock& block, const ScoredWindow& data);

  /// By term, without weights.
  std::vector<double> terms(const Seen& run) const;
  /// Their weighted sum.
  double sum(const std::vector<double>& terms) const;
  /// Adds the gradient of the weighted sum to `gradient`, and its curvature to `curvature` (empty: not wanted).
  void add_slopes(const Seen& run, const SeenSlopes& slopes, double factor, std::vector<double>& gradient,
                  std::vector<double>& curvature) const;
  /// Why a feature of the data that the loss looks at is not defined; empty if all are.
  const std::string& why() const { return why_; }
  /// The part of the data's samples that terms of the voltage look at.
  double scored(const Seen& run) const;

 private:
  struct Cut {  ///< the data without what is cut around spikes
    std::vector<std::pair<double, double>> unscored;
    ScoredWindow data;
    /// The part of what the recording's spikes leave that those of the run leave too. The loss is divided by it, so
    /// that a run that fires everywhere, and leaves little to compare, gains nothing.
    double left = 1;
  };
  bool cuts(const LossTerm& term) const;
  Cut cut_around(const Seen& run) const;
  double term(const LossTerm& term, std::size_t index, const Seen& run) const;
  double features(std::size_t index, const LossTerm& term, const Seen& run) const;

  const FitBlock& block_;
  const ScoredWindow& data_;
  std::vector<std::vector<Score>> features_;  ///< of the data, by term
  std::string why_;
};

/// The median of how much later the spikes of runs come than those of recordings, over pairs that are nearest to each
/// other and at most 10 ms apart; 0 without any. By recording: both trains in what is fitted.
double offset_ms(const std::vector<std::pair<ScoredWindow, ScoredWindow>>& runs_and_data);

}  // namespace hillock
