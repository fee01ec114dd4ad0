#pragma once
// Losses that are means of squares, summed in lanes while the candidates run: no trace of them is kept. Internal to
// purpose/fit/.
#include <cstddef>
#include <optional>
#include <vector>
#include "purpose/fit/loss.hpp"
#include "purpose/fit/search.hpp"

namespace hillock {

/// Sums the squares of one batch. Each sum has the bits that it has over the samples of a trace.
class SquaresInLanes {
 public:
  /// `readouts`: by candidate. REQUIRES: the plan lives as long.
  SquaresInLanes(const SquaresPlan& plan, const std::vector<ReadoutBlock>& readouts);
  void hear(const NewSamples& heard);
  /// By candidate, after all samples.
  std::vector<Squares> sums();

 private:
  struct Cut {
    std::size_t from, to, lane;  ///< samples that are compared, counted from 0
  };
  void take_spikes(const std::vector<Trajectory>& runs);
  void add(const double* row);

  const SquaresPlan& plan_;
  std::size_t neurons_, width_;  ///< width: of whole packs
  bool maps_ = false;
  std::vector<double> scale_, shift_, series_, sum_, count_;  ///< by lane
  std::vector<double> until_;        ///< by lane: samples before this one are cut out, if they are not before the cut
  std::vector<std::size_t> spikes_;  ///< by neuron: how many are taken
  std::vector<Cut> cuts_;            ///< by where they begin
  std::size_t begun_ = 0;            ///< how many of them
  std::vector<double> waiting_;      ///< rows of samples from next_ on, around which not all spikes are known
  std::size_t next_ = 0;             ///< the first sample that is not summed
};

}  // namespace hillock
