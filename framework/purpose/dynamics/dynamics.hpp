#pragma once
// The purpose `dynamics`: equilibria and their stability, f-I curve, phase plane and impedance of a model.
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>
#include "purpose/purpose.hpp"

namespace hillock {

/// A staircase of currents, each held for `each`, up and down in one run.
struct FrequencyCurrentBlock {
  double from = 0, to = 0;
  std::uint32_t count = 21;
  double each_ms = 0, discard_ms = 0;
  Place place;
};
/// A chirp around rest.
struct ImpedanceBlock {
  double f0_hz = 0, f1_hz = 0, amplitude = 0, for_ms = 0;
};
/// Nullclines and a trajectory of two states that move.
struct PhasePlaneBlock {
  std::vector<std::pair<double, double>> range;  ///< of the two; NaN: fitted to what is drawn
};
/// `dynamics`: what a model does under constant inputs.
struct DynamicsBlock {
  std::uint32_t of = 0;  ///< the input that is varied
  double from = 0, to = 0, at = 0;
  std::optional<FrequencyCurrentBlock> f_i;
  std::optional<PhasePlaneBlock> phase_plane;
  std::optional<ImpedanceBlock> impedance;
  Place place;
};

class Dynamics : public Purpose {
 public:
  explicit Dynamics(DynamicsBlock read) : block(std::move(read)) {}
  const char* key() const override { return "dynamics"; }
  void prepare(const Experiment& e) const override;
  Outcome run(const std::shared_ptr<const Experiment>& e, const RunOptions& options) const override;
  void visit(const Experiment& e, const Visitor& visitor) const override;
  Expectable expectable(const Experiment& e) const override;
  std::vector<Refinable> refinable(const Experiment& e, const Recording* data, std::size_t most) const override;

  const DynamicsBlock block;
};

extern const PurposeRow dynamics_purpose;

}  // namespace hillock
