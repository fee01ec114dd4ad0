#pragma once
// A neuron model as a forecaster: its state follows a recorded voltage, and from there it runs on under the current.
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>
#include "neuron/simulate.hpp"

namespace hillock {

/// The state of a neuron along a voltage, estimated sample by sample from what came before: after each step of the
/// model the observed potential takes the place of its own (`pull` of 1) or draws it there, while the other states
/// follow by their equations. A spike of the data resets the model, and a spike that the data do not have is undone. A
/// refractory time that runs at an origin runs on.
class Mechanistic {
 public:
  /// `neuron`: time 0 of its inputs is the first sample of `voltage`, which is in the unit of its readout, `dt_ms`
  /// apart. `spikes_ms`: of the data, from the first sample on; those after an origin are not looked at. What lies at
  /// or above `top` is the inside of a spike. White noise of its inputs is left out.
  /// REQUIRES: it reads out its potential.
  /// [voltage and spikes live as long]
  Mechanistic(Neuron neuron, std::span<const double> voltage, double dt_ms, std::span<const double> spikes_ms,
              double top, double pull, bool known_current);
  /// What it reads out at samples origin, origin + 1, ..., from samples before it. Throws Error where it does not get
  /// there.
  std::vector<double> predict(std::size_t origin, std::size_t horizon);

 private:
  struct At {  ///< where it is at a sample
    std::vector<double> state;
    double resting_ms = 0;  ///< that a refractory time still lasts
  };
  Trajectory run(At& at, std::size_t from, std::size_t samples, bool held_current) const;
  void step(std::size_t sample);

  Neuron neuron_;
  std::span<const double> voltage_;
  double dt_ms_;
  std::span<const double> spikes_ms_;
  double top_;
  double pull_;
  bool known_current_;
  double refractory_ms_ = 0;
  std::vector<At> at_;  ///< [sample], as far as they are known
};

}  // namespace hillock
